"""Issues, options, and the packages they combine into.

Inside arrays issues and options stand in name order, whatever their order in the file: reordering a file moves no
bit of any number.
"""

import hashlib
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from sim.core.cache import Kept

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
ShortInts = npt.NDArray[np.int32]
Options = npt.NDArray[np.uint8]
Clause = Mapping[str, frozenset[str]]
Array = TypeVar("Array", bound=npt.NDArray[Any])

NO_DEAL = -1  # the package index of no agreement
RAW_LIMIT = 2_000_000  # packages before consistency; above this the arrays no longer fit a desk
ROOM = 1_000_000  # raw packages of all spaces that are kept, some 25 bytes each


@dataclass(frozen=True)
class Issue:
    """A question on the table and the answers that would settle it, by name."""

    name: str
    options: tuple[str, ...]

    def __post_init__(self) -> None:
        if list(self.options) != sorted(self.options):
            raise ValueError(f"options of {self.name} must stand in name order")


@dataclass(frozen=True)
class Condition:
    """Which packages are meant: it holds when any clause does; a clause holds when all its issues match."""

    clauses: tuple[Clause, ...]

    def issues(self) -> frozenset[str]:
        """Names of the issues that some clause mentions."""
        return frozenset(name for clause in self.clauses for name in clause)

    @property
    def key(self) -> Hashable:
        """Equal for conditions with the same clauses in the same order."""
        return tuple(frozenset(clause.items()) for clause in self.clauses)


ALWAYS = Condition(({},))
NEVER = Condition(())


@dataclass(frozen=True)
class Rule:
    """Consistency: a package in which `if_` holds must also meet `then`."""

    id: str
    if_: Condition
    then: Condition

    @property
    def key(self) -> Hashable:
        """Equal for rules that leave the same packages by the same words."""
        return self.if_.key, self.then.key


@dataclass(frozen=True)
class Half:
    """All combinations of options of some neighbouring issues.

    Attributes:
        issues: The issues, in name order.
        options: Option index of each issue in each combination, shape (rows, issues).
    """

    issues: tuple[Issue, ...]
    options: npt.NDArray[np.uint8]

    def matches(self, clause: Clause) -> Bools:
        """Combinations that match what the clause says of these issues, shape (rows,)."""
        match = np.ones(len(self.options), bool)
        for column, issue in enumerate(self.issues):
            if issue.name in clause:
                match &= _wanted(issue, clause)[self.options[:, column]]
        return match


@dataclass(frozen=True)
class Block:
    """A run of packages that is a full product: some rows of the first half with some rows of the second."""

    rows: Ints
    columns: Ints
    start: int

    @property
    def stop(self) -> int:
        """One past the last package of the run."""
        return self.start + len(self.rows) * len(self.columns)


@dataclass(frozen=True, eq=False)
class PackageSpace:
    """The packages that can exist, one option of each issue.

    Attributes:
        issues: In name order; the first `ceil(I/2)` make the first half, the rest the second.
        packages: Option indices, shape (P, I).
        blocks: The packages as full products of half rows, so that worth is an outer sum.
        raw_count: Number of packages before consistency.
    """

    issues: tuple[Issue, ...]
    halves: tuple[Half, Half]
    blocks: tuple[Block, ...]
    packages: npt.NDArray[np.uint8]
    raw_count: int

    def __len__(self) -> int:
        return len(self.packages)

    def __repr__(self) -> str:
        return f"PackageSpace({len(self.issues)} issues, {len(self):,} of {self.raw_count:,} packages consistent)"

    def holds(self, condition: Condition) -> Bools:
        """Packages that meet a condition, shape (P,)."""
        holds = np.zeros(len(self), bool)
        for clause in condition.clauses:
            match = np.ones(len(self), bool)
            for column, issue in enumerate(self.issues):
                if issue.name in clause:
                    match &= _wanted(issue, clause)[self.packages[:, column]]
            holds |= match
        return holds

    def options_of(self, package: int) -> dict[str, str]:
        """The option each issue takes in a package."""
        chosen = self.packages[package]
        return {issue.name: issue.options[option] for issue, option in zip(self.issues, chosen, strict=True)}

    def find(self, options: Ints) -> Ints:
        """The packages with these option indices, shape (..., I); `NO_DEAL` for those that contradict themselves."""
        step, found = 1, np.zeros(options.shape[:-1], np.int64)
        for column in range(len(self.issues) - 1, -1, -1):
            found = found + options[..., column].astype(np.int64) * step
            step *= len(self.issues[column].options)
        return self._place[found]

    @cached_property
    def _place(self) -> Ints:
        """Index of every raw combination, the last issue running fastest, `NO_DEAL` for what cannot be."""
        sizes = tuple(len(issue.options) for issue in self.issues)
        place = np.full(sizes, NO_DEAL)
        place[tuple(self.packages.T)] = np.arange(len(self))
        return frozen(place.reshape(-1))

    def index_of(self, options: Mapping[str, str]) -> int:
        """The package with these options, `NO_DEAL` if they contradict each other.

        Raises:
            KeyError: if an issue is missing.
            ValueError: if an option does not exist.
        """
        return int(self.find(np.array([issue.options.index(options[issue.name]) for issue in self.issues])))

    @cached_property
    def laid_out(self) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
        """Options of the halves, then rows, their starts, columns and theirs, as `package_worths` asks."""
        first, second = (np.ascontiguousarray(half.options, np.int64) for half in self.halves)
        rows, columns = [block.rows for block in self.blocks], [block.columns for block in self.blocks]
        row_start, column_start = (np.cumsum([0, *map(len, side)]) for side in (rows, columns))
        return first, second, np.concatenate(rows), row_start, np.concatenate(columns), column_start

    @cached_property
    def tie_rank(self) -> Ints:
        """Rank of each package by the SHA-256 of its option names, shape (P,): ties go to the smaller.

        An order of options would lean to one end of every issue; this one leans nowhere that anybody could name.
        """
        names = [[issue.options for issue in half.issues] for half in self.halves]
        first = [hashlib.sha256("/".join(options).encode()) for options in product(*names[0])]
        second = ["".join(f"/{option}" for option in options).encode() for options in product(*names[1])]
        keys = np.frombuffer(_digests(first, second, self.blocks), ">u8").reshape(-1, 2).astype(np.uint64)
        rank = np.empty(len(self), np.int64)
        rank[np.lexsort((keys[:, 1], keys[:, 0]))] = np.arange(len(self))
        return frozen(rank)


