"""Reasons for runs without a deal, as shares of runs: obstacles to a zone, refusals, at the table and at home."""

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from sim.analysis.compare import Mean
from sim.mechanisms.stages import ENDINGS
from sim.results.columns import OUTCOMES
from sim.results.figures import zone_ever
from sim.results.results import Z_95, Results, remembered, share_interval
from sim.results.stages import OfRuns

GROUPS = {"no_zone": ("no_zone",), "late": ("deadline", "broke_off"), "refused": ("refused",)}  # of outcomes
Key = TypeVar("Key", bound=Hashable)
HELD = "held_60"  # in force and not broken in five years
MONTHS = 60.0


@dataclass(frozen=True)
class Share(OfRuns):
    name: str
    count: int
    n: int


@dataclass(frozen=True)
class Obstacle:
    """A reservation value, a red line or an event over the runs in which no package was acceptable."""

    name: str  # `party.no_deal`, `party.line` or `events.event`
    # its part of the share of runs without a zone, of all runs: where several smallest sets of obstacles would open the
    # way, a run counts in equal parts for each set, and in a set for each member. Parts add up to the share of runs
    # without a zone. With the ends of the 95 % interval.
    part: Mean
    involved: Share  # runs in which it belongs to a smallest set, of those without a zone
    alone: Share  # runs in which setting it aside alone would be enough, of all runs


@dataclass(frozen=True)
class Reasons:
    """Reasons why there is no deal."""

    n: int
    outcomes: tuple[Share, ...]  # all runs by outcome, in the order in which talks can end
    zone_first: Share  # runs with an acceptable package in the first round
    zone_ever: Share  # the same in some round
    obstacles: tuple[Obstacle, ...]  # obstacles to a zone, the largest part first
    sizes: tuple[Share, ...]  # runs without a zone by size of the smallest set of obstacles
    refusers: tuple[Share, ...]  # runs that had a zone and ran out of time, by who refused last or had not accepted
    left: tuple[Share, ...]  # runs broken off, by who left
    at_home: tuple[Share, ...]  # runs whose package was refused at home for good, by who refused
    # agreements in force by what made their break likelier, where they broke within 60 months, else as `held_60`; none
    # where the file does not say how long agreements hold
    breaks: tuple[Share, ...]

    @property
    def without_deal(self) -> int:
        return sum(each.count for each in self.outcomes if each.name != "in_force")


@dataclass(frozen=True)
class StageHeld:
    """How often a stage was agreed, for how many months it then held, and how it ended, in runs that agreed on it."""

    stage: str
    agreed: Share
    months: float  # mean over the runs that agreed on it, NaN without any
    ended: tuple[Share, ...]


def stages_held(results: Results) -> tuple[StageHeld, ...]:
    """Return the fate of each stage, in the order of the file."""
    held = []
    for each in (stage.id for stage in results.scenario.stages):
        draws = results.whole(f"stage_{each}_ended", f"stage_{each}_months")
        counts = Counter(draws[f"stage_{each}_ended"].dropna())
        agreed, months = Share(each, sum(counts.values()), results.n), float(draws[f"stage_{each}_months"].mean())
        ended = tuple(Share(name, counts[name], agreed.count) for name in ENDINGS if counts[name])
        held.append(StageHeld(each, agreed, months, ended))
    return tuple(held)


def reasons(results: Results) -> Reasons:
    """Return the reasons for the outcomes. Reads columns, plays nothing."""
    names = ("outcome", "zone_packages", "zone_ever", "break_cause", "break_month")
    draws, n = results.head(results.n, *(name for name in names if name in results.columns)), results.n
    outcome, blocked = draws["outcome"], _blocked(results)
    counts, sizes = outcome.value_counts(), Counter[int]()
    for text, runs in blocked["no_zone"].items():
        sizes[len(smallest_sets(text)[0])] += runs
    breaks: tuple[Share, ...] = ()
    if "break_cause" in draws:
        force = draws[(outcome == "in_force").fillna(False).astype(bool)]
        causes = force["break_cause"].where(force["break_month"] <= MONTHS).fillna(HELD)
        breaks = _ranked(Counter(map(str, causes)), len(force))
    return Reasons(
        n=n,
        outcomes=tuple(Share(name, int(counts.get(name, 0)), n) for name in OUTCOMES if counts.get(name, 0)),
        zone_first=Share("zone_first", int((draws["zone_packages"] > 0).sum()), n),
        zone_ever=Share("zone_ever", int(zone_ever(draws).sum()), n),
        obstacles=tuple(_obstacles(blocked["no_zone"], n)),
        sizes=tuple(Share(str(size), count, sizes.total()) for size, count in sorted(sizes.items())),
        refusers=_ranked(blocked["deadline"], n),
        left=_ranked(blocked["broke_off"], n),
        at_home=_ranked(blocked["refused"], n),
        breaks=breaks,
    )


def smallest_sets(blocker: str) -> list[list[str]]:
    """Parse the sets of a `blocker` text: each list is one way to open a zone."""
    return [members.split(" + ") for members in blocker.split(" | ")]


def _obstacles(texts: Mapping[str, int], n: int) -> Iterator[Obstacle]:
    """Return the members of smallest sets of the runs without a zone; the largest part first, ties by name."""
    involved, alone = Counter[str](), Counter[str]()
    for text, runs in texts.items():
        sets = smallest_sets(text)
        involved.update(dict.fromkeys((name for members in sets for name in members), runs))
        alone.update({members[0]: runs for members in sets if len(members) == 1})
    parts = _parts(texts, n, lambda members: ((name, 1 / len(members)) for name in members))
    for name in sorted(parts, key=lambda name: (-parts[name][0], name)):
        shares = Share(name, involved[name], sum(texts.values())), Share(name, alone[name], n)
        yield Obstacle(name, parts[name], *shares)


