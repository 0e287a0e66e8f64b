"""Results as plain data for JSON: dataclasses as mappings, tables as lists of rows, NaN and infinity as None."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from operator import attrgetter
from typing import Any

from sim.results.stages import OfRuns


def plain(value: Any) -> Any:
    """Convert a value for JSON: a dataclass to a mapping, a table to a list of rows, NumPy scalars to Python's."""
    if hasattr(value, "to_dict"):
        return plain(value.to_dict("records"))
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, OfRuns):
        return pick(value, "count n share interval")
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def pick(thing: object, names: str) -> dict[str, Any]:
    """Pick attributes of an object as plain data: `name`, `key=path.of.it`, or `low,high=pair` for parts of one."""
    found: dict[str, Any] = {}
    for each in names.split():
        given, _, path = each.rpartition("=")
        keys, value = (given or path).split(","), plain(attrgetter(path)(thing))
        found |= zip(keys, value if len(keys) > 1 and value is not None else [value] * len(keys), strict=True)
    return found


def picks(things: Iterable[object], names: str) -> list[dict[str, Any]]:
    return [pick(thing, names) for thing in things]
