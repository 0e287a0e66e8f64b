"""The Mesa model: a step is a round, played in all draws of a block at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import mesa
import numpy as np

from sim import solutions
from sim.agents import Party
from sim.ensemble import Ensemble
from sim.issues import NO_DEAL, Bools, Ints
from sim.knowledge import Knowledge, Regard
from sim.state import Moves, opening
from sim.utility import Floats


@dataclass(frozen=True, eq=False)
class Talks:
    """What came of the talks in every draw of a block.

    Attributes:
        ensemble: The draws.
        utility: Worth of all packages, shape (B, N, P).
        zone: Packages acceptable to all their signatories, shape (B, P).
        package: The package signed, `NO_DEAL` for none, shape (B,).
        signed: Round of signature, 0 for none, shape (B,).
        standing: Package on the table at the end, shape (B,); `proposer` put it there.
        last_refuser: Party that last refused an offer, -1 for none, shape (B,).
        accepted: Parties that had accepted the text on the table at the end, shape (B, N).
        best: Largest worth a party could sign, -inf for none, shape (B, N).
        no_deal: Worth of no agreement in each round, shape (R, B, N).
        aspiration: Least worth each party asked for, NaN once closed, shape (rounds played, B, N).
        moves: What everybody did, round by round.
    """

    ensemble: Ensemble
    utility: Floats
    zone: Bools
    package: Ints
    signed: Ints
    standing: Ints
    proposer: Ints
    last_refuser: Ints
    accepted: Bools
    best: Floats
    no_deal: Floats
    aspiration: Floats
    moves: tuple[Moves, ...]

    def __repr__(self) -> str:
        return f"Talks({self.ensemble!r}: {int((self.signed > 0).sum())} of {len(self.ensemble)} signed)"


class PeaceTalks(mesa.Model):  # type: ignore[misc]
    """Talks over one scenario; a step is a round, played in all B draws at once.

    Mesa's own `steps`, `time`, `scenario` and `agents` are left alone: ours are `state`, `ensemble` and `parties`.
    """

    def __init__(self, ensemble: Ensemble, scratch: Floats | None = None) -> None:
        super().__init__(rng=0)  # Mesa wants a generator; nothing here uses it
        table = ensemble.structure
        self.ensemble = ensemble
        self.utility = ensemble.utility(out=scratch)
        self.no_deal = ensemble.no_deal
        self.own_option_worth = ensemble.weights[..., None] * ensemble.option_worth
        known, regards = _knowledge(ensemble, self.utility)
        self.parties = [Party(self, n, known, regards[n]) for n in range(len(table.parties))]
        rounds = ensemble.scenario.time.rounds
        self.state = opening(len(ensemble), len(self.parties), len(table.lines.names), rounds)
        self.moves: list[Moves] = []
        self.aspirations: list[Floats] = []

    def opens_with(self, party: str) -> int:
        """The package with which a party opens, `NO_DEAL` if it makes its own."""
        scenario = self.ensemble.scenario
        proposal = scenario.parties[party].opens_with
        return NO_DEAL if proposal is None else self.ensemble.structure.package_of(scenario.proposals[proposal].package)

    def step(self) -> None:
        """Play one round in all draws that are open."""
        state, table = self.state.next_round(), self.ensemble.structure
        aspiration = np.array([party.aspiration(state) for party in self.parties]).T
        self.aspirations.append(np.where(state.open[:, None], aspiration, np.nan))
        turns = self.ensemble.turns[state.round - 1]
        self.state, moves = self.ensemble.protocol.play_round(state, self.parties, turns, table.lines, table.signs)
        self.moves.append(moves)
        self.running = bool(self.state.open.any()) and self.state.round < self.state.rounds

    def hold(self) -> Talks:
        """Talk until every draw is signed or out of time."""
        while self.running:
            self.step()
        state, table = self.state, self.ensemble.structure
        uncrossed = ~table.lines.crossed(self.ensemble.real)
        return Talks(
            ensemble=self.ensemble,
            utility=self.utility,
            zone=solutions.zone(self.utility, self.no_deal, table.signs, uncrossed),
            package=np.where(state.signed > 0, state.standing, NO_DEAL),
            signed=state.signed,
            standing=state.standing,
            proposer=state.proposer,
            last_refuser=state.last_refuser,
            accepted=state.accepted,
            best=np.array([party.best for party in self.parties]).T,
            no_deal=np.broadcast_to(self.no_deal, (state.rounds, *self.no_deal.shape)),
            aspiration=np.array(self.aspirations),
            moves=tuple(self.moves),
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
        # A Mesa model refers to itself and to its agents, so its arrays would stay until the garbage collector comes
        # round; blocks are large and many.
        model.__dict__.clear()


def _knowledge(ensemble: Ensemble, utility: Floats) -> tuple[Knowledge, Sequence[Regard]]:
    """What the parties know of each other, and how each ranks packages by it."""
    table, information = ensemble.structure, ensemble.protocol.information
    if information == "positions":
        return table.positions, table.regard_by_positions
    if information == "none":
        return table.nothing_known, table.regard_knowing_nothing
    known = Knowledge(utility, utility.max(axis=2), ensemble.no_deal)
    return known, table.regards(known)
