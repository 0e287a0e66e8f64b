"""Faults of a scenario file: where, what was found, what would be valid."""

from collections.abc import Iterable
from dataclasses import dataclass

from sim.core.wording import cut

MOST_FAULTS = 20
MOST_BYTES_IN_ALL = 7_500


@dataclass(frozen=True, order=True)
class Mark:
    """A place in a file: its name relative to the scenario's folder, line and column from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Fault(Mark):
    """An error in a file that prevents the scenario from being read."""

    message: str

    def __str__(self) -> str:
        return f"{super().__str__()}: {self.message}"


@dataclass(frozen=True)
class Note(Fault):
    """A possible mistake in a file that can be read."""


class ScenarioError(Exception):
    """A scenario that cannot be read, with all its faults; as text, one line a fault."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        lines: list[str] = []
        room = MOST_BYTES_IN_ALL
        for fault in self.faults:
            line = str(fault)
            room -= len(line.encode()) + 1
            if room < 0:
                lines.append(f"and {len(self.faults) - len(lines)} more faults; mend these first")
                break
            lines.append(line)
        return "\n".join(lines)


class Faults:
    """Collected faults: one a place, at most `MOST_FAULTS`."""

    def __init__(self) -> None:
        self._found: dict[Mark, Fault] = {}
        self._files: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, mark: Mark, message: str, path: str = "") -> None:
        """Add a fault, unless there is one at this place; a `ScenarioError` on reaching `MOST_FAULTS`."""
        self._files.setdefault(mark.file, len(self._files))
        text = cut(f"{path}: {message}" if path else message)
        self._found.setdefault(mark, Fault(mark.file, mark.line, mark.column, text))
        if len(self._found) >= MOST_FAULTS:
            raise self.error()

    def error(self) -> ScenarioError:
        """An error of all faults, by file in the order of reading, then by line."""
        marks = sorted(self._found, key=lambda mark: (self._files[mark.file], mark.line, mark.column))
        return ScenarioError(self._found[mark] for mark in marks)

    def raise_any(self) -> None:
        if self:
            raise self.error()
