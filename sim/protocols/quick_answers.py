"""What a party asks for in the loop of `quick_loop.py` that answers the others: what `TitForTat` says, of one draw."""

import numpy as np

from sim.core.compiled import inlined
from sim.core.exact import Floats
from sim.core.packages import Bools, Ints

ABSOLUTE, AVERAGED = 1, 3  # as in `quick_loop.py`


@inlined
def _gain(worth: float, tolerance: float) -> float:
    """What percentages can be taken of: a worth of nothing, or less, is 0."""
    return worth if worth > tolerance else 0.0


@inlined
def answer(
    utility: Floats, log: Ints, made: Ints, signing: Bools, b: int, me: int, kind: int, span: int, no_deal: float,
    best: float, weight: float, clock: float, tolerance: float,
) -> float:  # fmt: skip
    """What a party asks for that concedes what the others do: what `TitForTat` says, of one draw.

    And `Hybrid`, by whose `weight` what it asks for by the `clock` is mixed in; of 0, that changes no bit.
    """
    highest = max(best, no_deal)
    asks = -np.inf
    for other in range(len(signing)):
        count = made[b, other]
        if other == me or count <= span or not signing[other]:
            continue
        if kind == AVERAGED:
            before, after, terms = 1.0, 1.0, min(span, count - span)
            for step in range(terms):
                before = before * _gain(utility[b, me, log[b, other, step]], tolerance)
                after = after * _gain(utility[b, me, log[b, other, count - terms + step]], tolerance)
        else:
            before, after = utility[b, me, log[b, other, 0]], utility[b, me, log[b, other, count - span]]
        if kind == ABSOLUTE:
            asks = max(asks, highest - (after - before))
        else:
            before, after = _gain(before, tolerance), _gain(after, tolerance)
            asks = max(asks, highest * before / after if after > 0 else highest)
    if asks == -np.inf:
        asks = highest
    asks = weight * clock + (1 - weight) * min(max(asks, no_deal), highest)
    return min(max(asks, no_deal), highest)
