"""What lies on the table, and what one party may see of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar, cast

import numpy as np
import numpy.typing as npt

from sim.core import offer_log
from sim.core.bids import Candidates, Shortlist, Top
from sim.core.exact import Floats
from sim.core.opponent_model import Knowledge
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.utility import Lines

T = TypeVar("T")

NOT_ASKED, OFFERED, ACCEPTED, REFUSED, PASSED, OBJECTED, DRAFTED, LEFT_AS_IT_IS = range(8)  # what a party did
OFFERS, ANSWERS = (OFFERED, REFUSED, DRAFTED), (ACCEPTED, REFUSED, OBJECTED)  # puts a text on the table; answers one
ARE_OFFERS, ARE_ANSWERS = (np.isin(np.arange(LEFT_AS_IT_IS + 1), acts) for acts in (OFFERS, ANSWERS))  # by what it did
NO_REASON, WORTH = -2, -1  # why it refused: not said, worth too little; from 0 on: the index of a red line


def time_of(round: int, rounds: int) -> float:
    """Share of the talks that has passed: 0 in the first round, 1 in the last (and in an only one)."""
    return (round - 1) / (rounds - 1) if rounds > 1 else 1.0


@dataclass(frozen=True)
class State:
    """The table between two turns, in every draw of a block.

    Attributes:
        round: The round being played, from 1.
        rounds: The last round.
        open: Draws still talking, shape (B,).
        no_deal: What no agreement is worth to each party in this round, shape (B, N).
        real: Red lines that are real in this round, shape (B, L).
        pressure: Strength of each lever, 0 to 1, shape (B, levers).
        worn: Wear of each red line so far, shape (B, L).
        standing: Package on the table, `NO_DEAL` for none, shape (B,).
        proposer: Index of the party that put it there, -1 for none, shape (B,).
        accepted: Parties that accepted it since it was made, shape (B, N).
        last_refuser: Index of the party that last refused an offer, -1 for none, shape (B,).
        named: Round in which a red line was last named, 0 for never, shape (B, L).
        own_offer: Last offer of each party, shape (B, N).
        offers_made: Number of offers of each party so far, shape (B, N).
        distinct_offers: Number of different packages among them, shape (B, N).
        log: The offers of each party in the order in which it made them, shape (B, N, R); one a round at most. What
            stands beyond `offers_made` is no part of the state: tables that follow each other share the array.
        received: Last offer each party had to answer, shape (B, N).
        best_received: Largest worth of any of these to it, -inf for none, shape (B, N).
        signed: Round of signature, 0 for none, shape (B,).
        left: Round in which a party left the talks, which ended them, 0 for never, shape (B, N).
    """

    round: int
    rounds: int
    open: Bools
    no_deal: Floats
    real: Bools
    pressure: Floats
    worn: Floats
    standing: Ints
    proposer: Ints
    accepted: Bools
    last_refuser: Ints
    named: Ints
    own_offer: Ints
    offers_made: Ints
    distinct_offers: Ints
    log: Ints
    received: Ints
    best_received: Floats
    signed: Ints
    left: Ints

    def lines_heard(self, memory: int | None) -> Bools:
        """Red lines named in the last `memory` rounds (all rounds if None), shape (B, L)."""
        since = 1 if memory is None else max(1, self.round - memory + 1)
        return self.named >= since

    def next_round(self) -> "State":
        """The same table, a round later."""
        return replace(self, round=self.round + 1)

    def with_received(self, party: int, asked: Bools, worth: Floats) -> "State":
        """A party has what lies on the table put to it.

        Args:
            party: Its index.
            asked: Draws in which it is, shape (B,).
            worth: Of the standing offer to it, shape (B,).
        """
        received, best = self.received.copy(), self.best_received.copy()
        received[:, party] = np.where(asked, self.standing, received[:, party])
        best[:, party] = np.where(asked, np.maximum(best[:, party], worth), best[:, party])
        return replace(self, received=received, best_received=best)

    def with_answer(self, party: int, accepts: Bools, refuses: Bools, why: Ints) -> "State":
        """A party's answer takes effect, and everybody hears which line stood in the way.

        Args:
            party: Its index.
            accepts: Draws in which it accepts what lies on the table, shape (B,).
            refuses: Draws in which it refuses it, shape (B,).
            why: What it says then: `NO_REASON`, `WORTH` or the index of a red line, shape (B,).
        """
        accepted, named = self.accepted.copy(), self.named
        accepted[:, party] |= accepts
        crossing = np.flatnonzero(why >= 0)
        if len(crossing):
            named = named.copy()
            named[crossing, why[crossing]] = self.round
        last_refuser = np.where(refuses, party, self.last_refuser)
        return replace(self, accepted=accepted, named=named, last_refuser=last_refuser)

    def with_offer(self, party: int, offers: Bools, package: Ints, consents: Bools) -> "State":
        """A party's own package takes the place of what lay on the table.

        Args:
            party: Its index.
            offers: Draws in which it makes the offer, shape (B,).
            package: What it offers, shape (B,).
            consents: Whether it would sign that itself, shape (B,): to offer is not yet to consent.
        """
        rows, offered = np.flatnonzero(offers), package[offers]
        accepted, own = self.accepted.copy(), self.own_offer.copy()
        made, distinct = self.offers_made.copy(), self.distinct_offers.copy()
        accepted[rows] = False
        accepted[rows, party] = consents[rows]
        own[rows, party] = offered
        offer_log.note_offers(rows, offered, party, self.log, made, distinct)
        return replace(
            self,
            standing=np.where(offers, package, self.standing),
            proposer=np.where(offers, party, self.proposer),
            accepted=accepted,
            own_offer=own,
            offers_made=made,
            distinct_offers=distinct,
        )

    def with_signatures(self, signs: Bools, quota: int | None = None) -> "State":
        """Close the draws in which every signatory, or enough of them, has accepted what lies on the table.

        Args:
            signs: Whose consent a package needs, shape (N, P).
            quota: How many of them are enough; None: all.
        """
        asked = signs[:, self.standing].T
        agreed = (self.accepted | ~asked).all(axis=1)
        if quota is not None:
            agreed |= (self.accepted & asked).sum(axis=1) >= quota
        signed = self.open & (self.standing != NO_DEAL) & agreed
        if not signed.any():
            return self
        return replace(self, open=self.open & ~signed, signed=np.where(signed, self.round, self.signed))


def opening(no_deal: Floats, real: Bools, rounds: int, levers: int = 0) -> State:
    """An empty table before the first round.

    Args:
        no_deal: Worth of no agreement, shape (B, N).
        real: Red lines that are real at the start, shape (B, L).
        rounds: The last round.
        levers: Number of levers; none is pulled yet.
    """
    (draws, parties), lines = no_deal.shape, real.shape[1]
    nobody = np.zeros((draws, parties), bool)
    nothing = np.full((draws, parties), NO_DEAL)
    return State(
        round=0,
        rounds=rounds,
        open=np.ones(draws, bool),
        no_deal=no_deal,
        real=real,
        pressure=np.zeros((draws, levers)),
        worn=np.zeros(real.shape),
        standing=np.full(draws, NO_DEAL),
        proposer=np.full(draws, -1),
        accepted=nobody,
        last_refuser=np.full(draws, -1),
        named=np.zeros((draws, lines), np.int64),
        own_offer=nothing,
        offers_made=np.zeros((draws, parties), np.int64),
        distinct_offers=np.zeros((draws, parties), np.int64),
        log=np.full((draws, parties, rounds), NO_DEAL),
        received=nothing,
        best_received=np.full((draws, parties), -np.inf),
        signed=np.zeros(draws, np.int64),
        left=np.zeros((draws, parties), np.int64),
    )


@dataclass(frozen=True)
class View:
    """What one party sees when its turn comes, in every draw of a block, and nothing else.

    Attributes:
        party: Its index.
        round: The round being played, from 1; `rounds` is the last.
        utility: Its own worth of every package, shape (B, P).
        could_sign: Makes the mask of packages that cross none of its real red lines, shape (B, P).
        avoided: Makes the mask of packages that cross a line somebody named, shape (B, P).
        no_deal: What no agreement is worth to it now, shape (B,).
        best: Its largest worth among packages it could sign, shape (B,); `best_package` is that package.
        received: The last offer it had to answer, `NO_DEAL` for none, shape (B,).
        best_received: The largest worth of any offer it had to answer, shape (B,).
        log: The offers of every party, itself included, in the order in which each made them, shape (B, N, R): those
            before `offers_made`. All offers are heard by all.
        offers_made: How many offers each party has made, shape (B, N); `distinct_offers` how many different ones.
        weights: Its own issue weights, shape (B, I).
        option_worth: Weighted worth of each option to itself, shape (B, I, O).
        packages: Option indices of the packages, shape (P, I).
        signs: Whose consent a package needs, shape (N, P).
        knowledge: Tells what it knows of all parties' worth.
        leaning: Toward whom it leans when it weighs the others, shape (N,); 1 for everybody is nowhere.
        tie_rank: Which of two packages of equal standing it takes, smaller first, shape (1 or B, P).
        shortlists: Its offers in the order in which they please the others, avoiding the lines named, and not; None
            where what is known changes, so that no order lasts.
        top: Makes the list of its best packages that it could sign, the given number of them.
        chance: A uniform in [0, 1) of this round for a strategy that leaves something to chance, shape (B,); empty
            for others.
        some_avoided: False where nobody has named a line that counts, so that nothing is avoided.
        kept: What the party's strategy has worked out before in this round; see `once`.
    """

    party: int
    round: int
    rounds: int
    utility: Floats
    could_sign: Callable[[], Bools]
    avoided: Callable[[], Bools]
    no_deal: Floats
    best: Floats
    best_package: Ints
    received: Ints
    best_received: Floats
    log: Ints
    offers_made: Ints
    distinct_offers: Ints
    weights: Floats
    option_worth: Floats
    packages: Ints
    signs: Bools
    knowledge: Callable[[], Knowledge]
    leaning: Floats
    tie_rank: Ints
    shortlists: Callable[[], tuple[Shortlist, Shortlist]] | None
    top: Callable[[int], Top]
    chance: Floats
    some_avoided: bool = True
    kept: dict[str, tuple[Any, Any]] = field(default_factory=dict, repr=False)

    @property
    def signable(self) -> Bools:
        """Packages that cross none of its real red lines, shape (B, P)."""
        return self.could_sign()

    @property
    def known(self) -> Knowledge:
        """What it knows of all parties' worth."""
        return self.knowledge()

    @property
    def time(self) -> float:
        """Share of the talks that has passed, 0 to 1."""
        return time_of(self.round, self.rounds)

    def once(self, name: str, work_out: Callable[[], T], since: Any = None) -> T:
        """What `work_out` gives, worked out once a round, or anew whenever `since` is another object than before.

        Within a round a party's worth, lines, no deal and what is known stay as they are, so what rests on these alone
        is worked out once; what rests on the offers heard, once for each `offers_made`.
        """
        if name not in self.kept or self.kept[name][0] is not since:
            self.kept[name] = since, work_out()
        return cast(T, self.kept[name][1])

    def worth_of(self, package: Ints) -> Floats:
        """Its worth of one package a draw, shape (B,); -inf where there is none."""
        worth = self.utility[np.arange(len(package)), package]
        return np.where(package == NO_DEAL, -np.inf, worth)


