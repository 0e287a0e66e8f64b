"""One pass of alternating offers in a single loop, where every party goes by the clock and its candidates.

What the pass is, `AlternatingOffers` says turn by turn; this gives the same table and the same moves in a hundredth of
the time. Tests hold the two against each other.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sim.compiled import compiled
from sim.exact import TOLERANCE, Floats
from sim.issues import Bools, Ints
from sim.state import ByList, Case, Moves, Speaker, State


def quick_pass(
    state: State, speakers: Sequence[Speaker], turns: Ints, case: Case, reasoned: bool, memory: int | None
) -> tuple[State, Moves] | None:
    """The table after a round, and what everybody did; None where a party's play cannot be told before the round.

    Args:
        state: The table before the round.
        speakers: The parties, in the order of the party axis.
        turns: Who speaks when, shape (B, turns); each party once at most.
        case: What there is to look up.
        reasoned: Whether who refuses names the red line.
        memory: For how many rounds a named line is avoided; None for all.
    """
    plays = _plays(state, speakers)
    if plays is None:
        return None
    aspiration = np.array([[play.aspiration for play in plays]])
    state, moves = _played(state, speakers, plays, aspiration, turns[None], case, reasoned, memory)
    return state, moves[0]


def quick_talks(
    state: State, speakers: Sequence[Speaker], turns: Ints, case: Case, reasoned: bool, memory: int | None
) -> tuple[State, list[Moves], Floats] | None:
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
    state, moves = _played(state, speakers, plays, aspiration, turns, case, reasoned, memory)
    return state, moves, aspiration


def _plays(state: State, speakers: Sequence[Speaker]) -> list[ByList] | None:
    plays = []
    for speaker in speakers:
        play = speaker.by_list(state)
        if play is None:
            return None
        plays.append(play)
    return plays


def _played(
    state: State,
    speakers: Sequence[Speaker],
    plays: Sequence[ByList],
    aspiration: Floats,
    turns: Ints,
    case: Case,
    reasoned: bool,
    memory: int | None,
) -> tuple[State, list[Moves]]:
    lists, lines = plays[0].candidates, case.lines
    changes: dict[str, Any] = {name: getattr(state, name).copy() for name in (
        "open", "standing", "proposer", "accepted", "last_refuser", "named", "own_offer", "offers_made",
        "distinct_offers", "received", "best_received", "signed",
    )}  # fmt: skip
    rounds, draws, places = turns.shape
    did, package, why = (np.full((rounds, places, draws), fill) for fill in (NOT_ASKED, NOTHING, NO_REASON))
    _play(
        state.round, np.ascontiguousarray(turns), reasoned, memory or state.rounds,
        case.signs, case.utility, np.ascontiguousarray(state.no_deal), TOLERANCE,
        aspiration, np.array([play.draft for play in plays]),
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


@compiled("B1", "b2", "i")
def _avoid(avoided: Bools, crosses: Bools, line: int) -> None:
    """Avoid the patterns that cross a line, too."""
    for pattern in range(len(crosses)):
        avoided[pattern] |= crosses[pattern, line]


@compiled(
    "i", "i3", "b", "i", "b2", "f3", "f2", "f", "f3", "i2", "f3", "i3", "i3", "i2", "i2", "b3", "b2", "i1", "b2", "b3",
    "I3", "I3", "I3", "I3", "B1", "I1", "I1", "B2", "I1", "I2", "I2", "I2", "I2", "I2", "F2", "I1",
)  # fmt: skip
def _play(
    first_round: int,
    turns: Ints,
    reasoned: bool,
    memory: int,
    signs: Bools,
    utility: Floats,
    no_deal: Floats,
    tolerance: float,
    aspiration: Floats,
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
    axis comes first. `turns`, shape (rounds, B, turns), and `aspiration`, shape (rounds, N, B), say who speaks and what
    is asked for. Written are the log, the moves `did`, `after` and `why`, shape (rounds, turns, B), and the table from
    `is_open` on.
    """
    lines = crosses.shape[1]
    avoided = np.zeros(len(crosses), np.bool_)
    for b in range(len(is_open)):
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
                    if own == NOTHING:
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
                    accepted[b, me] = bearable and value >= free and value >= least
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
