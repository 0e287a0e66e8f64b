"""The Mesa agents: one a party."""

from functools import cached_property, partial
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import mesa
import numpy as np

from sim.exact import TOLERANCE
from sim.issues import NO_DEAL, Bools, Ints
from sim.knowledge import Knowledge, Regard
from sim.shortlist import Candidates, Shortlist, candidates
from sim.state import State, View
from sim.strategies.offers import first_of_highest
from sim.utility import Floats, Lines

if TYPE_CHECKING:
    from sim.model import PeaceTalks


class _Numbers(WeakKeyDictionary):  # type: ignore[type-arg]
    """Counters for unique ids, one a model, that do not keep models alive as Mesa 3.3's own do."""

    def __getitem__(self, model: mesa.Model) -> Any:
        return self.setdefault(model, count(1))


class Party(mesa.Agent):  # type: ignore[misc]
    """One party at the table, in every draw of a block at once: the same actor in parallel worlds.

    It shows its strategy what the party may see and passes the answer on, but for what no strategy may do: accept
    what crosses a real red line or is worth less than no deal.
    """

    _ids = _Numbers()

    def __init__(self, model: "PeaceTalks", index: int, known: Knowledge, regard: Regard) -> None:
        super().__init__(model)
        ensemble = model.ensemble
        self.index = index
        self.name = ensemble.structure.parties[index]
        self.strategy = ensemble.strategies[index]
        self.utility: Floats = model.utility[:, index]
        self.known, self.regard = known, regard
        self.real_lines: Bools = ensemble.real & ensemble.structure.lines.of(index)
        self.signable: Bools = ~ensemble.structure.lines.crossed(self.real_lines)
        willing = self.signable.any(axis=1, keepdims=True)
        usable = self.signable | ~willing  # it must offer something
        self.best_package: Ints = first_of_highest(self.utility, usable, regard.tie_rank)
        self.best: Floats = np.where(self.signable.any(axis=1), self.worth(self.best_package), -np.inf)
        self.opens_with: int = model.opens_with(self.name)
        self._memory = _Memory(self.utility, self.real_lines, ensemble.structure.lines, regard)
        self._seen: tuple[State, View] | None = None

    def worth(self, package: Ints) -> Floats:
        """Its worth of one package a draw, shape (B,)."""
        return self.utility[np.arange(len(package)), package]

    def view(self, state: State) -> View:
        """What the party sees now."""
        if self._seen is None or self._seen[0] is not state:
            self._seen = state, self._look(state)
        return self._seen[1]

    def _look(self, state: State) -> View:
        ensemble, talks = self.model.ensemble, self.model
        heard = state.lines_heard(getattr(ensemble.protocol, "memory", None))
        return View(
            party=self.index,
            round=state.round,
            rounds=state.rounds,
            utility=self.utility,
            signable=self.signable,
            avoided=partial(ensemble.structure.lines.crossed, heard),
            no_deal=talks.no_deal[:, self.index],
            best=self.best,
            best_package=self.best_package,
            received=state.received[:, self.index],
            best_received=state.best_received[:, self.index],
            option_worth=talks.own_option_worth[:, self.index],
            packages=ensemble.structure.space.packages,
            signs=ensemble.structure.signs,
            known=self.known,
            tie_rank=self.regard.tie_rank,
            shortlists=partial(self._memory.shortlists, heard),
        )

    def aspiration(self, state: State) -> Floats:
        """The least worth it asks for now, shape (B,)."""
        return np.asarray(self.strategy.aspiration(self.view(state)))

    def offer(self, state: State) -> Ints:
        """The package it puts on the table, shape (B,); the first time the text it opens with, if it has one."""
        package = np.asarray(self.strategy.offer(self.view(state)))
        if self.opens_with == NO_DEAL:
            return package
        return np.where(state.own_offer[:, self.index] == NO_DEAL, self.opens_with, package)

    def accepts(self, state: State, package: Ints) -> Bools:
        """Whether it would take a package now, shape (B,)."""
        view, draw = self.view(state), np.arange(len(package))
        bearable = self.signable[draw, package] & (self.worth(package) >= view.no_deal - TOLERANCE)
        accepts: Bools = bearable & self.strategy.accept(view, package)
        return accepts


class _Memory:
    """A party's offers in order of choice, kept until it hears of other red lines."""

    def __init__(self, utility: Floats, real_lines: Bools, lines: Lines, regard: Regard) -> None:
        self._utility, self._lines, self._regard = utility, lines, regard
        self._signable = ~lines.patterns_crossing(real_lines)

    @cached_property
    def _candidates(self) -> Candidates:
        return candidates(self._utility, self._signable, self._regard.orderings)

    @cached_property
    def _any_line(self) -> Shortlist:
        return self._candidates.shortlist(self._signable, np.arange(len(self._signable)))

    def shortlists(self, heard: Bools) -> tuple[Shortlist, Shortlist]:
        """Offers best for the others first: avoiding the lines heard of, and all the party could sign."""
        if not hasattr(self, "_avoiding"):
            self._avoiding, self._listed_for = self._any_line, np.zeros_like(heard)
        changed = np.flatnonzero((heard != self._listed_for).any(axis=1))
        if len(changed):
            usable = self._signable[changed] & ~self._lines.patterns_crossing(heard[changed])
            self._avoiding = self._avoiding.with_rows(changed, self._candidates.shortlist(usable, changed))
            self._listed_for = heard
        return self._avoiding, self._any_line
