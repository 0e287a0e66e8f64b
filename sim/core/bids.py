"""What each party may bid: the packages that can ever be its first choice, its best packages, its order by own utility.

Ties are broken as everywhere: utilities within the tolerance are equal, and the smaller rank comes first.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compiled import called, compiled
from sim.core.exact import TOLERANCE, Floats
from sim.core.package_pass import Prospects, lasting, value_of, values_at_ends, values_of
from sim.core.packages import Bools, Ints, Options, ShortInts
from sim.core.utility import EVERYBODY, Lines

BITS = 8  # places to a byte
NO_PACKAGE = -1  # `NO_DEAL`, where a compiled function looks for a package
PER_BIN = 2  # packages in a bin of an order by own utility, on average
BEST_FOR_OTHERS, LEAST_OWN, NEAREST_OWN, STEP_DOWN = range(4)  # lists to bid from
NEARLY = 1e-6  # a bid nearest to the aspiration may be worth so much less, if none of enough worth is nearer to it
FIRST_WIDTH = 32  # candidates to have room for at first, and one in so many packages:
FIRST_SHARE = 32


class Ordering(NamedTuple):
    """An order of choice, or several as rows."""

    packages: ShortInts  # from first to last choice, shape (P,) or (orders, P)
    patterns: ShortInts  # the pattern of lines that each of them crosses, likewise
    places: ShortInts  # places in this order by pattern, rising within each, likewise
    members: ShortInts  # the packages at these places, likewise


def ordering(order: Ints, pattern: Ints) -> Ordering:
    """Go with packages in an order of choice.

    Args:
        order: Packages from first to last choice, shape (P,).
        pattern: Pattern of each package, shape (P,).
    """
    packages, patterns = order.astype(np.int32), pattern[order].astype(np.int32)
    few = patterns.max(initial=0) < 1 << 15
    narrow = patterns.astype(np.int16) if few else patterns  # sorted by counting, ten times as fast
    places = np.argsort(narrow, kind="stable").astype(np.int32)
    return Ordering(packages, patterns, places, packages[places])


def side_by_side(orderings: Sequence[Ordering]) -> Ordering:
    """Several orders as the rows of one, shapes (orders, P); of a single one, no copy."""
    columns = zip(*orderings, strict=True)
    return Ordering(*(arrays[0][None] if len(orderings) == 1 else np.array(arrays) for arrays in columns))


class LineTable(NamedTuple):
    """The red lines over the packages, in the form of compiled functions; see `Lines`."""

    owner: Ints  # party of each line, `EVERYBODY` for one of options that an event removes, shape (L,)
    pattern: Ints  # pattern of lines that each package crosses, shape (P,)
    crosses: Bools  # lines that each pattern crosses, shape (K, L); `crossing`, the same by line, shape (L, K)
    crossing: Bools
    # members, start: the packages by pattern, shape (P,); where those of each begin, and the last end, (K + 1,)
    members: Ints
    start: Ints
    # above, above_start: the patterns that cross all lines of a first pattern, itself among them, then those of the
    # second, and so on; where those of each begin, and the last end, (K + 1,)
    above: Ints
    above_start: Ints


def line_table(lines: Lines) -> LineTable:
    """Return the red lines in the form of compiled functions."""
    start, members = lines.by_pattern
    crossing = np.ascontiguousarray(lines.crosses.T)
    return LineTable(lines.party, lines.pattern, lines.crosses, crossing, members, start, *lines.above)


class Domain(NamedTuple):
    """The packages, in the form of compiled functions."""

    utility: Floats  # of all packages to all parties, net of risks to those with foresight, shape (B, N, P)
    prospects: Prospects  # what becomes of packages after signature
    signs: Bools  # whose consent a package needs, shape (N, P)
    lines: LineTable  # the red lines over the packages
    rank: Ints  # each party's order of equally good packages, smaller first, shape (N, 1 or B, P)
    counts: Bools  # parties whose consent some package needs, shape (N,)


class Bids(NamedTuple):
    """What every party can sign and may bid, in the form of compiled functions."""

    signable: Bools  # patterns of packages that cross none of its real red lines, shape (N, B, K)
    struck: Bools  # excluded packages, shape (B, P), or no rows where there are none
    best: Floats  # largest utility among packages that it can sign, -inf where there is none, shape (N, B)
    best_package: Ints  # the package of that utility, or its bid where it can sign none, shape (N, B)
    # of its candidates, from first to last choice, shape (N, B, M); what stands beyond `listed` means nothing. Utility
    # is that of the round: with foresight it moves with its reservation value
    worth: Floats
    package: Ints  # their indices, shape (N, B, M)
    crossing: Ints  # the pattern of lines each crosses, shape (N, B, M)
    # net, lasts: what the worth of a party that looks ahead follows from, `Domain.utility` and `lasting`, shape
    # (N, B, M); no columns where nobody does
    net: Floats
    lasts: Floats
    listed: Ints  # how many there are, shape (N, B)
    # top_package, top_worth, top_step: its best packages, best first, their worth, and whether each is one that it
    # could sign and none of those before, shape (N, B, K); no columns where no party goes down step by step
    top_package: Ints
    top_worth: Floats
    top_step: Bools
    # its packages in bins from the best down, sorted as far as they were come to, shape (N, B, P); no columns where
    # no party bids by own worth alone
    by_worth: ShortInts
    bin_end: ShortInts  # where those of each bin end, shape (N, B, bins + 1)
    # how many lie in bins, -1 where they are to be laid out anew; how many are sorted; how many bins; how many were
    # enough the last time; shape (N, B, 4)
    laid_out: Ints


def no_bids(parties: int, draws: int, packages: int, patterns: int) -> Bids:
    """Bids before any package is listed."""
    shape = parties, draws
    return Bids(
        signable=np.zeros((*shape, patterns), bool),
        struck=np.zeros((0, packages), bool),
        best=np.full(shape, -np.inf),
        best_package=np.zeros(shape, np.int64),
        worth=np.empty((*shape, 0)),
        package=np.empty((*shape, 0), np.int64),
        crossing=np.empty((*shape, 0), np.int64),
        net=np.empty((*shape, 0)),
        lasts=np.empty((*shape, 0)),
        listed=np.zeros(shape, np.int64),
        top_package=np.zeros((*shape, 0), np.int64),
        top_worth=np.zeros((*shape, 0)),
        top_step=np.zeros((*shape, 0), bool),
        by_worth=np.zeros((*shape, 0), np.int32),
        bin_end=np.zeros((*shape, 0), np.int32),
        laid_out=np.full((*shape, 4), -1),
    )


def widened(bids: Bids, width: int, looks: bool) -> Bids:
    """Return it with space for so many candidates a draw; `looks` is whether any party has foresight."""
    if width <= bids.worth.shape[2]:
        return bids
    names = ("worth", "package", "crossing", *(("net", "lasts") if looks else ()))
    return bids._replace(**{name: _widened(getattr(bids, name), width) for name in names})


def _widened(rows: npt.NDArray[Any], width: int) -> npt.NDArray[Any]:
    filled = np.zeros((*rows.shape[:2], width), rows.dtype)
    filled[:, :, : rows.shape[2]] = rows
    return filled


@compiled
def list_candidates(
    party: int, rows: Ints, domain: Domain, order: Ordering, bids: Bids
) -> int:
    """One party's best package, and those of its packages that can ever be the first that is worth enough.

    The first package in an order that is worth enough and crosses no line to be avoided is worth more than all before
    it that cross the same lines as itself, or some of them: a few hundred of tens of thousands. So first come those
    that are worth as much as all before them that cross the same lines, a thousand or two, pattern by pattern; and
    these are then gone through in order. What a package is worth to a party that looks ahead is linear in its
    reservation value: one before it must be worth as much at both ends of that; of such that tie, those that it would
    take first are listed, too.

    Args:
        party: Index of the party.
        rows: Draws; nothing is written of the others.
        domain: What packages are.
        order: Orders of choice, shape (1 or B, P).
        bids: What it can sign is read, its best package and its candidates are written, as many as there is room for.

    Returns:
        The most candidates that a draw has.
    """
    utility, lines, tie_rank = domain.utility, domain.lines, domain.rank[party]
    packages, patterns, room = utility.shape[2], len(lines.crosses), bids.worth.shape[2]
    record, at_low, at_high = np.empty(patterns), np.empty(patterns), np.empty(patterns)
    tied_rank = np.empty(patterns, np.int64)  # smallest rank of what is listed and worth as much as the record
    near, own, late = np.empty(packages, np.int64), np.empty(packages), np.empty(packages)
    marks, marked = np.zeros(packages // BITS + 1, np.uint8), np.empty(packages + 1, np.int64)
    worth, package, crossing = bids.worth[party], bids.package[party], bids.crossing[party]
    above, above_start = lines.above, lines.above_start
    widest = 0
    for b in rows:
        usable, moves = bids.signable[party, b], domain.prospects.looks[b, party]
        values_at_ends(utility[b, party], domain.prospects, b, party, own, late)
        at = b if len(order.packages) > 1 else 0
        off = bids.struck[b if len(bids.struck) else 0 : b + 1 if len(bids.struck) else 0]
        _mark(own, late, order.places[at], order.members[at], lines.start, usable, off, marks)
        for k in range(len(record)):
            record[k] = at_low[k] = at_high[k] = -np.inf
            tied_rank[k] = -1
        top, close, found, rank = -np.inf, 0, 0, tie_rank[b if len(tie_rank) > 1 else 0]
        pattern_at, package_at = order.patterns[at], order.packages[at]
        for place in marked[: _unmark(marks, marked)]:
            k, p = pattern_at[place], package_at[place]
            value, other = own[p], late[p]
            if value < at_low[k] - TOLERANCE and other < at_high[k] - TOLERANCE:
                continue
            ties = value >= at_low[k] - TOLERANCE and other >= at_high[k] - TOLERANCE
            if value > at_low[k] or other > at_high[k] or (moves and ties and rank[p] < tied_rank[k]):
                if found < room:
                    worth[b, found], package[b, found], crossing[b, found] = value, p, k
                    if moves:
                        bids.net[party, b, found] = utility[b, party, p]
                        bids.lasts[party, b, found] = lasting(domain.prospects, b, party, p)
                found += 1
                for above_it in above[above_start[k] : above_start[k + 1]]:
                    if value + other > record[above_it]:
                        record[above_it], at_low[above_it], at_high[above_it] = value + other, value, other
                        tied_rank[above_it] = rank[p]
                    elif value >= at_low[above_it] - TOLERANCE and other >= at_high[above_it] - TOLERANCE:
                        tied_rank[above_it] = min(tied_rank[above_it], rank[p])
            if value >= top - TOLERANCE:  # it may tie with the best
                near[close] = p
                close += 1
                top = max(top, value)
        first = _first_by_rank(own, near[:close], top - TOLERANCE, rank)
        bids.best[party, b] = own[first] if first >= 0 else -np.inf
        bids.best_package[party, b], bids.listed[party, b] = first, found
        widest = max(widest, found)
    return widest


@called
def _mark(
    own: Floats, late: Floats, places: ShortInts, members: ShortInts, start: Ints, usable: Bools, struck: Bools,
    marks: Options,
) -> None:  # fmt: skip
    """Mark, a bit a place, the places whose packages are worth as much as all before them that cross the same lines.

    `own` and `late` are what they are worth at either end; one before a package must be worth more at both.

    `struck`, packages to pass over, has one row, or none where there are none.
    """
    for k in range(len(usable)):
        if usable[k]:
            most, enough, as_late = -np.inf, -np.inf, -np.inf
            for at in range(start[k], start[k + 1]):
                p = members[at]
                if (own[p] >= enough or late[p] >= as_late) and not (len(struck) and struck[0, p]):
                    marks[places[at] >> 3] |= np.uint8(1 << (places[at] & 7))
                    if own[p] + late[p] > most:
                        most, enough, as_late = own[p] + late[p], own[p] - TOLERANCE, late[p] - TOLERANCE


@called
def _unmark(marks: Options, marked: Ints) -> int:
    """Write down the places that are marked, rising, and leave no mark; returns how many there were."""
    found = 0
    for at in range(len(marks)):
        if marks[at]:
            for bit in range(BITS):  # which of them are set, no processor could foresee, so all are written down
                marked[found] = at * BITS + bit
                found += int((marks[at] >> bit) & 1)
            marks[at] = 0
    return found


@called
def _first_by_rank(worth: Floats, packages: Ints, least: float, rank: Ints) -> int:
    """Of some packages, the one of smallest rank that is worth at least so much, -1 for none."""
    first = NO_PACKAGE
    for p in packages:
        if worth[p] >= least and (first < 0 or rank[p] < rank[first]):
            first = p
    return first


@compiled
def update_best(
    party: int, rows: Ints, moved: Bools, domain: Domain, real: Bools, reservation_value: Floats, bids: Bids
) -> None:
    """Update what a party can sign in some draws as lines are real now, what its candidates are worth, and its best.

    Candidates listed for fewer real lines give the highest utility. A package that ties with it has the pattern of one
    that is listed with such a utility, or crosses more lines than one of these; a party that looks ahead, whose best
    moves from round to round, takes one that is listed. Where the party can sign nothing, it offers its best of what
    nobody has taken off the table, of all packages if none is left.

    Args:
        moved: Draws in which other lines of the party are real than before, shape (B,).
        real: Red lines that are real, of all parties, shape (B, L).
        reservation_value: Of the round, shape (B, N).
        bids: Written is what can be signed, and where that is other than before, or nothing, the best package.
        party, rows, domain: As in `list_candidates`.
    """
    utility, lines, tie_rank = domain.utility, domain.lines, domain.rank[party]
    searched, nobody = np.zeros(len(lines.crosses), np.bool_), np.zeros((0, utility.shape[2]), np.bool_)
    for b in rows:
        usable, rank = bids.signable[party, b], tie_rank[b if len(tie_rank) > 1 else 0]
        free, looks = reservation_value[b, party], domain.prospects.looks[b, party]
        changed = moved[b] and _sign(party, lines.crosses, lines.owner, real[b], usable)
        if changed or looks:
            bids.laid_out[party, b, 0] = -1
        elif bids.best[party, b] > -np.inf:
            continue
        top, off = -np.inf, bids.struck[b if len(bids.struck) else 0 : b + 1 if len(bids.struck) else 0]
        for place in range(bids.listed[party, b]):
            if looks:
                lasting = bids.lasts[party, b, place]
                bids.worth[party, b, place] = free + lasting * (bids.net[party, b, place] - free)
            if usable[bids.crossing[party, b, place]]:
                top = max(top, bids.worth[party, b, place])
        if top > -np.inf and looks:
            first = NO_PACKAGE
            for place in range(bids.listed[party, b]):
                if bids.worth[party, b, place] >= top - TOLERANCE and usable[bids.crossing[party, b, place]]:
                    p = bids.package[party, b, place]
                    first = p if first == NO_PACKAGE or rank[p] < rank[first] else first
            bids.best[party, b], bids.best_package[party, b] = top, first
            continue
        if top > -np.inf:
            searched[:] = False
            for place in range(bids.listed[party, b]):
                if bids.worth[party, b, place] >= top - TOLERANCE and usable[bids.crossing[party, b, place]]:
                    kind = bids.crossing[party, b, place]
                    for k in lines.above[lines.above_start[kind] : lines.above_start[kind + 1]]:
                        searched[k] = usable[k]
            first = _highest_of(domain, b, party, free, searched, off, rank)
            bids.best[party, b] = value_of(utility, domain.prospects, b, party, first, free)
            bids.best_package[party, b] = first
            continue
        bids.best[party, b] = -np.inf
        _sign(EVERYBODY, lines.crosses, lines.owner, real[b], searched)
        first = _highest_of(domain, b, party, free, searched, off, rank)
        if first == NO_PACKAGE:
            searched[:] = True
            first = _highest_of(domain, b, party, free, searched, nobody, rank)
        bids.best_package[party, b] = first


@called
def _sign(party: int, crosses: Bools, owner: Ints, real: Bools, usable: Bools) -> bool:
    """Record the patterns that cross no real line of a party or of everybody; return whether they changed."""
    changed = False
    for k in range(len(usable)):
        free = True
        for line in range(len(real)):
            if real[line] and crosses[k, line] and (owner[line] == party or owner[line] == EVERYBODY):
                free = False
                break
        changed |= free != usable[k]
        usable[k] = free
    return changed


@called
def _highest_of(domain: Domain, b: int, party: int, free: float, usable: Bools, struck: Bools, rank: Ints) -> int:
    """Of packages of some patterns, the one worth most; of those within the tolerance, the one of smallest rank."""
    utility, prospects, members, start = domain.utility, domain.prospects, domain.lines.members, domain.lines.start
    top, first = -np.inf, NO_PACKAGE
    for k in range(len(usable)):
        if usable[k]:
            for p in members[start[k] : start[k + 1]]:
                if not (len(struck) and struck[0, p]):
                    top = max(top, value_of(utility, prospects, b, party, p, free))
    for k in range(len(usable)):
        if usable[k]:
            for p in members[start[k] : start[k + 1]]:
                if value_of(utility, prospects, b, party, p, free) >= top - TOLERANCE:
                    nearer = first == NO_PACKAGE or rank[p] < rank[first]
                    if nearer and not (len(struck) and struck[0, p]):
                        first = p
    return int(first)


@called
def first_listed(
    worth: Floats, package: Ints, crossing: Ints, count: int, signable: Bools, avoided: Bools, least: float
) -> int:
    """First of a party's candidates of at least this utility that it can sign and that crosses no line avoided."""
    for place in range(count):
        if worth[place] >= least:
            kind = crossing[place]
            if signable[kind] and not (len(avoided) and avoided[kind]):
                return int(package[place])
    return NO_PACKAGE


