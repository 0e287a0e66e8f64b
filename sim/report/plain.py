"""Results as plain data for JSON: dataclasses and tables as mappings and lists, what is not a number as None."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any


def plain(value: Any) -> Any:
    """A value as JSON has it: a dataclass by its fields, a table as a list of rows, a number of NumPy's as Python's."""
    if hasattr(value, "to_dict"):
        return plain(value.to_dict("records"))
    if hasattr(value, "item"):
        value = value.item()
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


def pick(thing: object, names: str, **renamed: str) -> dict[str, Any]:
    """Some fields of an object by name, as plain data; `key="name"` for those that JSON calls otherwise."""
    wanted = dict(zip(names.split(), names.split(), strict=True)) | renamed
    return {key: plain(getattr(thing, name)) for key, name in wanted.items()}
