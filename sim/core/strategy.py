"""What a strategy is declared to be: what it may see, and what it answers, once a round for all draws."""

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
    """What one party sees at the beginning of a round, in all draws, and nothing else."""

    party: int  # its index
    round: int  # the round to be played, from 1; `rounds` is the last
    rounds: int
    reservation_value: Floats  # what no agreement is worth to it now, shape (B,)
    best: Floats  # its largest worth among packages it could sign, -inf where there is none, shape (B,)
    best_package: Ints  # that package, or what it offers where it can sign none, shape (B,)
    received: Ints  # the last offer it had to answer, `NO_DEAL` for none, shape (B,)
    best_received: Floats  # the largest worth of any offer it had to answer, shape (B,)
    # the offers of every party, itself included, in the order in which each made them, shape (B, N, R): those before
    # `offers_made`. All offers are heard by all
    log: Ints
    offers_made: Ints  # how many offers each party has made, shape (B, N); `distinct_offers` how many different ones
    distinct_offers: Ints
    weights: Floats  # its own issue weights, shape (B, I)
    option_worth: Floats  # weighted worth of each option to itself, shape (B, I, O)
    packages: Ints  # option indices of the packages, shape (P, I)
    signs: Bools  # whose consent a package needs, shape (N, P)
    leaning: Floats  # toward whom it leans when it weighs the others, shape (N,); 1 for everybody is nowhere
    tie_rank: Ints  # which of two packages of equal standing it takes, smaller first, shape (1 or B, P)
    # whether it can bid from a list of what is best for the others; it cannot where what it knows of them changes, so
    # that no order lasts
    has_list: bool
    # a uniform in [0, 1) of this round for a strategy that leaves something to chance, shape (B,); empty for others
    chance: Floats
    # find_utility, find_signable, find_avoided, find_worst, find_known, find_ladder, find_answer, find_steps: make what
    # is below, where asked for
    find_utility: Callable[[], Floats]
    find_signable: Callable[[], Bools]
    find_avoided: Callable[[], Bools]
    find_worst: Callable[[], Floats]
    find_known: Callable[[], Knowledge]
    find_ladder: Callable[[int], Ladder]
    find_answer: Callable[[Answers], Floats]
    find_steps: Callable[[Ladder], tuple[Floats, Ints]]

    @property
    def utility(self) -> Floats:
        """Its own worth of every package in this round, shape (B, P)."""
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
        """Its smallest worth among packages it could sign, inf where there is none, shape (B,)."""
        return self.find_worst()

    @property
    def known(self) -> Knowledge:
        """What it knows of all parties' worth."""
        return self.find_known()

    @property
    def time(self) -> float:
        """Share of the talks that has passed, 0 to 1."""
        return time_of(self.round, self.rounds)

    @property
    def highest_claim(self) -> Floats:
        """The most it can ask for: its best package, or no deal if that is worth more, shape (B,)."""
        return np.maximum(self.best, self.reservation_value)

    def ladder(self, count: int) -> Ladder:
        """Its best packages that it could sign, so many, best first; ties by its regard for the others."""
        return self.find_ladder(count)

    def answer(self, answers: Answers) -> Floats:
        """What it asks for that answers the others' offers up to this round in such a way, shape (B,)."""
        return self.find_answer(answers)

    def steps_down(self, ladder: Ladder) -> tuple[Floats, Ints]:
        """The lowest worth of what it has offered or offers next on its way down, and that offer, shape (B,)."""
        return self.find_steps(ladder)

    def utility_of(self, package: Ints) -> Floats:
        """Its worth of one package a draw, shape (B,); -inf where there is none."""
        worth = self.utility[np.arange(len(package)), package]
        return np.where(package == NO_DEAL, -np.inf, worth)


class Stance(NamedTuple):
    """How a party goes into a round, in all draws.

    It takes what it can sign and what is worth `accepts_from`. It bids `bid`, else the first package on its list worth
    its aspiration that crosses no line named, else of all that are worth as much, else its best package.
    """

    aspiration: Floats  # least worth that it asks for, shape (B,)
    accepts_from: Floats | None = None  # least worth that it takes, shape (B,); None: the aspiration
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
