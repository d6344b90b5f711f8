"""One training loop for every model: optimizer, schedule, selection, checkpoints, resume.

Everything random in epoch e follows from (seed, e): the order of the pairs, dropout, the lot.  So
the state at the end of an epoch is weights, optimiser moments and numbers, and a run that is
killed at any moment goes on from its last epoch as if nothing had happened.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor
from tqdm.auto import tqdm

from vse_lessons.common.files import DataError, digest, write_json
from vse_lessons.common.random import torch_seed
from vse_lessons.common.system import choose_device
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.evaluation.retrieval import Criterion, embed, evaluate_embedded
from vse_lessons.models.base import Batch, HasAdversary, Losses, Optimization, Trainable, reads_pixels
from vse_lessons.training.batches import BatchSchedule
from vse_lessons.training.checkpoints import TrainingResult, TrainingState, parameters_of
from vse_lessons.training.conditions import (
    check_batch,
    check_finite,
    mean_cosines,
    signs_of_failure,
)


def fit(
    model: Trainable,
    training: SparseCorpus,
    optimization: Optimization,
    out_dir: Path | None = None,
    *,
    seed: int = 0,
    device: str = "auto",
    progress: bool = True,
    after_epoch: Callable[[int, Trainable], None] | None = None,
    criterion: Criterion | None = None,
) -> TrainingResult:
    """Train a model and keep its best epoch.

    Annotated pairs teach it and, where there are semantics, the pseudo pairs of the un-annotated images; see
    batches.py. On CUDA the encoders' matrix products run in bfloat16; recurrent networks, similarities and
    losses stay in float32.

    Args:
        model: a fresh model, which is moved to the device.
        training: pairs, un-annotated images, and the images on which the best epoch is chosen.
        optimization: schedule and optimizer.
        out_dir: a folder for a checkpoint after each epoch; a run that finds its own there goes on from it.
        seed: of everything random in training.
        device: "auto" (CUDA where there is one), "cpu" or "cuda".
        progress: whether to show a bar.
        after_epoch: called with the epoch and the model as it is evaluated.
        criterion: `criterion(model, training, evaluation)` gives further figures for the history; the epoch
            with the highest "score" among them is kept. None: that with the highest rsum.

    Returns:
        The model with the weights of the best epoch, and the history.

    Raises:
        DataError: too few pairs for a batch, no loss, or a checkpoint of another run.
        TrainingError: a term is not finite.
    """
    if not isinstance(model, Trainable):
        raise DataError(f"{type(model).__name__} has no loss to train by: evaluate it without fit")
    if any(group.adversary for group in model.parameter_groups()) and not isinstance(model, HasAdversary):
        raise DataError(f"{type(model).__name__} has parameters of an adversary, but no adversary_loss")
    check_batch(training, optimization)
    chosen = choose_device(device)
    state = TrainingState(model.to(chosen), optimization, _signature(model, training, optimization, seed))
    path = None if out_dir is None else Path(out_dir) / "checkpoint.safetensors"
    if path is not None and path.exists():
        state.load(path)
        write_json(path.parent / "history.json", state.run.history)  # the last write may be missing
    streams = BatchSchedule(training, optimization.batch_size, seed, reads_pixels(model))
    total = optimization.epochs * streams.steps
    bar = tqdm(
        total=total,
        initial=state.epoch * streams.steps,
        disable=not progress,
        unit="step",
        desc="training",
        mininterval=1.0,
    )
    with bar, torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        while state.epoch < optimization.epochs:
            started = time.perf_counter()
            sums = _train_epoch(state, streams, seed, chosen, total, bar)
            entry = {"epoch": state.epoch, **sums}
            with state.evaluated_weights():
                entry |= _select(state, training, criterion)
                if after_epoch is not None:
                    after_epoch(state.epoch, model)
            entry["seconds"] = time.perf_counter() - started
            before = state.run.history[-1] if state.run.history else {}
            for warning in signs_of_failure(entry, before, model.plateaus):
                bar.write(warning)
                state.run.warnings.append(warning)
            state.run.history.append(entry)
            state.run.seconds += entry["seconds"]
            state.epoch += 1
            if path is not None:
                state.save(path)
                write_json(path.parent / "history.json", state.run.history)
            score = entry.get("score", entry["rsum"])
            bar.set_postfix(score=f"{score:.1f}", best=f"{state.run.best_score:.1f}")
    state.run.steps = state.epoch * streams.steps
    state.restore_best()
    state.run.steps = state.epoch * streams.steps
    return state.run


def _signature(model: Trainable, training: SparseCorpus, optimization: Optimization, seed: int) -> str:
    """Tell one run from another, so that a checkpoint is never continued by a stranger."""
    parts = {
        "model": type(model).__name__,
        "config": repr(getattr(model, "config", None)),
        "shapes": [[name, list(value.shape)] for name, value in model.state_dict().items()],
        "optimisation": asdict(optimization),
        "seed": seed,
        "corpus": training.corpus.name,
        "detector": training.corpus.regions.detector,
        "images": digest(*training.corpus.image_ids),
        "pairs": digest(training.pairs.tobytes(), *training.training_sentences),
        "selection": digest(training.selection.tobytes()),
        # first weights follow from vocabulary, statistics, word vectors and the seed of building
        "weights": digest(*(v.cpu().numpy().tobytes() for v in model.state_dict().values())),
        "unannotated": digest(training.unannotated.tobytes()),
        "semantics": digest(*training.semantics),
    }
    if (
        reads_pixels(model) and training.corpus.pixels is not None
    ):  # the store's name holds the digest of all pictures
        parts["pixels"] = Path(training.corpus.pixels.source).name
    if training.target is not None:
        parts["target"] = training.target.digest
    if len(training.contextual):
        parts["contextual"] = digest(*training.contextual_sentences)
    return digest(json.dumps(parts, sort_keys=True))


def learning_rate(optimization: Optimization, step: int, total: int, steps: int) -> float:
    """Compute the learning rate of a step.

    Args:
        optimization: the schedule: constant, a tenth after an epoch (A3VSE, section 4.3), or half a cosine
            down to 0.
        step: the step, from 0.
        total: how many there are.
        steps: how many an epoch has.

    Returns:
        The rate.
    """
    if optimization.cosine:
        return optimization.learning_rate * (1 + math.cos(math.pi * step / total)) / 2
    late = 0 < optimization.decay_after <= step // steps
    return optimization.learning_rate * (0.1 if late else 1.0)


def _train_epoch(
    state: TrainingState, streams: BatchSchedule, seed: int, device: torch.device, total: int, bar: tqdm
) -> dict[str, float]:
    """One epoch of steps; returns the mean of every term and monitor over the steps that have it."""
    model, optimization = state.model, state.optimization
    model.train()
    torch.manual_seed(torch_seed("training step", seed, state.epoch))
    sums: dict[str, list[float]] = {}
    for number, (pairs, weak, target) in enumerate(streams.epoch(state.epoch)):
        step = state.epoch * streams.steps + number
        rate = learning_rate(optimization, step, total, streams.steps)
        for side in (pairs, weak, target):
            if side is not None:
                side.images = side.images.to(device)
        if pairs.pixels is not None:
            pairs.pixels = pairs.pixels.to(device)
        batch = Batch(pairs, weak, step / total, state.epoch < optimization.warmup_epochs, target)
        values: dict[str, float | Tensor] = {}
        if state.adversary is not None and isinstance(model, HasAdversary):
            values |= _descend(state, state.adversary, model.adversary_loss, batch, rate, number)
        values |= _descend(state, state.optimizer, model.loss, batch, rate, number)
        state.update_average(step)
        for name, value in values.items():
            sums.setdefault(name, []).append(float(value))
        bar.update()
    return {name: sum(values) / len(values) for name, values in sums.items()}


def _descend(
    state: TrainingState,
    optimizer: torch.optim.Optimizer,
    objective: Callable[[Batch], Losses],
    batch: Batch,
    rate: float,
    number: int,
) -> dict[str, float | Tensor]:
    """One step of an optimiser's own parameters down an objective; every term and monitor.

    `TrainingError` if a term is not finite.
    """
    for group in optimizer.param_groups:
        group["lr"] = rate * group["factor"]
    # the model's own step needs no gradient of an adversary's parameters
    still = [p for p in state.adversary_parameters if p.requires_grad and optimizer is state.optimizer]
    device = state.model.device
    optimizer.zero_grad(set_to_none=True)
    try:
        for parameter in still:
            parameter.requires_grad_(False)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            losses = objective(batch)
        terms = {name: value.detach() for name, value in losses.terms.items()}
        check_finite(terms, state.epoch, number)
        losses.total.backward()
    finally:
        for parameter in still:
            parameter.requires_grad_(True)
    if state.optimization.clip:
        torch.nn.utils.clip_grad_norm_(parameters_of(optimizer), state.optimization.clip)
    optimizer.step()
    return {**terms, **losses.monitors}


def _select(state: TrainingState, training: SparseCorpus, criterion: Criterion | None) -> dict:
    """Evaluate the model and remember its weights if they are the best so far."""
    embedded = embed(state.model, training.corpus, training.selection)
    found = evaluate_embedded(state.model, embedded)
    further = {} if criterion is None else criterion(state.model, training, found)
    score = further.get("score", found.rsum)
    if score > state.run.best_score:
        state.run.best_score, state.run.best_epoch = score, state.epoch
        state.keep_best()
    return {
        "t2i": found.t2i,
        "i2t": found.i2t,
        "rsum": found.rsum,
        **mean_cosines(embedded),
        **further,
    }
