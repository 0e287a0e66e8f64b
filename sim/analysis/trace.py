"""The trace of one draw: each party's turns, and the reasons for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from sim.core.exact import TOLERANCE, Floats
from sim.core.package_pass import values_at
from sim.core.packages import NO_DEAL, Bools
from sim.core.state import ACCEPTED, DRAFTED, LEFT_AS_IT_IS, NO_REASON, OBJECTED, OFFERED, PASSED, REFUSED
from sim.mechanisms.ratification import Votes
from sim.model.ensemble import Ensemble
from sim.model.peace_talks import PeaceTalks
from sim.model.talks import Talks
from sim.results.labels import in_file_order

NEVER = 0  # instead of a round, which are counted from 1


@dataclass(frozen=True, eq=False)
class RoundState:
    """The state of one round."""

    waiting: bool  # a signed package was refused at home and the talks have not resumed
    reopened: bool
    utility: Floats  # of all packages in this round, net of risks to parties with foresight, shape (N, P)
    strength: Floats  # of each lever in this round, shape (levers,)
    struck: Bools | None  # packages refused at home before this round, shape (P,); None while there are none
    signed: int  # the package signed in this round, `NO_DEAL` for none
    votes: Votes | None  # its ratification; None where nothing was signed or nobody votes
    back_in: int  # round in which the talks resume after a refusal, `NEVER` if they do not


def watch(ensemble: Ensemble) -> tuple[Talks, tuple[RoundState, ...]]:
    """Play the one draw of an ensemble as `hold_talks` does, and yield the state of each round."""
    if len(ensemble) != 1:
        raise ValueError(f"one draw is watched at a time, not {len(ensemble)}")
    model, seen = PeaceTalks(ensemble), list[RoundState]()
    try:
        while model.running:
            seen.append(_round(model, seen[-1] if seen else None))
        return model.hold(), tuple(seen)
    finally:
        model.__dict__.clear()  # as in `hold_talks`: a Mesa model refers to itself


def _round(model: PeaceTalks, before: RoundState | None) -> RoundState:
    world, old, k = model.ensemble.world, model.state, model.state.round + 1
    levers = world.levers
    strength = np.zeros(0) if levers is None else levers.at_the_start(old.pressure, k)[0]
    reopened = bool(model.approval.reopens_at[0] == k)
    waiting = not old.open[0] and not reopened
    struck = None if before is None else _struck(model.ensemble, before)
    model.step()
    utility = None if before is None else before.utility
    if utility is None or any(word.from_round[0] == k for word in world.commitments):
        utility = model.utility[0].copy()  # the model changes its own when a public commitment is made
    signed = int(model.state.standing[0]) if model.state.signed[0] == k else NO_DEAL
    votes = None
    if signed != NO_DEAL and world.ratification is not None:
        votes = model.approval.at(model.state).hold(np.array([signed]))
    back_in = int(model.approval.reopens_at[0])
    return RoundState(waiting, reopened, utility, strength, struck, signed, votes, back_in if back_in > k else NEVER)


def worth_in_round(talks: Talks, seen: RoundState, place: int, package: int) -> Floats:
    """Return all parties' utility of a package in a round as they bargained, shape (N,); `place` is counted from 0."""
    free = talks.reservation_value[place, 0][:, None]
    return values_at(seen.utility[None], talks.prospects, np.zeros(1, np.int64), np.array([package]), free)[:, 0]


def _struck(ensemble: Ensemble, before: RoundState) -> Bools | None:
    """Return the packages excluded after refusals, given the round before."""
    ratification = ensemble.world.ratification
    if ratification is None or before.votes is None or before.votes.passed[0]:
        return before.struck
    new: Bools = ratification.struck(np.array([before.signed]), before.votes)[0]
    return new if before.struck is None else before.struck | new


Package = Mapping[str, str]
Did = Literal["offers", "accepts", "refuses", "passes", "waits", "votes_no", "drafts", "leaves_it", "objects"]
AT_HOME = "refused_at_home"  # the reason for a package that was refused at home before, or would be again


