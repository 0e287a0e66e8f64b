"""Loops over what was said in many draws, and what could have been: first offers, and counts of worths and of options.

As in `kernels.py`: what they compute is defined here, and tests hold the same in NumPy against it.
"""

import numpy as np

from sim.core.compiled import compiled
from sim.core.exact import Floats
from sim.core.packages import Bools, Ints, Options


@compiled
def _bin(worth: float, low: float, span: float, bins: int) -> int:
    """The bin of a worth; what lies beyond the ends counts there."""
    place = np.floor((worth - low) / span * bins)
    return int(min(max(place, 0.0), bins - 1.0))


@compiled
def place_worths(worth: Floats, low: Floats, span: Floats, first: Ints, bins: int, nowhere: int, cell: Ints) -> None:
    """The cells in which worths are counted.

    Args:
        worth: NaN for none, shape (K,).
        low, span: Lower end of the first bin, and how far it is from there to the upper end of the last.
        first: The cell of the first bin.
        bins: How many there are.
        nowhere: The cell of what is no worth.
        cell: Where the cells go, shape (K,).
    """
    for place in range(len(worth)):
        found = first[place] + _bin(worth[place], low[place], span[place], bins)
        cell[place] = nowhere if np.isnan(worth[place]) else found


@compiled
def count_asked(asked: Ints, no_deal: Ints, nowhere: int, counts: Ints, free: Ints) -> None:
    """Count what is asked for, and what no deal is worth to those that ask.

    Args:
        asked, no_deal: Their cells, `nowhere` for who asks for nothing, shape (K,).
        nowhere: The cell of what is not counted.
        counts, free: To which is added, shape (cells,).
    """
    for place in range(len(asked)):
        counts[asked[place]] += 1
        free[nowhere if asked[place] == nowhere else no_deal[place]] += 1


PARTY = 32  # bits of a key below those of the party: what a package's index takes at most
SILENCE = -1  # the key of a turn in which there is nothing to count


@compiled
def _count_anew(
    draws: Ints, count: int, key: Ints, utility: Floats, low: Floats, span: Floats, bins: int, new: Ints, cell: Ints,
    counts: Ints,
) -> None:  # fmt: skip
    """End the old run and begin the new one in some draws; `new` is for work.

    In two loops: while one looks worths up that are far apart in memory, it must not wait for counts.
    """
    nowhere = len(counts) - 1
    for place in range(count):
        b = draws[place]
        known = max(key[b], 0)
        n, package = known >> PARTY, known & ((1 << PARTY) - 1)
        found = n * bins + _bin(utility[b, n, package], low[n], span[n], bins)
        new[place] = nowhere if key[b] == SILENCE else found
    for place in range(count):
        b = draws[place]
        counts[cell[b]] -= 1
        counts[new[place]] += 1
        cell[b] = new[place]


@compiled
def count_moves(
    who: Ints,
    did: Ints,
    package: Ints,
    not_asked: int,
    offers: Bools,
    answers: Bools,
    utility: Floats,
    low: Floats,
    span: Floats,
    bins: int,
    there: Ints,
    key: Ints,
    cell: Ints,
    made: Ints,
    answered: Ints,
) -> None:
    """Count what the offers of a round were worth to those that made them and to those that answered them.

    Most moves are those of the round before once more. So what is counted is how much more often a cell is met than in
    the round before: sums over rounds give how often.

    Args:
        who: The party whose turn it is, shape (turns, B).
        did: What it did, shape (turns, B).
        package: What lay on the table after the turn, shape (turns, B).
        not_asked: What a party did whose turn it was not; then everything stays as it is.
        offers, answers: Whether each thing that can be done is one, shape (kinds,).
        utility: Worth of all packages to all parties, shape (B, N, P).
        low, span: Lower end of a party's first bin, and how far it is to the upper end of its last, shape (N,).
        bins: How many bins a party has.
        there: What lies on the table, before the round and then after it, shape (B,).
        key: Who offered what, and who answered what, in the round before and then in this one, `SILENCE` for none,
            shape (2, turns, B).
        cell: Where that is counted, the last cell for none, likewise.
        made, answered: To which is added, a party's bins after those of the one before it, shape (N bins + 1,).
    """
    draws = len(there)
    new_offers, new_answers, new = np.empty(draws, np.int64), np.empty(draws, np.int64), np.empty(draws, np.int64)
    for turn in range(len(did)):
        offer, answer, offered, heard = key[0, turn], key[1, turn], 0, 0
        for b in range(draws):  # without a branch: what is no change is written over by the next one
            act, before, n = did[turn, b], there[b], who[turn, b] << PARTY
            after = before if act == not_asked else package[turn, b]
            there[b] = after
            own, asked = n | after if offers[act] else SILENCE, n | before if answers[act] else SILENCE
            new_offers[offered], new_answers[heard] = b, b
            offered, heard = offered + (own != offer[b]), heard + (asked != answer[b])
            offer[b], answer[b] = own, asked
        _count_anew(new_offers, offered, offer, utility, low, span, bins, new, cell[0, turn], made)
        _count_anew(new_answers, heard, answer, utility, low, span, bins, new, cell[1, turn], answered)


@compiled
def first_offers(who: Ints, did: Ints, package: Ints, offers: Bools, rows: Ints, count: int, first: Ints) -> int:
    """Note who offers something in a round for the first time.

    Args:
        who: The party whose turn it is, shape (turns, B).
        did: What it did, shape (turns, B).
        package: What lay on the table after the turn, shape (turns, B).
        offers: Whether each thing that can be done is an offer, shape (kinds,).
        rows: First the draws in which somebody has not offered anything so far, shape (B,); then those in which that is
            still so.
        count: How many they are.
        first: The first offer of each party, -1 for none so far, shape (B, N).

    Returns:
        How many draws are left.
    """
    left = 0
    for row in range(count):
        b = rows[row]
        for turn in range(len(did)):
            if offers[did[turn, b]] and first[b, who[turn, b]] < 0:
                first[b, who[turn, b]] = package[turn, b]
        rows[left] = b
        for n in range(first.shape[1]):
            if first[b, n] < 0:
                left += 1
                break
    return left


WORD = 6  # options that one word marks, as a power of two


@compiled
def count_pairs(options: Options, first: Ints, packages: Ints, start: Ints, together: Ints) -> None:
    """Count the draws in which some of the draw's packages has both of two options.

    Args:
        options: The option of each issue in each package, shape (P, I).
        first: The number of each issue's first option among all options, shape (I,).
        packages: Those of the first draw, then those of the second, and so on.
        start: Where those of each draw begin, and where the last end, shape (B + 1,).
        together: To which is added, shape (C, C).
    """
    size, width, low = len(together), len(first), (1 << WORD) - 1
    words = (size + low) >> WORD
    seen, own, bits = np.empty((size, words), np.int64), np.empty(width, np.int64), np.empty(words, np.int64)
    for b in range(len(start) - 1):
        if start[b] == start[b + 1]:
            continue
        seen[:] = 0
        for p in packages[start[b] : start[b + 1]]:
            bits[:] = 0
            for i in range(width):
                own[i] = first[i] + options[p, i]
                bits[own[i] >> WORD] |= 1 << (own[i] & low)
            for i in range(width):
                for word in range(words):
                    seen[own[i], word] |= bits[word]
        for one in range(size):
            for other in range(size):
                together[one, other] += (seen[one, other >> WORD] >> (other & low)) & 1
