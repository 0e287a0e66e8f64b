"""Loops that count over many draws: worths by round, party and bin, and options that go together.

As in `kernels.py`: what they compute is defined here, and tests hold the same in NumPy against it.
"""

import numpy as np

from sim.compiled import compiled
from sim.exact import Floats
from sim.issues import Bools, Ints


@compiled("f", "f", "f", "i")
def _bin(worth: float, low: float, high: float, bins: int) -> int:
    """The bin of a worth; what lies beyond the ends counts there."""
    place = np.floor((worth - low) / (high - low) * bins)
    return int(min(max(place, 0.0), bins - 1.0))


@compiled("f3", "f2", "I3")
def count_worths(worth: Floats, ranges: Floats, counts: Ints) -> None:
    """Count worths by round, party and bin.

    Args:
        worth: NaN for none, shape (rounds, B, N).
        ranges: Lower end of the first bin and upper end of the last, shape (N, 2).
        counts: To which is added, shape (rounds or more, N, bins).
    """
    for k in range(len(worth)):
        for b in range(worth.shape[1]):
            for n in range(worth.shape[2]):
                if not np.isnan(worth[k, b, n]):
                    counts[k, n, _bin(worth[k, b, n], ranges[n, 0], ranges[n, 1], counts.shape[2])] += 1


@compiled("i3", "b3", "i3", "f3", "f2", "I3")
def count_offers(who: Ints, counted: Bools, package: Ints, utility: Floats, ranges: Floats, counts: Ints) -> None:
    """Count what packages were worth to those whose turn it was, by round, party and bin.

    Args:
        who, counted, package: The party, whether the turn counts, and the package, shape (rounds, turns, B).
        utility: Worth of all packages to all parties, shape (B, N, P).
        ranges: Lower end of the first bin and upper end of the last, shape (N, 2).
        counts: To which is added, shape (rounds or more, N, bins).
    """
    for b in range(len(utility)):
        for k in range(len(who)):
            for turn in range(who.shape[1]):
                if counted[k, turn, b]:
                    n = who[k, turn, b]
                    worth = utility[b, n, package[k, turn, b]]
                    counts[k, n, _bin(worth, ranges[n, 0], ranges[n, 1], counts.shape[2])] += 1


@compiled("i2", "i1", "i1", "I2")
def count_pairs(options: Ints, packages: Ints, start: Ints, together: Ints) -> None:
    """Count the draws in which some of the draw's packages has both of two options.

    Args:
        options: The options of each package, numbered over all issues, shape (P, I).
        packages: Those of the first draw, then those of the second, and so on.
        start: Where those of each draw begin, and where the last end, shape (B + 1,).
        together: To which is added, shape (C, C).
    """
    width = options.shape[1]
    seen = np.zeros(together.shape, np.bool_)
    for b in range(len(start) - 1):
        seen[:] = False
        for p in packages[start[b] : start[b + 1]]:
            for first in range(width):
                for second in range(first, width):
                    seen[options[p, first], options[p, second]] = True
        for one in range(len(together)):
            for other in range(len(together)):
                together[one, other] += seen[one, other] or seen[other, one]
