"""Every figure of a run, defined once: its name, label, unit, and value in each draw.

A figure is a number of each draw, or 0 or 1; results are summarized by its mean. Comparisons, sensitivity, sweeps,
explanations, charts and the page all take their figures from here. A new figure is one entry of `FIGURES`, or one line
of `figures_of_scenario` where it depends on the parties or the issues.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from sim.core.exact import Floats
from sim.core.wording import shown
from sim.scenario import Scenario

SHARE, UTILITY, DISTANCE, ROUND, MONTH = "share of runs", "utility", "distance", "round", "month"
HOUSEHOLD_WEEKS = "million household-weeks"
IF_SIGNED = ", if signed"
MILLION = 1e6
MOST_LABEL = 160  # characters of a label from the file


@dataclass(frozen=True, eq=False)
class Figure:
    """A number of each draw."""

    name: str  # the name in options, and its key in tables
    label: str  # in words
    unit: str  # `SHARE` of a figure that is 0 or 1 in a draw, else of its number
    columns: tuple[str, ...]  # required columns; results without one of them do not have the figure
    # its values in some draws, missing where a draw has none; by default the first column
    of: Callable[[pd.DataFrame], pd.Series] | None = field(default=None, repr=False)
    optional: tuple[str, ...] = ()  # columns that it uses as well if results have them
    short: str = ""  # head of a narrow column
    runs: str = ""  # of a share, a predicate of its runs, as in `31 % of runs ...`
    stage: str = ""  # its name among the stages of a run, empty if it is none
    aliases: tuple[str, ...] = ()
    of_text: bool = False  # whether it describes what happens to a signed package
    if_signed: bool = False  # whether only signed draws have it
    needs_breaks: bool = False  # whether it needs drawn months of breaks
    listed: bool = True  # whether tables of all figures include it; the others only when named

    @property
    def is_share(self) -> bool:
        return self.unit == SHARE

    @property
    def kind(self) -> str:
        """`share` or `mean`, as in tables."""
        return "share" if self.is_share else "mean"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.name, self.stage, *self.aliases)))

    @property
    def heading(self) -> str:
        """The label, capitalized."""
        return self.label[0].upper() + self.label[1:]

    @property
    def does(self) -> str:
        """Of a share, the predicate of its runs; of a mean, the label."""
        return self.runs or self.label

    def series(self, draws: pd.DataFrame) -> pd.Series:
        """Its values in these draws, as computed."""
        return draws[self.columns[0]] if self.of is None else self.of(draws)

    def flags(self, draws: pd.DataFrame) -> "pd.Series[bool]":
        """Of a share, which of these draws have it."""
        return self.series(draws).astype(bool)

    def values(self, draws: pd.DataFrame) -> Floats:
        """Its values in these draws as floats, shape (n,), NaN where there is none."""
        return np.asarray(self.series(draws).astype("Float64").to_numpy(float, na_value=np.nan), np.float64)


def zone_ever(draws: pd.DataFrame) -> "pd.Series[bool]":
    """Draws with a zone in some round; a column has that where parties may leave."""
    ever: pd.Series[bool] = draws["zone_ever"].astype(bool) if "zone_ever" in draws else draws["outcome"] != "no_zone"
    return ever


def in_force(draws: pd.DataFrame) -> "pd.Series[bool]":
    return (draws["outcome"] == "in_force").fillna(False).astype(bool)


def _held(months: int) -> Figure:
    column = f"held_{months}"
    return Figure(
        column, f"in force and holding at {months} months", SHARE, ("outcome", column),
        lambda draws: in_force(draws) & draws[column].astype(bool), short=f"held {months} mo", stage=column,
        runs=f"have an agreement in force that still holds after {months} months", of_text=True, needs_breaks=True,
    )  # fmt: skip


FIGURES: tuple[Figure, ...] = (
    Figure(
        "zone", "a package acceptable to all, first round", SHARE, ("zone_packages",),
        lambda draws: draws["zone_packages"] > 0, short="zone at first", stage="zone_first",
        runs="have some package acceptable to all who sign it in the first round",
    ),
    Figure(
        "zone_ever", "a package acceptable to all, some round", SHARE, ("outcome",), zone_ever, ("zone_ever",),
        short="zone", stage="zone_ever", runs="have some package acceptable to all who sign it in some round",
    ),
    Figure(
        "signed", "agreement signed", SHARE, ("package",), lambda draws: draws["package"].notna(), short="signed",
        stage="signed", aliases=("agreement",), runs="end with a signed agreement",
    ),
    Figure(
        "in_force", "agreement in force", SHARE, ("outcome",), in_force, short="in force", stage="in_force",
        runs="end with an agreement in force", of_text=True,
    ),
    Figure(
        "no_deal_outside", "a reservation value outside 0 to 1 in some round", SHARE, ("no_deal_outside",),
        lambda draws: draws["no_deal_outside"] > 0, runs="have a reservation value outside 0 to 1 in some round",
        listed=False,
    ),
    _held(12),
    _held(60),
    Figure("round", f"round of signature{IF_SIGNED}", ROUND, ("round",), if_signed=True),
    Figure("month", f"month of signature{IF_SIGNED}", MONTH, ("month",), if_signed=True),
    Figure("least_satisfied", f"least satisfied signatory{IF_SIGNED}", UTILITY, ("least_satisfied",), if_signed=True),
    Figure(
        "nash_distance", f"distance from the Nash package{IF_SIGNED}", DISTANCE, ("nash_distance",), if_signed=True
    ),
)  # fmt: skip
STAGES = {figure.stage: figure for figure in FIGURES if figure.stage}  # stages of a run, in order
ZONE, SIGNED = STAGES["zone_first"], STAGES["signed"]


def figures_of_scenario(scenario: Scenario) -> Iterator[Figure]:
    """Every figure that results of a scenario may have: shares, options of issues, means, then those of each party."""
    yield from (figure for figure in FIGURES if figure.is_share)
    for stage in scenario.stages:
        column, label = f"stage_{stage.id}", f"agreed ahead of the rest: {_label(stage.label)}"
        agreed = partial(_is_there, column)
        yield Figure(column, label, SHARE, (column,), agreed, runs=f"agree ahead of the rest: {_label(stage.label)}")
    for place, (issue, spec) in enumerate(scenario.issues.items()):
        for option, label in spec.options.items():
            text = f'{_label(spec.label)}: "{_label(label)}"'
            yield Figure(
                f"{issue}.{option}", f"text signed with {text}", SHARE, ("package",),
                partial(_has_option, place, option), runs=f"sign a text with {text}", listed=False,
            )  # fmt: skip
    yield from (figure for figure in FIGURES if not figure.is_share)
    parties = {name: _label(party.label) for name, party in scenario.parties.items()}
    for name, who in parties.items():
        label = f"utility of the package to {who}{IF_SIGNED}"
        yield Figure(f"utility_{name}", label, UTILITY, (f"utility_{name}",), if_signed=True)
    for name, who in parties.items():
        yield Figure(f"discounted_{name}", f"discounted utility of {who}", UTILITY, (f"discounted_{name}",))
    for name, who in parties.items():
        column, label = f"household_weeks_{name}", f"million household-weeks without power, {who}"
        yield Figure(column, label, HOUSEHOLD_WEEKS, (column,), partial(_in_millions, column))
    for name, who in parties.items():
        yield Figure(f"war_cost_{name}", f"cost of the war, {who}", scenario.money, (f"war_cost_{name}",))
    for name, who in parties.items():
        column, label = f"margin_{name}", f"utility of the package to {who} over no deal{IF_SIGNED}"
        of = partial(_where_signed, column)
        yield Figure(column, label, UTILITY, (column, "package"), of, if_signed=True, listed=False)


def _label(text: object) -> str:
    return shown(text, MOST_LABEL)


def _in_millions(column: str, draws: pd.DataFrame) -> pd.Series:
    return draws[column] / MILLION


def _where_signed(column: str, draws: pd.DataFrame) -> pd.Series:
    return draws[column].where(draws["package"].notna())


def _is_there(column: str, draws: pd.DataFrame) -> "pd.Series[bool]":
    return draws[column].notna()


def _has_option(place: int, option: str, draws: pd.DataFrame) -> pd.Series:
    have = {text for text in draws["package"].dropna().unique() if text.split("/")[place] == option}
    return draws["package"].isin(have)
