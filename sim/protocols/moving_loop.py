"""The loop in which whole talks in turn are played in a world that moves: `moving_talks.py` says what for."""

import numpy as np

from sim.core.compiled import compiled
from sim.core.exact import Floats
from sim.core.packages import Bools, Ints

# As in sim/core/state.py, sim/core/utility.py and sim/model/world.py: what is kept of compiled loops does not notice
# changes there.
NOT_ASKED, OFFERED, ACCEPTED, REFUSED, PASSED = range(5)
NO_REASON, WORTH = -2, -1
NOTHING = EVERYBODY = -1
NOBODY, SEVERAL = -1, -2
NEVER = 0  # in place of a round


@compiled("f")
def _share(number: float) -> float:
    """A number cut to 0 and 1."""
    return min(max(number, 0.0), 1.0)


@compiled("i", "b2", "i1", "b1", "B1")
def _signable(me: int, crosses: Bools, owner: Ints, real: Bools, patterns: Bools) -> bool:
    """Note the patterns of lines that cross no real line of a party; whether they are others than before."""
    changed = False
    for k in range(len(patterns)):
        free = True
        for line in range(len(real)):
            if real[line] and crosses[k, line] and (owner[line] == me or owner[line] == EVERYBODY):
                free = False
                break
        changed |= free != patterns[k]
        patterns[k] = free
    return changed


@compiled("f1", "b1", "i1", "i1", "b2", "i", "b", "i1", "f", "f")
def _first_near(
    own: Floats, looked_at: Bools, members: Ints, start: Ints, struck: Bools, b: int, counts: bool, rank: Ints,
    top: float, tolerance: float,
) -> int:  # fmt: skip
    """Of packages of some patterns within the tolerance of the highest worth, the one of smallest rank."""
    first, least = NOTHING, top - tolerance
    for k in range(len(looked_at)):
        if looked_at[k]:
            for p in members[start[k] : start[k + 1]]:
                near = own[p] >= least and not (counts and struck[b, p])
                if near and (first == NOTHING or rank[p] < rank[first]):
                    first = p
    return int(first)


@compiled("f1", "b2", "i1", "b1", "i1", "i1", "i1", "b2", "i", "i1", "f")
def _on_the_table(
    own: Floats, crosses: Bools, owner: Ints, real: Bools, pattern: Ints, members: Ints, start: Ints, struck: Bools,
    b: int, rank: Ints, tolerance: float,
) -> int:  # fmt: skip
    """What a party offers that can sign nothing: its best of what nobody took off the table, of all if none is left."""
    usable, counts = np.ones(len(crosses), np.bool_), len(struck) > 0
    _signable(EVERYBODY, crosses, owner, real, usable)
    for _ in range(2):
        top = -np.inf
        for p in range(len(own)):
            if usable[pattern[p]] and not (counts and struck[b, p]) and own[p] > top:
                top = own[p]
        if top > -np.inf:
            return int(_first_near(own, usable, members, start, struck, b, counts, rank, top, tolerance))
        usable[:], counts = True, False
    return NOTHING


@compiled("b2", "b1", "B1")
def _with_those_above(crosses: Bools, usable: Bools, looked_at: Bools) -> None:
    """Mark, beside some patterns of lines, the usable ones that cross all lines of one of them and more."""
    for lower in range(len(crosses)):
        if looked_at[lower]:
            for k in range(len(crosses)):
                if usable[k] and not looked_at[k]:
                    looked_at[k] = True
                    for line in range(crosses.shape[1]):
                        if crosses[lower, line] and not crosses[k, line]:
                            looked_at[k] = False
                            break


