"""One package from all sides: the figures are those of `show` and of the runs, the searches miss nothing."""

from pathlib import Path

import numpy as np
import pytest

import sim
from sim.analysis.one_package import bench, one_package
from sim.analysis.package_changes import broken_rules, goes_with, lacks, nearest, neighbours, place, repairs
from sim.analysis.parameters import REAL_ABOVE
from sim.analysis.portrait import portrait
from sim.core.packages import NO_DEAL
from sim.core.pareto import pareto_frontier
from sim.model.peace_talks import hold_talks
from sim.report.plain import plain
from tests.commands import SCENARIO, data

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FLAGSHIP = SCENARIOS / "ukraine-december-2025.yaml"
BANKS = SCENARIOS / "two-banks-pullback.yaml"
FILES = {"flagship": FLAGSHIP, "banks": BANKS, "panama": SCENARIOS / "panama-canal-1977.yaml"}
BENCHES = {name: bench(sim.read_scenario(path), 1, 40) for name, path in FILES.items()}
over_benches = pytest.mark.parametrize("name", BENCHES)


def packages_of(there, count=12):
    """Packages all over the space, and every whole proposal."""
    texts, issues = [each.package for each in there.scenario.proposals.values()], len(there.scenario.issues)
    found = {there.structure.space.index_of(text) for text in texts if len(text) == issues} - {NO_DEAL}
    return sorted({*np.linspace(0, len(there.structure.space) - 1, count).astype(int).tolist(), *found})


# The same figures as elsewhere


@over_benches
def test_a_proposal_has_the_figures_that_show_prints(name):
    there, told = BENCHES[name], data("show", FILES[name])
    rows = {(row["proposal"], row["party"]): row for row in told["proposals"] if row["completions"] == 1}
    for proposal, spec in there.scenario.proposals.items():
        if len(spec.package) < len(there.scenario.issues):
            continue
        found = one_package(there, there.structure.space.index_of(spec.package))
        for each in found.signatories:
            row = rows[proposal, each.party]
            assert each.worth == row["worth_least"] and each.margin == row["margin_least"]
            assert each.signs == (row["signs"] == "yes")
            crossed = [line.name.partition(".")[2] for line in each.crossed]
            assert crossed == list(row["lines_crossed"])
        means = {f"{row['party']}.{row['line']}": row["mean_hardness"] for row in told["red_lines"]}
        assert all(line.mean == means[line.name] for each in found.signatories for line in each.crossed)
        votes = {row["ratifier"]: row for row in told["votes"] if row["proposal"] == proposal}
        assert plain(found.at_home[["ratifier", "asked", "chance"]]) == [
            {key: row[key] for key in ("ratifier", "asked", "chance")} for row in votes.values()
        ]
        after = next((row for row in told["after_signature"] if row["proposal"] == proposal), None)
        if after is not None:
            assert found.afterwards.central["survival_60"] == after["survival_60"]
        together = next((row for row in told["votes_together"] if row["proposal"] == proposal), None)
        if together is not None:
            assert found.together == (together["chance_independent"], together["chance_shared"])


@over_benches
def test_it_would_be_signed_in_the_draws_in_whose_first_zone_it_lies(name):
    there = BENCHES[name]
    zone = hold_talks(there.ensemble).zone_first
    for package in packages_of(there, 12 if name == "flagship" else 40):
        assert one_package(there, package).agreed_in.count == zone[:, package].sum()


@over_benches
def test_the_first_round_is_that_of_the_talks(name):
    there = BENCHES[name]
    talks = hold_talks(there.ensemble)
    assert np.array_equal(
        there.no_deal, talks.reservation_value[0]
    ) and np.array_equal(there.real, talks.real_by_round[0])


def test_some_package_would_be_signed_and_some_would_not():
    """The test above compares more than zeros."""
    counts = {one_package(BENCHES["banks"], package).agreed_in.count for package in range(26)}
    assert 0 in counts and max(counts) > 30


@over_benches
def test_at_central_numbers_it_is_agreed_where_all_who_sign_would(name):
    there = BENCHES[name]
    for package in packages_of(there):
        found = one_package(there, package)
        assert found.agreed == all(each.would_sign for each in found.signatories if each.signs)


# What it lacks


def test_a_number_turned_as_told_is_just_enough():
    there, package = BENCHES["banks"], 12
    (short,) = lacks(there, one_package(there, package))
    assert (short.party, short.missing) == ("lowland", pytest.approx(0.025)) and len(short.turns) == 3
    for turn in short.turns:
        if turn.parameter.kind not in ("no_deal", "points"):
            continue
        for beyond, enough in ((0.0, True), (0.02, False)):
            value = float(turn.value - beyond * np.sign(turn.change) * turn.parameter.unit)
            changed = portrait(sim.read_scenario(BANKS, [f"{turn.parameter.path}={value!r}"]))
            n = changed.parties.index("lowland")
            assert (changed.utility[n, package] - changed.no_deal[n] >= -1e-9) == enough


