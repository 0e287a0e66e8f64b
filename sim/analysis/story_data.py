"""The story of one negotiation as plain data."""

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sim.analysis.happenings import Signature
from sim.analysis.ledger import Account
from sim.analysis.turns import turn_data

if TYPE_CHECKING:
    from sim.analysis.narrate import Narration, Round, Seat


def narration_data(story: "Narration") -> dict[str, Any]:
    """All of a story, the keys as documented for `peacesim run --json`."""
    holds = story.break_month is not None and math.isinf(story.break_month)
    return {
        "id": story.scenario.id,
        "title": story.scenario.title,
        "seed": story.seed,
        "draw": story.draw,
        "parties": [_seat_data(seat) for seat in story.seats],
        "rounds": [_round_data(played) for played in story.rounds],
        "outcome": story.outcome,
        "package": dict(story.package) if story.package else None,
        "round": story.signed,
        "month": story.rounds[-1].month if story.signed else None,
        "signatures": [_signature_data(text) for text in story.signatures],
        "breaks": None if story.break_month is None else not holds,
        "break_month": None if holds else story.break_month,
        "break_cause": story.break_cause,
        "zone_packages": story.zone_packages,
        "least_satisfied": story.least_satisfied,
        "blocker": story.blocker,
        "ledger": [_account_data(account) for account in story.accounts],
        "lines_fallen": [asdict(line) for line in story.lines_fallen],
    }


def _seat_data(seat: "Seat") -> dict[str, Any]:
    return {
        "party": seat.name,
        "no_deal_at_start": seat.no_deal_at_start,
        "no_deal": seat.no_deal,
        "best": seat.best,
        "real_lines": list(seat.real_lines),
        "other_lines": list(seat.other_lines),
        "signs": seat.signs,
        "utility": seat.worth,
        "margin": seat.margin,
    }


def _round_data(played: "Round") -> dict[str, Any]:
    return {
        "round": played.number,
        "month": played.month,
        "date": played.date.isoformat() if played.date else None,
        "events": list(played.events),
        "lines_fallen": list(played.lines_fallen),
        "levers": [asdict(lever) for lever in played.levers],
        "channel_open": played.channel_open,
        "waiting": played.waiting,
        "left": [gone.party for gone in played.left],
        "moves": [turn_data(turn) for turn in played.turns],
    }


def _signature_data(text: Signature) -> dict[str, Any]:
    return {
        "round": text.round,
        "month": text.month,
        "package": dict(text.package),
        "votes": [asdict(ballot) for ballot in text.ballots],
        "refused_by": text.refused_by,
        "barred": text.barred,
        "months_to_force": text.months_to_force,
        "back_in": text.back_in,
    }


def _account_data(account: Account) -> dict[str, Any]:
    return {
        "party": account.party,
        "opening": dict(account.opening) if account.opening else None,
        "until": dict(account.until) if account.until else None,
        "signed": account.signed,
        "opening_worth": account.opening_worth,
        "until_worth": account.until_worth,
        "issues": [{**asdict(step), "moved": step.moved} for step in account.steps],
    }
