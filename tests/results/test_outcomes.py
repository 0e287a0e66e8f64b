"""Columns of the results: recomputed draw by draw from what they mean."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.packages import NO_DEAL
from sim.model.ensemble import draw
from sim.model.peace_talks import hold_talks
from sim.results.chunks import play_chunk
from sim.results.columns import blockers, draws_frame, outcome_columns
from tests.problems import pie, problems, read, shipped


@settings(max_examples=40)
@given(problems(), st.integers(0, 3))
def test_blockers_are_the_smallest_sets_whose_removal_opens_the_way(problem, seed):
    talks = hold_talks(draw(read(problem), seed, 0, 6))
    table, texts = talks.ensemble.structure, blockers(talks)
    for b in np.flatnonzero(~talks.zone.any(axis=1)):
        broken = []  # constraints that each package breaks
        for p in range(len(table.space)):
            breaks = {
                name
                for line, name in enumerate(table.lines.names)
                if talks.ensemble.real[b, line] and table.lines.crosses[table.lines.pattern[p], line]
            }
            for n, party in enumerate(table.parties):
                if table.signs[n, p] and talks.net_utility[b, n, p] < talks.ensemble.reservation_value[b, n] - 1e-9:
                    breaks.add(f"{party}.no_deal")
            broken.append(breaks)
        constraints = sorted(set().union(*broken))
        for size in range(1, len(constraints) + 1):
            opening = [
                set(chosen)
                for chosen in combinations(constraints, size)
                if any(breaks <= set(chosen) for breaks in broken)
            ]
            if opening:
                break
        assert texts[b] == " | ".join(sorted(" + ".join(sorted(members)) for members in opening))


@settings(max_examples=40)
@given(problems(), st.integers(0, 3))
def test_columns_mean_what_they_say(problem, seed):
    scenario = read(problem)
    talks = hold_talks(draw(scenario, seed, 0, 8))
    frame = draws_frame(talks.ensemble, outcome_columns(talks))
    months = scenario.time.days_per_round / 30.4375
    for b, row in frame.iterrows():
        signed, package = talks.signed[b], talks.package[b]
        assert row["zone_packages"] == talks.zone[b].sum()
        assert row["outcome"] == ("in_force" if signed else "deadline" if talks.zone[b].any() else "no_zone")
        if not signed:
            assert row[["package", "round", "month", "proposer", "nash_distance", "issues_off_nash"]].isna().all()
            assert row[[name for name in frame if name.startswith(("least_", "shortfall_"))]].isna().all()
            assert np.isnan(row["opposition"])
            assert row["blocker"]
            continue
        assert row["month"] == pytest.approx((signed - 1) * months)
        options = talks.ensemble.structure.space.options_of(package)
        assert row["package"] == "/".join(options[issue] for issue in scenario.issues)
        shares = []
        for n, party in enumerate(talks.ensemble.structure.parties):
            worth, no_deal = talks.net_utility[b, n, package], talks.ensemble.reservation_value[b, n]
            assert row[f"utility_{party}"] == worth
            assert row[f"margin_{party}"] == pytest.approx(worth - no_deal, abs=1e-12)
            discount = talks.ensemble.discount[b, n] ** (months * (signed - 1))
            assert row[f"discounted_{party}"] == pytest.approx(no_deal + discount * (worth - no_deal), abs=1e-9)
            shares.append((worth - no_deal) / (talks.best[b, n] - no_deal) if talks.best[b, n] > no_deal else np.nan)
        assert row["least_satisfied"] == pytest.approx(min(shares), abs=1e-9) or np.isnan(shares).any()
        if not np.isnan(shares).any():
            least = [n for n, share in enumerate(shares) if share <= min(shares) + 1e-9]
            assert row["least_satisfied_party"] == " | ".join(talks.ensemble.structure.parties[n] for n in least)
            margins = [row[f"margin_{talks.ensemble.structure.parties[n]}"] for n in least]
            assert row["least_satisfied_margin"] == pytest.approx(min(margins), abs=1e-12)
            assert row["opposition"] == pytest.approx(sum(share < 0.5 - 1e-9 for share in shares) / len(shares))
        assert row.isna()["blocker"]


def test_worth_without_a_deal_is_that_of_no_deal():
    frame = play_chunk(read(pie((0.65, 0.45), 12)), 1, 0, 3).draws
    assert frame["discounted_ash"].tolist() == pytest.approx([0.65] * 3)
    assert frame["utility_ash"].isna().all()
    assert frame["outcome"].tolist() == ["no_zone"] * 3
    assert frame["blocker"].tolist() == ["ash.no_deal | birch.no_deal"] * 3


def test_opposition_counts_by_influence():
    """Ash asks for much until the end: birch, who has three quarters of the influence, gets less than half."""
    pie_of_ten = pie((0.0, 0.0), 5, coarse=1, fine=10)
    pie_of_ten["parties"]["birch"]["influence"] = 3
    pie_of_ten["parties"]["ash"]["strategy"] = {"name": "time_dependent", "exponent": 30}
    frame = play_chunk(read(pie_of_ten), 1, 0, 2).draws
    share = frame["utility_birch"][0]
    assert 0 < share < 0.5 < frame["utility_ash"][0]
    assert frame["opposition"].tolist() == [0.75] * 2
    assert frame["least_satisfied_party"].tolist() == ["birch"] * 2
    assert frame["least_satisfied_margin"].tolist() == pytest.approx([share] * 2)
    assert not frame["shortfall_asymmetric_nash"].isna().any()
    assert "shortfall_asymmetric_nash" not in play_chunk(shipped("orange-and-lemon"), 1, 0, 2).draws


def test_at_the_nash_package_the_distances_are_zero():
    """Anna takes the oranges, Ben the lemons: the Nash package, on the frontier."""
    frame = play_chunk(shipped("orange-and-lemon"), 1, 0, 2).draws
    assert frame["package"].tolist() == ["to_anna/to_ben"] * 2
    assert frame["nash_distance"].tolist() == [0, 0]
    assert frame["pareto_distance"].tolist() == [0, 0]
    for solution in ("nash", "kalai_smorodinsky", "egalitarian", "utilitarian"):
        assert frame[f"issues_off_{solution}"].tolist() == [0, 0]
        assert solution == "nash" or frame[f"shortfall_{solution}"].tolist() == [0, 0]
    assert frame["least_satisfied_party"].tolist() == ["ben"] * 2  # .35 of the .75 that he could gain, she .45 of .75


def test_inputs_are_kept_as_drawn_before_rescaling():
    frame = play_chunk(shipped("two-banks-pullback"), 1, 0, 200).draws
    weights = [f"input.parties.upland.weights.{issue}" for issue in ("strip", "recognition", "pull_back", "observers")]
    assert (frame[weights[0]].between(0.20, 0.40)).all()
    assert (frame[weights].sum(axis=1) - 1).abs().max() > 0.05
    real = frame["input.parties.upland.red_lines.no_blind_exit.real"]
    assert real.mean() == pytest.approx(0.8, abs=0.1)
    assert frame["input.parties.upland.red_lines.no_strip_for_nothing.real"].all()


def test_nobody_can_gain_in_the_standing_text_when_nothing_is_signed():
    """Margins without a deal are those of the text left on the table."""
    talks = hold_talks(draw(read(pie((0.65, 0.45), 5))))
    frame = draws_frame(talks.ensemble, outcome_columns(talks))
    assert talks.package[0] == NO_DEAL
    wanted = talks.net_utility[0, 0, talks.standing[0]] - 0.65
    assert frame["margin_ash"][0] == pytest.approx(wanted)
