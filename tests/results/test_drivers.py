"""How far runs get, and which number moves each stage most: on draws written by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sim.results.drivers import funnel, movers, share_difference
from sim.results.results import run
from sim.results.rows import FrameRows
from sim.results.stages import Flags, reached, stages, stops
from tests.problems import shipped

N = 1_200  # no number is named by fewer than 1,000 runs


def written(columns, n=N):
    """Results with these columns in place of their own."""
    results = run(shipped("orange-and-lemon"), 1)
    draws = pd.DataFrame({"zone_packages": np.ones(n, int), "package": pd.array(["x"] * n, "string"), **columns})
    if "outcome" not in draws:
        draws["outcome"] = pd.array(["in_force"] * n, "string")
    return replace(results, rows=FrameRows([draws]))


def of(results, flags):
    draws = results.draws.assign(flag=flags)
    pieces = FrameRows([draws[:100], draws[100:130], draws[130:]])  # where draws are cut changes nothing
    return movers(replace(results, rows=pieces), Flags(("flag",), lambda piece: {"there": piece["flag"]}))["there"]


def test_the_number_that_decides_is_found_with_its_shares():
    """Runs get there where the fifth number lies in its highest third, and in half of its middle one."""
    rng = np.random.default_rng(1)
    numbers = {f"input.n{k}": rng.random(N) for k in range(20)}
    rank = np.argsort(np.argsort(numbers["input.n5"]))
    flags = (rank >= 800) | ((rank >= 400) & (rank % 2 == 0))
    found = of(written(numbers), flags)
    assert (found.paths, found.low_share, found.high_share) == (("n5",), 0.0, 1.0)
    assert found.stands_out


def test_the_interval_of_the_difference_is_newcombes():
    """56 of 70 beside 48 of 80, a contrast worked out in Newcombe (1998): .0524 to .3339."""
    assert share_difference(48, 80, 56, 70) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_chance_alone_does_not_stand_out():
    """Of 100 worlds of 40 numbers without any effect, about one in 20 has a number that stands out."""
    rng, outs = np.random.default_rng(7), 0
    for _ in range(100):
        numbers = {f"input.n{k:02}": rng.random(N) for k in range(40)}
        outs += of(written(numbers), rng.random(N) < 0.4).stands_out
    assert outs <= 12  # 5 expected; more than 12 has a chance of about 1 in 1,000


def test_numbers_drawn_together_count_as_one_and_lots_as_none():
    rng = np.random.default_rng(3)
    moving = rng.random(N)
    lots = {"input.a.real": rng.random(N) < 0.5}
    found = of(written({"input.c": moving, "input.b": moving, "input.d": rng.random(N)} | lots), moving > 0.5)
    assert (found.path, found.paths) == ("b", ("b", "c"))
    assert of(written(lots), lots["input.a.real"]) is None


def test_nothing_is_said_where_all_or_none_get_there_or_runs_are_few():
    numbers = {"input.a": np.arange(N) / N}
    assert of(written(numbers), np.ones(N, bool)) is None
    assert of(written(numbers), np.zeros(N, bool)) is None
    few = {"input.a": np.arange(999) / 999}
    assert of(written(few, 999), np.arange(999) < 300) is None, "no number is named by fewer than 1,000 runs"


def test_each_run_without_a_lasting_agreement_is_counted_once():
    outcome = ["no_zone", "deadline", "deadline", "refused", "refused", "in_force", "in_force", "in_force"]
    signed = [o in ("refused", "in_force") for o in outcome]
    results = written({
        "zone_packages": [0, 0, 3, 2, 2, 2, 2, 2],
        "outcome": pd.array(outcome, "string"),
        "package": pd.array(["x" if s else pd.NA for s in signed], "string"),
        "ratified": [o == "in_force" for o in outcome],
        "refused_by": pd.array([pd.NA, pd.NA, pd.NA, "b", "a", pd.NA, pd.NA, pd.NA], "string"),
        "attempts": [0, 1, 0, 1, 1, 1, 1, 1],
        "break_month": [np.nan] * 5 + [3.0, 30.0, np.inf],
        "held_12": [False] * 6 + [True, True],
        "held_60": [False] * 7 + [True],
    }, 8)  # fmt: skip
    counted = {(step.kind, step.name): (step.count, step.n) for step in (*stages(results), *stops(results))}
    assert counted == {
        ("stage", "zone_first"): (6, 8), ("stage", "zone_ever"): (7, 8), ("stage", "signed"): (5, 8),
        ("stage", "in_force"): (3, 8), ("stage", "held_12"): (2, 8), ("of_those", "held_12"): (2, 3),
        ("stage", "held_60"): (1, 8), ("of_those", "held_60"): (1, 3),
        ("stop", "no_zone"): (1, 8), ("stop", "deadline"): (1, 8), ("stop", "deadline_after_refusal"): (1, 8),
        ("stop", "refused:a"): (1, 8), ("stop", "refused:b"): (1, 8),
        ("stop", "broke_12"): (1, 8), ("stop", "broke_60"): (1, 8),
    }  # fmt: skip
    assert list(reached(results)) == ["zone_first", "zone_ever", "signed", "in_force", "held_12", "held_60"]
    assert funnel(results)["moved_by"].isna().all()
