"""The shipped scenarios at central numbers, against figures that were computed apart from this program."""

from functools import cache

import numpy as np
import pytest

from sim.analysis.portrait import LINES_OFF, LINES_REAL, portrait
from sim.cli.listing import SOLUTIONS
from sim.scenario import read_scenario
from tests.problems import shipped

DIGITS = 5.001e-5  # worths were written down with four digits after the point; one of them lay at a half


@cache
def portrait_of(name):
    return portrait(shipped(name))


def picked(shown, solution, candidates):
    """One row of the table of solutions, and the worth it gives the solution parties."""
    table = shown.solutions
    (row,) = table[(table["solution"] == solution) & (table["candidates"] == candidates)].to_dict("records")
    return row, [row[f"worth_{party}"] for party in shown.solution_parties]


def test_whatever_show_picks_is_told_of_by_list():
    assert set(portrait_of("orange-and-lemon").solutions["solution"]) < set(SOLUTIONS)
    with_influence = shipped("orange-and-lemon").with_sets(["parties.ben.influence=2"])
    assert "asymmetric_nash" in set(portrait(with_influence).solutions["solution"]) < set(SOLUTIONS)


@pytest.mark.parametrize("candidates", [LINES_OFF, LINES_REAL])
def test_two_banks_solutions(candidates):
    for solution in ("nash", "kalai_smorodinsky", "kalai_smorodinsky_spread", "egalitarian"):
        row, worth = picked(portrait_of("two-banks-pullback"), solution, candidates)
        assert row["package"] == "lowland_full/full/reciprocal/third_party"
        assert worth == pytest.approx([0.655, 0.650], abs=DIGITS)


def test_two_banks_linkage_keeps_adjusted_winner_away():
    assert portrait_of("two-banks-pullback").fair_division is None


def test_panama_solutions():
    shown = portrait_of("panama-canal-1977")
    row, worth = picked(shown, "nash", LINES_REAL)
    proposed = shown.scenario.proposals["adjusted_winner_all_land_to_panama"].package
    assert row["package"] == "/".join(proposed[issue] for issue in shown.scenario.issues)
    assert worth == pytest.approx([0.64, 0.68], abs=DIGITS)
    assert row["value"] == pytest.approx(0.0252, abs=1e-9)
    for solution in ("kalai_smorodinsky", "kalai_smorodinsky_spread", "egalitarian"):
        assert picked(shown, solution, LINES_REAL)[1] == pytest.approx([0.655, 0.655], abs=DIGITS)
    row, _ = picked(shown, "utilitarian", LINES_REAL)
    assert row["value"] == pytest.approx(1.32, abs=1e-9)
    assert (row["tied"], len(set(row["packages"]))) == (3, 3)


UKRAINE = "ukraine-december-2025"


def test_ukraine_whose_lines_close_the_zone():
    size = portrait_of(UKRAINE).zones.set_index("candidates")["packages"]
    assert (size["lines of ukraine off"], size["lines of russia off"], size["lines of europe off"]) == (1_474, 389, 0)


def test_ukraine_outside_parties_turn_down_nothing_that_both_belligerents_accept():
    shown = portrait_of(UKRAINE)
    both = [shown.parties.index(party) for party in ("ukraine", "russia")]
    accepted = (shown.utility[both] >= shown.no_deal[both, None] - 1e-9).all(axis=0)
    np.testing.assert_array_equal(shown.candidates[LINES_OFF], accepted)
    assert shown.solution_parties == ("ukraine", "russia")


def test_ukraine_mean_hardness_is_the_mean_of_the_law_and_not_its_peak():
    lines = portrait_of(UKRAINE).red_lines.set_index(["party", "line"])
    donetsk = lines[lines["drawn_with"] == "donetsk"]
    assert len(donetsk) == 4
    assert donetsk["mean_hardness"].tolist() == pytest.approx([0.8433] * 4, abs=DIGITS)
    assert (donetsk["hardness"] == 0.88).all()
    assert lines.loc[("ukraine", "army"), "mean_hardness"] == pytest.approx((0.85 + 0.95 + 1) / 3)


