"""Role sheets: what one party knows before talks, without the interests of the others."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from sim.analysis.figures import NoAnswer
from sim.analysis.rendered import Rendered
from sim.core.wording import meant, quoted
from sim.mechanisms.ratification import RatifierSpec
from sim.scenario import Scenario


@dataclass(frozen=True, eq=False)
class RoleSheet(Rendered):
    """What one party knows.

    Attributes:
        scores: One row an option: `issue, option, points` (of 100, on that issue) and `adds` (points times weight: its
            contribution to a package's utility of at most 100), at central numbers.
        ratifiers: Bodies that vote on what the party signs, by name.
    """

    scenario: Scenario = field(repr=False)
    party: str
    scores: pd.DataFrame = field(repr=False)
    ratifiers: dict[str, RatifierSpec] = field(repr=False)


def role_sheet(scenario: Scenario, party: str) -> RoleSheet:
    """Return the sheet of one party; NoAnswer if there is none of this name."""
    if party not in scenario.parties:
        raise NoAnswer(f"no party is called {quoted(party)}{meant(party, list(scenario.parties))}")
    own, bodies = scenario.parties[party], scenario.ratification.ratifiers if scenario.ratification else {}
    rows = [
        (issue, option, float(own.values[issue][option]), float(own.values[issue][option]) * float(own.weights[issue]))
        for issue, spec in scenario.issues.items()
        for option in spec.options
    ]
    voting = {name: each for name, each in bodies.items() if each.party == party}
    return RoleSheet(scenario, party, pd.DataFrame(rows, columns=["issue", "option", "points", "adds"]), voting)


def role_sheets(scenario: Scenario, parties: Sequence[str] = ()) -> list[RoleSheet]:
    """Return the sheets of some parties, of all if none is named."""
    return [role_sheet(scenario, party) for party in parties or scenario.parties]
