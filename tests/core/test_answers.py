"""Compiled loops over what was said, against the same written otherwise."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.core.answers import Ladder, OfferHistory, steps_down
from sim.core.bids import highest

LEVELS = st.sampled_from([0.2, 0.5 - 2e-9, 0.5 - 5e-10, 0.5, 0.8, 1.0])
PARTIES, PACKAGES, ROUNDS = 3, 6, 5


def said(data, draws):
    """Offers made so far, and how many there are and how many different ones."""
    log = data.draw(hnp.arrays(np.int64, (draws, PARTIES, ROUNDS), elements=st.integers(0, PACKAGES - 1)))
    made = data.draw(hnp.arrays(np.int64, (draws, PARTIES), elements=st.integers(0, ROUNDS - 1)))
    distinct = [[len(set(log[b, n, : made[b, n]])) for n in range(PARTIES)] for b in range(draws)]
    return log, made, np.array(distinct)


def next_step(top, no_deal, avoided, offers, others, chance, of_any):
    """The lowest worth and the next offer of one party in one draw, told with lists."""
    steps = [(p, w, a) for p, w, s, a in zip(*top, avoided, strict=True) if s and w >= no_deal - 1e-9]
    earlier = [step for step in steps if step[0] in offers]
    fresh = [step for step in steps if step[0] not in offers]
    fresh = [step for step in fresh if not step[2]] or fresh
    least = min((len(set(each)) for each in others if each), default=0)
    least = len(set().union(*others)) if of_any else least
    lowest = [w for _, w, _ in earlier]
    if fresh and (len(set(offers)) <= least or not earlier):
        return min([*lowest, fresh[0][1]]), fresh[0][0]
    return min(lowest, default=np.inf), earlier[int(chance * len(earlier))][0] if earlier else -1


@given(st.data())
def test_a_step_down_for_a_step_of_the_others(data):
    draws = 3
    log, made, distinct = said(data, draws)
    package = np.array([data.draw(st.permutations(range(PACKAGES))) for _ in range(draws)])
    worth = -np.sort(-data.draw(hnp.arrays(float, package.shape, elements=LEVELS)), axis=1)
    step = data.draw(hnp.arrays(bool, package.shape))
    no_deal, chance = np.full(draws, 0.5), data.draw(hnp.arrays(float, draws, elements=st.floats(0, 0.999)))
    party, some = data.draw(st.integers(0, 2)), data.draw(st.booleans())
    others = [n for n in range(PARTIES) if n != party]
    crossing = np.zeros((draws, 2), bool)
    crossing[:, 1] = some  # packages of the second pattern, those of odd number, are avoided or none is
    pattern = np.arange(PACKAGES) % 2
    avoided = crossing[np.arange(draws)[:, None], pattern[package]]
    ladder = Ladder(package, worth, step, pattern, crossing)
    history = OfferHistory(log, made, distinct, np.ones(PARTIES, bool))
    of_any = data.draw(st.booleans())
    lowest, offer = steps_down(party, ladder, history, no_deal, chance, of_any)
    for b in range(draws):
        heard = [list(log[b, n, : made[b, n]]) for n in range(PARTIES)]
        rest = [heard[n] for n in others]
        wanted = next_step((package[b], worth[b], step[b]), 0.5, avoided[b], heard[party], rest, chance[b], of_any)
        assert (lowest[b], offer[b]) == wanted


@given(st.data())
def test_the_highest_from_the_best_down(data):
    """As a stable sort of whole numbers has them: by steps of the tolerance, then by rank."""
    draws, packages = 2, data.draw(st.integers(1, 40))
    merit = data.draw(hnp.arrays(float, (draws, packages), elements=st.one_of(LEVELS, st.floats(0, 1))))
    usable = data.draw(hnp.arrays(bool, merit.shape))
    ranks = data.draw(st.sampled_from([1, draws]))
    rank = np.array([data.draw(st.permutations(range(packages))) for _ in range(ranks)])
    count, spread = data.draw(st.integers(1, packages)), data.draw(st.booleans())
    for row, found in enumerate(highest(merit, usable, rank, count, spread)):
        mine = rank[row if len(rank) > 1 else 0]
        wanted = sorted(np.flatnonzero(usable[row]), key=lambda p: (-round(merit[row, p] / 1e-9), mine[p]))
        if spread and len(wanted) > count > 1:  # the best, the worst, and evenly in between
            wanted = [wanted[int(k * (len(wanted) - 1) / (count - 1) + 1e-9)] for k in range(count)]
        wanted = wanted[:count]
        assert found.tolist() == wanted + [wanted[-1] if wanted else -1] * (count - len(wanted))
