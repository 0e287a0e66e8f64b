"""Comparison of results: inputs that differ, and differences of figures, packages and outcomes, draw by draw."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.figures import column_of, figures
from sim.analysis.inputs import differing_inputs
from sim.analysis.rendered import Rendered
from sim.results.manifest import folder_name
from sim.results.results import Z_95, Results, share_interval

Mean = tuple[float, float, float]  # a mean and the ends of its 95 % interval
PACKAGE_COLUMNS = [
    *("package", "name", "value", "low", "high", "n"),
    *("difference", "difference_low", "difference_high", "pairs"),
]
TRANSITION_COLUMNS = ["name", "from", "to", "count", "share"]


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Rendered):
    """Two or more results compared with the first.

    With a common seed, draw k is the same world in all of them but for the inputs that differ, and differences are
    paired by draw, which makes their intervals narrow.

    Attributes:
        inputs: Inputs that differ: `input`, then for each name its value, and `NAME.where` (file:line:column).
        figures: One row a figure and result: `figure, label, kind` (`share` or `mean`), `name, value, low, high, n`,
            and against the first `difference, difference_low, difference_high, pairs`, all with 95 % intervals.
        packages: One row a package (by headline issues) and result, with the same columns of numbers.
        shared: The rows of `figures`, where draws are paired over those in which all results have the figure, so that a
            difference is that of the two values beside it; and `of_signed`, whether only signed draws have it.
        shared_packages: The rows of `packages` over the draws that all results have.
        transitions: Draws by outcome in the first and in another: `name, from, to, count, share`; empty if not paired.
    """

    results: tuple[Results, ...] = field(repr=False)
    names: tuple[str, ...]
    paired: bool
    inputs: pd.DataFrame
    figures: pd.DataFrame
    packages: pd.DataFrame
    transitions: pd.DataFrame
    shared: pd.DataFrame = field(repr=False)
    shared_packages: pd.DataFrame = field(repr=False)

    def overview(self) -> tuple[str, pd.DataFrame]:
        table = self.figures.pivot_table(index="label", columns="name", values="value", sort=False)[list(self.names)]
        return f"Comparison of {len(self.results)} results", table.reset_index(names="figure")


def compare(results: Sequence[Results]) -> Comparison:
    """Compare results with the first.

    Raises:
        ValueError: if there are fewer than two.
    """
    if len(results) < 2:
        raise ValueError(f"a comparison takes at least two results, not {len(results)}")
    names = _distinct_names(results)
    paired = len({one.seed for one in results}) == 1
    found, shared, packages, shared_packages = (list[dict[str, Any]]() for _ in range(4))
    for figure in figures(results):
        if figure.listed:
            head = {"figure": figure.name, "label": figure.label, "kind": figure.kind}
            columns = [column_of(figure, one) for one in results]
            found += _rows(head, names, figure.kind, columns, paired)
            in_all, more = _in_all(columns) if paired else columns, {"of_signed": figure.if_signed}
            shared += _rows(head | more, names, figure.kind, in_all, paired)
    for package, columns in _package_columns(results):
        packages += _rows({"package": package}, names, "share", columns, paired)
        in_all = _in_all(columns) if paired else columns
        shared_packages += _rows({"package": package}, names, "share", in_all, paired)
    return Comparison(
        results=tuple(results),
        names=names,
        paired=paired,
        inputs=differing_inputs([one.scenario for one in results], names),
        figures=pd.DataFrame(found),
        packages=pd.DataFrame(packages, columns=PACKAGE_COLUMNS),
        transitions=pd.DataFrame(list(_transitions(results, names)) if paired else [], columns=TRANSITION_COLUMNS),
        shared=pd.DataFrame(shared),
        shared_packages=pd.DataFrame(shared_packages, columns=PACKAGE_COLUMNS),
    )


def _in_all(columns: Sequence[pd.Series]) -> list[pd.Series]:
    """Return columns restricted to the draws in which all of them have a value."""
    known = columns[0].dropna().index
    for column in columns[1:]:
        known = known.intersection(column.dropna().index)
    return [column.loc[known] for column in columns]


def _distinct_names(results: Sequence[Results]) -> tuple[str, ...]:
    """Return the ids of the scenarios, made distinct by the hash of their results, or for the same results by `#2`."""
    ids = [one.scenario.id for one in results]
    names = [
        folder_name(one.scenario, one.seed) if ids.count(name) > 1 else name
        for name, one in zip(ids, results, strict=True)
    ]
    return tuple(
        name if names.index(name) == place else f"{name}#{names[: place + 1].count(name)}"
        for place, name in enumerate(names)
    )


def _package_columns(results: Sequence[Results]) -> Iterator[tuple[str, list[pd.Series]]]:
    """Whether draws sign each package, most frequent first in the mean over results; by headline issues of all."""
    issues = headline_issues(results)
    if not issues:
        return
    texts = [by_issues(one, issues) for one in results]
    shares = pd.DataFrame([text.value_counts(dropna=True) / len(text) for text in texts]).fillna(0.0)
    order = shares.mean().rename("share").rename_axis("package").reset_index()
    for package in order.sort_values(["share", "package"], ascending=[False, True])["package"]:
        yield package, [(text == package).astype(float) for text in texts]


def headline_issues(results: Sequence[Results]) -> list[str]:
    """Return the headline issues of the first result (all its issues if it has none) that every result has."""
    first = results[0].scenario
    wanted = first.headline or tuple(first.issues)
    return [issue for issue in wanted if all(issue in one.scenario.issues for one in results)]


def by_issues(results: Results, issues: Sequence[str]) -> pd.Series:
    """Return the options of some issues signed in each draw, joined by `/`, missing without a deal; indexed by draw."""
    places = [list(results.scenario.issues).index(issue) for issue in issues]
    draws = results.whole("draw", "package")
    shorts = ["/".join(text.split("/")[place] for place in places) for text in draws["package"].cat.categories]
    known = {short: code for code, short in enumerate(dict.fromkeys(shorts))}
    codes = np.array([known[short] for short in shorts] + [-1], np.int32)[draws["package"].cat.codes]
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(list(known))), draws["draw"])


def _transitions(results: Sequence[Results], names: Sequence[str]) -> Iterator[dict[str, Any]]:
    first, *others = (one.whole("draw", "outcome").set_index("draw")["outcome"] for one in results)
    for name, other in zip(names[1:], others, strict=True):
        both = pd.DataFrame({"from": first, "to": other}).dropna()
        counts = both.value_counts(sort=False).rename("count").reset_index()
        counts = counts[counts["count"] > 0].astype({"from": str, "to": str}).sort_values(["from", "to"])
        for row in counts.itertuples(index=False):
            yield dict(zip(TRANSITION_COLUMNS, (name, *row, row[2] / len(both)), strict=True))


def _rows(
    head: dict[str, Any], names: Sequence[str], kind: str, columns: Sequence[pd.Series], paired: bool
) -> Iterator[dict[str, Any]]:
    """Return a figure of each result with its interval, and its difference from that of the first."""
    for place, (name, column) in enumerate(zip(names, columns, strict=True)):
        known = column.dropna()
        row = head | {"name": name} | dict(zip(("value", "low", "high"), figure_interval(kind, known), strict=True))
        difference: Mean = (np.nan, np.nan, np.nan)
        pairs = 0
        if place and paired:
            difference, pairs = paired_difference(columns[0], column)
        elif place:
            difference = unpaired_difference(columns[0], column)
        ends = zip(("difference", "difference_low", "difference_high"), difference, strict=True)
        yield row | {"n": len(known)} | dict(ends) | {"pairs": pairs}


def figure_interval(kind: str, values: pd.Series) -> Mean:
    """Return the mean of a figure and the ends of its 95 % interval: of a share Wilson's, else the normal one."""
    value, low, high = mean_interval(values)
    if kind == "share" and len(values):
        low, high = share_interval(round(value * len(values)), len(values))
    return value, low, high


def mean_interval(values: pd.Series) -> Mean:
    """Return the mean and the ends of its normal 95 % interval; missing for fewer than two values."""
    if not len(values):
        return np.nan, np.nan, np.nan
    mean = float(values.mean())
    if len(values) < 2:
        return mean, np.nan, np.nan
    half = Z_95 * float(values.std(ddof=1)) / float(np.sqrt(len(values)))
    return mean, mean - half, mean + half


def paired_difference(first: pd.Series, other: pd.Series) -> tuple[Mean, int]:
    """Return the mean of other less first over common draws, its 95 % interval, and their number."""
    differences = (other - first).dropna()  # aligned by draw
    return mean_interval(differences), len(differences)


def unpaired_difference(first: pd.Series, other: pd.Series) -> Mean:
    """Return the difference of two means of independent draws, with its normal 95 % interval."""
    first, other = first.dropna(), other.dropna()
    difference = mean_interval(other)[0] - mean_interval(first)[0]
    if min(len(first), len(other)) < 2:
        return difference, np.nan, np.nan
    half = Z_95 * float(np.sqrt(first.var(ddof=1) / len(first) + other.var(ddof=1) / len(other)))
    return difference, difference - half, difference + half
