"""Scenarios between two others: some of their differences applied, the rest left."""

from collections.abc import Iterable, Iterator

from sim.scenario.differences import CONDITIONS
from sim.scenario.messages import Faults
from sim.scenario.nodes import MappingNode, Node, SequenceNode, copy, plain
from sim.scenario.paths import Path, child, entry_id, get, names_below
from sim.scenario.scenario import Scenario, from_tree

DESCRIPTIVE = frozenset({
    "about", "disclaimer", "expected", "headline", "history", "id", "known", "not_at_the_table", "schema", "sources",
    "sweep", "title",
})  # fmt: skip  # of a scenario as a whole: no result moves with these
SHOWN_ONLY = frozenset({
    "because", "claimed_losses_per_month", "donetsk_held_by_ukraine", "label", "note", "regions", "since", "source",
    "speakers", "spillover", "status", "unit",
})  # fmt: skip
WHOLE = frozenset({"weights", "strategy", "protocol", "options"})  # their parts only make sense together


def differing_paths(first: Scenario, second: Scenario) -> tuple[Path, ...]:
    """Return the smallest parts that differ in the second scenario, in file order, without descriptive ones.

    A number is one part with its range and law; so are the weights of a party, which sum to 1, and a strategy or
    protocol, whose parameters belong to its name.
    """
    return tuple(_differing(first.tree, second.tree, ()))


def mixed(first: Scenario, second: Scenario, paths: Iterable[Path]) -> Scenario:
    """Return the first scenario with the second's values at some of `differing_paths`; with all of them, the second.

    A ScenarioError if the mixture is inconsistent.
    """
    root = copy(first.tree)
    assert isinstance(root, MappingNode)
    root.items.pop("sweep", None)
    for path in paths:
        parent, node = get(root, *path[:-1]), get(second.tree, *path)
        assert isinstance(parent, (MappingNode, SequenceNode))
        _put(parent, path[-1], None if node is None else copy(node))
    return from_tree(root, (), Faults())


def _put(parent: MappingNode | SequenceNode, key: str, node: Node | None) -> None:
    """Set, add or (with None) remove what a key or id names."""
    if isinstance(parent, MappingNode):
        if node is None:
            del parent.items[key]
        else:
            parent.put(key, node, node.mark)
        return
    names = [entry_id(entry) for entry in parent.items]
    at = names.index(key) if key in names else len(names)
    parent.items[at : at + 1] = [] if node is None else [node]


def _differing(first: Node | None, second: Node | None, path: Path) -> Iterator[Path]:
    if first is None or second is None:
        yield path
    elif _moves(first) == _moves(second):
        return
    elif _is_whole(first, path) or _is_whole(second, path) or type(first) is not type(second):
        yield path
    else:
        for name in dict.fromkeys([*names_below(first), *names_below(second)]):
            if not ((name in DESCRIPTIVE and not path) or name in SHOWN_ONLY):
                yield from _differing(child(first, name), child(second, name), (*path, name))


def _is_whole(node: Node, path: Path) -> bool:
    if isinstance(node, MappingNode):
        key = path[-1] if path else ""
        return key in WHOLE or key in CONDITIONS or not {"value", "range"}.isdisjoint(node.items)
    return not isinstance(node, SequenceNode) or any(entry_id(entry) is None for entry in node.items)


def _moves(node: Node) -> object:
    """A part as plain values without descriptive ones, independent of the order of keys and of entries with an id."""
    if isinstance(node, MappingNode):
        return {
            key: list(names_below(below)) if key == "options" else _moves(below)  # their order counts, not their labels
            for key, below in node.items.items()
            if key not in SHOWN_ONLY
        }
    if isinstance(node, SequenceNode):
        ids = [entry_id(entry) for entry in node.items]
        entries = [_moves(entry) for entry in node.items]
        return entries if None in ids else dict(zip(ids, entries, strict=True))
    return plain(node)
