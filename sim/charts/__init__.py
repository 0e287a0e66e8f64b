"""Charts of results and of analyses: one file a chart, their table of contents here. The only import of matplotlib."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from sim.core.current_folder import unread

with unread("matplotlibrc") if os.environ.get("PYTHONSAFEPATH") else nullcontext():  # the command line sets it
    import matplotlib

# Each registers its charts, in the order in which pages and lists have them.
# isort: off
from sim.charts import packages  # which packages are signed
from sim.charts import pairs  # which options are signed together, and what all parties could accept
from sim.charts import frontier  # utilities of packages to two parties
from sim.charts import talks  # aspirations and offers, and when agreements are signed
from sim.charts import ledger  # each party's concessions from opening to signed package
from sim.charts import funnel  # how far runs get, and where they stop
from sim.charts import blockers  # obstacles, and which parties block together
from sim.charts import survival  # how long agreements hold
from sim.charts import harm  # weeks without power and war cost
from sim.charts import tornado  # of analyses: sensitivity of a figure to each input
from sim.charts import indices  # PAWN, Sobol, Morris
from sim.charts import discovery  # conditions under which an outcome is typical
from sim.charts import sweep  # points of a sweep
from sim.charts import tournament  # strategies against strategies
from sim.charts import hindcast  # of a scenario: the past that its rates imply
from sim.charts import texts  # of a scenario: which package is acceptable, passes and holds
from sim.charts import waterfall  # where a difference comes from

# isort: on
from sim.analysis.compare import Comparison
from sim.charts.chart import (
    ANALYSIS_CHARTS,
    CHARTS,
    Chart,
    Rendered,
    charts_of,
    png_bytes,
    side_by_side,
    svg_text,
)
from sim.charts.packages import compare, compare_table
from sim.charts.page import SLIDE, Picture
from sim.results.results import Results
from sim.results.tables import csv_text

__all__ = [
    "ANALYSIS_CHARTS", "CHARTS", "Chart", "Picture", "Plots", "Rendered", "charts_of", "charts_side_by_side",
    "compare", "compare_table", "csv_text", "plots", "png_bytes", "render_charts", "render_comparison", "save_charts",
    "save_comparison", "side_by_side", "svg_text",
]  # fmt: skip


def charts_side_by_side(results: Sequence[Results]) -> list[str]:
    """Return the charts that some result has and that can show all of them on one scale."""
    return [
        name
        for name, chart in CHARTS.items()
        if any(chart.applies(one) for one in results) and chart.compares(results)
    ]


def render_charts(
    subject: object, names: Sequence[str] | None = None, stem: str = "", png: bool = False, slides: bool = False
) -> Iterator[Rendered]:
    """Draw charts of results, or of an analysis, one after the other.

    Args:
        subject: Results of one scenario, a sweep table, sensitivity, discovery, a tournament or a waterfall.
        names: Of the charts; by default all that apply.
        stem: Name of the files in place of the chart's, where there is one chart.
        png: Whether as PNG too, which takes twice the time.
        slides: Whether as slides too: 1600 x 900 pixels, PNG.

    Raises:
        ValueError: if there is no chart of a name; nothing is drawn then.
    """
    registry = CHARTS if isinstance(subject, Results) else ANALYSIS_CHARTS
    chosen = charts_of(subject) if names is None else registry.named(names)
    return (
        Rendered.of(
            stem or chart.stem(subject), chart(subject), chart.table(subject), png,
            chart.slide(subject) if slides else None,
        )
        for chart in chosen
    )  # fmt: skip


def save_charts(
    subject: object, folder: str | os.PathLike[str], names: Sequence[str] | None = None, stem: str = "",
    png: bool = False, slides: bool = False,
) -> list[Path]:  # fmt: skip
    """Draw charts as `render_charts` does and write each as SVG and CSV, as PNG and as a slide if requested.

    `folder`: made if it is missing.
    """
    return [path for each in render_charts(subject, names, stem, png, slides) for path in each.save(folder)]


def render_comparison(
    results: Sequence[Results], names: Sequence[str] = (), labels: Sequence[str] | None = None, png: bool = False,
    slides: bool = False,
) -> Iterator[Rendered]:  # fmt: skip
    """Draw results beside each other: `compare`, then the named charts side by side on one scale.

    Args:
        results: At least one, in the order in which they are shown.
        names: Of `CHARTS`, to be shown side by side as well.
        labels: The label of each result.
        png: Whether as PNG too.
        slides: Whether `compare` as a slide too.

    Raises:
        ValueError: if there is no result, no chart of a name, or not one label for each.
    """
    charts = CHARTS.named(names)
    yield Rendered.of("compare", compare(results, labels), compare_table(results, labels), png,
                      compare(results, labels, SLIDE) if slides else None)  # fmt: skip
    for chart in charts:
        picture, table = side_by_side(chart, results, labels), chart.several(results, labels)
        yield Rendered.of(f"compare-{chart.name}", picture, table, png)


def save_comparison(
    results: Sequence[Results], folder: str | os.PathLike[str], names: Sequence[str] = (),
    labels: Sequence[str] | None = None, png: bool = False, slides: bool = False,
) -> list[Path]:  # fmt: skip
    """Draw results as `render_comparison` does and write each chart as SVG and CSV, as PNG and slide if requested."""
    return [path for each in render_comparison(results, names, labels, png, slides) for path in each.save(folder)]


class Plots:
    """Charts by name, drawn when called; calling the object itself draws the first."""

    def __init__(self, pictures: Mapping[str, Callable[[], Picture]]) -> None:
        self._pictures = pictures

    def __getattr__(self, name: str) -> Callable[[], Picture]:
        if name not in self._pictures:
            raise AttributeError(f"no chart is called {name!r}; there are {', '.join(self._pictures)}")
        return self._pictures[name]

    def __dir__(self) -> list[str]:
        return list(self._pictures)

    def __call__(self) -> Picture:
        if not self._pictures:
            raise ValueError("there is nothing to draw")
        return next(iter(self._pictures.values()))()

    def __repr__(self) -> str:
        return f"Plots({', '.join(self._pictures)})"


def plots(subject: object) -> Plots:
    """Return the charts of results, of an analysis, or of several results side by side."""
    if isinstance(subject, Comparison):
        results, names = subject.results, subject.names
        beside = {name: partial(side_by_side, CHARTS[name], results, names) for name in charts_side_by_side(results)}
        return Plots({"compare": partial(compare, results, names), **beside})
    charts = CHARTS.values() if isinstance(subject, Results) else charts_of(subject)
    return Plots({chart.name: partial(chart, subject) for chart in charts})
