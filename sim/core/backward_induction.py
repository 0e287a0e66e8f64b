"""Subgame-perfect equilibrium of talks with a deadline, by backward induction over the rounds.

In a round one party proposes a package or passes, and the signatories of the package accept or reject in turn. In the
last round a rejection means no deal; in each round before, it is worth the next round, discounted, and a round of no
deal in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import NO_DEAL, Bools, Ints, list_packages
from sim.core.solutions import sum_ascending


@dataclass(frozen=True, eq=False)
class Foreseen:
    """Values of each of K rounds, seen from that round; all of shape (B, K, N)."""

    value: Floats  # expected at its beginning
    refused: Floats  # if nothing is agreed in it and all stay
    never: Floats  # if nothing is agreed in it or later


def foresee(
    worth: Floats, usable: Bools, signs: Bools, reservation_value: Floats, patience: Floats, proposes: Floats,
    outside: Floats | float = -np.inf,
) -> Foreseen:  # fmt: skip
    """Solve the rounds that are left from the last to the first.

    With patience q, reservation value r(k) in round k and V(k) the value of round k at its beginning, a rejection in
    round k is worth `C(k) = (1-q) r(k) + q V(k+1)`, and `V(K+1) = r(K)`. A signatory accepts what is worth C(k), its
    outside option and r(k); indifferent, it accepts. The proposer proposes the package worth most to itself of those
    that all other signatories accept, if that is worth as much to itself as passing. If several are worth the same to
    it, all expect their mean.

    A party takes its outside option as soon as it is worth more than C(k) and nothing is agreed: a responder instead of
    rejecting, any party when the round passes. That ends the talks, and each of the others then has the better of its
    own outside option and of no deal to the end.

    Args:
        worth: Utility of all packages, shape (B, N, P).
        usable: Packages that can be signed at all, shape (B, P).
        signs: Whose consent a package needs, shape (N, P).
        reservation_value: Reservation values from the first round to the last, shape (B, K, N).
        patience: What utility keeps of its value a round later, in [0, 1], shape (B, N).
        proposes: Probability that a party proposes in a round, shape (B, K, N).
        outside: Worth of the outside option, -inf for none, shape (B, N) or one for all.
    """
    candidates = _candidates(worth, usable, signs, reservation_value.min(axis=1))
    value, refused, never = (np.empty(reservation_value.shape) for _ in range(3))
    next_value = next_never = reservation_value[:, -1]
    for k in reversed(range(reservation_value.shape[1])):
        now = (1 - patience) * reservation_value[:, k]
        refused[:, k], never[:, k] = now + patience * next_value, now + patience * next_never
        thresholds = thresholds_of(reservation_value[:, k], refused[:, k], never[:, k], outside)
        value[:, k] = _expected(candidates, thresholds, proposes[:, k])
        next_value, next_never = value[:, k], never[:, k]
    return Foreseen(value, refused, never)


def proposals(
    worth: Floats, usable: Bools, signs: Bools, thresholds: "Thresholds", proposer: Ints, tie_rank: Ints
) -> Ints:
    """The proposals of a round in equilibrium, `NO_DEAL` where the proposer passes, shape (B,).

    Args:
        worth, usable, signs: As for `foresee`.
        thresholds: Of this round.
        proposer: Index of a party, shape (B,).
        tie_rank: Which of several packages of equal utility to it a party proposes, smaller first, shape (P,).
    """
    candidates = _candidates(worth, usable, signs, thresholds.reservation_value)
    accepted = candidates.accepted(thresholds)
    found = np.full(len(worth), NO_DEAL)
    for m, rows in _proposers(proposer[:, None] == np.arange(len(signs))):
        best, package = candidates.best(m, rows, thresholds, accepted), candidates.package[rows]
        rank = np.where(best, tie_rank[package], np.iinfo(np.int64).max)
        found[rows] = np.where(best.any(axis=1), package[np.arange(len(rank)), rank.argmin(axis=1)], NO_DEAL)
    return found


def least_accepted(reservation_value: Floats, refused: Floats, outside: Floats | float = -np.inf) -> Floats:
    """The least utility that a party accepts in a round, shape (B, N); all arguments of that shape."""
    return np.maximum(np.maximum(refused, outside), reservation_value)


class Thresholds(NamedTuple):
    """What packages of a round are compared with; all of shape (B, N)."""

    reservation_value: Floats  # in this round
    least: Floats  # the least that a party accepts
    passed: Floats  # its value if the round passes


def thresholds_of(
    reservation_value: Floats, refused: Floats, never: Floats, outside: Floats | float = -np.inf
) -> Thresholds:
    """Thresholds of a round, from what it is worth as in `Foreseen`, shape (B, N); `outside` as for `foresee`."""
    outside = np.broadcast_to(outside, reservation_value.shape)
    leaves = outside > refused + TOLERANCE
    broken_off = np.where(leaves, outside, np.maximum(outside, never))
    passed = np.where(leaves.any(axis=1, keepdims=True), broken_off, refused)
    return Thresholds(reservation_value, least_accepted(reservation_value, refused, outside), passed)


Rows = slice | Ints


class _Candidates(NamedTuple):
    """The packages that may be agreed on in some round."""

    package: Ints  # their indices, filled up with `NO_DEAL`, shape (B, M)
    utility: Floats  # of them, shape (B, N, M)
    to_signatory: Floats  # the same where the party signs, inf where it does not, -inf where filled up

    def accepted(self, thresholds: Thresholds) -> Bools:
        """Packages that each party accepts or does not sign, shape (B, N, M)."""
        accepted: Bools = self.to_signatory >= (thresholds.least - TOLERANCE)[:, :, None]
        return accepted

    def best(self, m: int, rows: Rows, thresholds: Thresholds, accepted: Bools) -> Bools:
        """Packages worth most to party m of those that it may propose and the others accept, shape (rows, M)."""
        may = self.to_signatory[rows, m] >= (thresholds.reservation_value[rows, m] - TOLERANCE)[:, None]
        may &= self.utility[rows, m] >= (thresholds.passed[rows, m] - TOLERANCE)[:, None]
        for n in range(accepted.shape[1]):
            if n != m:
                may &= accepted[rows, n]
        utility = np.where(may, self.utility[rows, m], -np.inf)
        best: Bools = may & (utility >= (utility.max(axis=1) - TOLERANCE)[:, None])
        return best


def _candidates(utility: Floats, usable: Bools, signs: Bools, lowest: Floats) -> _Candidates:
    """Leave out what is worth less to a signatory than its lowest reservation value: nobody signs that in any round."""
    signable = usable.copy()
    for n, own in enumerate(signs):
        signable &= (utility[:, n] >= (lowest[:, n] - TOLERANCE)[:, None]) | ~own
    lists = list_packages(signable)
    width = max(1, int(lists.count.max(initial=0)))
    package = np.full((len(utility), width), NO_DEAL)
    package[np.arange(width) < lists.count[:, None]] = lists.packages
    own = np.take_along_axis(utility, package[:, None], axis=2)
    to_signatory = np.where(signs[:, package].swapaxes(0, 1), own, np.inf)
    return _Candidates(package, own, np.where((package == NO_DEAL)[:, None], -np.inf, to_signatory))


def _expected(candidates: _Candidates, thresholds: Thresholds, proposes: Floats) -> Floats:
    """The value of a round to each party before it is known who proposes, shape (B, N)."""
    parts, accepted = [np.zeros(proposes.shape)], candidates.accepted(thresholds)
    for m, rows in _proposers(proposes):
        best = candidates.best(m, rows, thresholds, accepted)
        mean = _mean_of(candidates.utility[rows], best)
        value = np.where(best.any(axis=1, keepdims=True), mean, thresholds.passed[rows])
        part = np.zeros(proposes.shape)
        part[rows] = proposes[rows, m, None] * value
        parts.append(part)
    return sum_ascending(parts)


def _proposers(proposes: Floats | Bools) -> Iterator[tuple[int, Rows]]:
    """Each party that may propose, with the draws in which it may."""
    for m in range(proposes.shape[1]):
        rows = np.flatnonzero(proposes[:, m] > 0)
        if len(rows):
            yield m, slice(None) if len(rows) == len(proposes) else rows


def _mean_of(utility: Floats, marked: Bools) -> Floats:
    """Mean of the packages marked, shape (B, M), 0 for none, shape (B, N); by ascending value: order moves no bit."""
    count = marked.sum(axis=1)
    first = marked.argmax(axis=1)
    mean = np.where(count[:, None] > 0, utility[np.arange(len(utility)), :, first], 0.0)
    for b in np.flatnonzero(count > 1):
        rising = np.sort(utility[b][:, marked[b]], axis=1)
        mean[b] = np.cumsum(rising, axis=1)[:, -1] / count[b]
    return mean
