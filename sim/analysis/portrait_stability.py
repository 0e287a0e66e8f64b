"""Whether anybody would move away alone from the status quo and from the proposals, at central numbers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Condition, Ints
from sim.core.stability import KINDS, NOBODY, Surroundings, stability, surroundings
from sim.model.domain import Structure
from sim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

STATUS_QUO = "status_quo"
MOST_COMPLETIONS = 100  # of a text that leaves issues open; each is looked at by itself
COLUMNS = ("state", "completions", "party", *KINDS, "move")


def stability_table(scenario: Scenario, structure: Structure, utility: Floats) -> "pd.DataFrame":
    """One row a state and party that controls an issue alone, then one for all of them; empty where no party does.

    Columns: state (`status_quo` or a proposal), completions (consistent packages that it can mean), party (None for all
    together), nash, gmr, smr and seq (in how many of these it is stable; None if there are none or more than 100), move
    (what the party would do best alone from a state that means one package; empty if nothing). `utility` is (N, P).
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    if (structure.owner != NOBODY).any():
        for name, package in _states(scenario):
            text = Condition(({issue: frozenset([option]) for issue, option in package.items()},))
            completions = np.flatnonzero(structure.space.holds(text))
            rows += ({"state": name, "completions": len(completions), **row}
                     for row in _of_state(scenario, structure, utility, completions))  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)


def _states(scenario: Scenario) -> Iterator[tuple[str, dict[str, str]]]:
    if scenario.status_quo is not None:
        yield STATUS_QUO, scenario.status_quo
    for name, proposal in scenario.proposals.items():
        yield name, proposal.package


def _of_state(scenario: Scenario, structure: Structure, utility: Floats, packages: Ints) -> Iterator[dict[str, Any]]:
    parties = structure.parties
    found = []
    for package in packages.tolist() if len(packages) <= MOST_COMPLETIONS else ():
        around = surroundings(structure.space.packages, structure.owner, len(parties), package)
        found.append((around, stability(utility[None][:, :, around.packages], around)))
    for name in scenario.parties:
        n = parties.index(name)
        if n in structure.owner:
            move = _best_move(structure, utility[n], found[0][0], n) if len(found) == 1 else ""
            stable = {kind: sum(bool(getattr(each, kind)[0, n]) for _, each in found) for kind in KINDS}
            yield {"party": name, **(stable if found else dict.fromkeys(KINDS)), "move": move}
    together = {kind: sum(bool(getattr(each, kind)[0].all()) for _, each in found) for kind in KINDS}
    yield {"party": None, **(together if found else dict.fromkeys(KINDS)), "move": ""}


def _best_move(structure: Structure, worth: Floats, around: Surroundings, n: int) -> str:
    """Where a party would go alone: `issue: option` for what it changes; empty if nothing is better for it."""
    own = around.packages[around.moves[n].of == around.moves[n].of[around.here]]
    here = int(around.packages[around.here])
    best = own[worth[own] >= worth[own].max() - TOLERANCE]
    if worth[best[0]] <= worth[here] + TOLERANCE:
        return ""
    before, after = (structure.space.options_of(package) for package in (
        here, int(best[structure.space.tie_rank[best].argmin()])))  # fmt: skip
    return ", ".join(f"{issue}: {option}" for issue, option in after.items() if option != before[issue])
