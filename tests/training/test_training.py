import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import ROOT
from helpers.short_runs import CONFIG, OPTIMIZATION, setup, weights
from safetensors import safe_open
from safetensors.torch import save_file

from vse_lessons.common.files import DataError
from vse_lessons.common.system import choose_device
from vse_lessons.data.text import Vocabulary
from vse_lessons.models.a3vse import A3VSE
from vse_lessons.models.base import Losses, Optimization
from vse_lessons.training.batches import BatchSchedule
from vse_lessons.training.conditions import TrainingError
from vse_lessons.training.loop import fit, learning_rate


def run(out_dir=None, **arguments):
    model, training = setup()
    return fit(model, training, OPTIMIZATION, out_dir, device="cpu", progress=False, **arguments)


def test_training_learns_and_keeps_the_best_epoch():
    config = replace(CONFIG, optimization=replace(OPTIMIZATION, epochs=15, averaging=0.0))
    model, training = setup(config)
    found = fit(model, training, config.optimization, device="cpu", progress=False)
    curve = [entry["rsum"] for entry in found.history]
    assert max(curve) > curve[0] + 20
    assert found.best_score == max(curve) and found.best_epoch == int(np.argmax(curve))


def test_the_same_seed_gives_the_same_weights_and_another_does_not():
    first, second, third = run(), run(), run(seed=1)
    torch.testing.assert_close(weights(first.model), weights(second.model), rtol=0, atol=0)
    assert not torch.equal(weights(first.model), weights(third.model))


def test_fit_leaves_the_global_random_state_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    model, training = setup()
    torch.manual_seed(5)
    fit(model, training, OPTIMIZATION, device="cpu", progress=False)
    torch.testing.assert_close(torch.rand(3), expected, rtol=0, atol=0)


CHILD = """
import sys, time
sys.path.insert(0, {tests!r})
import torch
torch.set_num_threads(1)
from helpers.short_runs import OPTIMIZATION, setup

from vse_lessons.training.loop import fit
model, training = setup()
def slow(epoch, model):
    print(epoch, flush=True)
    time.sleep(0.3)
fit(model, training, OPTIMIZATION, {out!r}, device="cpu", progress=False, after_epoch=slow)
"""


@pytest.mark.parametrize("epochs_before", [1, 3])
def test_a_killed_run_resumes_bit_for_bit(tmp_path, epochs_before):
    code = CHILD.format(tests=str(ROOT / "tests"), out=str(tmp_path))
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    for _ in range(epochs_before + 1):  # the last epoch printed is not yet in the checkpoint
        child.stdout.readline()
    time.sleep(0.05)
    child.kill()
    child.wait()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        done = len(json.loads((tmp_path / "history.json").read_text()))
        assert 0 < done < OPTIMIZATION.epochs, "the child was to be killed in the middle"
        resumed, whole = run(tmp_path), run()
    finally:
        torch.set_num_threads(threads)
    torch.testing.assert_close(weights(resumed.model), weights(whole.model), rtol=0, atol=0)
    assert [e["rsum"] for e in resumed.history] == [e["rsum"] for e in whole.history]
    assert resumed.steps == whole.steps == OPTIMIZATION.epochs * BatchSchedule(setup()[1], 8, 0).steps
    assert resumed.best_epoch == whole.best_epoch
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.startswith(".")) == [
        "checkpoint.safetensors",
        "history.json",
    ]


def test_a_finished_run_is_not_run_again(tmp_path):
    first = run(tmp_path)
    calls = []
    again = run(tmp_path, after_epoch=lambda epoch, model: calls.append(epoch))
    assert calls == []
    torch.testing.assert_close(weights(first.model), weights(again.model), rtol=0, atol=0)


def test_another_runs_checkpoint_is_refused(tmp_path):
    run(tmp_path)
    with pytest.raises(DataError, match="other parameters"):
        run(tmp_path, seed=3)


def test_a_damaged_checkpoint_is_named(tmp_path):
    run(tmp_path)
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(DataError, match=r"checkpoint\.safetensors.*delete it"):
        run(tmp_path)


