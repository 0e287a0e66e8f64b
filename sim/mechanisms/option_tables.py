"""Numbers that depend on the options of a few issues: small tables, never one entry a package.

Sixty thousand packages may differ in ten issues while a parliament depends on two. A number is then computed for the
few distinct combinations of these two, and looked up by package.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.core.cache import Cache
from sim.core.exact import Floats
from sim.core.mechanism import Bound
from sim.core.packages import NO_DEAL, Bools, Condition, Half, Ints, PackageSpace, frozen

ROOM = 2_000_000  # packages of all cached combinations, 8 bytes each


@dataclass(frozen=True, eq=False)
class Combinations:
    """The distinct combinations of options of some issues that occur in packages."""

    half: Half  # the issues, in name order, and their option indices in each combination, shape (K, issues)
    index: Ints  # combination of each package, shape (P,)
    example: Ints  # the first package of each combination, shape (K,)

    def __len__(self) -> int:
        return len(self.example)

    def __repr__(self) -> str:
        names = ", ".join(issue.name for issue in self.half.issues) or "no issue"
        return f"Combinations({names}: {len(self)} for {len(self.index):,} packages)"

    def holds(self, condition: Condition) -> Bools:
        """Return the combinations that meet a condition, shape (K,); a ValueError if it mentions another issue."""
        unseen = condition.issues() - {issue.name for issue in self.half.issues}
        if unseen:
            raise ValueError(f"these combinations do not tell {', '.join(sorted(unseen))}")
        holds = np.zeros(len(self), bool)
        for clause in condition.clauses:
            holds |= self.half.matches(clause)
        return holds

    def spread(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Expand values by combination, shape (..., K), to values by package, shape (..., P)."""
        return values[..., self.index]


def combinations(space: PackageSpace, issues: Collection[str]) -> Combinations:
    """Find the distinct combinations of options of some issues, in the order of these options; one without any issue.

    The same arguments give the same cached object. A ValueError if there is no such issue.
    """
    names = [issue.name for issue in space.issues]
    columns = sorted(names.index(name) for name in set(issues))
    return _found.get((space, tuple(columns)), lambda: _combinations(space, columns), lambda found: len(found.index))


_found = Cache[Combinations](ROOM)


def _combinations(space: PackageSpace, columns: Sequence[int]) -> Combinations:
    sizes = [len(space.issues[column].options) for column in columns]
    key = np.zeros(len(space), np.int64)
    raw_count = 1
    for column, size in zip(columns, sizes, strict=True):
        key = key * size + space.packages[:, column]
        raw_count *= size
    occurs = np.zeros(raw_count, bool)
    occurs[key] = True
    index = (np.cumsum(occurs) - 1)[key]
    example = np.empty(np.count_nonzero(occurs), np.int64)
    example[index[::-1]] = np.arange(len(space))[::-1]  # the last one written, the first package, stays
    looked_at = tuple(space.issues[column] for column in columns)
    half = Half(looked_at, frozen(space.packages[example][:, columns]))
    return Combinations(half, frozen(index), frozen(example))


@dataclass(frozen=True, eq=False)
class OptionColumns:
    """The columns of the summands of each combination."""

    combinations: Combinations  # of the issues summed over
    column: Ints  # column of each issue's summand, shape (K, issues)


@dataclass(frozen=True, eq=False)
class OptionSum(Bound):
    """A number of a package: a base and one summand for the option of each of a few issues, in issue-name order."""

    base: Floats  # base of every package, shape (B,)
    numbers: Floats  # summands of the options of these issues, side by side, shape (B, options)
    static: OptionColumns

    @classmethod
    def over(cls, space: PackageSpace, base: Floats, numbers: Mapping[str, Mapping[str, Floats]]) -> "OptionSum":
        """Lay out numbers given by issue and option, each of shape (B,); an option not given adds 0.

        A ValueError if there is no such issue or option.
        """
        found = combinations(space, numbers)
        columns, column, width = [], np.empty(found.half.options.shape, np.int64), 0
        for place, issue in enumerate(found.half.issues):
            unknown = numbers[issue.name].keys() - set(issue.options)
            if unknown:
                raise ValueError(f"{issue.name} has no option {', '.join(sorted(unknown))}")
            columns += [numbers[issue.name].get(option, np.zeros_like(base)) for option in issue.options]
            column[:, place] = width + found.half.options[:, place]
            width += len(issue.options)
        return cls(base, np.array(columns).reshape(width, len(base)).T, OptionColumns(found, column))

    def of(self, packages: Ints) -> Floats:
        """Return the number of one package a draw, shape (B,); NaN where there is none (`NO_DEAL`)."""
        chosen = self.static.column[self.static.combinations.index[packages]]
        draw = np.arange(len(packages))
        total = self.base
        for place in range(chosen.shape[1]):
            total = total + self.numbers[draw, chosen[:, place]]
        return np.where(packages == NO_DEAL, np.nan, total)

    def over_combinations(self) -> Floats:
        """Return the number of every distinct combination of `static.combinations`, shape (B, K)."""
        total = np.repeat(self.base[:, None], len(self.static.combinations), axis=1)
        for place in range(self.static.column.shape[1]):
            total = total + self.numbers[:, self.static.column[:, place]]
        return total

    def over_all(self) -> Floats:
        """Return the number of every package, shape (B, P), which is large."""
        return self.static.combinations.spread(self.over_combinations())