def test_lines_that_count_stand_in_the_way_and_others_do_not():
    there = BENCHES["flagship"]
    package = there.structure.space.index_of(there.scenario.proposals["us_28_points"].package)
    found = one_package(there, package)
    ukraine = next(each for each in lacks(there, found) if each.party == "ukraine")
    assert "ukraine.no_one_sided_exit" in ukraine.lines and ukraine.missing > 0
    for each in found.signatories:
        assert all(line.counts == (line.hardness > REAL_ABOVE) for line in each.crossed)


# What lies around it


@over_benches
def test_neighbours_are_all_that_lose_no_signatory_anything(name):
    """Against a plain search over options."""
    there = BENCHES[name]
    margin, signs = there.central.now.margin, there.structure.signs
    for package in packages_of(there, 6):
        here, expected = there.options(package), set()
        for issue, spec in there.scenario.issues.items():
            for option in spec.options:
                other = there.structure.space.index_of({**here, issue: option})
                if other in (NO_DEAL, package):
                    continue
                gains = [margin[n, other] - margin[n, package] for n in range(len(signs)) if signs[n, other]]
                newly = there.central.real & there.crossed(other) & ~there.crossed(package)
                if gains and min(gains) >= -1e-9 and max(gains) > 1e-9 and not newly.any():
                    expected.add(other)
        assert {each.package for each in neighbours(there, package)} == expected


def test_a_patrol_that_both_want_is_a_neighbour(file):
    """East gains 0.4 x 100 points by it, west 0.3 x 70; what the well is given to stays as it is."""
    there = bench(sim.read_scenario(file), 1, 5)
    (found,) = neighbours(there, there.structure.space.index_of({"well": "both", "road": "nobody"}))
    assert (found.issue, found.before, found.after, found.all_gain) == ("road", "nobody", "patrol", True)
    assert found.gains == {"east": pytest.approx(0.4), "west": pytest.approx(0.21)}


@pytest.mark.parametrize(("hardness", "count"), [(0.4, 1), (0.6, 0)])
def test_a_neighbour_lies_behind_no_further_line_that_counts(file, hardness, count):
    line = f"red_lines: [{{id: no_patrol, never: {{road: patrol}}, hardness: {hardness}}}, {{id: not_thirsty"
    file.write_text(SCENARIO.replace("red_lines: [{id: not_thirsty", line), encoding="utf-8")
    there = bench(sim.read_scenario(file), 1, 5)
    assert len(neighbours(there, there.structure.space.index_of({"well": "both", "road": "nobody"}))) == count


@over_benches
def test_the_nearest_acceptable_package_is_in_the_zone_and_none_is_nearer(name):
    there = BENCHES[name]
    zone_of = {**there.portrait.candidates, "lines above 1/2 real": there.central.now.zone}
    for package in packages_of(there, 6):
        here = there.options(package)
        for found in nearest(there, package):
            inside = np.flatnonzero(zone_of[found.reading])
            assert found.zone == len(inside)
            if not len(inside):
                assert found.package == NO_DEAL
                continue
            apart = [sum(a != b for a, b in zip(here.values(), there.options(p).values(), strict=True))
                     for p in inside[:: max(1, len(inside) // 200)].tolist()]  # fmt: skip
            assert zone_of[found.reading][found.package] and found.away == len(found.changes) <= min(apart)
            assert {**here, **{issue: after for issue, _, after in found.changes}} == there.options(found.package)


@over_benches
def test_nothing_dominates_it_where_it_lies_on_the_frontier(name):
    there = BENCHES[name]
    counting = [there.parties.index(party) for party in there.portrait.solution_parties]
    frontier = pareto_frontier(there.portrait.utility[counting])
    some = [*packages_of(there, 8), int(np.flatnonzero(frontier)[0])]
    for package in some:
        assert (place(there, package).dominated_by == 0) == frontier[package]


# Options that do not go together


def test_a_contradiction_is_named_and_mended_by_the_least():
    there = BENCHES["flagship"]
    scenario, table = there.scenario, there.structure
    text = there.options(there.structure.space.index_of(scenario.proposals["us_28_points"].package))
    assert broken_rules(scenario, text) == []
    wrong = {**text, "donetsk_status": "shared_zone", "withdrawal": "ukraine_only"}
    rules = broken_rules(scenario, wrong)
    assert rules and all(rule.because for rule in rules)
    assert table.space.index_of(wrong) == NO_DEAL
    found = repairs(scenario, table, wrong, fixed={"donetsk_status"})
    assert found and all(not broken_rules(scenario, each.options) for each in found)
    assert all(each.options["donetsk_status"] == "shared_zone" for each in found)
    assert {len(each.changes) for each in found} == {1}


def test_what_goes_with_what_is_what_can_be():
    there = BENCHES["flagship"]
    for package in packages_of(there, 5):
        here = there.options(package)
        for issue, options in goes_with(there.scenario, here).items():
            for option, rules in options.items():
                can_be = there.structure.space.index_of({**here, issue: option}) != NO_DEAL
                assert can_be == (not rules)
