import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from vse_lessons.blocks.similarity import (
    POOLS,
    CrossAttention,
    Entities,
    as_vectors,
    concatenate,
    cross_attention,
    paired_cross_attention,
)

SIZES = st.lists(st.integers(1, 5), min_size=1, max_size=6)
T2I, I2T = ("t2i",), ("i2t",)


def literal_direction(queries, contexts, how):
    """One query set (N, H) against one context set (M, H), word by word, from SCAN's Eq. 1 to 8."""
    cosines = torch.stack([torch.stack([F.cosine_similarity(v, e, 0) for v in contexts]) for e in queries])
    clipped = torch.where(cosines > 0, cosines, how.leak * cosines)  # (N, M)
    if not how.normalized:
        clipped = cosines
    found = []
    for n, query in enumerate(queries):
        logits = []
        for m in range(len(contexts)):
            length = clipped[:, m].square().sum().clamp(min=1e-12).sqrt() if how.normalized else 1.0
            logits.append(how.sharpness * clipped[n, m] / length)
        weights = torch.stack(logits).softmax(0)
        units = F.normalize(contexts, dim=-1)
        attended = sum(weight * unit for weight, unit in zip(weights, units))
        found.append(F.cosine_similarity(query, attended, 0))
    found = torch.stack(found)
    if how.pool == "logsumexp":
        return (how.softness * found).exp().sum().log() / how.softness
    return {"mean": found.mean(), "sum": found.sum(), "max": found.max()}[how.pool]


def literal(images, sentences, how):
    rows = []
    for i in range(len(images)):
        row = []
        for s in range(len(sentences)):
            v = images.values[i][images.mask[i]]
            e = sentences.values[s][sentences.mask[s]]
            pairs = {"t2i": (e, v), "i2t": (v, e)}
            scores = [literal_direction(*pairs[direction], how) for direction in how.directions]
            row.append(sum(scores) / len(scores))
        rows.append(torch.stack(row))
    return torch.stack(rows)


def make(counts, width, seed, dtype=torch.float64):
    """Sets of the given sizes; padding holds junk, which must not matter."""
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(len(counts), max(counts), width, generator=generator, dtype=dtype)
    mask = torch.arange(max(counts)) < torch.tensor(counts).unsqueeze(1)
    return Entities(values.requires_grad_(), mask)


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("directions", [T2I, I2T, (*T2I, *I2T)])
@pytest.mark.parametrize("leak", [0.0, 0.1])
def test_values_and_gradients_equal_the_literal_loop(pool, directions, leak):
    how = CrossAttention(9.0, pool, 5.0, leak, directions)
    images, sentences = make([3, 1, 4], 6, 0), make([2, 5, 1, 3], 6, 1)
    weights = torch.randn(3, 4, dtype=torch.float64)
    results = []
    for function in (cross_attention, literal):
        scores = function(images, sentences, how)
        gradients = torch.autograd.grad((scores * weights).sum(), (images.values, sentences.values))
        results.append((scores, *gradients))
    for ours, theirs in zip(*results):
        torch.testing.assert_close(ours, theirs, atol=1e-9, rtol=1e-7)


@pytest.mark.parametrize("normalized", [True, False])
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("directions", [T2I, I2T, (*T2I, *I2T)])
def test_pairs_and_plain_cosines_equal_the_literal_loop(pool, directions, normalized):
    how = CrossAttention(6.0, pool, 5.0, 0.0, directions, normalized)
    images, sentences = make([3, 1, 4], 6, 0), make([2, 5, 1], 6, 1)
    expected = literal(images, sentences, how)
    results = [
        (cross_attention(images, sentences, how), expected),
        (paired_cross_attention(images, sentences, how), expected.diagonal()),
    ]
    for ours, theirs in results:
        gradients = [
            torch.autograd.grad(
                (x * torch.arange(1.0, 4)).sum(), (images.values, sentences.values), retain_graph=True
            )
            for x in (ours, theirs)
        ]
        torch.testing.assert_close(ours, theirs, atol=1e-9, rtol=1e-7)
        for a, b in zip(*gradients):
            torch.testing.assert_close(a, b, atol=1e-9, rtol=1e-7)


def test_pairs_are_as_many_images_as_sentences():
    with pytest.raises(ValueError, match="2 images and 3 sentences are no pairs"):
        paired_cross_attention(make([1, 2], 3, 0), make([1, 1, 1], 3, 1), CrossAttention(6.0))


