"""The shipped families of scenarios: what each difference changes, what it leaves alone, and which two are mirrors."""

import numpy as np
import pytest

from sim.core.packages import ALWAYS
from sim.model.ensemble import draw
from sim.results.parquet import content_hash, table_of
from sim.results.results import run
from sim.scenario import Number, Scenario
from tests.problems import SCENARIOS, shipped

FAMILY = sorted(path.stem for path in SCENARIOS.glob("ukraine-*.yaml"))
DIFFERENCES = [path for path in sorted(SCENARIOS.glob("*.yaml")) if "\nextends: " in path.read_text()]
AROUND = ("giving_way", "mediation", "war", "events", "ratification", "aftermath")


def ukraine(name: str) -> Scenario:
    return shipped(f"ukraine-{name}")


def changed(name: str) -> dict[str, tuple[Number | None, Number | None]]:
    """Numbers by path that a difference changes, before and after; None where there is none."""
    before, after = ukraine("december-2025").numbers(), ukraine(name).numbers()
    paths = before.keys() | after.keys()
    return {path: (before.get(path), after.get(path)) for path in paths if before.get(path) != after.get(path)}


@pytest.mark.parametrize("name", FAMILY)
def test_the_family_of_the_flagship_moves_nobodys_weights_points_or_no_deal_worth(name):
    base, scenario = shipped("ukraine-december-2025"), shipped(name)
    for party, spec in base.parties.items():
        other = scenario.parties[party]
        assert (other.weights, other.values, other.no_deal, other.linkages) == (
            spec.weights, spec.values, spec.no_deal, spec.linkages,
        )  # fmt: skip


@pytest.mark.parametrize("path", DIFFERENCES, ids=lambda path: path.stem)
def test_a_difference_says_what_it_asks_and_what_to_compare_it_with(path):
    scenario, text = shipped(path.stem), path.read_text(encoding="utf-8")
    assert scenario.id == path.stem
    base = shipped(text.split("\nextends: ")[1].split("\n")[0].removesuffix(".yaml"))
    assert scenario.about != base.about and scenario.title != base.title
    assert "Compare" in text or "counterpart" in text
    named = [word.strip(".,;:") for word in text.split() if word.strip(".,;:").endswith(".yaml")]
    assert all((SCENARIOS / name).exists() for name in named)


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_scenario_forecasts_nothing_and_advises_nobody(path):
    scenario = shipped(path.stem)
    told = " ".join([scenario.title, scenario.about, str((scenario.expected or {}).get("text", ""))]).lower()
    for words in ("will be", "will not", "should accept", "should yield", "probability of peace", "chances of peace"):
        assert words not in told


def test_bargaining_alone_is_what_the_flagship_was_before_there_was_anything_around_it():
    """All columns of 64 draws, to the last bit; the hash was taken anew with the exponents and lines of the file."""
    alone = ukraine("bargaining-only")
    assert [block for block in AROUND if getattr(alone, block)] == []
    draws = run(alone, 64, 1).draws
    known = {path for path in draws if path.startswith("input.")}
    assert len(known) == 72
    assert not [path for path in known if path.split(".")[1] in AROUND]
    assert content_hash(table_of(draws[before_the_war(draws)])) == (
        "5d6b3f2b048c3129886f2eebba9edf97eecb921939a4fcf4b03b15bac80ce148"
    )


def before_the_war(draws) -> list[str]:
    """The columns that results of bargaining alone had from the first."""
    general = [
        "draw", "outcome", "package", "round", "month", "proposer", "least_satisfied", "blocker", "zone_packages",
        "zone_packages_last", "nash_distance", "pareto_distance",
    ]  # fmt: skip
    kinds = ("utility_", "no_deal_", "margin_", "worth_", "input.")
    return [name for name in draws if name in general or name.startswith(kinds)]


@pytest.mark.parametrize(("name", "hardness"), [("red-lines-hard", 1), ("red-lines-soft", 0.4)])
def test_red_lines_are_equally_hard_for_all(name, hardness):
    lines = [line for party in ukraine(name).parties.values() for line in party.red_lines]
    assert len(lines) == 12 and {float(line.hardness) for line in lines} == {float(hardness)}


