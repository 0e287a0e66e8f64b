"""What every protocol of the registry promises, whatever its rules."""

import dataclasses
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.narrate import narrate
from sim.core.packages import NO_DEAL
from sim.core.registry import texts_of
from sim.core.state import ACCEPTED, NOT_ASKED, OFFERS, State
from sim.model.ensemble import draw
from sim.model.peace_talks import PeaceTalks, Talks, hold_talks
from sim.protocols import PROTOCOLS
from tests.model.test_limits import mirrors, reordered
from tests.problems import pie, read
from tests.worlds import made, worlds

DRAWS = 6
SAME = ("package", "signed", "standing", "proposer", "net_utility", "zone", "last_refuser", "best", "accepted", "left")
each_protocol = pytest.mark.parametrize("name", sorted(PROTOCOLS))


def block(name: str, draw: Any, signatories: list[str]) -> dict[str, Any]:
    """A protocol with parameters drawn from what it takes."""
    made: dict[str, Any] = {"name": name}
    for field in dataclasses.fields(PROTOCOLS[name]):
        meta = field.metadata
        if meta["kind"] == "choice":
            made[field.name] = draw(st.sampled_from(sorted(meta["options"])))
        elif meta["kind"] == "order":
            made[field.name] = draw(st.sampled_from(["random", "rotating", signatories]))
        elif meta["kind"] == "count" and draw(st.booleans()):
            made[field.name] = max(meta["low"], draw(st.integers(1, 2)))
    return made


