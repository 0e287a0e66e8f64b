"""Loops that find what is acceptable to all: in one round, and in the first and the last where all are known.

What they compute is defined here; tests compare the one with the same in NumPy and the other with the same worked out
round by round.
"""

import numpy as np

from sim.core.compiled import compiled, inlined
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Bools, Ints
from sim.core.utility import EVERYBODY, Lines


@inlined
def _meet(crosses: Bools, real: Bools) -> bool:
    """Whether any line that a pattern crosses is real."""
    meets = False
    for line in range(len(real)):
        meets |= crosses[line] and real[line]
    return meets


@inlined
def _sift(count: int, packages: Ints, utility: Floats, signs: Bools, least: Floats, tolerance: float) -> int:
    """Leave of some packages, in place, those that are worth so much to all that sign them; returns how many.

    One party after the other, so that each looks at what those before it left. Which it leaves, no processor could
    foresee, so every one is written down, and it goes on where one is kept.
    """
    for n in range(len(least)):
        own, asked, enough, kept = utility[n], signs[n], least[n] - tolerance, 0
        for place in range(count):
            p = packages[place]
            packages[kept] = p
            kept += (own[p] >= enough) | (not asked[p])
        count = kept
    return count


@compiled("f3", "i1", "f2", "b2", "b2", "i1", "i1", "f", "B2")
def unopposed(
    utility: Floats,
    rows: Ints,
    no_deal: Floats,
    signs: Bools,
    crossed: Bools,
    members: Ints,
    start: Ints,
    tolerance: float,
    packages: Bools,
) -> None:
    """Mark the packages worth no deal or more to all that sign them and behind no real line.

    Args:
        utility: Worth of all packages to all parties, shape (B, N, P).
        rows: Draws to look at.
        no_deal: Worth of no agreement in these, shape (rows, N).
        signs: Whose consent a package needs, shape (N, P).
        crossed: Patterns that cross a real line in these, shape (rows, K).
        members, start: As `Lines` has them.
        tolerance: By which worth may fall short.
        packages: Where the marks go, all False before, shape (rows, P).
    """
    left = np.empty(len(members), np.int64)
    for row in range(len(rows)):
        count = 0
        for kind in range(crossed.shape[1]):
            if not crossed[row, kind]:
                for p in members[start[kind] : start[kind + 1]]:
                    left[count] = p
                    count += 1
        for p in left[: _sift(count, left, utility[rows[row]], signs, no_deal[row], tolerance)]:
            packages[row, p] = True


@compiled("f3", "b2", "i1", "i1", "i1", "b2", "f", "f3", "b3", "b2", "B2", "B2", "B1")
def zones(
    utility: Floats,
    signs: Bools,
    pattern: Ints,
    members: Ints,
    start: Ints,
    crosses: Bools,
    tolerance: float,
    no_deal: Floats,
    real: Bools,
    is_open: Bools,
    first: Bools,
    last: Bools,
    ever: Bools,
) -> None:
    """Packages worth no deal or more to all that sign them and behind no real line, in the first and the last round.

    What no round at its lowest no-deal worth, with only the lines that were always real, would let in was in no zone;
    few packages are left.

    Args:
        utility: Worth of all packages to all parties, shape (B, N, P).
        signs: Whose consent a package needs, shape (N, P).
        pattern, members, start, crosses: As `Lines` has them.
        tolerance: By which worth may fall short.
        no_deal, real, is_open: Of each round, shapes (R, B, N), (R, B, L) and (R, B).
        first, last: Where the zones go, all False before, shape (B, P).
        ever: Where it goes whether some package was acceptable in some open round, shape (B,).
    """
    rounds, draws, parties = no_deal.shape
    least, always = np.empty(parties), np.empty(real.shape[2], np.bool_)
    left, now = np.empty(len(pattern), np.int64), np.empty(len(pattern), np.int64)
    for b in range(draws):
        least[:], always[:] = no_deal[0, b], real[0, b]
        for k in range(1, rounds):
            for n in range(parties):
                least[n] = min(least[n], no_deal[k, b, n])
            for line in range(len(always)):
                always[line] &= real[k, b, line]
        count = 0
        for kind in range(len(crosses)):
            if not _meet(crosses[kind], always):
                for p in members[start[kind] : start[kind + 1]]:
                    left[count] = p
                    count += 1
        count = _sift(count, left, utility[b], signs, least, tolerance)
        ever[b] = False
        for k in range(rounds):
            if k in (0, rounds - 1) or (is_open[k, b] and not ever[b]):
                stand = _behind_no_line(left[:count], pattern, crosses, real[k, b], now)
                stand = _sift(stand, now, utility[b], signs, no_deal[k, b], tolerance)
                ever[b] |= stand > 0 and is_open[k, b]
                for p in now[:stand]:
                    first[b, p] |= k == 0
                    last[b, p] |= k == rounds - 1


@inlined
def _behind_no_line(packages: Ints, pattern: Ints, crosses: Bools, real: Bools, found: Ints) -> int:
    """Write down which of some packages, those of a pattern side by side, cross no real line; returns how many."""
    kind, stands, count = np.int64(-1), False, 0
    for p in packages:
        if pattern[p] != kind:
            kind = pattern[p]
            stands = not _meet(crosses[kind], real)
        found[count] = p
        count += stands
    return count


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
    unopposed(
        np.ascontiguousarray(utility), np.ascontiguousarray(rows), np.ascontiguousarray(no_deal),
        np.ascontiguousarray(signs), lines.patterns_crossing(real), members, start, TOLERANCE, zone,
    )  # fmt: skip
    return zone
