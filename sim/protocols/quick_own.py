"""How a party chooses by its own worth in the loop of `quick_loop.py`: its packages lie there from the best down."""

import numpy as np

from sim.core.compiled import inlined
from sim.core.exact import Floats
from sim.core.packages import Bools, Ints

NOTHING = -1
PER_BIN = 2  # packages that share a bin, on average


@inlined
def lay_out(
    utility: Floats, signable: Bools, pattern: Ints, struck: Bools, me: int, b: int, lowest: float, loose: Ints,
    in_bin: Ints, order: Ints, own_worth: Floats, end: Ints, laid_out: Ints,
) -> None:  # fmt: skip
    """Lay out the packages that a party can sign and that are worth so much, in bins from the best down.

    Args:
        utility, signable, pattern, struck: What they are worth, and which of them it can sign.
        me, b: The party and the draw.
        lowest: The least worth that will ever do.
        loose, in_bin: To work in, shape (P + 1,).
        order, own_worth: Where the packages and their worth go, shape (N, P).
        end: Where those of each bin end, shape (N, bins + 1).
        laid_out: How many there are; how many are sorted, and how many bins; and how many are enough, shape (4, N).
    """
    found, low, high = 0, np.inf, -np.inf
    for p in range(len(pattern)):  # every one is written down, and gone on from where it counts
        loose[found] = p
        found += (utility[b, me, p] >= lowest) & signable[me, b, pattern[p]]
    if len(struck):
        left = 0
        for place in range(found):
            loose[left] = loose[place]
            left += not struck[b, loose[place]]
        found = left
    for place in range(found):
        value = utility[b, me, loose[place]]
        low, high = min(low, value), max(high, value)
    bins = found // PER_BIN + 1
    per_unit = bins / (high - low) if high - low > 1e-6 else 0.0
    for k in range(bins + 1):
        end[me, k] = 0
    for place in range(found):
        in_bin[place] = min(int((high - utility[b, me, loose[place]]) * per_unit), bins - 1)
        end[me, in_bin[place] + 1] += 1
    for k in range(bins):
        end[me, k + 1] += end[me, k]
    for place in range(found):
        to = end[me, in_bin[place]]
        order[me, to], own_worth[me, to] = loose[place], utility[b, me, loose[place]]
        end[me, in_bin[place]] += 1  # it now ends where the next one begins
    laid_out[0, me], laid_out[1, me], laid_out[2, me], laid_out[3, me] = found, 0, 0, 0


@inlined
def _sort_down(order: Ints, own_worth: Floats, me: int, first: int, end: int) -> None:
    """Sort some neighbouring packages of a party by falling worth; insertion over shrinking distances."""
    gap = 1
    while gap < (end - first) // 9:
        gap = 3 * gap + 1
    while gap:
        for place in range(first + gap, end):
            p, value, at = order[me, place], own_worth[me, place], place
            while at - gap >= first and own_worth[me, at - gap] < value:
                order[me, at], own_worth[me, at] = order[me, at - gap], own_worth[me, at - gap]
                at -= gap
            order[me, at], own_worth[me, at] = p, value
        gap //= 3


@inlined
def _enough(order: Ints, own_worth: Floats, end: Ints, laid_out: Ints, me: int, least: float) -> int:
    """How many of the packages laid out are worth so much; looked for from the last number on, since it moves little.

    The bins are sorted as they are come to.
    """
    at = laid_out[3, me]
    while at > 0 and own_worth[me, at - 1] < least:
        at -= 1
    while at < laid_out[0, me]:
        while at == laid_out[1, me]:
            laid_out[1, me] = end[me, laid_out[2, me]]
            _sort_down(order, own_worth, me, at, laid_out[1, me])
            laid_out[2, me] += 1
        if own_worth[me, at] < least:
            break
        at += 1
    laid_out[3, me] = at
    return int(at)


@inlined
def _own_choice(
    order: Ints, own_worth: Floats, enough: int, rank: Ints, pattern: Ints, me: int, avoided: Bools, avoids: bool,
    nearest: bool, asked: float, tolerance: float,
) -> int:  # fmt: skip
    """Of the first packages laid out, the one that is worth least, or most nearly what is asked; ties by rank.

    Args:
        order, own_worth: As `lay_out` has them.
        enough: How many are worth enough.
        rank, pattern: Of packages, shape (N, P) and (P,).
        me: The party.
        avoided: Patterns left out, if any are.
        nearest: Whether to take the one worth most nearly what is `asked`, not the one worth least.
        tolerance: By which worths may differ that are the same.
    """
    found, closest, last, place = NOTHING, np.inf, np.inf, enough - 1
    while place >= 0 and own_worth[me, place] <= last:  # nothing further up comes as near, or ties with it
        if not (avoids and avoided[pattern[order[me, place]]]):
            away = abs(own_worth[me, place] - asked) if nearest else own_worth[me, place]
            if away < closest:
                closest, last = away, (asked + away + tolerance if nearest else away) + tolerance
        place -= 1
    for near in range(place + 1, enough):
        p = order[me, near]
        away = abs(own_worth[me, near] - asked) if nearest else own_worth[me, near]
        ties = away <= closest + tolerance and not (avoids and avoided[pattern[p]])
        if ties and (found == NOTHING or rank[me, p] < rank[me, found]):
            found = p
    return int(found)


@inlined
def by_own_worth(
    order: Ints, own_worth: Floats, end: Ints, laid_out: Ints, rank: Ints, pattern: Ints, me: int, avoided: Bools,
    some: bool, nearest: bool, asked: float, least: float, tolerance: float,
) -> int:  # fmt: skip
    """What a party chooses by its own worth: the package worth least, or most nearly what it asks for."""
    enough = _enough(order, own_worth, end, laid_out, me, least)
    if some and not nearest:
        quiet = _own_choice(order, own_worth, enough, rank, pattern, me, avoided, True, nearest, asked, tolerance)
        if quiet != NOTHING:
            return quiet
    return _own_choice(order, own_worth, enough, rank, pattern, me, avoided, False, nearest, asked, tolerance)
