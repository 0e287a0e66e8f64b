"""Loops over what has been said in many draws: offers made so far, and steps down a party's own packages.

As in `kernels.py`: what they compute is defined here, and tests hold the same written otherwise against it.
"""

import numpy as np

from sim.compiled import compiled
from sim.exact import Floats
from sim.issues import Bools, Ints


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
