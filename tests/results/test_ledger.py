"""The ledger: openings, movement to the text and red lines given up, on tables small enough to know what must come."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.ledger import lines_given_up, movements
from sim.analysis.narrate import narrate
from sim.charts import CHARTS, save_charts, side_by_side, svg_text
from sim.charts.ledger import figure, points_scale
from sim.core.packages import NO_DEAL
from sim.model.ensemble import draw
from sim.model.peace_talks import PeaceTalks, hold_talks
from sim.report.run import document
from sim.report.terminal import as_text
from sim.results.columns_signed import openings
from sim.results.labels import forbidden_in
from sim.results.results import run, share_interval
from sim.results.rows import FrameRows
from tests.charts.test_charts import overlapping
from tests.problems import problems, read, shipped

ROUND = 15 / 30.4375  # months
LAND = {"left": "Left", "middle": "Middle", "right": "Right"}
EVENT = {"id": "pact", "label": "A pact", "at": {"month": 0.98}}


def border(**blocks: Any) -> dict[str, Any]:
    """North and South part a field; whatever they open with, only its middle is worth signing for both.

    North opens with left/a and South with right/a; the text is middle/b. A witness signs nothing and speaks last, so it
    makes no offer of its own.
    """
    common = {
        "no_deal": 0.3,
        "signs": "always",
        "strategy": {"name": "time_dependent", "exponent": 1, "offers": "best_for_others"},
        "weights": {"land": 0.8, "seat": 0.2},
    }
    lines = {"north": ("no_right", "right"), "south": ("no_left", "left")}
    return {
        "schema": 1,
        "id": "border",
        "title": "A border",
        "time": {"rounds": 16, "days_per_round": 15},
        "issues": {
            "land": {"label": "Who gets the field", "options": LAND},
            "seat": {"label": "Where they sign", "options": {"a": "Here", "b": "There"}},
        },
        "parties": {
            **{
                name: {
                    **common,
                    "label": name.title(),
                    "kind": "belligerent",
                    "values": {"land": dict(zip(LAND, points, strict=True)), "seat": {"a": here, "b": 100}},
                    "red_lines": [{"id": lines[name][0], "never": {"land": lines[name][1]}, "hardness": 0.7}],
                    "opens_with": f"of_{name}",
                }
                for name, points, here in (("north", (100, 60, 0), 0), ("south", (0, 60, 100), 30))
            },
            "witness": {
                **common,
                "label": "Witness",
                "kind": "mediator",
                "signs": "never",
                "values": {"land": dict.fromkeys(LAND, 50), "seat": {"a": 50, "b": 50}},
            },
        },
        "protocol": {"name": "alternating_offers", "order": ["north", "south", "witness"]},
        "proposals": {
            "of_north": {"label": "Of North", "package": {"land": "left", "seat": "a"}},
            "of_south": {"label": "Of South", "package": {"land": "right", "seat": "a"}},
        },
        **blocks,
    }


GIVING_WAY = {"giving_way": {"per_month": {"value": 0.3, "range": [0.1, 0.5]}}}
BOTH_FALL = {"events": [{**EVENT, "lines_fall": ["north.no_right", "south.no_left"]}]}
AT_HOME = {
    "ratification": {
        "after_refusal": {"name": "resume", "months_lost": 1, "at_most": 1},
        "ratifiers": {
            "house": {
                "label": "House of the North", "party": "north", "order": 1, "support": 0.2, "error": 0, "months": 0.5,
                "when": {"seat": "b"}, "votes": [{"id": "law", "more_than": "1/2"}],
            },
            "court": {
                "label": "Court of the South", "party": "south", "order": 2, "support": 0.8, "error": 0, "months": 0.25,
                "votes": [{"id": "seal", "at_least": "3/4"}],
            },
        },
    },
    "aftermath": {"hazard": {"shape": 1, "survival_12": 0.01}},
}  # fmt: skip
AROUND = {
    "mediation": {
        "mediator": "witness",
        "levers": {"aid": {"party": "north", "lowers_no_deal_by": 0.5, "pulled": {"month": 0.9}}},
        "step_per_round": 0.25,
    },
    "events": [
        {**EVENT, "lines_fall": "north.no_right"},
        {
            "id": "storm",
            "label": "A storm",
            "at": {"month": 1.97},
            "closes_channel": {"rounds": 2},
            "pulls_levers": "aid",
        },
        {"id": "law", "label": "A law", "at": {"month": 3.5}, "removes": {"land": ["left"]}},
    ],
}


# -- columns -----------------------------------------------------------------------------------------------------------


def test_openings_are_what_each_party_put_on_the_table_first():
    frame = run(read(border()), 5).draws
    assert frame["package"].tolist() == ["middle/b"] * 5
    assert frame["opening_north"].tolist() == ["left/a"] * 5
    assert frame["opening_south"].tolist() == ["right/a"] * 5
    assert frame["opening_witness"].isna().all()
    assert not {"lines_fallen", "first_fallen", "fallen_month"} & set(frame)


@settings(max_examples=25)
@given(problems(), st.integers(0, 3))
def test_openings_are_the_first_own_offers_of_the_table(problem, seed):
    """Followed on the table itself, which keeps the last offer of each party: nobody has two turns in a round."""
    ensemble = draw(read(problem), seed, 0, 4)
    found = openings(hold_talks(ensemble))
    for b in range(4):
        model, first = PeaceTalks(ensemble[b : b + 1]), np.full(found.shape[1], NO_DEAL)
        while model.running:
            model.step()
            first = np.where(first == NO_DEAL, model.state.own_offer[0], first)
        assert found[b].tolist() == first.tolist()


def test_an_opening_stays_when_they_come_back_from_a_refusal():
    frame = run(read(border(**AT_HOME)), 3).draws
    assert frame["attempts"].tolist() == [2] * 3
    assert frame["package"].tolist() == ["middle/a"] * 3
    assert frame["opening_north"].tolist() == ["left/a"] * 3


def plain_falls(talks, b):
    """Name and round of each line that wore out while the draw was open, by an ordinary loop."""
    world, lines = talks.ensemble.world.giving_way, talks.ensemble.structure.lines
    last, fell = int(talks.signed[b]) or talks.ensemble.scenario.time.rounds, {}
    for line, name in enumerate(lines.names):
        worn = 0.0
        for k in range(1, last + 1):
            if talks.ensemble.real[b, line] and name not in fell and worn > world.endurance[b, line]:
                fell[name] = k
            worn += world.per_round[b]
    return fell


def test_what_fell_first_and_when_is_recomputed_line_by_line():
    scenario = read(border(**GIVING_WAY))
    talks, frame = hold_talks(draw(scenario, 1, 0, 120)), run(scenario, 120).draws
    kinds = set()
    for b, row in enumerate(frame.itertuples()):
        fell = plain_falls(talks, b)
        assert (row.lines_fallen if fell else pd.NA) is pd.NA or row.lines_fallen == " + ".join(sorted(fell))
        kinds.add(len(fell))
        if not fell:
            assert pd.isna(row.lines_fallen) and pd.isna(row.first_fallen) and np.isnan(row.fallen_month)
            continue
        first = min(fell.values())
        assert row.first_fallen == " + ".join(sorted(name for name, k in fell.items() if k == first))
        assert row.fallen_month == pytest.approx((first - 1) * ROUND, abs=1e-12)
    assert kinds == {0, 1, 2}


def test_lines_that_an_event_fells_fall_together_in_its_round():
    scenario = read(border(**BOTH_FALL))
    frame = run(scenario, 60).draws
    real = {
        name: frame[f"input.parties.{name}.real"] for name in ("north.red_lines.no_right", "south.red_lines.no_left")
    }
    names = [" + ".join(f"{a}.{c}" for a, _, c in (key.split(".") for key in real if real[key][b])) for b in range(60)]
    assert len(set(names)) == 4  # both, one, the other, none
    assert frame["first_fallen"].fillna("").tolist() == frame["lines_fallen"].fillna("").tolist() == names
    months = {2 * ROUND if text else None for text in names}  # the third round is the first after month 0.98
    assert {month if month == month else None for month in frame["fallen_month"]} == months


def test_events_that_fell_no_line_make_no_columns_of_lines():
    frame = run(read(border(events=[{**EVENT, "removes": {"land": ["left"]}}])), 3).draws
    assert not {"lines_fallen", "first_fallen", "fallen_month"} & set(frame)


# -- over runs ---------------------------------------------------------------------------------------------------------


def test_movement_is_the_fall_in_a_partys_own_points():
    found = {(one.issue, one.party): one for one in movements(run(read(border()), 6))}
    expected = {("land", "north"): 40, ("land", "south"): 40, ("seat", "north"): -100, ("seat", "south"): -70}
    for key, points in expected.items():
        one = found[key]
        assert (one.n, one.moved, one.mean, one.low, one.high) == (6, 6, points, points, points)
    for issue in ("land", "seat"):
        assert (found[issue, "witness"].n, found[issue, "witness"].moved) == (0, 0)
        assert np.isnan(found[issue, "witness"].mean)


def test_movement_over_runs_is_recomputed_run_by_run():
    results = run(shipped("two-banks-pullback"), 80)
    issues, table = list(results.scenario.issues), CHARTS["ledger"].table(results)
    signed = results.draws.dropna(subset=["package"])
    assert 0 < len(signed) < 80
    for row in table.to_dict("records"):
        place, points = issues.index(row["issue"]), results.scenario.parties[row["party"]].values[row["issue"]]
        pairs = [(a.split("/")[place], b.split("/")[place])
                 for a, b in zip(signed[f"opening_{row['party']}"], signed["package"], strict=True)]  # fmt: skip
        way = pd.Series([points[a].value - points[b].value for a, b in pairs])
        moved = sum(a != b for a, b in pairs)
        assert (row["n"], row["count"]) == (len(signed), moved)
        assert row["share"] == moved / len(signed)
        assert (row["share_low"], row["share_high"]) == share_interval(moved, len(signed))
        assert row["mean"] == pytest.approx(way.mean())
        assert (row["low"], row["high"]) == pytest.approx(tuple(way.quantile([0.1, 0.9])))
    assert set(zip(table["issue"], table["party"], strict=True)) == {
        (issue, party) for issue in issues for party in results.scenario.parties
    }


def test_lines_given_up_are_shares_of_all_runs():
    results = run(read(border(**GIVING_WAY)), 120)
    table = CHARTS["ledger"].table(results).set_index(["kind", "party", "line"])
    for line in lines_given_up(results):
        fell = results.draws["lines_fallen"].fillna("").str.contains(f"{line.party}.{line.line}", regex=False)
        row = table.loc["red_line", line.party, line.line]
        assert row["count"] == line.fell == fell.sum() > 0
        assert (row["n"], row["share"]) == (120, line.fell / 120)
        assert (row["share_low"], row["share_high"]) == share_interval(line.fell, 120)
        real = results.draws[f"input.parties.{line.party}.red_lines.{line.line}.real"]
        assert line.real == real.sum() >= line.fell
    assert [line.line for line in lines_given_up(results)] == ["no_right", "no_left"]
    assert lines_given_up(run(read(border()), 3)) == ()


# -- chart -------------------------------------------------------------------------------------------------------------


def shares_drawn(picture):
    """Widths of the bars of a picture, from the top down."""
    return [bar.get_width() for axes in picture.axes for container in axes.containers for bar in container]


def test_the_chart_draws_what_its_table_says():
    results = run(read(border(**GIVING_WAY)), 120)
    picture, table = CHARTS["ledger"](results), CHARTS["ledger"].table(results)
    known = table[table["n"] > 0]
    assert shares_drawn(picture) == pytest.approx(known["share"].tolist())
    means = known.loc[known["kind"] == "movement", "mean"].tolist()
    points = next(axes for axes in picture.axes if axes.get_xlabel() == "points of its own values")
    drawn = [line.get_xdata()[0] for line in points.lines if line.get_marker() not in ("None", "")]
    assert drawn == pytest.approx(means)
    low, high = points.get_xlim()
    assert low <= min(means) < 0 < max(means) <= high
    assert not overlapping(picture)
    told = svg_text(picture)
    assert "no run" in told and "Red lines given up" in told and "real at the start in" in told
    assert "no right" in picture.alt and "North 2.0" in picture.alt


def test_markers_stand_at_the_mean_and_whiskers_end_at_the_percentiles():
    results = run(shipped("two-banks-pullback"), 80)
    table = CHARTS["ledger"].table(results)
    picture = CHARTS["ledger"](results)
    points = next(axes for axes in picture.axes if axes.get_xlabel() == "points of its own values")
    drawn = [line.get_xdata()[0] for line in points.lines if line.get_marker() not in ("None", "")]
    assert drawn == pytest.approx(table["mean"].tolist())
    ends = {tuple(segment[:, 0].tolist()) for lines in points.collections for segment in lines.get_segments()}
    assert set(zip(table["low"], table["high"], strict=True)) <= ends
    assert (table["low"] < table["mean"]).any() and (table["mean"] < table["high"]).any()


def test_the_chart_stands_where_something_was_signed(tmp_path, monkeypatch):
    signed, none = run(read(border()), 3), run(read(border(time={"rounds": 1, "days_per_round": 15})), 3)
    assert CHARTS["ledger"].applies(signed) and not CHARTS["ledger"].applies(none)
    few = {name: CHARTS[name] for name in ("funnel", "ledger")}  # the others take long
    monkeypatch.setattr("sim.charts.CHARTS", few)
    assert "ledger.csv" in {path.name for path in save_charts(signed, tmp_path)}
    assert "ledger.csv" not in {path.name for path in save_charts(none, tmp_path / "none")}
    assert "No agreement was signed in any run" in svg_text(CHARTS["ledger"](none))
    assert not len(CHARTS["ledger"].table(none))


def test_several_ledgers_are_on_one_scale():
    pair = [run(read(border(**GIVING_WAY)), 60), run(shipped("two-banks-pullback"), 60)]
    picture = side_by_side(CHARTS["ledger"], pair, ["A", "B"])
    scales = [axes.get_xlim() for axes in picture.axes if axes.get_xlabel() == "points of its own values"]
    assert len(scales) == 2 and len(set(scales)) == 1
    assert not overlapping(picture)


def test_a_result_without_openings_has_no_ledger():
    results = run(read(border()), 3)
    bare = results.draws.drop(columns=[f"opening_{party}" for party in results.scenario.parties])
    results = replace(results, rows=FrameRows([bare]))
    assert not CHARTS["ledger"].applies(results)
    assert not len(CHARTS["ledger"].table(results))


@pytest.mark.parametrize(
    ("lowest", "highest", "scale"),
    [(0, 100, (20, 0, 100)), (-35, 100, (25, -50, 100)), (0, 0, (1, 0, 1)), (-100, 0, (20, -100, 20)),
     (-100, 100, (50, -100, 100)), (0, 4, (1, 0, 4))],
)  # fmt: skip
def test_points_have_round_scales(lowest, highest, scale):
    assert points_scale(lowest, highest) == scale


@pytest.mark.parametrize(("number", "said"), [(0, "0"), (-0.01, "0"), (65, "65"), (22.5, "22.5"), (-10, "-10")])
def test_whole_points_have_no_decimals(number, said):
    assert figure(number) == said


# -- one draw ----------------------------------------------------------------------------------------------------------


def test_the_account_of_one_draw():
    story = narrate(read(border()))
    north, south, witness = story.accounts
    assert (north.opening, north.until, north.signed) == ({"land": "left", "seat": "a"}, dict(story.package), True)
    assert north.opening_worth == pytest.approx(0.8) and north.until_worth == pytest.approx(0.68)
    assert [(step.issue, step.before, step.after) for step in north.steps] == [("land", 100, 60), ("seat", 0, 100)]
    assert [(step.issue, step.before, step.after) for step in south.steps] == [("land", 100, 60), ("seat", 30, 100)]
    assert (witness.opening, witness.steps) == (None, ())
    end = str(story).split("From opening to text")[1]
    assert "North moved on 2 of 2 issues; its opening was worth 0.80 to it, the text 0.68." in " ".join(end.split())
    assert "land   left -> middle   100 -> 60" in end and "Witness made no offer of its own." in end
    assert "red line" not in end


def test_without_a_text_the_account_ends_with_the_last_own_offer():
    story = narrate(read(border(time={"rounds": 1, "days_per_round": 15})))
    assert [account.signed for account in story.accounts] == [False] * 3
    assert story.accounts[0].until == {"land": "left", "seat": "a"}
    end = str(story).split("From opening to last own offer")[1]
    assert "North moved on 0 of 2 issues" in end and "unchanged: land (100), seat (0)" in end


def test_what_happens_around_the_table_is_told_in_its_round():
    story = narrate(read(border(**AROUND)), draw=1)
    assert story.seats[0].real_lines == ("north.no_right",)
    by_number = {played.number: played for played in story.rounds}
    assert by_number[3].events == ("pact",) and by_number[3].lines_fallen == ("north.no_right",)
    assert by_number[5].events == ("storm",)
    assert [k for k, played in by_number.items() if not played.channel_open] == [5, 6]
    assert not by_number[5].turns and by_number[7].turns
    refusals = {(k, turn.reason) for k, played in by_number.items() for turn in played.turns
                if turn.party == "north" and turn.did == "refuses" and turn.answered["land"] == "right"}  # fmt: skip
    assert {(k, reason) for k, reason in refusals if k < 3} == {(2, "north.no_right")}
    assert {reason for k, reason in refusals if k >= 3} == {"worth"}  # a line that fell is no reason any more
    moved = {k: [(lever.strength, lever.before) for lever in played.levers] for k, played in by_number.items()}
    assert moved[3] == [] and moved[4] == [(0.25, 0.0)]  # pulled after round 3, the first at month 0.9 or later
    assert moved[5] == [(0.75, 0.25)]  # pulled after round 4 too, and by the event of round 5
    text = str(story)
    third = text.split("Round 3 ")[1].split("\n\n")[0]
    assert "Event: A pact." in third
    assert 'North gives up its red line no_right: never Who gets the field: "Right".' in third
    assert "The lever aid on North is at 0.25 of its strength, was 0.00." in text.split("Round 4 ")[1].split("\n\n")[0]
    fifth = text.split("Round 5 ")[1].split("\n\n")[0]
    assert "Event: A storm (nobody talks for 2 rounds)." in fifth and "The channel is closed, nobody talks." in fifth
    assert "The channel is closed, nobody talks." in text.split("Round 6 ")[1].split("\n\n")[0]
    assert "Red lines given up: north.no_right (month 1.0)." in text
    assert "no deal first" in text


def test_rounds_without_news_are_told_together_but_not_silence_with_talk():
    problem = border(events=[{"id": "storm", "at": {"month": 0.98}, "closes_channel": {"rounds": 2}}])
    for name in ("north", "south"):
        problem["parties"][name]["strategy"]["exponent"] = 100
        del problem["parties"][name]["opens_with"]
    text = str(narrate(read(problem)))
    assert "Round 4: the channel is closed, nobody talks." in text
    assert "Rounds 5 to 15: offers unchanged, refused as before" in text


def test_what_a_text_meets_at_home_is_told_and_they_come_back():
    story = narrate(read(border(**AT_HOME)))
    first, second = story.signatures
    assert (first.package["seat"], first.refused_by, first.months_to_force) == ("b", "house", None)
    (ballot,) = first.ballots
    assert (ballot.ratifier, ballot.vote, ballot.passed, ballot.more_than) == ("house", "law", False, True)
    assert (ballot.in_favour, ballot.needed, ballot.month) == pytest.approx((0.2, 0.5, 0.5))
    # Refused half a month after its round, and a month lost: three rounds of 15 days, and the start of the next.
    assert first.back_in == first.round + 4 == second.round
    assert [ballot.ratifier for ballot in second.ballots] == ["court"] and second.refused_by is None
    assert second.months_to_force == pytest.approx(0.25)
    assert [played.number for played in story.rounds if played.waiting] == list(range(first.round + 1, second.round))
    text = str(story)
    home = " ".join(text.split("The text is signed and goes home:")[1].split())
    assert "House of the North (law), 0.5 months after the signature: 20.0 % in favour, more than 50 % needed" in home
    assert f"House of the North refused it. They talk again from round {second.round}." in home
    assert "no talks, since the text signed was refused at home." in home
    end = text.split("Votes at home:")[1]
    assert "at least 75 % needed: passed." in " ".join(end.split())
    assert "It came into force 0.2 months after the signature" in end
    assert f"It broke {story.break_month:.1f} months after it came into force." in end


def test_nothing_lies_on_the_table_when_they_come_back():
    story = narrate(read(border(**AT_HOME)))
    back = story.rounds[story.signatures[1].round - 1]
    assert (back.turns[0].did, back.turns[0].answered) == ("offers", None)


def test_a_text_refused_since_it_was_turned_down_at_home_says_so():
    """The house turns down every text alike, so whatever is offered after its vote no longer is anybody's to sign."""
    blocks = json.loads(json.dumps(AT_HOME))
    del blocks["ratification"]["ratifiers"]["house"]["when"]
    story = narrate(read(border(**blocks)))
    turns = [turn for played in story.rounds[story.signatures[0].round :] for turn in played.turns]
    assert (turns[0].did, turns[0].could_sign) == ("offers", False)
    assert (turns[1].did, turns[1].reason, turns[1].reason_given) == ("refuses", "refused_at_home", "worth")
    assert "South rejects North's proposal: it was turned down at home before" in str(story)
    assert story.outcome == "deadline"


