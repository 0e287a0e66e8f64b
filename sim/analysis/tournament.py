"""Tournaments of strategies on one scenario: every assignment to the parties, on the same draws."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.rendered import Rendered
from sim.analysis.tournament_games import (
    FIGURES,
    Names,
    check_size,
    equilibrium_table,
    figure_table,
    games_of,
    meeting_table,
    point_table,
    possible,
    reply_table,
    seat_table,
)
from sim.core.wording import counted, listed, meant, quoted, shown
from sim.model.domain import Structure, structure
from sim.model.ensemble import draw
from sim.results.chunks import play_chunk
from sim.scenario import Scenario
from sim.scenario.messages import Faults, Mark
from sim.scenario.nodes import MappingNode, ScalarNode, plain
from sim.scenario.registered import check_block
from sim.scenario.yaml_reader import read_text
from sim.scenario.yaml_writer import brief, flow
from sim.strategies import STRATEGIES

OPTION = "--strategy"
MOST_POINTS = 4_096
LABELLED = re.compile(r"(.*?)=\s*(\{.*|[\w.-]+\s*)", re.DOTALL)


@dataclass(frozen=True, order=True)
class Contender:
    """A strategy of a tournament."""

    strategy: str  # as one line of YAML, its name first, then its parameters by name: the same for the same strategy
    label: str  # label in tables


@dataclass(frozen=True)
class Entrants:
    """The strategies, each of which is played by each of the parties."""

    # sorted by content, so that neither their order nor their labels move a number
    strategies: tuple[Contender, ...]
    parties: tuple[str, ...]

    @property
    def labels(self) -> list[str]:
        return [one.label for one in self.strategies]

    @property
    def points(self) -> int:
        return int(len(self.strategies) ** len(self.parties))

    def axes(self) -> dict[str, list[str]]:
        """The strategies of each party that varies, by path: every assignment is a point of this grid."""
        return {f"parties.{name}.strategy": [one.strategy for one in self.strategies] for name in self.parties}


@dataclass(frozen=True, eq=False, repr=False)
class Tournament(Rendered):
    """A tournament of strategies on one scenario.

    All assignments are played on the same draws: draw k is the same world whatever the strategies, so differences are
    paired by draw. Intervals are 95 %, over draws; with fewer than 30 draws there are none (NaN).

    Attributes:
        settings: Other settings, by path.
        strategies: `label, strategy`, best own utility first.
        figures: One row a strategy and figure: `label, figure` (`own`, `joint`, `agreement`, and `in_force` where
            there is ratification), `value, low, high, n`, and against the mean of all strategies in the same draw
            `difference, difference_low, difference_high`.
        seats: The same of own utility by `party`.
        meetings: `label, other, value, low, high, n`: own utility where another party plays `other`.
        points: One row an assignment: `plays_<party>`, `discounted_<party>`, `joint`, `agreement`, `equilibrium`.
        equilibria: Assignments in which no party's mean utility rises by a unilateral change; see `equilibrium_table`.
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
        """The strategies, best own utility first."""
        return self.strategies["label"].tolist()

    @property
    def shown(self) -> list[str]:
        """The figures, by name."""
        return [name for name in FIGURES if (self.figures["figure"] == name).any()]

    def overview(self) -> tuple[str, pd.DataFrame]:
        """A row a strategy, a column a figure."""
        table = self.figures.pivot_table(index="label", columns="figure", values="value", sort=False)
        title = f"{self.scenario.title} ({self.n:,} runs an assignment, seed {self.seed})"
        return title, table[self.shown].reset_index(names="strategy")


def tournament(
    scenario: Scenario,
    strategies: Sequence[str] | Mapping[str, str | Mapping[str, Any]],
    parties: Sequence[str] | None = None,
    draws: int = 1000,
    seed: int = 1,
) -> Tournament:
    """Play every assignment of some strategies to parties.

    Args:
        strategies: `[LABEL=]STRATEGY` strings as in `peacesim sweep`, or strategies by label: a name, or a mapping with
            `name` and parameters as in a scenario file.
        parties: Whose strategies vary; by default all that sign and have turns. The others play as in the file.

    Raises:
        ScenarioError: if a strategy or party is invalid, or there are more than 4,096 assignments.
        ValueError: if `draws` is below 1.
    """
    if draws < 1:
        raise ValueError(f"at least 1 draw is needed, not {draws}")
    texts, table = list(strategies), structure(scenario)
    if isinstance(strategies, Mapping):  # JSON is YAML
        pairs = strategies.items()
        texts = [f"{label}={one if isinstance(one, str) else json.dumps(dict(one))}" for label, one in pairs]
    who = entrants(scenario, texts, parties, table=table)
    check_size(who.points, len(who.parties), draws)
    axes = who.axes()
    settings = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
    worlds = (scenario.point(number, each).scenario for number, each in enumerate(settings))
    tables = (play_chunk(world, seed, 0, draws, table).draws for world in worlds)
    return tournament_of(scenario, who, seed, draws, tables, table=table)


