"""The shipped scenarios give what they gave, to the last bit."""

import json

import pytest

from tests.update_golden import GOLDEN, SCENARIOS, golden

NAMES = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_gives_what_it_gave(name):
    """If a number was meant to move: `python -m tests.update_golden`, and say in the commit which and why."""
    assert golden(SCENARIOS / f"{name}.yaml") == json.loads((GOLDEN / f"{name}.json").read_text())


def test_every_golden_file_has_its_scenario():
    assert sorted(path.stem for path in GOLDEN.glob("*.json")) == NAMES