@dataclass(frozen=True)
class Rule:
    """What a party asks for and offers, where that follows from the clock, the others' offers and its own worth.

    Attributes:
        offers: Which of the packages worth enough: `FIRST_LISTED`, the first of its candidates; `LEAST_OWN`, the one
            worth least to itself; `NEAREST_OWN`, the one worth most nearly what it asks for, whatever lines were named.
            Or `STEP_DOWN`: the next of its packages from the best down, or an earlier offer, as `Micro` does.
        falls_short: How much less than what it asks for a package may be worth that it offers.
        asks: `BY_CLOCK`, or as `TitForTat` does by its kinds, or `BY_STEPS`, for the least it has offered or offers.
        span: Of the latter.
        weight: How much of what is asked for goes by the clock beside them, 0 to 1, one number or shape (B,).
        clock: The tactic that says so much; None where it is the strategy itself, or nothing goes by the clock.
    """

    offers: int
    falls_short: float = 0.0
    asks: int = 0
    span: int = 1
    weight: float | Floats = field(default=0.0, compare=False)
    clock: Any = None


FIRST_LISTED, LEAST_OWN, NEAREST_OWN, STEP_DOWN = range(4)
BY_CLOCK, ABSOLUTE, RELATIVE, AVERAGED, BY_STEPS = range(5)