def test_ukraine_best_packages():
    best = portrait_of(UKRAINE).best.set_index("party")
    table = portrait_of(UKRAINE).proposals.set_index(["proposal", "party"])
    stated = portrait_of(UKRAINE).scenario.proposals["russia_stated_terms"].package
    assert best.loc["russia", "best_package"] == "/".join(stated[i] for i in portrait_of(UKRAINE).scenario.issues)
    assert best.loc["russia", "best_worth"] == table.loc[("russia_stated_terms", "russia"), "worth_most"]
    assert best.loc["russia", "best_worth"] == pytest.approx(1)
    # .08 of the weight lies on an option that can be had with a chance of .15, and is worth 75 points otherwise; the
    # best pull-back costs nothing: .08 (1 - .7875) below 1
    assert best.loc["ukraine", "best_worth"] == pytest.approx(1 - 0.08 * (1 - 0.7875), abs=DIGITS)


@pytest.mark.parametrize(
    "name", ["orange-and-lemon", "two-banks-pullback", "korea-armistice-1953", "panama-canal-1977", UKRAINE]
)
def test_it_prints_its_tables_headed_as_central_numbers(name):
    shown = portrait_of(name)
    text = str(shown)
    assert text.startswith(shown.scenario.title.split(":")[0]) and "At central numbers: " in text
    assert "Reference solutions over " in text
    for proposal in shown.scenario.proposals:
        assert proposal in text
    assert len(repr(shown)) < 2_000


SMALL = """
schema: 1
id: three-at-a-table
title: Three at a table
time: {rounds: 3, days_per_round: 1}
issues:
  border: {options: {north: North, middle: Middle, south: South}, scale: {north: 0, middle: 20, south: 100}}
  aid: {options: {much: Much, little: Little}}
parties:
  south:
    weights: {border: 0.6, aid: 0.4}
    values: {border: {north: 0, middle: 50, south: 100}, aid: {much: 100, little: 0}}
    no_deal: 0.2
    influence: 3
    red_lines: [{id: not_all, never: {border: north}, hardness: {range: [0.4, 0.8], law: uniform}}]
  donor:
    signs: {aid: much}
    weights: {border: 0.0, aid: 1.0}
    values: {border: {north: 0, middle: 0, south: 0}, aid: {much: 0, little: 100}}
    no_deal: 0.5
  north:
    weights: {border: 0.8, aid: 0.2}
    values: {border: {north: 100, middle: 60, south: 0}, aid: {much: 100, little: 0}}
    no_deal: 0.1
proposals:
  line_only: {package: {border: middle}}
  aid_only: {package: {aid: much}}
"""


@pytest.fixture
def small(tmp_path):
    def read(*changes, text=SMALL):
        (tmp_path / "three.yaml").write_text(text, encoding="utf-8")
        return portrait(read_scenario(tmp_path / "three.yaml", list(changes)))

    return read


def test_a_proposal_with_open_issues_is_scored_over_its_completions(small):
    rows = small().proposals.set_index(["proposal", "party"])
    assert rows.loc[("line_only", "south"), ["worth_least", "worth_most"]].tolist() == pytest.approx([0.3, 0.7])
    assert rows.loc[("line_only", "south"), ["margin_least", "margin_most"]].tolist() == pytest.approx([0.1, 0.5])
    assert rows.loc[("line_only", "donor"), "signs"] == "depends"
    assert rows.loc[("aid_only", "donor"), "signs"] == "yes"
    assert rows.loc[("aid_only", "south"), "completions"] == 3
    assert rows.loc[("aid_only", "south"), "lines_crossed"] == ()
    assert rows.loc[("aid_only", "south"), "lines_at_stake"] == ("not_all",)
    assert "lines at stake" in str(small())