def test_the_compact_representation_by_hand():
    """The sum of unit vectors, of unit length again; padding counts nothing (Artpedia, section 5.3)."""
    sets = Entities(
        torch.tensor([[[3.0, 0], [0, 0.1]], [[-2.0, 0], [7.0, 7]]]),
        torch.tensor([[True, True], [True, False]]),
    )
    root = 2**-0.5
    torch.testing.assert_close(sets.compact(), torch.tensor([[root, root], [-1.0, 0]]))


def test_single_precision_is_within_a_millionth():
    how = CrossAttention(9.0, "logsumexp", 6.0, 0.1, (*T2I, *I2T))
    images, sentences = make([6, 4], 64, 2, torch.float32), make([5, 7, 3], 64, 3, torch.float32)
    double = [Entities(x.values.detach().double(), x.mask) for x in (images, sentences)]
    exact = literal(*double, how).float()
    torch.testing.assert_close(cross_attention(images, sentences, how), exact, atol=1e-6, rtol=0)


@settings(max_examples=40, deadline=None)
@given(SIZES, SIZES, st.integers(1, 7), st.integers(1, 7), st.sampled_from(POOLS))
def test_blocks_padding_and_company_change_nothing(regions, words, block_i, block_s, pool):
    how = CrossAttention(4.0, pool, 5.0, 0.0, (*T2I, *I2T))
    images, sentences = make(regions, 5, 4), make(words, 5, 5)
    whole = cross_attention(images, sentences, how)
    torch.testing.assert_close(cross_attention(images, sentences, how, (block_i, block_s)), whole)
    one = Entities(images.values[:1, : regions[0]], images.mask[:1, : regions[0]])
    other = Entities(sentences.values[-1:, : words[-1]], sentences.mask[-1:, : words[-1]])
    torch.testing.assert_close(cross_attention(one, other, how)[0, 0], whole[0, -1])


def test_gradients_stay_finite_where_vectors_vanish_or_cancel():
    values = torch.tensor([[[1.0, 0.0], [-1.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]], requires_grad=True)
    images = Entities(values, torch.ones(2, 2, dtype=torch.bool))
    sentences = make([2, 2], 2, 6, torch.float32)
    for leak in (0.0, 0.1):
        how = CrossAttention(9.0, "logsumexp", 6.0, leak, (*T2I, *I2T))
        scores = cross_attention(images, sentences, how)
        assert scores.isfinite().all()
        for gradient in torch.autograd.grad(scores.sum(), (values, sentences.values)):
            assert gradient.isfinite().all()


def test_autocast_keeps_single_precision():
    images, sentences = make([3], 8, 7, torch.float32), make([4], 8, 8, torch.float32)
    how = CrossAttention(9.0)
    with torch.autocast("cpu", torch.bfloat16):
        low = cross_attention(images, sentences, how)
    assert low.dtype == torch.float32
    torch.testing.assert_close(low, cross_attention(images, sentences, how))


@pytest.mark.parametrize("wrong", [{"pool": "median"}, {"directions": ()}, {"directions": ("t2t",)}])
def test_unknown_ways_to_compare_are_refused(wrong):
    with pytest.raises(ValueError, match=r"pool must be|directions are"):
        CrossAttention(9.0, **wrong)


def test_sets_of_any_size_are_put_together():
    first, second = make([2, 1], 3, 0), make([4], 3, 1)
    both = concatenate([first, second])
    assert both.values.shape == (3, 4, 3) and both.mask.sum(1).tolist() == [2, 1, 4]
    torch.testing.assert_close(both[2:].values, second.values)
    torch.testing.assert_close(both[torch.tensor([1])].values[:, :2], first.values[1:])
    torch.testing.assert_close(
        concatenate([torch.eye(2), torch.ones(1, 2)]), torch.tensor([[1.0, 0], [0, 1], [1, 1]])
    )


def test_the_mean_entity_leaves_padding_out():
    entities = Entities(
        torch.tensor([[[2.0], [4.0]], [[3.0], [0.0]]]), torch.tensor([[True, True], [True, False]])
    )
    torch.testing.assert_close(as_vectors(entities), torch.tensor([[3.0], [3.0]]))
    assert as_vectors(torch.eye(2)).shape == (2, 2)
