"""What parties ask for: the promises of every strategy, closed forms, and traces worked out by hand."""

import random
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.acceptance import ACCEPTANCE_RULES
from sim.core.answers import Answers, OfferHistory, answers_in_all
from sim.core.opponent_model import INFORMATION
from sim.core.packages import NO_DEAL
from sim.core.state import ACCEPTED, OFFERED, REFUSED
from sim.core.strategy import NO_BID, Stance, Strategy, View
from sim.model.ensemble import Ensemble, draw
from sim.model.peace_talks import Talks, hold_talks
from sim.strategies import STRATEGIES
from sim.strategies.offers import OFFER_RULES
from tests.model.test_limits import mirrors, reordered
from tests.problems import pie, problems, read
from tests.worlds import made, text_on_a_table, worlds

VARIANTS: Mapping[str, list[dict[str, Any]]] = {  # parameters worth trying besides the defaults
    "tit_for_tat": [{"kind": kind, "span": span} for kind in ("absolute", "relative", "averaged") for span in (1, 2)],
    "hybrid": [{"weight": {"value": 0.5, "range": [0, 1]}, "exponent": {"value": 1, "range": [0.3, 4]}},
               {"kind": "relative", "span": 2}],
    "nice_tit_for_tat": [{"late": {"value": 0.7, "range": [0.3, 1]}}, {}],
    "satisficing": [{"level": {"value": 0.5, "range": [0, 1]}}],
    "hardline": [{}, {"last_rounds": 0}, {"last_rounds": 3}],
    "time_dependent": [{"exponent": {"value": 1, "range": [0.3, 4]}}],
}  # fmt: skip


def variants(name: str) -> list[dict[str, Any]]:
    return [{"name": name} | parameters for parameters in VARIANTS.get(name, [{}])]


def takes(name: str, parameter: str) -> bool:
    return parameter in {field.name for field in fields(STRATEGIES[name])}


def rules_of(name: str) -> list[dict[str, str]]:
    """The offer and acceptance rules that go with a strategy; one that has rules of its own takes none."""
    if not takes(name, "offers"):
        return [{}]
    picked = ["picked"] if STRATEGIES[name].offers == "picked" else []
    offer_rules = [*picked, *OFFER_RULES]
    return [{"offers": offers, "accepts": accepts} for offers in offer_rules for accepts in ACCEPTANCE_RULES]


class Watched(Strategy):
    """A strategy that is held to its promises at every call."""

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy

    def stance(self, view: View) -> Stance:
        """Between no deal and its best, bids that it can sign, and the same again for the same view."""
        stance, again = self._strategy.stance(view), self._strategy.stance(view)
        for one, other in zip([*stance, *(stance.answers or ())], [*again, *(again.answers or ())], strict=True):
            assert isinstance(one, Answers) or one is other or np.array_equal(one, other), (one, other)
        best = np.maximum(view.best, view.reservation_value)
        for least in (stance.aspiration, stance.accepts_from):
            if least is not None:
                assert least.shape == view.reservation_value.shape
                assert (least >= view.reservation_value - 1e-9).all() and (least <= best + 1e-9).all()
        if stance.bid is not None:
            own, rows = stance.bid, np.flatnonzero(stance.bid != NO_BID)
            assert (view.signable[rows, own[rows]] | (own == view.best_package)[rows]).all()
            assert (view.utility_of(own) >= np.minimum(view.best, view.reservation_value) - 1e-9)[rows].all()
        return stance


def watched(ensemble: Ensemble) -> Talks:
    return hold_talks(replace(ensemble, strategies=tuple(Watched(strategy) for strategy in ensemble.strategies)))


