"""The loop that finds what was acceptable to all in the first and the last round, where all rounds are known.

What it computes is defined here; tests compare it with the same worked out round by round.
"""

import numpy as np

from sim.compiled import compiled
from sim.exact import Floats
from sim.issues import Bools, Ints


@compiled("b1", "b1")
def _meet(crosses: Bools, real: Bools) -> bool:
    """Whether any line that a pattern crosses is real."""
    meets = False
    for line in range(len(real)):
        meets |= crosses[line] and real[line]
    return meets


@compiled("i", "f2", "b2", "f1", "f")
def _enough(p: int, utility: Floats, signs: Bools, least: Floats, tolerance: float) -> bool:
    """Whether a package is worth so much to all that sign it."""
    enough = True
    for n in range(len(least)):
        if signs[n, p] and not utility[n, p] >= least[n] - tolerance:
            enough = False
            break
    return enough


@compiled("f3", "b2", "i1", "i1", "i1", "b2", "f", "f3", "b3", "b2", "B2", "B2", "B1")
def zones(
    utility: Floats,
    signs: Bools,
    pattern: Ints,
    members: Ints,
    start: Ints,
    crosses: Bools,
    tolerance: float,
    no_deal: Floats,
    real: Bools,
    is_open: Bools,
    first: Bools,
    last: Bools,
    ever: Bools,
) -> None:
    """Packages worth no deal or more to all that sign them and behind no real line, in the first and the last round.

    What no round at its lowest no-deal worth, with only the lines that were always real, would let in was in no zone;
    few packages are left.

    Args:
        utility: Worth of all packages to all parties, shape (B, N, P).
        signs: Whose consent a package needs, shape (N, P).
        pattern, members, start, crosses: As `Lines` has them.
        tolerance: By which worth may fall short.
        no_deal, real, is_open: Of each round, shapes (R, B, N), (R, B, L) and (R, B).
        first, last: Where the zones go, all False before, shape (B, P).
        ever: Where it goes whether some package was acceptable in some open round, shape (B,).
    """
    rounds, draws, parties = no_deal.shape
    least, always, left = np.empty(parties), np.empty(real.shape[2], np.bool_), np.empty(len(pattern), np.int64)
    for b in range(draws):
        least[:], always[:] = no_deal[0, b], real[0, b]
        for k in range(1, rounds):
            for n in range(parties):
                least[n] = min(least[n], no_deal[k, b, n])
            for line in range(len(always)):
                always[line] &= real[k, b, line]
        count = 0
        for kind in range(len(crosses)):
            if not _meet(crosses[kind], always):
                for p in members[start[kind] : start[kind + 1]]:
                    if _enough(p, utility[b], signs, least, tolerance):
                        left[count] = p
                        count += 1
        ever[b] = False
        for k in range(rounds):
            if k in (0, rounds - 1) or (is_open[k, b] and not ever[b]):
                for place in range(count):
                    p = left[place]
                    stands = not _meet(crosses[pattern[p]], real[k, b])
                    stands = stands and _enough(p, utility[b], signs, no_deal[k, b], tolerance)
                    ever[b] |= stands and is_open[k, b]
                    if k == 0:
                        first[b, p] = stands
                    if k == rounds - 1:
                        last[b, p] = stands
                    elif k and ever[b]:
                        break
