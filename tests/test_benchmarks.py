"""The benchmarks compare like with like, and write their table. Nothing here measures time."""

from pathlib import Path

import numpy as np
import pytest

from sim.model.domain import structure
from sim.model.ensemble import draw
from sim.scenario import read_scenario

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def find_the_benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))


FLAT = [f"parties.ash.values.first.o{k}=0" for k in range(5)]
SOMETIMES_NOTHING_TO_SIGN = ["parties.*.no_deal=0.1", *FLAT, "parties.ash.no_deal=0.6"]


@pytest.mark.parametrize("sets", [[], ["parties.*.no_deal=0.2"], ["time.rounds=1"], SOMETIMES_NOTHING_TO_SIGN])
def test_the_loop_that_is_called_a_limit_plays_the_same_talks(sets, tmp_path):
    from limit import arguments, by_loop, by_model
    from small_case import load

    load("best_for_others", tmp_path)
    (file,) = tmp_path.glob("*.yaml")
    scenario = read_scenario(file, sets=sets)
    ensemble = draw(scenario, 3, 0, 300, table=structure(scenario))
    assert (by_loop(arguments(ensemble)) == by_model(ensemble)).all()
    if not sets:
        assert 0.1 < (by_model(ensemble)[1] > 0).mean() < 0.9  # some sign and some do not


def test_the_peer_is_given_the_options_there_are(tmp_path):
    import json

    from flagship_bare import SCENARIO
    from peer_numbers import write_numbers

    scenario = read_scenario(SCENARIO)
    ensemble = draw(scenario, 1, 0, 2)
    write_numbers(ensemble, tmp_path / "numbers.json")
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    sizes = [len(issue.options) for issue in ensemble.structure.space.issues]
    assert [len(points) for points in numbers["option_worth"][1][2]] == sizes
    assert np.prod(sizes) == 180_000
    assert numbers["no_deal"] == ensemble.reservation_value.tolist()


@pytest.fixture
def page(tmp_path, monkeypatch):
    import page

    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    page.PAGE.write_text(f"Before.\n{page.BEGIN}\n{page.END}\nAfter.\n", encoding="utf-8")
    return page


def test_rows_measured_again_replace_their_own_alone(page):
    from rows import Row

    speed, memory = Row("speed", "9 draws/s", aim="10 draws/s", met=False), Row("memory", "1 MB")
    page.write([page.line_of(speed, (0.1, 0.2)), page.line_of(memory, (0.2, 0.3))], "one machine")
    page.write([page.line_of(Row("speed", "11 draws/s", aim="10 draws/s", met=True), (1, 2))], "one machine")
    text = page.PAGE.read_text(encoding="utf-8")
    assert text.startswith("Before.\n") and text.endswith("\nAfter.\n")
    assert [line for line in text.splitlines() if line.startswith("| ")][1:] == [
        "| speed | 11 draws/s |  |  | 10 draws/s | yes | 1.0, 2.0 |", "| memory | 1 MB |  |  |  |  | 0.2, 0.3 |",
    ]


@pytest.mark.parametrize(
    ("met", "needs_quiet", "load", "verdict"),
    [
        (False, True, 7.0, "open: busy machine"),
        (False, True, 2.0, "**no**"),
        (False, False, 7.0, "**no**"),  # a ratio, or memory
        (True, True, 7.0, "yes"),
        (None, True, 7.0, ""),
    ],
)
def test_a_time_missed_on_a_busy_machine_is_left_open(page, monkeypatch, met, needs_quiet, load, verdict):
    from rows import Row

    monkeypatch.setattr(page, "BUSY_FROM", 2.5)
    line = page.line_of(Row("speed", "1 s", met=met, needs_quiet=needs_quiet), (load, load))
    assert line.split(" | ")[5].strip() == verdict
