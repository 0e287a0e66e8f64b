"""The parties: acceptable packages, bids and stances."""

from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from sim.core import bids
from sim.core.acceptance import LATE, THRESHOLD, is_acceptable
from sim.core.answers import BY_STEPS_OF_ANY, Ladder, OfferHistory, answers_in_all, steps_down
from sim.core.bids import FIRST_SHARE, FIRST_WIDTH, LEAST_OWN, NEAREST_OWN, PER_BIN, STEP_DOWN, highest, listed_bids
from sim.core.compiled import worth_compiling
from sim.core.exact import TOLERANCE, Floats
from sim.core.package_pass import value_in_round, values_at
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.state import State
from sim.core.strategy import NO_BID, Stance, View
from sim.core.utility import EVERYBODY
from sim.model.mesa_core import Agent, Model

if TYPE_CHECKING:
    from sim.model.peace_talks import PeaceTalks


LISTING = 10  # steps of a package that is evaluated for a list of bids


class _Numbers(WeakKeyDictionary):  # type: ignore[type-arg]
    """Counters for unique ids, one a model, that do not keep models alive as Mesa 3.3's own do."""

    def __getitem__(self, model: Model) -> Any:
        return self.setdefault(model, count(1))


class Party(Agent):  # type: ignore[misc]
    """One party at the table, in every draw of a block at once: the same actor in parallel worlds.

    Once a round it gives its strategy what the party may see and takes its stance. No strategy may accept what crosses
    a real red line or is below its reservation value.
    """

    _ids = _Numbers()

    def __init__(self, model: "PeaceTalks", index: int) -> None:
        super().__init__(model)
        ensemble = model.ensemble
        self.index = index
        self.name = ensemble.structure.parties[index]
        self.strategy = ensemble.strategies[index]
        self.net_utility: Floats = model.utility[:, index]
        ahead = model.domain.prospects
        self._looks: Bools = ahead.looks[:, index]
        self._prospects = ahead._replace(looks=self._looks[:, None], held=ahead.held[:, index, None])
        self._reservation_value: Floats = model.state.reservation_value[:, index]
        self.regard = model.awareness.regards[index]
        self._lines = ensemble.structure.lines
        self._drafts: Ints = model.drafts(self.name)
        own = self._lines.of(index)
        self._own_lines: Bools = own
        self._lasting: Bools = own & ~ensemble.world.may_fall()
        every = np.arange(len(self._lines.pattern))
        self._order = bids.side_by_side(self.regard.orderings or (bids.ordering(every, self._lines.pattern),))
        draws = len(ensemble)
        self.real_lines: Bools = np.zeros((draws, len(own)), bool)
        self._seen: Bools | None = None  # lines of all parties that were real at the last update
        self._stale: Bools = np.ones(draws, bool)  # to be listed anew
        self._ladder_stale: Bools = np.ones(draws, bool)
        self._found: dict[str, Any] = {}  # masks over all packages, until what can be signed changes
        self._taken: tuple[int, Stance] | None = None

    # What it could sign

    def update(self, state: State) -> None:
        """Update to the round that begins: where a line changed, the acceptable packages change."""
        listed, before = np.flatnonzero(self._stale), self._reservation_value
        self._reservation_value = state.reservation_value[:, self.index]
        revalued = self._looks & (self._reservation_value != before)
        if state.real is self._seen and not len(listed) and not revalued.any():
            return
        self._seen, real = state.real, state.real & self._own_lines
        moved = self._stale | (real != self.real_lines).any(axis=1)
        changed = np.flatnonzero(moved | revalued)
        self.real_lines = real
        if len(listed):
            self._list(listed)
            self._stale[:] = False
        if len(changed):
            talks = self.model
            update_best = worth_compiling(bids.update_best, len(changed) * len(self._lines.pattern))
            update_best(
                self.index, changed, moved, talks.domain, np.ascontiguousarray(state.real),
                np.ascontiguousarray(state.reservation_value), talks.bids,
            )  # fmt: skip
            self._ladder_stale[changed] = True
            self._found = {}

    def _list(self, rows: Ints) -> None:
        """List its candidates in some draws, for any red lines that may still be given up there."""
        talks, n = self.model, self.index
        lasting = self.real_lines[rows] & self._lasting[rows]
        talks.bids.signable[n, rows] = ~self._lines.patterns_crossing(lasting)
        talks.bids.laid_out[n, rows, 0] = -1
        looks = bool(talks.domain.prospects.looks.any())
        talks.bids = bids.widened(talks.bids, max(FIRST_WIDTH, len(self._lines.pattern) // FIRST_SHARE), looks)
        while len(rows):
            list_candidates = worth_compiling(bids.list_candidates, LISTING * len(rows) * len(self._lines.pattern))
            widest = list_candidates(n, rows, talks.domain, self._order, talks.bids)
            rows = rows[talks.bids.listed[n, rows] > talks.bids.worth.shape[2]]
            talks.bids = bids.widened(talks.bids, int(widest) * 5 // 4 if len(rows) else 0, looks)  # for others, too

    def relist(self, rows: Ints) -> None:
        """List anew, when the next round begins, what it could bid in draws in which packages have changed."""
        self._stale[rows] = True

    @property
    def best(self) -> Floats:
        """Return the largest utility it could sign, -inf for nothing, shape (B,)."""
        best: Floats = self.model.bids.best[self.index]
        return best

    @property
    def patterns(self) -> Bools:
        """Return patterns of packages that cross none of its real red lines, shape (B, K)."""
        patterns: Bools = self.model.bids.signable[self.index]
        return patterns

    @property
    def utility(self) -> Floats:
        """Return its utility of every package in this round, shape (B, P)."""
        if not self._looks.any():
            return self.net_utility
        if "utility" not in self._found:
            net, free = self.net_utility[:, None], self._reservation_value[:, None]
            self._found["utility"] = value_in_round(net, self._prospects, free)[:, 0]
        found: Floats = self._found["utility"]
        return found

    def utility_of(self, package: Ints) -> Floats:
        """Return its utility of one package a draw in this round, shape (B,)."""
        rows, free = np.arange(len(package)), self._reservation_value[None]
        found: Floats = values_at(self.net_utility[:, None], self._prospects, rows, package, free)[0]
        return found

    def could_sign(self, state: State, rows: Ints, package: Ints) -> Bools:
        """Return whether a package of each of some draws is acceptable in red lines and utility, shape (rows,)."""
        could: Bools = self.patterns[rows, self._lines.pattern[package]]
        could &= self.net_utility[rows, package] >= state.reservation_value[rows, self.index] - TOLERANCE
        struck = self.model.bids.struck
        return could & ~struck[rows, package] if len(struck) else could

    def _signable(self) -> Bools:
        """Return packages that cross none of its real red lines and are not excluded, shape (B, P)."""
        if "signable" not in self._found:
            signable: Bools = self.patterns[:, self._lines.pattern]
            struck = self.model.bids.struck
            self._found["signable"] = signable & ~struck if len(struck) else signable
        found: Bools = self._found["signable"]
        return found

    def _worst(self) -> Floats:
        """Return the smallest utility among packages that it could sign, inf where there is none, shape (B,)."""
        if "worst" not in self._found:
            self._found["worst"] = np.min(self.utility, axis=1, where=self._signable(), initial=np.inf)
        found: Floats = self._found["worst"]
        return found

    def taken_off(self, rows: Ints, packages: Ints) -> Bools:
        """Which packages, shape (rows, ...), were refused at home or taken off the table by an event."""
        lines, draw = self._lines, rows.reshape(-1, *[1] * (packages.ndim - 1))
        removed = self.real_lines[draw] & (lines.party == EVERYBODY)
        gone: Bools = (lines.crosses[lines.pattern[packages]] & removed).any(axis=-1)
        struck = self.model.bids.struck
        return gone | struck[draw, packages] if len(struck) else gone

    def on_the_table(self, rows: Ints) -> Bools:
        """Return all packages of some draws that are not removed, shape (rows, P); all of them where none is left."""
        taken_off = self._lines.crossed(self.real_lines[rows] & (self._lines.party == EVERYBODY))
        struck = self.model.bids.struck
        if len(struck):
            taken_off |= struck[rows]
        return ~taken_off | taken_off.all(axis=1, keepdims=True)

    def _ladder(self, state: State, length: int, spread: bool) -> Ladder:
        """Packages that it could sign, so many, best first, as in `View`; ties by its regard for the others.

        Where it can sign fewer, the last of them is repeated; where none, what it offers instead.
        """
        talks, n = self.model, self.index
        if length > talks.bids.top_package.shape[2]:
            shape = *talks.bids.listed.shape, length
            talks.bids = talks.bids._replace(
                top_package=np.zeros(shape, np.int64), top_worth=np.zeros(shape), top_step=np.zeros(shape, bool)
            )
        to, rows = talks.bids, np.flatnonzero(self._ladder_stale)
        if len(rows):
            self._ladder_stale[:] = False
            rank = self.regard.tie_rank if len(self.regard.tie_rank) == 1 else self.regard.tie_rank[rows]
            found = highest(self.utility[rows], self._signable()[rows], rank, length, spread)
            package = np.where(found == NO_DEAL, to.best_package[n, rows, None], found)
            step = found != NO_DEAL
            step[:, 1:] &= package[:, 1:] != package[:, :-1]
            to.top_package[n, rows], to.top_step[n, rows] = package, step
            to.top_worth[n, rows] = self.utility[rows[:, None], package]
        avoided = self.model.avoided(state)
        return Ladder(to.top_package[n], to.top_worth[n], to.top_step[n], self._lines.pattern, avoided)

    # How it goes into a round

    def view(self, state: State) -> View:
        """What the party sees now."""
        talks, ensemble, n = self.model, self.model.ensemble, self.index
        table = ensemble.structure
        history = OfferHistory(state.log, state.offers_made, state.distinct_offers, talks.domain.counts)
        reservation_value, chance = state.reservation_value[:, n], ensemble.chance[state.round - 1, n]
        return View(
            party=n,
            round=state.round,
            rounds=state.rounds,
            find_utility=lambda: self.utility,
            reservation_value=reservation_value,
            best=self.best,
            best_package=talks.bids.best_package[n],
            received=state.received[:, n],
            best_received=state.best_received[:, n],
            log=state.log,
            offers_made=state.offers_made,
            distinct_offers=state.distinct_offers,
            weights=ensemble.weights[:, n],
            option_worth=talks.own_option_worth[:, n],
            packages=table.space.packages,
            signs=table.signs,
            leaning=table.leaning[n],
            tie_rank=self.regard.tie_rank,
            has_list=bool(self.regard.orderings),
            chance=chance,
            find_signable=self._signable,
            find_avoided=lambda: talks.avoided(state)[:, table.lines.pattern],
            find_worst=self._worst,
            find_known=talks.awareness.known,
            find_ladder=partial(self._ladder, state),
            find_answer=lambda answers: answers_in_all(answers, n, self.utility, history, reservation_value, self.best),
            find_steps=lambda ladder, of_any: steps_down(n, ladder, history, reservation_value, chance, of_any),
        )

    def stance(self, state: State) -> Stance:
        """Return its stance in the round, given by its strategy once, with every default filled in."""
        if self._taken is None or self._taken[0] != state.round:
            self._taken = state.round, self._filled(self.strategy.stance(self.view(state)))
        return self._taken[1]

    def _filled(self, stance: Stance) -> Stance:
        shape, talks = (len(self.net_utility),), self.model
        if stance.bidding in (LEAST_OWN, NEAREST_OWN) and not talks.bids.by_worth.shape[2]:
            packages = self.net_utility.shape[1]
            of_each = talks.bids.listed.shape
            talks.bids = talks.bids._replace(
                by_worth=np.zeros((*of_each, packages), np.int32),
                bin_end=np.zeros((*of_each, packages // PER_BIN + 2), np.int32),
            )
        aspiration = np.asarray(stance.aspiration, np.float64)
        if aspiration.shape != shape:
            aspiration = np.broadcast_to(aspiration, shape)
        accepts_from = aspiration if stance.accepts_from is None else stance.accepts_from
        bid = np.full(shape, NO_BID) if stance.bid is None else stance.bid
        return stance._replace(aspiration=aspiration, accepts_from=accepts_from, bid=bid)

    def draft(self, state: State) -> Ints:
        """The next of its drafts, shape (B,); `NO_DEAL` after the last, and for one that is off the table."""
        if len(self._drafts) == 1:
            return np.full(len(state.open), NO_DEAL)
        draft = self._drafts[np.minimum(state.offers_made[:, self.index], len(self._drafts) - 1)]
        return np.where(self.taken_off(np.arange(len(draft)), draft), NO_DEAL, draft)

    def _steps_down(self, view: View, stance: Stance) -> tuple[Floats, Ints]:
        """As in `View`, by its answers; the ladder is the one that its strategy has laid out."""
        of_any = stance.answers is not None and stance.answers.kind == BY_STEPS_OF_ANY
        return view.steps_down(view.ladder(self.model.bids.top_package.shape[2], not of_any), of_any)

    def _takes(self, state: State) -> Floats:
        """Return the least utility that it accepts now, shape (B,)."""
        stance = self.stance(state)
        assert stance.accepts_from is not None
        if stance.answers is None:
            return stance.accepts_from
        view = self.view(state)
        if stance.bidding != STEP_DOWN:
            return view.answer(stance.answers)
        lowest, _ = self._steps_down(view, stance)
        return np.minimum(np.maximum(lowest, view.reservation_value), view.highest_claim)

    def _own_bids(self, state: State) -> Ints:
        """Return its strategy's bid now, shape (B,)."""
        stance, talks, n = self.stance(state), self.model, self.index
        assert stance.bid is not None
        if stance.bidding == STEP_DOWN:
            _, found = self._steps_down(self.view(state), stance)
            found = np.where(found == NO_BID, talks.bids.best_package[n], found)
        else:
            found = np.empty(len(stance.bid), np.int64)
            asks = stance.aspiration if stance.answers is None else self._takes(state)
            avoided = talks.avoided(state)
            bid = worth_compiling(listed_bids, talks.bids.worth[n].size)
            free = np.ascontiguousarray(state.reservation_value[:, n])
            bid(n, stance.bidding, np.ascontiguousarray(asks), free, talks.domain, avoided, talks.bids, found)
        return np.where(stance.bid == NO_BID, found, stance.bid)

    def bids(self, state: State) -> Ints:
        """Return its bid, shape (B,): first its drafts in turn, then its strategy's.

        A draft that has been refused at home, or that an event has removed, is skipped.
        """
        draft = self.draft(state)
        return np.where(draft == NO_DEAL, self._own_bids(state), draft)

    def accepts(self, state: State, package: Ints) -> Bools:
        """Return whether it would accept a package now, shape (B,)."""
        accepting, view, takes = self.stance(state).accepting, self.view(state), self._takes(state)
        own = takes if accepting == THRESHOLD else self.utility_of(self._own_bids(state))
        late = view.time >= LATE
        content: Bools = is_acceptable(accepting, self.utility_of(package), takes, own, view.best_received, late)
        return content & self.could_sign(state, np.arange(len(package)), package)
