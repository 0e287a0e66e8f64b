"""What is wrong with a scenario file, said so that it can be mended: where, what was found, what would do."""

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

MOST_FAULTS = 20
MOST_BYTES = 1_500  # one message
MOST_BYTES_IN_ALL = 7_500
MOST_NAMES, MOST_LETTERS = 500, 100  # among which, and in which, a likeness is looked for
MOST_SHOWN = 60  # characters of foreign text in a message


@dataclass(frozen=True, order=True)
class Mark:
    """A place in a file: its name relative to the scenario's folder, line and column from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Fault:
    """Something in a file that stops the scenario from being read."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


@dataclass(frozen=True)
class Note(Fault):
    """Something in a file that deserves a second look; the scenario can be read."""


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
    """Faults found so far: one a place, at most `MOST_FAULTS`."""

    def __init__(self) -> None:
        self._found: dict[Mark, Fault] = {}
        self._files: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, mark: Mark, message: str, path: str = "") -> None:
        """Keep a fault; the first one at a place is the one that is told.

        Raises:
            ScenarioError: if there are now as many faults as are told at once.
        """
        self._files.setdefault(mark.file, len(self._files))
        text = cut(f"{path}: {message}" if path else message)
        self._found.setdefault(mark, Fault(mark.file, mark.line, mark.column, text))
        if len(self._found) >= MOST_FAULTS:
            raise self.error()

    def error(self) -> ScenarioError:
        """All faults, by file in the order in which files came up, then by line."""
        marks = sorted(self._found, key=lambda mark: (self._files[mark.file], mark.line, mark.column))
        return ScenarioError(self._found[mark] for mark in marks)

    def raise_any(self) -> None:
        """Raise `ScenarioError` if there is a fault."""
        if self:
            raise self.error()


def shown(text: object, most: int = MOST_SHOWN) -> str:
    """Foreign text, safe to print on one line: what is not printable is escaped, what is long is cut."""
    head = str(text)[: most + 1]
    safe = "".join(map(_printable, head))
    return safe[: most - 1] + "…" if len(safe) > most else safe


def printable(text: object) -> str:
    """Foreign text in its lines, whole: what is not printable is escaped, so that it moves no terminal."""
    return "\n".join("".join(map(_printable, line)) for line in str(text).split("\n"))


def printable_json(text: str) -> str:
    """JSON that says the same in characters that can be seen; a bidi override in it could show another answer."""
    return re.sub("[^ -~\n]", _json_escaped, text)


def _json_escaped(found: re.Match[str]) -> str:
    return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]


def _printable(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape").decode("ascii")


def quoted(text: object) -> str:
    """Foreign text in quotation marks, safe to print."""
    return f"'{shown(text)}'"


def cut(message: str) -> str:
    """A message of at most `MOST_BYTES` bytes."""
    message = "".join(map(_printable, message[: 2 * MOST_BYTES]))
    encoded = message.encode("utf-8", "backslashreplace")
    if len(encoded) <= MOST_BYTES:
        return encoded.decode()
    return encoded[: MOST_BYTES - 3].decode("utf-8", "ignore") + "…"


def listed(names: Iterable[object], last: str = "and", most: int = 12) -> str:
    """Names as a phrase: `a, b and c`; a long list is cut and says so."""
    texts = [shown(name) for name in names]
    if len(texts) > most:
        return f"{', '.join(texts[:most])} {last} {len(texts) - most} more"
    return f" {last} ".join(part for part in (", ".join(texts[:-1]), texts[-1]) if part) if texts else "none"


def closest(found: object, known: Iterable[str]) -> str | None:
    """The known name most like the one found, None if none is."""
    names = [name[:MOST_LETTERS] for name in known][:MOST_NAMES]  # a hostile file has many and long ones
    text = str(found)[:MOST_LETTERS]
    close = difflib.get_close_matches(text, names, 1, 0.7) or difflib.get_close_matches(
        text.lower().replace("-", "_").replace(" ", "_"), names, 1, 0.7
    )
    return close[0] if close else None


def meant(found: object, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the known name most like the one found, or what there is to choose from."""
    names = list(known)
    close = closest(found, names)
    if close is not None:
        return f"; did you mean {quoted(close)}?"
    return f"; there is {listed(names, most=30)}"


def counted(number: int, one: str, many: str = "") -> str:
    """`1 package`, `2 packages`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
