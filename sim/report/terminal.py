"""A document as terminal text: name columns are wrapped before figures, headings are bold where colour is available."""

import io
import re
from collections.abc import Iterable, Iterator
from typing import Literal, TextIO

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from sim.report.document import Block, Drawing, Folded, Heading, Paragraph, Table
from sim.results.format import NONE

WIDTH = 100
GAP = 3  # between the columns of a table
LEAST_TEXT = 18  # width to which a column of text may be wrapped
MOST_HEAD = 8  # longest head on one line
MOST_NAME = 40  # longest unbroken word
COLOURS = (
    (re.compile(r"^\+[\d.]+( points)?$|: passed\.$|^yes$|^It came into force"), "green"),
    (re.compile(r"^-[\d.]+( points)?$|: refused\.$|^no$|^No agreement"), "red"),
)


class Grid:
    """A table that wraps text columns where space is short and never breaks figures.

    Spare space goes to the first column first, so names are wrapped last.
    """

    def __init__(self, block: Table) -> None:
        self.heads, self.indent, self.left = block.heads, block.indent, block.left
        self.rows = [[NONE if cell is None else cell for cell in row] for row in block.rows]
        cells = [[row[place] for row in self.rows] for place in range(len(self.heads))]
        self.natural = [max(map(cell_len, (head, *own))) for head, own in zip(self.heads, cells, strict=True)]
        self.widths = [self._least(place, own) for place, own in enumerate(cells)]
        self.least = self.indent + sum(self.widths) + GAP * (len(self.heads) - 1)

    def _least(self, place: int, cells: list[str]) -> int:
        """The minimum width of a column."""
        head = self.heads[place]
        word = len(head) if len(head) <= MOST_HEAD else max(map(len, head.split()), default=0)
        longest = max(map(cell_len, cells), default=0)
        name = max((cell_len(part) for cell in cells for part in cell.split()), default=0)
        folded = min(longest, max(LEAST_TEXT, min(name, MOST_NAME)))
        return max(word, folded if place in self.left else longest)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        drawn = RichTable(
            box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold", show_header=any(self.heads)
        )
        spare = max(0, options.max_width - self.least)
        for place, head in enumerate(self.heads):
            more = min(spare, self.natural[place] - self.widths[place])
            spare -= more
            justify: Literal["left", "right"] = "left" if place in self.left else "right"
            drawn.add_column(Text(head), justify=justify, overflow="fold", width=self.widths[place] + more)
        for row in self.rows:
            drawn.add_row(*(Text(cell, style=_colour(cell)) for cell in row))
        yield Padding(drawn, (0, 0, 0, self.indent), expand=False)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(self.least, max(self.least, options.max_width))


def _colour(text: str) -> str:
    """Green for a pass or a gain, red for a failure or a loss; words or signs say the same without colour."""
    for pattern, colour in COLOURS:
        if pattern.search(text):
            return colour
    return ""


def as_text(blocks: Iterable[Block], width: int = WIDTH) -> str:
    caught = io.StringIO()
    write(blocks, caught, width, plain=True)
    return "\n".join(line.rstrip() for line in caught.getvalue().splitlines())


def styled(blocks: Iterable[Block], width: int = WIDTH) -> str:
    """Format a document for a terminal, with bold heads and colours as far as it and NO_COLOR allow."""
    caught = io.StringIO()
    write(blocks, caught, width)
    return caught.getvalue()


def write(blocks: Iterable[Block], file: TextIO, width: int = WIDTH, plain: bool = False) -> None:
    """Write a document; a table whose figures need more space than `width` is wider, nothing is cut off."""
    system: Literal["standard"] | None = None if plain else "standard"
    console = Console(width=2000, file=file, color_system=system, force_terminal=not plain, markup=False,
                      highlight=False, emoji=False)  # fmt: skip
    for block in blocks:
        for part in _parts(block, width):
            needed = Measurement.get(console, console.options.update(max_width=console.width), part).minimum
            console.print(part, width=max(width, needed), crop=False)


def _parts(block: Block, width: int) -> Iterator[RenderableType]:
    if isinstance(block, Heading):
        yield Text(f"\n{block.text}", style="bold")
    elif isinstance(block, Paragraph):
        lines = (line for text in block.text.split("\n") for line in _wrapped(text, block, width))
        yield Text("\n".join(lines), style=_colour(block.text))
    elif isinstance(block, Table):
        yield Grid(block)
    elif isinstance(block, Drawing):
        yield Text(f"Chart {block.name}: {block.title}")
    elif isinstance(block, Folded):
        yield Text(f"\n{block.title}")
        inside = Paragraph(block.inside) if isinstance(block.inside, str) else block.inside
        yield from _parts(inside, width)


def _wrapped(text: str, block: Paragraph, width: int) -> Iterator[str]:
    """Wrap to lines of at most `width` cells, between words, and within a word longer than a line."""
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
