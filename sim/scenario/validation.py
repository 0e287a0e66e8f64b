"""Validation of a tree against the models: pydantic's errors in our own wording and with their place."""

from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from sim.core.conditions import Clauses
from sim.core.fields import Names, found
from sim.core.wording import closest, listed, meant, quoted, shown
from sim.scenario.messages import Faults, Mark
from sim.scenario.nodes import MappingNode, Node, SequenceNode, plain, read_as
from sim.scenario.paths import entry_id
from sim.scenario.places import Kind, Kinds, key_mark, kind_of

Model = TypeVar("Model", bound=BaseModel)
Loc = tuple[int | str, ...]


def validate(
    model: type[Model], node: Node, faults: Faults, path: str = "", names: Names | None = None
) -> Model | None:  # fmt: skip
    """Return the values below a node in the shape of a model; None, and faults, if they do not match."""
    try:
        return model.model_validate(plain(node), context=names)
    except ValidationError as error:
        missing: dict[Loc, list[str]] = {}
        for problem in error.errors(include_url=False):
            if problem["type"] == "missing":
                missing.setdefault(problem["loc"][:-1], []).append(str(problem["loc"][-1]))
            else:
                _add(model, node, problem, faults, path)
        for loc, keys in missing.items():
            _add_missing(model, node, loc, keys, faults, path)
    return None


class _Reached(NamedTuple):
    """How far a location leads into a tree, as path and node, and the marks of its value and its key."""

    steps: list[str]
    mark: Mark
    key: Mark
    node: Node


def _walk(root: Node, loc: Loc, path: str) -> _Reached:
    steps, node, mark, key = [path] if path else [], root, root.mark, root.mark
    for part in loc:
        below: Node | None = None
        if isinstance(node, MappingNode) and isinstance(part, str):
            below = node.items.get(part)
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.items):
            below = node.items[part]
        if below is not None:
            steps.append(shown(entry_id(below) or part if isinstance(node, SequenceNode) else part))
            mark = key_mark(node, str(part), below)
            key = node.keys.get(str(part), mark) if isinstance(node, MappingNode) else below.mark
            node = below
    return _Reached(steps, mark, key, node)


def _add(model: type[BaseModel], root: Node, problem: ErrorDetails, faults: Faults, path: str) -> None:
    kind, loc, context = problem["type"], problem["loc"], problem.get("ctx", {})
    reached = _walk(root, (*loc, *((context["key"],) if kind == "at" and "key" in context else ())), path)
    last, above = str(loc[-1]) if loc else "", ".".join(reached.steps[:-1])
    if kind == "extra_forbidden":
        # the offending key exists, so the walk ended on it; its siblings are the valid ones
        known = [*_fields_at(model, loc[:-1]), *(["extends", "without", "set"] if len(loc) == 1 and not path else [])]
        faults.add(reached.key, f"unknown key {quoted(last)}{meant(last, known)}", above)
    elif last == "[key]":
        faults.add(reached.key, f"{quoted(str(loc[-2]))} is no name; {_A_NAME}", above)
    else:
        message = _message(kind, problem.get("input"), context, problem["msg"])
        faults.add(reached.mark, message, ".".join(reached.steps))


def _add_missing(model: type[BaseModel], root: Node, loc: Loc, keys: list[str], faults: Faults, path: str) -> None:
    reached, fields, parts = _walk(root, loc, path), _fields_at(model, loc), []
    taken_out = reached.node.gone if isinstance(reached.node, MappingNode) else {}
    mark = next((taken_out[key] for key in keys if key in taken_out), reached.mark)
    for key in keys:
        about = fields[key].description if key in fields else None
        parts.append(quoted(key) + (f" ({about[0].lower()}{about[1:].rstrip('.')})" if about else ""))
    what = f"{'a key is' if len(keys) == 1 else 'keys are'} missing: {'; '.join(parts)}"
    faults.add(mark, what, ".".join(reached.steps))


_A_NAME = "letters a to z, digits, _ and - would do (a label may hold anything)"
_KINDS = {
    "string_type": "a text or a name",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "list_type": "a list",
    "tuple_type": "a list",
    "date_type": "a date such as 2025-12-14",
    "bool_type": "true or false",
}
_BOUNDS = {
    "greater_than": ("gt", "a number above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
}


def _message(kind: str, value: Any, context: dict[str, Any], text: str) -> str:
    if kind == "at":
        return str(context["message"])
    if kind == "number" and "found" in context:
        return f"{context['found']} is no number; 0.4 or {{value: 0.4, range: [0.3, 0.5]}} would do"
    if kind == "number":
        return text
    if kind in _BOUNDS:
        key, bound = _BOUNDS[kind]
        return f"{found(value)} is out of bounds; {bound} {context[key]:g} would do"
    if kind == "literal_error":
        wanted = str(context["expected"]).replace(" or ", ",").split(",")
        return not_one_of(value, [word.strip().strip("'") for word in wanted])
    if kind == "string_pattern_mismatch":
        return f"{found(value)} is no name; {_A_NAME}"
    if kind in ("too_short", "string_too_short"):
        what = "an empty text" if kind == "string_too_short" else "too few entries"
        return f"{what}; at least {context['min_length']} would do"
    if kind in ("too_long", "string_too_long"):
        unit = "characters" if kind == "string_too_long" else "entries"
        return f"too long; at most {context['max_length']:,} {unit} would do"
    if kind == "string_type" and not isinstance(value, (dict, list)):
        return f"YAML reads {found(value)} as {read_as(value)}; put it in quotes if it is a name or a text"
    if kind in _KINDS:
        return f"{found(value)} where {_KINDS[kind]} would do"
    return shown(text, 200)


def not_one_of(value: Any, wanted: list[str]) -> str:
    guess = closest(value, wanted)
    hint = f"; did you mean {quoted(guess)}?" if guess is not None else ""
    return f"{found(value)} is not one of {listed(wanted, 'or')}{hint}"


def _fields_at(model: type[BaseModel], loc: Loc) -> dict[str, FieldInfo]:
    """Return the allowed keys of the innermost block at a location."""
    found = [kind_of(model)]
    for part in loc:
        below = [inner for kind in found for inner in _below(kind, part)]
        found = below or found
    holder = next((kind.type for kind in found if kind.is_model(BaseModel)), None)
    return {field.alias or name: field for name, field in holder.model_fields.items()} if holder else {}


def _below(kind: Kind, part: int | str) -> Kinds:
    if kind.is_model(Clauses):
        return [kind]
    if kind.is_model(BaseModel):
        return kind.keys.get(str(part), [])
    return kind.entry if (kind.type is dict and isinstance(part, str)) or kind.type is tuple else []