def test_stated_terms_come_first_for_both():
    opening = ukraine("stated-terms-first").parties
    assert (opening["ukraine"].opens_with, opening["russia"].opens_with) == (
        ("zelensky_offer",), ("russia_stated_terms",),
    )
    assert changed("stated-terms-first") == {}


def test_aid_cut_and_harder_sanctions_are_mirrors():
    def pulled(name: str) -> dict[str, str | float]:
        return {lever: spec.pulled for lever, spec in ukraine(name).mediation.levers.items()}

    assert pulled("aid-cut") == {"aid_withheld": 0, "sanctions_added": "on_refusal"}
    assert pulled("harder-sanctions") == {"aid_withheld": "on_refusal", "sanctions_added": 0}
    assert changed("aid-cut") == changed("harder-sanctions") == {}
    levers = ukraine("aid-cut").mediation.levers
    assert levers["aid_withheld"].lowers_no_deal_by == levers["sanctions_added"].lowers_no_deal_by


def test_the_front_breaks_either_way_by_the_same_numbers():
    one, other = changed("front-collapses"), changed("front-turns")
    shift, month = "events.front_breaks.front_shift", "events.front_breaks.at.month"
    assert one.keys() == other.keys() == {shift, month}
    assert one[month] == other[month]
    there, back = one[shift][1], other[shift][1]
    assert (back.value, back.low, back.high) == (-there.value, -there.high, -there.low)
    assert there.value == pytest.approx(12 * ukraine("december-2025").war.front.drift_per_month.value, rel=0.05)


def test_a_break_of_the_front_moves_the_worth_of_fighting_on_by_mirror_images():
    def no_deal(name: str) -> np.ndarray:
        ensemble = draw(ukraine(name), count=40)
        parties = [ensemble.structure.parties.index(party) for party in ("ukraine", "russia")]
        return ensemble.world.reservation_value[:, -1][:, parties].mean(axis=0)

    base, there, back = map(no_deal, ("december-2025", "front-collapses", "front-turns"))
    assert there[0] < base[0] < back[0] and there[1] > base[1] > back[1]


def test_a_winter_of_strikes_doubles_them_on_both_sides_alike():
    strikes = ukraine("winter-of-strikes").war.strikes
    before = ukraine("december-2025").war.strikes
    assert len({spec.waves_per_month for spec in strikes.values()}) == 1
    assert all(strikes[side].waves_per_month.value == 2 * before[side].waves_per_month.value for side in strikes)
    assert len(changed("winter-of-strikes")) == 4


def test_without_congress_no_vote_of_congress_is_left():
    for name in ("executive-guarantee", "renunciation-without-congress"):
        scenario = ukraine(name)
        assert set(scenario.ratification.ratifiers) == {"russian_leadership", "verkhovna_rada", "ukraine_referendum"}
        assert "offer_may_lapse" not in [event.id for event in scenario.events]


def test_the_referendum_is_always_held_and_held_last():
    base, last = (ukraine(name).ratification.ratifiers for name in ("december-2025", "referendum-last-word"))
    assert base["ukraine_referendum"].when != ALWAYS and last["ukraine_referendum"].when == ALWAYS
    others = [body.order for name, body in last.items() if name != "ukraine_referendum"]
    assert last["ukraine_referendum"].order > max(others)


def test_zones_with_and_without_monitors_differ_in_who_is_there():
    seen, unseen = (ukraine(f"zone-{word}-monitors").aftermath.monitoring.numbers for word in ("with", "without"))
    assert all(seen[guarantee].low > unseen[guarantee].high for guarantee in seen)
    run_by, alone = (
        ukraine(f"zone-{word}-monitors").issues["donetsk_status"].deliverable["shared_zone"].chance
        for word in ("with", "without")
    )
    assert run_by.low > alone.high
    assert changed("zone-with-monitors").keys() == changed("zone-without-monitors").keys()
    watched = ukraine("monitored-pull-back").aftermath.monitoring.numbers
    assert watched == seen
