"""Why there is no deal: reasons as shares, ways out, changes tried out, weights that turn the text; `explain`."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from sim.analysis.explain import counterfactual, explain, settings
from sim.analysis.explain_draw import explain_draw
from sim.analysis.ledger import movements
from sim.analysis.parameters import Change, ParameterChange, parameters
from sim.analysis.reasons import Share, _obstacles, reasons, satisfactions
from sim.analysis.replays import fall_for_half, hardness_for_half, replayed, set_aside
from sim.analysis.smallest_change import CentralTable
from sim.analysis.weight_flips import weight_flips
from sim.report import compose
from sim.report.terminal import as_text
from sim.results.drivers import Mover
from sim.results.results import run
from tests.commands import call, data
from tests.problems import read, shipped
from tests.worlds import text_on_a_table

WELL = text_on_a_table(
    {"east": {"east": 100, "both": 50, "west": 0}, "west": {"east": 0, "both": 50, "west": 100}},
    {"east": {"value": 0.4, "range": [0.2, 0.8]}, "west": 0.3}, 6,
    parties={name: {"label": name.capitalize()} for name in ("east", "west")}, protocol={"name": "alternating_offers"},
)  # fmt: skip


@pytest.fixture(scope="module")
def well():
    return run(read(WELL), 200)


@pytest.fixture(scope="module")
def banks():
    return run(shipped("two-banks-pullback"), 300)


def changed(**more):
    """The problem of the well, a `text`, with other keys of its parties, as `east={...}`."""
    other = json.loads(json.dumps(WELL))
    for party, keys in more.items():
        other["parties"][party] |= keys
    return read(other)


# Reasons.


def test_a_run_counts_in_equal_parts_for_each_set_and_each_member():
    """One run is opened by a and b together or by c alone, another by c alone; two more have a zone."""
    found = {each.name: each for each in _obstacles({"a + b | c": 1, "c": 1}, 4)}
    assert {name: each.part[0] for name, each in found.items()} == {"c": 1.5 / 4, "a": 0.25 / 4, "b": 0.25 / 4}
    assert [found[name].alone.count for name in "abc"] == [0, 0, 2]
    assert found["a"].involved == Share("a", 1, 2)


@pytest.mark.parametrize("name", ["well", "banks"])
def test_parts_add_up_to_the_runs_without_a_zone_and_outcomes_to_all(name, request):
    results = request.getfixturevalue(name)
    why = reasons(results)
    assert sum(each.count for each in why.outcomes) == why.n == results.n
    without = {each.name: each.count for each in why.outcomes}["no_zone"]
    assert without > 0
    assert sum(each.part[0] for each in why.obstacles) == pytest.approx(without / why.n)
    assert sum(each.count for each in why.sizes) == without
    assert why.zone_ever.count == why.n - without


def test_east_alone_is_in_the_way_where_no_deal_is_worth_more_than_half(well):
    """The well is shared, worth 0.5 to both, or nobody signs; or west gives all of it, which is worth 0 to it."""
    high = (well.draws["no_deal_east"] > 0.5).sum()
    (east, west) = reasons(well).obstacles
    assert (east.name, west.name) == ("east.no_deal", "west.no_deal")
    assert east.alone.count == west.alone.count == high


def test_who_refuses_at_home_is_counted_by_name(banks):
    (assembly,) = reasons(banks).at_home
    assert assembly.name == "upland_assembly"
    assert assembly.count == (banks.draws["outcome"] == "refused").sum()


def test_breaks_of_five_years_are_those_that_did_not_hold(banks):
    why, force = reasons(banks), banks.draws[banks.draws["outcome"] == "in_force"]
    held = {each.name: each.count for each in why.breaks}["held_60"]
    assert held == force["held_60"].sum()
    assert sum(each.count for each in why.breaks) == len(force)


def test_the_least_satisfied_is_counted_over_texts_signed(banks):
    signed = banks.draws[banks.agreed]
    for each in satisfactions(banks):
        assert each.least.n == len(signed)
        assert each.margin == pytest.approx(signed[f"margin_{each.party}"].median())
    assert sum(each.least.count for each in satisfactions(banks)) >= len(signed)


# By how much.


def test_no_deal_is_too_high_by_what_it_exceeds_the_shared_well(well):
    looked = replayed(well, 200)
    asked = well.draws["no_deal_east"].to_numpy()
    assert {each.draw for each in looked.no_zone} == set(np.flatnonzero(asked > 0.5))
    for each in looked.no_zone:
        east, west = each.falls
        assert east == pytest.approx(asked[each.draw] - 0.5)
        assert west == pytest.approx(0.3)  # then east takes it all


def test_the_first_runs_alone_are_played_again(well):
    few = replayed(well, 30)
    assert few.n == 30
    assert few.no_zone == tuple(each for each in replayed(well, 200).no_zone if each.draw < 30)


def test_half_of_the_runs_have_a_zone_from_the_fall_that_the_middle_one_needs():
    """Ten runs, two with a zone: the third smallest fall of those that lack one makes five."""
    falls = np.array([0.5, 0.1, 0.4, 0.2])
    assert fall_for_half(falls, 2, 10) == 0.4
    assert fall_for_half(falls, 5, 10) is None
    assert fall_for_half(falls, 0, 10) is None


def test_half_of_the_runs_have_a_zone_on_the_way_to_a_line_that_is_never_real():
    """Real in 0.8 of runs, 30 of 100 have a zone; without it 80 have one. Half way down it is 55, at 0.48 it is 50."""
    assert hardness_for_half(50, 30, 100, 0.8) == pytest.approx(0.48)
    assert hardness_for_half(15, 30, 100, 0.8) is None
    assert hardness_for_half(20, 60, 100, 0.8) is None


def test_a_mean_hardness_for_half_gives_half_of_the_runs_a_zone():
    line = [{"id": "dry", "never": {"text": ["east", "both"]}, "hardness": 0.9}]
    scenario = changed(west={"red_lines": line}, east={"no_deal": 0.4})
    results = run(scenario, 1000)
    asides = {each.name: each for each in set_aside(scenario, reasons(results), replayed(results, 1000))}
    moved = run(scenario.with_sets([f"parties.west.red_lines.dry.hardness={asides['west.dry'].half}"]), 1000)
    assert moved.summary()["zone_share"] == pytest.approx(0.5, abs=0.05)  # three standard errors


def test_a_line_that_is_set_aside_opens_the_runs_in_which_it_alone_is_in_the_way():
    scenario = changed(west={"red_lines": [{"id": "dry", "never": {"text": ["east", "both"]}, "hardness": 0.7}]},
                       east={"no_deal": 0.4})  # fmt: skip
    results = run(scenario, 100)
    why = reasons(results)
    asides = {each.name: each for each in set_aside(scenario, why, replayed(results, 100))}
    real = results.draws["input.parties.west.red_lines.dry.real"].sum()
    assert why.zone_ever.count == 100 - real
    assert asides["west.dry"].zone == Share("west.dry", 100, 100)
    assert asides["west.dry"].falls is None
    assert run(scenario.with_sets(["parties.west.red_lines.dry.hardness=0"]), 100).summary()["zone_share"] == 1


def test_a_linkage_is_in_the_way_if_a_zone_opens_without_it():
    linkage = {"id": "shame", "when": {"text": "both"}, "adds": {"value": -0.3, "range": [-0.4, -0.2]}}
    results = run(changed(east={"linkages": [linkage], "no_deal": 0.4}), 40)
    looked = replayed(results, 40)
    assert len(looked.no_zone) == 40
    assert all(each.linkages == ("east.shame",) for each in looked.no_zone)
    too_little = run(changed(east={"linkages": [linkage], "no_deal": 0.6}), 10)
    assert not any(each.linkages for each in replayed(too_little, 10).no_zone)


def test_the_last_refusal_says_what_the_text_lacked():
    """Two hardliners offer nothing of it to the end, when no deal would do for each: it is worth 0.3."""
    hard = {"strategy": {"name": "hardline"}, "no_deal": 0.3}
    results = run(changed(east=hard, west=hard), 20)
    late = replayed(results, 20).late
    assert len(late) == 20
    assert not replayed(results, 20).too_late.count
    assert all((each.reason, each.round) == ("worth", 6) for each in late)
    assert [each.missing for each in late] == pytest.approx([0.3] * 20)
    assert [each.party for each in late] == results.draws["blocker"].tolist()


def test_a_number_is_named_as_a_cause_only_once_both_its_ends_were_played(well, monkeypatch):
    monkeypatch.setattr("sim.results.drivers.LEAST_RUNS", 60)
    explained = explain(replace(well), 40)
    mover, ends = explained.moved_by["zone_first"], explained.ends["zone_first"]
    assert mover.path == "parties.east.no_deal"  # the only uncertain number besides the strategies
    assert mover.high_share < mover.low_share
    assert ends.is_moved and ends.before.n == 40 and ends.difference[2] < 0
    text = " ".join(as_text(compose(explained), 80).split())
    assert "moved by no-deal value of East; the same 40 runs with it at the low and at the high end" in text


def test_a_number_that_only_goes_with_a_stage_is_no_cause(monkeypatch):
    """The exponent of a strategy has no part in the zone of round 1, however the runs happen to lie."""
    mover = Mover(("parties.east.strategy.exponent",), 0.2, 0.0, -0.2, -0.3, -0.1, 0.05)
    monkeypatch.setattr("sim.analysis.explain.moved_by", lambda results: {"zone_first": mover})
    exponent = {"value": 1, "range": [0.5, 2]}
    explained = explain(run(changed(east={"strategy": {"name": "time_dependent", "exponent": exponent}}), 60), 40)
    assert explained.ends["zone_first"].difference[0] == 0 and not explained.ends["zone_first"].is_moved
    text = " ".join(as_text(compose(explained), 80).split())
    assert "which is not shown to be the cause" in text and "moves this most" not in text


# Tried out.


def test_a_change_moves_the_range_with_the_value(well):
    parameter = next(each for each in parameters(well.scenario) if each.path == "parties.east.no_deal")
    assert settings([ParameterChange(parameter, 0.3)]) == ["parties.east.no_deal={value: 0.3, range: [0.1, 0.7]}"]
    assert settings([ParameterChange(parameter, 0.1)]) == ["parties.east.no_deal={value: 0.1, range: [0, 0.5]}"]
    certain = next(each for each in parameters(well.scenario) if each.path == "parties.west.no_deal")
    assert settings([ParameterChange(certain, 0.25)]) == ["parties.west.no_deal=0.25"]


def test_a_change_is_tried_on_the_same_runs(well):
    parameter = next(each for each in parameters(well.scenario) if each.path == "parties.east.no_deal")
    answer = counterfactual(well, Change((ParameterChange(parameter, 0.3),), -1, 0), 150)
    stages = {each.name: each for each in answer.stages}
    other = run(well.scenario.with_sets(answer.sets), 150)
    assert answer.n == 150
    assert stages["zone_first"].before.count == (well.draws["zone_packages"].head(150) > 0).sum()
    assert stages["zone_first"].after.count == (other.draws["zone_packages"] > 0).sum()
    difference, low, high = stages["signed"].difference
    assert low < difference < high
    assert difference == pytest.approx(other.agreed.mean() - well.agreed.head(150).mean())


def test_the_change_with_the_largest_effect_over_runs_is_tried_where_central_numbers_have_a_zone(well):
    explained = explain(well, 200)
    (only,) = explained.tried
    (turn,) = only.change.turns
    falls = {each.name: each.falls for each in explained.asides}["west.no_deal"]
    assert explained.opening.packages == 1
    assert turn.parameter.path in ("parties.east.no_deal", "parties.west.no_deal")
    assert falls == pytest.approx((0.3, 0.3, 0.3))
    assert {each.name: each.after.count >= each.before.count for each in only.stages}["zone_first"]


# Weights.


def two_ways(weight, low, high):
    """Ash is offered the one issue or the other in full, by somebody who does not mind which."""
    alike = {"peace": {"yes": 100, "no": 100}, "trade": {"yes": 100, "no": 100}}
    own = {"peace": {"yes": 100, "no": 0}, "trade": {"yes": 100, "no": 0}}
    rest = round(1 - weight, 6)
    return read({
        "schema": 1, "id": "two-ways", "title": "Two ways", "time": {"rounds": 4, "days_per_round": 10},
        "issues": {name: {"label": name, "options": {"yes": "Yes", "no": "No"}} for name in own},
        "consistency": [{"id": "one", "if": {"peace": "yes"}, "then": {"trade": "no"}, "because": "one of them"}],
        "parties": {
            "ash": {"label": "Ash", "values": own, "no_deal": 0.1,
                    "weights": {"peace": {"value": weight, "range": [low, high]}, "trade": rest}},
            "birch": {"label": "Birch", "values": alike, "weights": {"peace": 0.5, "trade": 0.5}, "no_deal": 0.1},
        },
        "protocol": {"name": "alternating_offers", "order": ["ash", "birch"], "information": "complete"},
    })  # fmt: skip


def test_a_weight_turns_the_text_where_the_other_issue_comes_to_count_more():
    """Ash takes `peace` while it weighs more than one half."""
    results = run(two_ways(0.6, 0.2, 0.7), 30)
    found = weight_flips(results, CentralTable(results.scenario, results.structure))
    (flip,) = found.flips
    assert (found.basis, found.package, found.weights) == ("central", "yes/no", 1)
    assert (flip.end, flip.instead, flip.unchanged.count) == (0.2, "no/yes", 0)
    assert 0.5 - 0.4 / 128 <= flip.turn <= 0.5


def test_no_weight_turns_the_text_if_none_makes_the_other_issue_count_more():
    results = run(two_ways(0.6, 0.55, 0.7), 30)
    assert not weight_flips(results, CentralTable(results.scenario, results.structure)).flips


def test_where_central_numbers_end_without_a_deal_the_runs_that_sign_are_looked_at():
    results = run(changed(east={"no_deal": {"value": 0.6, "range": [0.2, 0.8]}}), 100)
    found = weight_flips(results, CentralTable(results.scenario, results.structure))
    assert (found.basis, found.package, found.n) == ("runs", "both", 12)


# Honest answers in every case.


@pytest.mark.parametrize(
    ("no_deal", "draws", "says"),
    [
        (0.2, 40, "nothing stood in the way"),
        (0.9, 40, "No package is ever signed"),
        (0.9, 1, "1 run in this scenario"),
        (0.2, 1, "1 run in this scenario"),
    ],
)
def test_all_agree_none_agrees_and_one_draw_are_told_as_such(no_deal, draws, says):
    results = run(changed(east={"no_deal": no_deal}), draws)
    explained = explain(results, 10)
    text = as_text(compose(explained), 80)
    assert says in text
    assert max(map(len, text.splitlines())) <= 80
    json.dumps(explained.as_data())


def test_of_what_is_acceptable_to_a_quota_it_says_so():
    other = json.loads(json.dumps(WELL))
    other["parties"]["north"] = json.loads(json.dumps(other["parties"]["east"]))
    other["protocol"] = {"name": "random_proposer", "quota": 2}
    text = as_text(compose(explain(run(read(other), 30), 30)), 80)
    assert "2 of those who sign" in text


def test_the_words_of_a_label_are_no_markup():
    text = as_text(compose(explain(run(changed(east={"label": "[red]East"}), 30), 30)), 80)
    assert "[red]East" in text


def test_the_ledger_that_is_printed_is_that_of_the_chart(banks):
    data = explain(banks, 20).as_data()
    assert [(each["party"], each["issue"], each["points"]) for each in data["ledger"]] == [
        (each.party, each.issue, each.mean) for each in movements(banks)
    ]


# One draw.


def draw_that(results, outcome):
    return int(results.draws.loc[results.draws["outcome"] == outcome, "draw"].iloc[0])


def test_a_draw_without_a_zone_says_by_how_much(well):
    number = draw_that(well, "no_zone")
    explained = explain_draw(well.scenario, well.seed, number)
    over = float(well.draws["no_deal_east"][number]) - 0.5
    first = explained.opened[0].way
    assert dict(first.falls) == {"east": pytest.approx(over)} if over < 0.3 else {"west": pytest.approx(0.3)}
    assert f"{min(over, 0.3):.3f} less to" in " ".join(as_text(compose(explained), 80).split())


def test_a_draw_out_of_time_names_the_package_that_came_nearest():
    hard = {"strategy": {"name": "hardline"}, "no_deal": 0.3}
    explained = explain_draw(changed(east=hard, west=hard), 1, 0)
    assert explained.story.outcome == "deadline"
    assert (dict(explained.nearest.package), explained.nearest.missing) == ({"text": "both"}, {})
    assert "this package was enough for every party" in " ".join(as_text(compose(explained), 80).split())


def test_a_text_that_came_too_late_to_be_answered_is_told_as_such():
    """East opens with all of it in the only round; west says no and offers to share, and nobody speaks after it."""
    other = json.loads(json.dumps(WELL))
    other["time"]["rounds"] = 1
    other["proposals"] = {"all": {"label": "All of it", "package": {"text": "east"}}}
    other["parties"]["east"] |= {"opens_with": ["all"], "no_deal": 0.4}
    other["protocol"] = {"name": "alternating_offers", "order": ["east", "west"]}
    explained = explain_draw(read(other), 1, 0)
    looked = replayed(run(read(other), 3), 3)
    assert (looked.too_late.count, looked.too_late.n) == (3, 3)
    assert (dict(explained.nearest.package), explained.nearest.on_the_table) == ({"text": "both"}, True)
    assert "time ran out before all had accepted it" in " ".join(as_text(compose(explained), 80).split())


def test_a_text_refused_at_home_says_how_many_votes_it_lacked(banks):
    text = as_text(compose(explain_draw(banks.scenario, 1, draw_that(banks, "refused"))), 80)
    assert "points more in favour in the vote of" in text or "No share of votes would have done" in text


def test_a_deal_says_how_much_room_it_had(banks):
    number = draw_that(banks, "in_force")
    explained = explain_draw(banks.scenario, 1, number)
    room = dict(explained.room)
    for party, margin in room.items():
        assert margin == pytest.approx(float(banks.draws[f"margin_{party}"][number]))
    assert list(room.values()) == sorted(room.values())


def test_who_leaves_is_told_with_what_it_left_for():
    other = json.loads(json.dumps(WELL))
    other["protocol"] = {"name": "alternating_offers", "information": "complete"}
    other["parties"]["east"] |= {"no_deal": 0.3, "walk_away": 0.7}
    results = run(read(other), 20)
    why = reasons(results)
    assert why.left == (Share("east", 20, 20),)
    assert "Broken off" in as_text(compose(explain(results, 20)), 80)
    text = " ".join(as_text(compose(explain_draw(results.scenario, 1, 0)), 80).split())
    assert "had leaving been worth less to East than 0.700" in text


# The command.


@pytest.fixture
def folder(file, tmp_path):
    assert call("batch", file, "-n", 64, "--workers", 1, "--out", tmp_path / "out", "--no-charts").exit_code == 0
    return next((tmp_path / "out").glob("*/"))


KEYS = [
    "id", "title", "seed", "n", "looked_at", "outcomes", "zone_first", "zone_ever", "obstacles", "obstacles_needed",
    "refused_last", "too_late", "left", "refused_at_home", "in_force", "parties", "stages", "ledger", "opening",
    "set_aside", "linkages", "moved_by", "tried", "weights",
]  # fmt: skip


def test_explain_plays_a_file_and_reads_results_to_the_same_answer(file, folder):
    played, read_back = data("explain", file, "-n", 64, "--look", 20), data("explain", folder, "--look", 20)
    assert list(played) == KEYS
    assert played == read_back
    assert played["looked_at"] == 20
    answer = call("explain", folder, "--look", 20, "--full")
    assert answer.exit_code == 0
    assert "How the runs ended" in answer.output


def test_explain_one_draw_tells_what_run_tells_and_more(file):
    told, explained = data("run", file, "--draw", 3), data("explain", file, "--draw", 3)
    assert {key: explained[key] for key in told} == told
    assert set(explained) - set(told) == {"explained"}
    assert set(explained["explained"]) == {"ways_out", "nearest", "room"}
    assert call("run", file, "--draw", 3, "--full").output.rstrip() in call("explain", file, "--draw", 3).output


def test_explain_finds_damage(folder):
    chunk = next((folder / "draws").iterdir())
    chunk.write_bytes(chunk.read_bytes()[:-40])
    for arguments in ((), ("--draw", 0)):
        answer = call("explain", folder, *arguments)
        assert answer.exit_code == 4
        assert chunk.name in answer.stderr
    shutil.rmtree(folder / "draws")
    assert call("explain", folder).exit_code == 4


def test_explain_says_what_it_cannot_do(file, folder):
    for arguments in (("--set", "parties.east.no_deal=0.3"), ("--seed", 2)):
        answer = call("explain", folder, *arguments)
        assert answer.exit_code == 2
        assert "results folder" in answer.stderr
    assert call("explain", folder.parent).exit_code == 2
    assert call("explain", file, "--look", 0).exit_code == 2
    assert call("explain", file, "--draw", -1).exit_code == 2
    for both in (("--draw", 0, "--full"), ("--by", "well", "--section", "How"), ("--by", "well", "--draw", 0)):
        assert call("explain", file, *both).exit_code == 2
    with pytest.raises(ValueError, match="at least 1 run"):
        explain(run(read(WELL), 1), 0)


def test_a_setting_is_taken_and_the_seed(file):
    few = "-n", 20, "--look", 5
    told = data("explain", file, *few, "--seed", 7, "--set", "parties.east.no_deal=0.99")
    assert (told["seed"], told["n"]) == (7, 20)
    assert told["zone_ever"]["count"] < data("explain", file, *few)["zone_ever"]["count"]
