"""A scenario file with changes on top, as by a file that extends it and by `--set`; and the inputs that then differ."""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.app.errors import RequestError
from sim.results.labels import clean, input_label
from sim.scenario import Number, Scenario, ScenarioError, paths, read_scenario
from sim.scenario.differences import load
from sim.scenario.messages import Fault, Faults, Mark
from sim.scenario.paths import parse_path
from sim.scenario.scenario import from_tree

MOST_SETS = 300
LONGEST_SET = 1_000  # characters


@dataclass(frozen=True)
class Changes:
    """Changes of a file, in the syntax of the command line and of a file that extends it."""

    sets: tuple[str, ...] = ()  # `PATH=VALUE`, each path once
    without: tuple[str, ...] = ()  # paths removed first

    def __bool__(self) -> bool:
        return bool(self.sets or self.without)

    def path_of(self, fault: Fault) -> str:
        """Return the path whose setting has a fault, empty if it lies elsewhere."""
        return self.sets[fault.line - 1].partition("=")[0].strip() if fault.file == "--set" else ""

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Changes":
        """Read the changes of a request; a RequestError if invalid, too many, too long, or with a path twice."""
        found = Changes(_texts(data, "sets"), _texts(data, "without"))
        named = [text.partition("=")[0].strip() for text in found.sets]
        if len(set(named)) < len(named):
            raise RequestError("a path is set twice; once would do")
        return found


class ChangesRefused(ScenarioError):
    """Changes that make a valid scenario file inconsistent."""


@dataclass(frozen=True)
class ChangedFile:
    """A scenario file as it is on disk now, with changes and the seed of its draws."""

    path: str
    changes: Changes
    seed: int

    def read(self) -> Scenario:
        """Return the scenario with its changes: that of `--set` where nothing is removed.

        Raises:
            ChangesRefused: if it is inconsistent with them, as after an edit of the file.
            ScenarioError: if the file itself has faults.
        """
        if not self.changes:
            return read_scenario(self.path)
        try:
            return read_changed(self.path, self.changes)
        except ScenarioError as error:
            read_scenario(self.path)
            raise ChangesRefused(error.faults) from None


def _texts(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    texts = data.get(key, [])
    is_list = isinstance(texts, list) and len(texts) <= MOST_SETS
    if not is_list or not all(isinstance(text, str) and len(text) <= LONGEST_SET for text in texts):
        raise RequestError(f"{key} is a list of at most {MOST_SETS} texts of at most {LONGEST_SET} characters")
    return tuple(texts)


def read_changed(path: str | os.PathLike[str], changes: Changes) -> Scenario:
    """Read a scenario file, apply removals and settings, and validate the whole; a ScenarioError with all faults."""
    faults = Faults()
    root = load(path, faults)
    if root is None:
        raise faults.error()
    for number, text in enumerate(changes.without, 1):
        mark = Mark("without", number, 1)
        parts = parse_path(text, mark, faults)
        if parts is not None:
            paths.take_out(root, parts, mark, faults)
    return from_tree(root, changes.sets, faults)


def sets_of(texts: Sequence[str]) -> dict[str, str]:
    """Split `PATH=VALUE` into path and value."""
    return {path.strip(): value.strip() for path, _, value in (text.partition("=") for text in texts)}


MOST_ROWS = 100
NAMES = ["before", "after"]


def differing(about: ChangedFile) -> list[dict[str, str]]:
    """Return each input that differs from the file: those set, and those rescaled with them.

    Returns:
        `input`, its path; `words`, its label, empty without one; `before` in the file and `after`, empty where there is
        no such input.
    """
    from sim.analysis.inputs import differing_inputs

    scenarios = read_scenario(about.path), about.read()
    numbers = [each.numbers() for each in scenarios]
    rows = []
    table = differing_inputs(scenarios, NAMES)[["input", *NAMES]].head(MOST_ROWS).astype(object)
    for path, *values in table.itertuples(index=False):
        texts = ["" if value != value else clean(value) for value in values]
        short = [_brief(known[path]) if path in known else text for known, text in zip(numbers, texts, strict=True)]
        texts = short if short[0] != short[1] else texts
        known = zip(reversed(scenarios), reversed(numbers), strict=True)
        rows.append({"input": clean(path), "words": _words(path, known), **dict(zip(NAMES, texts, strict=True))})
    return rows


def _brief(number: Number) -> str:
    """Format a number with four digits, enough for a rescaled one."""
    ends = [each for each in (number.low, number.high) if number.uncertain and each is not None]
    value, *spread = (f"{each:.4g}" if abs(each) < 10_000 else f"{each:g}" for each in (number.value, *ends))
    return f"{value} [{', '.join(spread)}]" if spread else value


def _words(path: str, known: Iterable[tuple[Scenario, Collection[str]]]) -> str:
    """Return the label of a number or a part of a strategy, from the first scenario that has it."""
    block, party, key = (*path.split("."), "", "")[:3]
    for scenario, numbers in known:
        if path in numbers or (block == "parties" and party in scenario.parties and key == "strategy"):
            return input_label(scenario, path)
    return ""
