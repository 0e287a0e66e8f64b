"""`batch`: play scenarios, store results and print one table of all."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from sim.batch import BatchInterrupted, BatchItem, ClusterError, batch, merge
from sim.batch.items import Finish
from sim.batch.progress import progress_on
from sim.cli.options import ChartFiles
from sim.cli.output import fail, print_document
from sim.cli.signals import ignore_signals
from sim.core.wording import shown
from sim.report.batch import REPORT, write_index
from sim.report.document import Block, heading, paragraph, table
from sim.results.figures import STAGES
from sim.results.files import write_whole
from sim.results.format import number, percent, share_with_interval
from sim.results.manifest import Shard
from sim.results.results import Results

MOST_ROWS = 60
CHARTS = "charts"
SVG_ALONE = ChartFiles()
STAGE_COLUMNS = ("zone_ever", "signed", "in_force", "held_60")
READING = (
    "Shares of runs in the scenario, under the weights of its file, with 95 % intervals. zone: some package was "
    "acceptable to all who sign it, in some round. in force: ratified by all who vote; held 60 mo: after 60 months, of "
    "all runs. month: the median one of signature."
)


def run_batch(paths: Sequence[Path], out: Path, charts: ChartFiles | None, shard: Shard | None, **how: Any) -> bool:
    """Run a batch, print its table and folder, and return whether all scenarios are finished."""
    finish, endings = _finish(charts)
    items = play(paths, out=out, finish=finish, endings=endings, shard=shard, **how)
    done = [item.folder for item in items if item.failure is None]
    if shard is None:
        report(items, out)
    else:
        print_faults(items)
    if shard is not None and done:
        click.echo(f"{str(shard).capitalize()}: {places(items, out)}")
        click.echo(f"Results, tables and charts come of all {shard.of}: peacesim merge {shown(out, 300)}")
    elif done:
        print_pages(out, done, charts)
    return all(item.failure is None for item in items)


def play(paths: Sequence[Path], **how: Any) -> list[BatchItem]:
    """Play a batch; its end by a signal, or for want of a cluster, is one line and an exit code."""
    try:
        return batch(paths, progress=progress_on(sys.stderr), **how)
    except (BatchInterrupted, ClusterError) as error:
        ignore_signals()
        fail(error.exit_code, f"peacesim: {error}")


def print_pages(out: Path, done: Sequence[Path], charts: ChartFiles | None) -> None:
    """Write the page of all results in a folder; name it, and the page of the one result that was made."""
    if charts and len(done) == 1:
        click.echo(f"Page to open in a browser: {shown(done[0] / REPORT, 300)}")
    index = write_index(out, done)
    if index is not None:
        click.echo(f"Page of all scenarios: {shown(index, 300)}")


def report(items: Sequence[BatchItem], out: Path, summarised: bool = True, quiet: bool = False) -> None:
    """Print the table of all scenarios, the folder of results, failures, and what the same command would do next.

    `quiet` is whether stdout is in use, so that only faults are printed.
    """
    if summarised and not quiet:
        print_document(summary(items))
    failed = [item for item in items if item.failure is not None]
    print_faults(items)
    if quiet or len(failed) == len(items):
        return
    click.echo(f"Results: {places(items, out)}")
    if all(item.status == "unchanged" for item in items):
        click.echo("All of it was there already; nothing was played.")
    elif failed:
        click.echo("The same command plays again what failed and nothing else.")
    else:
        click.echo("The same command finds all of this done; a larger -n plays only the runs that are missing.")


def draw_charts(results: Results, folder: Path, files: ChartFiles = SVG_ALONE) -> None:
    """Draw every chart of a result into its folder, and write its page."""
    from sim.charts import render_charts
    from sim.charts.page import garbage_uncollected
    from sim.report import result_page

    with garbage_uncollected():
        charts = list(render_charts(results, **files._asdict()))
        page = result_page(results, charts)
    for chart in charts:
        chart.save(folder / CHARTS)
    write_whole(folder / REPORT, page.encode())


def _finish(charts: ChartFiles | None) -> tuple[Finish | None, list[str]]:
    """Return what draws the charts, and the endings of files that it makes of a chart that all scenarios have."""
    if charts is None:
        return None, []
    endings = [*(["packages.png"] if charts.png else []), *(["packages-slide.png"] if charts.slides else [])]
    return partial(draw_charts, files=charts) if any(charts) else draw_charts, endings


def summary(items: Sequence[BatchItem]) -> Iterator[Block]:
    """Return rows of shares of runs, two lines a scenario; empty when none is finished."""
    finished = [item for item in items if item.facts]
    if not finished:
        return
    stages = [name for name in STAGE_COLUMNS if any(_share(item.facts, name) is not None for item in finished)]
    yield table(["", "runs", *(STAGES[name].short for name in stages), "month"], _rows(finished[:MOST_ROWS], stages))
    yield heading("Signed most often, by headline issues, as a share of all runs")
    yield table(["", "", "<"], [_most_frequent(item) for item in finished[:MOST_ROWS]])
    if len(finished) > MOST_ROWS:
        yield paragraph(f"and {len(finished) - MOST_ROWS} more", 2)
    yield paragraph("")
    yield paragraph(READING)


def _most_frequent(item: BatchItem) -> list[object]:
    facts, name = item.facts, _name(item)
    if facts["most_frequent"] is None:
        return [name, None, "no agreement signed"]
    return [name, percent(facts["most_frequent_share"], facts["n"]), facts["most_frequent"].replace("/", " / ")]


def _name(item: BatchItem) -> str:
    return ", ".join(f"{path}={value}" for path, value in item.settings.items()) or item.id


def _share(facts: Mapping[str, Any], stage: str) -> float | None:
    """The share of runs that reached a stage, None where the scenario has no such stage."""
    reached: dict[str, float] = facts["reached"]
    return reached.get(stage, reached["zone_first"] if stage == "zone_ever" else None)


def _rows(items: Sequence[BatchItem], stages: Sequence[str]) -> Iterator[list[object]]:
    """Return the figures of each scenario below its name, points of a sweep grouped together."""
    last = None
    for item in items:
        if item.settings and item.id != last:
            yield [item.id]
        last = item.id
        facts, n = item.facts, item.facts["n"]
        shares = [share_with_interval(_share(facts, name), n) for name in stages]
        yield [_name(item), f"{n:,}", *shares, number(facts["median_month"], 1)]


def print_faults(items: Sequence[BatchItem]) -> None:
    """Print on stderr what was damaged, what another program wrote, and what failed."""
    for item in items:
        if item.program:
            click.echo(f"{shown(item.folder, 200)}: {item.program}", err=True)
        for file in item.damaged:
            click.echo(f"{shown(item.folder, 200)}: was damaged and is made again: {shown(file, 200)}", err=True)
    for item in items:
        if item.failure is not None:
            click.echo(f"{shown(item.folder, 200)}: failed: {shown(item.failure, 500)}", err=True)


def places(items: Sequence[BatchItem], out: Path) -> str:
    """Return the folder of the finished results, or the number of folders if there are several."""
    folders = [item.folder for item in items if item.failure is None]
    if len(folders) == 1:
        return shown(folders[0], 300)
    return f"{len(folders)} folders in {shown(out, 300)}"


def run_merge(paths: Sequence[Path], out: Path | None, charts: ChartFiles | None) -> tuple[bool, bool]:
    """Merge and print the table; return whether all results are present and whether no shard file is damaged."""
    found = merge(paths, out, *_finish(charts))
    whole = [each.item for each in found if not each.missing]
    print_document(summary(whole))
    for each in found:
        for file in each.damaged:
            click.echo(f"damaged: {shown(file, 300)}", err=True)
    print_faults([each.item for each in found])
    for each in found:
        for line in each.missing:
            click.echo(f"{shown(each.item.folder, 200)}: missing: {shown(line, 300)}", err=True)
    if any(item.failure is None for item in whole):
        click.echo(f"Results: {places(whole, whole[0].folder.parent)}")
        single = [item.folder for item in whole if item.failure is None and not item.settings]
        if single:
            print_pages(single[0].parent, single, charts)
    incomplete = next((each for each in found if each.missing), None)
    if incomplete is not None:
        item = incomplete.item
        folder = item.folder.parent.parent if item.settings else item.folder.parent
        same = f"-n {item.draws} --seed {incomplete.seed} --out {shown(folder, 300)}"
        rest = f"Merge again once the rest is there, or play it: the batch without --shard, {same}"
        click.echo(f"What is there is kept. {rest}", err=True)
    return len(whole) == len(found) and all(item.failure is None for item in whole), not any(e.damaged for e in found)
