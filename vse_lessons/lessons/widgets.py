"""Shows things in a notebook: sources, tables and figures, and things to click in JupyterLab.

Each thing to click stands behind a static figure with the same content.
"""

from __future__ import annotations

import base64
import html
import inspect
import io
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import ipywidgets
import matplotlib.pyplot as plt
from IPython.display import HTML, Markdown, display
from IPython.display import Image as Shown
from matplotlib.figure import Figure
from PIL import Image

from vse_lessons.common.files import DataError
from vse_lessons.lessons.plots.theme import save

LARGE = 50_000  # bytes of a PNG beyond which a notebook embeds a smaller copy


def show_source(*things: Callable[..., Any]) -> Markdown:
    """Show the source of functions or classes of the library, as it is on disk.

    Args:
        *things: functions or classes.

    Returns:
        Markdown, with the name of the file above each.
    """
    blocks = []
    for thing in things:
        place = thing.__module__.replace(".", "/")
        code = textwrap.dedent(inspect.getsource(thing)).rstrip()
        blocks.append(f"`{place}.py`\n\n```python\n{code}\n```")
    return Markdown("\n\n".join(blocks))


def show_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> HTML:
    """Show a table.  Every cell is escaped, for captions are other people's text; numbers stand right.

    Args:
        header: names of the columns.
        rows: the rows.

    Returns:
        HTML.
    """
    head = "".join(f"<th style='text-align:left'>{html.escape(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    return HTML(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")


def _cell(value: object) -> str:
    side = "right" if isinstance(value, (int, float)) else "left"
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return f"<td style='text-align:{side}'>{html.escape(text)}</td>"


def show_figure(figure: Figure, path: Path, alt: str) -> None:
    """Save a figure as PNG, show it with a text for those who cannot see it, and close it.

    Photographs and paintings make large PNGs: the notebook then embeds a smaller copy.

    Args:
        figure: the figure.
        path: of the PNG.
        alt: the text.
    """
    data = save(figure, path).read_bytes()
    plt.close(figure)
    if len(data) > LARGE:
        shown, kind = _smaller(Image.open(path).convert("RGB"))
        display(Shown(shown, format=kind, alt=alt))
    else:
        display(Shown(data, format="png", alt=alt))


def _smaller(picture: Image.Image) -> tuple[bytes, str]:
    """Encode a picture as JPEG, smaller for photographs, or PNG of 128 colours, smaller for text."""
    copies = []
    for kind, copy, options in (
        ("jpeg", picture, {"quality": 80}),
        ("png", picture.quantize(128), {}),
    ):
        stream = io.BytesIO()
        copy.save(stream, kind, optimize=True, **options)
        copies.append((stream.getvalue(), kind))
    return min(copies, key=lambda copy: len(copy[0]))


def answer_box(answer: Callable[[str], Figure], example: str, label: str = "query") -> ipywidgets.Widget:
    """Make a line to type in and the figure that answers it, drawn again on Enter or the button.

    Args:
        answer: draws the figure for a text; the words of a `DataError` are shown in its place.
        example: the first text.
        label: of the line.

    Returns:
        The widget.
    """
    line = ipywidgets.Text(
        example, description=html.escape(label), continuous_update=False, layout={"width": "80%"}
    )
    button = ipywidgets.Button(description="search", tooltip="search for the sentence")
    output = ipywidgets.HTML()

    def refresh(*_: object) -> None:
        _draw(output, lambda: answer(line.value))

    line.observe(refresh, "value")
    button.on_click(refresh)
    refresh()
    return ipywidgets.VBox([ipywidgets.HBox([line, button]), output])


def chooser(draw: Callable[[int], Figure], names: Sequence[str], label: str) -> ipywidgets.Widget:
    """Make a menu of names and the figure of the one that is chosen.

    Args:
        draw: draws the figure for the number of a name.
        names: the names.
        label: of the menu.

    Returns:
        The widget.
    """
    menu = ipywidgets.Dropdown(
        options=list(zip(names, range(len(names)))),
        value=0,
        description=html.escape(label),
        layout={"width": "80%"},
    )
    output = ipywidgets.HTML()
    menu.observe(lambda change: _draw(output, lambda: draw(change["new"])), "value")
    _draw(output, lambda: draw(0))
    return ipywidgets.VBox([menu, output])


def _draw(output: ipywidgets.HTML, make: Callable[[], Figure]) -> None:
    """Show a figure, or the words of a `DataError`: an empty query is no reason for a traceback.

    The figure is a picture in an HTML widget.  An Output widget would do as well in JupyterLab, but it talks
    with the client while a cell runs, over which papermill sometimes waits for ever.
    """
    try:
        figure = make()
    except DataError as error:
        output.value = f"<p>{html.escape(str(error))}</p>"
        return
    data = io.BytesIO()
    figure.savefig(data, format="png", bbox_inches="tight")
    plt.close(figure)
    encoded = base64.b64encode(data.getvalue()).decode()
    output.value = f'<img alt="the figure for this choice" src="data:image/png;base64,{encoded}">'
