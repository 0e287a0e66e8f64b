"""Issues, options, and the packages they combine into.

In arrays issues and options stand in name order, so reordering a file moves no bit of any number.
"""

import hashlib
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from sim.core.cache import Cache

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
ShortInts = npt.NDArray[np.int32]
Options = npt.NDArray[np.uint8]
Clause = Mapping[str, frozenset[str]]
Array = TypeVar("Array", bound=npt.NDArray[Any])

NO_DEAL = -1  # the package index of no agreement
RAW_LIMIT = 2_000_000  # packages before consistency rules; more do not fit the memory of a desktop
ROOM = 1_000_000  # raw packages of all cached spaces, some 25 bytes each


@dataclass(frozen=True)
class Issue:
    """An issue and its options, by name."""

    name: str
    options: tuple[str, ...]

    def __post_init__(self) -> None:
        if list(self.options) != sorted(self.options):
            raise ValueError(f"options of {self.name} must stand in name order")


@dataclass(frozen=True)
class Condition:
    """A condition on packages: some clause holds; a clause holds when all its issues have one of its options."""

    clauses: tuple[Clause, ...]

    @classmethod
    def of(cls, *packages: Mapping[str, str]) -> "Condition":
        """Return the condition that a package has the options of one of these, which may leave issues open."""
        return cls(tuple({issue: frozenset([option]) for issue, option in each.items()} for each in packages))

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
    """A consistency rule: a package that meets `if_` must also meet `then`."""

    id: str
    if_: Condition
    then: Condition

    @property
    def key(self) -> Hashable:
        """Equal for rules with equal conditions."""
        return self.if_.key, self.then.key


@dataclass(frozen=True)
class Half:
    """Combinations of options of some issues, as option indices of shape (rows, issues)."""

    issues: tuple[Issue, ...]
    options: Options

    def matches(self, clause: Clause) -> Bools:
        """Combinations that match what the clause says of these issues, shape (rows,)."""
        matches = np.ones(len(self.options), bool)
        for issue, column in zip(self.issues, self.options.T, strict=True):
            if issue.name in clause:
                matches &= np.array([option in clause[issue.name] for option in issue.options])[column]
        return matches


@dataclass(frozen=True)
class Block:
    """Consecutive packages that are a full product: some rows of the first half with some rows of the second."""

    rows: Ints
    columns: Ints
    start: int

    @property
    def stop(self) -> int:
        """One past the last package."""
        return self.start + len(self.rows) * len(self.columns)


