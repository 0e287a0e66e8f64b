"""What `show` prints of the blocks beside the talks: in words, in tables, and as data."""

from functools import cache

import pytest

from sim.analysis.portrait import portrait
from sim.report.show import CLAIMS, nested
from sim.report.show_around import chance, event_effects, whole
from tests.commands import ROOT, call, data
from tests.problems import pie, read, shipped

FLAGSHIP, KOREA, PANAMA, BANKS, ORANGE = (
    f"{folder}/{name}.yaml"
    for folder, name in (
        ("tests", "first-flagship"),
        ("scenarios", "korea-armistice-1953"),
        ("scenarios", "panama-canal-1977"),
        ("scenarios", "two-banks-pullback"),
        ("scenarios", "orange-and-lemon"),
    )
)
HEADINGS = {  # section: the block without which it does not appear
    "Red lines that give way": "giving_way",
    "Mediation by": "mediation",
    "The war during the talks": "war",
    "No-deal value as the months pass": "war",
    "Events: what happens": "events",
    "Ratification: who must approve after signature": "ratification",
    "Chance that the votes": "ratification",
    "After signature (": "aftermath",
    "Proposals as if signed and in force": "aftermath",
    "The war as described in the file": "war",
}


@cache
def printed(file):
    answer = call("show", "--full", ROOT / file)
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def section(file, title):
    """The lines below a heading, up to the next one."""
    return printed(file).split(f"\n{title}")[1].split("\n\n")[0]


def cells(file, title, first):
    """The words of the row of a table that begins with `first`."""
    (line,) = (line for line in section(file, title).splitlines() if line.strip().startswith(first))
    return line.strip().removeprefix(first).split()


def flat(text):
    return " ".join(text.split())


@pytest.mark.parametrize("title", HEADINGS)
def test_a_section_appears_where_the_file_has_the_block_and_nowhere_else(title):
    assert f"\n{title}" in printed(FLAGSHIP)
    assert f"\n{title}" not in printed(ORANGE)
    held = shipped("two-banks-pullback").resolved
    assert (f"\n{title}" in printed(BANKS)) == (HEADINGS[title] in held)


@pytest.mark.parametrize("file", [FLAGSHIP, KOREA, PANAMA, BANKS, ORANGE])
def test_what_is_shown_fits_a_hundred_columns(file):
    assert max(map(len, printed(file).splitlines())) <= 100


def test_pressure_says_on_whom_how_much_and_when():
    assert cells(FLAGSHIP, "Mediation", "aid_withheld") == ["Ukraine", "0.25", "[0,", "0.55]", "0.34", "on", "refusal"]
    assert "15 % of them have fallen" in flat(printed(FLAGSHIP))
    assert "leans toward nobody (bias 0)" in section(FLAGSHIP, "Mediation")
    assert "at most 0 [0, 0.05]" in printed(FLAGSHIP) and "withdrawal: both_equal" in section(
        FLAGSHIP, "Value that United"
    )
    biased = call("show", "--full", ROOT / FLAGSHIP, "--set", "mediation.bias.by=-0.2", "--set",
                  "mediation.levers.aid_withheld.pulled={month: 6}", "--set",
                  "mediation.levers.sanctions_added.pulled=never").stdout  # fmt: skip
    assert "leans toward Ukraine by -0.2; below 0: away from it." in biased
    assert "from month 6" in biased and "by events alone" in biased and "on refusal" not in biased


def test_the_war_in_figures():
    title = "No-deal value as the months pass"
    assert cells(FLAGSHIP, title, "Ukraine") == ["0.45", "0.22", "-0.02", "-0.14", "-0.13", "-0.20"]
    assert cells(FLAGSHIP, title, "United States") == ["0.45", "0.29", "0.13", "-", "-0.32", "-"]
    assert cells(FLAGSHIP, "Strikes", "hits a month") == ["458", "80"]
    assert cells(FLAGSHIP, "Strikes", "household-weeks a month") == ["2,450,000", "66,000"]
    assert "Front: 490 [300, 725] a month, standard deviation 130" in printed(FLAGSHIP)
    money = "Money a month, in billion US dollars and no part of utility: Ukraine 5.2 [5.2, 10]"
    assert money in flat(printed(FLAGSHIP))


