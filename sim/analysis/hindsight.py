"""Comparison of runs with the historical record, if a file has `history`, and with two baselines without bargaining.

On each issue, a package has a position from 0 to 100. The distance of the runs' packages from the historical one is
compared with that of two simple guesses: the mean of the parties' positions, weighted by influence and by the weight of
the issue for each, and the middle of every scale. A model of bargaining that is no nearer than these has explained
nothing about the terms.

A mean distance penalizes uncertainty. So two proper scores are reported too, of the runs and of packages drawn
uniformly from those acceptable in the draws: the log of the probability of the historical option (a tenth of it spread
over all options), and the continuous ranked probability score, a distance less half of the mean difference of draws.

Source: Gneiting & Raftery (2007), Strictly proper scoring rules.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.portrait import option_places, portrait
from sim.core.exact import Floats
from sim.core.packages import PackageSpace
from sim.core.utility import DAYS_PER_MONTH
from sim.model.ensemble import draw
from sim.model.peace_talks import hold_talks
from sim.results.results import Results, share_interval
from sim.results.stages import stages
from sim.results.statistics import counted, quantile_of
from sim.scenario import Scenario

MIDDLE, UNSURE = 50.0, 0.1
MOST_ZONES = 200  # draws whose acceptable packages are evaluated
COLUMNS = [
    *("issue", "low", "high", "runs", "inside", "inside_low", "inside_high", "error"),
    *("mean", "mean_error", "middle_error", "log", "crps", "random_log", "random_crps"),
]


@dataclass(frozen=True, eq=False)
class Hindsight:
    """Comparison of runs with history.

    Columns of `issues`, a row an issue of which history gives the outcome: `issue`; `low` and `high`, its position on
    the scale from 0 to 100 (equal where an option is named); `runs`, the mean position of the packages signed;
    `inside`, the share of them that lie there, with its 95 % interval; `error`, their mean distance from there; `mean`
    and `mean_error`, the weighted mean of positions and its distance; `middle_error`, that of the middle; `log` and
    `crps`, the scores of the runs (a higher log, a lower CRPS in points is better), `random_log` and `random_crps` the
    same of random acceptable packages; NaN where nothing was signed, or nothing was acceptable.
    """

    issues: pd.DataFrame = field(repr=False)
    facts: pd.DataFrame = field(repr=False)
    signed: int  # runs with a package

    @property
    def errors(self) -> dict[str, float]:
        """Mean distance over issues of the runs, the weighted mean of positions and the middle of every scale."""
        names = {"runs": "error", "weighted_mean": "mean_error", "middle": "middle_error"}
        return {name: float(self.issues[column].mean()) for name, column in names.items()}

    @property
    def misses(self) -> list[str]:
        """Issues on which most packages signed in the runs differ from history."""
        return self.issues.loc[~(self.issues["inside"] >= 0.5), "issue"].tolist()


def hindsight(results: Results) -> Hindsight | None:
    """Compare runs with history; None where the file has no terms.

    Terms are `history.package` (an option by issue) or `history.terms` (`share: [low, high]` by issue, of the way from
    the first option to the last). Nothing that a run computes depends on them.
    """
    scenario = results.scenario
    places = {name: option_places(issue) for name, issue in scenario.issues.items()}
    terms = _terms(scenario.history or {}, places)
    if not terms:
        return None
    means = portrait(scenario).positions.set_index("issue")["mean"]
    counts = np.array(list(results.packages_signed.values()), float)
    n, rows, (space, chance) = int(counts.sum()), [], _acceptable(results)
    columns = [issue.name for issue in space.issues]
    for issue, ends in terms.items():
        k = list(scenario.issues).index(issue)
        where = np.array([places[issue][text.split("/")[k]] for text in results.packages_signed], float)
        off = np.array([_distance(each, ends) for each in where])
        inside, mean = int(counts[off == 0].sum()), float(means[issue])
        runs, error = (float((values * counts).sum()) / n if n else np.nan for values in (where, off))
        share = (inside / n if n else np.nan, *share_interval(inside, n))
        column = columns.index(issue)
        options = space.issues[column].options
        at = np.array([places[issue][option] for option in options])
        chosen = np.array([options.index(text.split("/")[k]) for text in results.packages_signed], int)
        signed = np.bincount(chosen, counts, len(at)).astype(float)
        at_random = np.bincount(space.packages[:, column], chance, len(at)).astype(float)
        scored = *_scores(at, signed / max(n, 1), ends), *_scores(at, at_random, ends)
        guesses = mean, _distance(mean, ends), _distance(MIDDLE, ends)
        rows.append((issue, *ends, runs, *share, error, *guesses, *scored))
    return Hindsight(pd.DataFrame(rows, columns=COLUMNS), _facts(results), results.agreements)


def _terms(history: dict[str, Any], places: dict[str, dict[str, float]]) -> dict[str, tuple[float, float]]:
    """Positions of the historical terms, in the order of the file; unknown issues and options are skipped."""
    package, terms, found = history.get("package"), history.get("terms"), {}
    for issue, of_options in places.items():
        option = package.get(issue) if isinstance(package, dict) else None
        entry = terms.get(issue) if isinstance(terms, dict) else None
        share = entry.get("share") if isinstance(entry, dict) else None
        if option in of_options:
            found[issue] = (of_options[option], of_options[option])
        elif isinstance(share, list) and len(share) == 2 and all(isinstance(end, (int, float)) for end in share):
            found[issue] = (100.0 * share[0], 100.0 * share[1])
    return found


def _acceptable(results: Results) -> tuple[PackageSpace, Floats]:
    """Return packages, and the probability of each, (P,), when drawn uniformly from those acceptable at the end."""
    talks = hold_talks(draw(results.scenario, results.seed, 0, min(results.n, MOST_ZONES), table=results.structure))
    zone = talks.zone[talks.zone.any(axis=1)]
    chance: Floats = (zone / zone.sum(axis=1, keepdims=True)).sum(axis=0) / max(len(zone), 1)
    return talks.ensemble.structure.space, chance


def _scores(places: Floats, chance: Floats, ends: tuple[float, float]) -> tuple[float, float]:
    """Log score and the CRPS in points for these option probabilities; if none lies there, the nearest counts."""
    if not chance.any():
        return np.nan, np.nan
    off = places - np.clip(places, *ends)
    there = np.abs(off) == np.abs(off).min()
    log = np.log((1 - UNSURE) * chance[there].sum() + UNSURE * there.mean())
    apart = (chance[:, None] * chance * np.abs(off[:, None] - off)).sum()
    return float(log), float((chance * np.abs(off)).sum() - apart / 2)


def _distance(place: float, ends: tuple[float, float]) -> float:
    return max(ends[0] - place, place - ends[1], 0.0)


def _facts(results: Results) -> pd.DataFrame:
    history, scenario = results.scenario.history or {}, results.scenario
    rows: list[tuple[str, str, str]] = []
    signed, force = results.agreements, round(results.summary()["outcomes"]["in_force"] * results.n)
    if isinstance(history.get("agreed"), bool):
        rows.append(("a text was signed", "yes" if history["agreed"] else "no", _share(signed, results.n)))
    when = _month(scenario, history.get("signed"))
    if when is not None and signed:
        months = counted(piece["month"] for piece in results.pieces("month"))
        low, middle, high = (quantile_of(months, level) for level in (0.05, 0.5, 0.95))
        rows.append(("month of signature", f"{when:.1f}", f"{middle:.1f} (middle), {low:.1f} to {high:.1f} (5-95 %)"))
    if history.get("in_force"):
        rows.append(("it came into force", "yes", f"{_share(force, signed)} of those signed" if signed else "-"))
    if history.get("held"):
        held = next((step.count for step in stages(results) if step.name == "held_60"), None)
        text = "not computed" if held is None else f"60 months and more: {_share(held, force)} of those in force"
        rows.append(("it held", str(history["held"]), text))
    return pd.DataFrame(rows, columns=["what", "happened", "runs"])


def _share(count: int, n: int) -> str:
    low, high = share_interval(count, n)
    return f"{100 * count / n:.0f} % ({100 * low:.0f}-{100 * high:.0f}), n = {n:,}" if n else "-"


def _month(scenario: Scenario, when: Any) -> float | None:
    if scenario.as_of is None or not isinstance(when, (str, date)):
        return None
    try:
        then = when if isinstance(when, date) else date.fromisoformat(when)
    except ValueError:
        return None
    return (then - scenario.as_of).days / DAYS_PER_MONTH
