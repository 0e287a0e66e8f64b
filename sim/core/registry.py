"""The names a scenario file may use, and the parameters that go with each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T", bound=type)
Entry = TypeVar("Entry")
Thing = TypeVar("Thing", bound=Callable[..., Any])


class Texts(NamedTuple):
    """Documentation of a name for users: what it does in one line, as a formula, its source, and when to choose it."""

    rule: str
    formula: str
    source: str
    use: str


_TEXTS: dict[Callable[..., Any], Texts] = {}


def first_line(thing: Callable[..., Any]) -> str:
    """The first line of a docstring; empty where Python runs with `-OO`, which drops them."""
    return (thing.__doc__ or "").strip().partition("\n")[0]


def described(*, formula: str, source: str, use: str) -> Callable[[Thing], Thing]:
    """Document a class or function that users choose by name."""

    def document(thing: Thing) -> Thing:
        _TEXTS[thing] = Texts(first_line(thing), formula, source, use)
        return thing

    return document


def texts_of(thing: Callable[..., Any]) -> Texts:
    """The documentation of a class or function, given by `described`; a KeyError without one."""
    return _TEXTS[thing]


class Registry(Mapping[str, type[Entry]], Generic[Entry]):
    """Classes by the name a scenario gives them.

    A class is a frozen dataclass whose fields are its YAML parameters, made with `number`, `choice`, `count` or
    `order` below: the reader checks a scenario against the fields, so there is no second list of parameters.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._classes: dict[str, type[Entry]] = {}

    def register(self, name: str, *, formula: str, source: str, use: str) -> Callable[[T], T]:
        """Enter a class under a name and document it; a ValueError if the name is taken."""

        def enter(cls: T) -> T:
            if name in self._classes:
                raise ValueError(f"two {self.what} are called {name!r}")
            self._classes[name] = cls
            return described(formula=formula, source=source, use=use)(cls)

        return enter

    def __getitem__(self, name: str) -> type[Entry]:
        return self._classes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._classes))

    def __len__(self) -> int:
        return len(self._classes)

    def __repr__(self) -> str:
        return f"{self.what}: {', '.join(self)}"


def number(
    default: float, above: float | None = None, high: float | None = None, doc: str = "", *, low: float | None = None,
    drawn: tuple[float, float] | None = None,
) -> Any:  # fmt: skip
    """A parameter that is a number, or one a draw, shape (B,); above `above`, at least `low`, at most `high`.

    A file that leaves it out has the default, or, with `drawn`, a number drawn anew in every run between these ends.
    """
    bounds = {"above": above, "low": low, "high": high}
    return field(default=default, metadata={"kind": "number", **bounds, "doc": doc, "drawn": drawn})


def choice(default: str, options: Mapping[str, str], doc: str = "") -> Any:
    """A parameter that is one of a few words; `options` maps each word to what it means in one line."""
    return field(default=default, metadata={"kind": "choice", "options": options, "doc": doc})


def count(default: int | None, low: int = 1, doc: str = "", left_out: str = "all rounds") -> Any:
    """A parameter that is a whole number, or left out; `left_out` says in a word what that means."""
    return field(default=default, metadata={"kind": "count", "low": low, "doc": doc, "left_out": left_out})


def order(default: str | tuple[str, ...], doc: str = "") -> Any:
    """A parameter that is a list of parties, `fixed`, `rotating` or `random`."""
    return field(default=default, metadata={"kind": "order", "doc": doc})


def agenda() -> Any:
    """A parameter that is a list of issues or groups of issues, in order."""
    doc = "issues, or groups of issues, that close one after the other; the others come last, together; left out: all "
    return field(default=None, metadata={"kind": "agenda", "doc": f"{doc}at once", "left_out": "none"})


def switch(default: bool, doc: str = "") -> Any:
    """A parameter that is true or false."""
    return field(default=default, metadata={"kind": "switch", "doc": doc})


def meanings(rules: Mapping[str, Callable[..., Any]]) -> dict[str, str]:
    """What each of several named functions does, in one line."""
    return {name: texts_of(rule).rule for name, rule in sorted(rules.items())}
