"""Searches a corpus or a folder of pictures with a saved model."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from vse_lessons.commands.options import add_device, add_place
from vse_lessons.common.errors import DataError

if TYPE_CHECKING:
    from vse_lessons.blocks.similarity import Embeddings
    from vse_lessons.models.base import Embedder
    from vse_lessons.sources.detectors.base import Detector

HELP = """Search pictures by words, or sentences by a picture, with a saved model.

With --corpus the pictures of a split are searched, of the test split unless another is named.

examples:
  vse-lessons search my_model "a red boat near a lighthouse" --corpus storybook
  vse-lessons search my_model "two dogs in the snow" --pictures ~/holiday
  vse-lessons search my_model --image cat.jpg --corpus flickr8k --corpus-dir /data/flickr8k
"""
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of the command.

    Args:
        parser: The parser of the command.
    """
    parser.add_argument("folder", metavar="MODEL_FOLDER", type=Path, help="what train or a lesson saved")
    parser.add_argument("words", metavar="WORDS", nargs="?", help="what to look for, in quotes")
    parser.add_argument(
        "--image", metavar="FILE", type=Path, help="a picture, to find sentences of the corpus"
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--corpus", help="search this corpus: storybook, flickr8k, coco, ...")
    where.add_argument("--pictures", metavar="FOLDER", type=Path, help="search any folder of pictures")
    add_place(parser)
    parser.add_argument(
        "--split", choices=("train", "val", "test"), default="test", help="which images (default: test)"
    )
    parser.add_argument(
        "--domain",
        choices=("source", "target"),
        default="source",
        help="of a model of two domains, the one to read (default: source)",
    )
    parser.add_argument(
        "--detector", metavar="CHECKPOINT", help="checkpoint of the hub whose regions the model reads"
    )
    parser.add_argument("-k", type=int, default=5, help="how many answers (default: 5)")
    add_device(parser)


def run(arguments: Namespace) -> int:
    """Print the nearest pictures or sentences, nearest first.

    Args:
        arguments: What `add_arguments` asks for.

    Returns:
        The exit status.
    """
    if (arguments.words is None) == (arguments.image is None):
        raise DataError("name what to look for: words in quotes, or --image FILE")
    if arguments.image is not None and arguments.pictures is not None:
        raise DataError("a folder of pictures has no sentences for --image to find: pass --corpus")
    if arguments.k < 1:
        raise DataError(f"-k {arguments.k} asks for no answer: use at least 1")
    from vse_lessons.common.system import choose_device
    from vse_lessons.models.base import evaluating
    from vse_lessons.models.registry import load_model

    model = load_model(arguments.folder.expanduser(), choose_device(arguments.device))
    with evaluating(model):
        answers = _in_folder(arguments, model) if arguments.pictures else _in_corpus(arguments, model)
    for score, answer in answers:
        print(f"{score:7.3f}  {answer}")
    return 0


def _in_corpus(arguments: Namespace, model: Embedder) -> list[tuple[float, str]]:
    """Search a split: images for words, sentences for a picture."""
    from vse_lessons.commands.evaluate import as_read
    from vse_lessons.evaluation.search import SearchIndex
    from vse_lessons.sources.catalogue import open_corpus

    data = open_corpus(arguments.corpus, arguments.corpus_dir, arguments.preset).corpus
    index = SearchIndex(model, as_read(model, data, arguments.domain), arguments.split)
    if arguments.image is None:
        return [(hit.score, hit.image_id) for hit in index.by_text(arguments.words, arguments.k)]
    query = _encode(arguments, model, [arguments.image.expanduser()])
    scores = model.similarity(query, index.embedded.sentences).squeeze(0)
    top = scores.topk(min(arguments.k, len(scores)))
    numbers = index.embedded.sentence_numbers[top.indices.cpu().numpy()]
    return [(float(score), data.sentences[number]) for score, number in zip(top.values, numbers)]


def _in_folder(arguments: Namespace, model: Embedder) -> list[tuple[float, str]]:
    """Search the pictures of a folder."""
    paths = _pictures(arguments.pictures.expanduser())
    if not arguments.words.strip():
        raise DataError("the query is empty: type at least one word")
    query = model.encode_sentences([arguments.words])
    scores = model.similarity(_encode(arguments, model, paths), query).squeeze(1)
    top = scores.topk(min(arguments.k, len(scores)))
    return [(float(score), str(paths[number])) for score, number in zip(top.values, top.indices)]


def _pictures(folder: Path) -> list[Path]:
    """List the picture files of a folder and of the folders inside it, by name."""
    if not folder.is_dir():
        raise DataError(f"--pictures {folder} is not a folder (seen from {Path.cwd()})")
    found = [path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file()]
    if not found:
        raise DataError(f"{folder} holds no picture: its files must end in {', '.join(SUFFIXES)}")
    return sorted(found)


def _encode(arguments: Namespace, model: Embedder, paths: list[Path]) -> Embeddings:
    """Embed picture files by the regions of the detector that the model was trained with."""
    return model.encode_pictures(paths, _detector(arguments, model), domain=arguments.domain)


def _detector(arguments: Namespace, model: Embedder) -> Detector:
    """Make the detector of a model; one of the hub is known by its digest only, so that it must be named."""
    from vse_lessons.common.system import choose_device
    from vse_lessons.sources.detectors.efficientnet import EfficientNetLite0
    from vse_lessons.sources.detectors.hub import HubDetector
    from vse_lessons.sources.storybook.detector import StorybookDetector

    device = str(choose_device(arguments.device))
    if arguments.detector:
        return HubDetector(arguments.detector, device=device)
    name = model.detector.partition(" ")[0]
    if name == StorybookDetector.name:
        return StorybookDetector()
    if name == EfficientNetLite0.name:
        return EfficientNetLite0(device)
    raise DataError(
        f"the model reads regions of {model.detector or 'an unknown detector'}: name it with --detector, a "
        "checkpoint of the Hugging Face hub or its folder"
    )
