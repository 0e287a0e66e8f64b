"""The commands that analyse results: `compare`, `report`, `explain`, `sensitivity`, `discover` and others."""

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from sim.analysis.compare import Comparison, compare
from sim.analysis.debrief import debrief
from sim.analysis.discovery import Question, discover
from sim.analysis.explain import explain
from sim.analysis.explain_draw import explain_draw
from sim.analysis.figures import NoAnswer, figure_named
from sim.analysis.hindcast import Hindcast, hindcast
from sim.analysis.need import need
from sim.analysis.sensitivity import DESIGNED, FINISHED, Plan, Sensitivity, design_of, from_design, from_finished
from sim.analysis.sheets import role_sheets
from sim.analysis.texts import TextRanking, rank_texts
from sim.analysis.waterfall import Waterfall, waterfall
from sim.batch import ClusterError
from sim.batch.designs import play_pieces
from sim.batch.progress import progress_on
from sim.batch.run import connected
from sim.cli.options import ChartFiles
from sim.cli.output import (
    WRONG_INPUT,
    fail,
    print_answer,
    print_document,
    print_json,
    print_result,
    print_screen,
    print_section,
)
from sim.cli.sources import read_or_fail
from sim.core.wording import shown
from sim.report.batch import REPORT
from sim.report.compare import brief, chart_labels, data, document, waterfall_data
from sim.report.explain import by_option
from sim.report.plain import plain
from sim.results.chunk_files import Layout
from sim.results.files import make_folder, write_whole
from sim.results.folder import PARTS, DesignFolder
from sim.results.labels import clean
from sim.results.manifest import folder_name, holds_results, identity
from sim.results.reading import open_results
from sim.results.results import Results, run
from sim.scenario import Scenario

Out = tuple[Path, ChartFiles | None]  # the folder of charts, and their files; None for no charts


@contextmanager
def answers(path: Path | None = None) -> Iterator[None]:
    """End with one line what has no answer, or cannot be played."""
    try:
        yield
    except NoAnswer as error:
        fail(WRONG_INPUT, f"{'peacesim' if path is None else shown(path, 200)}: {error}")
    except ClusterError as error:
        fail(error.exit_code, f"peacesim: {error}")


# Results side by side.


