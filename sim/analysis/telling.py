"""The story of one negotiation, in words and in lines of a readable width."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from sim.analysis.words import (
    blocker_words,
    clean,
    either,
    forbidden_in,
    issue_label,
    line_words,
    option_label,
    party_label,
)
from sim.exact import TOLERANCE
from sim.scenario.messages import shown

if TYPE_CHECKING:
    from sim.analysis.narrate import Narration, Package, Round, Turn

WIDTH = 96
MOST_DIGITS = 6
MOST_OLD = 40  # characters of an option that is no longer offered: it has been told before


def tell(story: "Narration", width: int = WIDTH) -> str:
    """The whole story.

    Args:
        story: As played.
        width: Of the longest line, in characters.
    """
    return "\n".join([*_opening(story, width), "", *_middle(story, width), *_end(story, width)])


def _wrapped(text: str, width: int, indent: int = 0, hanging: int = 2) -> list[str]:
    first, later = " " * indent, " " * (indent + hanging)
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False) or [""]


def _columns(rows: Sequence[Sequence[str]], indent: int = 2) -> list[str]:
    """Rows of texts as a table: the first column flush left, the others flush right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(wide) for cell, wide in zip(row[1:], widths[1:], strict=True))]
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


# The opening: which draw this is and what is real in it.


def _opening(story: "Narration", width: int) -> Iterator[str]:
    scenario = story.scenario
    yield from _wrapped(clean(scenario.title), width)
    time = f"At most {scenario.time.rounds} rounds, one every {scenario.time.days_per_round:g} days."
    scale = "Worth is on each party's own scale; the scales of two parties do not compare."
    text = f"One negotiation in this scenario: draw {story.draw} of seed {story.seed}. {time} {scale}"
    yield from _wrapped(text, width, hanging=0)
    yield ""
    rows = [("In this draw", "no deal is worth", "most it could sign")]
    rows += [(party_label(scenario, seat.name), worth(seat.no_deal), worth(seat.best)) for seat in story.seats]
    yield from _columns(rows, indent=0)
    real = [line for seat in story.seats for line in seat.real_lines]
    yield ""
    yield "Red lines that are real in this draw:" if real else "No red line is real in this draw."
    for seat in story.seats:
        for line in seat.real_lines:
            text = f"{party_label(scenario, seat.name)}, {line.split('.', 1)[1]}: {line_words(scenario, line)}"
            yield from _wrapped(text, width, indent=2, hanging=4)
    others = [line for seat in story.seats for line in seat.other_lines]
    if others:
        yield from _wrapped(f"Not real in this draw: {either(others, 'and')}.", width, hanging=2)


# The middle: round by round, stretches that tell nothing new in one line.


def _middle(story: "Narration", width: int) -> Iterator[str]:
    told: set[tuple[object, ...]] = set()
    quiet: list[Round] = []
    for played in story.rounds:
        if played.number != story.signed and not any(turn.changed or turn.answer not in told for turn in played.turns):
            quiet.append(played)
            continue
        yield from _quiet(story, quiet, width)
        quiet = []
        yield _heading(played)
        for turn in played.turns:
            yield from _turn(story, turn, turn.answer in told, width)
            told.add(turn.answer)
        yield ""
    yield from _quiet(story, quiet, width)


def _heading(played: "Round") -> str:
    when = f", {played.date.isoformat()}" if played.date else ""
    return f"Round {played.number}{when} (month {played.month:.1f})"


def _quiet(story: "Narration", rounds: Sequence["Round"], width: int) -> Iterator[str]:
    """Rounds in which every offer and every answer is one already told."""
    if not rounds:
        return
    first, last = rounds[0].number, rounds[-1].number
    which = f"Round {first}" if first == last else f"Rounds {first} to {last}"
    asks = [f"{party_label(story.scenario, turn.party)} asks for {worth(turn.asks_for)}" for turn in rounds[-1].turns]
    now = f"; by then {either(asks, 'and')}" if asks else ""
    yield from _wrapped(f"{which}: offers unchanged, refused as before{now}.", width)
    yield ""


def _turn(story: "Narration", turn: "Turn", told: bool, width: int) -> Iterator[str]:
    who = party_label(story.scenario, turn.party)
    if turn.did == "passes":
        yield from _wrapped(f"{who} passes: this text does not need its signature.", width, indent=2)
        return
    if turn.did == "accepts":
        assert turn.answered_worth is not None
        reason = f"worth {worth(turn.answered_worth)} to it, asks for {worth(turn.asks_for)}"
        verb = "stands by" if turn.from_ == turn.party else "accepts"
        yield from _wrapped(f"{who} {verb} {_whose(story, turn)}: {reason}.", width, indent=2)
        return
    answer = f"{who} refuses {_whose(story, turn)}: {_reason(story, turn, told)}. " if turn.did == "refuses" else ""
    yield from _wrapped(answer + _offer_words(who, turn), width, indent=2)
    yield from _offer_lines(story, turn, width)