@dataclass(frozen=True)
class Turn:
    """One party's turn.

    `did` is `offers` (no standing offer, or both offer at once), `accepts`, `refuses` (and offers instead), `passes`
    (it does not sign the standing offer), `waits` (it could offer and does not) or `votes_no`. Where a mediator holds
    one text: `drafts` (proposes a package, which is its `offer`), `leaves_it` as it is, and `objects` (does not accept
    it, and offers nothing). `reason` is `worth`, the red line crossed as `party.id` (`events.id` for what an event
    removed), or `refused_at_home`: it, or a package of no more support there, was refused before.
    """

    party: str
    did: Did
    asks_for: float  # its aspiration in this round
    answered: Package | None = None  # the standing offer, None if there was none or it passed; `from_` proposed it
    from_: str | None = None
    answered_worth: float | None = None
    reason: str | None = None  # why it refused; None if it did not
    stated: bool = True  # whether it named a reason
    minds: tuple[str, ...] = ()  # the issues that it named in an objection, in the order of the file
    offer: Package | None = None
    offer_worth: float | None = None
    could_sign: bool = True  # whether its own offer is acceptable to itself
    before: Package | None = None  # its offer before this one, None if this is its first

    @property
    def changed(self) -> tuple[str, ...]:
        """Issues on which its offer differs from its last; all of them in its first offer."""
        if self.offer is None:
            return ()
        return tuple(issue for issue in self.offer if self.before is None or self.offer[issue] != self.before[issue])

    @property
    def reason_given(self) -> str | None:
        """The reason it named at the table: a line, else too little utility; None for none."""
        if not self.stated or self.reason is None:
            return None
        return "worth" if self.reason == AT_HOME else self.reason

    @property
    def answer(self) -> tuple[object, ...]:
        """The answer without its numbers: the same answer to any package is no news to a reader."""
        text = tuple(self.answered.values()) if self.did == "accepts" and self.answered else ()
        return (self.party, self.did, self.reason, text, self.minds)


class TurnRecorder:
    """Follows the table from turn to turn: the standing offer, and each party's last offer."""

    def __init__(self, talks: Talks, seen: Sequence[RoundState]) -> None:
        self._talks, self._seen = talks, seen
        self._mediated = talks.ensemble.protocol.needs_mediator
        self._standing, self._proposer = NO_DEAL, ""
        self._offered: dict[int, Package] = {}

    def clear_table(self) -> None:
        """Remove all offers after a refusal at home."""
        self._standing, self._proposer = NO_DEAL, ""

    def turn(self, place: int, who: int, did: int, package: int, why: int, minds: int) -> Turn:
        """Record the turn of party `who` in round `place + 1`, after which `package` is the standing offer."""
        talks = self._talks
        name, asks_for = talks.ensemble.structure.parties[who], float(talks.aspiration[place, 0, who])
        answered, self._standing = self._standing, package
        if did in (PASSED, LEFT_AS_IT_IS):
            waits: Did = "waits" if package == NO_DEAL else "passes"
            return Turn(name, "leaves_it" if did == LEFT_AS_IT_IS else waits, asks_for)
        answer: dict[str, Any] = {}
        if answered != NO_DEAL and did not in (OFFERED, DRAFTED):
            answer = {"answered": package_named(talks, answered), "answered_worth": self._worth(place, who, answered)}
            answer["from_"] = self._proposer
        if did == ACCEPTED:
            return Turn(name, "accepts", asks_for, **answer)
        if did in (OBJECTED, REFUSED):
            answer |= {"reason": self._reason(place, who, answered, why), "stated": why != NO_REASON}
        if did == OBJECTED and not self._mediated:
            return Turn(name, "votes_no", asks_for, **answer)
        if did == OBJECTED:
            issues = talks.ensemble.structure.space.issues
            named = {issue.name for i, issue in enumerate(issues) if minds >> i & 1}
            in_order = tuple(issue for issue in talks.ensemble.scenario.issues if issue in named)
            return Turn(name, "objects", asks_for, minds=in_order, **answer | {"stated": True})
        offer, before = package_named(talks, package), self._offered.get(who)
        self._offered[who], self._proposer = offer, name
        worth = self._worth(place, who, package)
        barred = self._line_crossed(place, who, package) is not None or self._struck(place, package)
        could_sign = not barred and worth >= float(talks.reservation_value[place, 0, who]) - TOLERANCE
        answer |= {"offer": offer, "offer_worth": worth, "before": before, "could_sign": could_sign}
        return Turn(name, "refuses" if did == REFUSED else "drafts" if did == DRAFTED else "offers", asks_for, **answer)

    def _reason(self, place: int, who: int, answered: int, why: int) -> str:
        if why >= 0:
            return str(self._talks.ensemble.structure.lines.names[why])
        return self._line_crossed(place, who, answered) or (AT_HOME if self._struck(place, answered) else "worth")

    def _worth(self, place: int, who: int, package: int) -> float:
        return float(worth_in_round(self._talks, self._seen[place], place, package)[who])

    def _struck(self, place: int, package: int) -> bool:
        struck = self._seen[place].struck
        return struck is not None and bool(struck[package])

    def _line_crossed(self, place: int, who: int, package: int) -> str | None:
        """Return the first red line of a party that is real in a round, by id, and that a package crosses."""
        lines, real = self._talks.ensemble.structure.lines, self._talks.real_by_round[place, 0]
        crossed = lines.crosses[lines.pattern[package]] & real & lines.of(who)
        return str(lines.names[int(crossed.argmax())]) if crossed.any() else None


def package_named(talks: Talks, package: int) -> Package:
    """Return the options of a package, by issue in the order of the file."""
    return in_file_order(talks.ensemble.scenario, talks.ensemble.structure.space.options_of(package))
