"""The trace of one negotiation as a document: offers, rejections and their reasons, other events, and the outcome."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from sim.analysis.ledger import Account, Step
from sim.analysis.narrate import Narration, Round, Signature
from sim.analysis.trace import AT_HOME, Package, Turn
from sim.core.exact import TOLERANCE
from sim.core.wording import shown
from sim.report.document import Block, Paragraph, heading, paragraph, table
from sim.report.plain import pick, picks, plain
from sim.results.labels import (
    CAUSES,
    EVENTS,
    STAGES,
    blocker_labels,
    clean,
    either,
    forbidden_in,
    issue_label,
    option_label,
    party_label,
    red_line_label,
    who_signs,
)
from sim.scenario import EventSpec, Scenario

MOST_DIGITS = 6
MOST_TURNS = 8  # turning points on one screen
MOST_NAME = 26  # characters of an issue or option in the table
MOST_OLD = 40  # characters of an option that is no longer offered
STAGE_WORDS = {"agreed": "Agreed ahead of the rest", "expired": "It has run out", "broken": "It is broken"}
BLANK = Paragraph("")
STORY = "seed draw outcome zone_packages least_satisfied blocker break_cause lines_fallen id=scenario.id "
STORY += "title=scenario.title"
SEAT = "no_deal_at_start no_deal best real_lines other_lines signs margin party=name utility=worth"
ROUND = "month date events stages lines_fallen levers agenda channel_open waiting round=number"
MOVE = "party did asks_for answered answered_worth reason reason_given minds offer offer_worth changed "
MOVE += "answered_from=from_"
SIGNATURE = "round month package refused_by barred months_to_force back_in votes=ballots"
ACCOUNT = "party opening until signed opening_worth until_worth"
STEP = "issue opening until before after moved"


def sentence(text: str, indent: int = 0, hanging: int = 2) -> Paragraph:
    """Make a paragraph of one sentence, with a hanging indent where it is too long for a line."""
    return paragraph(text, indent, hanging)


def data(story: Narration) -> dict[str, Any]:
    holds = story.break_month is not None and math.isinf(story.break_month)
    return pick(story, STORY) | {
        "parties": picks(story.seats, SEAT),
        "rounds": [
            pick(played, ROUND) | {"left": [gone.party for gone in played.left], "moves": picks(played.turns, MOVE)}
            for played in story.rounds
        ],
        "package": plain(story.package) or None,
        "round": story.signed,
        "month": story.rounds[-1].month if story.signed else None,
        "signatures": picks(story.signatures, SIGNATURE),
        "breaks": None if story.break_month is None else not holds,
        "break_month": None if holds else story.break_month,
        "ledger": [pick(each, ACCOUNT) | {"issues": picks(each.steps, STEP)} for each in story.accounts],
    }


def document(story: Narration, brief: bool = False) -> Iterator[Block]:
    """Return the whole trace; `brief` leaves out the moves at the table: opening, events, the end and the ledger."""
    yield from _opening(story)
    yield BLANK
    yield from meanwhile(story) if brief else _middle(story)
    yield from _end(story)
    yield BLANK
    yield from ledger(story)


def brief(story: Narration) -> Iterator[Block]:
    """Return one screen: the outcome and its package, then the turning points."""
    scenario = story.scenario
    yield sentence(f"{clean(scenario.title)}: run {story.draw} of seed {story.seed}")
    yield BLANK
    yield from _end(story)
    turns = [block for block in meanwhile(story) if block != BLANK]
    if turns:
        yield heading("Turning points")
        yield from turns[:MOST_TURNS]
        if len(turns) > MOST_TURNS:
            yield sentence(f"and {len(turns) - MOST_TURNS} more")
    yield heading("From opening to agreement" if story.package is not None else "From opening to last own offer")
    heads = ["", "<moved on", "value of its opening", "at the end"]
    yield table(heads, [_moved(story, each) for each in story.accounts])


def _moved(story: Narration, account: Account) -> list[str | None]:
    steps = account.steps
    count = None if account.opening is None else f"{sum(step.moved for step in steps)} of {len(steps)} issues"
    return [party_label(story.scenario, account.party), count, worth(account.opening_worth), worth(account.until_worth)]


def rounds(story: Narration, number: int) -> Iterator[Block]:
    """Return one round with all its offers and answers; empty if the talks ended before it."""
    for played in story.rounds:
        if played.number == number:
            yield sentence(round_title(played))
            yield from news(story, played)
            for turn in played.turns:
                yield from turn_lines(story, turn, False)
            if not played.turns:
                yield sentence(f"{_without_news(played)}.", indent=2)


# The opening: which draw this is and what is real in it.


def _opening(story: Narration) -> Iterator[Block]:
    scenario = story.scenario
    yield sentence(clean(scenario.title))
    days = scenario.time.days_per_round
    time = f"At most {scenario.time.rounds} rounds, one {'a day' if days == 1 else f'every {days:g} days'}."
    scale = "Utility is on each party's own scale; the scales of two parties do not compare."
    text = f"One negotiation in this scenario: draw {story.draw} of seed {story.seed}. {time} {scale}"
    yield sentence(text, hanging=0)
    yield BLANK
    heads = ["In this draw", "no deal is worth", "most it could sign"]
    rows = [[party_label(scenario, seat.name), worth(seat.no_deal), worth(seat.best)] for seat in story.seats]
    if story.lines_fallen or any(seat.no_deal != seat.no_deal_at_start for seat in story.seats):
        heads = ["Worth in this draw", "no deal first", "and last", "could sign"]
        for row, seat in zip(rows, story.seats, strict=True):
            row.insert(1, worth(seat.no_deal_at_start))
    yield table(heads, rows, indent=0)
    real = [line for seat in story.seats for line in seat.real_lines]
    yield BLANK
    when = "at the start of this draw" if story.lines_can_fall else "in this draw"
    yield sentence(f"Red lines that are real {when}:" if real else f"No red line is real {when}.")
    for seat in story.seats:
        for line in seat.real_lines:
            text = f"{party_label(scenario, seat.name)}, {line.split('.', 1)[1]}: {red_line_label(scenario, line)}"
            yield sentence(text, indent=2, hanging=4)
    others = [line for seat in story.seats for line in seat.other_lines]
    if others:
        yield sentence(f"Not real {when}: {either(others, 'and')}.", hanging=2)


# The middle: round by round, stretches without news in one line.


def _middle(story: Narration) -> Iterator[Block]:
    known: set[tuple[object, ...]] = set()
    quiet: list[Round] = []
    home = {text.round: text for text in story.signatures if text.back_in is not None}
    for played in story.rounds:
        same = not any(turn.changed or turn.answer not in known for turn in played.turns)
        around = list(news(story, played))
        if same and not around and played.number not in (story.signed, *home):
            if quiet and silence(quiet[-1]) != silence(played):
                yield from _quiet(story, quiet)
                quiet = []
            quiet.append(played)
            continue
        yield from _quiet(story, quiet)
        quiet = []
        yield sentence(round_title(played))
        yield from around
        if same and played.number not in (story.signed, *home):
            yield sentence(f"{_without_news(played)}.", indent=2)
        else:
            for turn in played.turns:
                yield from turn_lines(story, turn, turn.answer in known)
                known.add(turn.answer)
        if played.number in home:
            yield sentence("The text is signed and goes home:", indent=2)
            yield from went_home(story, home[played.number], indent=4)
        yield BLANK
    yield from _quiet(story, quiet)


def _without_news(played: Round) -> str:
    why = silence(played)
    if why is None and all(turn.did == "waits" for turn in played.turns):
        return "Nothing is offered"
    return "Offers unchanged, refused as before" if why is None else f"{why[0].upper()}{why[1:]}"


def _quiet(story: Narration, rounds: Sequence[Round]) -> Iterator[Block]:
    """Return whether a round is without news: every offer and answer was seen before, or nobody moved."""
    if not rounds:
        return
    first, last = rounds[0].number, rounds[-1].number
    which = f"Round {first}" if first == last else f"Rounds {first} to {last}"
    what = _without_news(rounds[-1])
    turns = rounds[-1].turns
    asks = [f"{party_label(story.scenario, turn.party)} holds out for {worth(turn.asks_for)}" for turn in turns]
    now = f"; by then {either(asks, 'and')}" if asks else ""
    yield sentence(f"{which}: {what[0].lower()}{what[1:]}{now}.")
    yield BLANK


TURNS = {  # by a party's action
    "passes": "{who} passes: this text does not need its signature.",
    "waits": "{who} offers nothing: no text that the others would take is worth {asks_for} or more to it.",
    "accepts": "{who} {accepts} {whose} (value to it {worth}; holds out for {asks_for}).",
    "leaves_it": "{who} leaves its text as it is.",
    "votes_no": "{who} votes no on {whose}{reason}.",
    "objects": "{who} does not accept {whose}{reason}. {named}",
    "refuses": "{who} rejects {whose}{reason}. {offers}",
    "drafts": "{offers}",
    "offers": "{offers}",
}


def turn_lines(story: Narration, turn: Turn, briefly: bool) -> Iterator[Block]:
    """Describe a party's answer and then its offer; `briefly` where it gave this answer before."""
    who, minds = party_label(story.scenario, turn.party), [issue_label(story.scenario, issue) for issue in turn.minds]
    text = TURNS[turn.did].format(
        who=who,
        whose=_whose(story, turn),
        asks_for=worth(turn.asks_for),
        worth=worth(turn.answered_worth),
        accepts="stands by" if turn.from_ == turn.party else "accepts",
        reason="" if turn.reason is None else _reason(story, turn, briefly),
        named=f"It names: {either(minds, 'and')}." if minds else "It names no issue: it has its best on all.",
        offers="" if turn.offer is None else _offer_words(who, turn),
    )
    yield sentence(text, indent=2)
    if turn.offer is not None and turn.before is None:
        yield from package_lines(story, turn.offer, indent=6)
    for issue in turn.changed if turn.before is not None else ():
        assert turn.before is not None and turn.offer is not None
        old, new = (option_label(story.scenario, issue, text[issue]) for text in (turn.before, turn.offer))
        yield sentence(f"{issue_label(story.scenario, issue)}: {new} (was: {shown(old, MOST_OLD)})", indent=6)


