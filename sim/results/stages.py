"""Stages of a run: from a ZOPA, to a signature, to an agreement that holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from sim.core.wording import meant, quoted
from sim.results.figures import STAGES, ZONE, in_force, zone_ever
from sim.results.results import Results, remembered, share_interval

REFUSED = "refused:"  # before the name of the refusing ratifier


class OfRuns:
    """A count of runs out of n: their share and its interval."""

    count: int
    n: int

    @property
    def share(self) -> float:
        """Count out of n; NaN of no runs."""
        return self.count / self.n if self.n else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share (Wilson's); [0, 1] of no runs."""
        return share_interval(self.count, self.n)


@dataclass(frozen=True)
class Step(OfRuns):
    """How many runs reached a stage, or stopped there."""

    kind: str  # `stage`, runs that reached it; `of_those`, the same among those in force; `stop`, runs that ended there
    name: str
    count: int
    n: int


# What stages and stops depend on; a scenario without votes, breaks or walking away lacks some of these columns.
COLUMNS = tuple(
    dict.fromkeys((
        *(column for figure in STAGES.values() for column in (*figure.columns, *figure.optional)),
        *("ratified", "refused_by", "attempts", "break_month"),
    ))
)


@dataclass(frozen=True)
class Flags:
    """Stages of runs: the columns they depend on, and which runs of a piece of the table reached each, by name."""

    columns: tuple[str, ...]
    of: "Callable[[pd.DataFrame], Mapping[str, pd.Series[bool]]]"


def runs_in_force(results: Results) -> int:
    return _sum(kinds(results), in_force(kinds(results)))


@remembered
def kinds(results: Results) -> pd.DataFrame:
    """Count runs by all values that stages depend on.

    Returns:
        Of `COLUMNS` those that the table has, reduced: `package` whether one was signed, `zone_packages` and `attempts`
        0 or 1, `break_month` whether it is known; and `runs`.
    """
    names = tuple(name for name in COLUMNS if name in results.columns)
    cut: dict[str, Callable[[pd.Series], pd.Series]] = {
        "package": lambda package: package.notna().map({True: "signed", False: None}),
        "zone_packages": lambda packages: (packages > 0).astype(int),
        "attempts": lambda attempts: (attempts > 0).astype(int),
        "break_month": lambda month: month.notna().map({True: 0.0, False: None}),
    }
    parts = list[pd.DataFrame]()
    for piece in results.pieces(*names):
        short = piece.assign(**{name: cut[name](piece[name]) for name in names if name in cut})
        parts.append(short.groupby(list(names), dropna=False, observed=True).size().rename("runs").reset_index())
    together = pd.concat(parts, ignore_index=True)
    return together.groupby(list(names), dropna=False, observed=True)["runs"].sum().reset_index()


def _sum(draws: pd.DataFrame, which: "pd.Series[bool]") -> int:
    return int(draws.loc[which.to_numpy(bool), "runs"].sum())


def without_agreement(results: Results) -> dict[str, int]:
    """Return the number of unsigned runs, by outcome."""
    unsigned = kinds(results)[kinds(results)["package"].isna()]
    return {str(name): int(runs) for name, runs in unsigned.groupby("outcome")["runs"].sum().items()}


def is_voted_on(results: Results) -> bool:
    """Return whether a signed package is voted on before it is in force."""
    return "ratified" in results.columns


def has_durability(results: Results) -> bool:
    """Return whether breaks are drawn: every agreement in force then has a month of its break."""
    if "break_month" not in results.columns:
        return False
    draws = kinds(results)
    return bool(draws.loc[in_force(draws), "break_month"].notna().all())


