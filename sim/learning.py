"""What the offers of a party tell of what it wants: a frequency model."""

import numpy as np

from sim.issues import Ints, PackageSpace
from sim.knowledge import Knowledge
from sim.utility import package_utility

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