def with_strategies(problem: dict[str, Any], blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """The problem with other strategies, given to its parties in turn; their offer and acceptance rules stay."""
    parties = {}
    for place, (name, party) in enumerate(sorted(problem["parties"].items())):
        block = blocks[place % len(blocks)]
        kept = {key: party["strategy"][key] for key in ("offers", "accepts")
                if key in party["strategy"] and takes(block["name"], key)}  # fmt: skip
        parties[name] = party | {"strategy": kept | block}
    return problem | {"parties": parties}


def hard_table(strategy: dict[str, Any], information: str) -> dict[str, Any]:
    """Three parties, two issues, red lines real and not, no deal that is hard to beat; the third signs some texts."""
    options = {"land": "abc", "money": "wxyz"}
    points = {
        "ash": {"land": {"a": 100, "b": 55, "c": 0}, "money": {"w": 0, "x": 30, "y": 60, "z": 100}},
        "birch": {"land": {"a": 0, "b": 60, "c": 100}, "money": {"w": 100, "x": 75, "y": 40, "z": 0}},
        "cedar": {"land": {"a": 50, "b": 100, "c": 50}, "money": {"w": 0, "x": 100, "y": 100, "z": 0}},
    }
    lines = {"ash": {"land": "c"}, "birch": {"money": "z"}, "cedar": {"land": "a"}}
    return {
        "schema": 1,
        "id": "hard-table",
        "title": "A hard table",
        "time": {"rounds": 4, "days_per_round": 10},
        "issues": {name: {"label": name, "options": {o: o for o in letters}} for name, letters in options.items()},
        "parties": {
            name: {
                "label": name,
                "signs": [{"money": ["x", "y"]}] if name == "cedar" else "always",
                "weights": {"land": {"value": 0.5, "range": [0.2, 0.8]}, "money": 0.5},
                "values": points[name],
                "no_deal": {"value": 0.4, "range": [0.1, 0.75]},
                "red_lines": [{"id": "first", "never": lines[name], "hardness": 0.5}],
                "strategy": strategy,
            }
            for name in points
        },
        "protocol": {"name": "alternating_offers", "order": "random", "information": information},
    }


COMBINATIONS = [(name, rules) for name in STRATEGIES for rules in rules_of(name)]
IDS = ["-".join([name, *rules.values()]) for name, rules in COMBINATIONS]


@pytest.mark.parametrize("information", INFORMATION)
@pytest.mark.parametrize(("name", "rules"), COMBINATIONS, ids=IDS)
def test_every_strategy_keeps_its_promises_with_every_rule(name, rules, information):
    scenario = made(hard_table(variants(name)[0] | rules, information))
    talks = watched(draw(scenario, 1, 0, 6))
    held_to_no_deal_and_lines(talks)
    if rules.get("accepts", "threshold") == "threshold":
        assert_same_bits(talks, [hold_talks(draw(scenario, 1, 4, 2))], start=4)


def held_to_no_deal_and_lines(talks: Talks) -> None:
    """No party accepted what is worse than no deal to it or crosses a real line of its own."""
    lines, real = talks.ensemble.structure.lines, talks.ensemble.real
    for k, moves in enumerate(talks.moves):
        for place, b in zip(*np.nonzero(moves.did == ACCEPTED), strict=True):
            party, package = moves.who[place, b], moves.package[place, b]
            assert talks.net_utility[b, party, package] >= talks.reservation_value[k, b, party] - 1e-9
            assert not (lines.crosses[lines.pattern[package]] & real[b] & lines.of(party)).any()


def assert_same_bits(whole: Talks, parts: list[Talks], start: int = 0) -> None:
    """Parts of the draws, one after the other from `start` on, went as they went among all."""
    for part in parts:
        rows = slice(start, start + len(part.ensemble))
        for name in ("package", "signed", "standing", "proposer", "last_refuser"):
            assert np.array_equal(getattr(part, name), getattr(whole, name)[rows]), name
        played = len(part.aspiration)
        assert np.array_equal(part.aspiration, whole.aspiration[:played, rows], equal_nan=True)
        start = rows.stop


blocks = st.lists(st.sampled_from([block for name in STRATEGIES for block in variants(name)]), min_size=3, max_size=3)


@pytest.mark.parametrize("name", STRATEGIES)
@settings(max_examples=6)
@given(data=st.data(), problem=problems())
def test_neither_exchanging_two_parties_nor_reordering_the_file_moves_a_bit(name, data, problem):
    problem = with_strategies(problem, [data.draw(st.sampled_from(variants(name))), {"name": "time_dependent"}])
    mirrors(problem, "ash", "birch", 5, 1)
    reordered(problem, random.Random(data.draw(st.integers(0, 9))), 5, 1)


# Traces worked out by hand

LADDER = {
    "ash": {"a": 100, "b": 80, "c": 60, "d": 40, "e": 20},
    "birch": {"a": 20, "b": 40, "c": 60, "d": 80, "e": 100},
}


def table_of(points: Mapping[str, Mapping[str, float]], rounds: int, no_deal: float = 0, draws: int = 1,
             **strategies: dict[str, Any]) -> Talks:  # fmt: skip
    """One issue; the parties speak in the order of `points`, each by its strategy, knowing everything."""
    parties = {name: {"strategy": block} for name, block in strategies.items()}
    problem = text_on_a_table(points, dict.fromkeys(points, no_deal), rounds, parties=parties)
    return hold_talks(draw(made(problem), 1, 0, draws))


def offers_of(talks: Talks, b: int = 0) -> list[str]:
    """The offers of one draw in the order in which they were made: `ash a`."""
    table, found = talks.ensemble.structure, []
    for moves in talks.moves:
        for who, did, package in zip(moves.who[:, b], moves.did[:, b], moves.package[:, b], strict=True):
            if did in (OFFERED, REFUSED):
                found.append(f"{table.parties[who]} {table.space.options_of(package)['text']}")
    return found


def signed_of(talks: Talks, b: int = 0) -> tuple[int, str]:
    return int(talks.signed[b]), talks.ensemble.structure.space.options_of(talks.package[b])["text"]


def seat(worth: list[float], *heard: list[int], no_deal: float = 0.0, **more: Any) -> View:
    """What the first party sees that has heard these offers of the others, package by package."""
    parties, longest = len(heard) + 1, max(map(len, heard), default=1)
    log = np.full((1, parties, longest), NO_DEAL)
    for n, offers in enumerate(heard, start=1):
        log[0, n, : len(offers)] = offers
    utility, everything = np.array([worth]), np.ones((1, len(worth)), bool)
    no_deal_worth, best = np.array([no_deal]), utility.max(axis=1)
    made, distinct = np.array([[0, *map(len, heard)]]), np.array([[0, *(len(set(offers)) for offers in heard)]])
    offers = OfferHistory(log, made, distinct, np.ones(parties, bool))
    seen: dict[str, Any] = {
        "party": 0, "round": 2, "rounds": 9, "find_utility": lambda: utility,
        "reservation_value": no_deal_worth, "best": best,
        "best_package": utility.argmax(axis=1), "received": np.array([NO_DEAL]), "best_received": np.array([-np.inf]),
        "log": log, "offers_made": made, "distinct_offers": distinct, "weights": np.ones((1, 1)),
        "option_worth": utility[:, None], "packages": np.arange(len(worth))[:, None],
        "signs": np.ones((parties, len(worth)), bool), "leaning": np.ones(parties),
        "tie_rank": np.arange(len(worth))[None], "has_list": True, "chance": np.zeros(1),
        "find_signable": lambda: everything, "find_avoided": lambda: ~everything, "find_worst": lambda: None,
        "find_known": lambda: None, "find_ladder": lambda count: None, "find_steps": lambda ladder: None,
        "find_answer": lambda answers: answers_in_all(answers, 0, utility, offers, no_deal_worth, best),
    }  # fmt: skip
    return View(**seen | more)


WORTH = [0.1, 0.2, 0.25, 0.4, 0.5, 1.0]  # of packages 0 to 5


@pytest.mark.parametrize(
    ("kind", "span", "heard", "asks"),
    [
        ("relative", 1, [1], 1.0),  # one offer is no move yet
        ("relative", 1, [1, 2], 0.8),  # .2 to .25: 1 x .2 / .25
        ("relative", 1, [1, 2, 3], 0.5),  # .8 x .25 / .4
        ("relative", 1, [1, 2, 3, 4], 0.4),  # .5 x .4 / .5
        ("relative", 2, [1, 2], 1.0),  # two back there is nothing
        ("relative", 2, [1, 2, 3], 0.8),  # answers the move before the last
        ("averaged", 1, [1, 2, 3], 0.5),  # a window of one is a lag of one
        ("averaged", 2, [1, 2, 3], 0.5),  # 1 x .2 / .4
        ("averaged", 2, [1, 2, 3, 4], 0.25),  # .5 x .25 / .5
        ("averaged", 3, [1, 2, 3, 4], 0.4),  # 1 x .2 / .5
        ("absolute", 1, [1, 2], 0.95),
        ("absolute", 1, [1, 2, 3], 0.8),
        ("absolute", 2, [1, 2, 3], 0.95),
        ("absolute", 1, [1, 0, 1], 1.0),  # who goes back and returns has given nothing
        ("relative", 1, [1, 0, 1], 1.0),
        ("relative", 1, [3, 1], 1.0),  # nobody asks for more than the best
    ],
)
def test_tit_for_tat_follows_the_other_step_by_step(kind, span, heard, asks):
    strategy = STRATEGIES["tit_for_tat"](kind=kind, span=span)
    assert strategy.stance(seat(WORTH, heard)).aspiration.tolist() == pytest.approx([asks])


def test_tit_for_tat_asks_for_no_deal_at_least_and_follows_the_least_generous_of_those_who_move():
    strategy = STRATEGIES["tit_for_tat"](kind="relative")
    assert strategy.stance(seat(WORTH, [1, 4], no_deal=0.45)).aspiration == pytest.approx([0.45])
    assert strategy.stance(seat(WORTH, [1, 4], [1, 2])).aspiration == pytest.approx([0.8])
    assert strategy.stance(seat(WORTH, [1, 4], [1, 1])).aspiration == pytest.approx([1.0])
    assert strategy.stance(seat(WORTH, [1, 4], [1])).aspiration == pytest.approx([0.4])
    assert strategy.stance(seat(WORTH, [1, 4], [])).aspiration == pytest.approx([0.4])


def test_in_percent_from_nothing_is_all_and_nothing_to_nothing_is_no_move():
    strategy = STRATEGIES["tit_for_tat"](kind="relative")
    assert strategy.stance(seat([0.0, 0.1, 1.0], [0, 1], no_deal=0.05)).aspiration == pytest.approx([0.05])
    assert strategy.stance(seat([0.0, 0.1, 1.0], [0, 0])).aspiration == pytest.approx([1.0])
    assert strategy.stance(seat([0.0, 0.1, 1.0], [1, 0])).aspiration == pytest.approx([1.0])


def test_who_gives_as_much_as_it_gets_meets_the_other_half_way():
    """The other claims 1 - .9 t of a pie; mirrored step by step both stand at a half when it does: t = .5 / .9."""
    problem = pie((0.1, 0.1), 1000, 40, 25, offers="least_own")
    problem["parties"]["birch"]["strategy"] = {"name": "tit_for_tat", "offers": "least_own", "first_step": 0}
    talks = hold_talks(draw(read(problem)))
    assert talks.net_utility[0, :, talks.package[0]] == pytest.approx([0.5, 0.5], abs=0.003)
    assert (talks.signed[0] - 1) / 999 == pytest.approx(0.5 / 0.9, abs=0.005)


def test_two_who_wait_for_each_other_wait_for_ever():
    block = {"name": "tit_for_tat", "first_step": 0}
    talks = table_of(LADDER, 5, ash=block, birch=block)
    assert offers_of(talks) == ["ash a", "birch e"] * 5 and talks.package[0] == NO_DEAL


def test_a_first_step_that_is_answered_brings_two_together():
    """Steps of 20 points: ash gives one in advance; birch that one and its own, 40; ash then has given 20 + 40 and
    would bid d (40), which is what birch would take."""
    block = {"name": "tit_for_tat", "first_step": 0.01}  # less than to the next package, so that counts
    talks = table_of(LADDER, 5, ash=block, birch=block)
    assert offers_of(talks)[:4] == ["ash a", "birch e", "ash b", "birch c"]
    assert signed_of(talks) == (3, "c")


def test_a_first_step_is_taken_after_the_first_offer_and_no_lower_than_no_deal():
    strategy = STRATEGIES["tit_for_tat"](first_step=np.array([0.4]))
    assert strategy.stance(seat(WORTH, [1])).aspiration == pytest.approx([1.0])
    block = {"name": "tit_for_tat", "first_step": 1}
    talks = table_of(LADDER, 3, 0.5, ash=block, birch={"name": "hardline", "last_rounds": 0})
    assert talks.aspiration[:, 0, 0].tolist() == pytest.approx([1.0, 0.5, 0.5])


@pytest.mark.parametrize("no_deal", [(0.1, 0.3), (0.0, 0.0)])
def test_a_hybrid_that_goes_by_the_clock_alone_meets_where_linear_conceders_do(no_deal):
    problem = pie(no_deal, 500, 40, 25)
    for party in problem["parties"].values():
        party["strategy"] = {"name": "hybrid", "weight": 1, "exponent": 1, "offers": "least_own"}
    talks = hold_talks(draw(read(problem)))
    assert (talks.signed[0] - 1) / 499 == pytest.approx(1 / (2 - sum(no_deal)), abs=0.01)


def test_a_hybrid_asks_for_the_weighted_mean_of_its_parts():
    """Round 2 of 9, so t = 1/8: linear 1 - .9 / 8 = .8875; mirrored 1 - .2 = .8; a quarter and three quarters."""
    strategy = STRATEGIES["hybrid"](weight=np.array([0.25]))
    assert strategy.stance(seat(WORTH, [1, 3], no_deal=0.1)).aspiration == pytest.approx([0.25 * 0.8875 + 0.75 * 0.8])


def test_micro_goes_down_its_own_order_a_step_for_a_step():
    """Round 3: birch would offer c (60) next, c is on the table: it accepts."""
    talks = table_of(LADDER, 9, ash={"name": "micro"}, birch={"name": "micro"})
    assert offers_of(talks) == ["ash a", "birch e", "ash b", "birch d", "ash c"]
    assert signed_of(talks) == (3, "c")


def test_micro_asks_for_the_lowest_it_has_offered_or_offers_next():
    talks = table_of(LADDER, 9, ash={"name": "micro"}, birch={"name": "micro"})
    assert talks.aspiration[:, 0, 0].tolist() == pytest.approx([1.0, 0.8, 0.6])


def test_micro_stays_where_the_other_stays_and_repeats_either_offer_alike():
    talks = table_of(LADDER, 6, 0, 2000, ash={"name": "micro"}, birch={"name": "hardline", "last_rounds": 0})
    assert all(offers_of(talks, b)[:4] == ["ash a", "birch e", "ash b", "birch e"] for b in range(20))
    later = [offers_of(talks, b)[place] for b in range(2000) for place in (4, 6, 8, 10)]
    assert set(later) == {"ash a", "ash b"}
    assert later.count("ash a") / len(later) == pytest.approx(0.5, abs=0.03)
    assert talks.aspiration[2:, 0, 0].tolist() == pytest.approx([0.8] * 4)


def test_micro_waits_for_the_one_who_moves_least():
    points = LADDER | {"cedar": LADDER["birch"]}
    moving, still = {"name": "micro"}, {"name": "hardline", "last_rounds": 0}
    talks = table_of(points, 6, ash=moving, birch={"name": "time_dependent"}, cedar=still)
    assert {offer for offer in offers_of(talks) if offer.startswith("ash")} == {"ash a", "ash b"}


def test_micro_goes_no_lower_than_no_deal():
    talks = table_of(LADDER, 9, 0.7, ash={"name": "micro"}, birch={"name": "micro"})
    assert set(offers_of(talks)) == {"ash a", "ash b", "birch d", "birch e"}
    assert talks.package[0] == NO_DEAL


def test_micro_comes_all_the_way_down_though_packages_outnumber_rounds():
    """Three rounds, five packages: a, c, e. In round 2 ash bids c, and birch accepts what it would bid next."""
    talks = table_of(LADDER, 3, ash={"name": "micro"}, birch={"name": "hardline", "last_rounds": 0})
    assert offers_of(talks)[:3] == ["ash a", "birch e", "ash c"]
    both = table_of(LADDER, 3, ash={"name": "micro"}, birch={"name": "micro"})
    assert signed_of(both) == (2, "c")
    many = {name: {f"o{k:02}": value for k, value in enumerate(values)} for name, values in
            {"ash": range(60, 0, -1), "birch": range(1, 61)}.items()}  # fmt: skip
    preset = table_of(many, 10, ash={"name": "negmas_micro"}, birch={"name": "negmas_micro"})
    assert preset.package[0] == NO_DEAL  # as in NegMAS: ten steps of sixty
    assert table_of(many, 10, ash={"name": "micro"}, birch={"name": "micro"}).package[0] != NO_DEAL


def test_micro_of_negmas_counts_offers_of_anybody():
    """Cedar bids e alone, birch e, then d in round 2 and c in round 4: e counts once, and ash bids one more than these.

    Ours waits for cedar.
    """
    points = LADDER | {"cedar": LADDER["birch"]}
    still = {"name": "hardline", "last_rounds": 0}
    moving = {"name": "time_dependent", "exponent": 0.5}
    for name, asks in (("micro", [1.0, 0.8, 0.8, 0.8, 0.8]), ("negmas_micro", [1.0, 0.8, 0.6, 0.6, 0.4])):
        talks = table_of(points, 12, ash={"name": name}, birch=moving, cedar=still)
        assert talks.aspiration[:5, 0, 0].tolist() == pytest.approx(asks), name


def test_micro_first_offers_what_it_has_not_offered_though_a_draft_came_first():
    """A draft counts as an offer; birch, whose no deal is worth .9, takes nothing but e."""
    parties = {name: {"strategy": {"name": "micro"}} for name in LADDER}
    parties["ash"]["opens_with"] = ["draft"]
    problem = text_on_a_table(LADDER, {"ash": 0, "birch": 0.9}, 3, parties=parties)
    problem["proposals"] = {"draft": {"label": "A draft", "package": {"text": "c"}}}
    talks = hold_talks(draw(made(problem)))
    assert offers_of(talks)[::2][:2] == ["ash c", "ash a"]


def test_the_human_preset_is_its_parameters_written_out():
    """What is left out is drawn, a number like any other of the file; what the file gives comes first."""
    spelled = {"name": "time_dependent", "exponent": {"value": 2.5, "range": [1, 4]}}
    problem, written_out = pie((0.1, 0.2), 9, 8, 5), pie((0.1, 0.2), 9, 8, 5)
    for preset, other in zip(problem["parties"].values(), written_out["parties"].values(), strict=True):
        preset["strategy"], other["strategy"] = {"name": "human"}, spelled
    talks, wanted = (hold_talks(draw(made(each), 3, 0, 50)) for each in (problem, written_out))
    assert talks.ensemble.strategies[0].exponent.std() > 0.3
    assert np.array_equal(talks.aspiration, wanted.aspiration, equal_nan=True)
    assert np.array_equal(talks.package, wanted.package)
    path = "parties.ash.strategy.exponent"
    assert made(problem).numbers()[path].range == (1, 4)
    problem["parties"]["ash"]["strategy"]["exponent"] = 2
    assert made(problem).numbers()[path].range is None and made(problem).numbers()[path].value == 2


def test_a_satisficer_asks_for_its_share_and_never_moves():
    talks = table_of(LADDER, 5, 0.2, ash={"name": "satisficing", "level": 0.7}, birch={"name": "hardline"})
    assert talks.aspiration[:, 0, 0].tolist() == pytest.approx([0.2 + 0.7 * 0.8] * 5)


@pytest.mark.parametrize(("last_rounds", "signed"), [(0, 0), (1, 5), (2, 4)])
def test_a_hardliner_offers_its_best_and_takes_what_it_gets_at_the_end(last_rounds, signed):
    points = {"ash": LADDER["ash"], "birch": LADDER["birch"]}
    hard = {"name": "hardline", "last_rounds": last_rounds}
    talks = table_of(points, 5, 0.1, ash={"name": "hardline", "last_rounds": 0}, birch=hard)
    assert set(offers_of(talks)) == {"ash a", "birch e"}
    assert talks.signed[0] == signed
    if signed:
        assert signed_of(talks) == (signed, "a")


def test_in_the_last_tenth_an_offer_as_good_as_the_best_received_is_enough():
    """Ash repeats a; birch, who would offer e, takes it in round 10 of 11, of which nine tenths have then passed."""
    points = {"ash": LADDER["ash"], "birch": LADDER["birch"]}
    waits = {"name": "hardline", "last_rounds": 0, "accepts": "combined"}
    talks = table_of(points, 11, 0.1, ash={"name": "hardline", "last_rounds": 0}, birch=waits)
    assert set(offers_of(talks)) == {"ash a", "birch e"}
    assert signed_of(talks) == (10, "a")


def test_random_offers_are_spread_evenly_over_what_is_worth_no_deal():
    talks = table_of(LADDER, 1, 0.5, 3000, ash={"name": "random"}, birch={"name": "hardline", "last_rounds": 0})
    first = [offers_of(talks, b)[0] for b in range(3000)]
    assert {offer: first.count(offer) / 3000 for offer in set(first)} == pytest.approx(
        {"ash a": 1 / 3, "ash b": 1 / 3, "ash c": 1 / 3}, abs=0.03
    )


def test_random_acceptance_is_the_share_of_packages_worth_no_more():
    """Offered is b: of a, b and c, worth no deal or more, two are worth no more than b."""
    points = {"birch": LADDER["birch"] | {"b": 100, "e": 0}, "ash": LADDER["ash"]}
    talks = table_of(points, 1, 0.5, 3000, birch={"name": "hardline"}, ash={"name": "random"})
    assert (talks.signed == 1).mean() == pytest.approx(2 / 3, abs=0.03)


def nice_pie(information: str, rounds: int = 1000, **birch: Any) -> Talks:
    """Ash is nice and has a no deal of .1, birch of .3: the largest product of gains is at (.4, .6)."""
    problem = pie((0.1, 0.3), rounds, 40, 25, offers="least_own")
    problem["protocol"]["information"] = information
    problem["parties"]["ash"]["strategy"] = {"name": "nice_tit_for_tat", "offers": "least_own"}
    problem["parties"]["birch"]["strategy"] |= birch
    return hold_talks(draw(read(problem)))


def test_who_mirrors_the_part_of_the_way_ends_at_the_fair_package():
    """Birch claims 1 - .7 t; ash asks for 1 - (.7 t / .4) .6. The pie is divided when both sum to 1: at (.4, .6)."""
    talks = nice_pie("complete")
    assert talks.net_utility[0, :, talks.package[0]] == pytest.approx([0.4, 0.6], abs=0.003)
    assert (talks.signed[0] - 1) / 999 == pytest.approx(0.4 / 0.7, abs=0.005)


def test_where_nothing_is_known_fair_is_half_way():
    """Half way is .55, so ash asks for 1 - (.7 t / .55) .45: the pie is divided at (.55, .45)."""
    talks = nice_pie("none")
    assert talks.net_utility[0, :, talks.package[0]] == pytest.approx([0.55, 0.45], abs=0.003)


def test_two_nice_ones_settle_on_the_fair_package_at_the_last():
    problem = pie((0.1, 0.3), 41, 4, 25)
    for party in problem["parties"].values():
        party["strategy"] = {"name": "nice_tit_for_tat"}
    talks = hold_talks(draw(read(problem)))
    assert talks.signed[0] == 41
    assert talks.net_utility[0, :, talks.package[0]] == pytest.approx([0.4, 0.6])
    assert talks.aspiration[36, 0].tolist() == pytest.approx([1.0, 1.0])  # t = .9
    assert talks.aspiration[37, 0, 0] == pytest.approx(0.85)  # t = .925, birch has not moved: a quarter of it


def test_a_nice_one_is_not_moved_by_a_hardliner_and_counts_the_best_offer_not_the_last():
    nice = STRATEGIES["nice_tit_for_tat"]()
    nobody = type("Nothing", (), {"utility": np.ones((1, 2, 6)), "reservation_value": np.zeros((1, 2))})
    seen = [seat(WORTH, offers, find_known=lambda: nobody) for offers in ([0, 0, 0], [0, 2, 0], [0, 4], [0, 5])]
    asks = [nice.stance(view).aspiration[0] for view in seen]  # fair is .5: half way; the first offer is worth .1
    assert asks == pytest.approx([1.0, 1 - 0.5 * 0.15 / 0.4, 0.5, 0.5])


def test_zeuthen_on_five_packages():
    """a (10, 1), b (8, 4), c (6, 6), d (4, 7), e (2, 8): first to b, second to c and not to d, first takes c.

    Each answers the offers of the rounds before: birch hears of b when the third round begins.
    """
    points = {
        "ash": {"a": 100, "b": 80, "c": 60, "d": 40, "e": 20},
        "birch": {"a": 10, "b": 40, "c": 60, "d": 70, "e": 80},
    }
    talks = table_of(points, 9, ash={"name": "zeuthen"}, birch={"name": "zeuthen"})
    assert offers_of(talks) == ["ash a", "birch e", "ash b", "birch e", "ash b", "birch c"]
    assert signed_of(talks) == (4, "c")
    assert talks.aspiration[:, 0, 0].tolist() == pytest.approx([1.0, 0.8, 0.8, 0.6])


def test_the_less_exposed_of_two_does_not_move():
    """Against one who stays at a, birch (8, 1): its risk is 7/8 and ash's (10, 2) 8/10, so birch repeats e."""
    points = {
        "ash": {"a": 100, "b": 80, "c": 60, "d": 40, "e": 20},
        "birch": {"a": 10, "b": 40, "c": 60, "d": 70, "e": 80},
    }
    talks = table_of(points, 4, ash={"name": "hardline", "last_rounds": 0}, birch={"name": "zeuthen"})
    assert offers_of(talks) == ["ash a", "birch e"] * 4


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 99), st.integers(1, 99)), min_size=2, max_size=6, unique=True))
def test_two_zeuthens_that_know_everything_end_at_the_largest_product(worths):
    """No deal is worth nothing; two issues of one option each would do, here it is one issue."""
    points = {
        "ash": {f"p{k}": a for k, (a, _) in enumerate(worths)} | {"first": 100, "last": 0},
        "birch": {f"p{k}": b for k, (_, b) in enumerate(worths)} | {"first": 0, "last": 100},
    }
    talks = table_of(points, 30, ash={"name": "zeuthen"}, birch={"name": "zeuthen"})
    products = [a * b for a, b in worths]
    assert talks.net_utility[0, :, talks.package[0]].prod() * 1e4 == pytest.approx(max(products))


