"""Small random checkpoints in the library's own format, saved to disk: no network is asked."""

import sys

import numpy as np
import pytest
import torch
from helpers.checkpoints import LABELS, clip, detr, owl, yolos
from PIL import Image

from vse_lessons.common.files import DataError
from vse_lessons.data.pictures import pictures_from_files
from vse_lessons.sources.detectors.colors import COLORS, name_box_colors
from vse_lessons.sources.detectors.extraction import extract_regions
from vse_lessons.sources.detectors.hub import HubDetector, HubEmbedder
from vse_lessons.sources.semantics import regional_semantics

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    return {
        "detr": detr(folder / "detr"),
        "yolos": yolos(folder / "yolos"),
        "owl": owl(folder / "owl"),
        "owlv2": owl(folder / "owlv2", "Owlv2"),
        "clip": clip(folder / "clip"),
    }


def pictures(count=3):
    rng = np.random.default_rng(0)
    sizes = [(90, 60), (64, 100), (90, 60)]
    return [Image.fromarray(rng.integers(0, 256, (h, w, 3), np.uint8)) for w, h in sizes[:count]]


def opened(checkpoints, kind, **options):
    classes = ["dog", "cat", "red house"] if kind.startswith("owl") else []
    return HubDetector(str(checkpoints[kind]), classes=classes, **options)


KINDS = ["detr", "yolos", "owl", "owlv2"]


@pytest.mark.parametrize("kind", KINDS)
def test_detections_have_their_form(checkpoints, kind):
    detector = opened(checkpoints, kind, min_regions=4, max_regions=7, threshold=1.0)
    assert detector.attribute_names == tuple(COLORS) and detector.feature_dim == 16
    for image, found in zip(pictures(), detector(pictures())):
        assert found.features.shape == (4, 16) and found.boxes.shape == (4, 4)
        assert found.boxes.min() >= 0 and found.boxes.max() <= 1
        assert (np.diff(found.class_confidences) <= 0).all() and found.class_confidences.max() <= 1
        assert found.classes.max() < len(detector.class_names)
        colors, purity = name_box_colors(image, found.boxes)
        assert found.attributes.tolist() == colors.tolist()
        np.testing.assert_array_equal(found.attribute_confidences, purity)
    everything = opened(checkpoints, kind, min_regions=4, max_regions=7, threshold=0.0)
    assert [len(found.features) for found in everything(pictures())] == [7, 7, 7]


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_gives_what_single_pictures_give(checkpoints, kind):
    detector = opened(checkpoints, kind)
    together, alone = detector(pictures()), [detector([image])[0] for image in pictures()]
    for one, other in zip(together, alone):
        np.testing.assert_allclose(one.features, other.features, atol=1e-5)
        np.testing.assert_allclose(one.boxes, other.boxes, atol=1e-5)
        assert one.classes.tolist() == other.classes.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_the_library_itself_finds_the_same(checkpoints, kind):
    """Boxes in pixels, labels and scores of transformers' own post-processing, best first."""
    detector = opened(checkpoints, kind, min_regions=5, max_regions=5)
    detector.known[:] = True  # transformers knows no name that means nothing
    image = pictures()[1]
    (found,) = detector([image])
    words = (
        {"text": [[f"a photo of a {name}" for name in detector.class_names]]}
        if kind.startswith("owl")
        else {}
    )
    if words:
        words |= {"padding": "max_length", "truncation": True}
    inputs = detector.processor(images=image, return_tensors="pt", **words)
    with torch.inference_mode():
        out = detector.model(
            **{key: inputs[key] for key in ("pixel_values", "input_ids", "attention_mask") if key in inputs}
        )
    own = getattr(detector.processor, "image_processor", detector.processor)
    (theirs,) = own.post_process_object_detection(out, threshold=0.0, target_sizes=[image.size[::-1]])
    order = theirs["scores"].argsort(descending=True, stable=True)[:5]
    np.testing.assert_allclose(found.class_confidences, theirs["scores"][order], rtol=1e-4)
    assert found.classes.tolist() == theirs["labels"][order].tolist()
    pixels = theirs["boxes"][order].numpy() / np.array(image.size * 2)
    np.testing.assert_allclose(found.boxes, pixels.clip(0, 1), atol=1e-5)
    # and the features are the hidden states of just these queries
    states = (
        out.image_embeds.flatten(1, 2)[0] if words else out.last_hidden_state[0][-out.pred_boxes.shape[1] :]
    )
    centres = out.pred_boxes[0]
    for row in range(5):
        scores = out.logits[0].softmax(-1)[:, :-1] if not words else out.logits[0].sigmoid()
        query = int(scores.max(-1).values.argsort(descending=True, stable=True)[row])
        np.testing.assert_allclose(found.features[row], states[query], rtol=1e-4, atol=1e-5)
        assert centres[query].isfinite().all()


