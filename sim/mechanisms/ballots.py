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
        votes: `ratifier.vote` (V), by order, then ratifier, then vote: so the first of several is the one to name.
    """

    ratifiers: tuple[str, ...]  # names (J), sorted
    parties: tuple[str, ...]  # the party each ratifier belongs to
    by_order: Ints  # ratifiers by order, then name, shape (J,)
    votes: tuple[str, ...]
    milestones: tuple[str, ...]  # names (M), each after the one it counts from
    counted_from: Ints  # milestone each one counts from, -1 for the signature, shape (M,)
    combinations: Combinations  # of all options that any ratifier looks at
    cells: Ints  # cell of each ratifier, shape (K, J)
    voter: Ints  # ratifier of each cell, shape (C,)
    needed: Floats  # largest threshold among the votes held, shape (C,); -inf where none is held, inf where barred
    above: Bools  # whether the share must lie above `needed`, not just at it, shape (C,)
    held: Bools  # votes held, shape (K, V)
    of: Ints  # ratifier of each vote, shape (V,); `order`, `threshold` and `above_threshold` likewise
    order: Ints
    threshold: Floats
    above_threshold: Bools
    needs: Bools  # milestones each vote waits for, shape (V, M)
    after_refusal: Any  # as in the scenario; whoever runs the talks acts on it

    def __repr__(self) -> str:
        return f"Ballots({', '.join(self.votes)}; {self.combinations!r})"


def ballots(spec: Any, own: Sequence[Combinations], milestones: Sequence[str], space: PackageSpace) -> Ballots:
    """Lay out who votes on what.

    Args:
        own: The combinations that each ratifier looks at, ratifiers in name order.
        milestones: Their names, each after the one it counts from.

    A ValueError if a vote waits for a milestone that does not exist.
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
        needs=_needs([vote for _, vote in places], milestones),
        after_refusal=spec.after_refusal,
    )


def issues_seen(ratifier: Any) -> frozenset[str]:
    """Issues on which it depends what a ratifier votes on and how."""
    seen: frozenset[str] = frozenset(ratifier.shifts) | ratifier.when.issues() | ratifier.barred_when.issues()
    return seen.union(*(vote.when.issues() for vote in ratifier.votes))


def in_turn(milestones: Mapping[str, Any]) -> list[str]:
    """Milestones by name, but each after the one it counts from.

    A ValueError if they go in a circle, or one counts from what does not exist.
    """
    placed: list[str] = []
    while len(placed) < len(milestones):
        left = sorted(milestones.keys() - set(placed))
        ready = [name for name in left if milestones[name].after in (None, *placed)]
        if not ready:
            raise ValueError(f"milestones {', '.join(left)} wait for one another or for one that does not exist")
        placed += ready
    return placed


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


def _needs(votes: Sequence[Any], milestones: Sequence[str]) -> Bools:
    """Milestones that each vote waits for, shape (V, M)."""
    unknown = sorted({name for vote in votes for name in vote.needs} - set(milestones))
    if unknown:
        raise ValueError(f"votes wait for milestones that do not exist: {', '.join(unknown)}")
    needs = [[name in vote.needs for name in milestones] for vote in votes]
    return np.array(needs, bool).reshape(len(votes), len(milestones))
