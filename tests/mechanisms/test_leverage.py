"""Levers on the worth of fighting on, red lines that give way, and deals that only pressure bought."""

from typing import Any

import numpy as np
import pytest

from sim.core import streams
from sim.model.ensemble import draw
from sim.model.peace_talks import PeaceTalks, Talks, hold_talks
from sim.results.columns_signed import bought_by_pressure
from tests.worlds import MONTH, made, text_on_a_table

SEED = 1
MEDIATOR = {"cedar": {"kind": "mediator"}}


def mediation(step: float = 0.4, **levers: Any) -> dict[str, Any]:
    """By default one lever on ash that takes a quarter of its worth of fighting on."""
    levers = levers or {"aid": {"party": "ash", "lowers_no_deal_by": 0.25}}
    return {"mediator": "cedar", "levers": levers, "step_per_round": step}


def shift(month: float, by: float, party: str = "birch") -> dict[str, Any]:
    return {"id": f"shift_{party}_{month}".replace(".", "_"), "at": {"month": month}, "shifts_no_deal": {party: by}}


# The mediator opens with `fair`, which birch would take; to ash it is worth less than fighting on, even under pressure.
FAIR = {"cedar": {"fair": 100, "own": 0}, "ash": {"fair": 30, "own": 100}, "birch": {"fair": 60, "own": 0}}
FIGHTING = {"ash": 0.5, "birch": 0.5, "cedar": 0.5}


def pressed(rounds: int, points: Any = FAIR, no_deal: Any = FIGHTING, draws: int = 1, **blocks: Any) -> Talks:
    blocks = {"mediation": mediation(), "parties": MEDIATOR} | blocks
    return hold_talks(draw(made(text_on_a_table(points, no_deal, rounds, **blocks)), SEED, 0, draws))


def on_ash(talks: Talks) -> list[float]:
    """Ash's worth of fighting on in each round."""
    return talks.reservation_value[:, 0, 0].tolist()


def left(*strengths: float) -> Any:
    return pytest.approx([0.5 * (1 - 0.25 * strength) for strength in strengths])


# Levers


def test_a_lever_rises_step_by_step_to_full_strength_on_who_alone_stands_in_the_way():
    assert on_ash(pressed(6)) == left(0, 0.4, 0.8, 1, 1, 1)


def test_it_falls_to_nothing_when_somebody_else_stands_in_the_way_too_and_rises_again():
    """Birch would rather fight on in months 3 to 5; after four rounds without a sole holdout nothing is left."""
    assert on_ash(pressed(10, events=[shift(3, 0.2), shift(6, -0.2)])) == left(0, 0.4, 0.8, 1, 0.6, 0.2, 0, 0.4, 0.8, 1)


def test_it_falls_once_the_holdout_gives_in():
    """At four fifths of its strength fighting on is worth what the text is; from then on it swings to and fro."""
    no_deal = FIGHTING | {"ash": 0.375}
    talks = pressed(5, no_deal=no_deal)
    assert talks.reservation_value[:, 0, 0] == pytest.approx([0.375 * (1 - 0.25 * s) for s in (0, 0.4, 0.8, 0.4, 0.8)])
    assert talks.signed[0] == 5
    line = {"red_lines": [{"id": "pride", "never": {"text": "fair"}, "hardness": 1}]}
    talks = pressed(5, no_deal=no_deal, parties=MEDIATOR | {"ash": line})
    assert talks.reservation_value[:, 0, 0] == pytest.approx([0.375 * (1 - 0.25 * s) for s in (0, 0.4, 0.8, 1, 1)])


def test_a_real_line_stands_in_the_way_as_much_as_worth_does():
    line = {"red_lines": [{"id": "pride", "never": {"text": "fair"}, "hardness": 0.5}]}
    points = FAIR | {"ash": {"fair": 80, "own": 100}}
    talks = pressed(4, points, draws=40, parties=MEDIATOR | {"ash": line})
    real = talks.ensemble.real[:, 0]
    assert 10 < real.sum() < 30
    for b, stands_firm in enumerate(real):
        assert talks.reservation_value[:, b, 0].tolist() == (left(0, 0.4, 0.8, 1) if stands_firm else left(0, 0, 0, 0))


def test_levers_move_on_the_offer_that_the_mediator_made_last_also_while_the_channel_is_closed():
    shut = [{"id": "shut", "at": {"month": 1}, "closes_channel": {"rounds": 2}}]
    assert on_ash(pressed(4, events=shut)) == left(0, 0.4, 0.8, 1)


