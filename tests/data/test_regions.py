import errno
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.corpora import make_store
from helpers.stores import NAMES, detections, write
from hypothesis import given, settings
from hypothesis import strategies as st

from vse_lessons.common import files
from vse_lessons.common.files import DataError
from vse_lessons.data.regions import RegionBatch, RegionStore, StackedRows


@settings(deadline=None, max_examples=30)  # disks have slow moments
@given(counts=st.lists(st.integers(1, 5), min_size=1, max_size=6), width=st.integers(1, 7))
def test_store_round_trip(tmp_path_factory, counts, width):
    found = [detections(count, width, seed) for seed, count in enumerate(counts)]
    skipped = [{"id": "bad", "reason": "torn"}]
    folder = tmp_path_factory.mktemp("store") / "s"
    store = write(folder, found, skipped=skipped)
    assert (len(store), store.dimensions, store.detector) == (len(counts), width, "test 1")
    assert (store.class_names, store.tag_names) == (NAMES["class_names"], NAMES["tag_names"])
    assert store.skipped == skipped
    for i, given_ in enumerate(found):
        again = store.detections(i)
        for name, value in vars(given_).items():
            np.testing.assert_allclose(getattr(again, name), value, atol=2e-3, err_msg=name)
    assert isinstance(store.features, np.memmap) and store.features.dtype == np.float16


def test_a_store_is_the_same_bytes_every_time(tmp_path):
    for name in "ab":
        write(tmp_path / name, [detections(3), detections(2, seed=1)])
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_batch_pads_with_zeros_and_masks():
    features = np.arange(12, dtype=np.float16).reshape(6, 2)
    store = RegionStore(("a", "b", "c"), features, np.array([0, 1, 4]), np.array([1, 3, 2]))
    batch = store.batch([2, 0, 1])
    assert batch.features.dtype == torch.float32
    assert batch.mask.tolist() == [[True, True, False], [True, False, False], [True, True, True]]
    assert batch.features[0].tolist() == [[8, 9], [10, 11], [0, 0]]
    assert batch.features[1].tolist() == [[0, 1], [0, 0], [0, 0]]
    assert batch.mean().tolist() == [[9, 10], [0, 1], [4, 5]]
    assert [len(part.index) for part in store.batches([0, 1, 2], size=2)] == [2, 1]


def test_statistics():
    rows = np.random.default_rng(0).normal(3, 2, (50, 4)).astype(np.float32)
    store = RegionStore(tuple(map(str, range(4))), rows, np.array([0, 5, 25, 30]), np.array([5, 20, 5, 20]))
    mean, deviation = store.statistics([0, 1, 3])
    kept = np.concatenate([rows[:25], rows[30:]])
    np.testing.assert_allclose(mean, kept.mean(0), rtol=1e-5)
    np.testing.assert_allclose(deviation, kept.std(0), rtol=1e-5)
    mean, deviation = store.mean_statistics([0, 1, 3])
    kept = np.stack([rows[:5].mean(0), rows[5:25].mean(0), rows[30:].mean(0)])
    np.testing.assert_allclose(mean, kept.mean(0), rtol=1e-5)
    np.testing.assert_allclose(deviation, kept.std(0, ddof=1), rtol=1e-5)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_not_finite_features_name_the_image(value):
    features = np.ones((4, 2), np.float32)
    features[3, 1] = value
    store = RegionStore(("a", "b"), features, np.array([0, 2]), np.array([2, 2]), source="here")
    store.batch([0])
    with pytest.raises(DataError, match=r"here.*image b \(row 1\)"):
        store.batch([0, 1])


@pytest.mark.parametrize("value", [np.nan, np.inf, 70000.0])
def test_not_finite_detections_are_not_stored(tmp_path, value):
    bad = detections(2, seed=1)
    bad.features[1, 2] = value
    with pytest.raises(DataError, match="image image1"):
        write(tmp_path / "s", [detections(3), bad])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("found", "ids", "message"),
    [
        ([detections(2), detections(2, width=5)], None, "image1: features 5 wide"),
        ([detections(2)], ["a", "b"], "2 images but the detections of 1"),
        ([detections(2)] * 2, ["a"], "1 images but the detections of 2"),
        ([detections(0)], None, r"image0: features of shape \(0, 4\)"),
    ],
)
def test_detections_that_do_not_fit(tmp_path, found, ids, message):
    with pytest.raises(DataError, match=message):
        write(tmp_path / "s", found, ids)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_no_store(tmp_path, monkeypatch):
    def full(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "_flush", full)
    with pytest.raises(DataError, match="No space left"):
        write(tmp_path / "s", [detections(3)])
    assert list(tmp_path.iterdir()) == []


def edit_meta(folder, **changes):
    meta = json.loads((folder / "meta.json").read_text())
    meta.update(changes)
    (folder / "meta.json").write_text(json.dumps({k: v for k, v in meta.items() if v is not None}))


def cut(path, share=0.5):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda s: edit_meta(s, version=99), "version 99; this is version 1"),
        (lambda s: edit_meta(s, format="other"), "not a region store"),
        (lambda s: (s / "meta.json").write_text("[]"), "not a region store"),
        (lambda s: edit_meta(s, tag_names=None), "damaged"),
        (lambda s: edit_meta(s, ids=["one"]), "1 ids, 2 starts"),
        (lambda s: (s / "features.npy").unlink(), "damaged"),
        (lambda s: cut(s / "features.npy"), "damaged"),
        (lambda s: cut(s / "regions.npz"), "damaged"),
        (lambda s: cut(s / "tags.npy"), "damaged"),
        (lambda s: cut(s / "meta.json"), "not JSON"),
        (lambda s: np.save(s / "features.npy", np.ones((3, 4), np.float16)), "shorter"),
    ],
)
def test_damaged_stores_say_so(tmp_path, harm, message):
    write(tmp_path / "s", [detections(3), detections(3)])
    harm(tmp_path / "s")
    with pytest.raises(DataError, match=message) as caught:
        RegionStore.open(tmp_path / "s")
    assert str(tmp_path / "s") in str(caught.value)


