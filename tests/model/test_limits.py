"""The limits of the mechanisms: nothing at zero, no deal after certain refusal, no side and no order that counts."""

import copy
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.model.ensemble import draw
from sim.model.peace_talks import PeaceTalks, hold_talks
from sim.results.chunks import play_chunk
from sim.results.columns import DEADLINE, IN_FORCE, REFUSED, outcome_columns
from sim.scenario import read_scenario
from tests.problems import problems
from tests.worlds import made, text_on_a_table, worlds

FLAGSHIP = Path(__file__).parents[1] / "first-flagship.yaml"
Problem = dict[str, Any]


def flagship() -> Problem:
    """The full scenario, in a hurry and so shaky that in a few draws everything happens."""
    problem: Problem = read_scenario(FLAGSHIP).resolved
    problem["time"] = {"rounds": 14, "days_per_round": 30}
    for party in problem["parties"].values():
        party["no_deal"], party["foresight"] = {"value": 0.45, "range": [0.3, 0.6]}, {"value": 0.2, "range": [0, 0.4]}
        party["strategy"]["exponent"] = {"value": 1, "range": [0.4, 2]}
        for line in party.get("red_lines", []):
            line["hardness"] = {"value": 0.6, "range": [0.4, 0.9]}
    problem["giving_way"]["per_month"] = {"value": 0.1, "range": [0, 0.3]}
    problem["mediation"]["carrots"]["budget"] = {"value": 0.02, "range": [0, 0.05]}
    problem["mediation"]["bias"]["by"] = 0.2
    votes = problem["ratification"]
    votes["after_refusal"] = {"name": "resume", "months_lost": 0.5, "at_most": 2}
    for ratifier in votes["ratifiers"].values():
        ratifier["support"], ratifier["months"] = {"value": 0.8, "range": [0.5, 1]}, {"value": 0.5, "range": [0, 1]}
        for table in ratifier.get("shifts", {}).values():
            table |= {option: shift / 2 for option, shift in table.items()}
    power = problem["aftermath"]["power_shift"]
    power["war_cost"] = {side: {"value": 0.02, "range": [0, 0.04]} for side in power["war_cost"]}
    power["discount"], power["penalty_if_guarantor_acts"] = 0.99, {"value": 0.05, "range": [0, 0.1]}
    return problem


def frame(problem: Problem, draws: int = 6, seed: int = 1) -> pd.DataFrame:
    return play_chunk(made(problem), seed, 0, draws).draws


def same(one: pd.DataFrame, other: pd.DataFrame, but: tuple[str, ...] = ()) -> None:
    """All columns of one in the other, bit for bit."""
    for name in one.columns:
        if not name.startswith(but or "\0"):
            assert one[name].equals(other[name]), name


# 1. At zero intensity every mechanism leaves the bare talks as they are


def mediator(problem: Problem) -> tuple[list[str], str]:
    *others, last = problem["parties"]
    return others, last


def levers(problem: Problem, lowers: Any, step: Any, **more: Any) -> Problem:
    others, last = mediator(problem)
    aid = {"party": others[0], "lowers_no_deal_by": lowers} | more
    return {"mediation": {"mediator": last, "levers": {"aid": aid}, "step_per_round": step}}


def war(problem: Problem, felt: float, fought: float) -> Problem:
    """What is felt of a war, and how much there is of it."""
    names = list(problem["parties"])
    drones = {"value": 100, "range": [50, 200]}
    strike = {"waves_per_month": 9 * fought, "drones_per_wave": drones, "households_per_hit": 999}
    return {
        "war": {
            "front": {
                "drift_per_month": 900 * fought,
                "sd_per_month": 300 * fought,
                "no_deal_per_1000_km2": dict.fromkeys(names, felt * 0.1),
            },
            "no_deal_falls_per_month": dict.fromkeys(names, 0),
            "cost_unit": "crowns",
            "cost_per_month": {name: {"value": 2, "range": [1, 4]} for name in names},
            "strikes": {f"{names[0]}_on_{names[1]}": strike},
            "outages": {
                "repair_half_life_days": {"value": 5, "range": [2, 9]},
                "no_deal_per_million_household_weeks": dict.fromkeys(names, felt * 0.1),
            },
        }
    }


