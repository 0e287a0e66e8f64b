"""What a mechanism is declared to be: a block of the file, what it needs of the rest, and what it draws."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, TypeVar

from sim.core.fields import Names, Number

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
        """Tell what is wrong, at `VALUE`, `BLOCK` or `KEY`; under another path if one is given."""

    def key_as_path(self) -> tuple[str, ...] | None:
        """The parts of a key that is a dotted path; None, and a fault, if it is none."""

    def must_name(self, known: Sequence[str], what: str, of: str = "") -> list[str]:
        """Tell names, one or a list, that do not exist or stand twice; returns those read."""

    def keys_must_be(self, known: Sequence[str], what: str) -> None:
        """Tell keys that are none of the names known."""

    def must_have_each(self, known: Sequence[str], what: str, hole: str) -> None:
        """Tell keys that are none of the names known, and names without a key."""

    def must_be_of_one_issue(self, names: Names, whole: bool) -> None:
        """Tell a table whose keys are not options of exactly one issue; if `whole`, all its options."""

    def number_paths(self) -> list[tuple[str, ...]]:
        """Paths below, in full, at which the file has a number that a draw may move."""


class Mechanism:
    """Something that goes on around the table or after it, drawn: the draw axis comes first.

    Attributes:
        key: Of its block in a scenario file.
        block: Annotation of what stands there; a frozen pydantic model, or a list of them.
        about: What the block is for, in one line.
        left_out: What a scenario without the block has there.
        names: What the keys of its tables are names of, by the key of the table.
    """

    key: ClassVar[str]
    block: ClassVar[Any]
    about: ClassVar[str]
    left_out: ClassVar[Any] = None
    names: ClassVar[Mapping[str, str]] = MappingProxyType({})

    @classmethod
    def check(cls, at: Place, names: Names) -> None:
        """Tell what is wrong between the keys of the block, and between it and the rest of the file."""

    @classmethod
    def complete(cls, block: Any, scenario: Any) -> None:
        """Set in a block what follows from the rest of a scenario; called once, when it has just been read."""


class Mechanisms(dict[str, type[Mechanism]]):
    """The mechanisms by the key of their block, in the order in which they are drawn."""

    def register(self, mechanism: type[Kind]) -> type[Kind]:
        """Enter a mechanism.

        Raises:
            ValueError: if its key is taken.
        """
        if mechanism.key in self:
            raise ValueError(f"two mechanisms are called {mechanism.key!r}")
        self[mechanism.key] = mechanism
        return mechanism
