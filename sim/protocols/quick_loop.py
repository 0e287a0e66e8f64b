"""The loop in which a pass of the table is played, or all of them: `quick_pass.py` says what for."""

import numpy as np

from sim.compiled import compiled
from sim.exact import Floats
from sim.issues import Bools, Ints

# What a party did and why it refused, as in sim/state.py: what is kept of compiled loops does not notice changes there.
NOT_ASKED, OFFERED, ACCEPTED, REFUSED, PASSED = range(5)
NO_REASON, WORTH = -2, -1
NOTHING = -1
FIRST_LISTED, LEAST_OWN, NEAREST_OWN = range(3)
BY_CLOCK, ABSOLUTE, RELATIVE, AVERAGED = range(4)
PER_BIN = 2  # packages that share a bin, on average, where a party's own are laid out by worth


@compiled("f3", "i3", "i3", "i2", "i", "i", "b1", "b", "f")
def _first(
    worth: Floats,
    package: Ints,
    crossing: Ints,
    count: Ints,
    party: int,
    b: int,
    avoided: Bools,
    avoids: bool,
    least: float,
) -> int:
    """The first candidate of a party worth so much; of patterns not avoided, if there are any."""
    for place in range(count[party, b]):
        if worth[party, b, place] >= least and not (avoids and avoided[crossing[party, b, place]]):
            return int(package[party, b, place])
    return NOTHING


@compiled("f", "f1", "i")
def _bin(value: float, scale: Floats, bins: int) -> int:
    """The bin of a worth: of two worths, the larger one's bin is never the lower one."""
    place = np.floor((value - scale[0]) * scale[1])
    return int(min(max(place, 0.0), bins - 1.0))


@compiled("f1", "b1", "i1", "b2", "i", "I1", "I1", "F1")
def _lay_out(
    own: Floats, signable: Bools, pattern: Ints, struck: Bools, b: int, order: Ints, start: Ints, scale: Floats
) -> None:
    """Lay out the packages that a party can sign in bins of rising worth.

    Args:
        own: Its worth of packages, shape (P,).
        signable, pattern, struck, b: Which of them it can sign: by pattern, and not struck in draw b.
        order: Where the packages go, shape (P,).
        start: Where those of each bin begin, and where the last end, shape (bins + 1,).
        scale: Where the lowest worth goes, and how many bins there are to a unit of worth, shape (2,).
    """
    bins, low, high = len(start) - 1, np.inf, -np.inf
    start[:] = 0
    for p in range(len(own)):
        if signable[pattern[p]] and not (len(struck) and struck[b, p]):
            low, high = min(low, own[p]), max(high, own[p])
    scale[0] = low if low < np.inf else 0.0
    scale[1] = bins / (high - low) if high - low > 1e-6 else 0.0
    for p in range(len(own)):
        if signable[pattern[p]] and not (len(struck) and struck[b, p]):
            start[_bin(own[p], scale, bins) + 1] += 1
    for k in range(bins):
        start[k + 1] += start[k]
    for p in range(len(own)):
        if signable[pattern[p]] and not (len(struck) and struck[b, p]):
            k = _bin(own[p], scale, bins)
            order[start[k]] = p
            start[k] += 1
    for k in range(bins, 0, -1):  # each now begins where the next one should
        start[k] = start[k - 1]
    start[0] = 0


@compiled("f1", "i1", "i1", "f1", "i1", "i1", "b1", "b", "b", "f", "f", "f")
def _own_choice(
    own: Floats,
    order: Ints,
    start: Ints,
    scale: Floats,
    rank: Ints,
    pattern: Ints,
    avoided: Bools,
    avoids: bool,
    nearest: bool,
    asked: float,
    least: float,
    tolerance: float,
) -> int:
    """The package worth at least so much that is worth least, or most nearly what is asked; ties by rank.

    Args:
        own, order, start, scale: As `_lay_out` has them.
        rank, pattern: Of packages, shape (P,).
        avoided: Patterns left out, if any are.
        nearest: Whether to take the one worth most nearly what is `asked`, not the one worth least.
        least: The least worth that will do.
        tolerance: By which worths may differ that are the same.
    """
    bins = len(start) - 1
    lowest = _bin(least, scale, bins)
    last, closest = bins - 1, np.inf
    for k in range(lowest, bins):
        if k > last:
            break
        for place in range(start[k], start[k + 1]):
            p = order[place]
            if own[p] >= least and not (avoids and avoided[pattern[p]]):
                away = abs(own[p] - asked) if nearest else own[p]
                if away < closest:
                    closest = away
        if closest < np.inf:  # nothing further up comes as near, or ties with it
            last = _bin(asked + closest + 2 * tolerance if nearest else closest + tolerance, scale, bins)
    found = NOTHING
    if closest < np.inf:
        for place in range(start[lowest], start[last + 1]):
            p = order[place]
            if own[p] >= least and not (avoids and avoided[pattern[p]]):
                away = abs(own[p] - asked) if nearest else own[p]
                if away <= closest + tolerance and (found == NOTHING or rank[p] < rank[found]):
                    found = p
    return int(found)


