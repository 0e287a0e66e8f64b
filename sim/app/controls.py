"""The controls of the tweak page as plain data, each with the paths that it sets."""

from collections.abc import Iterator
from typing import Any

from sim.core.registry import Registry, texts_of
from sim.model.ensemble import line_group
from sim.protocols import PROTOCOLS
from sim.results.labels import BLOCKS, clean, issue_label, party_label, red_line_label
from sim.scenario import Number, PartySpec, ProtocolSpec, Scenario, StrategySpec, read_scenario
from sim.scenario.registered import parameters_of
from sim.strategies import STRATEGIES

READINGS = ("by_party", "together", "each")
MOST_PATHS = 2_000


def controls(path: str) -> dict[str, Any]:
    """Return the controls of a file; a ScenarioError if it cannot be read."""
    scenario = read_scenario(path)
    return {
        "id": scenario.id,
        "title": clean(scenario.title),
        "as_of": str(scenario.as_of or ""),
        "parties": [_party(scenario, name, party) for name, party in scenario.parties.items()],
        "lines": list(_lines(scenario)),
        "reading": {"path": "lines", "value": scenario.lines, "choices": list(READINGS)},
        "protocol": _named(scenario, "protocol", scenario.protocol),
        "protocols": _choices(PROTOCOLS),
        "strategies": _choices(STRATEGIES),
        "blocks": [block for block in BLOCKS if scenario.resolved.get(block)],
        "numbers": _others(scenario),
    }


def _party(scenario: Scenario, name: str, party: PartySpec) -> dict[str, Any]:
    path = f"parties.{name}"
    return {
        "name": name,
        "label": party_label(scenario, name),
        "weights": [
            {"label": issue_label(scenario, issue), "issue": issue, **_number(f"{path}.weights.{issue}", number)}
            for issue, number in party.weights.items()
        ],
        "no_deal": _number(f"{path}.no_deal", party.no_deal),
        "strategy": {
            **_named(scenario, f"{path}.strategy", party.strategy),
            "numbers": list(_parameters(party, f"{path}.strategy")),
        },
    }


def _named(scenario: Scenario, path: str, spec: StrategySpec | ProtocolSpec) -> dict[str, Any]:
    """Describe a strategy or protocol: name, label in the file, and whether the file has the block."""
    block: Any = scenario.resolved
    for key in path.split("."):
        block = block.get(key, {})
    words = {key: value for key, value in spec.parameters.items() if isinstance(value, str)}
    return {"path": path, "value": spec.name, "words": words, "written": bool(block), "numbers": []}


def _number(path: str, number: Number) -> dict[str, Any]:
    return {
        "path": path,
        "value": number.value,
        "low": number.low if number.uncertain else None,
        "high": number.high if number.uncertain else None,
        "law": number.law,
    }


def _choices(registry: Registry[Any]) -> list[dict[str, Any]]:
    """Return registered names, each with its use, and its parameters with named options."""
    return [
        {"name": each, "about": _plain(texts_of(registry[each]).use), "words": list(_words(registry[each]))}
        for each in registry
    ]


def _words(registered: type) -> Iterator[dict[str, Any]]:
    """Return parameters with named options, each with its meaning."""
    for key, field in parameters_of(registered).items():
        if field.metadata["kind"] == "choice":
            yield {
                "key": key,
                "about": _plain(field.metadata["doc"]),
                "default": field.default,
                "choices": [{"name": word, "about": _plain(use)} for word, use in field.metadata["options"].items()],
            }


def _plain(text: str) -> str:
    """Strip the markup that names have in the manual."""
    return clean(text).replace("`", "")


def _parameters(party: PartySpec, path: str) -> Iterator[dict[str, Any]]:
    """Return the numbers that the file gives a strategy."""
    known = parameters_of(STRATEGIES[party.strategy.name])
    for key, value in party.strategy.parameters.items():
        if isinstance(value, Number):
            facts = known[key].metadata
            yield {
                **_number(f"{path}.{key}", value),
                "label": key,
                "about": clean(facts["doc"]),
                "least": facts["low"] if facts["low"] is not None else facts["above"],
                "most": facts["high"],
            }


def _lines(scenario: Scenario) -> Iterator[dict[str, Any]]:
    """Return red lines; those that share a draw have one hardness, and so one control."""
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    reading = "together" if scenario.lines == "together" else "by_party"
    for name, party in scenario.parties.items():
        for line in party.red_lines:
            path = f"parties.{name}.red_lines.{line.id}.hardness"
            owner = name if reading == "by_party" or line.drawn_with is None else ""
            key = (owner, line_group(reading, name, line.id, line.drawn_with))
            group = groups.setdefault(key, {**_number(path, line.hardness), "party": owner, "paths": [], "lines": []})
            group["paths"].append(path)
            group["lines"].append({
                "id": line.id,
                "owner": party_label(scenario, name),
                "words": red_line_label(scenario, f"{name}.{line.id}"),
            })  # fmt: skip
    yield from groups.values()


def _others(scenario: Scenario) -> list[dict[str, Any]]:
    """Return every number of the file by its path."""
    found = scenario.numbers()
    return [{**_number(path, found[path]), "label": clean(path)} for path in sorted(found)[:MOST_PATHS]]