def events(problem: Problem, chance: float, size: float) -> Problem:
    """Everything that can happen but what closes the table, with no chance or of no size."""
    issue, options = next((name, list(issue["options"])) for name, issue in problem["issues"].items())
    name = next(iter(problem["parties"]))
    effects: dict[str, Any] = {
        "shifts_no_deal": {name: 0.2 * size},
        "commits": {"party": name, "to": {issue: options[0]}, "costs_per_step": 0.1 * size},
    }
    if size:
        effects |= {"removes": {issue: options[0]}, "closes_channel": {"rounds": 3}}
        lines = [f"{n}.{line['id']}" for n, party in problem["parties"].items() for line in party.get("red_lines", [])]
        effects |= {"lines_fall": lines} if lines else {}
    return {
        "events": [
            {"id": "by_date", "at": {"month": 0.1, "chance": chance}} | effects,
            {"id": "by_chance", "chance_per_month": chance} | effects,
        ]
    }


def house(problem: Problem, **more: Any) -> Problem:
    vote = [{"id": "law", "at_least": "1/1"}]
    body = {"party": mediator(problem)[1], "order": 1, "votes": vote, "support": 1, "error": 0.3, "months": 2} | more
    after = {"name": "resume", "months_lost": 0, "at_most": 3}
    return {"ratification": {"after_refusal": after, "shared_error": 0.5, "ratifiers": {"house": body}}}


def aftermath(problem: Problem) -> Problem:
    issue, options = next((name, list(issue["options"])) for name, issue in problem["issues"].items())
    one, other = list(problem["parties"])[:2]
    return {
        "aftermath": {
            "guarantor": {"party": mediator(problem)[1], "cost_of_acting": {"value": 0.2, "range": [0, 0.4]}},
            "credibility": {option: {"value": 0.5, "range": [0, 1]} for option in options},
            "power_shift": {
                "months": 24,
                "discount": 0.9,
                "balance_now": 0.5,
                "war_cost": {one: 0.1, other: 0.1},
                "penalty_if_guarantor_acts": 0.3,
                f"away_from_{one}": {issue: {options[0]: {"value": 0.2, "range": [0, 0.4]}}},
            },
            "hazard": {"survival_12": {"value": 0.6, "range": [0.4, 0.8]}, "shape": 0.5, "deterrence": 0.5},
        }
    }


def mediated(problem: Problem, **block: Any) -> Problem:
    """What a mediator does; it leans where two that are no mediators fight."""
    if len(problem["parties"]) < 3:
        block.pop("bias", None)
    return {"mediation": {"mediator": mediator(problem)[1]} | block}


def carrots(problem: Problem, budget: float, adds: float) -> Problem:
    issue, options = next((name, list(issue["options"])) for name, issue in problem["issues"].items())
    offer = {"party": mediator(problem)[0][0], "when": {issue: options[:1]}, "adds": adds}
    return {"budget": budget, "offers": [offer | {"id": name} for name in ("one", "two")]}


def giving_way(pace: float) -> Problem:
    return {"giving_way": {"per_month": pace, "lever_adds": {"value": 1, "range": [0, 3]}}}


ZEROS: Mapping[str, Callable[[Problem], Problem]] = {
    "lines that never give way": lambda p: giving_way(0),
    "levers that take nothing": lambda p: levers(p, 0, {"value": 0.5, "range": [0.2, 1]}),
    "levers that never move": lambda p: levers(p, {"value": 0.5, "range": [0.2, 1]}, 0),
    "levers that nobody pulls": lambda p: levers(p, 0.9, 0.5, pulled="never"),
    "a war in which nothing happens": lambda p: war(p, felt=1, fought=0),
    "a war that nobody feels": lambda p: war(p, felt=0, fought=1),
    "events that never happen": lambda p: events(p, chance=0, size=1),
    "events that mean nothing": lambda p: events(p, chance=1, size=0),
    "nobody who votes": lambda p: {"ratification": {"ratifiers": {}}},
    "votes that always pass": house,
    "votes that are never held": lambda p: house(p, support=0, when="never"),
    "an aftermath": aftermath,
    "a mediator that leans to nobody": lambda p: mediated(p, bias={"toward": "ash", "by": 0}),
    "a mediator that has nothing to give": lambda p: mediated(p, carrots=carrots(p, 0, 0.2)),
    "a mediator that gives nothing": lambda p: mediated(p, carrots=carrots(p, 0.2, 0)),
}


