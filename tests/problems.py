"""Whole problems for tests: scenarios as plain dictionaries, drawn by Hypothesis or made for a purpose."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from sim.scenario import Scenario, ScenarioError, nodes, read_scenario
from sim.scenario.messages import Faults, Mark
from sim.scenario.scenario import from_tree

NAMES = ("ash", "birch", "cedar", "dogwood")
SCENARIOS = Path(__file__).parent.parent / "scenarios"


def made(problem: Mapping[str, Any]) -> Scenario:
    """A scenario from a dictionary, with all checks but those of the text of a file, which take longest."""
    root = _node(problem)
    assert isinstance(root, nodes.MappingNode)
    return from_tree(root, (), Faults())


def _node(value: Any) -> nodes.Node:
    here = Mark("a problem", 1, 1)
    if isinstance(value, Mapping):
        items = {key: _node(each) for key, each in value.items()}
        return nodes.MappingNode(here, "", items, dict.fromkeys(value, here))
    if isinstance(value, list):
        return nodes.SequenceNode(here, "", [_node(each) for each in value])
    text = value if isinstance(value, str) else json.dumps(value)
    if isinstance(value, float) and "e" in text:
        text = f"{value:.12f}"
    return nodes.ScalarNode(here, "", text, not isinstance(value, str))


def read(problem: Mapping[str, Any]) -> Scenario:
    """A scenario from a dictionary; its text is made and parsed only where a fault is to be told with its place."""
    try:
        return made(json.loads(json.dumps(problem)))
    except ScenarioError:
        return from_text(problem)


def from_text(problem: Mapping[str, Any]) -> Scenario:
    """The same through a file, as every scenario comes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.yaml"
        path.write_text(json.dumps(problem, indent=1))  # JSON is YAML
        return read_scenario(path)


FIRST_FLAGSHIP = "first-flagship"  # the flagship as it was once, beside this file, so that figures by hand stay


def shipped(name: str) -> Scenario:
    """A scenario of the project."""
    return read_scenario((Path(__file__).parent if name == FIRST_FLAGSHIP else SCENARIOS) / f"{name}.yaml")


def pie(no_deal: tuple[float, float], rounds: int, coarse: int = 1, fine: int = 10, **strategy: Any) -> dict[str, Any]:
    """Two parties divide a pie: what one gets the other does not.

    There are `coarse x fine` slices, all equal, dealt out by two issues: some in bundles of `fine`, some one by one.
    """
    slices = coarse * fine
    bundles = {f"c{k:03}": 100 * k / max(1, coarse - 1) for k in range(coarse)}
    singles = {f"f{k:03}": 100 * k / fine for k in range(fine + 1)}
    values = {"ash": {"bundles": bundles, "singles": singles}}
    values["birch"] = {
        issue: {option: 100 - points for option, points in options.items()} for issue, options in values["ash"].items()
    }
    if coarse == 1:
        values["birch"]["bundles"] = {"c000": 0}
    issues = {name: {"label": name, "options": {o: o for o in options}} for name, options in values["ash"].items()}
    return {
        "schema": 1,
        "id": "pie",
        "title": "A pie",
        "time": {"rounds": rounds, "days_per_round": 1},
        "issues": issues,
        "parties": {
            name: {
                "label": name.title(),
                "signs": "always",
                "weights": {"bundles": (slices - fine) / slices, "singles": fine / slices},
                "values": values[name],
                "no_deal": worth,
                "strategy": {"name": "time_dependent", "exponent": 1} | strategy,
            }
            for name, worth in zip(("ash", "birch"), no_deal, strict=True)
        },
        "protocol": {"name": "alternating_offers", "order": ["ash", "birch"], "information": "complete"},
    }


@st.composite
def weights(draw: st.DrawFn, issues: list[str]) -> dict[str, Any]:
    """Issue weights in hundredths that sum to 1, some of them with ranges."""
    cuts = sorted(draw(st.lists(st.integers(1, 99), min_size=len(issues) - 1, max_size=len(issues) - 1, unique=True)))
    parts = [b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]
    uncertain = draw(st.booleans())
    return {
        issue: {"value": part / 100, "range": [part / 200, min(1, part / 50)]} if uncertain else part / 100
        for issue, part in zip(issues, parts, strict=True)
    }


@st.composite
def problems(draw: st.DrawFn, max_rounds: int = 8) -> dict[str, Any]:
    """A small scenario: two or three parties, one to three issues, red lines, linkages, any rules of the table."""
    names = list(NAMES[: draw(st.integers(2, 3))])
    issues = {
        f"issue_{i}": [f"o{i}{o}" for o in range(draw(st.integers(2, 4)))] for i in range(draw(st.integers(1, 3)))
    }
    accepts = draw(st.sampled_from(["threshold", "next_offer", "combined"]))
    offers = draw(st.sampled_from(["best_for_others", "least_own", "nearest", "nash"]))
    order: Any = draw(st.sampled_from(["random", "rotating", "fixed", "list"]))
    return {
        "schema": 1,
        "id": "problem",
        "title": "A problem",
        "time": {"rounds": draw(st.integers(1, max_rounds)), "days_per_round": 10},
        "lines": draw(st.sampled_from(["by_party", "together", "each"])),
        "issues": {
            name: {"label": name, "options": {option: option for option in options}} for name, options in issues.items()
        },
        "parties": {name: draw(_party(issues, offers, accepts)) for name in names},
        "protocol": {
            "name": "alternating_offers",
            "order": draw(st.permutations(names)) if order == "list" else order,
            "information": draw(st.sampled_from(["complete", "positions", "learned", "none"])),
            "refusals": draw(st.sampled_from(["reasoned", "bare"])),
        },
    }


@st.composite
def _party(draw: st.DrawFn, issues: dict[str, list[str]], offers: str, accepts: str) -> dict[str, Any]:
    values = {}
    for issue, options in issues.items():
        points = draw(st.lists(st.integers(0, 20), min_size=len(options), max_size=len(options)))
        points[draw(st.integers(0, len(options) - 1))] = 20
        values[issue] = {option: 5 * p for option, p in zip(options, points, strict=True)}
    party: dict[str, Any] = {
        "label": "A party",
        "signs": "always",
        "weights": draw(weights(list(issues))),
        "values": values,
        "no_deal": {"value": 0.4, "range": [0.2, draw(st.sampled_from([0.5, 0.8]))]},
        "discount_per_month": 0.98,
        "strategy": {
            "name": "time_dependent",
            "exponent": {"value": 1, "range": [0.3, 4]},
            "offers": offers,
            "accepts": accepts,
        },
    }
    if draw(st.booleans()):
        issue = draw(st.sampled_from(sorted(issues)))
        party["red_lines"] = [
            {
                "id": "first",
                "never": {issue: issues[issue][0]},
                "hardness": {"value": 0.6, "range": [0.3, 0.9]},
                "drawn_with": "shared",
            },
            {"id": "second", "never": {issue: issues[issue][-1]}, "hardness": 0.4},
        ]
    if draw(st.booleans()):
        party["linkages"] = [
            {
                "id": "both",
                "when": {issue: options[:1] for issue, options in issues.items()},
                "adds": {"value": 0.05, "range": [-0.1, 0.2]},
            }
        ]
    return party
