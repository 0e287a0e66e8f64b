"""What stands in the way where fewer than all signatories are enough."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from sim.consent import votes_needed
from sim.exact import TOLERANCE
from sim.issues import Bools, Ints
from sim.structure import Structure
from sim.talks import Talks
from sim.utility import EVERYBODY


def smallest_sets(talks: Talks, rows: Ints, quota: int) -> list[str]:
    """For draws without a zone, the smallest sets of constraints that keep some package from having votes enough.

    A package needs the votes of so many of its signatories, so the constraints of those count that lack least.

    Returns:
        The sets of each draw, joined by ` | `, the names of a set by ` + `.
    """
    table = talks.ensemble.structure
    needed, answers = votes_needed(table.signs, quota), []
    for b in rows.tolist():
        lacking = _lacking(talks, b)
        gone = _crossed(talks, b, EVERYBODY).sum(axis=1)[table.lines.pattern]
        count = np.where(table.signs, lacking, np.iinfo(np.int32).max)
        ranked = np.cumsum(np.sort(count, axis=0), axis=0)
        missing = gone + np.where(needed > 0, ranked[np.maximum(needed, 1) - 1, np.arange(len(needed))], 0)
        alike = {}  # of packages with the same signatories, lines and unwilling parties one is enough
        for package in np.flatnonzero(missing == missing.min()).tolist():
            alike[(int(table.lines.pattern[package]), *count[:, package].tolist())] = package
        sets = {
            text for package in alike.values() for text in _sets(talks, b, package, count[:, package], needed[package])
        }
        answers.append(" | ".join(sorted(sets)))
    return answers


def _crossed(talks: Talks, b: int, party: int) -> Bools:
    """Real lines of a party in a draw that patterns cross, shape (K, L)."""
    lines = talks.ensemble.structure.lines
    crossed: Bools = lines.crosses & talks.real[b] & (lines.party == party)
    return crossed


def _short(talks: Talks, b: int, party: int) -> Bools:
    """Packages worth less than no deal to a party in a draw, shape (P,)."""
    short: Bools = talks.utility[b, party] < talks.no_deal[-1][b, party] - TOLERANCE
    return short


def _lacking(talks: Talks, b: int) -> Ints:
    """How many constraints keep each party from each package, shape (N, P)."""
    table = talks.ensemble.structure
    lacking = [
        _crossed(talks, b, n).sum(axis=1)[table.lines.pattern] + _short(talks, b, n) for n in range(len(table.parties))
    ]
    return np.array(lacking, np.int64)


def _sets(talks: Talks, b: int, package: int, count: Ints, needed: Any) -> Iterator[str]:
    """The constraints of the signatories that lack least, in every choice of them where several lack as much."""
    table = talks.ensemble.structure
    most = np.sort(count)[needed - 1] if needed else -1
    sure, tied = np.flatnonzero(count < most).tolist(), np.flatnonzero(count == most).tolist()
    for others in combinations(tied, needed - len(sure) if needed else 0):
        names = [name for n in (EVERYBODY, *sure, *others) for name in _names(table, talks, b, package, n)]
        yield " + ".join(sorted(names))


def _names(table: Structure, talks: Talks, b: int, package: int, party: int) -> Iterator[str]:
    crossed = _crossed(talks, b, party)[table.lines.pattern[package]]
    yield from (name for name, is_crossed in zip(table.lines.names, crossed, strict=True) if is_crossed)
    if party != EVERYBODY and _short(talks, b, party)[package]:
        yield f"{table.parties[party]}.no_deal"
