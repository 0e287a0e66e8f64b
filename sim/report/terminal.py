"""A document as terminal text: tables fold names before figures, headings are bold where there is colour."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TextIO

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from sim.report.document import Block, Drawing, Folded, Heading, Paragraph, Table
from sim.results.format import NONE

WIDTH = 100
GAP = 3  # between the columns of a table
LEAST_TEXT = 18  # width that a column of texts may be folded to
MOST_NAME = 40  # longest word that is not broken


@dataclass(frozen=True)
class Column:
    """One column of a table: its head, its cells as texts, and whether it is flush left.

    Texts are folded where room is short; figures are never broken.
    """

    head: str
    cells: tuple[str, ...]
    is_text: bool

    @property
    def least(self) -> int:
        """The width it cannot do without."""
        word = max(map(len, self.head.split()), default=0)
        longest = max(map(cell_len, self.cells), default=0)
        name = max((cell_len(part) for cell in self.cells for part in cell.split()), default=0)
        return max(word, min(longest, max(LEAST_TEXT, min(name, MOST_NAME))) if self.is_text else longest)

    @property
    def natural(self) -> int:
        return max(map(cell_len, (self.head, *self.cells)))


@dataclass(frozen=True)
class Columns:
    """Columns side by side. Room that is left goes to the first column first: names are folded last."""

    columns: tuple[Column, ...]
    indent: int

    @property
    def least(self) -> int:
        return self.indent + sum(column.least for column in self.columns) + GAP * (len(self.columns) - 1)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        headed = any(column.head for column in self.columns)
        drawn = Grid(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold", show_header=headed)
        spare = max(0, options.max_width - self.least)
        for column in self.columns:
            more = min(spare, column.natural - column.least)
            spare -= more
            justify: Literal["left", "right"] = "left" if column.is_text else "right"
            drawn.add_column(Text(column.head), justify=justify, overflow="fold", width=column.least + more)
        for row in zip(*(column.cells for column in self.columns), strict=True):
            drawn.add_row(*map(Text, row))
        yield Padding(drawn, (0, 0, 0, self.indent), expand=False)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(self.least, max(self.least, options.max_width))


def as_text(blocks: Iterable[Block], width: int = WIDTH) -> str:
    """A document as plain text."""
    caught = io.StringIO()
    write(blocks, caught, width, plain=True)
    return "\n".join(line.rstrip() for line in caught.getvalue().splitlines())


def write(blocks: Iterable[Block], file: TextIO, width: int = WIDTH, plain: bool = False) -> None:
    """Write a document; a table whose figures need more room than `width` takes it, nothing is cut off."""
    system: Literal["auto"] | None = None if plain else "auto"
    console = Console(width=2000, file=file, color_system=system, markup=False, highlight=False, emoji=False)
    for block in blocks:
        for part in _parts(block, width):
            needed = Measurement.get(console, console.options.update(max_width=console.width), part).minimum
            console.print(part, width=max(width, needed), crop=False)


def _parts(block: Block, width: int) -> Iterator[RenderableType]:
    if isinstance(block, Heading):
        yield Text(f"\n{block.text}", style="bold")
    elif isinstance(block, Paragraph):
        yield Text("\n".join(line for text in block.text.split("\n") for line in _wrapped(text, block, width)))
    elif isinstance(block, Table):
        cells = [[NONE if cell is None else cell for cell in row] for row in block.rows]
        columns = [
            Column(head, tuple(row[place] for row in cells), place in block.left)
            for place, head in enumerate(block.heads)
        ]
        yield Columns(tuple(columns), block.indent)
    elif isinstance(block, Drawing):
        yield Text(f"Chart {block.name}: {block.title}")
    elif isinstance(block, Folded):
        yield Text(f"\n{block.title}")
        inside = Paragraph(block.inside) if isinstance(block.inside, str) else block.inside
        yield from _parts(inside, width)


def _wrapped(text: str, block: Paragraph, width: int) -> Iterator[str]:
    """Lines of at most `width` cells, broken between words, and within a word that is longer than a line."""
    line, used = "", 0
    indent = block.indent
    for word in text.split(" "):
        room = width - indent
        if line and used + 1 + cell_len(word) > room:
            yield " " * indent + line
            indent = block.indent + block.hanging
            line, room = "", width - indent
        *full, word = chop_cells(word, room) or [""]
        for piece in full:
            yield " " * indent + piece
            indent = block.indent + block.hanging
        line = f"{line} {word}" if line else word
        used = cell_len(line)
    yield " " * indent + line if line else ""
