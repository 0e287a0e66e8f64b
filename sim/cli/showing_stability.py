"""`show`: whether anybody would move away alone from the status quo and from the proposals."""

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType

from sim.analysis.layout import heading, paragraph, table
from sim.analysis.portrait import Portrait
from sim.analysis.portrait_stability import MOST_COMPLETIONS, STATUS_QUO
from sim.analysis.words import party_label
from sim.core.stability import KINDS
from sim.scenario import Scenario

NAMES = {"nash": "Nash", "gmr": "GMR", "smr": "SMR", "seq": "SEQ"}


def stable_states(shown: Portrait) -> Iterator[RenderableType]:
    """Who controls what, and for whom each state is stable; nothing where no party controls an issue alone."""
    found, scenario = shown.stability, shown.scenario
    if not any(len(issue.controlled_by) == 1 for issue in scenario.issues.values()):
        return
    yield heading("Stability: whether a party would change alone what it controls")
    for party in scenario.parties:
        own = [issue for issue, spec in scenario.issues.items() if spec.controlled_by == (party,)]
        if own:
            yield paragraph(f"{party_label(scenario, party)} controls {', '.join(own)}.", 2)
    together = [issue for issue, spec in scenario.issues.items() if len(spec.controlled_by) != 1]
    if together:
        yield paragraph(f"Changed by agreement only: {', '.join(together)}.", 2)
    records = found.to_dict("records")
    before = [None, *(row["state"] for row in records)]
    rows = [_row(scenario, row, row["state"] != last) for row, last in zip(records, before[:-1], strict=True)]
    if not rows:
        yield paragraph("The file has no status quo and no proposal to ask about.", 2)
        return
    yield table(["", "<stable for", *(f"<{NAMES[kind]}" for kind in KINDS), "<it would move to"], rows)
    for kind, meaning in KINDS.items():
        yield paragraph(f"{NAMES[kind]}: {meaning}.", 2)


def _row(scenario: Scenario, row: dict[Any, Any], first: bool) -> list[str | None]:
    count = row["completions"]
    label = "status quo" if row["state"] == STATUS_QUO else str(row["state"])
    label = f"{label} ({count:,} ways)" if count != 1 else label
    who = party_label(scenario, row["party"]) if isinstance(row["party"], str) else "all together"
    return [label if first else "", who, *(_said(row[kind], count) for kind in KINDS), row["move"] or None]


def _said(stable: int | None, count: int) -> str | None:
    """Yes or no of one package, how many of several; nothing where there are too many to look at, or none."""
    if stable is None or count == 0 or count > MOST_COMPLETIONS:
        return None
    return f"{stable} of {count}" if count > 1 else "yes" if stable else "no"
