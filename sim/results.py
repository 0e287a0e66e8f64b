"""The results of a scenario: a table of draws, counts over them, and what they add up to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sim.chunks import Chunk, play_chunk
from sim.outcomes import OUTCOMES
from sim.scenario import Scenario
from sim.structure import Structure, structure
from sim.tallies import Tallies

Z_95 = 1.959963984540054  # two-sided 95 % point of the normal curve


def share_interval(count: float, n: float) -> tuple[float, float]:
    """95 % interval of a share, count out of n.

    Source: Wilson (1927), score interval.
    """
    if n == 0:
        return 0.0, 1.0
    share, z2 = count / n, Z_95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 / (1 + z2 / n) * float(np.sqrt(share * (1 - share) / n + z2 / (4 * n * n)))
    return 0.0 if count == 0 else centre - half, 1.0 if count == n else centre + half


@dataclass(frozen=True, eq=False)
class Results:
    """What came of many draws of one scenario.

    Attributes:
        scenario: As resolved.
        seed: Of all random streams.
        draws: One row a draw; columns as docs/results.md defines them.
        tallies: Counts over the same draws.
        provenance: Identity and versions, where the results were stored.
    """

    scenario: Scenario
    seed: int
    draws: pd.DataFrame
    tallies: Tallies
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Number of draws."""
        return len(self.draws)

    @property
    def agreed(self) -> pd.Series:
        """Draws in which a text was signed."""
        return self.draws["package"].notna()

    @cached_property
    def structure(self) -> Structure:
        """What is the same in all draws."""
        return structure(self.scenario)

    @property
    def party_names(self) -> list[str]:
        """Parties in name order, as on the party axis of tallies."""
        return list(self.structure.parties)

    @property
    def option_names(self) -> list[str]:
        """`issue.option` in name order, as on the option axes of tallies."""
        return self.structure.option_names

    def __repr__(self) -> str:
        facts = self.summary()
        lines = [f"{self.scenario.title} (seed {self.seed}, n = {self.n:,} draws)"]
        for key, label in (("zone", "some package acceptable to all"), ("agreement", "agreement signed")):
            low, high = facts[f"{key}_interval"]
            lines.append(f"  {label:<32}{facts[f'{key}_share']:7.1%}  [{low:.1%}, {high:.1%}] of runs")
        if facts["agreements"]:
            lines.append(f"  {'median round of signature':<32}{facts['median_round']:7.0f}")
            lines.append(f"  most frequent: {facts['most_frequent']} ({facts['most_frequent_share']:.1%} of runs)")
        return "\n".join(lines)

    def summary(self) -> dict[str, Any]:
        """Headline figures; every share is a share of runs in this scenario, with its 95 % interval.

        Returns:
            `id, title, n, seed, zone_share, zone_interval (in the first round), agreements, agreement_share,
            agreement_interval, outcomes (share by outcome), median_round, median_month, most_frequent (package by
            headline issues), most_frequent_share, least_satisfied (mean over agreements), blockers (share by
            blocker)`; medians and packages are None without any agreement.
        """
        zone = int((self.draws["zone_packages"] > 0).sum())
        agreed = self.draws[self.agreed]
        counts = self.draws["outcome"].value_counts()
        top = self.packages().head(1)
        return {
            "id": self.scenario.id,
            "title": self.scenario.title,
            "n": self.n,
            "seed": self.seed,
            "zone_share": zone / self.n,
            "zone_interval": share_interval(zone, self.n),
            "agreements": len(agreed),
            "agreement_share": len(agreed) / self.n,
            "agreement_interval": share_interval(len(agreed), self.n),
            "outcomes": {name: int(counts.get(name, 0)) / self.n for name in OUTCOMES},
            "median_round": float(agreed["round"].median()) if len(agreed) else None,
            "median_month": float(agreed["month"].median()) if len(agreed) else None,
            "most_frequent": str(top["package"].iloc[0]) if len(top) else None,
            "most_frequent_share": float(top["share"].iloc[0]) if len(top) else None,
            "least_satisfied": float(agreed["least_satisfied"].mean()) if len(agreed) else None,
            "blockers": self.blockers().set_index("blocker")["share"].head(10).to_dict(),
        }

    def packages(self, issues: Sequence[str] | None = None) -> pd.DataFrame:
        """Agreements by package, most frequent first.

        Args:
            issues: Group by these issues; by default the scenario's `headline`, or all issues if it has none.

        Returns:
            `package` (options joined by `/` in the order of the issues), one column an issue, `count`, `share` of all
            runs, and the ends of its 95 % interval, `low` and `high`.
        """
        names = list(self.scenario.issues)
        wanted = list(issues or self.scenario.headline or names)
        parts = self.draws.loc[self.agreed, "package"].str.split("/", expand=True)
        parts = parts.reindex(columns=range(len(names))).set_axis(names, axis=1)[wanted]
        table = parts.value_counts(sort=False).rename("count").reset_index()
        table.insert(0, "package", table[wanted].agg("/".join, axis=1) if len(table) else pd.Series(dtype="string"))
        table = table.sort_values(["count", "package"], ascending=[False, True], ignore_index=True)
        return _with_shares(table, self.n)

    def blockers(self) -> pd.DataFrame:
        """What stood in the way in draws without a deal: `blocker`, `count`, `share` of all runs, `low`, `high`."""
        table = self.draws["blocker"].value_counts().rename("count").rename_axis("blocker").reset_index()
        return _with_shares(table.sort_values(["count", "blocker"], ascending=[False, True], ignore_index=True), self.n)

    def parties(self) -> pd.DataFrame:
        """One row a party, in the order of the file.

        Returns:
            `party, label, utility` (mean over agreements), `utility_low`, `utility_high` (5th and 95th percentile),
            `no_deal` (mean over draws), `margin` (mean over agreements), `worth` (mean over draws, discounted),
            `blocking` (share of draws without a signature in which the party stood in the way: where several smallest
            sets would open it, the mean over sets of the party's part of the set).
        """
        agreed, rows = self.draws[self.agreed], []
        blocking = _blocking_shares(self.draws.loc[~self.agreed, "blocker"].dropna(), self.party_names)
        for name, party in self.scenario.parties.items():
            utility = agreed[f"utility_{name}"]
            rows.append({
                "party": name,
                "label": party.label,
                "utility": utility.mean(),
                "utility_low": utility.quantile(0.05),
                "utility_high": utility.quantile(0.95),
                "no_deal": self.draws[f"no_deal_{name}"].mean(),
                "margin": agreed[f"margin_{name}"].mean(),
                "worth": self.draws[f"worth_{name}"].mean(),
                "blocking": blocking[name],
            })  # fmt: skip
        return pd.DataFrame(rows)

    def first(self, n: int) -> "Results":
        """The results of the first n draws alone; their tallies are counted anew."""
        if n >= self.n:
            return self
        return results_of(self.scenario, self.seed, [play_chunk(self.scenario, self.seed, 0, n, self.structure)])


