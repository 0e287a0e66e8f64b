"""Which of the packages that are worth enough a party puts on the table: one rule a function.

All rules look first among packages that cross no line somebody has named, then among all the party could sign, and
repeat the party's best package if nothing is worth enough.
"""

from collections.abc import Callable, Mapping

import numpy as np

from sim.exact import TOLERANCE
from sim.issues import NO_DEAL, Ints
from sim.registry import described
from sim.shortlist import first_of_highest
from sim.state import View
from sim.strategies.gains import product_of_gains
from sim.utility import Floats

OfferRule = Callable[[View, Floats], Ints]


@described(
    formula="argmax over p with u(p) >= a of min over other signatories m of known u_m(p) / known best_m",
    source="our own; with one other party it is the package that the other is thought to like best",
    use="the default: a party that looks for what the others could sign, and the fastest rule",
)
def best_for_others(view: View, least: Floats) -> Ints:
    """The package whose least content other signatory gets the largest known share of its best.

    Args:
        view: What the party sees.
        least: The least worth it asks for, shape (B,).

    Returns:
        Package offered, shape (B,).
    """
    if view.shortlists is None:
        return _choose(view, least, lambda rows: _least_share(view, rows))
    avoiding, any_line = view.shortlists()
    offer = avoiding.first_worth(least)
    if (offer == NO_DEAL).any():
        offer = np.where(offer == NO_DEAL, any_line.first_worth(least), offer)
        offer = np.where(offer == NO_DEAL, view.best_package, offer)
    return offer


@described(
    formula="argmin over p with u(p) >= a of u(p)",
    source="the usual inverse of the aspiration, as in GENIUS and NegMAS",
    use="to compare with other programs; parties that know nothing of each other",
)
def least_own(view: View, least: Floats) -> Ints:
    """The package worth least to oneself."""
    return _choose(view, least, lambda rows: -view.utility[rows])


@described(
    formula="argmin over p with u(p) >= a of sum over issues i of w_i |v_i(p) - v_i(last offer received)|",
    source="Faratin, Sierra & Jennings (2002), trade-offs by similarity, with the party's own weights",
    use="parties that answer an offer by one as like it as they can afford",
)
def nearest(view: View, least: Floats) -> Ints:
    """The package most like the last offer received: the smallest sum of own worth that the options differ by.

    Before any offer is received, the best for the others.
    """

    def closeness(rows: Ints) -> Floats:
        worth, offer = view.option_worth[rows], view.packages[view.received[rows]]
        draw = np.arange(len(rows))
        distance = np.zeros((len(rows), len(view.packages)))
        for issue in range(view.packages.shape[1]):
            there = worth[draw, issue, offer[:, issue]]
            distance += np.abs(worth[:, issue] - there[:, None])[:, view.packages[:, issue]]
        return -distance

    return np.where(view.received == NO_DEAL, best_for_others(view, least), _choose(view, least, closeness))


@described(
    formula="argmax over p with u(p) >= a of the product over signatories n of max(0, known u_n(p) - known no_deal_n)",
    source="the product of Nash (1950), used as a rule for offers",
    use="parties that know much of each other and look for a fair text at the worth they ask for",
)
def nash(view: View, least: Floats) -> Ints:
    """The package with the largest product of gains over its signatories, the others' as far as known.

    A gain below 0 counts as none.
    """
    return _choose(view, least, lambda rows: product_of_gains(view, rows))


def _least_share(view: View, rows: Ints) -> Floats:
    """Share of its best that the least content other signatory gets of each package, as known now, shape (rows, P)."""
    known, least = view.known, np.full((len(rows), view.signs.shape[1]), np.inf)
    for other, signs in enumerate(view.signs):
        if other != view.party:
            best = known.best[rows, other, None] * view.leaning[other]
            share = np.divide(known.utility[rows, other], best, out=np.zeros_like(least), where=best > TOLERANCE)
            np.minimum(least, share, out=least, where=signs)
    return least


OFFER_RULES: Mapping[str, OfferRule] = {
    "best_for_others": best_for_others,
    "least_own": least_own,
    "nash": nash,
    "nearest": nearest,
}


def _choose(view: View, least: Floats, merit: Callable[[Ints], Floats]) -> Ints:
    """The package of highest merit among those worth enough; ties by the party's regard for the others."""
    offer = view.best_package.copy()
    enough = view.signable & np.greater_equal(view.utility, (least - TOLERANCE)[:, None])
    quiet = enough & ~view.avoided()
    usable = np.where(quiet.any(axis=1, keepdims=True), quiet, enough)
    rows = np.flatnonzero(usable.any(axis=1))
    if len(rows):
        tie_rank = view.tie_rank if len(view.tie_rank) == 1 else view.tie_rank[rows]
        offer[rows] = first_of_highest(merit(rows), usable[rows], tie_rank)
    return offer
