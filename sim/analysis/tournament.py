"""Strategies against strategies on one scenario: every assignment to the parties, on the same draws."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.contenders import Contender, check_grid, contenders, seats, strategy_axes
from sim.analysis.rendered import Rendered
from sim.analysis.tournament_games import check_size, games_of, possible
from sim.analysis.tournament_tables import (
    FIGURES,
    equilibrium_table,
    figure_table,
    meeting_table,
    point_table,
    reply_table,
    seat_table,
)
from sim.model.domain import Structure, structure
from sim.model.ensemble import draw
from sim.results.chunks import play_chunk
from sim.scenario import Scenario
from sim.scenario.messages import Faults


@dataclass(frozen=True)
class Entrants:
    """Who plays what: every strategy is played by every one of the parties."""

    # sorted by what they are, so that neither their order nor their labels move a number
    strategies: tuple[Contender, ...]
    parties: tuple[str, ...]

    @property
    def labels(self) -> list[str]:
        return [one.label for one in self.strategies]

    @property
    def points(self) -> int:
        return int(len(self.strategies) ** len(self.parties))

    def axes(self) -> dict[str, list[str]]:
        return strategy_axes(self.strategies, self.parties)


@dataclass(frozen=True, eq=False, repr=False)
class Tournament(Rendered):
    """Strategies against strategies on one scenario.

    All assignments are played on the same draws: draw k is the same world whoever plays what, so differences are
    taken draw by draw. Intervals are 95 %, over draws; with fewer than 30 draws there are none (NaN).

    Attributes:
        settings: What else was set, by path.
        strategies: `label, strategy`, best own worth first.
        figures: One row a strategy and figure: `label, figure` (`own`, `joint`, `agreement`, and `in_force` where
            somebody votes), `value, low, high, n`, and against the mean of all strategies in the same draw
            `difference, difference_low, difference_high`.
        seats: The same of own worth by `party`.
        meetings: `label, other, value, low, high, n`: own worth where another party plays `other`.
        points: One row an assignment: `plays_<party>`, `worth_<party>`, `joint`, `agreement`, `equilibrium`.
        equilibria: Assignments in which no party's mean worth rises if it alone changes; see `equilibrium_table`.
        replies: Best reply of each party to what the others play; see `reply_table`.
    """

    scenario: Scenario = field(repr=False)
    seed: int
    n: int
    parties: tuple[str, ...]
    settings: Mapping[str, str]
    strategies: pd.DataFrame
    figures: pd.DataFrame
    seats: pd.DataFrame
    meetings: pd.DataFrame
    points: pd.DataFrame
    equilibria: pd.DataFrame
    replies: pd.DataFrame

    @property
    def labels(self) -> list[str]:
        """The strategies, best own worth first."""
        return self.strategies["label"].tolist()

    @property
    def told(self) -> list[str]:
        return [name for name in FIGURES if (self.figures["figure"] == name).any()]

    def overview(self) -> tuple[str, pd.DataFrame]:
        """A row a strategy, a column a figure."""
        table = self.figures.pivot_table(index="label", columns="figure", values="value", sort=False)
        title = f"{self.scenario.title} ({self.n:,} runs an assignment, seed {self.seed})"
        return title, table[self.told].reset_index(names="strategy")


def tournament(
    scenario: Scenario,
    strategies: Sequence[str] | Mapping[str, str | Mapping[str, Any]],
    parties: Sequence[str] | None = None,
    draws: int = 1000,
    seed: int = 1,
) -> Tournament:
    """Play every assignment of some strategies to parties, here and now.

    Args:
        strategies: `[LABEL=]STRATEGY` texts as `peacesim sweep` takes them, or strategies by label: a name, or a
            mapping with `name` and parameters as a scenario file has them.
        parties: Whose strategies vary; by default all that sign and speak. The others play as the file says.

    Raises:
        ScenarioError: if a strategy or party is none, or there are more than 4,096 assignments.
        ValueError: if `draws` is below 1.
    """
    if draws < 1:
        raise ValueError(f"at least 1 draw is needed, not {draws}")
    texts = [f"{label}={_text(one)}" for label, one in strategies.items()] if isinstance(strategies, Mapping) else None
    table = structure(scenario)
    who = entrants(scenario, list(strategies) if texts is None else texts, parties, table=table)
    check_size(who.points, len(who.parties), draws)
    axes = who.axes()
    settings = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
    worlds = (scenario.point(number, each).scenario for number, each in enumerate(settings))
    tables = (play_chunk(world, seed, 0, draws, table).draws for world in worlds)
    return tournament_of(scenario, who, seed, draws, tables, table=table)


def _text(strategy: str | Mapping[str, Any]) -> str:
    return strategy if isinstance(strategy, str) else json.dumps(dict(strategy))  # JSON is YAML


def entrants(
    scenario: Scenario,
    texts: Sequence[str],
    parties: Sequence[str] | None,
    others: Mapping[str, int] | None = None,
    set_paths: Sequence[str] = (),
    table: Structure | None = None,
) -> Entrants:
    """Who plays what, checked before anything is played.

    Raises:
        ScenarioError: with what is wrong.
    """
    table, faults = table or structure(scenario), Faults()
    found = contenders(texts, list(scenario.parties), faults)
    faults.raise_any()
    turns = np.unique(draw(scenario, 1, 0, 1, table=table).turns)
    speaking = [name for name in scenario.parties if table.parties.index(name) in turns or not len(turns)]
    signing = [name for name in speaking if table.signs[table.parties.index(name)].any()]
    varied = seats(parties, signing, speaking, list(scenario.parties))
    check_grid(found, varied, others or {}, set_paths, list(scenario.parties))
    return Entrants(tuple(found), varied)


def tournament_of(
    scenario: Scenario,
    who: Entrants,
    seed: int,
    draws: int,
    tables: Iterable[pd.DataFrame],
    settings: Mapping[str, str] | None = None,
    table: Structure | None = None,
) -> Tournament:
    """A tournament from the results tables of all assignments.

    Args:
        tables: Rows 0 to `draws - 1` of each assignment; the last party's strategy varies fastest.
    """
    ruler = possible(scenario, seed, draws, table)
    games = games_of(who.parties, len(who.strategies), draws, tables, ruler)
    told = [name for name in FIGURES if name != "in_force" or scenario.ratification is not None]
    figures = figure_table(games, who.labels, told)
    own = figures[figures["figure"] == "own"].set_index("label")["value"]
    order = sorted(who.labels, key=lambda label: (-round(own[label], 9), label))  # what differs by rounding is tied
    texts = {one.label: one.strategy for one in who.strategies}
    return Tournament(
        scenario=scenario,
        seed=seed,
        n=draws,
        parties=who.parties,
        settings=dict(settings or {}),
        strategies=pd.DataFrame({"label": order, "strategy": [texts[label] for label in order]}),
        figures=_by_rank(figures, order, ["figure"], told),
        seats=_by_rank(seat_table(games, who.labels), order, ["party"], who.parties),
        meetings=_by_rank(meeting_table(games, who.labels), order, ["other"], order),
        points=point_table(games, who.labels, told),
        equilibria=equilibrium_table(games, who.labels),
        replies=reply_table(games, who.labels),
    )


def _by_rank(frame: pd.DataFrame, order: Sequence[str], then: Sequence[str], values: Sequence[str]) -> pd.DataFrame:
    ranks = {"label": list(order)} | {name: list(values) for name in then}
    return frame.sort_values(
        list(ranks), key=lambda column: column.map(ranks[str(column.name)].index), ignore_index=True
    )
