"""The one loop in which turns are taken, and what protocols share in which parties take turns."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.core.acceptance import LATE, is_acceptable
from sim.core.answers import BY_STEPS, BY_STEPS_OF_ANY, NO_ANSWER, Answers, Ladder, OfferHistory, answer, step_down
from sim.core.bids import NO_PACKAGE, STEP_DOWN, Bids, Domain, could_sign, listed_bid
from sim.core.compiled import called, compiled, worth_compiling
from sim.core.exact import TOLERANCE, Floats
from sim.core.package_pass import value_of, values_of
from sim.core.packages import Bools, Ints
from sim.core.protocol import Bargainer, Protocol
from sim.core.state import ACCEPTED, NO_REASON, OFFERED, PASSED, REFUSED, WORTH, Case, Moves, State
from sim.core.utility import EVERYBODY, Lines

TURN_STEPS = 100  # of a turn, without those over a list of bids
IF_CONTENT, IF_ABLE, ALWAYS = range(3)  # whether to bid is to accept
REOPEN = "whether the item closed last opens again where some party can sign nothing that is left"


class Rules(NamedTuple):
    """What a protocol prescribes."""

    turns: Ints  # who takes a turn when, shape (rounds, B, turns); each party once a round at most
    reasoned: bool  # whether who refuses names the red line that the offer crosses
    memory: int  # for how many rounds a named line is avoided
    rounds: int  # how many there are
    proposer_accepts: int  # whether who bids thereby accepts its bid: `IF_CONTENT`, `IF_ABLE` or `ALWAYS`


class Parties(NamedTuple):
    """How parties go into the rounds; what of `Stance` is one number a draw has shape (rounds, B, N)."""

    # aspiration, accepts_from, bid: as in `Stance`
    aspiration: Floats
    accepts_from: Floats
    bid: Ints
    draft: Ints  # text that each puts forward before any bid, `NO_PACKAGE` for none
    # bidding, accepting, answering, span: as in `Stance` and `Answers`, shape (N,)
    bidding: Ints
    accepting: Ints
    answering: Ints
    span: Ints
    # weight, clock, lead: as in `Answers`, shape (rounds, B, N); no rounds where nobody answers
    weight: Floats
    clock: Floats
    lead: Floats
    chance: Floats  # uniforms of parties that leave something to chance, shape (rounds, N, B)
    reservation_value: Floats  # worth of no agreement, shape (B, N)
    real: Bools  # red lines that are real, shape (B, L)
    bids: Bids  # what each may bid


class Table(NamedTuple):
    """What turns are written to: arrays of `State` and `Moves`, the latter of shape (rounds, turns, B)."""

    open: Bools
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
    did: Ints
    after: Ints
    why: Ints


WRITTEN = Table._fields[: Table._fields.index("did")]  # of `State`


@compiled
def play(rules: Rules, domain: Domain, parties: Parties, table: Table, first: int, last: int) -> None:
    """Take the turns of rounds `first` to `last`, from 1, in the draws that are open, one draw after the other.

    With nothing on the table a party bids. A party that does not sign the standing offer passes; any other accepts it
    or refuses it and bids. Signed is what every signatory has accepted since it was bid, the proposer too.
    """
    utility, signs, pattern, crosses = domain.utility, domain.signs, domain.lines.pattern, domain.lines.crosses
    bids, log, prospects = parties.bids, table.log, domain.prospects
    avoided = np.zeros(len(crosses), np.bool_)
    marks, mark = np.full(len(pattern) if bids.top_package.shape[2] else 0, -1), 0
    for b in range(len(table.open)):
        struck = bids.struck[b if len(bids.struck) else 0 : b + 1 if len(bids.struck) else 0]
        history = OfferHistory(log[b], table.offers_made[b], table.distinct_offers[b], domain.counts)
        for k in range(first, last + 1):
            if not table.open[b]:
                break
            at, since = k - first, max(1, k - rules.memory + 1)
            _avoid_named(table.named[b], since, domain.lines.crossing, avoided)
            late = rules.rounds == 1 or (k - 1) / (rules.rounds - 1) >= LATE
            for place in range(rules.turns.shape[2]):
                me, text = rules.turns[at, b, place], table.standing[b]
                net, signable, free = utility[b, me], bids.signable[me, b], parties.reservation_value[b, me]
                asks, takes = parties.aspiration[at, b, me], parties.accepts_from[at, b, me]
                act, reason, kind, bid = PASSED, NO_REASON, parties.answering[me], parties.bid[at, b, me]
                rule = parties.accepting[me]
                if kind in (BY_STEPS, BY_STEPS_OF_ANY):
                    mark += 1
                    ladder = Ladder(
                        bids.top_package[me, b], bids.top_worth[me, b], bids.top_step[me, b], pattern, avoided
                    )
                    chance, of_any = parties.chance[at, me, b], kind == BY_STEPS_OF_ANY
                    lowest, step = step_down(me, ladder, free - TOLERANCE, history, chance, marks, mark, of_any)
                    asks = takes = min(max(lowest, free), max(bids.best[me, b], free))
                    bid = step if bid == NO_PACKAGE else bid
                elif kind != NO_ANSWER:
                    weight, clock, lead = parties.weight[at, b, me], parties.clock[at, b, me], parties.lead[at, b, me]
                    answers = Answers(kind, parties.span[me], weight, clock, lead)
                    own = values_of(utility, prospects, b, me, free)
                    asks = takes = answer(answers, me, own, history, free, bids.best[me, b])
                # It knows what it would bid before it answers: the line that it may name is its own, and none of its
                # bids crosses that.
                takes_turn = text == NO_PACKAGE or signs[me, text]
                if bid == NO_PACKAGE and takes_turn and parties.bidding[me] != STEP_DOWN:
                    bid = listed_bid(me, b, parties.bidding[me], asks, free, domain, bids, avoided)
                bid = bids.best_package[me, b] if bid == NO_PACKAGE else bid
                if text == NO_PACKAGE:
                    act = OFFERED
                elif takes_turn:
                    value = value_of(utility, prospects, b, me, text, free)
                    table.received[b, me], table.best_received[b, me] = text, max(table.best_received[b, me], value)
                    level = value_of(utility, prospects, b, me, bid, free)
                    content = is_acceptable(rule, value, takes, level, table.best_received[b, me], late)
                    bearable = net[text] >= free - TOLERANCE and could_sign(signable, struck, pattern[text], text)
                    act = ACCEPTED if bearable and content else REFUSED
                    if act == ACCEPTED:
                        table.accepted[b, me] = True
                    else:
                        table.last_refuser[b] = me
                        if rules.reasoned:
                            reason = _reason(crosses[pattern[text]], parties.real[b], domain.lines.owner, me)
                        if reason >= 0:
                            table.named[b, reason] = k
                            _avoid(avoided, domain.lines.crossing[reason])
                if act in (OFFERED, REFUSED):
                    level, text = value_of(utility, prospects, b, me, bid, free), parties.draft[at, b, me]
                    bid = bid if text == NO_PACKAGE else text
                    made, value = table.offers_made[b, me], value_of(utility, prospects, b, me, bid, free)
                    content = is_acceptable(rule, value, takes, level, table.best_received[b, me], late)
                    bearable = net[bid] >= free - TOLERANCE and could_sign(signable, struck, pattern[bid], bid)
                    for n in range(len(signs)):
                        table.accepted[b, n] = False
                    if rules.proposer_accepts == IF_CONTENT:
                        table.accepted[b, me] = bearable and content
                    else:
                        table.accepted[b, me] = bearable or rules.proposer_accepts == ALWAYS
                    table.distinct_offers[b, me] += _is_new(log[b, me], made, bid)
                    table.standing[b], table.proposer[b], table.own_offer[b, me] = bid, me, bid
                    log[b, me, made] = bid
                    table.offers_made[b, me] += 1
                standing = table.standing[b]
                table.did[at, place, b], table.after[at, place, b], table.why[at, place, b] = act, standing, reason
                if _agreed(signs, table.accepted[b], standing):
                    table.open[b], table.signed[b] = False, k
                    break


@called
def _avoid(avoided: Bools, crossing: Bools) -> None:
    for k in range(len(avoided)):
        avoided[k] |= crossing[k]


@called
def _avoid_named(named: Ints, since: int, crossing: Bools, avoided: Bools) -> None:
    """Avoid the patterns that cross a line named since a round, and no others."""
    avoided[:] = False
    for line in range(len(named)):
        if named[line] >= since:
            _avoid(avoided, crossing[line])


@called
def _reason(crosses: Bools, real: Bools, owner: Ints, me: int) -> int:
    """What a party says that refuses a text: its first real line that this crosses, or that it is worth too little."""
    for line in range(len(crosses)):
        if crosses[line] and real[line] and (owner[line] == me or owner[line] == EVERYBODY):
            return line
    return WORTH


@called
def _is_new(log: Ints, made: int, package: int) -> bool:
    """Whether a party has never offered a package before; most often it is the last one again."""
    for earlier in range(made - 1, -1, -1):  # noqa: SIM110
        if log[earlier] == package:
            return False
    return True


@called
def _agreed(signs: Bools, accepted: Bools, text: int) -> bool:
    agreed = text != NO_PACKAGE
    for n in range(len(signs)):
        agreed &= accepted[n] or not signs[n, text]
    return agreed


def reason_of(party: Bargainer, offer: Ints, lines: Lines) -> Ints:
    """The first real line of the party, by id, that an offer crosses; else `WORTH`: it is worth too little.

    Args:
        party: Who refuses.
        offer: A package of each draw, shape (B,).
        lines: The red lines over the packages.

    Returns:
        Indices of lines, or `WORTH`, shape (B,).
    """
    if not lines.names:
        return np.full(len(offer), WORTH)
    crossed = lines.crosses[lines.pattern[offer]] & party.real_lines
    return np.where(crossed.any(axis=1), crossed.argmax(axis=1), WORTH)


class InTurn(Protocol):
    """Each party in turn accepts the standing offer or replaces it by its own; a protocol says the rest.

    A round is one pass: each party of the order, once. With nothing on the table a party must offer. A party that does
    not sign the standing offer passes. Signed is what every signatory, the proposer included, has accepted since it
    was made; acceptances carry over into the next round and are void once another offer is made.
    """

    order: str | tuple[str, ...]  # a list of parties, `fixed`, `rotating`, or `random`
    reasoned: bool = False  # whether who refuses names the red line that the offer crosses
    # whether who offers thereby accepts its own offer: `IF_CONTENT`, only if it would take it from another;
    # `IF_ABLE`, if it could sign it; or `ALWAYS`
    proposer_accepts: int = IF_CONTENT

    def streams(self, parties: Sequence[str], rounds: int) -> list[list[str]]:
        """Names of the random streams the order of speaking is made from: one a party, for each drawing of lots."""
        if self.order == "random":
            return [[f"order.{party}.{k}" for party in parties] for k in range(1, rounds + 1)]
        if self.order in ("fixed", "rotating"):
            return [[f"order.{party}" for party in parties]]
        return []

    def turns(self, parties: Sequence[str], rounds: int, lots: Floats) -> Ints:
        """Who speaks when.

        `random` draws lots anew each round. `fixed` draws lots once a draw, for all rounds; `rotating` does too, and
        the opener moves to the end each round. A list is the same in every round and draw.
        """
        if self.order == "random":
            return np.argsort(lots, axis=2, kind="stable")
        draws = lots.shape[1]
        if self.order in ("fixed", "rotating"):
            start = np.argsort(lots[0], axis=1, kind="stable")
            moved = [k % len(parties) if self.order == "rotating" else 0 for k in range(rounds)]
            return np.array([np.roll(start, -places, axis=1) for places in moved])
        listed = np.array([parties.index(name) for name in self.order])
        return np.broadcast_to(listed, (rounds, draws, len(listed)))

    def play_round(
        self, state: State, parties: Sequence[Bargainer], turns: Ints, case: Case
    ) -> tuple[State, Moves]:
        written: dict[str, Any] = {name: getattr(state, name).copy() for name in WRITTEN if name != "log"}
        moves = Moves.none(turns)
        table = Table(
            log=state.log, did=moves.did[None], after=moves.package[None], why=moves.why[None], **written
        )
        rules = Rules(
            np.ascontiguousarray(turns)[None], self.reasoned, self.memory or state.rounds, state.rounds,
            self.proposer_accepts,
        )  # fmt: skip
        into = together(parties, state, case)
        steps = turns.shape[1] * (TURN_STEPS + into.bids.worth.shape[2] // 8) * int(state.open.sum())
        worth_compiling(play, steps)(rules, case.domain, into, table, state.round, state.round)
        return state._replace(**written), moves


def together(parties: Sequence[Bargainer], state: State, case: Case) -> Parties:
    """How all parties go into a round, as the loop takes it."""
    stances = [party.stance(state) for party in parties]
    answers = [stance.answers for stance in stances]

    def side_by_side(values: Sequence[Any]) -> Any:
        joined = np.empty((1, len(state.open), len(values)), values[0].dtype)
        for n, of_each in enumerate(values):
            joined[0, :, n] = of_each
        return joined

    nothing = np.zeros((0, *state.reservation_value.shape))
    some = any(each is not None for each in answers)
    blank = np.zeros(len(state.open))
    return Parties(
        aspiration=side_by_side([stance.aspiration for stance in stances]),
        accepts_from=side_by_side([stance.accepts_from for stance in stances]),
        bid=side_by_side([stance.bid for stance in stances]),
        draft=side_by_side([party.draft(state) for party in parties]),
        bidding=np.array([stance.bidding for stance in stances]),
        accepting=np.array([stance.accepting for stance in stances]),
        answering=np.array([each.kind if each else NO_ANSWER for each in answers]),
        span=np.array([each.span if each else 0 for each in answers]),
        weight=side_by_side([each.weight if each else blank for each in answers]) if some else nothing,
        clock=side_by_side([each.clock if each else blank for each in answers]) if some else nothing,
        lead=side_by_side([each.lead if each else blank for each in answers]) if some else nothing,
        chance=np.ascontiguousarray(case.chance[state.round - 1])[None],
        reservation_value=np.ascontiguousarray(state.reservation_value),
        real=np.ascontiguousarray(state.real),
        bids=case.bids(),
    )
