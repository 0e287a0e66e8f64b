"""One pass of talks in turn in a single loop, where every party goes by the clock.

What the pass is, `InTurn` says turn by turn; this gives the same table and the same moves in a hundredth of
the time. Tests hold the two against each other.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sim.compiled import compiled
from sim.exact import TOLERANCE, Floats
from sim.issues import Bools, Ints
from sim.state import ByClock, Case, Moves, Speaker, State


def quick_pass(
    state: State, speakers: Sequence[Speaker], turns: Ints, case: Case, reasoned: bool, memory: int | None,
    asks_proposer: bool = True,
) -> tuple[State, Moves] | None:  # fmt: skip
    """The table after a round, and what everybody did; None where a party's play cannot be told before the round.

    Args:
        state: The table before the round.
        speakers: The parties, in the order of the party axis.
        turns: Who speaks when, shape (B, turns); each party once at most.
        case: What there is to look up.
        reasoned: Whether who refuses names the red line.
        memory: For how many rounds a named line is avoided; None for all.
        asks_proposer: Whether a party takes its own offer only if it is worth its aspiration; else to offer is to
            accept, where it could sign that.
    """
    plays = _plays(state, speakers)
    if plays is None:
        return None
    aspiration = np.array([[play.aspiration for play in plays]])
    state, moves = _played(state, speakers, plays, aspiration, turns[None], case, reasoned, memory, asks_proposer)
    return state, moves[0]


def quick_talks(
    state: State, speakers: Sequence[Speaker], turns: Ints, case: Case, reasoned: bool, memory: int | None,
    asks_proposer: bool = True,
) -> tuple[State, list[Moves], Floats] | None:  # fmt: skip
    """The table after the last round, what everybody did in each, and what they asked for, shape (R, N, B).

    As `quick_pass` for one round after the other, from the round of the table on, where nothing but the parties' words
    moves anything. None where a party's play cannot be told, or has drafts to put forward first.

    Args:
        turns: Who speaks when in each of the rounds, shape (R, B, turns).
    """
    plays = _plays(state, speakers)
    if plays is None or any(play.has_drafts for play in plays):
        return None
    aspirations = []
    for k in range(len(turns)):
        later = _plays(replace(state, round=state.round + k), speakers)
        assert later is not None
        aspirations.append([play.aspiration for play in later])
    aspiration = np.array(aspirations)
    state, moves = _played(state, speakers, plays, aspiration, turns, case, reasoned, memory, asks_proposer)
    return state, moves, aspiration


def _plays(state: State, speakers: Sequence[Speaker]) -> list[ByClock] | None:
    plays = []
    for speaker in speakers:
        play = speaker.by_clock(state)
        if play is None:
            return None
        plays.append(play)
    return plays


def _played(
    state: State,
    speakers: Sequence[Speaker],
    plays: Sequence[ByClock],
    aspiration: Floats,
    turns: Ints,
    case: Case,
    reasoned: bool,
    memory: int | None,
    asks_proposer: bool,
) -> tuple[State, list[Moves]]:
    lists, lines = plays[0].candidates, case.lines
    rank = np.array([play.tie_rank[0] for play in plays])  # of those that choose by list it is not asked
    changes: dict[str, Any] = {name: getattr(state, name).copy() for name in (
        "open", "standing", "proposer", "accepted", "last_refuser", "named", "own_offer", "offers_made",
        "distinct_offers", "received", "best_received", "signed",
    )}  # fmt: skip
    rounds, draws, places = turns.shape
    did, package, why = (np.full((rounds, places, draws), fill) for fill in (NOT_ASKED, NOTHING, NO_REASON))
    _play(
        state.round, np.ascontiguousarray(turns), reasoned, memory or state.rounds, asks_proposer,
        case.signs, case.utility, np.ascontiguousarray(state.no_deal), TOLERANCE,
        aspiration, np.array([play.choosing.by for play in plays]),
        np.array([play.choosing.falls_short for play in plays]), rank, np.array([play.draft for play in plays]),
        lists.worth, lists.package, lists.crossing, lists.count, lists.best_package, lists.patterns, lists.struck,
        lines.pattern, lines.crosses, np.array([speaker.real_lines for speaker in speakers]),
        state.log, did, package, why, *changes.values(),
    )  # fmt: skip
    nothing = np.zeros((places, draws), np.int64)  # nobody names issues here
    moves = [Moves(turns[k].T, did[k], package[k], why[k], nothing) for k in range(rounds)]
    return replace(state, **changes), moves


# What a party did and why it refused, as in sim/state.py: what is kept of compiled loops does not notice changes there.
NOT_ASKED, OFFERED, ACCEPTED, REFUSED, PASSED = range(5)
NO_REASON, WORTH = -2, -1
NOTHING = -1
FIRST_LISTED, LEAST_OWN, NEAREST_OWN = range(3)
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


@compiled("B1", "b2", "i")
def _avoid(avoided: Bools, crosses: Bools, line: int) -> None:
    """Avoid the patterns that cross a line, too."""
    for pattern in range(len(crosses)):
        avoided[pattern] |= crosses[pattern, line]


@compiled(
    "i", "i3", "b", "i", "b", "b2", "f3", "f2", "f", "f3", "i1", "f1", "i2", "i2", "f3", "i3", "i3", "i2", "i2", "b3",
    "b2", "i1", "b2", "b3", "I3", "I3", "I3", "I3", "B1", "I1", "I1", "B2", "I1", "I2", "I2", "I2", "I2", "I2", "F2",
    "I1",
)  # fmt: skip
def _play(
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
    rank: Ints,
    draft: Ints,
    worth: Floats,
    package: Ints,
    crossing: Ints,
    count: Ints,
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
    axis comes first. `choosing` and `falls_short`, shape (N,), and `rank`, shape (N, P), say what a party offers.
    `turns`, shape (rounds, B, turns), and `aspiration`, shape (rounds, N, B), say who speaks and what is asked for.
    Written are the log, the moves `did`, `after` and `why`, shape (rounds, turns, B), and the table from `is_open` on.
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
            for place in range(turns.shape[2]):
                me, text = turns[played, b, place], standing[b]
                least, free = aspiration[played, me, b] - tolerance, no_deal[b, me] - tolerance
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
                        asked, nearest = aspiration[played, me, b], choosing[me] == NEAREST_OWN
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
