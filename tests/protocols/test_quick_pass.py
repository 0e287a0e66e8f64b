"""A pass of the table in one loop, against the same turn by turn."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.model.ensemble import draw
from sim.model.peace_talks import PeaceTalks, hold_talks
from sim.protocols import alternating_offers, negmas_0_16
from sim.protocols.quick_pass import quick_pass
from tests.problems import pie, problems
from tests.worlds import made, worlds

NOBODY: Mapping[str, dict[str, Any]] = {}
LISTED, LEAST_OWN, BOTH = ("best_for_others",), ("least_own",), ("best_for_others", "least_own")


def by_the_clock(
    problem: dict[str, Any], offers: tuple[str, ...] = LISTED, answering: Mapping[str, dict[str, Any]] = NOBODY
) -> dict[str, Any]:
    """The problem with parties whose play can be told before a round, by these offer rules; some answer the others."""
    problem = copy.deepcopy(problem)
    for name, party in problem["parties"].items():
        if party["strategy"]["name"] == "time_dependent" and name in answering:
            party["strategy"] = {"name": "tit_for_tat"} | answering[name]
        rule = "picked" if party["strategy"]["name"] == "micro" else offers[len(name) % len(offers)]
        party["strategy"] |= {"offers": rule, "accepts": "threshold"}
    informations = {"best_for_others": ("learned",), "least_own": ("complete",)}
    if any(problem["protocol"]["information"] in informations[rule] for rule in offers):
        problem["protocol"]["information"] = "positions"
    return problem


def by_the_rules_of_negmas(problem: dict[str, Any]) -> dict[str, Any]:
    """The problem under the rules of NegMAS, between its parties and others that go by the clock."""
    problem = by_the_clock(problem, LEAST_OWN)
    order = problem["protocol"]["order"]
    problem["protocol"] = {"name": "negmas_0_16", "order": order}
    for name, party in problem["parties"].items():
        if len(name) % 2:
            party["strategy"] = {"name": "negmas_aspiration", "exponent": party["strategy"].get("exponent", 2)}
    return problem


RULES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "listed": by_the_clock,
    "least_own": lambda problem: by_the_clock(problem, LEAST_OWN),
    "both": lambda problem: by_the_clock(problem, BOTH),
    "negmas": by_the_rules_of_negmas,
    "answers": by_the_clock,
}


def play(problem: dict[str, Any], seed: int, quick: Any) -> tuple[list[Any], list[Any], PeaceTalks]:
    """Tables and moves round by round, and the model."""
    with pytest.MonkeyPatch.context() as patch:
        for protocol in (alternating_offers, negmas_0_16):
            patch.setattr(protocol, "quick_pass", quick)
        model = PeaceTalks(draw(made(problem), seed, 0, 5))
        states = []
        while model.running:
            model.step()
            states.append((model.state, model.state.log.copy()))
        return states, model.moves, model


def assert_same(problem: dict[str, Any], seed: int) -> None:
    told = []

    def noted(*arguments: Any) -> Any:
        told.append(quick_pass(*arguments))
        return told[-1]

    (one, moves, _), (other, plain_moves, _) = play(problem, seed, noted), play(problem, seed, lambda *_: None)
    assert len(one) == len(other) == len(told)
    assert all(pass_ is not None for pass_ in told)
    for (state, log), (plain, plain_log) in zip(one, other, strict=True):
        for entry in fields(state):
            if entry.name != "log":
                assert np.array_equal(getattr(state, entry.name), getattr(plain, entry.name)), entry.name
        written = np.arange(log.shape[2]) < state.offers_made[:, :, None]
        assert np.array_equal(np.where(written, log, 0), np.where(written, plain_log, 0))
    for move, plain_move in zip(moves, plain_moves, strict=True):
        for entry in fields(move):
            assert np.array_equal(getattr(move, entry.name), getattr(plain_move, entry.name)), entry.name


@settings(max_examples=60)
@given(problems(), st.integers(0, 9), st.sampled_from([None, 1, 2]), st.sampled_from([LISTED, LEAST_OWN, BOTH]))
def test_a_pass_in_one_loop_is_the_same_as_turn_by_turn(problem, seed, memory, offers):
    problem = by_the_clock(problem, offers)
    if memory is not None:
        problem["protocol"]["memory"] = memory
    assert_same(problem, seed)


@settings(max_examples=60)
@given(worlds(), st.integers(0, 9), st.sampled_from([LISTED, LEAST_OWN, BOTH]))
def test_so_it_is_in_a_world_where_much_goes_on(problem, seed, offers):
    """Lines fall, drafts are put on the table, texts are refused at home and taken off the table."""
    assert_same(by_the_clock(problem, offers), seed)


@settings(max_examples=60)
@given(st.one_of(problems(max_rounds=12), worlds()), st.integers(0, 9))
def test_so_it_is_by_the_rules_of_negmas(problem, seed):
    assert_same(by_the_rules_of_negmas(problem), seed)


KINDS = {"kind": st.sampled_from(["absolute", "relative", "averaged"]), "span": st.integers(1, 3)}
ANSWERS = st.dictionaries(
    st.sampled_from(["ash", "birch", "cedar"]),
    st.one_of(
        st.fixed_dictionaries(KINDS),
        st.fixed_dictionaries(
            {"name": st.just("hybrid"), "weight": st.sampled_from([0, 0.3, 1, {"value": 0.5, "range": [0, 1]}])} | KINDS
        ),
        st.just({"name": "micro"}),
    ),
    min_size=1,
)


@settings(max_examples=100)
@given(st.one_of(problems(max_rounds=12), worlds()), st.integers(0, 9), ANSWERS, st.sampled_from([LISTED, BOTH]))
def test_so_it_is_where_parties_answer_the_others(problem, seed, answering, offers):
    assert_same(by_the_clock(problem, offers, answering), seed)


@pytest.mark.parametrize("change", [{"accepts": "next_offer"}, {"offers": "nash"}])
@given(problems())
@settings(max_examples=3)
def test_other_rules_are_played_turn_by_turn(change, problem):
    problem = by_the_clock(problem)
    next(iter(problem["parties"].values()))["strategy"] |= change
    model = PeaceTalks(draw(made(problem), 1, 0, 2))
    assert [party.by_rule(model.state.next_round()) is None for party in model.parties].count(True) == 1


@settings(max_examples=60)
@given(problems(max_rounds=12), st.integers(0, 9), st.sampled_from([None, 1, 2]), st.sampled_from([*RULES]), ANSWERS)
def test_all_rounds_at_once_are_the_same_as_round_by_round(problem, seed, memory, rule, answering):
    problem = by_the_clock(problem, LISTED, answering) if rule == "answers" else RULES[rule](problem)
    if memory is not None and rule != "negmas":
        problem["protocol"]["memory"] = memory
    assert_whole_talks_are_the_same(problem, seed)


@settings(max_examples=60)
@given(problems(max_rounds=12), st.integers(0, 9), st.sampled_from([1, 2, 3]))
def test_so_they_are_where_all_go_down_step_by_step_and_forget_lines(problem, seed, memory):
    problem = by_the_clock(problem, LISTED, {name: {"name": "micro"} for name in problem["parties"]})
    problem["protocol"] |= {"memory": memory, "refusals": "reasoned"}
    assert_whole_talks_are_the_same(problem, seed)


def test_so_they_are_where_many_packages_are_worth_nearly_the_same():
    """Five heaps of 41 packages each, which the parties come down to one package after the other."""
    problem = pie((0.3, 0.3), 60, coarse=5, fine=40, offers="least_own")
    problem["protocol"]["information"] = "positions"
    for name, party in problem["parties"].items():
        party["weights"] = {"bundles": 0.998, "singles": 0.002}
        party["strategy"]["exponent"] = 4 if name == "ash" else 3
    assert_whole_talks_are_the_same(problem, 1)


def assert_whole_talks_are_the_same(problem: dict[str, Any], seed: int) -> None:
    ensemble = draw(made(problem), seed, 0, 5)
    whole, (_, moves, model) = hold_talks(ensemble), play(problem, seed, lambda *_: None)
    talks = model.hold()
    assert whole.moves and len(whole.moves) == len(moves)
    for move, plain_move in zip(whole.moves, moves, strict=True):
        for entry in fields(move):
            assert np.array_equal(getattr(move, entry.name), getattr(plain_move, entry.name)), entry.name
    for entry in fields(talks):
        one, other = getattr(whole, entry.name), getattr(talks, entry.name)
        if isinstance(one, np.ndarray):
            assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f"), entry.name
    for name in ("attempts", "passed", "in_force_month", "ceasefire_month"):
        assert np.array_equal(getattr(whole.approval, name), getattr(talks.approval, name), equal_nan=True), name
