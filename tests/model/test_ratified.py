"""What was signed is asked about at home: in force, refused, or back to the table without the texts refused."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.packages import NO_DEAL
from sim.core.state import NOT_ASKED, OFFERED, REFUSED
from sim.core.utility import EVERYBODY
from sim.model.ensemble import draw
from sim.model.peace_talks import PeaceTalks, hold_talks
from sim.results.columns import OUTCOMES, blockers, outcome_columns
from tests.worlds import made, text_on_a_table, worlds

FAIR = {"ash": 0.2, "birch": 0.2}
EQUALS = {"ash": {"a": 100, "b": 80, "c": 60}, "birch": {"a": 100, "b": 80, "c": 60}}  # they want the same


def house(order: int = 1, months: float = 0.0, support: float = 0.5, error: float = 0.0, **more: Any) -> dict[str, Any]:
    """A body that wants one half."""
    vote = [{"id": "law", "at_least": "1/2"}]
    return {"party": "ash", "order": order, "votes": vote, "support": support, "error": error, "months": months} | more


def home(at_most: int = 1, months_lost: float = 0.0, name: str = "resume", **ratifiers: Any) -> dict[str, Any]:
    after = {"name": "end"} if name == "end" else {"name": name, "months_lost": months_lost, "at_most": at_most}
    return {"after_refusal": after, "ratifiers": ratifiers}


def shifts(**by_text: float) -> dict[str, Any]:
    """Log-odds added to one half: below 0 is refused."""
    return {"shifts": {"text": by_text}}


def table(rounds: int, ratification: Any, days: float | None = None, **blocks: Any) -> dict[str, Any]:
    problem = text_on_a_table(EQUALS, FAIR, rounds, ratification=ratification, **blocks)
    return problem | ({"time": {"rounds": rounds, "days_per_round": days}} if days else {})


def speaking(talks: Any, b: int = 0) -> list[int]:
    """Rounds in which somebody spoke."""
    return [k for k, moves in enumerate(talks.moves, 1) if (moves.did[:, b] != NOT_ASKED).any()]


def test_what_passes_is_in_force_and_the_draw_is_closed():
    talks = hold_talks(draw(made(table(5, home(senate=house(months=3, support=0.6))))))
    columns = outcome_columns(talks)
    assert OUTCOMES[columns["outcome"][0]] == "in_force"
    assert (columns["after.ratified"][0], columns["after.attempts"][0]) == (True, 1)
    assert columns["after.months_to_force"][0] == 3
    assert columns["after.refused_by"][0] == blockers(talks)[0] == ""
    assert speaking(talks) == [1]


# When they talk again

DAY = 1 / 30.4375


@pytest.mark.parametrize(
    ("days", "to_vote", "lost", "again"),
    [
        (30.4375, 0, 0, 2),  # not in the round of signature
        (30.4375, 1, 0, 2),  # at the date of a round is in time for it
        (30.4375, 1.001, 0, 3),
        (30.4375, 1, 1, 3),
        (30.4375, 0.5, 0.4, 2),
        (30.4375, 2.5, 1.5, 5),
        (3.04375, 0.3, 0, 4),  # three tenths of a month, whatever the last bits say
        (3.04375, 0.1, 0.2, 4),
        (14, 13 * DAY, 0, 2),
        (14, 14 * DAY, 14 * DAY, 3),
        (14, 0.9, 0, 3),
    ],
)
def test_they_talk_again_in_the_first_round_at_or_after_the_refusal_and_the_months_lost(days, to_vote, lost, again):
    """Signed in round 1; a is refused, b passes and is signed at once."""
    talks = hold_talks(draw(made(table(6, home(1, lost, senate=house(months=to_vote, **shifts(a=-1))), days))))
    assert speaking(talks) == [1, again]
    assert (talks.signed[0], talks.package[0]) == (again, 1)
    assert talks.approval.attempts[0] == 2
    assert outcome_columns(talks)["outcome"][0] == OUTCOMES.index("in_force")


def test_they_begin_with_an_empty_table_at_the_aspirations_of_the_clock():
    problem = table(9, home(1, senate=house(months=4, **shifts(a=-1))))
    problem["protocol"]["order"] = ["birch", "ash"]
    talks = hold_talks(draw(made(problem)))
    assert (talks.moves[0].did[0, 0], talks.moves[4].did[0, 0]) == (OFFERED, OFFERED)
    assert talks.aspiration[0, 0].tolist() == [1, 1]
    assert np.isnan(talks.aspiration[1:4, 0]).all()
    best, time = 0.8, 4 / 8  # a is struck; the exponent is 1
    assert talks.aspiration[4, 0] == pytest.approx([best - (best - 0.2) * time] * 2)


# How often


@pytest.mark.parametrize(
    ("at_most", "attempts", "outcome"), [(0, 1, "refused"), (1, 2, "refused"), (2, 3, "refused"), (3, 3, "deadline")]
)
def test_they_go_back_to_the_table_at_most_so_often(at_most, attempts, outcome):
    """Three texts, each refused: c with a smaller share than b, b than a, so that none strikes the next."""
    ratification = home(at_most, senate=house(months=0.5, **shifts(a=-3, b=-2, c=-1)))
    talks = hold_talks(draw(made(table(9, ratification))))
    columns = outcome_columns(talks)
    assert columns["after.attempts"][0] == attempts
    assert OUTCOMES[columns["outcome"][0]] == outcome
    assert columns["after.refused_by"][0] == ("senate" if outcome == "refused" else "")
    assert talks.package[0] == (NO_DEAL if outcome == "deadline" else attempts - 1)


# What is struck


def test_only_texts_that_the_same_vote_is_held_on_are_struck():
    """The senate would like b less, but is not asked about b."""
    senate = house(months=0.5, when={"text": ["a", "c"]}, **shifts(a=-1, b=-2, c=-2))
    talks = hold_talks(draw(made(table(9, home(5, senate=senate)))))
    assert (talks.approval.attempts[0], talks.package[0]) == (2, 1)
    assert talks.zone[0].tolist() == [False, True, False]


@settings(max_examples=30)
@given(worlds(), st.integers(0, 20))
def test_what_was_struck_is_neither_offered_nor_signed_again(problem, seed):
    """In any world; stepping through it, with what each refusal strikes written down."""
    model = PeaceTalks(draw(made(problem), seed, 0, 6))
    struck = np.zeros((6, len(model.ensemble.structure.space)), bool)
    signed_before = [set[int]() for _ in range(6)]
    while model.running:
        model.step()
        state, moves = model.state, model.moves[-1]
        turn, b = np.nonzero((moves.did == OFFERED) | (moves.did == REFUSED))
        lines = model.ensemble.structure.lines
        left = ~struck & ~lines.crossed(state.real & (lines.party == EVERYBODY))  # by an event
        assert not (struck[b, moves.package[turn, b]] & left[b].any(axis=1)).any()
        for row in np.flatnonzero(state.signed == state.round).tolist():
            package = int(state.standing[row])
            assert package not in signed_before[row]
            assert not struck[row, package]
            signed_before[row].add(package)
            votes = model.approval.ratification
            if model.approval.waiting(state)[row]:
                one = votes.rows(np.array([row]))
                struck[row] |= one.struck(np.array([package]), one.hold(np.array([package])))[0]
                assert struck[row, package]