@dataclass(frozen=True, eq=False)
class PackageLists:
    """Some packages of many draws, rising: those of the first draw, then those of the second, and so on.

    Attributes:
        start: Where those of each draw begin, and where the last end, shape (B + 1,).
        packages: Their indices, shape (start[B],).
    """

    start: Ints
    packages: Ints

    @property
    def count(self) -> Ints:
        """How many packages each draw has, shape (B,)."""
        return np.diff(self.start)


def list_packages(marked: Bools) -> PackageLists:
    """List the packages that are marked, shape (B, P)."""
    draws, packages = marked.shape
    places = np.flatnonzero(marked)
    return PackageLists(np.searchsorted(places, np.arange(draws + 1) * packages), places % max(packages, 1))


_spaces = Kept[PackageSpace](ROOM)


def package_space(issues: Sequence[Issue], rules: Sequence[Rule] = ()) -> PackageSpace:
    """Combine issues into packages and leave out those that contradict themselves.

    Who asks for the same again gets the same object while it is kept.

    Args:
        issues: At least one; sorted by name here.
        rules: Consistency rules over these issues.

    Raises:
        ValueError: if there is no issue, or if there are more than two million raw packages.
    """
    ordered = tuple(sorted(issues, key=lambda issue: issue.name))
    if not ordered:
        raise ValueError("a package needs at least one issue")
    raw_count = 1
    for issue in ordered:
        raw_count *= len(issue.options)
    if raw_count > RAW_LIMIT:
        raise ValueError(f"{raw_count:,} raw packages, but at most {RAW_LIMIT:,} can be compared")
    key = ordered, tuple(rule.key for rule in rules)
    return _spaces.get(key, lambda: _combined(ordered, rules, raw_count), lambda space: space.raw_count)


def _combined(ordered: tuple[Issue, ...], rules: Sequence[Rule], raw_count: int) -> PackageSpace:
    middle = (len(ordered) + 1) // 2
    halves = (_half(ordered[:middle]), _half(ordered[middle:]))
    blocks = tuple(_blocks(_consistent(halves, rules)))
    return PackageSpace(ordered, halves, blocks, frozen(_packages(halves, blocks)), raw_count)


def frozen(array: Array) -> Array:
    """The array, from now on not to be written to: what is kept is handed to all who ask."""
    array.flags.writeable = False
    return array


def _wanted(issue: Issue, clause: Clause) -> Bools:
    return np.array([option in clause[issue.name] for option in issue.options])


def _half(issues: tuple[Issue, ...]) -> Half:
    sizes = tuple(len(issue.options) for issue in issues)
    if not issues:
        return Half((), np.zeros((1, 0), np.uint8))
    return Half(issues, np.indices(sizes, np.uint8).reshape(len(issues), -1).T)


def _consistent(halves: tuple[Half, Half], rules: Sequence[Rule]) -> Bools:
    first, second = halves

    def holds(condition: Condition) -> Bools:
        pairs = np.zeros((len(first.options), len(second.options)), bool)
        for clause in condition.clauses:
            pairs |= first.matches(clause)[:, None] & second.matches(clause)[None, :]
        return pairs

    consistent = np.ones((len(first.options), len(second.options)), bool)
    for rule in rules:
        consistent &= ~holds(rule.if_) | holds(rule.then)
    return consistent


def _blocks(consistent: Bools) -> Iterator[Block]:
    """Rows of the first half that go with the same rows of the second, together."""
    _, first_row, group = np.unique(np.packbits(consistent, axis=1), axis=0, return_index=True, return_inverse=True)
    start = 0
    for which in np.argsort(first_row, kind="stable"):
        columns = np.flatnonzero(consistent[first_row[which]])
        if len(columns):
            block = Block(np.flatnonzero(group.ravel() == which), columns, start)
            start = block.stop
            yield block


def _packages(halves: tuple[Half, Half], blocks: Sequence[Block]) -> npt.NDArray[np.uint8]:
    first, second = halves
    runs = [
        np.hstack([
            np.repeat(first.options[block.rows], len(block.columns), axis=0),
            np.tile(second.options[block.columns], (len(block.rows), 1)),
        ])
        for block in blocks
    ]
    width = len(first.issues) + len(second.issues)
    return np.vstack(runs) if runs else np.zeros((0, width), np.uint8)


def _digests(first: Sequence[Any], second: Sequence[bytes], blocks: Sequence[Block]) -> bytearray:
    """The first 16 bytes of the digest of each package, one after the other."""
    digests = bytearray()
    for block in blocks:
        ends = [second[column] for column in block.columns]
        for row in block.rows:
            beginning = first[row]
            for end in ends:
                digest = beginning.copy()
                digest.update(end)
                digests += digest.digest()[:16]
    return digests
