"""Embeds a corpus with CLIP, SigLIP or their like, without any training: a zero-shot row for lesson 03.

    python data_scripts/embed_corpus.py flickr8k /data/flickr8k --checkpoint openai/clip-vit-base-patch32 --to /data/clip
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus flickr8k -p corpus_dir /data/flickr8k -p embeddings_dir /data/clip

A checkpoint is a name at the Hugging Face hub or a local folder (pip install "vse_lessons[hub]"); the hub could
not be reached where this was written.  An interrupted run goes on with the pictures that are missing."""  # noqa: E501

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vse_lessons.common.files import DataError, home
from vse_lessons.data.corpus import Corpus
from vse_lessons.sources.catalogue import LISTINGS, STORYBOOKS, open_corpus, read_listing
from vse_lessons.sources.detectors.extraction import extract_regions
from vse_lessons.sources.detectors.hub import HubEmbedder
from vse_lessons.sources.readers.features import embeddings
from vse_lessons.training.loop import choose_device


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("corpus", choices=(*STORYBOOKS, *LISTINGS))
    parser.add_argument("folder", type=Path, nargs="?", help="where the corpus is; none: built in")
    parser.add_argument("--checkpoint", required=True, help="name or folder")
    parser.add_argument("--to", type=Path, required=True, help="where to write the embeddings")
    parser.add_argument("--preset", default="lesson", help="of a built-in corpus (lesson)")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    given = parser.parse_args(arguments)
    try:
        if given.to.exists():
            raise DataError(f"{given.to} is there already; delete it, or choose another folder")
        embedder = HubEmbedder(given.checkpoint, str(choose_device(given.device)))
        corpus = embedded(given.corpus, given.folder, given.preset, embedder)
        embeddings.write(given.to, corpus, embedder)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(
        f"written: {len(corpus.image_ids):,} images and {len(corpus.sentences):,} sentences, "
        f"{embedder.feature_dim} dimensions, in {given.to}"
    )
    return 0


def embedded(name: str, folder: Path | None, preset: str, embedder: HubEmbedder) -> Corpus:
    """A corpus with one region an image, its embedding."""
    if name in STORYBOOKS:
        opened = open_corpus(name, preset=preset)
        store = extract_regions(opened.pictures, embedder, home() / name)
        return replace(opened.corpus, regions=store)
    if folder is None or not folder.is_dir():
        raise DataError(f"{name} is not built in: pass the folder it is in, not {folder}")
    listing = read_listing(name, folder)
    store = extract_regions(listing.pictures(), embedder, home() / name, on_bad="skip")
    return listing.with_regions(store)


if __name__ == "__main__":
    sys.exit(main())
