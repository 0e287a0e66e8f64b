"""Claims about losses that a file tells and nothing is computed from."""

from collections.abc import Mapping
from typing import Any

from sim.analysis.words import party_label, running_text
from sim.scenario import Scenario

CLAIMS = "Claims about losses are claims by parties to the war or their allies"


def claimed_losses(scenario: Scenario) -> dict[str, Any]:
    """Claims by party, as the file has them: a range may come without any middle."""
    war = scenario.war
    if war is None or "claimed_losses_per_month" not in war.shown:
        return {}
    claims: dict[str, Any] = scenario.resolved["war"]["claimed_losses_per_month"]
    return claims


def claim_rows(scenario: Scenario) -> list[list[str]]:
    """Claims about killed and wounded a month: party, what is claimed, note; empty without any."""
    claims = claimed_losses(scenario).items()
    return [[party_label(scenario, name), _claim(given), _note(given)] for name, given in claims]


def _claim(given: Any) -> str:
    if not isinstance(given, Mapping):
        return f"{given:,.10g}"
    ends = " to ".join(f"{end:,.10g}" for end in given.get("range") or ())
    middle = f"{given['value']:,.10g}" if given.get("value") is not None else ""
    return f"{middle} ({ends})" if middle and ends else middle or ends


def _note(given: Any) -> str:
    return running_text(given.get("note") or "") if isinstance(given, Mapping) else ""