def test_labels_that_say_nothing_are_never_chosen(checkpoints):
    detector = opened(checkpoints, "detr", threshold=0.0)
    with torch.no_grad():
        detector.model.class_labels_classifier.bias[0] += 20
    chosen = {detector.class_names[c] for found in detector(pictures()) for c in found.classes}
    assert chosen and "N/A" not in chosen
    detector.known[:] = True
    assert "N/A" in {detector.class_names[c] for found in detector(pictures()) for c in found.classes}


def test_names_and_versions(checkpoints, tmp_path):
    first = opened(checkpoints, "detr")
    assert first.name == "detr" and first.version == opened(checkpoints, "detr").version
    assert first.version != HubDetector(str(detr(tmp_path / "detr", seed=1))).version
    assert first.version != opened(checkpoints, "detr", threshold=0.5).version


@pytest.mark.parametrize("workers", [0, 1])
def test_from_a_checkpoint_to_regional_semantics(checkpoints, tmp_path, workers):
    paths = [tmp_path / f"{n}.png" for n in range(3)]
    for path, image in zip(paths, pictures()):
        image.save(path)
    detector = opened(checkpoints, "detr")
    listed = pictures_from_files(paths, [path.stem for path in paths])
    store = extract_regions(listed, detector, tmp_path / "s", progress=False, workers=workers)
    assert store.class_names == tuple(LABELS) and store.tags is None
    (found,) = detector([pictures()[0]])
    np.testing.assert_allclose(store.detections(0).features, found.features, atol=2e-3)
    words = set(regional_semantics(store, [0])[0].split())
    assert words <= set(COLORS) | set(LABELS) and words & set(LABELS)


def test_a_picture_and_a_sentence_are_embedded_as_the_model_does(checkpoints):
    embedder = HubEmbedder(str(checkpoints["clip"]))
    found = embedder(pictures())
    assert all(one.features.shape == (1, 16) for one in found)
    inputs = embedder.processor(images=pictures()[1], text=["a dog"], return_tensors="pt", padding=True)
    with torch.inference_mode():
        out = embedder.model(**inputs)
    cosine = torch.nn.functional.cosine_similarity
    one = torch.from_numpy(found[1].features)
    assert cosine(one, out.image_embeds).item() == pytest.approx(1, abs=1e-5)
    read = embedder.encode_sentences(
        ["a dog", "a very long sentence of many many more letters than it reads"]
    )
    assert read.shape == (2, 16)
    assert cosine(read[:1], out.text_embeds).item() == pytest.approx(1, abs=1e-5)


def test_what_is_no_detector_is_said_so(checkpoints, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DataError, match="pass classes="):
        HubDetector(str(checkpoints["owl"]))
    with pytest.raises(DataError, match="has classes of its own"):
        HubDetector(str(checkpoints["detr"]), classes=["dog"])
    with pytest.raises(DataError, match=r"\(clip\) cannot be opened as AutoModelForObjectDetection"):
        HubDetector(str(checkpoints["clip"]))
    with pytest.raises(DataError, match="does not embed pictures"):
        HubEmbedder(str(checkpoints["detr"]))
    with pytest.raises(DataError, match="neither a folder with a checkpoint nor a name"):
        HubDetector(str(tmp_path / "nothing"))
    (tmp_path / "pickled").mkdir()
    for path in checkpoints["detr"].iterdir():
        if path.suffix == ".json":
            (tmp_path / "pickled" / path.name).write_bytes(path.read_bytes())
    torch.save({}, tmp_path / "pickled" / "pytorch_model.bin")
    with pytest.raises(DataError, match="with safetensors weights"):
        HubDetector(str(tmp_path / "pickled"))


def test_a_missing_package_names_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(DataError, match=r'pip install -e "\.\[hub\]"'):
        HubDetector("facebook/detr-resnet-50")
