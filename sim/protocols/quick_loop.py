"""The loop in which a pass of the table is played, or all of them: `quick_pass.py` says what for.

Names are those of `State`, `Candidates` and `Lines`, shapes too; of drafts, real lines and candidates the party axis
comes first. The pieces of the loop take arrays one by one: bundles of them would have each use of an array counted.
"""

import numpy as np

from sim.core.compiled import compiled, inlined
from sim.core.exact import Floats
from sim.core.packages import Bools, Ints
from sim.protocols.quick_answers import answer
from sim.protocols.quick_own import PER_BIN, by_own_worth, lay_out
from sim.protocols.quick_steps import least_offered, next_rung, set_up, step_to

# What a party did and why it refused, as in sim/core/state.py: what is kept of compiled loops does not notice changes
# there.
NOT_ASKED, OFFERED, ACCEPTED, REFUSED, PASSED = range(5)
NO_REASON, WORTH = -2, -1
NOTHING = -1
FIRST_LISTED, LEAST_OWN, NEAREST_OWN, STEP_DOWN = range(4)
BY_CLOCK, ABSOLUTE, RELATIVE, AVERAGED, BY_STEPS = range(5)
AT_ONCE = 16  # draws whose moves are written down together
QUIET, ANY = 0, 1  # among packages that cross no line heard of, and among all


@inlined
def _climb(
    worth: Floats, package: Ints, crossing: Ints, count: int, me: int, b: int, kind: int, avoided: Bools,
    step_worth: Floats, step_package: Ints,
) -> int:  # fmt: skip
    """Write down the candidates of a party that are worth more than all before them; returns how many there are.

    Args:
        worth, package, crossing, count: The candidates.
        me, b: Whose, and in which draw.
        kind: `QUIET`, to leave out those of patterns that are avoided, or `ANY`.
        avoided: Patterns, shape (K,).
        step_worth, step_package: Where they go, shape (2, N, M).
    """
    found, highest = 0, -np.inf
    for place in range(count):
        value = worth[me, b, place]
        if value > highest and not (kind == QUIET and avoided[crossing[me, b, place]]):
            step_worth[kind, me, found], step_package[kind, me, found] = value, package[me, b, place]
            highest = value
            found += 1
    return found


@inlined
def _first(step_worth: Floats, steps: int, me: int, kind: int, at: int, least: float) -> int:
    """Which of the candidates of a party, each worth more than those before, is the first worth so much.

    It is looked for from the last one found on, since what is asked for moves little. `steps` where there is none.
    """
    while at > 0 and step_worth[kind, me, at - 1] >= least:
        at -= 1
    while at < steps and step_worth[kind, me, at] < least:
        at += 1
    return at


@inlined
def _avoid(avoided: Bools, known: Bools, crosses: Bools, line: int) -> None:
    """Avoid the patterns that cross a line, too; which candidates cross none is then to be seen anew."""
    known[QUIET] = False
    for pattern in range(len(crosses)):
        avoided[pattern] |= crosses[pattern, line]


@inlined
def _hear(named: Ints, b: int, since: int, avoided: Bools, known: Bools, crosses: Bools) -> bool:
    """Avoid the patterns that cross a line named since a round, and no others; returns whether there are such lines."""
    some = False
    avoided[:], known[QUIET] = False, False
    for line in range(named.shape[1]):
        if named[b, line] >= since:
            some = True
            _avoid(avoided, known, crosses, line)
    return some


@inlined
def _name(named: Ints, b: int, line: int, k: int, since: int, avoided: Bools, known: Bools, crosses: Bools) -> None:
    """Everybody hears of a line in round k, and avoids it."""
    if named[b, line] < since:
        _avoid(avoided, known, crosses, line)
    named[b, line] = k


@inlined
def _could_sign(signable: Bools, struck: Bools, pattern: Ints, me: int, b: int, package: int) -> bool:
    """Whether a package crosses no real red line of a party and is not off the table."""
    return bool(signable[me, b, pattern[package]] and not (len(struck) and struck[b, package]))


@inlined
def _why(crosses: Bools, pattern: int, real_lines: Bools, me: int, b: int) -> int:
    """What a party says that refuses a text: its first real line that this crosses, or that it is worth too little."""
    for line in range(crosses.shape[1]):
        if crosses[pattern, line] and real_lines[me, b, line]:
            return line
    return WORTH


@inlined
def _is_new(log: Ints, b: int, me: int, made: int, package: int) -> bool:
    """Whether a party has never offered a package before; most often it is the last one again."""
    if made and log[b, me, made - 1] == package:
        return False
    new = True
    for earlier in range(made):  # all of them: many at once are compared as fast as one
        new &= log[b, me, earlier] != package
    return new


@inlined
def _agreed(signs: Bools, accepted: Bools, b: int, text: int) -> bool:
    """Whether all signatories of what lies on the table have accepted it."""
    agreed = text != NOTHING
    for n in range(len(signs)):
        agreed &= accepted[b, n] or not signs[n, text]
    return agreed


