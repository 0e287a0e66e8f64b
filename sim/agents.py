"""The Mesa agents: one a party."""

from dataclasses import replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import mesa
import numpy as np

from sim.choices import Choices
from sim.exact import TOLERANCE
from sim.issues import NO_DEAL, Bools, Ints
from sim.state import BY_CLOCK, FIRST_LISTED, STEP_DOWN, ByRule, Rule, State, View
from sim.utility import Floats

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

    def __init__(self, model: "PeaceTalks", index: int) -> None:
        super().__init__(model)
        ensemble = model.ensemble
        self.index = index
        self.name = ensemble.structure.parties[index]
        self.strategy = ensemble.strategies[index]
        self.utility: Floats = model.utility[:, index]
        self.regard = model.awareness.regards[index]
        self._drafts: Ints = model.drafts(self.name)
        self._own_lines: Bools = ensemble.structure.lines.of(index)
        lists = getattr(self.strategy, "offers", "") == "best_for_others"
        self._choices = Choices(
            model.utility, index, ensemble.structure.lines, self.regard, model.candidates, lists
        )
        self._seen: tuple[State, View] | None = None
        self.real_lines: Bools = model.state.real & self._own_lines
        self._kept: dict[str, tuple[Any, Any]] = {}

    def take_in(self, state: State) -> None:
        """Hear of the round that begins: in draws where a red line fell, work out anew what can be signed."""
        self.real_lines = state.real & self._own_lines
        self._choices.update(self.real_lines)
        self._kept = {}

    def think_again(self, rows: Ints) -> None:
        """Work out anew what it would offer in draws in which packages have changed their worth."""
        self._choices.forget(rows)

    def strike(self, rows: Ints, packages: Bools) -> None:
        """Packages that were refused at home are signed no more, shape (rows, P)."""
        self._choices.strike(rows, packages)

    @property
    def best(self) -> Floats:
        """Largest worth it could sign, -inf for nothing, shape (B,)."""
        return self._choices.best

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
            could_sign=lambda: self._choices.signable,
            avoided=partial(ensemble.structure.lines.crossed, heard),
            no_deal=state.no_deal[:, self.index],
            best=self._choices.best,
            best_package=self._choices.best_package,
            received=state.received[:, self.index],
            best_received=state.best_received[:, self.index],
            log=state.log,
            offers_made=state.offers_made,
            distinct_offers=state.distinct_offers,
            weights=ensemble.weights[:, self.index],
            option_worth=talks.own_option_worth[:, self.index],
            packages=ensemble.structure.space.packages,
            signs=ensemble.structure.signs,
            knowledge=talks.awareness.known,
            leaning=ensemble.structure.leaning[self.index],
            tie_rank=self.regard.tie_rank,
            shortlists=partial(self._choices.shortlists, heard) if self.regard.orderings else None,
            top=self._choices.top,
            chance=ensemble.chance[state.round - 1, self.index],
            some_avoided=bool(heard.any()),
            kept=self._kept,
        )

    def by_rule(self, state: State) -> ByRule | None:
        """How it plays this round, where it goes by a rule; None where it does not."""
        rule, rank = getattr(self.strategy, "rule", None), self.regard.tie_rank
        if rule is None:
            return None
        if rule.offers == STEP_DOWN:
            self._choices.top(min(state.rounds, self.utility.shape[1]))
        elif not (self._choices.lists if rule.offers == FIRST_LISTED else len(rank) == 1):
            return None
        clock = self._clock(rule)
        asks = np.zeros(len(state.open)) if clock is None else np.asarray(clock.aspiration(self.view(state)))
        return ByRule(asks, rule, self.draft(state), len(self._drafts) > 1, self._choices.candidates, rank)

    def course(self, rounds: int) -> Floats | None:
        """How far it has come down from its best package to no deal in each round, shape (R, 1 or B).

        None where it goes by more than the clock and its list of packages.
        """
        fallen, rule = getattr(self.strategy, "fallen", None), getattr(self.strategy, "rule", None)
        if fallen is None or rule != Rule(FIRST_LISTED) or len(self._drafts) > 1:
            return None
        told: Floats = fallen(rounds)
        return told if self._choices.lists and len(self.regard.tie_rank) == 1 else None

    def list_for(self, rows: Ints, real: Bools) -> None:
        """List what may be its first in some draws where only these lines are sure to stay real, shape (rows, L)."""
        patterns = self.model.ensemble.structure.lines.patterns_crossing(real & self._own_lines)
        self._choices.list_for(rows, ~patterns)

    def aspiration(self, state: State) -> Floats:
        """The least worth it asks for now, shape (B,)."""
        return np.asarray(self.strategy.aspiration(self.view(state)))

    def aspirations(self, state: State) -> Floats:
        """The least worth it asks for by the clock in this round and all later ones, as things stand.

        Shape (rounds, B); 0 where it goes by a rule and not by the clock.
        """
        clock, rounds = self._clock(getattr(self.strategy, "rule", None)), range(state.round, state.rounds + 1)
        if clock is None:
            return np.zeros((len(rounds), len(state.open)))
        if hasattr(clock, "aspirations"):
            return np.asarray(clock.aspirations(self.view(state)))
        return np.array([clock.aspiration(self.view(replace(state, round=k))) for k in rounds])

    def _clock(self, rule: Rule | None) -> Any:
        """What says how much it asks for by the clock; None where nothing does."""
        return self.strategy if rule is None or rule.asks == BY_CLOCK else rule.clock

    def offer(self, state: State) -> Ints:
        """The package it puts on the table, shape (B,): first its drafts in turn, then what its strategy makes.

        A draft that has been refused at home, or that an event has taken off the table, gives way to the latter.
        """
        draft = self.draft(state)
        return np.where(draft == NO_DEAL, self.strategy.offer(self.view(state)), draft)

    def draft(self, state: State) -> Ints:
        """The next of its drafts, shape (B,); `NO_DEAL` after the last, and for one that is off the table."""
        draft = self._drafts[np.minimum(state.offers_made[:, self.index], len(self._drafts) - 1)]
        if len(self._drafts) == 1:
            return draft
        return np.where(self.taken_off(np.arange(len(draft)), draft), NO_DEAL, draft)

    def taken_off(self, rows: Ints, packages: Ints) -> Bools:
        """Which packages, shape (rows, ...), were refused at home or taken off the table by an event."""
        return self._choices.taken_off(rows, packages)

    def on_the_table(self, rows: Ints) -> Bools:
        """All packages of some draws that were not, shape (rows, P); all of them where none is left."""
        return self._choices.on_the_table(rows)

    def accepts(self, state: State, package: Ints) -> Bools:
        """Whether it would take a package now, shape (B,)."""
        bearable = self.could_sign(state, np.arange(len(package)), package)
        accepts: Bools = bearable & self.strategy.accept(self.view(state), package)
        return accepts

    def could_sign(self, state: State, rows: Ints, package: Ints) -> Bools:
        """Whether a package of each of some draws crosses no real line of its own and beats no deal, shape (rows,)."""
        worth = self.utility[rows, package]
        could: Bools = self._choices.could_sign(rows, package) & (worth >= state.no_deal[rows, self.index] - TOLERANCE)
        return could
