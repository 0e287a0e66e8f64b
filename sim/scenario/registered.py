"""The parameters of strategies and protocols, derived from the registries."""

from collections.abc import Iterable, Mapping
from dataclasses import Field, fields
from functools import cache
from typing import Any

from pydantic import ValidationError

from sim.core.fields import found
from sim.core.numbers import Number
from sim.core.registry import Registry
from sim.core.wording import listed, meant, quoted, shown
from sim.scenario.messages import Faults, Mark
from sim.scenario.nodes import MappingNode, Node, ScalarNode, SequenceNode
from sim.scenario.places import key_mark
from sim.scenario.validation import not_one_of, validate

SINGULAR = {"strategies": "strategy", "protocols": "protocol"}
ORDERS = ("fixed", "random", "rotating")


def parameters_of(registered: type) -> dict[str, Field[Any]]:
    """Return the fields of a registered class that a scenario may set, by name."""
    return {each.name: each for each in fields(registered) if "kind" in each.metadata}


@cache
def bounded(field: Field[Any]) -> type[Number]:
    """The model of a `number` parameter: `low` and `high` are allowed, `above` is not."""
    low, high, above = (field.metadata.get(key) for key in ("low", "high", "above"))
    return type("Parameter", (Number,), {"least": low, "most": high, "above": above, "__module__": __name__})


def check_block(
    node: Node | None, registry: Registry[Any], party_names: Iterable[str], faults: Faults, path: str
) -> None:
    """Check a `strategy:` or `protocol:` block against its registry."""
    name = node.items.get("name") if isinstance(node, MappingNode) else None
    if not isinstance(node, MappingNode) or not isinstance(name, ScalarNode) or not isinstance(name.value, str):
        return  # the shape is checked elsewhere
    if name.text not in registry:
        what = SINGULAR.get(registry.what, registry.what)
        faults.add(name.mark, f"no {what} is called {quoted(name.text)}{meant(name.text, registry)}", f"{path}.name")
        return
    known = parameters_of(registry[name.text])
    for key, value in node.items.items():
        if key in known:
            _check(known[key], value, key_mark(node, key, value), list(party_names), faults, f"{path}.{key}")
        elif key != "name":
            takes = f"{name.text} takes {listed(sorted(known))}"
            faults.add(node.keys[key], f"unknown key {quoted(key)}: {takes}{meant(key, known)}", path)


def parameters(name: str, block: dict[str, Any], registry: Registry[Any]) -> dict[str, Any]:
    """Return the parameters that a block sets: numbers as `Number`, orders as tuples, invalid ones as written.

    Includes those that are drawn though the block does not set them.
    """
    known = parameters_of(registry[name]) if name in registry else {}
    return drawn_defaults(known) | {key: _parameter(known.get(key), value) for key, value in block.items()}


def drawn_defaults(known: Mapping[str, Field[Any]]) -> dict[str, Any]:
    """Return the default distributions of parameters that a file leaves out."""
    fields = {key: field.metadata for key, field in known.items() if field.metadata.get("drawn")}
    drawn = {key: {"range": list(each["drawn"]), "status": "assumption"} for key, each in fields.items()}
    return {key: Number.model_validate(each) for key, each in drawn.items()}


def _parameter(field: Field[Any] | None, value: Any) -> Any:
    if field is not None and field.metadata["kind"] == "number":
        try:
            return Number.model_validate(value)
        except ValidationError:
            return value
    if field is not None and field.metadata["kind"] == "agenda" and isinstance(value, list):
        return tuple((item,) if isinstance(item, str) else tuple(item) for item in value)
    return tuple(value) if isinstance(value, list) else value


def _check(field: Field[Any], node: Node, mark: Mark, party_names: list[str], faults: Faults, path: str) -> None:
    kind = field.metadata["kind"]
    value = node.value if isinstance(node, ScalarNode) else {} if isinstance(node, MappingNode) else []
    if kind == "number":
        validate(bounded(field), node, faults, path)
    elif kind == "choice":
        options = list(field.metadata["options"])
        if not isinstance(value, str) or value not in options:
            faults.add(mark, not_one_of(value, options), path)
    elif kind == "count":
        low = field.metadata["low"]
        if not isinstance(value, int) or isinstance(value, bool) or value < low:
            faults.add(mark, f"{found(value)} where a whole number of at least {low} would do", path)
    elif kind == "switch":
        if not isinstance(value, bool):
            faults.add(mark, f"{found(value)} where true or false would do", path)
    elif kind == "order":
        _check_order(node, value, party_names, faults, path)


def _check_order(node: Node, value: Any, party_names: list[str], faults: Faults, path: str) -> None:
    if not isinstance(node, SequenceNode):
        if value not in ORDERS:
            faults.add(node.mark, f"{found(value)} where fixed, random, rotating or a list of parties would do", path)
        return
    if not node.items:
        faults.add(node.mark, "nobody speaks; name at least one party", path)
    seen: set[str] = set()
    for entry in node.items:
        name = entry.text if isinstance(entry, ScalarNode) else ""
        if name not in party_names:
            faults.add(entry.mark, f"no party is called {quoted(name)}{meant(name, party_names)}", path)
        elif name in seen:
            faults.add(entry.mark, f"{shown(name)} stands twice in the order; once would do", path)
        seen.add(name)
