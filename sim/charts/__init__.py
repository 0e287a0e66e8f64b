"""Charts of results: one file a chart, a table of contents of them here. The only import of matplotlib."""

import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from sim.core.current_folder import unread

with unread("matplotlibrc") if os.environ.get("PYTHONSAFEPATH") else nullcontext():  # the command line sets it
    import matplotlib

from sim.analysis.discovery import Discovery
from sim.analysis.sensitivity import Sensitivity
from sim.analysis.sweep_table import SweepTable
from sim.analysis.tournament import Tournament
from sim.analysis.waterfall import Waterfall
from sim.charts.chart import Chart, known, png_bytes, save_picture, side_by_side, svg_text
from sim.charts.compare import compare, compare_table
from sim.charts.concessions import CONCESSIONS
from sim.charts.discovery import discovery_chart, discovery_numbers
from sim.charts.frontier import FRONTIER
from sim.charts.funnel import FUNNEL
from sim.charts.harm import HARM
from sim.charts.indices import index_chart, index_numbers
from sim.charts.ledger import LEDGER
from sim.charts.packages import PACKAGES
from sim.charts.page import Picture
from sim.charts.survival import SURVIVAL
from sim.charts.sweep import sweep_chart
from sim.charts.talks import TALKS
from sim.charts.tornado import tornado_chart, tornado_numbers
from sim.charts.tournament import tournament_chart, tournament_numbers
from sim.charts.waterfall import waterfall_chart, waterfall_numbers
from sim.charts.zone import ZONE
from sim.results.results import Results
from sim.results.tables import csv_text

CHARTS: Mapping[str, Chart] = {
    chart.name: chart
    for chart in (
        PACKAGES,  # which packages are signed
        CONCESSIONS,  # which options are signed together
        ZONE,  # what all sides could accept
        FRONTIER,  # what packages are worth to two parties
        TALKS,  # who asks for what, and when they sign
        LEDGER,  # who moved how far from opening to text
        FUNNEL,  # how far runs get, and what stops them
        SURVIVAL,  # how long agreements hold
        HARM,  # weeks without power and war cost
    )
}


def charts_side_by_side(results: Sequence[Results]) -> list[str]:
    """The charts that some result has and that can show all of them on one scale."""
    return [
        name
        for name, chart in CHARTS.items()
        if any(chart.applies(one) for one in results) and chart.compares(results)
    ]


def save_charts(results: Results, folder: str | os.PathLike[str], names: Sequence[str] | None = None) -> list[Path]:
    """Draw charts of a result and write each as SVG, PNG and CSV.

    Args:
        results: Of one scenario.
        folder: Made if it is missing.
        names: Of `CHARTS`; by default all that apply to the result.

    Raises:
        ValueError: if there is no chart of a name; nothing is written then.
    """
    wanted = [CHARTS[name] for name in known(names, list(CHARTS))]
    chosen = [chart for chart in wanted if names is not None or chart.applies(results)]
    return [path for chart in chosen for path in save_picture(chart(results), chart.table(results), folder, chart.name)]


def save_comparison(
    results: Sequence[Results],
    folder: str | os.PathLike[str],
    names: Sequence[str] = (),
    labels: Sequence[str] | None = None,
) -> list[Path]:
    """Write `compare.svg`, `.png` and `.csv`, and the named charts side by side on one scale.

    Args:
        results: At least one, in the order in which they are shown.
        folder: Made if it is missing.
        names: Of `CHARTS`, to be shown side by side as well.
        labels: What each result is called.

    Raises:
        ValueError: if there is no result, no chart of a name, or not one label for each.
    """
    charts = [CHARTS[name] for name in known(names, list(CHARTS))]
    paths = save_picture(compare(results, labels), compare_table(results, labels), folder, "compare")
    for chart in charts:
        picture, table = side_by_side(chart, results, labels), chart.several(results, labels)
        paths += save_picture(picture, table, folder, f"compare-{chart.name}")
    return paths


def save_tournament(
    tournament: Tournament, folder: str | os.PathLike[str], name: str = "tournament"
) -> list[Path]:
    """Draw what strategies did against each other and write it as SVG, PNG and CSV.

    Args:
        tournament: As `sim.tournament` makes it.
        folder: Made if it is missing.
        name: Of the files, without ending.
    """
    return save_picture(tournament_chart(tournament), tournament_numbers(tournament), folder, name)


def save_waterfall(told: Waterfall, folder: str | os.PathLike[str], name: str = "waterfall") -> list[Path]:
    """Draw where a difference comes from and write it as SVG, PNG and CSV.

    Args:
        told: As `sim.waterfall` makes it.
        folder: Made if it is missing.
        name: Of the files, without ending.
    """
    return save_picture(waterfall_chart(told), waterfall_numbers(told), folder, name)


def save_sweep(table: SweepTable, folder: str | os.PathLike[str], name: str = "sweep") -> list[Path]:
    """Draw what came of a sweep and write it as SVG, PNG and CSV; the CSV is the table of all points.

    Args:
        table: As `sim.analysis.sweep_table` makes it.
        folder: Made if it is missing.
        name: Of the files, without ending.
    """
    return save_picture(sweep_chart(table), table.points, folder, name)


def save_sensitivity(told: Sensitivity, folder: str | os.PathLike[str]) -> list[Path]:
    """Draw which inputs move a figure, a chart each method, and write each as SVG, PNG and CSV.

    Args:
        told: As `sim.analysis.sensitivity` makes it.
        folder: Made if it is missing.
    """
    paths = []
    for method in told.tables:
        if method == "tornado":
            picture, table = tornado_chart(told), tornado_numbers(told)
        else:
            picture, table = index_chart(told, method), index_numbers(told, method)
        paths += save_picture(picture, table, folder, method)
    return paths


def save_discovery(told: Discovery, folder: str | os.PathLike[str]) -> list[Path]:
    """Draw under which conditions runs end a certain way and write it as SVG, PNG and CSV.

    Args:
        told: As `sim.analysis.discovery` makes it.
        folder: Made if it is missing.
    """
    return save_picture(discovery_chart(told), discovery_numbers(told), folder, "discovery")
