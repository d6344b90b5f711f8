"""Hyper-parameters: optimization, presets and variants by name, differences from the published ones."""

from __future__ import annotations

import ast
import inspect
import io
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, get_args, get_origin, get_type_hints

from vse_lessons.common.files import DataError

if TYPE_CHECKING:  # Python 3.10 has no Self
    from typing_extensions import Self

PRESETS = ("smoke", "lesson", "paper")


@dataclass(frozen=True)
class Optimization:
    """Schedule and optimizer of one model; part of each paper's configuration."""

    epochs: int  # passes over the pairs, or over the un-annotated images if these are more
    batch_size: int  # pairs a step
    learning_rate: float  # of Adam, at the start
    weight_decay: float = 0.0  # added to the gradient, unless decoupled
    decoupled: bool = False  # AdamW's weight decay in place of Adam's
    clip: float = 0.0  # the largest norm of the gradient; 0: no clipping
    decay_after: int = 0  # after this epoch the learning rate is a tenth; 0: never
    cosine: bool = False  # the learning rate falls to 0 along half a cosine
    warmup_epochs: int = 0  # epochs of all negatives before the hardest ones
    averaging: float = 0.0  # decay of the moving average of the weights that is kept; 0: none

    @classmethod
    def lesson(
        cls, epochs: int, batch_size: int, learning_rate: float, warmup_epochs: int = 0
    ) -> Optimization:
        """Return the schedule that all lessons share but for these numbers.

        Its weights are averaged and its rate falls to 0, because a few hundred pairs over-fit.
        """
        return cls(
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            weight_decay=1e-6,
            clip=2.0,
            cosine=True,
            warmup_epochs=warmup_epochs,
            averaging=0.99,
        )


class Presets:
    """Base class of all configurations: presets and variants by name.

    A configuration is a frozen dataclass whose `smoke()` is too small to be good and serves tests, whose
    `lesson()` runs in minutes on a CPU and whose `paper()` holds the published values. `photographs()` exists
    where Storybook's lesson does not suit photographs.

    Attributes:
        variants: for each variant's name the fields that it changes; "full" changes none.
        published: for each corpus's name the fields in which the published values differ from `paper()`.
    """

    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    published: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    @classmethod
    def smoke(cls) -> Self:
        """Return the lesson's values, unless a paper needs smaller ones for tests."""
        return cls.lesson()

    @classmethod
    def lesson(cls) -> Self:
        """Return the defaults."""
        return cls()

    @classmethod
    def paper(cls) -> Self:
        """Return the defaults."""
        return cls()

    @classmethod
    def preset(cls, name: str, corpus: str = "storybook") -> Self:
        """Return the configuration of a name, as it suits a corpus.

        Args:
            name: "smoke", "lesson" or "paper".
            corpus: the corpus's name. On photographs "lesson" is `photographs()` where a paper has it;
                "paper" has the values that are published for this very corpus.

        Returns:
            The configuration.

        Raises:
            DataError: no preset has that name.
        """
        if name not in PRESETS:
            raise DataError(f"unknown preset {name!r}: one of {', '.join(PRESETS)}")
        if name == "paper":
            return replace(cls.paper(), **cls.published.get(corpus, {}))  # type: ignore[type-var]
        if name == "lesson" and hasattr(cls, "photographs"):
            from vse_lessons.sources.catalogue import (
                is_built_in,  # it opens all corpora, and PyTorch with them
            )

            name = "lesson" if is_built_in(corpus) else "photographs"
        return getattr(cls, name)()

    @classmethod
    def variant_names(cls) -> tuple[str, ...]:
        """Return the names that `with_variant` knows, "full" first."""
        return tuple(dict.fromkeys(("full", *cls.variants)))

    @classmethod
    def check_variant(cls, name: str) -> None:
        """Raise a `DataError` that names the known variants unless `name` is one."""
        if name not in cls.variant_names():
            raise DataError(f"unknown variant {name!r}: one of {', '.join(cls.variant_names())}")

    def with_variant(self, name: str) -> Self:
        """Return the configuration of a row of the paper's ablation.

        Args:
            name: one of `variant_names()`; "full" is the configuration as it is.

        Returns:
            A copy with the variant's fields.

        Raises:
            DataError: no variant has that name.
        """
        self.check_variant(name)
        return replace(self, **self.variants.get(name, {}))  # type: ignore[type-var]

    def candidates(self) -> list[Self]:
        """Return the configurations among which the selection images choose, for closed forms."""
        return [self]


