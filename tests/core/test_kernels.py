"""Compiled loops against the same in NumPy, bit for bit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.core import package_pass
from sim.core.bids import first_of_highest
from sim.core.blocking import minimal_blocking_sets
from sim.core.utility import DAYS_PER_MONTH, Lines, worth_from_start
from sim.core.zopa import acceptable
from sim.mechanisms import durability

TOLERANCE = 1e-9
LEVELS = st.sampled_from([0.0, 0.3, 0.3 + 4e-10, 0.3 + 2e-9, 0.7, 1.0, 1.0 - 4e-10, 1 / 3])
UNIT = st.floats(0, 1)


@st.composite
def cases(draw, levels=LEVELS):
    """Worth of packages, no-deal worth, who signs, and patterns of lines."""
    draws, parties, packages = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 9))
    utility = draw(hnp.arrays(float, (draws, parties, packages), elements=levels))
    no_deal = draw(hnp.arrays(float, (draws, parties), elements=levels))
    signs = draw(hnp.arrays(bool, (parties, packages)))
    patterns = draw(st.integers(1, 3))
    pattern = draw(hnp.arrays(np.int64, packages, elements=st.integers(0, patterns - 1)))
    return utility, no_deal, signs, pattern, patterns


@given(cases(), st.data())
def test_the_first_of_the_highest(case, data):
    merit, shape = case[0][:, 0], case[0][:, 0].shape
    usable = data.draw(hnp.arrays(bool, shape))
    usable[np.arange(shape[0]), data.draw(st.integers(0, shape[1] - 1))] = True
    count = data.draw(st.sampled_from([1, shape[0]]))
    ranks = np.array([data.draw(st.permutations(range(shape[1]))) for _ in range(count)])
    held = np.where(usable, merit, -np.inf)
    ties = held >= held.max(axis=1, keepdims=True) - TOLERANCE
    wanted = np.where(ties, ranks, shape[1]).argmin(axis=1)
    assert first_of_highest(merit, usable, ranks).tolist() == wanted.tolist()


@given(hnp.arrays(float, (3, 2, 3), elements=UNIT), hnp.arrays(float, (3, 2, 3, 2), elements=UNIT), st.data())
def test_worth_is_a_sum_over_the_issues_of_either_half_and_what_is_added(weights, option_worth, data):
    """Issue by issue, the sum of the first half and that of the second, then what only some packages have."""
    halves = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1]])
    runs, packages = [], []
    for _ in range(2):
        rows, columns = (data.draw(st.lists(st.integers(0, k), min_size=1, unique=True)) for k in (3, 1))
        runs.append((rows, columns))
        packages += [(*halves[0][row], *halves[1][column]) for row in rows for column in columns]
    extras = [(n, data.draw(st.lists(st.integers(0, len(packages) - 1), unique=True))) for n in (1, 0, 1)]
    adds = data.draw(hnp.arrays(float, (3, 3), elements=UNIT))
    kinds = (*zip(*runs, strict=True), [at for _, at in extras])
    ends = [np.cumsum([0, *map(len, lists)]) for lists in kinds]
    flat = [np.array([place for places in lists for place in places], int) for lists in kinds]
    utility = np.empty((3, 2, len(packages)))
    package_pass.package_worths(
        weights, option_worth, *halves, flat[0], ends[0], flat[1], ends[1], np.array([n for n, _ in extras]), ends[2],
        flat[2], adds, utility,
    )  # fmt: skip
    for b, n, p in np.ndindex(utility.shape):
        of = [weights[b, n, i] * option_worth[b, n, i, packages[p][i]] for i in range(3)]
        wanted = (of[0] + of[1]) + of[2]
        for extra, (party, at) in enumerate(extras):
            wanted = wanted + adds[extra, b] if party == n and p in at else wanted
        assert utility[b, n, p] == wanted


@given(cases(), st.data())
def test_the_zone_behind_red_lines(case, data):
    """Whatever some lines forbid, and whichever draws are looked at."""
    utility, no_deal, signs, pattern, patterns = case
    crosses = data.draw(hnp.arrays(bool, (patterns, 2)))
    real = data.draw(hnp.arrays(bool, (len(utility), 2)))
    lines = Lines(("a.x", "b.y"), np.array([0, 1]), pattern, crosses)
    crossed = (crosses[pattern][None] & real[:, None]).any(axis=2)
    wanted = (~signs | (utility >= (no_deal - TOLERANCE)[:, :, None])).all(axis=1) & ~crossed
    assert np.array_equal(acceptable(utility, no_deal, signs, lines, real), wanted)
    rows = np.arange(len(utility))[::-2]
    assert np.array_equal(acceptable(utility, no_deal[rows], signs, lines, real[rows], rows=rows), wanted[rows])


@given(cases(), st.data())
def test_the_smallest_sets_of_broken_constraints(case, data):
    utility, no_deal, signs, pattern, patterns = case
    lines_crossed = data.draw(hnp.arrays(np.int64, patterns, elements=st.integers(0, 3)))
    short = signs & (utility[0] < (no_deal[0] - TOLERANCE)[:, None])
    broken = lines_crossed[pattern] + short.sum(axis=0)
    bits = (short << np.arange(len(short))[:, None]).sum(axis=0)
    wanted = {(pattern[p], bits[p]) for p in np.flatnonzero(broken == broken.min())}
    by_pattern = Lines((), np.zeros(0, np.int64), pattern, np.zeros((patterns, 0), bool)).by_pattern
    assert minimal_blocking_sets(utility[0], no_deal[0], signs, by_pattern, lines_crossed) == wanted


@given(cases(UNIT), st.data())
def test_worth_with_foresight(case, data):
    """The formula of the model step by step, each step rounded as NumPy rounds it."""
    utility, no_deal, _, of, kinds = case
    (draws, parties, _packages), of = utility.shape, of.astype(np.int32)

    def numbers(*shape):
        return data.draw(hnp.arrays(float, shape, elements=UNIT))

    chance, moved, least = numbers(draws, kinds), numbers(draws, kinds), numbers(draws, kinds)
    cost, foresight = numbers(2, draws, parties)
    stake = data.draw(hnp.arrays(float, parties, elements=st.sampled_from([-1.0, 0.0, 1.0])))
    guarantor = data.draw(st.integers(0, parties - 1))
    gain, needed = utility[:, guarantor] - no_deal[:, [guarantor]], least if data.draw(st.booleans()) else least[:0]
    held = numbers(draws, parties, 3)
    width = 2 * kinds if len(needed) else kinds
    kind = data.draw(hnp.arrays(np.int32, (draws, width), elements=st.integers(0, 2)))

    def looking_ahead(found, of):
        package_pass.look_ahead(
            found, chance, of, stake, moved, of, held, kind, of, needed, guarantor, no_deal, cost, foresight
        )
        return found

    found = looking_ahead(utility.copy(), of)
    for b in range(draws):
        which = kind[b][of + kinds * (gain[b] < least[b][of])] if len(needed) else kind[b][of]
        for n in range(parties):
            own, free = utility[b, n], no_deal[b, n]
            again, refused = free - stake[n] * moved[b][of], free - cost[b, n]
            expected = own - again
            expected *= held[b, n][which]
            expected += again
            expected -= refused
            expected *= chance[b][of]
            expected += refused
            expected -= own
            expected *= foresight[b, n]
            assert np.array_equal(found[b, n], own + expected)
    times = package_pass.PIECE // 4 + 1  # more packages than are looked at in one go, some of them in two
    assert np.array_equal(looking_ahead(np.tile(utility, times), np.tile(of, times)), np.tile(found, times))


@given(cases(UNIT), st.data())
def test_worth_after_going_back_on_a_word(case, data):
    utility, _, _, steps, _ = case
    draws, parties = utility.shape[:2]
    rows, party = np.arange(0, draws, 2), data.draw(st.integers(0, parties - 1))
    cost = data.draw(hnp.arrays(float, draws, elements=UNIT))
    wanted, found = utility.copy(), utility.copy()
    wanted[rows, party] -= cost[rows, None] * steps
    package_pass.go_back(found, rows, party, cost, steps)
    assert np.array_equal(found, wanted)


@given(hnp.arrays(float, (3, 5, 3, 2), elements=st.floats(0.1, 1)), hnp.arrays(int, 3, elements=st.integers(0, 4)))
def test_worth_seen_from_the_start(numbers, signed):
    """The sum of the model round by round, each step rounded as NumPy rounds it; a round is a month."""
    no_deal, utility, q = numbers[0, :4], numbers[1, 0], numbers[2, 0]
    wanted, weight = np.zeros_like(q), np.ones_like(q)
    for k in range(1, 5):
        signs, waits = (signed == k)[:, None], ((signed == 0) | (signed > k))[:, None]
        wanted = np.where(signs, wanted + weight * utility, wanted)
        wanted = np.where(waits, wanted + (1 - q) * weight * no_deal[k - 1], wanted)
        weight = weight * q
    wanted = np.where((signed == 0)[:, None], wanted + weight * no_deal[-1], wanted)
    assert np.array_equal(worth_from_start(list(no_deal), q, DAYS_PER_MONTH, signed, utility), wanted)


@given(hnp.arrays(float, (2, 3, 4), elements=UNIT), hnp.arrays(float, (2, 2, 4), elements=st.floats(0.01, 1)))
def test_the_part_held_is_a_mean_in_the_order_of_the_spans(held, weights):
    found = np.empty((2, 2, 3))
    durability.parts_held(held, weights, found)
    for b, n, kind in np.ndindex(found.shape):
        part = np.cumsum(held[b, kind] * weights[b, n])[-1]
        assert found[b, n, kind] == part / np.cumsum(weights[b, n])[-1]


@given(hnp.arrays(float, (2, 3, 4), elements=UNIT), hnp.arrays(float, (3, 6), elements=UNIT), st.data())
def test_hazard_is_used_up_year_by_year(factors, more, data):
    """The edges of five years for factors of four: the law looks further than foresight."""
    edges, scale = np.cumsum(more, axis=1)[:2], more[2, :2].copy()
    year = np.array(data.draw(st.lists(st.integers(0, 3), min_size=1)))
    into_year = data.draw(hnp.arrays(float, (2, len(year)), elements=UNIT))
    found = np.empty((2, 3, len(year)))
    durability.used_up(factors, scale, edges, into_year, year, found)
    spans = scale[:, None] * (edges[:, 1:5] - edges[:, :4])
    total = np.cumsum(factors * spans[:, None], axis=2)
    for b, kind, month in np.ndindex(found.shape):
        k = year[month]
        before = total[b, kind, k - 1] if k else 0.0
        assert found[b, kind, month] == before + scale[b] * factors[b, kind, k] * into_year[b, month]