@st.composite
def played(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """A world under a protocol: two or three parties that sign, and the one that mediates; or two and a mediator.

    Some protocols are for two that sign, some want a mediator.
    """
    world = draw(worlds(max_rounds=6, aftermath=True, leaving=True))
    names, needed = list(world["parties"]), getattr(PROTOCOLS[name], "needs_mediator", False)
    if needed and len(names) == 2:
        names.append("cedar")
        world["parties"]["cedar"] = world["parties"]["ash"] | {"red_lines": []}
    if len(names) == 3 and (needed or getattr(PROTOCOLS[name], "signatories", None) == 2 or draw(st.booleans())):
        world["parties"][names[2]] |= {"signs": "never", "kind": "mediator"}
        world.setdefault("mediation", {"mediator": names[2]})
    else:
        world.pop("mediation", None)
        world["events"] = [event for event in world.get("events", []) if "pulls_levers" not in event]
        there = {event["id"] for event in world["events"]}
        for stage in world.get("stages", []):
            if stage.get("tabled", {}).get("event") not in there:
                stage.get("tabled", {}).pop("event", None)
    world["protocol"] = block(name, draw, [n for n in names if world["parties"][n].get("signs") != "never"])
    return world


def votes_needed(talks: Talks) -> np.ndarray:
    """How many of its signatories a package needs, shape (P,)."""
    count = talks.ensemble.structure.signs.sum(axis=0)
    quota = getattr(talks.ensemble.protocol, "quota", None)
    return count if quota is None else np.minimum(count, quota)


@each_protocol
def test_it_says_what_it_is(name):
    assert all(texts_of(PROTOCOLS[name]))


@each_protocol
@settings(max_examples=12)
@given(st.data())
def test_it_ends_by_the_deadline_with_consent_and_with_nothing_worse_than_no_deal(name, data):
    scenario = made(data.draw(played(name)))
    talks = hold_talks(draw(scenario, data.draw(st.integers(0, 5)), 0, DRAWS))
    assert len(talks.moves) <= scenario.time.rounds
    signed, lines, signs = talks.signed > 0, talks.ensemble.structure.lines, talks.ensemble.structure.signs
    assert (signed == (talks.package != NO_DEAL)).all() and talks.signed.max() <= len(talks.moves)
    crossed = lines.crosses[lines.pattern[talks.package]] & talks.real
    for b in np.flatnonzero(signed):
        package = talks.package[b]
        consent = talks.accepted[b] & signs[:, package]
        assert consent.sum() >= votes_needed(talks)[package]
        for n in np.flatnonzero(consent):
            assert talks.net_utility[b, n, package] >= talks.reservation_value[-1, b, n] - 1e-9
            assert not (crossed[b] & lines.of(n)).any()
        assert talks.zone[b, package] or not talks.approval.passed[b]  # what was refused at home may be struck since
        assert talks.zone_ever[b]


@each_protocol
@settings(max_examples=8)
@given(st.data())
def test_a_draw_does_not_feel_its_neighbours(name, data):
    scenario, seed = made(data.draw(played(name))), data.draw(st.integers(0, 3))
    whole, start = hold_talks(draw(scenario, seed, 0, 5)), 0
    for length in data.draw(st.sampled_from([[1, 4], [2, 1, 2], [1, 1, 1, 1, 1]])):
        part, rows = hold_talks(draw(scenario, seed, start, length)), slice(start, start + length)
        rounds = len(part.moves)
        for what in SAME:
            assert np.array_equal(getattr(part, what), getattr(whole, what)[rows]), what
        assert np.array_equal(part.aspiration, whole.aspiration[:rounds, rows], equal_nan=True)
        for mine, all_of_them in zip(part.moves, whole.moves, strict=False):
            for what in ("who", "did", "package", "why"):
                spoke = mine.did != NOT_ASKED
                assert np.array_equal(mine.did, all_of_them.did[:, rows])
                assert np.array_equal(getattr(mine, what)[spoke], getattr(all_of_them, what)[:, rows][spoke]), what
        start += length


def renamed(node: Any, names: dict[str, str]) -> Any:
    """A tree with names exchanged wherever they stand, in keys and in values."""
    if isinstance(node, dict):
        return {renamed(key, names): renamed(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [renamed(entry, names) for entry in node]
    if not isinstance(node, str):
        return node
    head, dot, rest = node.partition(".")
    return names.get(node, names.get(head, head) + dot + rest)


@each_protocol
@settings(max_examples=12)
@given(st.data(), st.integers(0, 3))
def test_reordering_the_file_moves_no_bit(name, data, seed):
    reordered(data.draw(played(name)), random.Random(seed), DRAWS, seed)


@each_protocol
@settings(max_examples=12)
@given(st.data(), st.integers(0, 3))
def test_exchanging_two_parties_mirrors_every_draw(name, data, seed):
    mirrors(data.draw(played(name)), "ash", "birch", DRAWS, seed)


@each_protocol
def test_the_names_of_options_decide_nothing_where_nothing_ties(name):
    """Options that sort the other way round, on issues whose worths are uneven: the same talks."""
    problem, even = pie((0.13, 0.21), 9, 5, 4, offers="least_own"), random.Random(7)
    for party in problem["parties"].values():
        party["values"] = {i: {o: even.randint(0, 10**6) / 10**4 for o in v} for i, v in party["values"].items()}
    problem["parties"]["cedar"] = dict(problem["parties"]["ash"], signs="never", kind="mediator")
    problem["mediation"] = {"mediator": "cedar"}
    takes = {field.name for field in dataclasses.fields(PROTOCOLS[name])}
    problem["protocol"] = {"name": name} | ({"information": "complete"} if "information" in takes else {})
    options = sorted({o for issue in problem["issues"].values() for o in issue["options"]})
    names = {option: f"z{place:03}" for place, option in enumerate(reversed(options))}
    first = hold_talks(draw(read(problem), 1, 0, 40))
    second = hold_talks(draw(read(renamed(problem, names)), 1, 0, 40))
    assert first.signed.any() and np.array_equal(first.signed, second.signed)
    for b in np.flatnonzero(first.signed):
        assert first.net_utility[b, :, first.package[b]] == pytest.approx(second.net_utility[b, :, second.package[b]])


@each_protocol
@settings(max_examples=10)
@given(st.data())
def test_what_was_done_adds_up_to_how_the_table_stands(name, data):
    """Round by round: who offered what and who accepted, as told by the moves, is what the table holds."""
    model = PeaceTalks(draw(made(data.draw(played(name))), data.draw(st.integers(0, 5)), 0, DRAWS))
    while model.running:
        before = model.state
        model.step()
        for b in range(DRAWS):
            _follow(before, model.state, [each[:, b].tolist() for each in _columns(model)], b)


def _columns(model: PeaceTalks) -> tuple[Any, ...]:
    moves = model.moves[-1]
    return moves.who, moves.did, moves.package


def _follow(before: State, after: State, columns: list[list[int]], b: int) -> None:
    turns = [turn for turn in zip(*columns, strict=True) if turn[1] != NOT_ASKED]
    if not turns:
        assert after.standing[b] == (before.standing[b] if after.standing[b] != NO_DEAL else NO_DEAL)
        assert np.array_equal(after.own_offer[b], before.own_offer[b])
        return
    assert after.standing[b] == turns[-1][2]  # the last turn says what lies on the table
    offered = {who: package for who, did, package in turns if did in OFFERS}
    for n in range(after.own_offer.shape[1]):
        assert after.own_offer[b, n] == offered.get(n, before.own_offer[b, n])
        assert after.offers_made[b, n] == before.offers_made[b, n] + (n in offered)
        if n in offered:
            assert after.log[b, n, after.offers_made[b, n] - 1] == offered[n]
    said_yes = {who for who, did, package in turns if did == ACCEPTED and package == after.standing[b]}
    if after.signed[b]:
        consent = set(np.flatnonzero(after.accepted[b]).tolist())
        earlier = set(np.flatnonzero(before.accepted[b]).tolist())
        assert consent <= said_yes | earlier | {int(after.proposer[b])}


@each_protocol
@settings(max_examples=6)
@given(st.data())
def test_its_story_can_be_told_and_ends_as_the_talks_did(name, data):
    scenario = made(data.draw(played(name)))
    row = data.draw(st.integers(0, DRAWS - 1))
    talks, story = hold_talks(draw(scenario, 1, 0, DRAWS)), narrate(scenario, 1, row)
    assert story.signed == (int(talks.signed[row]) or None)
    assert str(story) and "nan" not in str(story).lower().split()
    assert story.as_data()["outcome"] == story.outcome
