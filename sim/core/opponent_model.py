"""What a party knows of what packages are worth to the others, and the order in which it prefers to please them."""

from dataclasses import dataclass

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
    """Worth of packages to every party, as far as the others know it.

    Attributes:
        utility: Shape (B, N, P), or (1, N, P) where it is the same in all draws.
        best: Largest worth of any consistent package, shape (B, N) or (1, N).
        no_deal: Worth of no agreement, shape (B, N) or (1, N); 0 where it is not known.
    """

    utility: Floats
    best: Floats
    no_deal: Floats


@dataclass(frozen=True, eq=False)
class Regard:
    """How a party ranks packages by what they do for the others, best first.

    Attributes:
        party: Index of the party that ranks.
        orderings: Packages by the share of its best that the least content other signatory gets, ties broken; one for
            all draws, or one a draw; empty where what is known changes as the talks go on.
        tie_rank: Rank of each package among packages of equal standing, smaller first, shape (1 or B, P).
    """

    party: int
    orderings: tuple[Ordering, ...]
    tie_rank: Ints


def positions_worth(points: Floats, options: Ints) -> Floats:
    """Worth of options as far as positions tell it: evenly spaced in a party's order, best 1 and worst 0.

    Options of equal points share a place; an issue on which a party is indifferent is worth 1 whatever the option.

    Args:
        points: A party's points, shape (N, I, O).
        options: Number of options of each issue, shape (I,).

    Returns:
        Shape (N, I, O).
    """
    worth = np.zeros_like(points)
    for party in range(points.shape[0]):
        for issue in range(points.shape[1]):
            places, rank = np.unique(points[party, issue, : options[issue]], return_inverse=True)
            worth[party, issue, : options[issue]] = rank / (len(places) - 1) if len(places) > 1 else 1.0
    return worth


def regard(
    party: int, known: Knowledge, signs: Bools, digest_rank: Ints, lines: Lines, leaning: Floats
) -> Regard:  # fmt: skip
    """Rank all packages by what they do for the other signatories, as far as known.

    First comes the package whose least content other signatory gets the largest share of its best. Ties go to the
    higher smallest gain, then to the higher sum of gains, then to the smaller digest of the package. Where nobody else
    signs, nobody is left short.

    A party with a leaning of 1.3 must get 1.3 times as much as one with 1 to count as no less content.

    Args:
        party: Index of the party that ranks.
        known: What is known of all parties.
        signs: Whose consent a package needs, shape (N, P).
        digest_rank: Rank by digest of option names, shape (P,).
        lines: The red lines over the packages.
        leaning: Toward whom the party leans when it weighs the others, above 0, shape (N,); 1 for everybody is nowhere.
    """
    others = [other for other in range(len(signs)) if other != party]
    share, gain, total = [], [], []
    for draw in range(len(known.utility)):
        shares = np.full((len(others), signs.shape[1]), np.inf)
        felt, weighed = np.full_like(shares, np.inf), np.zeros_like(shares)
        for row, other in enumerate(others):
            worth, weight = known.utility[draw, other], leaning[other]
            best, gains = known.best[draw, other], known.utility[draw, other] - known.no_deal[draw, other]
            shares[row] = np.where(signs[other], worth / best / weight if best > TOLERANCE else 0.0, np.inf)
            felt[row] = np.where(signs[other], np.where(gains < 0, gains * weight, gains / weight), np.inf)
            weighed[row] = np.where(signs[other], gains * weight, 0.0)
        share.append(_steps(shares.min(axis=0, initial=np.inf)))
        gain.append(_steps(felt.min(axis=0, initial=np.inf)))
        total.append(_steps(_rising_sum(weighed)))
    orders, ranks = [], np.empty((len(share), len(digest_rank)), np.int64)
    by_digest, places = np.argsort(digest_rank), np.arange(len(digest_rank))
    for s, g, t, rank in zip(share, gain, total, ranks, strict=True):
        equals = _falling(g, _falling(t, by_digest))
        rank[equals] = places
        orders.append(ordering(_falling(s, equals), lines.pattern))
    return Regard(party, tuple(orders), ranks)


def _steps(worth: Floats) -> Ints:
    """Worth counted in steps of the tolerance, so that a difference in the last bits is a tie."""
    return np.rint(np.minimum(worth, 1e6) / TOLERANCE).astype(np.int64)


def _falling(steps: Ints, order: Ints) -> Ints:
    """Packages in falling order of their steps; those with equal steps stay in the order they were in."""
    return order[np.argsort(-steps[order], kind="stable")]


def _rising_sum(gains: Floats) -> Floats:
    """Sum over parties by ascending value: exchanging two parties changes no bit."""
    total = np.zeros(gains.shape[1])
    for row in np.sort(gains, axis=0):
        total = total + row
    return total


LEARNED_STEP = 0.2  # weight, shared out over the issues, that one more unchanged option adds


def learned(log: Ints, offers_made: Ints, space: PackageSpace) -> Knowledge:
    """What everybody can infer of everybody from the offers made so far; no deal is worth 0 to all.

    A party asks most often for what it likes best: an option is worth `(1 + times asked for) / (1 + times the option
    asked for most often was)`. It moves last where it cares most: an issue weighs in proportion to `1/I + 0.2/I x times
    its option was the same in two offers of the party that followed each other`. Before anything is offered all
    packages are alike.

    Args:
        log: Offers of each party in the order in which it made them, shape (B, N, R).
        offers_made: How many of them count, shape (B, N).
        space: The packages.

    Source: after the frequency model of HardHeaded (van Krimpen, Looije & Hajizadeh 2013), with all evidence on weights
        counted alike, however early it came.
    """
    rounds = max(1, int(offers_made.max(initial=0)))
    made = np.arange(rounds) < offers_made[:, :, None]
    options = space.packages[np.where(made, log[:, :, :rounds], 0)]  # (B, N, rounds, I)
    issues = len(space.issues)
    widest = max(len(issue.options) for issue in space.issues)
    asked = np.zeros((*offers_made.shape, issues, widest))
    steady = np.zeros((*offers_made.shape, issues))
    for i in range(issues):
        for o in range(widest):
            asked[:, :, i, o] = ((options[..., i] == o) & made).sum(axis=2)
        same = (options[:, :, 1:, i] == options[:, :, :-1, i]) & made[:, :, 1:]
        steady[:, :, i] = same.sum(axis=2)
    worth = (1 + asked) / (1 + asked.max(axis=3, keepdims=True))
    weights = (1 + LEARNED_STEP * steady) / issues
    total = (issues + LEARNED_STEP * steady.sum(axis=2, dtype=np.int64)) / issues
    utility = package_utility(space, weights / total[..., None], worth)
    return Knowledge(utility, utility.max(axis=2), np.zeros(offers_made.shape))
