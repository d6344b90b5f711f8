"""Trains a model of the registry and saves it."""

from __future__ import annotations

import shutil
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vse_lessons.commands.options import add_corpus, add_device, new_folder
from vse_lessons.common.errors import DataError

if TYPE_CHECKING:
    from vse_lessons.data.corpus import Corpus
    from vse_lessons.data.sparse import SparseCorpus
    from vse_lessons.models.presets import Presets
    from vse_lessons.sources.catalogue import Opened, OpenedTarget

HELP = """Train a model on a corpus of which few images are annotated, and save it.

A run that was stopped goes on where it was when the same command is given again.

examples:
  vse-lessons train A3VSE storybook --to my_model
  vse-lessons train SCAN flickr8k --corpus-dir /data/flickr8k --share 0.2 --sentences 5 --to my_scan
  vse-lessons train A3VSE storybook --variant no_attention --seed 1 --to my_model_1
  vse-lessons train VSA storybook --share 1 --target storybook-art --to my_transfer
"""
TRAINED = "A3VSE, SCAN, VSE++, DAN, DPC, CCA, linear, tags, VSA, Artpedia, GXN, CORAL"
HELD_OUT = 500  # training images at most that choose the best epoch when the validation split is reported


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of the command.

    Args:
        parser: The parser of the command.
    """
    parser.add_argument("model", metavar="MODEL", help=f"one of {TRAINED}")
    add_corpus(parser)
    parser.add_argument("--to", metavar="FOLDER", type=Path, required=True, help="where the model is saved")
    parser.add_argument(
        "--variant",
        metavar="NAME",
        default="full",
        help="a variant of the model, such as no_attention (default: full)",
    )
    parser.add_argument(
        "--share",
        type=float,
        default=0.1,
        help="share of the training images whose sentences are used (default: 0.1)",
    )
    parser.add_argument(
        "--sentences", type=int, default=5, help="sentences of each of these images, at most (default: 5)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of the annotated images and the first weights (default: 0)"
    )
    parser.add_argument("--word-vectors", metavar="FILE", help="a GloVe text file to start from")
    parser.add_argument("--target", metavar="CORPUS", help="another domain, for models that adapt to one")
    parser.add_argument("--target-dir", metavar="FOLDER", default="", help="where the target lies on disk")
    parser.add_argument(
        "--evaluate-on",
        choices=("val", "test"),
        default="test",
        help="the split that is reported (default: test)",
    )
    add_device(parser)


def run(arguments: Namespace) -> int:
    """Train, save the model and `results.json`, and print the recalls.

    Args:
        arguments: What `add_arguments` asks for.

    Returns:
        The exit status.
    """
    import time

    from vse_lessons.commands.evaluate import table
    from vse_lessons.common.files import write_json
    from vse_lessons.common.system import choose_device, cost
    from vse_lessons.evaluation.retrieval import evaluate
    from vse_lessons.training.conditions import TrainingError
    from vse_lessons.training.train import train

    started = time.perf_counter()
    config, folder = _check(arguments)
    device = choose_device(arguments.device)
    training, reported = _data(arguments, config)
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    options: dict[str, Any] = {"out_dir": unfinished, "device": str(device)}
    try:
        model, result = train(
            arguments.model,
            config,
            training,
            seed=arguments.seed,
            word_vectors=arguments.word_vectors,
            **options,
        )
    except TrainingError as error:
        raise DataError(str(error)) from error
    evaluation = evaluate(model.to(device), reported, arguments.evaluate_on)
    figures = {"split": arguments.evaluate_on, **evaluation.as_dict()}
    model.save(folder, variant=arguments.variant, results=figures)
    results = {
        **_request(arguments),
        "annotated_images": len(training.annotated),
        "pairs": len(training.pairs),
        "best_epoch": None if result is None else result.best_epoch,
        **figures,
        **cost(started),
    }
    write_json(folder / "results.json", results)
    shutil.rmtree(unfinished, ignore_errors=True)
    print(f"{arguments.model} on the {arguments.evaluate_on} split of {reported.name}:\n{table(evaluation)}")
    print(f"saved in {folder}\nAsk it:  {_example(arguments, folder)}")
    return 0


def _check(arguments: Namespace) -> tuple[Presets, Path]:
    """Make the configuration and refuse what cannot be met, before anything takes long."""
    from vse_lessons.models.registry import spec

    known = spec(arguments.model)
    if "checkpoint" in known.needs:
        raise DataError(f"{arguments.model} is not trained: embed a corpus with vse-lessons embed")
    if "target" in known.needs and not arguments.target:
        raise DataError(
            f"{arguments.model} adapts to another domain: name it with --target, such as storybook-art"
        )
    if "target" not in known.needs and arguments.target:
        raise DataError(f"{arguments.model} learns nothing from another domain: leave --target out")
    folder = new_folder(arguments.to)
    config = known.config.preset(arguments.preset, arguments.corpus).with_variant(arguments.variant)
    return config, folder


def _data(arguments: Namespace, config: Presets) -> tuple[SparseCorpus, Corpus]:
    """Open and annotate the corpus; return what training sees, and the corpus that is reported."""
    from vse_lessons.data.sparse import sparsify
    from vse_lessons.models.registry import prepare_training, spec
    from vse_lessons.sources.catalogue import open_corpus, open_target, with_pixels

    opened: Opened = open_corpus(arguments.corpus, arguments.corpus_dir, arguments.preset)
    if "pixels" in spec(arguments.model).needs and config.pictures:  # type: ignore[attr-defined]
        opened = with_pixels(opened)
    data = opened.corpus
    # where the validation split is reported, the best epoch is chosen on training images that are held out
    hold_out = 0 if arguments.evaluate_on == "test" else min(HELD_OUT, len(data.images("train")) // 8)
    training = sparsify(data, arguments.share, arguments.sentences, arguments.seed, hold_out)
    if not arguments.target:
        training = prepare_training(config, training)
        return training, training.corpus
    target = open_target(arguments.target, arguments.target_dir, arguments.preset)
    return _beside(arguments, training, target)


def _beside(
    arguments: Namespace, training: SparseCorpus, target: OpenedTarget
) -> tuple[SparseCorpus, Corpus]:
    """Put a target beside the source: mean regions, which VSA standardizes by each domain's own images."""
    from dataclasses import replace

    source, other = training.corpus, target.unpaired
    if arguments.model == "CORAL":  # it moves the features of the target itself
        ours, theirs = source.regions.means(), other.regions.means()
    else:
        ours = source.regions.standardized(source.images("train"))
        theirs = other.regions.standardized(other.images)
    training = replace(training, corpus=replace(source, regions=ours))
    training = training.with_target(replace(other, regions=theirs))
    if target.corpus is None:
        return training, training.corpus
    return training, replace(target.corpus, regions=theirs)


def _example(arguments: Namespace, folder: Path) -> str:
    """Write a search that this model can answer."""
    corpus, place = arguments.corpus, arguments.corpus_dir
    words = ["vse-lessons", "search", f'"{folder}"', '"a red boat"', "--corpus", corpus]
    if place:
        words += ["--corpus-dir", f'"{place}"']
    if arguments.preset != "lesson":
        words += ["--preset", arguments.preset]
    return " ".join(words)


def _request(arguments: Namespace) -> dict[str, Any]:
    """The words of the command line that repeat the run."""
    left_out = ("run", "parser", "command", "to")
    return {name: value for name, value in vars(arguments).items() if name not in left_out}
