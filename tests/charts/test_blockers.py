"""What stands in the way: groups and pairs with known answers, one number in chart and table, few runs in words."""

from dataclasses import replace

import pandas as pd
import pytest

from sim.analysis.reasons import obstacle_groups
from sim.charts import CHARTS, side_by_side, svg_text
from sim.report.answer import obstacle_rows
from sim.results.rows import FrameRows
from tests.charts.test_charts import shipped

CHART = CHARTS["blockers"]
NO_ZONE = {
    "upland.no_deal": 40, "upland.no_deal + lowland.no_deal": 20, "upland.no_deal | lowland.no_deal + events.x": 8,
}  # fmt: skip
LATE, LEFT, HOME = {"lowland": 30, "lowland + upland": 2, None: 1}, {"upland": 4}, {"upland_assembly": 10}


@pytest.fixture(scope="module")
def signed():
    return shipped("two-banks-pullback", 200)


def made(results, **texts):
    """The results with outcomes and blockers written by hand; the runs that are left are in force."""
    draws = results.draws.copy()
    draws["outcome"], draws["blocker"] = "in_force", pd.NA
    ends = [(outcome, text) for outcome, each in texts.items() for text, runs in each.items() for _ in range(runs)]
    draws.loc[draws.index[: len(ends)], "outcome"] = [outcome for outcome, _ in ends]
    draws.loc[draws.index[: len(ends)], "blocker"] = pd.array([text for _, text in ends], "string")
    return replace(results, rows=FrameRows([draws]))


@pytest.fixture(scope="module")
def blocked(signed):
    return made(signed, no_zone=NO_ZONE, deadline=LATE, broke_off=LEFT, refused=HOME)


def test_groups_and_their_parts_are_those_counted_by_hand(blocked):
    no_zone, late, refused = obstacle_groups(blocked)
    assert [(each.name, each.count, each.n) for each in (no_zone, late, refused)] == [
        ("no_zone", 68, 200), ("late", 37, 200), ("refused", 10, 200),
    ]  # fmt: skip
    assert {each.name: round(200 * each.share, 9) for each in no_zone.parts} == {
        "upland.no_deal": 40 + 10 + 4, "lowland.no_deal": 10 + 2, "events.x": 2,
    }  # fmt: skip
    assert [(each.outcome, each.name, 200 * each.share) for each in late.parts] == [
        ("deadline", "lowland", 30), ("broke_off", "upland", 4), ("deadline", "lowland + upland", 2),
        ("deadline", "", 1),
    ]  # fmt: skip
    for group in (no_zone, late, refused):
        assert sum(each.share for each in group.parts) == pytest.approx(group.share)
        assert all(0 <= each.low <= each.share <= each.high for each in group.parts)


def test_pairs_are_those_counted_by_hand_and_a_row_adds_up_to_the_bars_of_its_party(blocked):
    no_zone = obstacle_groups(blocked)[0]
    pairs = {pair: round(200 * mean[0], 9) for pair, mean in no_zone.together.items()}
    assert pairs == {
        ("upland", "upland"): 40 + 4, ("upland", "lowland"): 10, ("lowland", "upland"): 10,
        ("lowland", "events"): 2, ("events", "lowland"): 2,
    }  # fmt: skip
    for owner in ("upland", "lowland", "events"):
        bars = sum(each.share for each in no_zone.parts if each.name.startswith(f"{owner}."))
        assert sum(count for pair, count in pairs.items() if pair[0] == owner) == pytest.approx(200 * bars)


def test_a_set_of_two_obstacles_of_one_party_and_one_of_another_is_shared_by_members(signed):
    """Two parts of three are upland's, with lowland; the third is lowland's, all of it with upland."""
    one = obstacle_groups(made(signed, no_zone={"upland.a + upland.no_deal + lowland.no_deal": 60}))[0]
    shares = {pair: 200 * mean[0] for pair, mean in one.together.items()}
    assert shares == pytest.approx({("upland", "lowland"): 40, ("lowland", "upland"): 20})


def test_the_chart_has_the_numbers_of_the_table(blocked):
    table = CHART.table(blocked)
    rows = {name.strip(): share for name, share in obstacle_rows(blocked, 20)}
    assert list(rows) == table[table["kind"] != "pair"]["label"].tolist()
    svg = svg_text(CHART(blocked))
    for row in table[table["kind"] != "pair"].itertuples():
        assert rows[row.label] == f"{100 * row.share:.1f} %"
        assert row.label in svg or row.group == "refused"
    for text in ("27.0 %", "15.0 %", "Who blocks with whom", "nobody named", "left the talks"):
        assert text in svg


def test_a_group_of_fewer_than_30_runs_has_a_sentence_in_place_of_bars(blocked):
    svg = svg_text(CHART(blocked))
    assert "10 of 200 runs: too few" in svg
    assert "Assembly of Upland" not in svg and "Rejected at home" in svg


def test_without_anything_in_the_way_a_sentence_says_so(signed):
    free = made(signed)
    assert "Every run ended with an agreement in force" in svg_text(CHART(free))
    assert not len(CHART.table(free)) and CHART.applies(free)


def test_results_side_by_side_have_the_same_rows(signed, blocked):
    other = made(signed, no_zone={"lowland.no_deal": 50, "lowland.other_line": 30}, refused={"upland_assembly": 40})
    shared = CHART.frame([blocked, other])
    assert [*shared.rows] == ["no_zone", "late", "refused"]
    assert ("refused", "upland_assembly") in shared.rows["refused"]
    assert "Lowland, red line: other line" in svg_text(CHART(other))
    assert "<svg" in svg_text(side_by_side(CHART, [blocked, other], ["A", "B"]))
    assert CHART.several([blocked, other], ["A", "B"])["result"].unique().tolist() == ["A", "B"]


def test_parts_beyond_the_first_are_one_bar_and_still_add_up(signed):
    many = made(signed, no_zone={f"upland.line_{k}": 14 - k for k in range(14)})
    shared = CHART.frame([many])
    assert len(shared.rows["no_zone"]) == 10
    rest = sum(14 - k for k in range(9, 14)) / 200
    assert f"{100 * rest:.1f} %" in svg_text(CHART(many)) and "5 others" in svg_text(CHART(many))
