"""What a mechanism is declared to be: a block of the file, what it needs of the rest, and what it draws."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, Self, TypeVar

import numpy as np

from sim.core.exact import Floats
from sim.core.fields import Names
from sim.core.numbers import Number
from sim.core.packages import Bools, Ints, PackageSpace
from sim.core.state import State
from sim.core.utility import DAYS_PER_MONTH, Lines

Rows = slice | Ints | Bools
Kind = TypeVar("Kind", bound="Mechanism")
VALUE, BLOCK, KEY = "value", "block", "key"  # where a fault is shown: at the value; at the key of a block; at the key


class Place(Protocol):
    """A key or entry of a scenario file, there or not, for checks that also run where a shape is wrong."""

    @property
    def root(self) -> "Place":
        """The whole file."""

    @property
    def path(self) -> str:
        """The dotted path, safe to print."""

    @property
    def text(self) -> str | None:
        """A single word, None for anything else."""

    @property
    def keys(self) -> list[str]:
        """Keys of a mapping; none of anything else."""

    @property
    def is_mapping(self) -> bool:
        """Whether there is a mapping."""

    @property
    def number(self) -> Number | None:
        """The number here, None if there is none or its shape is wrong."""

    def __bool__(self) -> bool:
        """Whether the key is in the file."""

    def __getitem__(self, key: str) -> "Place":
        """What a key names below."""

    def items(self) -> Iterator[tuple[str, "Place"]]:
        """Keys and values of a mapping."""

    def entries(self) -> Iterator["Place"]:
        """Entries of a list."""

    def fault(self, message: str, on: str = VALUE, path: str | None = None) -> None:
        """Report what is wrong, at `VALUE`, `BLOCK` or `KEY`; under another path if one is given."""

    def key_as_path(self) -> tuple[str, ...] | None:
        """The parts of a key that is a dotted path; None, and a fault, if it is none."""

    def must_name(self, known: Sequence[str], what: str, of: str = "") -> list[str]:
        """Report names, one or a list, that do not exist or stand twice; returns those read."""

    def keys_must_be(self, known: Sequence[str], what: str) -> None:
        """Report keys that are none of the names known."""

    def must_have_each(self, known: Sequence[str], what: str, hole: str) -> None:
        """Report keys that are none of the names known, and names without a key."""

    def must_be_of_one_issue(self, names: Names, whole: bool) -> None:
        """Report a table whose keys are not options of exactly one issue; if `whole`, all its options."""

    def number_paths(self) -> list[tuple[str, ...]]:
        """Paths below, in full, at which the file has a number that a draw may move."""


class Source(Protocol):
    """Where a mechanism finds its numbers: drawn ones, or all at their central values."""

    @property
    def count(self) -> int:
        """Number of draws, B."""

    def number(self, path: str, number: Any) -> Floats:
        """A number of the file in every draw, shape (B,); its dotted path names its stream."""

    def stated(self, path: str, number: Any) -> float:
        """The value around which a number is drawn."""

    def uniform(self, name: str) -> Floats:
        """Further uniforms in [0, 1) under a name of their own, shape (B,)."""


class Table(Protocol):
    """The data of a mechanism about the talks it belongs to."""

    @property
    def space(self) -> PackageSpace:
        """The packages that can exist."""

    @property
    def parties(self) -> tuple[str, ...]:
        """Names of the parties, sorted."""

    @property
    def signs(self) -> Bools:
        """Whose consent a package needs, shape (N, P)."""

    @property
    def lines(self) -> Lines:
        """The red lines over the packages."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """What a mechanism is drawn with."""

    source: Source  # of numbers and uniforms
    # the same with numbers as events of the first round have narrowed them: for what comes after signature
    settled: Source
    table: Table  # packages, parties, red lines
    rounds: int
    days_per_round: float
    as_of: date | None  # first day of the talks, None if the file does not say
    hard: Bools  # red lines that never fall, shape (B, L)
    groups: list[str]  # name under which each red line is drawn
    before: "Mapping[str, Mechanism]"  # the mechanisms drawn before it, by key

    @property
    def months_per_round(self) -> float:
        """Months between two rounds."""
        return self.days_per_round / DAYS_PER_MONTH

    def months(self) -> Floats:
        """Month at which each round is played, shape (R,)."""
        return np.arange(self.rounds, dtype=np.float64) * self.months_per_round


@dataclass(frozen=True, eq=False)
class Played:
    """What a mechanism may read when a round has been played."""

    state: State  # the table once everybody had moved, before any mechanism moved on
    utility: Floats  # utility of all packages, shape (B, N, P)
    table: Table  # packages, parties, red lines
    others: "Mapping[str, Mechanism]"  # the mechanisms by key


class Bound:
    """Something drawn: a frozen dataclass whose fields have the draw axis first, but for one called `static`."""

    def rows(self, rows: Rows) -> Self:
        """Some of the draws, in the given order; `static` is shared, not copied."""
        found: Self = _rows_of(self, rows)
        return found


def _rows_of(value: Any, rows: Rows) -> Any:
    if isinstance(value, np.ndarray):
        return value[rows]
    if isinstance(value, tuple):
        return tuple(_rows_of(entry, rows) for entry in value)
    if not is_dataclass(value):
        return value
    names = (field.name for field in fields(value) if field.name != "static")
    return replace(value, **{name: _rows_of(getattr(value, name), rows) for name in names})  # type: ignore[type-var]


class Mechanism(Bound):
    """Something that goes on around the table or after it, drawn."""

    key: ClassVar[str]  # of its block in a scenario file
    block: ClassVar[Any]  # annotation of what stands there; a frozen pydantic model, or a list of them
    about: ClassVar[str]  # what the block is for, in one line
    left_out: ClassVar[Any] = None  # what a scenario without the block has there
    # what the keys of its tables are names of, by the key of the table
    names: ClassVar[Mapping[str, str]] = MappingProxyType({})

    @classmethod
    def check(cls, at: Place, names: Names) -> None:
        """Report what is wrong between the keys of the block, and between it and the rest of the file."""

    @classmethod
    def draw(cls, block: Any, drawing: Drawing) -> "Mechanism | None":
        """Draw everything that it depends on, where the file has its block; None where there is nothing to draw."""
        raise NotImplementedError(f"{cls.key} does not say how it is drawn")

    def move_no_deal(self, path: Floats) -> Floats:
        """Return the reservation values in each round, independent of the talks, shape (B, R, N)."""
        return path

    def move_channel(self, is_open: Bools) -> Bools:
        """Return rounds in which talks are held, given those in which nothing else prevents them, shape (B, R)."""
        return is_open

    def move_others(self, others: "Mapping[str, Mechanism]") -> "Mapping[str, Mechanism]":
        """Return the mechanisms drawn before it, by key, with its effects."""
        return others

    def before_round(self, state: State) -> State:
        """The table before anybody moves; `no_deal` is that of the round."""
        return state

    def after_round(self, state: State, played: Played) -> State:
        """The table once everybody has moved."""
        return state

    @classmethod
    def complete(cls, block: Any, scenario: Any) -> None:
        """Set in a block what follows from the rest of a scenario; called once, when it has just been read."""


def mechanism_of(mechanisms: Mapping[str, Mechanism], kind: type[Kind]) -> Kind | None:
    """The mechanism of a class among those of a scenario, None where it has none."""
    found = mechanisms.get(kind.key)
    return found if isinstance(found, kind) else None


class Mechanisms(dict[str, type[Mechanism]]):
    """The mechanisms by the key of their block, in the order in which they are drawn."""

    def register(self, mechanism: type[Kind]) -> type[Kind]:
        """Enter a mechanism; a ValueError if its key is taken."""
        if mechanism.key in self:
            raise ValueError(f"two mechanisms are called {mechanism.key!r}")
        self[mechanism.key] = mechanism
        return mechanism
