"""The inputs of a scenario as text by dotted path, to find the differences of two scenarios."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import pandas as pd

from sim.core.packages import ALWAYS, NEVER, Condition
from sim.core.wording import in_order
from sim.protocols import PROTOCOLS
from sim.results.labels import BLOCKS
from sim.scenario import PartySpec, Scenario
from sim.scenario.mixing import SHOWN_ONLY
from sim.strategies import STRATEGIES

Texts = Iterator[tuple[str, str]]  # by path


def differing_inputs(scenarios: Sequence[Scenario], names: Sequence[str]) -> pd.DataFrame:
    """Return inputs that differ between scenarios.

    Returns:
        `input` (dotted path), for each name a column with its value (missing where it has no such input), and
        `NAME.where`: file, line and column, the file relative to the scenario's folder.
    """
    read = [dict(inputs(scenario)) for scenario in scenarios]
    paths = sorted({path for each in read for path in each})
    rows = []
    for path in paths:
        if any(path not in each for each in read) and not _describes_part(path, scenarios):
            continue
        values = [each.get(path) for each in read]
        if len(set(values)) > 1:
            row: dict[str, Any] = {"input": path} | dict(zip(names, values, strict=True))
            places = [scenario.where(path) for scenario in scenarios]
            rows.append(row | {f"{name}.where": place for name, place in zip(names, places, strict=True)})
    return pd.DataFrame(rows, columns=["input", *names, *(f"{name}.where" for name in names)])


def _describes_part(path: str, scenarios: Sequence[Scenario]) -> bool:
    """Return whether an input that some scenario lacks is listed: one input stands for a whole party, issue or line."""
    block, *rest = path.split(".")
    if block == "issues":
        return rest[1:] == ["options"] or all(rest[0] in each.issues for each in scenarios)
    if block != "parties":
        return True
    if not all(rest[0] in each.parties for each in scenarios):
        return rest[1:] == ["signs"]
    if rest[1] in ("weights", "values"):
        return all(rest[2] in each.issues for each in scenarios)
    return rest[1] not in ("red_lines", "linkages") or rest[3] in ("never", "when")


def inputs(scenario: Scenario) -> Texts:
    """Everything that can affect a result, by path, as text; without labels, sources and notes."""
    yield from ((path, str(number)) for path, number in scenario.numbers().items())
    yield "lines", scenario.lines
    yield "time.rounds", f"{scenario.time.rounds}"
    yield "time.days_per_round", f"{scenario.time.days_per_round:g}"
    yield from _parameters("protocol", scenario.protocol.name, scenario.protocol.parameters, PROTOCOLS)
    yield "solutions.parties", ", ".join(scenario.solution_parties or ()) or "those who always sign"
    for name, issue in scenario.issues.items():
        yield f"issues.{name}.options", ", ".join(issue.options)
        yield from ((f"issues.{name}.deliverable.{o}.otherwise", to.otherwise) for o, to in issue.deliverable.items())
        yield from ((f"issues.{name}.scale.{option}", f"{at:g}") for option, at in (issue.scale or {}).items())
    for rule in scenario.consistency:
        yield f"consistency.{rule.id}", f"if {condition_text(rule.if_)}, then {condition_text(rule.then)}"
    for name, proposal in scenario.proposals.items():
        text = " / ".join(f"{issue}: {option}" for issue, option in sorted(proposal.package.items()))
        yield f"proposals.{name}.package", text
    for name, party in scenario.parties.items():
        yield from ((f"parties.{name}.{path}", text) for path, text in _party(party))
    tree, numbers = scenario.resolved, frozenset(scenario.numbers())
    for block in BLOCKS:
        if block in tree:
            yield from _leaves(block, tree[block], numbers)


def _leaves(path: str, node: Any, numbers: frozenset[str]) -> Texts:
    """Return entries of a block beside the talks except its numbers, those of lists by their ids."""
    if path in numbers or path.rsplit(".", 1)[-1] in SHOWN_ONLY:
        return
    if isinstance(node, dict):
        for key, child in node.items():
            yield from _leaves(f"{path}.{key}", child, numbers)
    elif isinstance(node, list) and node and all(isinstance(entry, dict) and "id" in entry for entry in node):
        for entry in node:
            yield from _leaves(f"{path}.{entry['id']}", {k: v for k, v in entry.items() if k != "id"}, numbers)
    else:
        yield path, ", ".join(map(str, node)) if isinstance(node, list) else str(node)


def _party(party: PartySpec) -> Texts:
    """Return entries of a party's block except numbers written out by the file."""
    yield "discount_per_month", str(party.discount_per_month)
    yield "influence", str(party.influence)
    yield "signs", condition_text(party.signs)
    if party.values_within:
        yield "values_within", f"{party.values_within:g}"
    if party.opens_with:
        yield "opens_with", ", ".join(party.opens_with)
    for line in party.red_lines:
        yield f"red_lines.{line.id}.never", condition_text(line.never)
        yield f"red_lines.{line.id}.unless", condition_text(line.unless)
        yield f"red_lines.{line.id}.drawn_with", line.drawn_with or "the line alone"
    yield from ((f"linkages.{linkage.id}.when", condition_text(linkage.when)) for linkage in party.linkages)
    yield from _parameters("strategy", party.strategy.name, party.strategy.parameters, STRATEGIES)


def _parameters(block: str, name: str, given: Mapping[str, Any], registry: Mapping[str, type]) -> Texts:
    """Return a strategy or protocol with its parameters, those left out at their defaults."""
    yield f"{block}.name", name
    for entry in fields(registry[name]):
        value = given.get(entry.name, entry.default)
        text = f"{value:g}" if isinstance(value, float) else str(value)
        text = in_order(value) if isinstance(value, tuple) else text
        text = entry.metadata["left_out"] if value is None else text
        yield f"{block}.{entry.name}", text


def condition_text(condition: Condition) -> str:
    """Format a condition by names, whatever their order in the file: `border: ridge or river, and port: joint`."""
    if condition == ALWAYS:
        return "always"
    if condition == NEVER:
        return "never"
    clauses = (
        ", and ".join(f"{issue}: {' or '.join(sorted(options))}" for issue, options in sorted(clause.items()))
        for clause in condition.clauses
    )
    return "; or ".join(clauses)
