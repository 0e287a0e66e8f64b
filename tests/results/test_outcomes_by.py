"""Outcomes by option of an issue, against counts of the rows; the headline figures as a table."""

import pytest

import sim
from sim.results.results import share_interval
from tests.commands import ROOT, call, data

BANKS = ROOT / "scenarios" / "two-banks-pullback.yaml"


@pytest.fixture(scope="module")
def results():
    return sim.run(sim.read_scenario(BANKS), 150)


def test_counts_are_those_of_the_rows(results):
    draws = results.draws[results.draws["package"].notna()]
    options = draws["package"].str.split("/").str[list(results.scenario.issues).index("observers")]
    found = results.outcomes_by("observers").set_index(["option", "stage"])
    assert list(dict.fromkeys(found.index.get_level_values("option"))) == ["none", "joint", "third_party"]
    for option in ("none", "joint", "third_party"):
        own = draws[options == option]
        held = own[(own["outcome"] == "in_force") & own["held_60"].fillna(False).astype(bool)]
        expected = {"signed": len(own), "in_force": (own["outcome"] == "in_force").sum(), "held_60": len(held)}
        assert {stage: found.loc[(option, stage), "count"] for stage in expected} == expected
        assert found.loc[(option, "in_force"), "n"] == len(own) and found.loc[(option, "signed"), "n"] == 150
        row = found.loc[(option, "signed")]
        assert (row["low"], row["high"]) == share_interval(len(own), 150)
    assert found.xs("signed", level="stage")["count"].sum() == results.agreements > 100


def test_an_issue_that_is_none_is_refused(results):
    with pytest.raises(ValueError, match="no issue is called 'obsrvers'; did you mean 'observers'"):
        results.outcomes_by("obsrvers")
    answer = call("explain", BANKS, "-n", 20, "--by", "obsrvers")
    assert answer.exit_code == 2 and "did you mean 'observers'" in answer.output
    assert call("explain", BANKS, "--by", "observers", "--draw", 1).exit_code == 2


def test_the_command_prints_them_and_hides_small_groups(results):
    answer = call("explain", BANKS, "-n", 150, "--by", "observers")
    assert answer.exit_code == 0 and "Outcomes by option: Who watches" in answer.output
    row = next(line for line in answer.output.splitlines() if line.strip().startswith("Nobody"))
    assert row.split()[-1] == "-", "fewer than 30 agreements"
    found = data("explain", BANKS, "-n", 150, "--by", "observers")
    assert [each["count"] for each in found["by_option"]] == results.outcomes_by("observers")["count"].tolist()


def test_the_summary_as_a_table(results):
    table, facts = results.summary_frame().set_index("figure"), results.summary()
    assert list(table.index[:1]) == ["zone_first"] and {"signed", "in_force", "held_60"} <= set(table.index)
    assert table.loc["signed", "share"] == facts["agreement_share"] and table.loc["signed", "n"] == 150
    assert (table.loc["zone_first", "low"], table.loc["zone_first", "high"]) == facts["zone_interval"]