def test_three_zeuthens_whose_third_risks_least_lets_the_third_move_first():
    """Worst offers lose ash 9/10 and birch 8/9 of what their own give, cedar 1/3: cedar moves, the others stay."""
    points = {
        "ash": {"a": 100, "b": 10, "c": 50, "d": 60},
        "birch": {"a": 10, "b": 90, "c": 50, "d": 60},
        "cedar": {"a": 40, "b": 50, "c": 60, "d": 55},
    }
    zeuthen = {"name": "zeuthen"}
    talks = table_of(points, 2, ash=zeuthen, birch=zeuthen, cedar=zeuthen)
    assert offers_of(talks) == ["ash a", "birch b", "cedar c", "ash a", "birch b", "cedar d"]


@settings(max_examples=15)
@given(worlds(max_rounds=6), blocks, st.integers(0, 3))
def test_strategies_keep_their_promises_while_lines_fall_and_texts_are_struck(problem, blocks, seed):
    """A war, events, levers and votes at home change what can be signed and what no deal is worth."""
    scenario = made(with_strategies(problem, blocks))
    whole = watched(draw(scenario, seed, 0, 5))
    assert_same_bits(whole, [hold_talks(draw(scenario, seed, 0, 2)), hold_talks(draw(scenario, seed, 2, 3))])