def test_votes_keep_their_fractions():
    text = flat(section(FLAGSHIP, "Ratification: who must"))
    assert "300/450" in text and "2/3" not in text and "113/225" not in text
    assert "All-Ukrainian referendum: asked about texts with donetsk_status" in text
    assert "not before ceasefire and martial_law_ends; barred from texts with sequence" in text
    assert "constitution on texts with nato_status: treaty_renunciation or constitution_and_nato_text" in text
    assert "2 months later, at most once." in text
    assert "martial_law_ends 2 [1, 4] after ceasefire" in text


def test_the_table_of_votes():
    title = "Chance that the votes"
    assert cells(FLAGSHIP, title, "All-Ukrainian referendum") == ["<0.01", "-", "<0.01", "0.57", "barred"]
    assert cells(FLAGSHIP, title, "all, if surprises are independent") == ["<0.01", "0.60", "<0.01", "0.17", "0.00"]
    assert cells(FLAGSHIP, title, "all, if they are shared") == ["<0.01", "0.60", "<0.01", "0.48", "0.00"]
    assert "all, if" not in section(BANKS, title)  # one body


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.00"), (1e-9, "<0.01"), (0.0049, "<0.01"), (0.005, "0.01"), (0.99, "0.99"), (0.9968, ">0.99"), (1, "1.00")],
)
def test_a_chance_that_is_nearly_certain_does_not_pass_for_it(value, text):
    assert chance(value) == text
    assert chance(float("nan")) == "-"


@pytest.mark.parametrize(
    ("value", "text"), [(2_451_551.07, "2,450,000"), (457.5, "458"), (12.34, "12.3"), (0, "0"), (999.9, "1,000")]
)
def test_counts_have_three_digits_that_matter(value, text):
    assert whole(value) == text


def test_what_becomes_of_proposals():
    title = "Proposals as if signed"
    assert cells(FLAGSHIP, title, "power shifts away from Ukraine by") == ["+0.16", "-0.02", "+0.08", "-0.02", "+0.48"]
    assert cells(FLAGSHIP, title, "undone by the shift") == ["no", "no", "no", "no", "yes"]
    assert cells(FLAGSHIP, title, "pull-back: steps offered") == ["-", "4", "-", "4", "-"]
    assert cells(FLAGSHIP, title, "cheating pays") == ["-", "no", "-", "no", "-"]
    assert cells(FLAGSHIP, title, "chance to hold 12 months") == ["0.83", "0.94", "0.86", "0.97", "0.55"]
    steps = [line.split()[-1] for line in printed(FLAGSHIP).split("steps needed\n")[1].splitlines()[:5]]
    assert steps == ["1", "1", "4", "20", "157"]
    assert "(ukraine_only: one side alone, so not tested)" in flat(printed(FLAGSHIP))


# Parts of blocks: what a file leaves out is not spoken of.


def small(**blocks):
    """What is printed of two parties with eight texts on the table."""
    problem = pie((0.3, 0.3), rounds=1, coarse=2, fine=3) | blocks
    for party in problem["parties"].values():
        party["kind"] = "belligerent"
    texts = {f"text_{k}": {"bundles": "c001", "singles": f"f00{k % 4}"} for k in range(8)}
    problem["proposals"] = {name: {"package": package} for name, package in texts.items()}
    return str(portrait(read(problem)))


def test_many_proposals_are_folded_into_several_tables():
    text = small(aftermath={"hazard": {"survival_12": 0.8, "survival_60": 0.5}})
    after = text.split("Proposals as if signed")[1]
    assert [line.split()[-1] for line in after.splitlines() if "text" in line] == ["5", "7"]
    assert [line.split().count("0.80") for line in after.splitlines() if "hold 12" in line] == [6, 2]
    assert "After signature (" not in text and "0.8 of them hold 12 months, 0.5 hold 60." in text


def test_promise_and_watch_on_issues_of_their_own_stand_side_by_side():
    pull_back = {"steps": {"f001": 1}, "gain_of_cheating": 3, "dividend": 0.1, "discount": 0.9, "penalty": 2}
    credibility = {"f000": 0, "f001": 0.1, "f002": 0.2, "f003": 1}
    text = small(
        aftermath={"monitoring": {"c000": 0.5, "c001": 0.9}, "credibility": credibility, "pull_back": pull_back}
    )
    rows = [line.split() for line in text.split("steps needed\n")[1].splitlines()[:8]]
    assert rows[0] == ["f000", "c000", "0", "0.5", "no", "number"]
    # ((3 - .1)/(.9 x .9) - .1/.1) / 2 = 1.29; and with half seen ((3 - .1)/(.9 x .5) - 1) / 2 = 2.7
    assert rows[7] == ["f003", "c001", "1", "0.9", "2"] and rows[6] == ["f003", "c000", "1", "0.5", "3"]
    assert "steps offered none (f001: one side alone, so not tested)" in flat(text)
    assert "guarantor would act" not in text and "chance to hold" not in text


