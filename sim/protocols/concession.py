"""Monotonic concession of two parties."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.core.bids import first_of_highest
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.protocol import Bargainer, Protocol
from sim.core.registry import order
from sim.core.state import ACCEPTED, NOT_ASKED, OFFERED, Case, Moves, State
from sim.protocols import PROTOCOLS
from sim.protocols.alternating_offers import AlternatingOffers


@PROTOCOLS.register(
    "concession",
    formula="the lower of the risks (u_n(own) - u_n(other's)) / (u_n(own) - no_deal_n) moves, to the package worth most"
    " to itself that makes its risk the higher one or contents the other",
    source="Rosenschein & Zlotkin (1994), monotonic concession with the rule of Zeuthen (1930); Harsanyi (1956)",
    use="two parties that know each other well; it ends at the largest product of gains if there are rounds enough",
)
@dataclass(frozen=True)
class Concession(Protocol):
    """Both offer at once; whoever risks less by standing firm makes the smallest move that turns this round.

    Both start at their best package of the zone. A round is one move: the party with the lower risk offers, of the
    packages worth more to the other than its last, the one that costs itself least and after which its own risk is the
    higher one, or with which the other is content. It ends when an offer is worth as much to the other as its own.
    Risks are compared by true worth, and the rule says what is offered: no strategy is asked.
    """

    order: str | tuple[str, ...] = order("random", doc="who moves where both risk the same: the first in this order")

    asks_strategies = False
    signatories = 2

    def streams(self, parties: Sequence[str], rounds: int) -> list[list[str]]:
        """Return the names of the random streams of the order, as in alternating offers."""
        return AlternatingOffers(order=self.order).streams(parties, rounds)

    def turns(self, parties: Sequence[str], rounds: int, lots: Floats) -> Ints:
        """Return which party comes first, as in alternating offers, shape (R, B, turns)."""
        return AlternatingOffers(order=self.order).turns(parties, rounds, lots)

    def play_round(
        self, state: State, parties: Sequence[Bargainer], turns: Ints, case: Case
    ) -> tuple[State, Moves]:
        """Play one move of one party, or both first offers; a first acceptance follows the two offers."""
        pair = np.flatnonzero(np.logical_and.reduce(case.signs, axis=1)).tolist()
        rows = np.flatnonzero(state.open)
        moves = Moves.none(np.full((len(state.open), 3), pair[0]))
        if not len(rows):
            return state, moves
        two = [parties[n] for n in pair]
        offers = state.own_offer[rows][:, pair]
        place = np.array([_place(turns[rows], n) for n in pair])
        last = np.argmax(place, axis=0)  # the later of the two, where neither moves
        author = np.full(len(rows), -1)
        bargain = _bargain(state, two, rows, case)
        apart, there = np.flatnonzero(~bargain.zone.any(axis=1)), np.flatnonzero(bargain.zone.any(axis=1))
        for side in (0, 1):  # without a zone each party repeats the best package that it could sign
            best = two[side].view(state).best_package[rows]
            offers[apart, side] = np.where(state.standing[rows[apart]] == NO_DEAL, best[apart], offers[apart, side])
        if len(there):
            fresh = state.standing[rows[there]] == NO_DEAL
            played = _play(bargain.rows(there), offers[there], fresh, 1 - last[there])
            offers[there], author[there] = played.offers, played.author
            last[there] = np.where(played.last >= 0, played.last, last[there])
        return _written(state, pair, rows, offers, last, author, case)

    def prescribed(
        self, before: State, after: State, parties: Sequence[Bargainer], turns: Ints, case: Case
    ) -> Floats:
        """Return each party's aspiration in this round: the utility of its own offer, NaN for none, shape (B, N)."""
        worth = np.array([party.utility_of(after.own_offer[:, party.index]) for party in parties]).T
        return np.where(after.own_offer == NO_DEAL, np.nan, worth)


