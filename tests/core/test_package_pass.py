"""Compiled loops over all packages against the same in NumPy, bit for bit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.core import package_pass
from tests.package_cases import UNIT, cases


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
    laid_out = package_pass.Halves(*halves, flat[0], ends[0], flat[1], ends[1])
    additions = package_pass.Additions(np.array([n for n, _ in extras]), ends[2], flat[2], adds)
    package_pass.fill_utility(weights, option_worth, laid_out, additions, utility)
    for b, n, p in np.ndindex(utility.shape):
        of = [weights[b, n, i] * option_worth[b, n, i, packages[p][i]] for i in range(3)]
        wanted = (of[0] + of[1]) + of[2]
        for extra, (party, at) in enumerate(extras):
            wanted = wanted + adds[extra, b] if party == n and p in at else wanted
        assert utility[b, n, p] == wanted


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
        package_pass.apply_foresight(found, package_pass.Prospects(
            chance, of, stake, moved, of, held, kind, of, needed, guarantor, no_deal, cost, foresight
        ))  # fmt: skip
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
    package_pass.charge_commitment(found, rows, party, cost, steps)
    assert np.array_equal(found, wanted)
