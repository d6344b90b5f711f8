"""Training: one loop for every model, its batches, its checkpoints, and what stops it."""

# ruff: noqa: F401 - type checkers read these imports, Python imports a name when it is first used
from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.training.batches import BatchSchedule
    from vse_lessons.training.checkpoints import TrainingResult, TrainingState
    from vse_lessons.training.conditions import TrainingError, mean_cosines, signs_of_failure
    from vse_lessons.training.loop import fit, learning_rate
    from vse_lessons.training.train import train

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "batches": ("BatchSchedule",),
        "checkpoints": (
            "TrainingResult",
            "TrainingState",
        ),
        "conditions": (
            "TrainingError",
            "mean_cosines",
            "signs_of_failure",
        ),
        "loop": (
            "fit",
            "learning_rate",
        ),
        "train": ("train",),
    },
)
