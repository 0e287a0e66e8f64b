"""Strategies against strategies: a case by hand, mirrored parties, the batch's own numbers, intervals that cover."""

import copy
import math
from itertools import product

import numpy as np
import pandas as pd
import pytest

import sim
import sim.charts.tournament
from sim.analysis.tournament import tournament
from sim.analysis.tournament_games import (
    Games,
    assignments,
    equilibrium_table,
    figure_table,
    mean_of,
    meeting_table,
    possible,
    reply_table,
    seat_table,
    share_of,
)
from sim.charts import ANALYSIS_CHARTS, save_charts
from sim.scenario import ScenarioError
from tests.problems import pie, read
from tests.worlds import text_on_a_table

EARLY = "{name: time_dependent, exponent: 0.01}"  # asks for little more than no deal from the second round on
LATE = "{name: time_dependent, exponent: 1000}"  # asks for its best until the last round
BOTH = {"early": EARLY, "late": LATE}
THREE = {**BOTH, "least": "{name: time_dependent, exponent: 2, offers: least_own}"}


def one_of_two(order=("ash", "birch")):
    """Either side gets its way, and the other 0.4; no deal is worth 0.2, and a round of waiting costs a tenth."""
    points = {"ash": {"a": 100, "b": 40}, "birch": {"a": 40, "b": 100}}
    return text_on_a_table(
        points, dict.fromkeys(points, 0.2), 3, parties={name: {"discount_per_month": 0.9} for name in points},
        protocol={"name": "alternating_offers", "order": list(order), "information": "complete"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def by_hand():
    return tournament(read(one_of_two()), BOTH, draws=40)


def cell(frame, **where):
    for column, value in where.items():
        frame = frame[frame[column] == value]
    (row,) = frame.to_dict("records")
    return row


# By hand: in round 1 each offers its own way. In round 2 an early ash takes b; a late one refuses, and offers a again,
# which an early birch takes. Both late: ash takes b in round 3, when nothing is left to wait for.
# From the start a text of worth u is worth .1 x .2 + .9 u in round 2, and .2 x (1 - .81) + .81 u in round 3.
ROUND_2, ROUND_3 = {0.4: 0.38, 1: 0.92}, {0.4: 0.362, 1: 0.848}
PAID = {
    ("early", "early"): (ROUND_2[0.4], ROUND_2[1]),
    ("early", "late"): (ROUND_2[0.4], ROUND_2[1]),
    ("late", "early"): (ROUND_2[1], ROUND_2[0.4]),
    ("late", "late"): (ROUND_3[0.4], ROUND_3[1]),
}


def test_what_each_assignment_pays_is_as_worked_out_by_hand(by_hand):
    for (ash, birch), (to_ash, to_birch) in PAID.items():
        row = cell(by_hand.points, plays_ash=ash, plays_birch=birch)
        assert (row["discounted_ash"], row["discounted_birch"]) == pytest.approx((to_ash, to_birch))
        assert row["agreement"] == 1
        assert row["joint"] == pytest.approx(0.81 if ash == birch == "late" else 0.9)  # all of the gain, after waiting


def test_means_over_seats_and_meetings_are_as_worked_out_by_hand(by_hand):
    own = {label: cell(by_hand.figures, label=label, figure="own")["value"] for label in BOTH}
    assert own["early"] == pytest.approx((0.38 + 0.38 + 0.92 + 0.38) / 4)
    assert own["late"] == pytest.approx((0.92 + 0.362 + 0.92 + 0.848) / 4)
    assert by_hand.labels == ["late", "early"]
    met = {(a, b): cell(by_hand.meetings, label=a, other=b)["value"] for a, b in product(BOTH, BOTH)}
    assert met["early", "early"] == pytest.approx((0.38 + 0.92) / 2)
    assert met["early", "late"] == pytest.approx(0.38)
    assert met["late", "early"] == pytest.approx(0.92)
    assert met["late", "late"] == pytest.approx((0.362 + 0.848) / 2)
    assert cell(by_hand.seats, label="late", party="birch")["value"] == pytest.approx((0.92 + 0.848) / 2)
    joint = cell(by_hand.figures, label="late", figure="joint")
    assert joint["value"] == pytest.approx((0.9 + 0.81 + 0.9 + 0.81) / 4)  # where both play it, it counts twice


def test_the_one_equilibrium_and_the_best_replies_are_as_worked_out_by_hand(by_hand):
    """Late is better against late for birch alone: ash would rather give in a round earlier."""
    row = cell(by_hand.equilibria, plays_ash="early", plays_birch="late")
    assert (len(by_hand.equilibria), row["symmetric"], row["loss"]) == (1, False, pytest.approx(0))
    assert (row["party"], row["to"]) == ("birch", "early")
    assert by_hand.points["equilibrium"].sum() == 1
    replies = {(row["party"], row["plays_ash"] or row["plays_birch"]): set() for row in _rows(by_hand.replies)}
    for row in _rows(by_hand.replies):
        replies[row["party"], row["plays_ash"] or row["plays_birch"]].add(row["reply"])
    assert replies == {
        ("ash", "early"): {"late"}, ("ash", "late"): {"early"},
        ("birch", "early"): {"early", "late"}, ("birch", "late"): {"late"},
    }  # fmt: skip
    assert cell(by_hand.replies, party="ash", reply="early")["ahead"] == pytest.approx(0.38 - 0.362)


def _rows(frame):
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def test_what_does_not_vary_from_draw_to_draw_has_intervals_of_no_width(by_hand):
    for row in _rows(by_hand.figures):
        if row["figure"] in ("own", "joint"):
            assert row["low"] == pytest.approx(row["value"]) == row["high"]
        else:  # forty of forty runs could still be a share of nine tenths
            assert 0.9 < row["low"] < 0.92 and row["high"] == 1


def test_exchanging_the_parties_exchanges_their_figures_and_moves_no_other(by_hand):
    mirrored = tournament(read(one_of_two(("birch", "ash"))), BOTH, draws=40)
    for name in ("figures", "meetings"):
        pd.testing.assert_frame_equal(getattr(mirrored, name), getattr(by_hand, name), check_exact=True)
    for row in _rows(by_hand.seats):
        other = {"ash": "birch", "birch": "ash"}[row["party"]]
        assert cell(mirrored.seats, label=row["label"], party=other) == row | {"party": other}


def test_in_a_mirrored_scenario_both_parties_do_alike_within_their_intervals():
    problem = pie((0.2, 0.2), rounds=6)
    problem["protocol"]["order"] = "random"
    played = tournament(read(problem), THREE, draws=600, seed=3)
    for label in THREE:
        ash, birch = (cell(played.seats, label=label, party=party) for party in ("ash", "birch"))
        assert max(ash["low"], birch["low"]) <= min(ash["high"], birch["high"])
    assert played.figures["difference"].abs().max() > 0.01  # and there is something to tell apart


def test_neither_the_order_of_strategies_nor_their_labels_move_a_number(tmp_path):
    scenario = read(one_of_two())
    one = tournament(scenario, THREE, draws=40)
    other = tournament(scenario, dict(reversed(THREE.items())), draws=40)
    assert one.as_data() == other.as_data()
    renamed = {"early": "zz", "late": "m", "least": "a"}
    called = tournament(scenario, {renamed[label]: text for label, text in THREE.items()}, draws=40)
    told = cell(called.figures, label="zz", figure="own")
    assert told | {"label": "early"} == cell(one.figures, label="early", figure="own")


def test_parties_that_are_not_named_play_as_the_file_says():
    problem = one_of_two()
    problem["parties"]["birch"]["strategy"] = {"name": "time_dependent", "exponent": 0.01}
    played = tournament(read(problem), BOTH, parties=["ash"], draws=5)
    assert played.parties == ("ash",) and len(played.points) == 2 and not len(played.meetings)
    assert cell(played.points, plays_ash="late")["discounted_ash"] == pytest.approx(PAID["late", "early"][0])
    assert cell(played.equilibria, plays_ash="late")["loss"] == pytest.approx(0.92 - 0.38)
    assert played.figures["low"].isna().all()  # five draws are too few
    assert "than 30 runs no interval is given" in str(played)


def test_a_party_that_signs_nothing_does_not_vary_by_default():
    problem = one_of_two(("ash", "birch", "cedar"))
    third = copy.deepcopy(problem["parties"]["ash"]) | {"signs": "never", "kind": "mediator"}
    problem["parties"]["cedar"] = third
    scenario = read(problem)
    assert tournament(scenario, BOTH, draws=2).parties == ("ash", "birch")
    assert tournament(scenario, BOTH, parties=["cedar", "ash"], draws=2).parties == ("ash", "cedar")
    problem["protocol"]["order"] = ["ash", "birch"]
    with pytest.raises(ScenarioError, match="cedar never speaks, so its strategy moves nothing; ash and birch speak"):
        tournament(read(problem), BOTH, parties=["cedar"], draws=2)


# What there is to gain.


def test_the_possible_gain_is_the_largest_sum_of_shares_that_one_package_of_the_zone_has():
    """Two issues, each side's dear one: gains .6 of .6 twice with the trade; a third package is outside of the zone."""
    problem = one_of_two()
    problem["issues"]["what"] = {"label": "What", "options": {"x": "X", "y": "Y"}}
    values = {"ash": ({"a": 100, "b": 0}, {"x": 100, "y": 0}), "birch": ({"a": 100, "b": 0}, {"x": 0, "y": 100})}
    for name, (who, what) in values.items():
        weights = {"text": 0.7, "what": 0.3} if name == "ash" else {"text": 0.4, "what": 0.6}
        problem["parties"][name] |= {"weights": weights, "values": {"text": who, "what": what}}
    # Worth: ax (1, .4), ay (.7, 1), bx (.3, 0), by (0, .6); gains over .2: ax (.8, .2), ay (.5, .8).
    ruler = possible(read(problem), 1, 3)
    assert ruler.most.tolist() == [pytest.approx([0.8, 0.8])] * 3
    assert ruler.together == pytest.approx([0.5 / 0.8 + 1] * 3)
    signed = pd.DataFrame({
        "outcome": ["in_force", "in_force", "deadline"],
        "round": pd.array([1, 3, None], "Int32"),
        "utility_ash": [0.7, 1, np.nan],
        "utility_birch": [1, 0.4, np.nan],
    })  # fmt: skip
    assert ruler.share_reached(signed).tolist() == pytest.approx([1, 0.81 * (1 + 0.25) / 1.625, 0])


def test_where_there_is_no_zone_at_the_start_there_is_no_share_of_it():
    problem = one_of_two()
    problem["parties"]["ash"]["no_deal"] = {"value": 0.4, "range": [0.2, 0.6]}
    problem["parties"]["birch"]["no_deal"] = 0.5
    played = tournament(read(problem), BOTH, draws=100)
    zone = sim.run(read(problem), 100).draws["zone_packages"] > 0
    assert 10 < zone.sum() < 90
    assert set(played.figures.loc[played.figures["figure"] == "joint", "n"]) == {zone.sum()}


def test_rescaling_the_worth_of_one_party_moves_no_joint_worth():
    """Half the points and half the no-deal value is the same party on another scale."""
    problem = one_of_two()
    third = {"text": {"a": 100, "b": 40, "c": 80}}
    problem["issues"]["text"]["options"]["c"] = "C"
    problem["parties"]["ash"]["values"] = third
    problem["parties"]["birch"]["values"] = {"text": {"a": 40, "b": 100, "c": 75}}
    plain = tournament(read(problem), THREE, draws=3)
    problem["issues"]["idle"] = {"label": "Idle", "options": {"z": "Z"}}
    problem["parties"]["birch"]["weights"] = {"text": 0.5, "idle": 0.5}
    problem["parties"]["birch"]["values"]["idle"] = {"z": 0}
    problem["parties"]["birch"]["no_deal"] = 0.1
    problem["parties"]["ash"]["weights"] = {"text": 1, "idle": 0}
    problem["parties"]["ash"]["values"] = {**third, "idle": {"z": 0}}
    halved = tournament(read(problem), THREE, draws=3)
    joint = [one.figures[one.figures["figure"] == "joint"].set_index("label")["value"] for one in (plain, halved)]
    assert joint[0].to_dict() == pytest.approx(joint[1].to_dict())


# Intervals.


def synthetic(seed, draws, edge=0.02):
    """Two strategies, two parties: a draw's luck is common to all, and strategy 1 gets `edge` more."""
    lots = np.random.default_rng(seed)
    luck, noise = lots.normal(0.5, 0.2, draws), lots.normal(0, 0.03, (4, 2, draws))
    assigned = assignments(2, 2)
    worth = luck + noise + edge * assigned[:, :, None]
    chance = lots.uniform(0, 1, draws) * (luck > 0.3)
    signed = lots.uniform(0, 1, (4, draws)) < chance
    return Games(("ash", "birch"), assigned, worth, signed, signed, worth[:, 0])


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    """Over 400 made-up tournaments; the truth of a difference from the field is half the edge."""
    truth = {"own": 0.52, "agreement": 0.5 * 0.8413}
    hits = dict.fromkeys(["own", "agreement", "difference"], 0)
    for seed in range(400):
        table = figure_table(synthetic(seed, 120), ["A", "B"], ["own", "agreement"])
        for figure, value in truth.items():
            row = cell(table, label="B", figure=figure)
            hits[figure] += row["low"] <= value <= row["high"]
        row = cell(table, label="B", figure="own")
        hits["difference"] += row["difference_low"] <= 0.01 <= row["difference_high"]
        assert row["difference_high"] - row["difference_low"] < (row["high"] - row["low"]) / 5  # luck is common
    assert all(0.92 <= count / 400 <= 0.98 for count in hits.values()), hits


def test_an_interval_of_shares_is_wilsons_where_each_draw_is_one_run():
    """30 of 100: 0.2189 to 0.3958 (Newcombe 1998 and any table of Wilson's interval)."""
    mean = share_of(np.array([1.0] * 30 + [0.0] * 70))
    assert (mean.value, mean.low, mean.high) == pytest.approx((0.3, 0.2189, 0.3958), abs=2e-3)
    alike = share_of(np.zeros(100))
    assert (alike.low, alike.high) == pytest.approx((0, 0.0370), abs=1e-4)


def test_with_few_draws_there_is_no_interval():
    assert math.isnan(mean_of(np.arange(29.0)).low) and not math.isnan(mean_of(np.arange(30.0)).low)
    assert math.isnan(share_of(np.ones(29)).low)
    assert mean_of(np.array([np.nan, 2.0]))[::3] == (2, 1)
    assert mean_of(np.full(40, np.nan)).n == 0


def test_three_parties_are_taken_in_all_their_pairs():
    """Worth by seat set by hand: a point counts once for each other party that plays what is met."""
    assigned = assignments(2, 3)
    worth = np.arange(24.0).reshape(8, 3, 1) * np.ones(30)
    games = Games(("a", "b", "c"), assigned, worth, worth[:, 0] > 0, worth[:, 0] > 0, worth[:, 0])
    met = cell(meeting_table(games, ["X", "Y"]), label="X", other="Y")
    by_hand = [
        worth[g, v, 0] for g in range(8) for v in range(3) for w in range(3)
        if w != v and assigned[g, v] == 0 and assigned[g, w] == 1
    ]  # fmt: skip
    assert met["value"] == pytest.approx(np.mean(by_hand))
    assert cell(seat_table(games, ["X", "Y"]), label="Y", party="a")["value"] == pytest.approx(np.mean(worth[4:, 0]))
    assert equilibrium_table(games, ["X", "Y"])[["plays_a", "plays_b", "plays_c"]].to_numpy().tolist() == [["Y"] * 3]
    assert len(reply_table(games, ["X", "Y"])) == 3 * 4


def test_games_where_every_equilibrium_is_known():
    """Prisoners: to defect is dominant. Matching pennies: there is none in pure strategies."""
    prisoners = np.array([[3, 3], [0, 5], [5, 0], [1, 1]], float)
    pennies = np.array([[1, -1], [-1, 1], [-1, 1], [1, -1]], float)
    tables = []
    for paid in (prisoners, pennies):
        worth = np.repeat(paid[:, :, None], 30, axis=2)
        games = Games(("a", "b"), assignments(2, 2), worth, worth[:, 0] > 0, worth[:, 0] > 0, worth[:, 0])
        tables.append(equilibrium_table(games, ["stay", "defect"]))
    row = cell(tables[0], plays_a="defect", plays_b="defect")
    assert (len(tables[0]), row["symmetric"], row["loss"]) == (1, True, 1)
    assert not len(tables[1])


# The table and the chart.


HOSTILE = "A label [bold]nobody[/bold] reads to its end, with $dollars$ & <b>tags</b> = " + "W" * 90


def test_a_long_label_is_told_in_full_and_drawn_within_the_sheet(by_hand, tmp_path):
    played = tournament(read(one_of_two()), {HOSTILE: EARLY, "=late": LATE, f"{HOSTILE} 2": THREE["least"]}, draws=30)
    assert set(played.labels) == {HOSTILE, "=late", f"{HOSTILE} 2"}
    assert "[bold]nobody[/bold]" in str(played)
    picture = ANALYSIS_CHARTS["tournament"](played)
    width, height = picture.get_size_inches()
    assert width < 11  # as wide as with short labels, or nearly
    picture.draw_without_rendering()  # labels of axes take their place
    renderer = picture.canvas.get_renderer()
    for text in picture.findobj(lambda each: hasattr(each, "get_text") and each.get_text().strip()):
        box = text.get_window_extent(renderer)
        assert box.x0 >= 0 and box.x1 <= width * picture.dpi and box.y0 >= 0 and box.y1 <= height * picture.dpi
    paths = save_charts(played, tmp_path)
    assert "'=late" in paths[1].read_text()  # no formula for a spreadsheet


@pytest.mark.parametrize(("count", "most"), [(2, 12), (12, 12), (3, 2)])
def test_the_chart_draws_a_row_for_each_strategy_and_a_cell_for_each_pair(count, most, monkeypatch):
    monkeypatch.setattr(sim.charts.tournament, "MOST_MET", most)
    strategies = [f"{{name: time_dependent, exponent: {k}}}" for k in range(1, count + 1)]
    played = tournament(read(one_of_two()), strategies, draws=30)
    picture = ANALYSIS_CHARTS["tournament"](played)
    upper, cells = picture.axes[:3], picture.axes[3:]
    assert all(len(axes.lines) == count for axes in upper)
    assert max(upper[2].get_xticks()) <= 1  # of shares of runs
    assert [len(axes.patches) for axes in cells] == ([count * count] if count <= most else [])
    table = ANALYSIS_CHARTS["tournament"].table(played)
    assert (table["kind"].value_counts().to_dict()) == {"strategy": 3 * count, "meeting": count * count}


def test_with_a_vote_at_home_agreement_is_told_signed_and_in_force():
    played = tournament(sim.read_scenario("scenarios/two-banks-pullback.yaml"), BOTH, draws=40)
    shares = {name: cell(played.figures, label="late", figure=name)["value"] for name in ("agreement", "in_force")}
    assert 0 < shares["in_force"] < shares["agreement"]
    assert "in force" in str(played)