def _whose(story: Narration, turn: Turn) -> str:
    """Name the proposal that was answered: its own, or that of another party."""
    if turn.from_ is None or turn.from_ == turn.party:
        return "its own proposal"
    return f"{party_label(story.scenario, turn.from_)}'s proposal"


def _reason(story: Narration, turn: Turn, briefly: bool = False) -> str:
    assert turn.answered is not None and turn.answered_worth is not None
    unsaid = "" if turn.stated else ", which it does not say"
    if turn.reason == AT_HOME:
        return ": it was turned down at home before, or would please no better there"
    if turn.reason is not None and turn.reason != "worth":
        owner, line = turn.reason.split(".", 1)
        what = "" if briefly else f" ({forbidden_in(story.scenario, turn.reason, turn.answered)})"
        gone = {EVENTS: "it holds what was taken off the table by", STAGES: "it departs from what was settled by"}
        crosses = gone.get(owner, "it crosses its red line")
        return f": {crosses} {line}{what}{unsaid}"
    if turn.answered_worth >= turn.asks_for - TOLERANCE:
        return f" (value to it {worth(turn.answered_worth)}, less than its own next offer){unsaid}"
    value, asked = apart(turn.answered_worth, turn.asks_for)
    return f" (value to it {value}; holds out for {asked}){unsaid}"


