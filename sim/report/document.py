"""The document model: headings, paragraphs, tables and charts as values, rendered as terminal text or HTML."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim.core.wording import printable, shown
from sim.results.labels import clean

if TYPE_CHECKING:
    import pandas as pd

MOST_CELL = 1_000  # characters of a cell
MOST_ROWS = 60  # of a table under a chart; all of them are in its CSV file


@dataclass(frozen=True)
class Heading:
    """The heading of a section; `id` is its anchor on a page."""

    text: str
    id: str = ""


@dataclass(frozen=True)
class Paragraph:
    """Running text with its own line breaks; indented by `indent` characters, later lines by `hanging` more."""

    text: str
    indent: int = 0
    hanging: int = 0


class Cell(str):
    """A cell's text, to which a page adds a bar of a share, a link, and a line below it; see `cell`."""

    share: float | None = None
    href: str = ""
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Rows in columns."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]  # cells as text; None for an empty cell
    left: frozenset[int]
    caption: str = ""  # caption, on a page
    note: str = ""  # note below it, on a page
    indent: int = 2
    cards: bool = False  # whether each row is a block of its own on a narrow page


@dataclass(frozen=True)
class Drawing:
    """A chart with its text alternative and its numbers."""

    name: str
    title: str
    svg: str = field(repr=False)
    width: float
    numbers: Table


@dataclass(frozen=True)
class Folded:
    """A table, or a long preformatted text, that a reader expands by its title."""

    title: str
    inside: Table | str


Block = Heading | Paragraph | Table | Drawing | Folded


@dataclass(frozen=True)
class Section:
    """A heading and the blocks below it."""

    id: str
    title: str
    blocks: tuple[Block, ...]


def sections(blocks: Iterable[Block]) -> Iterator[Section]:
    """Group blocks by the heading above them; those before the first heading have none."""
    head, below = Heading(""), list[Block]()
    for block in [*blocks, Heading("")]:
        if not isinstance(block, Heading):
            below.append(block)
            continue
        if below or head.text:
            slug = re.sub(r"[^a-z0-9]+", "-", head.text.lower()).strip("-")
            yield Section(head.id or slug, head.text, tuple(below))
        head, below = block, []


def heading(text: str, id: str = "") -> Heading:
    return Heading(clean(text), id)


def paragraph(text: str, indent: int = 0, hanging: int = 0) -> Paragraph:
    return Paragraph(printable(text), indent, hanging)


def paragraphs(*texts: str, indent: int = 2) -> Iterator[Paragraph]:
    """Return a paragraph for each text that is not empty."""
    return (paragraph(text, indent) for text in texts if text)


def section(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[object]], *below: str, left: int = 1,
) -> Iterator[Block]:  # fmt: skip
    """Return a heading, a table and notes; empty without rows."""
    if rows:
        yield heading(title)
        yield table(heads, rows, left)
        yield from paragraphs(*below)


def cell(text: object, share: float | None = None, href: str = "", note: str = "") -> Cell:
    """A cell with a bar of a share (0 to 1), a link or a line below its text; texts are escaped here."""
    made = Cell(shown(str(text), MOST_CELL))
    made.share, made.href, made.note = share, href, shown(note, MOST_CELL)
    return made


def bullets(texts: Sequence[str]) -> Table:
    """Return texts as a list with dashes."""
    return table(["", ""], [["-", text] for text in texts], left=2)


def table(
    heads: Sequence[str], rows: Iterable[Sequence[object]], left: int = 1, caption: str = "", note: str = "",
    indent: int = 2, cards: bool = False,
) -> Table:  # fmt: skip
    """Make a table; texts are escaped here, and short rows are padded with empty cells.

    Args:
        heads: Names of the columns. One that starts with `<` is flush left whatever its place.
        left: Number of first columns that are flush left; the others are flush right.
    """
    texts = tuple(
        tuple(
            each if each is None or isinstance(each, Cell) else shown(str(each), MOST_CELL)
            for each in [*row, *[""] * (len(heads) - len(row))]
        )
        for row in rows
    )
    flush = frozenset(place for place, head in enumerate(heads) if place < left or head.startswith("<"))
    return Table(tuple(clean(head.removeprefix("<")) for head in heads), texts, flush, caption, note, indent, cards)


def table_of(caption: str, frame: "pd.DataFrame", names: Mapping[str, str] | None = None) -> Table:
    """Make a table of a data frame, numbers with four significant digits; rows beyond `MOST_ROWS` are only counted."""
    from pandas.api.types import is_numeric_dtype

    heads = [
        ("" if is_numeric_dtype(frame[name]) else "<") + (names or {}).get(str(name), str(name).replace("_", " "))
        for name in frame.columns
    ]
    rows = [[_cell(value) for value in row] for row in frame.head(MOST_ROWS).itertuples(index=False, name=None)]
    more = len(frame) - MOST_ROWS
    note = f"and {more:,} more rows in the chart's CSV file" if more > 0 else ""
    return table(heads, rows, 0, caption, note)


def _cell(value: object) -> str | None:
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return None if not math.isfinite(value) else f"{value:,.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return None if value is None or str(value) in ("<NA>", "NaT") else str(value)
