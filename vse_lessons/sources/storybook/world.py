"""Storybook as a corpus: scenes are drawn, detected and written about, once, and kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vse_lessons.common.files import DataError, digest
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.pictures import Pictures
from vse_lessons.sources.detectors.extraction import extract_regions
from vse_lessons.sources.storybook.detector import StorybookDetector
from vse_lessons.sources.storybook.drawing.picture import draw
from vse_lessons.sources.storybook.scene.meaning import DOMAINS, Scene, sample_scene
from vse_lessons.sources.storybook.writing.pages import art_page
from vse_lessons.sources.storybook.writing.voices import sentences

VERSION = 1  # raise it when scenes, drawings or sentences change: pictures are then drawn anew
SEED = 0  # of the world; the detector has learnt from another one
SIZES = {  # pictures for training, validation and test
    "smoke": (240, 60, 60),
    "lesson": (2500, 300, 300),
    "paper": (29_000, 1_000, 1_000),  # as many as Flickr30K
}


def scenes(domain: str, preset: str) -> list[Scene]:
    """The scenes of a domain: training, validation and test, in this order."""
    if domain not in DOMAINS:
        raise DataError(f"unknown Storybook domain {domain!r}: one of {', '.join(DOMAINS)}")
    if preset not in SIZES:
        raise DataError(f"unknown preset {preset!r}: one of {', '.join(SIZES)}")
    return [sample_scene(domain, SEED, index) for index in range(sum(SIZES[preset]))]


def pictures(world: list[Scene]) -> Pictures:
    """The pictures of some scenes, drawn when they are asked for."""
    keys = tuple(scene.key.replace("storybook/", "") for scene in world)
    return Pictures(keys, lambda number: draw(world[number]), digest(f"storybook {VERSION}", *keys))


def build(domain: str, preset: str, folder: Path, *, pages: bool = False, progress: bool = True) -> Corpus:
    """Storybook as a corpus, its regions kept in `folder`.  With `pages`, each art picture comes
    with the visual and the contextual sentences of its gallery page instead of five sentences.
    """
    world = scenes(domain, preset)
    drawn = pictures(world)
    store = extract_regions(drawn, StorybookDetector(), folder, progress=progress)
    told: list[tuple[str, int, str]] = []  # sentence, image, kind
    for number, scene in enumerate(world):
        if pages:
            page = art_page(scene)
            told += [(text, number, "visual") for text in page.visual]
            told += [(text, number, "contextual") for text in page.contextual]
        else:
            told += [(text, number, "visual") for text in sentences(scene)]
    texts, owners, kinds = zip(*told)
    splits = np.repeat(["train", "val", "test"], SIZES[preset])
    name = f"storybook-{domain}" + ("-pages" if pages else "")
    owners, kinds = np.asarray(owners), np.asarray(kinds)
    return Corpus(name, store, texts, owners, splits, kinds, built_in=True, lexicon="storybook")
