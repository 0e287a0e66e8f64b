"""The smallest change that opens a zone: cases solved on paper, and that no smaller one does."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.analysis.gaps import Table, fall_alone, way_out
from sim.analysis.parameters import ParameterChange, parameters
from sim.analysis.smallest_change import CentralTable, add_up, opening
from sim.model.domain import structure
from sim.model.ensemble import central, draw, revalued
from sim.model.peace_talks import hold_talks
from sim.results.columns import blockers
from tests.problems import problems, read, shipped


def party(weights, values, no_deal, **more):
    return {"label": "A party", "signs": "always", "weights": weights, "values": values, "no_deal": no_deal, **more}


def problem(issues, ash, birch, **more):
    return {
        "schema": 1,
        "id": "on-paper",
        "title": "On paper",
        "time": {"rounds": 4, "days_per_round": 10},
        "issues": {name: {"label": name, "options": {o: o for o in options}} for name, options in issues.items()},
        "parties": {"ash": ash, "birch": birch},
        **more,
    }


def three_packages(ash_middle=50, **lines):
    """One issue: left is worth 1 to ash and 0 to birch, right 0 and 1, and the middle too little to both by 0.1."""
    ash_no_deal = {"value": 0.6, "range": [0.5, 0.7]}
    return problem(
        {"land": ["left", "middle", "right"]},
        party({"land": 1}, {"land": {"left": 100, "middle": ash_middle, "right": 0}}, ash_no_deal, **lines),
        party({"land": 1}, {"land": {"left": 0, "middle": 40, "right": 100}}, {"value": 0.5, "range": [0.4, 0.6]}),
    )


def found(scenario):
    table = CentralTable(scenario, structure(scenario))
    return table, opening(table)


def by_path(changes):
    """The only turn of each change, by path."""
    return {change.turns[0].parameter.path: change.turns[0] for change in changes}


# On paper.


def test_one_number_has_to_make_up_for_all_that_a_package_lacks():
    """Right lacks 0.6 of ash, left 0.5 of birch; points count by their whole scale, no-deal values by their range."""
    _, answer = found(read(three_packages()))
    turns = by_path(answer.one)
    assert turns["parties.ash.no_deal"].value == pytest.approx(0)
    assert turns["parties.ash.no_deal"].cost == pytest.approx(0.6 / 0.2)
    assert turns["parties.birch.no_deal"].value == pytest.approx(0)
    assert turns["parties.ash.values.land.right"].value == pytest.approx(60)
    assert turns["parties.birch.values.land.left"].value == pytest.approx(50)
    assert len(turns) == len(answer.one) == 4
    assert answer.one[0].turns[0].parameter.path == "parties.birch.values.land.left"
    assert answer.one[0].cost == pytest.approx(0.5)


def test_two_numbers_bring_in_the_package_in_the_middle():
    """It lacks 0.1 of each: ten points of each party, a tenth of their scale."""
    table, answer = found(read(three_packages()))
    (best,) = answer.two
    assert {turn.parameter.path: turn.value for turn in best.turns} == {
        "parties.ash.values.land.middle": pytest.approx(60), "parties.birch.values.land.middle": pytest.approx(50)
    }  # fmt: skip
    assert best.cost == pytest.approx(0.2)
    assert answer.best is best
    assert table.structure.space.options_of(best.package) == {"land": "middle"}


def test_of_two_packages_that_lack_two_consents_the_smaller_sum_counts():
    """The middle lacks 0.1 of both. The other lacks 0.01 of ash and 0.15 of birch, which is less in all."""
    base = three_packages()
    base["issues"]["land"]["options"]["other"] = "other"
    base["parties"]["ash"]["values"]["land"]["other"] = 59
    base["parties"]["birch"]["values"]["land"]["other"] = 35
    table, answer = found(read(base))
    assert answer.best.cost == pytest.approx(0.16)
    assert table.structure.space.options_of(answer.best.package) == {"land": "other"}


def test_a_weight_takes_from_the_others_of_its_party():
    """Of `west` and `near` ash gets its weight of border: 0.5, where 0.55 is asked. So the weight must be 0.55."""
    lines = [{"id": "rest", "never": [{"border": "east"}, {"road": "far"}], "hardness": 1}]
    even, own = {"border": 0.5, "road": 0.5}, {"border": {"west": 100, "east": 0}, "road": {"far": 100, "near": 0}}
    ash = party(even, own, 0.55)
    birch = party(even, {"border": {"west": 0, "east": 0}, "road": {"far": 0, "near": 100}}, 0.5, red_lines=lines)
    _, answer = found(read(problem({"border": ["west", "east"], "road": ["far", "near"]}, ash, birch)))
    turns = by_path(answer.one)
    assert turns["parties.ash.weights.border"].value == pytest.approx(0.55)
    assert turns["parties.ash.weights.road"].value == pytest.approx(0.45)
    assert turns["parties.ash.values.road.near"].value == pytest.approx(10)
    assert turns["parties.ash.weights.border"].parameter.at(0.55) == {
        "parties.ash.weights.border": 0.55, "parties.ash.weights.road": pytest.approx(0.45)
    }  # fmt: skip


def test_a_linkage_gives_back_what_it_took():
    """What both could live with is worth 0.8 less 0.4 to ash, which asks for 0.5: the linkage may take 0.3."""
    linkages = [{"id": "burden", "when": {"land": "all"}, "adds": {"value": -0.4, "range": [-0.5, 0]}}]
    ash = party({"land": 1}, {"land": {"all": 80, "mine": 100}}, 0.5, linkages=linkages)
    birch = party({"land": 1}, {"land": {"all": 100, "mine": 0}}, 0.5)
    _, answer = found(read(problem({"land": ["all", "mine"]}, ash, birch)))
    turn = by_path(answer.one)["parties.ash.linkages.burden.adds"]
    assert turn.value == pytest.approx(-0.3)
    assert turn.cost == pytest.approx(0.2)
    assert turn.within


def test_a_chance_of_delivery_moves_the_worth_of_all():
    """Fifty-fifty that `shared` can be had; ash needs 0.6 of it, birch is content up to 0.9."""
    base = problem(
        {"land": ["shared", "mine", "yours"]},
        party({"land": 1}, {"land": {"shared": 100, "mine": 100, "yours": 0}}, 0.6),
        party({"land": 1}, {"land": {"shared": 10, "mine": 0, "yours": 100}}, 0.19),
    )  # fmt: skip
    chance = {"value": 0.5, "range": [0.3, 0.7]}
    base["issues"]["land"]["deliverable"] = {"shared": {"chance": chance, "otherwise": "yours"}}
    _, answer = found(read(base))
    turn = by_path(answer.one)["issues.land.deliverable.shared.chance"]
    assert turn.value == pytest.approx(0.6)
    assert turn.cost == pytest.approx(0.25)
    assert turn.within


def test_a_chance_of_delivery_that_helps_one_and_hurts_another_opens_nothing():
    """Ash needs 0.6 of it, and above 5/9 birch would rather have no deal."""
    base = problem(
        {"land": ["shared", "mine", "yours"]},
        party({"land": 1}, {"land": {"shared": 100, "mine": 100, "yours": 0}}, 0.6),
        party({"land": 1}, {"land": {"shared": 10, "mine": 0, "yours": 100}}, 0.5),
    )  # fmt: skip
    base["issues"]["land"]["deliverable"] = {"shared": {"chance": 0.5, "otherwise": "yours"}}
    _, answer = found(read(base))
    assert "issues.land.deliverable.shared.chance" not in by_path(answer.one)
    assert answer.unconfirmed == 0


def test_a_red_line_is_set_aside_together_with_those_it_is_drawn_with():
    hardness = {"value": 0.88, "range": [0.65, 1.0]}
    lines = [{"id": "no_middle", "never": {"land": "middle"}, "hardness": hardness, "drawn_with": "land"},
             {"id": "no_right", "never": {"land": "right"}, "hardness": hardness, "drawn_with": "land"}]  # fmt: skip
    base = three_packages(60, red_lines=lines)
    base["parties"]["birch"]["no_deal"] = 0.4
    _, answer = found(read(base))
    (change,) = [change for change in answer.one if change.turns[0].parameter.kind == "hardness"]
    assert change.values() == {f"parties.ash.red_lines.{line}.hardness": 0.5 for line in ("no_middle", "no_right")}
    assert change.cost == pytest.approx(0.38 / 0.35)
    assert change.packages == 1


def test_a_line_below_one_half_is_not_real_at_central_numbers():
    base = three_packages(60, red_lines=[{"id": "no_middle", "never": {"land": "middle"}, "hardness": 0.5}])
    base["parties"]["birch"]["no_deal"] = 0.4
    assert found(read(base))[1].packages == 1


def test_a_line_and_a_number_where_neither_is_enough():
    """Behind the line lies the middle, which lacks 0.1 of birch."""
    hardness = {"value": 0.6, "range": [0.2, 1]}
    base = three_packages(60, red_lines=[{"id": "no_middle", "never": {"land": "middle"}, "hardness": hardness}])
    _, answer = found(read(base))
    change = answer.best
    assert [turn.parameter.path for turn in change.turns] == [
        "parties.ash.red_lines.no_middle.hardness", "parties.birch.values.land.middle"
    ]  # fmt: skip
    assert change.turns[1].value == pytest.approx(50)
    assert change.cost == pytest.approx(0.1 / 0.8 + 0.1)


def test_where_one_number_ends_another_of_the_party_takes_over():
    """Left is all that ash takes, and lacks 0.95 of birch. Points cost least for what they give, but end at 0.8: the
    linkage takes over for 0.15. Its range is 0.8 wide."""
    linkages = [{"id": "shame", "when": {"land": "left"}, "adds": {"value": -0.2, "range": [-0.9, -0.1]}}]
    base = three_packages()
    base["parties"]["ash"]["red_lines"] = [{"id": "all", "never": {"land": ["middle", "right"]}, "hardness": 1}]
    base["parties"]["birch"] |= {
        "linkages": linkages, "values": {"land": {"left": 20, "middle": 40, "right": 100}},
        "no_deal": {"value": 0.95, "range": [0.94, 0.96]},
    }  # fmt: skip
    _, answer = found(read(base))
    assert by_path(answer.one)["parties.birch.linkages.shame.adds"].value == pytest.approx(0.75)
    assert "parties.birch.values.land.left" not in by_path(answer.one)  # 100 points less 0.2 are 0.8
    kinds = {"points", "linkage"}
    pair = next(change for change in answer.two if {turn.parameter.kind for turn in change.turns} == kinds)
    assert {turn.parameter.kind: turn.value for turn in pair.turns} == {
        "points": pytest.approx(100), "linkage": pytest.approx(-0.05)
    }  # fmt: skip
    assert pair.cost == pytest.approx(0.8 + 0.15 / 0.8)


def test_two_lines_of_two_parties_that_forbid_the_same():
    lines = [{"id": "no_middle", "never": {"land": "middle"}, "hardness": {"value": 0.6, "range": [0.2, 1]}}]
    base = three_packages(60, red_lines=lines)
    base["parties"]["birch"] |= {"no_deal": 0.4, "red_lines": lines}
    best = found(read(base))[1].best
    assert best.values() == {f"parties.{name}.red_lines.no_middle.hardness": 0.5 for name in ("ash", "birch")}
    assert best.cost == pytest.approx(2 * 0.1 / 0.8)


def test_with_a_zone_nothing_has_to_change():
    base = three_packages(60)
    base["parties"]["birch"]["no_deal"] = 0.4
    answer = found(read(base))[1]
    assert (answer.packages, answer.one, answer.two, answer.best) == (1, (), (), None)


def test_with_a_quota_some_need_not_be_asked():
    """Two votes of three are enough: nobody has to change anything for what two like."""
    base = three_packages()
    base["parties"]["cedar"] = json.loads(json.dumps(base["parties"]["ash"]))
    base["protocol"] = {"name": "random_proposer", "quota": 2}
    assert found(read(base))[1].packages == 1
    base["protocol"]["quota"] = 3
    assert found(read(base))[1].packages == 0


def test_rounding_goes_away_from_where_the_number_stands():
    parameter = next(each for each in parameters(read(three_packages())) if each.path == "parties.ash.no_deal")
    assert ParameterChange(parameter, 0.512345678).rounded == 0.5123
    assert ParameterChange(parameter, 0.687612345).rounded == 0.6877
    assert ParameterChange(parameter, 0.55).rounded == 0.55


def test_the_flagship_is_shut_by_two_lines_that_exclude_each_other():
    """Every option of Donetsk is behind the line of one side or the other: no number opens a zone, either line does."""
    scenario = shipped("ukraine-bargaining-only")
    theirs = {line.id: line for line in scenario.parties["russia"].red_lines}["all_of_donetsk"]
    ours = {line.id: line for line in scenario.parties["ukraine"].red_lines}["no_one_sided_exit"]
    forbidden = [line.never.clauses[0]["donetsk_status"] for line in (theirs, ours)]
    assert set().union(*forbidden) == set(scenario.issues["donetsk_status"].options)
    _, answer = found(scenario)
    assert {change.turns[0].parameter.path.split(".")[3] for change in answer.one} == {theirs.id, ours.id}
    assert not answer.two


# Whatever the problem.


def turned(change, part):
    """The numbers of the file once each number has gone part of its way."""
    values = {}
    for turn in change.turns:
        values |= turn.parameter.at(turn.parameter.value + part * turn.change)
    return values


@st.composite
def narrow(draw_from):
    """A problem in which little is acceptable."""
    base = draw_from(problems(max_rounds=1))
    for spec in base["parties"].values():
        spec["no_deal"] = {"value": draw_from(st.sampled_from([0.5, 0.6, 0.7, 0.8])), "range": [0.3, 0.9]}
        for line in spec.get("red_lines", ()):
            line["hardness"] = 0.8
            line.pop("drawn_with", None)
    return base


@settings(max_examples=30)
@given(narrow())
def test_what_is_found_opens_a_zone_and_a_little_less_does_not(base):
    table, answer = found(read(base))
    assert answer.unconfirmed == 0
    for change in (*answer.one, *answer.two):
        assert table.after(change.values()).zone[change.package]
        for turn in change.turns:
            assert turn.parameter.low <= turn.value <= turn.parameter.high
        if all(turn.parameter.kind != "hardness" for turn in change.turns) and change.cost > 1e-6:
            assert not table.after(turned(change, 0.999)).zone.any()


@settings(max_examples=12)
@given(narrow(), st.integers(0, 2**32 - 1))
def test_no_number_and_no_two_of_two_parties_do_it_by_less(base, seed):
    """Numbers turned at random by slightly less than what is said to be least open nothing."""
    table, answer = found(read(base))
    assume(not answer.packages)
    lots, one = np.random.default_rng(seed), by_path(answer.one)
    for parameter in table.parameters:
        least = one[parameter.path].cost if parameter.path in one else math.inf
        for value in np.linspace(parameter.low, parameter.high, 7):
            if ParameterChange(parameter, float(value)).cost < least - 1e-9:
                zone = table.after(parameter.at(float(value))).zone
                assert not zone.any(), (parameter.path, value)
    least = min([change.cost for change in (*answer.one, *answer.two)], default=2.0)
    pairs = [
        (one, two)
        for one, two in itertools.combinations(table.parameters, 2)
        if one.party != two.party or add_up(one, two)
    ]
    for place in lots.integers(len(pairs), size=20):
        share, values = lots.uniform(), {}
        for parameter, part in zip(pairs[place], (share, 1 - share), strict=True):
            way = 0.999 * least * part * parameter.unit * lots.choice([-1, 1])
            values |= parameter.at(float(np.clip(parameter.value + way, parameter.low, parameter.high)))
        assert not table.after(values).zone.any()


@settings(max_examples=15)
@given(narrow())
def test_exchanging_two_parties_exchanges_the_answer(base):
    other = json.loads(json.dumps(base).replace('"ash"', '"?"').replace('"birch"', '"ash"').replace('"?"', '"birch"'))

    def mirrored(path):
        return path.replace(".ash.", ".?.").replace(".birch.", ".ash.").replace(".?.", ".birch.")

    for mine, theirs in zip(*(found(read(each))[1].__dict__.values() for each in (base, other)), strict=True):
        if isinstance(mine, int):
            assert mine == theirs
            continue
        told = {frozenset((turn.parameter.path, turn.value) for turn in change.turns) for change in mine}
        back = {frozenset((mirrored(turn.parameter.path), turn.value) for turn in change.turns) for change in theirs}
        cost = {change.cost for change in mine} ^ {change.cost for change in theirs}
        assert told == back or not cost  # of equally cheap pairs of numbers either may stand for both


# The table that is searched is that of the model.


@pytest.mark.parametrize(
    "name", ["two-banks-pullback", "panama-canal-1977", "orange-and-lemon", "korea-without-shocks"]
)
def test_the_zone_at_central_numbers_is_that_of_the_first_round(name):
    scenario = shipped(name)
    table = CentralTable(scenario, structure(scenario))
    talks = hold_talks(central(scenario, table.structure).with_lines(table.real[None]))
    assert (table.now.zone == talks.zone_first[0]).all()


def test_other_worths_come_out_the_same_by_the_quick_way():
    scenario = shipped("ukraine-bargaining-only")
    table = structure(scenario)
    kinds = "russia.weights.donetsk_status", "ukraine.values.donetsk_status.shared_zone", "adds", "chance"
    for parameter in parameters(scenario):
        if parameter.path.endswith(kinds):
            changes = parameter.at(parameter.far)
            quick, slow = revalued(central(scenario, table), changes), central(scenario, table, changes)
            assert (quick.utility() == slow.utility()).all()


def test_draws_can_be_picked_in_any_order():
    scenario = shipped("two-banks-pullback")
    rows, ensemble = np.array([5, 2, 2]), draw(scenario, 1, 0, 8)
    picked, whole = hold_talks(ensemble[rows]), hold_talks(ensemble)
    assert picked.ensemble.draws.tolist() == [5, 2, 2]
    assert (picked.package == whole.package[rows]).all()
    assert (picked.signed == whole.signed[rows]).all()


# Ways out of one draw.


def test_how_much_the_no_deal_worth_of_one_party_alone_is_too_high():
    table = found(read(three_packages()))[0].now
    assert fall_alone(table, 0) == pytest.approx(0.6)
    assert fall_alone(table, 1) == pytest.approx(0.5)
    both = way_out(table, ["ash.no_deal", "birch.no_deal"])
    assert dict(both.falls) == {"ash": pytest.approx(0.1), "birch": pytest.approx(0.1)}
    assert both.packages == 3


@settings(max_examples=25)
@given(narrow())
def test_every_smallest_set_opens_a_draw_by_just_what_it_says(base):
    talks = hold_talks(draw(read(base), 1, 0, 4))
    for b, text in enumerate(blockers(talks)):
        if talks.zone_ever[b]:
            continue
        table = Table(
            talks.ensemble.structure, talks.net_utility[b] - talks.reservation_value[-1][b][:, None], talks.real[b]
        )
        for names in (members.split(" + ") for members in str(text).split(" | ")):
            way = way_out(table, names)
            assert way is not None
            for part, opens in ((1.0, True), (0.999, False)):
                margin, real = table.margin.copy(), table.real.copy()
                for name, fall in way.falls.items():
                    margin[table.structure.parties.index(name)] += part * fall
                aside = [name in names for name in table.structure.lines.names]
                real[aside] = False
                if opens or way.total > 1e-5:
                    assert Table(table.structure, margin, real).zone.any() == opens
