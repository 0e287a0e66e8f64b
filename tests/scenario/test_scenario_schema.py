"""The JSON Schema for editors says what the reader says."""

import json
from pathlib import Path

import jsonschema
import pytest

from sim.scenario import ScenarioError, read_scenario
from sim.scenario.json_schema import json_schema
from sim.scenario.messages import Faults
from sim.scenario.nodes import MappingNode, plain
from sim.scenario.yaml_reader import read_text
from sim.strategies import STRATEGIES

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TOY = (SCENARIOS / "two-banks-pullback.yaml").read_text()
VALIDATOR = jsonschema.Draft7Validator(json_schema())


def values(text: str) -> object:
    node = read_text(text, "x.yaml", Faults())
    assert isinstance(node, MappingNode)
    return plain(node, dates_as_text=True)


def test_it_is_a_valid_schema_of_draft_7_without_later_keywords():
    jsonschema.Draft7Validator.check_schema(json_schema())
    text = json.dumps(json_schema())
    for keyword in ("prefixItems", "unevaluatedProperties", "$defs", "dependentSchemas", '"type": "null"'):
        assert keyword not in text


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_scenario_is_valid(path):
    assert [error.message for error in VALIDATOR.iter_errors(values(path.read_text()))] == []
    assert path.read_text().startswith("# yaml-language-server: $schema=scenario.schema.json\n")


def test_the_shipped_schema_is_the_one_that_is_made():
    """If a parameter or key was added: `peacesim schema > scenarios/scenario.schema.json`."""
    assert json.loads((SCENARIOS / "scenario.schema.json").read_text()) == json_schema()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("signs:", "sings:"), ("rounds: 24", "rounds: many"), ("hardness: 0.8", "hardness: 1.8"),
        ("value: 0.55", "value: 1.55"), ("status: assumption", "status: guess"),
        ("anything_but: none", "any_but: none"), ("name: time_dependent", "name: time_dependant"),
        ("offers: best_for_others", "offers: worst"), ("exponent: {value: 2", "exponnt: {value: 2"),
        ("order: [upland, lowland]", "order: 5"), ("as_of: 2000-01-01", "as_of: yesterday"), ("title: ", "titel: "),
        ("full: Full", "b.c: Full"),
    ],
)
def test_schema_and_reader_refuse_the_same(tmp_path, old, new):
    text = TOY.replace(old, new)
    assert text != TOY and not VALIDATOR.is_valid(values(text))
    (tmp_path / "toy.yaml").write_text(text)
    with pytest.raises(ScenarioError):
        read_scenario(tmp_path / "toy.yaml")


def test_a_difference_may_leave_out_what_its_base_has_and_a_scenario_may_not():
    assert VALIDATOR.is_valid({"extends": "base.yaml", "parties": {"upland": {"no_deal": 0.4}}})
    assert not VALIDATOR.is_valid({"parties": {"upland": {"no_deal": 0.4}}})
    assert not VALIDATOR.is_valid({"extends": "base.yaml", "parties": {"upland": {"nodeal": 0.4}}})
    assert VALIDATOR.is_valid({"extends": "base.yaml", "without": ["war", "parties.*.foresight"]})
    assert not VALIDATOR.is_valid({"extends": "base.yaml", "without": "war"})
    assert not VALIDATOR.is_valid({"without": ["war"]})
    assert not VALIDATOR.is_valid({"extends": "base.yaml", "consistency": [{"then": {"strip": "lowland_full"}}]})


def test_every_registered_strategy_is_in_it_with_its_parameters():
    blocks = {
        block["properties"]["name"]["const"]: block for block in json_schema()["definitions"]["Strategy"]["anyOf"]
    }
    assert set(blocks) == set(STRATEGIES)
    assert "Boulware" in blocks["time_dependent"]["properties"]["exponent"]["description"]


def test_every_key_has_a_description():
    def undescribed(schema: object) -> list[str]:
        if isinstance(schema, list):
            return [name for each in schema for name in undescribed(each)]
        if not isinstance(schema, dict):
            return []
        keys = schema.get("properties", {}) if isinstance(schema.get("properties"), dict) else {}
        here = [key for key, each in keys.items() if "description" not in each and "$ref" not in each]
        return here + [name for each in schema.values() for name in undescribed(each)]

    assert undescribed(json_schema()["definitions"]) == []
