"""Trains a model of the registry and saves it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from vse_lessons.commands.options import add_corpus, add_device
from vse_lessons.common.errors import DataError

if TYPE_CHECKING:
    from vse_lessons.data.corpus import Corpus
    from vse_lessons.data.sparse import SparseCorpus

HELP = """Train a model on a corpus of which few images are annotated, and save it.

  vse-lessons train A3VSE storybook --to my_model
  vse-lessons train SCAN flickr8k --corpus-dir /data/flickr8k --share 0.2 --sentences 5 --to my_scan
  vse-lessons train A3VSE storybook --variant no_attention --seed 1 --to my_model_1

A run that was stopped goes on where it was when the same command is given again.
"""
HELD_OUT = 500  # training images at most that choose the best epoch when the validation split is reported


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of the command.

    Args:
        parser: The parser of the command.
    """
    parser.add_argument("model", metavar="MODEL", help="A3VSE, SCAN, VSE++, DAN, DPC, CCA, linear, tags, ...")
    add_corpus(parser)
    parser.add_argument("--to", metavar="FOLDER", type=Path, required=True, help="where the model is saved")
    parser.add_argument("--variant", metavar="NAME", default="full", help="an ablation of the model")
    parser.add_argument(
        "--share", type=float, default=0.1, help="of the training images, annotated (default: 0.1)"
    )
    parser.add_argument("--sentences", type=int, default=5, help="of each annotated image (default: 5)")
    parser.add_argument("--seed", type=int, default=0, help="chooses annotated images and first weights")
    parser.add_argument("--word-vectors", metavar="FILE", help="a GloVe text file to start from")
    parser.add_argument("--target", metavar="CORPUS", help="another domain, for models that adapt to one")
    parser.add_argument("--target-dir", metavar="FOLDER", default="", help="where the target lies on disk")
    parser.add_argument(
        "--evaluate-on", choices=("val", "test"), default="test", help="what is reported (default: test)"
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

    from vse_lessons.common.files import write_json
    from vse_lessons.common.system import choose_device
    from vse_lessons.data.word_vectors import load_word_vectors
    from vse_lessons.evaluation.retrieval import evaluate
    from vse_lessons.models.registry import spec
    from vse_lessons.sources.catalogue import open_corpus
    from vse_lessons.training.conditions import TrainingError
    from vse_lessons.training.train import train

    started = time.perf_counter()
    config_class = spec(arguments.model).config  # before anything takes long
    device = choose_device(arguments.device)
    folder = arguments.to.expanduser()
    if (folder / "model.safetensors").exists():
        raise DataError(f"{folder} holds a model already: name another folder, or delete it")
    config = config_class.preset(arguments.preset, arguments.corpus).with_variant(arguments.variant)
    vectors = load_word_vectors(arguments.word_vectors) if arguments.word_vectors else None
    data = open_corpus(arguments.corpus, arguments.corpus_dir, arguments.preset).corpus
    training = _training(arguments, data)
    try:
        model, result = train(
            arguments.model,
            config,
            training,
            seed=arguments.seed,
            word_vectors=vectors,
            out_dir=folder,
            device=str(device),
        )
    except TrainingError as error:
        raise DataError(str(error)) from error
    evaluation = evaluate(model, data, arguments.evaluate_on)
    results = {
        **_request(arguments),
        "annotated_images": len(training.annotated),
        "pairs": len(training.pairs),
        "best_epoch": None if result is None else result.best_epoch,
        **evaluation.as_dict(),
        **_cost(started),
    }
    write_json(folder / "results.json", results)
    model.save(folder)
    print(f"{arguments.model} on the {arguments.evaluate_on} split of {data.name}:")
    print(evaluation)
    print(f"saved in {folder}. Ask it:")
    print(f'  vse-lessons search "{folder}" "a red boat" --corpus {arguments.corpus}')
    return 0


def _training(arguments: Namespace, data: Corpus) -> SparseCorpus:
    """Annotate a share of the training images; attach the target domain, where one is named."""
    from vse_lessons.data.sparse import sparsify
    from vse_lessons.sources.catalogue import open_target

    # where the validation split is reported, the best epoch is chosen on training images that are held out
    hold_out = 0 if arguments.evaluate_on == "test" else min(HELD_OUT, len(data.images("train")) // 8)
    training = sparsify(data, arguments.share, arguments.sentences, arguments.seed, hold_out)
    if not arguments.target:
        return training
    target = open_target(arguments.target, arguments.target_dir, arguments.preset)
    return training.with_target(target.unpaired)


def _request(arguments: Namespace) -> dict:
    """The words of the command line that repeat the run."""
    left_out = ("run", "parser", "command", "to")
    return {name: value for name, value in vars(arguments).items() if name not in left_out}


def _cost(started: float) -> dict:
    """What the run took and ran on."""
    import time

    from vse_lessons.common.system import commit, machine, peak_memory_mb, versions

    peak = peak_memory_mb()
    return {
        "seconds": round(time.perf_counter() - started, 1),
        "peak_memory_mb": None if peak is None else round(peak),
        "machine": machine(),
        "versions": versions(),
        "commit": commit(),
    }
