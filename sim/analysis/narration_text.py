"""The story of one negotiation, in words and in lines of a readable width."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from sim.analysis.narration_events_text import (
    WIDTH,
    apart,
    columns,
    heading,
    held,
    ledger,
    meanwhile,
    news,
    silence,
    went_home,
    worth,
    wrapped,
)
from sim.analysis.trace import AT_HOME
from sim.analysis.words import (
    EVENTS,
    blocker_words,
    clean,
    either,
    forbidden_in,
    issue_label,
    line_words,
    option_label,
    party_label,
    who_signs,
)
from sim.core.exact import TOLERANCE
from sim.scenario.messages import shown

if TYPE_CHECKING:
    from sim.analysis.narrate import Narration, Round
    from sim.analysis.trace import Package, Turn

MOST_OLD = 40  # characters of an option that is no longer offered: it has been told before


def tell(story: "Narration", width: int = WIDTH, brief: bool = False) -> str:
    """The whole story.

    Args:
        story: As played.
        width: Of the longest line, in characters.
        brief: Leave out who said what: only the opening, what happened around the table, the end and the ledger.
    """
    middle = meanwhile(story, width) if brief else _middle(story, width)
    return "\n".join([*_opening(story, width), "", *middle, *_end(story, width), "", *ledger(story, width)])


# The opening: which draw this is and what is real in it.


def _opening(story: "Narration", width: int) -> Iterator[str]:
    scenario = story.scenario
    yield from wrapped(clean(scenario.title), width)
    days = scenario.time.days_per_round
    time = f"At most {scenario.time.rounds} rounds, one {'a day' if days == 1 else f'every {days:g} days'}."
    scale = "Worth is on each party's own scale; the scales of two parties do not compare."
    text = f"One negotiation in this scenario: draw {story.draw} of seed {story.seed}. {time} {scale}"
    yield from wrapped(text, width, hanging=0)
    yield ""
    yield from columns(list(_worths(story)), indent=0)
    real = [line for seat in story.seats for line in seat.real_lines]
    yield ""
    when = "at the start of this draw" if story.lines_can_fall else "in this draw"
    yield f"Red lines that are real {when}:" if real else f"No red line is real {when}."
    for seat in story.seats:
        for line in seat.real_lines:
            text = f"{party_label(scenario, seat.name)}, {line.split('.', 1)[1]}: {line_words(scenario, line)}"
            yield from wrapped(text, width, indent=2, hanging=4)
    others = [line for seat in story.seats for line in seat.other_lines]
    if others:
        yield from wrapped(f"Not real {when}: {either(others, 'and')}.", width, hanging=2)


def _worths(story: "Narration") -> Iterator[tuple[str, ...]]:
    """What no deal is worth to each party, and the most it could sign; where either moved, as of the end too."""
    scenario = story.scenario
    moved = bool(story.lines_fallen) or any(seat.no_deal != seat.no_deal_at_start for seat in story.seats)
    if not moved:
        yield "In this draw", "no deal is worth", "most it could sign"
        for seat in story.seats:
            yield party_label(scenario, seat.name), worth(seat.no_deal), worth(seat.best)
        return
    yield "Worth in this draw", "no deal first", "and last", "could sign"
    for seat in story.seats:
        label = party_label(scenario, seat.name)
        yield label, worth(seat.no_deal_at_start), worth(seat.no_deal), worth(seat.best)


# The middle: round by round, stretches that tell nothing new in one line.


def _middle(story: "Narration", width: int) -> Iterator[str]:
    told: set[tuple[object, ...]] = set()
    quiet: list[Round] = []
    home = {text.round: text for text in story.signatures if text.back_in is not None}
    for played in story.rounds:
        same = not any(turn.changed or turn.answer not in told for turn in played.turns)
        around = list(news(story, played, width))
        if same and not around and played.number not in (story.signed, *home):
            if quiet and silence(quiet[-1]) != silence(played):
                yield from _quiet(story, quiet, width)
                quiet = []
            quiet.append(played)
            continue
        yield from _quiet(story, quiet, width)
        quiet = []
        yield heading(played)
        yield from around
        if same and played.number not in (story.signed, *home):
            yield f"  {_nothing_new(played)}."
        else:
            for turn in played.turns:
                yield from turn_lines(story, turn, turn.answer in told, width)
                told.add(turn.answer)
        if played.number in home:
            yield "  The text is signed and goes home:"
            yield from went_home(story, home[played.number], width, indent=4)
        yield ""
    yield from _quiet(story, quiet, width)


def _nothing_new(played: "Round") -> str:
    why = silence(played)
    if why is None and all(turn.did == "waits" for turn in played.turns):
        return "Nothing is offered"
    return "Offers unchanged, refused as before" if why is None else f"{why[0].upper()}{why[1:]}"


def _quiet(story: "Narration", rounds: Sequence["Round"], width: int) -> Iterator[str]:
    """Rounds without news: every offer and every answer is one already told, or nobody spoke."""
    if not rounds:
        return
    first, last = rounds[0].number, rounds[-1].number
    which = f"Round {first}" if first == last else f"Rounds {first} to {last}"
    what = _nothing_new(rounds[-1])
    asks = [f"{party_label(story.scenario, turn.party)} asks for {worth(turn.asks_for)}" for turn in rounds[-1].turns]
    now = f"; by then {either(asks, 'and')}" if asks else ""
    yield from wrapped(f"{which}: {what[0].lower()}{what[1:]}{now}.", width)
    yield ""


def turn_lines(story: "Narration", turn: "Turn", told: bool, width: int) -> Iterator[str]:
    """What a party did when its turn came, then what it offers, an issue a line; `told`: it gave this answer before."""
    who = party_label(story.scenario, turn.party)
    if turn.did == "passes":
        yield from wrapped(f"{who} passes: this text does not need its signature.", width, indent=2)
        return
    if turn.did == "waits":
        said = f"no text that the others would take is worth {worth(turn.asks_for)} or more to it"
        yield from wrapped(f"{who} offers nothing: {said}.", width, indent=2)
        return
    if turn.did == "accepts":
        assert turn.answered_worth is not None
        reason = f"worth {worth(turn.answered_worth)} to it, asks for {worth(turn.asks_for)}"
        verb = "stands by" if turn.from_ == turn.party else "accepts"
        yield from wrapped(f"{who} {verb} {_whose(story, turn)}: {reason}.", width, indent=2)
        return
    if turn.did == "leaves_it":
        yield from wrapped(f"{who} leaves its text as it is.", width, indent=2)
        return
    if turn.did in ("objects", "votes_no"):
        yield from wrapped(f"{who} {_objection(story, turn, told)}", width, indent=2)
        return
    answer = f"{who} refuses {_whose(story, turn)}: {_reason(story, turn, told)}. " if turn.did == "refuses" else ""
    yield from wrapped(answer + _offer_words(who, turn), width, indent=2)
    yield from _offer_lines(story, turn, width)


def _objection(story: "Narration", turn: "Turn", told: bool) -> str:
    """What a party says to a text that it does not accept and has no other for."""
    whose, reason = _whose(story, turn), _reason(story, turn, told)
    if turn.did == "votes_no":
        return f"votes no on {whose}: {reason}."
    minds = [issue_label(story.scenario, issue) for issue in turn.minds]
    named = f"It names: {either(minds, 'and')}." if minds else "It names no issue: it has its best on all."
    return f"does not accept {whose}: {reason}. {named}"


def _whose(story: "Narration", turn: "Turn") -> str:
    """The text that was answered: its own, or that of the party that put it on the table."""
    if turn.from_ is None or turn.from_ == turn.party:
        return "its own text"
    return f"the text of {party_label(story.scenario, turn.from_)}"


def _reason(story: "Narration", turn: "Turn", briefly: bool = False) -> str:
    """Why a party refuses; briefly where it has said the same before."""
    assert turn.answered is not None and turn.answered_worth is not None
    unsaid = "" if turn.said else ", which it does not say"
    if turn.reason == AT_HOME:
        return "it was turned down at home before, or would please no better there"
    if turn.reason is not None and turn.reason != "worth":
        owner, line = turn.reason.split(".", 1)
        what = "" if briefly else f" ({forbidden_in(story.scenario, turn.reason, turn.answered)})"
        crosses = "it holds what was taken off the table by" if owner == EVENTS else "it crosses its red line"
        return f"{crosses} {line}{what}{unsaid}"
    if turn.answered_worth >= turn.asks_for - TOLERANCE:
        return f"worth {worth(turn.answered_worth)} to it, less than its own next offer{unsaid}"
    value, asked = apart(turn.answered_worth, turn.asks_for)
    return f"worth {value} to it, asks for {asked}{unsaid}"


def _offer_words(who: str, turn: "Turn") -> str:
    """Who offers, what it is worth to the proposer; what changed stands on the lines below."""
    assert turn.offer is not None
    if turn.did == "drafts":
        verb = "puts its first text on the table" if turn.before is None else "changes its text"
        return f"{who} {verb}:" if turn.changed else f"{who} puts its text on the table again."
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
        yield from wrapped(text, width, indent=6)


def package_lines(story: "Narration", package: "Package", width: int, indent: int = 2) -> Iterator[str]:
    """A package in words, one issue a line."""
    for issue, option in package.items():
        text = f"{issue_label(story.scenario, issue)}: {option_label(story.scenario, issue, option)}"
        yield from wrapped(text, width, indent=indent)


# The end: what was agreed, or what stood in the way.


def _end(story: "Narration", width: int) -> Iterator[str]:
    if story.package is None:
        yield from no_agreement(story, width)
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
    yield from columns(rows)
    if story.least_satisfied is not None:
        share = f"{100 * story.least_satisfied:.0f} %"
        text = f"The least satisfied signatory has {share} of the largest margin it could have had."
        yield from wrapped(text, width, hanging=0)
    if story.scenario.ratification is not None:
        yield from ("", "What came of it at home:")
        yield from went_home(story, story.signatures[-1], width, indent=2)
    yield from held(story, width)


def no_agreement(story: "Narration", width: int) -> Iterator[str]:
    """Why talks ended without a signature."""
    assert story.blocker is not None
    if story.outcome == "broke_off":
        yield from _broke_off(story, width)
        return
    yield f"No agreement after {len(story.rounds)} rounds."
    obstacles = blocker_words(story.scenario, story.blocker)
    if story.outcome == "no_zone":
        yield from _ways_out(who_signs(story.scenario), obstacles, width)
        return
    count = f"{story.zone_packages:,} package{'s were' if story.zone_packages != 1 else ' was'}"
    text = f"In this draw {count} acceptable to {who_signs(story.scenario)}, but the talks ran out of time."
    if not story.zone_packages:
        none = f"In this draw no package was acceptable to {who_signs(story.scenario)} in the first round."
        text = f"{none} Some was in a later one, but the talks ran out of time."
    yield from wrapped(f"{text} {_last_word(story, obstacles)}", width, hanging=0)


def _broke_off(story: "Narration", width: int) -> Iterator[str]:
    last = story.rounds[-1]
    who = either([party_label(story.scenario, gone.party) for gone in last.left], "and")
    zone = "some package was" if story.zone_ever else "no package was ever"
    text = f"No agreement: {who} left the talks in round {last.number} of {story.scenario.time.rounds}"
    yield from wrapped(f"{text} (month {last.month:.1f}).", width, hanging=0)
    yield from wrapped(f"In this draw {zone} acceptable to all who sign.", width, hanging=0)


def _last_word(story: "Narration", obstacles: list[str]) -> str:
    refusals = [(played.number, turn) for played in story.rounds for turn in played.turns if turn.did == "refuses"]
    if not refusals:
        return f"Not accepted by: {either(obstacles, 'and')}."
    number, turn = refusals[-1]
    who = party_label(story.scenario, turn.party)
    return f"The last to refuse was {who}, in round {number}: {_reason(story, turn)}."


def _ways_out(who: str, obstacles: Iterable[str], width: int) -> Iterator[str]:
    listed = list(obstacles)
    yield from wrapped(
        f"In this draw no package was acceptable to {who} it. A package would open if "
        + ("this were set aside:" if len(listed) == 1 else "any one of these were set aside:"),
        width, hanging=0,
    )  # fmt: skip
    for obstacle in listed:
        yield from wrapped(f"- {obstacle}", width, indent=2)
