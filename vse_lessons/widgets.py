"""Things to click in JupyterLab, each with the content of a static figure before it."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

import ipywidgets
import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.figure import Figure

from vse_lessons.files import DataError


def answer_box(
    answer: Callable[[str], Figure], example: str, label: str = "query"
) -> ipywidgets.Widget:
    """A line to type in and the figure that answers it, drawn again on Enter or the button."""
    line = ipywidgets.Text(example, description=html.escape(label), continuous_update=False,
                           layout={"width": "80%"})  # fmt: skip
    button = ipywidgets.Button(description="search", tooltip="search for the sentence")
    output = ipywidgets.Output()

    def refresh(*_: object) -> None:
        _draw(output, lambda: answer(line.value))

    line.observe(refresh, "value")
    button.on_click(refresh)
    refresh()
    return ipywidgets.VBox([ipywidgets.HBox([line, button]), output])


def chooser(draw: Callable[[int], Figure], names: Sequence[str], label: str) -> ipywidgets.Widget:
    """A menu of names and the figure of the one that is chosen."""
    menu = ipywidgets.Dropdown(options=list(zip(names, range(len(names)))), value=0,
                               description=html.escape(label), layout={"width": "80%"})  # fmt: skip
    output = ipywidgets.Output()
    menu.observe(lambda change: _draw(output, lambda: draw(change["new"])), "value")
    _draw(output, lambda: draw(0))
    return ipywidgets.VBox([menu, output])


def _draw(output: ipywidgets.Output, make: Callable[[], Figure]) -> None:
    """Shows a figure, or the words of a `DataError`: an empty query is no reason for a traceback."""
    output.clear_output(wait=True)
    with output:
        try:
            figure = make()
        except DataError as error:
            display(ipywidgets.HTML(f"<p>{html.escape(str(error))}</p>"))
            return
        display(figure)
        plt.close(figure)
