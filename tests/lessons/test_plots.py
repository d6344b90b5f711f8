"""What figures and notebooks show."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from vse_lessons.data.regions import Detections
from vse_lessons.data.text import tokenize
from vse_lessons.lessons import plots, widgets


def detections(confidences) -> Detections:
    count = len(confidences)
    sure = np.asarray(confidences, np.float32)
    boxes = np.tile(np.float32([0.2, 0.2, 0.6, 0.6]), (count, 1))
    numbers = np.zeros(count, np.int16)
    return Detections(np.zeros((count, 2), np.float32), boxes, numbers, sure, numbers, sure)


def test_surest_regions_come_first_and_each_word_once_if_asked():
    found = detections([0.2, 0.9, 0.5, 0.7])
    assert plots.surest(found).tolist() == [1, 3, 2, 0]
    assert plots.surest(found, most=2).tolist() == [1, 3]
    assert plots.surest(found, least=0.5).tolist() == [1, 3, 2]
    assert plots.surest(found, distinct=["a", "b", "a", "b"]).tolist() == [1, 2]


def test_dollars_in_captions_are_no_formula(tmp_path):
    sentence = "He pays $5 or $_{6 for it ."
    figure = plots.contact_sheet(
        [Image.new("RGB", (20, 20))], [[sentence]], [detections([0.9])], [["red $x$"]], columns=1
    )
    assert plots.save(figure, tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
    plt.close(figure)


def test_table_cells_are_escaped():
    shown = widgets.show_table(["a<b"], [("<script>alert(1)</script>",), (12345,)]).data
    assert "<script>" not in shown and "a&lt;b" in shown
    assert "12,345" in shown


def test_source_is_that_on_disk():
    shown = widgets.show_source(tokenize).data
    assert shown.startswith("`vse_lessons/data/text.py`") and "_WORD.findall" in shown


def test_large_figures_are_embedded_as_jpeg(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(widgets, "display", seen.append)
    for size in (2, 400):
        figure, axis = plt.subplots()
        axis.imshow(np.random.default_rng(0).random((size, size, 3)))
        widgets.show_figure(figure, tmp_path / "figure.png", "noise")
    assert [image.format for image in seen] == ["png", "jpeg"]
    assert not plt.get_fignums()
