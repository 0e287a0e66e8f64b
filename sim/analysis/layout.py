"""Tables for the terminal: texts in columns, nobody's label taken for markup, shares with the digits they bear."""

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TextIO

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.analysis.words import clean
from sim.results.results import Z_95, share_interval
from sim.scenario.messages import printable, shown

WIDTH = 100
NONE = "-"
INDENT, GAP = 2, 3  # before a table, and between its columns
LEAST_TEXT = 18  # width that a column of texts may be folded to
MOST_NAME = 40  # longest word that is not broken
MOST_CELL = 600  # characters of a cell


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
        """The width in which nothing is folded."""
        return max(map(cell_len, (self.head, *self.cells)))


@dataclass(frozen=True)
class Columns:
    """Columns side by side. Room that is left goes to the first column first: names are folded last."""

    columns: tuple[Column, ...]

    @property
    def least(self) -> int:
        """The width it cannot do without."""
        return INDENT + sum(column.least for column in self.columns) + GAP * (len(self.columns) - 1)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        headed = any(column.head for column in self.columns)
        drawn = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold", show_header=headed)
        spare = max(0, options.max_width - self.least)
        for column in self.columns:
            more = min(spare, column.natural - column.least)
            spare -= more
            justify: Literal["left", "right"] = "left" if column.is_text else "right"
            drawn.add_column(Text(column.head), justify=justify, overflow="fold", width=column.least + more)
        for row in zip(*(column.cells for column in self.columns), strict=True):
            drawn.add_row(*map(Text, row))
        yield Padding(drawn, (0, 0, 0, INDENT), expand=False)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(self.least, max(self.least, options.max_width))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], left: int = 1) -> RenderableType:
    """Rows in columns.

    Args:
        columns: Heads. One that starts with `<` is flush left whatever its place.
        rows: Texts, escaped here; None is a dash; a short row is filled up with nothing.
        left: Number of first columns that are flush left; the others are flush right.
    """
    full = [[*row, *[""] * (len(columns) - len(row))] for row in rows]
    texts = [[NONE if cell is None else shown(cell, MOST_CELL) for cell in row] for row in full]
    return Columns(
        tuple(
            Column(
                clean(head.removeprefix("<")), tuple(row[place] for row in texts), place < left or head.startswith("<")
            )
            for place, head in enumerate(columns)
        )
    )


def heading(text: str) -> RenderableType:
    """A line above a table."""
    return Text(f"\n{clean(text)}", style="bold")


def paragraph(text: str, indent: int = 0) -> RenderableType:
    """A line or several of running text."""
    return Padding(Text(printable(text)), (0, 0, 0, indent), expand=False) if text else Text("")


def write(parts: Iterable[RenderableType], to: Console, width: int = WIDTH) -> None:
    """Write parts below each other; a table whose figures need more room than `width` takes it, nothing is cut off."""
    for part in parts:
        needed = Measurement.get(to, to.options.update(max_width=to.width), part).minimum
        to.print(part, width=max(width, needed), crop=False)


def console(file: TextIO, plain: bool) -> Console:
    """A console that takes nothing for markup, wide enough for any table."""
    system: Literal["auto"] | None = None if plain else "auto"
    return Console(width=2000, file=file, color_system=system, markup=False, highlight=False, emoji=False)


def as_text(parts: Iterable[RenderableType], width: int = WIDTH) -> str:
    """Parts below each other as plain text."""
    caught = io.StringIO()
    write(parts, console(caught, plain=True), width)
    return "\n".join(line.rstrip() for line in caught.getvalue().splitlines())


def number(value: float | None, digits: int = 2, sign: bool = False) -> str:
    """A number with so many digits after the point, a dash if there is none."""
    if value is None or math.isnan(value):
        return NONE
    rounded = f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"
    return f"{0:.{digits}f}" if float(rounded) == 0 else rounded


def decimals(low: float, high: float, most: int = 3) -> int:
    """Digits after the point that a 95 % interval allows: no finer than the standard error."""
    error = (high - low) / (2 * Z_95)
    if not error > 0:
        return min(2, most)
    return min(most, max(0, math.floor(-math.log10(error))))


def share_decimals(count: int, n: int) -> int:
    """Digits after the point of a share of n runs in per cent, at most 2: no more than its standard error allows.

    Near none or all of the runs the first digit of the error is let in, for without it there is no digit at all.
    """
    low, high = share_interval(count, n)
    places = decimals(100 * low, 100 * high, 2)
    if 0 < min(count, n - count) < n * 10.0 ** (-2 - places):
        return min(2, places + 1)
    return places


def digits_of_mean(low: float, high: float) -> int:
    """Digits after the point of a mean: one more than its standard error allows, so that its interval can be read."""
    return min(3, decimals(low, high) + 1)


def percent(share: float | None, n: int) -> str:
    """A share of n runs in per cent, with no more digits than its standard error allows."""
    if share is None or math.isnan(share) or n == 0:
        return NONE
    return _percent(share, share_decimals(round(share * n), n))


def share_with_interval(share: float | None, n: int) -> str:
    """A share of n runs with its 95 % interval, `64 % (61-67)`."""
    if share is None or math.isnan(share) or n == 0:
        return NONE
    low, high = share_interval(round(share * n), n)
    places = share_decimals(round(share * n), n)
    return f"{_percent(share, places)} ({100 * low:.{places}f}-{100 * high:.{places}f})"


def _percent(share: float, places: int) -> str:
    least = 10.0**-places
    if 0 < share < least / 100:
        return f"<{least:.{places}f} %"
    if 1 - least / 100 < share < 1:
        return f">{100 - least:.{places}f} %"
    return f"{100 * share:.{places}f} %"