@compiled("f", "f")
def _gain(worth: float, tolerance: float) -> float:
    """What percentages can be taken of: a worth of nothing, or less, is 0."""
    return worth if worth > tolerance else 0.0


@compiled("f1", "i2", "i1", "b2", "i", "i", "i", "f", "f", "f")
def _answer(
    own: Floats, log: Ints, made: Ints, signs: Bools, me: int, kind: int, span: int, no_deal: float, best: float,
    tolerance: float,
) -> float:  # fmt: skip
    """What a party asks for that concedes what the others do: what `TitForTat` says, of one draw."""
    highest = max(best, no_deal)
    asks = -np.inf
    for other in range(len(signs)):
        if other == me or made[other] <= span or not signs[other].any():
            continue
        count = made[other]
        if kind == AVERAGED:
            before, after, terms = 1.0, 1.0, min(span, count - span)
            for step in range(terms):
                before = before * _gain(own[log[other, step]], tolerance)
                after = after * _gain(own[log[other, count - terms + step]], tolerance)
        else:
            before, after = own[log[other, 0]], own[log[other, count - span]]
        if kind == ABSOLUTE:
            asks = max(asks, highest - (after - before))
        else:
            before, after = _gain(before, tolerance), _gain(after, tolerance)
            asks = max(asks, highest * before / after if after > 0 else highest)
    if asks == -np.inf:
        asks = highest
    return min(max(asks, no_deal), highest)


@compiled("B1", "b2", "i")
def _avoid(avoided: Bools, crosses: Bools, line: int) -> None:
    """Avoid the patterns that cross a line, too."""
    for pattern in range(len(crosses)):
        avoided[pattern] |= crosses[pattern, line]