@dataclass(frozen=True, eq=False)
class ByRule:
    """How a party plays a round that goes by a rule.

    It takes what it can sign and what is worth its aspiration. It offers its draft, else what it chooses of its
    packages worth as much that cross no line heard of, else of all worth as much, else its best package.

    Attributes:
        aspiration: The least worth it asks for by the clock, shape (B,); 0 where it does not go by the clock.
        rule: Which of these it offers, and what it asks for.
        draft: What it offers in any case, `NO_DEAL` for none, shape (B,).
        has_drafts: Whether it has any to put forward at all, now or later.
        candidates: Of all parties.
        tie_rank: Which of two packages of equal worth it takes, smaller first, shape (1 or B, P).
    """

    aspiration: Floats
    rule: Rule
    draft: Ints
    has_drafts: bool
    candidates: Candidates
    tie_rank: Ints


class Speaker(Protocol):
    """What a protocol asks of a party whose turn it is."""

    index: int
    real_lines: Bools

    def worth(self, package: Ints) -> Floats:
        """Its worth of one package a draw, shape (B,)."""

    def view(self, state: State) -> View:
        """What it sees now."""

    def by_rule(self, state: State) -> ByRule | None:
        """How it plays the round, where that can be told before it; None where it cannot."""

    def aspirations(self, state: State) -> Floats:
        """The least worth it asks for by the clock in this round and all later ones, as things stand.

        Shape (rounds, B); 0 where it goes by a rule and not by the clock.
        """

    def offer(self, state: State) -> Ints:
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


