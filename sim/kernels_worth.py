"""Loops over all packages of many draws that change what they are worth: foresight, and public words.

What they compute is defined here; tests compare each with the same in NumPy.
"""

import numpy as np

from sim.compiled import compiled
from sim.exact import Floats
from sim.issues import Ints, ShortInts

PIECE = 512  # packages at a time: what is looked up for them stays at hand

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
    packages, half = utility.shape[2], np.uint32(held.shape[2] // 2)
    kind, passes, fighting, lasts = np.empty(PIECE, np.uint32), np.empty(PIECE), np.empty(PIECE), np.empty(PIECE)
    for b in range(len(utility)):
        for start in range(0, packages, PIECE):  # looking up and reckoning apart, so that many are reckoned at once
            stop = min(start + PIECE, packages)
            held_here, chance_here, again_here = held_of[start:stop], chance_of[start:stop], again_of[start:stop]
            for p in range(stop - start):
                kind[p], passes[p] = np.uint32(held_here[p]), chance[b, np.uint32(chance_here[p])]
            if len(least):
                gains, free = utility[b, guarantor, start:stop], no_deal[b, guarantor]
                for p in range(stop - start):
                    kind[p] += half * np.uint32(gains[p] - free < least[b, kind[p]])
            for n in range(utility.shape[1]):
                own, turned_down, share = utility[b, n, start:stop], refused[b, n], foresight[b, n]
                for p in range(stop - start):
                    fighting[p], lasts[p] = again[b, n, np.uint32(again_here[p])], held[b, n, kind[p]]
                for p in range(stop - start):
                    expected = (own[p] - fighting[p]) * lasts[p] + fighting[p]
                    expected = (expected - turned_down) * passes[p] + turned_down
                    own[p] += (expected - own[p]) * share


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