def stage_flags(results: Results) -> Flags:
    """Return the stages that the scenario has, in order.

    They are `zone_first` (some package was acceptable to all who must sign, in the first round), `zone_ever` (in some
    round; only where that differs), `signed`, `in_force`, `held_12`, `held_60`.
    """
    draws = kinds(results)
    has = {
        "zone_ever": bool((ZONE.flags(draws) != zone_ever(draws)).any()),
        "in_force": is_voted_on(results),
        "held_12": has_durability(results),
        "held_60": has_durability(results),
    }
    has_stages = {name: figure for name, figure in STAGES.items() if has.get(name, True)}
    columns = tuple(name for name in COLUMNS if name in results.columns)
    return Flags(columns, lambda draws: {name: figure.flags(draws) for name, figure in has_stages.items()})


def reached(results: Results) -> dict[str, int]:
    """Return how many runs reached each stage of the scenario, in order; see `stage_flags`."""
    draws = kinds(results)
    return {name: _sum(draws, which) for name, which in stage_flags(results).of(draws).items()}


def outcomes_by(results: Results, issue: str) -> pd.DataFrame:
    """Return the stages reached by option of an issue; see `Results.outcomes_by`."""
    if issue not in results.scenario.issues:
        raise ValueError(f"no issue is called {quoted(issue)}{meant(issue, list(results.scenario.issues))}")
    place, flags, rows = list(results.scenario.issues).index(issue), stage_flags(results), list[dict[str, object]]()
    parts = []
    for piece in results.pieces(*flags.columns):
        chosen = piece["package"].astype("string").str.split("/").str[place]
        later = {name: which for name, which in flags.of(piece).items() if not name.startswith("zone_")}
        parts.append(pd.DataFrame(later).astype(int).groupby(chosen.to_numpy(object)).sum())
    options = list(results.scenario.issues[issue].options)
    counts = pd.concat(parts).groupby(level=0).sum().reindex(options, fill_value=0).to_dict("index")
    for option in options:
        signed = int(counts[option]["signed"])
        for stage, found in counts[option].items():
            count, n = int(found), results.n if stage == "signed" else signed
            low, high = share_interval(count, n)
            share = count / n if n else float("nan")
            rows.append(
                {"option": option, "stage": stage, "count": count, "n": n, "share": share, "low": low, "high": high}
            )
    return pd.DataFrame(rows)


def stages(results: Results) -> list[Step]:
    """Return how many runs reached each stage and, of agreements in force, how many held."""
    steps, n_force = [], runs_in_force(results)
    for name, count in reached(results).items():
        steps.append(Step("stage", name, count, results.n))
        if name.startswith("held_"):
            steps.append(Step("of_those", name, count, n_force))
    return steps


def stops(results: Results) -> list[Step]:
    """Where the others stopped, in the order of the stages; with the runs of the last stage they add up to all runs."""
    draws = kinds(results)
    agreed, force = draws["package"].notna(), in_force(draws)
    refused_before = draws["attempts"] > 0 if "attempts" in draws else pd.Series(False, index=draws.index)
    late = ~agreed & (draws["outcome"] == "deadline")
    ended = {
        "no_zone": ~agreed & (draws["outcome"] == "no_zone"),
        "deadline": late & ~refused_before,
        "deadline_after_refusal": late & refused_before,
        "broke_off": ~agreed & (draws["outcome"] == "broke_off"),
    }
    steps = [Step("stop", name, _sum(draws, which), results.n) for name, which in ended.items()]
    steps = [step for step in steps if step.count or step.name in ("no_zone", "deadline")]
    if is_voted_on(results):
        by = draws[agreed & ~force].fillna({"refused_by": ""}).groupby("refused_by")["runs"].sum()
        ratification = results.scenario.ratification
        known = list(ratification.ratifiers) if ratification is not None else []  # others come last
        place = {name: known.index(name) if name in known else len(known) for name in map(str, by.index)}
        order = sorted(place, key=lambda name: (place[name], name))
        steps += [Step("stop", REFUSED + name, int(by[name]), results.n) for name in order]
    if has_durability(results):
        held_12, held_60 = (STAGES[name].flags(draws) for name in ("held_12", "held_60"))
        steps.append(Step("stop", "broke_12", _sum(draws, force & ~held_12), results.n))
        steps.append(Step("stop", "broke_60", _sum(draws, held_12 & ~held_60), results.n))
    return steps
