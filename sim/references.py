"""The reference solutions by name: what `list` tells of, and `show` prints beside every result."""

from collections.abc import Callable, Mapping
from typing import Any

from sim import solutions
from sim.fair_division import adjusted_winner
from sim.pareto import pareto_frontier
from sim.positions import nearest_to_position

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
