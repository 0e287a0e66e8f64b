"""A scenario: one frozen, validated model with the place of every key, made from the tree of its file."""

import copy as shallow
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, create_model, model_validator

from sim.core.fields import Block, Date, IssueName, Label, Listed, Many, Name, OptionName, Text, fault, found
from sim.core.numbers import Number
from sim.core.registry import Registry
from sim.mechanisms import MECHANISMS
from sim.mechanisms.aftermath import AftermathSpec
from sim.mechanisms.events import EventList
from sim.mechanisms.giving_way import GivingWaySpec
from sim.mechanisms.mediation import MediationSpec
from sim.mechanisms.ratification import RatificationSpec
from sim.mechanisms.stages import StageList
from sim.mechanisms.war import WarSpec
from sim.protocols import PROTOCOLS
from sim.scenario import parts, sweeps
from sim.scenario.checks import check, names_in, place
from sim.scenario.differences import apply_settings, load
from sim.scenario.messages import Faults, ScenarioError
from sim.scenario.nodes import MappingNode as Tree
from sim.scenario.nodes import SequenceNode, copy, plain
from sim.scenario.package_checks import check_packages
from sim.scenario.paths import Setting, parse_path, parse_set
from sim.scenario.places import Bounds, Place, kind_of, spots
from sim.scenario.registered import drawn_defaults, parameters_of
from sim.scenario.validation import validate
from sim.scenario.yaml_writer import changes, document, small_enough
from sim.strategies import STRATEGIES

MOST_TRIALS = 12  # of paths of a sweep, one by one


def _whole(value: Any) -> Any:
    """Accept only an integer: to Python, 1.0 and true equal 1."""
    if type(value) is not int:
        raise fault(f"{found(value)} is not one of 1")
    return value


def _block(key: str) -> Any:
    return Field(MECHANISMS[key].left_out, description=MECHANISMS[key].about)