def with_kind(problem: Problem) -> Problem:
    others, last = mediator(problem)
    for name in (*others, last):
        problem["parties"][name]["kind"] = "mediator" if name == last else "belligerent"
    return problem


@settings(max_examples=5)
@pytest.mark.parametrize("name", ZEROS)
@given(problem=problems(), seed=st.integers(0, 3))
def test_a_mechanism_at_zero_moves_no_bit_of_the_bare_talks(name, problem, seed):
    bare = with_kind(problem)
    same(frame(bare, seed=seed), frame(bare | ZEROS[name](bare), seed=seed))


@settings(max_examples=8)
@given(problems(), st.integers(0, 3))
def test_all_mechanisms_at_zero_move_no_bit_together(problem, seed):
    bare, blocks = with_kind(problem), dict[str, Any]()
    for name in ZEROS:
        blocks |= ZEROS[name](bare)
    for other in ("events that never happen", "votes that always pass", "levers that take nothing"):
        same(frame(bare, seed=seed), frame(bare | blocks | ZEROS[other](bare), seed=seed))


def test_an_event_that_never_happens_narrows_nothing():
    """Numbers of votes and of what follows stay as drawn, to the last bit."""
    problem = text_on_a_table({"ash": {"a": 100}, "birch": {"a": 100}}, {"ash": 0.4, "birch": 0.4}, 3)
    somewhere = {"value": 0.6, "range": [0.31, 0.83]}
    problem |= house(problem, support=somewhere, error=somewhere, months=somewhere, shifts={"text": {"a": somewhere}})
    problem |= aftermath(problem) | {"as_of": "2025-11-20"}
    never = {"id": "never", "at": {"month": 0, "chance": 0}, "narrows": {"ratification": 0.5, "aftermath": 0.5}}
    same(frame(problem, 100), frame(problem | {"events": [never]}, 100))


@settings(max_examples=15)
@given(worlds(aftermath=True), st.integers(0, 3))
def test_events_that_never_happen_move_no_bit_of_a_world(problem, seed):
    """Beside others that do."""
    never = {"id": "never", "at": {"month": 0, "chance": 0}}
    blocks = [block for block in ("ratification", "aftermath") if block in problem]
    never |= {"narrows": dict.fromkeys(blocks, 0.5)} if blocks else {"closes_channel": {"rounds": 9}}
    others = problem.get("events", [])
    same(frame(problem, seed=seed), frame(problem | {"events": [*others, never]}, seed=seed), ("lines_fallen",))


@settings(max_examples=15)
@given(worlds(aftermath=True), st.integers(0, 3))
def test_a_stage_that_changes_nothing_moves_no_bit_of_a_world(problem, seed):
    """Agreed by all in the first round and broken or kept, beside others that change something."""
    idle: Problem = {
        "id": "idle", "signatories": list(problem["parties"]), "breaks_per_month": {"value": 0.3, "range": [0, 0.6]},
        "months": {"value": 2, "range": [0.5, 4]}, "front_drift": 1, "kept": {"credibility": 1},
    }  # fmt: skip
    idle |= {"waves": dict.fromkeys(problem["war"]["strikes"], 1)} if "strikes" in problem.get("war", {}) else {}
    if "war" not in problem:
        del idle["front_drift"]
    with_it = frame(problem | {"stages": [*problem.get("stages", []), idle]}, seed=seed)
    same(frame(problem, seed=seed), with_it)
    closed = [event for event in problem.get("events", []) if "closes_channel" in event]
    assert closed or (with_it["stage_idle"] == 0).all()


@settings(max_examples=15)
@given(worlds(aftermath=True), st.integers(0, 3), st.sampled_from([0, 0.3, 1, 2]))
def test_elections_at_zero_spread_move_no_bit_of_a_world(problem, seed, month):
    """Every party's weights and support are drawn anew and go no part of the way there."""
    assume(problem["protocol"].get("information") != "complete")
    elected = {party for event in problem.get("events", []) for party in event.get("redraws", {})}
    polls = {"id": "polls", "at": {"month": month}}
    polls["redraws"] = {party: 0 for party in problem["parties"] if party not in elected}
    same(frame(problem, seed=seed), frame(problem | {"events": [*problem.get("events", []), polls]}, seed=seed))


