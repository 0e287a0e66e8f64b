"""Concede if one has the most to lose by a failure."""

from dataclasses import dataclass

import numpy as np

from sim.core.bids import first_of_highest
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.strategy import Stance, View
from sim.strategies import STRATEGIES
from sim.strategies.base import PackageStrategy, between, last_offer, others
from sim.strategies.offers import knows_nothing_of, product_of_gains, slices, tie_rank_of, worth_no_deal


@STRATEGIES.register(
    "zeuthen",
    formula="risk_n = (g_n(own offer) - min over the others' offers of g_n) / g_n(own offer), g: gain over no deal; if "
    "own risk <= all others' as known, picks the p of highest u(p) below its last offer with product of gains >= the "
    "least among the others' offers, else its last offer; a = u(p)",
    source="Zeuthen (1930) as read by Harsanyi (1956); the worst of several offers as in Endriss (2006)",
    use="parties that know each other well: two that know everything end near the largest product of gains",
)
@dataclass(frozen=True)
class Zeuthen(PackageStrategy):
    """Concede when nobody is less willing to risk a failure, by the smallest step that turns the order round.

    Willingness is the part of what its own offer gives it above no deal that a party would lose by taking the worst,
    for itself, of the others' last offers: 1 where its own offer gives it nothing. It starts from its best package.
    With two parties the less willing one is the one whose offer has the smaller product of gains, so the step goes to a
    product at least as large as the other's; with several, as large as the smallest among the others. Of an other of
    whom nothing is known it takes the willingness to be as its own. Only others that sign and have made an offer count.
    """

    def stance(self, view: View) -> Stance:
        """Return its last offer, or the next below it, and its utility."""
        picked = _pick(view)
        signable = view.signable[np.arange(len(picked)), picked]
        aspiration = between(view, np.where(signable, view.utility_of(picked), view.highest_claim))
        return self.stance_with(view, aspiration, picked)


def _pick(view: View) -> Ints:
    rows, last = np.arange(len(view.reservation_value)), last_offer(view, view.party)
    worth = view.utility_of(last)
    stands = (last != NO_DEAL) & view.signable[rows, last] & (worth >= view.reservation_value - TOLERANCE)
    picked = np.where(stands, last, view.best_package)
    concedes = np.flatnonzero(stands & _least_willing(view, last))
    if len(concedes):
        product = np.concatenate([product_of_gains(view, some) for some in slices(view)])
        least = np.full(len(rows), np.inf)
        for other in others(view):
            offer = last_offer(view, other)
            least = np.minimum(least, np.where(offer == NO_DEAL, np.inf, product[rows, offer]))
        utility = view.utility[concedes]
        below = worth_no_deal(view, concedes) & (utility < (worth[concedes] - TOLERANCE)[:, None])
        below &= product[concedes] >= (least[concedes] - TOLERANCE)[:, None]
        there = below.any(axis=1)
        found = concedes[there]
        picked[found] = first_of_highest(utility[there], below[there], tie_rank_of(view, found))
    return picked


def _least_willing(view: View, own: Ints) -> Bools:
    """Return whether no other is less willing to risk a failure, and some other has made an offer, shape (B,)."""
    offers = {party: last_offer(view, party) for party in others(view)}
    mine = _willingness(view, view.party, own, list(offers.values()))
    least, offered = np.full(len(own), np.inf), np.zeros(len(own), bool)
    for party, offer in offers.items():
        against = [own, *(theirs for other, theirs in offers.items() if other != party)]
        theirs = np.where(knows_nothing_of(view, party), mine, _willingness(view, party, offer, against))
        least = np.where(offer == NO_DEAL, least, np.minimum(least, theirs))
        offered |= offer != NO_DEAL
    return offered & (mine <= least + TOLERANCE)


def _willingness(view: View, party: int, own: Ints, against: list[Ints]) -> Floats:
    """Return the share of its own offer's gain that a party would lose by the worst of others, as known, 0 to 1."""
    gain, worst = _gain(view, party, own), np.full(len(own), np.inf)
    for offer in against:
        worst = np.where(offer == NO_DEAL, worst, np.minimum(worst, _gain(view, party, offer)))
    gains = gain > TOLERANCE
    part = (gain - np.where(worst == np.inf, 0.0, worst)) / np.where(gains, gain, 1.0)
    return np.where(gains, np.clip(part, 0.0, 1.0), 1.0)


def _gain(view: View, party: int, package: Ints) -> Floats:
    """Return a package's gain over no deal, an other's as far as known; anything where there is none."""
    rows = np.arange(len(package))
    if party == view.party:
        return view.utility[rows, package] - view.reservation_value
    known = view.known
    here = rows if len(known.utility) > 1 else 0 * rows
    gain: Floats = known.utility[here, party, package] - known.reservation_value[here, party]
    return gain
