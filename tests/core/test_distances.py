"""How far agreements lie from the reference solutions: by hand, and what must hold in every draw."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.core import distances
from sim.core.kernels import listed
from sim.core.packages import NO_DEAL
from sim.core.solutions import asymmetric_nash, egalitarian, kalai_smorodinsky, nash, utilitarian, zone


def of(worth, no_deal, signs, among, parties, options, agreed):
    options = np.zeros((worth.shape[2], 1)) if options is None else options
    return distances.measured(worth, no_deal, signs, listed(among), parties, options.astype(np.uint8), agreed)


def nash_distance(worth, no_deal, among, parties, agreed):
    return distances.nash_distance(of(worth, no_deal, np.ones(worth.shape[1:], bool), among, parties, None, agreed))


def pareto_distance(worth, signs, among, agreed):
    everybody = np.ones(worth.shape[1], bool)
    return distances.pareto_distance(of(worth, np.zeros(worth.shape[:2]), signs, among, everybody, None, agreed))


def reference_shortfalls(worth, no_deal, among, parties, power, options, agreed):
    found = of(worth, no_deal, np.ones(worth.shape[1:], bool), among, parties, options, agreed)
    return distances.reference_shortfalls(
        found, worth, no_deal, listed(among), parties, power, options.astype(np.uint8), agreed
    )


def test_nash_distance_on_a_pie():
    """Of a pie in fifths with nothing without a deal, .2 against .8: product .16 of at most .24."""
    pie = np.array([[[0.2, 0.4, 0.6, 0.8], [0.8, 0.6, 0.4, 0.2]]])
    everything, nothing = np.ones((1, 4), bool), np.zeros((1, 2))
    both = np.array([True, True])
    assert nash_distance(pie, nothing, everything, both, np.array([0])) == pytest.approx([1 - np.sqrt(16 / 24)])
    assert nash_distance(pie, nothing, everything, both, np.array([1])).tolist() == [0.0]
    only_first = np.array([True, False])
    assert nash_distance(pie, nothing, everything, only_first, np.array([0])) == pytest.approx([1 - 0.2 / 0.8])


def test_nash_distance_is_missing_without_agreement_or_gain():
    worth = np.array([[[0.5, 0.7], [0.6, 0.6]]] * 3)
    no_deal = np.array([[0.4, 0.4], [0.4, 0.4], [0.7, 0.6]])
    everything, both = np.ones((3, 2), bool), np.array([True, True])
    distance = nash_distance(worth, no_deal, everything, both, np.array([NO_DEAL, 0, 1]))
    assert np.isnan(distance).tolist() == [True, False, True]
    assert np.isnan(nash_distance(worth, no_deal, everything, np.zeros(2, bool), np.array([0, 0, 0]))).all()
    sliver = np.array([[[0.5, 2e-5], [0.5, 2e-5]]])  # product 4e-10 in the zone: too small to divide by
    assert np.isnan(nash_distance(sliver, np.zeros((1, 2)), np.array([[False, True]]), both, np.array([1]))).all()


def test_nash_distance_is_over_those_that_can_gain():
    worth = np.array([[[0.5, 0.7, 0.9], [0.6, 0.6, 0.6], [0.9, 0.9, 0.7]]])
    distance = nash_distance(worth, np.array([[0.5, 0.6, 0.5]]), np.ones((1, 3), bool), np.ones(3, bool), np.array([0]))
    assert distance.tolist() == [1.0]
    distance = nash_distance(worth, np.array([[0.4, 0.6, 0.5]]), np.ones((1, 3), bool), np.ones(3, bool), np.array([0]))
    assert distance == pytest.approx([1 - np.sqrt(0.1 * 0.4 / (0.3 * 0.4))])


def test_pareto_distance_is_what_all_signatories_left_on_the_table():
    worth = np.array([[[0.5, 0.6, 0.9, 0.8], [0.5, 0.7, 0.4, 0.8]]])
    signs = np.ones((2, 4), bool)
    assert pareto_distance(worth, signs, np.array([[True, True, True, False]]), np.array([0])) == pytest.approx([0.1])
    assert pareto_distance(worth, signs, np.ones((1, 4), bool), np.array([0])) == pytest.approx([0.3])
    assert pareto_distance(worth, signs, np.ones((1, 4), bool), np.array([2])).tolist() == [0.0]
    signs[1, 0] = False  # the second is not asked about package 0: only the first's worth counts
    assert pareto_distance(worth, signs, np.ones((1, 4), bool), np.array([0])) == pytest.approx([0.4])


def test_pareto_distance_is_missing_where_there_is_nothing_to_compare():
    worth, everything = np.array([[[0.5, 0.6]]] * 3), np.array([[True, True], [True, True], [False, False]])
    distance = pareto_distance(worth, np.ones((1, 2), bool), everything, np.array([NO_DEAL, 1, 1]))
    assert np.isnan(distance).tolist() == [True, False, True]
    assert np.isnan(pareto_distance(worth, np.zeros((1, 2), bool), everything, np.array([0, 0, 0]))).all()


PIE = np.array([[[0.2, 0.4, 0.6, 0.8], [0.8, 0.6, 0.4, 0.2]]])
THREE_ISSUES = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]])  # option of each issue in each of four packages
BOTH, EVERYTHING = np.array([True, True]), np.ones((1, 4), bool)


def test_what_an_agreement_on_a_pie_lacks():
    """Of a pie in fifths with nothing without a deal, .2 against .8; the best are .4 against .6, or the reverse."""
    even, nothing = np.array([1.0, 1.0]), np.zeros((1, 2))
    found = reference_shortfalls(PIE, nothing, EVERYTHING, BOTH, even, THREE_ISSUES, np.array([0]))
    assert {name: values[0] for name, values in found.items()} == pytest.approx({
        "issues_off_nash": 1 / 3,
        "shortfall_kalai_smorodinsky": 1 - 0.2 / 0.4, "issues_off_kalai_smorodinsky": 1 / 3,
        "shortfall_egalitarian": 1 - 0.2 / 0.4, "issues_off_egalitarian": 1 / 3,
        "shortfall_utilitarian": 0, "issues_off_utilitarian": 0,
    })  # fmt: skip
    found = reference_shortfalls(PIE, nothing, EVERYTHING, BOTH, even, THREE_ISSUES, np.array([3]))
    assert found["issues_off_nash"] == pytest.approx([1 / 3])  # one issue from (.6, .4), two from (.4, .6)


def test_what_an_agreement_lacks_where_one_party_has_three_times_the_power():
    """u1^1.5 u2^.5 is largest at (.8, .2); the root of a product of two brings it to one party's scale."""
    found = reference_shortfalls(
        PIE, np.zeros((1, 2)), EVERYTHING, BOTH, np.array([6.0, 2.0]), THREE_ISSUES, np.array([1])
    )
    share = (0.4 / 0.8) ** 1.5 * (0.6 / 0.2) ** 0.5
    assert found["shortfall_asymmetric_nash"] == pytest.approx([1 - np.sqrt(share)])
    assert found["issues_off_asymmetric_nash"] == pytest.approx([2 / 3])


