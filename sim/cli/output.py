"""Where answers go: tables for people, JSON for programs, one or the other on stdout and nothing else."""

import json
import math
import shutil
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from sim.scenario.messages import printable_json

if TYPE_CHECKING:
    from rich.console import RenderableType

NARROWEST, WIDEST = 60, 120


def width() -> int:
    """Width of what is printed: the terminal's, within reason; 100 where there is none."""
    columns = shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100
    return max(NARROWEST, min(columns, WIDEST))


def print_parts(parts: "Iterable[RenderableType]") -> None:
    """Tables and paragraphs below each other; bold heads on a terminal, plain text elsewhere."""
    from sim.analysis.layout import as_text, console, write

    if sys.stdout.isatty():
        write(parts, console(sys.stdout, plain=False), width())
    else:
        click.echo(as_text(parts, width()))


def print_json(data: Any) -> None:
    """Plain data as JSON; what is not a number (NaN, infinite) is null."""
    click.echo(printable_json(json.dumps(_plain(data), indent=2, ensure_ascii=False, allow_nan=False)))


def _plain(value: Any) -> Any:
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()  # a number of NumPy's
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
