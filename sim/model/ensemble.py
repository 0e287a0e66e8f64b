"""A scenario and a seed, as draws in arrays."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from sim.core import streams
from sim.core.exact import Floats
from sim.core.mechanism import Rows
from sim.core.packages import Bools, Ints, Issue
from sim.core.protocol import Protocol
from sim.core.strategy import Strategy
from sim.core.utility import EVERYBODY, Extra, deliver, package_utility, rescale_weights
from sim.mechanisms.aftermath import Aftermath
from sim.mechanisms.ratification import Ratification
from sim.model.domain import Structure, structure
from sim.model.world import World, draw_world, redraw_blocks
from sim.protocols import PROTOCOLS
from sim.scenario import Number, Scenario
from sim.strategies import STRATEGIES

DRAWN = ("draws", "weights", "option_worth", "reservation_value", "discount", "looks_ahead", "refusal_cost",
         "walk_away", "linkage_worth", "real")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Draws of all uncertain inputs of a scenario; the draw axis comes first.

    Attributes:
        scenario: The scenario drawn from.
        seed: Of all streams.
        structure: What is the same in all draws.
        draws: Index of each draw, shape (B,).
        weights: Issue weights, rescaled to sum to 1, shape (B, N, I).
        option_worth: Utility of options in [0, 1], with deliverability, shape (B, N, I, O).
        reservation_value: Utility of no agreement, shape (B, N).
        discount: Per month, shape (B, N).
        looks_ahead: Whether a party has foresight, shape (B, N).
        refusal_cost: A party's cost of a package refused at home, shape (B, N).
        walk_away: A party's value of leaving the talks, -inf for one that never leaves, shape (B, N).
        linkage_worth: Utility that each linkage adds, shape (B, linkages).
        real: Red lines that are real, shape (B, L).
        strategies: One a party, with parameters of shape (B,).
        protocol: The rules of the talks.
        turns: The order of turns, shape (R, B, turns).
        chance: Uniforms for parties with a random strategy, shape (R, N, B); no draws, shape (R, N, 0), if there are
        none. world: Exogenous changes around the table. inputs: Every drawn number by its path, as drawn, shape (B,).
    """

    scenario: Scenario
    seed: int
    structure: Structure
    draws: Ints
    weights: Floats
    option_worth: Floats
    reservation_value: Floats
    discount: Floats
    looks_ahead: Bools
    refusal_cost: Floats
    walk_away: Floats
    linkage_worth: Floats
    real: Bools
    strategies: tuple[Strategy, ...]
    protocol: Protocol
    turns: Ints
    chance: Floats
    world: World
    inputs: Mapping[str, np.ndarray] = field(repr=False)

    def __len__(self) -> int:
        return len(self.draws)

    def __repr__(self) -> str:
        span = f"draws {self.draws[0]} to {self.draws[-1]}" if len(self) else "no draws"
        return f"Ensemble({self.scenario.id}, seed {self.seed}, {span}, {len(self.inputs)} drawn inputs)"

    def __getitem__(self, rows: Rows) -> "Ensemble":
        """Some of the draws, in the given order."""
        return replace(
            self,
            **{name: getattr(self, name)[rows] for name in DRAWN},
            strategies=tuple(_rows_of(strategy, rows) for strategy in self.strategies),
            turns=self.turns[:, rows],
            chance=self.chance[:, :, rows] if self.chance.shape[2] else self.chance,
            world=self.world.rows(rows),
            inputs={path: values[rows] for path, values in self.inputs.items()},
        )

    def extras(self) -> list[Extra]:
        """Utility that only combinations have, in the order in which it is added: linkages, then carrots."""
        linkages = [
            Extra(site.party, site.packages, self.linkage_worth[:, column])
            for column, site in enumerate(self.structure.linkages)
        ]
        return linkages if self.world.carrots is None else linkages + self.world.carrots.extras()

    def utility(self, out: Floats | None = None) -> Floats:
        """Utility of every package to every party, shape (B, N, P); computed at each call, into `out` if given."""
        return package_utility(self.structure.space, self.weights, self.option_worth, self.extras(), out)

    @property
    def after_refusal(self) -> Any:
        """What follows when a signed package is refused at home; None without ratification."""
        ratification = self.scenario.ratification
        return None if ratification is None else ratification.after_refusal

    def with_lines(self, real: Bools) -> "Ensemble":
        """The same draws with these red lines real, shape (B, L)."""
        return replace(self, real=real)


