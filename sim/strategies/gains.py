"""What packages give to all who sign them, as far as a party knows."""

from collections.abc import Iterator

import numpy as np

from sim.exact import TOLERANCE
from sim.issues import Bools, Ints
from sim.state import View
from sim.utility import Floats

Rows = Ints | slice
CACHE_ITEMS = 250_000  # worths to work on at once


def slices(view: View) -> Iterator[slice]:
    """A few draws at a time, so that what is worked on stays in the processor's cache."""
    draws, packages = view.utility.shape
    step = max(1, CACHE_ITEMS // packages)
    return (slice(start, min(start + step, draws)) for start in range(0, draws, step))


def product_of_gains(view: View, rows: Rows) -> Floats:
    """The product over its signatories of what each package gives above no deal, the others' as far as known.

    A gain below 0 counts as none; who does not sign a package does not count for it.

    Args:
        view: What the party sees.
        rows: Draws to look at.

    Returns:
        Shape (rows, P).
    """
    known, gains = view.known, []
    shared = len(known.utility) == 1
    for party, signs in enumerate(view.signs):
        if party == view.party:
            gain = view.utility[rows] - view.no_deal[rows, None]
        else:
            here = slice(None) if shared else rows
            gain = known.utility[here, party] - known.no_deal[here, party][:, None]
        np.maximum(gain, 0.0, out=gain)
        gain[:, ~signs] = 1.0
        gains.append(gain)
    gains.sort(key=len)  # what is the same in all draws is sorted once
    ordered = _ascending(gains)  # by value: exchanging two parties changes no bit
    product = ordered[0]
    for gain in ordered[1:]:
        product = product * gain
    return product


def _ascending(rows: list[Floats]) -> list[Floats]:
    """Rows sorted against each other, place by place; two give the same product either way round."""
    ordered = list(rows)
    for end in range(len(ordered) - 1, 0, -1) if len(ordered) > 2 else ():
        for low in range(end):
            first, second = ordered[low], ordered[low + 1]
            ordered[low], ordered[low + 1] = np.minimum(first, second), np.maximum(first, second)
    return ordered


def knows_nothing_of(view: View, party: int) -> Bools:
    """Whether all packages are alike to a party as far as this one knows, shape (B,)."""

    def look() -> Bools:
        worth = view.known.utility[:, party]
        alike: Bools = worth.max(axis=1) - worth.min(axis=1) <= TOLERANCE
        return np.broadcast_to(alike, view.no_deal.shape)

    return view.once(f"gains.stranger.{party}", look)
