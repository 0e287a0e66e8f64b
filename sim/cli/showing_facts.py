"""`show`: what a file tells its reader and nothing is computed from."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from rich.console import RenderableType

from sim.analysis.claims import CLAIMS, claim_rows, claimed_losses
from sim.analysis.layout import heading, paragraph, table
from sim.analysis.words import clean, running_text
from sim.scenario import Scenario

DEEPEST = 8  # levels that are set further in than the one above


def facts(scenario: Scenario) -> Iterator[RenderableType]:
    """Facts about the war, claims about losses, what came of it, and what the file says of itself."""
    held = scenario.war.front.shown if scenario.war and scenario.war.front else {}
    told = told_of_the_war(scenario) | {place: str(share) for place, share in held.items()}
    yield from _told("The war, as told by the file; nothing is computed from it", told)
    claims = claimed_losses(scenario)
    if claims:
        yield heading(f"{CLAIMS}; killed and wounded a month")
        yield table(["", "", "<"], claim_rows(scenario))
        yield paragraph("Nothing is computed from them.", 2)
    yield from _told("What really came of it; nothing is computed from it", scenario.history or {})
    yield from _told("What the file says of itself; nothing is computed from it", scenario.expected or {})


def told_of_the_war(scenario: Scenario) -> dict[str, Any]:
    """What is only shown of the war but claims, as the file has it; empty without a war."""
    war, written = scenario.war, scenario.resolved.get("war", {})
    if war is None:
        return {}
    told = {"since": written["since"]} if war.since else {}
    told |= {key: written["front"][key] for key in war.front.shown} if war.front else {}
    told |= {"regions": written["outages"]["regions"]} if war.outages and war.outages.regions else {}
    return told | ({"spillover": written["spillover"]} if "spillover" in war.shown else {})


def _told(title: str, told: Mapping[str, Any]) -> Iterator[RenderableType]:
    if told:
        yield heading(title)
        for depth, text in nested(told):
            yield paragraph(text, 2 + 2 * min(depth, DEEPEST))


def nested(value: Any, depth: int = 0) -> Iterator[tuple[int, str]]:
    """Nested mappings and lists as lines, each with its depth: a line a key, and one an entry of a list."""
    entries = value.items() if isinstance(value, Mapping) else ((None, each) for each in value)
    for key, entry in entries:
        head = "-" if key is None else f"{clean(key)}:"
        if _fits_a_line(entry, in_list=key is None):
            yield depth, f"{head} {_in_words(entry)}"
        else:
            yield depth, head
            yield from nested(entry, depth + 1)


def _fits_a_line(value: Any, in_list: bool) -> bool:
    """Whether all of it stands on one line: a plain value, a list of these, and in a list a mapping of these."""
    if isinstance(value, Mapping):
        return not value or (in_list and all(_fits_a_line(each, in_list=False) for each in value.values()))
    return not isinstance(value, list) or not any(isinstance(each, Mapping | list) for each in value)


def _in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{clean(key)}: {_in_words(each)}" for key, each in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(_in_words, value)) or "none"
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else running_text(str(value))
