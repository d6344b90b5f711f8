import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vse_lessons.blocks.caption_metrics import Cider, bleu, ngrams
from vse_lessons.common.files import DataError

WORDS = st.lists(st.sampled_from("abcde"), min_size=1, max_size=7)
IMAGES = st.lists(st.lists(WORDS, min_size=1, max_size=3), min_size=2, max_size=4)


def literal_cider(candidate, image, references):
    """CIDEr-D as its docstring has it, n-gram by n-gram."""

    def grams(words, n):
        return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]

    def g(words, n):
        found = {}
        for w in grams(words, n):
            df = sum(any(w in grams(one, n) for one in of) for of in references)
            found[w] = grams(words, n).count(w) * math.log(len(references) / max(1, df))
        return found

    total = 0.0
    for n in (1, 2, 3, 4):
        c, of_n = g(candidate, n), 0.0
        for reference in references[image]:
            s = g(reference, n)
            lengths = [math.sqrt(sum(v * v for v in vector.values())) for vector in (c, s)]
            if lengths[0] and lengths[1]:
                product = sum(min(c.get(w, 0.0), s[w]) * s[w] for w in s)
                gap = len(candidate) - len(reference)
                of_n += math.exp(-(gap**2) / (2 * 6.0**2)) * product / (lengths[0] * lengths[1])
        total += 10 * of_n / len(references[image])
    return total / 4


def test_cider_by_hand():
    # two images; "a" is in both (ln 2/2 = 0), all other n-grams in one (ln 2/1 = 0.693)
    scorer = Cider([[["a", "boat"]], [["a", "dog"]]])
    # of "a boat" the unigrams match (cosine 1), the bigram matches (1), there are no longer ones:
    # 10 (1 + 1) / 4
    assert scorer.score(["a", "boat"], 0) == pytest.approx(5.0)
    # "boat": unigram 1, one word shorter: 10 exp(-1/72) / 4
    assert scorer.score(["boat"], 0) == pytest.approx(2.5 * math.exp(-1 / 72))
    # "a dog": its only unigram that weighs is wrong
    assert scorer.score(["a", "dog"], 0) == 0.0
    # "boat boat": g = 2 ln 2 against ln 2: min = ln 2, so ln2 ln2 / (2 ln2 ln2) = 1/2; bigram wrong
    assert scorer.score(["boat", "boat"], 0) == pytest.approx(10 * 0.5 / 4)


def test_cider_by_hand_with_two_references():
    # I = 3 images; image 0 has the references "red boat" and "boat at sea"
    scorer = Cider([[["red", "boat"], ["boat", "at", "sea"]], [["red", "dog"]], [["cat"]]])
    # df("red") = 2: it weighs r = ln 3/2 = 0.405465; "boat" is in two sentences, but of one image, so
    # df = 1 and it weighs u = ln 3 = 1.098612, as do all other n-grams
    #
    # the candidate "red boat" against "red boat": cosine 1 for n = 1 and n = 2, 0 for n = 3, 4: 2
    # against "boat at sea": n = 1: g(c) = (red r, boat u), of length sqrt(0.164402 + 1.206949) = 1.171047;
    #     g(s) = (boat u, at u, sea u), of length sqrt(3) u = 1.902852; both have "boat": u^2 = 1.206949
    #     1.206949 / (1.171047 * 1.902852) = 0.541635; n = 2: "red boat" is not in it: 0
    #     one word apart: exp(-1 / 72) = 0.986207; 0.986207 * 0.541635 = 0.534165
    # 10/2 (2 + 0.534165) / 4 = 3.167706
    assert scorer.score(["red", "boat"], 0) == pytest.approx(3.167706, abs=1e-5)
    # for image 1, "red dog": n = 1: both have "red": r^2 = 0.164402, over 1.171047^2 = 1.371351: 0.119883
    # 10 * 0.119883 / 4 = 0.299709
    assert scorer.score(["red", "boat"], 1) == pytest.approx(0.299709, abs=1e-5)
    assert scorer.score(["red", "boat"], 2) == 0.0
    # (3.167706 + 0.299709 + 0) / 3
    assert scorer.mean([["red", "boat"]] * 3) == pytest.approx(1.155805, abs=1e-5)


@given(st.lists(st.sampled_from("abcde"), min_size=4, max_size=9), IMAGES)
def test_the_only_reference_scores_ten_where_it_has_rare_ngrams_of_every_length(words, others):
    others = [[[word.upper() for word in one] for one in of] for of in others]  # none is shared
    scorer = Cider([[words], *others])
    assert scorer.score(words, 0) == pytest.approx(10)
    # in a corpus of one image nothing is rare, so there is nothing to agree in
    assert Cider([[words]]).score(words, 0) == 0.0
    # three words have no n-gram of length 4: three quarters
    assert Cider([[words[:3]], *others]).score(words[:3], 0) == pytest.approx(7.5)


def test_a_reference_itself_scores_ten():
    words = ["a", "red", "boat", "near", "a", "lighthouse"]
    assert Cider([[words], [["two", "dogs", "on", "a", "beach"]]]).score(words, 0) == pytest.approx(10)