def _whose(story: "Narration", turn: "Turn") -> str:
    """The text that was answered: its own, or that of the party that put it on the table."""
    if turn.from_ is None or turn.from_ == turn.party:
        return "its own text"
    return f"the text of {party_label(story.scenario, turn.from_)}"


def _reason(story: "Narration", turn: "Turn", briefly: bool = False) -> str:
    """Why a party refuses; briefly where it has said the same before."""
    assert turn.answered is not None and turn.answered_worth is not None
    unsaid = "" if turn.said else ", which it does not say"
    if turn.reason is not None and turn.reason != "worth":
        line = turn.reason.split(".", 1)[1]
        what = "" if briefly else f" ({forbidden_in(story.scenario, turn.reason, turn.answered)})"
        return f"it crosses its red line {line}{what}{unsaid}"
    if turn.answered_worth >= turn.asks_for - TOLERANCE:
        return f"worth {worth(turn.answered_worth)} to it, less than its own next offer{unsaid}"
    value, asked = apart(turn.answered_worth, turn.asks_for)
    return f"worth {value} to it, asks for {asked}{unsaid}"


def _offer_words(who: str, turn: "Turn") -> str:
    """Who offers, what it is worth to the proposer; what changed stands on the lines below."""
    assert turn.offer is not None
    instead = "It" if turn.did == "refuses" else who
    verb = f"{'makes its first' if turn.before is None else 'changes its' if turn.changed else 'repeats its'} offer"
    own = f", worth {worth(turn.offer_worth)} to it" if turn.changed else ""
    caveat = "" if turn.could_sign else ", which it could not sign itself"
    return f"{instead} {verb}{own}{caveat}{':' if turn.changed else '.'}"


def _offer_lines(story: "Narration", turn: "Turn", width: int) -> Iterator[str]:
    if turn.offer is None or not turn.changed:
        return
    if turn.before is None:
        yield from package_lines(story, turn.offer, width, indent=6)
        return
    for issue in turn.changed:
        old, new = (option_label(story.scenario, issue, text[issue]) for text in (turn.before, turn.offer))
        text = f"{issue_label(story.scenario, issue)}: {new} (was: {shown(old, MOST_OLD)})"
        yield from _wrapped(text, width, indent=6)


def package_lines(story: "Narration", package: "Package", width: int, indent: int = 2) -> Iterator[str]:
    """A package in words, one issue a line."""
    for issue, option in package.items():
        text = f"{issue_label(story.scenario, issue)}: {option_label(story.scenario, issue, option)}"
        yield from _wrapped(text, width, indent=indent)


# The end: what was agreed, or what stood in the way.


def _end(story: "Narration", width: int) -> Iterator[str]:
    if story.package is None:
        yield from _no_agreement(story, width)
        return
    last = story.rounds[-1]
    yield f"Agreement signed in round {story.signed} of {story.scenario.time.rounds} (month {last.month:.1f}):"
    yield from package_lines(story, story.package, width)
    yield ""
    rows = [("", "worth", "no deal", "margin")]
    for seat in story.seats:
        label = party_label(story.scenario, seat.name) + ("" if seat.signs else " (does not sign)")
        assert seat.margin is not None
        rows.append((label, worth(seat.worth), worth(seat.no_deal), f"{seat.margin:+.2f}"))
    yield from _columns(rows)
    if story.least_satisfied is not None:
        share = f"{100 * story.least_satisfied:.0f} %"
        text = f"The least satisfied signatory has {share} of the largest margin it could have had."
        yield from _wrapped(text, width, hanging=0)


def _no_agreement(story: "Narration", width: int) -> Iterator[str]:
    assert story.blocker is not None
    yield f"No agreement after {len(story.rounds)} rounds."
    obstacles = blocker_words(story.scenario, story.blocker)
    if story.outcome == "no_zone":
        yield from _ways_out(obstacles, width)
        return
    count = f"{story.zone_packages:,} package{'s were' if story.zone_packages != 1 else ' was'}"
    text = f"In this draw {count} acceptable to all who sign, but the talks ran out of time."
    yield from _wrapped(f"{text} {_last_word(story, obstacles)}", width, hanging=0)


def _last_word(story: "Narration", obstacles: list[str]) -> str:
    refusals = [(played.number, turn) for played in story.rounds for turn in played.turns if turn.did == "refuses"]
    if not refusals:
        return f"Not accepted by: {either(obstacles, 'and')}."
    number, turn = refusals[-1]
    who = party_label(story.scenario, turn.party)
    return f"The last to refuse was {who}, in round {number}: {_reason(story, turn)}."


def _ways_out(obstacles: Iterable[str], width: int) -> Iterator[str]:
    listed = list(obstacles)
    yield from _wrapped(
        "In this draw no package was acceptable to all who sign it. A package would open if "
        + ("this were set aside:" if len(listed) == 1 else "any one of these were set aside:"),
        width, hanging=0,
    )  # fmt: skip
    for obstacle in listed:
        yield from _wrapped(f"- {obstacle}", width, indent=2)