@called
def could_sign(signable: Bools, struck: Bools, pattern: int, package: int) -> bool:
    """Return whether a package crosses no real red line of a party and is not removed."""
    return bool(signable[pattern] and not (len(struck) and struck[0, package]))


@called
def lay_out(
    own: Floats, signable: Bools, pattern: Ints, struck: Bools, order: ShortInts, end: ShortInts, laid_out: Ints
) -> None:
    """Lay out the packages that a party can sign in bins from the best down.

    Args:
        own: Worth of packages, shape (P,).
        signable, pattern, struck: Which of them it can sign.
        order: Where the packages go, shape (P,).
        end: Where those of each bin end, shape (bins + 1,).
        laid_out: As in `Bids`, shape (4,).
    """
    found, low, high = 0, np.inf, -np.inf
    for p in range(len(own)):
        if could_sign(signable, struck, pattern[p], p):
            low, high = min(low, own[p]), max(high, own[p])
            found += 1
    bins = found // PER_BIN + 1
    per_unit = bins / (high - low) if high - low > 1e-6 else 0.0
    for k in range(bins + 1):
        end[k] = 0
    for p in range(len(own)):
        if could_sign(signable, struck, pattern[p], p):
            end[min(int((high - own[p]) * per_unit), bins - 1) + 1] += 1
    for k in range(bins):
        end[k + 1] += end[k]
    for p in range(len(own)):
        if could_sign(signable, struck, pattern[p], p):
            k = min(int((high - own[p]) * per_unit), bins - 1)
            order[end[k]] = p
            end[k] += 1  # it now ends where the next one begins
    laid_out[0], laid_out[1], laid_out[2], laid_out[3] = found, 0, 0, 0


