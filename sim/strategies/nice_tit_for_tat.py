"""Concession toward the fair package, as far as the others concede."""

from dataclasses import dataclass

import numpy as np

from sim.core.bids import first_of_highest
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Bools
from sim.core.registry import number
from sim.core.solutions import NO_PRODUCT
from sim.core.strategy import Stance, View
from sim.strategies import STRATEGIES
from sim.strategies.base import AspirationStrategy, between, others
from sim.strategies.offers import knows_nothing_of, product_of_gains, slices, tie_rank_of, worth_no_deal


@STRATEGIES.register(
    "nice_tit_for_tat",
    formula="a = best - c (best - fair), c = min over others of (its best offer so far - its first) / (fair - its "
    "first), all in own worth; fair: own worth of the package with the largest known product of gains; after late a "
    "falls to fair",
    source="after Baarslag, Hindriks & Jonker (2013), Nice Tit for Tat; the straight fall near the end, what is done "
    "where nothing is known, and several others are our own",
    use="a party that wants the fair package, but not before the others come toward it",
)
@dataclass(frozen=True)
class NiceTitForTat(AspirationStrategy):
    """Come as great a part of the way to the fair package as the least generous other has.

    Fair is the largest product of gains over the signatories, as far as known. Where nothing is known of the others,
    or no package is known to let all gain, it is half way between no deal and the best package.
    """

    late: float | Floats = number(
        0.9, low=0.0, high=1.0, doc="share of the talks after which it falls, whatever the others do, to the fair worth"
    )

    def stance(self, view: View) -> Stance:
        best, fair = view.highest_claim, _fair(view)
        share = _share_of_the_way(view, fair)
        aspiration = best - share * (best - fair)
        late = np.clip(self.late, 0.0, 1.0)
        fallen = np.where(view.time > late, (view.time - late) / np.where(late < 1, 1 - late, 1.0), 0.0)
        return self.stance_at(view, between(view, aspiration - fallen * (aspiration - fair)))


def _fair(view: View) -> Floats:
    """Return own utility of the package with the largest product of gains as far as known, shape (B,)."""
    best = view.highest_claim
    fair = view.reservation_value + (best - view.reservation_value) / 2
    strangers: Bools = np.ones(len(best), bool)
    for other in others(view):
        strangers = strangers & knows_nothing_of(view, other)
    for rows in slices(view):
        fit = worth_no_deal(view, rows)
        product = product_of_gains(view, rows)
        product[~fit] = 0.0
        found = np.flatnonzero(~strangers[rows] & (product.max(axis=1) > NO_PRODUCT))
        if len(found):
            draws = rows.start + found
            package = first_of_highest(product[found], fit[found], tie_rank_of(view, draws))
            fair[draws] = view.utility[draws, package]
    return between(view, fair)


def _share_of_the_way(view: View, fair: Floats) -> Floats:
    """Return the share of the way from first offer to fair utility that the least generous other has come, 0 to 1."""
    share = np.full(len(fair), np.inf)
    rows = np.arange(len(fair))[:, None]
    for other in others(view):
        made = view.offers_made[:, other]
        longest = int(made.max(initial=0))
        if longest:
            received = np.arange(longest) < made[:, None]
            offers = np.where(received, view.log[:, other, :longest], 0)
            best = np.where(received, view.utility[rows, offers], -np.inf).max(axis=1)
            first = view.utility[rows[:, 0], offers[:, 0]]
            way = fair - first
            come = np.where(way > TOLERANCE, (best - first) / np.where(way > TOLERANCE, way, 1.0), 1.0)
            share = np.where(made > 0, np.minimum(share, np.clip(come, 0.0, 1.0)), share)
    return np.where(share == np.inf, 0.0, share)
