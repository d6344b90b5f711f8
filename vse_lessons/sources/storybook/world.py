"""Storybook as a corpus: scenes are drawn, detected and written about, once, and kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vse_lessons.common.errors import DataError
from vse_lessons.common.files import digest, home
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.pictures import Pictures
from vse_lessons.sources.detectors.extraction import extract_regions
from vse_lessons.sources.storybook.detector import StorybookDetector
from vse_lessons.sources.storybook.drawing.picture import draw
from vse_lessons.sources.storybook.scene.meaning import DOMAINS, Scene, sample_scene
from vse_lessons.sources.storybook.writing.pages import write_art_page
from vse_lessons.sources.storybook.writing.voices import write_sentences

VERSION = 1  # raise it when scenes, drawings or sentences change: pictures are then drawn anew
SEED = 0  # of the world; the detector has learnt from another one
SIZES = {  # pictures for training, validation and test
    "smoke": (240, 60, 60),
    "lesson": (2500, 300, 300),
    "paper": (29_000, 1_000, 1_000),  # as many as Flickr30K
}


def sample_scenes(domain: str, preset: str) -> list[Scene]:
    """Samples the scenes of a domain: training, validation and test, in this order.

    Args:
        domain: photo, fashion or art.
        preset: One of `SIZES`.

    Returns:
        The scenes.

    Raises:
        DataError: The domain or the preset is unknown.
    """
    if domain not in DOMAINS:
        raise DataError(f"unknown Storybook domain {domain!r}: one of {', '.join(DOMAINS)}")
    if preset not in SIZES:
        raise DataError(f"unknown preset {preset!r}: one of {', '.join(SIZES)}")
    return [sample_scene(domain, SEED, index) for index in range(sum(SIZES[preset]))]


def picture_scenes(scenes: list[Scene]) -> Pictures:
    """Makes the pictures of some scenes, each drawn when it is asked for."""
    keys = tuple(scene.key.replace("storybook/", "") for scene in scenes)
    return Pictures(keys, lambda number: draw(scenes[number]), digest(f"storybook {VERSION}", *keys))


def open_domain(
    domain: str, preset: str, progress: bool = True, *, pages: bool = False
) -> tuple[Corpus, Pictures]:
    """Opens a domain of Storybook, its regions kept under `VSE_LESSONS_HOME`.

    Args:
        domain: photo, fashion or art.
        preset: One of `SIZES`.
        progress: Whether to show a progress bar.
        pages: As in `build_corpus`.

    Returns:
        The corpus and its pictures.

    Raises:
        DataError: The domain or the preset is unknown.
    """
    corpus = build_corpus(domain, preset, home() / "storybook", pages=pages, progress=progress)
    return corpus, picture_scenes(sample_scenes(domain, preset))


def build_corpus(
    domain: str, preset: str, folder: Path, *, pages: bool = False, progress: bool = True
) -> Corpus:
    """Draws the scenes of a domain, detects what the pictures show, and writes about them.

    Args:
        domain: photo, fashion or art.
        preset: One of `SIZES`.
        folder: Where the regions are kept.
        pages: Whether each art picture comes with the visual and the contextual sentences of its gallery page
            instead of five sentences.
        progress: Whether to show a progress bar.

    Returns:
        The corpus.
    """
    scenes = sample_scenes(domain, preset)
    store = extract_regions(picture_scenes(scenes), StorybookDetector(), folder, progress=progress)
    written: list[tuple[str, int, str]] = []  # sentence, image, kind
    for number, scene in enumerate(scenes):
        if pages:
            page = write_art_page(scene)
            written += [(text, number, "visual") for text in page.visual]
            written += [(text, number, "contextual") for text in page.contextual]
        else:
            written += [(text, number, "visual") for text in write_sentences(scene)]
    texts, owners, kinds = zip(*written)
    splits = np.repeat(["train", "val", "test"], SIZES[preset])
    name = f"storybook-{domain}" + ("-pages" if pages else "")
    return Corpus(
        name,
        store,
        texts,
        np.asarray(owners),
        splits,
        np.asarray(kinds),
        built_in=True,
        lexicon="storybook",
    )