def entrants(
    scenario: Scenario,
    texts: Sequence[str],
    parties: Sequence[str] | None,
    others: Mapping[str, int] | None = None,
    set_paths: Sequence[str] = (),
    table: Structure | None = None,
) -> Entrants:
    """Return strategies and parties, checked before anything is played.

    Raises:
        ScenarioError: with what is wrong.
    """
    table, faults = table or structure(scenario), Faults()
    found = _contenders(texts, list(scenario.parties), faults)
    faults.raise_any()
    turns = np.unique(draw(scenario, 1, 0, 1, table=table).turns)
    speaking = [name for name in scenario.parties if table.parties.index(name) in turns or not len(turns)]
    signing = [name for name in speaking if table.signs[table.parties.index(name)].any()]
    varied = _seats(parties, signing, speaking, list(scenario.parties))
    _check_grid(found, varied, others or {}, set_paths, list(scenario.parties))
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
    """Make a tournament from the results tables of all assignments.

    Args:
        tables: Rows 0 to `draws - 1` of each assignment; the last party's strategy varies fastest.
    """
    ruler = possible(scenario, seed, draws, table)
    games = games_of(who.parties, len(who.strategies), draws, tables, ruler)
    names = [name for name in FIGURES if name != "in_force" or scenario.ratification is not None]
    figures = figure_table(games, who.labels, names)
    own = figures[figures["figure"] == "own"].set_index("label")["value"]
    order = sorted(who.labels, key=lambda label: (-round(own[label], 9), label))  # differences by rounding are ties
    texts = {one.label: one.strategy for one in who.strategies}
    return Tournament(
        scenario=scenario,
        seed=seed,
        n=draws,
        parties=who.parties,
        settings=dict(settings or {}),
        strategies=pd.DataFrame({"label": order, "strategy": [texts[label] for label in order]}),
        figures=_by_rank(figures, order, "figure", names),
        seats=_by_rank(seat_table(games, who.labels), order, "party", who.parties),
        meetings=_by_rank(meeting_table(games, who.labels), order, "other", order),
        points=point_table(games, who.labels, names),
        equilibria=equilibrium_table(games, who.labels),
        replies=reply_table(games, who.labels),
    )


def _by_rank(frame: pd.DataFrame, order: Sequence[str], then: str, values: Sequence[str]) -> pd.DataFrame:
    ranks = {"label": list(order), then: list(values)}
    return frame.sort_values(
        list(ranks), key=lambda column: column.map(ranks[str(column.name)].index), ignore_index=True
    )


# The strategies of a tournament: named, checked against the registry, and written as axes of a grid.


def _contenders(texts: Sequence[str], parties: Sequence[str], faults: Faults) -> list[Contender]:
    """Parse `[LABEL=]STRATEGY` strings, sorted by strategy and not by label.

    Args:
        faults: Collects faults; their places are the number of the string and the column in it.
    """
    found: list[tuple[Contender, object]] = []
    for number, text in enumerate(texts, 1):
        mark = Mark(OPTION, number, 1)
        labelled = None if text.lstrip().startswith("{") else LABELLED.fullmatch(text)
        label = None if labelled is None else " ".join(labelled[1].split())
        column, body = (1, text) if labelled is None else (labelled.start(2) + 1, labelled[2])
        block = _block(body, number, column, parties, faults)
        if block is None:
            continue
        if label is None:  # such as `time_dependent, exponent 0.5`
            parameters = [f"{key} {brief(node)}" for key, node in block.items.items() if key != "name"]
            name = block.items["name"]
            label = ", ".join([name.text if isinstance(name, ScalarNode) else "", *parameters])
        one = Contender(flow(block), label)
        twin = next((other.label for other, meaning in found if meaning == plain(block)), None)
        if not one.label:
            faults.add(mark, f"{quoted(text)} has an empty label; LABEL=STRATEGY would do, or the strategy alone")
        elif twin is not None:
            faults.add(mark, f"{quoted(one.label)} is the same strategy as {quoted(twin)}; one of them would do")
        elif any(one.label == other.label for other, _ in found):
            faults.add(mark, f"two strategies are called {quoted(one.label)}; give each its own LABEL=")
        else:
            found.append((one, plain(block)))
    if len(texts) < 2:
        faults.add(Mark(OPTION, 1, 1), f"{counted(len(texts), 'strategy', 'strategies')} to play; at least 2 would do")
    return sorted(one for one, _ in found)


