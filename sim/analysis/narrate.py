"""One negotiation, played again: who offered what, who refused and why, and how it ended."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sim.analysis.telling import tell
from sim.analysis.words import in_file_order
from sim.ensemble import draw as draw_inputs
from sim.exact import TOLERANCE
from sim.issues import NO_DEAL
from sim.model import Talks, hold_talks
from sim.outcomes import OUTCOMES, outcome_columns
from sim.scenario import Scenario
from sim.state import ACCEPTED, NO_REASON, NOT_ASKED, PASSED, REFUSED
from sim.structure import structure
from sim.utility import DAYS_PER_MONTH

Package = Mapping[str, str]
Did = Literal["offers", "accepts", "refuses", "passes"]


@dataclass(frozen=True)
class Turn:
    """What one party did when its turn came.

    Attributes:
        party: Its name.
        did: `offers` (nothing lay on the table), `accepts`, `refuses` (and offers instead) or `passes` (it does not
            sign the text on the table).
        asks_for: The least worth it asks for in this round.
        answered: The text it answered, None if nothing lay on the table or it passed; `from_` put it there.
        answered_worth: What that text is worth to it.
        reason: Why it refused: `worth`, or the red line it crosses as `party.id`; None if it did not refuse.
        said: Whether it gave this reason.
        offer: The text it put on the table, None if none.
        offer_worth: What that is worth to it.
        could_sign: Whether its own offer crosses none of its real red lines and is worth its no-deal worth.
        before: Its offer before this one, None if this is its first.
    """

    party: str
    did: Did
    asks_for: float
    answered: Package | None = None
    from_: str | None = None
    answered_worth: float | None = None
    reason: str | None = None
    said: bool = True
    offer: Package | None = None
    offer_worth: float | None = None
    could_sign: bool = True
    before: Package | None = None

    @property
    def changed(self) -> tuple[str, ...]:
        """Issues on which its offer differs from its offer before; all of them in its first offer."""
        if self.offer is None:
            return ()
        return tuple(issue for issue in self.offer if self.before is None or self.offer[issue] != self.before[issue])

    @property
    def answer(self) -> tuple[object, ...]:
        """What it answers, but for the numbers: the same again, on whatever text, is no news to a reader."""
        text = tuple(self.answered.values()) if self.did == "accepts" and self.answered else ()
        return (self.party, self.did, self.reason, text)


@dataclass(frozen=True)
class Round:
    """One round: its number from 1, months since the start, date if the file gives one, and the turns in order."""

    number: int
    month: float
    date: datetime.date | None
    turns: tuple[Turn, ...]


@dataclass(frozen=True)
class Seat:
    """A party in this draw.

    Attributes:
        name: As in the file.
        no_deal: What no deal is worth to it in this draw.
        best: The largest worth it could sign, None if it could sign nothing.
        real_lines: Its red lines that are real in this draw, as `party.id`.
        other_lines: Its red lines that are not.
        signs: Whether it signs the text of the agreement, or some package if there is none.
        worth: Of the text signed, None without a deal.
        margin: That worth less the no-deal worth.
    """

    name: str
    no_deal: float
    best: float | None
    real_lines: tuple[str, ...]
    other_lines: tuple[str, ...]
    signs: bool
    worth: float | None
    margin: float | None


@dataclass(frozen=True)
class Narration:
    """One negotiation of a scenario; as text, the story of it.

    Attributes:
        scenario: Of which this is one draw.
        seed, draw: Which one.
        seats: The parties, in the order of the file.
        rounds: What was said, to the round of signature or the last.
        outcome: As in results.
        package: The text signed, None without a deal.
        signed: Round of signature, None without a deal.
        zone_packages: Packages acceptable to all their signatories.
        least_satisfied: Smallest margin of a signatory as a share of the largest it could have; None without a deal.
        blocker: What stood in the way, as in results; None with a deal.
    """

    scenario: Scenario = field(repr=False)
    seed: int
    draw: int
    seats: tuple[Seat, ...]
    rounds: tuple[Round, ...] = field(repr=False)
    outcome: str
    package: Package | None
    signed: int | None
    zone_packages: int
    least_satisfied: float | None
    blocker: str | None

    def __str__(self) -> str:
        return tell(self)

    def as_data(self) -> dict[str, Any]:
        """The same as plain data, the keys as documented for `peacesim run --json`."""
        return {
            "id": self.scenario.id,
            "title": self.scenario.title,
            "seed": self.seed,
            "draw": self.draw,
            "parties": [_seat_data(seat) for seat in self.seats],
            "rounds": [_round_data(played) for played in self.rounds],
            "outcome": self.outcome,
            "package": dict(self.package) if self.package else None,
            "round": self.signed,
            "month": self.rounds[-1].month if self.signed else None,
            "zone_packages": self.zone_packages,
            "least_satisfied": self.least_satisfied,
            "blocker": self.blocker,
        }


def narrate(scenario: Scenario, seed: int = 1, draw: int = 0) -> Narration:
    """Play one draw of a scenario again and keep what everybody said.

    Args:
        scenario: As read by `read_scenario`.
        seed: Of all random streams, as in the batch.
        draw: Which draw, from 0: the same world as row `draw` of the batch's results.

    Raises:
        ValueError: if `draw` is below 0.
    """
    if draw < 0:
        raise ValueError(f"draws are counted from 0, so there is no draw {draw}")
    talks = hold_talks(draw_inputs(scenario, seed, draw, 1, table=structure(scenario)))
    columns = {name: values[0] for name, values in outcome_columns(talks).items()}
    signed = int(talks.signed[0]) or None
    return Narration(
        scenario=scenario,
        seed=seed,
        draw=draw,
        seats=tuple(_seat(talks, name) for name in scenario.parties),
        rounds=_rounds(talks),
        outcome=OUTCOMES[columns["outcome"]],
        package=_package(talks, int(talks.package[0])) if signed else None,
        signed=signed,
        zone_packages=int(columns["zone_packages"]),
        least_satisfied=_number(columns["least_satisfied"]),
        blocker=str(columns["blocker"]) or None,
    )


def _number(value: Any) -> float | None:
    return float(value) if value == value else None  # NaN: no figure


def _package(talks: Talks, package: int) -> Package:
    return in_file_order(talks.ensemble.scenario, talks.ensemble.structure.space.options_of(package))


def _seat(talks: Talks, name: str) -> Seat:
    table = talks.ensemble.structure
    n, package = table.parties.index(name), int(talks.package[0])
    last = int(talks.signed[0]) or len(talks.no_deal)
    no_deal, best = float(talks.no_deal[last - 1, 0, n]), float(talks.best[0, n])
    own = [line for line, owner in enumerate(table.lines.party) if owner == n]
    worth = None if package == NO_DEAL else float(talks.utility[0, n, package])
    return Seat(
        name=name,
        no_deal=no_deal,
        best=best if best > float("-inf") else None,
        real_lines=tuple(table.lines.names[line] for line in own if talks.ensemble.real[0, line]),
        other_lines=tuple(table.lines.names[line] for line in own if not talks.ensemble.real[0, line]),
        signs=bool(table.signs[n, package] if package != NO_DEAL else table.signs[n].any()),
        worth=worth,
        margin=None if worth is None else worth - no_deal,
    )


def _rounds(talks: Talks) -> tuple[Round, ...]:
    scenario, told = talks.ensemble.scenario, _Teller(talks)
    rounds = []
    for place, moves in enumerate(talks.moves):
        codes = zip(moves.who[:, 0], moves.did[:, 0], moves.package[:, 0], moves.why[:, 0], strict=True)
        turns = [told.turn(place, *map(int, code)) for code in codes if code[1] != NOT_ASKED]
        days = place * scenario.time.days_per_round
        date = None if scenario.as_of is None else _after(scenario.as_of, days)
        rounds.append(Round(place + 1, days / DAYS_PER_MONTH, date, tuple(turns)))
    return tuple(rounds)


def _after(start: datetime.date, days: float) -> datetime.date | None:
    try:
        return start + datetime.timedelta(days=days)
    except OverflowError:  # ten thousand rounds of ten years pass the last year there is
        return None


class _Teller:
    """Follows the table from turn to turn: what lies on it, and what each party offered last."""

    def __init__(self, talks: Talks) -> None:
        self._talks = talks
        self._standing, self._proposer = NO_DEAL, ""
        self._offered: dict[int, Package] = {}

    def turn(self, place: int, who: int, did: int, package: int, why: int) -> Turn:
        """The turn of party `who` in round `place + 1`, after which `package` lies on the table."""
        talks = self._talks
        name, asks_for = talks.ensemble.structure.parties[who], float(talks.aspiration[place, 0, who])
        answered, self._standing = self._standing, package
        if did == PASSED:
            return Turn(name, "passes", asks_for)
        answer: dict[str, Any] = {}
        if answered != NO_DEAL:
            answer = {"answered": _package(talks, answered), "answered_worth": self._worth(who, answered)}
            answer["from_"] = self._proposer
        if did == ACCEPTED:
            return Turn(name, "accepts", asks_for, **answer)
        offer, before = _package(talks, package), self._offered.get(who)
        self._offered[who], self._proposer = offer, name
        answer |= {"offer": offer, "offer_worth": self._worth(who, package), "before": before}
        answer["could_sign"] = self._could_sign(place, who, package)
        if did == REFUSED:
            line = self._line_crossed(who, answered)
            named = talks.ensemble.structure.lines.names[why] if why >= 0 else line
            return Turn(name, "refuses", asks_for, reason=named or "worth", said=why != NO_REASON, **answer)
        return Turn(name, "offers", asks_for, **answer)

    def _worth(self, who: int, package: int) -> float:
        return float(self._talks.utility[0, who, package])

    def _line_crossed(self, who: int, package: int) -> str | None:
        """The first real red line of a party, by id, that a package crosses."""
        lines, real = self._talks.ensemble.structure.lines, self._talks.ensemble.real[0]
        crossed = lines.crosses[lines.pattern[package]] & real & lines.of(who)
        return next((name for name, is_crossed in zip(lines.names, crossed, strict=True) if is_crossed), None)

    def _could_sign(self, place: int, who: int, package: int) -> bool:
        no_deal = float(self._talks.no_deal[place, 0, who])
        return self._line_crossed(who, package) is None and self._worth(who, package) >= no_deal - TOLERANCE


def _seat_data(seat: Seat) -> dict[str, Any]:
    return {
        "party": seat.name,
        "no_deal": seat.no_deal,
        "best": seat.best,
        "real_lines": list(seat.real_lines),
        "other_lines": list(seat.other_lines),
        "signs": seat.signs,
        "utility": seat.worth,
        "margin": seat.margin,
    }


def _round_data(played: Round) -> dict[str, Any]:
    return {
        "round": played.number,
        "month": played.month,
        "date": played.date.isoformat() if played.date else None,
        "moves": [
            {
                "party": turn.party,
                "did": turn.did,
                "asks_for": turn.asks_for,
                "answered": dict(turn.answered) if turn.answered else None,
                "answered_from": turn.from_,
                "answered_worth": turn.answered_worth,
                "reason": turn.reason,
                "reason_given": turn.reason if turn.said else None,
                "offer": dict(turn.offer) if turn.offer else None,
                "offer_worth": turn.offer_worth,
                "changed": list(turn.changed),
            }
            for turn in played.turns
        ],
    }
