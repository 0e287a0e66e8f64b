"""What is asked of each run: a figure of the results by name, a number a run, with words for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from sim.analysis.compare import Figure, figures_of
from sim.core.exact import Floats
from sim.results.labels import clean, issue_label, option_label, party_label
from sim.results.results import Results
from sim.scenario import Scenario
from sim.scenario.messages import meant, quoted

SIGNED = "signed"
IF_SIGNED = ", if signed"
AFTER = ("in_force", "held_12", "held_60")  # what becomes of a signed text
DOES = {  # of a share of runs, as in `31 % of runs ...`
    "zone": "have some package acceptable to all who sign it in the first round",
    "zone_ever": "have some package acceptable to all who sign it in some round",
    SIGNED: "end with a signed agreement",
    "in_force": "end with an agreement in force",
    "held_12": "have an agreement in force that still holds after 12 months",
    "held_60": "have an agreement in force that still holds after 60 months",
}


class NoAnswer(ValueError):
    """A question that these runs cannot answer, with what would do."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A figure of each run.

    Attributes:
        name: By which it is asked for.
        label: In words.
        kind: `share` (0 or 1 in a run) or `mean`.
        does: Of a share, what the runs that have it do; of a mean, the label again.
        of: The figure in a table of draws, missing where a run has none.
    """

    name: str
    label: str
    kind: str
    does: str
    of: Callable[[pd.DataFrame], pd.Series] = field(repr=False)

    @property
    def is_share(self) -> bool:
        """Whether it is 0 or 1 in a run."""
        return self.kind == "share"

    @property
    def is_of_a_text(self) -> bool:
        """Whether it tells what became of a signed text."""
        return self.name in AFTER

    @property
    def is_if_signed(self) -> bool:
        """Whether only runs that signed a text have it."""
        return self.label.endswith(IF_SIGNED)

    def values(self, draws: pd.DataFrame) -> Floats:
        """The figure of each of these draws, shape (n,), NaN where there is none."""
        return np.asarray(self.of(draws).astype("Float64").to_numpy(float, na_value=np.nan), np.float64)


def figure_asked(results: Results, name: str) -> Asked:
    """The figure of a name.

    Raises:
        NoAnswer: if these results have none of that name, with those they have.
    """
    found = {figure.name: figure for figure in figures(results)}
    if name not in found:
        raise NoAnswer(f"no figure is called {quoted(name)}{meant(name, list(found))}; there are {_listed(found)}")
    return found[name]


def figures(results: Results) -> Iterator[Asked]:
    """Every figure that these results have, shares of runs first."""
    listed = [_asked(figure) for figure in figures_of([results])]
    yield from (figure for figure in listed if figure.is_share)
    scenario = results.scenario
    for issue in scenario.issues:
        for option in scenario.issues[issue].options:
            yield _option(scenario, issue, option)
    yield from (figure for figure in listed if not figure.is_share)
    for name in scenario.parties:
        label = f"worth of the text to {party_label(scenario, name)} over no deal{IF_SIGNED}"
        yield Asked(f"margin_{name}", label, "mean", label, partial(_margin, f"margin_{name}"))


def _asked(figure: Figure) -> Asked:
    name = SIGNED if figure.name == "agreement" else figure.name
    does = DOES.get(name, figure.label)
    return Asked(name, figure.label, figure.kind, does, figure.of)


def _margin(column: str, draws: pd.DataFrame) -> pd.Series:
    return draws[column].where(draws["package"].notna())


def _option(scenario: Scenario, issue: str, option: str) -> Asked:
    text = f'{issue_label(scenario, issue)}: "{option_label(scenario, issue, option)}"'
    place = list(scenario.issues).index(issue)
    label, does = f"text signed with {text}", f"sign a text with {text}"
    return Asked(f"{issue}.{option}", label, "share", does, partial(_has_option, place, option))


def _has_option(place: int, option: str, draws: pd.DataFrame) -> pd.Series:
    texts = draws["package"].dropna().unique()
    have = {text for text in texts if text.split("/")[place] == option}
    return draws["package"].isin(have)


def _listed(found: dict[str, Asked]) -> str:
    """Names, options of issues told by their form alone: there may be dozens."""
    plain = [clean(name) for name in found if "." not in name]
    return ", ".join([*plain, "ISSUE.OPTION"])
