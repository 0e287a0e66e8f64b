"""Class material: role sheets that give nothing of the others away, and what a class agreed against what could be."""

import json
import re

import pytest

import sim
from sim.analysis.debrief import debrief, package_in_words
from sim.analysis.figures import NoAnswer
from sim.analysis.portrait import portrait
from sim.analysis.sheets import role_sheet, role_sheets
from sim.report.sheets import sheet_page
from sim.scenario import read_scenario
from tests.commands import ROOT, SCENARIO, call, data
from tests.report.test_report import Page
from tests.trust.hostile import harmless, hostile

BANKS = ROOT / "scenarios" / "two-banks-pullback.yaml"
FLAGSHIP = ROOT / "scenarios" / "ukraine-december-2025.yaml"
HALVES = "oranges=halves,lemons=halves"
SECRETS = {  # of the west, each with what stands for it elsewhere
    "no_deal: {value: 0.4, range: [0.2, 0.9], status: assumption}": "no_deal: {value: 0.613, range: [0.5, 0.717]}",
    "weights: {well: 0.7, road: 0.3}": "weights: {well: 0.173, road: 0.827}",
    "values: {well: {east: 0, both: 50, west: 100}, road: {nobody: 30, patrol: 100}}":
        "values: {well: {east: 13, both: 37, west: 97}, road: {nobody: 71, patrol: 93}}",
    "red_lines: [{id: not_thirsty, never: {well: east}, hardness: 0.7}]":
        "red_lines: [{id: sentinel_line, never: {road: nobody}, hardness: 0.757, because: a sentinel remark}]\n"
        "    linkages: [{id: sentinel_linkage, when: {well: both}, adds: 0.041, because: another sentinel}]\n"
        "    strategy: {name: hardline}\n    walk_away: 0.659\n    discount_per_month: 0.919",
}  # fmt: skip


def in_words(html: str) -> str:
    return re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL))


def test_a_sheet_does_not_depend_on_what_the_others_keep_to_themselves(tmp_path):
    """Whatever west wants, the sheet of east is the same byte for byte; the one of west is not."""
    pages = []
    for text in (SCENARIO, *[SCENARIO.replace(*each) for each in SECRETS.items()]):
        (tmp_path / "talks.yaml").write_text(text)
        scenario = read_scenario(tmp_path / "talks.yaml")
        pages.append([sheet_page(role_sheet(scenario, party)) for party in ("east", "west")])
    assert len({east for east, _ in pages}) == 1 and len({west for _, west in pages}) == len(pages)
    assert "sentinel" not in pages[0][0] and "sentinel remark" in pages[4][1]


@pytest.mark.parametrize(
    ("file", "party"), [("two-banks-pullback", "upland"), ("two-banks-pullback", "lowland"), (FLAGSHIP.stem, "ukraine")]
)
def test_a_shipped_sheet_is_the_same_whatever_numbers_the_others_have(file, party):
    path = ROOT / "scenarios" / f"{file}.yaml"
    scenario = read_scenario(path)
    sets = []
    for name in scenario.parties.keys() - {party}:
        sets.append(f"parties.{name}.no_deal=0.3173")
        sets += [f"parties.{name}.red_lines.{line.id}.hardness=0.3779" for line in scenario.parties[name].red_lines]
        sets += [f"parties.{name}.weights.{next(iter(scenario.issues))}=0.3331"]
    page = sheet_page(role_sheet(scenario, party))
    assert page == sheet_page(role_sheet(read_scenario(path, sets), party))
    own, others = scenario.parties[party], [each for name, each in scenario.parties.items() if name != party]
    assert in_words(page).count("Never ") == len(own.red_lines)
    remarks = [line.because for each in others for line in (*each.red_lines, *each.linkages)]
    assert not [remark for remark in remarks if remark and remark in page]


def test_a_sheet_adds_up_to_what_a_package_is_worth():
    scenario = read_scenario(ROOT / "scenarios" / "orange-and-lemon.yaml")
    shown = portrait(scenario)
    row = shown.solutions.iloc[0]
    options = dict(zip(scenario.issues, row["package"].split("/"), strict=True))
    for party in scenario.parties:
        scores = role_sheet(scenario, party).scores.set_index(["issue", "option"])["adds"]
        assert sum(scores[issue, option] for issue, option in options.items()) == pytest.approx(
            100 * row[f"worth_{party}"]
        )


def test_a_sheet_has_what_a_player_needs():
    page = sheet_page(role_sheet(read_scenario(BANKS), "upland"))
    text = " ".join(in_words(page).split())
    for part in ("Role sheet: Upland", "Your no-deal value (BATNA)", "55 (", "of 100",
                 "Never 1b or 1c, unless 2a absolute", "Deadline: 24 rounds", "must sign every agreement",
                 "At home:"):  # fmt: skip
        assert part in text, part
    assert not {"script", "link", "img"} & set(Page(page).tags)


