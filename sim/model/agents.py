"""What a party could sign and would offer, kept up while red lines fall and others are heard of."""

from dataclasses import replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import mesa
import numpy as np

from sim.core import bids
from sim.core.bids import (
    FIRST_SHARE,
    FIRST_WIDTH,
    Candidates,
    Shortlist,
    Top,
    first_of_highest,
    highest,
    ordering,
    side_by_side,
)
from sim.core.exact import TOLERANCE, Floats
from sim.core.opponent_model import Regard
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.state import BY_CLOCK, FIRST_LISTED, STEP_DOWN, ByRule, Rule, State, View
from sim.core.utility import EVERYBODY, Lines

if TYPE_CHECKING:
    from sim.model.peace_talks import PeaceTalks


class Choices:
    """One party's packages in every draw of a block; draws in which nothing changed are left alone.

    Attributes:
        candidates: Where they are kept, for all parties.
        lists: Whether its candidates are kept up, and not its best package alone.
    """

    def __init__(
        self, utility: Floats, party: int, lines: Lines, regard: Regard, candidates: Candidates, lists: bool = False
    ) -> None:
        """Nothing is known before the first update.

        Args:
            utility: Worth of all packages to all parties, shape (B, N, P).
            party: Index of the party.
            lines: The red lines over the packages.
            regard: How it ranks packages by what they do for the others.
            candidates: Where to keep what is found.
            lists: Whether its offers will be looked for by that ranking; they can be in any case.
        """
        draws = len(utility)
        self._all_worth, self._party = utility, party
        self._utility, self._lines, self._regard = utility[:, party], lines, regard
        self._real: Bools = np.zeros((draws, len(lines.names)), bool)
        self._stale: Bools = np.ones(draws, bool)
        self.candidates = candidates
        self._set_order(lists)
        self._nothing_avoided: Bools = np.zeros((draws, len(lines.crosses)), bool)
        self._avoided = self._nothing_avoided.copy()
        self._avoided_for: Bools = np.zeros((draws, len(lines.names)), bool)
        self._top: Top | None = None
        self._top_old: Bools = np.ones(draws, bool)
        self._signable: Bools | None = None
        self._signable_old: Bools = np.ones(draws, bool)

    @property
    def best(self) -> Floats:
        """Largest worth among packages that it can sign, -inf where there is none, shape (B,)."""
        best: Floats = self.candidates.best[self._party]
        return best

    @property
    def best_package(self) -> Ints:
        """The package of that worth, shape (B,).

        Where it can sign none, for it must offer something, the best of those that nobody has taken off the table.
        """
        package: Ints = self.candidates.best_package[self._party]
        return package

    @property
    def patterns(self) -> Bools:
        """Patterns of packages that cross none of its real red lines, shape (B, K)."""
        patterns: Bools = self.candidates.patterns[self._party]
        return patterns

    def update(self, real: Bools) -> None:
        """Take in which of its lines are real now, shape (B, L)."""
        changed = np.flatnonzero(self._stale | (real != self._real).any(axis=1))
        self._real = real
        self._stale[:] = False
        if len(changed):
            self._work_out(changed)

    def list_for(self, rows: Ints, patterns: Bools) -> None:
        """List what may be its first in some draws while only these patterns may be signed, shape (rows, K).

        Whoever asks for it sees to the best package, and that other patterns are passed over: it is for talks played in
        one loop.
        """
        self.patterns[rows] = patterns
        self._look_through(rows)
        self._stale[rows] = True

    def forget(self, rows: Ints) -> None:
        """Have these draws worked out anew at the next update: worth has changed."""
        self._stale[rows] = True

    def strike(self, rows: Ints, packages: Bools) -> None:
        """Take packages off the list of some draws for good, shape (rows, P)."""
        if len(rows):
            self.candidates.strike(rows, packages)
            self._stale[rows] = True

    @property
    def signable(self) -> Bools:
        """Packages that cross none of its real red lines and are not struck, shape (B, P)."""
        if self._signable is None:
            self._signable = np.empty(self._utility.shape, bool)
        rows = np.flatnonzero(self._signable_old)
        if len(rows):
            self._signable_old[rows] = False
            self._signable[rows] = self.patterns[rows][:, self._lines.pattern]
            if len(self.candidates.struck):
                self._signable[rows] &= ~self.candidates.struck[rows]
        return self._signable

    def could_sign(self, rows: Ints, package: Ints) -> Bools:
        """Whether a package of each of some draws is signable, shape (rows,)."""
        could: Bools = self.patterns[rows, self._lines.pattern[package]]
        return could & ~self.candidates.struck[rows, package] if len(self.candidates.struck) else could

    def _work_out(self, rows: Ints) -> None:
        self.patterns[rows] = ~self._lines.patterns_crossing(self._real[rows])
        self._top_old[rows] = self._signable_old[rows] = True
        self._find(rows)

    def _find(self, rows: Ints) -> None:
        """Find the best package of some draws, something to offer where it can sign none, and perhaps candidates."""
        self._look_through(rows)
        unable = rows[self.best_package[rows] == NO_DEAL]
        if len(unable):
            rank = self._regard.tie_rank if len(self._regard.tie_rank) == 1 else self._regard.tie_rank[unable]
            self.best_package[unable] = first_of_highest(self._utility[unable], self.on_the_table(unable), rank)

    def _look_through(self, rows: Ints) -> None:
        """Find the best package of some draws, and the candidates if they are asked for."""
        to, n, order = self.candidates, self._party, self._order
        width = to.worth.shape[2] if self.lists else 0
        widest = bids.look_through(
            self._all_worth, n, rows, order.packages, order.patterns, order.places, order.members,
            self._lines.by_pattern[0], *self._lines.above, to.patterns[n], to.struck, self._regard.tie_rank, TOLERANCE,
            to.best[n], to.best_package[n], to.worth[n], to.package[n], to.crossing[n], width, to.count[n],
        )  # fmt: skip
        if self.lists and widest > width:
            to.widen(int(widest) * 5 // 4)  # room for the other parties, too
            self._look_through(rows[to.count[n][rows] > width])

    def _set_order(self, lists: bool) -> None:
        """Say in which order to go through the packages: any will do for the best alone."""
        lines, orderings = self._lines, self._regard.orderings
        self.lists = lists and bool(orderings)
        if not self.lists:
            orderings = (ordering(np.arange(len(lines.pattern)), lines.pattern),)
        else:
            self.candidates.widen(max(FIRST_WIDTH, self._utility.shape[1] // FIRST_SHARE))
        self._order = side_by_side(orderings)

    def taken_off(self, rows: Ints, packages: Ints) -> Bools:
        """Which packages of some draws were refused at home or taken off the table by an event, shape (rows, ...)."""
        lines, draw = self._lines, rows.reshape(-1, *[1] * (packages.ndim - 1))
        removed = self._real[draw] & (lines.party == EVERYBODY)
        gone: Bools = (lines.crosses[lines.pattern[packages]] & removed).any(axis=-1)
        return gone | self.candidates.struck[draw, packages] if len(self.candidates.struck) else gone

    def on_the_table(self, rows: Ints) -> Bools:
        """Packages that nothing but a red line of its own forbids, all where there is none, shape (rows, P)."""
        taken_off = self._lines.crossed(self._real[rows] & (self._lines.party == EVERYBODY))
        if len(self.candidates.struck):
            taken_off |= self.candidates.struck[rows]
        return ~taken_off | taken_off.all(axis=1, keepdims=True)

    def top(self, count: int) -> Top:
        """Its best packages that it could sign, best first; ties by its regard for the others.

        Where it can sign fewer, the last of them is repeated; where none, what it offers instead.
        """
        to = self.candidates
        to.widen_top(count)
        if self._top is not to.top:
            self._top = to.top
            self._top_old[:] = True
        all_packages, all_worth, all_steps = (each[self._party] for each in to.top)
        rows = np.flatnonzero(self._top_old)
        if len(rows):
            self._top_old[:] = False
            rank = self._regard.tie_rank if len(self._regard.tie_rank) == 1 else self._regard.tie_rank[rows]
            found = highest(self._utility[rows], self.signable[rows], rank, all_packages.shape[1])
            package = np.where(found == NO_DEAL, self.best_package[rows, None], found)
            all_packages[rows] = package
            all_worth[rows] = self._utility[rows[:, None], package]
            step = found != NO_DEAL
            step[:, 1:] &= package[:, 1:] != package[:, :-1]
            all_steps[rows] = step
        return Top(*(np.ascontiguousarray(each[:, :count]) for each in (all_packages, all_worth, all_steps)))

    def shortlists(self, heard: Bools) -> tuple[Shortlist, Shortlist]:
        """Offers best for the others first: avoiding the lines heard of, and all the party could sign."""
        if not self.lists:
            self._set_order(True)
            self._find(np.arange(len(self.best)))
        changed = np.flatnonzero((heard != self._avoided_for).any(axis=1))
        if len(changed):
            self._avoided[changed] = self._lines.patterns_crossing(heard[changed])
            self._avoided_for = heard
        avoided = self._avoided, self._nothing_avoided
        avoiding, any_line = (Shortlist(self.candidates, self._party, patterns) for patterns in avoided)
        return avoiding, any_line


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
