"""The Mesa model: a step is a round, played in all draws of a block at once."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sim.core import exact, package_pass
from sim.core.bids import Domain, line_table, no_bids
from sim.core.compiled import worth_compiling
from sim.core.exact import TOLERANCE, Floats
from sim.core.opponent_model import Knowledge, Regard, learned
from sim.core.package_pass import Prospects, value_in_round
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.state import Case, Moves, State, opening
from sim.core.utility import DAYS_PER_MONTH, rescale_weights
from sim.model.agenda import Agenda
from sim.model.agents import Party
from sim.model.ensemble import Ensemble
from sim.model.foresight import net_utility, net_utility_anew
from sim.model.mesa_core import Model
from sim.model.ratification import Approval
from sim.model.talks import Talks
from sim.model.zopa import Zones


class Awareness:
    """Keeps what everybody knows of everybody: the same for all of them, since all offers are heard by all.

    What is learned from offers is taken in at the beginning of a round.
    """

    def __init__(self, ensemble: Ensemble, utility: Floats, ahead: Prospects) -> None:
        table, self._space = ensemble.structure, ensemble.structure.space
        information, issues = ensemble.protocol.information, ensemble.scenario.issues
        in_file = [list(issues[issue.name].options) for issue in self._space.issues]
        self._order = [
            np.array([listed.index(option) for option in issue.options])
            for issue, listed in zip(self._space.issues, in_file, strict=True)
        ]
        self._learns = information == "learned"
        self._known: Knowledge
        if information == "positions":
            self._known, self.regards = table.positions, table.regard_by_positions
        elif information == "complete":
            if ahead.looks.any():  # known is what packages are worth to the others in round 1
                utility = value_in_round(utility, ahead, ahead.reservation_value)
            self._known = Knowledge(utility, utility.max(axis=2), ensemble.reservation_value)
            self.regards = table.regards(self._known)
        else:
            self._known, self.regards = table.nothing_known, table.regard_knowing_nothing
        if self._learns:
            rank = table.space.tie_rank[None]
            self.regards = tuple(Regard(n, (), rank) for n in range(len(table.parties)))

    def listen(self, state: State) -> None:
        """Take in what has been offered up to this round."""
        if self._learns:
            self._known = learned(state.log, state.offers_made, self._space, self._order)

    def known(self) -> Knowledge:
        """What is known in this round."""
        return self._known


class Leaving:
    """Asks the parties that have somewhere to go whether they stay, at the start of each round.

    A party leaves when what it gets by leaving exceeds what no deal is worth to it now and every package that it could
    sign itself and that crosses no red line it has heard of; with complete information, every such package that is
    worth no deal now to all who sign it. A protocol in which parties foresee what they get says itself who leaves.

    Attributes:
        nobody: Whether nobody can leave by this rule.
    """

    def __init__(self, ensemble: Ensemble, utility: Floats) -> None:
        self._away, self._utility, self._signs = ensemble.walk_away, utility, ensemble.structure.signs
        self._complete = ensemble.protocol.information == "complete"
        self.nobody = not np.isfinite(self._away).any() or ensemble.protocol.says_who_leaves

    def ask(self, state: State, parties: Sequence[Party]) -> State:
        """Close the draws in which somebody leaves."""
        if self.nobody:
            return state
        left = state.left.copy()
        for party in parties:
            n = party.index
            tempted = state.open & (self._away[:, n] > state.reservation_value[:, n] + TOLERANCE)
            rows = np.flatnonzero(tempted)
            if len(rows):
                left[rows[~self._stays(state, party, rows)], n] = state.round
        return state._replace(left=left, open=state.open & ~(left > 0).any(axis=1))

    def _stays(self, state: State, party: Party, rows: Ints) -> Bools:
        """Whether a party can still expect a package worth what it would leave for, shape (rows,)."""
        view, n = party.view(state), party.index
        enough = view.utility[rows] >= (self._away[rows, n] - TOLERANCE)[:, None]
        hoped = enough & view.signable[rows] & ~view.avoided[rows]
        if self._complete:
            for other, signs in enumerate(self._signs):
                if other != n:
                    content = self._utility[rows, other] >= (state.reservation_value[rows, other] - TOLERANCE)[:, None]
                    hoped &= content | ~signs
        stays: Bools = np.logical_or.reduce(hoped, axis=1)
        return stays


class PeaceTalks(Model):  # type: ignore[misc]
    """Talks over one scenario; a step is a round, played in all B draws at once.

    Mesa's own `steps`, `time`, `scenario` and `agents` are left alone: ours are `state`, `ensemble` and `parties`.
    """

    def __init__(self, ensemble: Ensemble, scratch: Floats | None = None) -> None:
        super().__init__(rng=0)  # Mesa wants a generator; nothing here uses it
        table = ensemble.structure
        self.ensemble = ensemble
        self.utility, ahead = net_utility(ensemble, scratch)
        self.own_option_worth = ensemble.weights[..., None] * ensemble.option_worth
        self.awareness = Awareness(ensemble, self.utility, ahead)
        levers = ensemble.world.levers
        self.state = opening(
            ensemble.reservation_value, ensemble.real, ensemble.scenario.time.rounds,
            len(levers.static.names) if levers else 0
        )
        self.zones = Zones(table, self.utility, ensemble.protocol.quota)
        self.leaving = Leaving(ensemble, self.utility)
        after, days = ensemble.after_refusal, ensemble.scenario.time.days_per_round
        self._elections = ensemble.world.events.redraws() if ensemble.world.events else ()
        self.approval = Approval(ensemble.world.ratification, after, len(ensemble), days, self._elections)
        self.domain = Domain(
            self.utility, ahead, table.signs, line_table(table.lines),
            np.array([regard.tie_rank for regard in self.awareness.regards]),
            np.logical_or.reduce(table.signs, axis=1),
        )  # fmt: skip
        self.bids = no_bids(len(table.parties), len(ensemble), len(table.space), len(table.lines.crosses))
        self.parties: list[Party] = []
        words = len(ensemble.world.commitments)
        self._told: Bools = np.zeros((words + len(self._elections), len(ensemble)), bool)
        self._committed, self._redrawn = self._told[:words], self._told[words:]
        self._weights = ensemble.weights  # as drawn
        for n in range(len(ensemble.world.commitments)):
            self._commit(n, self.state.next_round())  # before anybody has looked at what there is to sign
        self.parties += [Party(self, n) for n in range(len(table.parties))]
        self.case = self._case()
        self.agenda = Agenda(ensemble) if ensemble.protocol.agenda else None
        self.closed: list[Ints] = []  # round by round, as `Agenda` has it
        self.moves: list[Moves] = []
        self.aspirations: list[Floats] = []  # round by round

    def drafts(self, party: str) -> Ints:
        """The packages that a party opens with, one an offer; the last entry is `NO_DEAL`: from then on its own."""
        scenario, table = self.ensemble.scenario, self.ensemble.structure
        texts = [scenario.proposals[name].package for name in scenario.parties[party].opens_with]
        return np.array([*(table.package_of(text) for text in texts), NO_DEAL])

    def step(self) -> None:
        """Play one round in all draws that are open."""
        state = self._begin(self.approval.reopened(self.state.next_round()))
        for party in self.parties:
            party.update(state)
        if self.agenda is not None:
            self._reopen(self.agenda, state)
        self.awareness.listen(state)
        state = self._still_agreed(state)
        protocol = self.ensemble.protocol
        stances = [party.stance(state) for party in self.parties] if protocol.asks_strategies else []
        self.zones.keep(state)
        before, state = state, self._play(self.leaving.ask(state, self.parties))
        if protocol.asks_strategies:
            asked = np.array([stance.accepts_from for stance in stances]).T
        else:
            asked = protocol.prescribed(before, state, self.parties, self.ensemble.turns[state.round - 1], self.case)
        self.aspirations.append(np.where(before.open[:, None], asked, np.nan))
        self.state = self.ensemble.world.after_round(state, self.utility, self.ensemble.structure)
        going_on, struck = self.approval.hold_votes(self.state)
        self.zones.strike(going_on, struck)
        self._strike(going_on)
        to_come = self.state.open | self.approval.waiting(self.state)
        self.running = bool(to_come.any()) and self.state.round < self.state.rounds

    def _begin(self, state: State) -> State:
        """Events, war, no-deal worth and levers, in the order of the clock, before anybody speaks."""
        for n in range(len(self.ensemble.world.commitments)):
            self._commit(n, state)
        for n in range(len(self._elections)):
            self._elect(n, state)
        return self.ensemble.world.before_round(state)

    def _still_agreed(self, state: State) -> State:
        """Void the consent of parties to which no deal has come to be worth more, or that can sign the text no more."""
        on_table = np.flatnonzero(state.standing != NO_DEAL)
        if not state.accepted[on_table].any():
            return state
        accepted, text = state.accepted.copy(), state.standing[on_table]
        could = self.bids.signable[:, on_table, self.domain.lines.pattern[text]].T
        could &= self.utility[on_table, :, text] >= state.reservation_value[on_table] - TOLERANCE
        if len(self.bids.struck):
            could &= ~self.bids.struck[on_table, text, None]
        accepted[on_table] &= could
        return state._replace(accepted=accepted)

    def _commit(self, which: int, state: State) -> None:
        """Have a party's public word lower the worth of going back on it; once, as soon as the draw is open."""
        commitment = self.ensemble.world.commitments[which]
        given = (commitment.from_round > 0) & (commitment.from_round <= state.round)
        bound = np.flatnonzero(given & state.open & ~self._committed[which])
        if len(bound):
            self._committed[which, bound] = True
            self.zones.before_worth_falls(bound)
            self._charge(which, bound)
            if self.parties:
                self.parties[self.ensemble.structure.parties.index(commitment.party)].relist(bound)

    def _charge(self, which: int, rows: Ints) -> None:
        commitment, steps = self.ensemble.world.commitments[which], self.ensemble.world.static[which]
        party, cost = self.ensemble.structure.parties.index(commitment.party), commitment.cost_per_step
        charge = worth_compiling(package_pass.charge_commitment, len(rows) * len(steps))
        charge(self.utility, self.domain.prospects, rows, party, np.ascontiguousarray(cost), steps)

    def _elect(self, which: int, state: State) -> None:
        """Give a party the weights that elections leave it with; once, as soon as the draw is open."""
        one, table = self._elections[which], self.ensemble.structure
        held = (one.first > 0) & (one.first <= state.round)
        rows = np.flatnonzero(held & state.open & ~self._redrawn[which])
        if not len(rows):
            return
        self._redrawn[which, rows] = True
        self.zones.before_weights_change(rows)
        n, weights = table.parties.index(one.party), self.ensemble.weights.copy()
        anew = rescale_weights(np.array([one.weights[issue.name] for issue in table.space.issues]).T)
        drawn = self._weights[rows, n]
        weights[rows, n] = drawn + one.share[rows, None] * (anew[rows] - drawn)
        self.ensemble = replace(self.ensemble, weights=weights)
        self.own_option_worth[rows] = weights[rows][..., None] * self.ensemble.option_worth[rows]
        self.utility[rows] = net_utility_anew(self.ensemble, self.domain.prospects, rows)
        for word in range(len(self._committed)):
            self._charge(word, rows[self._committed[word, rows]])
        for party in self.parties:
            party.relist(rows)

    def _reopen(self, agenda: Agenda, state: State) -> None:
        """Open items of the agenda again whose options leave some party nothing to sign."""
        rows = agenda.reopen(state, self.parties)
        self._strike(rows)
        for party in self.parties if len(rows) else ():
            party.update(state)

    def _strike(self, rows: Ints) -> None:
        """In some draws nobody signs what was refused at home, or departs from what is closed, and that alone."""
        if not len(rows):
            return
        refused = self.zones.struck
        if not len(self.bids.struck):
            self.bids = self.bids._replace(struck=np.zeros((len(self.ensemble), self.utility.shape[2]), bool))
        self.bids.struck[rows] = False if refused is None else refused[rows]
        if self.agenda is not None:
            self.bids.struck[rows] |= self.agenda.departing(rows)
        for party in self.parties:
            party.relist(rows)

    def avoided(self, state: State) -> Bools:
        """Patterns of packages that cross a line that somebody has named and all remember, shape (B, K)."""
        named = state.lines_named(self.ensemble.protocol.memory)
        return self.ensemble.structure.lines.patterns_crossing(named)

    def _play(self, state: State) -> State:
        """One pass of the protocol in the draws that are open and whose channel is."""
        k = state.round
        channel = self.ensemble.world.channel_open[:, k - 1]
        meeting = state._replace(open=state.open & channel)
        after: State
        after, moves = self.ensemble.protocol.play_round(meeting, self.parties, self.ensemble.turns[k - 1], self.case)
        self.moves.append(moves)
        going_on = state.open & (after.signed == 0) & ~np.logical_or.reduce(after.left > 0, axis=1)
        after = after._replace(open=going_on)
        if self.agenda is not None:
            self._strike(self.agenda.close(after, moves))
            self.closed.append(self.agenda.closed.copy())
        return after

    def _case(self) -> Case:
        """What the protocol may look up."""
        ensemble = self.ensemble
        table, scenario = ensemble.structure, ensemble.scenario
        mediation = scenario.mediation
        whole = [text.package for text in scenario.proposals.values() if len(text.package) == len(table.space.issues)]
        on_file = {table.package_of(package) for package in whole}
        return Case(
            lines=table.lines,
            signs=table.signs,
            packages=table.space.packages,
            tie_rank=table.space.tie_rank,
            utility=self.utility,
            words_given=self._told,
            knowledge=self.awareness.known,
            reservation_value=ensemble.world.reservation_value,
            walk_away=ensemble.walk_away,
            patience=exact.power(ensemble.discount, scenario.time.days_per_round / DAYS_PER_MONTH),
            mediator=table.parties.index(mediation.mediator) if mediation is not None else -1,
            leaning=table.leaning,
            proposals=np.array(sorted(on_file - {NO_DEAL}), np.int64),
            chance=ensemble.chance,
            domain=self.domain,
            bids=lambda: self.bids,
            find=table.space.find,
        )

    def hold(self) -> Talks:
        """Talk until every draw is signed or out of time."""
        while self.running:
            self.step()
        if self.agenda is not None and self.agenda.closed.any():  # `best` is over all packages, whatever was closed
            self.agenda.closed[:] = 0
            self._strike(np.arange(len(self.ensemble)))
            for party in self.parties:
                party.update(self.state)
        state, zone = self.state, self.zones.last()
        return Talks(
            ensemble=self.ensemble,
            net_utility=self.utility,
            prospects=self.domain.prospects,
            zone=zone,
            zone_first=self.zones.first,
            zone_ever=self.zones.ever(zone),
            package=np.where(state.signed > 0, state.standing, NO_DEAL),
            signed=state.signed,
            left=state.left,
            standing=state.standing,
            proposer=state.proposer,
            last_refuser=state.last_refuser,
            accepted=state.accepted,
            best=np.array([party.best for party in self.parties]).T,
            real=state.real,
            real_by_round=self.zones.real,
            pressure=state.pressure,
            approval=self.approval,
            reservation_value=self.zones.reservation_value,
            aspiration=np.array(self.aspirations),
            moves=tuple(self.moves),
            closed=tuple(self.closed),
        )


def hold_talks(ensemble: Ensemble, scratch: Floats | None = None) -> Talks:
    """Play all draws of an ensemble, all at once.

    Args:
        ensemble: The draws.
        scratch: Where to keep the worth of packages, shape (B or more, N, P); talks held there before lose theirs.
    """
    model = PeaceTalks(ensemble, scratch)
    try:
        return model.hold()
    finally:
        # A Mesa model refers to itself and to its agents, and these to what they saw last, so its arrays would stay
        # until the garbage collector comes round; blocks are large and many.
        for party in model.parties:
            party.__dict__.clear()
        model.__dict__.clear()
