import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from vse_lessons.common.errors import DataError
from vse_lessons.common.random import PURPOSES, generator, seed_sequence, sklearn_seed, torch_seed

streams = st.tuples(
    st.sampled_from(sorted(PURPOSES)),
    st.one_of(st.integers(0, 3), st.integers(0, 2**64 - 1)),
    st.lists(st.one_of(st.integers(0, 3), st.integers(0, 2**32 - 1)), max_size=3),
)


GOLDEN = {
    ("annotated images", 0): [673228719, 1136656250],
    ("pairs", 3, 7): [2310304054, 3581816088],
}


def first_numbers(purpose, seed, keys):
    return generator(purpose, seed, *keys).integers(0, 2**63, 4).tolist()


def test_numpy_pads_seeds_with_zeros():
    """The trap: these two are one stream, and so are an image's sentences and another purpose's numbers."""

    def draw(seed):
        return np.random.Generator(np.random.PCG64(seed)).random(4).tolist()

    assert draw([7, 0]) == draw(7) == draw([7, 0, 0])
    assert first_numbers("pairs", 7, [0]) != first_numbers("pairs", 7, [])
    assert first_numbers("pairs", 7, [0, 0]) != first_numbers("pairs", 7, [0])
    # a large number is no two small ones
    assert draw(2**32 + 5) == draw([5, 1])
    assert first_numbers("pairs", 2**32 + 5, []) != first_numbers("pairs", 5, [1])


@given(streams, streams)
def test_different_purposes_seeds_or_keys_are_different_streams(one, other):
    assume(one != other)
    assert first_numbers(*one) != first_numbers(*other)
    assert torch_seed(*one[:2], *one[2]) != torch_seed(*other[:2], *other[2])


@given(streams)
def test_the_same_are_the_same_and_seeds_are_in_range(stream):
    purpose, seed, keys = stream
    assert first_numbers(*stream) == first_numbers(*stream)
    assert (
        generator(purpose, np.int64(min(seed, 2**63 - 1)), *map(np.int64, keys)).random()
        == generator(purpose, min(seed, 2**63 - 1), *keys).random()
    )
    number = torch_seed(purpose, seed, *keys)
    assert type(number) is int and 0 <= number < 2**63
    assert torch.Generator().manual_seed(number).initial_seed() == number
    assert 0 <= sklearn_seed(purpose, seed, *keys) < 2**32


def test_no_two_purposes_share_a_number():
    assert len(set(PURPOSES.values())) == len(PURPOSES)
    assert all(0 < number < 2**32 for number in PURPOSES.values())


def test_the_streams_of_today_stay():
    """Stored results were drawn from these."""
    assert seed_sequence("annotated images", 0).generate_state(2).tolist() == GOLDEN["annotated images", 0]
    assert seed_sequence("pairs", 3, 7).generate_state(2).tolist() == GOLDEN["pairs", 3, 7]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (("dice", 0), "unknown purpose 'dice' of random numbers: one of annotated images, "),
        (("pairs", -1), "the seed -1 of random pairs: from 0"),
        (("pairs", 2**64), "the seed 18446744073709551616 of random pairs"),
        (("pairs", 0, -1), "the key -1 of random pairs"),
        (("pairs", 0, 1, 2**32), "the key 4294967296 of random pairs"),
    ],
)
def test_what_could_coincide_is_refused(call, message):
    for function in (generator, torch_seed, sklearn_seed):
        with pytest.raises(DataError, match=message):
            function(*call)


def test_a_seed_is_a_whole_number():
    with pytest.raises(TypeError):
        generator("pairs", 0.5)