@called
def _sort_down(order: ShortInts, own: Floats, first: int, end: int) -> None:
    """Sort some neighbouring packages by falling worth; insertion over shrinking distances."""
    gap = 1
    while gap < (end - first) // 9:
        gap = 3 * gap + 1
    while gap:
        for place in range(first + gap, end):
            p, at = order[place], place
            while at - gap >= first and own[order[at - gap]] < own[p]:
                order[at] = order[at - gap]
                at -= gap
            order[at] = p
        gap //= 3


@called
def how_many(order: ShortInts, own: Floats, end: ShortInts, laid_out: Ints, least: float) -> int:
    """How many of the packages laid out are worth so much; looked for from the last number on, since it moves little.

    The bins are sorted as they are come to.
    """
    at = laid_out[3]
    while at > 0 and own[order[at - 1]] < least:
        at -= 1
    while at < laid_out[0]:
        while at == laid_out[1]:
            laid_out[1] = end[laid_out[2]]
            _sort_down(order, own, at, laid_out[1])
            laid_out[2] += 1
        if own[order[at]] < least:
            break
        at += 1
    laid_out[3] = at
    return int(at)


@called
def by_own_worth(
    order: ShortInts, own: Floats, enough: int, rank: Ints, pattern: Ints, avoided: Bools, nearest: bool, asked: float
) -> int:
    """Return, of the first packages laid out, the one of least utility, or nearest the aspiration; ties by rank.

    Args:
        order, own: As `lay_out` has them.
        enough: How many reach the aspiration.
        rank, pattern: Of packages, shape (P,).
        avoided: Patterns left out, shape (K,) or empty.
        nearest: Whether to take the one nearest the aspiration `asked`, not the one of least utility.
    """
    found, closest, last, place = NO_PACKAGE, np.inf, np.inf, enough - 1
    while place >= 0 and own[order[place]] <= last:  # nothing further up comes as near, or ties with it
        if not (len(avoided) and avoided[pattern[order[place]]]):
            away = abs(own[order[place]] - asked) if nearest else own[order[place]]
            if away < closest:
                closest, last = away, (asked + away + TOLERANCE if nearest else away) + TOLERANCE
        place -= 1
    for near in range(place + 1, enough):
        p = order[near]
        away = abs(own[p] - asked) if nearest else own[p]
        ties = away <= closest + TOLERANCE and not (len(avoided) and avoided[pattern[p]])
        if ties and (found == NO_PACKAGE or rank[p] < rank[found]):
            found = p
    return int(found)