@settings(max_examples=15)
@given(worlds(aftermath=True), st.integers(0, 3))
def test_without_foresight_what_is_foreseen_moves_no_bit_of_a_world(problem, seed):
    """Nor does what a refusal costs."""
    naive, seeing = copy.deepcopy(problem), copy.deepcopy(problem)
    for name in problem["parties"]:
        for key in ("foresight", "refusal_cost"):
            naive["parties"][name].pop(key, None)
        seeing["parties"][name] |= {"foresight": 0, "refusal_cost": {"value": 0.1, "range": [0, 0.2]}}
    same(frame(naive, seed=seed), frame(seeing, seed=seed))


# 2. What is certain to be refused never comes into force


@settings(max_examples=15)
@given(worlds(aftermath=True), st.sampled_from(["end", "resume", "barred"]), st.integers(0, 3))
def test_certain_refusal_leaves_nothing_in_force(problem, way, seed):
    """Whatever the other bodies say; with `resume` the same body need not be asked for anything it likes no better."""
    issue, options = next((name, list(issue["options"])) for name, issue in problem["issues"].items())
    gate = house(problem, support=0, error=0, months=0)["ratification"]["ratifiers"]["house"]
    if way == "barred":
        gate |= {"support": 1, "barred_when": {issue: options}}
    votes = problem.get("ratification") or {"ratifiers": {}}
    after = {"name": "end"} if way == "end" else {"name": "resume", "months_lost": 0, "at_most": 9}
    votes = votes | {"after_refusal": after, "ratifiers": {**votes["ratifiers"], "gate": gate}}
    found = frame(problem | {"ratification": votes}, seed=seed)
    assert not found["ratified"].any()
    assert not found["outcome"].eq("in_force").any()
    for column in found.columns.intersection(["months_to_force", "survival_12", "break_month"]):
        assert found[column].isna().all()
    assert (found["attempts"] <= (1 if way == "end" else 10)).all()
    alone = frame(problem | {"ratification": votes | {"ratifiers": {"gate": gate}}}, seed=seed)
    assert (alone["attempts"] <= 1).all()  # a refusal strikes everything
    assert alone.loc[alone["package"].notna(), "refused_by"].eq("gate").all()


# 3. Credibility


@settings(max_examples=20)
@given(worlds(aftermath=True), st.integers(0, 3))
def test_no_promise_and_a_certain_one_bracket_how_long_any_other_keeps_the_peace(problem, seed):
    """A guarantor to whom acting costs nothing, and parties that do not look ahead: they sign the same texts."""
    assume("aftermath" in problem)
    problem["aftermath"]["guarantor"]["cost_of_acting"] = 0
    for party in problem["parties"].values():
        party.pop("foresight", None)
    runs = {}
    for level in (0, None, 1):
        other = copy.deepcopy(problem)
        if level is not None:
            other["aftermath"]["credibility"] = dict.fromkeys(problem["aftermath"]["credibility"], level)
        runs[level] = frame(other, 12, seed)
        assert runs[level]["package"].equals(runs[0]["package"])
        assert runs[level]["outcome"].equals(runs[0]["outcome"])
    force = runs[0]["outcome"].eq("in_force")
    for column in ("survival_12", "survival_60"):
        none, some, full = (runs[level].loc[force, column] for level in (0, None, 1))
        assert none.notna().all()
        assert (none <= some + 1e-12).all()
        assert (some <= full + 1e-12).all()


def test_the_brackets_of_the_full_scenario_are_apart():
    found = {}
    for level in (0, 1):
        problem = flagship()
        problem["aftermath"]["guarantor"]["cost_of_acting"] = 0
        problem["aftermath"]["credibility"] = dict.fromkeys(problem["aftermath"]["credibility"], level)
        for party in problem["parties"].values():
            party["foresight"] = 0
        found[level] = frame(problem, 12)
    assert found[0]["package"].equals(found[1]["package"])
    force = found[0]["outcome"].eq("in_force")
    assert force.any()
    assert (found[0].loc[force, "survival_60"] < found[1].loc[force, "survival_60"]).all()


# 4. Months to vote


def in_force_by(found: pd.DataFrame, month: float) -> int:
    return int((found["month"] + found["months_to_force"] <= month).sum())


