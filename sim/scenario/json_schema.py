"""The JSON Schema of scenario files, for editors, generated from the models and the registries."""

import copy
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from sim.core.fields import Open
from sim.core.numbers import without_null
from sim.core.registry import Registry, first_line
from sim.mechanisms.power_shift import PowerShiftSpec
from sim.mechanisms.war import FrontSpec
from sim.protocols import PROTOCOLS
from sim.scenario.registered import ORDERS, bounded, parameters_of
from sim.scenario.scenario import Scenario, scenario_model
from sim.strategies import STRATEGIES

Schema = dict[str, Any]

REFERENCE = "#/definitions/{model}"
OPEN: tuple[type[Open], ...] = (FrontSpec, PowerShiftSpec)


def json_schema() -> Schema:
    """JSON Schema, draft 7, of a scenario file; a file with `extends` may leave out what its base has."""
    scenario: Schema = scenario_model().model_json_schema(by_alias=True, ref_template=REFERENCE)
    definitions = scenario.pop("$defs")
    definitions.pop("NamedModel")
    for block in OPEN:
        definitions[block.kind.__name__] = _schema(block.kind)
        kind = {"$ref": REFERENCE.format(model=block.kind.__name__)}
        definitions[block.__name__]["patternProperties"] = {block.pattern: kind}
    definitions |= {
        "Scenario": scenario,
        "Strategy": _named(STRATEGIES, "A strategy"),
        "Protocol": _named(PROTOCOLS, "A protocol"),
    }
    scenario["properties"]["set"] = _SET
    scenario["properties"]["protocol"] = {"$ref": REFERENCE.format(model="Protocol")}
    definitions["PartySpec"]["properties"]["strategy"] = {"$ref": REFERENCE.format(model="Strategy")}
    for node in _nodes(definitions):
        _tidy(node)
    differences = {f"Different{name}": _difference(schema) for name, schema in definitions.items()}
    differences["DifferentScenario"]["properties"] |= {"extends": _EXTENDS, "without": _WITHOUT}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "peacesim scenario",
        "description": Scenario.__doc__,
        "type": "object",
        "if": {"required": ["extends"]},
        "then": {"$ref": REFERENCE.format(model="DifferentScenario")},
        "else": {"$ref": REFERENCE.format(model="Scenario")},
        "definitions": {**definitions, **differences},
    }


_SET: Schema = {
    "type": "object",
    "description": "Paths with the values to set, such as parties.*.red_lines.*.hardness: 1.",
}
_EXTENDS: Schema = {
    "type": "string",
    "description": "The scenario that this one differs from: a file in the same folder or below, with forward slashes.",
}

_WITHOUT: Schema = {
    "type": "array",
    "items": {"type": "string", "pattern": r"^[^\s=]+$"},
    "description": "Paths to take out of the base first, such as war or parties.*.foresight.",
}


def _named(registry: Registry[Any], what: str) -> Schema:
    kinds = []
    for name, registered in registry.items():
        fields = {field: _parameter(each) for field, each in parameters_of(registered).items()}
        properties = {"name": {"const": name, "description": first_line(registered)}, **fields}
        kinds.append({"type": "object", "additionalProperties": False, "properties": properties})
    about = f"{what}: {', '.join(registry)}."
    return {"description": about, "type": "object", "required": ["name"], "anyOf": kinds}


def _schema(model: type[BaseModel]) -> Schema:
    """Return the schema of a model; its references are among the definitions of the scenario."""
    schema = model.model_json_schema(ref_template=REFERENCE)
    return {key: value for key, value in schema.items() if key != "$defs"}


def _parameter(field: Any) -> Schema:
    metadata = field.metadata
    described = {"description": metadata.get("doc", "")}
    if metadata["kind"] == "number":
        return {**_schema(bounded(field)), **described}
    if metadata["kind"] == "choice":
        meanings = "; ".join(f"{option}: {meaning}" for option, meaning in metadata["options"].items())
        return {"enum": list(metadata["options"]), "description": f"{metadata.get('doc', '')}. {meanings}"}
    if metadata["kind"] == "count":
        return {"type": "integer", "minimum": metadata["low"], **described}
    if metadata["kind"] == "switch":
        return {"type": "boolean", **described}
    names: Schema = {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}
    if metadata["kind"] == "agenda":
        return {**names, "items": {"anyOf": [{"type": "string"}, names]}, **described}
    return {"anyOf": [{"enum": list(ORDERS)}, names], **described}


def _nodes(schema: Any) -> Iterator[Schema]:
    for child in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _nodes(child)
    if isinstance(schema, dict):
        yield schema


def _tidy(node: Schema) -> None:
    """Tidy a schema: optional keys are left out rather than null, names are names, no titles from Python names."""
    if {"type": "null"} in node.get("anyOf", ()):
        rest = without_null(node)
        node.clear()
        node.update(rest)
    if "oneOf" in node:  # one number or a table: which of them is clear before either is read
        node["anyOf"] = node.pop("oneOf")
    if "patternProperties" in node:
        node["additionalProperties"] = False
    if isinstance(node.get("title"), str):
        node.pop("title")
    if "default" in node and not (isinstance(node["default"], str) and node["default"]):
        node.pop("default")
    if "$ref" in node and len(node) > 1:  # draft 7 ignores keys beside a $ref
        node["allOf"] = [{"$ref": node.pop("$ref")}]


def _difference(schema: Schema) -> Schema:
    """Return the same shape with nothing required but the `id` of entries of lists."""
    schema = copy.deepcopy(schema)
    for node in _nodes(schema):
        reference = node.get("$ref")
        if isinstance(reference, str):
            node["$ref"] = reference.replace("#/definitions/", "#/definitions/Different")
        if isinstance(node.get("required"), list) and "anything_but" not in node["required"]:
            required = [key for key in node.pop("required") if key == "id"]
            if required:
                node["required"] = required
    if "schema" in schema.get("properties", {}):
        schema.pop("required", None)  # a scenario's own id comes from its base
    return schema
