"""The talks: closed forms, an ordinary loop, and the promises of the draw axis."""

import copy
import gc
import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.exact import Floats
from sim.core.packages import NO_DEAL
from sim.core.strategy import View
from sim.model.agents import Party
from sim.model.domain import structure
from sim.model.ensemble import draw
from sim.model.peace_talks import PeaceTalks, Talks, hold_talks
from tests.plain import PlainTalks
from tests.problems import pie, problems, read, shipped


def meeting_time(no_deal: tuple[float, float], rounds: int) -> float:
    talks = hold_talks(draw(read(pie(no_deal, rounds, 40, 25, offers="least_own"))))
    return (talks.signed[0] - 1) / (rounds - 1)


@pytest.mark.parametrize("no_deal", [(0.1, 0.3), (0.0, 0.0), (0.4, 0.2)])
def test_linear_conceders_meet_where_their_aspirations_cross(no_deal):
    """Two claims 1 - (1 - r) t fill one pie exactly at t = 1 / (2 - r0 - r1)."""
    assert meeting_time(no_deal, 1000) == pytest.approx(1 / (2 - sum(no_deal)), abs=0.005)


def test_a_pie_divided_by_equals_is_halved():
    talks = hold_talks(draw(read(pie((0.2, 0.2), 500, 4, 25, offers="least_own"))))
    assert talks.utility[0, :, talks.package[0]] == pytest.approx([0.5, 0.5], abs=0.02)


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


@settings(max_examples=60)
@given(problems(), st.integers(0, 5), st.integers(0, 30))
def test_one_draw_equals_an_ordinary_loop(problem, seed, start):
    ensemble = draw(read(problem), seed, start, 1)
    talks, plain = hold_talks(ensemble), PlainTalks(ensemble).play()
    space = ensemble.structure.space
    if plain.signed is None:
        assert talks.package[0] == NO_DEAL
    else:
        k, package, proposer = plain.signed
        assert (talks.signed[0], ensemble.structure.parties[talks.proposer[0]]) == (k, proposer)
        assert tuple(space.options_of(talks.package[0])[issue.name] for issue in space.issues) == package


@settings(max_examples=25)
@given(problems(), st.integers(0, 3), st.lists(st.integers(1, 7), min_size=1, max_size=4))
def test_a_draw_does_not_feel_its_neighbours(problem, seed, lengths):
    """Any cutting up of the draws gives the same bits, down to single draws."""
    scenario = read(problem)
    table, count = structure(scenario), sum(lengths)
    whole = hold_talks(draw(scenario, seed, 0, count, table=table))
    start = 0
    for length in lengths:
        part = hold_talks(draw(scenario, seed, start, length, table=table))
        rows = slice(start, start + length)
        for name in ("package", "signed", "standing", "proposer", "utility", "zone", "last_refuser", "best"):
            assert np.array_equal(getattr(part, name), getattr(whole, name)[rows]), name
        rounds = len(part.moves)
        assert np.array_equal(part.aspiration, whole.aspiration[:rounds, rows], equal_nan=True)
        start += length


@settings(max_examples=40)
@given(problems(), st.integers(0, 3))
def test_every_agreement_lies_in_the_zone(problem, seed):
    talks = hold_talks(draw(read(problem), seed, 0, 8))
    signed = np.flatnonzero(talks.package != NO_DEAL)
    assert talks.zone[signed, talks.package[signed]].all()


def shuffled(problem: dict[str, Any], random: Any) -> dict[str, Any]:
    """The same problem with parties, issues and options in another order of the file."""

    def mix(mapping: dict[str, Any]) -> dict[str, Any]:
        return {key: mapping[key] for key in random.sample(list(mapping), len(mapping))}

    other = copy.deepcopy(problem)
    other["issues"] = mix({n: i | {"options": mix(i["options"])} for n, i in other["issues"].items()})
    other["parties"] = mix(other["parties"])
    for party in other["parties"].values():
        party["weights"] = mix(party["weights"])
        party["values"] = mix({issue: mix(points) for issue, points in party["values"].items()})
    return other


@settings(max_examples=25)
@given(problems(), st.randoms(use_true_random=False))
def test_reordering_the_file_moves_no_bit(problem, random):
    first = hold_talks(draw(read(problem), 1, 0, 6))
    second = hold_talks(draw(read(shuffled(problem, random)), 1, 0, 6))
    for name in ("package", "signed", "proposer", "utility", "zone", "best", "reservation_value"):
        assert np.array_equal(getattr(first, name), getattr(second, name)), name


def mirrored(problem: dict[str, Any]) -> dict[str, Any]:
    """Ash and birch exchanged in everything that names them."""
    swap = {"ash": "birch", "birch": "ash"}
    other = copy.deepcopy(problem)
    other["parties"] = {swap.get(name, name): party for name, party in other["parties"].items()}
    if isinstance(other["protocol"]["order"], list):
        other["protocol"]["order"] = [swap.get(name, name) for name in other["protocol"]["order"]]
    return other


def exchanged(values: Floats) -> Floats:
    """The party axis, the second of (B, N, ...), with the first two parties exchanged."""
    return values[:, [1, 0, *range(2, values.shape[1])]]


@settings(max_examples=40)
@given(problems(), st.integers(0, 3))
def test_exchanging_two_parties_mirrors_every_draw(problem, seed):
    first = hold_talks(draw(read(problem), seed, 0, 6))
    streams_as = {"ash": "birch", "birch": "ash"}
    second = hold_talks(draw(read(mirrored(problem)), seed, 0, 6, streams_as=streams_as))
    assert np.array_equal(exchanged(first.utility), second.utility)
    assert np.array_equal(first.package, second.package)
    assert np.array_equal(first.signed, second.signed)
    assert np.array_equal(np.array([1, 0, 2, -1])[first.proposer], second.proposer)


@settings(max_examples=25)
@given(problems(), st.integers(0, 3))
def test_nobody_accepts_what_is_worse_than_no_deal_or_behind_a_real_line(problem, seed):
    talks = hold_talks(draw(read(problem), seed, 0, 8))
    lines = talks.ensemble.structure.lines
    crossed = lines.crossed(talks.ensemble.real)
    for b in np.flatnonzero(talks.package != NO_DEAL):
        assert (talks.utility[b, :, talks.package[b]] >= talks.ensemble.reservation_value[b] - 1e-9).all()
        assert not crossed[b, talks.package[b]]


def test_who_opens_with_a_text_puts_it_on_the_table_first():
    problem = pie((0.1, 0.1), 9)
    problem["proposals"] = {"greedy": {"label": "All to birch", "package": {"bundles": "c000", "singles": "f000"}}}
    problem["parties"]["ash"]["opens_with"] = "greedy"
    talks = hold_talks(draw(read(problem)))
    space = talks.ensemble.structure.space
    assert space.options_of(talks.moves[0].package[0, 0]) == {"bundles": "c000", "singles": "f000"}
    assert talks.moves[1].package[0, 0] != talks.moves[0].package[0, 0] or talks.signed[0] == 1


def open_talks(problem: dict[str, Any], draws: int = 200) -> Talks:
    return hold_talks(draw(read(problem), 1, 0, draws))


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