def test_a_watch_alone_is_shown_without_tests():
    text = small(aftermath={"monitoring": {"c000": 0.5, "c001": 0.9}})
    assert "breach seen" in text and "steps needed" not in text and "Proposals as if signed" not in text


def test_penalties_of_which_none_is_enough():
    shift = {"away_from_ash": {"singles": {"f003": 0.5}}, "balance_now": 0.5, "war_cost": {"ash": 0.1, "birch": 0.1},
             "discount": 0.9, "months": 12, "penalty_if_guarantor_acts": 0.2, "surplus": "all_to_riser"}  # fmt: skip
    text = small(aftermath={"power_shift": shift})
    assert "none is enough" in text and " inf" not in text.split("Proposals as if signed")[1]
    assert "later the side that grows stronger takes all that peace saves" in flat(text)


def test_an_empty_war_is_not_spoken_of_and_no_vote_is_said_to_be_none():
    assert "The war" not in small(war={})
    assert "Nobody has to vote" in small(ratification={"ratifiers": {}})
    votes = [{"id": "first", "at_least": "4/6"}, {"id": "second", "when": "never", "more_than": "1/2"}]
    body = {"party": "ash", "order": 1, "votes": votes, "support": 1, "error": 0, "months": 0}
    text = flat(small(ratification={"ratifiers": {"body": body}}))
    assert "first: at least 4/6; second: more than 1/2" in text and "body: second never held." in text
    assert "A text that is refused ends the talks." in text


# Events in words.


def effects(**event):
    problem = pie((0.3, 0.3), rounds=3)
    for party in problem["parties"].values():
        party["kind"] = "belligerent"
    problem["parties"]["ash"]["red_lines"] = [{"id": "last", "never": {"singles": "f000"}, "hardness": 1}]
    problem["parties"]["cedar"] = problem["parties"]["birch"] | {"kind": "mediator"}
    problem["protocol"]["order"] = "random"
    lever = {"party": "ash", "lowers_no_deal_by": 0.1}
    problem["mediation"] = {"mediator": "cedar", "step_per_round": 0.5, "levers": {"one": lever, "two": lever}}
    problem["war"] = {"front": {"drift_per_month": 1}, "strikes": {"ash_on_birch": {"waves_per_month": 1}}}
    problem["ratification"] = {"shared_error": {"value": 0.2, "range": [0, 0.4]}, "ratifiers": {}}
    problem["events"] = [{"id": "it", "at": {"month": 0}, **event}]
    scenario = read(problem)
    return event_effects(scenario, scenario.events[0])


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ({"commits": {"party": "ash", "to": {"singles": "f003"}, "costs_per_step": 0.03}},
         "binds Ash in public to singles: f003; each step back costs it 0.03"),
        ({"narrows": {"ratification.shared_error": 0.5}},
         "makes ratification.shared_error better known: what is drawn keeps 0.5 of its distance from the value"),
        ({"extra_waves": {"ash_on_birch": 2}}, "adds waves of strikes: ash_on_birch 2"),
        ({"front_shift": {"value": -5, "range": [-9, 0]}}, "moves the front by -5 [-9, 0]"),
        ({"shifts_no_deal": {"ash": -0.1, "birch": 0.2}}, "adds to no-deal value: Ash -0.1, Birch 0.2"),
        ({"pulls_levers": "both"}, "pulls one and two by one step each"),
        ({"pulls_levers": "two"}, "pulls two by one step"),
        ({"closes_channel": {"rounds": 1}}, "keeps all from talking for 1 round"),
        ({"removes": {"singles": ["f001", "f002"]}}, "takes off the table singles: f001 and f002"),
        ({"lines_fall": "ash.last"}, "fells the red line ash.last"),
        ({}, "moves nothing in the file"),
    ],
)  # fmt: skip
def test_every_effect_of_an_event_in_words(event, text):
    assert effects(**event) == [text]


