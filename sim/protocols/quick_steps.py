"""How a party goes down its packages step by step in the loop of `quick_loop.py`: what `Micro` says, of one draw."""

import numpy as np

from sim.core.compiled import inlined
from sim.core.exact import Floats
from sim.core.packages import Bools, Ints

NOTHING = -1
QUIET = 0  # as in `quick_loop.py`


@inlined
def set_up(
    top_package: Ints, top_worth: Floats, top_step: Bools, me: int, b: int, enough: float, log: Ints, made: int,
    tried: Ints, rung: Ints, rung_worth: Floats, said: Bools, counts: Ints, lowest: Floats,
) -> None:  # fmt: skip
    """Set up the rungs that a party goes down: those of its best packages that are steps and worth enough.

    Args:
        top_package, top_worth, top_step: Its best packages, as `Candidates.top`.
        me, b, enough: The party, the draw, and the least worth that it may come down to.
        log, made: What it has offered so far, and how many offers that are.
        tried: To mark these in, shape (P,): by whom and in which draw.
        rung, rung_worth, said: Where the packages go, their worth, and whether it has offered them, shape (N, K).
        counts: How many rungs there are, how many offered, the first not offered, and the first to look at of those
            that are not avoided either, shape (4, N).
        lowest: The lowest worth it has offered, inf for none, shape (N,).
    """
    mark, found, offered = b * len(lowest) + me, 0, 0
    for earlier in range(made):
        tried[log[b, me, earlier]] = mark
    lowest[me] = np.inf
    for place in range(top_package.shape[2]):
        value = top_worth[me, b, place]
        if top_step[me, b, place] and value >= enough:
            rung[me, found], rung_worth[me, found] = top_package[me, b, place], value
            said[me, found] = tried[top_package[me, b, place]] == mark
            if said[me, found]:
                offered += 1
                lowest[me] = min(lowest[me], value)
            found += 1
    counts[0, me], counts[1, me], counts[2, me], counts[3, me] = found, offered, 0, 0


@inlined
def next_rung(
    rung: Ints, rung_worth: Floats, said: Bools, counts: Ints, lowest: Floats, me: int, b: int, made: Ints,
    distinct: Ints, signing: Bools, pattern: Ints, avoided: Bools, avoids: bool, known: Bools, chance: float,
) -> int:  # fmt: skip
    """The rung that a party offers next, `NOTHING` where it has none: what `Micro` says, of one draw.

    A step down where it has made no more different offers than the least-moving other, else an earlier one by chance.
    """
    rungs, offered, least, spoken = counts[0, me], counts[1, me], 0, False
    for other in range(len(signing)):
        if other != me and signing[other] and made[b, other] and (not spoken or distinct[b, other] < least):
            least, spoken = distinct[b, other], True
    while counts[2, me] < rungs and said[me, counts[2, me]]:
        counts[2, me] += 1
    if not known[QUIET, me]:  # others are avoided than before
        known[QUIET, me], counts[3, me] = True, 0
    down = counts[2, me]
    if avoids:
        while counts[3, me] < rungs and (said[me, counts[3, me]] or avoided[pattern[rung[me, counts[3, me]]]]):
            counts[3, me] += 1
        down = counts[3, me] if counts[3, me] < rungs else down
    if down < rungs and (distinct[b, me] <= least or not offered):
        return int(down)
    if not offered:
        return NOTHING
    again = int(np.floor(chance * offered))
    if counts[2, me] >= offered:  # all that it has offered come first
        return again
    for place in range(rungs):
        again -= said[me, place]
        if again < 0:
            return place
    return NOTHING


@inlined
def least_offered(rung_worth: Floats, lowest: Floats, me: int, place: int, no_deal: float, best: float) -> float:
    """What a party asks for that goes down rung by rung: the least it has offered or offers next."""
    highest, least = max(best, no_deal), lowest[me]
    if place != NOTHING:
        least = min(least, rung_worth[me, place])
    return highest if least == np.inf else min(max(least, no_deal), highest)


@inlined
def step_to(place: int, rung_worth: Floats, said: Bools, counts: Ints, lowest: Floats, me: int) -> None:
    """A party offers one of its rungs."""
    if place != NOTHING and not said[me, place]:
        said[me, place] = True
        counts[1, me] += 1
        lowest[me] = min(lowest[me], rung_worth[me, place])
