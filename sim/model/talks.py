"""What comes of talks, apart from how they are held: who reads or counts it does not wait for Mesa."""

from dataclasses import dataclass
from functools import cached_property

from sim.core.exact import Floats
from sim.core.packages import Bools, Ints, PackageLists, list_packages
from sim.core.state import Moves
from sim.core.utility import worth_of
from sim.model.ensemble import Ensemble
from sim.model.ratification import Approval


@dataclass(frozen=True, eq=False)
class Talks:
    """What came of the talks in every draw of a block.

    Attributes:
        ensemble: The draws.
        utility: Worth of all packages as the parties bargained by it, shape (B, N, P): with foresight and the cost of
            going back on one's word.
        zone: Packages acceptable to their signatories, all or enough of them, in the last open round, shape (B, P).
        zone_first: The same in round 1.
        zone_ever: Whether there was one in some open round, shape (B,).
        package: The package signed, `NO_DEAL` for none, shape (B,).
        signed: Round of signature, 0 for none, shape (B,).
        left: Round in which a party left and so ended the talks, 0 for never, shape (B, N).
        standing: Package on the table at the end, shape (B,); `proposer` put it there.
        last_refuser: Party that last refused an offer, -1 for none, shape (B,).
        accepted: Parties that had accepted the text on the table at the end, shape (B, N).
        best: Largest worth a party could sign, -inf for none, shape (B, N).
        real: Red lines that were real in the last open round, shape (B, L).
        real_by_round: Those real in each round played, shape (rounds played, B, L); once closed, as they stood then.
        pressure: Strength of the levers at the end, shape (B, levers).
        approval: What became of signed texts at home.
        no_deal: Worth of no agreement in each round played, shape (rounds played, B, N); once closed, as it stood then.
        aspiration: Least worth each party asked for, NaN once closed, shape (rounds played, B, N); where the protocol
            says what is offered, worth of its offer in that round.
        moves: What everybody did, round by round.
    """

    ensemble: Ensemble
    utility: Floats
    zone: Bools
    zone_first: Bools
    zone_ever: Bools
    package: Ints
    signed: Ints
    left: Ints
    standing: Ints
    proposer: Ints
    last_refuser: Ints
    accepted: Bools
    best: Floats
    real: Bools
    real_by_round: Bools
    pressure: Floats
    approval: Approval
    reservation_value: Floats
    aspiration: Floats
    moves: tuple[Moves, ...]

    @cached_property
    def listed(self) -> PackageLists:
        """The packages of `zone`."""
        return list_packages(self.zone)

    @cached_property
    def listed_first(self) -> PackageLists:
        """The packages of `zone_first`."""
        return self.listed if self.zone_first is self.zone else list_packages(self.zone_first)

    @cached_property
    def plain(self) -> Floats:
        """Worth of all packages by weights and points, shape (B, N, P); made when it is first asked for."""
        return self.ensemble.utility()

    def plain_of(self, package: Ints) -> Floats:
        """The same of one package a draw, shape (B, N)."""
        ensemble = self.ensemble
        space = ensemble.structure.space
        return worth_of(space, ensemble.weights, ensemble.option_worth, ensemble.extras(), package)

    def __repr__(self) -> str:
        return f"Talks({self.ensemble!r}: {int((self.signed > 0).sum())} of {len(self.ensemble)} signed)"
