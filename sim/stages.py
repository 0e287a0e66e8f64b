"""How far each run got: from something to agree on, to a signature, to an agreement that holds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from sim.results import Results, share_interval

REFUSED = "refused:"  # before the name of who refused


@dataclass(frozen=True)
class Step:
    """How many runs got somewhere.

    Attributes:
        kind: `stage`, how many runs got there; `of_those`, the same of those in force; `stop`, how many ended there.
        name: Of the stage or of what stopped them.
        count: Runs.
        n: Of how many.
    """

    kind: str
    name: str
    count: int
    n: int

    @property
    def share(self) -> float:
        """Count out of n; NaN of no runs."""
        return self.count / self.n if self.n else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share; the whole of [0, 1] of no runs."""
        return share_interval(self.count, self.n)


def in_force(results: Results) -> "pd.Series[bool]":
    """Runs with an agreement in force."""
    return (results.draws["outcome"] == "in_force").fillna(False).astype(bool)


def zone_ever(draws: pd.DataFrame) -> "pd.Series[bool]":
    """Runs with some package acceptable to all who sign it in some round; where parties may leave, a column tells."""
    told: pd.Series[bool] = draws["zone_ever"].astype(bool) if "zone_ever" in draws else draws["outcome"] != "no_zone"
    return told


def is_voted_on(results: Results) -> bool:
    """Whether what is signed goes to a vote before it is in force."""
    return "ratified" in results.draws


def says_how_long(results: Results) -> bool:
    """Whether breaks are drawn: months of a break are known wherever an agreement is in force."""
    if "break_month" not in results.draws:
        return False
    known = results.draws.loc[in_force(results), "break_month"].notna()
    return bool(known.all())


def reached(results: Results) -> "Mapping[str, pd.Series[bool]]":
    """Which runs got to each stage, in order; only the stages that the scenario has.

    Returns:
        `zone_first` (some package was acceptable to all who must sign, in the first round), `zone_ever` (in some
        round; only where that differs), `signed`, `in_force`, `held_12`, `held_60`.
    """
    draws, force = results.draws, in_force(results)
    first, ever = draws["zone_packages"] > 0, zone_ever(draws)
    found = {"zone_first": first}
    if (first != ever).any():
        found["zone_ever"] = ever
    found["signed"] = results.agreed
    if is_voted_on(results):
        found["in_force"] = force
    if says_how_long(results):
        found |= {name: force & draws[name].astype(bool) for name in ("held_12", "held_60")}
    return {name: runs.astype(bool) for name, runs in found.items()}


def stages(results: Results) -> list[Step]:
    """How many runs got how far, and of agreements in force, how many held."""
    steps, n_force = [], int(in_force(results).sum())
    for name, runs in reached(results).items():
        count = int(runs.sum())
        steps.append(Step("stage", name, count, results.n))
        if name.startswith("held_"):
            steps.append(Step("of_those", name, count, n_force))
    return steps


def stops(results: Results) -> list[Step]:
    """What stopped the others, in the order of the stages; with the runs of the last stage they make up all runs."""
    draws, agreed, force = results.draws, results.agreed, in_force(results)
    refused_before = draws["attempts"] > 0 if "attempts" in draws else pd.Series(False, index=draws.index)
    counts = {}
    for outcome in ("no_zone", "deadline", "broke_off"):
        here = ~agreed & (draws["outcome"] == outcome)
        if outcome == "deadline":
            counts["deadline_after_refusal"] = int((here & refused_before).sum())
            here &= ~refused_before
        counts[outcome] = int(here.sum())
    kept = {name: count for name, count in counts.items() if count or name in ("no_zone", "deadline")}
    order = [name for name in ("no_zone", "deadline", "deadline_after_refusal", "broke_off") if name in kept]
    steps = [Step("stop", name, kept[name], results.n) for name in order]
    if is_voted_on(results):
        refused = draws.loc[agreed & ~force, "refused_by"].fillna("").value_counts()
        steps += [Step("stop", REFUSED + name, int(refused[name]), results.n) for name in _in_order(results, refused)]
    if says_how_long(results):
        held_12, held_60 = (force & draws[name].astype(bool) for name in ("held_12", "held_60"))
        steps.append(Step("stop", "broke_12", int((force & ~held_12).sum()), results.n))
        steps.append(Step("stop", "broke_60", int((held_12 & ~held_60).sum()), results.n))
    return steps


def _in_order(results: Results, refused: "pd.Series[int]") -> Iterator[str]:
    """Who refused, in the order of the file; names that it does not have come last."""
    ratification = results.scenario.ratification
    known = list(ratification.ratifiers) if ratification is not None else []
    place = {name: known.index(name) if name in known else len(known) for name in map(str, refused.index)}
    yield from sorted(place, key=lambda name: (place[name], name))
