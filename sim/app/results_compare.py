"""Two results side by side, computed in the worker as `peacesim compare` computes them."""

from base64 import b64encode
from collections.abc import Generator
from typing import Any

from sim.analysis.compare import Comparison, compare
from sim.app.errors import NotFound
from sim.app.results_answer import card, opened, section_data
from sim.charts import CHARTS, charts_side_by_side
from sim.charts.chart import png_bytes, side_by_side, svg_text
from sim.charts.compare import compare as outcomes_beside
from sim.charts.compare import compare_table
from sim.report import comparison_page
from sim.report.compare import chart_labels, data, page_document
from sim.report.document import sections
from sim.results.tables import csv_text

OUTCOMES = "compare"  # the chart of outcomes and packages, in the words of the command's files

_last: list[Comparison] = []  # the latest comparison


def _compared(one: str, other: str) -> Generator[None, None, Comparison]:
    """The comparison of two folders, the second set against the first.

    Raises:
        DamagedResults: if one of them is damaged.
        RequestError: if one of them holds no results.
    """
    first = opened(one)
    yield
    second = opened(other)
    yield
    if not _last or _last[0].results[0] is not first or _last[0].results[1] is not second:
        _last[:] = [compare([first, second])]
        yield
    return _last[0]


def compared(one: str, other: str, within: bool = False) -> Generator[None, None, dict[str, Any]]:
    """The comparison of two results as plain data.

    Args:
        within: Whether the folders in which they lie may be read too.

    Returns:
        `points`, what a sweep set at each; `data` as `peacesim compare --json` has it (without charts and waterfalls),
        `sections` in words, `charts` by name, and `tables` as CSV by name.
    """
    comparison = yield from _compared(one, other)
    parts = [section_data(each) for each in sections(page_document(comparison))]
    yield
    tables = {
        "inputs": comparison.inputs, "figures": comparison.figures, "packages": comparison.packages,
        "transitions": comparison.transitions,
    }  # fmt: skip
    return {
        "points": [card(path, within)["point"] for path in (one, other)],
        "data": data(comparison),
        "sections": parts,
        "charts": [OUTCOMES, *(f"{OUTCOMES}-{name}" for name in charts_side_by_side(comparison.results))],
        "tables": {name: csv_text(table) for name, table in tables.items() if len(table)},
    }


def drawn(one: str, other: str, name: str) -> Generator[None, None, dict[str, str]]:
    """One chart of two results side by side: `title, alt, svg, csv`, and `png` in base 64.

    A NotFound if there is no such chart of these two.
    """
    comparison = yield from _compared(one, other)
    results, labels = comparison.results, chart_labels(comparison)
    if name == OUTCOMES:
        picture, table = outcomes_beside(results, labels), compare_table(results, labels)
    else:
        short = name.removeprefix(f"{OUTCOMES}-")
        if short == name or short not in charts_side_by_side(results):
            raise NotFound("these two have no such chart")
        picture, table = side_by_side(CHARTS[short], results, labels), CHARTS[short].several(results, labels)
    yield
    svg = svg_text(picture)
    yield
    return {
        "title": picture.title,
        "alt": picture.alt,
        "svg": svg,
        "csv": csv_text(table),
        "png": b64encode(png_bytes(picture)).decode(),
    }


def page(one: str, other: str) -> Generator[None, None, dict[str, str]]:
    """The page of two results that stands on its own, as `peacesim report` writes it."""
    comparison = yield from _compared(one, other)
    return {"html": comparison_page(comparison)}