def test_what_an_agreement_lacks_is_missing_where_there_is_nothing_to_be_had():
    worth, no_deal = np.repeat(PIE, 3, axis=0), np.array([[0.0, 0.0], [0.0, 0.0], [0.9, 0.9]])
    zones = np.array([[True] * 4, [False] * 4, [True] * 4])
    agreed = np.array([NO_DEAL, 1, 1])
    found = reference_shortfalls(worth, no_deal, zones, BOTH, np.array([1.0, 2.0]), THREE_ISSUES, agreed)
    for name, values in found.items():
        assert np.isnan(values).tolist() == [True, True, name.startswith("shortfall_")], name
    assert found["issues_off_nash"][2] == 0  # nobody can gain: all packages tie


@st.composite
def draws(draw):
    """Several draws of one problem: worth (B, N, P), no deal (B, N), signs (N, P), zone (B, P), agreed (B,)."""
    count, parties, packages = draw(st.integers(1, 5)), draw(st.integers(1, 4)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    worth, no_deal = np.round(rng.random((count, parties, packages)), 1), np.round(rng.random((count, parties)) / 2, 1)
    signs = rng.random((parties, packages)) < 0.8
    candidates = zone(worth, no_deal, signs, rng.random((count, packages)) < 0.9)
    agreed = np.where(candidates.any(axis=1) & (rng.random(count) < 0.8), candidates.argmax(axis=1), NO_DEAL)
    return worth, no_deal, signs, candidates, agreed


@given(draws(), st.sampled_from([(1.0, 1.0, 1.0, 1.0), (1.0, 2.0, 0.5, 1.0)]))
def test_shortfalls_are_those_of_the_solutions_draw_by_draw(many, power):
    """The solutions are looked up one draw at a time, the measures written out package by package."""
    worth, no_deal, _, candidates, agreed = many
    count = worth.shape[1]
    power, everybody = np.array(power[:count]), np.ones(count, bool)
    options = np.stack([np.arange(worth.shape[2]) // 4, np.arange(worth.shape[2]) % 4], axis=1)
    found = reference_shortfalls(worth, no_deal, candidates, everybody, power, options, agreed)
    rules = {"nash": nash, "kalai_smorodinsky": kalai_smorodinsky, "egalitarian": egalitarian,
             "utilitarian": utilitarian}  # fmt: skip
    if len(set(power)) > 1:
        rules["asymmetric_nash"] = lambda *problem: asymmetric_nash(*problem, power)
    assert set(found) == {f"issues_off_{name}" for name in rules} | {f"shortfall_{name}" for name in rules} - {
        "shortfall_nash"
    }
    for b, package in enumerate(agreed.tolist()):
        for name, rule in rules.items():
            best = rule(worth[b], no_deal[b], candidates[b], everybody)
            if package == NO_DEAL:
                assert np.isnan(found[f"issues_off_{name}"][b])
                continue
            off = min(sum(a != c for a, c in zip(options[package], options[other], strict=True)) / 2
                      for other in best.packages)  # fmt: skip
            assert found[f"issues_off_{name}"][b] == off, name
            if name == "nash":
                continue
            able = [n for n in range(count) if n not in best.left_out]
            measures, root = measures_of(name, worth[b] - no_deal[b][:, None], candidates[b], able, power)
            short = found[f"shortfall_{name}"][b]
            if not able or (largest := max(measures[p] for p in np.flatnonzero(candidates[b]))) < 1e-9:
                assert np.isnan(short), name
            else:
                assert short == pytest.approx(1 - (measures[package] / largest) ** root, abs=1e-7), name


def measures_of(name, gains, candidates, able, power):
    """What a solution makes largest, of every package, and the root that brings it to one party's scale."""
    if name == "egalitarian":
        return gains.min(axis=0), 1
    if name == "utilitarian":
        return gains.sum(axis=0), 1
    if name == "kalai_smorodinsky":
        return [min((g[p] / g[candidates].max() for g in gains[able]), default=0) for p in range(gains.shape[1])], 1
    exponents = power[able] * len(power) / power.sum()
    return np.prod(np.maximum(gains[able], 0) ** exponents[:, None], axis=0), 1 / exponents.sum() if able else 1


@given(draws())
def test_a_draw_does_not_feel_its_neighbours(many):
    worth, no_deal, signs, candidates, agreed = many
    everybody, power = np.ones(len(signs), bool), np.arange(1.0, len(signs) + 1)
    options = np.arange(worth.shape[2])[:, None]
    together = (
        zone(worth, no_deal, signs, candidates),
        nash_distance(worth, no_deal, candidates, everybody, agreed),
        pareto_distance(worth, signs, candidates, agreed),
        *reference_shortfalls(worth, no_deal, candidates, everybody, power, options, agreed).values(),
    )
    for b in range(len(worth)):
        row = slice(b, b + 1)
        alone = (
            zone(worth[row], no_deal[row], signs, candidates[row]),
            nash_distance(worth[row], no_deal[row], candidates[row], everybody, agreed[row]),
            pareto_distance(worth[row], signs, candidates[row], agreed[row]),
            *reference_shortfalls(
                worth[row], no_deal[row], candidates[row], everybody, power, options, agreed[row]
            ).values(),
        )
        for block, single in zip(together, alone, strict=True):
            np.testing.assert_array_equal(block[row], single)


@given(draws())
def test_agreements_in_the_zone_are_at_most_as_good_as_the_best_of_it(many):
    worth, no_deal, signs, candidates, agreed = many
    everybody = np.ones(len(signs), bool)
    short = nash_distance(worth, no_deal, candidates, everybody, agreed)
    left = pareto_distance(worth, signs, candidates, agreed)
    assert ((short[~np.isnan(short)] >= 0) & (short[~np.isnan(short)] <= 1)).all()
    assert (left[~np.isnan(left)] >= 0).all()
    for b in np.flatnonzero(~np.isnan(short)):
        best = nash(worth[b], no_deal[b], candidates[b], everybody)
        assert (agreed[b] in best.packages) == (short[b] < 1e-9)


@given(st.data(), st.integers(1, 4))
def test_what_the_loop_finds_is_what_numpy_finds(data, parties):
    """Bit for bit: sums and products of gains by ascending value, smallest gains and shares, and what ties."""
    draws, packages = 3, 6
    levels = st.sampled_from([0.0, 0.2, 0.2 + 4e-10, 1e-5, 0.7, 1 / 3, 1.0])
    utility = data.draw(hnp.arrays(float, (draws, parties, packages), elements=st.one_of(st.floats(0, 1), levels)))
    no_deal = data.draw(hnp.arrays(float, (draws, parties), elements=st.sampled_from([0.0, 0.2, 0.5])))
    among = data.draw(hnp.arrays(bool, (draws, packages)))
    signs = data.draw(hnp.arrays(bool, (parties, packages)))
    agreed = data.draw(hnp.arrays(np.int64, draws, elements=st.integers(-1, packages - 1)))
    counts = data.draw(hnp.arrays(bool, parties))
    counts[0] |= not counts.any()
    options = np.array([[p // 3, p % 3] for p in range(packages)])
    found = of(utility, no_deal, signs, among, counts, options, agreed)
    assert found.rows.tolist() == np.flatnonzero((agreed != NO_DEAL) & among.any(axis=1)).tolist()
    for row, b in enumerate(found.rows.tolist()):
        gains = utility[b][counts] - no_deal[b][counts][:, None]
        real, top = np.where(gains >= 1e-9, gains, 0.0), gains[:, among[b]].max(axis=1)
        product, who = by_value(real, np.multiply), np.ones(len(gains), bool)
        if product[among[b]].max() < 1e-12:
            who = top >= 1e-9
            product = by_value(real[who], np.multiply) if who.any() else np.zeros(packages)
        gaining = top >= 1e-9
        share = (gains[gaining] / top[gaining, None]).min(axis=0) if gaining.any() else np.zeros(packages)
        measures = product, share, gains.min(axis=0), by_value(gains, np.add)
        assert found.counted[row].tolist() == who.tolist()
        for measure, value in enumerate(measures):
            largest = value[among[b]].max()
            assert (found.largest[measure, row], found.own[measure, row]) == (largest, value[agreed[b]])
            tied = among[b] & (value >= largest - 1e-9 * (largest if measure == 0 else 1))
            assert found.off[measure, row] == (options[tied] != options[agreed[b]]).sum(axis=1).min()
        more = np.where(signs[:, agreed[b]], (utility[b] - utility[b][:, [agreed[b]]]).T, np.inf).min(axis=1)
        assert found.most[row] == more[among[b]].max()


def by_value(rows, combine):
    """Rows combined place by place, by ascending value."""
    rows = np.sort(rows, axis=0)
    total = rows[0]
    for row in rows[1:]:
        total = combine(total, row)
    return total
