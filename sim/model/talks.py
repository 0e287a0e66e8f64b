"""What comes of talks, apart from how they are held: who reads or counts it does not wait for Mesa."""

from dataclasses import dataclass
from functools import cached_property

from sim.core.exact import Floats
from sim.core.package_pass import Prospects, values_at
from sim.core.packages import Bools, Ints, PackageLists, list_packages
from sim.core.state import Moves
from sim.core.utility import worth_of
from sim.model.ensemble import Ensemble
from sim.model.ratification import Approval


@dataclass(frozen=True, eq=False)
class Talks:
    """What came of the talks in every draw of a block."""

    ensemble: Ensemble  # the draws
    # utility of all packages net of what going back on one's word costs and, to those that look past the signature, of
    # risks, shape (B, N, P): in each round at least no deal exactly where the package is worth it
    net_utility: Floats
    prospects: Prospects  # what becomes of packages after signature, from which their value in a round follows
    zone: Bools  # packages acceptable to their signatories, all or enough of them, in the last open round, shape (B, P)
    zone_first: Bools  # the same in round 1
    zone_ever: Bools  # whether there was one in some open round, shape (B,)
    package: Ints  # the package signed, `NO_DEAL` for none, shape (B,)
    signed: Ints  # round of signature, 0 for none, shape (B,)
    left: Ints  # round in which a party left and so ended the talks, 0 for never, shape (B, N)
    standing: Ints  # package on the table at the end, shape (B,); `proposer` put it there
    proposer: Ints
    last_refuser: Ints  # party that last refused an offer, -1 for none, shape (B,)
    accepted: Bools  # parties that had accepted the text on the table at the end, shape (B, N)
    best: Floats  # largest worth a party could sign, -inf for none, shape (B, N)
    real: Bools  # red lines that were real in the last open round, shape (B, L)
    # those real in each round played, shape (rounds played, B, L); once closed, as they stood then
    real_by_round: Bools
    pressure: Floats  # strength of the levers at the end, shape (B, levers)
    approval: Approval  # what became of signed texts at home
    # worth of no agreement in each round played, shape (rounds played, B, N); once closed, as it stood then
    reservation_value: Floats
    # least worth each party asked for, NaN once closed, shape (rounds played, B, N); where the protocol says what is
    # offered, worth of its offer in that round
    aspiration: Floats
    moves: tuple[Moves, ...]  # what everybody did, round by round
    # round in which each item of the agenda was closed, 0 while open, as it stood after each round, shape (B, items);
    # empty without an agenda
    closed: tuple[Ints, ...] = ()

    def value_of(self, rows: Ints, packages: Ints, reservation_value: Floats) -> Floats:
        """What packages are worth as the parties bargain, with foresight and public words, shape (N, K).

        Args:
            rows, packages: The draw and the package of each, shape (K,).
            reservation_value: Of the round in each, shape (N, K).
        """
        return values_at(self.net_utility, self.prospects, rows, packages, reservation_value)

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
