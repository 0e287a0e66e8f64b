"""What is kept for the next time: handed out again, never in place of something else, never more than there is room."""

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core import packages
from sim.core.cache import Cache
from sim.core.packages import Condition, Issue, Rule, package_space
from sim.model import domain as structures
from sim.model.domain import Structure, structure
from sim.scenario import ScenarioError
from sim.scenario.messages import Faults, Mark
from sim.scenario.nodes import MappingNode, SequenceNode
from sim.scenario.yaml_reader import read_text
from tests.problems import shipped
from tests.worlds import made, worlds

ALONE = "ukraine-bargaining-only"


def length(text: str) -> int:
    return len(text)


def test_what_is_kept_is_made_once():
    made_of: list[str] = []

    def make() -> str:
        made_of.append("x")
        return "result"

    kept = Cache[str](10)
    assert [kept.get("key", make, length) for _ in range(3)] == ["result"] * 3
    assert made_of == ["x"]


@given(st.integers(0, 12), st.lists(st.text("ab", min_size=1, max_size=4), max_size=30))
def test_each_key_has_its_own_result_and_there_is_never_more_than_room(room, keys):
    kept = Cache[str](room)
    for key in keys:
        assert kept.get(key, lambda key=key: key * 2, length) == key * 2
        there = [other for other in {*keys, key} if kept.get(other, lambda: "x" * 99, length) != "x" * 99]
        assert sum(2 * len(other) for other in there) <= room


def test_what_is_used_stays_longest():
    kept = Cache[str](2)
    for key in ("a", "b", "a", "c"):
        kept.get(key, lambda key=key: key, length)
    assert [kept.get(key, lambda: "n", length) for key in ("a", "c", "b")] == ["a", "c", "n"]


def test_what_fails_is_not_kept():
    def fail() -> str:
        raise ValueError("no")

    kept = Cache[str](2)
    with pytest.raises(ValueError, match="no"):
        kept.get("a", fail, length)
    assert kept.get("a", lambda: "a", length) == "a"


def test_threads_that_ask_at_once_all_get_the_result():
    kept, found, start = Cache[str](100), [], threading.Barrier(8)

    def ask(number: int) -> None:
        start.wait()
        for k in range(50):
            which = str((number + k) % 4)
            found.append(kept.get(which, lambda which=which: which + " made", length) == which + " made")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 400
    assert len(kept) <= 4


# Packages and what is laid over them


def without_keeping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "_spaces", Cache[Any](0))
    monkeypatch.setattr(structures, "_structures", Cache[Any](0))


def same(one: Structure, other: Structure) -> bool:
    arrays = [
        (one.space.packages, other.space.packages),
        (one.space.tie_rank, other.space.tie_rank),
        (one.signs, other.signs),
        (one.lines.pattern, other.lines.pattern),
        (one.lines.crosses, other.lines.crosses),
        (one.lines.party, other.lines.party),
        (one.central_points, other.central_points),
        (one.owner, other.owner),
        (one.leaning, other.leaning),
        *((a.packages, b.packages) for a, b in zip(one.linkages, other.linkages, strict=True)),
        *((a.orderings[0].packages, b.orderings[0].packages)
          for a, b in zip(one.regard_by_positions, other.regard_by_positions, strict=True)),
    ]  # fmt: skip
    told = [(each.space.issues, each.parties, each.lines.names, [site.path for site in each.linkages])
            for each in (one, other)]  # fmt: skip
    return told[0] == told[1] and all(a.tobytes() == b.tobytes() and a.shape == b.shape for a, b in arrays)


@settings(max_examples=15)
@given(worlds(), st.data())
def test_a_structure_is_the_same_whatever_was_asked_for_before(problem, data):
    """A world and one that differs from it in one thing, one after the other, beside each made with nothing kept."""
    party = problem["parties"][data.draw(st.sampled_from(sorted(problem["parties"])))]
    before = made(problem)
    structure(before)
    change = data.draw(st.sampled_from(["signs", "values", "red_lines", "linkages", "no_deal"]))
    issue = data.draw(st.sampled_from(sorted(problem["issues"])))
    option = sorted(problem["issues"][issue]["options"])[0]
    party[change] = {
        "signs": {issue: option},
        "values": party["values"] | {issue: dict.fromkeys(party["values"][issue], 50)},
        "red_lines": [{"id": "new", "never": {issue: option}, "hardness": 0.5}],
        "linkages": [{"id": "new", "when": {issue: option}, "adds": 0.01}],
        "no_deal": 0.01,
    }[change]
    try:
        after = made(problem)
    except ScenarioError:  # the change does not hold together with the rest of the world
        return
    kept = structure(before), structure(after)
    with pytest.MonkeyPatch.context() as patched:
        without_keeping(patched)
        alone = structure(before), structure(after)
    assert all(one is not other and same(one, other) for one, other in zip(kept, alone, strict=True))


def test_a_weight_a_no_deal_worth_and_a_hardness_leave_the_structure_as_it_is():
    scenario = shipped(ALONE)
    sets = ["parties.*.red_lines.*.hardness=0.3", "parties.ukraine.weights.donetsk_status=0.3", "parties.*.no_deal=0.3"]
    table, other = structure(scenario), next(iter(scenario.issues["donetsk_status"].options))
    assert structure(scenario.with_sets(sets)) is table
    assert structure(scenario.with_sets([f"parties.ukraine.values.donetsk_status.{other}=1"])) is not table


def test_rules_that_differ_in_their_name_alone_leave_the_same_packages():
    things = [Issue("a", ("x", "y")), Issue("b", ("x", "y"))]

    def rule(name: str, option: str) -> Rule:
        return Rule(name, Condition(({"a": frozenset({"x"})},)), Condition(({"b": frozenset({option})},)))

    assert package_space(things, [rule("one", "x")]) is package_space(things[::-1], [rule("two", "x")])
    other = package_space(things, [rule("one", "y")])
    assert other is not package_space(things, [rule("one", "x")])
    assert not np.array_equal(other.packages, package_space(things, [rule("one", "x")]).packages)


def test_what_is_handed_to_many_cannot_be_written_to():
    table = structure(shipped(ALONE))
    for array in (table.space.packages, table.space.tie_rank, table.signs, table.central_points, table.leaning):
        assert not array.flags.writeable


# Texts


def test_a_text_read_again_is_a_tree_of_its_own():
    text = "a: {b: 1}\nc: [x, y]\n"
    first, second = (read_text(text, "x.yaml", Faults()) for _ in range(2))
    assert first == second
    assert isinstance(first, MappingNode)
    first.items["a"] = first.items["c"]
    third = read_text(text, "x.yaml", Faults())
    assert third == second
    assert isinstance(third, MappingNode)
    assert isinstance(third.items["c"], SequenceNode)
    third.items["c"].items.clear()
    assert read_text(text, "x.yaml", Faults()) == second


def test_a_text_keeps_its_places_whatever_it_is_called_and_wherever_it_starts():
    places = [("x.yaml", 1, 1), ("y.yaml", 1, 1), ("x.yaml", 7, 1), ("x.yaml", 1, 5)]
    marks = [read_text("{a: 1}", file, Faults(), line, column).mark for file, line, column in places * 2]
    assert marks == [Mark(*place) for place in places * 2]
