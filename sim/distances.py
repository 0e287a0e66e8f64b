"""How far agreements lie from what theory would pick, in many draws at once."""

import numpy as np

from sim import exact, kernels_distances
from sim.exact import TOLERANCE
from sim.issues import NO_DEAL, Bools, Ints
from sim.solutions import NO_PRODUCT, product_ascending, real_gain
from sim.utility import Floats


def nash_distance(utility: Floats, no_deal: Floats, zone: Bools, parties: Bools, agreed: Ints) -> Floats:
    """How far an agreement falls short of the Nash product: `1 - (product / largest product)^(1 / number of parties)`.

    As in `nash`, a gain below 1e-9 counts as 0, and where the largest product is below 1e-12 it is over the parties
    that can gain. An agreement outside the zone may come out below 0.

    Args:
        utility: Worth of packages, shape (B, N, P).
        no_deal: Worth of no agreement in the round of signature, shape (B, N).
        zone: Packages to compare with, shape (B, P).
        parties: Parties that count, the same in all draws, shape (N,).
        agreed: Package agreed on, `NO_DEAL` for none, shape (B,).

    Returns:
        Shape (B,), 0 at the Nash package; NaN without an agreement, where the largest product is below 1e-9, and where
        nobody counts.
    """
    members = np.flatnonzero(parties)
    if not len(members):
        return np.full(len(agreed), np.nan)
    signed = np.flatnonzero(agreed != NO_DEAL)
    largest, own = np.empty(len(signed)), np.empty(len(signed))
    kernels_distances.products_of_gains(
        np.ascontiguousarray(utility), np.ascontiguousarray(no_deal), signed, members, np.ascontiguousarray(zone),
        np.ascontiguousarray(agreed), TOLERANCE, largest, own,
    )  # fmt: skip
    size = np.full(len(signed), len(members))
    for row in np.flatnonzero((largest < NO_PRODUCT) & np.isfinite(largest)):
        b = signed[row]
        gains = real_gain(utility[b, members] - no_deal[b, members, None])
        gaining = [gain for gain in gains if gain[zone[b]].any()]
        size[row] = len(gaining)
        if gaining:
            product = product_ascending(gaining)
            largest[row], own[row] = product[zone[b]].max(), product[agreed[b]]
    known = largest >= TOLERANCE
    share = own[known] / largest[known]
    distance = np.full(len(agreed), np.nan)
    distance[signed[known]] = 1.0 - exact.power(share, 1.0 / size[known])
    return distance


def pareto_distance(utility: Floats, signs: Bools, zone: Bools, agreed: Ints) -> Floats:
    """How much more every signatory could have had at once: `max over q in the zone of min over n of u_n(q) - u_n(p)`.

    Args:
        utility: Worth of packages, shape (B, N, P).
        signs: Whose consent a package needs, shape (N, P); the signatories are those of the agreed package p.
        zone: Packages to compare with, shape (B, P).
        agreed: Package agreed on, `NO_DEAL` for none, shape (B,).

    Returns:
        Shape (B,), 0 where no package of the zone is better for all of them; NaN without an agreement, a signatory or
        a zone.
    """
    signed = np.flatnonzero(agreed != NO_DEAL)
    best = np.empty(len(signed))
    kernels_distances.most_for_all(
        np.ascontiguousarray(utility), np.ascontiguousarray(signs), signed, np.ascontiguousarray(zone),
        np.ascontiguousarray(agreed), best,
    )  # fmt: skip
    distance = np.full(len(agreed), np.nan)
    distance[signed] = np.where(np.isfinite(best), best, np.nan)
    return distance
