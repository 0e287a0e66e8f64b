"""Concede what the others concede."""

from dataclasses import dataclass, replace

import numpy as np

from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import NO_DEAL, Ints
from sim.core.registry import choice, count
from sim.core.state import ABSOLUTE, AVERAGED, RELATIVE, Rule, View
from sim.strategies import STRATEGIES
from sim.strategies.base import Asking, between, highest_claim, offer_of, others

KINDS = {
    "absolute": "by as much as the other's offers have risen",
    "averaged": "in percent, by as much as the other's offers have risen over the span, at each offer anew",
    "relative": "in percent, by as much as the other's offers have risen",
}


ASKS = {"absolute": ABSOLUTE, "averaged": AVERAGED, "relative": RELATIVE}


@STRATEGIES.register(
    "tit_for_tat",
    formula="absolute: a = best - (o_(m-s+1) - o_1); relative: a = best x o_1 / o_(m-s+1); averaged: a = best x "
    "product of o_1 to o_c / product of o_(m-c+1) to o_m, c = min(s, m - s); o_i: own worth of the i-th of m offers of "
    "another, s: span",
    source="Faratin, Sierra & Jennings (1998), behaviour-dependent tactics, on worth and without their random part",
    use="against parties that move; two of them wait for each other for ever, see `hybrid`",
)
@dataclass(frozen=True)
class TitForTat(Asking):
    """Concede what the others concede, as the party itself sees it; at first ask for the best.

    Their rule takes one step for each offer heard: relative `a x o_(m-s) / o_(m-s+1)`, absolute
    `a - (o_(m-s+1) - o_(m-s))`, averaged `a x o_(m-s) / o_m`. The formula is what all steps since the first offer come
    to, kept between no deal and best at the end only, so that an other who goes back and returns gains nothing by it.
    With several others the party follows the least generous of those who have made more than `span` offers.
    """

    kind: str = choice("absolute", KINDS, doc="how it answers the others' moves")
    span: int = count(1, doc="relative and absolute: how many offers back the move is that it answers (the lag); "
                      "averaged: over how many offers it looks (the window)")  # fmt: skip

    @property
    def rule(self) -> Rule | None:
        """What it asks for and offers; not told of a strategy built on this."""
        offers = self._offers_by if type(self) is TitForTat else None
        return None if offers is None else replace(offers, asks=ASKS[self.kind], span=self.span)

    def aspiration(self, view: View) -> Floats:
        """The least worth the party asks for now, shape (B,)."""
        best, asks = highest_claim(view), np.full(len(view.no_deal), -np.inf)
        for other in others(view):
            heard = view.offers_made[:, other] > self.span
            asks = np.where(heard, np.maximum(asks, self._answer(view, other, best)), asks)
        return between(view, np.where(asks == -np.inf, best, asks))

    def _answer(self, view: View, other: int, best: Floats) -> Floats:
        """What the offers of one other come to, not yet kept within bounds; anything where they are too few."""
        made = view.offers_made[:, other]
        if self.kind != "averaged":
            first, last = _worth(view, other, 0 * made), _worth(view, other, made - self.span)
            return best - (last - first) if self.kind == "absolute" else _in_proportion(best, _gain(first), _gain(last))
        terms = np.minimum(self.span, made - self.span)
        before, after = np.ones_like(best), np.ones_like(best)
        for step in range(min(self.span, view.rounds)):
            counts = step < terms
            before = np.where(counts, before * _gain(_worth(view, other, 0 * made + step)), before)
            after = np.where(counts, after * _gain(_worth(view, other, made - terms + step)), after)
        return _in_proportion(best, before, after)


def _worth(view: View, other: int, place: Ints) -> Floats:
    """Worth to the party of an offer of another by its place, 0 where there is none, shape (B,)."""
    offer = offer_of(view, other, place)
    return np.where(offer == NO_DEAL, 0.0, view.worth_of(offer))


def _gain(worth: Floats) -> Floats:
    """What percentages can be taken of: a worth of nothing, or less, is 0."""
    return np.where(worth > TOLERANCE, worth, 0.0)


def _in_proportion(best: Floats, before: Floats, after: Floats) -> Floats:
    """`best x before / after`; all of it where the other offers nothing now."""
    some = after > 0
    return np.where(some, best * before / np.where(some, after, 1.0), best)
