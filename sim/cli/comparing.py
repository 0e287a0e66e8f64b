"""`compare`: results side by side, in the terminal and as charts."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import click

from sim.analysis.compare import Comparison, compare
from sim.analysis.comparison_text import comparison_parts
from sim.cli.output import print_json, print_parts
from sim.cli.sources import results_or_runs
from sim.results import Results
from sim.scenario.messages import shown
from sim.store import identity, make_folder


def compare_sources(paths: Sequence[Path], draws: int, seed: int | None, out: Path | None, as_json: bool) -> None:
    """Compare results folders and scenario files; charts go below `out`, None for none."""
    comparison = compare(results_or_runs(paths, draws, seed))
    folder = save_charts(comparison, out) if out is not None else None
    if as_json:
        print_json(comparison.as_data() | {"charts": str(folder) if folder else None})
        return
    print_parts(comparison_parts(comparison))
    if folder is not None:
        click.echo(f"\nCharts: {shown(folder, 300)}")


def save_charts(comparison: Comparison, out: Path) -> Path:
    """Draw the results side by side into a folder named after what is compared."""
    from sim.charts import save_comparison

    folder = out / f"compare-{comparison_hash(comparison.results)}"
    make_folder(folder)
    save_comparison(comparison.results, folder)
    return folder


def comparison_hash(results: Sequence[Results]) -> str:
    """Six digits that stand for these results in this order, and for how many draws of each."""
    parts = [f"{identity(one.scenario, one.seed)}:{one.n}" for one in results]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:6]
