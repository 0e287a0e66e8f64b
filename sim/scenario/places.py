"""Places in the tree of a scenario file, and what the annotations of the models mean for them.

Checks read the tree, not the models, so that they also run on a file with invalid shapes: all faults are found at once.
What has an invalid shape is skipped here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError

from sim.core.conditions import Clauses
from sim.core.fields import Block, Form, Names, Open, Refers, Shown, issues_with, issues_with_all
from sim.core.mechanism import BLOCK, KEY, VALUE
from sim.core.numbers import Number, is_table
from sim.core.wording import listed, meant, quoted, shown
from sim.scenario.messages import Faults, Mark
from sim.scenario.nodes import MappingNode, Node, ScalarNode, SequenceNode, plain
from sim.scenario.paths import child, entry_id, parse_path

NOWHERE = ScalarNode(Mark("", 0, 0))
BOUNDS = ("ge", "gt", "le", "lt")  # pydantic's names of them


def key_mark(parent: Node, name: str, node: Node) -> Mark:
    """Return the mark of a message about a value: a scalar's own, a block's key."""
    if isinstance(node, ScalarNode) or not isinstance(parent, MappingNode):
        return node.mark
    return parent.keys.get(name, node.mark)


# Annotations


class Bounds(NamedTuple):
    """The least and the most that a number may be, None where there is no such bound."""

    least: float | None
    most: float | None
    whole: bool = False  # whether only whole numbers are valid


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of value that an annotation allows, with its further annotations."""

    type: Any  # a model, a plain type, `dict` or `tuple`
    annotations: tuple[Any, ...]
    inside: tuple[Any, ...] = ()  # annotations of the key and the value of a `dict`, or of an entry of a `tuple`

    @cached_property
    def keys(self) -> dict[str, "Kinds"]:
        """Return the kinds of value at each key of a model; a root model is replaced by its root."""
        return {
            field.alias or name: kinds(field.annotation, tuple(field.metadata))
            for name, field in self.type.model_fields.items()
        }

    @cached_property
    def entry(self) -> "Kinds":
        """Return the kinds of value of an entry of a table or a list."""
        return kinds(self.inside[-1])

    @cached_property
    def named(self) -> str:
        """Return what the keys of a table, or the words of a list, are names of; empty for none."""
        kinds_of_name = [self, *kinds(self.inside[0])] if self.inside else [self]
        return next((each.what for kind in kinds_of_name for each in kind.annotations if isinstance(each, Refers)), "")

    @cached_property
    def bounds(self) -> Bounds | None:
        """Return the bounds of a number, exclusive ones as if they were not; None for another kind."""
        if self.is_model(Number):
            return Bounds(self.type.above if self.type.least is None else self.type.least, self.type.most)
        if self.type not in (int, float):
            return None
        rules = [rule for each in self.annotations for rule in getattr(each, "metadata", [each])]
        ends = {name: float(getattr(rule, name)) for rule in rules for name in BOUNDS if hasattr(rule, name)}
        return Bounds(ends.get("ge", ends.get("gt")), ends.get("le", ends.get("lt")), self.type is int)

    def is_model(self, model: type[BaseModel]) -> bool:
        return issubclass(self.type, model)

    def fits(self, node: Node) -> bool:
        """Return whether a node has this kind."""
        if self.is_model(Number):
            return isinstance(node, ScalarNode) or (isinstance(node, MappingNode) and not is_table(node.items))
        if self.is_model(Clauses):
            return not isinstance(node, ScalarNode)
        if self.type is tuple:
            return not isinstance(node, MappingNode)
        return isinstance(node, MappingNode) == (self.type is dict or self.is_model(BaseModel))


Kinds = list[Kind]


