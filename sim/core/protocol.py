"""What a protocol is declared to be, and what it may ask of a party."""

import typing
from collections.abc import Sequence

from sim.core.exact import Floats
from sim.core.packages import Bools, Ints
from sim.core.state import Case, Moves, State
from sim.core.strategy import Stance, View


class Bargainer(typing.Protocol):
    """A party as a protocol knows it; what it bids and accepts follows from its stance in the round."""

    index: int
    real_lines: Bools

    def utility_of(self, package: Ints) -> Floats:
        """Its worth of one package a draw, shape (B,)."""

    def view(self, state: State) -> View:
        """What it sees now."""

    def stance(self, state: State) -> Stance:
        """How it goes into the round; nothing that `Stance` may leave out is left out."""

    def bids(self, state: State) -> Ints:
        """The package it puts on the table, shape (B,)."""

    def accepts(self, state: State, package: Ints) -> Bools:
        """Whether it would take a package now, shape (B,)."""

    def could_sign(self, state: State, rows: Ints, package: Ints) -> Bools:
        """Whether a package of each of some draws crosses no real line of its own and beats no deal, shape (rows,)."""

    def draft(self, state: State) -> Ints:
        """The next of the texts that it opens with, `NO_DEAL` where there is none left, shape (B,)."""

    def taken_off(self, rows: Ints, packages: Ints) -> Bools:
        """Which packages, shape (rows, ...), were refused at home or taken off the table by an event."""

    def on_the_table(self, rows: Ints) -> Bools:
        """All packages of some draws that were not, shape (rows, P); all of them where none is left."""


class Protocol:
    """Who moves, what binds and when talks end; all that a protocol may have is declared here."""

    information: str = "none"  # what strategies know of the other parties
    memory: int | None = None  # for how many rounds a named line is avoided; None for all
    quota: int | None = None  # how many signatories are enough; None for all
    agenda: tuple[tuple[str, ...], ...] | None = None  # items that close one after the other; None: all at once
    reopen: bool = False  # whether what is closed opens again where it leaves some party nothing to sign
    signatories: int | None = None  # how many parties must sign, each of them every package; None for any number
    needs_mediator: bool = False  # whether there must be one
    all_answer: bool = False  # whether also who is not in a fixed order is asked
    asks_strategies: bool = True  # whether parties follow their strategies; else `prescribed` says what they ask for
    says_who_leaves: bool = False  # whether it says itself who leaves the talks

    def streams(self, parties: Sequence[str], rounds: int) -> list[list[str]]:
        """Names of the random streams the order is made from, one list for each drawing of lots."""
        return []

    def turns(self, parties: Sequence[str], rounds: int, lots: Floats) -> Ints:
        """Who moves when.

        Args:
            parties: Names, in the order of the party axis.
            rounds: Number of rounds.
            lots: Uniforms, shape (drawings, B, N), as named by `streams`.

        Returns:
            Party indices, shape (R, B, turns).
        """
        raise NotImplementedError

    def play_round(
        self, state: State, parties: Sequence[Bargainer], turns: Ints, case: Case
    ) -> tuple[State, Moves]:
        """Play one round in the draws that are open.

        Args:
            state: The table before the round.
            parties: In the order of the party axis.
            turns: Who moves when in this round, shape (B, turns).
            case: What there is to look up.

        Returns:
            The table after the round, and what everybody did.
        """
        raise NotImplementedError

    def prescribed(
        self, before: State, after: State, parties: Sequence[Bargainer], turns: Ints, case: Case
    ) -> Floats:
        """What each party asked for in a round, shape (B, N), by a protocol that asks no strategies."""
        raise NotImplementedError