def test_an_event_after_the_last_round_is_said_to_be_late():
    late = call("show", "--full", ROOT / KOREA, "--set", "events.change_in_moscow.at.month=30").stdout
    assert "month 30, after the last round" in late
    assert "after the last round" not in printed(KOREA)
    assert "month 20 " in printed(KOREA)


# What is shown and never computed from.


def test_claims_are_headed_as_claims_and_a_range_gets_no_middle():
    told = section(FLAGSHIP, CLAIMS)
    assert CLAIMS == "Claims about losses are claims by parties to the war or their allies"
    assert "8,000 to 20,000   official figures cannot be compared" in told
    assert "14,000" not in told and "30,500" not in told
    assert "8,000 to 20,000" not in printed(FLAGSHIP).replace(told, "")
    stated = call("show", "--full", ROOT / FLAGSHIP, "--set", "war.claimed_losses_per_month.russia=31000.0").stdout
    assert "31,000" in stated


def test_facts_stand_below_what_is_computed():
    text = printed(FLAGSHIP)
    told = text[text.index("The war as described in the file; not used in the computation") :]
    for line in ("since: 2022-02-24", "donetsk_held_by_ukraine: 0.19 [0.18, 0.3]", "  east: 0.4",
                 "label: security of Europe as a whole"):  # fmt: skip
        assert f"  {line}\n" in told
    assert text.index("Proposals as if signed") < text.index("The war as described")
    history = printed(KOREA).split("What really happened")[1]
    assert "\n  months_stuck_on:\n    prisoners: 17\n" in history and "\n  agreed: yes\n" in history
    votes = "- body: Plebiscite in Panama; date: 1977-10-23; for_percent: 67; needed: more than half; result: passed"
    assert votes in flat(printed(PANAMA))


def test_nested_mappings_become_indented_lines():
    value = {"a": {"b": [1, [2, 3]], "c": {}}, "d": [{"e": None, "f": {"g": True}}, {"h": "x\ny"}], "i": []}
    assert list(nested(value)) == [
        (0, "a:"), (1, "b:"), (2, "- 1"), (2, "- 2, 3"), (1, "c: none"),
        (0, "d:"), (1, "-"), (2, "e: none"), (2, "f:"), (3, "g: yes"), (1, "- h: x y"), (0, "i: none"),
    ]  # fmt: skip


# As data.


def test_json_has_the_blocks_as_in_the_file_and_what_they_come_to():
    shown, scenario = data("show", ROOT / FLAGSHIP), shipped("first-flagship")
    assert set(shown["blocks"]) == {"giving_way", "mediation", "war", "events", "stages", "ratification", "aftermath"}
    assert all(shown["blocks"][block] == scenario.resolved.get(block) for block in shown["blocks"])
    around = portrait(scenario).around
    assert shown["lines_given_up"] == around.lines_given_up
    for key in ("levers", "no_deal_path", "strikes", "votes", "votes_together", "after_signature", "guarantees"):
        table = getattr(around, key)
        assert [list(row) for row in shown[key]] == [list(table.columns)] * len(table) and len(table)
    referendum = [row for row in shown["votes"] if row["ratifier"] == "ukraine_referendum"]
    assert [row["asked"] for row in referendum] == ["yes", "no", "yes", "yes", "barred"]
    assert referendum[1]["chance"] is None and referendum[3]["chance"] == pytest.approx(0.5722, abs=6e-5)
    assert shown["told"]["regions"]["east"] == 0.4 and shown["told"]["since"] == "2022-02-24"
    assert shown["claimed_losses"]["about"] == CLAIMS
    assert shown["claimed_losses"]["per_month"]["ukraine"]["range"] == [8000, 20000]
    assert "value" not in shown["claimed_losses"]["per_month"]["ukraine"]


def test_json_of_a_file_without_these_blocks():
    shown = data("show", ROOT / ORANGE)
    assert set(shown["blocks"].values()) == {None}
    assert shown["lines_given_up"] is None and shown["claimed_losses"] is None and shown["history"] is None
    assert shown["votes"] == shown["strikes"] == shown["no_deal_path"] == [] and shown["told"] == {}
    assert data("show", ROOT / PANAMA)["history"]["votes"][1]["for"] == 68
