"""What a mechanism is bound to, and how a bound one is cut into blocks of draws.

A bound mechanism is a frozen dataclass. Every field holds something per draw, with the draw axis first: an array,
another bound object, or a tuple of these. What is the same in all draws lives in one field called `static`.
"""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, Self, TypeVar

import numpy as np

from sim.core import exact
from sim.core.exact import Floats
from sim.core.mechanism import Rows, Source, Table

__all__ = ["Bound", "Rows", "Source", "Table", "rows_of", "side_by_side", "standard_normal"]

SMALLEST_UNIFORM = 2.0**-54  # half the smallest that a stream makes above 0; its normal number is -8.2, not -inf
STATIC = "static"  # the field that no cut touches

Kind = TypeVar("Kind")


class Bound:
    """Something drawn, which can be cut into blocks of draws."""

    def rows(self, rows: Rows) -> Self:
        """Some of the draws, in the given order."""
        return rows_of(self, rows)


def rows_of(bound: Kind, rows: Rows) -> Kind:
    """Some of the draws of a bound object, in the given order; `static` is shared, not copied."""
    assert is_dataclass(bound) and not isinstance(bound, type)
    changes = {
        field.name: _rows_of_value(getattr(bound, field.name), rows)
        for field in fields(bound)
        if field.name != STATIC
    }
    return replace(bound, **changes)


def _rows_of_value(value: Any, rows: Rows) -> Any:
    if isinstance(value, np.ndarray):
        return value[rows]
    if isinstance(value, tuple):
        return tuple(_rows_of_value(entry, rows) for entry in value)
    if is_dataclass(value):
        return rows_of(value, rows)
    return value


def side_by_side(columns: Sequence[Floats], count: int) -> Floats:
    """Arrays of shape (B,) as columns, shape (B, columns), also if there are none; B is `count`."""
    return np.array(columns).reshape(len(columns), count).T


def standard_normal(source: Source, name: str) -> Floats:
    """Standard normal numbers from the uniforms of a name, shape (B,)."""
    return exact.normal_quantile(np.maximum(source.uniform(name), SMALLEST_UNIFORM))