def draw(
    scenario: Scenario,
    seed: int = 1,
    start: int = 0,
    count: int = 1,
    streams_as: Mapping[str, str] | None = None,
    table: Structure | None = None,
    given: Mapping[str, Floats] | None = None,
    numbers: Mapping[str, Number] | None = None,
) -> Ensemble:
    """Draw every uncertain number of a scenario, for draws `start` to `start + count - 1`.

    A draw is the same world whatever slice it is drawn in, and two variants of a scenario share every number they
    have in common.

    Args:
        start: First draw, from 0.
        streams_as: Names whose streams are taken from another, for mirror tests: parties, strikes.
        table: The scenario's structure, if available.
        given: Uniforms in [0, 1) by input path, shape (count,), that replace these inputs' streams: a design. Other
            inputs are drawn from streams as in any other ensemble.
        numbers: By path, in place of those of the file; weights are not rescaled with them.

    Raises:
        ValueError: if a path of `given` is no drawn input, or has another shape, or inputs that are drawn together
            are not given together.
    """
    source = _Drawn(seed, start, count, dict(streams_as or {}), dict(given or {}), numbers=numbers or {})
    filled = _fill(scenario, seed, np.arange(start, start + count), source, table or structure(scenario))
    source.check_given()
    return filled


def central(
    scenario: Scenario, table: Structure | None = None, changes: Mapping[str, float] | None = None
) -> Ensemble:
    """Return one draw with every number at its value, all red lines real and the order of turns as in draw 0.

    Args:
        table: The scenario's structure, if available.
        changes: Numbers that have another value, by path. Weights are rescaled to sum to 1 once they are changed.
    """
    return _fill(scenario, 0, np.zeros(1, np.int64), _Central(changes=changes or {}), table or structure(scenario))


def revalued(ensemble: Ensemble, changes: Mapping[str, float]) -> Ensemble:
    """A central draw with other weights, points, chances of delivery or worths of linkages, all else as it was.

    Much quicker than `central` with the same changes, and the same, for numbers of these kinds.
    """
    scenario, table, source = ensemble.scenario, ensemble.structure, _Central(changes=changes)
    return replace(
        ensemble,
        weights=_weights(scenario, source, table),
        option_worth=_option_worth(scenario, source, table),
        linkage_worth=_linkage_worth(scenario, source, table, len(ensemble)),
    )


def redrawn(ensemble: Ensemble, numbers: Mapping[str, Number]) -> Ensemble:
    """Return the same draws with other numbers of the file, by path; what `draw` gives with them, bit for bit.

    Where they lie in one block that nothing else is drawn from, that block alone is drawn anew.
    """
    scenario, table, start, count = ensemble.scenario, ensemble.structure, int(ensemble.draws[0]), len(ensemble)
    blocks = {path.partition(".")[0] for path in numbers} - {"parties"}
    worths = {path.split(".")[2] for path in numbers if path.startswith("parties.")}
    alone = {"weights", "values", "linkages", "refusal_cost"}
    if not (blocks <= {Ratification.key, Aftermath.key} and worths <= alone):
        return draw(scenario, ensemble.seed, start, count, table=table, numbers=numbers)
    source = _Drawn(ensemble.seed, start, count, {}, numbers=numbers)
    if worths:
        costs = [(f"parties.{name}.refusal_cost", scenario.parties[name].refusal_cost) for name in table.parties]
        ensemble = replace(
            ensemble,
            refusal_cost=np.array([source.number(path, number) for path, number in costs]).T,
            weights=_weights(scenario, source, table),
            option_worth=_option_worth(scenario, source, table),
            linkage_worth=_linkage_worth(scenario, source, table, count),
        )
    return replace(ensemble, world=redraw_blocks(ensemble.world, blocks, scenario, source, table))


