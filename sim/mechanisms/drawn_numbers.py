"""Drawn numbers of a mechanism: clipped to their domain, aligned with the draws, summed in one order."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from sim.core import exact
from sim.core.exact import Floats
from sim.core.mechanism import Source
from sim.core.numbers import Number

SMALLEST_UNIFORM = 2.0**-54  # half the smallest that a stream makes above 0; its normal number is -8.2, not -inf


def share(values: Floats) -> Floats:
    """Clip values to [0, 1]: a normal law extends beyond its range."""
    return np.minimum(np.maximum(values, 0.0), 1.0)  # for few draws `np.clip` takes several times as long


def not_negative(values: Floats) -> Floats:
    """Clip values at 0 from below."""
    return np.maximum(values, 0.0)


def discount_factor(values: Floats) -> Floats:
    """Clip values to above 0 and at most 1."""
    return np.minimum(np.maximum(values, 1e-6), 1.0)


def along(numbers: Floats, like: Floats) -> Floats:
    """Align a number a draw, shape (B,), with the draw axis of an array of shape (B, ...)."""
    return numbers.reshape(len(numbers), *(1 for _ in like.shape[1:]))


def side_by_side(columns: Sequence[Floats], count: int) -> Floats:
    """Stack arrays of shape (B,) as columns, shape (B, columns), also if there are none; B is `count`."""
    return np.array(columns).reshape(len(columns), count).T


def standard_normal(source: Source, name: str) -> Floats:
    """Return standard normal numbers from the uniforms of a name, shape (B,)."""
    return exact.normal_quantile(np.maximum(source.uniform(name), SMALLEST_UNIFORM))


def numbers_by_option(source: Source, path: str, numbers: Mapping[str, Any]) -> dict[str, Floats]:
    """Draw numbers given by option (or any other name); that of `x` has the path `path.x`."""
    return {name: source.number(f"{path}.{name}", numbers[name]) for name in sorted(numbers)}


def record_only(source: Source, path: str, number: Number | None) -> None:
    """Draw a number that only needs a column and enters no computation."""
    if number is not None:
        source.number(path, number)


def sum_ascending(parts: Sequence[Floats], shape: tuple[int, ...]) -> Floats:
    """Sum arrays of one shape, element by element by ascending value: their order moves no bit."""
    return reduce(np.add, np.sort(np.stack(parts), axis=0) if len(parts) else (), np.zeros(shape))
