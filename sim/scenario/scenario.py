"""A scenario inside the program: frozen and checked, made from the tree of its file."""

import copy as shallow
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sim.core.packages import ALWAYS
from sim.scenario import schema, sweeps
from sim.scenario.aftermath_parts import AftermathSpec, aftermath
from sim.scenario.block_checks import check_blocks
from sim.scenario.block_shapes import condition_of, number_of
from sim.scenario.caps import small_enough
from sim.scenario.checks import check
from sim.scenario.control_checks import check_control
from sim.scenario.differences import apply_settings, load
from sim.scenario.event_blocks import EventSpec, events
from sim.scenario.messages import Faults, ScenarioError
from sim.scenario.nodes import MappingNode as Tree
from sim.scenario.nodes import SequenceNode as Listed
from sim.scenario.nodes import copy
from sim.scenario.package_checks import check_packages
from sim.scenario.parts import (
    Deliverable,
    IssueSpec,
    Linkage,
    Number,
    PartySpec,
    Proposal,
    ProtocolSpec,
    RedLine,
    Rule,
    StrategySpec,
    Time,
)
from sim.scenario.paths import Setting, parse_path, parse_set
from sim.scenario.pressure_blocks import GivingWay, MediationSpec, giving_way, mediation
from sim.scenario.ratification_blocks import RatificationSpec, ratification
from sim.scenario.registered import PROTOCOLS, STRATEGIES, parameters
from sim.scenario.resolved import numbers, resolved, where
from sim.scenario.validation import validate
from sim.scenario.war_blocks import WarSpec, war
from sim.scenario.yaml_writer import changes, document

MOST_TRIALS = 12  # of paths of a sweep, one by one
DEFAULT_PROTOCOL = "alternating_offers"
DEFAULT_STRATEGY = "time_dependent"


