"""Agenda: what closes when, what may be bid then, and what the order of items changes."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.narrate import narrate
from sim.core.state import ARE_OFFERS
from sim.model.ensemble import draw
from sim.model.peace_talks import hold_talks
from sim.protocols import PROTOCOLS
from sim.protocols.rounds import InTurn
from sim.results.chunks import play_chunk
from sim.scenario import ScenarioError, read_scenario
from sim.strategies import STRATEGIES
from tests.commands import call
from tests.problems import problems
from tests.worlds import made, text_on_a_table, worlds

ORDERS = {"a_first": [["a"], ["b"]], "b_first": [["b"], ["a"]]}


def primer(rounds: int = 6, events: tuple[dict[str, Any], ...] = (), **protocol: Any) -> dict[str, Any]:
    """Two parties, two issues of two options; each wants its own on both, and on `a` more than on `b`.

    A package is worth .6 to whom `a` goes and .4 to whom `b` goes. No deal is worth .3 to ash and .2 to birch.
    """
    problem = text_on_a_table({"ash": {"x": 100}, "birch": {"x": 0}}, {"ash": 0.3, "birch": 0.2}, rounds)
    problem["issues"] = {i: {"label": f"Issue {i}", "options": {f"{i}1": "ash", f"{i}2": "birch"}} for i in "ab"}
    for name, exponent in (("ash", 1), ("birch", 2)):
        first = 100 if name == "ash" else 0
        problem["parties"][name] |= {
            "weights": {"a": 0.6, "b": 0.4},
            "values": {i: {f"{i}1": first, f"{i}2": 100 - first} for i in "ab"},
            "strategy": {"name": "time_dependent", "exponent": exponent},
        }
    problem["protocol"] |= protocol
    return problem | ({"events": list(events)} if events else {})


def frame(problem: dict[str, Any], draws: int = 3) -> pd.DataFrame:
    return play_chunk(made(problem), 1, 0, draws).draws


# By hand


@pytest.mark.parametrize(
    ("agenda", "package", "rounds"),
    [
        (None, "a2/b1", None),
        (ORDERS["a_first"], "a2/b1", (6, 6)),
        (ORDERS["b_first"], "a1/b2", (6, 4)),
        (["b"], "a1/b2", (6, 4)),  # what is not named comes last
        ([["a", "b"]], "a2/b1", (6, 6)),
    ],
)  # fmt: skip
def test_the_order_of_the_items_decides_the_agreement(agenda, package, rounds):
    """Aspirations at t = 0, .2, ..., 1: ash 1 - .7 t, birch 1 - .8 t^2.

    Round 4 (t = .6): ash asks for .58 and bids a1/b2 (.6), birch for .712 and bids a2/b2 (1): both stand for b2. With b
    first it closes. What is left is worth .6 or 0 to ash, 1 or .4 to birch: in round 5 (.488) birch refuses .4 and bids
    a2/b2, in round 6 (.2) it takes a1/b2. Otherwise birch, asking for .488 in round 5, bids a2/b1 (.6), and in round 6
    ash (.3) takes its .4.
    """
    found = frame(primer(**({} if agenda is None else {"agenda": agenda})))
    assert set(found["package"]) == {package} and set(found["round"]) == {6}
    if rounds is not None:
        assert [set(found[f"closed_round_{issue}"]) for issue in "ab"] == [{rounds[0]}, {rounds[1]}]
    else:
        assert not [name for name in found if name.startswith("closed_round")]


SHOCK = {"id": "shock", "at": {"month": 5}, "shifts_no_deal": {"ash": 0.35}}  # in round 6 of 7: ash takes no .6 now


@pytest.mark.parametrize("reopen", [False, True])
def test_an_item_opens_again_where_a_party_can_sign_nothing_that_is_left(reopen):
    """With b closed for birch ash could get .6 at best, no deal is worth .65: it opens, and both now bid b1."""
    story = narrate(made(primer(7, (SHOCK,), agenda=["b"], reopen=reopen)))
    moves = {played.number: [(item.issues, item.options) for item in played.agenda] for played in story.rounds}
    closed = {5: [(("b",), ("b2",))]}
    assert {k: each for k, each in moves.items() if each} == (
        closed | {6: [(("b",), ()), (("b",), ("b1",))]} if reopen else closed
    )
    text = str(story)
    assert "Closed at the end of this round: Issue b at birch." in text
    assert ("Open again: Issue b." in text) == reopen
    found = frame(primer(7, (SHOCK,), agenda=["b"], reopen=reopen))
    assert set(found["closed_round_b"]) == {6 if reopen else 5} and found["closed_round_a"].isna().all()


def test_what_has_opened_again_does_not_close_on_what_was_said_before():
    """While the channel is closed nobody bids: b, closed in round 5 and opened in round 6, stays open in that round."""
    silent = SHOCK | {"closes_channel": {"rounds": 1}}
    talks = hold_talks(draw(made(primer(7, (silent,), agenda=["b"], reopen=True)), 1, 0, 1))
    assert [closed[0, 0] for closed in talks.closed] == [0, 0, 0, 0, 5, 0, 0]


def test_names_and_sides_make_no_difference():
    """Sides, issues and options renamed, so that all orders by name are turned round."""
    new = {"ash": "yew", "birch": "alder", "a": "q", "b": "c", "a1": "o9", "a2": "o3", "b1": "o7", "b2": "o1"}

    def renamed(node: Any) -> Any:
        if isinstance(node, dict):
            return {new.get(key, key): renamed(value) for key, value in node.items()}
        return [renamed(each) for each in node] if isinstance(node, list) else new.get(node, node)

    problem = primer(agenda=["b"])
    one, other = frame(problem), frame(renamed(json.loads(json.dumps(problem))))
    assert set(one["package"]) == {"a1/b2"} and set(other["package"]) == {"o9/o1"}
    assert one["closed_round_b"].tolist() == other["closed_round_c"].tolist()
    assert one["utility_ash"].tolist() == other["utility_yew"].tolist()


# Whatever the problem


@settings(max_examples=40)
@given(worlds(aftermath=True), st.booleans(), st.integers(0, 9))
def test_an_agenda_of_one_item_moves_no_bit(problem, reopen, seed):
    with_one = copy.deepcopy(problem)
    with_one["protocol"] |= {"agenda": [sorted(problem["issues"])], "reopen": reopen}
    plain, found = (play_chunk(made(each), seed, 0, 3) for each in (problem, with_one))
    closed = [f"closed_round_{issue}" for issue in problem["issues"]]
    pd.testing.assert_frame_equal(plain.draws, found.draws.drop(columns=closed), check_exact=True)
    signed = plain.draws["round"].astype(float)
    for column in closed:
        assert found.draws[column].equals(signed.rename(column))


@settings(max_examples=60)
@given(problems(), st.data(), st.integers(0, 9))
def test_what_is_closed_is_bid_no_other_way(problem, data, seed):
    problem = copy.deepcopy(problem)
    names = data.draw(st.permutations(sorted(problem["issues"])))
    problem["protocol"]["agenda"] = list(names)
    for party in problem["parties"].values():
        party["strategy"] = {"name": data.draw(st.sampled_from(sorted(set(STRATEGIES))))}
    talks = hold_talks(draw(made(problem), seed, 0, 3))
    space = talks.ensemble.structure.space
    places = [[issue.name for issue in space.issues].index(name) for name in names]
    texts = [moves.package[-1] for moves in talks.moves]
    for k, moves in enumerate(talks.moves[1:], 1):
        for b, i in zip(*np.nonzero(talks.closed[k - 1]), strict=True):
            option = space.packages[texts[talks.closed[k - 1][b, i] - 1][b], places[i]]
            made_now = moves.package[ARE_OFFERS[moves.did[:, b]], b]
            assert (space.packages[made_now, places[i]] == option).all()
            assert talks.closed[k][b, i] == talks.closed[k - 1][b, i]
        later = talks.closed[k][:, 1:] > 0
        assert (talks.closed[k][:, :-1] > 0)[later].all()  # in order


# In a file, and to read


LIST = "where a list of issues, or of groups of issues, would do"


@pytest.mark.parametrize(
    ("keys", "at", "message"),
    [
        ("agenda: [[territry], [a]]", "territry", "no issue is called 'territry'; did you mean 'territory'?"),
        ("agenda: [a, [b, a]]", "a]]", "'a' stands twice on the agenda; once would do"),
        ("agenda: [a, []]", "[]]", "an item without issues; name at least one, or take it out"),
        ("agenda: []", "[]", f"a list {LIST}"),
        ("agenda: a", "a}", f"'a' {LIST}"),
        ("agenda: [{a: b}]", "{a:", f"a mapping {LIST}"),
        ("agenda: [[[a]]]", "[a]]]", f"a list {LIST}"),
        ("agenda: [a], reopen: maybe", "maybe", "'maybe' where true or false would do"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, keys, at, message):
    assert_told(tmp_path, f"{{name: alternating_offers, {keys}}}", at, message)


@pytest.mark.parametrize("name", sorted(name for name, each in PROTOCOLS.items() if not issubclass(each, InTurn)))
def test_only_protocols_in_which_turns_are_taken_have_an_agenda(tmp_path, name):
    assert_told(tmp_path, f"{{name: {name}, agenda: [a]}}", "agenda", f"unknown key 'agenda': {name} takes ")


def assert_told(tmp_path: Path, protocol: str, at: str, message: str) -> None:
    file, problem = tmp_path / "table.yaml", primer()
    problem["issues"]["territory"] = problem["issues"]["a"]
    del problem["protocol"]
    text, line = yaml.safe_dump(problem, sort_keys=False), f"protocol: {protocol}"
    file.write_text(f"{text}{line}\n")
    with pytest.raises(ScenarioError) as caught:
        read_scenario(file)
    place = f":{text.count(chr(10)) + 1}:{line.index(at) + 1}: protocol"
    assert any(place in each and message in each for each in str(caught.value).splitlines()), str(caught.value)


def test_show_names_the_items_in_order(tmp_path):
    file = tmp_path / "table.yaml"
    file.write_text(yaml.safe_dump(primer(agenda=[["a", "b"]])))
    assert "agenda a + b" in call("show", str(file), "--full").output
