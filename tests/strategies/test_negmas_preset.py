"""NegMAS 0.16 offer by offer: its own runs of random domains, stored, and rules worked out by hand."""

import copy
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.core.packages import NO_DEAL
from sim.core.state import ACCEPTED
from sim.model.ensemble import draw
from sim.model.peace_talks import Talks, hold_talks
from tests.negmas_traces import (
    EDGE,
    GUARD,
    NO_GAIN,
    SAME,
    TIE,
    asks_for_more_than_there_is,
    difference,
    least_spread,
    play,
    play_bound,
    play_with_their_ties,
    their_solutions,
    turns_of,
    why_solutions_differ,
)
from tests.worlds import made, text_on_a_table

TRACES = json.loads((Path(__file__).parents[1] / "data" / "negmas_0_16_traces.json").read_text())


@pytest.fixture(scope="module")
def played():
    """Every stored domain with our talks on it, played once and only where these tests run."""
    return {kind: [(domain, play(domain)) for domain in domains] for kind, domains in TRACES["domains"].items()}


def test_the_stored_runs_are_varied(played):
    fine, coarse = ([domain for domain, _ in played[kind]] for kind in ("fine", "coarse"))
    assert TRACES["negmas"].startswith("0.16.")
    assert (len(fine), len(coarse)) == (40, 20)
    assert {len(domain["parties"]) for domain in fine} == {2, 3, 4}
    assert {party["negotiator"] for domain in fine for party in domain["parties"]} == {
        "aspiration", "boulware", "conceder", "linear",
    }  # fmt: skip
    assert sum(len(domain["offers"]) for domain in fine) > 1000
    assert sum(domain["signed"] > 0 for domain in fine) > 20


def test_every_offer_and_agreement_is_that_of_negmas_but_for_parties_that_could_sign_nothing(played):
    for domain, talks in played["fine"]:
        why = difference(domain, talks)
        assert why in (SAME, GUARD)
        assert why == SAME or any(map(asks_for_more_than_there_is, domain["parties"]))
    assert sum(difference(*each) == SAME for each in played["fine"]) >= 30


def test_the_consent_of_parties_that_could_not_sign_is_all_that_differs(played):
    """Bound by their offers as in NegMAS, these parties sign what they sign there."""
    guarded = [domain for domain, talks in played["fine"] if difference(domain, talks) == GUARD]
    assert len(guarded) >= 3
    assert {difference(domain, play_bound(domain)) for domain in guarded} == {SAME}


def test_with_round_numbers_only_the_choice_among_packages_of_equal_worth_differs(played):
    reasons = Counter(difference(*each) for each in played["coarse"])
    assert {SAME, TIE} <= reasons.keys() <= {SAME, TIE, GUARD}
    followed = Counter(difference(domain, play_with_their_ties(domain)) for domain, _ in played["coarse"])
    assert followed.keys() <= {SAME, GUARD}


@pytest.mark.parametrize("name", ["pareto", "nash", "kalai", "max_welfare", "ks"])
def test_the_solutions_are_those_of_negmas(played, name):
    assert {why_solutions_differ(*each, name) for each in played["fine"]} == {SAME}
    assert {why_solutions_differ(*each, name) for each in played["coarse"]} <= {SAME, NO_GAIN, EDGE}
    assert sum(bool(their_solutions(*each)[name]) for each in played["fine"]) > 20


def test_the_smallest_spread_is_not_the_largest_smallest_share():
    """Shares of .5 and .5 lie together, .6 and .9 do not, and leave both better off."""
    utility, everything = np.array([[0.5, 0.6, 1.0, 0.0], [0.5, 0.9, 0.0, 1.0]]), np.ones(4, bool)
    assert least_spread(utility, np.zeros(2), np.ones(2), everything).tolist() == [True, False, False, False]


def test_a_difference_is_noticed(played):
    """An offer, an agreement or its round exchanged in a stored run is no longer what we play."""
    domain, talks = next((d, t) for d, t in played["fine"] if d["signed"] > 2 and difference(d, t) == SAME)
    for key, value in (("agreement", domain["offers"][0][2]), ("signed", domain["signed"] - 1)):
        assert difference(domain | {key: value}, talks) != SAME
    offers = copy.deepcopy(domain["offers"])
    offers[1][2] = offers[0][2]
    assert difference(domain | {"offers": offers}, talks) not in (SAME, GUARD, TIE)


