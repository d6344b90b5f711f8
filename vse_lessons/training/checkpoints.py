"""State of a training run, to and from disk: weights, optimizers, history."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from vse_lessons.common.files import DataError, atomic_path
from vse_lessons.models.base import Optimization, Trainable
from vse_lessons.models.keeping.files import save_tensors

VERSION = 2  # of checkpoints


@dataclass
class TrainingResult:
    """Outcome of `fit`; `model` holds the weights of the best epoch."""

    model: Trainable  # with the weights of the best epoch
    history: list[dict] = field(default_factory=list)  # one entry an epoch
    best_epoch: int = -1  # counted from 0
    best_score: float = -math.inf  # rsum, unless there is another criterion
    warnings: list[str] = field(default_factory=list)  # of collapse and plateaus
    steps: int = 0  # of the optimizer, in all epochs
    seconds: float = 0.0  # of all epochs

    def curves(self, names: Iterable[str]) -> dict[str, np.ndarray]:
        """Return those of some entries of the history that its last epoch has: a value an epoch, or nan."""
        known = [name for name in names if name in self.history[-1]]
        return {name: np.array([entry.get(name, np.nan) for entry in self.history]) for name in known}

    def summary(self) -> dict[str, int]:
        """Count what a stored row keeps: the best epoch (from 1), all epochs, steps and warnings."""
        epochs, warnings = len(self.history), len(self.warnings)
        return {
            "best_epoch": self.best_epoch + 1,
            "epochs": epochs,
            "steps": self.steps,
            "warnings": warnings,
        }


class TrainingState:
    """Everything that a checkpoint holds.

    Args:
        model: a model on the device where it is trained.
        optimization: schedule and optimizer.
        signature: tells this run from others.
    """

    def __init__(self, model: Trainable, optimization: Optimization, signature: str):
        self.model, self.optimization, self.signature = model, optimization, signature
        self.run = TrainingResult(model)
        self.epoch = 0
        self.best: dict[str, Tensor] = {}
        optimizer = self._optimizer(adversary=False)
        if optimizer is None:
            raise DataError(f"{type(model).__name__} has no parameter to train")
        self.optimizer = optimizer
        self.adversary = self._optimizer(adversary=True)
        self.average = _copy(model.state_dict()) if optimization.averaging else None

    def _optimizer(self, adversary: bool) -> torch.optim.Optimizer | None:
        """Adam for the parameters of an adversary, if there are any, or for all others."""
        optimization = self.optimization
        groups = [group for group in self.model.parameter_groups() if group.adversary == adversary]
        if not groups:
            return None
        kind = torch.optim.AdamW if optimization.decoupled else torch.optim.Adam
        made = kind(
            [
                {"params": group.parameters, "factor": group.rate, "betas": (group.momentum, 0.999)}
                for group in groups
            ],
            lr=optimization.learning_rate,
            weight_decay=optimization.weight_decay,
        )
        # moments exist from the start, so that a fresh and a resumed optimiser look alike
        for parameter in parameters_of(made):
            made.state[parameter] = {
                "step": torch.zeros(()),
                "exp_avg": torch.zeros_like(parameter),
                "exp_avg_sq": torch.zeros_like(parameter),
            }
        return made

    @property
    def adversary_parameters(self) -> list[nn.Parameter]:
        """The parameters of an adversary, if the model has one."""
        return [] if self.adversary is None else parameters_of(self.adversary)

    def moments(self, parameter: nn.Parameter) -> dict[str, Tensor]:
        """What Adam remembers of a parameter."""
        both = (self.optimizer, self.adversary)
        return next(one.state[parameter] for one in both if one and parameter in one.state)

    def update_average(self, steps: int) -> None:
        """Average <- d average + (1 - d) weights, with d smaller in the first steps."""
        if self.average is None:
            return
        decay = min(self.optimization.averaging, (1 + steps) / (10 + steps))
        for name, value in self.model.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - decay)

    def evaluated_weights(self) -> _Swapped:
        """A block in which the model has its averaged weights, where there are any."""
        return _Swapped(self.model, self.average)

    def keep_best(self) -> None:
        """Remember the weights as they are now."""
        self.best = _copy(self.model.state_dict())

    def restore_best(self) -> None:
        """Put the best epoch's weights back."""
        if self.best:
            self.model.load_state_dict(self.best)
        self.model.eval()

    def save(self, path: Path) -> None:
        """One safetensors file, its header holding the rest as JSON; written whole or not at all."""
        tensors = {f"model/{name}": value for name, value in self.model.state_dict().items()}
        tensors |= {f"best/{name}": value for name, value in self.best.items()}
        tensors |= {f"average/{name}": value for name, value in (self.average or {}).items()}
        for name, parameter in self.model.named_parameters():
            for key, value in self.moments(parameter).items():
                tensors[f"optimizer/{key}/{name}"] = value
        state = {
            "version": VERSION,
            "signature": self.signature,
            "epoch": self.epoch,
            "history": self.run.history,
            "best_epoch": self.run.best_epoch,
            "best_score": self.run.best_score,
            "warnings": self.run.warnings,
            "seconds": self.run.seconds,
        }
        with atomic_path(path) as temporary:
            save_tensors(tensors, temporary, {"state": json.dumps(state)})

    def load(self, path: Path) -> None:
        """Read what `save` wrote; `DataError` when it is damaged or another run's."""
        try:
            with safe_open(path, framework="pt") as file:
                state = json.loads(file.metadata()["state"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise DataError(
                f"{path} is not a checkpoint of this library ({error}): delete it to start over"
            ) from error
        if state.get("version") != VERSION:
            raise DataError(
                f"{path} was written by an older version of this library, whose runs this one cannot go on "
                "with: delete it (or choose another out_dir) and run the same training again from the start"
            )
        if state["signature"] != self.signature:
            raise DataError(
                f"{path} belongs to a run with other parameters: choose another out_dir, "
                "or delete it to start over"
            )
        groups: dict[str, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            group, rest = name.split("/", 1)
            groups.setdefault(group, {})[rest] = value.to(self.model.device)
        self.model.load_state_dict(groups["model"])
        self.best, self.average = groups.get("best", {}), groups.get("average", self.average)
        for name, parameter in self.model.named_parameters():
            moments = self.moments(parameter)
            for key in moments:
                value = groups["optimizer"][f"{key}/{name}"]
                moments[key] = value.cpu() if key == "step" else value
        self.epoch = state.pop("epoch")
        for key in ("signature", "version"):
            state.pop(key)
        for key, value in state.items():
            setattr(self.run, key, value)


class _Swapped:
    """Lends other weights to a model for the length of a block."""

    def __init__(self, model: Trainable, weights: dict[str, Tensor] | None):
        self.model, self.weights = model, weights

    def __enter__(self) -> None:
        if self.weights is not None:
            self.own = _copy(self.model.state_dict())
            self.model.load_state_dict(self.weights)

    def __exit__(self, *error: object) -> None:
        if self.weights is not None:
            self.model.load_state_dict(self.own)


def _copy(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in weights.items()}


def parameters_of(optimizer: torch.optim.Optimizer) -> list[nn.Parameter]:
    """All that an optimiser moves."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]
