"""Compiled loops over all packages of many draws: their utility, foresight, and public commitments."""

from typing import NamedTuple

import numpy as np

from sim.core.compiled import called, compiled, in_both
from sim.core.exact import Floats
from sim.core.packages import Bools, Ints, ShortInts


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
    combination: ShortInts  # combination of each package, of those options that matter after signature, shape (P,)
    chance: Floats  # of all ratifiers, by combination, shape (B, C)
    moved: Floats  # share of the stake that moves away from the named side in a shift of power, likewise
    stake: Floats  # how a shift of power enters each party's utility of fighting again, shape (N,)
    # kind of each combination, shape (B, E); E is C, or 2 C with a guarantor: first if it acts, then if it does not
    kind: ShortInts
    held: Floats  # discounted part of ten years in which a package holds, by kind, shape (B, N, kinds)
    least: Floats  # smallest gain for which the guarantor acts, shape (B, C); no rows without one
    guarantor: int  # index of the party, 0 for none
    # reservation_value, refusal_cost: in round 1; of a package refused at home; shape (B, N)
    reservation_value: Floats
    refusal_cost: Floats
    # lowest, highest: between which the reservation value can lie, shape (B, N)
    lowest: Floats
    highest: Floats
    # entry of each package in `kind`, given the guarantor's decision, shape (B, P); no rows without foresight
    entry: ShortInts


def no_prospects(draws: int, parties: int, packages: int) -> Prospects:
    """Return empty prospects where no party has foresight."""
    by_draw, by_party = np.ones((draws, 1)), np.zeros((draws, parties))
    return Prospects(
        np.zeros((draws, parties), bool), np.zeros(packages, np.int32), by_draw, by_draw, np.zeros(parties),
        np.zeros((draws, 1), np.int32), np.ones((draws, parties, 1)), np.zeros((0, 0)), 0, by_party, by_party, by_party,
        by_party, np.zeros((0, packages), np.int32),
    )  # fmt: skip


LEAST_LASTING = 1e-12  # in place of a smaller `q L`, by which risks are divided


@called
def lasting(prospects: Prospects, b: int, n: int, p: int) -> float:
    """Return `q L` of a package to a party with foresight: how far it is in force and holds."""
    held = prospects.held[b, n, prospects.kind[b, prospects.entry[b, p]]]
    return float(max(prospects.chance[b, prospects.combination[p]] * held, LEAST_LASTING))


def _gathered_in_numpy(table: Floats, index: ShortInts) -> Floats:
    elements: Floats = table[index]
    return elements


@in_both(_gathered_in_numpy)
def gathered(table: Floats, index: ShortInts) -> Floats:
    """Return the elements of a table at these places: compiled, a third of the time of `table[index]`."""
    elements = np.empty(len(index))
    for place in range(len(index)):
        elements[place] = table[index[place]]
    return elements


@called
def lasting_by_entry(prospects: Prospects, b: int, n: int) -> Floats:
    """The same by entry of `kind`, shape (E,)."""
    lasts = gathered(prospects.held[b, n], prospects.kind[b])
    combinations = prospects.chance.shape[1]
    for start in range(0, len(lasts), combinations):
        part = lasts[start : start + combinations]
        part[:] = np.maximum(prospects.chance[b] * part, LEAST_LASTING)
    return lasts


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
    values: Floats = free + gathered(lasting_by_entry(prospects, b, n), prospects.entry[b]) * (net - free)
    return values


@called
def values_at_ends(net: Floats, prospects: Prospects, b: int, n: int, at_lowest: Floats, at_highest: Floats) -> None:
    """Write a party's utility of all packages at the lowest and at the highest of its reservation value, shape (P,)."""
    if not prospects.looks[b, n]:
        at_lowest[:], at_highest[:] = net, net
        return
    by_entry, entry = lasting_by_entry(prospects, b, n), prospects.entry[b]
    low, high = prospects.lowest[b, n], prospects.highest[b, n]
    for p in range(len(net)):
        lasts = by_entry[entry[p]]
        at_lowest[p], at_highest[p] = low + lasts * (net[p] - low), high + lasts * (net[p] - high)


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
    held = prospects.held[rows, :, prospects.kind[rows, prospects.entry[rows, packages]]].T
    lasts = np.maximum(prospects.chance[rows, prospects.combination[packages]] * held, LEAST_LASTING)
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

    Risks are computed once a combination. The `entry` of each package is written too.
    """
    combinations, of = prospects.chance.shape[1], prospects.combination
    risks = np.empty(prospects.kind.shape[1])
    for b in range(len(utility)):
        if prospects.looks[b].any():
            entry, passes, away = prospects.entry[b], prospects.chance[b], prospects.moved[b]
            entry[:] = of
            if len(prospects.least):  # where the guarantor does not act, the second half of the entries
                gains = utility[b, prospects.guarantor] - prospects.reservation_value[b, prospects.guarantor]
                entry += combinations * (gains < gathered(prospects.least[b], of))
            for n in range(utility.shape[1]):
                if prospects.looks[b, n]:
                    stake, cost = prospects.stake[n], prospects.refusal_cost[b, n]
                    held_by_entry = gathered(prospects.held[b, n], prospects.kind[b])
                    for start in range(0, len(risks), combinations):
                        held = held_by_entry[start : start + combinations]
                        risks[start : start + combinations] = (
                            passes * (1 - held) * (stake * away) + (1 - passes) * cost
                        ) / np.maximum(passes * held, LEAST_LASTING)
                    utility[b, n] -= gathered(risks, entry)


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
        own, lost = utility[b, party], cost[b]
        if prospects.looks[b, party]:
            entry, lasts = prospects.entry[b], lasting_by_entry(prospects, b, party)
            for p in range(len(steps)):
                own[p] -= lost * steps[p] / lasts[entry[p]]
        else:
            for p in range(len(steps)):
                own[p] -= lost * steps[p]
