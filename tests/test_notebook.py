"""The page on SolaraViz: its model offers what Mesa's SolaraViz asks of one; Solara itself is not needed here."""

import ast
import inspect
from pathlib import Path
from types import SimpleNamespace

import mesa
import numpy as np
import pytest

import sim
from tests.manual import blocks

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/how-to/notebook.md").read_text(encoding="utf-8")
FILES = {text.splitlines()[0].removeprefix("# "): text for kind, text in blocks(PAGE) if kind == "python"}


@pytest.fixture
def watched(monkeypatch):
    """What the file `watched.py` of the page defines."""
    monkeypatch.chdir(ROOT)
    found: dict[str, object] = {"__name__": "watched"}
    exec(compile(FILES["watched.py"], "watched.py", "exec"), found)
    return SimpleNamespace(**found)


def sliders() -> dict[str, dict[str, object]]:
    """The parameters that the script hands to SolaraViz."""
    for node in ast.parse(FILES["watch.py"]).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "SLIDERS":
            return ast.literal_eval(node.value)
    raise AssertionError("no SLIDERS")


def test_a_model_is_made_from_the_parameters_of_the_page_and_steps_to_its_end(watched):
    parameters = inspect.signature(watched.Watched.__init__).parameters
    assert set(sliders()) == set(parameters) - {"self"}
    for name, slider in sliders().items():
        assert slider["value"] == parameters[name].default and slider["min"] <= slider["value"] <= slider["max"]
    model = watched.Watched(**{name: slider["value"] for name, slider in sliders().items()})
    assert isinstance(model, mesa.Model) and model.running and model.steps == 0
    assert watched.on_the_table(model).startswith("**Round 0 of 24: open") and watched.asked_for(model).axes
    while model.running:
        model.step()
        assert model.steps == model.state.round <= 24
    talks = sim.hold_talks(model.ensemble)
    assert model.state.signed[0] == talks.signed[0] > 0 and model.state.standing[0] == talks.package[0]
    assert np.array_equal(np.array(model.aspirations), talks.aspiration, equal_nan=True)
    assert ": signed**" in watched.on_the_table(model) and "Who holds the strip: " in watched.on_the_table(model)
    lines = watched.asked_for(model).axes[0].lines
    assert [len(line.get_xdata()) for line in lines] == [model.steps] * 2


def test_a_slider_that_is_moved_makes_other_talks(watched):
    model = watched.Watched(index=3, no_deal=0.9)
    assert model.ensemble.draws[0] == 3 and model.ensemble.reservation_value[0].max() == 0.9
    while model.running:
        model.step()
    assert ": out of time**" in watched.on_the_table(model)