def _offer_words(who: str, turn: Turn) -> str:
    """Name the proposer and its utility of the offer; changes are on the lines below."""
    assert turn.offer is not None
    if turn.did == "drafts":
        verb = "puts its first text on the table" if turn.before is None else "changes its text"
        return f"{who} {verb}:" if turn.changed else f"{who} puts its text on the table again."
    instead = "It" if turn.did == "refuses" else who
    verb = f"{'makes its first' if turn.before is None else 'changes its' if turn.changed else 'repeats its'} offer"
    own = f", worth {worth(turn.offer_worth)} to it" if turn.changed else ""
    caveat = "" if turn.could_sign else ", which it could not sign itself"
    return f"{instead} {verb}{own}{caveat}{':' if turn.changed else '.'}"


def package_lines(story: Narration, package: Package, indent: int = 2) -> Iterator[Block]:
    """Describe a package, one issue a line."""
    for issue, option in package.items():
        text = f"{issue_label(story.scenario, issue)}: {option_label(story.scenario, issue, option)}"
        yield sentence(text, indent=indent)


# The end: what was agreed, or what stood in the way.


def _end(story: Narration) -> Iterator[Block]:
    if story.package is None:
        yield from no_agreement(story)
        return
    last = story.rounds[-1]
    when = f"round {story.signed} of {story.scenario.time.rounds} (month {last.month:.1f})"
    yield sentence(f"Agreement signed in {when}:")
    yield from package_lines(story, story.package)
    yield BLANK
    rows = []
    for seat in story.seats:
        label = party_label(story.scenario, seat.name) + ("" if seat.signs else " (does not sign)")
        assert seat.margin is not None
        rows.append((label, worth(seat.worth), worth(seat.no_deal), f"{seat.margin:+.2f}"))
    yield table(["", "utility", "no deal", "margin"], rows)
    if story.least_satisfied is not None:
        share = f"{100 * story.least_satisfied:.0f} %"
        text = f"The least satisfied signatory has {share} of the largest margin it could have had."
        yield sentence(text, hanging=0)
    if story.scenario.ratification is not None:
        yield BLANK
        yield sentence("Votes at home:")
        yield from went_home(story, story.signatures[-1], indent=2)
    yield from held(story)


