"""What moves a figure as a document: one table a method."""

from collections.abc import Iterator
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
from sim.results.format import number
from sim.results.labels import clean, input_label


def data(result: Sensitivity) -> dict[str, Any]:
    scenario = result.results.scenario
    return pick(result, "note value low high inputs", n_of="n") | {
        "id": scenario.id, "title": scenario.title, "n": result.results.n, "seed": result.results.seed,
        "of": result.asked.name, "label": result.asked.label, "kind": result.asked.kind,
        "designs": [{"method": name, **plain(facts)} for name, facts in result.designs.items()],
        **{method: _rows(result, found) for method, found in result.tables.items()},
    }  # fmt: skip


def _rows(result: Sensitivity, found: pd.DataFrame) -> list[dict[str, Any]]:
    inputs = found["kind"].isin(["number", "lot"])
    words = [input_label(result.results.scenario, path) if is_input else ""
             for path, is_input in zip(found["input"], inputs, strict=True)]  # fmt: skip
    return list(plain(found.assign(words=words)))


def document(result: Sensitivity) -> Iterator[Block]:
    yield paragraph(clean(result.results.scenario.title))
    yield paragraph(f"{sensitivity_opening(result)} {result.inputs:,} uncertain inputs, seed {result.results.seed}.", 2)
    if result.note:
        yield paragraph("")
        yield paragraph(result.note, 2)
    for method in result.tables:
        yield from TOLD[method](result)


def _tornado(result: Sensitivity) -> Iterator[Block]:
    yield heading("Tornado: the figure where an input is low, and where it is high")
    rows = []
    for row in top_rows(result.tables["tornado"]):
        ends = end_texts(result, row)
        low = f"{figure_text(result, row['where_low'], row['n_low'])} {ends[0]}"
        high = f"{figure_text(result, row['where_high'], row['n_high'])} {ends[1]}"
        more = [difference_text(result, row), "*" if row["stands_out"] else "", number(row["first_order"], 2)]
        rows.append([row_label(result, row), low, high, *more])
    yield table(["", "low", "high", "difference", "<", "alone"], rows)
    yield from _more(result.tables["tornado"])
    yield paragraph("")
    yield paragraph(READING_TORNADO)


def _pawn(result: Sensitivity) -> Iterator[Block]:
    yield heading("PAWN: how far an input moves the whole distribution of the figure")
    rows = []
    for row in top_rows(result.tables["pawn"]):
        star = "*" if row["stands_out"] else ""
        rows.append([row_label(result, row), index_text(row, "index", "low", "high"), star, number(row["noise"], 3)])
    yield table(["", "index", "<", "noise"], rows)
    yield from _more(result.tables["pawn"])
    yield paragraph("")
    yield paragraph(READING_PAWN)


def _sobol(result: Sensitivity) -> Iterator[Block]:
    yield heading("Sobol: shares of the figure's variance, of an input alone and with all it does together with others")
    yield paragraph(design_text(result, "sobol"), 2)
    rows = []
    for row in top_rows(result.tables["sobol"]):
        first, total = (index_text(row, key, f"{key}_low", f"{key}_high") for key in ("first", "total"))
        rows.append([row_label(result, row), first, total if row["kind"] != "dummy" else None])
    yield table(["", "alone", "in all"], rows)
    yield paragraph("")
    yield paragraph(READING_SOBOL)


def _morris(result: Sensitivity) -> Iterator[Block]:
    yield heading("Morris: what the way from low to high of one input does, from many starting points")
    yield paragraph(design_text(result, "morris"), 2)
    rows = []
    for row in top_rows(result.tables["morris"]):
        mean = index_text(row, "mean", "mean_low", "mean_high")
        rows.append([row_label(result, row), mean, number(row["sigma"], 2), number(row["mu"], 2, True)])
    yield table(["", "size, mu*", "spread, sigma", "with signs, mu"], rows)
    yield paragraph("")
    yield paragraph(READING_MORRIS)


TOLD = {"tornado": _tornado, "pawn": _pawn, "sobol": _sobol, "morris": _morris}


def _more(found: pd.DataFrame) -> Iterator[Block]:
    left = int(found["kind"].isin(["number", "lot"]).sum()) - MOST_ROWS
    if left > 0:
        yield paragraph(f"and {left:,} more: --json has all of them", 2)