def _parts(
    texts: Mapping[str, int], n: int, split: Callable[[list[str]], Iterable[tuple[Key, float]]]
) -> dict[Key, Mean]:
    """Return means over all runs by key: a run counts in equal parts for its sets, each split in turn."""
    totals, squares = dict[Key, float](), dict[Key, float]()
    for text, runs in sorted(texts.items()):
        own, sets = dict[Key, float](), smallest_sets(text)
        for members in sets:
            for key, part in split(members):
                own[key] = own.get(key, 0.0) + part / len(sets)
        for key, part in own.items():
            totals[key] = totals.get(key, 0.0) + runs * part
            squares[key] = squares.get(key, 0.0) + runs * part * part
    means = {}
    for key, total in totals.items():
        variance = max(squares[key] / n - (total / n) ** 2, 0.0) / (n - 1) if n > 1 else math.nan
        half = Z_95 * math.sqrt(variance)
        means[key] = total / n, total / n - half, total / n + half
    return means


def _ranked(counts: Mapping[str, int], n: int) -> tuple[Share, ...]:
    """Return the runs by name, of n, the most frequent first; ties by name; runs that name nobody left out."""
    names = sorted(filter(None, counts), key=lambda name: (-counts[name], name))
    return tuple(Share(name, counts[name], n) for name in names)


@remembered
def _blocked(results: Results) -> dict[str, Counter[str]]:
    """Count runs by outcome and by the column `blocker`, empty where it is missing."""
    counts = {name: Counter[str]() for name in OUTCOMES}
    for piece in results.pieces("outcome", "blocker"):
        runs = piece.fillna({"blocker": ""}).groupby(["outcome", "blocker"], observed=True).size().rename("runs")
        for outcome, text, count in runs.reset_index().itertuples(index=False):
            counts[outcome][text] += int(count)
    return counts


@dataclass(frozen=True)
class Part:
    """An obstacle to an agreement in force, as a share of all runs with its 95 % interval."""

    outcome: str
    name: str  # as in `blocker`: an obstacle, or who rejected; empty where nobody is named
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Group(OfRuns):
    """The runs without an agreement in force that end alike, and the parts that add up to them."""

    name: str  # of `GROUPS`
    count: int
    n: int
    parts: tuple[Part, ...]  # the largest first
    together: Mapping[tuple[str, str], Mean] = field(default_factory=dict)  # of `no_zone`; see `_pairs`


@remembered
def obstacle_groups(results: Results) -> tuple[Group, ...]:
    """Return all obstacles to an agreement in force, in three groups with parts that add up, as shares of all runs."""
    n, groups = results.n, []
    for name, outcomes in GROUPS.items():
        texts = {outcome: _blocked(results)[outcome] for outcome in outcomes}
        count = sum(runs for each in texts.values() for runs in each.values())
        if name == "no_zone":
            named = {text: runs for text, runs in texts[name].items() if text}
            parts = ((each.name, *each.part) for each in _obstacles(named, n))
            found = [Part(name, who, share, max(low, 0.0), high) for who, share, low, high in parts]
            rest, together = Counter({"": texts[name][""]}), _parts(named, n, _pairs)
            texts = {name: +rest}
        else:
            found, together = [], {}
        for outcome, each in texts.items():
            found += [Part(outcome, who, runs / n, *share_interval(runs, n)) for who, runs in each.items()]
        found.sort(key=lambda part: (not part.name, -part.share, part.outcome, part.name))
        groups.append(Group(name, count, n, tuple(found), together))
    return tuple(groups)


def _pairs(members: Sequence[str]) -> Iterator[tuple[tuple[str, str], float]]:
    """Split a set by party and other party: each member's part is shared equally among those of other parties.

    A set of one party alone is that party with itself. Pairs of a party add up to the parts of its obstacles.
    """
    owners = [name.partition(".")[0] for name in members]
    for owner in owners:
        others = [other for other in owners if other != owner] or [owner]
        for other in others:
            yield (owner, other), 1 / len(owners) / len(others)


@dataclass(frozen=True)
class Satisfaction:
    """One party's satisfaction among the agreements."""

    party: str
    least: Share  # agreements in which it is the least satisfied signatory, or ties for it, of those where it is known
    margin: float  # median of its gain over no deal, over all agreements; NaN without any
    least_share: float  # median share of its largest possible margin, where it is the least satisfied; NaN without any


def satisfactions(results: Results) -> tuple[Satisfaction, ...]:
    """Return the satisfaction of each party, in the order of the file."""
    margins = (f"margin_{party}" for party in results.scenario.parties)
    runs = results.head(results.n, "package", "least_satisfied_party", "least_satisfied", *margins)
    signed = runs[runs["package"].notna()]
    known = signed["least_satisfied_party"].dropna()
    rows = []
    for party in results.scenario.parties:
        is_least = [party in str(names).split(" | ") for names in known]
        shares = signed.loc[known.index[is_least], "least_satisfied"]
        medians = (float(each.median()) if len(each) else np.nan for each in (signed[f"margin_{party}"], shares))
        rows.append(Satisfaction(party, Share(party, sum(is_least), len(known)), *medians))
    return tuple(rows)
