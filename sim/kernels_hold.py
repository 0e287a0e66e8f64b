"""Loops over how long the few kinds of agreement hold.

What they compute is defined here; tests compare it with the same in NumPy.
"""

import numpy as np

from sim.compiled import compiled
from sim.exact import Floats
from sim.issues import Ints


@compiled("f3", "f3", "F3")
def parts_held(held: Floats, weights: Floats, parts: Floats) -> None:
    """Weighted mean over spans of time of what still holds, each sum in the order of the spans.

    Args:
        held: Share that holds in each span, shape (B, kinds, spans).
        weights: Of the spans, by party, shape (B, N, spans).
        parts: Where the means go, shape (B, N, kinds).
    """
    for b in range(len(held)):
        for n in range(weights.shape[1]):
            whole = 0.0
            for span in range(held.shape[2]):
                whole += weights[b, n, span]
            for kind in range(held.shape[1]):
                part = 0.0
                for span in range(held.shape[2]):
                    part += held[b, kind, span] * weights[b, n, span]
                parts[b, n, kind] = part / whole


@compiled("f3", "f1", "f2", "f2", "i1", "F3")
def used_up(factors: Floats, scale: Floats, edges: Floats, into_year: Floats, year: Ints, used: Floats) -> None:
    """Hazard that is used up after so many months: that of the years before, and of a part of the year.

    Args:
        factors: On the hazard of each year, shape (B, kinds, years).
        scale: Hazard used up per month^s, shape (B,).
        edges: Month^s at the ends of years, shape (B, years or more + 1).
        into_year: Month^s since the year began, shape (B, months).
        year: In which each month lies, shape (months,).
        used: Where the hazard goes, shape (B, kinds, months).
    """
    before = np.zeros(factors.shape[2] + 1)
    for b in range(len(factors)):
        for kind in range(factors.shape[1]):
            for k in range(factors.shape[2]):
                before[k + 1] = before[k] + factors[b, kind, k] * (scale[b] * (edges[b, k + 1] - edges[b, k]))
            for month in range(len(year)):
                k = year[month]
                used[b, kind, month] = before[k] + scale[b] * factors[b, kind, k] * into_year[b, month]