def test_levers_stay_where_they_are_while_a_text_is_voted_on():
    """Ash's own text is signed in round 4, refused at month 6 and struck; then ash stands in the way again."""
    senate = {"party": "ash", "order": 1, "votes": [{"id": "law", "more_than": "1/2"}], "support": 0, "error": 0,
              "months": 3}  # fmt: skip
    points = FAIR | {"birch": {"fair": 100, "own": 90}, "cedar": {"fair": 100, "own": 90}}
    problem = text_on_a_table(
        points,
        FIGHTING,
        11,
        mediation=mediation(0.2),
        parties=MEDIATOR,
        ratification={"after_refusal": {"name": "resume"}, "ratifiers": {"senate": senate | {"when": {"text": "own"}}}},
    )
    model, after = PeaceTalks(draw(made(problem))), []
    while model.running:
        model.step()
        after.append(float(model.state.pressure[0, 0]))
    assert (model.approval.attempts[0], model.approval.reopens_at[0]) == (1, 7)
    assert after == pytest.approx([0.2, 0.4, 0.6, 0.6, 0.6, 0.6, 0.8, 1, 1, 1, 1])


def test_before_the_mediator_has_offered_anything_no_lever_moves_up():
    shut = [{"id": "shut", "at": {"month": 0}, "closes_channel": {"rounds": 2}}]
    assert on_ash(pressed(5, events=shut)) == left(0, 0, 0, 0.4, 0.8)


def test_a_lever_that_is_never_pulled_moves_by_events_alone():
    """Two steps up in month 1, then down a step a round."""
    levers = {"aid": {"party": "ash", "lowers_no_deal_by": 0.25, "pulled": "never"}}
    events = [{"id": name, "at": {"month": 1}, "pulls_levers": "aid"} for name in ("one", "two")]
    assert on_ash(pressed(6, mediation=mediation(**levers), events=events)) == left(0, 0.8, 0.4, 0, 0, 0)


def test_an_event_pulls_in_its_own_round_and_no_further_than_to_full_strength():
    events = [{"id": name, "at": {"month": 2}, "pulls_levers": "aid"} for name in ("one", "two")]
    assert on_ash(pressed(5, events=events)) == left(0, 0.4, 1, 1, 1)


def test_a_lever_pulled_from_a_month_on_rises_whatever_is_said():
    levers = {"aid": {"party": "ash", "lowers_no_deal_by": 0.25, "pulled": {"month": 1.5}}}
    events = [shift(0, 0.4)]  # birch stands in the way as well
    assert on_ash(pressed(6, mediation=mediation(**levers), events=events)) == left(0, 0, 0, 0.4, 0.8, 1)


def test_two_levers_on_one_party_take_their_shares_one_after_the_other():
    levers = {name: {"party": "ash", "lowers_no_deal_by": share} for name, share in (("aid", 0.2), ("blame", 0.1))}
    points = FAIR | {"ash": {"fair": 10, "own": 100}}
    talks = pressed(3, points=points, mediation=mediation(1, **levers))
    assert on_ash(talks) == pytest.approx([0.5, 0.5 * 0.8 * 0.9, 0.5 * 0.8 * 0.9])


def test_a_lever_takes_its_share_of_what_the_war_has_left_that_month():
    """Fighting on wears ash down by .04 a month; the lever takes its share of that month's worth."""
    war = {"no_deal_falls_per_month": {"ash": 0.04}}
    expected = [(0.5 - 0.04 * k) * (1 - 0.25 * s) for k, s in enumerate((0, 0.4, 0.8))]
    assert on_ash(pressed(3, war=war)) == pytest.approx(expected)


def test_pressure_is_felt_by_none_but_its_party():
    talks = pressed(6)
    assert (talks.reservation_value[:, 0, 1:] == 0.5).all()


# Bought by pressure


@pytest.mark.parametrize(("fighting", "bought"), [(0.4, True), (0.3, False), (0.2, False)])
def test_a_deal_is_bought_by_pressure_if_without_it_somebody_would_fight_on(fighting, bought):
    """To ash the text is worth .3; pressure lowers .4 to that within a few rounds."""
    talks = pressed(6, no_deal=FIGHTING | {"ash": fighting})
    assert talks.signed[0] > 0
    assert bought_by_pressure(talks)[0] == bought


def test_what_counts_is_fighting_on_in_the_month_of_signature():
    """Ash is worn down below the text by then; at the outset it was not."""
    shut = {"id": "shut", "at": {"month": 0}, "closes_channel": {"rounds": 3}}
    blocks = {"events": [shut], "war": {"no_deal_falls_per_month": {"ash": 0.04}}}
    talks = pressed(4, no_deal=FIGHTING | {"ash": 0.4}, **blocks)
    assert talks.signed[0] == 4
    assert not bought_by_pressure(talks)[0]


