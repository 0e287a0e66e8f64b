"""What is changed on one page carries over to the others: the numbers are those of the command line with `--set`."""

import json

import pytest

import sim
from sim.app.changed import ChangesRefused, differing
from sim.app.packages import (
    bench_of,
    describe_file,
    describe_package,
    describe_proposals,
)
from sim.app.step import describe_draw
from tests.app.test_app_step import BANKS, SCENARIOS, about
from tests.commands import data

SETS = ("parties.upland.weights.strip={value: 0.45, range: [0.35, 0.55], status: assumption}",
        "parties.lowland.no_deal=0.3", "parties.upland.strategy={name: hardline}")  # fmt: skip
OPTIONS = [part for text in SETS for part in ("--set", text)]
FLAGSHIP = SCENARIOS / "ukraine-december-2025.yaml"
EMBASSIES = dict(sim.read_scenario(BANKS).proposals["strip_for_embassies"].package)


# Step


def test_the_negotiation_of_a_changed_scenario_is_that_of_the_command():
    played = data("run", BANKS, "--draw", 3, *OPTIONS)
    assert describe_draw(about(BANKS, SETS), 3)["story"] == played
    assert describe_draw(about(BANKS), 3)["story"] != played
    other_seed = data("run", BANKS, "--draw", 3, "--seed", 5, *OPTIONS)
    assert describe_draw(about(BANKS, SETS, seed=5), 3)["story"] == other_seed


# Packages


def test_who_would_sign_is_what_show_says_of_the_changed_scenario():
    shown = data("show", BANKS, *OPTIONS)
    rows = {row["party"]: row for row in shown["proposals"] if row["proposal"] == "strip_for_embassies"}
    files = about(BANKS, SETS), about(BANKS)
    found, before = (describe_package(each, EMBASSIES, None)["signatories"] for each in files)
    assert {each["party"]: each["margin"] for each in found} == {
        party: row["margin_least"] for party, row in rows.items()
    }
    assert found != before
    (own,) = [each for each in describe_proposals(about(BANKS, SETS)) if each["name"] == "strip_for_embassies"]
    assert {party: each["margin_most"] for party, each in own["parties"].items()} == {
        party: row["margin_most"] for party, row in rows.items()
    }
    nash = {row["candidates"]: row["package"] for row in shown["solutions"] if row["solution"] == "nash"}
    found = describe_file(about(BANKS, SETS))["nash"]
    assert {each["reading"]: "/".join(each["package"].values()) for each in found} == {
        reading: text for reading, text in nash.items() if text
    }


def test_what_is_laid_out_is_kept_for_each_way_a_file_is_changed():
    changed, bare = bench_of(about(BANKS, SETS)), bench_of(about(BANKS))
    assert changed is not bare
    assert bench_of(about(BANKS, SETS)) is changed and bench_of(about(BANKS)) is bare
    assert bench_of(about(BANKS, seed=2)) is not bare
    same = [f"parties.lowland.no_deal={json.dumps(sim.read_scenario(BANKS).resolved['parties']['lowland']['no_deal'])}"]
    assert bench_of(about(BANKS, same)) is bench_of(about(BANKS))


# In words


def test_what_differs_is_told_in_words_with_what_was_rescaled():
    found = {each["words"] or each["input"]: (each["before"], each["after"]) for each in differing(about(BANKS, SETS))}
    weight = "weight of {} for Upland"
    assert found[weight.format("Who holds the strip")] == ("0.3 [0.2, 0.4]", "0.45 [0.35, 0.55]")
    assert found[weight.format("Recognition of Upland")] == ("0.35 [0.25, 0.45]", "0.275 [0.1964, 0.3536]")
    assert found["no-deal value of Lowland"][1] == "0.3"
    assert found["name of the strategy of Upland"] == ("time_dependent", "hardline")
    assert differing(about(BANKS)) == []
    (close,) = differing(about(BANKS, ["parties.lowland.no_deal={value: 0.550001, range: [0.42, 0.68]}"]))
    assert (close["before"], close["after"]) == ("0.55 [0.42, 0.68]", "0.550001 [0.42, 0.68]")
    numbers = sim.read_scenario(FLAGSHIP).numbers()
    every = [f"{path}={number.value * 0.99:.6g}" for path, number in numbers.items() if path.endswith(("at", "chance"))]
    every += [f"{path}={number.value * 0.99:.6g}" for path, number in numbers.items() if path.endswith("hardness")]
    (lines, words) = differing(about(FLAGSHIP, ["lines=each"])), differing(about(FLAGSHIP, every))
    assert [(each["input"], each["words"], each["after"]) for each in lines] == [("lines", "", "each")]
    assert len(words) == len(every) > 10 and all(each["words"] and each["before"] != each["after"] for each in words)


# What does not hold together


def test_a_change_that_holds_no_more_is_not_blamed_on_the_file():
    with pytest.raises(ChangesRefused):
        about(BANKS, ["parties.upland.no_deal=7"]).read()
