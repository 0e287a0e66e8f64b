"""Grids of scenarios: from `sweep:` and from `PATH=SPEC` texts."""

from pathlib import Path

import pytest

from sim.scenario import Number, ScenarioError, read_scenario

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TOY = (SCENARIOS / "two-banks-pullback.yaml").read_text()


@pytest.fixture
def toy():
    return read_scenario(SCENARIOS / "two-banks-pullback.yaml")


@pytest.fixture
def swept(tmp_path):
    sweep = "sweep:\n  parties.*.strategy.exponent: [0.5, 1]\n  parties.upland.weights.strip: [0.3, 0.65]\n"
    (tmp_path / "toy.yaml").write_text(TOY + sweep)
    return read_scenario(tmp_path / "toy.yaml")


def test_without_a_sweep_there_is_one_point(toy):
    (point,) = toy.points()
    assert (point.number, point.settings) == (0, {})
    assert point.scenario.resolved == toy.resolved


def test_a_sweep_makes_a_grid_of_scenarios_without_a_sweep(swept):
    points = list(swept.points())
    assert [point.settings for point in points] == [
        {"parties.*.strategy.exponent": exponent, "parties.upland.weights.strip": strip}
        for exponent in ("0.5", "1")
        for strip in ("0.3", "0.65")
    ]
    first, last = points[0].scenario, points[-1].scenario
    assert first.parties["lowland"].strategy.parameters["exponent"] == Number(0.5)
    assert last.parties["upland"].weights["recognition"].value == 0.175
    assert all(point.scenario.sweep == {} and "sweep" not in point.scenario.resolved for point in points)
    assert swept.sweep == {"parties.*.strategy.exponent": (0.5, 1), "parties.upland.weights.strip": (0.3, 0.65)}


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        ("0.1,0.2", ["0.1", "0.2"]), ("0:1:5", ["0", "0.25", "0.5", "0.75", "1"]), ("0.1:0.3:3", ["0.1", "0.2", "0.3"]),
        ("1:0:2", ["1", "0"]),
    ],
)
def test_vary(toy, spec, values):
    assert [point["parties.upland.no_deal"] for point in toy.settings([f"parties.upland.no_deal={spec}"])] == values


def test_vary_replaces_the_same_path_of_the_sweep_and_adds_others(swept):
    grid = swept.settings(["parties.*.strategy.exponent=3", "time.rounds=5,6"])
    assert len(grid) == 1 * 2 * 2
    assert list(grid[0]) == ["parties.*.strategy.exponent", "parties.upland.weights.strip", "time.rounds"]


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        ("{name: a, x: 1},{name: b}", ["{name: a, x: 1}", "{name: b}"]),
        ("{name: a, x: {value: 1, range: [0, 2]}} , plain", ["{name: a, x: {value: 1, range: [0, 2]}}", "plain"]),
        ("[1, 2],[3]", ["[1, 2]", "[3]"]), ("\"a,b\",'c, d'", ['"a,b"', "'c, d'"]),
        ('"a \\" , b",c', ['"a \\" , b"', "c"]), ("anna's,b", ["anna's", "b"]),
        ('{label: "a},b"}', ['{label: "a},b"}']),
    ],
)
def test_values_are_yaml_and_commas_within_one_do_not_part_it(toy, spec, values):
    assert [point["parties.upland.strategy"] for point in toy.settings([f"parties.upland.strategy={spec}"])] == values


@pytest.mark.parametrize("spec", ["{name: a", "[1,2", "'a,b", "{name: a},", "{a: [1}"])
def test_a_value_that_is_not_closed_is_refused(toy, spec):
    with pytest.raises(ScenarioError, match="are no values"):
        toy.settings([f"parties.upland.strategy={spec}"])


def test_whole_strategies_can_be_varied(toy):
    strategies = "{name: time_dependent, exponent: 0.5},{name: time_dependent, exponent: 3, offers: least_own}"
    points = list(toy.points([f"parties.upland.strategy={strategies}"]))
    told = [point.scenario.parties["upland"].strategy.parameters for point in points]
    assert told == [{"exponent": Number(0.5)}, {"exponent": Number(3), "offers": "least_own"}]


def test_words_can_be_varied(toy):
    points = toy.points(["protocol.information=complete,none"])
    assert [point.scenario.protocol.parameters["information"] for point in points] == ["complete", "none"]


def test_earlier_settings_hold_in_every_point(swept):
    for point in swept.with_sets(["time.rounds=3"]).points():
        assert point.scenario.time.rounds == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time.rounds", "--vary:1:1: 'time.rounds' varies nothing; PATH=a,b,c or PATH=low:high:count would do"),
        ("time.rounds=", "varies nothing"), ("time.rounds=1,,2", "are no values"),
        ("time.rounds=1:2", "time.rounds has a range without a count; low:high:count would do, or --design sobol:64"),
        ("time.rounds=1:2:1", "are no values"), ("time.rounds=1:x:3", "are no values"),
        ("time.rounds=1:inf:3", "are no values"),
        ("tim.rounds=1,2", "unknown path tim.rounds: the scenario has no 'tim'; did you mean 'time'?"),
        ("parties.upland.no_deal=0:1:200000", "are no values"),
    ],
)
def test_what_cannot_be_varied_says_why(toy, text, said):
    with pytest.raises(ScenarioError) as caught:
        toy.settings([text])
    assert said in str(caught.value)


def test_a_grid_too_large_is_refused_before_it_is_made(toy):
    with pytest.raises(ScenarioError, match=r"a grid of 1,000,000 points; at most 100,000 would do"):
        toy.settings(["parties.upland.no_deal=0:1:1000", "parties.lowland.no_deal=0:1:1000"])


def test_a_point_that_does_not_hold_together_is_a_scenario_error(toy):
    points = toy.points(["parties.upland.no_deal=0.5,1.5"])
    next(points)
    with pytest.raises(ScenarioError, match=r"1\.5 is out of bounds"):
        next(points)


def test_a_sweep_in_the_file_is_tried_when_the_file_is_read(tmp_path):
    (tmp_path / "toy.yaml").write_text(TOY + "sweep: {parties.upland.no_deal: [7, 8], parties.upland.nodeal: [1]}\n")
    with pytest.raises(ScenarioError) as caught:
        read_scenario(tmp_path / "toy.yaml")
    assert [line.split(": ", 1)[1] for line in str(caught.value).splitlines()] == [
        "sweep: parties.upland.no_deal: 7 is out of bounds; a number from 0 to 1 would do",
        "sweep: parties.upland: unknown key 'nodeal'; did you mean 'no_deal'?",
    ]
