"""A scenario file with changes laid over it: by the steps of a file that extends it, and of `--set`."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.app.errors import RequestError
from sim.scenario import Scenario, ScenarioError, paths, read_scenario
from sim.scenario.differences import load
from sim.scenario.messages import Faults, Mark
from sim.scenario.paths import parse_path
from sim.scenario.scenario import from_tree

MOST_SETS = 300
LONGEST_SET = 1_000  # characters


@dataclass(frozen=True)
class Changes:
    """What is changed in a file, in the words of the command line and of a file that extends it."""

    sets: tuple[str, ...] = ()  # `PATH=VALUE` texts, each path once
    without: tuple[str, ...] = ()  # paths of what is taken out first

    def __bool__(self) -> bool:
        return bool(self.sets or self.without)

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Changes":
        """Those of a request; a RequestError if they are none, too many, too long, or name a path twice."""
        found = Changes(_texts(data, "sets"), _texts(data, "without"))
        named = [text.partition("=")[0].strip() for text in found.sets]
        if len(set(named)) < len(named):
            raise RequestError("a path is set twice; once would do")
        return found


class ChangesRefused(ScenarioError):
    """Changes with which a scenario file, sound in itself, does not hold together."""


@dataclass(frozen=True)
class ChangedFile:
    """A scenario file as it is on disk now, with what is changed in it and the seed of its draws."""

    path: str
    changes: Changes
    seed: int

    def read(self) -> Scenario:
        """The scenario with its changes: that of `--set` where nothing is taken out.

        Raises:
            ChangesRefused: if it does not hold together with them, as may be once the file was edited.
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
    well = isinstance(texts, list) and len(texts) <= MOST_SETS
    if not well or not all(isinstance(text, str) and len(text) <= LONGEST_SET for text in texts):
        raise RequestError(f"{key} is a list of at most {MOST_SETS} texts of at most {LONGEST_SET} characters")
    return tuple(texts)


def read_changed(path: str | os.PathLike[str], changes: Changes) -> Scenario:
    """Read a scenario file, take out and set what is changed, and check the whole; a ScenarioError with all faults."""
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
    """`PATH=VALUE` texts as path and value."""
    return {path.strip(): value.strip() for path, _, value in (text.partition("=") for text in texts)}