def no_agreement(story: Narration) -> Iterator[Block]:
    assert story.blocker is not None
    if story.outcome == "broke_off":
        last_round = story.rounds[-1]
        who = either([party_label(story.scenario, gone.party) for gone in last_round.left], "and")
        zone = "some package was" if story.zone_ever else "no package was ever"
        text = f"No agreement: {who} left the talks in round {last_round.number} of {story.scenario.time.rounds}"
        yield sentence(f"{text} (month {last_round.month:.1f}).", hanging=0)
        yield sentence(f"In this draw {zone} acceptable to all who sign.", hanging=0)
        return
    yield sentence(f"No agreement after {len(story.rounds)} rounds.")
    obstacles = blocker_labels(story.scenario, story.blocker)
    if story.outcome == "no_zone":
        which = "this were" if len(obstacles) == 1 else "any one of these were"
        none = f"In this draw no package was acceptable to {who_signs(story.scenario)} it."
        yield sentence(f"{none} A package would open if {which} set aside:", hanging=0)
        for obstacle in obstacles:
            yield sentence(f"- {obstacle}", indent=2)
        return
    count = f"{story.zone_packages:,} package{'s were' if story.zone_packages != 1 else ' was'}"
    text = f"In this draw {count} acceptable to {who_signs(story.scenario)}, but the talks ran out of time."
    if not story.zone_packages:
        none = f"In this draw no package was acceptable to {who_signs(story.scenario)} in the first round."
        text = f"{none} Some was in a later one, but the talks ran out of time."
    refusals = [(played.number, turn) for played in story.rounds for turn in played.turns if turn.did == "refuses"]
    last = f"Not accepted by: {either(obstacles, 'and')}."
    if refusals:
        number, turn = refusals[-1]
        who = party_label(story.scenario, turn.party)
        last = f"The last to reject was {who}, in round {number}{_reason(story, turn)}."
    yield sentence(f"{text} {last}", hanging=0)


