"""The base class of strategies: what they see, and their stance, once a round for all draws."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.core.acceptance import THRESHOLD
from sim.core.answers import Answers, Ladder
from sim.core.bids import BEST_FOR_OTHERS
from sim.core.exact import Floats
from sim.core.opponent_model import Knowledge
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.state import time_of

NO_BID = NO_DEAL  # no package of its own choice: one from its list


@dataclass(frozen=True)
class View:
    """What one party sees at the beginning of a round, in all draws."""

    party: int  # its index
    round: int  # the round to be played, from 1; `rounds` is the last
    rounds: int
    reservation_value: Floats  # its reservation value now, shape (B,)
    best: Floats  # its largest utility among packages it could sign, -inf where there is none, shape (B,)
    best_package: Ints  # that package, or what it offers where it can sign none, shape (B,)
    received: Ints  # the last offer it received, `NO_DEAL` for none, shape (B,)
    best_received: Floats  # the largest utility of any offer it received, shape (B,)
    # the offers of every party, itself included, in the order in which each made them, shape (B, N, R): those before
    # `offers_made`. All offers are public
    log: Ints
    offers_made: Ints  # how many offers each party has made, shape (B, N); `distinct_offers` how many different ones
    distinct_offers: Ints
    weights: Floats  # its own issue weights, shape (B, I)
    option_worth: Floats  # weighted utility of each option to itself, shape (B, I, O)
    packages: Ints  # option indices of the packages, shape (P, I)
    signs: Bools  # whose consent a package needs, shape (N, P)
    leaning: Floats  # toward whom it leans when it weighs the others, shape (N,); 1 for everybody is nowhere
    tie_rank: Ints  # order of equally good packages, smaller first, shape (1 or B, P)
    # whether it can bid from a list of what is best for the others; it cannot where what it knows of them changes, so
    # that no order lasts
    has_list: bool
    # a uniform in [0, 1) of this round for a random strategy, shape (B,); empty for others
    chance: Floats
    # find_utility, find_signable, find_avoided, find_worst, find_known, find_ladder, find_answer, find_steps: make what
    # is below, on demand
    find_utility: Callable[[], Floats]
    find_signable: Callable[[], Bools]
    find_avoided: Callable[[], Bools]
    find_worst: Callable[[], Floats]
    find_known: Callable[[], Knowledge]
    find_ladder: Callable[[int, bool], Ladder]
    find_answer: Callable[[Answers], Floats]
    find_steps: Callable[[Ladder, bool], tuple[Floats, Ints]]

    @property
    def utility(self) -> Floats:
        """Its utility of every package in this round, shape (B, P)."""
        return self.find_utility()

    @property
    def signable(self) -> Bools:
        """Packages that cross none of its real red lines, shape (B, P)."""
        return self.find_signable()

    @property
    def avoided(self) -> Bools:
        """Packages that cross a line somebody has named, shape (B, P)."""
        return self.find_avoided()

    @property
    def worst(self) -> Floats:
        """Its smallest utility among packages it could sign, inf where there is none, shape (B,)."""
        return self.find_worst()

    @property
    def known(self) -> Knowledge:
        """What it knows of all parties' utilities."""
        return self.find_known()

    @property
    def time(self) -> float:
        """Share of the talks that has passed, 0 to 1."""
        return time_of(self.round, self.rounds)

    @property
    def highest_claim(self) -> Floats:
        """The largest possible aspiration: its best package, or no deal if larger, shape (B,)."""
        return np.maximum(self.best, self.reservation_value)

    def ladder(self, count: int, spread: bool = False) -> Ladder:
        """Packages that it could sign, so many, best first: its best ones, or evenly from the best to the worst."""
        return self.find_ladder(count, spread)

    def answer(self, answers: Answers) -> Floats:
        """Return its aspiration as this kind of answer to the others' offers up to this round, shape (B,)."""
        return self.find_answer(answers)

    def steps_down(self, ladder: Ladder, of_any: bool = False) -> tuple[Floats, Ints]:
        """Return its lowest utility of its offers so far and the next on its way down, and that offer, shape (B,).

        With `of_any`, offers of anybody count, not those of the least-moving other.
        """
        return self.find_steps(ladder, of_any)

    def utility_of(self, package: Ints) -> Floats:
        """Return its utility of one package a draw, shape (B,); -inf where there is none."""
        worth = self.utility[np.arange(len(package)), package]
        return np.where(package == NO_DEAL, -np.inf, worth)


class Stance(NamedTuple):
    """How a party goes into a round, in all draws.

    It accepts what it can sign at or above `accepts_from`. It bids `bid`, else the first package on its list at or
    above its aspiration that crosses no line named, else the first at or above it, else its best package.
    """

    aspiration: Floats  # shape (B,)
    accepts_from: Floats | None = None  # least utility that it accepts, shape (B,); None: the aspiration
    bid: Ints | None = None  # a package of its own choice, `NO_BID` for none, shape (B,); None: in no draw
    # which list it bids from: `BEST_FOR_OTHERS`, `LEAST_OWN` (the package worth least to itself), `NEAREST_OWN` (the
    # one worth most nearly the aspiration) or `STEP_DOWN`
    bidding: int = BEST_FOR_OTHERS
    # `THRESHOLD`, `NEXT_OFFER` (what is worth its own next bid) or `COMBINED` (late in the talks also what is as good
    # as the best offer received)
    accepting: int = THRESHOLD
    # how it answers what is offered in the round, which then takes the place of the aspiration; None: not
    answers: Answers | None = None


class Strategy:
    """How a party bargains; all that a strategy may have is declared here."""

    randomises: bool = False  # whether it leaves something to chance: it then finds uniforms in its `View`

    def stance(self, view: View) -> Stance:
        """Its stance in a round, in all draws at once."""
        raise NotImplementedError
