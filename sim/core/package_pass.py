"""Compiled loops over all packages of many draws: their utility, foresight, and public commitments."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compiled import called, compiled, in_both
from sim.core.exact import Floats
from sim.core.packages import Ints, ShortInts

PIECE = 512  # packages at a time: the tables read for them stay in the cache


class Halves(NamedTuple):
    """Packages as full products of two halves of the issues, run by run."""

    # first_options, second_options: option of each issue in each combination of either half, the issues of the first
    # half coming first, shape (combinations, issues)
    first_options: Ints
    second_options: Ints
    # rows, row_start, columns, column_start: combinations of the first and of the second half that make up each run,
    # one run after the other; and where those of each run begin, and where the last end, shape (runs + 1,)
    rows: Ints
    row_start: Ints
    columns: Ints
    column_start: Ints


class Additions(NamedTuple):
    """What is added to the utility of some packages, in this order."""

    party: Ints  # to whose utility, shape (E,)
    # start, packages: where the packages of each begin, and the last end, shape (E + 1,); they rise for each
    start: Ints
    packages: Ints
    adds: Floats  # by how much, shape (E, B)


class Prospects(NamedTuple):
    """Chances, durations and shifts of power, each by the few combinations of options that differ in it."""

    # chance, chance_of: of all ratifiers, shape (B, K), and each package's combination, shape (P,)
    chance: Floats
    chance_of: ShortInts
    stake: Floats  # how a shift of power enters each party's utility of fighting again, shape (N,)
    # moved, moved_of: share of the stake that moves away from the named side, and the combinations, likewise
    moved: Floats
    moved_of: ShortInts
    held: Floats  # discounted part of ten years in which a package holds, by kind, shape (B, N, kinds)
    # kind, kind_of: kind of each combination, shape (B, K), and the combinations, likewise; with a guarantor first
    # the kinds if it acts, then those if it does not, shape (B, 2 K)
    kind: ShortInts
    kind_of: ShortInts
    # smallest gain for which the guarantor acts, by these combinations, shape (B, K); no rows without one
    least: Floats
    guarantor: int  # index of the party, 0 for none
    # reservation_value, refusal_cost: in round 1; of a text refused at home; shape (B, N)
    reservation_value: Floats
    refusal_cost: Floats
    foresight: Floats  # in [0, 1], shape (B, N)


@compiled
def fill_utility(weights: Floats, values: Floats, halves: Halves, additions: Additions, utility: Floats) -> None:
    """Compute the utility of all packages, draw by draw and party by party, so that the sums lie in the cache.

    Args:
        weights, values: Of issues, shape (B, N, I), and of their options, shape (B, N, I, O).
        halves, additions: The packages, and what some of them have besides.
        utility: Where it goes, shape (B, N, P).
    """
    first, second = np.empty(len(halves.first_options)), np.empty(len(halves.second_options))
    middle = halves.first_options.shape[1]
    for b in range(len(weights)):
        for n in range(weights.shape[1]):
            own = utility[b, n]
            _sum_half(weights[b, n, :middle], values[b, n, :middle], halves.first_options, first)
            _sum_half(weights[b, n, middle:], values[b, n, middle:], halves.second_options, second)
            place = 0
            for run in range(len(halves.row_start) - 1):
                others = halves.columns[halves.column_start[run] : halves.column_start[run + 1]]
                for row in halves.rows[halves.row_start[run] : halves.row_start[run + 1]]:
                    _add_to_all(first[row], second, others, own[place : place + len(others)])
                    place += len(others)
            for extra in range(len(additions.party)):
                if additions.party[extra] == n:
                    more = additions.adds[extra, b]
                    for p in additions.packages[additions.start[extra] : additions.start[extra + 1]]:
                        own[p] += more


@called
def _sum_half(weights: Floats, values: Floats, options: Ints, utility: Floats) -> None:
    """Utility of the combinations of one half, summed issue by issue."""
    utility[:] = 0.0
    for issue in range(options.shape[1]):
        for row in range(len(options)):
            utility[row] += weights[issue] * values[issue, options[row, issue]]


@called
def _add_to_all(one: float, second: Floats, others: Ints, own: Floats) -> None:
    for column in range(len(others)):
        own[column] = one + second[others[column]]


@compiled
def apply_foresight(utility: Floats, prospects: Prospects) -> None:
    """Turn utility of all packages, in place, shape (B, N, P), into that of parties that look past the signature."""
    packages, room, ranks = utility.shape[2], np.empty((3, PIECE)), np.empty(PIECE, np.uint32)
    for b in range(len(utility)):
        for start in range(0, packages, PIECE):
            _apply_to_piece(utility[b], b, start, min(start + PIECE, packages), prospects, room, ranks)


def _apply_to_piece_arrays(
    utility: Floats, b: int, start: int, stop: int, prospects: Prospects, room: Floats, of: npt.NDArray[np.uint32]
) -> None:
    """`_apply_to_piece` without the compiler."""
    here, kind, kinds = slice(start, stop), prospects.kind[b], prospects.kind_of[start:stop].astype(np.int64)
    if len(prospects.least):
        gains = utility[prospects.guarantor, here] - prospects.reservation_value[b, prospects.guarantor]
        kinds += len(kind) // 2 * (gains < prospects.least[b, kinds])
    passes, away = prospects.chance[b, prospects.chance_of[here]], prospects.moved[b, prospects.moved_of[here]]
    for n in range(len(utility)):
        own, free = utility[n, here], prospects.reservation_value[b, n]
        refused, lasts = free - prospects.refusal_cost[b, n], prospects.held[b, n, kind[kinds]]
        again = free - prospects.stake[n] * away
        expected = (own - again) * lasts + again
        expected = (expected - refused) * passes + refused
        own += (expected - own) * prospects.foresight[b, n]


@in_both(_apply_to_piece_arrays)
def _apply_to_piece(
    utility: Floats, b: int, start: int, stop: int, prospects: Prospects, room: Floats, of: npt.NDArray[np.uint32]
) -> None:
    """The same of the packages from `start` to before `stop` in draw b, at most `PIECE` of them.

    Tables are read and numbers computed in loops of their own, so that many packages are computed at once.

    Args:
        utility: Of the draw, shape (N, P).
        room, of: For numbers on the way, shapes (3, PIECE) and (PIECE,).
    """
    chance, moved, kind, held = prospects.chance[b], prospects.moved[b], prospects.kind[b], prospects.held[b]
    half, passes, away, lasts = np.uint32(len(kind) // 2), room[0], room[1], room[2]
    kinds, chances = prospects.kind_of[start:stop], prospects.chance_of[start:stop]
    shifts = prospects.moved_of[start:stop]
    gains, free = utility[prospects.guarantor, start:stop], prospects.reservation_value[b, prospects.guarantor]
    for p in range(stop - start):
        of[p] = np.uint32(kinds[p])
    if len(prospects.least):
        least = prospects.least[b]
        for p in range(stop - start):
            of[p] += half * np.uint32(gains[p] - free < least[of[p]])
    for p in range(stop - start):
        of[p] = kind[of[p]]
    for p in range(stop - start):
        passes[p] = chance[np.uint32(chances[p])]
    for p in range(stop - start):
        away[p] = moved[np.uint32(shifts[p])]
    for n in range(len(utility)):
        own, free, share = utility[n, start:stop], prospects.reservation_value[b, n], prospects.foresight[b, n]
        refused, stake = free - prospects.refusal_cost[b, n], prospects.stake[n]
        for p in range(stop - start):
            lasts[p] = held[n, of[p]]
        for p in range(stop - start):
            again = free - stake * away[p]  # fighting again, from the new line
            expected = (own[p] - again) * lasts[p] + again
            expected = (expected - refused) * passes[p] + refused
            own[p] += (expected - own[p]) * share


@compiled
def charge_commitment(utility: Floats, rows: Ints, party: int, cost: Floats, steps: Ints) -> None:
    """Lower the utility of packages in which a party goes back on its public commitment.

    Args:
        utility: Of all packages to all parties, changed in place, shape (B, N, P).
        rows: Draws in which the commitment binds.
        party: Whose commitment.
        cost: Utility lost a step, shape (B,).
        steps: Steps back in each package, shape (P,).
    """
    for b in rows:
        own, lost = utility[b, party], cost[b]
        for p in range(len(steps)):
            own[p] -= lost * steps[p]
