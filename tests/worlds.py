"""Whole worlds for tests: problems with a war, events, levers, lines that give way, votes at home and what follows."""

import random
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.problems import made, problems

__all__ = ["MONTH", "made", "text_on_a_table", "worlds"]

MONTH = 30.4375  # days: with this many a round, round k is played at month k - 1


def text_on_a_table(
    points: Mapping[str, Mapping[str, float]], no_deal: Mapping[str, float], rounds: int, **blocks: Any
) -> dict[str, Any]:
    """One issue, `text`, on which each party gives each option its points; a month a round, a fixed order of speaking.

    Nobody concedes before the last round but for what `blocks` says; these are further keys of the file. A key
    `parties` adds to the parties.
    """
    more = blocks.pop("parties", {})
    options = next(iter(points.values()))
    return {
        "schema": 1,
        "id": "table",
        "title": "A table",
        "time": {"rounds": rounds, "days_per_round": MONTH},
        "issues": {"text": {"label": "The text", "options": {name: name for name in options}}},
        "parties": {
            name: {
                "label": name,
                "signs": "always",
                "weights": {"text": 1},
                "values": {"text": dict(points[name])},
                "no_deal": no_deal[name],
                "strategy": {"name": "time_dependent", "exponent": 1},
            }
            | more.get(name, {})
            for name in points
        },
        "protocol": {"name": "alternating_offers", "order": list(points), "information": "complete"},
    } | blocks


@st.composite
def worlds(
    draw: st.DrawFn, max_rounds: int = 10, aftermath: bool = False, leaving: bool = False, elections: bool = False,
    agenda: bool = False,
) -> dict[str, Any]:
    """A small problem and whatever may go on around its table; the last party mediates, some may leave the talks."""
    problem, often = draw(problems()), st.sampled_from([True, True, False])
    rounds, days = draw(st.sampled_from([6, 1, 3, max_rounds])), draw(st.sampled_from([10, MONTH]))
    problem["time"] = {"rounds": rounds, "days_per_round": days}
    problem["as_of"] = "2025-11-20"
    issues = {name: list(issue["options"]) for name, issue in problem["issues"].items()}
    *others, mediator = problem["parties"]
    numbers = Numbers(draw(st.integers(0, 10_000)))
    for party in problem["parties"].values():  # stubborn, so that there is time for something to happen
        party["no_deal"] = draw(st.sampled_from([{"value": 0.6, "range": [0.4, 0.8]}, party["no_deal"]]))
        party["strategy"]["exponent"] = {"value": 3, "range": [1, 6]}
    if len(others) == 2 and draw(st.booleans()):
        issue = draw(st.sampled_from(sorted(issues)))
        problem["parties"][mediator]["signs"] = [{issue: issues[issue][0]}]
        problem["parties"][mediator].pop("red_lines", None)
    if draw(st.booleans()):
        texts = {name: {i: draw(st.sampled_from(options)) for i, options in issues.items()} for name in ("old", "new")}
        problem["proposals"] = {name: {"label": name, "package": text} for name, text in texts.items()}
        opener = draw(st.sampled_from(sorted(problem["parties"])))
        problem["parties"][opener]["opens_with"] = draw(st.sampled_from([["old"], ["new", "old"]]))
    if draw(often):
        problem["giving_way"] = {"per_month": numbers(0, 1), "lever_adds": numbers(0, 3)}
    if draw(often):
        problem["parties"][mediator]["kind"] = "mediator"
        problem["mediation"] = draw(_mediation(numbers, others, mediator, issues))
        if len(others) == 2 and draw(st.booleans()):
            for party in others:
                problem["parties"][party]["kind"] = "belligerent"
            problem["mediation"]["bias"] = {"toward": draw(st.sampled_from(others)), "by": 0.3}
    if draw(often):
        problem["war"] = draw(_war(numbers, others))
    if draw(often):
        problem["ratification"] = draw(_ratification(numbers, others, issues))
    if aftermath and draw(often):
        problem["aftermath"] = draw(_aftermath(numbers, others, mediator, issues))
    if draw(often):
        ids = draw(st.sampled_from([["alarm", "crisis"], ["alarm"], ["battle", "crisis", "alarm"]]))
        problem["events"] = []
        for name in ids:
            problem["events"].append(draw(_event(name, numbers, problem, issues, elections)))
    if draw(often):
        ids = draw(st.sampled_from([["truce"], ["pause", "truce"]]))
        problem["stages"] = [draw(_stage(name, ids, numbers, problem, issues)) for name in ids]
    if draw(st.booleans()):
        for party in problem["parties"].values():
            party["foresight"], party["refusal_cost"] = numbers(0, 1), numbers(0, 0.2)
    if leaving and draw(often):
        for party in problem["parties"].values():
            party["walk_away"] = numbers(0.3, 0.9)
    if agenda:
        named = draw(st.lists(st.sampled_from(sorted(issues)), min_size=1, unique=True))
        items = draw(st.sampled_from([named, [named[:2], *named[2:]], [named[:1], *named[1:]]]))
        problem["protocol"] |= {"agenda": items, "reopen": draw(st.booleans())}
    return problem


