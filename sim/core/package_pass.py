"""Compiled loops over all packages of many draws: their utility, foresight, and public commitments."""

from typing import NamedTuple

import numpy as np

from sim.core.compiled import called, compiled
from sim.core.exact import Floats
from sim.core.packages import Bools, Ints, ShortInts

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
    """What happens to packages after signature, by the few combinations of options that differ in it.

    A party with foresight values a package by `q L u + (1 - q L) r - q (1 - L) s - (1 - q) x`: q the probability of all
    ratifiers, L the discounted part of ten years in which the package holds, s the loss of fighting again after a shift
    of power, x the cost of a refused package, r the reservation value of the round. With the net utility
    `u - (q (1 - L) s + (1 - q) x) / (q L)` that is `r + q L (net - r)`: so a package is acceptable in a round exactly
    where its net utility is, whatever the round.
    """

    looks: Bools  # which parties have foresight, shape (B, N)
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
    # reservation_value, refusal_cost: in round 1; of a package refused at home; shape (B, N)
    reservation_value: Floats
    refusal_cost: Floats
    # lowest, highest: between which the reservation value can lie, shape (B, N)
    lowest: Floats
    highest: Floats
    lasts: ShortInts  # kind of each package given the guarantor's decision, shape (B, P); no rows without foresight


def no_prospects(draws: int, parties: int, packages: int) -> Prospects:
    """Return empty prospects where no party has foresight."""
    alike, by_draw, by_party = np.zeros(packages, np.int32), np.ones((draws, 1)), np.zeros((draws, parties))
    kind, looks = np.zeros((draws, 1), np.int32), np.zeros((draws, parties), bool)
    return Prospects(
        looks, by_draw, alike, np.zeros(parties), by_draw, alike, np.ones((draws, parties, 1)), kind, alike,
        np.zeros((0, 0)), 0, by_party, by_party, by_party, by_party, np.zeros((0, packages), np.int32),
    )  # fmt: skip


LEAST_LASTING = 1e-12  # in place of a smaller `q L`, by which risks are divided


@called
def lasting(prospects: Prospects, b: int, n: int, p: int) -> float:
    """Return `q L` of a package to a party with foresight: how far it is in force and holds."""
    held = prospects.held[b, n, prospects.lasts[b, p]]
    return float(max(prospects.chance[b, prospects.chance_of[p]] * held, LEAST_LASTING))


@called
def value_of(utility: Floats, prospects: Prospects, b: int, n: int, p: int, free: float) -> float:
    """Return a party's utility of a package in a round in which its reservation value is `free`.

    Args:
        utility: Net of risks, shape (B, N, P).
    """
    net = utility[b, n, p]
    if not prospects.looks[b, n]:
        return float(net)
    return float(free + lasting(prospects, b, n, p) * (net - free))


@called
def values_of(utility: Floats, prospects: Prospects, b: int, n: int, free: float) -> Floats:
    """The same of all packages, shape (P,)."""
    net: Floats = utility[b, n]
    if not prospects.looks[b, n]:
        return net
    held = prospects.held[b, n][prospects.lasts[b]]
    values: Floats = free + np.maximum(prospects.chance[b][prospects.chance_of] * held, LEAST_LASTING) * (net - free)
    return values


def values_at(utility: Floats, prospects: Prospects, rows: Ints, packages: Ints, reservation_value: Floats) -> Floats:
    """Return all parties' utilities of packages, shape (N, K).

    Args:
        utility: Net of risks, shape (B, N, P).
        rows, packages: The draw and the package of each, shape (K,).
        reservation_value: Of the round in each, shape (N, K).
    """
    net, looks = utility[rows, :, packages].T, prospects.looks[rows].T
    if not looks.any():
        return net
    held = prospects.held[rows, :, prospects.lasts[rows, packages]].T
    lasts = np.maximum(prospects.chance[rows, prospects.chance_of[packages]] * held, LEAST_LASTING)
    return np.where(looks, reservation_value + lasts * (net - reservation_value), net)


def value_in_round(utility: Floats, ahead: Prospects, reservation_value: Floats) -> Floats:
    """Return all parties' utilities of packages in a round, given their net utility, shape (B, N, K).

    Args:
        utility, ahead: Of the same packages.
        reservation_value: Of the round, shape (B, N).
    """
    if not ahead.looks.any():
        return utility
    draws, parties, count = utility.shape
    rows, packages = np.repeat(np.arange(draws), count), np.tile(np.arange(count), draws)
    values = values_at(utility, ahead, rows, packages, reservation_value.T[:, rows])
    return values.reshape(parties, draws, count).transpose(1, 0, 2)


@compiled
def fill_utility(weights: Floats, values: Floats, halves: Halves, additions: Additions, utility: Floats) -> None:
    """Compute the utility of all packages, draw by draw and party by party, so that the sums stay in the cache.

    Args:
        weights, values: Of issues, shape (B, N, I), and of their options, shape (B, N, I, O).
        halves, additions: The packages, and what some of them add.
        utility: Output, shape (B, N, P).
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
    """Make utility of all packages, in place, shape (B, N, P), net of risks to parties with foresight.

    The kind of each package, `lasts`, is written too.
    """
    packages = utility.shape[2]
    for b in range(len(utility)):
        if prospects.looks[b].any():
            for start in range(0, packages, PIECE):
                _apply_to_piece(utility[b], b, start, min(start + PIECE, packages), prospects)


@called
def _apply_to_piece(utility: Floats, b: int, start: int, stop: int, prospects: Prospects) -> None:
    """The same of the packages from `start` to before `stop` in draw b; utility of the draw, shape (N, P)."""
    lasts, least = prospects.kind_of[start:stop].copy(), prospects.least
    if len(least):
        gains = utility[prospects.guarantor, start:stop] - prospects.reservation_value[b, prospects.guarantor]
        lasts += len(prospects.kind[b]) // 2 * (gains < least[b][lasts])
    lasts[:] = prospects.kind[b][lasts]
    prospects.lasts[b, start:stop] = lasts
    passes = prospects.chance[b][prospects.chance_of[start:stop]]
    away = prospects.moved[b][prospects.moved_of[start:stop]]
    for n in range(len(utility)):
        if prospects.looks[b, n]:
            held, cost = prospects.held[b, n][lasts], prospects.refusal_cost[b, n]
            risks = passes * (1 - held) * (prospects.stake[n] * away) + (1 - passes) * cost
            utility[n, start:stop] -= risks / np.maximum(passes * held, LEAST_LASTING)


@compiled
def charge_commitment(utility: Floats, prospects: Prospects, rows: Ints, party: int, cost: Floats, steps: Ints) -> None:
    """Lower the utility of packages in which a party goes back on its public commitment.

    It pays on signature, whatever happens to the package.

    Args:
        utility: Of all packages to all parties, net of risks, changed in place, shape (B, N, P).
        prospects: What happens to packages after signature.
        rows: Draws in which the commitment binds.
        party: Whose commitment.
        cost: Utility lost a step, shape (B,).
        steps: Steps back in each package, shape (P,).
    """
    for b in rows:
        own, lost, looks = utility[b, party], cost[b], prospects.looks[b, party]
        for p in range(len(steps)):
            own[p] -= lost * steps[p] / (lasting(prospects, b, party, p) if looks else 1.0)
