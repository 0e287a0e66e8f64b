"""What is acceptable to all who sign: in one round, and whether anything was in any of many."""

import numpy as np

from sim.core.bids import LineTable, line_table
from sim.core.compiled import called, compiled, in_both, worth_compiling
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Bools, Ints
from sim.core.utility import EVERYBODY, Lines


@called
def _meet(crosses: Bools, real: Bools) -> bool:
    """Return whether any line that a pattern crosses is real."""
    meets = False
    for line in range(len(real)):
        meets |= crosses[line] and real[line]
    return meets


def _sift_arrays(count: int, packages: Ints, utility: Floats, signs: Bools, least: Floats) -> int:
    """`_sift` without the compiler."""
    left = packages[:count]
    for n in range(len(least)):
        left = left[(utility[n, left] >= least[n] - TOLERANCE) | ~signs[n, left]]
    packages[: len(left)] = left
    return len(left)


@in_both(_sift_arrays)
def _sift(count: int, packages: Ints, utility: Floats, signs: Bools, least: Floats) -> int:
    """Filter packages, in place, to those acceptable in utility to all their signatories; returns how many.

    One party after the other, so that each looks at what those before it left. The branch is unpredictable for a
    processor, so every package is written, and the place advances only where one is kept.
    """
    for n in range(len(least)):
        own, asked, enough, kept = utility[n], signs[n], least[n] - TOLERANCE, 0
        for place in range(count):
            p = packages[place]
            packages[kept] = p
            kept += (own[p] >= enough) | (not asked[p])
        count = kept
    return count


@compiled
def unopposed(
    rows: Ints, utility: Floats, signs: Bools, lines: LineTable, reservation_value: Floats, crossed: Bools,
    packages: Bools
) -> None:
    """Mark the packages that reach the reservation values of all their signatories and cross no real line.

    Args:
        rows: Draws to evaluate.
        utility: Utility of all packages to all parties, shape (B, N, P).
        signs: Whose consent a package needs, shape (N, P).
        lines: The red lines over the packages.
        reservation_value: In these draws, shape (rows, N).
        crossed: Patterns that cross a real line in these, shape (rows, K).
        packages: Output, all False before, shape (rows, P).
    """
    left = np.empty(len(lines.members), np.int64)
    for row in range(len(rows)):
        count = 0
        for kind in range(crossed.shape[1]):
            if not crossed[row, kind]:
                for p in lines.members[lines.start[kind] : lines.start[kind + 1]]:
                    left[count] = p
                    count += 1
        for p in left[: _sift(count, left, utility[rows[row]], signs, reservation_value[row])]:
            packages[row, p] = True


@compiled
def ever_acceptable(
    rows: Ints, utility: Floats, signs: Bools, lines: LineTable, reservation_value: Floats, real: Bools, is_open: Bools,
    ever: Bools,
) -> None:  # fmt: skip
    """Whether some package was worth no deal or more to all that sign it, and behind no real line, in an open round.

    What no round at its lowest no-deal worth, with only the lines that were always real, would let in was in no zone;
    few packages are left.

    Args:
        rows, utility, signs, lines: As above.
        reservation_value, real, is_open: Of each round, shapes (R, B, N), (R, B, L) and (R, B).
        ever: Where it goes, shape (rows,).
    """
    rounds, parties = reservation_value.shape[0], reservation_value.shape[2]
    least, always = np.empty(parties), np.empty(real.shape[2], np.bool_)
    left, now = np.empty(len(lines.pattern), np.int64), np.empty(len(lines.pattern), np.int64)
    for row in range(len(rows)):
        b = rows[row]
        least[:], always[:] = reservation_value[0, b], real[0, b]
        for k in range(1, rounds):
            for n in range(parties):
                least[n] = min(least[n], reservation_value[k, b, n])
            for line in range(len(always)):
                always[line] &= real[k, b, line]
        count = 0
        for kind in range(len(lines.crosses)):
            if not _meet(lines.crosses[kind], always):
                for p in lines.members[lines.start[kind] : lines.start[kind + 1]]:
                    left[count] = p
                    count += 1
        count = _sift(count, left, utility[b], signs, least)
        ever[row] = False
        for k in range(rounds if count else 0):
            if is_open[k, b] and not ever[row]:
                stand = _behind_no_line(left[:count], lines.pattern, lines.crosses, real[k, b], now)
                ever[row] = _sift(stand, now, utility[b], signs, reservation_value[k, b]) > 0


@called
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
    utility: Floats, reservation_value: Floats, signs: Bools, lines: Lines, real: Bools,
    quota: int | None = None, rows: Ints | None = None,
) -> Bools:  # fmt: skip
    """The zone: packages that enough signatories find worth no deal or more, and that cross no real line of these.

    Without a quota all signatories are enough. With one, what a package does to a signatory that is not needed does
    not count: neither its no-deal worth nor its lines. What an event took off the table nobody can sign.

    Args:
        utility: Worth of packages, shape (B, N, P).
        reservation_value: Worth of no agreement, shape (rows, N).
        signs: Who signs a package, shape (N, P).
        lines: The red lines over the packages.
        real: Those that are real, shape (rows, L).
        quota: How many signatories are enough.
        rows: The draws to look at; None for all.

    Returns:
        Shape (rows, P).
    """
    if quota is None:
        return _unopposed(
            utility, reservation_value, signs, lines, real, np.arange(len(utility)) if rows is None else rows
        )
    utility = utility if rows is None else utility[rows]
    consenting = np.zeros((len(utility), utility.shape[2]), np.int64)
    for party, asked in enumerate(signs):
        enough = utility[:, party] >= (reservation_value[:, party] - TOLERANCE)[:, None]
        consenting += enough & asked & ~lines.crossed(real & (lines.party == party))
    gone = lines.crossed(real & (lines.party == EVERYBODY))
    zone: Bools = (consenting >= votes_needed(signs, quota)) & ~gone
    return zone


def _unopposed(
    utility: Floats, reservation_value: Floats, signs: Bools, lines: Lines, real: Bools, rows: Ints
) -> Bools:
    """The same where all signatories must consent: what lines leave is often a few packages of a hundred."""
    zone = np.zeros((len(rows), utility.shape[2]), bool)
    look = worth_compiling(unopposed, zone.size)
    look(
        np.ascontiguousarray(rows), np.ascontiguousarray(utility), np.ascontiguousarray(signs), line_table(lines),
        np.ascontiguousarray(reservation_value), lines.patterns_crossing(real), zone,
    )  # fmt: skip
    return zone