def test_a_full_disk_keeps_the_old_checkpoint(tmp_path, monkeypatch):
    run(tmp_path)
    before = (tmp_path / "checkpoint.safetensors").read_bytes()
    (tmp_path / "checkpoint.safetensors").rename(tmp_path / "kept")

    def full(*args, **kwargs):
        Path(args[1]).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vse_lessons.models.keeping.files.save_file", full)
    with pytest.raises(DataError, match="No space left on device"):
        run(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["history.json", "kept"] or {
        p.name for p in tmp_path.iterdir()
    } == {"history.json", "kept"}
    assert (tmp_path / "kept").read_bytes() == before


def test_nan_names_the_term_and_keeps_the_checkpoint(tmp_path):
    model, training = setup()
    original = model.loss

    def poisoned(batch):
        losses = original(batch)
        if batch.progress > 0.6:
            return Losses({**losses.terms, "cross": losses.terms["cross"] * float("nan")}, {})
        return losses

    model.loss = poisoned
    with pytest.raises(TrainingError, match="'cross' became nan in epoch 2"):
        fit(model, training, OPTIMIZATION, tmp_path, device="cpu", progress=False)
    assert len(json.loads((tmp_path / "history.json").read_text())) == 2
    assert (tmp_path / "checkpoint.safetensors").exists()


def test_too_few_pairs_for_a_batch():
    model, training = setup()
    with pytest.raises(DataError, match="cannot fill a batch of 4096"):
        fit(model, training, replace(OPTIMIZATION, batch_size=4096), progress=False)


def test_collapse_is_named(capsys):
    """Adversarial weights a thousand times too heavy bring all embeddings to one point."""
    config = replace(CONFIG, cross_pairs=0.0, intra_images=0.0, optimization=OPTIMIZATION)
    model, training = setup(config)
    with torch.no_grad():
        model.image_encoder.layer.weight.zero_()
        model.image_encoder.layer.bias.fill_(1.0)
    model.image_encoder.requires_grad_(False)
    found = fit(model, training, replace(OPTIMIZATION, epochs=1), device="cpu", progress=False)
    assert any("collapse" in warning and "image" in warning for warning in found.warnings)


def test_plateau_is_named():
    model, training = setup()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    model.loss = lambda batch: Losses({"pairs": torch.tensor(0.32, requires_grad=True)})
    found = fit(model, training, replace(OPTIMIZATION, epochs=2), device="cpu", progress=False)
    assert [w for w in found.warnings if "stuck" in w] == [
        "epoch 1: the term 'pairs' is stuck at 0.32, where every hinge equals the margin; "
        "use more warm-up epochs"
    ], "one epoch may pass by, two are stuck"


def test_learning_rate_schedules():
    step = Optimization(epochs=24, batch_size=1, learning_rate=5e-4, decay_after=16)
    assert learning_rate(step, 159, 240, 10) == 5e-4
    assert learning_rate(step, 160, 240, 10) == pytest.approx(5e-5)
    smooth = Optimization(epochs=2, batch_size=1, learning_rate=1.0, cosine=True)
    assert [learning_rate(smooth, s, 20, 10) for s in (0, 10, 20)] == pytest.approx([1, 0.5, 0])


def test_devices():
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(DataError, match="unknown device 'gpu0'"):
        choose_device("gpu0")
    if not torch.cuda.is_available():
        assert choose_device().type == "cpu"
        with pytest.raises(DataError, match="cannot compute on device 'cuda' here"):
            choose_device("cuda")


def test_a_checkpoint_of_other_features_or_words_is_refused(tmp_path):
    run(tmp_path)
    model, training = setup()
    training.corpus.regions.detector = "another"
    with pytest.raises(DataError, match="other parameters"):
        fit(model, training, OPTIMIZATION, tmp_path, device="cpu", progress=False)
    torch.manual_seed(9)
    vocabulary = Vocabulary.build(training.training_sentences, 2)
    other = A3VSE(CONFIG, vocabulary, training.corpus.regions.dimensions)
    with pytest.raises(DataError, match="other parameters"):
        fit(other, setup()[1], OPTIMIZATION, tmp_path, device="cpu", progress=False)


def test_an_epoch_is_as_long_without_semantics():
    _, training = setup()
    bare = BatchSchedule(replace(training, semantics=()), 8, 0)
    full = BatchSchedule(training, 8, 0)
    assert bare.steps == full.steps
    assert [weak for _, weak, _ in bare.epoch(0)] == [None] * bare.steps
    seen = torch.cat([pairs.images.index for pairs, *_ in full.epoch(0)])
    assert len(seen) == 8 * full.steps and set(seen.tolist()) <= set(training.annotated.tolist())
    weak = torch.cat([weak.images.index for _, weak, _ in full.epoch(0)])
    assert set(weak.tolist()) <= set(training.unannotated.tolist())


def test_a_checkpoint_of_an_older_version_says_what_to_run_again(tmp_path):
    run(tmp_path)
    path = tmp_path / "checkpoint.safetensors"
    with safe_open(path, framework="pt") as file:
        state = json.loads(file.metadata()["state"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    del state["version"]
    save_file(tensors, path, metadata={"state": json.dumps(state)})
    with pytest.raises(
        DataError, match=r"checkpoint\.safetensors .*older version.*delete it.*from the start"
    ):
        run(tmp_path)
    path.unlink()
    assert run(tmp_path).best_epoch >= 0
