"""What most strategies share: they ask for some worth, and two rules say what is offered and accepted at that."""

from dataclasses import dataclass

import numpy as np

from sim.core.exact import Floats
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.registry import choice, meanings
from sim.core.state import FIRST_LISTED, LEAST_OWN, Rule, View
from sim.strategies.acceptance import ACCEPTANCE_RULES
from sim.strategies.offers import OFFER_RULES


def others(view: View) -> Ints:
    """Indices of the other parties whose consent some package needs; whoever signs nothing has nothing to give."""
    signing = np.flatnonzero(np.any(view.signs, axis=1))
    rest: Ints = signing[signing != view.party]
    return rest


def offer_of(view: View, party: int, place: Ints) -> Ints:
    """An offer of a party by its place, 0 for its first, in each draw; `NO_DEAL` where it has made none there.

    Args:
        view: What is seen.
        party: Whose offer.
        place: Shape (B,).
    """
    made = (place >= 0) & (place < view.offers_made[:, party])
    package = view.log[np.arange(len(place)), party, np.where(made, place, 0)]
    return np.where(made, package, NO_DEAL)


def last_offer(view: View, party: int) -> Ints:
    """The last offer of a party, `NO_DEAL` for none, shape (B,)."""
    return offer_of(view, party, view.offers_made[:, party] - 1)


def between(view: View, worth: Floats) -> Floats:
    """A worth kept between no deal and the best the party could sign, or at no deal if that is worth more."""
    return np.minimum(np.maximum(worth, view.no_deal), highest_claim(view))


def highest_claim(view: View) -> Floats:
    """The most a party can ask for: its best package, or no deal if that is worth more, shape (B,)."""
    return np.maximum(view.best, view.no_deal)


RULES = {"best_for_others": Rule(FIRST_LISTED), "least_own": Rule(LEAST_OWN)}


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A strategy in three parts: how much is asked for, which package of that worth is offered, what is accepted.

    A strategy that leaves something to chance says so by `randomises`; it finds its uniforms in the `View`. One whose
    aspiration is settled at the beginning of a round says so by `steady`: by the clock, its best and no deal, that is,
    and not by what is said in the round.
    """

    randomises = False
    steady = False

    offers: str = choice("best_for_others", meanings(OFFER_RULES), doc="which of the packages worth enough is offered")
    accepts: str = choice("threshold", meanings(ACCEPTANCE_RULES), doc="when an offer is accepted")

    @property
    def rule(self) -> Rule | None:
        """What it asks for and offers, where all it does in a round follows from that and the lines heard of."""
        return self._offers_by if self.steady else None

    @property
    def _offers_by(self) -> Rule | None:
        plain = type(self).offer is Asking.offer and type(self).accept is Asking.accept
        return RULES.get(self.offers) if plain and self.accepts == "threshold" else None

    def aspiration(self, view: View) -> Floats:
        """The least worth the party asks for now, shape (B,)."""
        raise NotImplementedError

    def offer(self, view: View) -> Ints:
        """The package the party puts on the table, shape (B,)."""
        return OFFER_RULES[self.offers](view, self.aspiration(view))

    def accept(self, view: View, offer: Ints) -> Bools:
        """Whether the party takes the package on the table, shape (B,)."""
        own_next = self.offer(view) if self.accepts != "threshold" else offer
        return ACCEPTANCE_RULES[self.accepts](view, offer, self.aspiration(view), own_next)


@dataclass(frozen=True, kw_only=True)
class Picking(Asking):
    """A strategy that has a package of its own in mind, not only a worth.

    Left alone, it offers that package; by any other offer rule, one of those worth as much as it asks for.
    """

    offers: str = choice(
        "picked",
        {"picked": "the package that the strategy picks", **meanings(OFFER_RULES)},
        doc="which of the packages worth enough is offered",
    )

    def pick(self, view: View) -> Ints:
        """The package the strategy has in mind, shape (B,)."""
        raise NotImplementedError

    def offer(self, view: View) -> Ints:
        """The package the party puts on the table, shape (B,)."""
        return self.pick(view) if self.offers == "picked" else super().offer(view)
