"""The blocks beside the talks (war, events, pressure, ratification, aftermath): what they become, what is refused."""

import re
from datetime import date
from pathlib import Path

import pytest

from sim.core.fields import issues_with
from sim.core.packages import ALWAYS, NEVER, Condition
from sim.model.ensemble import draw
from sim.scenario import Number, Scenario, ScenarioError, read_scenario
from sim.scenario.notes import notes

HERE = Path(__file__).parents[1]
SCENARIOS = HERE.parent / "scenarios"
FLAGSHIP = HERE / "first-flagship.yaml"
TEXT = FLAGSHIP.read_text(encoding="utf-8")
BLOCKS = ("giving_way", "mediation", "war", "events", "ratification", "aftermath")

TWO_BANKS = """
ratification:
  after_refusal: {name: end}
  ratifiers:
    upland_assembly:
      label: Assembly of Upland
      party: upland
      order: 1
      when: {strip: [demilitarised, lowland_full]}
      votes: [{id: treaty, at_least: 61/120}]
      support: 0.60
      error: 0.06
      months: 1
      shifts: {strip: {lowland_full: -0.8}, observers: {third_party: 0.3}}
aftermath:
  monitoring: {none: 0.2, joint: 0.6, third_party: 0.8}
  credibility: {none: 0.05, joint: 0.15, third_party: 0.5}
  pull_back:
    steps: {reciprocal: 3, upland_first: 1, stay: 0}
    months: 9
    gain_of_cheating: 2.4
    dividend: 0.2
    discount: 0.9
    penalty: 0.9
  hazard: {shape: 0.5, survival_12: 0.75, deterrence: 0.7, if_pull_back_fails: 2}
"""
KOREA = """
war:
  since: 1950-06-25
  no_deal_falls_per_month:
    united_nations_command: {value: 0.004, range: [0.001, 0.008], status: assumption}
    northern_side: {value: 0.004, range: [0.001, 0.008], status: assumption}
events:
  - id: change_in_moscow
    label: Stalin dies on 5 March 1953 and the Soviet line shifts within two weeks
    at: {month: 20}
    shifts_no_deal: {northern_side: {value: -0.08, range: [-0.15, 0], status: assumption}}
    status: sourced
    source: [K2]
ratification: {after_refusal: {name: end}, ratifiers: {}}
aftermath:
  pull_back:
    steps: {none: 0, four_km: 1, thirty_two_km: 4}
    months: 0.1
    gain_of_cheating: 0.3
    dividend: 0.1
    discount: 0.99
    penalty: 0.5
  monitoring: {none: 0.2, limited: 0.5, full: 0.8}
  hazard:
    shape: {value: 0.5, range: [0.3, 0.8], status: assumption}
    survival_12: {value: 0.55, range: [0.45, 0.70], status: assumption, note: truces in civil wars}
    ratios:
      empty_strip: {when: {buffer_zone: [four_km, thirty_two_km]}, ratio: {value: 0.6, range: [0.3, 1.0]}}
      joint_commission: {when: {inspection: [limited, full]}, ratio: {value: 0.64, range: [0.42, 1.0]}}
"""
PANAMA = """
ratification:
  after_refusal: {name: end}
  ratifiers:
    panama_plebiscite:
      label: Plebiscite in Panama
      party: panama
      order: 1
      when: always
      votes: [{id: plebiscite, more_than: 1/2}]
      support: {value: 0.67, range: [0.57, 0.77], status: mixed, source: [P2], note: coded from the result}
      error: 0.05
      months: 1.5
    us_senate:
      party: united_states
      order: 2
      votes: [{id: treaty, at_least: 67/100}]
      support: {value: 0.68, range: [0.60, 0.76], status: mixed, source: [P3], note: coded from the result}
      error: 0.03
      months: 7
"""
CASES = {
    "two-banks-pullback": (TWO_BANKS, {"ratification", "aftermath"}),
    "korea-armistice-1953": (KOREA, {"war", "events", "ratification", "aftermath"}),
    "panama-canal-1977": (PANAMA, {"ratification"}),
    "orange-and-lemon": ("", set()),
}


def without_blocks(text: str) -> str:
    """A file's text without the top-level blocks that the snippets here bring along."""
    kept, keep = [], True
    for line in text.splitlines(keepends=True):
        if line[:1].isalpha():
            keep = line.partition(":")[0] not in BLOCKS
        kept += [line] if keep else []
    return "".join(kept)


@pytest.fixture(scope="module")
def flagship() -> Scenario:
    return read_scenario(FLAGSHIP)


@pytest.fixture
def case(tmp_path):
    def read(name: str, *changes: tuple[str, str], blocks: str | None = None) -> Scenario:
        text = without_blocks((SCENARIOS / f"{name}.yaml").read_text(encoding="utf-8"))
        text += CASES[name][0] if blocks is None else blocks
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        (tmp_path / "case.yaml").write_text(text, encoding="utf-8")
        return read_scenario(tmp_path / "case.yaml")

    return read