@dataclass(frozen=True, eq=False)
class PackageSpace:
    """The packages that can exist, one option of each issue."""

    issues: tuple[Issue, ...]  # in name order; the first `ceil(I/2)` make the first half, the rest the second
    halves: tuple[Half, Half]
    blocks: tuple[Block, ...]  # the packages as full products of half rows, so that utility is an outer sum
    packages: Options  # option indices, shape (P, I)
    raw_count: int  # number of packages before consistency rules

    def __len__(self) -> int:
        return len(self.packages)

    def __repr__(self) -> str:
        return f"PackageSpace({len(self.issues)} issues, {len(self):,} of {self.raw_count:,} packages consistent)"

    def holds(self, condition: Condition) -> Bools:
        """Packages that meet a condition, shape (P,)."""
        holds = np.zeros(len(self), bool)
        for clause in condition.clauses:
            holds |= Half(self.issues, self.packages).matches(clause)
        return holds

    def options_of(self, package: int) -> dict[str, str]:
        """The option each issue takes in a package."""
        chosen = self.packages[package]
        return {issue.name: issue.options[option] for issue, option in zip(self.issues, chosen, strict=True)}

    def find(self, options: Ints) -> Ints:
        """The packages with these option indices, shape (..., I); `NO_DEAL` for inconsistent ones."""
        found: Ints = self._index[tuple(np.moveaxis(options, -1, 0))]
        return found

    def of(self, packages: Ints) -> "PackageSpace":
        """Some of the packages as a space of their own, in this order; it has no `tie_rank`."""
        options, (first, second) = self.packages[packages], self.halves
        middle = len(first.issues)
        halves = Half(first.issues, options[:, :middle]), Half(second.issues, options[:, middle:])
        places = np.arange(len(packages))
        blocks = tuple(Block(places[k : k + 1], places[k : k + 1], k) for k in places.tolist())
        return PackageSpace(self.issues, halves, blocks, frozen(options), self.raw_count)

    @cached_property
    def _index(self) -> Ints:
        """Package of every raw combination, an axis an issue; `NO_DEAL` for inconsistent ones."""
        index = np.full([len(issue.options) for issue in self.issues], NO_DEAL)
        index[tuple(self.packages.T)] = np.arange(len(self))
        return frozen(index)

    def index_of(self, options: Mapping[str, str]) -> int:
        """The package with these options, `NO_DEAL` for an inconsistent one.

        Raises:
            KeyError: if an issue is missing.
            ValueError: if an option does not exist.
        """
        return int(self.find(np.array([issue.options.index(options[issue.name]) for issue in self.issues])))

    @cached_property
    def laid_out(self) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
        """Options of the halves, then rows of all blocks, their starts, columns and theirs, for compiled loops."""
        first, second = (np.ascontiguousarray(half.options, np.int64) for half in self.halves)
        rows, columns = [block.rows for block in self.blocks], [block.columns for block in self.blocks]
        row_start, column_start = (np.cumsum([0, *map(len, side)]) for side in (rows, columns))
        return first, second, np.concatenate(rows), row_start, np.concatenate(columns), column_start

    @cached_property
    def tie_rank(self) -> Ints:
        """Rank of each package by the SHA-256 of its option names, shape (P,): ties go to the smaller.

        Lexicographic order would favour one end of every issue; a digest favours none.
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
    """Some packages of many draws, rising: those of the first draw, then those of the second, and so on."""

    start: Ints  # where those of each draw begin, and where the last end, shape (B + 1,)
    packages: Ints  # their indices, shape (start[B],)

    @property
    def count(self) -> Ints:
        """How many packages each draw has, shape (B,)."""
        return np.diff(self.start)


def list_packages(marked: Bools) -> PackageLists:
    """List the packages that are marked, shape (B, P)."""
    draws, packages = marked.shape
    places = np.flatnonzero(marked)
    return PackageLists(np.searchsorted(places, np.arange(draws + 1) * packages), places % max(packages, 1))


_spaces = Cache[PackageSpace](ROOM)


def package_space(issues: Sequence[Issue], rules: Sequence[Rule] = ()) -> PackageSpace:
    """Combine issues into the packages that meet the consistency rules; the same arguments give a cached object.

    A ValueError if there is no issue, or if there are more than two million raw packages.
    """
    ordered = tuple(sorted(issues, key=lambda issue: issue.name))
    if not ordered:
        raise ValueError("a package needs at least one issue")
    raw_count = prod(len(issue.options) for issue in ordered)
    if raw_count > RAW_LIMIT:
        raise ValueError(f"{raw_count:,} raw packages, but at most {RAW_LIMIT:,} can be compared")
    key = ordered, tuple(rule.key for rule in rules)
    return _spaces.get(key, lambda: _build(ordered, rules, raw_count), lambda space: space.raw_count)


def _build(ordered: tuple[Issue, ...], rules: Sequence[Rule], raw_count: int) -> PackageSpace:
    middle = (len(ordered) + 1) // 2
    halves = (_half(ordered[:middle]), _half(ordered[middle:]))
    blocks = tuple(_blocks(_consistent(halves, rules)))
    return PackageSpace(ordered, halves, blocks, frozen(_packages(halves, blocks)), raw_count)


def frozen(array: Array) -> Array:
    """The array, made read-only since caches share it."""
    array.flags.writeable = False
    return array


def _half(issues: tuple[Issue, ...]) -> Half:
    sizes = tuple(len(issue.options) for issue in issues)
    return Half(issues, np.indices(sizes, np.uint8).reshape(len(issues), prod(sizes)).T)


def _consistent(halves: tuple[Half, Half], rules: Sequence[Rule]) -> Bools:
    shape = len(halves[0].options), len(halves[1].options)

    def holds(condition: Condition) -> Bools:
        pairs = np.zeros(shape, bool)
        for clause in condition.clauses:
            pairs |= halves[0].matches(clause)[:, None] & halves[1].matches(clause)
        return pairs

    consistent = np.ones(shape, bool)
    for rule in rules:
        consistent &= ~holds(rule.if_) | holds(rule.then)
    return consistent


def _blocks(consistent: Bools) -> Iterator[Block]:
    """Group the rows of the first half that are consistent with the same rows of the second."""
    _, first_row, group = np.unique(np.packbits(consistent, axis=1), axis=0, return_index=True, return_inverse=True)
    start = 0
    for which in np.argsort(first_row, kind="stable"):
        columns = np.flatnonzero(consistent[first_row[which]])
        if len(columns):
            block = Block(np.flatnonzero(group.ravel() == which), columns, start)
            start = block.stop
            yield block


def _packages(halves: tuple[Half, Half], blocks: Sequence[Block]) -> Options:
    rows = [np.repeat(block.rows, len(block.columns)) for block in blocks]
    columns = [np.tile(block.columns, len(block.rows)) for block in blocks]
    nothing = [np.zeros(0, np.int64)]
    return np.hstack([
        half.options[np.concatenate(places or nothing)] for half, places in zip(halves, (rows, columns), strict=True)
    ])


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
