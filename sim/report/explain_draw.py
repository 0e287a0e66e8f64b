"""One draw explained as a document: its trace, and how close it came to a deal."""

from collections.abc import Iterator
from typing import Any

from sim.analysis.explain_draw import DrawExplained, Opened
from sim.report import run
from sim.report.document import Block
from sim.report.plain import pick, picks
from sim.report.run import BLANK, package_lines, sentence
from sim.results.labels import clean, either, obstacle_phrase, party_label

MOST_WAYS = 6


def data(explained: DrawExplained) -> dict[str, Any]:
    ways = picks(explained.opened, "set_aside=way.names falls=way.falls packages=way.packages package")
    near = explained.nearest and pick(explained.nearest, "package packages on_the_table missing")
    return run.data(explained.story) | {"explained": {"ways_out": ways, "nearest": near, "room": explained.room}}


def document(explained: DrawExplained) -> Iterator[Block]:
    yield from run.document(explained.story)
    yield BLANK
    outcome = explained.story.outcome
    opened = "What would have opened the way in this draw:"
    yield sentence("How much room the deal had:" if outcome == "in_force" else opened)
    yield from ENDS[outcome](explained)


def _ways(explained: DrawExplained) -> Iterator[Block]:
    """Return each smallest set of changes with its amounts, and the package that needs least."""
    for each in explained.opened[:MOST_WAYS]:
        yield sentence(f"- {_way(explained, each)}", indent=2)
    more = len(explained.opened) - MOST_WAYS
    if more > 0:
        yield sentence(f"and {more} more ways, with as many obstacles or larger falls.", indent=2)
    if explained.opened:
        yield BLANK
        yield sentence("The package that the first of these takes least for:")
        yield from package_lines(explained.story, explained.opened[0].package)


def _way(explained: DrawExplained, each: Opened) -> str:
    scenario = explained.story.scenario
    lines = [name for name in each.way.names if not name.endswith(".no_deal")]
    parts = [f"{obstacle_phrase(scenario, name)} is set aside" for name in lines]
    for (party, fall), no_deal in zip(each.way.falls.items(), each.no_deal, strict=True):
        now = f"{no_deal - fall:.3f} instead of {no_deal:.3f}"
        parts.append(f"no deal is worth {fall:.3f} less to {party_label(scenario, party)} ({now}, in the last round)")
    packages = f"{each.way.packages:,} package{'s open' if each.way.packages != 1 else ' opens'}"
    few = "" if each.way.falls else f": {packages}"
    return f"if {either(parts, 'and')}{few}"


def _in_time(explained: DrawExplained) -> Iterator[Block]:
    nearest, scenario = explained.nearest, explained.story.scenario
    if nearest is None:
        yield sentence("Nothing that can be said of one package: its signatories need not all agree.", 2)
        return
    if not nearest.missing:
        count, none = "this package was", "it was not"
        if nearest.packages > 1:
            count, none = f"{nearest.packages:,} packages, this one among them, were", "none of them was"
        text = f"In the last round {count} enough for every party, and {none} the text on the table:"
        if nearest.on_the_table:
            text = "The text on the table at the end met every party's demand; time ran out before all had accepted it:"
    else:
        lacks = [f"{lack:.3f} for {party_label(scenario, party)}" for party, lack in nearest.missing.items()]
        lower = either(lacks, "and")
        text = f"Had the last demands been lower by {lower}, all who sign would have accepted this package:"
    yield sentence(text, indent=2, hanging=0)
    yield from package_lines(explained.story, nearest.package, indent=4)


def _votes(explained: DrawExplained) -> Iterator[Block]:
    story = explained.story
    text, ratification = story.signatures[-1], story.scenario.ratification
    lost = [ballot for ballot in text.ballots if not ballot.passed]
    for ballot in lost:
        assert ratification is not None
        who = clean(ratification.ratifiers[ballot.ratifier].label or ballot.ratifier)
        short = 100 * (ballot.needed - ballot.in_favour)
        yield sentence(f"- {short:.1f} points more in favour in the vote of {who} ({ballot.vote})", indent=2)
    if not lost:
        yield sentence("No share of votes would have done: it was barred from a vote, or not to be held.", 2)


def _stayed(explained: DrawExplained) -> Iterator[Block]:
    story = explained.story
    seats = {seat.name: seat for seat in story.seats}
    for gone in story.rounds[-1].left:
        who, best = party_label(story.scenario, gone.party), seats[gone.party].best
        expected = "nothing it could sign" if best is None else f"{best:.3f}, the most it could sign,"
        text = f"had leaving been worth less to {who} than {gone.worth:.3f}: at the table there was {expected} at best"
        yield sentence(f"- {text}", indent=2)


def _room(explained: DrawExplained) -> Iterator[Block]:
    scenario = explained.story.scenario
    for party, margin in explained.room.items():
        who = party_label(scenario, party)
        text = f"no deal could be worth {margin:.3f} more to {who} before it is worth as much as the text"
        if margin < 0:
            text = f"{who} is worse off than without a deal, by {-margin:.3f}"
        yield sentence(f"- {text}", indent=2)


ENDS = {"no_zone": _ways, "deadline": _in_time, "refused": _votes, "broke_off": _stayed, "in_force": _room}
