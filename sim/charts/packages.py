"""Which packages are signed, ranked by share of runs."""

from collections.abc import Sequence

import pandas as pd

from sim.charts.chart import CHARTS, Chart
from sim.charts.page import Caption, Panel
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
from sim.charts.style import agreement_sentence, outcome_label
from sim.charts.text import clean, listed, readable, share_text
from sim.results.results import Results, share_interval

INTERVAL_NOTE = "Whiskers and figures in brackets: 95 % interval of the share (Wilson), from the number of runs alone."


@CHARTS.register
class PackagesChart(Chart[Results, Ranking]):
    """Which packages are signed, ranked by share of runs."""

    name = "packages"
    about = "which packages are signed, ranked by share of runs"
    group = "packages"

    def compares(self, subjects: Sequence[Results]) -> bool:
        return same_issues(subjects)

    def frame(self, results: Sequence[Results]) -> Ranking:
        issues = headline_issues(results[0])
        rows, others = package_rows(results, issues)
        if not rows:
            rows = [Row("remark", "No package was signed in any run.")]
        rows += [Row("heading", "No agreement signed"), *outcome_rows(results)]
        return ranking(results, issues, rows, others)

    def size(self, subject: Results, shared: Ranking) -> tuple[float, float]:
        return ranking_size(subject, shared)

    def draw(self, panel: Panel, results: Results, shared: Ranking) -> None:
        draw_ranking(panel, [results], shared)

    def caption(self, results: Results, shared: Ranking) -> Caption:
        table = results.packages()
        agreed = results.agreements
        finding = agreement_sentence(results, share_text(agreed, results.n))
        alt = [f"Bar chart: share of runs by package of headline issues. {finding}"]
        if len(table):
            top = table.iloc[0]
            options = listed([f"{readable(issue)}: {readable(top[issue])}" for issue in shared.issues])
            alt.append(f"Most frequent ({share_text(int(top['count']), results.n)}): {options}.")
        else:
            rows = [row for row in shared.rows if row.kind == "outcome"]
            counts = zip(rows, row_counts(results, shared.issues, rows), strict=True)
            alt += [f"{outcome_label(results, row.name)}: {share_text(each or 0, results.n)}." for row, each in counts]
        grouped = len(shared.issues) < len(results.scenario.issues)
        every = len(results.scenario.issues)
        by = f"Packages are grouped by {len(shared.issues)} of {every} issues. " if grouped else ""
        return Caption(
            "Packages signed, by share of runs" if len(table) else "No package signed: outcomes by share of runs",
            f"{by}Shares are of all runs.",
            finding,
            " ".join(alt),
            (INTERVAL_NOTE,),
        )

    def table(self, results: Results) -> pd.DataFrame:
        """All packages by headline issues, most frequent first, then outcomes without agreement.

        Returns:
            `kind` (package or outcome), `name`, one column an issue with the option's label, `count`, `share`, `low`,
            `high`, `n`.
        """
        issues = headline_issues(results)
        signed = results.packages(issues).rename(columns={"package": "name"})
        signed.insert(0, "kind", "package")
        for issue in issues:
            labels = {name: clean(label) for name, label in results.scenario.issues[issue].options.items()}
            signed[issue] = signed[issue].map(labels)
        rows = outcome_rows([results])
        counts = [count or 0 for count in row_counts(results, issues, rows)]
        ends = [share_interval(count, results.n) for count in counts]
        rest = pd.DataFrame({
            "kind": "outcome",
            "name": [row.name for row in rows],
            **dict.fromkeys(issues, ""),
            "count": counts,
            "share": [count / results.n for count in counts],
            "low": [low for low, _ in ends],
            "high": [high for _, high in ends],
        })
        both = pd.concat([signed, rest], ignore_index=True) if len(signed) else rest
        return both.assign(n=results.n)
