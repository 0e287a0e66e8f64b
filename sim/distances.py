"""How far agreements lie from what theory would pick, in many draws at once.

Looked at are the draws with an agreement, and in each the packages of its zone alone.
"""

from dataclasses import dataclass

import numpy as np

from sim import exact, kernels_distances
from sim.exact import TOLERANCE
from sim.issues import NO_DEAL, Bools, Ints, Options
from sim.kernels_distances import NASH
from sim.listed import Listed
from sim.solutions import NO_PRODUCT
from sim.utility import Floats


@dataclass(frozen=True, eq=False)
class Measured:
    """What agreements reach of what reference solutions make largest, and the most that zones have.

    Attributes:
        draws: Number of draws, B.
        rows: Those with an agreement and some package in the zone, shape (S,); all else is of these alone.
        largest: Of the packages of the zone, shape (4, S): `NASH`, the product of gains; `KALAI_SMORODINSKY`, the
            smallest share of the largest gain; `EGALITARIAN`, the smallest gain; `UTILITARIAN`, the sum of gains.
        own: The same of the agreement.
        off: On how many issues the agreement differs from the nearest package that ties for the largest, likewise.
        counted: Which of the parties that count the product is over: all, or those that can gain, shape (S, M).
        most: How much more than the agreement the best package of the zone gives to each signatory; inf where nobody
            signs, shape (S,).
    """

    draws: int
    rows: Ints
    largest: Floats
    own: Floats
    off: Ints
    counted: Bools
    most: Floats

    def spread_out(self, values: Floats) -> Floats:
        """What is known of the rows as a column of all draws, NaN elsewhere, shape (B,)."""
        column = np.full(self.draws, np.nan)
        column[self.rows] = values
        return column


def measured(
    utility: Floats, no_deal: Floats, signs: Bools, zone: Listed, parties: Bools, packages: Options, agreed: Ints
) -> Measured:
    """Measure agreements beside the packages of their zones.

    As in `solutions.nash`, a gain below 1e-9 counts as 0 in a product, and where the largest product is below 1e-12 it
    is over the parties that can gain. Ties are those of `sim.solutions`. An agreement need not lie in the zone.

    Args:
        utility: Worth of packages, shape (B, N, P).
        no_deal: Worth of no agreement in the round of signature, shape (B, N).
        signs: Whose consent a package needs, shape (N, P).
        zone: Packages to compare with.
        parties: Parties that count, the same in all draws, shape (N,).
        packages: Option indices of the packages, shape (P, I).
        agreed: Package agreed on, `NO_DEAL` for none, shape (B,).
    """
    rows = np.flatnonzero((agreed != NO_DEAL) & (zone.count > 0))
    members = np.flatnonzero(parties)
    found = Measured(
        len(agreed), rows, np.empty((4, len(rows))), np.empty((4, len(rows))), np.empty((4, len(rows)), np.int64),
        np.empty((len(rows), len(members)), bool), np.empty(len(rows)),
    )  # fmt: skip
    kernels_distances.measure_agreements(
        np.ascontiguousarray(utility), np.ascontiguousarray(no_deal), np.ascontiguousarray(signs), zone.start,
        zone.packages, rows, np.ascontiguousarray(agreed), members, np.ascontiguousarray(packages), TOLERANCE,
        NO_PRODUCT, found.largest, found.own, found.off, found.counted, found.most,
    )  # fmt: skip
    return found


def nash_distance(of: Measured) -> Floats:
    """How far an agreement falls short of the Nash product: `1 - (product / largest product)^(1 / number of parties)`.

    An agreement outside the zone may come out below 0.

    Returns:
        Shape (B,), 0 at the Nash package; NaN without an agreement or a zone, where the largest product is below 1e-9,
        and where nobody counts.
    """
    largest, own = of.largest[NASH], of.own[NASH]
    known, distance = largest >= TOLERANCE, np.full(len(largest), np.nan)
    share = own[known] / largest[known]
    distance[known] = 1.0 - exact.power(share, 1.0 / of.counted.sum(axis=1)[known])
    return of.spread_out(distance)


def pareto_distance(of: Measured) -> Floats:
    """How much more every signatory could have had at once: `max over q in the zone of min over n of u_n(q) - u_n(p)`.

    The signatories are those of the agreed package p.

    Returns:
        Shape (B,), 0 where no package of the zone is better for all of them; NaN without an agreement, a signatory or
        a zone.
    """
    return of.spread_out(np.where(np.isfinite(of.most), of.most, np.nan))