@compiled(
    "i", "i", "f1", "b2", "i1", "b1", "i1", "i1", "i1", "b2", "i1", "f", "f3", "i3", "i2", "F2", "I2", "B3"
)  # fmt: skip
def _look_again(
    me: int, b: int, own: Floats, crosses: Bools, owner: Ints, real: Bools, pattern: Ints, members: Ints, start: Ints,
    struck: Bools, rank: Ints, tolerance: float, worth: Floats, crossing: Ints, count: Ints, best: Floats,
    best_package: Ints, patterns: Bools,
) -> None:  # fmt: skip
    """Find a party's best package anew where other patterns of lines can be signed than before, or where none can.

    The list tells the highest worth. A package that ties with it has a pattern of one that is listed with such a
    worth, or crosses more lines than one of these.
    """
    changed, usable = _signable(me, crosses, owner, real, patterns[me, b]), patterns[me, b]
    if not changed and best[me, b] > -np.inf:
        return
    top = -np.inf
    for place in range(count[me, b]):
        if usable[crossing[me, b, place]]:
            top = max(top, worth[me, b, place])
    first = NOTHING
    if top > -np.inf:
        looked_at = np.zeros(len(usable), np.bool_)
        for place in range(count[me, b]):
            kind = crossing[me, b, place]
            looked_at[kind] |= usable[kind] and worth[me, b, place] >= top - tolerance
        _with_those_above(crosses, usable, looked_at)
        first = _first_near(own, looked_at, members, start, struck, b, len(struck) > 0, rank, top, tolerance)
        best[me, b] = own[first]
    else:
        first = _on_the_table(own, crosses, owner, real, pattern, members, start, struck, b, rank, tolerance)
        best[me, b] = -np.inf
    best_package[me, b] = first


@compiled("i", "i", "f3", "i3", "i3", "i2", "b1", "b1", "f")
def _first(
    me: int, b: int, worth: Floats, package: Ints, crossing: Ints, count: Ints, usable: Bools, avoided: Bools,
    least: float,
) -> int:  # fmt: skip
    """The first package of a party's list that is worth so much, that it can sign, and that crosses no line avoided."""
    for place in range(count[me, b]):
        if worth[me, b, place] >= least:
            kind = crossing[me, b, place]
            if usable[kind] and not avoided[kind]:
                return int(package[me, b, place])
    return NOTHING


@compiled("i", "f1", "b2", "f2", "i1", "b2", "i1", "b1", "f")
def _alone_against(
    offer: int, no_deal: Floats, signs: Bools, utility: Floats, pattern: Ints, crosses: Bools, owner: Ints, real: Bools,
    tolerance: float,
) -> int:  # fmt: skip
    """The signatory that alone stands in the way of an offer, as `sim.model.world.holdout` says."""
    alone = NOBODY
    if offer == NOTHING:
        return alone
    for n in range(len(no_deal)):
        if signs[n, offer]:
            against = utility[n, offer] < no_deal[n] - tolerance
            for line in range(len(real)):
                if crosses[pattern[offer], line] and real[line] and (owner[line] == n or owner[line] == EVERYBODY):
                    against = True
            if against:
                alone = n if alone == NOBODY else SEVERAL
    return alone


@compiled("B1", "b2", "i")
def _avoid(avoided: Bools, crosses: Bools, line: int) -> None:
    """Avoid the patterns that cross a line, too."""
    for k in range(len(crosses)):
        avoided[k] |= crosses[k, line]


