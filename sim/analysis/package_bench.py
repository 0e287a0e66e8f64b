"""A scenario laid out so that one package after another can be looked at: at central numbers and over some draws."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sim.analysis.portrait import Portrait, portrait
from sim.analysis.smallest_change import CentralTable
from sim.core import package_pass
from sim.core.exact import Floats
from sim.core.package_pass import Prospects
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.mechanisms.events import NEVER
from sim.model.domain import Structure, structure
from sim.model.ensemble import Ensemble, central, draw
from sim.model.foresight import foreseen_worth_of, prospects
from sim.scenario import Scenario

FIRST = 1  # the round in which signing is looked at


@dataclass(frozen=True, eq=False)
class Bench:
    """What does not hang on the package that is looked at.

    Attributes:
        portrait: As `peacesim show` has it.
        at_value: The one draw with every number at its value.
        central: Who could sign what there: worth as the parties bargain by it, lines real whose hardness is above 1/2.
        no_deal: Worth of no agreement in the first round of each, levers at rest, shape (B, N).
        real: Red lines that are real in it, and what events took off the table by then, shape (B, L).
    """

    scenario: Scenario = field(repr=False)
    structure: Structure
    portrait: Portrait = field(repr=False)
    at_value: Ensemble = field(repr=False)
    central: CentralTable = field(repr=False)
    ensemble: Ensemble
    no_deal: Floats = field(repr=False)
    real: Bools = field(repr=False)

    @property
    def parties(self) -> tuple[str, ...]:
        return self.structure.parties

    @property
    def n(self) -> int:
        return len(self.ensemble)

    def worths(self, packages: Ints) -> Floats:
        """Worth of packages in the first round of each draw, as the parties bargain by it, shape (B, N, K)."""
        ahead = self._ahead if self.ensemble.foresight.any() else None
        utility, world = foreseen_worth_of(self.ensemble, packages, ahead), self.ensemble.world
        for word, steps in zip(world.commitments, world.static, strict=True):
            bound = np.flatnonzero((word.from_round != NEVER) & (word.from_round <= FIRST))
            party = self.parties.index(word.party)
            package_pass.charge_commitment(
                utility, bound, party, np.ascontiguousarray(word.cost_per_step), np.ascontiguousarray(steps[packages])
            )
        return utility

    @cached_property
    def _ahead(self) -> Prospects:
        """What lies ahead in the draws; it takes longer than all else that is asked of one package."""
        return prospects(self.ensemble)

    def crossed(self, package: int) -> Bools:
        """Red lines that a package crosses, real or not, shape (L,)."""
        lines = self.structure.lines
        crossed: Bools = lines.crosses[lines.pattern[package]]
        return crossed

    def options(self, package: int) -> dict[str, str]:
        found = self.structure.space.options_of(package)
        return {issue: found[issue] for issue in self.scenario.issues}

    def package_of(self, text: str) -> int:
        """A package of the portrait, options joined by `/` in the order of the file; `NO_DEAL` if it is none."""
        options = dict(zip(self.scenario.issues, text.split("/"), strict=True))
        return self.structure.space.index_of(options) if text else NO_DEAL


def bench(scenario: Scenario, seed: int = 1, draws: int = 500) -> Bench:
    """Lay a scenario out for draws 0 to `draws - 1`, at least one; plays nothing."""
    table = structure(scenario)
    ensemble = draw(scenario, seed, 0, draws, table=table)
    world = ensemble.world
    names = world.levers.static.names if world.levers else ()
    pressure = np.zeros((draws, len(names)))
    if world.levers is not None:
        pressure = world.levers.at_the_start(pressure, FIRST)
    return Bench(
        scenario=scenario,
        structure=table,
        portrait=portrait(scenario),
        at_value=central(scenario, table),
        central=CentralTable(scenario, table),
        ensemble=ensemble,
        no_deal=world.no_deal_now(pressure, FIRST),
        real=world.lines_now(ensemble.real, np.zeros(ensemble.real.shape), FIRST),
    )
