"""Loops over what has been said in many draws: offers made so far, and steps down a party's own packages.

As in `kernels.py`: what they compute is defined here, and tests hold the same written otherwise against it.
"""

import numpy as np

from sim.core.compiled import compiled, inlined
from sim.core.exact import Floats
from sim.core.packages import Bools, Ints


@compiled("i1", "i1", "i", "I3", "I2", "I2")
def note_offers(rows: Ints, package: Ints, party: int, log: Ints, made: Ints, distinct: Ints) -> None:
    """Write down an offer of a party in some draws.

    Args:
        rows: The draws.
        package: What it offers in each of them, shape (rows,).
        party: Index of the party.
        log: Offers in the order in which they were made, shape (B, N, R).
        made: How many, shape (B, N).
        distinct: How many different ones, shape (B, N).
    """
    for row in range(len(rows)):
        b, new = rows[row], 1
        place = made[b, party]
        for earlier in range(place - 1, -1, -1):  # most often it is the last one again
            if log[b, party, earlier] == package[row]:
                new = 0
                break
        log[b, party, place] = package[row]
        made[b, party] += 1
        distinct[b, party] += new


@compiled("i2", "f2", "b2", "f1", "f", "b2", "i3", "i2", "i2", "i", "i1", "i", "f1", "F1", "I1")
def climb_down(
    package: Ints,
    worth: Floats,
    step: Bools,
    no_deal: Floats,
    tolerance: float,
    avoided: Bools,
    log: Ints,
    made: Ints,
    distinct: Ints,
    party: int,
    others: Ints,
    packages: int,
    chance: Floats,
    lowest: Floats,
    offer: Ints,
) -> None:
    """What a party offers that goes down its packages one by one, a step for a step of the least-moving other.

    Args:
        package: Its packages from the best down, shape (B, K).
        worth: Its own worth of them, shape (B, K).
        step: Which of them it could sign, and are none of those before, shape (B, K).
        no_deal: Worth of no agreement, shape (B,); it goes no lower.
        tolerance: By which worth may fall short of it.
        avoided: Which of them it would rather not offer, shape (B, K), or of no rows where there are none.
        log: Offers in the order in which they were made, shape (B, N, R).
        made: How many, shape (B, N).
        distinct: How many different ones, shape (B, N).
        party: Its index.
        others: Indices of the others whose moves count.
        packages: Number of all packages.
        chance: A uniform that says which of its earlier offers it repeats, shape (B,).
        lowest: Where the lowest worth goes of what it has offered or offers next, inf for none, shape (B,).
        offer: Where its next offer goes, -1 for none, shape (B,).
    """
    said_in = np.full(packages, -1)
    for b in range(len(package)):
        for place in range(made[b, party]):
            said_in[log[b, party, place]] = b
        least, spoken = 0, False
        for other in others:
            if made[b, other] > 0 and (not spoken or distinct[b, other] < least):
                least, spoken = distinct[b, other], True
        offered, fresh, quiet, lowest[b], offer[b] = 0, -1, -1, np.inf, -1
        enough = no_deal[b] - tolerance
        for place in range(package.shape[1]):
            if step[b, place] and worth[b, place] >= enough:
                if said_in[package[b, place]] == b:
                    offered += 1
                    lowest[b] = min(lowest[b], worth[b, place])
                else:
                    if fresh < 0:
                        fresh = place
                    if quiet < 0 and not (len(avoided) and avoided[b, place]):
                        quiet = place
                if quiet >= 0 and offered == distinct[b, party]:  # what follows it has neither offered nor would
                    break
        down = fresh if quiet < 0 else quiet
        if down >= 0 and (distinct[b, party] <= least or not offered):
            offer[b], lowest[b] = package[b, down], min(lowest[b], worth[b, down])
        elif offered:
            again, passed = np.floor(chance[b] * offered), 0
            for place in range(package.shape[1]):
                if step[b, place] and worth[b, place] >= enough and said_in[package[b, place]] == b:
                    passed += 1
                    if passed > again:
                        offer[b] = package[b, place]
                        break


@compiled("f2", "b2", "i2", "f", "I2")
def list_highest(merit: Floats, usable: Bools, tie_rank: Ints, tolerance: float, found: Ints) -> None:
    """The usable packages of highest merit, best first; those of equal merit, in steps of the tolerance, by rank.

    Args:
        merit: Shape (B, P).
        usable: Shape (B, P).
        tie_rank: Shape (1 or B, P), smaller first.
        tolerance: The step.
        found: Where they go, shape (B, K); the last that there is is repeated, -1 where there is none.
    """
    packages, count = merit.shape[1], found.shape[1]
    own, steps, begun = np.empty(packages + 1, np.int64), np.empty(packages), np.empty(packages + 1, np.int64)
    for b in range(len(merit)):
        some, low, high = 0, np.inf, -np.inf
        for p in range(packages):
            own[some] = p
            if usable[b, p]:
                steps[p] = np.rint(merit[b, p] / tolerance)
                low, high = min(low, steps[p]), max(high, steps[p])
                some += 1
        if some > count:
            some = _leave_the_highest(own, some, steps, low, high, count, begun)
        _sort_down(own, some, steps, tie_rank[b if len(tie_rank) > 1 else 0])
        for place in range(count):
            found[b, place] = own[min(place, some - 1)] if some else -1


@inlined
def _leave_the_highest(own: Ints, some: int, steps: Floats, low: float, high: float, count: int, begun: Ints) -> int:
    """Leave of some packages those that can be among the highest so many; returns how many are left.

    They are counted in bins, two in each on average, from the highest down, and the bins that fill the count are left.
    """
    bins, left, last = some // 2 + 1, 0, 0
    per_step = bins / (high - low) if high > low else 0.0
    for k in range(bins):
        begun[k] = 0
    for place in range(some):
        begun[min(int((high - steps[own[place]]) * per_step), bins - 1)] += 1
    filled = begun[0]
    while filled < count:
        last += 1
        filled += begun[last]
    for place in range(some):
        own[left] = own[place]
        left += min(int((high - steps[own[place]]) * per_step), bins - 1) <= last
    return left


@inlined
def _sort_down(own: Ints, some: int, steps: Floats, rank: Ints) -> None:
    """Sort packages from the highest step down, those of equal steps by rank; insertion over shrinking distances."""
    gap = 1
    while gap < some // 9:
        gap = 3 * gap + 1
    while gap:
        for place in range(gap, some):
            p, at = own[place], place
            while at >= gap:
                other = own[at - gap]
                if steps[other] > steps[p] or (steps[other] == steps[p] and rank[other] < rank[p]):
                    break
                own[at] = other
                at -= gap
            own[at] = p
        gap //= 3
