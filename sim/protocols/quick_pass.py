"""One pass of talks in turn in a single loop, where what every party does follows from the table.

What the pass is, `InTurn` says turn by turn; this gives the same table and the same moves in a hundredth of
the time. Tests hold the two against each other.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import NO_DEAL, Ints
from sim.core.state import BY_CLOCK, NO_REASON, NOT_ASKED, ByRule, Case, Moves, Speaker, State
from sim.protocols.quick_loop import play


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
    aspiration = np.ascontiguousarray(np.array([each.aspiration for each in plays]).T)[None]
    state, moves = _played(state, speakers, plays, aspiration, turns[None], case, reasoned, memory, asks_proposer)
    return state, moves[0]


def quick_talks(
    state: State, speakers: Sequence[Speaker], turns: Ints, case: Case, reasoned: bool, memory: int | None,
    asks_proposer: bool = True,
) -> tuple[State, list[Moves], Floats] | None:  # fmt: skip
    """The table after the last round, what everybody did in each, and what they asked for, shape (R, B, N).

    As `quick_pass` for one round after the other, from the round of the table on, where nothing but the parties' words
    moves anything. None where a party's play cannot be told, or has drafts to put forward first.

    Args:
        turns: Who speaks when in each of the rounds, shape (R, B, turns).
    """
    plays = _plays(state, speakers)
    if plays is None or any(each.has_drafts for each in plays):
        return None
    aspiration = np.zeros((len(turns), len(state.open), len(speakers)))
    for n, each in enumerate(plays):
        if each.rule.asks == BY_CLOCK or each.rule.clock is not None:
            aspiration[:, :, n] = speakers[n].aspirations(state)
    state, moves = _played(state, speakers, plays, aspiration, turns, case, reasoned, memory, asks_proposer)
    return state, moves, aspiration


def _plays(state: State, speakers: Sequence[Speaker]) -> list[ByRule] | None:
    plays = []
    for speaker in speakers:
        told = speaker.by_rule(state)
        if told is None:
            return None
        plays.append(told)
    return plays


def _played(
    state: State,
    speakers: Sequence[Speaker],
    plays: Sequence[ByRule],
    aspiration: Floats,
    turns: Ints,
    case: Case,
    reasoned: bool,
    memory: int | None,
    asks_proposer: bool,
) -> tuple[State, list[Moves]]:
    lists, lines = plays[0].candidates, case.lines
    rank = np.array([each.tie_rank[0] for each in plays])  # of those that choose by list it is not asked
    changes: dict[str, Any] = {name: getattr(state, name).copy() for name in (
        "open", "standing", "proposer", "accepted", "last_refuser", "named", "own_offer", "offers_made",
        "distinct_offers", "received", "best_received", "signed",
    )}  # fmt: skip
    rounds, draws, places = turns.shape
    did, package, why = (np.full((rounds, places, draws), fill) for fill in (NOT_ASKED, NO_DEAL, NO_REASON))
    play(
        state.round, np.ascontiguousarray(turns), reasoned, memory or state.rounds, asks_proposer,
        case.signs, case.utility, np.ascontiguousarray(state.no_deal), TOLERANCE,
        aspiration, _lowest_asked(state, plays, aspiration), np.array([each.rule.offers for each in plays]),
        np.array([each.rule.falls_short for each in plays]), np.array([each.rule.asks for each in plays]),
        np.array([each.rule.span for each in plays]),
        np.array([np.broadcast_to(each.rule.weight, turns.shape[1]) for each in plays]), rank,
        np.array([each.draft for each in plays]),
        lists.worth, lists.package, lists.crossing, lists.count, lists.best, lists.best_package, *lists.top,
        np.ascontiguousarray(case.chance[state.round - 1 : state.round - 1 + rounds]), lists.patterns,
        lists.struck, lines.pattern, lines.crosses, np.array([speaker.real_lines for speaker in speakers]),
        state.log, did, package, why, *changes.values(),
    )  # fmt: skip
    nothing = np.zeros((places, draws), np.int64)  # nobody names issues here
    moves = [Moves(turns[k].T, did[k], package[k], why[k], nothing) for k in range(rounds)]
    return replace(state, **changes), moves


def _lowest_asked(state: State, plays: Sequence[ByRule], aspiration: Floats) -> Floats:
    """A worth that nobody comes to ask for less than, shape (B, N): who does not go by the clock stops at no deal."""
    by_clock = [each.rule.asks == BY_CLOCK for each in plays]
    lowest: Floats = np.where(by_clock, aspiration.min(axis=0), state.no_deal)
    return lowest
