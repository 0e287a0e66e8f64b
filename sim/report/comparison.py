"""The page of a comparison: inputs that differ, what differs in what came of them, every chart side by side."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from sim.analysis.compare import Comparison
from sim.analysis.comparison_text import LETTERS, difference_words, outcome_names, value_words
from sim.analysis.waterfall import SHAPLEY, Waterfall
from sim.analysis.words import clean
from sim.charts import ANALYSIS_CHARTS, CHARTS, charts_side_by_side
from sim.charts.chart import side_by_side
from sim.charts.compare import compare, compare_table
from sim.report.blocks import Grid, Section, drawing, grid
from sim.report.page import page
from sim.report.scenario_parts import numbers_section

MOST_PACKAGES = 12
PAIRED = "Run k draws the same lots in all of them, so differences are taken run by run and their intervals are narrow."
UNPAIRED = "The seeds differ, so differences are between independent runs, and less sharp."


def comparison_page(comparison: Comparison, falls: Sequence[Waterfall] = ()) -> str:
    """One HTML page that sets results side by side.

    Args:
        comparison: The first result is what the others are compared with.
        falls: Where differences come from, to be told as well.
    """
    results = comparison.results
    sections = [*comparison_sections(comparison, falls), _charts(comparison), numbers_section(results[0].scenario)]
    titles = dict.fromkeys(one.scenario.title for one in results)
    kicker = f"Comparison of {len(results)} results"
    return page(" and ".join(titles), kicker, [], sections, results[0].scenario.disclaimer)


def comparison_sections(comparison: Comparison, falls: Sequence[Waterfall] = ()) -> list[Section]:
    """What is told of a comparison, without its charts: what is compared, inputs, figures, packages, the same runs."""
    return [
        _what_is_compared(comparison),
        _inputs(comparison),
        Section("figures", "What came of it", (PAIRED if comparison.paired else UNPAIRED,), (_figures(comparison),)),
        *([_packages(comparison)] if len(comparison.packages) else []),
        *([_waterfalls(falls)] if falls else []),
        *([_transitions(comparison)] if len(comparison.transitions) else []),
    ]


def _what_is_compared(comparison: Comparison) -> Section:
    rows = [
        (letter, name, one.scenario.title, f"{one.n:,}", one.seed, str(one.provenance.get("hash") or "in memory"))
        for letter, name, one in zip(letters_of(comparison), comparison.names, comparison.results, strict=True)
    ]
    heads = ("letter", "name", "scenario", "runs", "seed", "results")
    table = grid("The first is what the others are set against", heads, rows, {3, 4})
    return Section("compared", "What is compared", (), (table,))


def letters_of(comparison: Comparison) -> list[str]:
    """What results are called where there is little room: A, B, ..., AA, ..."""
    return [f"{LETTERS[k // 26 - 1] if k >= 26 else ''}{LETTERS[k % 26]}" for k in range(len(comparison.names))]


def _inputs(comparison: Comparison) -> Section:
    """Inputs that differ, with their places."""
    table, names = comparison.inputs, comparison.names
    if not len(table):
        return Section("inputs", "Inputs", ("The inputs do not differ.",))
    rows: list[tuple[Any, ...]] = [
        (row["input"], *(None if pd.isna(row[name]) else row[name] for name in names),
         "; ".join(dict.fromkeys(str(row[f"{name}.where"]) for name in names if not pd.isna(row[name]))))
        for row in table.to_dict("records")
    ]  # fmt: skip
    listed = grid("Inputs that are not the same, by path", ("input", *letters_of(comparison), "where"), rows)
    return Section("inputs", "Inputs that differ", (), (listed,))


def _figures(comparison: Comparison) -> Grid:
    return _beside(comparison, comparison.figures, "figure", "Figures, and their differences from the first, 95 %")


def _packages(comparison: Comparison) -> Section:
    keys = comparison.packages["package"].unique()[:MOST_PACKAGES]
    table = comparison.packages[comparison.packages["package"].isin(keys)].assign(kind="share")
    caption = "Packages signed most often, by headline issues: shares of runs, and differences from the first, 95 %"
    return Section("packages", "Which packages", (), (_beside(comparison, table, "package", caption),))


def _beside(comparison: Comparison, frame: pd.DataFrame, key: str, caption: str) -> Grid:
    """A row a figure: a value a result, then the difference of each from the first with its interval."""
    first, *others = comparison.names
    letters = dict(zip(comparison.names, letters_of(comparison), strict=True))
    heads = [key, *letters.values()]
    for name in others:
        heads += [f"{letters[name]} less {letters[first]}", "95 %"]
    rows = []
    for wanted in frame[key].unique():
        found = {row["name"]: row for row in frame[frame[key] == wanted].to_dict("records")}
        row = [str(found[first].get("label", wanted)), *(value_words(found[name]) for name in comparison.names)]
        for name in others:
            row += difference_words(found[name])
        rows.append(row)
    return grid(caption, heads, rows, range(1, len(heads)))


def _waterfalls(falls: Sequence[Waterfall]) -> Section:
    words = [
        f"{fall.figure.label}: {fall.mixtures:,} scenarios on {fall.n:,} runs each, "
        + ("each step in the mean over all orders (Shapley value)" if fall.method == SHAPLEY else "steps in one order")
        + "."
        for fall in falls
    ]
    chart = ANALYSIS_CHARTS["waterfall"]
    drawn = [
        drawing(f"waterfall-{number}", chart(fall), chart.table(fall))
        for number, fall in enumerate(falls, 1)
    ]
    return Section("waterfall", "Where the difference comes from", tuple(words), drawings=tuple(drawn))


def _transitions(comparison: Comparison) -> Section:
    """Which runs end otherwise."""
    letters = dict(zip(comparison.names, letters_of(comparison), strict=True))
    words = outcome_names(comparison.transitions)
    rows = [
        (letters[row["name"]], words[row["from"]], words[row["to"]], f"{row['count']:,}")
        for row in comparison.transitions.to_dict("records")
        if row["from"] != row["to"]
    ]
    said = "Runs that end otherwise than in A." if rows else "Every run ends alike in all of them."
    table = grid("The same runs, by how they end", ("in", "from (in A)", "to", "runs"), rows, {3})
    return Section("transitions", "Runs that end otherwise", (said,), (table,) if rows else ())


def _charts(comparison: Comparison) -> Section:
    """Outcomes and packages, then every chart that any result has, all on one scale."""
    results = comparison.results
    labels = chart_labels(comparison)
    drawn = [drawing("compare", compare(results, labels), compare_table(results, labels))]
    for name in charts_side_by_side(results):
        chart = CHARTS[name]
        drawn.append(drawing(f"compare-{name}", side_by_side(chart, results, labels), chart.several(results, labels)))
    return Section("charts", "Side by side", ("Every picture has one scale for all results.",), drawings=tuple(drawn))


def chart_labels(comparison: Comparison) -> list[str] | None:
    """What charts call the results: names told apart where two have one title, else None, which is their titles."""
    titles = sorted(clean(one.scenario.title) for one in comparison.results)
    return list(comparison.names) if any(one == other for one, other in pairwise(titles)) else None
