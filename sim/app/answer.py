"""The figures of the tweak page, computed in the worker: how far runs get, frequent packages, who is in the way.

Each is compared with the unchanged file on the same draws, so that differences come from the changes alone.
"""

from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.compare import by_issues, headline_issues, paired_difference
from sim.analysis.inputs import differing_inputs
from sim.app.changed import ChangedFile, ChangesRefused
from sim.app.playing import played
from sim.report.answer import STRIP
from sim.results.figures import STAGES
from sim.results.format import number, percent, share_with_interval
from sim.results.labels import blocker_labels, issue_label, option_label
from sim.results.manifest import identity
from sim.results.results import Results, remembered
from sim.results.stages import stage_flags
from sim.scenario import Scenario, read_scenario

PICTURES = ("frontier", "blockers")
PACKAGES, BEFORE, BLOCKERS, INPUTS = 8, 3, 6, 60  # most rows; BEFORE: packages frequent before that are not now


def answer(
    about: ChangedFile, draws: int, patience: float | None = None, pinned: ChangedFile | None = None
) -> Generator[None, None, dict[str, Any]]:
    """Return the outcomes of a file with some numbers changed, beside the unchanged file or other changes of it.

    Args:
        patience: Seconds after which fewer draws suffice; None for all.
        pinned: The file with the changes beside which the outcomes are held; None for the unchanged file.

    A ScenarioError if the file itself cannot be read.
    """
    try:
        scenario = about.read()
    except ChangesRefused as error:
        return {"refused": [{"path": about.changes.path_of(fault), "message": fault.message} for fault in error.faults]}
    try:
        other = pinned.read() if pinned else read_scenario(about.path)
    except ChangesRefused as error:  # the file was edited since
        return {"refused": [{"path": "", "message": f"B: {fault.message}"} for fault in error.faults]}
    results = yield from played(scenario, about.seed, draws, patience)
    before = (yield from played(other, about.seed, results.n)) if about.changes or pinned else results
    return _summarize(results, before, pinned is not None)


def pictures(about: ChangedFile, draws: int) -> Generator[None, None, list[dict[str, str]]]:
    """Return the charts of a file with some numbers changed, drawn as in reports: `title, alt, svg` each.

    A ScenarioError if the changes are inconsistent, or the file cannot be read.
    """
    from sim.charts import CHARTS
    from sim.charts.chart import svg_text

    results = yield from played(about.read(), about.seed, draws)
    drawn = []
    for name in PICTURES:
        yield
        picture = CHARTS[name](results)
        drawn.append({"title": picture.title, "alt": picture.alt, "svg": svg_text(picture)})
    return drawn


def _summarize(results: Results, before: Results, pinned: bool) -> dict[str, Any]:
    scenario, changed = results.scenario, pinned or results is not before
    return {
        "n": results.n,
        "seed": results.seed,
        "changed": changed,
        "pinned": pinned,
        "identity": identity(scenario, results.seed),
        "weights": central_weights(scenario),
        "stages": list(_stages(results, before, changed)),
        "zone_median": float(np.median(results.whole("zone_packages")["zone_packages"])),
        "issues": [issue_label(scenario, issue) for issue in scenario.headline or tuple(scenario.issues)],
        "packages": list(_packages(results, before, changed)),
        "different": len(results.packages()),
        "blockers": list(_blockers(results, before, changed)),
        "inputs": _inputs(before.scenario, scenario) if changed else [],
    }


def central_weights(scenario: Scenario) -> dict[str, dict[str, float]]:
    """Central weights by party and issue, rescaled where others were set."""
    return {
        name: {issue: float(number) for issue, number in party.weights.items()}
        for name, party in scenario.parties.items()
    }


def _stages(results: Results, before: Results, changed: bool) -> Iterator[dict[str, Any]]:
    now, then = _flags(results), _flags(before)
    zone = "zone_ever" if "zone_ever" in now else "zone_first"
    for name, flags in now.items():
        short = STRIP.get(name, "") if name == zone or not name.startswith("zone") else ""  # one of the two zones
        words = {"name": name, "label": STAGES[name].heading, "short": short}
        yield words | _beside(flags, then.get(name), changed)


@remembered
def _flags(results: Results) -> "dict[str, pd.Series[bool]]":
    flags = stage_flags(results)
    draws = results.whole("draw", *flags.columns).set_index("draw", drop=False)
    return dict(flags.of(draws))


def _packages(results: Results, before: Results, changed: bool) -> Iterator[dict[str, Any]]:
    """Return the packages signed most often, and those that were before the changes."""
    issues, scenario = headline_issues([results, before]), results.scenario
    names = [str(name) for name in results.packages(issues)["package"].head(PACKAGES)]
    if results is not before:
        often = [str(name) for name in before.packages(issues)["package"].head(BEFORE)]
        names += [name for name in often if name not in names]
    now, then = by_issues(results, issues), by_issues(before, issues)
    for name in names:
        options = [option_label(scenario, issue, option) for issue, option in zip(issues, name.split("/"), strict=True)]
        yield {"name": name, "options": options, **_beside(now == name, then == name, changed)}


def _blockers(results: Results, before: Results, changed: bool) -> Iterator[dict[str, Any]]:
    now, then = _whole(results, "blocker"), _whole(before, "blocker")
    for name in map(str, results.blockers()["blocker"].head(BLOCKERS)):
        words = blocker_labels(results.scenario, name)
        yield {"name": name, "words": words, **_beside(now == name, then == name, changed)}


def _whole(results: Results, column: str) -> pd.Series:
    return results.whole("draw", column).set_index("draw")[column]


def _beside(now: "pd.Series[bool]", then: "pd.Series[bool] | None", changed: bool) -> dict[str, Any]:
    """Return a share of runs with its interval, and its difference from the file's in points."""
    n, share = len(now), float(now.fillna(False).astype(bool).mean())
    row: dict[str, Any] = {"share": share, "text": share_with_interval(share, n), "before": "", "difference": ""}
    if changed and then is not None:
        one, other = (each.fillna(False).astype(float) for each in (then, now))
        (difference, low, high), _ = paired_difference(one, other)
        row["before"] = percent(float(one.mean()), n)
        row["difference"] = points(difference, low, high)
        row["clear"] = bool(low > 0 or high < 0)
    return row


def points(difference: float, low: float, high: float) -> str:
    """Format a difference of shares in percentage points with its interval, `+3.1 (1.0 to 5.2)`."""
    if np.isnan(low) or low == high:
        return number(100 * difference, 0, sign=True)
    places = 1 if high - low < 0.02 else 0
    middle, least, most = (number(100 * each, places, sign=True) for each in (difference, low, high))
    return f"{middle} ({least} to {most})"


def _inputs(before: Scenario, after: Scenario) -> list[dict[str, str]]:
    """Return inputs that differ from the file: those set, and those rescaled with them."""
    table = differing_inputs([before, after], ["before", "after"])
    rows = table[["input", "before", "after"]].head(INPUTS).astype(object).to_dict("records")
    return [{str(key): "" if pd.isna(value) else str(value) for key, value in row.items()} for row in rows]
