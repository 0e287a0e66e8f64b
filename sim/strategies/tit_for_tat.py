"""Concede what the others concede."""

from dataclasses import dataclass

import numpy as np

from sim.core.answers import ABSOLUTE, AVERAGED, RELATIVE, Answers
from sim.core.exact import TOLERANCE, Floats
from sim.core.registry import choice, count, number
from sim.core.strategy import Stance, View
from sim.strategies import STRATEGIES
from sim.strategies.base import AspirationStrategy

KINDS = {
    "absolute": "by as much as the other's offers have risen",
    "averaged": "in percent, by as much as the other's offers have risen over the span, at each offer anew",
    "relative": "in percent, by as much as the other's offers have risen",
}


ANSWERS = {"absolute": ABSOLUTE, "averaged": AVERAGED, "relative": RELATIVE}


@STRATEGIES.register(
    "tit_for_tat",
    formula="absolute: a = best - (o_(m-s+1) - o_1); relative: a = best x o_1 / o_(m-s+1); averaged: a = best x "
    "product of o_1 to o_c / product of o_(m-c+1) to o_m, c = min(s, m - s); o_i: own worth of the i-th of m offers of "
    "another, s: span; once it has made an offer, less first_step x (best - no_deal)",
    source="Faratin, Sierra & Jennings (1998), behaviour-dependent tactics, on worth; in place of their random part a "
    "first step, after Osgood (1962)",
    use="a party that gives as much as it gets, and a little in advance; with `first_step: 0` two wait for each other",
)
@dataclass(frozen=True)
class TitForTat(AspirationStrategy):
    """Concede what the others concede, as the party itself sees it, and one step in advance; at first ask for the best.

    Their rule takes one step for each offer heard: relative `a x o_(m-s) / o_(m-s+1)`, absolute
    `a - (o_(m-s+1) - o_(m-s))`, averaged `a x o_(m-s) / o_m`. The formula is what all steps since the first offer come
    to, kept between no deal and best at the end only, so that an other who goes back and returns gains nothing by it.
    With several others the party follows the least generous of those who have made more than `span` offers.
    """

    kind: str = choice("absolute", KINDS, doc="how it answers the others' moves")
    span: int = count(1, doc="relative and absolute: how many offers back the move is that it answers (the lag); "
                      "averaged: over how many offers it looks (the window)")  # fmt: skip
    first_step: float | Floats = number(
        0.05, low=0.0, high=1.0, doc="share of the way to no deal conceded in advance; its next best package at least"
    )

    def stance(self, view: View) -> Stance:
        """Return the stance that follows from the others' offers, recomputed at each turn."""
        nothing = np.zeros(len(view.reservation_value))
        return self.stance_in_answer(view, nothing, nothing)

    def stance_in_answer(self, view: View, weight: Floats, clock: Floats) -> Stance:
        """Return the same with a part of the aspiration that depends on time; see `Answers`."""
        answers = Answers(ANSWERS[self.kind], self.span, weight, clock, self._lead(view))
        return self.stance_at(view, view.answer(answers), answers=answers)

    def _lead(self, view: View) -> Floats:
        """The first step, as far as its next best package at least: less would change no offer, shape (B,)."""
        best, share = view.highest_claim, np.clip(self.first_step, 0.0, 1.0)
        lead: Floats = share * (best - view.reservation_value)
        if not np.any(lead > 0):
            return np.ascontiguousarray(lead)
        worse = view.signable & (view.utility < (best - TOLERANCE)[:, None])
        after = np.max(view.utility, axis=1, where=worse, initial=-np.inf)
        return np.where((lead > 0) & (after > -np.inf), np.maximum(lead, best - after), lead)
