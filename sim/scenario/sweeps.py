"""Sweeps: paths with their values, as a grid of all combinations or as a design."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from sim.core import streams
from sim.core.exact import Floats
from sim.core.wording import closest, quoted
from sim.scenario.messages import Faults, Mark
from sim.scenario.nodes import NUMBER, MappingNode
from sim.scenario.nodes import SequenceNode as Listed
from sim.scenario.paths import exists, get, parse_path, why_not
from sim.scenario.yaml_writer import flow

KINDS = ("sobol", "latin")
MOST_POINTS = 100_000
MARK = Mark("--design", 1, 1)
SEED = 0  # of the uniforms of a design: the same command spans the same points, whatever the seed of the runs


@dataclass(frozen=True)
class Design:
    """How many points, and how they are spread."""

    # `sobol`, a Sobol sequence with a shift drawn by path, or `latin`, a Latin hypercube: each path takes each of
    # `count` equal parts of its range once
    kind: str
    count: int

    def places(self, paths: tuple[str, ...]) -> Floats:
        """Return the points as shares of the ranges in [0, 1), rounded to six digits, shape (count, paths).

        Uniforms are named by path, so the order of paths moves only a Sobol sequence.
        """
        spread = _sobol(self.count, len(paths)) if self.kind == "sobol" else _latin(self.count, paths)
        if self.kind == "sobol":
            spread = (spread + [_uniforms(f"{path}.shift", 1)[0] for path in paths]) % 1
        return np.minimum(np.round(spread, 6), 1 - 1e-6)


def parse_design(text: str, faults: Faults) -> Design | None:
    """Parse a design such as `sobol:64`; None, and a fault, if it is invalid."""
    found = re.fullmatch(r"([a-z]+):([0-9]{1,7})", text.strip())
    if found and found[1] in KINDS and 2 <= int(found[2]) <= MOST_POINTS:
        return Design(found[1], int(found[2]))
    guess = closest(text.partition(":")[0], KINDS)
    hint = f"; did you mean {guess}:64?" if guess is not None and guess != text.partition(":")[0] else ""
    faults.add(MARK, f"{quoted(text)} is no design; sobol:COUNT or latin:COUNT, 2 to {MOST_POINTS:,}, would do{hint}")
    return None


def _sobol(count: int, paths: int) -> Floats:
    """The first points of the sequence (Sobol 1967, with the direction numbers of Joe & Kuo 2008 of SciPy)."""
    from scipy.stats import qmc

    power = max(1, (count - 1).bit_length())
    return np.asarray(qmc.Sobol(paths, scramble=False).random_base2(power), float)[:count]


def _latin(count: int, paths: tuple[str, ...]) -> Floats:
    """Sample each part of each range once, in a random order and at a random point (McKay, Beckman & Conover 1979)."""
    columns = []
    for path in paths:
        order = np.argsort(np.argsort(_uniforms(f"{path}.order", count), kind="stable"))
        columns.append((order + _uniforms(f"{path}.place", count)) / count)
    return np.stack(columns, axis=1)


def _uniforms(name: str, count: int) -> Floats:
    return streams.uniform(SEED, f"design.{name}", 0, count)


MOST = 1e15  # as in a file
COUNT = re.compile(r"[1-9][0-9]{0,6}")
BRACKETS = {"{": "}", "[": "]"}
Settings = dict[str, str]


@dataclass(frozen=True)
class Span:
    """A range without a count, sampled by a design."""

    low: float
    high: float

    def at(self, share: float) -> str:
        return _number(self.low + (self.high - self.low) * share)


Axes = dict[str, list[str] | Span]


def points(root: MappingNode, vary: Sequence[str], design: str | None, faults: Faults) -> list[Settings]:
    """Return the settings of all points, of the `sweep:` block and of strings as of `Scenario.points`."""
    found = _axes(root, vary, faults)
    spread = parse_design(design, faults) if design is not None else None
    if design is not None and not found:
        faults.add(MARK, "a design spreads points over what varies; add --vary PATH=low:high")
    if design is None:
        _check_grid(found, vary, faults)
    if faults:
        return []
    if spread is not None:
        rows = spread.places(tuple(found))
        return [
            {path: _value(values, float(share)) for (path, values), share in zip(found.items(), row, strict=True)}
            for row in rows
        ]
    lists = [values for values in found.values() if not isinstance(values, Span)]
    return [dict(zip(found, values, strict=True)) for values in product(*lists)]  # the last path varies fastest


def _axes(root: MappingNode, vary: Sequence[str], faults: Faults) -> Axes:
    """Return the values of each path: of the `sweep:` block, then of `PATH=SPEC` strings, which replace it."""
    found: Axes = {}
    sweep = get(root, "sweep")
    if isinstance(sweep, MappingNode):
        for path, values in sweep.items.items():
            found[path] = [flow(value) for value in values.items] if isinstance(values, Listed) else []
    for number, text in enumerate(vary, 1):
        _add(found, text, Mark("--vary", number, 1), root, faults)
    return found


def _check_grid(found: Axes, vary: Sequence[str], faults: Faults) -> None:
    for path, values in found.items():
        if isinstance(values, Span):
            number = next(k for k, text in enumerate(vary, 1) if text.partition("=")[0].strip() == path)
            message = f"{path} has a range without a count; low:high:count would do, or --design sobol:64"
            faults.add(Mark("--vary", number, 1), message)
    count = math.prod(len(values) for values in found.values() if not isinstance(values, Span))
    if count > MOST_POINTS:
        faults.add(Mark("--vary", 1, 1), f"a grid of {count:,} points; at most {MOST_POINTS:,} would do")


def _value(values: list[str] | Span, share: float) -> str:
    return values.at(share) if isinstance(values, Span) else values[int(share * len(values))]


def _add(found: Axes, text: str, mark: Mark, root: MappingNode, faults: Faults) -> None:
    head, equals, spec = text.partition("=")
    path = parse_path(head.strip(), mark, faults) if equals else None
    if not equals or not spec.strip():
        faults.add(mark, f"{quoted(text)} varies nothing; PATH=a,b,c or PATH=low:high:count would do")
    elif path is not None and not exists(root, path):
        faults.add(mark, why_not(root, path))
    elif path is not None:
        values = _values(spec.strip())
        if not isinstance(values, Span) and not (values and all(values)):
            faults.add(mark, f"{quoted(spec)} are no values; a,b,c or low:high:count, count at least 2, would do")
        else:
            found[head.strip()] = values


def _values(spec: str) -> list[str] | Span:
    """Parse `a,b,c`, `count` evenly spaced numbers from low to high, or a range; values may be YAML lists or blocks."""
    parts = spec.split(":")
    if len(parts) == 1 or any(mark in spec for mark in "{[\"'"):
        return _between_commas(spec)
    if len(parts) > 3 or not all(NUMBER.fullmatch(part.strip()) for part in parts):  # float() takes 1_000 and more
        return []
    low, high = float(parts[0]), float(parts[1])
    if max(abs(low), abs(high)) > MOST:
        return []
    if len(parts) == 2:
        return Span(low, high)
    count = int(parts[2]) if COUNT.fullmatch(parts[2].strip()) else 0
    if not 2 <= count <= MOST_POINTS:
        return []
    values = [_number(low + (high - low) * step / (count - 1)) for step in range(count)]
    return values if low == high or len(set(values)) == count else []  # too close to each other for twelve decimals


def _between_commas(spec: str) -> list[str]:
    """Split a text at commas outside of brackets and quotes; empty if one is not closed."""
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
    """Format a number in digits, rounded as a person would write it."""
    text = f"{value:.12f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
