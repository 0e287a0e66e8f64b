"""Ratification of what was signed: in force, refused, or back to the table."""

from typing import Any

import numpy as np

from sim.core.exact import Floats
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.state import State
from sim.core.utility import DAYS_PER_MONTH
from sim.mechanisms.events import NEVER, Redraw
from sim.mechanisms.ratification import Ratification


class Approval:
    """The votes on signed packages of a block of draws, and draws that wait to resume after a refusal.

    Attributes:
        attempts: Packages signed so far, shape (B,).
        passed: The package signed last was ratified, shape (B,).
        refused_by: Ratifier that refused the package signed last, -1 for none, shape (B,).
        in_force_month: Months from signature to entry into force, NaN unless passed, shape (B,).
        ceasefire_month: Months from signature to the ceasefire, NaN without a signature, shape (B,).
        chance: Closed-form probability of the package signed last, surprises independent and shared, shape (B, 2).
    """

    def __init__(
        self, ratification: Ratification | None, after_refusal: Any, draws: int, days_per_round: float,
        elections: tuple[Redraw, ...] = (),
    ) -> None:  # fmt: skip
        self._elections = elections
        self.ratification, self._after, self._month = ratification, after_refusal, days_per_round / DAYS_PER_MONTH
        self.attempts: Ints = np.zeros(draws, np.int64)
        self.passed: Bools = np.zeros(draws, bool)
        self.refused_by: Ints = np.full(draws, -1)
        self.in_force_month: Floats = np.full(draws, np.nan)
        self.ceasefire_month: Floats = np.full(draws, np.nan)
        self.chance: Floats = np.full((draws, 2), np.nan)
        self.reopens_at: Ints = np.zeros(draws, np.int64)
        self._first: Floats = np.zeros((draws, 0))  # reservation values in round 1

    def at(self, state: State) -> Ratification:
        """The votes on what is signed in this round."""
        assert self.ratification is not None
        months, moved = np.full(len(state.open), (state.round - 1) * self._month), None
        for one in self._elections:
            held = (one.first != NEVER) & (one.first <= state.round)
            for name, support in one.support.items():
                by_this = self.ratification.after_elections(name, support, held, one.share)
                moved = by_this if moved is None else np.where(by_this != 0, by_this, moved)
        return self.ratification.at(months, self._first - state.reservation_value, moved)

    def hold_votes(self, state: State) -> tuple[Ints, Bools]:
        """Hold the votes on packages signed in this round.

        Returns:
            Draws that resume later, and the packages excluded for them, shape (those draws, P).
        """
        if state.round == 1:
            self._first = state.reservation_value
        nothing = np.zeros(0, np.int64), np.zeros((0, 0), bool)
        new = np.flatnonzero(state.signed == state.round)
        if not len(new):
            return nothing
        self.attempts[new] += 1
        if self.ratification is None:
            self.passed[new], self.in_force_month[new], self.ceasefire_month[new] = True, 0.0, 0.0
            return nothing
        ratification, packages = self.at(state).rows(new), state.standing[new]
        votes = ratification.hold(packages)
        self.passed[new], self.refused_by[new] = votes.passed, votes.refused_by
        self.in_force_month[new], self.ceasefire_month[new] = votes.in_force_month, votes.ceasefire_month
        self.chance[new] = np.stack([votes.chance_independent, votes.chance_shared], axis=1)
        if self._after.name == "end":
            return nothing
        refused = np.flatnonzero(~votes.passed & (self.attempts[new] <= self._after.at_most))
        lost = votes.refusal_month[refused] + self._after.months_lost
        back = np.ceil((state.round - 1) + lost / self._month - 1e-9).astype(np.int64) + 1
        back = np.maximum(back, state.round + 1)
        in_time = back <= state.rounds
        refused, rows = refused[in_time], new[refused[in_time]]
        self.reopens_at[rows] = back[in_time]
        struck = ratification.rows(refused).struck(packages[refused], votes.rows(refused))
        return rows, struck

    def reset(self, draws: Bools | Ints) -> None:
        """Reset the result of the last package in some draws: another is to be signed."""
        self.refused_by[draws], self.passed[draws] = -1, False

    def waiting(self, state: State) -> Bools:
        """Draws that talk again in a later round, shape (B,)."""
        return self.reopens_at > state.round

    def reopened(self, state: State) -> State:
        """Reopen the draws whose time has come, without their old offers."""
        back = self.reopens_at == state.round
        if not back.any():
            return state
        self.reset(back)
        return state._replace(
            open=state.open | back,
            signed=np.where(back, 0, state.signed),
            standing=np.where(back, NO_DEAL, state.standing),
            accepted=state.accepted & ~back[:, None],
        )
