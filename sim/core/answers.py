"""What a party asks for that answers what the others have offered by now: small functions of one draw.

A strategy that answers within a round says by `Answers` which of them is its own; the loop in `sim.protocols.rounds`
asks it at each turn, and `asked_in_answer` and `steps_down` at the beginning of a round, in all draws.
"""

from typing import NamedTuple

import numpy as np

from sim.core.bids import NO_PACKAGE
from sim.core.compiled import called, compiled, inlined
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Bools, Ints

NO_ANSWER, ABSOLUTE, RELATIVE, AVERAGED, BY_STEPS = range(5)  # kinds of answers


class Answers(NamedTuple):
    """How a party answers the others within a round.

    Attributes:
        kind: `ABSOLUTE`, `RELATIVE` or `AVERAGED`, as `TitForTat`, or `BY_STEPS`, as `Micro`.
        span: Of the former three, in offers of the others.
        weight: How much of what it asks for goes by the clock, 0 to 1, shape (B,).
        clock: What it asks for by the clock, shape (B,).
    """

    kind: int
    span: int
    weight: Floats
    clock: Floats


class Heard(NamedTuple):
    """What everybody has offered, as compiled functions take it.

    Attributes:
        log: Offers in the order in which they were made, shape (B, N, R): those before `made`.
        made: How many, shape (B, N).
        distinct: How many different ones, shape (B, N).
        counts: Parties whose consent some package needs: offers of others are not answered, shape (N,).
    """

    log: Ints
    made: Ints
    distinct: Ints
    counts: Bools


@inlined
def _gain(worth: float) -> float:
    """What percentages can be taken of: a worth of nothing, or less, is 0."""
    return worth if worth > TOLERANCE else 0.0


@called
def answer(
    kind: int, span: int, me: int, own: Floats, log: Ints, made: Ints, counts: Bools, no_deal: float, best: float,
    weight: float, clock: float,
) -> float:  # fmt: skip
    """The least worth a party asks for in one draw that concedes what the least generous other has.

    Args:
        kind, span: As in `Answers`.
        me: Its index.
        own: Its worth of packages, shape (P,).
        log, made, counts: As in `Heard`, of the draw.
        no_deal, best: What no agreement and its best package are worth to it.
        weight, clock: As in `Answers`; of weight 0, the clock changes no bit.
    """
    highest = max(best, no_deal)
    asks = -np.inf
    for other in range(len(counts)):
        offers = made[other]
        if other == me or offers <= span or not counts[other]:
            continue
        if kind == AVERAGED:
            before, after, terms = 1.0, 1.0, min(span, offers - span)
            for step in range(terms):
                before = before * _gain(own[log[other, step]])
                after = after * _gain(own[log[other, offers - terms + step]])
        else:
            before, after = own[log[other, 0]], own[log[other, offers - span]]
        if kind == ABSOLUTE:
            asks = max(asks, highest - (after - before))
        else:
            before, after = _gain(before), _gain(after)
            asks = max(asks, highest * before / after if after > 0 else highest)
    if asks == -np.inf:
        asks = highest
    asks = weight * clock + (1 - weight) * min(max(asks, no_deal), highest)
    return min(max(asks, no_deal), highest)


def asked_in_answer(
    answers: Answers, me: int, utility: Floats, heard: Heard, no_deal: Floats, best: Floats
) -> Floats:
    """What `answer` says in every draw, shape (B,).

    Args:
        answers, heard: As there.
        me: Index of the party.
        utility: Of all packages to all parties, shape (B, N, P).
        no_deal, best: What no agreement and its best package are worth to it, shape (B,).
    """
    asks = np.empty(len(no_deal))
    _ask_in_answer(answers, me, utility, heard, np.ascontiguousarray(no_deal), np.ascontiguousarray(best), asks)
    return asks


@compiled
def _ask_in_answer(
    answers: Answers, me: int, utility: Floats, heard: Heard, no_deal: Floats, best: Floats, asks: Floats
) -> None:
    for b in range(len(asks)):
        asks[b] = answer(
            answers.kind, answers.span, me, utility[b, me], heard.log[b], heard.made[b], heard.counts, no_deal[b],
            best[b], answers.weight[b], answers.clock[b],
        )  # fmt: skip