class Scenario(Block):
    """A scenario of peacesim: the parties, the issues, and the preferences and limits of each party."""

    # Mappings keep the order of the file. Blocks that the file does not have are None, `events` then is empty.

    _tree: Tree = PrivateAttr()
    _before_sets: Tree = PrivateAttr()
    _sets: tuple[str, ...] = PrivateAttr(())

    schema_: Annotated[Literal[1], BeforeValidator(_whole)] = Field(
        alias="schema", description="Version of this file format: 1."
    )
    id: Name = Field(description="Short name; the results folder starts with it.")
    title: Label = Field(description="Title of charts and reports.")
    as_of: Date | None = Field(None, description="Date on which the talks start.")
    about: Text = Field("", description="What the scenario is about. Descriptive only.")
    disclaimer: Text = Field("", description="Shown beside results.")
    headline: Annotated[tuple[IssueName, ...], Listed(1)] = Field(
        (), description="Issues by which results are grouped; left out: all."
    )
    not_at_the_table: Many[Label] = Field((), description="Who is affected and not represented. Descriptive only.")
    time: parts.Time = Field(description="The duration of the talks.")
    lines: Literal["by_party", "together", "each"] = Field(
        "by_party",
        description="How red lines share a draw: one a party and name, one a name for all parties, or one a line.",
    )
    giving_way: GivingWaySpec | None = _block("giving_way")
    issues: parts.Issues = Field(description="The issues under negotiation, with their options.")
    consistency: parts.Rules = Field((), description="Packages that cannot exist; excluded before anything else.")
    parties: parts.Parties = Field(description="The parties to the talks.")
    protocol: parts.Protocol = Field(
        parts.ProtocolSpec(parts.DEFAULT_PROTOCOL, {}),
        description="The rules of the talks; left out: alternating_offers.",
    )
    proposals: parts.Proposals = Field({}, description="Proposals on record.")
    mediation: MediationSpec | None = _block("mediation")
    war: WarSpec | None = _block("war")
    events: EventList = _block("events")
    stages: StageList = _block("stages")
    ratification: RatificationSpec | None = _block("ratification")
    aftermath: AftermathSpec | None = _block("aftermath")
    solutions: parts.Solutions | None = Field(None, description="Parties over which solutions are computed.")
    status_quo: Annotated[dict[IssueName, OptionName], Field(min_length=1)] | None = Field(
        None, description="The present option of every issue; `show` reports whether any party would change it."
    )
    sweep: dict[str, Annotated[tuple[Any, ...], Listed(1)]] = Field(
        {}, description="Paths with their values; several make a grid."
    )
    history: dict[str, Any] | None = Field(None, description="What really happened. Descriptive only.")
    expected: dict[str, Any] | None = Field(
        None, description="What the author expects. Descriptive only."
    )
    known: Annotated[tuple[parts.Known, ...], Listed(None, 200)] = Field(
        (), description="What is known of the past, each with its source; `hindcast` compares it with what rates imply."
    )
    sources: dict[str, parts.Source] = Field({}, description="Sources by key, each one text or by its parts.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for key, mechanism in MECHANISMS.items():
            block = getattr(self, key)
            if block:
                mechanism.complete(block, self)
        return self

    def __repr__(self) -> str:
        return f"Scenario({self.id}: {', '.join(self.parties)} on {', '.join(self.issues)})"

    __str__ = __repr__

    __eq__, __hash__ = object.__eq__, object.__hash__  # a scenario equals only itself

    @property
    def tree(self) -> Tree:
        """The file as read, with the place of every key."""
        return self._tree

    @property
    def extends(self) -> str:
        """The id of the scenario that the file extends, empty if it stands on its own or has the same id."""
        return self.tree.extends if self.tree.extends != self.id else ""

    @property
    def solution_parties(self) -> tuple[str, ...] | None:
        """The parties over which bargaining solutions are computed, None if the file does not name them."""
        return self.solutions.parties if self.solutions else None

    @property
    def money(self) -> str:
        """The unit of what the war costs, empty if it costs no money."""
        return self.war.cost_unit if self.war and self.war.cost_per_month else ""

    @property
    def resolved(self) -> dict[str, Any]:
        """The scenario as a nested dict in file order, after `extends`, `set` and rescaling; dates as text."""
        tree: dict[str, Any] = plain(self.tree, dates_as_text=True)
        return tree

    def resolved_text(self) -> str:
        """The scenario as one YAML file; every override has a comment that names its file and line."""
        return document(self.tree)

    def overrides(self) -> tuple[str, ...]:
        """Return the overrides: where, and the previous value."""
        return tuple(changes(self.tree))

    def numbers(self) -> dict[str, Number]:
        """Return every number that a draw or a path may set, by dotted path, sorted."""
        places, drawn = list(self._root.numbers()), dict[str, Number]()
        for known, block in self._parameters():
            drawn |= {".".join((*block.names, key)): each for key, each in drawn_defaults(known).items()}
            places += (each for key, each in block.items() if key in known and known[key].metadata["kind"] == "number")
        stated = {".".join(place.names): number for place in places if (number := place.number) is not None}
        return dict(sorted((drawn | stated).items(), key=lambda each: each[0].split(".")))

    def bounds(self) -> dict[str, Bounds]:
        """Return the bounds of each number that the file states, whole numbers and other certain ones too.

        Returns:
            Bounds by dotted path, in the order of the file.
        """
        found: dict[str, Bounds] = {}
        for spot in spots(self._root):
            if spot.kind.bounds and not spot.shown:
                found[".".join(spot.place.names)] = spot.kind.bounds
        for known, block in self._parameters():
            for key, _ in block.items():
                facts: Mapping[str, Any] = known[key].metadata if key in known else {"kind": ""}
                if facts["kind"] in ("number", "count"):
                    least = facts["low"] if facts["low"] is not None else facts.get("above")
                    bounds = Bounds(least, facts.get("high"), facts["kind"] == "count")
                    found[".".join((*block.names, key))] = bounds
        return found

    @property
    def _root(self) -> Place:
        return Place(self.tree, Faults(), [kind_of(type(self))])

    def _parameters(self) -> Iterator[tuple[Mapping[str, Any], Place]]:
        """Yield the block of each strategy and of the protocol, with the parameters that it may have."""
        root = self._root
        blocks: list[tuple[Registry[Any], Place]] = [(PROTOCOLS, root["protocol"])]
        blocks += [(STRATEGIES, party["strategy"]) for _, party in root["parties"].items()]
        for registry, block in blocks:
            name = block["name"].text or ""
            yield (parameters_of(registry[name]) if name in registry else {}), block

    def where(self, path: str) -> str:
        """Return the `file:line:column` of a dotted path; of the nearest block above if it is not in the file."""
        return str(place(self.tree, *path.split(".")))

    def with_sets(self, sets: Sequence[str]) -> "Scenario":
        """Return this scenario with further `PATH=VALUE` settings; a ScenarioError if it is inconsistent."""
        return from_tree(self._before_sets, (*self._sets, *sets), Faults())

    def points(self, vary: Sequence[str] = (), design: str | None = None) -> "Iterator[Point]":
        """Return the scenarios spanned by `sweep:` and `PATH=SPEC` strings; one, without settings, if there is none.

        `vary` has `PATH=a,b,c`, `PATH=low:high:count` or, with a design such as `sobol:COUNT` or `latin:COUNT`,
        `PATH=low:high`; one for a path of `sweep:` replaces it. A ScenarioError if a string is invalid, or a point is
        inconsistent.
        """
        for number, settings in enumerate(self.settings(vary, design)):
            yield self.point(number, settings)

    def settings(self, vary: Sequence[str] = (), design: str | None = None) -> list[dict[str, str]]:
        """Return the settings of all points, as path and value; in a grid the last path varies fastest."""
        faults = Faults()
        points = sweeps.points(self.tree, vary, design, faults)
        faults.raise_any()
        return points

    def point(self, number: int, settings: dict[str, str]) -> "Point":
        """Return one point of a grid, as a scenario of its own, without the sweep."""
        base = shallow.copy(self._before_sets)
        base.items = {key: node for key, node in base.items.items() if key != "sweep"}
        sets = (*self._sets, *(f"{path}={value}" for path, value in settings.items()))
        return Point(number, settings, from_tree(base, sets, Faults()))


@dataclass(frozen=True)
class Point:
    """One point of a sweep: its number from 0, its settings, and its scenario."""

    number: int
    settings: dict[str, str]
    scenario: Scenario


def from_tree(before_sets: Tree, sets: Sequence[str], faults: Faults) -> Scenario:
    """Apply settings, validate everything and freeze; a ScenarioError with all faults."""
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
    model._tree, model._before_sets, model._sets = root, before_sets, tuple(sets)
    check_packages(model, faults)
    faults.raise_any()
    return model


def scenario_model() -> type[Scenario]:
    """Return the model of a scenario with the blocks of all registered mechanisms, plug-ins included."""
    more = {key: each for key, each in MECHANISMS.items() if key not in Scenario.model_fields}
    return _with_blocks(tuple(more)) if more else Scenario


@cache
def _with_blocks(keys: tuple[str, ...]) -> type[Scenario]:
    blocks: dict[str, Any] = {key: (MECHANISMS[key].block | None, _block(key)) for key in keys}
    return create_model("Scenario", __base__=Scenario, __doc__=Scenario.__doc__, **blocks)


def _checked(root: Tree, faults: Faults) -> Scenario | None:
    model = scenario_model()
    at = Place(root, faults, [kind_of(model)])
    names = names_in(at)
    scenario = validate(model, root, faults, names=names)
    check(at, names)
    return scenario


def _check_sweep(root: Tree, faults: Faults) -> None:
    """Try the first value of each path of a sweep, to find faults of a path before anything is computed.

    A trial takes as long as reading the file. So of many paths, all are tried at once, and only some one by one.
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
    """Return the faults when some paths take their first values; empty if there are none."""
    trial, found, settings = copy(root), Faults(), []
    assert isinstance(trial, Tree)
    try:
        for path in paths:
            parts, values, mark = parse_path(path, sweep.keys[path], found), sweep.items[path], sweep.keys[path]
            assert isinstance(values, SequenceNode)
            settings += [Setting(parts, values.items[0], mark, f"{mark.file}:{mark.line}")] if parts else []
        apply_settings(trial, settings, found)
        _checked(trial, found)
        found.raise_any()
    except ScenarioError as error:
        return error.faults[0].message
    return ""


def read_scenario(path: str | os.PathLike[str], sets: Sequence[str] = ()) -> Scenario:
    """Read and validate a scenario file; what it `extends` is in its folder or below.

    `sets` are `PATH=VALUE` strings, applied last; `parties.*.no_deal=0.4`. A ScenarioError whatever the bytes of the
    file, with all faults at once and their places.
    """
    faults = Faults()
    root = load(path, faults)
    if root is None:
        raise faults.error()
    return from_tree(root, sets, faults)