@compiled(
    "i", "i", "b", "i", "f", "i1", "f1", "f1", "b1", "f2", "b2", "i1", "b2", "i1", "b2", "f3", "i3", "i3", "i2", "i2",
    "b3", "B1", "B1", "I1", "I1", "B2", "I1", "I2", "I2", "I2", "I2", "I3", "I2", "F2", "I1", "I3", "I3", "I3",
)  # fmt: skip
def _pass(
    b: int, k: int, reasoned: bool, memory: int, tolerance: float, turns: Ints, asked: Floats, no_deal: Floats,
    real: Bools, utility: Floats, signs: Bools, pattern: Ints, crosses: Bools, owner: Ints, struck: Bools,
    worth: Floats, package: Ints, crossing: Ints, count: Ints, best_package: Ints, patterns: Bools, avoided: Bools,
    is_open: Bools, standing: Ints, proposer: Ints, accepted: Bools, last_refuser: Ints, named: Ints, own_offer: Ints,
    offers_made: Ints, distinct_offers: Ints, log: Ints, received: Ints, best_received: Floats, signed: Ints,
    did: Ints, after: Ints, why: Ints,
) -> None:  # fmt: skip
    """Play a round in one draw: as `sim.protocols.quick_loop.play` for parties that go by the clock and by a list."""
    since, nothing_avoided = max(1, k - memory + 1), np.zeros(len(crosses), np.bool_)
    avoided[:] = False
    for line in range(len(real)):
        if named[b, line] >= since:
            _avoid(avoided, crosses, line)
    for place in range(len(turns)):
        me, text = turns[place], standing[b]
        act, reason = PASSED, NO_REASON
        if text == NOTHING:
            act = OFFERED
        elif signs[me, text]:
            value = utility[me, text]
            received[b, me], best_received[b, me] = text, max(best_received[b, me], value)
            bearable = patterns[me, b, pattern[text]] and not (len(struck) and struck[b, text])
            if bearable and value >= no_deal[me] - tolerance and value >= asked[me] - tolerance:
                act = ACCEPTED
                accepted[b, me] = True
            else:
                act = REFUSED
                last_refuser[b] = me
                if reasoned:
                    reason = WORTH
                    for line in range(len(real)):
                        if crosses[pattern[text], line] and real[line] and owner[line] in (me, EVERYBODY):
                            reason = line
                            break
                if reason >= 0:
                    named[b, reason] = k
                    _avoid(avoided, crosses, reason)
        if act in (OFFERED, REFUSED):
            own = _first(me, b, worth, package, crossing, count, patterns[me, b], avoided, asked[me] - tolerance)
            if own == NOTHING:
                own = _first(
                    me, b, worth, package, crossing, count, patterns[me, b], nothing_avoided, asked[me] - tolerance
                )
            if own == NOTHING:
                own = best_package[me, b]
            made, new = offers_made[b, me], 1
            for earlier in range(made - 1, -1, -1):  # most often it is the last one again
                if log[b, me, earlier] == own:
                    new = 0
                    break
            value = utility[me, own]
            bearable = patterns[me, b, pattern[own]] and not (len(struck) and struck[b, own])
            accepted[b, :] = False
            accepted[b, me] = bearable and value >= no_deal[me] - tolerance and value >= asked[me] - tolerance
            standing[b], proposer[b], own_offer[b, me], log[b, me, made] = own, me, own, own
            offers_made[b, me] += 1
            distinct_offers[b, me] += new
        did[k - 1, place, b], after[k - 1, place, b], why[k - 1, place, b] = act, standing[b], reason
        agreed = standing[b] != NOTHING
        for n in range(len(signs)):
            if not accepted[b, n] and signs[n, standing[b]]:
                agreed = False
        if agreed:
            is_open[b], signed[b] = False, k
            break


