"""`list`: the names a scenario may use, and the charts there are."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

from rich.console import RenderableType

from sim.analysis.layout import heading, paragraph, table

Entry = dict[str, Any]  # name, about, and for what has them: parameters


def _classes(registry: Mapping[str, type]) -> list[Entry]:
    return [
        {"name": name, "about": _first_line(cls), "parameters": [_parameter(entry) for entry in fields(cls)]}
        for name, cls in registry.items()
    ]


def _strategies() -> list[Entry]:
    from sim.strategies import STRATEGIES

    return _classes(STRATEGIES)


def _protocols() -> list[Entry]:
    from sim.protocols import PROTOCOLS

    return _classes(PROTOCOLS)


def _charts() -> list[Entry]:
    from sim.charts import CHARTS

    return [{"name": name, "about": chart.about} for name, chart in CHARTS.items()]


def _laws() -> list[Entry]:
    return [{"name": name, "about": about} for name, about in LAWS.items()]


def _outcomes() -> list[Entry]:
    return [{"name": name, "about": about} for name, about in OUTCOMES.items()]


LAWS = {
    "beta": "between low and high, closer to the value than triangular (PERT)",
    "normal": "the range is the 5th and 95th percentile; cut at the 0.1st and 99.9th",
    "triangular": "between low and high, most often near the value (the default)",
    "uniform": "anywhere between low and high alike",
}
OUTCOMES = {
    "no_zone": "no package was acceptable to all who sign it",
    "deadline": "some package was, but the last round passed unsigned",
    "in_force": "an agreement was signed; nobody has to vote on it",
}
KINDS: Mapping[str, Callable[[], list[Entry]]] = {
    "strategies": _strategies,
    "protocols": _protocols,
    "laws": _laws,
    "outcomes": _outcomes,
    "charts": _charts,
}


def _first_line(cls: type) -> str:
    return (cls.__doc__ or "").strip().splitlines()[0]


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


def list_parts(found: Mapping[str, list[Entry]]) -> list[RenderableType]:
    """Names and what they do, a table a kind; parameters below each."""
    parts: list[RenderableType] = []
    for kind, entries in found.items():
        parts.append(heading(kind.capitalize()))
        parts.append(table(["", ""], [[entry["name"], entry["about"]] for entry in entries], left=2))
        for entry in entries:
            for parameter in entry.get("parameters", []):
                parts += _parameter_parts(entry["name"], parameter)
    return parts


def _parameter_parts(owner: str, parameter: dict[str, Any]) -> list[RenderableType]:
    default = "left out" if parameter["default"] is None else parameter["default"]
    about = f"{owner}.{parameter['name']} ({parameter['kind']}, default {default}): {parameter['about']}"
    lines = [paragraph(""), paragraph(about, 2)]
    if parameter["options"]:
        lines.append(table(["", ""], [[f"  {name}", about] for name, about in parameter["options"].items()], left=2))
    return lines