@dataclass
class _Drawn:
    """Numbers drawn from streams named after their paths."""

    seed: int
    start: int
    count: int
    streams_as: Mapping[str, str]
    given: Mapping[str, Floats] = field(default_factory=dict)
    inputs: dict[str, np.ndarray] = field(default_factory=dict)
    stream_of: dict[str, str] = field(default_factory=dict)
    numbers: Mapping[str, Number] = field(default_factory=dict)

    def uniform(self, name: str) -> Floats:
        stream = ".".join(self.streams_as.get(part, part) for part in name.split("."))
        return streams.uniform(self.seed, stream, self.start, self.count)

    def uniform_of(self, path: str, stream: str) -> Floats:
        """Uniforms of an input: those of a design, else of its stream."""
        self.stream_of[path] = stream
        if path not in self.given:
            return self.uniform(stream)
        given = np.asarray(self.given[path], np.float64)
        if given.shape != (self.count,) or not ((given >= 0) & (given < 1)).all():
            raise ValueError(f"{path} needs {self.count} uniforms in [0, 1), got shape {given.shape}")
        return given

    def check_given(self) -> None:
        """Raise `ValueError` unless a design names drawn inputs alone, those of one stream with the same uniforms."""
        for path, uniforms in self.given.items():
            if path not in self.stream_of:
                raise ValueError(f"{path} is not drawn in this scenario, so no design can set it")
            for other, stream in self.stream_of.items():
                alike = np.array_equal(self.given.get(other, ()), uniforms)
                if stream == self.stream_of[path] and not alike:
                    raise ValueError(f"{path} and {other} are drawn together: give both the same uniforms")

    def number(self, path: str, number: Number, stream: str | None = None) -> Floats:
        number = self.numbers.get(path, number)
        if not number.uncertain:
            return np.full(self.count, float(number.value))
        assert number.low is not None and number.high is not None
        uniform = self.uniform_of(path, stream or path)
        values = streams.draw_law(uniform, number.law, number.low, number.value, number.high)
        self.inputs[path] = values
        return values

    def stated(self, path: str, number: Number) -> float:
        """The value around which a number is drawn."""
        return self.numbers.get(path, number).value

    def within(self, path: str, value: float, spread: float) -> Floats:
        low, high = max(value - spread, 0.0), min(value + spread, 100.0)
        values = streams.uniform_between(self.uniform_of(path, path), low, high)
        self.inputs[path] = values
        return values

    def real(self, path: str, stream: str, hardness: Floats) -> Bools:
        real = self.uniform_of(path, stream) < hardness
        self.inputs[path] = real
        return real

    def looks(self, path: str, chance: Floats) -> Bools:
        looks = self.uniform_of(path, path) < chance
        self.inputs[path] = looks
        return looks


@dataclass
class _Central(_Drawn):
    """Numbers at their values; further uniforms as in draw 0 of seed 0."""

    seed: int = 0
    start: int = 0
    count: int = 1
    streams_as: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, float] = field(default_factory=dict)

    def number(self, path: str, number: Number, stream: str | None = None) -> Floats:
        return np.array([self.stated(path, number)])

    def stated(self, path: str, number: Number) -> float:
        return float(self.changes.get(path, number.value))

    def within(self, path: str, value: float, spread: float) -> Floats:
        return np.array([float(self.changes.get(path, value))])

    def real(self, path: str, stream: str, hardness: Floats) -> Bools:
        return np.ones(1, bool)

    def looks(self, path: str, chance: Floats) -> Bools:
        looks: Bools = chance >= 0.5  # as likely as not, or more
        return looks