@given(IMAGES, WORDS, st.integers(0, 10))
def test_cider_is_its_equation(references, candidate, image):
    image %= len(references)
    found = Cider(references).score(candidate, image)
    assert found == pytest.approx(literal_cider(candidate, image, references), abs=1e-9)
    assert -1e-9 <= found <= 10 + 1e-9


def test_rarity_may_come_from_other_sentences():
    own, others = [[["a", "boat"]], [["a", "dog"]]], [[["boat"]], [["boat"]], [["x"]]]
    found = Cider(own, others).score(["boat"], 0)
    # a: unseen, ln 3; boat: ln 3/2; so the reference is (ln 3, ln 1.5) and the candidate (ln 1.5)
    a, boat = math.log(3), math.log(1.5)
    assert found == pytest.approx(2.5 * math.exp(-1 / 72) * boat / math.hypot(a, boat))


def test_mean_and_its_errors():
    scorer = Cider([[["a", "boat"]], [["a", "dog"]]])
    assert scorer.mean([["a", "boat"], ["a", "boat"]]) == pytest.approx(2.5)
    with pytest.raises(DataError, match="1 sentences for 2 images"):
        scorer.mean([["a"]])
    with pytest.raises(DataError, match="image 1 has no reference"):
        Cider([[["a"]], []])


def test_bleu_by_hand():
    # 6 words; "sat" does not occur in the reference, and of "the" both do
    candidate = ["the", "cat", "sat", "on", "the", "mat"]
    reference = ["the", "cat", "is", "on", "the", "mat"]
    # unigrams 5/6, bigrams 3/5 (the cat, on the, the mat), trigrams 1/4 (on the mat), 4-grams 0/3
    assert bleu([candidate], [[reference]]) == 0.0
    longer = ["there", "is", "a", "cat", "on", "the", "mat"]
    # with both references: 4-grams none still; with itself: 1
    assert bleu([candidate], [[reference, longer, candidate]]) == pytest.approx(1.0)
    # a b c d against a b c d e: all precisions 1, brevity exp(1 - 5/4)
    assert bleu([list("abcd")], [[list("abcde")]]) == pytest.approx(math.exp(-0.25))
    # a b c d e f against a b c d x y: 4/6, 3/5, 2/4, 1/3
    expected = (4 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25
    assert bleu([list("abcdef")], [[list("abcdxy")]]) == pytest.approx(expected)


def test_bleu_counts_an_ngram_as_often_as_one_reference_has_it():
    # abcdabcd against abcd: of 8 words 4 count; of ab bc cd da ab bc cd 3 of 7; of abc bcd cda dab abc bcd
    # 2 of 6; of abcd bcda cdab dabc abcd 1 of 5; longer than the reference: no penalty
    expected = (4 / 8 * 3 / 7 * 2 / 6 * 1 / 5) ** 0.25
    assert bleu([list("abcdabcd")], [[list("abcd")]]) == pytest.approx(expected)
    # two references with it once each are no reference with it twice
    assert bleu([list("abcdabcd")], [[list("abcd"), list("abcd")]]) == pytest.approx(expected)


def test_bleu_takes_the_shorter_of_two_references_that_are_equally_near_and_adds_all_images_up():
    # abcd: 2 words from both ab and abcdxy, so r counts 2; abcde: 7; c = 4 + 5 = 9 = r, nothing is wrong: 1
    # (with abcdxy r were 13: exp(1 - 13/9); the mean of single BLEUs would hold exp(1 - 7/5))
    references = [[list("abcdxy"), list("ab")], [list("abcdezz")]]
    assert bleu([list("abcd"), list("abcde")], references) == pytest.approx(1.0)
    # counts of both images are summed: abcd and wxyz against abcd, wxab: 6/8, 4/6, 2/4, 1/2
    found = bleu([list("abcd"), list("wxyz")], [[list("abcd")], [list("wxab")]])
    assert found == pytest.approx((6 / 8 * 4 / 6 * 2 / 4 * 1 / 2) ** 0.25)


@given(IMAGES, st.data())
def test_bleu_is_its_equation(references, data):
    candidates = [data.draw(WORDS) for _ in references]
    hits, all_, c, r = [0] * 5, [0] * 5, 0, 0
    for words, of in zip(candidates, references):
        c += len(words)
        r += min(sorted(len(one) for one in of), key=lambda length: abs(length - len(words)))
        for n in (1, 2, 3, 4):
            for w, count in ngrams(words, n).items():
                hits[n] += min(count, max(ngrams(one, n)[w] for one in of))
                all_[n] += count
    if not all(hits[1:]):
        assert bleu(candidates, references) == 0.0
        return
    assert 0 < bleu(candidates, references) <= 1
    mean = sum(math.log(hits[n] / all_[n]) for n in (1, 2, 3, 4)) / 4
    assert bleu(candidates, references) == pytest.approx(math.exp(mean) * min(1, math.exp(1 - r / c)))


def test_bleu_wants_as_many_candidates_as_images():
    with pytest.raises(DataError, match="2 sentences for 1 images"):
        bleu([["a"], ["b"]], [[["a"]]])


def test_bleu_names_an_image_without_a_reference():
    with pytest.raises(DataError, match="image 1 has no reference"):
        bleu([["a"], ["b"]], [[["a"]], []])
