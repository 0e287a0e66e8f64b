"""`batch`: scenarios played, results kept, one table of all."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import RenderableType

from sim.analysis.layout import number, paragraph, percent, share_with_interval, table
from sim.batch import BatchInterrupted, BatchItem, batch
from sim.cli.failures import fail
from sim.cli.output import print_parts
from sim.progress import progress_on
from sim.results import Results
from sim.scenario.messages import shown

MOST_ROWS = 60
CHARTS = "charts"
READING = (
    "Shares of runs in the scenario, under the weights of its file, with 95 % intervals. zone: some package was "
    "acceptable to all who sign it. round: the median one of signature. Last: the package signed most often, by its "
    "headline issues, with its share of all runs."
)


def run_batch(
    paths: Sequence[Path], draws: int, seed: int, workers: int | None, out: Path,
    sets: Sequence[str], vary: Sequence[str], charts: bool,
) -> bool:  # fmt: skip
    """Play, print the table and where results lie. Whether all scenarios are finished."""
    try:
        items = batch(
            paths, draws, seed, workers, out, progress_on(sys.stderr),
            sets=sets, vary=vary, finish=_draw_charts if charts else None,
        )  # fmt: skip
    except BatchInterrupted as error:
        fail(error.exit_code, f"peacesim: {error}")
    print_parts(_summary(items))
    _tell_the_rest(items, out)
    return all(item.failure is None for item in items)


def _draw_charts(results: Results, folder: Path) -> None:
    from sim.charts import save_charts

    save_charts(results, folder / CHARTS)


def _summary(items: Sequence[BatchItem]) -> list[RenderableType]:
    """One row a scenario: shares of runs in that scenario."""
    heads = ["", "runs", "zone", "signed", "round", "<most often signed"]
    finished = [item for item in items if item.facts]
    if not finished:
        return []
    parts = [table(heads, list(_rows(finished[:MOST_ROWS])))]
    if len(finished) > MOST_ROWS:
        parts.append(paragraph(f"and {len(finished) - MOST_ROWS} more", 2))
    parts.append(paragraph(""))
    parts.append(paragraph(READING))
    return parts


def _rows(items: Sequence[BatchItem]) -> Iterator[list[object]]:
    """A row a scenario; points of a sweep stand below its name."""
    last = None
    for item in items:
        if item.settings and item.id != last:
            yield [item.id]
        last = item.id
        settings = ", ".join(f"{path}={value}" for path, value in item.settings.items())
        facts, n = item.facts, item.facts["n"]
        zone, signed = (share_with_interval(facts[f"{key}_share"], n) for key in ("zone", "agreement"))
        yield [settings or item.id, f"{n:,}", zone, signed, number(facts["median_round"], 0), _most_frequent(facts)]


def _most_frequent(facts: Mapping[str, Any]) -> str | None:
    if facts["most_frequent"] is None:
        return None
    return f"{percent(facts['most_frequent_share'], facts['n'])}: {facts['most_frequent'].replace('/', ' / ')}"


def _tell_the_rest(items: Sequence[BatchItem], out: Path) -> None:
    """Reading aid, where results lie, what failed, and what the same command would do now."""
    failed = [item for item in items if item.failure is not None]
    for item in items:
        for file in item.damaged:
            click.echo(f"{shown(item.folder, 200)}: was damaged and is made again: {shown(file, 200)}", err=True)
    for item in failed:
        click.echo(f"{shown(item.folder, 200)}: failed: {shown(item.failure, 500)}", err=True)
    if len(failed) == len(items):
        return
    click.echo(f"Results: {_places(items, out)}")
    unchanged = sum(item.status == "unchanged" for item in items)
    if unchanged == len(items):
        click.echo("All of it was there already; nothing was played.")
    elif failed:
        click.echo("The same command plays again what failed and nothing else.")
    else:
        click.echo("The same command finds all of this done; a larger -n plays only the runs that are missing.")


def _places(items: Sequence[BatchItem], out: Path) -> str:
    folders = [item.folder for item in items if item.failure is None]
    if len(folders) == 1:
        return shown(folders[0], 300)
    return f"{len(folders)} folders in {shown(out, 300)}"