def _fill(scenario: Scenario, seed: int, draws: Ints, source: _Drawn, table: Structure) -> Ensemble:
    rounds = scenario.time.rounds
    protocol = PROTOCOLS[scenario.protocol.name](**scenario.protocol.parameters)
    uniforms = [[source.uniform(name) for name in names] for names in protocol.streams(table.parties, rounds)]
    orders = np.array(uniforms).reshape(len(uniforms), len(table.parties), len(draws)).transpose(0, 2, 1)

    def by_party(path: str, number: Callable[[Any], Number]) -> Floats:
        columns = [source.number(f"parties.{n}.{path}", number(scenario.parties[n])) for n in table.parties]
        return np.array(columns).T

    reservation_value = by_party("no_deal", lambda party: party.no_deal)
    strategies = tuple(_strategy(scenario, source, name) for name in table.parties)
    real, hard, groups = _real_lines(scenario, source, table, len(draws))
    return Ensemble(
        scenario=scenario,
        seed=seed,
        structure=table,
        draws=draws,
        weights=_weights(scenario, source, table),
        option_worth=_option_worth(scenario, source, table),
        reservation_value=reservation_value,
        discount=by_party("discount_per_month", lambda party: party.discount_per_month),
        looks_ahead=_looks_ahead(scenario, source, table, len(draws)),
        refusal_cost=by_party("refusal_cost", lambda party: party.refusal_cost),
        walk_away=_walk_away(scenario, source, table, len(draws)),
        linkage_worth=_linkage_worth(scenario, source, table, len(draws)),
        real=real,
        strategies=strategies,
        protocol=protocol,
        turns=protocol.turns(table.parties, rounds, orders if uniforms else np.zeros((0, len(draws), 0))),
        chance=_chance(source, table.parties, strategies, rounds),
        world=draw_world(scenario, source, table, reservation_value, hard, groups),
        inputs=source.inputs,
    )


def _looks_ahead(scenario: Scenario, source: _Drawn, table: Structure, count: int) -> Bools:
    """Return which parties have foresight: by the probability `foresight`, one uniform a party."""
    looks = np.zeros((count, len(table.parties)), bool)
    for n, name in enumerate(table.parties):
        path, number = f"parties.{name}", scenario.parties[name].foresight
        chance = source.number(f"{path}.foresight", number)
        if number.uncertain or 0 < number.value < 1:
            looks[:, n] = source.looks(f"{path}.looks_ahead", chance)
        else:
            looks[:, n] = chance >= 1
    return looks


def _walk_away(scenario: Scenario, source: _Drawn, table: Structure, count: int) -> Floats:
    value = np.full((count, len(table.parties)), -np.inf)
    for n, name in enumerate(table.parties):
        number = scenario.parties[name].walk_away
        if number is not None:
            value[:, n] = source.number(f"parties.{name}.walk_away", number)
    return value


def _weights(scenario: Scenario, source: _Drawn, table: Structure) -> Floats:
    drawn = [
        [source.number(f"parties.{name}.weights.{issue.name}", scenario.parties[name].weights[issue.name])
         for issue in table.space.issues]
        for name in table.parties
    ]  # fmt: skip
    return rescale_weights(np.array(drawn).transpose(2, 0, 1))


def _option_worth(scenario: Scenario, source: _Drawn, table: Structure) -> Floats:
    """Points of options as drawn, each divided by 100, and blended where an option may not be deliverable."""
    stated = np.zeros(table.central_points.shape)
    for n, name in enumerate(table.parties):
        for i, issue in enumerate(table.space.issues):
            values = scenario.parties[name].values[issue.name]
            for o, option in enumerate(issue.options):
                stated[n, i, o] = source.stated(f"parties.{name}.values.{issue.name}.{option}", values[option])
    value = np.empty((source.count, *stated.shape))
    value[:] = stated / 100  # all at once; what differs from draw to draw is written over it
    for n, name in enumerate(table.parties):
        for i, issue in enumerate(table.space.issues):
            size = len(issue.options)
            _put_points(scenario, source, name, issue, stated[n, i, :size], value[:, n, i, :size])
    for i, issue in enumerate(table.space.issues):
        for option, deliverable in sorted(scenario.issues[issue.name].deliverable.items()):
            path = f"issues.{issue.name}.deliverable.{option}.chance"
            chance = source.number(path, deliverable.chance)
            deliver(value[:, :, i], issue.options.index(option), issue.options.index(deliverable.otherwise), chance)
    return value


