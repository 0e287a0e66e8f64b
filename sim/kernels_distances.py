"""Loops over the packages of zones that measure how far an agreement lies from them.

As in `kernels.py`: what they compute is defined here, and tests hold the same in NumPy against it.
"""

import numpy as np

from sim.compiled import compiled
from sim.exact import Floats
from sim.issues import Bools, Ints


@compiled("f3", "f2", "i", "i1", "i", "f", "F1")
def _product_of_gains(
    utility: Floats, no_deal: Floats, b: int, members: Ints, package: int, tolerance: float, gains: Floats
) -> float:
    """The product of what a package gives to some parties above no deal, by ascending value; `gains` is for work."""
    for row in range(len(members)):
        gain = utility[b, members[row], package] - no_deal[b, members[row]]
        gain = gain if gain >= tolerance else 0.0
        place = row
        while place > 0 and gains[place - 1] > gain:
            gains[place] = gains[place - 1]
            place -= 1
        gains[place] = gain
    product = gains[0]
    for row in range(1, len(members)):
        product = product * gains[row]
    return float(product)


@compiled("f3", "f2", "i1", "i1", "b2", "i1", "f", "F1", "F1")
def products_of_gains(
    utility: Floats,
    no_deal: Floats,
    rows: Ints,
    members: Ints,
    zone: Bools,
    agreed: Ints,
    tolerance: float,
    largest: Floats,
    own: Floats,
) -> None:
    """The largest product of gains in the zone, and that of the agreement.

    Args:
        utility: Worth of packages, shape (B, N, P).
        no_deal: Worth of no agreement, shape (B, N).
        rows: Draws to look at.
        members: Indices of the parties that count, at least one.
        zone: Packages to compare with, shape (B, P).
        agreed: Package agreed on, shape (B,).
        tolerance: A gain below it counts as 0.
        largest: Where the largest products go, -inf for no zone, shape (rows,).
        own: Where those of the agreements go, shape (rows,).
    """
    gains = np.empty(len(members))
    for row in range(len(rows)):
        b, top = rows[row], -np.inf
        for p in range(utility.shape[2]):
            if zone[b, p]:
                top = max(top, _product_of_gains(utility, no_deal, b, members, p, tolerance, gains))
        largest[row] = top
        own[row] = _product_of_gains(utility, no_deal, b, members, agreed[b], tolerance, gains)


@compiled("f3", "b2", "i1", "b2", "i1", "F1")
def most_for_all(utility: Floats, signs: Bools, rows: Ints, zone: Bools, agreed: Ints, most: Floats) -> None:
    """How much more than the agreement the best package of the zone gives to each of its signatories.

    Args:
        utility: Worth of packages, shape (B, N, P).
        signs: Whose consent a package needs, shape (N, P).
        rows: Draws to look at.
        zone: Packages to compare with, shape (B, P).
        agreed: Package agreed on, shape (B,).
        most: Where it goes, shape (rows,); -inf for no zone, inf where nobody signs.
    """
    for row in range(len(rows)):
        b, most[row] = rows[row], -np.inf
        own = agreed[b]
        for p in range(utility.shape[2]):
            if zone[b, p]:
                least = np.inf
                for n in range(len(signs)):
                    if signs[n, own]:
                        least = min(least, utility[b, n, p] - utility[b, n, own])
                most[row] = max(most[row], least)