def from_dict(kind: type, values: Mapping[str, Any]) -> Any:
    """Make a configuration of what `dataclasses.asdict` made of one and JSON has passed on.

    Args:
        kind: the dataclass.
        values: its fields by name, nested ones too.

    Returns:
        An object of that class.

    Raises:
        DataError: a field is unknown or of another kind, or one without a default is missing.
    """
    if not isinstance(values, Mapping):
        raise DataError(f"{kind.__name__}: {values!r} is no table of fields")
    known = {field.name: field.default is MISSING for field in fields(kind)}
    if unknown := sorted(set(values) - set(known)):
        raise DataError(f"{kind.__name__} has other fields than {', '.join(unknown[:5])}")
    # a field that came later starts, by its default, as things were before it
    if missing := [name for name, needed in known.items() if needed and name not in values]:
        raise DataError(f"{kind.__name__} lacks {', '.join(missing[:5])}")
    hints = get_type_hints(kind)
    try:
        return kind(**{name: _converted(hints[name], value) for name, value in values.items()})
    except (TypeError, ValueError) as error:
        raise DataError(f"{kind.__name__}: {error}") from error


def _converted(hint: Any, value: Any) -> Any:
    if is_dataclass(hint):
        return from_dict(hint, value)  # type: ignore[arg-type]
    if get_origin(hint) is tuple:
        return tuple(_converted(get_args(hint)[0], one) for one in value)
    allowed = (hint,) if isinstance(hint, type) else get_args(hint)  # str, or float | None
    if not isinstance(value, (*allowed, *((int,) if float in allowed else ()))):
        raise TypeError(f"{value!r} is no {hint}")
    return value


class Difference(NamedTuple):
    """One hyper-parameter in which two configurations differ.

    Attributes:
        field: its name; nested ones have a dot: optimization.epochs.
        here: the value that is used.
        published: the paper's value.
        comment: the comment beside the field in the source of its class.
    """

    field: str
    here: Any
    published: Any
    comment: str


def differences(config: Presets, paper: Presets) -> list[Difference]:
    """Return every hyper-parameter in which a configuration differs from the published one.

    Args:
        config: the configuration that is used.
        paper: the published configuration, of the same class.

    Returns:
        One row a field, in the order of the class; those of nested dataclasses have dotted names.

    Raises:
        DataError: the two are configurations of different models.
    """
    if type(config) is not type(paper):
        raise DataError(f"{type(config).__name__} and {type(paper).__name__} have different hyper-parameters")
    return list(_differences(config, paper))


def _differences(config: Any, paper: Any, prefix: str = "") -> Iterator[Difference]:
    for field in fields(config):
        here, published = getattr(config, field.name), getattr(paper, field.name)
        if is_dataclass(here) and type(here) is type(published):
            yield from _differences(here, published, f"{prefix}{field.name}.")
        elif here != published:
            yield Difference(
                prefix + field.name,
                here,
                published,
                _comments(type(config)).get(field.name, ""),  # type: ignore[arg-type]
            )


@lru_cache(maxsize=64)
def _comments(kind: type) -> dict[str, str]:
    """The comment behind each field of a class, where its source can be read."""
    try:
        source = inspect.cleandoc("\n" + inspect.getsource(kind))
    except (OSError, TypeError):
        return {}
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    body = next(node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)).body
    return {
        node.target.id: comments.get(node.lineno, comments.get(node.end_lineno or 0, ""))
        for node in body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
