"""A sensitivity analysis as a document: one table a method."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from sim.analysis.sensitivity import Sensitivity
from sim.charts.wording import (
    MOST_ROWS,
    READING_MORRIS,
    READING_PAWN,
    READING_SOBOL,
    READING_TORNADO,
    design_text,
    difference_text,
    end_texts,
    figure_text,
    index_text,
    row_label,
    sensitivity_opening,
    top_rows,
)
from sim.report.document import Block, heading, paragraph, table
from sim.report.plain import pick, plain
from sim.results.drivers import LEAST_RUNS
from sim.results.format import number
from sim.results.labels import clean, input_label

Row = dict[Any, Any]
Cells = Callable[[Sensitivity, Row], list[object]]
FIELDS = (
    "note value low high inputs n_of=n id=results.scenario.id title=results.scenario.title n=results.n "
    "seed=results.seed of=figure.name label=figure.label kind=figure.kind"
)


def data(result: Sensitivity) -> dict[str, Any]:
    return pick(result, FIELDS) | {
        "designs": [{"method": name, **plain(facts)} for name, facts in result.designs.items()],
        **{method: _rows(result, found) for method, found in result.tables.items()},
    }


def _rows(result: Sensitivity, found: pd.DataFrame) -> list[dict[str, Any]]:
    inputs = found["kind"].isin(["number", "lot"])
    words = [input_label(result.results.scenario, path) if is_input else ""
             for path, is_input in zip(found["input"], inputs, strict=True)]  # fmt: skip
    return list(plain(found.assign(words=words)))


def document(result: Sensitivity) -> Iterator[Block]:
    """Return every table with all inputs, up to the size of a table."""
    return _document(result, False)


def brief(result: Sensitivity) -> Iterator[Block]:
    """Return the inputs that stand out from chance, and the dummy; none with fewer than 1,000 runs."""
    return _document(result, True)


def _document(result: Sensitivity, brief: bool) -> Iterator[Block]:
    yield paragraph(clean(result.results.scenario.title))
    yield paragraph(f"{sensitivity_opening(result)} {result.inputs:,} uncertain inputs, seed {result.results.seed}.", 2)
    if result.note:
        yield paragraph("")
        yield paragraph(result.note, 2)
    for method, found in result.tables.items():
        title, heads, cells, reading = METHODS[method]
        yield heading(title)
        if method in result.designs:
            yield paragraph(design_text(result, method), 2)
        inputs = found["kind"].isin(["number", "lot"])
        named = found
        if brief and "stands_out" in found:
            named = found[~inputs | (found["stands_out"] & (result.n >= LEAST_RUNS))]
        yield table(["", *heads], [[row_label(result, row), *cells(result, row)] for row in top_rows(named)])
        if brief and "stands_out" in found:
            yield paragraph(_left_out(result, found[inputs]), 2)
        elif inputs.sum() > MOST_ROWS and method not in result.designs:
            yield paragraph(f"and {inputs.sum() - MOST_ROWS:,} more: --json has all of them", 2)
        yield paragraph("")
        yield paragraph(reading)


def _left_out(result: Sensitivity, inputs: pd.DataFrame) -> str:
    if result.n < LEAST_RUNS:
        return (
            f"{result.n:,} runs: no input is named by fewer than {LEAST_RUNS:,}, for the largest of {len(inputs):,} "
            f"differences is then easily one of chance. More runs with -n, or --all."
        )
    out = int(inputs["stands_out"].sum())
    count = "None" if not out else f"{out:,}"
    more = f"; the first {MOST_ROWS} are listed" if out > MOST_ROWS else ""
    stand = "stands" if out == 1 else "stand"
    return f"{count} of {len(inputs):,} inputs {stand} out from an input that does nothing{more}. All: --all."


def _tornado(result: Sensitivity, row: Row) -> list[object]:
    sides = zip(("low", "high"), end_texts(result, row), strict=True)
    ends = [f"{figure_text(result, row[f'where_{side}'], row[f'n_{side}'])} {end}" for side, end in sides]
    star = "*" if row["stands_out"] else ""
    return [*ends, difference_text(result, row), star, number(row["first_order"], 2)]


METHODS: dict[str, tuple[str, list[str], Cells, str]] = {  # title, heads, cells of a row, how to read it
    "tornado": (
        "Tornado: the figure where an input is low, and where it is high",
        ["low", "high", "difference", "<", "alone"], _tornado, READING_TORNADO,
    ),
    "pawn": (
        "PAWN: how far an input moves the whole distribution of the figure",
        ["index", "<", "noise"],
        lambda _, row: [index_text(row, "index"), "*" if row["stands_out"] else "", number(row["noise"], 3)],
        READING_PAWN,
    ),
    "sobol": (
        "Sobol: shares of the figure's variance, of an input alone and with all it does together with others",
        ["alone", "in all"],
        lambda _, row: [index_text(row, "first"), index_text(row, "total") if row["kind"] != "dummy" else None],
        READING_SOBOL,
    ),
    "morris": (
        "Morris: what the way from low to high of one input does, from many starting points",
        ["size, mu*", "spread, sigma", "with signs, mu"],
        lambda _, row: [index_text(row, "mean"), number(row["sigma"], 2), number(row["mu"], 2, True)],
        READING_MORRIS,
    ),
}  # fmt: skip
