"""The parts of a page that tell what a scenario says: numbers with sources, central numbers, history."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pandas as pd

from sim.analysis.hindsight import Hindsight, hindsight, hindsight_words
from sim.analysis.layout import number, share_with_interval
from sim.analysis.portrait import Portrait, portrait
from sim.analysis.words import clean, issue_label, option_label, party_label
from sim.report.blocks import Grid, Section, grid, grid_of
from sim.results.results import Results
from sim.scenario import Scenario

STATUSES = ("sourced", "mixed", "assumption")
NOT_SAID = "not said"


def numbers_section(scenario: Scenario) -> Section:
    """Every number with range, law, status, source and note, and what the sources are."""
    numbers = scenario.numbers()
    counts = Counter(number.status or NOT_SAID for number in numbers.values())
    told = ", ".join(f"{counts[status]:,} {status}" for status in (*STATUSES, NOT_SAID) if counts[status])
    uncertain = sum(number.uncertain for number in numbers.values())
    rows = [
        (path, f"{n.value:g}", f"{n.low:g} to {n.high:g}" if n.uncertain else None, n.law if n.uncertain else None,
         n.status, ", ".join(n.source) or None, n.note or None)
        for path, n in numbers.items()
    ]  # fmt: skip
    heads = ("number", "value", "range", "law", "status", "source", "note")
    table = grid("Every number of the scenario", heads, rows, {1})
    folded = [(f"All {len(rows):,} numbers", table)]
    if scenario.sources:
        listed = grid("Sources", ("key", "source"), scenario.sources.items())
        folded.append((f"{len(scenario.sources):,} sources", listed))
    said = f"{len(numbers):,} numbers: {told}. {uncertain:,} of them have a range and are drawn anew in every run."
    return Section("numbers", "Numbers and sources", (said,), folded=tuple(folded))


def theory_section(scenario: Scenario) -> Section:
    """What there is to agree on and what theory would pick, at central numbers."""
    at = portrait(scenario)
    words = (
        "No bargaining: every number at its value. A zone is the set of packages that no party who must sign finds "
        f"worse than no deal and that cross no red line of theirs. Solutions are over {_over(at)}."
    )
    grids = [grid_of("Zone of possible agreement, by which red lines count", at.zones)]
    folded = [("What each party could sign", grid_of("What each party could sign, and its best package", at.best))]
    if len(at.solutions):
        folded.append(("Reference solutions", grid_of("What theory would pick", at.solutions)))
    if len(at.red_lines):
        caption = "Red lines, with the share of runs in which each is real at the start"
        folded.append(("Red lines", grid_of(caption, at.red_lines)))
    if len(at.proposals):
        caption = "Proposals on the table: worth to each party, margin over no deal, lines crossed"
        folded.append(("Proposals", grid_of(caption, at.proposals)))
    return Section("theory", "At central numbers", (words,), tuple(grids), folded=tuple(folded))


def _over(at: Portrait) -> str:
    labels = [party_label(at.scenario, name) for name in at.solution_parties]
    return ", ".join(labels) or "all that sign"


def parties_grid(scenario: Scenario, parties: pd.DataFrame) -> Grid:
    """What the runs came to for each party."""
    names = {
        "label": "party", "utility": "worth of the text, if signed", "utility_low": "5 %", "utility_high": "95 %",
        "no_deal": "no deal", "margin": "margin", "worth": "worth from the start", "blocking": "share of blocking",
    }  # fmt: skip
    caption = "Parties, each on its own scale: scales of two parties do not compare"
    return grid_of(caption, parties.drop(columns="party"), names)


def issues_grid(scenario: Scenario) -> Grid:
    """The issues and their options, in the order of the file."""
    rows = [
        (issue_label(scenario, name), "; ".join(option_label(scenario, name, option) for option in issue.options))
        for name, issue in scenario.issues.items()
    ]
    return grid("What is on the table", ("issue", "options, from one end to the other"), rows)


def history_section(results: Results) -> Section | None:
    """What really came of it, where the file says so, beside the runs and two guesses that need no bargaining."""
    scenario = results.scenario
    if not scenario.history:
        return None
    words = ["What really came of it stands beside the runs, and nothing that a run computes depends on it."]
    told, grids = hindsight(results), []
    if told is not None:
        words.append(hindsight_words(scenario, told))
        grids.append(_terms_grid(scenario, told))
        if len(told.facts):
            grids.append(grid("What else can be set side by side", ("what", "happened", "runs"), told.facts.to_numpy()))
    rows = list(_leaves("", scenario.history))
    folded = ("All that the file tells of what happened", grid("As the file has it", ("what", "in the file"), rows))
    return Section("history", "What really happened", tuple(words), tuple(grids), folded=(folded,))


def _terms_grid(scenario: Scenario, told: Hindsight) -> Grid:
    """Issue by issue, where the text lay and where the runs and the guesses lie."""
    rows = [
        (issue_label(scenario, row["issue"]),
         f"{row['low']:.0f}" if row["low"] == row["high"] else f"{row['low']:.0f} to {row['high']:.0f}",
         number(row["runs"], 0), share_with_interval(row["inside"], told.signed), number(row["error"], 1),
         f"{row['mean']:.0f}", f"{row['mean_error']:.1f}", f"{row['middle_error']:.1f}")
        for row in told.issues.to_dict("records")
    ]  # fmt: skip
    means = told.errors
    rows.append(("mean over issues", "", "", "", number(means["runs"], 1), "", f"{means['weighted_mean']:.1f}",
                 f"{means['middle']:.1f}"))  # fmt: skip
    heads = ("issue", "happened, 0 to 100", "runs, mean", "runs there", "runs, distance", "weighted mean",
             "its distance", "distance of the middle")  # fmt: skip
    return grid("Terms on the scale of each issue, from one end to the other", heads, rows, range(1, 8))


def _leaves(path: str, node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, below in node.items():
            yield from _leaves(f"{path} {key}".strip().replace("_", " "), below)
    elif isinstance(node, list) and any(isinstance(entry, dict) for entry in node):
        for number, entry in enumerate(node, 1):
            yield from _leaves(f"{path} {number}", entry)
    else:
        yield path, ", ".join(map(str, node)) if isinstance(node, list) else clean(str(node))
