"""Base classes of strategies: an aspiration, and separate bidding and acceptance strategies."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.core import exact
from sim.core.acceptance import ACCEPTANCE_CODES, ACCEPTANCE_RULES
from sim.core.answers import Answers
from sim.core.exact import Floats
from sim.core.packages import NO_DEAL, Ints
from sim.core.registry import choice, meanings
from sim.core.strategy import Stance, Strategy, View
from sim.strategies.offers import LISTS, OFFER_RULES


def others(view: View) -> Ints:
    """Return indices of the other parties whose consent some package needs."""
    signing = np.flatnonzero(np.any(view.signs, axis=1))
    rest: Ints = signing[signing != view.party]
    return rest


def last_offer(view: View, party: int) -> Ints:
    """The last offer of a party, `NO_DEAL` for none, shape (B,)."""
    made = view.offers_made[:, party]
    package = view.log[np.arange(len(made)), party, np.maximum(made - 1, 0)]
    return np.where(made > 0, package, NO_DEAL)


def between(view: View, worth: Floats) -> Floats:
    """Interpolate between the reservation value and the best that the party could sign, at least the former."""
    return np.minimum(np.maximum(worth, view.reservation_value), view.highest_claim)


class TimeBased:
    """What strategies share that concede by `time**exponent`."""

    exponent: float | Floats

    def conceded(self, view: View, times: Iterable[float]) -> Floats:
        """Return the share conceded in this round, given the time of every round, shape (1 or B,)."""
        if view.rounds not in self._powers:
            self._powers[view.rounds] = exact.every_power(np.array([*times]), np.atleast_1d(self.exponent))
        powers: Floats = self._powers[view.rounds][view.round - 1]
        return powers

    @cached_property
    def _powers(self) -> dict[int, Floats]:
        return {}


@dataclass(frozen=True, kw_only=True)
class AspirationStrategy(Strategy):
    """A strategy that sets an aspiration; a bidding and an acceptance strategy do the rest."""

    offers: str = choice("best_for_others", meanings(OFFER_RULES), doc="which of the packages worth enough is offered")
    accepts: str = choice("threshold", meanings(ACCEPTANCE_RULES), doc="when an offer is accepted")

    def stance_at(
        self, view: View, aspiration: Floats, accepts_from: Floats | None = None, answers: Answers | None = None
    ) -> Stance:
        """Return the stance of this aspiration, by the bidding and the acceptance strategy.

        By a bidding strategy that looks at all packages, the bid of the round is settled at its beginning, and with it
        the aspiration.
        """
        bidding, accepting = LISTS.get(self.offers), ACCEPTANCE_CODES[self.accepts]
        if bidding is not None and (view.has_list or self.offers != "best_for_others"):
            return Stance(aspiration, accepts_from, None, bidding, accepting, answers)
        bid = OFFER_RULES[self.offers](view, aspiration)
        return Stance(aspiration, accepts_from, bid, accepting=accepting)


@dataclass(frozen=True, kw_only=True)
class PackageStrategy(AspirationStrategy):
    """A strategy with a target package, not only an aspiration.

    By default it offers that package; by any other bidding strategy, one at or above the aspiration.
    """

    offers: str = choice(
        "picked",
        {"picked": "the package that the strategy picks", **meanings(OFFER_RULES)},
        doc="which of the packages worth enough is offered",
    )

    def stance_with(self, view: View, aspiration: Floats, bid: Ints) -> Stance:
        """Return the stance of this aspiration, shape (B,), and target package, shape (B,)."""
        if self.offers == "picked":
            return Stance(aspiration, bid=bid, accepting=ACCEPTANCE_CODES[self.accepts])
        return self.stance_at(view, aspiration)
