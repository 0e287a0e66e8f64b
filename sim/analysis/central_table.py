"""Who could sign what at central numbers, before anything happens; and after a change of some of them."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from sim.analysis.dials import AS_WORTH, REAL_ABOVE, Dial, dials, hardness_dials
from sim.analysis.ways_out import Table
from sim.ensemble import Ensemble, central, revalued
from sim.foresight import foreseen_worth, foreseen_worth_of
from sim.issues import Bools, Ints
from sim.scenario import Scenario
from sim.structure import Structure
from sim.utility import Floats


class CentralTable:
    """A scenario at central numbers: worth as the parties bargain by it, lines real whose hardness is above one half.

    Looked at is the table before the first round: no event has happened, no lever is pulled, no front has moved.

    Attributes:
        scenario, structure: Of which.
        quota: How many signatories are enough; None for all.
        dials: The numbers that can be turned, but for hardness.
        hardness: Those of the red lines.
    """

    def __init__(self, scenario: Scenario, structure: Structure) -> None:
        self.scenario, self.structure = scenario, structure
        self._ensemble = _quiet(central(scenario, structure))
        self.quota: int | None = getattr(self._ensemble.protocol, "quota", None)
        self.dials = tuple(dials(scenario))
        self.hardness = tuple(hardness_dials(scenario, structure))

    @cached_property
    def real(self) -> Bools:
        """Red lines that are real at central numbers, shape (L,)."""
        return self._real({})

    @cached_property
    def now(self) -> Table:
        """The table without any change."""
        return self.after({})

    def after(self, changes: Mapping[str, float], kinds: Collection[str] = ()) -> Table:
        """The table once numbers of the file have other values.

        Args:
            changes: Value by path.
            kinds: Of the dials that were turned, if known: numbers that move worth alone are quicker to follow.
        """
        return Table(self.structure, _margins(self._moved(changes, kinds)), self._real(changes), self.quota)

    def margins(self, dial: Dial, value: float) -> Floats:
        """Worth less no deal once a dial is turned to a value, shape (N, P)."""
        return self.after(dial.at(value), (dial.kind,)).margin

    def margins_of(self, packages: Ints, changes: Mapping[str, float], kinds: Collection[str] = ()) -> Floats:
        """Worth less no deal of some packages once numbers of the file have other values, shape (N, K)."""
        moved = self._moved(changes, kinds)
        margins: Floats = foreseen_worth_of(moved, packages)[0] - moved.no_deal[0][:, None]
        return margins

    def _moved(self, changes: Mapping[str, float], kinds: Collection[str]) -> Ensemble:
        worths = bool(kinds) and all(kind in AS_WORTH for kind in kinds)
        return revalued(self._ensemble, changes) if worths else _quiet(central(self.scenario, self.structure, changes))

    def _real(self, changes: Mapping[str, float]) -> Bools:
        real = np.zeros(len(self.structure.lines.names), bool)
        for dial in self.hardness:
            real[list(dial.lines)] = changes.get(dial.path, dial.value) > REAL_ABOVE
        return real


def _quiet(ensemble: Ensemble) -> Ensemble:
    """The same draw before anything happens: no deal is worth in all rounds what the file says."""
    path = np.broadcast_to(ensemble.no_deal[:, None], ensemble.world.no_deal.shape)
    return replace(ensemble, world=replace(ensemble.world, no_deal=path))


def _margins(ensemble: Ensemble) -> Floats:
    margins: Floats = foreseen_worth(ensemble)[0] - ensemble.no_deal[0][:, None]
    return margins