@compiled(
    "i", "i3", "b", "i", "b", "b2", "f3", "f2", "f", "F3", "i1", "f1", "i1", "i1", "i2", "i2", "f3", "i3",
    "i3", "i2", "f2", "i2", "b3", "b2", "i1", "b2", "b3", "I3", "I3", "I3", "I3", "B1", "I1", "I1", "B2",
    "I1", "I2", "I2", "I2", "I2", "I2", "F2", "I1",
)  # fmt: skip
def play(
    first_round: int,
    turns: Ints,
    reasoned: bool,
    memory: int,
    asks_proposer: bool,
    signs: Bools,
    utility: Floats,
    no_deal: Floats,
    tolerance: float,
    aspiration: Floats,
    choosing: Ints,
    falls_short: Floats,
    asking: Ints,
    span: Ints,
    rank: Ints,
    draft: Ints,
    worth: Floats,
    package: Ints,
    crossing: Ints,
    count: Ints,
    best: Floats,
    best_package: Ints,
    signable: Bools,
    struck: Bools,
    pattern: Ints,
    crosses: Bools,
    real_lines: Bools,
    log: Ints,
    did: Ints,
    after: Ints,
    why: Ints,
    is_open: Bools,
    standing: Ints,
    proposer: Ints,
    accepted: Bools,
    last_refuser: Ints,
    named: Ints,
    own_offer: Ints,
    offers_made: Ints,
    distinct_offers: Ints,
    received: Ints,
    best_received: Floats,
    signed: Ints,
) -> None:
    """Play some rounds in the draws that are open, one draw after the other.

    The names are those of `State`, `Candidates` and `Lines`, shapes too; of drafts, real lines and candidates the party
    axis comes first. `choosing` and `falls_short`, shape (N,), and `rank`, shape (N, P), say what a party offers,
    `asking` and `span`, shape (N,), what its aspiration rests on; where not on the clock, it is worked out here.
    `turns`, shape (rounds, B, turns), and `aspiration`, shape (rounds, B, N), say who speaks and what is asked for.
    Written are such aspirations, the log, the moves `did`, `after` and `why`, shape (rounds, turns, B), and the table
    from `is_open` on.
    """
    lines = crosses.shape[1]
    avoided = np.zeros(len(crosses), np.bool_)
    parties, packages = rank.shape
    laid, order = np.zeros(parties, np.bool_), np.empty((parties, packages), np.int64)
    start, scale = np.empty((parties, packages // PER_BIN + 2), np.int64), np.empty((parties, 2))
    for b in range(len(is_open)):
        laid[:] = False
        for played in range(len(turns)):
            if not is_open[b]:
                break
            k = first_round + played
            since, avoids = max(1, k - memory + 1), False
            if not played or memory < k:  # otherwise what is heard only grows, and is kept
                avoided[:] = False
            for line in range(lines):
                if named[b, line] >= since:
                    avoids = True
                    if not played or memory < k:
                        _avoid(avoided, crosses, line)
            for n in range(parties):
                if asking[n] != BY_CLOCK:
                    aspiration[played, b, n] = _answer(
                        utility[b, n], log[b], offers_made[b], signs, n, asking[n], span[n], no_deal[b, n], best[n, b],
                        tolerance,
                    )  # fmt: skip
            for place in range(turns.shape[2]):
                me, text = turns[played, b, place], standing[b]
                asked = aspiration[played, b, me]
                if asking[me] != BY_CLOCK:
                    asked = _answer(
                        utility[b, me], log[b], offers_made[b], signs, me, asking[me], span[me], no_deal[b, me],
                        best[me, b], tolerance,
                    )  # fmt: skip
                least, free = asked - tolerance, no_deal[b, me] - tolerance
                act, reason = PASSED, NO_REASON
                if text == NOTHING:
                    act = OFFERED
                elif signs[me, text]:
                    value = utility[b, me, text]
                    received[b, me], best_received[b, me] = text, max(best_received[b, me], value)
                    bearable = signable[me, b, pattern[text]] and not (len(struck) and struck[b, text])
                    if bearable and value >= free and value >= least:
                        act = ACCEPTED
                        accepted[b, me] = True
                    else:
                        act = REFUSED
                        last_refuser[b] = me
                        if reasoned:
                            reason = WORTH
                            for line in range(lines):
                                if crosses[pattern[text], line] and real_lines[me, b, line]:
                                    reason = line
                                    break
                        if reason >= 0:
                            if named[b, reason] < since:
                                avoids = True
                                _avoid(avoided, crosses, reason)
                            named[b, reason] = k
                if act in (OFFERED, REFUSED):
                    own = draft[me, b]
                    if own == NOTHING and choosing[me] != FIRST_LISTED:
                        mine, bins, ends = order[me], start[me], scale[me]
                        if not laid[me]:
                            laid[me] = True
                            _lay_out(utility[b, me], signable[me, b], pattern, struck, b, mine, bins, ends)
                        nearest = choosing[me] == NEAREST_OWN
                        enough = asked - falls_short[me] - tolerance
                        for quiet in (True, False):
                            if own == NOTHING and ((avoids and not nearest) or not quiet):
                                own = _own_choice(
                                    utility[b, me], mine, bins, ends, rank[me], pattern, avoided, quiet, nearest, asked,
                                    enough, tolerance,
                                )  # fmt: skip
                        if own == NOTHING:
                            own = best_package[me, b]
                    elif own == NOTHING:
                        own = _first(worth, package, crossing, count, me, b, avoided, avoids, least)
                        if own == NOTHING and avoids:
                            own = _first(worth, package, crossing, count, me, b, avoided, False, least)
                        if own == NOTHING:
                            own = best_package[me, b]
                    made, new = offers_made[b, me], True
                    for earlier in range(made - 1, -1, -1):  # most often it is the last one again
                        if log[b, me, earlier] == own:
                            new = False
                            break
                    value = utility[b, me, own]
                    bearable = signable[me, b, pattern[own]] and not (len(struck) and struck[b, own])
                    accepted[b, :] = False
                    accepted[b, me] = bearable and value >= free and (value >= least or not asks_proposer)
                    standing[b], proposer[b], own_offer[b, me], log[b, me, made] = own, me, own, own
                    offers_made[b, me] += 1
                    distinct_offers[b, me] += new
                did[played, place, b], after[played, place, b], why[played, place, b] = act, standing[b], reason
                agreed = standing[b] != NOTHING
                for n in range(len(signs)):
                    if not accepted[b, n] and signs[n, standing[b]]:
                        agreed = False
                if agreed:
                    is_open[b], signed[b] = False, k
                    break
