"""Training in a process that starts from nothing, as on Windows and macOS."""

import multiprocessing

import torch
from helpers.short_runs import OPTIMIZATION, setup, weights

from vse_lessons.training.loop import fit


def train_in_child(model, training, queue):
    torch.set_num_threads(1)
    result = fit(model, training, OPTIMIZATION, device="cpu", progress=False)
    queue.put((weights(result.model).tolist(), result.best_score))


def test_a_spawned_process_trains_to_the_same_weights():
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    child = context.Process(target=train_in_child, args=(*setup(), queue))
    child.start()
    found, score = queue.get(timeout=120)
    child.join(30)
    assert child.exitcode == 0
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        model, training = setup()
        whole = fit(model, training, OPTIMIZATION, device="cpu", progress=False)
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(torch.tensor(found), weights(whole.model)) and score == whole.best_score
