"""Concede one step when the others have."""

from dataclasses import dataclass

import numpy as np

from sim.core import offer_log
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import NO_DEAL, Ints
from sim.core.state import BY_STEPS, STEP_DOWN, Rule, View
from sim.strategies import STRATEGIES
from sim.strategies.base import Picking, between, highest_claim, others


@STRATEGIES.register(
    "micro",
    formula="with m different offers of its own and n of the other: if m <= n it offers the (m + 1)-th best package, "
    "else any earlier one; a = the lowest worth it has offered or offers next",
    source="de Jonge (2022), MiCRO; n with several others, and other offer rules, are our own",
    use="a strong and simple opponent that needs to know nothing of the others; best in domains of few packages",
)
@dataclass(frozen=True)
class Micro(Picking):
    """Go down one's own packages one by one, a step whenever the least-moving other has made as many.

    The order is by own worth; ties by the party's regard for the others. Steps that cross a line somebody has named
    are left out as long as there are others. Of others that sign, those that have made no offer at all hold nobody up.
    When it is not its turn to move it repeats one of its earlier offers by chance, each alike. It goes no lower than no
    deal. By another offer rule than its own it asks for the worth of its `(min(m, n) + 1)`-th best package, m then the
    number of its offers, different or not.
    """

    randomises = True

    @property
    def rule(self) -> Rule | None:
        """What it asks for and offers, where it offers what it picks; not told of a strategy built on this."""
        by_steps = type(self) is Micro and self.offers == "picked" and self.accepts == "threshold"
        return Rule(STEP_DOWN, asks=BY_STEPS) if by_steps else None

    def aspiration(self, view: View) -> Floats:
        """The least worth the party asks for now, shape (B,)."""
        rows = np.arange(len(view.no_deal))
        if self.offers != "picked":
            best = view.top(_length(view)).package
            level = np.minimum(view.offers_made[:, view.party], _least_moves(view))
            return between(view, view.worth_of(best[rows, np.minimum(level, best.shape[1] - 1)]))
        lowest, _ = self._next(view)
        return between(view, np.where(lowest == np.inf, highest_claim(view), lowest))

    def pick(self, view: View) -> Ints:
        """The next package down, or an earlier offer, shape (B,)."""
        _, offer = self._next(view)
        return np.where(offer == NO_DEAL, view.best_package, offer)

    def _next(self, view: View) -> tuple[Floats, Ints]:
        """The lowest worth of what it has offered or offers next, inf for none, and what that is, shape (B,)."""
        return view.once("micro.next", lambda: _climb_down(view), since=view.offers_made)


def _climb_down(view: View) -> tuple[Floats, Ints]:
    top = view.top(_length(view))
    avoided = np.zeros((0, top.package.shape[1]), bool)
    if view.some_avoided:
        avoided = np.take_along_axis(view.avoided(), top.package, axis=1)
    lowest, offer = np.empty(len(top.package)), np.empty(len(top.package), np.int64)
    offer_log.climb_down(
        *top, np.ascontiguousarray(view.no_deal), TOLERANCE, avoided, view.log, view.offers_made, view.distinct_offers,
        view.party, others(view), len(view.packages), view.chance, lowest, offer,
    )  # fmt: skip
    return lowest, offer


def _length(view: View) -> int:
    """As many packages as it can come to offer: one a round."""
    return min(view.rounds, len(view.packages))


def _least_moves(view: View) -> Ints:
    """How many different offers the least-moving other has made, of those that have made any, shape (B,)."""
    party = others(view)
    spoken = view.offers_made[:, party] > 0
    most = np.iinfo(np.int64).max
    least = np.where(spoken, view.distinct_offers[:, party], most).min(axis=1, initial=most)
    return np.where(spoken.any(axis=1), least, 0)
