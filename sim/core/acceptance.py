"""When a party accepts an offer: one rule a name, for one draw in the loop over turns and for all draws at once.

Whatever the rule, nothing behind a real red line and nothing worse than no deal is accepted.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sim.core.compiled import called
from sim.core.exact import TOLERANCE
from sim.core.registry import described

THRESHOLD, NEXT_OFFER, COMBINED = range(3)
LATE = 0.9  # share of the talks after which `combined` settles for the best offer received


@described(
    formula="u(offer) >= a",
    source="the plain rule; AC_const and AC_time are names for it with a fixed and a falling level",
    use="the default: what is asked for and what is taken are the same",
)
@called
def threshold(offer: Any, asked: Any, own_bid: Any, best_received: Any, late: bool) -> Any:
    """Accept what is worth the aspiration."""
    return offer >= asked - TOLERANCE


@described(
    formula="u(offer) >= u(own next offer)",
    source="AC_next of Baarslag, Hindriks & Jonker (2013)",
    use="where a party's offers lie well above what it asks for: it then takes no less than it would have said itself",
)
@called
def next_offer(offer: Any, asked: Any, own_bid: Any, best_received: Any, late: bool) -> Any:
    """Accept what is worth as much as the offer one would make instead."""
    return offer >= own_bid - TOLERANCE


@described(
    formula="u(offer) >= u(own next offer), or time >= 0.9 and u(offer) >= u(best offer received)",
    source="AC_combi of Baarslag, Hindriks & Jonker (2013), with the best of all offers received as its late level",
    use="against opponents whose best offers came early: near the end the party settles for as good a one",
)
@called
def combined(offer: Any, asked: Any, own_bid: Any, best_received: Any, late: bool) -> Any:
    """As `next_offer`; in the last tenth of the talks also an offer as good as the best received so far."""
    return (offer >= own_bid - TOLERANCE) | (late & (offer >= best_received - TOLERANCE))


ACCEPTANCE_RULES: Mapping[str, Callable[..., Any]] = {
    "combined": combined,
    "next_offer": next_offer,
    "threshold": threshold,
}
ACCEPTANCE_CODES = {"combined": COMBINED, "next_offer": NEXT_OFFER, "threshold": THRESHOLD}


@called
def is_acceptable(rule: int, offer: Any, asked: Any, own_bid: Any, best_received: Any, late: bool) -> Any:
    """Whether an offer is worth enough by a rule; numbers of one draw, or arrays of shape (B,).

    Args:
        rule: `THRESHOLD`, `NEXT_OFFER` or `COMBINED`.
        offer: Utility of the package on the table.
        asked: Least utility that the party accepts now.
        own_bid: Utility of the package it would bid instead.
        best_received: The largest utility of any offer it had to answer.
        late: Whether `LATE` of the talks has passed.
    """
    if rule == THRESHOLD:
        return threshold(offer, asked, own_bid, best_received, late)
    if rule == NEXT_OFFER:
        return next_offer(offer, asked, own_bid, best_received, late)
    return combined(offer, asked, own_bid, best_received, late)
