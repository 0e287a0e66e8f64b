"""Compiled loops that count, against the same in NumPy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.core import histograms
from sim.core.histograms import NONE_YET, Bins, Kinds, Last, Turns

LEVELS = st.sampled_from([0.0, 0.3, 0.3 + 4e-10, 0.3 + 2e-9, 0.7, 1.0, 1.0 - 4e-10, 1 / 3])
RANGES = np.array([[0.0, 1.0], [-0.1, 1.0], [0.0, 1.3]])


def bins(party, worth):
    """Counts by party and one of 20 bins."""
    wanted = np.zeros((3, 20), np.int64)
    low, high = RANGES[party].T
    place = np.clip(np.floor((worth - low) / (high - low) * 20), 0, 19).astype(np.int64)
    np.add.at(wanted, (party, place), 1)
    return wanted


WORTHS = st.one_of(st.floats(-1, 2), LEVELS)


BINS = Bins(RANGES[:, 0].copy(), RANGES[:, 1] - RANGES[:, 0], 20)


@given(
    hnp.arrays(float, (4, 3), elements=st.one_of(WORTHS, st.just(np.nan))), hnp.arrays(float, (4, 3), elements=WORTHS)
)
def test_what_is_asked_for_is_counted_by_party_and_bin(asked, no_deal):
    counts = np.zeros((2, 3, 20), np.int64)
    histograms.count_aspirations(asked, no_deal, BINS, counts)
    draw, party = np.nonzero(~np.isnan(asked))
    assert np.array_equal(counts[0], bins(party, asked[draw, party]))
    assert np.array_equal(counts[1], bins(party, no_deal[draw, party]))


SILENT, OFFER, REFUSAL, ANSWER, NEITHER = range(5)
OFFERS, ANSWERS = np.isin(range(5), (OFFER, REFUSAL)), np.isin(range(5), (REFUSAL, ANSWER))


@given(hnp.arrays(float, (2, 3, 4), elements=WORTHS), st.data())
def test_offers_are_counted_by_who_made_and_who_answered_them(utility, data):
    """Two draws, four rounds of three turns; an answer is to what lay there after the last turn that was had."""
    shape, package_of = (4, 3, 2), st.integers(0, 3)
    who = data.draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 2)))
    did = data.draw(hnp.arrays(np.int64, shape, elements=st.sampled_from([SILENT, OFFER, REFUSAL, ANSWER, NEITHER])))
    package = data.draw(hnp.arrays(np.int64, shape, elements=package_of))
    there = data.draw(hnp.arrays(np.int64, 2, elements=package_of))
    text, counts = there.copy(), np.zeros((4, 2, 3, 20), np.int64)
    last = Last(there, *np.full((2, 2, 3, 2), NONE_YET))
    wanted = np.zeros((2, 4, 3, 20), np.int64)
    for k in range(4):
        for turn in range(3):
            for b in range(2):
                n, act, after = who[k, turn, b], did[k, turn, b], package[k, turn, b]
                if act in (REFUSAL, ANSWER):
                    wanted[1, k] += bins(np.array([n]), utility[b, n, text[b]])
                if act in (OFFER, REFUSAL):
                    wanted[0, k] += bins(np.array([n]), utility[b, n, after])
                text[b] = text[b] if act == SILENT else after
        turns, kinds = Turns(who[k], did[k], package[k]), Kinds(OFFERS, ANSWERS, SILENT)
        histograms.count_offers(turns, kinds, utility, BINS, last, counts[k])
        assert np.array_equal(there, text)
    assert np.array_equal(counts.swapaxes(0, 1), wanted)


@given(st.data())
def test_the_first_offer_of_each_party_is_noted_once(data):
    shape = (4, 3, 2)
    who = data.draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 2)))
    did = data.draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 4)))
    package = data.draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 3)))
    first = np.full((2, 3), -1)
    for k in range(4):
        histograms.note_first_offers(Turns(who[k], did[k], package[k]), OFFERS, first)
    for b in range(2):
        for n in range(3):
            own = package[:, :, b][OFFERS[did[:, :, b]] & (who[:, :, b] == n)]
            assert first[b, n] == (own[0] if len(own) else -1)


@given(st.lists(st.lists(st.integers(0, 5), unique=True), max_size=4), st.sampled_from([0, 62, 125]))
def test_pairs_of_options_are_counted_once_a_draw(packages, before):
    """Two options and three; before them stand so many of another issue, of which every package has the last."""
    options = np.array([[max(before - 1, 0), a, b] for a in range(2) for b in range(3)], np.uint8)
    first, size = np.array([0, before, before + 2]), before + 5
    if not before:
        options, first = options[:, 1:].copy(), first[1:]
    together = np.zeros((size, size), np.int64)
    flat = np.array([p for draw in packages for p in draw], np.int64)
    start = np.cumsum([0, *map(len, packages)])
    histograms.count_pairs(options, first, start, flat, together)
    for one in range(max(before - 1, 0), size):
        for other in range(max(before - 1, 0), size):
            both = [any({one, other} <= set(first + options[p]) for p in draw) for draw in packages]
            assert together[one, other] == sum(both)
    assert together[: max(before - 1, 0)].sum() == 0