def _block(text: str, number: int, column: int, parties: Sequence[str], faults: Faults) -> MappingNode | None:
    """Return the block of a strategy, checked, its keys in their order; None, and a fault, if it is invalid."""
    mark, own = Mark(OPTION, number, column), Faults()
    if not text.strip():
        faults.add(mark, "no strategy is named; a name, or {name: NAME, PARAMETER: VALUE}, would do")
        return None
    node = read_text(text, OPTION, own, number, column)
    if isinstance(node, ScalarNode):
        node = MappingNode(node.mark, "", {"name": node}, {"name": node.mark})
    name = node.items.get("name") if isinstance(node, MappingNode) else None
    if node is not None and not (isinstance(name, ScalarNode) and isinstance(name.value, str)):
        own.add(node.mark, f"{quoted(text)} is no strategy; a name, or {{name: NAME, PARAMETER: VALUE}}, would do")
    check_block(node, STRATEGIES, parties, own, "strategy")
    for fault in own.error().faults:
        faults.add(Mark(fault.file, fault.line, fault.column), fault.message)
    if own or not isinstance(node, MappingNode):
        return None
    keys = ["name", *sorted(node.items.keys() - {"name"})]
    return MappingNode(node.mark, "", {key: node.items[key] for key in keys}, {key: node.keys[key] for key in keys})


def _seats(named: Names | None, by_default: Names, speaking: Names, parties: Names) -> tuple[str, ...]:
    """Parties whose strategies vary, in the order of the file; refuses unknown, duplicate and silent ones."""
    faults, wanted = Faults(), by_default if named is None else named
    for number, name in enumerate(wanted, 1):
        mark = Mark("--parties", 1, number)
        if name not in parties:
            faults.add(mark, f"no party is called {quoted(name)}{meant(name, parties)}")
        elif name not in speaking:
            faults.add(mark, f"{shown(name)} never speaks, so its strategy moves nothing; {listed(speaking)} speak")
        elif named is not None and named.index(name) < number - 1:
            faults.add(mark, f"{shown(name)} stands twice; once would do")
    if not wanted:
        faults.add(Mark("--parties", 1, 1), f"no party to vary; name some of {listed(parties)}")
    faults.raise_any()
    return tuple(name for name in parties if name in wanted)


def as_vary(axes: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"{path}={','.join(values)}" for path, values in axes.items()]


def _check_grid(
    found: Sequence[Contender], varied: Names, others: Mapping[str, int], set_paths: Names, parties: Names
) -> None:
    """Refuse a grid that is too large, or that sets a strategy of the tournament."""
    faults, points = Faults(), prod([len(found)] * len(varied))
    for path in (*others, *set_paths):
        parts = path.split(".")
        at = parts[1] if len(parts) > 2 and parts[0] == "parties" and parts[2] == "strategy" else None
        whose = [name for name in parties if at in (name, "*")]
        if whose and set(whose) <= set(varied):
            option = "--vary" if path in others else "--set"
            lost = f"{shown(path, 100)} would be lost: {OPTION} replaces the whole strategy of {listed(whose)}"
            faults.add(Mark(option, 1, 1), lost)
    points *= prod(others.values())
    if points > MOST_POINTS:
        each = counted(len(varied), "party", "parties")
        more = f", for {' x '.join(f'{k:,}' for k in others.values())} values of other paths" if others else ""
        faults.add(
            Mark(OPTION, 1, 1),
            f"{len(found)} strategies for {each}{more} are {points:,} points; at most {MOST_POINTS:,} would do: "
            "fewer strategies, or --parties with fewer parties",
        )
    faults.raise_any()
