"""Evaluates a saved model on a corpus."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from vse_lessons.commands.options import add_corpus, add_device

if TYPE_CHECKING:
    from vse_lessons.data.corpus import Corpus
    from vse_lessons.evaluation.metrics import Evaluation
    from vse_lessons.models.base import Embedder

HELP = """Evaluate a saved model on a split of a corpus.

examples:
  vse-lessons evaluate my_model storybook
  vse-lessons evaluate my_model flickr8k --corpus-dir /data/flickr8k --split val --json recalls.json
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of the command.

    Args:
        parser: The parser of the command.
    """
    parser.add_argument("folder", metavar="MODEL_FOLDER", type=Path, help="what train or a lesson saved")
    add_corpus(parser)
    parser.add_argument(
        "--split", choices=("train", "val", "test"), default="test", help="which images (default: test)"
    )
    parser.add_argument(
        "--domain",
        choices=("source", "target"),
        default="source",
        help="of a model of two domains, the one to read (default: source)",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the figures to this file")
    add_device(parser)


def run(arguments: Namespace) -> int:
    """Print the recalls of a saved model.

    Args:
        arguments: `folder`, `corpus`, `corpus_dir`, `preset`, `split`, `domain`, `json` and `device`.

    Returns:
        The exit status.
    """
    from vse_lessons.common.files import check_writable, write_json
    from vse_lessons.common.system import choose_device
    from vse_lessons.evaluation.retrieval import evaluate
    from vse_lessons.models.registry import load_model
    from vse_lessons.sources.catalogue import open_corpus

    written = None if arguments.json is None else check_writable(arguments.json)  # before anything takes long
    model = load_model(arguments.folder.expanduser(), choose_device(arguments.device))
    data = open_corpus(arguments.corpus, arguments.corpus_dir, arguments.preset).corpus
    data = as_read(model, data, arguments.domain)
    evaluation = evaluate(model, data, arguments.split)
    print(f"{arguments.folder} on the {arguments.split} split of {data.name}:\n{table(evaluation)}")
    if written is not None:
        about = {"model": str(arguments.folder), "corpus": data.name, "split": arguments.split}
        write_json(written, about | evaluation.as_dict())
    return 0


def as_read(model: Embedder, data: Corpus, domain: str = "source") -> Corpus:
    """Give a saved model the regions that it reads.

    Args:
        model: The model.
        data: The corpus as it was opened.
        domain: "source" or "target": by whose statistics features are standardized, where a model has two.

    Returns:
        The corpus; for a model that was trained on standardized mean regions with these.

    Raises:
        DataError: Another detector found the regions, or the model knows no such domain.
    """
    from dataclasses import replace

    mean = getattr(model, f"input_{domain}_mean", None)
    if mean is not None:
        deviation = getattr(model, f"input_{domain}_deviation")
        regions = data.regions.means().standardized_with(mean.cpu(), deviation.cpu())
        data = replace(data, regions=regions)
    else:
        model.check_domain(domain)
    model.check_detector(data.regions)
    return data


def table(evaluation: Evaluation) -> str:
    """Set the recalls of an evaluation as lines of text.

    Args:
        evaluation: What `evaluate` returned.

    Returns:
        A heading and a line for each direction, in per cent.
    """
    cuts = ("R@1", "R@5", "R@10")
    lines = [f"{'':20s}" + "".join(f"{cut:>7s}" for cut in cuts) + "   median rank"]
    for name, side in (("sentence to image", evaluation.t2i), ("image to sentence", evaluation.i2t)):
        recalls = "".join(f"{side[cut]:7.1f}" for cut in cuts)
        lines.append(f"{name:20s}{recalls}{side['median_rank']:14.1f}")
    lines.append(
        f"{evaluation.n_images} images, {evaluation.n_sentences} sentences, sum {evaluation.rsum:.1f}"
    )
    return "\n".join(lines)