def test_a_proposal_that_contradicts_itself_has_no_worth(small):
    rule = "consistency: [{id: nothing_halfway, if: {border: middle}, then: {border: south}}]\n"
    rows = small(text=SMALL + rule).proposals.set_index(["proposal", "party"])
    assert rows.loc[("line_only", "south"), "completions"] == 0
    assert np.isnan(rows.loc[("line_only", "south"), "worth_least"])
    assert rows.loc[("line_only", "south"), "lines_crossed"] == ()


def test_who_signs_always_counts_and_the_donor_vetoes_its_aid(small):
    shown = small()
    assert shown.solution_parties == ("south", "north")
    text = {"south": "south/little", "middle": "middle/little"}
    row, worth = picked(shown, "nash", LINES_REAL)
    assert row["package"] == text["middle"]  # with aid the donor, at 0 against .5, would not sign
    assert worth == pytest.approx([0.3, 0.48])
    assert shown.zones["packages"].tolist() == [1, 1, 1]


def test_influence_gives_asymmetric_nash_and_pulls_the_mean(small):
    assert "asymmetric_nash" not in set(small("parties.south.influence=1").solutions["solution"])
    mighty = small("parties.donor.signs=never", "parties.south.influence=9")
    assert picked(mighty, "nash", LINES_REAL)[0]["package"] == "middle/much"
    assert picked(mighty, "asymmetric_nash", LINES_REAL)[0]["package"] == "south/much"
    shown = small("parties.donor.signs=never")
    positions = shown.positions.set_index("issue")
    assert positions.loc["border", ["position_south", "position_north"]].tolist() == [100, 0]
    assert positions.loc["border", "mean"] == pytest.approx(100 * 3 * 0.6 / (3 * 0.6 + 0.8))
    assert positions.loc["border", "nearest"] == ("south",)
    assert picked(shown, "nearest_to_mean_position", "all packages")[0]["package"] == "south/much"


def test_all_packages_as_near_as_the_nearest_are_named(small):
    """With influence 2 the mean is 100 x 1.2 / (1.2 + .8) = 60: as far from the middle, at 20, as from the south."""
    shown = small("parties.south.influence=2", "parties.donor.signs=never")
    assert shown.positions.set_index("issue").loc["border", "nearest"] == ("middle", "south")
    row, _ = picked(shown, "nearest_to_mean_position", "all packages")
    assert row["tied"] == 2
    assert row["value"] == pytest.approx(40)
    assert set(row["packages"]) == {"middle/much", "south/much"}


def test_the_scenario_may_name_the_parties_of_its_solutions(small):
    assert small(text=SMALL + "solutions: {parties: [donor, north]}\n").solution_parties == ("donor", "north")


def test_mean_hardness_of_a_uniform_law(small):
    (line,) = small().red_lines.to_dict("records")
    assert (line["party"], line["line"], line["packages"]) == ("south", "not_all", 2)
    assert line["mean_hardness"] == pytest.approx(0.6)


def test_a_party_whose_lines_forbid_everything_has_no_best_package(small):
    walls = "red_lines: [{id: nothing, never: {aid: [much, little]}, hardness: 0.5}]"
    best = small(text=SMALL.replace("    influence: 3\n", f"    influence: 3\n    {walls}\n").replace(
        "    red_lines: [{id: not_all, never: {border: north}, hardness: {range: [0.4, 0.8], law: uniform}}]\n", "")
    ).best.set_index("party")  # fmt: skip
    assert (best.loc["south", "could_sign"], best.loc["south", "tied"]) == (0, 0)
    assert np.isnan(best.loc["south", "best_worth"])
    assert best.loc["north", "best_package"] == "north/much"


def test_adjusted_winner_needs_exactly_two(small):
    won, shares = small().fair_division
    assert won.points_a == pytest.approx(won.points_b)
    assert list(shares.columns) == ["issue", "points_south", "points_north", "share_south", "share_north"]
    assert small(text=SMALL + "solutions: {parties: [donor]}\n").fair_division is None