def slower(problem: Problem, months: float) -> Problem:
    """Every body takes so much longer to vote."""
    other = copy.deepcopy(problem)
    for ratifier in other["ratification"]["ratifiers"].values():
        ratifier["months"] = _later(ratifier["months"], months)
    return other


def _later(number: Any, months: float) -> Any:
    if isinstance(number, dict):
        return number | {"value": number["value"] + months, "range": [end + months for end in number["range"]]}
    return number + months


@settings(max_examples=15)
@given(worlds(aftermath=True), st.integers(0, 3), st.sampled_from([0.5, 3]))
def test_slower_votes_move_nothing_but_the_date(problem, seed, months):
    """Where a refusal is the end: the same texts pass and fail, but later; war and harm stop at the ceasefire."""
    assume(problem.get("ratification", {}).get("ratifiers"))
    problem["ratification"]["after_refusal"] = {"name": "end"}
    soon, late = frame(problem, 12, seed), frame(slower(problem, months), 12, seed)
    dated = ("months_to_force", "credibility_year", "hazard", "survival", "held", "break", "refused_by", "blocker")
    same(soon, late, (*dated, "input"))
    assert (late["months_to_force"] >= soon["months_to_force"])[soon["ratified"]].all()
    for month in (0, 1, 2, 4):
        assert in_force_by(late, month) <= in_force_by(soon, month)


@settings(max_examples=15)
@given(worlds(), st.integers(0, 3), st.sampled_from([0.5, 3]))
def test_after_a_refusal_that_comes_later_they_are_never_back_sooner(problem, seed, months):
    assume(problem.get("ratification", {}).get("ratifiers"))
    problem["ratification"]["after_refusal"] = {"name": "resume", "months_lost": 0, "at_most": 1}
    problem["ratification"]["milestones"] = {"ceasefire": {"months": 0}, "trucks_leave": {"months": 0}}
    soon, late = (PeaceTalks(draw(made(p), seed, 0, 12)) for p in (problem, slower(problem, months)))
    assert first_signed(soon) == first_signed(late)
    back_soon, back_late = soon.approval.reopens_at, late.approval.reopens_at
    assert ((back_late >= back_soon) | (back_late == 0)).all()
    assert ((back_soon > 0) | (back_late == 0)).all()


def first_signed(model: PeaceTalks) -> dict[int, tuple[int, int]]:
    """Round of the first signature and what was signed, of the draws in which anything ever was."""
    first: dict[int, tuple[int, int]] = {}
    while model.running:
        model.step()
        state = model.state
        for b in np.flatnonzero(state.signed == state.round).tolist():
            first.setdefault(b, (state.round, int(state.standing[b])))
    return first


@settings(max_examples=15)
@given(worlds(), st.integers(0, 3), st.sampled_from([0.5, 3]))
def test_a_later_ceasefire_never_spares_anybody_harm_or_money(problem, seed, months):
    assume({"war", "ratification"} <= problem.keys())
    problem["ratification"]["after_refusal"] = {"name": "end"}
    other = copy.deepcopy(problem)
    ceasefire = other["ratification"]["milestones"]["ceasefire"]
    ceasefire["months"] = {option: _later(number, months) for option, number in ceasefire["months"].items()}
    soon, late = frame(problem, 12, seed), frame(other, 12, seed)
    force = soon["outcome"].eq("in_force") & soon["package"].notna()
    for name in problem["parties"]:
        for column in (f"household_weeks_{name}", f"war_cost_{name}"):
            assert (late.loc[force, column] >= soon.loc[force, column]).all(), column
    assert (late.loc[force, "months_to_force"] >= soon.loc[force, "months_to_force"]).all()


def losing(months: float, foresight: float, **blocks: Any) -> Problem:
    """Both would rather sign a, which the senate turns down for certain; b would pass, while birch still wants it."""
    votes = house({"parties": ["ash"]}, when={"text": "a"}, support=0, error=0, months=months)
    problem = text_on_a_table(
        {"ash": {"a": 100, "b": 80}, "birch": {"a": 100, "b": 60}},
        {"ash": 0.4, "birch": {"value": 0.4, "range": [0.2, 0.6]}},
        24,
        parties={name: {"foresight": foresight, "refusal_cost": 0.3} for name in ("ash", "birch")},
        **votes,
    )
    return problem | blocks


