"""Counts over draws: histograms of utility by party, and pairs of options."""

from typing import NamedTuple

import numpy as np

from sim.core.compiled import called, compiled
from sim.core.exact import Floats
from sim.core.package_pass import Prospects, value_of
from sim.core.packages import Bools, Ints, Options

NONE_YET = -1  # no offer has been counted in this turn


class Bins(NamedTuple):
    """Bins of equal width in each party's range of utility; what lies beyond an end counts there."""

    low: Floats  # lower end of the first bin, shape (N,)
    span: Floats  # from there to the upper end of the last bin, shape (N,)
    bins: int


class Turns(NamedTuple):
    """The turns of a round."""

    who: Ints  # the party whose turn it is, shape (turns, B)
    did: Ints  # what it did, shape (turns, B)
    package: Ints  # the standing offer after the turn, shape (turns, B)


class Kinds(NamedTuple):
    """What the codes of moves mean."""

    offers: Bools  # whether a move is an offer, shape (kinds,)
    answers: Bools  # whether it is an answer, shape (kinds,)
    absent: int  # the code where a party had no turn, and the standing offer stays


class Last(NamedTuple):
    """What was counted last, since most moves are those of the round before once more; `NONE_YET` before."""

    standing: Ints  # the standing offer, shape (B,)
    offer: Ints  # party and package counted in a turn, as one number, for offers and for answers, shape (2, turns, B)
    place: Ints  # the bin in which it was counted, likewise


@called
def _bin(bins: Bins, n: int, utility: float) -> int:
    place = np.floor((utility - bins.low[n]) / bins.span[n] * bins.bins)
    return int(min(max(place, 0.0), bins.bins - 1.0))


@compiled
def count_aspirations(aspiration: Floats, reservation_value: Floats, bins: Bins, counts: Ints) -> None:
    """Count aspirations, and the reservation values of the parties that have one.

    Args:
        aspiration: NaN for none, shape (B, N).
        reservation_value: Shape (B, N).
        counts: Aspirations and reservation values by party and bin, added to, shape (2, N, bins).
    """
    for b in range(len(aspiration)):
        for n in range(aspiration.shape[1]):
            if not np.isnan(aspiration[b, n]):
                counts[0, n, _bin(bins, n, aspiration[b, n])] += 1
                counts[1, n, _bin(bins, n, reservation_value[b, n])] += 1


@compiled
def count_offers(
    turns: Turns, kinds: Kinds, utility: Floats, prospects: Prospects, reservation_value: Floats, bins: Bins,
    last: Last, counts: Ints,
) -> None:  # fmt: skip
    """Count what the offers of a round are worth to those that made them and to those that answered them.

    Args:
        utility, prospects: As in `Domain`.
        reservation_value: Of the round, shape (B, N).
        last: What the round before left; written to.
        counts: Offers made and offers answered by party and bin, added to, shape (2, N, bins).
    """
    for turn in range(len(turns.did)):
        for b in range(turns.did.shape[1]):
            did, n, before = turns.did[turn, b], turns.who[turn, b], last.standing[b]
            after = before if did == kinds.absent else turns.package[turn, b]
            last.standing[b] = after
            for role in range(2):
                if kinds.answers[did] if role else kinds.offers[did]:
                    package = before if role else after
                    offer = n * utility.shape[2] + package
                    if last.offer[role, turn, b] != offer or prospects.looks[b, n]:
                        last.offer[role, turn, b] = offer
                        value = value_of(utility, prospects, b, n, package, reservation_value[b, n])
                        last.place[role, turn, b] = _bin(bins, n, value)
                    counts[role, n, last.place[role, turn, b]] += 1


@compiled
def note_first_offers(turns: Turns, offers: Bools, first: Ints) -> None:
    """Note who makes an offer in a round for the first time.

    Args:
        first: The first offer of each party, -1 for none so far, written to, shape (B, N).
    """
    for turn in range(len(turns.did)):
        for b in range(len(first)):
            if offers[turns.did[turn, b]] and first[b, turns.who[turn, b]] < 0:
                first[b, turns.who[turn, b]] = turns.package[turn, b]


@compiled
def count_pairs(options: Options, first: Ints, start: Ints, packages: Ints, together: Ints) -> None:
    """Count the draws in which some of the draw's packages has both of two options.

    Args:
        options: The option of each issue in each package, shape (P, I).
        first: The number of each issue's first option among all C options, shape (I,).
        start, packages: As in `PackageLists`.
        together: Added to, shape (C, C).
    """
    last = np.full(together.shape, -1)  # the draw in which a pair was last counted
    for b in range(len(start) - 1):
        for p in packages[start[b] : start[b + 1]]:
            for i in range(len(first)):
                one = first[i] + options[p, i]
                for j in range(i + 1):
                    other = first[j] + options[p, j]
                    if last[one, other] != b:
                        last[one, other] = b
                        together[one, other] += 1
                        if one != other:
                            together[other, one] += 1