@called
def listed_bid(
    party: int, b: int, bidding: int, asks: float, free: float, domain: Domain, bids: Bids, avoided: Bools
) -> int:
    """The first package on a party's list in draw b whose utility is its aspiration, -1 for none.

    It is searched for among those that cross no line avoided, then among all; with `NEAREST_OWN`, among all at once.
    `free` is its reservation value.
    """
    if bidding in (LEAST_OWN, NEAREST_OWN):
        own = values_of(domain.utility, domain.prospects, b, party, free)
        pattern, rank = domain.lines.pattern, domain.rank[party]
        order, end, laid_out = bids.by_worth[party, b], bids.bin_end[party, b], bids.laid_out[party, b]
        ties = rank[b if len(rank) > 1 else 0]
        if laid_out[0] < 0:
            struck = bids.struck[b if len(bids.struck) else 0 : b + 1 if len(bids.struck) else 0]
            lay_out(own, bids.signable[party, b], pattern, struck, order, end, laid_out)
        nearest = bidding == NEAREST_OWN
        enough = how_many(order, own, end, laid_out, asks - TOLERANCE - (NEARLY if nearest else 0.0))
        found = NO_PACKAGE
        if not nearest:
            found = by_own_worth(order, own, enough, ties, pattern, avoided, nearest, asks)
        if found == NO_PACKAGE:
            found = by_own_worth(order, own, enough, ties, pattern, avoided[:0], nearest, asks)
        return found
    worth, package, crossing = bids.worth[party, b], bids.package[party, b], bids.crossing[party, b]
    count, signable = bids.listed[party, b], bids.signable[party, b]
    found = first_listed(worth, package, crossing, count, signable, avoided, asks - TOLERANCE)
    if found == NO_PACKAGE:
        found = first_listed(worth, package, crossing, count, signable, avoided[:0], asks - TOLERANCE)
    return found