@pytest.fixture
def faults(tmp_path):
    """The faults of the flagship with some texts replaced, each at its first place, without the file's name."""

    def read(*changes: tuple[str, str]) -> list[str]:
        text = TEXT
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        (tmp_path / "f.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(ScenarioError) as caught:
            read_scenario(tmp_path / "f.yaml")
        return [line.removeprefix("f.yaml:") for line in str(caught.value).splitlines()]

    return read


# What the blocks become


def test_what_a_file_leaves_out_of_its_blocks_has_its_default(case):
    scenario = case("two-banks-pullback")
    ratification, aftermath = scenario.ratification, scenario.aftermath
    assert vars(ratification.after_refusal) == {"name": "end", "months_lost": 0.0, "at_most": 0}
    assert (ratification.shared_error, ratification.milestones) == (Number(0), {})
    (ratifier,) = ratification.ratifiers.values()
    assert (ratifier.barred_when, ratifier.votes[0].when, ratifier.votes[0].needs) == (NEVER, ALWAYS, ())
    parts = (aftermath.guarantor, aftermath.credibility_lost, aftermath.power_shift)
    assert parts == (None, None, None)
    hazard = aftermath.hazard
    assert (hazard.survival_60, hazard.ratios, hazard.reference_credibility) == (None, {}, None)
    assert (hazard.if_not_self_enforcing, hazard.if_pull_back_fails) == (Number(1), Number(2))
    assert (aftermath.pull_back.one_sided, aftermath.pull_back.depth_km) == (None, None)
    assert scenario.parties["upland"].foresight == scenario.parties["upland"].refusal_cost == Number(0)
    senate = case("panama-canal-1977").ratification.ratifiers["us_senate"]
    assert (senate.label, senate.when, senate.shifts) == ("us_senate", ALWAYS, {})
    resumed = case("two-banks-pullback", ("{name: end}", "{name: resume}")).ratification.after_refusal
    assert (resumed.months_lost, resumed.at_most) == (0.0, 1)


def test_a_war_may_be_no_more_than_wear(case):
    war = case("korea-armistice-1953").war
    assert (war.since, war.front, war.outages, war.strikes, war.cost_per_month) == (
        date(1950, 6, 25), None, None, {}, {},
    )  # fmt: skip
    assert war.no_deal_falls_per_month["northern_side"].high == 0.008
    (event,) = case("korea-armistice-1953").events
    assert (event.at_month, event.chance, event.chance_per_month) == (Number(20), None, None)
    assert (event.narrows, event.commits, event.lines_fall, event.front_shift) == ({}, None, (), None)


def test_less_common_forms(tmp_path):
    changes = [
        ("pulled: on_refusal", "pulled: {month: 6}"),
        (
            "pulls_levers: both",
            "pulls_levers: aid_withheld\n    lines_fall: [russia.all_of_donetsk]\n    front_shift: -50",
        ),
        ("    depth_km:", "    one_sided: [both_ukraine_first, ukraine_only]\n    depth_km:"),
        ("dividend: {value: 0.2, range: [0.05, 0.5], status: assumption}", "dividend: {ukraine: 0.2, russia: 0.1}"),
        ("    shape: {value: 0.5, range: [0.3, 0.8], status: mixed, source: [S27]}", "    survival_60: 0.5"),
        ("    months: 24  ", "    surplus: all_to_riser\n    months: 24  "),
        ("    deterrence:", "    reference_credibility: 0.2\n    deterrence:"),
    ]
    text = TEXT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    (tmp_path / "f.yaml").write_text(text, encoding="utf-8")
    scenario = read_scenario(tmp_path / "f.yaml")
    assert scenario.mediation.levers["aid_withheld"].pulled == 6.0
    event = next(event for event in scenario.events if event.id == "christmas_deadline")
    assert (event.pulls_levers, event.lines_fall) == (("aid_withheld",), ("russia.all_of_donetsk",))
    assert event.front_shift == Number(-50)
    pull_back = scenario.aftermath.pull_back
    assert pull_back.one_sided == ("both_ukraine_first", "ukraine_only")
    assert pull_back.dividend == {"ukraine": Number(0.2), "russia": Number(0.1)}
    assert (scenario.aftermath.hazard.shape, scenario.aftermath.hazard.survival_60) == (None, Number(0.5))
    assert scenario.aftermath.power_shift.surplus == "all_to_riser"
    assert scenario.numbers()["aftermath.pull_back.dividend.russia"] == Number(0.1)
    assert "aftermath.pull_back.dividend" not in scenario.numbers()
    assert scenario.numbers()["aftermath.hazard.reference_credibility"] == Number(0.2)


# Paths


def test_numbers_of_the_blocks_are_named_as_paths_set_them(flagship):
    numbers = flagship.numbers()
    assert list(numbers) == sorted(numbers, key=lambda path: path.split("."))
    for path, value in {
        "giving_way.lever_adds": 1,
        "mediation.levers.sanctions_added.lowers_no_deal_by": 0.25,
        "mediation.bias.by": 0,
        "mediation.carrots.budget": 0,
        "mediation.carrots.offers.trade.adds": 0.03,
        "war.strikes.russia_on_ukraine.waves_per_month": 5,
        "war.outages.winter.factor": 1.5,
        "events.escalation.chance_per_month": 0.25,
        "events.offer_may_lapse.at.chance": 0.3,
        "events.stuttgart_meeting.narrows.aftermath.credibility": 0.8,
        "ratification.ratifiers.us_congress.support": 0.62,
        "ratification.ratifiers.verkhovna_rada.shifts.guarantee.none": -0.65,
        "ratification.milestones.ceasefire.months.ceasefire_first": 0,
        "ratification.milestones.martial_law_ends.months": 2,
        "aftermath.credibility.article5_congress": 0.55,
        "aftermath.credibility_lost.at_change_of_president.executive": 0.4,
        "aftermath.power_shift.away_from_ukraine.guarantee.none": 0.08,
        "aftermath.power_shift.penalty_if_guarantor_acts": 0.3,
        "aftermath.pull_back.gain_of_cheating": 3,
        "aftermath.hazard.ratios.empty_strip.ratio": 0.6,
        "parties.europe.foresight": 0.5,
    }.items():
        assert numbers[path].value == value, path
        assert flagship.where(path).startswith("first-flagship.yaml:"), path


def test_what_is_only_shown_is_no_number_that_a_draw_moves(flagship):
    shown = ("claimed_losses_per_month", "donetsk_held_by_ukraine", "regions", "spillover", "value", "range", "status")
    assert [path for path in flagship.numbers() if set(path.split(".")) & set(shown)] == []
    assert flagship.with_sets(["war.claimed_losses_per_month.russia=1000"]).war.shown["claimed_losses_per_month"][
        "russia"
    ] == Number(1000)


def test_every_number_can_be_set_by_its_path(flagship):
    """Set alone, to its own value, without a change; then a few together, to others."""
    paths = [path for path in flagship.numbers() if path.split(".")[0] in BLOCKS]
    assert len(paths) > 100
    sets = [f"{path}={flagship.numbers()[path].value!r}" for path in paths]
    again = flagship.with_sets(sets).numbers()
    assert {path: again[path] for path in paths} == {path: Number(flagship.numbers()[path].value) for path in paths}
    other = flagship.with_sets([
        "events.stuttgart_meeting.narrows.aftermath.credibility=0.5",
        "events.stuttgart_meeting.narrows.aftermath.monitoring.range=[0.7, 0.9]", "war.strikes.*.waves_per_month=9",
        "aftermath.credibility.*=0.5", "ratification.ratifiers.*.error=0", "parties.*.foresight=0",
        "ratification.after_refusal.name=end",
    ])  # fmt: skip
    assert other.events[2].narrows == {
        "aftermath.credibility": Number(0.5), "aftermath.monitoring": Number(0.8, 0.7, 0.9),
    }  # fmt: skip
    assert {strike.waves_per_month for strike in other.war.strikes.values()} == {Number(9)}
    assert set(other.aftermath.credibility.numbers.values()) == {Number(0.5)}
    assert {ratifier.error for ratifier in other.ratification.ratifiers.values()} == {Number(0)}
    assert vars(other.ratification.after_refusal) == {"name": "end", "months_lost": 0.0, "at_most": 0}


def test_where_points_at_a_key_with_dots(flagship):
    line = TEXT.splitlines().index(next(line for line in TEXT.splitlines() if "narrows:" in line)) + 1
    assert flagship.where("events.stuttgart_meeting.narrows.aftermath.monitoring").startswith(
        f"first-flagship.yaml:{line}:"
    )


def test_the_mechanisms_ask_for_these_numbers_under_these_paths_and_for_no_others(flagship, case):
    for scenario in (flagship, case("korea-armistice-1953"), case("two-banks-pullback"), case("panama-canal-1977")):
        numbers = scenario.numbers()
        inputs = {path for path in draw(scenario, count=2).inputs if not path.endswith((".real", ".looks_ahead"))}
        assert inputs <= numbers.keys()
        assert {path for path, number in numbers.items() if number.uncertain} <= inputs


def test_a_difference_changes_an_event_by_its_id_and_replaces_a_condition(tmp_path, flagship):
    (tmp_path / "base.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "f.yaml").write_text(
        """extends: base.yaml
id: other
title: Other
events:
  - {id: escalation, chance_per_month: 0.5}
  - {id: thaw, chance_per_month: 0.1, shifts_no_deal: {ukraine: -0.05, russia: -0.05}}
ratification:
  ratifiers:
    ukraine_referendum: {barred_when: {withdrawal: ukraine_only}, votes: [{id: referendum, needs: [ceasefire]}]}
aftermath: {credibility: {none: 0}}
""",
        encoding="utf-8",
    )
    scenario = read_scenario(tmp_path / "f.yaml")
    assert [event.id for event in scenario.events] == [*(event.id for event in flagship.events), "thaw"]
    assert scenario.events[4].chance_per_month.value == 0.5
    assert scenario.events[4].extra_waves == flagship.events[4].extra_waves
    referendum = scenario.ratification.ratifiers["ukraine_referendum"]
    assert referendum.barred_when == Condition(({"withdrawal": frozenset({"ukraine_only"})},))
    assert (referendum.votes[0].needs, referendum.votes[0].strict) == (("ceasefire",), True)
    assert scenario.aftermath.credibility.numbers["none"] == Number(0)
    assert scenario.where("events.thaw") == "f.yaml:6:5"


def test_a_path_of_a_block_can_be_swept(flagship, tmp_path):
    text = TEXT.replace("\nmediation:", "\nsweep: {events.escalation.chance_per_month: [0.1, 0.2]}\nmediation:", 1)
    (tmp_path / "f.yaml").write_text(text, encoding="utf-8")
    points = list(read_scenario(tmp_path / "f.yaml").points())
    assert [point.scenario.events[4].chance_per_month for point in points] == [Number(0.1), Number(0.2)]


# What is refused


REFUSED = [
    ("lever_adds:", "lever_ads:", "giving_way: unknown key 'lever_ads'; did you mean 'lever_adds'?"),
    ("per_month: {value: 0.01, range: [0,", "per_month: {value: 0.01, range: [-0.1,",
     "giving_way.per_month.range: -0.1 is"),
    ("  mediator: united_states", "  mediator: united_state",
     "402:13: mediation.mediator: no party is called 'united_state'; did you mean 'united_states'?"),
    ("  mediator: united_states", "  mediator: europe", "mediation.mediator: europe is no mediator; give that party"),
    ("  bias: {toward: ukraine, by:", "  bias: {toward: ukraine, value:", "mediation.bias: unknown key 'value'"),
    ("by: {value: 0, status", "by: {value: 0, range: [-0.5, 0.5], status",
     "414:42: mediation.bias.by.range: a bias is not drawn anew in every run; give one number, and sweep it: "
     "`--vary mediation.bias.by=-0.5:0.5:5`"),
    ("by: {value: 0, status", "by: {value: 0.95, status", "bias.by.value: 0.95 is out of bounds; a number from -0.9"),
    ("bias: {toward: ukraine", "bias: {toward: europe",
     "414:18: mediation.bias.toward: europe is no belligerent; ukraine or russia would do"),
    ("bias: {toward: ukraine", "bias: {toward: ukrain", "mediation.bias.toward: no party is called 'ukrain'; did you"),
    ("    label: Russia\n    kind: belligerent", "    label: Russia",
     "413:18: mediation.bias.toward: a bias is between belligerents, and ukraine alone is `kind: belligerent`"),
    ("    budget: {value: 0, range: [0,", "    budget: {value: 0, range: [-1,", "budget.range: -1 is out of bounds"),
    ("    budget: {value: 0, range: [0, 0.05], status: assumption}\n", "",
     "415:3: mediation.carrots: a key is missing: 'budget' (maximum added to one package"),
    ("    offers:\n      - id: rebuilding\n        party: ukraine",
     "    ofers:\n      - id: rebuilding\n        party: ukraine",
     "415:3: mediation.carrots: a key is missing: 'offers' (its offers, each with a party and the packages that earn"),
    ("id: trade", "id: rebuilding",
     "423:13: mediation.carrots.offers: another offer is called 'rebuilding', on line 418"),
    ("        party: ukraine\n", "        party: kyiv\n", "carrots.offers.rebuilding.party: no party is called 'kyiv'"),
    ("        party: ukraine\n", "        party: united_states\n",
     "419:16: mediation.carrots.offers.rebuilding: a mediator offers carrots to others, not to itself; name another"),
    ("        when: {withdrawal: both_equal}", "        when: {withdrawal: both_equals}",
     "offers.rebuilding.when.withdrawal: no option of withdrawal is called 'both_equals'; did you mean"),
    ("adds: {value: 0.03, range: [0, ", "adds: {value: 0.03, range: [-1, ", "rebuilding.adds.range: -1 is out of"),
    ("party: russia\n      lowers", "party: rusia\n      lowers", "mediation.levers.sanctions_added.party: no party"),
    ("party: russia\n      lowers", "party: united_states\n      lowers", "a mediator pulls levers on others"),
    ("pulled: on_refusal", "pulled: onrefusal",
     "aid_withheld.pulled: 'onrefusal' is not one of never or on_refusal; did you mean 'on_refusal'?"),
    ("pulled: on_refusal", "pulled: {months: 3}", "unknown key 'months'; did you mean 'month'?"),
    ("  step_per_round: 0.25", "#", "403:3: mediation: levers move by steps; `step_per_round: 0.25`"),
    ("sanctions_added:", "both:", "mediation.levers: 'both' stands for two levers"),
    ("donetsk_held_by_ukraine", "donetsk_held_by_ukrain", "war.front: no party is called 'ukrain'; did you mean"),
    ("donetsk_held_by_ukraine", "donetsk_hold_by_ukraine",
     "war.front: unknown key 'donetsk_hold_by_ukraine'; there is"),
    ("value: 0.19, range: [0.18,", "value: 0.19, range: [-0.18,", "war.front.donetsk_held_by_ukraine.range: -0.18 is"),
    ("sd_per_month: {value: 130,", "sd_per_month: {value: -130,",
     "war.front.sd_per_month.value: -130 is out of bounds"),
    ("drift_per_month:", "drift_a_month:", "war.front: unknown key 'drift_a_month'; did you mean 'drift_per_month'?"),
    ("russia_on_ukraine:\n      waves", "russia_vs_ukraine:\n      waves",
     "'russia_vs_ukraine' does not name two parties as PARTY_on_PARTY; did you mean 'russia_on_ukraine'?"),
    ("russia_on_ukraine:\n      waves", "russia_on_russia:\n      waves",
     "'russia_on_russia' does not name two parties"),
    ("range: [0.78, 0.92]", "range: [0.78, 1.92]", "war.strikes.russia_on_ukraine.drones_intercepted.range: 1.92 is"),
    ("months: [11, 12, 1,", "months: [11, 13, 1,", "475:27: war.outages.winter.months.1: '13' is out of bounds"),
    ("months: [11, 12, 1,", "months: [11, 12, 11,", "475:31: war.outages.winter.months: '11' stands twice"),
    ("as_of: 2025-12-14", "", "winter needs a date to count from; give the scenario `as_of`"),
    ("as_of: 2025-12-14", "", "first_change_at: a date after signature needs one to count from"),
    ("spillover: {", f"spillover: {{a: [{'x,' * 300}x], ", "war.spillover: too long for something that is only shown"),
    ("spillover: {", f"spillover: {{a: {'x' * 6000}, ", "war.spillover: too long for something that is only shown"),
    ("  cost_unit: billion US dollars\n", "", "448:3: war.cost_per_month: money needs a unit: give `war.cost_unit`"),
    ("    russia: {value: 11.4,", "    rusia: {value: 11.4,", "451:5: war.cost_per_month: no party is called 'rusia'"),
    ("    russia: {range: [25000,", "    rusia: {range: [25000,", "war.claimed_losses_per_month: no party is called"),
    ("at: {month: 0}", "at: {month: -1}", "events.public_offer.at.month: -1 is out of bounds; a number of at least 0"),
    ("at: {month: 0}\n", "chance_per_month: 0.1\n    at: {month: 0}\n",
     "events.public_offer.chance_per_month: an event happens at a date or by chance; keep `at` or this"),
    ("at: {month: 0}", "", "484:9: events.public_offer.id: when does this happen?"),
    ("to: {nato_status: political_pledge,", "to: {nato_stats: x,",
     "events.public_offer.commits.to: no issue is called"),
    ("to: {nato_status: political_pledge,", "to: {nato_status: x,",
     "events.public_offer.commits.to.nato_status: no option"),
    ("aftermath.credibility: 0.8", "aftermath.credibilty: 0.8",
     "events.stuttgart_meeting.narrows: 'aftermath.credibilty' is no number or branch of numbers below "
     "`ratification` or `aftermath`; did you mean 'aftermath.credibility'?"),
    ("aftermath.credibility: 0.8", "aftermath.*: 0.8", "narrows: 'aftermath.*' is no number or branch"),
    ("in Stuttgart\n    at: {month: 0}", "in Stuttgart\n    at: {month: 0.46}",
     "events.stuttgart_meeting.narrows: only an event of the first round can narrow; give it `at: {month: 0}`"),
    ("aftermath.credibility: 0.8", "parties.ukraine.no_deal: 0.8", "narrows: 'parties.ukraine.no_deal' is no number"),
    ("aftermath.credibility: 0.8", "aftermath.credibility: 1.8", "narrows.aftermath.credibility: 1.8 is out of bounds"),
    ("extra_waves: {russia_on_ukraine", "extra_waves: {russia_on_ukrane", "extra_waves: no strike is called"),
    ("closes_channel: {rounds: 2}", "closes_channel: {rounds: 0}", "closes_channel.rounds: '0' is out of bounds"),
    ("pulls_levers: both", "pulls_levers: [aid_witheld]",
     "no lever is called 'aid_witheld'; did you mean 'aid_withheld'?"),
    ("removes: {guarantee: [", "removes: {guarante: [",
     "events.offer_may_lapse.removes: no issue is called 'guarante'"),
    ("removes: {guarantee: [article5_congress_force, article5_congress]",
     "removes: {guarantee: [article5_congress_force, article5_congress, article5_executive, aid_only, none]",
     "events.offer_may_lapse.removes.guarantee: this leaves no option of guarantee"),
    ("removes:", "lines_fall: ukraine.armi\n    removes:",
     "no red line is called 'ukraine.armi'; did you mean 'ukraine.army'?"),
    ("removes:", "shifts_no_deal: {rusia: 0}\n    removes:", "shifts_no_deal: no party is called 'rusia'"),
    ("id: kremlin_statement", "id: public_offer", "493:9: events: another event is called 'public_offer', on line 484"),
    ("{name: resume", "{name: resum",
     "537:25: ratification.after_refusal.name: 'resum' is not one of end or resume; did"),
    ("at_most: 1}", "at_most: 1.5}", "ratification.after_refusal.at_most: '1.5' where a whole number would do"),
    ("by: sequence,", "by: sequense,", "ratification.milestones.ceasefire.by: no issue is called 'sequense'; did you"),
    ("by: sequence, ", "", "ratification.milestones.ceasefire.months: months by option need the issue"),
    ("months: {ceasefire_first: 0, ", "months: {",
     "ratification.milestones.ceasefire.months: no months for ceasefire_first"),
    ("months: {ceasefire_first: 0, deal_then_ceasefire: 0.25, withdrawal_then_ceasefire: 4}", "months: 4",
     "ratification.milestones.ceasefire.months: months for each option of sequence would do"),
    ("after: ceasefire", "after: cease_fire", "no milestone is called 'cease_fire'; did you mean 'ceasefire'?"),
    ("after: ceasefire", "after: martial_law_ends", "martial_law_ends waits for itself"),
    ("ceasefire: {by:", "ceasefire: {after: martial_law_ends, by:",
     "540:24: ratification.milestones.ceasefire.after: ceasefire and martial_law_ends wait for one another"),
    ("party: ukraine\n      order: 2", "party: kyiv\n      order: 2",
     "ratification.ratifiers.verkhovna_rada.party: no party"),
    ("      order: 2", "      order: 2.5", "ratification.ratifiers.verkhovna_rada.order: '2.5' where a whole number"),
    ("226/450", "0.5", "votes.law.at_least: '0.5' is no fraction; 1/2 or 226/450 would do"),
    ("226/450", "460/450", "'460/450' is out of bounds; a fraction above 0, at most 1, would do"),
    ("226/450", "0/450", "'0/450' is out of bounds"),
    ("226/450", "1/0", "'1/0' is out of bounds"),
    ("more_than: 1/2", "more_than: 2/2", "votes.confirmation.more_than: nothing passes with more than all"),
    ("at_least: 226/450", "at_least: 226/450, more_than: 1/2", "a vote has one threshold; keep `at_least` or this"),
    (", at_least: 226/450", "", "votes.law.id: it is not said what this vote takes"),
    ("needs: [martial_law_ends]", "needs: [martial_law_end]", "no milestone is called 'martial_law_end'; did you mean"),
    ("barred_when: {sequence: withdrawal_t", "barred_when: {sequence: t",
     "ukraine_referendum.barred_when.sequence: no option"),
    ("{pre_2022_line: 0.3,", "{pre_2022: 0.3,",
     "verkhovna_rada.shifts.donetsk_status: no option of donetsk_status is called"),
    ("guarantee: {article5_congress_force: 0.1", "guarante: {article5_congress_force: 0.1",
     "shifts: no issue is called"),
    ("error: 0.08", "error: -0.08", "ratification.ratifiers.verkhovna_rada.error: -0.08 is out of bounds"),
    ("range: [0.60, 0.80]", "range: [0.60, 1.80]", "ratification.ratifiers.verkhovna_rada.support.range: 1.8 is out"),
    ("months: 0.5", "months: -0.5", "ratification.ratifiers.russian_leadership.months: -0.5 is out of bounds"),
    ("{id: law,", "{id: constitution,", "verkhovna_rada.votes: another vote is called 'constitution', on line 561"),
    ("guarantor: {party: united_states", "guarantor: {party: united_state",
     "aftermath.guarantor.party: no party is called"),
    ("helper: europe", "helper: united_states", "aftermath.guarantor.helper: the helper is the guarantor itself"),
    ("    article5_congress_force: {value: 0.70", "    article5_congress_forc: {value: 0.70",
     "620:5: aftermath.credibility: no option of guarantee is called 'article5_congress_forc'; did you mean"),
    ("    none: {value: 0.05, range: [0.0, 0.15], status: assumption}\n", "",
     "619:3: aftermath.credibility: no number for none; every option of guarantee needs one"),
    ("aid_only: executive}", "aid_only: exeutive}", "aftermath.credibility_lost.route.aid_only: no route is called"),
    ("route: {article5_congress_force:", "route: {article5:", "route: no option of credibility is called 'article5'"),
    ("    first_change_at: 2029-01-20\n", "",
     "at_change_of_president: it is not said when that is; give `first_change_at`"),
    ("away_from_ukraine:", "away_from_europe:",
     "'europe' is none of the sides in `war_cost`; ukraine or russia would do"),
    ("away_from_ukraine:", "away_fom_ukraine:", "unknown key 'away_fom_ukraine'; there is"),
    ("away_from_ukraine:", "away_fom_ukraine:",
     "637:3: aftermath.power_shift: it is not said how options move the balance"),
    ("away_from_ukraine:", "away_from_russia: {}\n    away_from_ukraine:", "away_from_russia says it already"),
    ("    war_cost:", "    war_cost:\n      europe: 0.1",
     "aftermath.power_shift.war_cost: europe, ukraine and russia where two"),
    ("{phased_assets_to_ukraine: -0.02", "{phased_assets_to: -0.02",
     "away_from_ukraine.sanctions_assets: no option of"),
    ("{phased_assets_to_ukraine: -0.02", "{phased_assets_to_ukraine: -2",
     "sanctions_assets.phased_assets_to_ukraine: -2 is"),
    ("    months: 24  ", "    surplus: all\n    months: 24  ", "surplus: 'all' is not one of flow or all_to_riser"),
    ("steps: {both_equal: 4,", "steps: {both_equals: 4,",
     "aftermath.pull_back.steps: no option of withdrawal is called"),
    ("steps: {both_equal: 4, both_ukraine_first: 2, ukraine_only: 1}", "steps: {none: 4}",
     "652:5: aftermath.pull_back.steps: these are options of guarantee and withdrawal alike, so it cannot be told"),
    ("steps: {both_equal: 4, both_ukraine_first: 2, ukraine_only: 1}", "steps: {a: 4}",
     "aftermath.pull_back.steps: no issue has options called a"),
    ("steps: {both_equal: 4,", "steps: {both_equal: 4.5,", "aftermath.pull_back.steps.both_equal: '4.5' where a whole"),
    ("    depth_km:", "    one_sided: none\n    depth_km:",
     "aftermath.pull_back.one_sided: no option in steps is called 'none'"),
    ("gain_of_cheating: {value: 3,", "gain_of_cheating: {valeu: 3,",
     "655:24: aftermath.pull_back.gain_of_cheating: unknown"),
    ("gain_of_cheating: {value: 3, range: [1, 6], status: assumption}", "gain_of_cheating: {ukraine: 3, rusia: 3}",
     "aftermath.pull_back.gain_of_cheating: no party is called 'rusia'; did you mean 'russia'?"),
    ("gain_of_cheating: {value: 3, range: [1, 6], status: assumption}", "gain_of_cheating: {ukraine: 3}",
     "aftermath.pull_back.gain_of_cheating: ukraine where two sides would do"),
    ("    survival_12:", "    survival_60: 0.5\n    survival_12:",
     "aftermath.hazard.survival_60: shape, survival_12 and survival_60 together say too much"),
    ("    shape: {value: 0.5, range: [0.3, 0.8], status: mixed, source: [S27]}", "",
     "hazard.survival_12: one more number"),
    ("    shape: {value: 0.5, range: [0.3, 0.8], status: mixed, source: [S27]}", "    survival_60: 0.78",
     "aftermath.hazard.survival_60: fewer agreements hold 60 months than 12"),
    ("joint_commission:\n        when: {withdrawal: both_equal}",
     "joint_commission:\n        when: {withdrawal: both_equals}",
     "ratios.joint_commission.when.withdrawal: no option"),
    ("foresight: {value: 0.5, range: [0, 1]", "foresight: {value: 0.5, range: [0, 2]",
     "parties.ukraine.foresight.range: 2"),
    ("refusal_cost:", "refusal_costs:", "parties.ukraine: unknown key 'refusal_costs'; did you mean 'refusal_cost'?"),
    ("source: [S9, S11, S12, S13, S29]", "source: [S9, S99]",
     "ratification.ratifiers.ukraine_referendum.source: no source"),
    ("aftermath:\n", "aftermath:\n  walk_away: 1\n", "618:3: aftermath: unknown key 'walk_away'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "fault"), REFUSED, ids=[f"{n:02}" for n in range(len(REFUSED))])
def test_a_fault_states_where_what_was_found_and_what_would_do(faults, old, new, fault):
    reported = faults((old, new))
    assert any(fault in line for line in reported), reported


def test_all_faults_are_reported_at_once(faults):
    reported = faults(
        ("lever_adds:", "lever_ads:"),
        ("  mediator: united_states", "  mediator: nobody"),
        ("sd_per_month:", "sd:"),
        ("pulls_levers: both", "pulls_levers: boht"),
        ("226/450", "226"),
        ("needs: [martial_law_ends]", "needs: [peace]"),
        ("away_from_ukraine:", "away_from_europe:"),
        ("steps: {both_equal: 4,", "steps: {both_equals: four,"),
    )
    blocks = [line.split(" ")[1].split(".")[0].rstrip(":") for line in reported]
    assert blocks == ["giving_way", "mediation", "war", "events", *["ratification"] * 2, *["aftermath"] * 3]


@pytest.mark.parametrize(
    ("path", "low", "high", "fits"),
    [
        ("aftermath.credibility.none", 0.0, 0.15, False), ("aftermath.credibility.aid_only", 0.10, 0.35, False),
        ("aftermath.credibility.aid_only", 0.15, 0.35, True),
        ("ratification.ratifiers.us_congress.support", 0.52, 0.72, True),
        ("ratification.ratifiers.us_congress.support", 0.80, 0.98, False),
        ("ratification.ratifiers.us_congress.months", 2, 9, False),
        ("ratification.ratifiers.us_congress.months", 4, 9, True), ("aftermath.hazard.shape", 0.2, 0.8, False),
        ("aftermath.power_shift.away_from_ukraine.guarantee.none", -0.9, 0.9, False),
        ("war.front.drift_per_month", -100, 725, True), ("parties.ukraine.foresight", 0, 1, False),
    ],
)
def test_a_normal_law_that_leaves_the_meaning_of_a_number_is_refused(flagship, path, low, high, fits):
    """It goes 0.44 times its width beyond its range at either end."""
    text = f"{path}={{law: normal, range: [{low}, {high}]}}"
    if fits:
        assert flagship.with_sets([text]).numbers()[path].law == "normal"
        return
    with pytest.raises(ScenarioError, match="a normal law goes beyond its range"):
        flagship.with_sets([text])


def test_a_table_of_options_that_several_issues_share_is_refused_with_their_names(case):
    with pytest.raises(ScenarioError) as caught:
        case(
            "panama-canal-1977",
            blocks="aftermath: {monitoring: {panama_position: 0.1, split: 0.2, us_position: 0.3}}\n",
        )
    assert "aftermath.monitoring: these are options of us_defense_rights, use_rights, " in str(caught.value)


def test_a_table_means_the_issue_that_has_its_options_and_no_others():
    options = {"strip": ["none", "wide"], "teams": ["none", "some", "wide"], "line": ["here"]}
    assert issues_with(["none", "wide"], options) == ["strip"]
    assert issues_with(["none", "some"], options) == ["teams"]
    assert issues_with(["none"], options) == ["strip", "teams"]
    assert issues_with(["none", "here"], options) == []


def test_a_circle_of_milestones_is_reported_once(faults):
    (reported,) = faults(("ceasefire: {by:", "ceasefire: {after: martial_law_ends, by:"))
    assert reported.endswith("wait for one another; let one of them follow the signature: take out its `after`")


def test_an_issue_may_be_called_source(case):
    """Where issues and options are named, `source` is one of them, not a list of sources."""
    event = "events: [{id: e, at: {month: 1}, commits: {party: upland, to: {source: lowland_full}, costs_per_step: 0}"
    text = without_blocks((SCENARIOS / "two-banks-pullback.yaml").read_text(encoding="utf-8"))
    called = {
        old: re.sub(r"\bstrip\b(?=[:,])", "source", old) for old in text.splitlines() if re.search(r"\bstrip[:,]", old)
    }
    scenario = case("two-banks-pullback", *called.items(), blocks=f"{event}, removes: {{source: upland_keeps}}}}]\n")
    assert scenario.events[0].commits.to == {"source": "lowland_full"}
    assert scenario.events[0].removes == {"source": ("upland_keeps",)}


@pytest.mark.parametrize("part", ["guarantor: {party: upland, cost_of_acting: 0.1}", "credibility_lost: {route: {}}"])
def test_what_only_wears_off_or_enforces_a_promise_needs_one(case, part):
    blocks = TWO_BANKS.replace("credibility: {none: 0.05, joint: 0.15, third_party: 0.5}", part)
    with pytest.raises(ScenarioError, match="without `credibility` this has no effect"):
        case("two-banks-pullback", blocks=blocks)


def test_a_shift_of_the_front_needs_a_front(case):
    blocks = KOREA.replace("    shifts_no_deal:", "    front_shift: 10\n    shifts_no_deal:")
    with pytest.raises(ScenarioError, match=r"there is no `war\.front` to shift"):
        case("korea-armistice-1953", blocks=blocks)


def test_the_mediator_s_bias_is_set_and_swept(flagship):
    assert flagship.with_sets(["mediation.bias.by=0.3"]).mediation.bias.by == Number(0.3)
    points = list(flagship.points(["mediation.bias.by=-0.5:0.5:5"]))
    assert [point.scenario.mediation.bias.by.value for point in points] == [-0.5, -0.25, 0, 0.25, 0.5]
    with pytest.raises(ScenarioError, match="a bias is not drawn anew in every run"):
        flagship.with_sets(["mediation.bias.by.range=[0.5, -0.5]"])


def test_both_means_two_levers(case):
    blocks = KOREA.replace("    shifts_no_deal:", "    pulls_levers: both\n    shifts_no_deal:")
    with pytest.raises(ScenarioError, match="'both' where there are 0 levers; name those that are meant"):
        case("korea-armistice-1953", blocks=blocks)


def test_a_condition_that_no_package_meets_is_noted(case):
    blocks = TWO_BANKS.replace(
        "when: {strip: [demilitarised, lowland_full]}", "when: {strip: upland_keeps, pull_back: reciprocal}"
    )
    reported = [str(note) for note in notes(case("two-banks-pullback", blocks=blocks))]
    expected = "ratification.ratifiers.upland_assembly.when: no consistent package meets this"
    assert any(expected in note for note in reported)
    assert not any("ratification" in str(note) for note in notes(case("two-banks-pullback")))


# Editors


# Strangers' files
