"""Loops over all packages of many draws that change what they are worth: foresight, and public words.

What they compute is defined here; tests compare each with the same in NumPy.
"""

import numpy as np

from sim.compiled import compiled
from sim.exact import Floats
from sim.issues import Ints, ShortInts


@compiled("F3", "f2", "h1", "f3", "h1", "f3", "h1", "f2", "i", "f2", "f2", "f2")
def look_ahead(
    utility: Floats,
    chance: Floats,
    chance_of: ShortInts,
    again: Floats,
    again_of: ShortInts,
    held: Floats,
    held_of: ShortInts,
    least: Floats,
    guarantor: int,
    no_deal: Floats,
    refused: Floats,
    foresight: Floats,
) -> None:
    """Turn what packages are worth into what they are worth to parties that look past the signature.

    Args:
        utility: Worth of all packages to all parties, changed in place, shape (B, N, P).
        chance, chance_of: Of all ratifiers by combination of options, shape (B, K), and the combination of each
            package, shape (P,).
        again, again_of: Worth of fighting again from the new line, shape (B, N, K), likewise.
        held, held_of: Discounted part of the time to come in which a package holds, shape (B, N, K), likewise; with
            a guarantor, of which first come all combinations if it acts, then all if it does not, (B, N, 2 K).
        least: Smallest gain for which the guarantor acts, by combination as in `held_of`, shape (B, K), or of no rows
            where there is no guarantor.
        guarantor: Index of the party.
        no_deal: Worth of no agreement, shape (B, N).
        refused: Worth of a text refused at home, shape (B, N).
        foresight: In [0, 1], shape (B, N).
    """
    packages = utility.shape[2]
    kind = np.empty(packages, np.int32)
    half = held.shape[2] // 2
    for b in range(len(utility)):
        if len(least):
            own, free, needed = utility[b, guarantor], no_deal[b, guarantor], least[b]
            for p in range(packages):
                gain = own[p] - free
                kind[p] = held_of[p] + (half if gain < needed[held_of[p]] else 0)
        else:
            kind[:] = held_of
        passes = chance[b]
        for n in range(utility.shape[1]):
            own, from_new_line, durations = utility[b, n], again[b, n], held[b, n]
            turned_down, share = refused[b, n], foresight[b, n]
            for p in range(packages):
                worth, fighting = own[p], from_new_line[np.uint32(again_of[p])]
                expected = (worth - fighting) * durations[np.uint32(kind[p])] + fighting
                expected = (expected - turned_down) * passes[np.uint32(chance_of[p])] + turned_down
                own[p] = worth + (expected - worth) * share


@compiled("F3", "i1", "i", "f1", "i1")
def go_back(utility: Floats, rows: Ints, party: int, cost: Floats, steps: Ints) -> None:
    """Lower the worth of packages in which a party goes back on its public word.

    Args:
        utility: Worth of all packages to all parties, changed in place, shape (B, N, P).
        rows: Draws in which the word binds.
        party: Whose word.
        cost: Worth lost a step, shape (B,).
        steps: Steps back in each package, shape (P,).
    """
    for b in rows:
        own, lost = utility[b, party], cost[b]
        for p in range(len(steps)):
            own[p] -= lost * steps[p]
