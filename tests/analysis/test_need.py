"""The smallest change that brings a text to a share: closed forms by hand, and no smaller one reaches it."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sim
from sim.analysis import need as needs
from sim.analysis.figures import NoAnswer
from sim.core import streams
from sim.model.ensemble import draw, redrawn
from tests.problems import shipped
from tests.worlds import made, text_on_a_table, worlds

DRAWS = 200
POINTS = {"ash": {"old": 30, "new": 60}, "birch": {"old": 60, "new": 50}}


def table(**more):
    return made(text_on_a_table(POINTS, {"ash": 0.4, "birch": {"range": [0.3, 0.9], "law": "uniform"}}, 3, **more))


def obstacle(found, name):
    return next(each for each in found.obstacles if each.name == name)


def move(found, name, kind):
    return next(each for each in obstacle(found, name).moves if each.kind == kind)


def test_no_deal_a_side_payment_and_points_are_order_statistics_of_what_each_draw_lacks():
    found = sim.need(table(), "text=new", to=0.8, draws=DRAWS)
    lacks = sorted(0.3 + 0.6 * streams.uniform(1, "parties.birch.no_deal", 0, DRAWS) - 0.5)[int(0.8 * DRAWS) - 1]
    assert not obstacle(found, "ash").short and obstacle(found, "birch").short
    lower, paid, points = (move(found, "birch", kind) for kind in ("no_deal", "side_payment", "points"))
    least = np.ceil(lacks * 1e4) / 1e4
    assert lower.after.value == pytest.approx(0.6 - least) and lower.after.range == pytest.approx(
        (0.3 - least, 0.9 - least)
    )
    assert paid.after.value == pytest.approx(least) and paid.within is None
    assert points.after.value == pytest.approx(np.ceil((50 + 100 * lacks) * 100) / 100)
    for each in (lower, paid, points):
        assert each.reaches and each.share == each.verified == pytest.approx(0.8)


def test_hardness_is_an_order_statistic_of_the_uniforms():
    line = {"id": "never_new", "never": {"text": "new"}, "hardness": 0.9}
    scenario = table(parties={"ash": {"red_lines": [line]}})
    found = sim.need(scenario, "text=new", to=0.5, draws=DRAWS)
    uniform = np.sort(streams.uniform(1, "parties.ash.line.never_new.real", 0, DRAWS))
    softer = move(found, "ash", "hardness")
    assert softer.after.value == pytest.approx(np.floor(uniform[DRAWS // 2] * 1e4) / 1e4)
    assert {each.kind for each in obstacle(found, "ash").moves} == {"hardness"}  # no worth makes up for a line


def test_two_lines_and_worth_take_several_numbers():
    lines = [{"id": name, "never": {"text": "old"}, "hardness": 0.95} for name in ("first", "second")]
    scenario = table(parties={"ash": {"red_lines": lines, "no_deal": 0.5}})
    found = sim.need(scenario, "text=old", draws=DRAWS)
    ash = obstacle(found, "ash")
    assert not any(each.reaches for each in ash.moves) and len(ash.chain) == 3
    changed = scenario.with_sets([text for each in ash.chain for text in each.sets])
    assert obstacle(sim.need(changed, "text=old", draws=DRAWS), "ash").share >= 0.5
    assert found.together["acceptable"] > found.shares["acceptable"] == 0


def test_a_ratifier_needs_the_support_of_the_normal_quantile():
    house = {"label": "House", "party": "ash", "order": 1, "votes": [{"id": "v", "at_least": "1/2"}], "months": 1}
    votes = {"ratifiers": {"house": house | {"support": 0.52, "error": 0.1}}}
    found = sim.need(table(ratification=votes), "text=new", to=0.8, draws=20)
    assert obstacle(found, "house").share == pytest.approx(NormalDist().cdf(0.2))
    wanted = 0.5 + 0.1 * NormalDist().inv_cdf(0.8)
    assert move(found, "house", "support").after.value == pytest.approx(np.ceil(wanted * 1e4) / 1e4)


def test_power_and_steps_need_what_their_closed_forms_say():
    after = {
        "guarantor": {"party": "ash", "cost_of_acting": 0},
        "credibility": {"old": 1, "new": 1}, "monitoring": {"old": 0.8, "new": 0.8},
        "power_shift": {
            "months": 1, "discount": 0.9, "balance_now": 0.7, "war_cost": {"ash": 0.1, "birch": 0.1},
            "penalty_if_guarantor_acts": 0.1, "away_from_ash": {"text": {"new": 0.4}},
        },
        "pull_back": {"steps": {"new": 2}, "gain_of_cheating": 3, "dividend": 0.2, "discount": 0.9, "penalty": 0.5},
    }  # fmt: skip
    found = sim.need(table(aftermath=after), "text=new", to=1, draws=20)
    bench = needs.Bench(found.scenario, needs.Condition.of(found.package), 20, 1, 1)
    penalty = next(each for each in needs._of_test(bench, "power", 1) if each.path.endswith("acts"))
    assert penalty.least(1, 20) == pytest.approx(0.155556 - 0.1, abs=1e-6)
    assert move(found, "power", "guarantee").after.value == pytest.approx(0.1556)
    assert move(found, "pull_back", "months").after.value == 4  # steps


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=1, max_size=8), st.integers(1, 8))
def test_the_least_change_is_the_first_that_enough_draws_are_in(pairs, needed):
    margin, slope = np.array(pairs).T.round(3)
    found = needs.least_change(margin, slope, needed)
    inside = lambda t: int((margin + slope * t >= -2e-9).sum())  # noqa: E731
    if np.isfinite(found):
        assert inside(found) >= needed
        assert found == 0 or all(inside(t) < needed for t in np.linspace(0, found * (1 - 1e-6), 50) - 1e-9)
    else:
        assert all(inside(t) < needed for t in (0.0, 0.5, 1.0, 10.0, 1e4))


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds(max_rounds=3, aftermath=True), st.sampled_from([0.3, 0.6, 0.9]))
def test_each_change_reaches_the_share_on_the_file_and_one_step_less_does_not(problem, to):
    scenario = made(problem)
    package = sim.model.domain.structure(scenario).space.options_of(0)
    text = ",".join(f"{issue}={option}" for issue, option in package.items())
    found = sim.need(scenario, text, to, draws=16)
    at = needs.Bench(scenario, needs.Condition.of(package), 16, 1, 1)
    levers = {"party": needs._of_party, "ratifier": needs._of_ratifier, "test": needs._of_test}
    for each in found.obstacles:
        assert each.short == (each.share < to - 1e-9)
        known = {lever.path: lever for lever in levers[each.kind](at, each.name, to)}
        for one in (one for one in each.moves if one.reaches):
            assert one.verified is None or one.verified >= to - 1e-9
            lever = known[one.path]
            steps = round((one.after.value - one.before.value) / lever.step)
            if lever.at(steps) == one.after and abs(steps) > 1:
                less = at.with_sets(lever.sets(steps - (1 if steps > 0 else -1), scenario))
                assert less.tested.share(each.kind, each.name) < to - 1e-9


def test_redrawn_numbers_are_those_of_the_file_with_them_set():
    scenario = shipped("ukraine-december-2025")
    at = needs.Bench(scenario, needs.Condition.of(scenario.proposals["zelensky_offer"].package), 8, 1, 1)
    for path, number in {
        "aftermath.credibility.article5_congress": sim.Number(0.6, 0.4, 0.9),
        "ratification.ratifiers.us_congress.support": sim.Number(0.7, 0.6, 0.8),
        "parties.russia.values.guarantee.article5_congress": sim.Number(50),
        "parties.russia.no_deal": sim.Number(0.3, 0.2, 0.4),
        "parties.ukraine.refusal_cost": sim.Number(0.2, 0.1, 0.5),
    }.items():
        text = f"{{value: {number.value}, range: {list(number.range)}}}" if number.range else f"{number.value}"
        after = scenario.with_sets([f"{path}={text}"])
        one = needs.Tested(redrawn(at.ensemble, {path: number}), 1)
        other = needs.Tested(draw(after, 1, 0, 8, table=at.table), 1)
        for kind, name in one.names():
            np.testing.assert_array_equal(one.of(kind, name), other.of(kind, name))


def test_one_text_alone_is_what_it_is_among_all():
    scenario = shipped("two-banks-pullback")
    package = sim.model.domain.structure(scenario).space.options_of(3)
    text = ",".join(f"{issue}={option}" for issue, option in package.items())
    ranking = sim.texts(scenario, draws=50, fix=package).iloc[0]
    found = sim.need(scenario, text, to=0.01, draws=50)
    for mark in ("acceptable", "passes", "holds_12", "holds_60", "held_60"):
        assert found.shares[mark] == pytest.approx(ranking[mark], abs=1e-12)


def test_an_open_text_takes_the_completion_that_ranks_first():
    scenario = shipped("two-banks-pullback")
    issue, spec = next(iter(scenario.issues.items()))
    option = next(iter(spec.options))
    found = sim.need(scenario, f"{issue}={option}", to=0.01, draws=50)
    best = sim.texts(scenario, draws=50, fix={issue: option}).iloc[0]
    assert found.completions > 1 and "/".join(found.package.values()) == best["package"]


@pytest.mark.parametrize(
    ("text", "to", "round", "message"),
    [
        ("text=nw", 0.5, 1, "did you mean 'new'"), ("txt=new", 0.5, 1, "did you mean 'text'"),
        ("text=old,text=new", 0.5, 1, "two options"), ("offer", 0.5, 1, "no proposal is called 'offer'"),
        ("text=new", 1.5, 1, "150 per cent"), ("text=new", 0, 1, "0 per cent"), ("text=new", 0.5, 9, "none of the 3"),
    ],
)  # fmt: skip
def test_a_question_without_an_answer_says_what_would_do(text, to, round, message):
    with pytest.raises(NoAnswer, match=message):
        sim.need(table(), text, to, 10, round=round)


def test_a_text_that_breaks_a_rule_names_it():
    scenario = shipped("ukraine-december-2025")
    broken = dict(scenario.proposals["zelensky_offer"].package) | {"withdrawal": "ukraine_only"}
    with pytest.raises(NoAnswer, match="freeze_means_no_exit"):
        sim.need(scenario, ",".join(map("=".join, broken.items())), draws=5)


def test_words_take_no_side():
    lines = [{"id": "never_old", "never": {"text": "old"}, "hardness": 0.95}]
    found = sim.need(table(parties={"ash": {"red_lines": lines, "no_deal": 0.5}}), "text=old", draws=40)
    words = str(found).lower()
    assert not any(f" {word} " in words for word in ("should", "will", "must"))