@called
def step_down(
    me: int, package: Ints, worth: Floats, step: Bools, enough: float, pattern: Ints, avoided: Bools, log: Ints,
    made: Ints, distinct: Ints, counts: Bools, chance: float, marks: Ints, mark: int,
) -> tuple[float, int]:  # fmt: skip
    """What a party offers in one draw that goes down its packages one by one, a step for a step of the others.

    A step down where it has made no more different offers than the least-moving other, else an earlier one by chance.
    Packages that cross a line named come after all others.

    Args:
        me: Its index.
        package, worth, step: Its best packages as in `Bids`, shape (K,).
        enough: The least worth that it may come down to.
        pattern, avoided: Pattern of each package, shape (P,), and those that cross a line named, shape (patterns,).
        log, made, distinct, counts: As in `Heard`, of the draw.
        chance: A uniform that says which of its earlier offers it repeats.
        marks, mark: To mark its earlier offers in, shape (P,), by a number that no mark was made with before.

    Returns:
        The lowest worth of what it has offered or offers next, inf for none, and its next offer, -1 for none.
    """
    for place in range(made[me]):
        marks[log[me, place]] = mark
    least, some = 0, False
    for other in range(len(counts)):
        if other != me and counts[other] and made[other] > 0 and (not some or distinct[other] < least):
            least, some = distinct[other], True
    offered, fresh, quiet, lowest = 0, NO_PACKAGE, NO_PACKAGE, np.inf
    for place in range(len(package)):
        if step[place] and worth[place] >= enough:
            if marks[package[place]] == mark:
                offered += 1
                lowest = min(lowest, worth[place])
            else:
                if fresh < 0:
                    fresh = place
                if quiet < 0 and not avoided[pattern[package[place]]]:
                    quiet = place
            if quiet >= 0 and offered == distinct[me]:  # what follows it has neither offered nor would
                break
    down = fresh if quiet < 0 else quiet
    if down >= 0 and (distinct[me] <= least or not offered):
        return min(lowest, worth[down]), int(package[down])
    again = int(np.floor(chance * offered))
    for place in range(len(package)):
        if step[place] and worth[place] >= enough and marks[package[place]] == mark:
            again -= 1
            if again < 0:
                return lowest, int(package[place])
    return lowest, NO_PACKAGE


class Ladder(NamedTuple):
    """A party's best packages from the best down.

    Attributes:
        package, worth, step: As `Bids` has them of all parties, shape (B, K).
        pattern: Pattern of lines that each package crosses, shape (P,).
        avoided: Patterns that cross a line named, shape (B, patterns).
    """

    package: Ints
    worth: Floats
    step: Bools
    pattern: Ints
    avoided: Bools


def steps_down(
    me: int, ladder: Ladder, heard: Heard, no_deal: Floats, chance: Floats
) -> tuple[Floats, Ints]:
    """What `step_down` says in every draw: the lowest worth, and the next offer, shape (B,)."""
    lowest, offer = np.empty(len(no_deal)), np.empty(len(no_deal), np.int64)
    _step_down_in_all(me, ladder, heard, np.ascontiguousarray(no_deal), np.ascontiguousarray(chance), lowest, offer)
    return lowest, offer


@compiled
def _step_down_in_all(
    me: int, ladder: Ladder, heard: Heard, no_deal: Floats, chance: Floats, lowest: Floats, offer: Ints
) -> None:
    marks = np.full(len(ladder.pattern), -1)
    for b in range(len(offer)):
        lowest[b], offer[b] = step_down(
            me, ladder.package[b], ladder.worth[b], ladder.step[b], no_deal[b] - TOLERANCE, ladder.pattern,
            ladder.avoided[b], heard.log[b], heard.made[b], heard.distinct[b], heard.counts, chance[b], marks, b,
        )  # fmt: skip