def test_what_is_not_signed_or_not_by_the_one_under_pressure_is_not_bought():
    assert not bought_by_pressure(pressed(6))[0]
    observer = {"ash": {"signs": [{"text": "own"}]}}
    points = FAIR | {"dogwood": {"fair": 100, "own": 0}}
    talks = pressed(6, points=points, no_deal=FIGHTING | {"dogwood": 0.5}, parties=MEDIATOR | observer)
    assert talks.signed[0] > 0
    assert talks.plain[0, 0, talks.package[0]] < talks.ensemble.reservation_value[0, 0]
    assert not bought_by_pressure(talks)[0]


# Lines that give way

NEVER_ALL = [{"id": f"line_{name}", "never": {"text": name}, "hardness": 0.999} for name in "abc"]
HOPELESS = {"ash": {"a": 0, "b": 0, "c": 0, "d": 100}, "birch": {"a": 100, "b": 100, "c": 100, "d": 0}}


def real_by_round(rounds: int, draws: int, lines: Any = NEVER_ALL, seed: int = SEED, **blocks: Any) -> Talks:
    """Ash's lines in talks that come to nothing."""
    blocks = {"parties": {"ash": {"red_lines": lines}}} | blocks
    problem = text_on_a_table(HOPELESS, {"ash": 0.5, "birch": 0.5}, rounds, **blocks)
    talks = hold_talks(draw(made(problem), seed, 0, draws))
    assert (talks.signed == 0).all()
    return talks


def endurance(path: str, draws: int) -> Any:
    """Wear at which a line falls: -ln(1 - V)."""
    return -np.log(1 - streams.uniform(SEED, f"parties.ash.{path}.gives_way", 0, draws))


@pytest.mark.parametrize(("pace", "days"), [(0.05, MONTH), (0.2, 14)])
def test_lines_fall_at_the_pace_of_the_file_in_the_first_round_that_wears_them_out(pace, days):
    draws, rounds = 4000, 13
    time = {"time": {"rounds": rounds, "days_per_round": days}}
    talks = real_by_round(rounds, draws, giving_way={"per_month": pace}, **time)
    for line, name in enumerate("abc"):
        lasts = endurance(f"line.line_{name}", draws)
        for k in range(1, rounds + 1):
            wear = (k - 1) * (days / MONTH) * pace
            real = talks.real_by_round[k - 1, :, line]
            assert np.array_equal(real, talks.ensemble.real[:, line] & ~(wear > lasts))
            fallen = 1 - real.sum() / talks.ensemble.real[:, line].sum()
            expected = 1 - np.exp(-wear)
            assert abs(fallen - expected) <= 3 * np.sqrt(expected * (1 - expected) / draws)


def test_lines_drawn_together_fall_together_and_others_on_their_own():
    lines = [line | {"drawn_with": "land"} for line in NEVER_ALL[:2]] + NEVER_ALL[2:]
    talks = real_by_round(10, 500, lines, giving_way={"per_month": 0.1})
    fallen = talks.ensemble.real & ~talks.real
    assert 200 < fallen[:, 0].sum() < 400
    assert np.array_equal(fallen[:, 0], fallen[:, 1])
    assert (fallen[:, 0] != fallen[:, 2]).any()


def test_a_line_of_hardness_1_never_falls():
    lines = [NEVER_ALL[0] | {"hardness": 1}, NEVER_ALL[1] | {"hardness": {"value": 0.999, "range": [0.998, 1]}}]
    talks = real_by_round(8, 300, lines, giving_way={"per_month": 50})
    assert talks.real[:, 0].all()
    assert not talks.real[:, 1].any()
    assert talks.ensemble.real[:, 1].mean() > 0.99


def test_without_a_pace_no_line_falls_whatever_its_draw():
    assert np.array_equal(real_by_round(8, 300, giving_way={"per_month": 0}).real, real_by_round(8, 300).real)