def results_of(
    scenario: Scenario, seed: int, chunks: Sequence[Chunk], provenance: Mapping[str, Any] | None = None
) -> Results:
    """Join chunks, which must follow each other from draw 0 on.

    Raises:
        ValueError: if there is no chunk, or a gap between two.
    """
    if not chunks or [chunk.start for chunk in chunks] != [0, *(chunk.stop for chunk in chunks[:-1])]:
        raise ValueError("chunks must follow each other from draw 0 on")
    tallies = chunks[0].tallies
    for chunk in chunks[1:]:
        tallies = tallies + chunk.tallies
    draws = pd.concat([chunk.draws for chunk in chunks], ignore_index=True)
    return Results(scenario, seed, draws, tallies, dict(provenance or {}))


def run(scenario: Scenario, draws: int = 1000, seed: int = 1) -> Results:
    """Play many draws of a scenario, here and now, and keep the results in memory.

    Args:
        scenario: As read by `read_scenario`.
        draws: Number of draws, at least 1.
        seed: Of all random streams; the same seed gives the same results everywhere.

    Raises:
        ValueError: if `draws` is below 1.
    """
    if draws < 1:
        raise ValueError(f"at least 1 draw is needed, not {draws}")
    return results_of(scenario, seed, [play_chunk(scenario, seed, 0, draws)])


def _with_shares(table: pd.DataFrame, n: int) -> pd.DataFrame:
    intervals = [share_interval(int(count), n) for count in table["count"]]
    return table.assign(
        share=table["count"] / n,
        low=[low for low, _ in intervals],
        high=[high for _, high in intervals],
    )


def _blocking_shares(blockers: pd.Series, parties: Sequence[str]) -> dict[str, float]:
    """Part of each party in the sets that stood in the way; what an event took off the table is nobody's."""
    totals = dict.fromkeys(parties, 0.0)
    for text, count in blockers.value_counts().items():
        sets = [members.split(" + ") for members in str(text).split(" | ")]
        for members in sets:
            for member in members:
                owner = member.split(".")[0]
                if owner in totals:
                    totals[owner] += int(count) / len(sets) / len(members)
    return {name: total / len(blockers) if len(blockers) else 0.0 for name, total in totals.items()}
