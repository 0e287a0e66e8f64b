"""Positions of parties on the issues' scales and their influence-weighted mean, the baseline of bargaining models."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Ints
from sim.core.registry import described
from sim.core.solutions import sum_ascending

SCALE_END = 100.0


def even_scale(options: int) -> Floats:
    """Options evenly spaced from 0 to 100, in their order from one end to the other, shape (options,)."""
    return np.arange(options, dtype=np.float64) * (SCALE_END / max(options - 1, 1))


def best_positions(option_worth: Floats, scale: Floats) -> Floats:
    """Position of each party's best option on each issue; midway between the outermost of several (within 1e-9).

    Args:
        option_worth: Shape (N, I, O); entries beyond an issue's options are not read.
        scale: Position of each option, 0 to 100, shape (I, O); NaN beyond an issue's options.

    Returns:
        Shape (N, I).
    """
    exists = np.isfinite(scale)
    worth = np.where(exists, option_worth, -np.inf)
    best = worth >= worth.max(axis=2, keepdims=True) - TOLERANCE
    lowest: Floats = np.where(best, scale, np.inf).min(axis=2)
    highest: Floats = np.where(best, scale, -np.inf).max(axis=2)
    return (lowest + highest) / 2


def weighted_mean(positions: Floats, weights: Floats, influence: Floats) -> Floats:
    """Mean position on each issue, a party counting by its influence times the weight it gives the issue.

    Args:
        positions: Of the parties that count, shape (N, I).
        weights: Issue weights, shape (N, I).
        influence: Shape (N,), not negative.

    Returns:
        Shape (I,); NaN on an issue that counts for nobody.

    Source: Achen (2006), the compromise model, in The European Union Decides, ch. 4.
    """
    force = influence[:, None] * weights
    total, moment = sum_ascending(force), sum_ascending(force * positions)
    mean: Floats = np.divide(moment, total, out=np.full(len(total), np.nan), where=total > 0)
    return mean


@described(
    formula="argmin over p of the sum over i of |place of p_i - mean_i|, means by influence x issue weight",
    source="Achen (2006), the compromise model",
    use="the baseline that any model of bargaining must be shown against; it knows no red lines and no no-deal worth",
)
def nearest_to_position(target: Floats, scale: Floats, packages: npt.NDArray[np.integer[Any]]) -> tuple[Ints, float]:
    """Packages nearest to a place on all scales, by city-block distance, every issue counting the same.

    Args:
        target: Position on each issue, shape (I,); an issue at NaN does not count.
        scale: Position of each option, shape (I, O).
        packages: Option indices of the packages to choose from, shape (P, I), P at least 1.

    Returns:
        Indices of all packages within 1e-9 of the least distance, shape (K,), and that distance, in points summed over
        issues.
    """
    distance = np.zeros(len(packages))
    for issue in np.flatnonzero(np.isfinite(target)):
        distance += np.abs(scale[issue] - target[issue])[packages[:, issue]]
    least = distance.min()
    return np.flatnonzero(distance <= least + TOLERANCE), float(least)
