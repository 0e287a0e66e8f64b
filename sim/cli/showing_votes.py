"""`show`: who must still say yes at home, and with what chance the proposals pass."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType

from sim.analysis.layout import NONE, heading, paragraph, table
from sim.analysis.portrait import Portrait
from sim.analysis.portrait_around import in_voting_order
from sim.analysis.words import clean, condition_names, either
from sim.cli.showing_around import STATED, side_by_side
from sim.core.packages import ALWAYS, NEVER, Condition
from sim.scenario import MilestoneSpec, Number, RatificationSpec, RatifierSpec, Scenario


def votes(shown: Portrait) -> Iterator[RenderableType]:
    """The ratifiers as stated, and what they make of the proposals."""
    scenario, spec = shown.scenario, shown.scenario.ratification
    if spec is None:
        return
    yield heading(f"Who must still say yes after signature {STATED}")
    if spec.ratifiers:
        yield _ratifiers(scenario, spec)
        yield paragraph("support: share in favour before shifts. error: its standard error. months: to the vote.", 2)
        yield from (paragraph(text, 2) for text in _conditions(scenario, spec))
    else:
        yield paragraph("Nobody has to vote on what was signed.", 2)
    yield from (paragraph(text, 2) for text in _calendar(spec))
    yield from _shifts(spec)
    yield from _chances(shown, spec)


def _ratifiers(scenario: Scenario, spec: RatificationSpec) -> RenderableType:
    written = scenario.resolved["ratification"]["ratifiers"]
    rows = [
        [each.label, str(each.order), _asked(each.when), "; ".join(_takes(written[name]["votes"])), str(each.support),
         str(each.error), str(each.months)]
        for name, each in ((name, spec.ratifiers[name]) for name in in_voting_order(spec))
    ]  # fmt: skip
    return table(["", "order", "<asked", "<takes", "support", "error", "months"], rows)


def _asked(when: Condition) -> str:
    return "always" if when == ALWAYS else "never" if when == NEVER else "on some"


def _takes(votes: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each vote takes, its fraction as the file has it: to a reader 300/450 is not 2/3."""
    takes = [
        f"at least {vote['at_least']}" if vote.get("at_least") is not None else f"more than {vote['more_than']}"
        for vote in votes
    ]
    return takes if len(takes) == 1 else [f"{vote['id']}: {text}" for vote, text in zip(votes, takes, strict=True)]


def _conditions(scenario: Scenario, spec: RatificationSpec) -> Iterator[str]:
    """What each ratifier is asked, waits for and is barred from, one text a ratifier that has any."""
    for name in in_voting_order(spec):
        each = spec.ratifiers[name]
        parts = list(_conditions_of(scenario, each))
        if parts:
            yield f"{clean(each.label)}: {'; '.join(parts)}."


def _conditions_of(scenario: Scenario, ratifier: RatifierSpec) -> Iterator[str]:
    if ratifier.when not in (ALWAYS, NEVER):
        yield f"asked about texts with {condition_names(scenario, ratifier.when)}"
    for vote in ratifier.votes:
        name = f"{vote.id} " if len(ratifier.votes) > 1 else ""
        if vote.when == NEVER:
            yield f"{name}never held"
        elif vote.when != ALWAYS:
            yield f"{name}on texts with {condition_names(scenario, vote.when)}"
        if vote.needs:
            yield f"{name}not before {either(vote.needs, 'and')}"
    if ratifier.barred_when != NEVER:
        yield f"barred from texts with {condition_names(scenario, ratifier.barred_when)}, which are refused thereby"


def _calendar(spec: RatificationSpec) -> Iterator[str]:
    if spec.milestones:
        yield f"Months after signature: {'; '.join(_milestone(*each) for each in spec.milestones.items())}."
    if len(spec.ratifiers) > 1:
        yield f"Surprises in different votes go together by {spec.shared_error} (0: not at all, 1: wholly)."
    if spec.ratifiers:
        after = spec.after_refusal
        often = "at most once" if after.at_most == 1 else f"at most {after.at_most} times"
        later = f"{after.months_lost:g} month{'s' * (after.months_lost != 1)} later"
        again = f"A text that is refused sends them back to the table, {later}, {often}."
        yield again if after.name == "resume" else "A text that is refused ends the talks."


def _milestone(name: str, milestone: MilestoneSpec) -> str:
    months = milestone.months
    when = (
        str(months)
        if isinstance(months, Number)
        else ", ".join(f"{each} ({option})" for option, each in months.items())
    )
    return f"{name} {when}" + (f" after {milestone.after}" if milestone.after else "")


def _shifts(spec: RatificationSpec) -> Iterator[RenderableType]:
    moved = {name: spec.ratifiers[name] for name in in_voting_order(spec) if spec.ratifiers[name].shifts}
    options = dict.fromkeys(
        (issue, option) for each in moved.values() for issue in each.shifts for option in each.shifts[issue]
    )
    if options:
        yield heading("What an option adds to the log-odds of support (stated; 0.4 is about 10 points near half)")
        rows = [
            (f"{issue}: {option}", [each.shifts.get(issue, {}).get(option) for each in moved.values()])
            for issue, option in options
        ]
        yield from side_by_side([each.label for each in moved.values()], rows)


def _chances(shown: Portrait, spec: RatificationSpec) -> Iterator[RenderableType]:
    found, together = shown.around.votes, shown.around.votes_together.set_index("proposal")
    if not len(found):
        return
    yield heading("Chance that the votes on a proposal pass, in closed form at central numbers")
    at = found.set_index(["proposal", "ratifier"])
    cells = {key: NONE if row["asked"] == "no" else "barred" if row["asked"] == "barred" else chance(row["chance"])
             for key, row in at.to_dict("index").items()}  # fmt: skip
    texts = list(together.index)
    rows = [(spec.ratifiers[name].label, [cells[text, name] for text in texts]) for name in in_voting_order(spec)]
    if len(rows) > 1:
        for column, words in (
            ("independent", "all, if surprises are independent"),
            ("shared", "all, if they are shared"),
        ):
            rows.append((words, [chance(together.loc[text, f"chance_{column}"]) for text in texts]))
    yield from side_by_side([text.replace("_", " ") for text in texts], rows)
    known = [f"{NONE}: not asked."] if NONE in cells.values() else []
    if any(len(each.votes) > 1 for each in spec.ratifiers.values()):
        known.append("Where a body holds several votes the strictest decides.")
    if known:
        yield paragraph(" ".join(known), 2)


def chance(value: float) -> str:
    """A chance with two digits; one that is nearly 0 or 1 does not pass for it."""
    if math.isnan(value):
        return NONE
    return "<0.01" if 0 < value < 0.005 else ">0.99" if 0.995 <= value < 1 else f"{value:.2f}"
