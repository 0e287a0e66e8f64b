"""How far agreements lie from the reference solutions: by hand, and what must hold in every draw."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.distances import agreement_distances
from sim.core.packages import NO_DEAL, list_packages
from sim.core.solutions import asymmetric_nash, egalitarian, kalai_smorodinsky, nash, utilitarian
from tests.theory import zopa_by_definition as zone


def distances(worth, no_deal, among, agreed, signs=None, parties=None, power=None, options=None):
    """All distances, where all sign, all count, and all have the same influence unless others are handed in."""
    signs = np.ones(worth.shape[1:], bool) if signs is None else signs
    parties = np.ones(worth.shape[1], bool) if parties is None else parties
    power = np.ones(worth.shape[1]) if power is None else power
    options = np.zeros((worth.shape[2], 1)) if options is None else options
    return agreement_distances(
        lambda rows, packages, _: worth[rows, :, packages].T,
        no_deal,
        signs,
        list_packages(among),
        parties,
        power,
        options.astype(np.uint8),
        agreed,
    )


def nash_distance(worth, no_deal, among, parties, agreed):
    return distances(worth, no_deal, among, agreed, parties=parties)["nash_distance"]


def pareto_distance(worth, signs, among, agreed):
    return distances(worth, np.zeros(worth.shape[:2]), among, agreed, signs)["pareto_distance"]


def reference_shortfalls(worth, no_deal, among, parties, power, options, agreed):
    found = distances(worth, no_deal, among, agreed, None, parties, power, options)
    return {name: values for name, values in found.items() if not name.endswith("distance")}


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
