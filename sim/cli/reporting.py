"""`report`: a result or a comparison as one page that stands on its own."""

from collections.abc import Sequence
from pathlib import Path

import click

from sim.analysis.compare import compare
from sim.cli.comparing import comparison_hash
from sim.cli.output import print_json
from sim.cli.sources import results_or_runs
from sim.report import comparison_page, result_page
from sim.results import Results
from sim.scenario.messages import shown
from sim.store import folder_name, make_folder, write_whole


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
