"""Lines of a readable width, tables and worths, for what is told in plain text."""

import textwrap
from collections.abc import Sequence

WIDTH = 96
MOST_DIGITS = 6


def wrapped(text: str, width: int, indent: int = 0, hanging: int = 2) -> list[str]:
    """A paragraph in lines; later ones stand `hanging` characters further in."""
    first, later = " " * indent, " " * (indent + hanging)
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False) or [""]


def columns(rows: Sequence[Sequence[str]], indent: int = 2, left: int = 1) -> list[str]:
    """Rows of texts as a table: the first `left` columns flush left, the others flush right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        places = enumerate(zip(row, widths, strict=True))
        cells = [cell.ljust(wide) if place < left else cell.rjust(wide) for place, (cell, wide) in places]
        lines.append(" " * indent + "   ".join(cells).rstrip())
    return lines


def worth(value: float | None) -> str:
    """A worth with two digits, a dash if there is none."""
    return "-" if value is None else f"{value:.2f}"


def apart(value: float, other: float) -> tuple[str, str]:
    """Two worths with as many digits as it takes to tell them apart, two at least and six at most."""
    for digits in range(2, MOST_DIGITS):
        if f"{value:.{digits}f}" != f"{other:.{digits}f}":
            return f"{value:.{digits}f}", f"{other:.{digits}f}"
    return f"{value:.2f}", f"{other:.2f}"
