"""Levers on the worth of fighting on, red lines that give way, and deals that only pressure bought."""

from typing import Any

import numpy as np
import pytest

from sim.core import streams
from sim.model.ensemble import draw
from sim.model.peace_talks import Talks, hold_talks
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


def test_a_lever_takes_its_share_of_what_the_war_has_left_that_month():
    """Fighting on wears ash down by .04 a month; the lever takes its share of that month's worth."""
    war = {"no_deal_falls_per_month": {"ash": 0.04}}
    expected = [(0.5 - 0.04 * k) * (1 - 0.25 * s) for k, s in enumerate((0, 0.4, 0.8))]
    assert on_ash(pressed(3, war=war)) == pytest.approx(expected)


# Bought by pressure


@pytest.mark.parametrize(("fighting", "bought"), [(0.4, True), (0.3, False), (0.2, False)])
def test_a_deal_is_bought_by_pressure_if_without_it_somebody_would_fight_on(fighting, bought):
    """To ash the text is worth .3; pressure lowers .4 to that within a few rounds."""
    talks = pressed(6, no_deal=FIGHTING | {"ash": fighting})
    assert talks.signed[0] > 0
    assert bought_by_pressure(talks)[0] == bought


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


def test_a_line_of_hardness_1_never_falls():
    lines = [NEVER_ALL[0] | {"hardness": 1}, NEVER_ALL[1] | {"hardness": {"value": 0.999, "range": [0.998, 1]}}]
    talks = real_by_round(8, 300, lines, giving_way={"per_month": 50})
    assert talks.real[:, 0].all()
    assert not talks.real[:, 1].any()
    assert talks.ensemble.real[:, 1].mean() > 0.99


def test_the_strongest_lever_on_its_party_hastens_the_fall():
    """Full strength from round 2 on by a lever that events pull, three times the pace; a weaker one and one on birch
    add nothing."""
    draws, rounds, pace, adds = 1000, 6, 0.1, 2.0
    levers = {
        name: {"party": party, "lowers_no_deal_by": 0, "pulled": pulled}
        for name, party, pulled in (
            ("aid", "ash", {"month": 0}), ("blame", "ash", "never"), ("ban", "birch", {"month": 0}),
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
