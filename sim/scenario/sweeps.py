"""Grids: paths with the values that they take in turn."""

import math
from collections.abc import Sequence
from itertools import product

from sim.scenario.messages import Faults, Mark, quoted
from sim.scenario.nodes import Mapping
from sim.scenario.nodes import Sequence as Listed
from sim.scenario.paths import exists, get, parse_path, why_not
from sim.scenario.writing import flow

MOST_POINTS = 100_000
BRACKETS = {"{": "}", "[": "]"}
Axes = dict[str, list[str]]


def axes(root: Mapping, vary: Sequence[str], faults: Faults) -> Axes:
    """The values of each path: of the `sweep:` block, then of `PATH=SPEC` texts, which replace it."""
    found: Axes = {}
    sweep = get(root, "sweep")
    if isinstance(sweep, Mapping):
        for path, values in sweep.items.items():
            found[path] = [flow(value) for value in values.items] if isinstance(values, Listed) else []
    for number, text in enumerate(vary, 1):
        _add(found, text, Mark("--vary", number, 1), root, faults)
    points = math.prod(len(values) for values in found.values())
    if points > MOST_POINTS:
        faults.add(Mark("--vary", 1, 1), f"a grid of {points:,} points; at most {MOST_POINTS:,} would do")
    return found


def grid(found: Axes) -> list[dict[str, str]]:
    """All combinations; the last path varies fastest."""
    return [dict(zip(found, values, strict=True)) for values in product(*found.values())]


def _add(found: Axes, text: str, mark: Mark, root: Mapping, faults: Faults) -> None:
    head, equals, spec = text.partition("=")
    path = parse_path(head.strip(), mark, faults) if equals else None
    if not equals or not spec.strip():
        faults.add(mark, f"{quoted(text)} varies nothing; PATH=a,b,c or PATH=low:high:count would do")
    elif path is not None and not exists(root, path):
        faults.add(mark, why_not(root, path))
    elif path is not None:
        values = _values(spec.strip())
        if not values or not all(values):
            faults.add(mark, f"{quoted(spec)} are no values; a,b,c or low:high:count, count at least 2, would do")
        else:
            found[head.strip()] = values


def _values(spec: str) -> list[str]:
    """`a,b,c`, or `count` evenly spaced numbers from low to high; a value may be a YAML list or block."""
    parts = spec.split(":")
    if len(parts) == 1 or any(mark in spec for mark in "{[\"'"):
        return _between_commas(spec)
    try:
        low, high, count = float(parts[0]), float(parts[1]), int(parts[2])
    except (ValueError, IndexError):
        return []
    if len(parts) != 3 or not 2 <= count <= MOST_POINTS or not (math.isfinite(low) and math.isfinite(high)):
        return []
    return [_number(low + (high - low) * step / (count - 1)) for step in range(count)]


def _between_commas(spec: str) -> list[str]:
    """The parts of a text between commas that stand outside of brackets and quotes; none if one is not closed."""
    parts, closing, quote = [""], [], ""
    previous = ""
    for char in spec:
        if quote:
            quote = "" if char == quote and previous != "\\" else quote
        elif char in "\"'" and previous in ("", " ", ",", "[", "{", ":"):  # elsewhere it is an apostrophe
            quote = char
        elif char in BRACKETS:
            closing.append(BRACKETS[char])
        elif closing and char == closing[-1]:
            closing.pop()
        if char == "," and not closing and not quote:
            parts.append("")
        else:
            parts[-1] += char
        previous = "" if previous == "\\" else char
    return [] if closing or quote else [part.strip() for part in parts]


def _number(value: float) -> str:
    """A number in digits, rounded to what a person would have written."""
    text = f"{value:.12f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