# Around the table.


def worth(value: float | None) -> str:
    """Format a utility with two digits, a dash if there is none."""
    return "-" if value is None else f"{value:.2f}"


def apart(value: float, other: float) -> tuple[str, str]:
    """Format two utilities with as many digits as distinguish them, between two and six."""
    for digits in range(2, MOST_DIGITS):
        if f"{value:.{digits}f}" != f"{other:.{digits}f}":
            return f"{value:.{digits}f}", f"{other:.{digits}f}"
    return f"{value:.2f}", f"{other:.2f}"


def ledger(story: Narration) -> Iterator[Block]:
    """Return a short table for each party, then the red lines that were given up."""
    until = "text" if story.package is not None else "last own offer"
    scale = "in points of each party's own values (0 to 100, as in the file; those of two parties do not compare)"
    yield sentence(f"From opening to {until}, {scale}:", hanging=0)
    for account in story.accounts:
        yield from _account(story, account)
    fallen = ", ".join(f"{line.line} (month {line.month:.1f})" for line in story.lines_fallen)
    if story.lines_can_fall:
        yield sentence(f"Red lines given up: {fallen}." if fallen else "No red line was given up.")


def _account(story: Narration, account: Account) -> Iterator[Block]:
    who = party_label(story.scenario, account.party)
    if account.opening is None:
        yield sentence(f"{who} made no offer of its own.", indent=2)
        return
    moved, same = [step for step in account.steps if step.moved], [step for step in account.steps if not step.moved]
    until = "the text" if account.signed else "its last offer"
    value = f"its opening was worth {worth(account.opening_worth)} to it, {until} {worth(account.until_worth)}"
    yield sentence(f"{who} moved on {len(moved)} of {len(account.steps)} issues; {value}.", indent=2)
    if moved:
        yield table(["", "", ""], [_row(step) for step in moved], left=2, indent=4)
    if same:
        texts = [f"{shown(step.issue, MOST_NAME)} ({step.before:g})" for step in same]
        yield sentence(f"unchanged: {', '.join(texts)}", indent=4)


def _row(step: Step) -> tuple[str, str, str]:
    names = [shown(name, MOST_NAME) for name in (step.issue, step.opening, step.until)]
    return names[0], f"{names[1]} -> {names[2]}", f"{step.before:g} -> {step.after:g}"


def news(story: Narration, played: Round) -> Iterator[Block]:
    yield from (sentence(text, indent=2) for text in _happened(story, played, brief=False))


def _happened(story: Narration, played: Round, brief: bool) -> Iterator[str]:
    """List events, red lines given up, leverage and departures; `brief` leaves out leverage and what lines forbid."""
    scenario = story.scenario
    for event in scenario.events:
        if event.id in played.events:
            yield _event_words(scenario, event)
    for move in played.stages:
        label = clean(next(stage for stage in scenario.stages if stage.id == move.stage).label)
        yield f"{STAGE_WORDS[move.what]}: {label}."
    for item in played.agenda:
        labels = [issue_label(scenario, issue) for issue in item.issues]
        if item.options:
            named = zip(labels, item.issues, item.options, strict=True)
            texts = [f"{label} at {shown(option_label(scenario, issue, option))}" for label, issue, option in named]
            yield f"Closed at the end of this round: {'; '.join(texts)}."
        else:
            yield f"Open again: {either(labels, 'and')}."
    for full_name in played.lines_fallen:
        party, name = full_name.split(".", 1)
        forbids = "" if brief else f": {red_line_label(scenario, full_name)}"
        yield f"{party_label(scenario, party)} gives up its red line {name}{forbids}."
    for lever in () if brief else played.levers:
        owner, now, then = party_label(scenario, lever.party), worth(lever.strength), worth(lever.before)
        yield f"The lever {lever.lever} on {owner} is at {now} of its strength, was {then}."
    for gone in played.left:
        outside = f"what it leaves for is worth {worth(gone.worth)} to it"
        yield f"{party_label(scenario, gone.party)} leaves the talks: {outside}, more than all it can expect."


