"""When a party accepts the offer on the table: one rule a name; the loop in `sim.protocols.rounds` applies them.

Whatever the rule, nothing behind a real red line and nothing worse than no deal is accepted.
"""

from collections.abc import Callable, Mapping

from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Bools
from sim.core.registry import described
from sim.core.strategy import COMBINED, LATE, NEXT_OFFER, THRESHOLD, View

AcceptanceRule = Callable[[View, Floats, Floats, Floats], Bools]


@described(
    formula="u(offer) >= a",
    source="the plain rule; AC_const and AC_time are names for it with a fixed and a falling level",
    use="the default: what is asked for and what is taken are the same",
)
def threshold(view: View, worth: Floats, aspiration: Floats, own_next: Floats) -> Bools:
    """Accept what is worth the aspiration.

    Args:
        view: What the party sees.
        worth: Of the package on the table, shape (B,).
        aspiration: The least worth the party asks for now, shape (B,).
        own_next: Worth of the package it would offer instead, shape (B,).

    Returns:
        Shape (B,).
    """
    return worth >= aspiration - TOLERANCE


@described(
    formula="u(offer) >= u(own next offer)",
    source="AC_next of Baarslag, Hindriks & Jonker (2013)",
    use="where a party's offers lie well above what it asks for: it then takes no less than it would have said itself",
)
def next_offer(view: View, worth: Floats, aspiration: Floats, own_next: Floats) -> Bools:
    """Accept what is worth as much as the offer one would make instead."""
    return worth >= own_next - TOLERANCE


@described(
    formula="u(offer) >= u(own next offer), or time >= 0.9 and u(offer) >= u(best offer received)",
    source="AC_combi of Baarslag, Hindriks & Jonker (2013), with the best of all offers received as its late level",
    use="against opponents whose best offers came early: near the end the party settles for as good a one",
)
def combined(view: View, worth: Floats, aspiration: Floats, own_next: Floats) -> Bools:
    """As `next_offer`; in the last tenth of the talks also an offer as good as the best received so far."""
    accepts = worth >= own_next - TOLERANCE
    if view.time >= LATE:
        accepts = accepts | (worth >= view.best_received - TOLERANCE)
    return accepts


ACCEPTANCE_RULES: Mapping[str, AcceptanceRule] = {
    "combined": combined,
    "next_offer": next_offer,
    "threshold": threshold,
}
ACCEPTING = {"combined": COMBINED, "next_offer": NEXT_OFFER, "threshold": THRESHOLD}
NAMES = {code: name for name, code in ACCEPTING.items()}