FRONT = {"war": {"front": {"drift_per_month": {"value": 500, "range": [300, 900]},
                           "no_deal_per_1000_km2": {"ash": -0.04, "birch": 0.04}}}}  # fmt: skip
LAPSE = {"events": [{"id": "lapse", "at": {"month": {"value": 8, "range": [2, 15]}}, "removes": {"text": "b"}}]}


@pytest.mark.parametrize("blocks", [FRONT, LAPSE], ids=["front", "lapse"])
def test_longer_votes_never_help_where_the_front_fails_or_an_offer_lapses(blocks):
    """Each month of voting in vain is a month in which birch gains, or the offer may go; who looks ahead loses none."""
    waits, kept = (0, 1, 3, 6, 12, 20), {}
    for foresight in (0, 1):
        kept[foresight] = [frame(losing(months, foresight, **blocks), 60)["outcome"].eq("in_force") for months in waits]
        for sooner, later in zip(kept[foresight], kept[foresight][1:], strict=False):
            assert (later <= sooner).all()  # draw by draw
    naive, wise = ([int(found.sum()) for found in kept[foresight]] for foresight in (0, 1))
    assert naive[0] > naive[2] > naive[-1]
    assert len(set(wise)) == 1
    assert wise[0] >= naive[0]


# 5. Exchanging two belligerents mirrors every draw


def swapped(word: str, one: str, other: str) -> str:
    """A name that holds the name of a party, with the two parties exchanged."""
    swap = {one: other, other: one}
    if word in swap:
        return swap[word]
    for joint in ("_on_", "_held_by_"):
        left, found, right = word.partition(joint)
        if found and (left in swap or right in swap):
            return swap.get(left, left) + joint + swap.get(right, right)
    if word.startswith("away_from_"):
        return "away_from_" + swap.get(word[10:], word[10:])
    left, found, right = word.partition(".")
    return swap.get(left, left) + found + right


def mirrored(value: Any, one: str, other: str) -> Any:
    """Two parties exchanged in everything that names them."""
    if isinstance(value, Mapping):
        return {swapped(key, one, other): mirrored(each, one, other) for key, each in value.items()}
    if isinstance(value, list):
        return [mirrored(each, one, other) for each in value]
    return swapped(value, one, other) if isinstance(value, str) else value


def streams_as(one: str, other: str) -> dict[str, str]:
    names = (one, other, f"{one}_on_{other}", f"{other}_on_{one}", f"away_from_{one}", f"away_from_{other}")
    return {name: swapped(name, one, other) for name in names}


def mirrors(problem: Problem, one: str, other: str, draws: int, seed: int) -> dict[str, Any]:
    """Check that the columns of the mirrored scenario are those of this one, mirrored; returns those of this one."""
    first, second = (
        outcome_columns(hold_talks(draw(made(p), seed, 0, draws, streams_as=names)))
        for p, names in ((problem, None), (mirrored(problem, one, other), streams_as(one, other)))
    )
    names = sorted(problem["parties"])
    place = np.array([names.index(swapped(name, one, other)) for name in names] + [-1])
    for name, values in first.items():
        base, dot, n = name.rpartition(".")
        if dot and n.isdigit():
            name = f"{base}.{place[int(n)]}"
        for side in (one, other):
            if name.endswith(f"_{side}"):
                name = name.removesuffix(side) + swapped(side, one, other)
                break
        if name == "proposer":
            values = place[values]
        if values.dtype == object:
            assert list(map(sets_of, second[name])) == [sets_of(text, one, other) for text in values], name
        else:
            assert np.array_equal(values, second[name], equal_nan=values.dtype.kind == "f"), name
    return first


def sets_of(text: str, one: str = "", other: str = "") -> set[frozenset[str]]:
    """Sets of constraints, whatever their order."""
    return {
        frozenset(swapped(member, one, other) if one else member for member in members.split(" + "))
        for members in text.split(" | ")
    }


def test_exchanging_the_belligerents_mirrors_the_full_scenario():
    """Two tables, levers, strikes, votes, a shift of power, carrots and a lean; in these draws all of it happens."""
    columns = mirrors(flagship(), "ukraine", "russia", 24, seed=1)
    assert set(columns["outcome"].tolist()) >= {DEADLINE, REFUSED, IN_FORCE}
    assert columns["after.bought_by_pressure"].any()
    assert (columns["after.attempts"] > 1).any()
    assert any(columns["after.lines_fallen"])
    assert columns["after.fails_power"].any()
    assert columns["after.fails_pull_back"].any()


