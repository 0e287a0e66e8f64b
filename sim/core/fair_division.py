"""Fair division: adjusted winner, for two parties that spread points over issues."""

from dataclasses import dataclass

import numpy as np

from sim.core.exact import TOLERANCE, Floats
from sim.core.registry import described

POINTS = 100.0  # that each party spreads over the issues


@dataclass(frozen=True, eq=False)
class AdjustedWinner:
    """A division of issues between two parties."""

    shares_to_a: Floats  # share of each issue that party A wins, shape (I,), in [0, 1]; B wins the rest
    split: int | None  # index of the issue that both win a part of, None if no issue has to be divided
    points_a: float  # what A wins, of 100 points of its own
    points_b: float  # what B wins, of its own; equal to `points_a` but for rounding


@described(
    formula="points of A = points of B; A wins the issues with the largest points_A / points_B, one issue is divided",
    source="Brams & Taylor (1996), Fair Division, ch. 4",
    use="for two parties whose worth is additive, to see what division of the issues would give both the same points",
)
def adjusted_winner(weights_a: Floats, weights_b: Floats) -> AdjustedWinner:
    """Give each issue to the party that gives it more points, then even out by the closest contests.

    The result is efficient, envy-free and equitable, and divides one issue at most, where utility is additive, issues
    are divisible and the parties are opposed on all of them. Of issues with the same ratio of points the one with more
    goes to A first, then the first in the arrays; this moves no points. An issue that neither gives a point is halved.

    Args:
        weights_a: Issue weights of party A, shape (I,), not negative; scaled to 100 points.
        weights_b: The same for party B.

    A ValueError if a weight is negative, or all of a party's are 0.
    """
    a, b = _points(weights_a), _points(weights_b)
    contested = (a + b) > 0
    share_of_a = np.divide(a, a + b, out=np.full(len(a), 0.5), where=contested)
    order = [int(issue) for issue in np.lexsort((-a, -share_of_a)) if contested[issue]]
    shares = np.where(contested, 0.0, 0.5)
    won_a, left_b = 0.0, POINTS  # A wins from the front of the order until the rest suits B as well
    split: int | None = None
    for issue in order:
        left_b -= b[issue]
        share = (left_b + b[issue] - won_a) / (a[issue] + b[issue])  # evens out if this issue is the one divided
        if share < 1 - TOLERANCE:
            shares[issue], split = (share, issue) if share > TOLERANCE else (0.0, None)
            break
        shares[issue] = 1.0
        won_a += a[issue]
    return AdjustedWinner(shares, split, _sum(a * shares), _sum(b * (1 - shares)))


def _points(weights: Floats) -> Floats:
    total = _sum(weights)
    if (weights < 0).any() or total <= 0:
        raise ValueError(f"weights must not be negative and not all 0, found {weights.tolist()}")
    return POINTS * (weights / total)


def _sum(values: Floats) -> float:
    """Sum from left to right, with fixed bits."""
    return float(np.cumsum(values)[-1])
