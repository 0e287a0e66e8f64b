"""Concede one step when the others have."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.exact import TOLERANCE
from sim.issues import Bools, Ints
from sim.state import View
from sim.strategies import STRATEGIES
from sim.strategies.asking import Picking
from sim.strategies.heard import between, highest_claim, others
from sim.utility import Floats


class _Ladder(NamedTuple):
    """A party's packages from its best down, and those among them that it has offered.

    Attributes:
        package: Shape (B, K).
        worth: Own worth of them, shape (B, K).
        offered: Rungs that are worth no deal or more and that it has offered before, shape (B, K).
        next: The first such rung that it has not offered, shape (B,).
        moves: Whether its next offer is that one, shape (B,).
    """

    package: Ints
    worth: Floats
    offered: Bools
    next: Ints
    moves: Bools


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

    def aspiration(self, view: View) -> Floats:
        """The least worth the party asks for now, shape (B,)."""
        rows = np.arange(len(view.no_deal))
        if self.offers != "picked":
            best = view.top(_length(view))
            level = np.minimum(view.offers_made[:, view.party], _least_moves(view))
            return between(view, view.worth_of(best[rows, np.minimum(level, best.shape[1] - 1)]))
        ladder = self._ladder(view)
        lowest = np.where(ladder.offered, ladder.worth, np.inf).min(axis=1)
        asks = np.where(ladder.moves, np.minimum(lowest, ladder.worth[rows, ladder.next]), lowest)
        return between(view, np.where(asks == np.inf, highest_claim(view), asks))

    def pick(self, view: View) -> Ints:
        """The next package down, or an earlier offer, shape (B,)."""
        ladder, rows = self._ladder(view), np.arange(len(view.no_deal))
        offered = np.cumsum(ladder.offered, axis=1)
        again = (offered > np.floor(view.chance * offered[:, -1])[:, None]).argmax(axis=1)
        picked = ladder.package[rows, np.where(ladder.moves, ladder.next, again)]
        return np.where(ladder.moves | (offered[:, -1] > 0), picked, view.best_package)

    def _ladder(self, view: View) -> _Ladder:
        return view.once("micro.ladder", lambda: _climb_down(view), since=view.offers_made)


def _climb_down(view: View) -> _Ladder:
    package, draws = view.top(_length(view)), len(view.no_deal)
    rows = np.arange(draws)[:, None]
    worth = view.utility[rows, package]
    rung = view.signable[rows, package] & (worth >= (view.no_deal - TOLERANCE)[:, None])
    rung[:, 1:] &= package[:, 1:] != package[:, :-1]  # where there are fewer, the last is repeated
    made = view.offers_made[:, view.party]
    before = np.arange(made.max(initial=0)) < made[:, None]
    said = np.zeros(view.utility.shape, bool)
    draw, place = np.nonzero(before)
    said[draw, view.log[draw, view.party, place]] = True
    offered = rung & said[rows, package]
    quiet = rung & ~view.avoided()[rows, package]
    fresh, quiet = rung & ~offered, quiet & ~offered
    fresh = np.where(quiet.any(axis=1, keepdims=True), quiet, fresh)
    ready = view.distinct_offers[:, view.party] <= _least_moves(view)
    moves = fresh.any(axis=1) & (ready | ~offered.any(axis=1))
    return _Ladder(package, worth, offered, fresh.argmax(axis=1), moves)


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
