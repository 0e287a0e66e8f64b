"""`compare`: results side by side, in the terminal and as charts."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from sim.analysis.compare import Comparison, compare
from sim.analysis.comparison_text import comparison_parts
from sim.analysis.waterfall import Waterfall, waterfall
from sim.analysis.waterfall_text import waterfall_parts
from sim.cli.batching import REPORT
from sim.cli.output import WRONG_INPUT, fail, print_json, print_parts
from sim.cli.sources import results_or_runs
from sim.report import comparison_page, result_page
from sim.results.files import make_folder, write_whole
from sim.results.manifest import folder_name, identity
from sim.results.results import Results
from sim.scenario.messages import shown


@dataclass(frozen=True)
class CompareWish:
    """What is asked for.

    Attributes:
        paths: Results folders and scenario files.
        draws: Runs of each scenario file, and at most so many of each scenario of a waterfall.
        seed: Of scenario files; None for that of the results folders, else 1.
        out: Folder for charts, None for none.
        waterfall: Figure to be shared out among the inputs that differ, None for none.
        method: How it is shared out; None: by the number of steps.
    """

    paths: Sequence[Path]
    draws: int
    seed: int | None
    out: Path | None
    waterfall: str | None
    method: str | None


def compare_sources(wish: CompareWish, as_json: bool) -> None:
    """Compare results folders and scenario files, and draw them side by side."""
    comparison = compare(results_or_runs(wish.paths, wish.draws, wish.seed))
    falls = list(_waterfalls(comparison, wish)) if wish.waterfall is not None else []
    folder = draw_charts(comparison, falls, wish.out) if wish.out is not None else None
    if as_json:
        data = comparison.as_data() | {"waterfalls": [each.as_data() for each in falls]}
        print_json(data | {"charts": str(folder) if folder else None})
        return
    print_parts([*comparison_parts(comparison), *(part for each in falls for part in waterfall_parts(each))])
    if folder is not None:
        click.echo(f"\nCharts: {shown(folder, 300)}")


def _waterfalls(comparison: Comparison, wish: CompareWish) -> Iterator[Waterfall]:
    """From the first to each of the others, on as many of the same runs as all have."""
    first, *others = comparison.results
    if not comparison.paired:
        fail(WRONG_INPUT, "peacesim: a waterfall follows the same runs, so all results must have one seed")
    for other in others:
        draws = min(wish.draws, first.n, other.n)
        try:
            yield waterfall(first.scenario, other.scenario, wish.waterfall or "", draws, first.seed, wish.method)
        except ValueError as error:
            fail(WRONG_INPUT, f"peacesim: {shown(error, 400)}")


def draw_charts(comparison: Comparison, falls: Sequence[Waterfall], out: Path) -> Path:
    """Draw the results side by side, each chart that any of them has, into a folder named after what is compared."""
    from sim.charts import charts_side_by_side, save_charts, save_comparison
    from sim.report import comparison_page

    folder = out / f"compare-{comparison_hash(comparison.results)}"
    make_folder(folder)
    save_comparison(comparison.results, folder, charts_side_by_side(comparison.results))
    for place, each in enumerate(falls, 1):
        save_charts(each, folder, stem=f"waterfall-{each.figure.name}" + (f"-{place}" if len(falls) > 1 else ""))
    write_whole(folder / REPORT, comparison_page(comparison, falls).encode())
    return folder


def comparison_hash(results: Sequence[Results]) -> str:
    """Six digits that stand for these results in this order, and for how many draws of each."""
    parts = [f"{identity(one.scenario, one.seed)}:{one.n}" for one in results]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:6]


def write_report(paths: Sequence[Path], draws: int, seed: int | None, out: Path, as_json: bool) -> None:
    """Write the page of one result, or the comparison of several, and say where it is.

    Args:
        paths: Results folders and scenario files.
        draws: Runs of each scenario file.
        seed: Of scenario files; None for that of the results folders, else 1.
        out: A file that ends with `.html`, or the folder in which a name is made for it.
        as_json: Whether the place is told as JSON.
    """
    results = results_or_runs(paths, draws, seed)
    text = result_page(results[0]) if len(results) == 1 else comparison_page(compare(results))
    target = out if out.suffix.lower() == ".html" else out / f"{_name(results)}.html"
    make_folder(target.parent)
    write_whole(target, text.encode())
    if as_json:
        print_json({"page": str(target), "results": [one.scenario.id for one in results], "bytes": len(text.encode())})
    else:
        click.echo(f"Page: {shown(target, 300)}")


def _name(results: Sequence[Results]) -> str:
    if len(results) == 1:
        return folder_name(results[0].scenario, results[0].seed)
    return f"compare-{comparison_hash(results)}"
