"""The results of a scenario: one row a draw, tallies, and summaries."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, wraps
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from sim.model.domain import Structure, structure
from sim.results.chunks import Chunk, chunk_length, play_chunk
from sim.results.columns import OUTCOMES
from sim.results.figures import SIGNED, STAGES, ZONE
from sim.results.notebook import Notebook
from sim.results.rows import FrameRows, Rows, joined
from sim.results.statistics import ExactSum, counted, median_of, quantiles
from sim.results.tallies import Tallies
from sim.scenario import Scenario

Z_95 = 1.959963984540054  # two-sided 95 % point of the normal distribution


def share_interval(count: float, n: float) -> tuple[float, float]:
    """Return the 95 % interval of a share, count out of n.

    Written out because importing `scipy.stats.binomtest` costs half a second at start, and a call a hundred times this
    formula.

    Source: Wilson (1927), score interval.
    """
    if n == 0:
        return 0.0, 1.0
    share, z2 = count / n, Z_95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 / (1 + z2 / n) * float(np.sqrt(share * (1 - share) / n + z2 / (4 * n * n)))
    return 0.0 if count == 0 else centre - half, 1.0 if count == n else centre + half


@dataclass(frozen=True, eq=False)
class Results(Notebook):
    """Many draws of one scenario.

    Tables and charts are made from totals over the rows, a piece at a time, or from a few columns: no one of them loads
    all columns of all draws.
    """

    scenario: Scenario
    seed: int
    rows: Rows = field(repr=False)  # one row a draw; columns as docs/results.md defines them
    tallies: Tallies  # counts over the same draws
    provenance: Mapping[str, Any] = field(default_factory=dict)  # identity and versions, if the results were stored

    @property
    def n(self) -> int:
        return self.rows.count

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.rows.dtypes)

    def pieces(self, *names: str) -> Iterator[pd.DataFrame]:
        """Iterate over some columns in pieces, in the order of the draws; a piece is what was written at once."""
        return self.rows.pieces(names)

    def whole(self, *names: str) -> pd.DataFrame:
        """Return some columns of all draws, texts as categories: 8 MB a million draws and number."""
        return joined(self.rows, names)

    def head(self, n: int, *names: str) -> pd.DataFrame:
        """Return some columns of the first n draws, all columns if none is named."""
        parts, left = [], n
        for piece in self.pieces(*(names or self.columns)):
            parts.append(piece.head(left))
            left -= len(parts[-1])
            if left <= 0:
                break
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def draws(self) -> pd.DataFrame:
        """All columns of all draws, for notebooks: some 100 MB to 2 GB a million draws."""
        return pd.concat(list(self.rows.pieces(self.columns)), ignore_index=True)

    @property
    def agreed(self) -> "pd.Series[bool]":
        """Draws in which a text was signed."""
        return pd.concat([piece["package"].notna() for piece in self.pieces("package")], ignore_index=True)

    @cached_property
    def packages_signed(self) -> dict[str, int]:
        """Return how many draws signed each package, sorted by package."""
        return counted(piece["package"] for piece in self.pieces("package"))

    @property
    def agreements(self) -> int:
        return sum(self.packages_signed.values())

    @cached_property
    def structure(self) -> Structure:
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
        for key, figure in (("zone", ZONE), ("agreement", SIGNED)):
            low, high = facts[f"{key}_interval"]
            lines.append(f"  {figure.label:<42}{facts[f'{key}_share']:7.1%}  [{low:.1%}, {high:.1%}] of runs")
        if facts["agreements"]:
            lines.append(f"  {'median round of signature':<42}{facts['median_round']:7.0f}")
            lines.append(f"  most frequent: {facts['most_frequent']} ({facts['most_frequent_share']:.1%} of runs)")
        return "\n".join(lines)

    def overview(self) -> tuple[str, pd.DataFrame]:
        """Headline figures, shares of runs with their 95 % intervals."""
        facts = self.summary()
        force = facts["outcomes"]["in_force"]
        shares = {
            ZONE: (facts["zone_share"], facts["zone_interval"]),
            SIGNED: (facts["agreement_share"], facts["agreement_interval"]),
            STAGES["in_force"]: (force, share_interval(round(force * self.n), self.n)),
        }
        rows = [
            (figure.heading, f"{share:.1%}", f"{low:.1%} to {high:.1%}")
            for figure, (share, (low, high)) in shares.items()
        ]
        if facts["agreements"]:
            rows.append(("Median month of signature", f"{facts['median_month']:.1f}", ""))
            rows.append(("Signed most often", facts["most_frequent"], f"{facts['most_frequent_share']:.1%} of runs"))
        title = f"{self.scenario.title} ({self.n:,} runs, seed {self.seed})"
        return title, pd.DataFrame(rows, columns=["", "value", "95 %"])

    def summary(self) -> dict[str, Any]:
        """Headline figures; every share is a share of runs in this scenario, with its 95 % interval.

        Returns:
            `id, title, n, seed, zone_share, zone_interval (in the first round), agreements, agreement_share,
            agreement_interval, outcomes (share by outcome), median_round, median_month, most_frequent (package by
            headline issues), most_frequent_share, least_satisfied (mean over agreements), blockers (share by
            blocker)`; medians and packages are None without any agreement.
        """
        zone, agreed, outcomes = 0, self.agreements, Counter[str]()
        rounds, months, least = Counter[float](), Counter[float](), ExactSum()
        for piece in self.pieces("zone_packages", "outcome", "round", "month", "least_satisfied", "package"):
            zone += int(ZONE.flags(piece).sum())
            outcomes.update(counted([piece["outcome"]]))
            signed = piece[piece["package"].notna()]
            rounds.update(counted([signed["round"]]))
            months.update(counted([signed["month"]]))
            least += ExactSum.of(signed["least_satisfied"].to_numpy(float))
        top = self.packages().head(1)
        return {
            "id": self.scenario.id,
            "title": self.scenario.title,
            "n": self.n,
            "seed": self.seed,
            "zone_share": zone / self.n,
            "zone_interval": share_interval(zone, self.n),
            "agreements": agreed,
            "agreement_share": agreed / self.n,
            "agreement_interval": share_interval(agreed, self.n),
            "outcomes": {name: outcomes[name] / self.n for name in OUTCOMES},
            "median_round": median_of(rounds) if agreed else None,
            "median_month": median_of(months) if agreed else None,
            "most_frequent": str(top["package"].iloc[0]) if len(top) else None,
            "most_frequent_share": float(top["share"].iloc[0]) if len(top) else None,
            "least_satisfied": least.mean if agreed else None,
            "blockers": self.blockers().set_index("blocker")["share"].head(10).to_dict(),
        }

    def summary_frame(self) -> pd.DataFrame:
        """The headline figures as a table.

        Returns:
            One row a stage that the scenario has (`zone_first`, `signed`, `in_force`, ...): `figure`, `label`, `count`,
            `n`, `share` of all runs, and the ends of its 95 % interval, `low` and `high`.
        """
        import sim

        rows = [(name, STAGES[name].label, count, self.n) for name, count in sim._stages().reached(self).items()]
        return _with_shares(pd.DataFrame(rows, columns=["figure", "label", "count", "n"]), self.n)

    def outcomes_by(self, issue: str) -> pd.DataFrame:
        """Tabulate stages by option of an issue; a ValueError if there is no such issue.

        Returns:
            One row an option and stage: `option`, `stage` (`signed`, then those of `in_force`, `held_12`, `held_60`
            that the scenario has), `count`, `n` (of `signed` all runs, of the others those that signed the option),
            `share` of n, NaN of none, and the ends of its 95 % interval, `low` and `high`.
        """
        import sim

        table: pd.DataFrame = sim._stages().outcomes_by(self, issue)
        return table

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
        places, counts = [names.index(issue) for issue in wanted], Counter[tuple[str, ...]]()
        for text, count in self.packages_signed.items():
            options = text.split("/")
            counts[tuple(options[place] for place in places)] += count
        table = pd.DataFrame(list(counts), columns=wanted, dtype="string").assign(count=list(counts.values()))
        table.insert(0, "package", pd.Series(["/".join(options) for options in counts], dtype="string"))
        table = table.sort_values(["count", "package"], ascending=[False, True], ignore_index=True)
        return _with_shares(table.astype({"count": "int64"}), self.n)

    def blockers(self) -> pd.DataFrame:
        """Tabulate obstacles in draws without a deal: `blocker`, `count`, `share` of all runs, `low`, `high`."""
        counts = counted(piece["blocker"] for piece in self.pieces("blocker"))
        table = pd.DataFrame({"blocker": pd.array(list(counts), "string"), "count": list(counts.values())})
        table = table.sort_values(["count", "blocker"], ascending=[False, True], ignore_index=True)
        return _with_shares(table.astype({"count": "int64"}), self.n)

    def parties(self) -> pd.DataFrame:
        """One row a party, in the order of the file.

        Returns:
            `party, label, utility` (mean over agreements), `utility_low`, `utility_high` (5th and 95th percentile),
            `no_deal` (mean over draws), `margin` (mean over agreements), `worth` (mean over draws, discounted),
            `blocking` (share of draws without a signature in which the party stood in the way: where several smallest
            sets would open it, the mean over sets of the party's part of the set).
        """

        def utilities() -> Iterator[dict[str, Any]]:
            names = [f"utility_{name}" for name in self.scenario.parties]
            for piece in self.pieces("package", *names):
                signed = piece["package"].notna().to_numpy(bool)
                yield {name: piece[name].to_numpy(float)[signed] for name in names}

        means, rows = self._means(), []
        ends = quantiles(utilities, (0.05, 0.95))
        unsigned = ("package", "blocker")
        blocked = counted(piece.loc[piece["package"].isna(), "blocker"] for piece in self.pieces(*unsigned))
        blocking = _blocking_shares(blocked, self.party_names)
        for name, party in self.scenario.parties.items():
            low, high = ends[f"utility_{name}"]
            row: dict[str, Any] = {"party": name, "label": party.label, "utility": means[f"utility_{name}"]}
            row |= {"utility_low": low, "utility_high": high}
            row |= {kind: means[f"{kind}_{name}"] for kind in ("no_deal", "margin", "discounted")}
            rows.append(row | {"blocking": blocking[name]})
        return pd.DataFrame(rows)

    def _means(self) -> dict[str, float]:
        """Return means of utilities by column: of the package over agreements, else over all draws."""
        kinds = ("utility", "no_deal", "margin", "discounted")
        names = {f"{kind}_{name}" for kind in kinds for name in self.party_names}
        sums = dict.fromkeys(sorted(names), ExactSum())
        for piece in self.pieces("package", *sums):
            signed = piece["package"].notna().to_numpy(bool)
            for name in sums:
                values = piece[name].to_numpy(float)
                sums[name] += ExactSum.of(values[signed] if name.startswith(("utility_", "margin_")) else values)
        return {name: total.mean for name, total in sums.items()}

    def first(self, n: int) -> "Results":
        """Return the results of the first n draws, played again."""
        return self if n >= self.n else _played(self.scenario, self.seed, n, self.structure)


def results_of(
    scenario: Scenario, seed: int, chunks: Sequence[Chunk], provenance: Mapping[str, Any] | None = None
) -> Results:
    """Join consecutive chunks from draw 0 on; a ValueError if they are not, or there is none."""
    if not chunks or [chunk.start for chunk in chunks] != [0, *(chunk.stop for chunk in chunks[:-1])]:
        raise ValueError("chunks must follow each other from draw 0 on")
    tallies = chunks[0].tallies
    for chunk in chunks[1:]:
        tallies = tallies + chunk.tallies
    rows = FrameRows([chunk.draws for chunk in chunks])
    return Results(scenario, seed, rows, tallies, dict(provenance or {}))


def run(scenario: Scenario, draws: int = 1000, seed: int = 1) -> Results:
    """Play many draws of a scenario and return the results in memory.

    Args:
        draws: Number of draws, at least 1 (else a ValueError). For a million, play a batch, which stores them on disk.
        seed: Of all random streams; the same seed gives the same results everywhere.
    """
    if draws < 1:
        raise ValueError(f"at least 1 draw is needed, not {draws}")
    return _played(scenario, seed, draws, structure(scenario))


def _played(scenario: Scenario, seed: int, draws: int, table: Structure) -> Results:
    """Play draws chunk by chunk, as a batch does, so that memory is released between chunks."""
    length = chunk_length(scenario, table)
    spans = [range(first, min(first + length, draws)) for first in range(0, draws, length)]
    return results_of(scenario, seed, [play_chunk(scenario, seed, span.start, len(span), table) for span in spans])


Value = TypeVar("Value")


def remembered(make: Callable[[Results], Value]) -> Callable[[Results], Value]:
    """Compute something of results once and cache it with them: charts need the same values again."""
    name = f"remembered {make.__module__}.{make.__qualname__}"

    @wraps(make)
    def made(results: Results) -> Value:
        if name not in results.__dict__:
            results.__dict__[name] = make(results)
        value: Value = results.__dict__[name]
        return value

    return made


def _with_shares(table: pd.DataFrame, n: int) -> pd.DataFrame:
    intervals = [share_interval(int(count), n) for count in table["count"]]
    return table.assign(
        share=table["count"] / n, low=[low for low, _ in intervals], high=[high for _, high in intervals]
    )


def _blocking_shares(blockers: Mapping[str, int], parties: Sequence[str]) -> dict[str, float]:
    """Return each party's share in the blocking sets; what an event took off the table counts for nobody."""
    totals = {name: Fraction(0) for name in parties}
    for text, count in blockers.items():
        sets = [members.split(" + ") for members in text.split(" | ")]
        for members in sets:
            for member in members:
                owner = member.split(".")[0]
                if owner in totals:
                    totals[owner] += Fraction(count, len(sets) * len(members))
    runs = sum(blockers.values())
    return {name: float(total / runs) if runs else 0.0 for name, total in totals.items()}
