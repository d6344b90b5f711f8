"""Embeds a corpus with a checkpoint of the Hugging Face hub, without any training."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from vse_lessons.commands.options import add_corpus, add_device, new_folder

HELP = """Embed a corpus with CLIP, SigLIP or their like: a zero-shot row for lesson 03.

  vse-lessons embed flickr8k --corpus-dir /data/flickr8k --checkpoint openai/clip-vit-base-patch32 --to
  /data/clip papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus flickr8k -p corpus_dir
  /data/flickr8k \\
    -p embeddings_dir /data/clip

Needs transformers: python -m pip install "vse_lessons[hub]"
A run that was stopped goes on with the pictures that are missing.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of the command.

    Args:
        parser: The parser of the command.
    """
    add_corpus(parser)
    parser.add_argument("--checkpoint", required=True, help="a name at the hub, or a local folder")
    parser.add_argument("--to", metavar="FOLDER", type=Path, required=True, help="where embeddings are
    written") add_device(parser)
