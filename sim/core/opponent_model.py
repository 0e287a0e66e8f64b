"""Opponent models: what a party knows of the others' utility, and how it ranks packages for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from sim.core.bids import Ordering, ordering
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Bools, Ints, PackageSpace
from sim.core.utility import Lines, package_utility

INFORMATION = {
    "complete": "each knows what every package is worth to the others, and their no-deal worth",
    "learned": "each infers the others' options and weights from how often and how steadily they ask for them",
    "none": "nobody knows anything of the others",
    "positions": "each knows the others' order of options, not their weights: evenly spaced points, equal weights",
}


@dataclass(frozen=True, eq=False)
class Knowledge:
    """The utility of every party as far as the others know it."""

    utility: Floats  # shape (B, N, P), or (1, N, P) where it is the same in all draws
    best: Floats  # largest utility of any package, shape (B, N) or (1, N)
    reservation_value: Floats  # reservation value, shape (B, N) or (1, N); 0 where it is not known


@dataclass(frozen=True, eq=False)
class Regard:
    """How a party ranks packages by their value to the others, best first."""

    party: int  # index of the party that ranks
    # packages by the share of its best that the least satisfied other signatory gets, ties broken; one for all draws,
    # or one a draw; empty where the opponent model changes from round to round
    orderings: tuple[Ordering, ...]
    tie_rank: Ints  # rank of each package among packages of equal share, smaller first, shape (1 or B, P)


def positions_worth(points: Floats, options: Ints) -> Floats:
    """Values of options evenly spaced in a party's order, best 1 and worst 0; 1 where it is indifferent.

    Args:
        points: Shape (N, I, O).
        options: Number of options of each issue, shape (I,).

    Returns:
        Shape (N, I, O).
    """
    values = np.zeros_like(points)
    for party, issue in np.ndindex(points.shape[:2]):
        levels, rank = np.unique(points[party, issue, : options[issue]], return_inverse=True)
        values[party, issue, : options[issue]] = rank / (len(levels) - 1) if len(levels) > 1 else 1.0
    return values


def regard(
    party: int, known: Knowledge, signs: Bools, digest_rank: Ints, lines: Lines, leaning: Floats
) -> Regard:  # fmt: skip
    """Rank all packages by their value to the other signatories, as far as known.

    First comes the package whose least satisfied other signatory gets the largest share of its best. Ties go to the
    larger smallest gain, then to the larger sum of gains, then to the smaller digest of the package. Where nobody else
    signs, all packages tie.

    Args:
        party: Index of the party that ranks.
        known: Of all parties.
        signs: Whose consent a package needs, shape (N, P).
        digest_rank: Rank by digest of option names, shape (P,).
        lines: The red lines over the packages.
        leaning: Bias toward each party, above 0, 1 for none, shape (N,): one with 1.3 must get 1.3 times as much as one
            with 1 to count as no less satisfied.
    """
    others = np.arange(len(signs)) != party
    signs, weight = signs[others], leaning[others, None]
    by_digest, places = np.argsort(digest_rank), np.arange(len(digest_rank))
    orderings, ranks = [], np.empty((len(known.utility), len(digest_rank)), np.int64)
    for draw, rank in enumerate(ranks):
        utility, best = known.utility[draw, others], known.best[draw, others, None]
        gain = utility - known.reservation_value[draw, others, None]
        share = np.divide(utility, best, out=np.zeros_like(utility), where=best > TOLERANCE) / weight
        weighted = np.where(gain < 0, gain * weight, gain / weight)
        smallest_share, smallest_gain = (
            np.where(signs, each, np.inf).min(axis=0, initial=np.inf) for each in (share, weighted)
        )
        ascending = np.sort(np.where(signs, gain * weight, 0.0), axis=0)  # exchanging two parties changes no bit
        total = reduce(np.add, ascending, np.zeros(len(digest_rank)))
        equals = _falling(smallest_gain, _falling(total, by_digest))
        rank[equals] = places
        orderings.append(ordering(_falling(smallest_share, equals), lines.pattern))
    return Regard(party, tuple(orderings), ranks)


def _falling(utility: Floats, order: Ints) -> Ints:
    """Packages by falling utility in steps of the tolerance; equal ones stay in the order they were in."""
    steps = np.rint(np.minimum(utility, 1e6) / TOLERANCE).astype(np.int64)
    return order[np.argsort(-steps[order], kind="stable")]


LEARNED_STEP = 0.2  # weight, divided by the number of issues, that one more unchanged option adds


def learned(log: Ints, offers_made: Ints, space: PackageSpace, order: Sequence[Ints]) -> Knowledge:
    """Infer every party's utility from the offers it has made; reservation values are taken as 0.

    A party bids most often what it prefers, and likes an option the better the nearer it lies to that: every bid counts
    1 for its own option, 0 for the end of the issue furthest from it, and evenly less in between. An option is worth
    `(1 + count) / (1 + largest count)`. It concedes last where it cares most: an issue weighs in proportion to
    `1/I + 0.2/I x times its option was the same in two consecutive offers`. Before the first all packages are alike.

    Args:
        log: Offers of each party in order, shape (B, N, R).
        offers_made: How many of them count, shape (B, N).
        space: The packages.
        order: Of each issue, where each option stands from one end of the issue to the other, from 0.

    Source: after the frequency model of HardHeaded (van Krimpen, Looije & Hajizadeh 2013), with all evidence on weights
        counted alike, however early it came; that what lies near a bid counts too is our own.
    """
    rounds = max(1, int(offers_made.max(initial=0)))
    made = np.arange(rounds) < offers_made[:, :, None]
    options = space.packages[np.where(made, log[:, :, :rounds], 0)]  # (B, N, rounds, I)
    issues = len(space.issues)
    widest = max(len(issue.options) for issue in space.issues)
    counts = np.zeros((*offers_made.shape, issues, widest))
    unchanged = np.zeros((*offers_made.shape, issues))
    for i in range(issues):
        places = order[i]
        furthest = np.maximum(np.maximum(places, len(places) - 1 - places), 1)
        for o, place in enumerate(places):
            bids = ((options[..., i] == o) & made).sum(axis=2)
            counts[:, :, i, : len(places)] += bids[..., None] * (1 - np.abs(places - place) / furthest[o])
        same = (options[:, :, 1:, i] == options[:, :, :-1, i]) & made[:, :, 1:]
        unchanged[:, :, i] = same.sum(axis=2)
    values = (1 + counts) / (1 + counts.max(axis=3, keepdims=True))
    weights = (1 + LEARNED_STEP * unchanged) / issues
    total = (issues + LEARNED_STEP * unchanged.sum(axis=2, dtype=np.int64)) / issues
    utility = package_utility(space, weights / total[..., None], values)
    return Knowledge(utility, utility.max(axis=2), np.zeros(offers_made.shape))
