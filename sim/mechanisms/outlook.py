"""How long packages would hold, for parties that look past the signature before they have signed anything."""

from dataclasses import dataclass

import numpy as np

from sim import kernels_hold
from sim.issues import Bools, Ints
from sim.mechanisms.bound import Rows, rows_of
from sim.mechanisms.option_tables import Combinations
from sim.utility import Floats

TEN_YEARS = 10  # how far foresight looks
SPAN_ENDS = np.concatenate([np.arange(13.0), np.arange(15.0, 121.0, 3.0)])  # months of the first year, then quarters
SPAN_MIDDLES = (SPAN_ENDS[:-1] + SPAN_ENDS[1:]) / 2


def span_weights(discount_per_month: Floats) -> Floats:
    """What each span weighs, seen from the start, shape (B, spans); not rescaled.

    Month m, from 0, weighs discount^m.

    Args:
        discount_per_month: In [0, 1], shape (B,).
    """
    factors = np.ones((len(discount_per_month), int(SPAN_ENDS[-1])))
    factors[:, 1:] = discount_per_month[:, None]
    months: Floats = np.multiply.accumulate(factors, axis=1)  # one by one: integer powers with fixed bits
    later = months[:, 12:].reshape(len(months), -1, 3)
    return np.concatenate([months[:, :12], later[:, :, 0] + later[:, :, 1] + later[:, :, 2]], axis=1)


@dataclass(frozen=True, eq=False)
class Outlook:
    """Survival of the few kinds of package that differ in it.

    Attributes:
        held: Share still held at the middle of each span, by kind, shape (B, kinds, spans).
        kind: Kind of each combination of options, shape (B, K); where a guarantor may have no will to act a second
            time without its promise, shape (B, 2 K).
        absent: Packages that the guarantor would not act for, shape (B, P); None where there is no guarantor, or
            where that is left open.
        static: The combinations.
    """

    held: Floats
    kind: Ints
    absent: Bools | None
    static: Combinations

    def rows(self, rows: Rows) -> "Outlook":
        """Some of the draws."""
        return rows_of(self, rows)

    def parts_held_by_kind(self, discount_per_month: Floats) -> Floats:
        """As `discounted_part_held` of several parties, shape (B, N), by kind as in `held`, shape (B, N, kinds)."""
        weights = np.array([span_weights(discount) for discount in discount_per_month.T]).transpose(1, 0, 2)
        parts = np.empty((*discount_per_month.shape, self.held.shape[1]))
        kernels_hold.parts_held(np.ascontiguousarray(self.held), np.ascontiguousarray(weights), parts)
        return parts

    def discounted_part_held(self, discount_per_month: Floats) -> Floats:
        """L: discounted part of the ten years after entry into force in which a package holds, shape (B, P), in [0, 1].

        Whether it holds is asked at the middle of each month of the first year and of each quarter after.

        Args:
            discount_per_month: Of one party, shape (B,).
        """
        part = np.take_along_axis(self.parts_held_by_kind(discount_per_month[:, None])[:, 0], self.kind, axis=1)
        if self.absent is None:
            return self.static.spread(part)
        index = self.static.index + len(self.static) * self.absent
        return np.take_along_axis(part, index, axis=1)
