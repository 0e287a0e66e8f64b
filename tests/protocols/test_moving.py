"""Whole talks in one loop while the world around the table moves, against the same round by round."""

import copy
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.model.ensemble import draw
from sim.model.moving import can_play
from sim.model.peace_talks import PeaceTalks, Talks, hold_talks
from tests.protocols.test_quick_pass import by_the_clock
from tests.worlds import made, text_on_a_table, worlds


def by_the_clock_alone(problem: dict[str, Any]) -> dict[str, Any]:
    """The problem with parties that go by the clock and a list, and none with texts to put forward first."""
    problem = copy.deepcopy(by_the_clock(problem))
    for party in problem["parties"].values():
        party.pop("opens_with", None)
    if problem["protocol"]["information"] == "complete":
        problem["protocol"]["information"] = "none"
    return problem


def round_by_round(problem: dict[str, Any], seed: int, draws: int) -> Talks:
    model = PeaceTalks(draw(made(problem), seed, 0, draws))
    while model.running:
        model.step()
    return model.hold()


def assert_same(one: Talks, other: Talks) -> None:
    """All that came of it, bit for bit."""
    assert len(one.moves) == len(other.moves)
    for move, plain_move in zip(one.moves, other.moves, strict=True):
        for entry in fields(move):
            assert np.array_equal(getattr(move, entry.name), getattr(plain_move, entry.name)), entry.name
    for entry in fields(one):
        found, wanted = getattr(one, entry.name), getattr(other, entry.name)
        if isinstance(found, np.ndarray):
            assert found.shape == wanted.shape, entry.name
            assert np.array_equal(found, wanted, equal_nan=found.dtype.kind == "f"), entry.name
    for name in ("attempts", "passed", "refused_by", "in_force_month", "ceasefire_month", "chance"):
        assert np.array_equal(getattr(one.approval, name), getattr(other.approval, name), equal_nan=True), name


@settings(max_examples=60)
@given(worlds(), st.integers(0, 9), st.sampled_from([None, 1, 2]))
def test_a_moving_world_in_one_loop_is_the_same_as_round_by_round(problem, seed, memory):
    """Lines fall and are given up, levers are pulled, texts are refused at home or taken off the table."""
    problem = by_the_clock_alone(problem)
    if memory is not None:
        problem["protocol"]["memory"] = memory
    ensemble = draw(made(problem), seed, 0, 5)
    assume(can_play(ensemble, PeaceTalks(ensemble).parties))
    assert_same(hold_talks(ensemble), round_by_round(problem, seed, 5))


POINTS = {"ash": {"a": 100, "b": 60, "c": 0}, "birch": {"a": 0, "b": 60, "c": 100}}
WORD = {"commits": {"party": "ash", "to": {"text": "a"}, "costs_per_step": 0.1}}


@pytest.mark.parametrize(
    ("changes", "in_one_loop"),
    [
        ({}, True),
        ({"events": [{"id": "word", "at": {"month": 0}, **WORD}]}, True),
        ({"events": [{"id": "word", "at": {"month": 2}, **WORD}]}, False),  # worth changes in the midst of the talks
        ({"parties": {"ash": {"strategy": {"name": "time_dependent", "exponent": 1, "offers": "least_own"}}}}, False),
        ({"parties": {"ash": {"strategy": {"name": "hardline"}}}}, False),
    ],
)
def test_who_plays_in_one_loop(changes, in_one_loop):
    table = {"protocol": {"name": "alternating_offers", "order": "fixed", "information": "positions"}}
    problem = text_on_a_table(POINTS, {"ash": 0.4, "birch": 0.4}, 6, **table, **changes)
    model = PeaceTalks(draw(made(problem), 1, 0, 3))
    assert can_play(model.ensemble, model.parties) is in_one_loop
    assert_same(hold_talks(model.ensemble), round_by_round(problem, 1, 3))


def test_who_can_sign_nothing_offers_the_best_that_is_left_and_so_does_the_loop():
    """Lines against all texts; one falls as the months pass, and an event takes another text off the table."""
    lines = [{"id": text, "never": {"text": text}, "hardness": 0.999} for text in "abc"]
    events = [{"id": "gone", "at": {"month": 2}, "removes": {"text": "a"}}]
    table = {"protocol": {"name": "alternating_offers", "order": "fixed", "information": "positions"}}
    problem = text_on_a_table(
        POINTS, {"ash": 0.1, "birch": 0.1}, 8, parties={"ash": {"red_lines": lines}}, events=events,
        giving_way={"per_month": 0.2}, **table,
    )  # fmt: skip
    ensemble = draw(made(problem), 3, 0, 40)
    whole = hold_talks(ensemble)
    assert_same(whole, round_by_round(problem, 3, 40))
    assert (whole.signed > 0).any()
    assert not whole.real_by_round[-1].all()