def compare_results(
    results: Sequence[Results], draws: int, figure: str | None, method: str | None, out: Out, *,
    full: bool, section: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Compare results with the first, and draw them side by side; a waterfall takes at most so many draws of each."""
    comparison = compare(results)
    falls = list(_waterfalls(comparison, figure, draws, method)) if figure is not None else []
    folder = _save_comparison(comparison, falls, out[0], out[1]) if out[1] is not None else None
    if as_json:
        more = {"waterfalls": list(map(waterfall_data, falls)), "charts": folder}
        print_json(data(comparison) | more)
        return
    if section is not None:
        print_section(document(comparison, falls), section)
    else:
        print_screen(document(comparison, falls) if full else brief(comparison, falls), full)
    if folder is not None:
        click.echo(f"\nCharts: {shown(folder, 300)}")


def _print_and_draw(
    found: Any, folder: Path | None, files: ChartFiles | None, as_json: bool, brief: bool = False
) -> None:
    if folder is not None and files is not None:
        from sim.charts import save_charts

        save_charts(found, folder, **files._asdict())
    print_result(found, as_json, brief, charts=folder)
    if folder is not None and not as_json:
        click.echo(f"\nCharts: {shown(folder, 300)}")


def _waterfalls(comparison: Comparison, figure: str, draws: int, method: str | None) -> Iterator[Waterfall]:
    first, *others = comparison.results
    if not comparison.paired:
        fail(WRONG_INPUT, "peacesim: a waterfall follows the same runs, so all results must have one seed")
    for other in others:
        most = min(draws, first.n, other.n)
        try:
            yield waterfall(first.scenario, other.scenario, figure, most, first.seed, method)
        except ValueError as error:
            fail(WRONG_INPUT, f"peacesim: {shown(error, 400)}")


def _save_comparison(comparison: Comparison, falls: Sequence[Waterfall], out: Path, files: ChartFiles) -> Path:
    from sim.charts import charts_side_by_side, render_comparison, save_charts
    from sim.report import comparison_page

    folder = out / _name(comparison.results)
    make_folder(folder)
    names, labels = charts_side_by_side(comparison.results), chart_labels(comparison)
    charts = list(render_comparison(comparison.results, names, labels, *files))
    for chart in charts:
        chart.save(folder)
    for place, each in enumerate(falls, 1):
        stem = f"waterfall-{each.figure.name}" + (f"-{place}" if len(falls) > 1 else "")
        save_charts(each, folder, stem=stem, **files._asdict())
    write_whole(folder / REPORT, comparison_page(comparison, falls, charts).encode())
    return folder


def _name(results: Sequence[Results]) -> str:
    """The name of a page or folder for these results, in this order, with so many draws of each."""
    if len(results) == 1:
        return folder_name(results[0].scenario, results[0].seed)
    return f"compare-{_hash('|'.join(f'{identity(one.scenario, one.seed)}:{one.n}' for one in results))}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def write_report(results: Sequence[Results], out: Path, as_json: bool) -> None:
    """Write the page of one result, or the comparison of several, to a file or into a folder."""
    from sim.charts.page import garbage_uncollected
    from sim.report import comparison_page, result_page

    with garbage_uncollected():
        text = result_page(results[0]) if len(results) == 1 else comparison_page(compare(results))
    _write_page(text, out, _name(results), {"results": [one.scenario.id for one in results]}, as_json)


def write_explorer(path: Path, draws: int | None, seed: int | None, round: int, out: Path, as_json: bool) -> None:
    from sim.report.explore import explorer_page

    results, scenario, seed = _results_or_file(path, seed, ())
    with answers():
        text, n = explorer_page(scenario, draws, seed, round, results)
    _write_page(text, out, f"explore-{folder_name(scenario, seed)}", {"scenario": scenario.id, "n": n}, as_json)


def _write_page(text: str, out: Path, name: str, facts: Mapping[str, Any], as_json: bool) -> None:
    target = out if out.suffix.lower() == ".html" else out / f"{name}.html"
    make_folder(target.parent)
    write_whole(target, text.encode())
    if as_json:
        print_json({"page": str(target), **facts, "bytes": len(text.encode())})
    else:
        click.echo(f"Page: {shown(target, 300)}" + (f", {facts['n']:,} draws" if "n" in facts else ""))


# Why there is no deal.


def _results_or_file(path: Path, seed: int | None, sets: Sequence[str]) -> tuple[Results | None, Scenario, int]:
    """Return a verified results folder (None for a scenario file), its scenario and its seed."""
    if not holds_results(path):
        return None, read_or_fail(path, sets), 1 if seed is None else seed
    _refuse_settings(path, seed, sets)
    results = open_results(path)
    return results, results.scenario, results.seed


def explain_path(
    path: Path, draws: int, seed: int | None, sets: Sequence[str], look: int, full: bool, section: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    results, scenario, seed = _results_or_file(path, seed, sets)
    print_answer(explain(results or run(scenario, draws, seed), look), as_json, full, section)


def explain_run(path: Path, draw: int, seed: int | None, sets: Sequence[str], as_json: bool) -> None:
    _, scenario, seed = _results_or_file(path, seed, sets)
    print_result(explain_draw(scenario, seed, draw), as_json)


def explain_issue(path: Path, issue: str, draws: int, seed: int | None, sets: Sequence[str], as_json: bool) -> None:
    results, scenario, seed = _results_or_file(path, seed, sets)
    found = results or run(scenario, draws, seed)
    try:
        table = found.outcomes_by(issue)
    except ValueError as error:
        fail(WRONG_INPUT, f"peacesim: {error}")
    if as_json:
        print_json({"scenario": scenario.id, "seed": seed, "n": found.n, "issue": issue, "by_option": plain(table)})
    else:
        print_document(by_option(found, issue))


def run_texts(
    path: Path, draws: int, seed: int | None, sets: Sequence[str], how: Mapping[str, Any], out: Out, *,
    full: bool, as_json: bool,
) -> None:  # fmt: skip
    results, scenario, seed = _results_or_file(path, seed, sets)
    with answers():
        found = rank_texts(scenario, draws, seed, results=results, **how)
    folder = _question_folder(out[0], "texts", found, *map(str, how.values())) if out[1] is not None else None
    _print_and_draw(found, folder, out[1], as_json, not full)


def run_need(
    path: Path, text: str, how: tuple[float, int, int], seed: int | None, sets: Sequence[str], as_json: bool
) -> None:
    _, scenario, seed = _results_or_file(path, seed, sets)
    to, draws, round = how
    with answers():
        found = need(scenario, text, to, draws, seed, round)
    print_result(found, as_json)


def _refuse_settings(path: Path, seed: int | None, sets: Sequence[str]) -> None:
    """Refuse `--set` for results, which belong to one scenario and one seed."""
    option = "--set" if sets else "--seed" if seed is not None else ""
    if option:
        fail(WRONG_INPUT, f"{option} is for scenario files; {shown(path, 200)} is a results folder, as it was played")


def write_sheets(path: Path, parties: Sequence[str], sets: Sequence[str], out: Path) -> None:
    from sim.report.sheets import sheet_page

    scenario = read_or_fail(path, sets)
    with answers():
        sheets = role_sheets(scenario, parties)
    folder = out / f"sheets-{scenario.id}"
    make_folder(folder)
    for sheet in sheets:
        write_whole(folder / f"sheet-{sheet.party}.html", sheet_page(sheet).encode())
        click.echo(f"{clean(scenario.parties[sheet.party].label)}: {shown(folder / f'sheet-{sheet.party}.html', 300)}")


def run_debrief(path: Path, text: str, draws: int, seed: int, sets: Sequence[str], as_json: bool) -> None:
    with answers(path):
        found = debrief(read_or_fail(path, sets), text, draws, seed)
    print_result(found, as_json)


# What moves a figure, and under which conditions.


def run_sensitivity(
    results: Results, of: str, methods: Sequence[str], plan: Plan, how: Mapping[str, Any], out: Out,
    as_json: bool, everything: bool,
) -> None:  # fmt: skip
    """Print which inputs a figure is sensitive to, and draw it; methods are printed in the order given.

    `how` has the `workers` or the `dask` cluster that plays a design; the runs of a design are stored in the folder of
    `out`.
    """
    with answers():
        found = from_finished(results, of, [method for method in methods if method in FINISHED])
        if not found.note:
            with connected(how["dask"]) if how["dask"] else nullcontext() as cluster:
                player = partial(play_pieces, workers=how["workers"], cluster=cluster)
                found = _with_designs(found, methods, plan, player, out[0])
    folder = None
    if out[1] is not None and found.tables:
        designs = [facts["identity"] for facts in found.designs.values()]
        folder = _question_folder(out[0], "sensitivity", results, found.figure.name, *designs)
    _print_and_draw(found, folder, out[1], as_json, not everything)


def _with_designs(
    found: Sensitivity, methods: Sequence[str], plan: Plan, player: Callable[..., Any], out: Path
) -> Sensitivity:
    designs = {method: design_of(found, method, plan) for method in methods if method in DESIGNED}
    for method, design in designs.items():
        inputs = f"{len(design.paths)} input{'s' * (len(design.paths) != 1)}"
        click.echo(f"{method}: {design.runs:,} runs of their own, by {inputs}", err=True)
    for method, design in designs.items():
        layout = Layout(found.results.scenario, found.results.seed, found.results.structure)
        name, progress = design.identity(found.results), progress_on(sys.stderr)
        with DesignFolder(out, design.name, name, layout) as folder:
            play = partial(player, layout=layout, identity=name, folder=folder.path / PARTS)
            progress.start(design.runs, [method])
            try:
                found = from_design(found, method, design, partial(progress.advance, method), folder, play)
            finally:
                progress.finish()
        click.echo(f"{method}: runs are kept in {shown(folder.path, 300)}", err=True)
    return replace(found, tables={method: found.tables[method] for method in methods})


def _question_folder(out: Path, kind: str, results: Results | Hindcast | TextRanking, *question: object) -> Path:
    parts = [identity(results.scenario, results.seed), results.n, *question]
    folder = out / f"{kind}-{_hash('|'.join(map(str, parts)))}"
    make_folder(folder)
    return folder


def run_hindcast(path: Path, draws: int, seed: int, sets: Sequence[str], out: Out, as_json: bool) -> None:
    with answers(path):
        found = hindcast(read_or_fail(path, sets), draws, seed)
    folder = _question_folder(out[0], "hindcast", found) if out[1] is not None else None
    _print_and_draw(found, folder, out[1], as_json)


def run_discovery(
    results: Results, of: str, wanted: tuple[bool, float | None, float | None],
    boxes: tuple[float | None, int, int], out: Out, as_json: bool,
) -> None:  # fmt: skip
    """Print the conditions under which an outcome is typical, and draw them.

    `wanted` is whether to search for runs without the outcome, and for a mean the thresholds of interest; `boxes` the
    minimum density (None to balance it with coverage), the maximum inputs of a box, and the maximum boxes.
    """
    density, most_inputs, most_boxes = boxes
    with answers():
        found = discover(results, Question(figure_named([results], of), *wanted), most_inputs, most_boxes, density)
    folder = None
    if out[1] is not None and found.boxes:
        folder = _question_folder(out[0], "discover", results, of, *wanted, *boxes)
    _print_and_draw(found, folder, out[1], as_json)
