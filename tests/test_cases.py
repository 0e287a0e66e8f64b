"""The shipped scenarios, against figures computed once outside the project."""

import numpy as np
import pytest

from sim import solutions
from sim.ensemble import central, draw
from sim.scenario import read_scenario
from sim.structure import structure
from tests.problems import SCENARIOS, shipped


@pytest.mark.parametrize(
    ("name", "raw", "consistent", "lines_off", "lines_real"),
    [
        ("orange-and-lemon", 9, 9, 5, 5),
        ("two-banks-pullback", 54, 26, 6, 5),
        ("korea-armistice-1953", 486, 486, 278, 26),
        ("panama-canal-1977", 59_049, 59_049, 6_522, 6_522),
        ("ukraine-december-2025", 180_000, 77_500, 13_507, 0),
    ],
)
def test_packages_that_exist_and_that_all_could_accept(name, raw, consistent, lines_off, lines_real):
    ensemble = central(shipped(name))
    table, utility = ensemble.structure, ensemble.utility()
    assert (table.space.raw_count, len(table.space)) == (raw, consistent)
    assert solutions.zone(utility, ensemble.no_deal, table.signs, None).sum() == lines_off
    crossed = table.lines.crossed(ensemble.real)
    assert solutions.zone(utility, ensemble.no_deal, table.signs, ~crossed).sum() == lines_real


@pytest.mark.parametrize(
    ("proposal", "worth", "lines"),
    [
        ("us_28_points", (0.2262, 0.7862, 0.9240, 0.3800), {"ukraine": 3}),
        ("zelensky_offer", (0.8160, 0.3285, 0.7980, 0.9235), {"russia": 2}),
        ("us_zone_idea", (0.4686, 0.6631, 0.9350, 0.5485), {"ukraine": 2}),
        ("twenty_points_zone", (0.8070, 0.3160, 0.8050, 0.9085), {"russia": 3}),
        ("russia_stated_terms", (-0.0520, 1.0000, 0.5600, 0.0230), {"ukraine": 6, "europe": 1}),
    ],
)
def test_worth_of_the_proposals_on_the_table(proposal, worth, lines):
    scenario = shipped("ukraine-december-2025")
    ensemble = central(scenario)
    table = ensemble.structure
    package = table.package_of(scenario.proposals[proposal].package)
    order = [table.parties.index(name) for name in ("ukraine", "russia", "united_states", "europe")]
    assert ensemble.utility()[0, order, package] == pytest.approx(worth, abs=0.00005)
    crossed = np.array(table.lines.names)[table.lines.crosses[table.lines.pattern[package]]]
    assert {party: sum(name.startswith(f"{party}.") for name in crossed) for party in lines} == lines
    assert len(crossed) == sum(lines.values())


def test_packages_worth_exactly_no_deal_to_ukraine_count_as_worth_it():
    """109 packages are worth .45 to Ukraine, and one is worth .38 to Europe, but for the last bits."""
    ensemble = central(shipped("ukraine-december-2025"))
    utility, parties = ensemble.utility()[0], ensemble.structure.parties
    assert (np.abs(utility[parties.index("ukraine")] - 0.45) <= 1e-9).sum() == 109


@pytest.mark.parametrize(
    ("removed", "open_packages"),
    [("ukraine", 1_474), ("russia", 389), ("united_states", 0), ("europe", 0)],
)
def test_packages_that_open_when_one_party_gives_up_all_its_lines(removed, open_packages):
    ensemble = central(shipped("ukraine-december-2025"))
    table = ensemble.structure
    real = ensemble.real & ~table.lines.of(table.parties.index(removed))
    zone = solutions.zone(ensemble.utility(), ensemble.no_deal, table.signs, ~table.lines.crossed(real))
    assert zone.sum() == open_packages


def test_two_lines_with_a_condition_leave_46600_packages():
    table = structure(shipped("ukraine-december-2025"))
    wanted = {"ukraine.nato_for_guarantee", "ukraine.zone_for_guarantee"}
    real = np.array([[name in wanted for name in table.lines.names]])
    assert (~table.lines.crossed(real)).sum() == 46_600


def zone_share(reading: str, draws: int) -> float:
    path = SCENARIOS / "ukraine-december-2025.yaml"
    scenario = read_scenario(path, sets=[f"lines={reading}"])
    table, found = structure(scenario), 0
    for start in range(0, draws, 8):
        block = draw(scenario, 1, start, min(8, draws - start), table=table)
        crossed = table.lines.crossed(block.real)
        found += int(solutions.zone(block.utility(), block.no_deal, table.signs, ~crossed).any(axis=1).sum())
    return found / draws


READINGS = [("by_party", 0.2824, 0.009), ("together", 0.1535, 0.007), ("each", 0.2896, 0.009)]


@pytest.mark.parametrize(("reading", "share", "tolerance"), READINGS)
def test_share_of_draws_with_a_zone_quickly(reading, share, tolerance):
    """Published share with its two standard errors, and four of our own with 600 draws."""
    own = (share * (1 - share) / 600) ** 0.5
    assert zone_share(reading, 600) == pytest.approx(share, abs=tolerance + 4 * own)


@pytest.mark.slow
@pytest.mark.parametrize(("reading", "share", "tolerance"), READINGS)
def test_share_of_draws_with_a_zone(reading, share, tolerance):
    """Published share with its two standard errors, and two of our own with 10,000 draws."""
    own = (share * (1 - share) / 10_000) ** 0.5
    assert zone_share(reading, 10_000) == pytest.approx(share, abs=tolerance + 2 * own)


def zone_share_small(name: str, draws: int) -> float:
    scenario = shipped(name)
    table, found = structure(scenario), 0
    for start in range(0, draws, 50):
        block = draw(scenario, 1, start, 50, table=table)
        crossed = table.lines.crossed(block.real)
        found += int(solutions.zone(block.utility(), block.no_deal, table.signs, ~crossed).any(axis=1).sum())
    return found / draws


def test_zone_shares_of_the_small_cases():
    assert zone_share_small("two-banks-pullback", 10_000) == pytest.approx(0.9715, abs=0.002 + 2 * 0.0017)
    assert zone_share_small("korea-armistice-1953", 4_000) == 1
    assert zone_share_small("panama-canal-1977", 100) == 1
