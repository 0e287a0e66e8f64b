"""Several results side by side: how the runs ended and which packages were signed, all on one scale."""

from collections.abc import Sequence

import pandas as pd

from sim.charts.chart import result_labels
from sim.charts.packages import INTERVAL_NOTE
from sim.charts.page import Caption, Panel, Picture, provenance, sheet
from sim.charts.ranking import (
    Ranking,
    Row,
    draw_ranking,
    headline_issues,
    outcome_rows,
    package_rows,
    ranking,
    ranking_size,
    row_counts,
    same_issues,
)
from sim.charts.style import outcome_label
from sim.charts.text import listed, share_text
from sim.results.results import Results, share_interval

OTHER_ISSUES = "The scenarios differ in headline issues or options, so their packages are not compared."


def compare(results: Sequence[Results], labels: Sequence[str] | None = None) -> Picture:
    """Outcomes and headline packages of several results side by side.

    Args:
        results: In the order in which they are shown, at least one.
        labels: What each is called; by default the scenarios' titles, or their ids, or A, B, C.

    Raises:
        ValueError: if there is no result, or not one label for each.
    """
    names = result_labels(results, labels)
    shared = _frame(results)

    def draw(panel: Panel) -> None:
        draw_ranking(panel, results, shared, names)

    agreed = [f"{name}: {share_text(one.agreements, one.n)}" for name, one in zip(names, results, strict=True)]
    caption = Caption(
        "Outcomes and packages signed, by share of runs",
        "The same scale in all columns. Shares are of all runs of a column.",
        "",
        f"Bar charts side by side. Agreement signed, share of runs with 95 % interval: {listed(agreed)}.",
        (INTERVAL_NOTE,),
    )
    footer = [f"{name}: {provenance(one)}" for name, one in zip(names, results, strict=True)]
    return sheet("Comparison", caption, footer, ranking_size(results[0], shared, len(results), names), draw)


def compare_table(results: Sequence[Results], labels: Sequence[str] | None = None) -> pd.DataFrame:
    """The numbers of `compare`: `result, kind, name, count, share, low, high, n`, one row a bar."""
    names = result_labels(results, labels)
    shared = _frame(results)
    lines = []
    for name, one in zip(names, results, strict=True):
        for row, count in zip(shared.rows, row_counts(one, shared.issues, shared.rows), strict=True):
            if count is not None:
                low, high = share_interval(count, one.n)
                label = outcome_label(one, "in_force") if row.kind == "total" else row.name
                lines.append((name, row.kind, label, count, count / one.n, low, high, one.n))
    return pd.DataFrame(lines, columns=["result", "kind", "name", "count", "share", "low", "high", "n"])


def _frame(results: Sequence[Results]) -> Ranking:
    rows = [Row("heading", "How the runs ended"), Row("total", "signed"), *outcome_rows(results)]
    issues = headline_issues(results[0])
    if not same_issues(results):
        return ranking(results, (), [*rows, Row("remark", OTHER_ISSUES)], 0)
    packages, others = package_rows(results, issues)
    nothing = [] if packages else [Row("remark", "No package was signed in any run.")]
    return ranking(results, issues, [*rows, Row("heading", "Packages signed"), *packages, *nothing], others)
