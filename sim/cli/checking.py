"""`check`: read files and print faults and notes, without playing."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from sim.analysis.figures import NoAnswer
from sim.analysis.hindcast import hindcast
from sim.cli.output import fault_lines, placed, print_json
from sim.cli.sources import scenario_files
from sim.core.wording import counted, printable, shown
from sim.report.hindcast import notes as hindcast_notes
from sim.report.show_around import outside
from sim.results.chunks import LARGE, NOTED, needs_of
from sim.results.labels import numbers_by_status, status_text
from sim.scenario import Fault, Scenario, ScenarioError, read_scenario
from sim.scenario.notes import notes
from sim.scenario.package_checks import space_of


def check_files(paths: Sequence[Path], sets: Sequence[str], as_json: bool) -> bool:
    """Check files, and those in folders, print a fault a line to stderr, and return whether all are valid."""
    answers = [_answer(path, sets) for path in scenario_files(paths)]
    if as_json:
        print_json([answer for answer, _ in answers])
    printed: set[str] = set()  # files that extend one base share its notes
    for answer, lines in answers:
        if not as_json or not answer["ok"]:
            for line in lines:
                if line not in printed:
                    click.echo(printable(line), err=not answer["ok"])
            printed |= set(lines)
    return all(answer["ok"] for answer, _ in answers)


def _answer(path: Path, sets: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    try:
        scenario = read_scenario(path, sets)
    except ScenarioError as error:
        faults = [_place(path, fault) for fault in error.faults]
        return {"file": str(path), "ok": False, "faults": faults, "notes": [], "counts": None}, fault_lines(path, error)
    counts, found = _counts(scenario), notes(scenario, [*_implied(scenario)])
    packages = f"{counts['packages']:,} packages, {counts['consistent']:,} consistent"
    parties = counted(counts["parties"], "party", "parties")
    issues, numbers = counted(counts["issues"], "issue"), status_text(scenario)
    lines = [f"{shown(path, 200)}: ok: {issues}, {packages}, {parties}; numbers: {numbers}"]
    lines += [f"{placed(path, note)}:{note.line}:{note.column}: note: {note.message}" for note in found]
    places = [_place(path, note) for note in found]
    return {"file": str(path), "ok": True, "faults": [], "notes": places, "counts": counts}, lines


def _implied(scenario: Scenario) -> Iterator[tuple[tuple[str, ...], str]]:
    """Return, by path, notes on the file as a whole: implausible monthly rates, and a draw that takes long."""
    needs = needs_of(scenario)
    if needs.above(NOTED):
        yield ("issues",), f"{needs}{'; `batch` plays it with --large' if needs.above(LARGE) else ''}"
    with suppress(NoAnswer):
        yield from hindcast_notes(hindcast(scenario))
    for path, sentence in outside(scenario):
        yield tuple(path.split(".")), sentence[0].lower() + sentence[1:].removesuffix(".")


def _counts(scenario: Scenario) -> dict[str, Any]:
    space = space_of(scenario.issues, scenario.consistency)
    return {
        "issues": len(scenario.issues),
        "packages": space.raw_count,
        "consistent": len(space),
        "parties": len(scenario.parties),
        "numbers": numbers_by_status(scenario),
    }


def _place(path: Path, fault: Fault) -> dict[str, Any]:
    return {"file": placed(path, fault), "line": fault.line, "column": fault.column, "message": fault.message}
