"""Drawn numbers of a mechanism: kept within what they may be, laid along the draws, summed in one order."""

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
    """Values kept in [0, 1]: a normal law reaches beyond its range."""
    return np.minimum(np.maximum(values, 0.0), 1.0)  # for few draws `np.clip` takes several times as long


def not_negative(values: Floats) -> Floats:
    """Values kept at or above 0."""
    return np.maximum(values, 0.0)


def discount_factor(values: Floats) -> Floats:
    """Values kept above 0 and at most 1."""
    return np.minimum(np.maximum(values, 1e-6), 1.0)


def along(numbers: Floats, like: Floats) -> Floats:
    """A number a draw, shape (B,), laid along the draw axis of something of shape (B, ...)."""
    return numbers.reshape(len(numbers), *(1 for _ in like.shape[1:]))


def side_by_side(columns: Sequence[Floats], count: int) -> Floats:
    """Arrays of shape (B,) as columns, shape (B, columns), also if there are none; B is `count`."""
    return np.array(columns).reshape(len(columns), count).T


def standard_normal(source: Source, name: str) -> Floats:
    """Standard normal numbers from the uniforms of a name, shape (B,)."""
    return exact.normal_quantile(np.maximum(source.uniform(name), SMALLEST_UNIFORM))


def numbers_by_option(source: Source, path: str, numbers: Mapping[str, Any]) -> dict[str, Floats]:
    """Numbers given by option (or any other name), in every draw; that of `x` has the path `path.x`."""
    return {name: source.number(f"{path}.{name}", numbers[name]) for name in sorted(numbers)}


def record_only(source: Source, path: str, number: Number | None) -> None:
    """Draw a number that is there for the reader alone, so that it has its column; nothing is computed from it."""
    if number is not None:
        source.number(path, number)


def sum_ascending(parts: Sequence[Floats], shape: tuple[int, ...]) -> Floats:
    """Sum of arrays of one shape, element by element by ascending value: their order moves no bit."""
    return reduce(np.add, np.sort(np.stack(parts), axis=0) if len(parts) else (), np.zeros(shape))
