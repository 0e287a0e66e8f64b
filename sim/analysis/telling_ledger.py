"""The ledger of one negotiation in words: from each party's opening to the text, and the red lines given up."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.analysis.ledger import Account, Step
from sim.analysis.plain_text import columns, worth, wrapped
from sim.analysis.words import party_label
from sim.scenario.messages import shown

if TYPE_CHECKING:
    from sim.analysis.narrate import Narration

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
