"""Evaluates a saved model on a corpus."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from vse_lessons.commands.options import add_corpus, add_device

HELP = """Evaluate a saved model on a split of a corpus.

  vse-lessons evaluate my_model storybook
  vse-lessons evaluate my_model flickr8k --corpus-dir /data/flickr8k --split val --json recalls.json
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of the command.

    Args:
        parser: The parser of the command.
    """
    parser.add_argument("folder", metavar="MODEL_FOLDER", type=Path, help="what train or a lesson has saved")
    add_corpus(parser)
    parser.add_argument("--split", choices=("train", "val", "test"), default="test", help="default: test")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the figures to this file")
    add_device(parser)


def run(arguments: Namespace) -> int:
    """Print the recalls of a saved model.

    Args:
        arguments: `folder`, `corpus`, `corpus_dir`, `preset`, `split`, `json` and `device`.

    Returns:
        The exit status.
    """
    from vse_lessons.common.files import write_json
    from vse_lessons.common.system import choose_device
    from vse_lessons.evaluation.retrieval import evaluate
    from vse_lessons.models.registry import load_model
    from vse_lessons.sources.catalogue import open_corpus

    model = load_model(arguments.folder).to(choose_device(arguments.device))
    data = open_corpus(arguments.corpus, arguments.corpus_dir, arguments.preset).corpus
    model.check_regions(data.regions)
    evaluation = evaluate(model, data, arguments.split)
    print(f"{arguments.folder} on the {arguments.split} split of {data.name}:")
    print(evaluation)
    if arguments.json is not None:
        about = {"model": str(arguments.folder), "corpus": data.name, "split": arguments.split}
        write_json(arguments.json, about | evaluation.as_dict())
    return 0
