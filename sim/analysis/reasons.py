"""Why runs ended without a deal, as shares of runs: what stood in the way, who refused, at the table and at home."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.analysis.compare import Mean, mean_interval
from sim.mechanisms.stages import ENDINGS
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
    """A no-deal worth, a red line or an event over the runs in which no package was acceptable."""

    name: str  # `party.no_deal`, `party.line` or `events.event`
    # its part of the share of runs without a zone, of all runs: where several smallest sets of obstacles would open the
    # way, a run counts in equal parts for each set, and in a set for each member. Parts add up to the share of runs
    # without a zone. With the ends of the 95 % interval.
    part: Mean
    involved: Share  # runs in which it belongs to a smallest set, of those without a zone
    alone: Share  # runs in which it would be enough to set it aside alone, of all runs


@dataclass(frozen=True)
class Reasons:
    """Why there is no deal."""

    n: int
    outcomes: tuple[Share, ...]  # all runs by outcome, in the order in which talks can end
    zone_first: Share  # runs with an acceptable package in the first round
    zone_ever: Share  # the same in some round
    obstacles: tuple[Obstacle, ...]  # what stood between the parties and a zone, the largest part first
    sizes: tuple[Share, ...]  # runs without a zone by how many obstacles must go at least, of those without a zone
    refusers: tuple[Share, ...]  # runs that had a zone and ran out of time, by who refused last or had not accepted
    left: tuple[Share, ...]  # runs broken off, by who left
    at_home: tuple[Share, ...]  # runs whose text was refused at home for good, by who refused
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
    """What became of each stage, in the order of the file."""
    held = []
    for each in (stage.id for stage in results.scenario.stages):
        draws = results.whole(f"stage_{each}_ended", f"stage_{each}_months")
        counts = Counter(draws[f"stage_{each}_ended"].dropna())
        agreed, months = Share(each, sum(counts.values()), results.n), float(draws[f"stage_{each}_months"].mean())
        ended = tuple(Share(name, counts[name], agreed.count) for name in ENDINGS if counts[name])
        held.append(StageHeld(each, agreed, months, ended))
    return tuple(held)


def reasons(results: Results) -> Reasons:
    """Why runs ended as they did. Reads columns, plays nothing."""
    names = ("outcome", "blocker", "zone_packages", "zone_ever", "break_cause", "break_month")
    draws, n = results.head(results.n, *(name for name in names if name in results.columns)), results.n
    outcome, blocker = draws["outcome"], draws["blocker"]
    counts = outcome.value_counts()
    sets = [smallest_sets(text) for text in blocker[outcome == "no_zone"].dropna()]
    sizes = Counter(len(each[0]) for each in sets)
    breaks: tuple[Share, ...] = ()
    if "break_cause" in draws:
        force = draws[(outcome == "in_force").fillna(False).astype(bool)]
        causes = force["break_cause"].where(force["break_month"] <= MONTHS).fillna(HELD)
        breaks = _most_frequent(causes, len(force))
    return Reasons(
        n=n,
        outcomes=tuple(Share(name, int(counts.get(name, 0)), n) for name in OUTCOMES if counts.get(name, 0)),
        zone_first=Share("zone_first", int((draws["zone_packages"] > 0).sum()), n),
        zone_ever=Share("zone_ever", int(zone_ever(draws).sum()), n),
        obstacles=tuple(_obstacles(sets, n)),
        sizes=tuple(Share(str(size), count, len(sets)) for size, count in sorted(sizes.items())),
        refusers=_most_frequent(blocker[outcome == "deadline"].dropna(), n),
        left=_most_frequent(blocker[outcome == "broke_off"].dropna(), n),
        at_home=_most_frequent(blocker[outcome == "refused"].dropna(), n),
        breaks=breaks,
    )


def smallest_sets(blocker: str) -> list[list[str]]:
    """The sets of a `blocker` text: each list is one way to open a zone."""
    return [members.split(" + ") for members in blocker.split(" | ")]


def _obstacles(runs: Sequence[Sequence[Sequence[str]]], n: int) -> Iterator[Obstacle]:
    """What the smallest sets of the runs without a zone are made of; the largest part first, ties by name."""
    parts: dict[str, list[float]] = {}
    alone = Counter(name for sets in runs for members in sets if len(members) == 1 for name in members)
    for sets in runs:
        own: dict[str, float] = {}
        for members in sets:
            for name in members:
                own[name] = own.get(name, 0.0) + 1 / len(sets) / len(members)
        for name, part in own.items():
            parts.setdefault(name, []).append(part)
    for name in sorted(parts, key=lambda name: (-sum(parts[name]), name)):
        over_all = pd.Series([*parts[name], *[0.0] * (n - len(parts[name]))])
        involved, enough = Share(name, len(parts[name]), len(runs)), Share(name, alone[name], n)
        yield Obstacle(name, mean_interval(over_all), involved, enough)


def _most_frequent(names: "pd.Series[str]", n: int) -> tuple[Share, ...]:
    """Runs by a name, of n, the most frequent first; ties by name."""
    counts = ((str(name), int(count)) for name, count in names.value_counts().items())
    return tuple(Share(name, count, n) for name, count in sorted(counts, key=lambda entry: (-entry[1], entry[0])))


@dataclass(frozen=True)
class Satisfaction:
    """One party among the agreements."""

    party: str
    least: Share  # agreements in which it is the least satisfied signatory, or ties for it, of those where it is known
    margin: float  # median of what the text is worth to it above no deal, over all agreements; NaN without any
    least_share: float  # median share of its largest possible margin, where it is the least satisfied; NaN without any


def satisfactions(results: Results) -> tuple[Satisfaction, ...]:
    """Who is least satisfied, in the order of the file."""
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
