"""Random bids and aspirations."""

from dataclasses import dataclass

import numpy as np

from sim.core.packages import Ints
from sim.core.strategy import Stance, View
from sim.strategies import STRATEGIES
from sim.strategies.base import PackageStrategy, between
from sim.strategies.offers import unless_avoided, worth_no_deal


@STRATEGIES.register(
    "random",
    formula="picks p, each alike, among packages it could sign with u(p) >= no_deal, anew each round; a = u(p)",
    source="the Random Walker of GENIUS and the random negotiator of NegMAS; when it accepts is our own",
    use="the floor: what a rule achieves beyond chance",
)
@dataclass(frozen=True)
class Random(PackageStrategy):
    """Each round pick any package the party could sign and that is worth no deal or more, and ask for its worth.

    So an offer is accepted with the chance that a package picked in this way is worth no more: the share of these
    packages that are worth as much as the offer or less. Packages that cross a line somebody has named are picked only
    if there are no others. With none at all it offers what all strategies then do.
    """

    randomises = True

    def stance(self, view: View) -> Stance:
        """Return the package drawn for this round, and its utility."""
        bid = _any(view)
        return self.stance_with(view, between(view, view.utility_of(bid)), bid)


def _any(view: View) -> Ints:
    """A package of each draw, the uniforms dealt out over those in question by the order of the party's regard."""
    order = np.argsort(view.tie_rank, axis=1)
    fit = unless_avoided(view, worth_no_deal(view))
    fit = np.take(fit, order[0], axis=1) if len(order) == 1 else np.take_along_axis(fit, order, axis=1)
    place, many = np.nonzero(fit)[1], np.count_nonzero(fit, axis=1)
    wanted = np.cumsum(many) - many + np.floor(view.chance * many).astype(np.int64)  # of all, draw by draw
    picked, rows = view.best_package.copy(), np.flatnonzero(many)
    picked[rows] = order[rows if len(order) > 1 else 0, place[wanted[rows]]]
    return picked