def test_a_refusal_that_ends_the_talks_is_told():
    blocks = json.loads(json.dumps(AT_HOME))
    del blocks["ratification"]["after_refusal"], blocks["aftermath"]
    story = narrate(read(border(**blocks)))
    assert (story.outcome, story.signatures[-1].back_in, story.break_month) == ("refused", None, None)
    assert "House of the North refused it. The talks were over." in str(story)
    assert story.as_data()["breaks"] is None


def test_barred_from_voting_is_told_apart_from_a_vote_lost():
    blocks = json.loads(json.dumps(AT_HOME))
    blocks["ratification"]["ratifiers"]["house"]["barred_when"] = {"seat": "b"}
    story = narrate(read(border(**blocks)))
    assert story.signatures[0].barred and not story.signatures[0].ballots
    assert "House of the North: barred from voting on this text, so it is refused." in " ".join(str(story).split())


def test_what_an_event_took_off_the_table_is_no_red_line_of_a_party():
    scenario = read(border(**AROUND))
    said = forbidden_in(scenario, "events.law", {"land": "left", "seat": "a"})
    assert said == 'Who gets the field: "Left"'
    assert forbidden_in(scenario, "events.law", {"land": "middle", "seat": "a"}) == ""
    text = " ".join(str(narrate(read(border(**AROUND, time={"rounds": 30, "days_per_round": 15})))).split())
    assert 'Event: A law (off the table: Who gets the field: "Left").' in text


def test_brief_leaves_out_who_said_what():
    story = narrate(read(border(**GIVING_WAY, **AT_HOME, **AROUND)), draw=1)
    long, short = str(story), as_text(document(story, brief=True))
    assert len(short.splitlines()) < len(long.splitlines())
    for words in ("could sign", "A pact.", "A storm", "goes home", "Agreement signed in round", "It broke",
                  "From opening to text", "Red lines given up: north.no_right"):  # fmt: skip
        assert words in short and words in long, words
    assert " rejects " not in short and "holds out for" not in short
    assert " rejects " in long


@pytest.mark.parametrize("brief", [False, True])
def test_lines_of_the_story_keep_to_the_width(brief):
    scenario = read(border(**GIVING_WAY, **AT_HOME, **AROUND))
    for width in (60, 96):
        assert max(map(len, as_text(document(narrate(scenario, draw=1), brief), width).splitlines())) <= width
