"""What parties that foresee everything would agree on: backward induction over the rounds that are left.

In a round one party puts a package forward or lets the round pass, and the signatories of the package answer one after
the other. The last round is worked out first: there a refusal means no deal. In each round before it, refusing is
worth what the round after it is worth, discounted, and the round of fighting on in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import NO_DEAL, Bools, Ints


@dataclass(frozen=True, eq=False)
class Foreseen:
    """What is foreseen of each of K rounds, seen from that round.

    Attributes:
        value: What each party expects at its beginning, shape (B, K, N).
        refused: What each has where nothing is agreed in it and all stay, shape (B, K, N).
        never: What each has without any agreement from it on, shape (B, K, N).
    """

    value: Floats
    refused: Floats
    never: Floats


def foresee(
    worth: Floats,
    usable: Bools,
    signs: Bools,
    no_deal: Floats,
    patience: Floats,
    proposes: Floats,
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
        proposes: Chance that a party proposes in a round, as foreseen, shape (B, K, N).
        outside: Worth of the outside option, -inf for none, shape (B, N) or one for all.
    """
    stock = _stock(worth, usable, signs, no_deal.min(axis=1))
    value, refused, never = (np.empty(no_deal.shape) for _ in range(3))
    expected = left = no_deal[:, -1]
    for k in reversed(range(no_deal.shape[1])):
        now = (1 - patience) * no_deal[:, k]
        refused[:, k], never[:, k] = now + patience * expected, now + patience * left
        terms = _terms(no_deal[:, k], refused[:, k], never[:, k], outside)
        value[:, k] = _expected(stock, terms, proposes[:, k])
        expected, left = value[:, k], never[:, k]
    return Foreseen(value, refused, never)


def proposals(
    worth: Floats,
    usable: Bools,
    signs: Bools,
    no_deal: Floats,
    refused: Floats,
    never: Floats,
    proposer: Ints,
    tie_rank: Ints,
    outside: Floats | float = -np.inf,
) -> Ints:
    """What the proposers of a round put forward, `NO_DEAL` where they let it pass, shape (B,).

    Args:
        worth, usable, signs, outside: As for `foresee`.
        no_deal: In this round, shape (B, N).
        refused, never: What is foreseen of it, shape (B, N).
        proposer: Index of a party, shape (B,).
        tie_rank: Which of several packages worth the same to it a party puts forward, smaller first, shape (P,).
    """
    terms = _terms(no_deal, refused, never, outside)
    stock = _stock(worth, usable, signs, no_deal)
    yes = stock.yes(terms)
    found = np.full(len(worth), NO_DEAL)
    for m, rows in _proposers(proposer[:, None] == np.arange(len(signs))):
        best, package = stock.best(m, rows, terms, yes), stock.package[rows]
        rank = np.where(best, tie_rank[package], np.iinfo(np.int64).max)
        found[rows] = np.where(best.any(axis=1), package[np.arange(len(rank)), rank.argmin(axis=1)], NO_DEAL)
    return found


def least_accepted(no_deal: Floats, refused: Floats, outside: Floats | float = -np.inf) -> Floats:
    """The least worth to which a party says yes in a round, shape (B, N); all arguments of that shape."""
    return np.maximum(np.maximum(refused, outside), no_deal)


@dataclass(frozen=True)
class _Terms:
    """What packages of a round are measured by; all of shape (B, N).

    Attributes:
        now: Worth of no agreement in this round.
        least: What a party must get to say yes.
        passed: What it has if the round passes.
    """

    now: Floats
    least: Floats
    passed: Floats


def _terms(now: Floats, refused: Floats, never: Floats, outside: Floats | float) -> _Terms:
    elsewhere = np.broadcast_to(outside, now.shape)
    leaves = elsewhere > refused + TOLERANCE
    broken_off = np.where(leaves, elsewhere, np.maximum(elsewhere, never))
    passed = np.where(leaves.any(axis=1, keepdims=True), broken_off, refused)
    return _Terms(now, least_accepted(now, refused, elsewhere), passed)


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

    def yes(self, terms: _Terms) -> Bools:
        """Packages that each party says yes to, or is not asked about, shape (B, N, M)."""
        says: Bools = self.asked >= (terms.least - TOLERANCE)[:, :, None]
        return says

    def best(self, m: int, rows: Rows, terms: _Terms, yes: Bools) -> Bools:
        """What party m may put forward in some draws: the packages worth most to it that pass, shape (rows, M)."""
        may = self.asked[rows, m] >= (terms.now[rows, m] - TOLERANCE)[:, None]
        may &= self.worth[rows, m] >= (terms.passed[rows, m] - TOLERANCE)[:, None]
        for n in range(yes.shape[1]):
            if n != m:
                may &= yes[rows, n]
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


def _expected(stock: _Stock, terms: _Terms, proposes: Floats) -> Floats:
    """What each party expects at the beginning of a round, before it is known who proposes, shape (B, N)."""
    parts, yes = [], stock.yes(terms)
    for m, rows in _proposers(proposes):
        best = stock.best(m, rows, terms, yes)
        value = np.where(best.any(axis=1, keepdims=True), _mean_of(stock.worth[rows], best), terms.passed[rows])
        part = np.zeros(proposes.shape)
        part[rows] = proposes[rows, m, None] * value
        parts.append(part)
    total = np.zeros(proposes.shape)
    for part in np.sort(np.array(parts), axis=0):  # by ascending value: exchanging two parties changes no bit
        total = total + part
    return total


def _proposers(proposes: Floats | Bools) -> Iterator[tuple[int, Rows]]:
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
