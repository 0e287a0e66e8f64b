"""What happened around the table, in words: events, levers, red lines that fell, votes at home, and how it held."""

import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sim.analysis.happenings import Ballot, Departure, LeverMove, Signature
from sim.analysis.ledger import Account, Step
from sim.analysis.words import clean, either, issue_label, line_words, option_label, party_label
from sim.scenario.messages import shown

if TYPE_CHECKING:
    from sim.analysis.narrate import Narration, Round


WIDTH = 96
MOST_DIGITS = 6


def wrapped(text: str, width: int, indent: int = 0, hanging: int = 2) -> list[str]:
    """A paragraph in lines; later ones stand `hanging` characters further in."""
    first, later = " " * indent, " " * (indent + hanging)
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False) or [""]


def columns(rows: Sequence[Sequence[str]], indent: int = 2, left: int = 1) -> list[str]:
    """Rows of texts as a table: the first `left` columns flush left, the others flush right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        places = enumerate(zip(row, widths, strict=True))
        cells = [cell.ljust(wide) if place < left else cell.rjust(wide) for place, (cell, wide) in places]
        lines.append(" " * indent + "   ".join(cells).rstrip())
    return lines


def worth(value: float | None) -> str:
    """A worth with two digits, a dash if there is none."""
    return "-" if value is None else f"{value:.2f}"


def apart(value: float, other: float) -> tuple[str, str]:
    """Two worths with as many digits as it takes to tell them apart, two at least and six at most."""
    for digits in range(2, MOST_DIGITS):
        if f"{value:.{digits}f}" != f"{other:.{digits}f}":
            return f"{value:.{digits}f}", f"{other:.{digits}f}"
    return f"{value:.2f}", f"{other:.2f}"


MOST_NAME = 26  # characters of an issue or option in the table


def ledger(story: "Narration", width: int) -> Iterator[str]:
    """A short table for each party, then the red lines that fell."""
    until = "text" if story.package is not None else "last own offer"
    scale = "in points of each party's own values (0 to 100, as in the file; those of two parties do not compare)"
    yield from wrapped(f"From opening to {until}, {scale}:", width, hanging=0)
    for account in story.accounts:
        yield from _account(story, account, width)
    if story.lines_can_fall:
        yield from _fallen(story, width)


def _account(story: "Narration", account: Account, width: int) -> Iterator[str]:
    who = party_label(story.scenario, account.party)
    if account.opening is None:
        yield from wrapped(f"{who} made no offer of its own.", width, indent=2)
        return
    moved, kept = [step for step in account.steps if step.moved], [step for step in account.steps if not step.moved]
    until = "the text" if account.signed else "its last offer"
    value = f"its opening was worth {worth(account.opening_worth)} to it, {until} {worth(account.until_worth)}"
    yield from wrapped(f"{who} moved on {len(moved)} of {len(account.steps)} issues; {value}.", width, indent=2)
    if moved:
        for line in columns([_row(step) for step in moved], indent=4, left=2):
            yield from wrapped(line, width, hanging=6)
    if kept:
        same = ", ".join(f"{shown(step.issue, MOST_NAME)} ({step.before:g})" for step in kept)
        yield from wrapped(f"kept: {same}", width, indent=4)


def _row(step: Step) -> tuple[str, str, str]:
    names = [shown(name, MOST_NAME) for name in (step.issue, step.opening, step.until)]
    return names[0], f"{names[1]} -> {names[2]}", f"{step.before:g} -> {step.after:g}"


def _fallen(story: "Narration", width: int) -> Iterator[str]:
    if not story.lines_fallen:
        yield "No red line was given up."
        return
    listed = ", ".join(f"{line.line} (month {line.month:.1f})" for line in story.lines_fallen)
    yield from wrapped(f"Red lines given up: {listed}.", width)


CAUSES = {
    "none": "Its danger was that which every agreement runs.",
    "several": "Its danger was raised by several faults, none of them the largest.",
    "guarantor_absent": "Its danger was raised most by a guarantor with too little in it to act.",
    "credibility_lost": "Its danger was raised most by a guarantee that had lost credibility.",
    "not_self_enforcing": "Its danger was raised most by a shift of power.",
    "pull_back_fails": "Its danger was raised most by a pull-back on whose last step cheating paid.",
    "bought_by_pressure": "Its danger was raised most by the pressure that had bought it, as that faded.",
}


def news(story: "Narration", played: "Round", width: int) -> Iterator[str]:
    """What happened in a round before anybody spoke."""
    for event in played.events:
        yield from wrapped(event_words(story, event), width, indent=2)
    for line in played.lines_fallen:
        yield from wrapped(f"{_falls(story, line)}: {line_words(story.scenario, line)}.", width, indent=2)
    for lever in played.levers:
        yield from wrapped(_lever_words(story, lever), width, indent=2)
    for gone in played.left:
        yield from wrapped(_leaves(story, gone), width, indent=2)


def _leaves(story: "Narration", gone: Departure) -> str:
    who = party_label(story.scenario, gone.party)
    outside = f"what it leaves for is worth {worth(gone.worth)} to it"
    return f"{who} leaves the talks: {outside}, more than all it can expect."


def event_words(story: "Narration", name: str) -> str:
    """An event by its label, with what it does to the table."""
    scenario = story.scenario
    event = next(event for event in scenario.events if event.id == name)
    effects = []
    for issue, options in event.removes.items():
        gone = either([f'"{option_label(scenario, issue, option)}"' for option in options], "and")
        effects.append(f"off the table: {issue_label(scenario, issue)}: {gone}")
    if event.closes_channel_rounds:
        count = event.closes_channel_rounds
        effects.append(f"nobody talks for {count} round{'s' * (count != 1)}")
    if event.commits is not None:
        effects.append(f"a public word of {party_label(scenario, event.commits.party)}")
    does = f" ({'; '.join(effects)})" if effects else ""
    return f"Event: {clean(event.label)}{does}."


def _falls(story: "Narration", line: str) -> str:
    party, name = line.split(".", 1)
    return f"{party_label(story.scenario, party)} gives up its red line {name}"


def _lever_words(story: "Narration", lever: LeverMove) -> str:
    owner, now, then = party_label(story.scenario, lever.party), worth(lever.strength), worth(lever.before)
    return f"The lever {lever.lever} on {owner} is at {now} of its strength, was {then}."


def silence(played: "Round") -> str | None:
    """Why nobody spoke in a round; None where somebody did."""
    if played.left:
        return "the talks are over"
    if played.waiting:
        return "no talks, since the text signed was refused at home"
    return None if played.channel_open else "the channel is closed, nobody talks"


def went_home(story: "Narration", text: Signature, width: int, indent: int = 0) -> Iterator[str]:
    """What came of a signed text at home; nothing where the file has nobody who votes."""
    ratification = story.scenario.ratification
    if ratification is None:
        return
    for ballot in text.ballots:
        yield from wrapped(_ballot_words(story, ballot), width, indent)
    if text.refused_by is not None:
        who = clean(ratification.ratifiers[text.refused_by].label)
        barred = f"{who}: barred from voting on this text, so it is refused." if text.barred else f"{who} refused it."
        on = f" They talk again from round {text.back_in}." if text.back_in is not None else " The talks were over."
        yield from wrapped(barred + on, width, indent)
        return
    assert text.months_to_force is not None
    nobody = "" if text.ballots else "Nobody had to vote on it. "
    month = text.month + text.months_to_force
    after = f"{text.months_to_force:.1f} months after the signature (month {month:.1f})"
    yield from wrapped(f"{nobody}It came into force {after}.", width, indent)


def _ballot_words(story: "Narration", ballot: Ballot) -> str:
    assert story.scenario.ratification is not None
    who = clean(story.scenario.ratification.ratifiers[ballot.ratifier].label)
    share = f"{100 * min(max(ballot.in_favour, 0.0), 1.0):.1f} %"
    needed = f"{'more than' if ballot.more_than else 'at least'} {100 * ballot.needed:.4g} %"
    came = "passed" if ballot.passed else "refused"
    when = f"{ballot.month:.1f} months after the signature"
    return f"{who} ({ballot.vote}), {when}: {share} in favour, {needed} needed: {came}."


def held(story: "Narration", width: int) -> Iterator[str]:
    """How long an agreement in force held; nothing where the file has no hazard."""
    if story.break_month is None:
        return
    if math.isinf(story.break_month):
        yield from wrapped("It did not break in the fifty years that are looked at.", width)
        return
    cause = f" {CAUSES[story.break_cause]}" if story.break_cause in CAUSES else ""
    yield from wrapped(f"It broke {story.break_month:.1f} months after it came into force.{cause}", width)


def meanwhile(story: "Narration", width: int) -> Iterator[str]:
    """What happened around the table, a paragraph a round, for readers who leave the talks themselves out."""
    refused = {text.round: text for text in story.signatures if text.back_in is not None}
    told = False
    for played in story.rounds:
        texts = [event_words(story, event) for event in played.events]
        texts += [f"{_falls(story, line)}." for line in played.lines_fallen]
        texts += [_leaves(story, gone) for gone in played.left]
        if not played.channel_open and not played.waiting and not played.left:
            texts.append("The channel is closed, nobody talks.")
        if texts:
            told = True
            yield from wrapped(f"{heading(played)}: {' '.join(texts)}", width, hanging=4)
        if played.number in refused:
            told = True
            yield from wrapped(f"{heading(played)}: a text is signed and goes home.", width, hanging=4)
            yield from went_home(story, refused[played.number], width, indent=4)
    if told:
        yield ""


def heading(played: "Round") -> str:
    """A round by its number, date and month."""
    when = f", {played.date.isoformat()}" if played.date else ""
    return f"Round {played.number}{when} (month {played.month:.1f})"