@dataclass(frozen=True, eq=False)
class _Bargain:
    """Two parties in some draws."""

    worth: Floats  # of all packages to either, shape (2, B, P)
    gains: Floats  # the same less no deal, 0 for what is no gain, shape (2, B, P)
    zone: Bools  # packages that both could sign, shape (B, P)
    tie_rank: Ints  # order of packages in a tie, shape (1, P)

    def rows(self, rows: Ints) -> "_Bargain":
        if len(rows) == len(self.zone):
            return self
        return _Bargain(self.worth[:, rows], self.gains[:, rows], self.zone[rows], self.tie_rank)

    def best(self, side: int, usable: Bools) -> Ints:
        """Return a side's best usable package; ties by the other's utility. At least one a draw is usable."""
        held = np.where(usable, self.worth[side], -np.inf)
        tied = held >= (held.max(axis=1) - TOLERANCE)[:, None]
        return first_of_highest(self.worth[1 - side], tied, self.tie_rank)

    def worths(self, offers: Ints) -> Floats:
        """Return the utility of either, axis 0, of the offer of either, axis 1: shape (2, 2, B)."""
        draw = np.arange(len(offers))
        return np.array([[self.worth[me, draw, offers[:, whose]] for whose in (0, 1)] for me in (0, 1)])

    def gains_of(self, offers: Ints) -> Floats:
        """The same of gains."""
        draw = np.arange(len(offers))
        return np.array([[self.gains[me, draw, offers[:, whose]] for whose in (0, 1)] for me in (0, 1)])


@dataclass(frozen=True, eq=False)
class _Played:
    """One round of two in some draws."""

    offers: Ints  # of either after the round, shape (B, 2)
    last: Ints  # which of the two moved, -1 for neither, shape (B,)
    author: Ints  # whose offer contents the other, -1 for neither's, shape (B,)


def _bargain(state: State, two: Sequence[Bargainer], rows: Ints, case: Case) -> _Bargain:
    views = [party.view(state) for party in two]
    worth = np.array([view.utility[rows] for view in views])
    gains = np.array([each - view.reservation_value[rows, None] for each, view in zip(worth, views, strict=True)])
    zone: Bools = np.logical_and.reduce([view.signable[rows] for view in views])
    zone &= np.logical_and.reduce(gains >= -TOLERANCE)
    return _Bargain(worth, np.where(gains >= TOLERANCE, gains, 0.0), zone, case.tie_rank[None])


def _play(bargain: _Bargain, offers: Ints, fresh: Bools, first: Ints) -> _Played:
    """Play a round of draws that have a zone; `offers` are read where not `fresh`, `first` decides equal risks."""
    draw = np.arange(len(offers))
    gone = fresh[:, None] | ~bargain.zone[draw[:, None], offers]
    offers = np.array([_within(bargain, side, offers[:, side], fresh, gone[:, side]) for side in (0, 1)]).T
    last = np.full(len(offers), -1)
    move = np.flatnonzero(~gone.any(axis=1) & ~_content(bargain.worths(offers)).any(axis=0))
    if len(move):
        rest = bargain.rows(move)
        last[move] = _lower_risk(rest.gains_of(offers[move]), first[move])
        for side in (0, 1):
            mine = move[last[move] == side]
            if len(mine):
                offers[mine, side] = _smallest_move(bargain.rows(mine), side, offers[mine])
    return _Played(offers, last, _author(bargain, offers, last, first))


def _within(bargain: _Bargain, side: int, offer: Ints, fresh: Bools, gone: Bools) -> Ints:
    """Return a side's offer, or its replacement at the start or once it is not acceptable to both any more.

    Concessions are not taken back: the new offer is the side's best of at least the old one's utility to the other. If
    there is none, and at the start, the best of the zone.
    """
    rows, offer = np.flatnonzero(gone), offer.copy()
    if len(rows):
        part = bargain.rows(rows)
        old = bargain.worth[1 - side, rows, offer[rows]]
        as_good = part.zone & (part.worth[1 - side] >= (old - TOLERANCE)[:, None])
        anew = fresh[rows] | ~as_good.any(axis=1)
        offer[rows] = part.best(side, np.where(anew[:, None], part.zone, as_good))
    return offer


def _content(worths: Floats) -> Bools:
    """Return whether the offer of either gives the other as much as the other's own, by author, shape (2, B)."""
    return np.array([worths[1, 0] >= worths[1, 1] - TOLERANCE, worths[0, 1] >= worths[0, 0] - TOLERANCE])


