"""The figures that results have, and look-up by name."""

from collections.abc import Sequence

import pandas as pd

from sim.core.wording import meant, quoted
from sim.results.figures import Figure, figures_of_scenario
from sim.results.labels import clean
from sim.results.results import Results
from sim.results.stages import has_durability


class NoAnswer(ValueError):
    """A question that these runs cannot answer, with a hint."""


def figures(results: Sequence[Results]) -> list[Figure]:
    """Return every figure that all these results have."""
    lasting = all(map(has_durability, results))
    names = set.intersection(*({each.name for each in figures_of_scenario(one.scenario)} for one in results))
    return [
        figure
        for figure in figures_of_scenario(results[0].scenario)
        if figure.name in names
        and all(column in one.columns for one in results for column in figure.columns)
        and (lasting or not figure.needs_breaks)
    ]


def figure_named(results: Sequence[Results], name: str) -> Figure:
    """Return the figure of a name or alias.

    Raises:
        NoAnswer: if these results have none of that name, with those they have.
    """
    there = figures(results)
    found = next((figure for figure in there if name in figure.names), None)
    if found is None:
        plain = [clean(figure.name) for figure in there if "." not in figure.name]  # there may be dozens of options
        names = [figure.name for figure in there]
        listed = ", ".join([*plain, "ISSUE.OPTION"])
        raise NoAnswer(f"no figure is called {quoted(name)}{meant(name, names)}; there are {listed}")
    return found


def column_of(figure: Figure, results: Results) -> pd.Series:
    """Return a figure by draw, as floats, NaN where a draw has none."""
    names = [name for name in (*figure.columns, *figure.optional) if name in results.columns]
    draws = results.whole("draw", *dict.fromkeys(names))
    return pd.Series(figure.values(draws), index=draws["draw"])
