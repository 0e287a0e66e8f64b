"""Why runs ended without a deal, as shares of runs: what stood in the way, who refused, at the table and at home."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from sim.analysis.compare import Mean, mean_interval
from sim.results.columns import OUTCOMES
from sim.results.figures import zone_ever
from sim.results.results import Results
from sim.results.stages import OfRuns

HELD = "held_60"  # in force and not broken in five years
MONTHS = 60.0


@dataclass(frozen=True)
class Share(OfRuns):
    name: str
    count: int
    n: int


@dataclass(frozen=True)
class Obstacle:
    """A no-deal worth, a red line or an event over the runs in which no package was acceptable.

    Attributes:
        name: `party.no_deal`, `party.line` or `events.event`.
        part: Its part of the share of runs without a zone, of all runs: where several smallest sets of obstacles would
            open the way, a run counts in equal parts for each set, and in a set for each member. Parts add up to the
            share of runs without a zone. With the ends of the 95 % interval.
        involved: Runs in which it belongs to a smallest set, of those without a zone.
        alone: Runs in which it would be enough to set it aside alone, of all runs.
    """

    name: str
    part: Mean
    involved: Share
    alone: Share


@dataclass(frozen=True)
class Reasons:
    """Why there is no deal.

    Attributes:
        outcomes: All runs by outcome, in the order in which talks can end.
        zone_first: Runs with an acceptable package in the first round.
        zone_ever: The same in some round.
        obstacles: What stood between the parties and a zone, the largest part first.
        sizes: Runs without a zone by how many obstacles must go at least, of those without a zone.
        refusers: Runs that had a zone and ran out of time, by who refused last or had not accepted.
        left: Runs broken off, by who left.
        at_home: Runs whose text was refused at home for good, by who refused.
        breaks: Agreements in force by what made their break likelier, where they broke within 60 months, else as
            `held_60`; none where the file does not say how long agreements hold.
    """

    n: int
    outcomes: tuple[Share, ...]
    zone_first: Share
    zone_ever: Share
    obstacles: tuple[Obstacle, ...]
    sizes: tuple[Share, ...]
    refusers: tuple[Share, ...]
    left: tuple[Share, ...]
    at_home: tuple[Share, ...]
    breaks: tuple[Share, ...]

    @property
    def without_deal(self) -> int:
        return sum(each.count for each in self.outcomes if each.name != "in_force")


def reasons(results: Results) -> Reasons:
    """Why runs ended as they did. Reads columns, plays nothing."""
    names = ("outcome", "blocker", "zone_packages", "zone_ever", "break_cause", "break_month")
    draws, n = results.head(results.n, *(name for name in names if name in results.columns)), results.n
    outcome, blocker = draws["outcome"], draws["blocker"]
    counts = outcome.value_counts()
    sets = [smallest_sets(text) for text in blocker[outcome == "no_zone"].dropna()]
    return Reasons(
        n=n,
        outcomes=tuple(Share(name, int(counts.get(name, 0)), n) for name in OUTCOMES if counts.get(name, 0)),
        zone_first=Share("zone_first", int((draws["zone_packages"] > 0).sum()), n),
        zone_ever=Share("zone_ever", int(zone_ever(draws).sum()), n),
        obstacles=tuple(_obstacles(sets, n)),
        sizes=tuple(_sizes(sets)),
        refusers=_named(blocker[outcome == "deadline"], n),
        left=_named(blocker[outcome == "broke_off"], n),
        at_home=_named(blocker[outcome == "refused"], n),
        breaks=_breaks(draws),
    )


def smallest_sets(blocker: str) -> list[list[str]]:
    """The sets of a `blocker` text: each list is one way to open a zone."""
    return [members.split(" + ") for members in blocker.split(" | ")]


def _obstacles(runs: Sequence[Sequence[Sequence[str]]], n: int) -> Iterator[Obstacle]:
    """What the smallest sets of the runs without a zone are made of; the largest part first, ties by name."""
    parts: dict[str, list[float]] = {}
    alone: dict[str, int] = {}
    for sets in runs:
        own: dict[str, float] = {}
        for members in sets:
            for name in members:
                own[name] = own.get(name, 0.0) + 1 / len(sets) / len(members)
        for name, part in own.items():
            parts.setdefault(name, []).append(part)
        for (name,) in (members for members in sets if len(members) == 1):
            alone[name] = alone.get(name, 0) + 1
    for name in sorted(parts, key=lambda name: (-sum(parts[name]), name)):
        over_all = pd.Series([*parts[name], *[0.0] * (n - len(parts[name]))])
        involved, enough = Share(name, len(parts[name]), len(runs)), Share(name, alone.get(name, 0), n)
        yield Obstacle(name, mean_interval(over_all), involved, enough)


def _sizes(runs: Sequence[Sequence[Sequence[str]]]) -> Iterator[Share]:
    sizes = [len(sets[0]) for sets in runs]
    for size in sorted(set(sizes)):
        yield Share(str(size), sizes.count(size), len(runs))


def _named(blocker: pd.Series, n: int) -> tuple[Share, ...]:
    """Runs by what their `blocker` names, the most frequent first."""
    counts = blocker.dropna().value_counts()
    return tuple(Share(name, count, n) for name, count in _most_frequent(map(str, counts.index), counts.get))


def _most_frequent(names: Iterable[str], count: Callable[[str], object]) -> list[tuple[str, int]]:
    counts = {name: int(count(name)) for name in names}  # type: ignore[call-overload]
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))


def _breaks(draws: pd.DataFrame) -> tuple[Share, ...]:
    """Agreements in force by why they broke within five years."""
    if "break_cause" not in draws:
        return ()
    force = draws[(draws["outcome"] == "in_force").fillna(False).astype(bool)]
    causes = force["break_cause"].where(force["break_month"] <= MONTHS).fillna(HELD)
    counts = causes.value_counts()
    return tuple(
        Share(name, count, len(force)) for name, count in _most_frequent(map(str, counts.index), counts.get)
    )


@dataclass(frozen=True)
class Satisfaction:
    """One party among the agreements.

    Attributes:
        least: Agreements in which it is the least satisfied signatory, or ties for it, of those where that is known.
        margin: Median of what the text is worth to it above no deal, over all agreements; NaN without any.
        least_share: Median share of the largest margin it could have had, over agreements in which it is the least
            satisfied; NaN without any.
    """

    party: str
    least: Share
    margin: float
    least_share: float


def satisfactions(results: Results) -> tuple[Satisfaction, ...]:
    """Who has least to show for it, in the order of the file."""
    margins = (f"margin_{party}" for party in results.scenario.parties)
    runs = results.head(results.n, "package", "least_satisfied_party", "least_satisfied", *margins)
    signed = runs[runs["package"].notna()]
    known = signed["least_satisfied_party"].dropna()
    who = [set(str(names).split(" | ")) for names in known]
    rows = []
    for party in results.scenario.parties:
        is_least = [party in names for names in who]
        shares = signed.loc[known.index[is_least], "least_satisfied"]
        rows.append(Satisfaction(
            party=party,
            least=Share(party, sum(is_least), len(known)),
            margin=float(signed[f"margin_{party}"].median()) if len(signed) else float("nan"),
            least_share=float(shares.median()) if len(shares) else float("nan"),
        ))  # fmt: skip
    return tuple(rows)
