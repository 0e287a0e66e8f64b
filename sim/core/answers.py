"""Aspirations that respond to the offers of the others, in one draw and in all.

The loop in `sim.protocols.rounds` calls them at each turn, for the kind that a strategy names in its `Answers`.
"""

from typing import NamedTuple

import numpy as np

from sim.core.bids import NO_PACKAGE
from sim.core.compiled import called, compiled, worth_compiling
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Bools, Ints

NO_ANSWER, ABSOLUTE, RELATIVE, AVERAGED, BY_STEPS, BY_STEPS_OF_ANY = range(6)  # kinds of answers


class Answers(NamedTuple):
    """How a party responds to the others within a round."""

    # `ABSOLUTE`, `RELATIVE` or `AVERAGED`, as `TitForTat`; `BY_STEPS`, as `Micro`; `BY_STEPS_OF_ANY`, as `NegmasMicro`
    kind: int
    span: int  # of the former three, in offers of the others
    weight: Floats  # share of the clock in its aspiration, 0 to 1, shape (B,)
    clock: Floats  # aspiration by the clock, shape (B,)
    lead: Floats  # utility that it concedes on its own, once it has made an offer, shape (B,)


class OfferHistory(NamedTuple):
    """The offers of all parties, in the form of compiled functions; of one draw, without the first axis."""

    log: Ints  # offers in the order in which they were made, shape (B, N, R): those before `made`
    made: Ints  # how many, shape (B, N)
    distinct: Ints  # how many different ones, shape (B, N)
    counts: Bools  # parties whose consent some package needs; offers of others are ignored, shape (N,)


@called
def _gain(utility: float) -> float:
    """Return a gain of which percentages can be taken: at least 0."""
    return utility if utility > TOLERANCE else 0.0


@called
def answer(
    answers: Answers, me: int, own: Floats, history: OfferHistory, reservation_value: float, best: float
) -> float:
    """Aspiration of a party in one draw that concedes what the least generous other has.

    Args:
        answers: With numbers for `weight`, `clock` and `lead`; of weight 0, the clock changes no bit.
        me: Its index.
        own: Its utility of packages, shape (P,).
        history: Of the draw.
        reservation_value, best: Its reservation value and the utility of its best package.
    """
    kind, span, weight, clock, lead = answers
    log, made, _, counts = history
    highest = max(best, reservation_value)
    aspiration = -np.inf
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
            aspiration = max(aspiration, highest - (after - before))
        else:
            before, after = _gain(before), _gain(after)
            aspiration = max(aspiration, highest * before / after if after > 0 else highest)
    if aspiration == -np.inf:
        aspiration = highest
    aspiration = float(aspiration - lead if made[me] else aspiration)
    aspiration = float(weight * clock + (1 - weight) * min(max(aspiration, reservation_value), highest))
    return min(max(aspiration, reservation_value), highest)


def answers_in_all(
    answers: Answers, me: int, own: Floats, history: OfferHistory, reservation_value: Floats, best: Floats
) -> Floats:
    """`answer` in every draw, shape (B,).

    Args:
        answers, history: Shape (B,) and more.
        me: Index of the party.
        own: Its utility of packages, shape (B, P).
        reservation_value, best: Its reservation value and the utility of its best package, shape (B,).
    """
    aspiration = np.empty(len(reservation_value))
    own, free, best = (np.ascontiguousarray(each) for each in (own, reservation_value, best))
    answer_in_all = worth_compiling(_answer_in_all, history.log.shape[1] * len(aspiration))
    answer_in_all(answers, me, own, history, free, best, aspiration)
    return aspiration


@compiled
def _answer_in_all(
    answers: Answers, me: int, utility: Floats, history: OfferHistory, reservation_value: Floats, best: Floats,
    aspiration: Floats
) -> None:
    log, made, distinct, counts = history
    for b in range(len(aspiration)):
        own = Answers(answers.kind, answers.span, answers.weight[b], answers.clock[b], answers.lead[b])
        offers = OfferHistory(log[b], made[b], distinct[b], counts)
        aspiration[b] = answer(own, me, utility[b], offers, reservation_value[b], best[b])


class Ladder(NamedTuple):
    """A party's best packages from the best down; of one draw, without the first axis."""

    # package, utility, step: as in `Bids` of all parties, shape (B, K)
    package: Ints
    worth: Floats
    step: Bools
    pattern: Ints  # pattern of lines that each package crosses, shape (P,)
    avoided: Bools  # patterns that cross a line named, shape (B, patterns)


@called
def step_down(
    me: int, ladder: Ladder, enough: float, history: OfferHistory, chance: float, marks: Ints, mark: int, of_any: bool
) -> tuple[float, int]:
    """The bid in one draw of a party that goes down its packages one by one, a step for a step of the others.

    A step down where it has made no more different offers than the least-moving other, or than all others together,
    else an earlier one by chance. Packages that cross a line named come after all others.

    Args:
        me: Its index.
        ladder, history: Of the draw.
        enough: The least utility that it may come down to.
        chance: A uniform that picks which of its earlier offers it repeats.
        marks, mark: To mark its earlier offers in, shape (P,), by a number from 0 that no mark was made with before.
        of_any: Whether different offers of anybody count, not those of the least-moving other.

    Returns:
        The lowest utility of its offers and the next one, inf for none, and its next offer, -1 for none.
    """
    package, worth, step, pattern, avoided = ladder
    log, made, distinct, counts = history
    least, some = 0, False
    for other in range(len(counts)):
        if of_any:
            for place in range(made[other] if other != me else 0):
                least += marks[log[other, place]] != -2 - mark
                marks[log[other, place]] = -2 - mark
        elif other != me and counts[other] and made[other] > 0 and (not some or distinct[other] < least):
            least, some = distinct[other], True
    for place in range(made[me]):
        marks[log[me, place]] = mark
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


def steps_down(
    me: int, ladder: Ladder, history: OfferHistory, reservation_value: Floats, chance: Floats, of_any: bool
) -> tuple[Floats, Ints]:
    """`step_down` in every draw: the lowest utility, and the next offer, shape (B,)."""
    lowest, offer = np.empty(len(reservation_value)), np.empty(len(reservation_value), np.int64)
    enough, chance = np.ascontiguousarray(reservation_value), np.ascontiguousarray(chance)
    worth_compiling(_step_down_in_all, ladder.package.size)(me, ladder, history, enough, chance, of_any, lowest, offer)
    return lowest, offer


@compiled
def _step_down_in_all(
    me: int,
    ladder: Ladder,
    history: OfferHistory,
    reservation_value: Floats,
    chance: Floats,
    of_any: bool,
    lowest: Floats,
    offer: Ints,
) -> None:
    package, worth, step, pattern, avoided = ladder
    log, made, distinct, counts = history
    marks = np.full(len(pattern), -1)
    for b in range(len(offer)):
        own = Ladder(package[b], worth[b], step[b], pattern, avoided[b])
        offers = OfferHistory(log[b], made[b], distinct[b], counts)
        lowest[b], offer[b] = step_down(me, own, reservation_value[b] - TOLERANCE, offers, chance[b], marks, b, of_any)
