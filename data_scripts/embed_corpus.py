"""Embeds a corpus with CLIP, SigLIP or their like, without any training: a zero-shot row for lesson 03.

    python data_scripts/embed_corpus.py flickr8k /data/flickr8k --checkpoint NAME --to /data/clip
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus flickr8k -p corpus_dir /data/flickr8k \\
        -p embeddings_dir /data/clip

A checkpoint is a name at the Hugging Face hub, such as openai/clip-vit-base-patch32, or a local folder
(the extra `hub`).  An interrupted run goes on with the pictures that are missing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from vse_lessons.common.errors import DataError
from vse_lessons.common.system import choose_device
from vse_lessons.sources.catalogue import embed_corpus
from vse_lessons.sources.detectors.hub import HubEmbedder
from vse_lessons.sources.readers.features import embeddings


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("corpus", help="storybook, flickr8k, coco, ...")
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
        corpus = embed_corpus(given.corpus, given.folder, given.preset, embedder)
        embeddings.write(given.to, corpus, embedder)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(
        f"written: {len(corpus.image_ids):,} images and {len(corpus.sentences):,} sentences, "
        f"{embedder.feature_dim} dimensions, in {given.to}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
