"""Bidding strategies: which of the packages at or above the aspiration a party offers, one function each.

All look first among packages that cross no line that was named, then among all that the party could sign, and repeat
the party's best package if none reaches the aspiration.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from sim.core.bids import BEST_FOR_OTHERS, LEAST_OWN, first_of_highest
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.registry import described
from sim.core.solutions import product_ascending
from sim.core.strategy import View

Rows = Ints | slice
CACHE_ITEMS = 250_000  # worths to work on at once


def slices(view: View) -> Iterator[slice]:
    """A few draws at a time, so that what is worked on stays in the processor's cache."""
    draws, packages = view.utility.shape
    step = max(1, CACHE_ITEMS // packages)
    return (slice(start, min(start + step, draws)) for start in range(0, draws, step))


def product_of_gains(view: View, rows: Rows) -> Floats:
    """Return the product of gains over no deal of its signatories, as far as known, by package, shape (rows, P).

    A gain below 0 counts as none; parties that do not sign a package do not count for it.
    """
    known, gains = view.known, []
    shared = len(known.utility) == 1
    for party, signs in enumerate(view.signs):
        if party == view.party:
            gain = view.utility[rows] - view.reservation_value[rows, None]
        else:
            here = slice(None) if shared else rows
            gain = known.utility[here, party] - known.reservation_value[here, party][:, None]
        np.maximum(gain, 0.0, out=gain)
        gain[:, ~signs] = 1.0
        gains.append(gain)
    gains.sort(key=len)  # what is the same in all draws is sorted once
    return product_ascending(gains)


def unless_avoided(view: View, packages: Bools) -> Bools:
    """Those of some packages, shape (B, P), that cross no line somebody has named; all where each crosses one."""
    rest = packages & ~view.avoided
    return np.where(rest.any(axis=1, keepdims=True), rest, packages)


def worth_no_deal(view: View, rows: Rows = slice(None)) -> Bools:
    """Return packages that the party could sign at or above its reservation value, shape (rows, P)."""
    worth: Bools = view.utility[rows] >= (view.reservation_value[rows] - TOLERANCE)[:, None]
    return view.signable[rows] & worth


def tie_rank_of(view: View, rows: Rows) -> Ints:
    """Return the party's order of equally good packages in some draws, smaller first, shape (1 or rows, P)."""
    return view.tie_rank if len(view.tie_rank) == 1 else view.tie_rank[rows]


def knows_nothing_of(view: View, party: int) -> Bools:
    """Return whether all packages are alike to a party as far as this one knows, shape (B,)."""
    worth = view.known.utility[:, party]
    alike: Bools = worth.max(axis=1) - worth.min(axis=1) <= TOLERANCE
    return np.broadcast_to(alike, view.reservation_value.shape)


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
    return _choose(view, least, lambda rows: _least_share(view, rows))


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

    first = np.full(len(least), NO_DEAL) if view.has_list else best_for_others(view, least)
    received = view.received != NO_DEAL
    return np.where(received, _choose(view, least, closeness), first) if received.any() else first


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
    """Return each package's known share of its best for the least satisfied other signatory, shape (rows, P)."""
    known, least = view.known, np.full((len(rows), view.signs.shape[1]), np.inf)
    for other, signs in enumerate(view.signs):
        if other != view.party:
            best = known.best[rows, other, None] * view.leaning[other]
            share = np.divide(known.utility[rows, other], best, out=np.zeros_like(least), where=best > TOLERANCE)
            np.minimum(least, share, out=least, where=signs)
    return least


LISTS = {"best_for_others": BEST_FOR_OTHERS, "least_own": LEAST_OWN}  # offer rules that the loop applies at each turn
OFFER_RULES: Mapping[str, OfferRule] = {
    "best_for_others": best_for_others,
    "least_own": least_own,
    "nash": nash,
    "nearest": nearest,
}


def _choose(view: View, least: Floats, merit: Callable[[Ints], Floats]) -> Ints:
    """Return the package of highest merit among those at or above the aspiration; ties by the party's order."""
    offer = view.best_package.copy()
    enough = view.signable & np.greater_equal(view.utility, (least - TOLERANCE)[:, None])
    usable = unless_avoided(view, enough)
    rows = np.flatnonzero(usable.any(axis=1))
    if len(rows):
        offer[rows] = first_of_highest(merit(rows), usable[rows], tie_rank_of(view, rows))
    return offer
