"""The controls of the tweak page as plain data, each with the paths that it sets."""

from collections.abc import Iterator
from typing import Any

from sim.core.registry import Registry, texts_of
from sim.model.ensemble import line_group
from sim.protocols import PROTOCOLS
from sim.results.labels import BLOCKS, clean, input_label, issue_label, line_short, party_label, red_line_label
from sim.scenario import Number, PartySpec, ProtocolSpec, Scenario, StrategySpec, read_scenario
from sim.scenario.nodes import plain
from sim.scenario.paths import get
from sim.scenario.places import Bounds
from sim.scenario.registered import parameters_of
from sim.strategies import STRATEGIES

READINGS = ("by_party", "together", "each")
MOST_PATHS = 2_000
Row = dict[str, Any]


def controls(path: str) -> dict[str, Any]:
    """Return the controls of a file; a ScenarioError if it cannot be read."""
    scenario = read_scenario(path)
    rows = dict(_rows(scenario))
    lines = list(_lines(scenario, rows))
    parties = [_party(scenario, name, party, rows) for name, party in scenario.parties.items()]
    shown = {path for line in lines for path in line["paths"]}
    shown |= {row["path"] for party in parties for row in _shown(party)}
    return {
        "id": scenario.id,
        "title": clean(scenario.title),
        "as_of": str(scenario.as_of or ""),
        "parties": parties,
        "lines": lines,
        "reading": {"path": "lines", "value": scenario.lines, "choices": list(READINGS)},
        "protocol": _named(scenario, "protocol", scenario.protocol),
        "protocols": _choices(PROTOCOLS),
        "strategies": _choices(STRATEGIES),
        "blocks": [block for block in BLOCKS if scenario.resolved.get(block)],
        "numbers": list(_others([row for path, row in rows.items() if path not in shown])),
    }


def _rows(scenario: Scenario) -> Iterator[tuple[str, Row]]:
    """Yield each number that the file states and a path sets, whole ones too, with its range and its bounds."""
    numbers, bounds = scenario.numbers(), scenario.bounds()
    paths = [path for path in {**bounds, **numbers} if not path.startswith("known.")]
    for path in paths[:MOST_PATHS]:
        node, limits = get(scenario.tree, *path.split(".")), bounds.get(path, Bounds(None, None))
        number = numbers.get(path)
        if number is None:
            if node is None:
                continue  # a key with dots in it
            number = Number(float(str(plain(node))))
        yield path, {
            "path": path,
            "label": input_label(scenario, path),
            "value": number.value,
            "low": number.low if number.uncertain else None,
            "high": number.high if number.uncertain else None,
            "law": number.law,
            **limits._asdict(),
        }


def _shown(party: Row) -> Iterator[Row]:
    """Yield the numbers among the controls of a party."""
    yield from (*party["weights"], party["no_deal"], *party["strategy"]["numbers"])


def _party(scenario: Scenario, name: str, party: PartySpec, rows: dict[str, Row]) -> Row:
    path = f"parties.{name}"
    return {
        "name": name,
        "label": party_label(scenario, name),
        "weights": [
            {**rows[f"{path}.weights.{issue}"], "label": issue_label(scenario, issue), "issue": issue}
            for issue in party.weights
        ],
        "no_deal": rows[f"{path}.no_deal"],
        "strategy": {
            **_named(scenario, f"{path}.strategy", party.strategy),
            "numbers": list(_parameters(party, f"{path}.strategy", rows)),
        },
    }


def _named(scenario: Scenario, path: str, spec: StrategySpec | ProtocolSpec) -> dict[str, Any]:
    """Describe a strategy or protocol: name, label in the file, and whether the file has the block."""
    block: Any = scenario.resolved
    for key in path.split("."):
        block = block.get(key, {})
    words = {key: value for key, value in spec.parameters.items() if isinstance(value, str)}
    return {"path": path, "value": spec.name, "words": words, "written": bool(block), "numbers": []}


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


def _parameters(party: PartySpec, path: str, rows: dict[str, Row]) -> Iterator[Row]:
    """Yield the numbers that the file gives a strategy."""
    for key, field in parameters_of(STRATEGIES[party.strategy.name]).items():
        if f"{path}.{key}" in rows:
            yield {**rows[f"{path}.{key}"], "label": key, "about": _plain(field.metadata["doc"])}


def _lines(scenario: Scenario, rows: dict[str, Row]) -> Iterator[Row]:
    """Return red lines; those that share a draw have one hardness, and so one control."""
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    reading = "together" if scenario.lines == "together" else "by_party"
    for name, party in scenario.parties.items():
        for line in party.red_lines:
            path = f"parties.{name}.red_lines.{line.id}.hardness"
            owner = name if reading == "by_party" or line.drawn_with is None else ""
            key = (owner, line_group(reading, name, line.id, line.drawn_with))
            group = groups.setdefault(key, {**rows[path], "party": owner, "paths": [], "lines": []})
            group["paths"].append(path)
            group["lines"].append({
                "short": line_short(scenario, f"{name}.{line.id}"),
                "owner": party_label(scenario, name),
                "words": red_line_label(scenario, f"{name}.{line.id}"),
            })  # fmt: skip
    yield from groups.values()


def _others(rows: list[Row]) -> Iterator[Row]:
    """Group rows by party or by block of the file, the length of the talks first."""
    groups: dict[tuple[str, str], list[Row]] = {("time", ""): []}
    for row in rows:
        block, name = row["path"].split(".")[:2]
        groups.setdefault((block, name if block == "parties" else ""), []).append(row)
    for (block, name), found in groups.items():
        yield {"block": block, "party": name, "numbers": found}