STAGES = [
    {
        "id": "truce", "signatories": ["ukraine", "russia"], "months": {"value": 4, "range": [1, 8]},
        "waves": {"russia_on_ukraine": 0.2, "ukraine_on_russia": 0.5}, "wear": 0.5, "war_cost": 0.7,
        "gains": {"ukraine": {"value": 0, "range": [-0.02, 0.03]}, "russia": {"value": 0.01, "range": [-0.02, 0.03]}},
        "breaks_per_month": 0.1, "kept": {"credibility": 1.3, "hazard": 0.8}, "broken": {"hazard": 1.5},
    },
    {
        "id": "halt", "signatories": ["russia"], "tabled": {"after": "truce", "no_deal_below": {"ukraine": 0.5}},
        "front_drift": 0.1, "front_sd": 0.5, "settles": {"sequence": "ceasefire_first"}, "ends_with_agreement": True,
        "shifts_no_deal": {"russia": 0.03, "ukraine": -0.01},
    },
]  # fmt: skip


def test_exchanging_the_belligerents_mirrors_what_they_agree_ahead_of_the_rest():
    columns = mirrors(flagship() | {"stages": STAGES}, "ukraine", "russia", 24, seed=1)
    ended = {name: set(columns[f"after.stage_{name}_ended"].tolist()) for name in ("truce", "halt")}
    assert ended["truce"] >= {"", "broken", "expired"}
    assert ended["halt"] >= {"", "agreement", "holds"}
    assert columns["after.hazard_stages"].min() < 1 < columns["after.hazard_stages"].max()


# 6. The order of the file says nothing


def shuffled(value: Any, dice: random.Random, key: str = "") -> Any:
    """The same with every mapping, and every list of things with an id, in another order."""
    if isinstance(value, Mapping):
        return {name: shuffled(value[name], dice, name) for name in dice.sample(list(value), len(value))}
    if isinstance(value, list):
        parts = [shuffled(each, dice) for each in value]
        names = all(isinstance(each, Mapping) and "id" in each for each in parts)
        free = names or key in ("winter", "pulls_levers", "lines_fall")
        return dice.sample(parts, len(parts)) if free else parts
    return value


def reordered(problem: Problem, dice: random.Random, draws: int, seed: int) -> None:
    """Check that the order of the file moves no bit, but for that of options where parties learn along it."""
    other = shuffled(problem, dice)
    if problem["protocol"].get("information") == "learned":
        for name, issue in problem["issues"].items():
            other["issues"][name]["options"] = issue["options"]
    first, second = (outcome_columns(hold_talks(draw(made(p), seed, 0, draws))) for p in (problem, other))
    for name, values in first.items():
        assert np.array_equal(values, second[name], equal_nan=values.dtype.kind == "f"), name
    assert first.keys() == second.keys()


def test_reordering_the_full_scenario_moves_no_bit():
    problem, dice = flagship(), random.Random(3)
    assert list(shuffled(problem, random.Random(3))["parties"]) != list(problem["parties"])
    reordered(problem | {"stages": STAGES}, dice, 10, seed=1)


# 7. A draw does not feel its neighbours


def test_cutting_the_full_scenario_into_blocks_moves_no_bit():
    scenario = made(flagship())
    whole = play_chunk(scenario, 1, 0, 12)
    assert (whole.draws["attempts"] > 1).any()
    for block in (1, 5):
        cut = play_chunk(scenario, 1, 0, 12, block=block)
        assert whole.draws.equals(cut.draws)
        for name, counts in whole.tallies.talks.items():
            assert (counts == cut.tallies.talks[name]).all(), name
    part = play_chunk(scenario, 1, 7, 3).draws
    assert whole.draws.iloc[7:10].reset_index(drop=True).equals(part)


@settings(max_examples=25)
@given(worlds(aftermath=True), st.integers(0, 3), st.integers(1, 5))
def test_cutting_any_world_into_blocks_moves_no_bit(problem, seed, block):
    scenario = made(problem)
    whole, cut = (play_chunk(scenario, seed, 0, 9, block=size).draws for size in (9, block))
    assert whole.equals(cut)
