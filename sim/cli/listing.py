"""`list`: the names a scenario may use, the solutions that results are held against, and the charts there are."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

from sim.core import solutions
from sim.core.fair_division import adjusted_winner
from sim.core.pareto import pareto_frontier
from sim.core.positions import nearest_to_position
from sim.core.registry import texts_of
from sim.report.document import Block, heading, paragraph, table
from sim.results.labels import OUTCOMES

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


Entry = dict[str, Any]  # name, about, and for what has them: formula, source, use, parameters


def _classes(registry: Mapping[str, type]) -> list[Entry]:
    return [_told(name, cls) | {"parameters": [_parameter(entry) for entry in fields(cls)]}
            for name, cls in registry.items()]  # fmt: skip


def _rules(rules: Mapping[str, Callable[..., Any]]) -> list[Entry]:
    return [_told(name, rule) for name, rule in sorted(rules.items())]


def _told(name: str, thing: Callable[..., Any]) -> Entry:
    texts = texts_of(thing)
    return {"name": name, "about": texts.rule, "formula": texts.formula, "source": texts.source, "use": texts.use}


def _strategies() -> list[Entry]:
    from sim.strategies import STRATEGIES

    return _classes(STRATEGIES)


def _protocols() -> list[Entry]:
    from sim.protocols import PROTOCOLS

    return _classes(PROTOCOLS)


def _offers() -> list[Entry]:
    from sim.strategies.offers import OFFER_RULES

    return _rules(OFFER_RULES)


def _acceptance() -> list[Entry]:
    from sim.strategies.acceptance import ACCEPTANCE_RULES

    return _rules(ACCEPTANCE_RULES)


def _solutions() -> list[Entry]:


    return _rules(SOLUTIONS)


def _information() -> list[Entry]:
    from sim.core.opponent_model import INFORMATION

    return [{"name": name, "about": about} for name, about in INFORMATION.items()]


def _charts() -> list[Entry]:
    from sim.charts import CHARTS

    return [{"name": name, "about": chart.about} for name, chart in CHARTS.items()]


def _laws() -> list[Entry]:
    return [{"name": name, "about": about} for name, about in LAWS.items()]


def _outcomes() -> list[Entry]:
    return [{"name": name, "about": each.clause.format("all who sign")} for name, each in OUTCOMES.items()]


LAWS = {
    "beta": "between low and high, closer to the value than triangular (PERT)",
    "normal": "the range is the 5th and 95th percentile; cut at the 0.1st and 99.9th",
    "triangular": "between low and high, most often near the value (the default)",
    "uniform": "anywhere between low and high alike",
}
KINDS: Mapping[str, Callable[[], list[Entry]]] = {
    "strategies": _strategies,
    "protocols": _protocols,
    "offers": _offers,
    "acceptance": _acceptance,
    "information": _information,
    "solutions": _solutions,
    "laws": _laws,
    "outcomes": _outcomes,
    "charts": _charts,
}
LISTED_APART = {"offers": "offers", "accepts": "acceptance", "information": "information"}  # kinds by parameter


def _parameter(entry: "Field[Any]") -> dict[str, Any]:
    """A parameter of a strategy or protocol: name, kind, default, what it does, and the words it may take."""
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
    """What there is of a kind; of one name only, if it is given (empty if there is none)."""
    return [entry for entry in KINDS[kind]() if name is None or entry["name"] == name]


def list_document(found: Mapping[str, list[Entry]]) -> list[Block]:
    """Names and what they do, a table a kind; what more there is to tell of each, and its parameters, below."""
    parts: list[Block] = []
    for kind, entries in found.items():
        parts.append(heading(kind.capitalize()))
        parts.append(table(["", ""], [[entry["name"], entry["about"]] for entry in entries], left=2))
        for entry in entries:
            told = [[f"  {key}", entry[key]] for key in ("formula", "source", "use") if key in entry]
            if told:
                parts += [paragraph(""), paragraph(entry["name"], 2), table(["", ""], told, left=2)]
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