@compiled(
    "i", "b", "i", "f", "i3", "f3",
    "i3", "f1", "f2", "i1", "i2", "i", "f3", "b2", "i2", "i2", "f1", "f1", "f2",
    "f3", "b2", "i1", "b2", "i1", "i1", "i1", "i2", "b2", "f3", "i3", "i3", "i2",
    "F2", "I2", "B3", "I1", "i1",
    "B1", "F2", "B2", "F2", "F2", "I1", "I1", "B2", "I1", "I2", "I2", "I2", "I2", "I3", "I2", "F2", "I1",
    "F3", "F3", "B3", "B2", "I3", "I3", "I3",
)  # fmt: skip
def play(
    until: int, reasoned: bool, memory: int, tolerance: float, turns: Ints, fallen: Floats,
    lever_steps: Ints, step: Floats, lowers: Floats, lever_party: Ints, lever_plan: Ints, mediator: int, path: Floats,
    channel_open: Bools, falls_from: Ints, struck_from: Ints, pace: Floats, lever_adds: Floats, endurance: Floats,
    utility: Floats, signs: Bools, pattern: Ints, crosses: Bools, owner: Ints, members: Ints, start: Ints, rank: Ints,
    struck: Bools, worth: Floats, package: Ints, crossing: Ints, count: Ints,
    best: Floats, best_package: Ints, patterns: Bools, next_round: Ints, reopens_at: Ints,
    is_open: Bools, no_deal: Floats, real: Bools, pressure: Floats, worn: Floats, standing: Ints, proposer: Ints,
    accepted: Bools, last_refuser: Ints, named: Ints, own_offer: Ints, offers_made: Ints, distinct_offers: Ints,
    log: Ints, received: Ints, best_received: Floats, signed: Ints,
    asked_by: Floats, no_deal_by: Floats, real_by: Bools, open_by: Bools, did: Ints, after: Ints, why: Ints,
) -> None:  # fmt: skip
    """Play the rounds of each draw from its `next_round` on, up to a signature or the round `until`.

    What the names stand for, `MovingTalks` says, and `State`, `Candidates` and `Lines`; shapes are those there.
    """
    parties, lines, levers = len(signs), crosses.shape[1], len(lever_party)
    avoided, on, left = np.zeros(len(crosses), np.bool_), np.zeros(parties), np.zeros(parties)
    for b in range(len(is_open)):
        fresh = True
        for k in range(next_round[b], until + 1):
            at = k - 1
            left[:] = 1.0
            on[:] = 0.0
            for lever in range(levers):
                n = lever_party[lever]
                pressure[b, lever] = _share(pressure[b, lever] + lever_steps[b, at, lever] * step[b])
                left[n] *= 1 - _share(pressure[b, lever] * lowers[b, lever])
                on[n] = max(on[n], pressure[b, lever])
            if reopens_at[b] == k:
                is_open[b], signed[b], standing[b] = True, 0, NOTHING
                accepted[b, :] = False
            if is_open[b]:
                moved = fresh
                for line in range(lines):
                    gone = (NEVER < falls_from[b, line] <= k) or worn[b, line] > endurance[b, line]
                    now = (real[b, line] and not gone) or NEVER < struck_from[b, line] <= k
                    moved |= now != real[b, line]
                    real[b, line] = now
                for n in range(parties):
                    no_deal[b, n] = path[b, at, n] * left[n]
                    if moved:
                        _look_again(
                            n, b, utility[b, n], crosses, owner, real[b], pattern, members, start, struck, rank[n],
                            tolerance, worth, crossing, count, best, best_package, patterns,
                        )  # fmt: skip
                    if standing[b] != NOTHING and accepted[b, n]:
                        text = standing[b]
                        could = patterns[n, b, pattern[text]] and not (len(struck) and struck[b, text])
                        accepted[b, n] = could and utility[b, n, text] >= no_deal[b, n] - tolerance
                    highest = max(best[n, b], no_deal[b, n])
                    asked_by[at, b, n] = highest - (highest - no_deal[b, n]) * fallen[at, n, b]
                fresh = False
            no_deal_by[at, b], real_by[at, b], open_by[at, b] = no_deal[b], real[b], is_open[b]
            was_open = is_open[b]
            if was_open and channel_open[b, at]:
                _pass(
                    b, k, reasoned, memory, tolerance, turns[at, b], asked_by[at, b], no_deal[b], real[b], utility[b],
                    signs, pattern, crosses, owner, struck, worth, package, crossing, count, best_package, patterns,
                    avoided, is_open, standing, proposer, accepted, last_refuser, named, own_offer, offers_made,
                    distinct_offers, log, received, best_received, signed, did, after, why,
                )  # fmt: skip
            for line in range(lines):
                worn[b, line] += pace[b] * (1 + lever_adds[b] * on[owner[line]])
            if is_open[b] and levers:
                alone = _alone_against(
                    own_offer[b, mediator], no_deal[b], signs, utility[b], pattern, crosses, owner, real[b], tolerance
                )
                for lever in range(levers):
                    way = lever_plan[lever, at]
                    if way == 0:
                        way = 1 if alone == lever_party[lever] else -1
                    pressure[b, lever] = _share(pressure[b, lever] + way * step[b])
            next_round[b] = k + 1
            if was_open and not is_open[b]:
                break
