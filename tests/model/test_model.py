"""The talks: closed forms, an ordinary loop, and the promises of the draw axis."""

import gc
import weakref

import pytest

from sim.core.packages import NO_DEAL
from sim.core.strategy import View
from sim.model.agents import Party
from sim.model.ensemble import draw
from sim.model.peace_talks import PeaceTalks, hold_talks
from tests.problems import pie, read, shipped


def meeting_time(no_deal: tuple[float, float], rounds: int) -> float:
    talks = hold_talks(draw(read(pie(no_deal, rounds, 40, 25, offers="least_own"))))
    return (talks.signed[0] - 1) / (rounds - 1)


@pytest.mark.parametrize("no_deal", [(0.1, 0.3), (0.0, 0.0), (0.4, 0.2)])
def test_linear_conceders_meet_where_their_aspirations_cross(no_deal):
    """Two claims 1 - (1 - r) t fill one pie exactly at t = 1 / (2 - r0 - r1)."""
    assert meeting_time(no_deal, 1000) == pytest.approx(1 / (2 - sum(no_deal)), abs=0.005)


def test_a_pie_divided_by_equals_is_halved():
    talks = hold_talks(draw(read(pie((0.2, 0.2), 500, 4, 25, offers="least_own"))))
    assert talks.net_utility[0, :, talks.package[0]] == pytest.approx([0.5, 0.5], abs=0.02)


def test_who_cannot_be_satisfied_signs_nothing():
    """Claims above .6 and .4 of one pie leave no zone; talks run to the deadline."""
    talks = hold_talks(draw(read(pie((0.65, 0.45), 12))))
    assert not talks.zone.any()
    assert talks.package.tolist() == [NO_DEAL]
    assert len(talks.moves) == 12


def test_who_opens_a_last_round_of_one_has_the_edge():
    """With one round left each accepts whatever beats no deal, so the opener's best remaining offer stands."""
    talks = hold_talks(draw(read(pie((0.2, 0.3), 1))))
    assert talks.signed.tolist() == [1]
    assert talks.proposer.tolist() == [0]


def test_who_opens_with_a_text_puts_it_on_the_table_first():
    problem = pie((0.1, 0.1), 9)
    problem["proposals"] = {"greedy": {"label": "All to birch", "package": {"bundles": "c000", "singles": "f000"}}}
    problem["parties"]["ash"]["opens_with"] = "greedy"
    talks = hold_talks(draw(read(problem)))
    space = talks.ensemble.structure.space
    assert space.options_of(talks.moves[0].package[0, 0]) == {"bundles": "c000", "singles": "f000"}
    assert talks.moves[1].package[0, 0] != talks.moves[0].package[0, 0] or talks.signed[0] == 1


def test_the_order_of_speaking_is_drawn_anew_each_round_or_once():
    problem = pie((0.6, 0.6), 6)
    problem["protocol"]["order"] = "random"
    turns = draw(read(problem), 1, 0, 400).turns[:, :, 0]
    assert abs(turns.mean() - 0.5) < 0.05
    assert 0.4 < (turns[1:] != turns[:-1]).mean() < 0.6
    problem["protocol"]["order"] = "rotating"
    turns = draw(read(problem), 1, 0, 400).turns[:, :, 0]
    assert (turns[1:] != turns[:-1]).all()
    assert abs(turns[0].mean() - 0.5) < 0.1
    problem["protocol"]["order"] = "fixed"
    fixed = draw(read(problem), 1, 0, 400).turns[:, :, 0]
    assert (fixed == turns[0]).all()


def test_talks_leave_no_memory_behind():
    """Mesa keeps every model alive through its counter of agents; ours must not."""
    ensemble = draw(read(pie((0.1, 0.1), 4)))
    model = PeaceTalks(ensemble)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_nothing_of_the_talks_stays_in_memory_but_what_came_of_them():
    """Without the help of the garbage collector: blocks of a large scenario would pile up until it comes round."""
    scenario = shipped("two-banks-pullback")
    kept = hold_talks(draw(scenario, 1, 0, 4))
    gc.collect()
    gc.disable()
    try:
        kept = hold_talks(draw(scenario, 1, 4, 4))
        left = [each for each in gc.get_objects() if isinstance(each, (PeaceTalks, Party, View))]
    finally:
        gc.enable()
    assert len(kept.ensemble) == 4 and not left