@inlined
def _write_down(notes: Ints, spoken: Ints, start: int, draws: int, did: Ints, after: Ints, why: Ints) -> None:
    """Copy what was done in some neighbouring draws to where turns come first; one by one it would go all over memory.

    Args:
        notes: What was done, what lay there then, and why, in turn, shape (3, turns in all, draws).
        spoken: How many turns there were, shape (draws,).
        start, draws: The first draw, and how many.
        did, after, why: Where these go, shape (rounds, turns, B).
    """
    for turn in range(spoken[:draws].max()):
        played, place = turn // did.shape[1], turn % did.shape[1]
        for row in range(draws):
            if turn < spoken[row]:
                did[played, place, start + row] = notes[0, turn, row]
                after[played, place, start + row] = notes[1, turn, row]
                why[played, place, start + row] = notes[2, turn, row]


@compiled(
    "i", "i3", "b", "i", "b", "b2", "f3", "f2", "f", "F3", "f2", "i1", "f1", "i1", "i1", "f2", "i2", "i2", "f3", "i3",
    "i3", "i2", "f2", "i2", "i3", "f3", "b3", "f3", "b3", "b2", "i1", "b2", "b3", "I3", "I3", "I3", "I3", "B1", "I1",
    "I1", "B2", "I1", "I2", "I2", "I2", "I2", "I2", "F2", "I1",
)  # fmt: skip
def play(
    first_round: int, turns: Ints, reasoned: bool, memory: int, asks_proposer: bool, signs: Bools, utility: Floats,
    no_deal: Floats, tolerance: float, aspiration: Floats, lowest_asked: Floats, choosing: Ints, falls_short: Floats,
    asking: Ints, span: Ints, weight: Floats, rank: Ints, draft: Ints, worth: Floats, package: Ints, crossing: Ints,
    count: Ints, best: Floats, best_package: Ints, top_package: Ints, top_worth: Floats, top_step: Bools,
    chance: Floats, signable: Bools, struck: Bools, pattern: Ints, crosses: Bools, real_lines: Bools, log: Ints,
    did: Ints, after: Ints, why: Ints, is_open: Bools, standing: Ints, proposer: Ints, accepted: Bools,
    last_refuser: Ints, named: Ints, own_offer: Ints, offers_made: Ints, distinct_offers: Ints, received: Ints,
    best_received: Floats, signed: Ints,
) -> None:  # fmt: skip
    """Play some rounds in the draws that are open, one draw after the other.

    `choosing` and `falls_short`, shape (N,), and `rank`, shape (N, P), say what a party offers, `asking` and `span`,
    shape (N,), and `weight`, shape (N, B), what its aspiration rests on; where not on the clock alone, it is worked
    out here. `turns`, shape (rounds, B, turns), and `aspiration`, shape (rounds, B, N), say who speaks and what is
    asked for by the clock. Written are aspirations, the log, the moves `did`, `after` and `why`, shape
    (rounds, turns, B), and the table from `is_open` on.
    """
    parties, packages, avoided = len(rank), rank.shape[1], np.zeros(len(crosses), np.bool_)
    laid, order = np.zeros(parties, np.bool_), np.empty((parties, packages), np.int64)
    own_worth, laid_out = np.empty(order.shape), np.zeros((4, parties), np.int64)
    end = np.empty((parties, packages // PER_BIN + 2), np.int64)
    loose, in_bin = np.empty(packages + 1, np.int64), np.empty(packages, np.int64)
    known, steps = np.zeros((2, parties), np.bool_), np.zeros((2, parties), np.int64)
    at, widest = np.zeros((2, parties), np.int64), worth.shape[2]
    step_worth, step_package = np.empty((2, parties, widest)), np.empty((2, parties, widest), np.int64)
    clock, signing = np.empty(parties), np.array([signs[n].any() for n in range(parties)])
    rung, tried = np.empty((parties, top_package.shape[2]), np.int64), np.full(packages, NOTHING)
    rung_worth, said, lowest = np.empty(rung.shape), np.empty(rung.shape, np.bool_), np.empty(parties)
    counts = np.zeros((4, parties), np.int64)
    notes, spoken = np.empty((3, len(turns) * turns.shape[2], AT_ONCE), np.int64), np.zeros(AT_ONCE, np.int64)
    for b in range(len(is_open)):
        laid[:], known[:], avoids, turn = False, False, False, 0
        for played in range(len(turns)):
            if not is_open[b]:
                break
            k = first_round + played
            since = max(1, k - memory + 1)
            if not played or memory < k:  # otherwise what is heard only grows, and is kept
                avoids = _hear(named, b, since, avoided, known, crosses)
            for n in range(parties):
                clock[n] = aspiration[played, b, n]
                if asking[n] == BY_STEPS:
                    if not laid[n]:
                        laid[n] = True
                        set_up(
                            top_package, top_worth, top_step, n, b, no_deal[b, n] - tolerance, log, offers_made[b, n],
                            tried, rung, rung_worth, said, counts, lowest,
                        )  # fmt: skip
                    step = next_rung(
                        rung, rung_worth, said, counts, lowest, n, b, offers_made, distinct_offers, signing, pattern,
                        avoided, avoids, known, 0.0,
                    )  # fmt: skip
                    aspiration[played, b, n] = least_offered(
                        rung_worth, lowest, n, step, no_deal[b, n], best[n, b]
                    )
                elif asking[n] != BY_CLOCK:
                    aspiration[played, b, n] = answer(
                        utility, log, offers_made, signing, b, n, asking[n], span[n], no_deal[b, n], best[n, b],
                        weight[n, b], clock[n], tolerance,
                    )  # fmt: skip
            for place in range(turns.shape[2]):
                me, text = turns[played, b, place], standing[b]
                asked, step = aspiration[played, b, me], NOTHING
                if asking[me] == BY_STEPS:
                    step = next_rung(
                        rung, rung_worth, said, counts, lowest, me, b, offers_made, distinct_offers, signing, pattern,
                        avoided, avoids, known, chance[played, me, b],
                    )  # fmt: skip
                    asked = least_offered(rung_worth, lowest, me, step, no_deal[b, me], best[me, b])
                elif asking[me] != BY_CLOCK:
                    asked = answer(
                        utility, log, offers_made, signing, b, me, asking[me], span[me], no_deal[b, me], best[me, b],
                        weight[me, b], clock[me], tolerance,
                    )  # fmt: skip
                least, free = asked - tolerance, no_deal[b, me] - tolerance
                act, reason = PASSED, NO_REASON
                if text == NOTHING:
                    act = OFFERED
                elif signs[me, text]:
                    value = utility[b, me, text]
                    received[b, me], best_received[b, me] = text, max(best_received[b, me], value)
                    bearable = value >= free and _could_sign(signable, struck, pattern, me, b, text)
                    act = ACCEPTED if bearable and value >= least else REFUSED
                    if act == ACCEPTED:
                        accepted[b, me] = True
                    else:
                        last_refuser[b] = me
                        if reasoned:
                            reason = _why(crosses, pattern[text], real_lines, me, b)
                        if reason >= 0:
                            avoids = True
                            _name(named, b, reason, k, since, avoided, known, crosses)
                if act in (OFFERED, REFUSED):
                    own, told_new = draft[me, b], False
                    if own == NOTHING and choosing[me] == STEP_DOWN:
                        if step != NOTHING:
                            own = rung[me, step]
                            told_new, new = True, not said[me, step]
                            step_to(step, rung_worth, said, counts, lowest, me)
                    elif own == NOTHING and choosing[me] != FIRST_LISTED:
                        if not laid[me]:
                            laid[me] = True
                            lay_out(
                                utility, signable, pattern, struck, me, b,
                                lowest_asked[b, me] - falls_short[me] - tolerance, loose, in_bin, order, own_worth,
                                end, laid_out,
                            )  # fmt: skip
                        own = by_own_worth(
                            order, own_worth, end, laid_out, rank, pattern, me, avoided, avoids,
                            choosing[me] == NEAREST_OWN, asked, asked - falls_short[me] - tolerance, tolerance,
                        )  # fmt: skip
                    elif own == NOTHING:
                        for kind in (QUIET, ANY):
                            if own == NOTHING and (avoids or kind == ANY):
                                if not known[kind, me]:
                                    known[kind, me] = True
                                    steps[kind, me] = at[kind, me] = _climb(
                                        worth, package, crossing, count[me, b], me, b, kind, avoided, step_worth,
                                        step_package,
                                    )  # fmt: skip
                                at[kind, me] = _first(step_worth, steps[kind, me], me, kind, at[kind, me], least)
                                if at[kind, me] < steps[kind, me]:
                                    own = step_package[kind, me, at[kind, me]]
                    if own == NOTHING:
                        own = best_package[me, b]
                    made, value = offers_made[b, me], utility[b, me, own]
                    for n in range(parties):
                        accepted[b, n] = False
                    accepted[b, me] = (
                        value >= free and (value >= least or not asks_proposer)
                        and _could_sign(signable, struck, pattern, me, b, own)
                    )  # fmt: skip
                    if not told_new:
                        new = _is_new(log, b, me, made, own)
                    distinct_offers[b, me] += new
                    standing[b], proposer[b], own_offer[b, me], log[b, me, made] = own, me, own, own
                    offers_made[b, me] += 1
                notes[0, turn, b % AT_ONCE], notes[1, turn, b % AT_ONCE] = act, standing[b]
                notes[2, turn, b % AT_ONCE] = reason
                turn += 1
                if _agreed(signs, accepted, b, standing[b]):
                    is_open[b], signed[b] = False, k
                    break
        spoken[b % AT_ONCE] = turn
        if b % AT_ONCE == AT_ONCE - 1 or b == len(is_open) - 1:
            _write_down(notes, spoken, b - b % AT_ONCE, b % AT_ONCE + 1, did, after, why)