@compiled
def listed_bids(
    party: int, bidding: int, asks: Floats, reservation_value: Floats, domain: Domain, avoided: Bools, bids: Bids,
    found: Ints,
) -> None:  # fmt: skip
    """Return `listed_bid` in every draw, else the best package.

    Args:
        party: Index of the party.
        bidding: Which list it bids from.
        asks, reservation_value: Its aspiration and its reservation value, shape (B,).
        domain: The packages.
        avoided: Patterns that cross a line named, shape (B, K).
        bids: What it may bid.
        found: Output, shape (B,).
    """
    for b in range(len(asks)):
        found[b] = listed_bid(party, b, bidding, asks[b], reservation_value[b], domain, bids, avoided[b])
        if found[b] == NO_PACKAGE:
            found[b] = bids.best_package[party, b]


def first_of_highest(merit: Floats, usable: Bools, tie_rank: Ints) -> Ints:
    """The usable package of highest merit; among those within the tolerance, the one of smallest rank.

    Args:
        merit: Shape (B, P).
        usable: At least one a draw, shape (B, P).
        tie_rank: Shape (1 or B, P).
    """
    top = np.max(merit, axis=1, where=usable, initial=-np.inf, keepdims=True)
    first: Ints = np.where(usable & (merit >= top - TOLERANCE), tie_rank, np.iinfo(np.int64).max).argmin(axis=1)
    return first


def highest(merit: Floats, usable: Bools, tie_rank: Ints, count: int, spread: bool = False) -> Ints:
    """The usable packages of highest merit, best first; those of equal merit, in steps of the tolerance, by rank.

    Args:
        merit: Shape (B, P).
        usable: Shape (B, P).
        tie_rank: Shape (1 or B, P), smaller first.
        count: How many.
        spread: Whether to take, of more than so many, evenly from the first to the last.

    Returns:
        Shape (B, count); the last that there is is repeated, `NO_DEAL` where there is none.
    """
    found, rank = np.full((len(merit), count), NO_PACKAGE), np.broadcast_to(tie_rank, merit.shape)
    for b in range(len(merit)):
        own = np.flatnonzero(usable[b])
        steps = np.rint(merit[b, own] / TOLERANCE)
        if len(own) > count and not spread:
            enough = steps >= np.partition(steps, -count)[-count]
            own, steps = own[enough], steps[enough]
        own = own[np.lexsort((rank[b, own], -steps))]
        if len(own) > count:
            own = own[np.arange(count) * (len(own) - 1) // max(count - 1, 1) if spread else slice(count)]
        if len(own):
            found[b, : len(own)], found[b, len(own) :] = own, own[-1]
    return found
