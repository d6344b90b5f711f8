"""What figures and notebooks show."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from vse_lessons.data.regions import Detections
from vse_lessons.data.text import tokenize
from vse_lessons.evaluation.significance import mean_interval
from vse_lessons.lessons import plots, widgets

HOSTILE = ("$x_1$ \\alpha <b>", "_begins", "$", "naïve “ünï”")


@pytest.fixture(autouse=True)
def closed():
    plots.use_theme()
    yield
    plt.close("all")


def runs(names=("a", "b", "c"), seeds=5) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = [
        {"model": name, "seed": seed, "share": share, "R@1": rng.normal(10 * share, 1)}
        for name in names
        for seed in range(seeds)
        for share in (1, 2, 3)
    ]
    return pd.DataFrame(rows)


def drawn(axes, tmp_path) -> bytes:
    return plots.save(axes.figure, tmp_path / "figure.png").read_bytes()


def test_bars_are_means_with_the_interval_over_seeds():
    frame = runs().query("share == 2")
    axes = plots.bars(frame, "R@1", "model", order=["c", "a", "b"])
    assert len(axes.patches) == 3
    assert [text.get_text() for text in axes.get_yticklabels()] == ["c", "a", "b"]
    whiskers = sorted((min(line.get_xdata()), max(line.get_xdata())) for line in axes.lines)
    for name, bar in zip("cab", axes.patches):
        mean, half = mean_interval(frame.loc[frame.model == name, "R@1"].tolist())
        assert bar.get_width() == pytest.approx(mean)
        assert any(np.allclose(ends, (mean - half, mean + half)) for ends in whiskers)
    points = np.concatenate([c.get_offsets()[:, 0] for c in axes.collections if len(c.get_offsets())])
    assert sorted(points) == pytest.approx(sorted(frame["R@1"]))


def test_one_run_is_a_bar_without_an_interval(tmp_path):
    frame = runs(seeds=1).query("share == 2")
    axes = plots.bars(frame, "R@1", "model")
    assert len(axes.patches) == 3 and drawn(axes, tmp_path)
    assert not any(np.isfinite(line.get_xdata()).all() for line in axes.lines)


def test_grouped_bars_are_one_for_each_pair():
    frame = pd.DataFrame(
        [(q, d, v) for q in ("found", "class") for d, v in (("photo", 90), ("art", 60))],
        columns=["question", "domain", "share"],
    )
    axes = plots.bars(frame, "share", "question", "domain")
    assert sum(len(container) for container in axes.containers if hasattr(container, "patches")) == 4


def test_curves_show_the_mean_and_its_student_interval():
    frame = runs(names=("a",))
    axes = plots.curves(frame, "share", "R@1", "model")
    expected = [mean_interval(frame.loc[frame.share == s, "R@1"].tolist()) for s in (1, 2, 3)]
    (line,) = [line for line in axes.lines if len(line.get_xdata()) == 3 and line.get_marker() == "o"]
    assert line.get_ydata() == pytest.approx([mean for mean, _ in expected])
    (whiskers,) = [c for c in axes.collections if isinstance(c, matplotlib.collections.LineCollection)]
    ends = [tuple(segment[:, 1]) for segment in whiskers.get_segments()]
    for (low, high), (mean, half) in zip(ends, expected):
        assert (low, high) == pytest.approx((mean - half, mean + half))


def test_curves_keep_colour_and_marker_across_panels():
    frame = pd.concat(
        [runs(("a", "b")).assign(corpus="x"), runs(("b", "c")).assign(corpus="y")], ignore_index=True
    )
    figure = plots.curve_panels(frame, "share", "R@1", "model", "corpus", order=["a", "b", "c"])
    assert len(figure.axes) == 2
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b", "c"]
    of_b = {line.get_color() for cell in figure.axes for line in cell.lines if line.get_marker() == "s"}
    assert of_b == {plots.PALETTE[1]}


def test_other_peoples_text_breaks_no_figure(tmp_path):
    frame = runs(names=HOSTILE)
    title = HOSTILE[0]
    assert drawn(plots.bars(frame, "R@1", "model", title=title, xlabel=title), tmp_path)
    axes = plots.curves(frame, "share", "R@1", "model", title=title)
    assert drawn(axes, tmp_path)
    assert len(axes.get_legend().get_texts()) == len(HOSTILE)
    assert "\\$x_1\\$" in axes.get_legend().get_texts()[0].get_text()
    assert drawn(plots.distribution(frame, "R@1", "model", title=title), tmp_path)
    assert drawn(plots.counts(frame, "model", title=title), tmp_path)
    assert drawn(plots.heat_map(np.eye(4), HOSTILE, HOSTILE, unit=title, title=title), tmp_path)
    points = {name: torch.randn(6, 4) for name in HOSTILE}
    assert drawn(plots.tsne(points, 0, [(HOSTILE[0], HOSTILE[1])], title=title), tmp_path)


def test_a_history_becomes_a_tidy_frame():
    history = [
        {"epoch": epoch, "pairs": 1.0 - epoch, "t2i": {"R@1": 5.0 * epoch}, "note": "x"} for epoch in (0, 1)
    ]
    history[1]["cider"] = 0.3
    frame = plots.history_frame(history, {"t2i R@1": "recall", "cider": "reward"}, 10)
    assert frame.values.tolist() == [[1, "recall", 0.0], [2, "recall", 50.0], [2, "reward", 3.0]]
    assert set(plots.history_frame(history)["series"]) == {"pairs", "t2i R@1", "cider"}


def test_learning_curves_have_a_panel_for_discriminators(tmp_path):
    recalls = {"R@1": 10.0, "R@10": 40.0}
    plain = [{"epoch": n, "pairs": 1 / (n + 1), "t2i": recalls, "i2t": recalls} for n in range(30)]
    assert len(plots.learning_curves(plain, ("pairs",)).axes) == 2
    figure = plots.learning_curves([entry | {"accuracy_vt": 0.5} for entry in plain], ("pairs",))
    assert len(figure.axes) == 3 and plots.save(figure, tmp_path / "figure.png").exists()


def test_a_heat_map_has_a_cell_for_each_value():
    axes = plots.heat_map(np.arange(6).reshape(2, 3), ["r1", "r2"], ["a", "b", "c"], annotate=True, digits=0)
    assert [text.get_text() for text in axes.texts] == ["0", "1", "2", "3", "4", "5"]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["a", "b", "c"]


def test_links_join_the_rows_of_two_groups():
    points = {"image": torch.randn(8, 4), "sentence": torch.randn(8, 4)}
    axes = plots.tsne(points, 0, [("image", "sentence")])
    (links,) = [c for c in axes.collections if isinstance(c, matplotlib.collections.LineCollection)]
    assert len(links.get_segments()) == 8


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