def _lower_risk(gains: Floats, first: Ints) -> Ints:
    """Return which of the two risks less, given gains of either from the offer of either, shape (2, 2, B).

    With g(own) and g(other's) the gains of a party, its risk is 1 - g(other's) / g(own). The difference of the risks of
    two parties, times the gain of each from its own offer, is the difference of the products of both gains: the lower
    risk is with the offer of the lower product. Without a division nothing can be divided by 0. Equal risks: `first`.
    """
    products = gains[0] * gains[1]
    slack = TOLERANCE * (gains[0, 0] * gains[1, 1])
    lower: Ints = np.where(np.abs(products[0] - products[1]) <= slack, first, products[0] >= products[1])
    return lower


def _smallest_move(bargain: _Bargain, side: int, offers: Ints) -> Ints:
    """Return a side's cheapest package, of those better for the other, that reverses the risks or satisfies the other.

    There is one: the offer of the other. Risks are compared as in `_lower_risk`.
    """
    draw, other = np.arange(len(offers)), 1 - side
    worth, own, gained = bargain.worth[other], bargain.gains[side], bargain.gains[other]
    before, asked = (worth[draw, offers[:, whose]][:, None] for whose in (side, other))
    theirs = offers[:, other]
    product = (own[draw, theirs] * gained[draw, theirs])[:, None]
    turns_it = own * gained - product > TOLERANCE * (own * gained[draw, theirs][:, None])
    usable = bargain.zone & (worth > before + TOLERANCE) & (turns_it | (worth >= asked - TOLERANCE))
    return bargain.best(side, usable)


def _author(bargain: _Bargain, offers: Ints, last: Ints, first: Ints) -> Ints:
    """Return whose offer is agreed on, -1 for none, shape (B,).

    Where each would accept the other's, the one with the larger product of gains, then the smaller tie rank; where
    these are one package, the party that offered it last.
    """
    content = _content(bargain.worths(offers))
    gains, rank = bargain.gains_of(offers), bargain.tie_rank[0]
    products, ranks = gains[0] * gains[1], rank[offers]
    latest = np.where(last >= 0, last, 1 - first)
    both = np.select(
        [products[0] > products[1], products[0] < products[1], ranks[:, 0] < ranks[:, 1], ranks[:, 0] > ranks[:, 1]],
        [0, 1, 0, 1],
        latest,
    )
    author: Ints = np.select([content.all(axis=0), content[0], content[1]], [both, 0, 1], -1)
    return author


def _place(turns: Ints, party: int) -> Ints:
    place: Ints = (turns == party).argmax(axis=1)
    return place


def _written(
    state: State, pair: list[int], rows: Ints, offers: Ints, last: Ints, author: Ints, case: Case
) -> tuple[State, Moves]:
    """Return the table with both offers, and the actions that led to it.

    The standing offer is the one agreed on, else that of the party that moved. An offer that is not agreed on has been
    accepted by nobody: each prefers its own.
    """
    count, agreed = len(state.open), author >= 0
    late = np.where(agreed, author, last)
    who, did = np.full((3, count), pair[0]), np.full((3, count), NOT_ASKED)
    package = np.full((3, count), NO_DEAL)
    for place, side in enumerate((1 - late, late)):
        who[place, rows], did[place, rows] = np.array(pair)[side], OFFERED
        package[place, rows] = offers[np.arange(len(rows)), side]
        for n in pair:
            makes = state.open & (who[place] == n)
            state = state.with_offer(n, makes, package[place], np.zeros(count, bool))
    who[2, rows], did[2, rows[agreed]], package[2] = who[0, rows], ACCEPTED, package[1]
    accepted, received, best = state.accepted.copy(), state.received.copy(), state.best_received.copy()
    for mine, n in enumerate(pair):
        accepted[rows[agreed], n] = True
        received[rows, n] = offers[:, 1 - mine]
        best[rows, n] = np.maximum(best[rows, n], case.value_of(rows, offers[:, 1 - mine], state)[n])
    state = state._replace(accepted=accepted, received=received, best_received=best)
    return state.with_signatures(case.signs), Moves.none(who.T)._replace(did=did, package=package)