def test_columns_must_be_as_long_as_the_features():
    with pytest.raises(DataError, match="boxes has 1 rows, not 2"):
        RegionStore(("a",), np.ones((2, 2)), np.array([0]), np.array([2]), boxes=np.ones((1, 4), np.float32))


def test_a_store_of_features_only_has_no_detections():
    store = RegionStore(("a",), np.ones((2, 2)), np.array([0]), np.array([2]))
    with pytest.raises(DataError, match="features only"):
        store.detections(0)


def test_stacked_rows_read_like_their_concatenation():
    parts = [np.arange(6.0).reshape(3, 2), np.arange(8.0).reshape(4, 2) + 10]
    stacked, whole = StackedRows(parts), np.concatenate(parts)
    assert (stacked.shape, len(stacked)) == (whole.shape, len(whole))
    for start, stop in [(0, 3), (1, 2), (3, 7), (5, 7), (3, 4)]:
        np.testing.assert_array_equal(stacked[start:stop], whole[start:stop])
        assert np.shares_memory(stacked[start:stop], parts[start // 3 if start < 3 else 1])
    with pytest.raises(IndexError):
        stacked[2:4]
    with pytest.raises(DataError, match=r"\[2, 3\] wide"):
        StackedRows([np.ones((1, 2)), np.ones((1, 3))])


def test_means_are_one_region_an_image(corpus):
    store = corpus.regions
    means = store.means()
    assert means.ids == store.ids and set(means.counts) == {1}
    batch = means.batch([3, 0])
    torch.testing.assert_close(batch.features[:, 0], store.batch([3, 0]).mean())
    torch.testing.assert_close(batch.mean(), store.batch([3, 0]).mean())


def test_the_surest_regions_of_each_image():
    mask = torch.tensor([[True, True, True], [True, True, False]])
    features = torch.arange(6.0).view(2, 3, 1) * mask.unsqueeze(-1)
    batch = RegionBatch(
        features, mask, torch.tensor([4, 5]), torch.tensor([[0.2, 0.9, 0.5], [0.1, 0.3, 0.99]])
    )
    found = batch.surest(2)
    assert found.features.squeeze(-1).tolist() == [[1.0, 2.0], [4.0, 3.0]]  # padding is never sure
    assert found.mask.all() and found.index.tolist() == [4, 5] and batch.surest(3) is batch
    one = batch.surest(1)
    assert one.features.flatten().tolist() == [1.0, 4.0]
    plain = RegionBatch(features, mask, batch.index).surest(2)  # the first ones
    assert plain.features.squeeze(-1).tolist() == [[0.0, 1.0], [3.0, 4.0]]


def test_a_batch_knows_how_sure_the_detector_was():
    store = make_store(4)
    assert store.batch([0, 1]).confidences is None
    confidences = np.linspace(0.1, 0.9, len(store.features)).astype(np.float16)
    batch = replace(store, class_confidences=confidences).batch([2, 0]).to("cpu")
    for row, image in enumerate((2, 0)):
        own = batch.confidences[row, batch.mask[row]].numpy()
        np.testing.assert_array_equal(own, confidences[store.rows(image)].astype(np.float32))
    assert (batch.confidences[~batch.mask] == 0).all()
    logs = batch.log_confidences()
    assert (logs[~batch.mask] == -torch.inf).all()
    torch.testing.assert_close(logs[batch.mask].exp(), batch.confidences[batch.mask])
    batch.confidences[:] = 0
    torch.testing.assert_close(
        batch.log_confidences()[batch.mask].exp(), torch.full((int(batch.mask.sum()),), 1e-4)
    )


def test_a_batch_knows_what_the_detector_called_each_region():
    store = make_store(4)
    plain = store.batch([0, 1])
    assert plain.classes is None and plain.surest(1).classes is None
    assert (plain.log_confidences()[plain.mask] == 0).all()
    classes = np.arange(len(store.features)).astype(np.int16)
    named = replace(store, classes=classes, class_names=tuple(map(str, classes)))
    batch = named.batch([2, 0]).to("cpu")
    assert batch.classes.dtype == torch.int64
    for row, image in enumerate((2, 0)):
        own = batch.classes[row, batch.mask[row]].numpy()
        np.testing.assert_array_equal(own, classes[store.rows(image)])
    assert (batch.classes[~batch.mask] == 0).all()
    assert torch.equal(batch.surest(1).classes, batch.classes[:, :1])  # the first where not known
    batch.confidences = torch.rand(batch.mask.shape)
    sure = batch.surest(1)
    place = batch.confidences.masked_fill(~batch.mask, -1).argmax(1, keepdim=True)
    assert torch.equal(sure.classes, batch.classes.gather(1, place))


@pytest.mark.parametrize("wrong", [-1, 3])
def test_a_class_without_a_name_is_refused(wrong):
    store = make_store(4)
    classes = np.zeros(len(store.features), np.int16)
    replace(store, classes=classes, class_names=("a", "b", "c"))
    classes[2] = wrong
    with pytest.raises(DataError, match=f"class {wrong}, and there are 3 names"):
        replace(store, classes=classes, class_names=("a", "b", "c"))
    replace(store, classes=classes)  # nothing is named
