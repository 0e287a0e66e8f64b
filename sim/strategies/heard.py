"""What a party hears of the others' offers, and what these are worth to itself."""

import numpy as np

from sim.issues import NO_DEAL, Ints
from sim.state import View
from sim.utility import Floats


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
