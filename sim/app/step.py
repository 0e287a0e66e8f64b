"""The page that steps through one negotiation round by round, worded as in `peacesim run`."""

from collections.abc import Generator, Iterator
from typing import Any

from sim.analysis.narrate import Narration, Round
from sim.analysis.stepping import Stand, Stepped, search_draws, stepped
from sim.app.changed import ChangedFile
from sim.charts.style import party_styles
from sim.report.document import Block, Paragraph
from sim.report.plain import pick, plain
from sim.report.run import data, held, news, no_agreement, round_title, silence, turn_lines, went_home
from sim.report.show import CLAIMS, claim_rows
from sim.results.labels import OUTCOMES, clean, option_label, party_label, red_line_label
from sim.scenario import Scenario

MAX_SEARCHED = 2_000  # draws that one search plays
DASHES = ("", "10 3", "10 3 2 3", "3 2.4", "10 2 2 2 2 2", "16 4", "6 6")  # as `charts.colours`, in pixels of a picture


def describe_draw(about: ChangedFile, draw: int) -> dict[str, Any]:
    """Describe one draw of a file with its changes.

    Returns:
        `story` as `peacesim run --json` prints it; `parties`, `issues`, `rounds`, `end` and `holding` with labels and
        the state of each round.
    """
    scenario = about.read()
    found = stepped(scenario, about.seed, draw)
    return {
        "story": data(found.story),
        "outcome": OUTCOMES[found.story.outcome].title,
        "parties": [_party(found, place, name) for place, name in enumerate(scenario.parties)],
        "issues": issues_in_words(scenario),
        "most_rounds": scenario.time.rounds,
        "days": scenario.time.days_per_round,
        "front": _front(scenario),
        "levers": list(found.levers),
        "outages": scenario.war is not None and scenario.war.outages is not None,
        "money": scenario.money,
        "claims": {"about": CLAIMS, "rows": claim_rows(scenario)},
        "rounds": list(_rounds(found)),
        "end": list(_end(found.story)),
        "holding": plain(found.holding),
    }


def find_draw(about: ChangedFile, start: int, wanted: str) -> Generator[None, None, dict[str, Any]]:
    """Find the next draw with a given outcome: its number, None if none of those played has it, and the last one."""
    for found in search_draws(about.read(), about.seed, start, wanted, MAX_SEARCHED):
        draw, last = found
        if draw is not None:
            break
        yield
    return {"draw": draw, "last": last}


def issues_in_words(scenario: Scenario) -> dict[str, Any]:
    """Return labels of issues and options by name, in the order of the file."""
    return {
        name: {
            "label": clean(issue.label),
            "options": {option: option_label(scenario, name, option) for option in issue.options},
        }
        for name, issue in scenario.issues.items()
    }


def _party(found: Stepped, place: int, name: str) -> dict[str, Any]:
    scenario, seat = found.story.scenario, found.story.seats[place]
    style = party_styles(scenario)[name]
    return {
        "name": name,
        "label": party_label(scenario, name),
        "place": place,
        "colour": style.colour,
        "dash": DASHES[place % len(DASHES)],
        "real_lines": [{"line": line, "words": red_line_label(scenario, line)} for line in seat.real_lines],
        "other_lines": [{"line": line, "words": red_line_label(scenario, line)} for line in seat.other_lines],
        "best": seat.best,
    }


def _front(scenario: Scenario) -> dict[str, Any] | None:
    """Return the deltas of what is counted, in the unit of the file."""
    front = scenario.war.front if scenario.war else None
    return None if front is None else {"unit": clean(front.unit or "")}


def _rounds(found: Stepped) -> Iterator[dict[str, Any]]:
    story = found.story
    home = {text.round: text for text in story.signatures}
    for played, stand in zip(story.rounds, found.stands, strict=True):
        signed = home.get(played.number)
        yield {
            "heading": round_title(played),
            "news": _lines(news(story, played)),
            "silence": silence(played),
            "turns": list(_turns(story, played, stand)),
            "signed": signed is not None,
            "home": [] if signed is None else _lines(went_home(story, signed)),
            **pick(stand, "asks_for no_deal front harm strength"),
        }


def _turns(story: Narration, played: Round, stand: Stand) -> Iterator[dict[str, Any]]:
    for turn, text in zip(played.turns, stand.texts, strict=True):
        sentence, *changed = _lines(turn_lines(story, turn, False))
        yield {"party": turn.party, "did": turn.did, "said": sentence, "changed": changed, "text": plain(text)}


def _end(story: Narration) -> Iterator[str]:
    """Explain the outcome; empty where a package is in force and the file has no hazard."""
    if story.package is None:
        yield from _lines(no_agreement(story))
    elif story.least_satisfied is not None:
        yield (f"The least satisfied signatory has {100 * story.least_satisfied:.0f} % of the largest margin it could "
               "have had.")  # fmt: skip
    yield from _lines(held(story))


def _lines(blocks: Iterator[Block]) -> list[str]:
    return [block.text for block in blocks if isinstance(block, Paragraph) and block.text]