def _event_words(scenario: Scenario, event: EventSpec) -> str:
    effects, closed = [], event.closes_channel_rounds
    for issue, options in event.removes.items():
        gone = either([f'"{option_label(scenario, issue, option)}"' for option in options], "and")
        effects.append(f"off the table: {issue_label(scenario, issue)}: {gone}")
    if closed:
        effects.append(f"nobody talks for {closed} round{'s' * (closed != 1)}")
    if event.commits is not None:
        effects.append(f"a public word of {party_label(scenario, event.commits.party)}")
    does = f" ({'; '.join(effects)})" if effects else ""
    return f"Event: {clean(event.label)}{does}."


def silence(played: Round) -> str | None:
    if played.left:
        return "the talks are over"
    if played.waiting:
        return "no talks, since the text signed was refused at home"
    return None if played.channel_open else "the channel is closed, nobody talks"


def went_home(story: Narration, text: Signature, indent: int = 0) -> Iterator[Block]:
    """Describe the ratification of a signed package; empty without ratifiers."""
    ratification = story.scenario.ratification
    if ratification is None:
        return
    for ballot in text.ballots:
        body = f"{clean(ratification.ratifiers[ballot.ratifier].label)} ({ballot.vote})"
        share = f"{100 * min(max(ballot.in_favour, 0.0), 1.0):.1f} %"
        needed = f"{'more than' if ballot.more_than else 'at least'} {100 * ballot.needed:.4g} %"
        when, came = f"{ballot.month:.1f} months after the signature", "passed" if ballot.passed else "refused"
        yield sentence(f"{body}, {when}: {share} in favour, {needed} needed: {came}.", indent)
    if text.refused_by is not None:
        who = clean(ratification.ratifiers[text.refused_by].label)
        barred = f"{who}: barred from voting on this text, so it is refused." if text.barred else f"{who} refused it."
        on = f" They talk again from round {text.back_in}." if text.back_in is not None else " The talks were over."
        yield sentence(barred + on, indent)
        return
    assert text.months_to_force is not None
    nobody = "" if text.ballots else "Nobody had to vote on it. "
    month = text.month + text.months_to_force
    after = f"{text.months_to_force:.1f} months after the signature (month {month:.1f})"
    yield sentence(f"{nobody}It came into force {after}.", indent)


def held(story: Narration) -> Iterator[Block]:
    """Describe how long an agreement in force held; empty without a hazard."""
    if story.break_month is None:
        return
    if math.isinf(story.break_month):
        yield sentence("It did not break in the fifty years that are looked at.")
        return
    cause = f" {CAUSES[story.break_cause].clause}" if story.break_cause in CAUSES else ""
    yield sentence(f"It broke {story.break_month:.1f} months after it came into force.{cause}")


def meanwhile(story: Narration) -> Iterator[Block]:
    """Describe events around the table, a paragraph a round, for documents without the moves themselves."""
    refused = {text.round: text for text in story.signatures if text.back_in is not None}
    empty = True
    for played in story.rounds:
        texts = list(_happened(story, played, brief=True))
        if not played.channel_open and not played.waiting and not played.left:
            texts.append("The channel is closed, nobody talks.")
        if texts:
            empty = False
            yield sentence(f"{round_title(played)}: {' '.join(texts)}", hanging=4)
        if played.number in refused:
            empty = False
            yield sentence(f"{round_title(played)}: a text is signed and goes home.", hanging=4)
            yield from went_home(story, refused[played.number], indent=4)
    if not empty:
        yield BLANK


def round_title(played: Round) -> str:
    when = f", {played.date.isoformat()}" if played.date else ""
    return f"Round {played.number}{when} (month {played.month:.1f})"