def _put_points(scenario: Scenario, source: _Drawn, party: str, issue: Issue, stated: Floats, value: Floats) -> None:
    """Replace the stated points of one issue's options by drawn ones, divided by 100.

    Args:
        stated: Points around which they are drawn, shape (O,).
        value: Output where points differ from draw to draw, shape (B, O).
    """
    spread, values = scenario.parties[party].values_within, scenario.parties[party].values[issue.name]
    for o, option in enumerate(issue.options):
        path = f"parties.{party}.values.{issue.name}.{option}"
        if values[option].uncertain:
            value[:, o] = source.number(path, values[option]) / 100
        elif spread:
            value[:, o] = source.within(path, values[option].value, spread) / 100
    if spread:
        # The party's order of options stays: the drawn points are dealt out again from the least liked option up.
        ranking = sorted(range(len(issue.options)), key=lambda o: (stated[o], issue.options[o]))
        value[:, ranking] = np.sort(value, axis=1)


def _linkage_worth(scenario: Scenario, source: _Drawn, table: Structure, count: int) -> Floats:
    value = np.zeros((count, len(table.linkages)))
    for column, site in enumerate(table.linkages):
        _, name, _, linkage_id, _ = site.path.split(".")
        linkage = next(linkage for linkage in scenario.parties[name].linkages if linkage.id == linkage_id)
        value[:, column] = source.number(site.path, linkage.adds)
    return value


def _real_lines(scenario: Scenario, source: _Drawn, table: Structure, count: int) -> tuple[Bools, Bools, list[str]]:
    """Return which red lines are real, which are never given up, and the names they are drawn under.

    A line is real when the uniform of its group falls below the hardness of its group.
    """
    real = np.zeros((count, len(table.lines.names)), bool)
    hard, groups = np.ones_like(real), []
    for column, full_name in enumerate(table.lines.names):
        if table.lines.party[column] == EVERYBODY:  # real only once an event removes its options
            groups.append(full_name)
            continue
        party, line_id = full_name.split(".")
        line = next(line for line in scenario.parties[party].red_lines if line.id == line_id)
        path = f"parties.{party}.red_lines.{line_id}"
        group = line_group(scenario.lines, party, line_id, line.drawn_with)
        hardness = source.number(f"{path}.hardness", line.hardness, stream=f"{group}.hardness")
        real[:, column] = source.real(f"{path}.real", f"{group}.real", hardness)
        hard[:, column] = hardness >= 1
        groups.append(group)
    return real, hard, groups


def line_group(reading: str, party: str, line_id: str, drawn_with: str | None) -> str:
    """Return the name under which a line's hardness and its being real are drawn.

    Args:
        reading: `by_party` (lines of a party and name share a draw), `together` (lines of a name do, also across
            parties) or `each` (every line has its own).
    """
    if reading == "each" or drawn_with is None:
        return f"parties.{party}.line.{line_id}"
    return f"parties.{party}.lines.{drawn_with}" if reading == "by_party" else f"lines.{drawn_with}"


def _strategy(scenario: Scenario, source: _Drawn, party: str) -> Any:
    spec = scenario.parties[party].strategy
    parameters = {
        key: source.number(f"parties.{party}.strategy.{key}", value) if isinstance(value, Number) else value
        for key, value in spec.parameters.items()
    }
    return STRATEGIES[spec.name](**parameters)


def _chance(source: _Drawn, parties: tuple[str, ...], strategies: tuple[Strategy, ...], rounds: int) -> Floats:
    """Draw uniforms of each round for the parties that need them, 0 for the others, shape (R, N, B or 0)."""
    if not any(strategy.randomises for strategy in strategies):
        return np.zeros((rounds, len(parties), 0))
    chance = np.zeros((rounds, len(parties), source.count))
    for n, strategy in enumerate(strategies):
        for k in range(rounds) if strategy.randomises else ():
            chance[k, n] = source.uniform(f"parties.{parties[n]}.strategy.chance.{k + 1}")
    return chance


def _rows_of(strategy: Any, rows: Rows) -> Any:
    drawn = {
        entry.name: getattr(strategy, entry.name)[rows]
        for entry in fields(strategy)
        if isinstance(getattr(strategy, entry.name), np.ndarray)
    }
    return replace(strategy, **drawn)