class Numbers:
    """Numbers of a file, some with a range; from a seed of their own, for drawn one by one they take long."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def __call__(self, low: float, high: float, steps: int = 20) -> Any:
        one, other = (round(low + (high - low) * self._random.randint(0, steps) / steps, 6) for _ in range(2))
        return {"value": one, "range": sorted([one, other])} if self._random.random() < 0.5 else one


@st.composite
def _mediation(
    draw: st.DrawFn, numbers: Numbers, others: list[str], mediator: str, issues: dict[str, list[str]]
) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(["aid", "blame"]), min_size=1, max_size=2, unique=True))
    issue = draw(st.sampled_from(sorted(issues)))
    offers = [
        {"id": "money", "party": others[0], "when": {issue: issues[issue][0]}, "adds": numbers(0, 0.2)},
        {"id": "trade", "party": others[-1], "when": {issue: issues[issue][:2]}, "adds": numbers(0, 0.2)},
    ]
    carrots = {"carrots": {"budget": numbers(0, 0.3), "offers": offers}} if draw(st.booleans()) else {}
    return carrots | {
        "mediator": mediator,
        "levers": {
            name: {
                "party": draw(st.sampled_from(others)),
                "lowers_no_deal_by": numbers(0, 1),
                "pulled": draw(st.sampled_from(["on_refusal", "never", {"month": 0.5}])),
            }
            for name in names
        },
        "step_per_round": numbers(0, 1),
        "fades_per_year": numbers(0, 1),
    }


@st.composite
def _war(draw: st.DrawFn, numbers: Numbers, others: list[str]) -> dict[str, Any]:
    war: dict[str, Any] = {
        "front": {
            "drift_per_month": numbers(-2000, 2000),
            "sd_per_month": numbers(0, 2000),
            "no_deal_per_1000_km2": {name: numbers(-0.1, 0.1) for name in others},
        },
        "no_deal_falls_per_month": {name: numbers(-0.05, 0.1) for name in others},
        "cost_unit": "crowns",
        "cost_per_month": {name: numbers(0, 9) for name in others},
    }
    if len(others) == 2 and draw(st.booleans()):
        strike = {"waves_per_month": 4, "drones_per_wave": 100, "drones_intercepted": 0.8, "households_per_hit": 5000}
        war["strikes"] = {
            "ash_on_birch": strike | {"waves_per_month": numbers(0, 9), "missiles_per_wave": numbers(0, 9)},
            "birch_on_ash": strike | {"drones_intercepted": numbers(0, 1)},
        }
        war["outages"] = {
            "repair_half_life_days": numbers(2, 40),
            "no_deal_per_million_household_weeks": {name: numbers(-0.2, 0.2) for name in others},
        }
        if draw(st.booleans()):
            war["outages"]["winter"] = {"months": [12, 1], "factor": numbers(0, 3)}
    return war


@st.composite
def _ratification(draw: st.DrawFn, numbers: Numbers, others: list[str], issues: dict[str, list[str]]) -> dict[str, Any]:
    issue = draw(st.sampled_from(sorted(issues)))
    names = draw(st.sampled_from([["diet", "assembly"], ["diet"], ["assembly", "council", "diet"], []]))
    after: dict[str, Any] = {"name": "end"}
    if draw(st.sampled_from([True, True, True, False])):
        lost = draw(st.sampled_from([0.1, 0, 1]))
        after = {"name": "resume", "months_lost": lost, "at_most": draw(st.sampled_from([2, 1, 3, 0]))}
    return {
        "after_refusal": after,
        "shared_error": numbers(0, 1),
        "milestones": {
            "trucks_leave": {"months": numbers(0, 0.5), "after": "ceasefire"},
            "ceasefire": {"by": issue, "months": {option: numbers(0, 0.5) for option in issues[issue]}},
        },
        "ratifiers": {name: draw(_ratifier(numbers, others, issues)) for name in names},
    }


@st.composite
def _ratifier(draw: st.DrawFn, numbers: Numbers, others: list[str], issues: dict[str, list[str]]) -> dict[str, Any]:
    def some_packages() -> dict[str, str]:
        issue = draw(st.sampled_from(sorted(issues)))
        return {issue: draw(st.sampled_from(issues[issue]))}

    votes: list[dict[str, Any]] = [{"id": "law", "at_least": draw(st.sampled_from(["1/2", "3/5"]))}]
    if draw(st.booleans()):
        needs = draw(st.sampled_from([["ceasefire"], ["trucks_leave"], ["trucks_leave", "ceasefire"]]))
        votes.append({"id": "change", "more_than": "2/3", "when": some_packages(), "needs": needs})
    ratifier: dict[str, Any] = {
        "party": draw(st.sampled_from(others)),
        "order": draw(st.integers(1, 2)),
        "votes": votes,
        "support": draw(st.sampled_from([numbers(0.4, 0.7), numbers(0.4, 0.7), 0.5, 0, 1])),
        "error": numbers(0, 0.2),
        "months": numbers(0, 0.5),
        "shifts": {  # in steps so small that no two texts are liked alike but for rounding
            issue: {option: numbers(-2, 2, 1_000_000) for option in options[1:]} for issue, options in issues.items()
        },
    }
    if draw(st.booleans()):
        ratifier["support_drift_per_month"] = numbers(-0.5, 0.5)
        ratifier["follows_no_deal"] = numbers(-5, 5)
    if draw(st.booleans()):
        ratifier["when"] = some_packages()
    if draw(st.sampled_from([False, False, False, True])):
        ratifier["barred_when"] = some_packages()
    return ratifier


@st.composite
def _event(
    draw: st.DrawFn, name: str, numbers: Numbers, problem: dict[str, Any], issues: dict[str, list[str]],
    elections: bool,
) -> dict[str, Any]:  # fmt: skip
    """An event with one or two effects that this problem has a use for."""
    event: dict[str, Any] = {"id": name}
    if draw(st.booleans()):
        event["chance_per_month"] = numbers(0, 1)
    else:
        event["at"] = {"month": draw(st.sampled_from([0, 0.3, 1, 2])), "chance": numbers(0.5, 1)}
    party = draw(st.sampled_from(sorted(problem["parties"])))
    issue = draw(st.sampled_from(sorted(issues)))
    option = draw(st.sampled_from(issues[issue]))
    lines = [f"{n}.{line['id']}" for n, p in problem["parties"].items() for line in p.get("red_lines", [])]
    effects: dict[str, Any] = {
        "closes_channel": {"rounds": draw(st.integers(1, 3))},
        "removes": {issue: option},
        "shifts_no_deal": {party: numbers(-0.3, 0.3)},
    }
    if problem["protocol"]["information"] != "complete":
        effects["commits"] = {"party": party, "to": {issue: option}, "costs_per_step": numbers(0, 0.2)}
        elected = {each for other in problem.get("events", []) for each in other.get("redraws", {})}
        if elections and party not in elected:
            effects["redraws"] = {party: numbers(0, 1)}
    if lines:
        effects["lines_fall"], effects["hardens"] = draw(st.sampled_from(lines)), draw(st.sampled_from(lines))
    if "mediation" in problem:
        effects["pulls_levers"] = sorted(problem["mediation"]["levers"])[0]
    if "war" in problem:
        effects["front_shift"] = numbers(-3000, 3000)
        if "strikes" in problem["war"]:
            effects["extra_waves"] = {"ash_on_birch": numbers(0, 9)}
    if "ratification" in problem and event.get("at", {}).get("month") == 0:
        effects["narrows"] = {"ratification": numbers(0, 1)}
    chosen = draw(st.lists(st.sampled_from(sorted(effects)), min_size=1, max_size=2, unique=True))
    return event | {effect: effects[effect] for effect in chosen}


@st.composite
def _stage(
    draw: st.DrawFn, name: str, ids: list[str], numbers: Numbers, problem: dict[str, Any], issues: dict[str, list[str]]
) -> dict[str, Any]:
    """A stage with some of the conditions and effects that this problem has a use for."""
    parties = sorted(problem["parties"])
    signatories = draw(st.lists(st.sampled_from(parties), min_size=1, max_size=2, unique=True))
    issue = draw(st.sampled_from(sorted(issues)))
    tabled: dict[str, Any] = {
        "month": numbers(0, 2),
        "no_deal_below": {draw(st.sampled_from(parties)): numbers(0.2, 1)},
    }
    if "events" in problem:
        tabled["event"] = problem["events"][0]["id"]
    others = [each for each in ids if each != name]
    if others and name == "truce":
        tabled["after"] = others[0]
    when = draw(st.lists(st.sampled_from(sorted(tabled)), max_size=2, unique=True))
    keys: dict[str, Any] = {
        "tabled": {key: tabled[key] for key in when},
        "months": numbers(0.1, 4),
        "gains": {party: numbers(-0.02, 0.1) for party in signatories},
        "shifts_no_deal": {draw(st.sampled_from(parties)): numbers(-0.1, 0.2)},
        "breaks_per_month": numbers(0, 0.6),
        "ends_with_agreement": draw(st.booleans()),
        "settles": {issue: draw(st.sampled_from(issues[issue]))},
        "kept": {"credibility": numbers(0.5, 1.5), "hazard": numbers(0.2, 2)},
        "broken": {"credibility": numbers(0.5, 1.5), "hazard": numbers(0.2, 2)},
    }
    if "war" in problem:
        keys |= {key: numbers(0, 2) for key in ("front_drift", "front_sd", "wear", "war_cost")}
        if "strikes" in problem["war"]:
            keys["waves"] = {strike: numbers(0, 2) for strike in problem["war"]["strikes"]}
    chosen = draw(st.lists(st.sampled_from(sorted(keys)), min_size=2, max_size=6, unique=True))
    return {"id": name, "signatories": signatories} | {key: keys[key] for key in chosen}


@st.composite
def _aftermath(
    draw: st.DrawFn, numbers: Numbers, others: list[str], mediator: str, issues: dict[str, list[str]]
) -> dict[str, Any]:
    issue = draw(st.sampled_from(sorted(issues)))
    options = issues[issue]
    aftermath: dict[str, Any] = {
        "guarantor": {"party": mediator, "cost_of_acting": numbers(0, 1)},
        "credibility": {option: numbers(0, 1) for option in options},
        "monitoring": {option: numbers(0, 1) for option in options},
        "pull_back": {
            "steps": {option: k for k, option in enumerate(options)},
            "one_sided": options[1],
            "gain_of_cheating": numbers(0, 4),
            "dividend": numbers(0, 1),
            "discount": numbers(0.5, 0.99),
            "penalty": numbers(0, 4),
        },
        "hazard": {
            "survival_12": numbers(0.3, 0.9),
            "shape": numbers(0.2, 1),
            "deterrence": numbers(0, 1),
            "ratios": {"calm": {"when": {issue: options[0]}, "ratio": numbers(0.2, 2), "share": 0.3}},
            "if_not_self_enforcing": numbers(1, 4),
            "if_pull_back_fails": numbers(1, 4),
            "if_bought_by_pressure": numbers(1, 4),
        },
    }
    if len(others) == 2:
        aftermath["power_shift"] = {
            "months": 24,
            "discount": numbers(0.8, 1),
            "balance_now": numbers(0, 1),
            "war_cost": {name: numbers(0, 0.2) for name in others},
            "penalty_if_guarantor_acts": numbers(0, 1),
            "away_from_ash": {name: {options[0]: numbers(-0.5, 0.5)} for name, options in issues.items()},
        }
    return aftermath
