"""The shape of a tree checked against the models: what pydantic finds, in our own wording and with its place."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sim.core.fields import Clauses, Names, found
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
    """The values below a node in the shape of a model; None, and faults, if they do not fit."""
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


def _add(model: type[BaseModel], root: Node, problem: ErrorDetails, faults: Faults, path: str) -> None:
    kind, loc, context = problem["type"], problem["loc"], problem.get("ctx", {})
    steps, mark = _walk(root, (*loc, *((context["key"],) if kind == "at" and "key" in context else ())), path)
    last = str(loc[-1]) if loc else ""
    where = ".".join(steps)
    if kind == "extra_forbidden":
        # the offending key exists, so the walk has ended on it; its siblings are what would do
        mark = _key_of(root, loc) or mark
        known = _keys_at(model, loc[:-1]) + (["extends", "without", "set"] if len(loc) == 1 and not path else [])
        faults.add(mark, f"unknown key {quoted(last)}{meant(last, known)}", ".".join(steps[:-1]))
    elif last == "[key]":
        name = str(loc[-2])
        mark = _key_of(root, loc[:-1]) or mark
        faults.add(mark, f"{quoted(name)} is no name; {_A_NAME}", ".".join(steps[:-1]))
    else:
        faults.add(mark, _message(kind, problem.get("input"), context, problem["msg"]), where)


def _add_missing(model: type[BaseModel], root: Node, loc: Loc, keys: list[str], faults: Faults, path: str) -> None:
    steps, mark = _walk(root, loc, path)
    taken_out = _gone(root, loc)
    mark = next((taken_out[key] for key in keys if key in taken_out), mark)
    what = "; ".join(f"{quoted(key)}{_described(model, (*loc, key))}" for key in keys)
    faults.add(mark, f"{'a key is' if len(keys) == 1 else 'keys are'} missing: {what}", ".".join(steps))


def _walk(root: Node, loc: Loc, path: str) -> tuple[list[str], Mark]:
    """The path of a location, and where a message about it points; what is not in the tree is passed over."""
    steps = [path] if path else []
    node, mark = root, root.mark
    for part in loc:
        below = _step(node, part)
        if below is not None:
            steps.append(shown(entry_id(below) or part if isinstance(node, SequenceNode) else part))
            mark = key_mark(node, str(part), below)
            node = below
    return steps, mark


def _gone(root: Node, loc: Loc) -> dict[str, Mark]:
    """Keys that a difference took out of the mapping at a location, with the place that says so."""
    node = root
    for part in loc:
        node = _step(node, part) or node
    return node.gone if isinstance(node, MappingNode) else {}


def _step(node: Node, part: int | str) -> Node | None:
    if isinstance(node, MappingNode) and isinstance(part, str):
        return node.items.get(part)
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.items):
        return node.items[part]
    return None


def _key_of(root: Node, loc: Loc) -> Mark | None:
    node, mark = root, None
    for part in loc:
        below = _step(node, part)
        if below is not None:
            mark = node.keys.get(str(part)) if isinstance(node, MappingNode) else below.mark
            node = below
    return mark


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
        wanted = [word.strip().strip("'") for word in str(context["expected"]).replace(" or ", ",").split(",")]
        guess = closest(value, wanted)
        hint = f"; did you mean {quoted(guess)}?" if guess is not None else ""
        return f"{found(value)} is not one of {listed(wanted, 'or')}{hint}"
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


def _described(model: type[BaseModel], loc: Loc) -> str:
    holder = _model_at(model, loc[:-1])
    fields = {field.alias or name: field for name, field in holder.model_fields.items()} if holder else {}
    description = fields[str(loc[-1])].description if str(loc[-1]) in fields else None
    return f" ({description[0].lower()}{description[1:].rstrip('.')})" if description else ""


def _keys_at(model: type[BaseModel], loc: Loc) -> list[str]:
    holder = _model_at(model, loc)
    return [field.alias or name for name, field in holder.model_fields.items()] if holder else []


def _model_at(model: type[BaseModel], loc: Loc) -> type[BaseModel] | None:
    found = [kind_of(model)]
    for part in loc:
        below = [inner for kind in found for inner in _below(kind, part)]
        found = below or found
    return next((kind.type for kind in found if kind.is_model(BaseModel)), None)


def _below(kind: Kind, part: int | str) -> Kinds:
    if kind.is_model(Clauses):
        return [kind]
    if kind.is_model(BaseModel):
        return kind.keys.get(str(part), [])
    return kind.entry if (kind.type is dict and isinstance(part, str)) or kind.type is tuple else []