def test_a_hostile_file_makes_sheets_with_the_elements_of_its_harmless_twin(tmp_path):
    tags = []
    for name, text in (("a", hostile()[0]), ("b", harmless())):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
        pages = [Page(sheet_page(sheet)) for sheet in role_sheets(read_scenario(tmp_path / f"{name}.yaml"))]
        assert not [each for page in pages for each, _ in page.attributes if each.startswith("on")]
        tags.append([page.tags for page in pages])
    assert tags[0] == tags[1]


def test_the_command_writes_a_sheet_a_party(tmp_path):
    answer = call("sheets", BANKS, "--out", tmp_path)
    folder = tmp_path / "sheets-two-banks-pullback"
    assert answer.exit_code == 0, answer.output
    assert sorted(each.name for each in folder.iterdir()) == ["sheet-lowland.html", "sheet-upland.html"]
    answer = call("sheets", BANKS, "--party", "uplnd", "--out", tmp_path)
    assert answer.exit_code == 2 and "did you mean 'upland'" in answer.output


# Debrief


@pytest.fixture(scope="module")
def halves():
    return debrief(read_scenario(ROOT / "scenarios" / "orange-and-lemon.yaml"), HALVES, 40)


def test_primer_by_hand(halves):
    """Half of each is worth .5 to both; a tree each .7 and .6: Nash product .1575 against .0625."""
    worth = {each.party: (each.worth, each.no_deal, each.would_sign) for each in halves.found.signatories}
    assert worth == {"anna": (0.5, 0.25, True), "ben": (0.5, 0.25, True)} and halves.best == {"anna": 1, "ben": 1}
    assert halves.better == {"oranges": "to_anna", "lemons": "to_ben"}
    assert halves.gains == pytest.approx({"anna": 0.2, "ben": 0.1}) and halves.place.least_gain == pytest.approx(0.1)
    assert halves.distances["nash_distance"] == pytest.approx(1 - (0.0625 / 0.1575) ** 0.5)
    assert halves.distances["shortfall_egalitarian"] == pytest.approx(1 - 0.25 / 0.35)
    assert (halves.by, halves.rank, halves.tied, halves.packages) == ("acceptable", 1, 4, 9)
    assert (halves.signed.count, halves.same.count, halves.same.n) == (40, 0, 40)
    text = " ".join(str(halves).split())
    assert "Something better for Anna and Ben at once was left on the table" in text and "Anna +0.20, Ben +0.10" in text


def test_on_the_frontier_nothing_is_left():
    found = debrief(read_scenario(ROOT / "scenarios" / "orange-and-lemon.yaml"), "oranges=to_anna,lemons=to_ben", 40)
    assert found.better is None and found.gains == {} and found.same.count == 40
    assert found.distances == pytest.approx(dict.fromkeys(found.distances, 0))
    assert "It lies on the frontier of Anna and Ben" in str(found)


def test_votes_and_durability_of_a_package_that_goes_to_a_vote():
    scenario = read_scenario(BANKS)
    best = sim.texts(scenario, 40).iloc[0]
    text = ",".join(f"{issue}={best[issue]}" for issue in scenario.issues)
    found = data("debrief", BANKS, text, "-n", 40)
    assert (found["by"], found["rank"], found["n"]) == ("held_60", 1, 40)
    assert found["marks"]["passes"] == best["passes"] and found["marks"]["held_60"] == best["held_60"]
    assert 0 < found["afterwards"]["mean_60"] <= found["afterwards"]["mean_12"] <= 1
    assert found["at_home"][0]["ratifier"] == "upland_assembly"
    results = sim.run(scenario, 40)
    assert found["same"]["count"] == results.packages_signed.get(best["package"], 0)
    assert json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("oranges=halves", "leaves 1 issue open; add an option of each: lemons=to_anna|halves|to_ben"),
        ("oranges=halves,lemons=none", "lemons has no option 'none'"),
        ("pears=halves", "no issue is called 'pears'"),
        ("half", "no proposal is called 'half'"),
    ],
)
def test_a_text_that_is_none_is_refused_with_what_would_do(text, problem):
    with pytest.raises(NoAnswer, match=re.escape(problem)):
        package_in_words(read_scenario(ROOT / "scenarios" / "orange-and-lemon.yaml"), text)


def test_a_proposal_is_filled_by_what_follows_it(tmp_path):
    (tmp_path / "talks.yaml").write_text(SCENARIO)
    scenario = read_scenario(tmp_path / "talks.yaml")
    assert package_in_words(scenario, "half, road=patrol") == {"well": "both", "road": "patrol"}
    assert package_in_words(scenario, "half,well=east,road=nobody") == {"well": "east", "road": "nobody"}
