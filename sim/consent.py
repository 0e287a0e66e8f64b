"""Which packages enough of their signatories could put their names to."""

import numpy as np

from sim import kernels_zones
from sim.exact import TOLERANCE
from sim.issues import Bools, Ints
from sim.utility import EVERYBODY, Floats, Lines


def votes_needed(signs: Bools, quota: int | None) -> Ints:
    """How many of its signatories must consent to a package, shape (P,): all, or as many as the quota if that is fewer.

    Args:
        signs: Who signs a package, shape (N, P).
        quota: None for all.
    """
    signatories: Ints = signs.sum(axis=0)
    return signatories if quota is None else np.minimum(signatories, quota)


def acceptable(
    utility: Floats, no_deal: Floats, signs: Bools, lines: Lines, real: Bools,
    quota: int | None = None, rows: Ints | None = None,
) -> Bools:  # fmt: skip
    """The zone: packages that enough signatories find worth no deal or more, and that cross no real line of these.

    Without a quota all signatories are enough. With one, what a package does to a signatory that is not needed does
    not count: neither its no-deal worth nor its lines. What an event took off the table nobody can sign.

    Args:
        utility: Worth of packages, shape (B, N, P).
        no_deal: Worth of no agreement, shape (rows, N).
        signs: Who signs a package, shape (N, P).
        lines: The red lines over the packages.
        real: Those that are real, shape (rows, L).
        quota: How many signatories are enough.
        rows: The draws to look at; None for all.

    Returns:
        Shape (rows, P).
    """
    if quota is None:
        return _unopposed(utility, no_deal, signs, lines, real, np.arange(len(utility)) if rows is None else rows)
    utility = utility if rows is None else utility[rows]
    consenting = np.zeros((len(utility), utility.shape[2]), np.int64)
    for party, asked in enumerate(signs):
        enough = utility[:, party] >= (no_deal[:, party] - TOLERANCE)[:, None]
        consenting += enough & asked & ~lines.crossed(real & (lines.party == party))
    gone = lines.crossed(real & (lines.party == EVERYBODY))
    zone: Bools = (consenting >= votes_needed(signs, quota)) & ~gone
    return zone


def _unopposed(utility: Floats, no_deal: Floats, signs: Bools, lines: Lines, real: Bools, rows: Ints) -> Bools:
    """The same where all signatories must consent: what lines leave is often a few packages of a hundred."""
    zone = np.zeros((len(rows), utility.shape[2]), bool)
    start, members = lines.by_pattern
    kernels_zones.unopposed(
        np.ascontiguousarray(utility), np.ascontiguousarray(rows), np.ascontiguousarray(no_deal),
        np.ascontiguousarray(signs), lines.patterns_crossing(real), members, start, TOLERANCE, zone,
    )  # fmt: skip
    return zone
