"""A mechanism is one class: its block is read, checked, drawn and played, and no other file knows its name."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from pydantic import Field

from sim.core.conditions import When
from sim.core.exact import Floats
from sim.core.fields import Block, PartyName
from sim.core.mechanism import Drawing, Mechanism
from sim.core.numbers import Amount
from sim.mechanisms import MECHANISMS
from sim.model.ensemble import draw
from sim.model.peace_talks import hold_talks
from sim.scenario import ScenarioError, read_scenario
from sim.scenario.json_schema import json_schema
from tests.worlds import made, text_on_a_table

POINTS = {"ash": {"fair": 30, "own": 100}, "birch": {"fair": 60, "own": 0}}
FIGHTING = {"ash": 0.5, "birch": 0.5}


class FatigueSpec(Block):
    """People tire of the war."""

    party: PartyName = Field(description="Whose people.")
    per_round: Amount = Field(description="What a round takes from its no-deal value.")
    unless: When | None = Field(None, description="A text that would wake them.")


@dataclass(frozen=True, eq=False)
class Fatigue(Mechanism):
    """People tire of the war, by so much a round."""

    key = "fatigue"
    block = FatigueSpec
    about = "How people tire of the war."

    static: int
    per_round: Floats

    @classmethod
    def draw(cls, block: FatigueSpec, drawing: Drawing) -> "Fatigue":
        party = drawing.table.parties.index(block.party)
        return cls(party, drawing.source.number("fatigue.per_round", block.per_round))

    def move_no_deal(self, path: Floats) -> Floats:
        moved = path.copy()
        moved[:, :, self.static] -= self.per_round[:, None] * np.arange(path.shape[1])
        return moved


@pytest.fixture
def fatigue():
    MECHANISMS.register(Fatigue)
    yield
    del MECHANISMS["fatigue"]


def table(**block: Any) -> dict[str, Any]:
    return text_on_a_table(POINTS, FIGHTING, 4, fatigue=block)


def test_a_registered_mechanism_is_read_drawn_and_played(fatigue):
    scenario = made(table(party="ash", per_round={"value": 0.1, "range": [0.05, 0.15]}))
    assert list(scenario.numbers()).count("fatigue.per_round") == 1
    ensemble = draw(scenario, 1, 0, 50)
    drawn = ensemble.inputs["fatigue.per_round"]
    talks = hold_talks(ensemble)
    assert talks.reservation_value[1, :, 0] == pytest.approx(0.5 - drawn)
    assert (talks.reservation_value[:, :, 1] == 0.5).all()
    assert np.array_equal(hold_talks(ensemble[7:8]).reservation_value[1, 0], talks.reservation_value[1, 7])


def test_what_it_names_must_exist_and_what_it_takes_is_bounded(fatigue, tmp_path):
    file = tmp_path / "tired.yaml"
    file.write_text(json.dumps(table(party="esh", per_round=-1, unless={"text": "unfair"}), indent=1))
    with pytest.raises(ScenarioError) as told:
        read_scenario(file)
    assert [fault.message for fault in told.value.faults] == [
        "fatigue.party: no party is called 'esh'; there is ash and birch",
        "fatigue.per_round: -1 is out of bounds; a number of at least 0 would do",
        "fatigue.unless.text: no option of text is called 'unfair'; did you mean 'fair'?",
    ]


def test_editors_know_it(fatigue):
    definitions = json_schema()["definitions"]
    assert definitions["Scenario"]["properties"]["fatigue"]["description"] == "How people tire of the war."
    assert set(definitions["FatigueSpec"]["properties"]) == {"party", "per_round", "unless"}


def test_a_name_is_given_once():
    with pytest.raises(ValueError, match="two mechanisms are called 'war'"):
        MECHANISMS.register(MECHANISMS["war"])


def test_without_it_the_key_is_unknown():
    with pytest.raises(ScenarioError, match="unknown key 'fatigue'"):
        made(table(party="ash", per_round=0.1))