def test_the_strongest_lever_on_its_party_hastens_the_fall():
    """Full strength from round 2 on by a lever that events pull, three times the pace; a weaker one and one on birch
    add nothing."""
    draws, rounds, pace, adds = 1000, 6, 0.1, 2.0
    levers = {
        name: {"party": party, "lowers_no_deal_by": 0, "pulled": pulled}
        for name, party, pulled in (
            ("aid", "ash", {"month": 0}),
            ("blame", "ash", "never"),
            ("ban", "birch", {"month": 0}),
        )
    }
    points = HOPELESS | {"cedar": {"a": 100, "b": 0, "c": 0, "d": 0}}
    problem = text_on_a_table(
        points,
        {"ash": 0.5, "birch": 0.5, "cedar": 0.5},
        rounds,
        parties=MEDIATOR | {"ash": {"red_lines": NEVER_ALL}},
        giving_way={"per_month": pace, "lever_adds": adds},
        mediation=mediation(0.5, **levers),
    )
    talks = hold_talks(draw(made(problem), SEED, 0, draws))
    strength = [0, 0.5, 1, 1, 1, 1]  # in rounds 1 to 6
    for line, name in enumerate("abc"):
        lasts = endurance(f"line.line_{name}", draws)
        for k in range(1, rounds + 1):
            wear = sum(pace * (1 + adds * s) for s in strength[: k - 1])
            assert np.array_equal(talks.real_by_round[k - 1, :, line], talks.ensemble.real[:, line] & ~(wear > lasts))


def test_lines_of_a_party_without_a_lever_wear_out_at_the_plain_pace():
    lines = {"ash": {"red_lines": NEVER_ALL}}
    levers = {"ban": {"party": "birch", "lowers_no_deal_by": 0, "pulled": {"month": 0}}}
    points = HOPELESS | {"cedar": {"a": 100, "b": 0, "c": 0, "d": 0}}
    blocks = {"giving_way": {"per_month": 0.1, "lever_adds": 9}, "parties": MEDIATOR | lines}
    no_deal = {"ash": 0.5, "birch": 0.5, "cedar": 0.5}
    problem = text_on_a_table(points, no_deal, 6, mediation=mediation(1, **levers), **blocks)
    talks = hold_talks(draw(made(problem), SEED, 0, 300))
    assert np.array_equal(talks.real, talks.ensemble.real & ~(endurance_of_all(300) < 0.1 * 5))


def endurance_of_all(draws: int) -> Any:
    return np.array([endurance(f"line.line_{name}", draws) for name in "abc"]).T


def test_lines_wear_out_also_while_a_text_is_voted_on():
    """Signed in round 1, refused at month 4, talked of again in round 5: four months of wear by then."""
    draws, pace = 400, 0.3
    equals = {"ash": {"a": 100, "b": 80}, "birch": {"a": 100, "b": 80}}
    line = [{"id": "never_b", "never": {"text": "b"}, "hardness": 0.999}]
    house = {"party": "birch", "order": 1, "votes": [{"id": "law", "more_than": "1/2"}], "support": 0.5, "error": 0,
             "months": 4, "shifts": {"text": {"a": -1, "b": 1}}}  # fmt: skip
    problem = text_on_a_table(
        equals,
        {"ash": 0.5, "birch": 0.5},
        6,
        parties={"ash": {"red_lines": line}},
        giving_way={"per_month": pace},
        ratification={"after_refusal": {"name": "resume"}, "ratifiers": {"house": house}},
    )
    talks = hold_talks(draw(made(problem), SEED, 0, draws))
    lasts = endurance("line.never_b", draws)
    free = ~talks.ensemble.real[:, 0]
    assert (talks.signed[free | (lasts < 4 * pace)] == 5).all()
    assert (talks.signed[~free & (lasts > 4 * pace) & (lasts < 5 * pace)] == 6).all()
    assert (talks.signed[~free & (lasts > 5 * pace)] == 0).all()


def test_pace_and_pressure_are_drawn_anew_in_each_draw():
    """The pace of a draw is its own, so is the step of its lever."""
    blocks = {"giving_way": {"per_month": {"value": 0.1, "range": [0, 1]}}}
    talks = real_by_round(6, 200, **blocks)
    pace = talks.ensemble.inputs["giving_way.per_month"]
    assert np.array_equal(talks.real[:, 0], talks.ensemble.real[:, 0] & ~(5 * pace > endurance("line.line_a", 200)))
    step = {"value": 0.4, "range": [0.1, 0.6]}
    levers = {"aid": {"party": "ash", "lowers_no_deal_by": {"value": 0.2, "range": [0, 0.3]}}}
    pressed_talks = pressed(2, draws=50, mediation=mediation(step, **levers))
    step, share = (
        pressed_talks.ensemble.inputs[path]
        for path in ("mediation.step_per_round", "mediation.levers.aid.lowers_no_deal_by")
    )
    assert pressed_talks.reservation_value[1, :, 0] == pytest.approx(0.5 * (1 - step * share))
    assert len(np.unique(pressed_talks.reservation_value[1, :, 0])) == 50
