"""What parties that foresee everything would agree on: backward induction over the rounds that are left.

In a round one party puts a package forward or lets the round pass, and the signatories of the package answer one after
the other. The last round is worked out first: there a refusal means no deal. In each round before it, refusing is
worth what the round after it is worth, discounted, and the round of fighting on in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sim.exact import TOLERANCE
from sim.issues import NO_DEAL, Bools, Ints
from sim.utility import Floats


@dataclass(frozen=True, eq=False)
class Foreseen:
    """What is foreseen at the beginning of some round, which is the first of K.

    Attributes:
        package: What the party that proposes in the first round puts forward, `NO_DEAL` where nothing that it would
            rather have passes, shape (B,).
        least: The least worth with which each party says yes in the first round, shape (B, N).
        value: What each party expects at the beginning of each round, seen from that round, shape (B, K, N).
    """

    package: Ints
    least: Floats
    value: Floats


def foresee(
    worth: Floats,
    usable: Bools,
    signs: Bools,
    no_deal: Floats,
    patience: Floats,
    proposes: Floats,
    tie_rank: Ints,
    outside: Floats | float = -np.inf,
) -> Foreseen:
    """Work the rounds that are left out from the last to the first.

    With q the patience, r(k) no-deal worth in round k and V(k) what a party expects at the beginning of round k, saying
    no in round k is worth `C(k) = (1-q) r(k) + q V(k+1)`, and `V(K+1) = r(K)`. A signatory says yes to what is worth
    C(k), its outside option and r(k); one that is indifferent says yes. The proposer puts forward the package worth
    most to itself of those to which all other signatories say yes, where that is worth as much to itself as letting the
    round pass. If several are worth the same to it, all expect their mean.

    A party takes its outside option as soon as it is worth more than C(k) and nothing is agreed: a responder instead of
    saying no, any party when the round passes. That ends the talks, and each of the others then has the better of its
    own outside option and of no deal to the end.

    Args:
        worth: Of all packages, shape (B, N, P).
        usable: Packages that can be signed at all, shape (B, P).
        signs: Whose consent a package needs, shape (N, P).
        no_deal: In each round from the first to the last, shape (B, K, N).
        patience: What a party's worth keeps of its value a round later, in [0, 1], shape (B, N).
        proposes: Chance that a party proposes in a round, as foreseen, shape (B, K, N); in the first round, 1 for one.
        tie_rank: Which of several packages of equal worth is put forward, smaller first, shape (P,).
        outside: Worth of the outside option, -inf for none, shape (B, N) or one for all.
    """
    draws, rounds, parties = no_deal.shape
    stock = _stock(worth, usable, signs, no_deal.min(axis=1))
    elsewhere = np.broadcast_to(outside, (draws, parties))
    value = np.empty((draws, rounds, parties))
    after, never = no_deal[:, -1], no_deal[:, -1]
    for k in reversed(range(rounds)):
        now = no_deal[:, k]
        refused = (1 - patience) * now + patience * after
        never = (1 - patience) * now + patience * never
        leaves = elsewhere > refused + TOLERANCE
        least = np.maximum(np.maximum(refused, elsewhere), now)
        broken_off = np.where(leaves, elsewhere, np.maximum(elsewhere, never))
        passed = np.where(leaves.any(axis=1, keepdims=True), broken_off, refused)
        value[:, k] = after = _expected(stock, now, least, passed, proposes[:, k])
    package = np.full(draws, NO_DEAL)
    for m, rows in _proposers(proposes[:, 0]):
        best = stock.best(m, rows, no_deal[:, 0], least, passed)
        rank = np.where(best, tie_rank[stock.package[rows]], np.iinfo(np.int64).max)
        found = stock.package[rows][np.arange(len(rank)), rank.argmin(axis=1)]
        package[rows] = np.where(best.any(axis=1), found, NO_DEAL)
    return Foreseen(package, least, value)


Rows = slice | Ints


@dataclass(frozen=True, eq=False)
class _Stock:
    """The packages that may be agreed on in some round: no others need be looked at again.

    Attributes:
        package: Their indices, filled up with `NO_DEAL`, shape (B, M).
        worth: Of them, shape (B, N, M).
        asked: The same where the party signs, infinity where it does not, -infinity where it fills up.
    """

    package: Ints
    worth: Floats
    asked: Floats

    def best(self, m: int, rows: Rows, now: Floats, least: Floats, passed: Floats) -> Bools:
        """What party m may put forward in some draws: the packages worth most to it that pass, shape (rows, M)."""
        may = self.asked[rows, m] >= (now[rows, m] - TOLERANCE)[:, None]
        may &= self.worth[rows, m] >= (passed[rows, m] - TOLERANCE)[:, None]
        for n in range(self.asked.shape[1]):
            if n != m:
                may &= self.asked[rows, n] >= (least[rows, n] - TOLERANCE)[:, None]
        held = np.where(may, self.worth[rows, m], -np.inf)
        best: Bools = may & (held >= (held.max(axis=1) - TOLERANCE)[:, None])
        return best


def _stock(worth: Floats, usable: Bools, signs: Bools, lowest: Floats) -> _Stock:
    """Leave out what some signatory finds worse than no deal at its lowest: nobody signs that in any round."""
    kept = usable.copy()
    for n, own in enumerate(signs):
        bearable = worth[:, n] >= (lowest[:, n] - TOLERANCE)[:, None]
        kept &= bearable if own.all() else bearable | ~own
    count = kept.sum(axis=1)
    draw, index = np.nonzero(kept)
    column = np.arange(len(draw)) - np.repeat(np.cumsum(count) - count, count)
    package = np.full((len(worth), max(1, int(count.max(initial=0)))), NO_DEAL)
    package[draw, column] = index
    found = np.take_along_axis(worth, package[:, None], axis=2)
    asked = np.where(signs[:, package].swapaxes(0, 1), found, np.inf)
    return _Stock(package, found, np.where((package == NO_DEAL)[:, None], -np.inf, asked))


def _expected(stock: _Stock, now: Floats, least: Floats, passed: Floats, proposes: Floats) -> Floats:
    """What each party expects at the beginning of a round, before it is known who proposes, shape (B, N)."""
    parts = []
    for m, rows in _proposers(proposes):
        best = stock.best(m, rows, now, least, passed)
        value = np.where(best.any(axis=1, keepdims=True), _mean_of(stock.worth[rows], best), passed[rows])
        part = np.zeros_like(now)
        part[rows] = proposes[rows, m, None] * value
        parts.append(part)
    total = np.zeros_like(now)
    for part in np.sort(np.array(parts), axis=0):  # by ascending value: exchanging two parties changes no bit
        total = total + part
    return total


def _proposers(proposes: Floats) -> Iterator[tuple[int, Rows]]:
    """Each party that may propose, with the draws in which it may."""
    for m in range(proposes.shape[1]):
        rows = np.flatnonzero(proposes[:, m] > 0)
        if len(rows):
            yield m, slice(None) if len(rows) == len(proposes) else rows


def _mean_of(worth: Floats, which: Bools) -> Floats:
    """Mean of the packages marked, 0 where none is; summed by ascending value, so their order changes no bit.

    Args:
        worth: Shape (B, N, M).
        which: Shape (B, M).

    Returns:
        Shape (B, N).
    """
    count = which.sum(axis=1)
    first = which.argmax(axis=1)
    mean = np.where(count[:, None] > 0, worth[np.arange(len(worth)), :, first], 0.0)
    for b in np.flatnonzero(count > 1):
        rising = np.sort(worth[b][:, which[b]], axis=1)
        mean[b] = np.cumsum(rising, axis=1)[:, -1] / count[b]
    return mean
