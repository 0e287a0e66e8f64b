"""`list`: the names a scenario may use, the bargaining solutions and the charts."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

from sim.core import solutions
from sim.core.acceptance import ACCEPTANCE_RULES
from sim.core.fair_division import adjusted_winner
from sim.core.opponent_model import INFORMATION
from sim.core.pareto import pareto_frontier
from sim.core.positions import nearest_to_position
from sim.core.registry import texts_of
from sim.protocols import PROTOCOLS
from sim.report.document import Block, heading, paragraph, table
from sim.results.labels import OUTCOMES
from sim.strategies import STRATEGIES
from sim.strategies.offers import OFFER_RULES

SOLUTIONS: Mapping[str, Callable[..., Any]] = {
    "adjusted_winner": adjusted_winner,
    "asymmetric_nash": solutions.asymmetric_nash,
    "egalitarian": solutions.egalitarian,
    "kalai_smorodinsky": solutions.kalai_smorodinsky,
    "kalai_smorodinsky_spread": solutions.kalai_smorodinsky_spread,
    "nash": solutions.nash,
    "nearest_to_mean_position": nearest_to_position,
    "pareto_frontier": pareto_frontier,
    "utilitarian": solutions.utilitarian,
}
Entry = dict[str, Any]  # name, about, and where they exist: formula, source, use, parameters


def _classes(registry: Mapping[str, type]) -> list[Entry]:
    return [_entry(name, cls) | {"parameters": [_parameter(entry) for entry in fields(cls)]}
            for name, cls in registry.items()]  # fmt: skip


def _rules(rules: Mapping[str, Callable[..., Any]]) -> list[Entry]:
    return [_entry(name, rule) for name, rule in sorted(rules.items())]


def _entry(name: str, thing: Callable[..., Any]) -> Entry:
    texts = texts_of(thing)
    return {"name": name, "about": texts.rule, "formula": texts.formula, "source": texts.source, "use": texts.use}


def _described(meanings: Mapping[str, str]) -> list[Entry]:
    return [{"name": name, "about": about} for name, about in meanings.items()]


def _charts() -> list[Entry]:
    from sim.charts import CHARTS

    return _described({name: chart.about for name, chart in CHARTS.items()})


LAWS = {
    "beta": "between low and high, closer to the value than triangular (PERT)",
    "normal": "the range is the 5th and 95th percentile; cut at the 0.1st and 99.9th",
    "triangular": "between low and high, most often near the value (the default)",
    "uniform": "anywhere between low and high alike",
}
KINDS: Mapping[str, Callable[[], list[Entry]]] = {
    "strategies": lambda: _classes(STRATEGIES),
    "protocols": lambda: _classes(PROTOCOLS),
    "offers": lambda: _rules(OFFER_RULES),
    "acceptance": lambda: _rules(ACCEPTANCE_RULES),
    "information": lambda: _described(INFORMATION),
    "solutions": lambda: _rules(SOLUTIONS),
    "laws": lambda: _described(LAWS),
    "outcomes": lambda: _described({name: each.clause.format("all who sign") for name, each in OUTCOMES.items()}),
    "charts": _charts,
}
LISTED_APART = {"offers": "offers", "accepts": "acceptance", "information": "information"}  # kinds by parameter


def _parameter(entry: "Field[Any]") -> dict[str, Any]:
    """Return a parameter of a strategy or protocol: name, kind, default, description and options."""
    default = None if entry.default is MISSING else entry.default
    meta = entry.metadata
    return {
        "name": entry.name,
        "kind": meta["kind"],
        "default": list(default) if isinstance(default, tuple) else default,
        "about": meta["doc"],
        "options": dict(meta.get("options", {})),
    }


def entries_of(kind: str, name: str | None = None) -> list[Entry]:
    """Return the entries of a kind, or only the one of a name (empty if there is none)."""
    return [entry for entry in KINDS[kind]() if name is None or entry["name"] == name]


def list_document(found: Mapping[str, list[Entry]]) -> list[Block]:
    """Return names and descriptions, a table a kind; below it formula, source, use and parameters of each."""
    parts: list[Block] = []
    for kind, entries in found.items():
        parts.append(heading(kind.capitalize()))
        parts.append(table(["", ""], [[entry["name"], entry["about"]] for entry in entries], left=2))
        for entry in entries:
            texts = [[f"  {key}", entry[key]] for key in ("formula", "source", "use") if key in entry]
            if texts:
                parts += [paragraph(""), paragraph(entry["name"], 2), table(["", ""], texts, left=2)]
            for parameter in entry.get("parameters", []):
                parts += _parameter_parts(entry["name"], parameter)
    return parts


def _parameter_parts(owner: str, parameter: dict[str, Any]) -> list[Block]:
    default = "left out" if parameter["default"] is None else parameter["default"]
    about = f"{owner}.{parameter['name']} ({parameter['kind']}, default {default}): {parameter['about']}"
    lines: list[Block] = [paragraph(""), paragraph(about, 2)]
    kind = LISTED_APART.get(parameter["name"])
    if kind:
        lines.append(paragraph(f"{', '.join(parameter['options'])}: peacesim list {kind}", 4))
    elif parameter["options"]:
        lines.append(table(["", ""], [[f"  {name}", about] for name, about in parameter["options"].items()], left=2))
    return lines