@dataclass(frozen=True, eq=False)
class Case:
    """What a protocol may look up beside the table: what all can read, and what rules that assume more rest on.

    A protocol that only passes offers on looks at `lines` and `signs` alone.

    Attributes:
        lines: The red lines over the packages.
        signs: Whose consent a package needs, shape (N, P).
        packages: Option indices, shape (P, I).
        tie_rank: Which of two packages comes first where nothing else tells them apart, smaller first, shape (P,).
        utility: Worth of all packages to all parties, shape (B, N, P).
        words_given: Public words that bind by now, shape (words, B): from then on going back on one lowers `utility`.
        knowledge: Tells what everybody knows of everybody in this round.
        no_deal: Worth of no agreement in each round as far as it is settled before the talks, shape (B, R, N).
        walk_away: What leaving the talks is worth to each party, -inf for none that can leave, shape (B, N).
        patience: What a party's worth of a package keeps of its value a round later, shape (B, N).
        mediator: Index of the party that mediates, -1 for none.
        leaning: How much more of a package each party asks for each other one when it weighs them, shape (N, N).
        proposals: Packages on file that settle every issue, shape (K,).
        chance: Uniforms for parties that leave something to chance, shape (R, N, B); no draws where nobody does.
        find: Finds packages by their option indices, shape (..., I); `NO_DEAL` for those that cannot be.
    """

    lines: Lines
    signs: Bools
    packages: npt.NDArray[np.uint8]
    tie_rank: Ints
    utility: Floats
    words_given: Bools
    knowledge: Callable[[], Knowledge]
    no_deal: Floats
    walk_away: Floats
    patience: Floats
    mediator: int
    leaning: Floats
    proposals: Ints
    chance: Floats
    find: Callable[[Ints], Ints]


@dataclass(frozen=True)
class Moves:
    """What everybody did in a round, turn by turn; all of shape (turns, B).

    Attributes:
        who: Index of the party that spoke.
        did: `NOT_ASKED` (the draw was closed), `OFFERED`, `ACCEPTED`, `REFUSED` (and offered instead), `OBJECTED`
            (refused, and offered nothing) or `PASSED`. With one text of a mediator: `DRAFTED` (put it before the
            others, or changed it) and `LEFT_AS_IT_IS`.
        package: What lay on the table after the turn.
        why: Why it refused: `NO_REASON`, `WORTH`, or the index of the red line it named.
        minds: The issues it named in an objection, bit i for issue i.
    """

    who: Ints
    did: Ints
    package: Ints
    why: Ints
    minds: Ints

    @classmethod
    def none(cls, turns: Ints) -> "Moves":
        """Nobody has done anything yet; `turns` says who will speak, shape (B, turns)."""
        shape = turns.T.shape
        return cls(
            turns.T, np.full(shape, NOT_ASKED), np.full(shape, NO_DEAL), np.full(shape, NO_REASON), np.zeros(shape, int)
        )

    def with_turn(
        self, place: int, speaks: Bools, did: Ints, package: Ints, why: Ints, minds: Ints | None = None
    ) -> "Moves":
        """The same with one turn filled in where a party spoke."""
        filled, named = [], np.zeros_like(did) if minds is None else minds
        for held, new in ((self.did, did), (self.package, package), (self.why, why), (self.minds, named)):
            changed = held.copy()
            changed[place, speaks] = new[speaks]
            filled.append(changed)
        return Moves(self.who, *filled)
