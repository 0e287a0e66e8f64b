"""What a page is made of: sections with paragraphs, tables and pictures, as values for the template."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape

import numpy as np
import pandas as pd

from sim.charts.chart import svg_text
from sim.charts.page import Picture
from sim.charts.text import DASH
from sim.scenario.messages import shown

MOST_CELL = 1_000  # characters
MOST_ROWS = 60  # of a table under a chart; all of them are in its CSV file


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        caption: What it shows; every table has one.
        heads: Names of the columns.
        rows: Cells as texts.
        figures: Columns that are flush right.
        note: Said below it.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: frozenset[int] = frozenset()
    note: str = ""


@dataclass(frozen=True)
class Drawing:
    """A chart with its text alternative and its numbers.

    Attributes:
        name: Of its files.
        title: What it shows.
        svg: The picture, ready to stand in a page.
        width: Inches, as drawn.
        numbers: Its table.
    """

    name: str
    title: str
    svg: str = field(repr=False)
    width: float
    numbers: Grid


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes:
        id: By which it is linked.
        title: In the list of contents, too.
        paragraphs: Texts.
        grids: Tables that are open.
        drawings: Charts.
        folded: Tables that a reader opens, by the words to open them with.
        text: A long text in fixed letters that a reader opens, by the words to open it with.
    """

    id: str
    title: str
    paragraphs: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    folded: tuple[tuple[str, Grid], ...] = ()
    text: tuple[str, str] | None = None


def grid(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[object]], figures: Iterable[int] = (), note: str = ""
) -> Grid:
    """A table of cells that are written as they print; nothing is a dash, so that every row can be named aloud."""
    cells = tuple(tuple(DASH if cell in (None, "") else shown(str(cell), MOST_CELL) for cell in row) for row in rows)
    return Grid(caption, tuple(heads), cells, frozenset(figures), note)


def grid_of(caption: str, table: pd.DataFrame, names: Mapping[str, str] | None = None, most: int = MOST_ROWS) -> Grid:
    """A data frame as a table, numbers with four significant digits.

    Args:
        caption: What it shows.
        table: Its rows.
        names: What to call columns; others are called by their names, underscores as spaces.
        most: Rows shown; how many there are besides is said.
    """
    heads = [(names or {}).get(str(name), str(name).replace("_", " ")) for name in table.columns]
    figures = {k for k, name in enumerate(table.columns) if pd.api.types.is_numeric_dtype(table[name])}
    rows = [[_cell(value) for value in row] for row in table.head(most).itertuples(index=False, name=None)]
    more = len(table) - most
    return grid(caption, heads, rows, figures, f"and {more:,} more rows in the chart's CSV file" if more > 0 else "")


def _cell(value: object) -> str:
    if value is None or (isinstance(value, (float, np.floating)) and not np.isfinite(value)) or value is pd.NA:
        return DASH
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (int, np.integer)):
        return f"{value:,}"
    if isinstance(value, (float, np.floating)):
        value = float(value)
        return f"{value:,.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return str(value)


def drawing(name: str, picture: Picture, table: pd.DataFrame) -> Drawing:
    """A chart for a page: the name of its files, the picture, its numbers."""
    return drawn_as(name, svg_text(picture), table)


def drawn_as(name: str, svg: str, table: pd.DataFrame) -> Drawing:
    """The same of a chart that is drawn already, as `svg_text` writes it: its title and its size stand in it."""
    title = re.search(r"<title[^>]*>(.*?)</title>", svg, re.DOTALL)
    points = re.search(r'<svg[^>]* width="([\d.]+)pt"', svg)
    assert title is not None and points is not None
    said = unescape(title[1])
    return Drawing(name, said, _in_page(svg), float(points[1]) / 72, grid_of(f"Numbers of the chart: {said}", table))


def _in_page(svg: str) -> str:
    """An SVG as it may stand beside others in a page: without a prolog, and without ids that each of them has.

    Ids that something refers to are made of what they name, so two that are the same name the same thing.
    """
    body = svg[svg.index("<svg") :]
    return re.sub(r' id="(?:figure|axes|patch|text|line2d|matplotlib\.axis|[xy]tick|legend|[A-Za-z]*Collection|'
                  r'QuadMesh|image|contour)[A-Za-z]*_\d+"', "", body)  # fmt: skip
