import numpy as np
from helpers.corpora import make_corpus, make_pages

from vse_lessons.data.sparse import sparsify
from vse_lessons.training.batches import BatchSchedule


def drawn(streams, epoch):
    return [(pair.sentences, pair.contextual, pair.owners.tolist()) for pair, *_ in streams.epoch(epoch)]


def test_each_pair_has_a_contextual_sentence_of_its_own_page():
    corpus = make_pages()
    training = sparsify(corpus, 1.0, None)
    for sentences, contextual, owners in drawn(BatchSchedule(training, 10, 0), 0):
        assert len(sentences) == len(contextual) == len(owners) == 10
        for told, image in zip(contextual, owners):
            own = [corpus.sentences[s] for s in corpus.contextual_of[image]]
            assert told in own if own else told is None


def test_every_contextual_sentence_is_drawn_in_some_epoch_and_epochs_are_repeatable():
    corpus = make_pages()
    training = sparsify(corpus, 1.0, None)
    streams = BatchSchedule(training, 10, 0)
    assert drawn(streams, 3) == drawn(BatchSchedule(training, 10, 0), 3) != drawn(streams, 4)
    seen = {
        (told, image)
        for epoch in range(40)
        for _, contextual, owners in drawn(streams, epoch)
        for told, image in zip(contextual, owners)
    }
    wanted = {(corpus.sentences[s], int(corpus.image_of[s])) for s in training.contextual}
    assert wanted <= seen


def test_a_corpus_without_pages_has_pairs_alone():
    training = sparsify(make_corpus(), 1.0)
    assert not len(training.contextual)
    assert {pair.contextual for pair, *_ in BatchSchedule(training, 8, 0).epoch(0)} == {None}


def test_pages_without_a_visual_sentence_give_no_pair():
    corpus = make_pages()
    silent = {int(i) for i in corpus.images("train") if not len(corpus.visual_of[i])}
    owners = np.concatenate(
        [own for _, _, own in drawn(BatchSchedule(sparsify(corpus, 1.0, None), 10, 0), 0)]
    )
    assert silent and not silent & set(owners.tolist())