def kinds(annotation: Any, annotations: tuple[Any, ...] = ()) -> Kinds:
    """Return the kinds of value that an annotation allows in a file."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return kinds(inner, (*more, *annotations))
    form = next((each for each in annotations if isinstance(each, Form)), None)
    if form is not None:
        return kinds(form.kind, tuple(each for each in annotations if each is not form))
    if get_origin(annotation) in (dict, tuple):
        inside = tuple(each for each in get_args(annotation) if each is not ...)
        return [Kind(get_origin(annotation), annotations, inside)]
    if isinstance(annotation, type) and issubclass(annotation, RootModel) and annotation is not Clauses:
        return kinds(annotation.model_fields["root"].annotation, annotations)
    if isinstance(annotation, type):
        return [Kind(annotation, annotations)]
    return [kind for each in get_args(annotation) for kind in kinds(each, annotations)]


@cache
def kind_of(model: type[BaseModel]) -> Kind:
    return Kind(model, ())


# Places


class Place:
    """A key or entry of a scenario file, existing or not (`sim.core.mechanism.Place` documents it)."""

    __slots__ = ("faults", "key", "kinds", "node", "parent")

    def __init__(
        self, node: Node | None, faults: Faults, kinds: Kinds, parent: "Place | None" = None, key: str = ""
    ) -> None:
        self.node, self.faults, self.kinds, self.parent, self.key = node, faults, kinds, parent, key

    def _below(self, node: Node | None, key: str, kinds: Kinds) -> "Place":
        return Place(node, self.faults, kinds, self, key)

    @property
    def root(self) -> "Place":
        return self.parent.root if self.parent is not None else self

    @property
    def names(self) -> tuple[str, ...]:
        return () if self.parent is None else (*self.parent.names, self.key)

    @property
    def path(self) -> str:
        return ".".join(map(shown, self.names))

    @property
    def text(self) -> str | None:
        return self.node.text if isinstance(self.node, ScalarNode) else None

    @property
    def keys(self) -> list[str]:
        return list(self.node.items) if isinstance(self.node, MappingNode) else []

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, MappingNode)

    @property
    def number(self) -> Number | None:
        try:
            return None if self.node is None else Number.model_validate(plain(self.node))
        except ValidationError:
            return None

    def __bool__(self) -> bool:
        return self.node is not None

    def __getitem__(self, key: str) -> "Place":
        block = next((kind for kind in self.kinds if kind.is_model(Block)), None)
        node = None if self.node is None else child(self.node, key)
        return self._below(node, key, [] if block is None else block.keys.get(key, []))

    def items(self) -> Iterator[tuple[str, "Place"]]:
        for key, node in self.node.items.items() if isinstance(self.node, MappingNode) else ():
            yield key, self._below(node, key, [])

    def entries(self) -> Iterator["Place"]:
        for at, node in enumerate(self.node.items if isinstance(self.node, SequenceNode) else ()):
            yield self._below(node, entry_id(node) or str(at), [])

    def mark(self, on: str = VALUE) -> Mark:
        node, above = self.node or NOWHERE, NOWHERE if self.parent is None else self.parent.node
        if on == BLOCK and above is not None:
            return key_mark(above, self.key, node)
        return above.keys[self.key] if on == KEY and isinstance(above, MappingNode) else node.mark

    def fault(self, message: str, on: str = VALUE, path: str | None = None) -> None:
        self.faults.add(self.mark(on), message, self.path if path is None else path)

    def key_as_path(self) -> tuple[str, ...] | None:
        return parse_path(self.key, self.mark(KEY), self.faults)

    def must_name(self, known: Sequence[str], what: str, of: str = "", path: str | None = None) -> list[str]:
        read: list[str] = []
        for entry in self.node.items if isinstance(self.node, SequenceNode) else [self.node]:
            if not isinstance(entry, ScalarNode) or not isinstance(entry.value, str):
                continue  # the shape is checked elsewhere
            wrong = f"{quoted(entry.text)} stands twice; once would do" if entry.text in read else ""
            if entry.text not in known:
                wrong = f"no {what}{of} is called {quoted(entry.text)}{meant(entry.text, known)}"
            if wrong:
                self.faults.add(entry.mark, wrong, self.path if path is None else path)
            read.append(entry.text)
        return read

    def keys_must_be(self, known: Sequence[str], what: str) -> None:
        for key, value in self.items():
            if key not in known:
                value.fault(f"no {what} is called {quoted(key)}{meant(key, known)}", KEY, self.path)

    def must_have_each(self, known: Sequence[str], what: str, hole: str) -> None:
        self.keys_must_be(known, what)
        missing = [name for name in known if name not in self.keys]
        if missing:
            self.fault(f"{hole} {listed(missing)}; every {what} needs one", BLOCK)

    def ids_must_differ(self, what: str) -> None:
        """Report entries of a list with the id of an earlier one."""
        first: dict[str, Node] = {}
        for entry in self.entries():
            name = entry_id(entry.node) if entry.node is not None else None
            if name is not None and name in first:
                line = first[name].mark.line
                message = f"another {what} is called {quoted(name)}, on line {line}; names are given once"
                entry["id"].fault(message, path=self.path)
            elif name is not None and entry.node is not None:
                first[name] = entry.node

    def must_be_of_one_issue(self, names: Names, whole: bool) -> None:
        if not self.is_mapping:
            return
        found = (issues_with_all if whole else issues_with)(self.keys, names.options)
        if len(found) > 1:
            message = f"these are options of {listed(found)} alike, so it cannot be told which issue is meant"
            self.fault(f"{message}; give the options of one of them other names", BLOCK)
        if found:
            return
        shared = {issue: len(set(known) & set(self.keys)) for issue, known in names.options.items()}
        nearest = max(shared, key=lambda issue: (shared[issue], -len(names.options[issue])))
        known, of = names.options[nearest], f"option of {nearest}"
        if not shared[nearest]:
            self.fault(f"no issue has options called {listed(self.keys)}; those of one issue would do", BLOCK)
        elif whole:
            self.must_have_each(known, of, "no number for")
        else:
            self.keys_must_be(known, of)

    def number_paths(self) -> list[tuple[str, ...]]:
        return [place.names for place in self.numbers()]

    def numbers(self) -> Iterator["Place"]:
        """Return places below at which the file has a number that a draw may change."""
        return (spot.place for spot in spots(self) if spot.kind.is_model(Number) and not spot.shown)


@dataclass(frozen=True, eq=False, slots=True)
class Spot:
    """A place and the kind of value that its annotation has there."""

    place: Place
    kind: Kind
    issue: str  # the issue whose options are named here, empty for none
    shown: bool  # whether it is only descriptive


def spots(place: Place, issue: str = "", shown: bool = False) -> Iterator[Spot]:
    """Iterate over a place and all below it, as far as the shapes are valid."""
    node = place.node
    kind = next((each for each in place.kinds if node is not None and each.fits(node)), None)
    if kind is None:
        return
    shown = shown or any(isinstance(each, Shown) for each in kind.annotations)
    yield Spot(place, kind, issue, shown)
    if kind.type is dict:
        by_issue = kind.named == "issue"
        for key, below in place.items():
            below.kinds = kind.entry
            yield from spots(below, key if by_issue else issue, shown)
    elif kind.type is tuple:
        for below in place.entries() if any(each.is_model(Block) for each in kind.entry) else ():
            below.kinds = kind.entry
            yield from spots(below, issue, shown)
    elif kind.is_model(Block) and not kind.is_model(Number):
        for key, below in place.items():
            if key in kind.keys:
                below.kinds = kind.keys[key]
                yield from spots(below, issue, shown)
            elif kind.is_model(Open) and re.fullmatch(kind.type.pattern, key):
                below.kinds = kinds(kind.type.kind)
                yield from spots(below, issue, shown or kind.type.only_shown)