def table(points: dict[str, dict[str, float]], no_deal: dict[str, float], rounds: int, **strategy: Any) -> Talks:
    """One issue, the first party of `points` opens, all by the rules of NegMAS."""
    problem = text_on_a_table(points, no_deal, rounds)
    problem["protocol"] = {"name": "negmas_0_16", "order": list(points)}
    for party in problem["parties"].values():
        party["strategy"] = {"name": "negmas_aspiration"} | strategy
    return hold_talks(draw(made(problem)))


APART = {"ash": {"high": 100, "low": 0}, "birch": {"high": 0, "low": 100}}


@pytest.mark.parametrize(
    ("exponent", "tolerance", "asked"),
    [
        (1, 0.001, [0.799, 0.599, 0.399]),  # .2 + .8 (1 - k/4) - .001
        (4, 0.0001, [0.996775, 0.9499, 0.746775]),  # .2 + .8 (1 - (k/4)^4) - .0001
        (0.25, 0.001, [0.4333145751, 0.3262828678, 0.2545161127]),  # fourth roots .70710678, .84089642, .93060486
        (1, 0.7, [0.2, 0.2, 0.2]),  # never below no deal
    ],
)
def test_what_is_asked_for_falls_on_the_clock_of_negmas(exponent, tolerance, asked):
    """Time is k / (R + 1); with R = 3 it is a quarter, a half and three quarters."""
    talks = table(APART, {"ash": 0.2, "birch": 0.2}, 3, exponent=exponent, tolerance=tolerance)
    assert talks.aspiration[:, 0, 0] == pytest.approx(asked, abs=1e-7)
    assert talks.package[0] == NO_DEAL


def test_a_worst_package_above_no_deal_is_where_the_fall_ends():
    points = {"ash": {"high": 100, "low": 40}, "birch": {"high": 0, "low": 100}}
    talks = table(points, {"ash": 0.1, "birch": 0.1}, 1, exponent=1)
    assert talks.aspiration[0, 0].tolist() == pytest.approx([0.699, 0.549])


@pytest.mark.parametrize(("points", "first"), [(49.89995, "almost"), (49.8998, "enough")])
def test_an_offer_may_fall_short_by_a_millionth_if_it_is_nearest(points, first):
    """In the only round a party with exponent 1 asks for .5 - .001."""
    worth = {"best": 100, "enough": 50, "almost": points, "worst": 0}
    talks = table({"ash": worth, "birch": {name: 100 - each for name, each in worth.items()}}, {"ash": 0, "birch": 0.6},
                  1, exponent=1)  # fmt: skip
    assert offers_on(talks)[0] == first


def test_to_offer_is_to_accept_though_the_party_asks_for_more():
    """Ash opens with a text that is worth more than no deal to it, and less than it asks for."""
    problem = text_on_a_table(APART | {"ash": {"high": 100, "low": 30}}, {"ash": 0.1, "birch": 0.1}, 4)
    problem["proposals"] = {"draft": {"label": "A draft", "package": {"text": "low"}}}
    problem["parties"]["ash"]["opens_with"] = "draft"
    signed = {}
    for name in ("negmas_0_16", "alternating_offers"):
        problem["protocol"] = {"name": name, "order": ["ash", "birch"]}
        signed[name] = int(hold_talks(draw(made(problem))).signed[0])
    assert signed["negmas_0_16"] == 1 and signed["alternating_offers"] != 1


def test_nobody_is_bound_by_an_offer_it_could_not_sign():
    """No text is worth no deal to ash from the start; it offers its best one, birch takes it, and nothing is signed."""
    problem = text_on_a_table(
        {"ash": {"high": 50, "low": 0}, "birch": {"high": 100, "low": 0}}, {"ash": 0.1, "birch": 0.1}, 3,
        events=[{"id": "better_off", "at": {"month": 0}, "shifts_no_deal": {"ash": 0.45}}],
    )  # fmt: skip
    problem["protocol"] = {"name": "negmas_0_16", "order": ["ash", "birch"]}
    for party in problem["parties"].values():
        party["strategy"] = {"name": "negmas_aspiration"}
    talks = hold_talks(draw(made(problem)))
    assert offers_on(talks) == ["high"] * 3
    assert talks.accepted[0].tolist() == [False, True]
    assert talks.package[0] == NO_DEAL


def offers_on(talks: Talks) -> list[str]:
    """The texts put on the table, one after the other."""
    return [
        talks.ensemble.structure.space.options_of(package)["text"]
        for _, _, did, package in turns_of(talks)
        if did != ACCEPTED
    ]
