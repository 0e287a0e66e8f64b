"""The votes of a ratification laid out: who votes on what, how much it takes and what must come first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.core.exact import Floats
from sim.core.packages import Bools, Ints, PackageSpace
from sim.mechanisms.option_tables import Combinations, combinations

NOBODY = -1  # the index of no ratifier, no vote, no milestone


@dataclass(frozen=True, eq=False)
class Ballots:
    """Who votes on what, how much it takes and what must come first: the same in all draws.

    A *cell* is a ratifier with one combination of the options it looks at. There are few, so shares are held by cell.

    Attributes:
        ratifiers: Names (J), sorted.
        parties: The party each ratifier belongs to.
        by_order: Ratifiers by order, then name, shape (J,).
        votes: `ratifier.vote` (V), by order, then ratifier, then vote: so the first of several is the one to name.
        milestones: Names (M), each after the one it counts from.
        counted_from: Milestone each one counts from, -1 for the signature, shape (M,).
        combinations: Of all options that any ratifier looks at.
        cells: Cell of each ratifier, shape (K, J).
        voter: Ratifier of each cell, shape (C,).
        needed: Largest threshold among the votes held, shape (C,); -inf where none is held, inf where barred.
        above: Whether the share must lie above `needed`, not just at it, shape (C,).
        held: Votes held, shape (K, V).
        of: Ratifier of each vote, shape (V,); `order`, `threshold` and `above_threshold` likewise.
        needs: Milestones each vote waits for, shape (V, M).
        after_refusal: As in the scenario; whoever runs the talks acts on it.
    """

    ratifiers: tuple[str, ...]
    parties: tuple[str, ...]
    by_order: Ints
    votes: tuple[str, ...]
    milestones: tuple[str, ...]
    counted_from: Ints
    combinations: Combinations
    cells: Ints
    voter: Ints
    needed: Floats
    above: Bools
    held: Bools
    of: Ints
    order: Ints
    threshold: Floats
    above_threshold: Bools
    needs: Bools
    after_refusal: Any

    def __repr__(self) -> str:
        return f"Ballots({', '.join(self.votes)}; {self.combinations!r})"


def ballots(spec: Any, own: Sequence[Combinations], milestones: Sequence[str], space: PackageSpace) -> Ballots:
    """Lay out who votes on what.

    Args:
        spec: The block `ratification`.
        own: The combinations that each ratifier looks at, ratifiers in name order.
        milestones: Their names, each after the one it counts from.
    """
    names = sorted(spec.ratifiers)
    orders = np.array([spec.ratifiers[name].order for name in names], np.int64)
    places = [(j, vote) for j, name in enumerate(names) for vote in spec.ratifiers[name].votes]
    places.sort(key=lambda place: (orders[place[0]], place[0], place[1].id))
    together = combinations(space, {issue.name for seen in own for issue in seen.half.issues})
    own_cell = [seen.index[together.example] for seen in own]
    widths = [len(seen) for seen in own]
    first_cell = np.cumsum([0, *widths])
    takes = [_takes(spec.ratifiers[name], seen) for name, seen in zip(names, own, strict=True)]
    cells = [first_cell[j] + cell for j, cell in enumerate(own_cell)]
    held = [_held(spec.ratifiers[names[j]], vote, own[j])[own_cell[j]] for j, vote in places]
    after = [spec.milestones[name].after for name in milestones]
    needs = [[name in vote.needs for name in milestones] for _, vote in places]
    return Ballots(
        ratifiers=tuple(names),
        parties=tuple(spec.ratifiers[name].party for name in names),
        by_order=np.argsort(orders, kind="stable"),
        votes=tuple(f"{names[j]}.{vote.id}" for j, vote in places),
        milestones=tuple(milestones),
        counted_from=np.array([NOBODY if name is None else milestones.index(name) for name in after], np.int64),
        combinations=together,
        cells=np.array(cells, np.int64).reshape(len(names), len(together)).T,
        voter=np.repeat(np.arange(len(names)), widths),
        needed=np.concatenate([np.zeros(0), *(needed for needed, _ in takes)]),
        above=np.concatenate([np.zeros(0, bool), *(above for _, above in takes)]),
        held=np.array(held, bool).reshape(len(places), len(together)).T,
        of=np.array([j for j, _ in places], np.int64),
        order=np.array([orders[j] for j, _ in places], np.int64),
        threshold=np.array([_share(vote) for _, vote in places], np.float64),
        above_threshold=np.array([vote.strict for _, vote in places], bool),
        needs=np.array(needs, bool).reshape(len(places), len(milestones)),
        after_refusal=spec.after_refusal,
    )


def issues_seen(ratifier: Any) -> frozenset[str]:
    """Issues on which it depends what a ratifier votes on and how."""
    seen: frozenset[str] = frozenset(ratifier.shifts) | ratifier.when.issues() | ratifier.barred_when.issues()
    return seen.union(*(vote.when.issues() for vote in ratifier.votes))


def in_turn(milestones: Mapping[str, Any]) -> list[str]:
    """Milestones by name, but each after the one it counts from."""

    def depth(name: str | None) -> int:
        return 0 if name is None else 1 + depth(milestones[name].after)

    return sorted(milestones, key=lambda name: (depth(name), name))


def _barred(ratifier: Any, seen: Combinations) -> Bools:
    return seen.holds(ratifier.when) & seen.holds(ratifier.barred_when)


def _held(ratifier: Any, vote: Any, seen: Combinations) -> Bools:
    """Combinations on which a vote is held, shape (K,); a body that is barred holds none."""
    return seen.holds(ratifier.when) & seen.holds(vote.when) & ~_barred(ratifier, seen)


def _takes(ratifier: Any, seen: Combinations) -> tuple[Floats, Bools]:
    """The strictest threshold among the votes held, and whether the share must lie above it; shapes (K,)."""
    needed, above = np.full(len(seen), -np.inf), np.zeros(len(seen), bool)
    for vote in ratifier.votes:
        held, share = _held(ratifier, vote, seen), _share(vote)
        above = np.where(held & (share > needed), vote.strict, above | (held & (share == needed) & vote.strict))
        needed = np.where(held, np.maximum(needed, share), needed)
    return np.where(_barred(ratifier, seen), np.inf, needed), above


def _share(vote: Any) -> float:
    return float(vote.threshold.numerator / vote.threshold.denominator)
