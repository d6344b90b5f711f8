"""Embeds a corpus with a checkpoint of the Hugging Face hub, without any training."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from vse_lessons.commands.options import add_corpus, add_device, new_folder

HELP = """Embed a corpus with CLIP, SigLIP or their like: a zero-shot row for lesson 03.

It needs the package transformers, of the extra "hub". A run that was stopped goes on with the pictures that
are missing.

examples (the last one shows the embeddings in lesson 03):
  vse-lessons embed storybook --checkpoint openai/clip-vit-base-patch32 --to my_clip
  vse-lessons embed flickr8k --corpus-dir /data/flickr8k --checkpoint my_siglip --to /data/siglip
  papermill 03_train_a3vse.ipynb out.ipynb -p embeddings_dir my_clip
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of the command.

    Args:
        parser: The parser of the command.
    """
    add_corpus(parser)
    parser.add_argument("--checkpoint", required=True, help="its name at the hub, or a local folder")
    parser.add_argument(
        "--to", metavar="FOLDER", type=Path, required=True, help="where the embeddings are written"
    )
    add_device(parser)


def run(arguments: Namespace) -> int:
    """Write the embeddings and say how many there are.

    Args:
        arguments: `corpus`, `corpus_dir`, `preset`, `checkpoint`, `to` and `device`.

    Returns:
        The exit status.
    """
    folder = new_folder(arguments.to)  # before anything takes long
    from vse_lessons.common.system import choose_device
    from vse_lessons.sources.catalogue import embed_corpus, find_source
    from vse_lessons.sources.detectors.hub import HubEmbedder
    from vse_lessons.sources.readers.features import embeddings

    find_source(arguments.corpus)
    embedder = HubEmbedder(arguments.checkpoint, str(choose_device(arguments.device)))
    corpus = embed_corpus(arguments.corpus, arguments.corpus_dir, arguments.preset, embedder)
    embeddings.write(folder, corpus, embedder)
    print(
        f"written: {len(corpus.image_ids):,} images and {len(corpus.sentences):,} sentences, "
        f"{embedder.feature_dim} dimensions, in {folder}"
    )
    return 0