@dataclass(frozen=True, eq=False)
class Scenario:
    """Who sits at the table, what is on it, how much each side cares, what it will never sign.

    Mappings keep the order of the file. What is only shown (about, history, ...) is kept as written. Blocks that the
    file does not have are None, `events` then is empty.
    """

    id: str
    title: str
    about: str
    disclaimer: str
    as_of: date | None
    headline: tuple[str, ...]
    lines: str
    not_at_the_table: tuple[str, ...]
    time: Time
    issues: dict[str, IssueSpec]
    consistency: tuple[Rule, ...]
    parties: dict[str, PartySpec]
    protocol: ProtocolSpec
    proposals: dict[str, Proposal]
    giving_way: GivingWay | None
    mediation: MediationSpec | None
    war: WarSpec | None
    events: tuple[EventSpec, ...]
    ratification: RatificationSpec | None
    aftermath: AftermathSpec | None
    solution_parties: tuple[str, ...] | None
    status_quo: dict[str, str] | None
    sources: dict[str, str]
    history: dict[str, Any] | None
    expected: dict[str, Any] | None
    sweep: dict[str, tuple[Any, ...]]
    tree: Tree = field(repr=False)
    _before_sets: Tree = field(repr=False)
    _sets: tuple[str, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        return f"Scenario({self.id}: {', '.join(self.parties)} on {', '.join(self.issues)})"

    @property
    def resolved(self) -> dict[str, Any]:
        """The scenario as a nested dict in file order, after `extends`, `set` and rescaling; dates as text."""
        return resolved(self.tree)

    def resolved_text(self) -> str:
        """The scenario as one YAML file; every override has a comment that names its file and line."""
        return document(self.tree)

    def overrides(self) -> tuple[str, ...]:
        """What was overridden: where, and what stood there before."""
        return tuple(changes(self.tree))

    def numbers(self) -> dict[str, Number]:
        """Every number that a draw may move or a path may set, by dotted path, sorted."""
        return numbers(self.tree)

    def where(self, path: str) -> str:
        """`file:line:column` of what a dotted path names; of the nearest block above if it is not in the file."""
        return str(where(self.tree, path))

    def with_sets(self, sets: Sequence[str]) -> "Scenario":
        """This scenario with further `PATH=VALUE` settings.

        Raises:
            ScenarioError: with all faults, if a setting is none or leads to a scenario that does not hold together.
        """
        return from_tree(self._before_sets, (*self._sets, *sets), Faults())

    def points(self, vary: Sequence[str] = (), design: str | None = None) -> "Iterator[Point]":
        """The scenarios of what `sweep:` and `PATH=SPEC` texts span; one, without settings, if there is none.

        Args:
            vary: `PATH=a,b,c`, `PATH=low:high:count` or, with a design, `PATH=low:high`; one for a path of `sweep:`
                replaces it.
            design: `sobol:COUNT` or `latin:COUNT`; None for a grid.

        Raises:
            ScenarioError: if a text is none, or a point does not hold together.
        """
        for number, settings in enumerate(self.settings(vary, design)):
            yield self.point(number, settings)

    def settings(self, vary: Sequence[str] = (), design: str | None = None) -> list[dict[str, str]]:
        """The settings of all points, as path and value; in a grid the last path varies fastest.

        Raises:
            ScenarioError: if a text is none.
        """
        faults = Faults()
        points = sweeps.points(self.tree, vary, design, faults)
        faults.raise_any()
        return points

    def point(self, number: int, settings: dict[str, str]) -> "Point":
        """One point of a grid, as a scenario of its own, without the sweep."""
        base = shallow.copy(self._before_sets)
        base.items = {key: node for key, node in base.items.items() if key != "sweep"}
        sets = (*self._sets, *(f"{path}={value}" for path, value in settings.items()))
        return Point(number, settings, from_tree(base, sets, Faults()))


@dataclass(frozen=True)
class Point:
    """One point of a sweep: its number from 0, what was set, and the scenario."""

    number: int
    settings: dict[str, str]
    scenario: Scenario


def from_tree(before_sets: Tree, sets: Sequence[str], faults: Faults) -> Scenario:
    """Settings applied, everything checked, frozen.

    Raises:
        ScenarioError: with all faults.
    """
    root = copy(before_sets)
    assert isinstance(root, Tree)
    settings = [
        setting for number, text in enumerate(sets, 1) if (setting := parse_set(text, number, faults)) is not None
    ]
    apply_settings(root, settings, faults)
    if not small_enough(root, faults):
        raise faults.error()
    model = _checked(root, faults)
    faults.raise_any()
    _check_sweep(root, faults)
    faults.raise_any()
    assert model is not None
    scenario = _scenario(model, root, before_sets, tuple(sets))
    check_packages(scenario, faults)
    faults.raise_any()
    return scenario


def _checked(root: Tree, faults: Faults) -> schema.ScenarioModel | None:
    model = validate(schema.ScenarioModel, root, faults)
    check(root, faults)
    check_blocks(root, faults)
    check_control(root, faults)
    return model


def _check_sweep(root: Tree, faults: Faults) -> None:
    """Try the first value of each path of a sweep: what is wrong with a path is told before anything is computed.

    A trial takes as long as reading the file. So of many paths, all are tried at once, and one by one only some.
    """
    sweep = root.items.get("sweep")
    if not isinstance(sweep, Tree):
        return
    together = _trial(root, sweep, list(sweep.items)) if len(sweep.items) > MOST_TRIALS else ""
    if len(sweep.items) > MOST_TRIALS and not together:
        return
    for path in list(sweep.items)[:MOST_TRIALS]:
        found = _trial(root, sweep, [path])
        if found:
            faults.add(sweep.keys[path], found, "sweep")
    if together and not faults:
        faults.add(root.keys["sweep"], f"with the first value of every path: {together}", "sweep")


def _trial(root: Tree, sweep: Tree, paths: list[str]) -> str:
    """What is wrong where some paths take the first of their values; empty if nothing is."""
    trial, found, settings = copy(root), Faults(), []
    assert isinstance(trial, Tree)
    try:
        for path in paths:
            parts, values, mark = parse_path(path, sweep.keys[path], found), sweep.items[path], sweep.keys[path]
            assert isinstance(values, Listed)
            settings += [Setting(parts, values.items[0], mark, f"{mark.file}:{mark.line}")] if parts else []
        apply_settings(trial, settings, found)
        _checked(trial, found)
        found.raise_any()
    except ScenarioError as error:
        return error.faults[0].message
    return ""


def _scenario(model: schema.ScenarioModel, root: Tree, before_sets: Tree, sets: tuple[str, ...]) -> Scenario:
    options = {name: frozenset(issue.options) for name, issue in model.issues.items()}
    protocol = model.protocol or schema.NamedModel(name=DEFAULT_PROTOCOL)
    return Scenario(
        id=model.id,
        title=model.title,
        about=model.about or "",
        disclaimer=model.disclaimer or "",
        as_of=model.as_of,
        headline=tuple(model.headline or ()),
        lines=model.lines,
        not_at_the_table=tuple(model.not_at_the_table or ()),
        time=Time(model.time.rounds, float(model.time.days_per_round)),
        issues={name: _issue(name, issue) for name, issue in model.issues.items()},
        consistency=tuple(
            Rule(rule.id, condition_of(rule.if_, options, ALWAYS), condition_of(rule.then, options), rule.because or "")
            for rule in model.consistency or ()
        ),
        parties={name: _party(name, party, options) for name, party in model.parties.items()},
        protocol=ProtocolSpec(protocol.name, parameters(protocol.model_dump(), PROTOCOLS)),
        proposals={name: _proposal(name, proposal) for name, proposal in (model.proposals or {}).items()},
        giving_way=giving_way(model.giving_way),
        mediation=mediation(model.mediation, {name: party.kind for name, party in model.parties.items()}, options),
        war=war(model.war, list(model.parties)),
        events=events(model.events, list(model.mediation.levers or {}) if model.mediation else []),
        ratification=ratification(model.ratification, options),
        aftermath=aftermath(model.aftermath, options),
        solution_parties=tuple(model.solutions.parties) if model.solutions else None,
        status_quo=dict(model.status_quo) if model.status_quo else None,
        sources=dict(model.sources or {}),
        history=model.history,
        expected=model.expected,
        sweep={path: tuple(values) for path, values in (model.sweep or {}).items()},
        tree=root,
        _before_sets=before_sets,
        _sets=sets,
    )


def _issue(name: str, model: schema.IssueModel) -> IssueSpec:
    return IssueSpec(
        label=model.label or name,
        options=dict(model.options),
        deliverable={
            option: Deliverable(each.chance.number(), each.otherwise)
            for option, each in (model.deliverable or {}).items()
        },
        scale={option: float(at) for option, at in model.scale.items()} if model.scale is not None else None,
        controlled_by=tuple(model.controlled_by or ()),
    )


def _party(name: str, model: schema.PartyModel, options: dict[str, frozenset[str]]) -> PartySpec:
    strategy = model.strategy or schema.NamedModel(name=DEFAULT_STRATEGY)
    return PartySpec(
        label=model.label or name,
        kind=model.kind,
        speakers=tuple(model.speakers or ()),
        signs=condition_of(model.signs, options),
        weights={issue: weight.number() for issue, weight in model.weights.items()},
        values={
            issue: {option: each.number() for option, each in points.items()} for issue, points in model.values.items()
        },
        values_within=model.values_within,
        no_deal=model.no_deal.number(),
        discount_per_month=number_of(model.discount_per_month, 1.0),
        influence=number_of(model.influence, 1.0),
        foresight=number_of(model.foresight, 0.0),
        refusal_cost=number_of(model.refusal_cost, 0.0),
        walk_away=None if model.walk_away is None else model.walk_away.number(),
        red_lines=tuple(_red_line(line, options) for line in model.red_lines or ()),
        linkages=tuple(
            Linkage(each.id, condition_of(each.when, options), each.adds.number(), each.because or "")
            for each in model.linkages or ()
        ),
        opens_with=tuple(model.opens_with or ()),
        strategy=StrategySpec(strategy.name, parameters(strategy.model_dump(), STRATEGIES)),
    )


def _red_line(model: schema.RedLineModel, options: dict[str, frozenset[str]]) -> RedLine:
    return RedLine(
        id=model.id,
        never=condition_of(model.never, options),
        unless=condition_of(model.unless, options),
        hardness=model.hardness.number(),
        drawn_with=model.drawn_with,
        because=model.because or "",
    )


def _proposal(name: str, model: schema.ProposalModel) -> Proposal:
    return Proposal(
        label=model.label or name,
        from_=model.from_,
        package=dict(model.package),
        status=model.status,
        source=tuple(model.source or ()),
        note=model.note or "",
    )


def read_scenario(path: str | os.PathLike[str], sets: Sequence[str] = ()) -> Scenario:
    """Read a scenario file and check it.

    Args:
        path: The file; what it `extends` lies in its folder or below.
        sets: `PATH=VALUE` texts, applied last; `parties.*.no_deal=0.4`.

    Raises:
        ScenarioError: whatever the bytes of the file, with all faults at once and their places.
    """
    faults = Faults()
    root = load(path, faults)
    if root is None:
        raise faults.error()
    return from_tree(root, sets, faults)
