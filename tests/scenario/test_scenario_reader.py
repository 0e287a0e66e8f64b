"""A scenario file becomes a frozen Scenario: what it holds, what it refuses, and where it says so."""

import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.packages import NEVER, Condition
from sim.scenario import Number, Scenario, ScenarioError, read_scenario
from tests.problems import from_text, problems
from tests.problems import read as problem_of

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SHIPPED = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
TOY = (SCENARIOS / "two-banks-pullback.yaml").read_text()
FLAGSHIP = "ukraine-december-2025"


def shipped(name: str, *sets: str) -> Scenario:
    return read_scenario(SCENARIOS / f"{name}.yaml", sets)


@pytest.fixture
def faults(tmp_path):
    """The faults of the toy scenario with some texts replaced, each at its first place."""

    def read(*changes: tuple[str, str], text: str = TOY) -> list[str]:
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        (tmp_path / "toy.yaml").write_text(text)
        with pytest.raises(ScenarioError) as caught:
            read_scenario(tmp_path / "toy.yaml")
        return str(caught.value).splitlines()

    return read


WORDS = ["no", "12:30", "true", "null", "5", "2025-12-14", "1_000", "a: b", "a #b", "- a", "'", '"', "\\", "{", " x "]
BREAKS, TURNS = "\u2028\u2029", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
LABELS = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=f"{BREAKS}{TURNS}\ufeff\ufffe\uffff"), min_size=1
)


@given(st.sampled_from(WORDS) | LABELS.filter(lambda text: len(text.splitlines()) == 1 and len(text) < 100))
def test_any_label_reads_back_from_the_resolved_text(tmp_path_factory, label):
    folder = tmp_path_factory.getbasetemp()
    (folder / "label.yaml").write_text(
        TOY.replace("label: Upland\n", f"label: {json.dumps(label, ensure_ascii=False)}\n")
    )
    scenario = read_scenario(folder / "label.yaml")
    assert scenario.parties["upland"].label == label
    (folder / "again.yaml").write_text(scenario.resolved_text())
    assert read_scenario(folder / "again.yaml").parties["upland"].label == label


def test_anything_but_is_the_complement():
    rule = shipped("two-banks-pullback").consistency[-1]
    assert rule.then == Condition(({"observers": frozenset({"joint", "third_party"})},))
    assert rule.because == "a step that nobody sees cannot be answered"


def test_what_is_left_out_has_its_documented_default():
    scenario = shipped("orange-and-lemon")
    anna = scenario.parties["anna"]
    assert (float(anna.discount_per_month), float(anna.influence), anna.kind, anna.red_lines) == (1, 1, None, ())
    assert (scenario.lines, scenario.headline, scenario.as_of, scenario.history) == ("by_party", (), None, None)
    assert scenario.protocol.parameters["order"] == ("anna", "ben")


def test_a_number_without_value_is_the_middle_of_its_range(tmp_path):
    text = TOY.replace("no_deal: {value: 0.55, range: [0.42, 0.68],", "no_deal: {range: [0.42, 0.68],")
    (tmp_path / "toy.yaml").write_text(text)
    assert read_scenario(tmp_path / "toy.yaml").parties["upland"].no_deal.value == pytest.approx(0.55)


def test_numbers_are_named_as_paths_set_them_and_sorted():
    numbers = shipped(FLAGSHIP).numbers()
    assert list(numbers) == sorted(numbers, key=lambda path: path.split("."))
    assert numbers["issues.donetsk_status.deliverable.shared_zone.chance"].value == 0.5
    assert numbers["parties.europe.red_lines.assets.hardness"].value == 0.85
    assert numbers["parties.ukraine.linkages.big_army_if_weak_guarantee.adds"].value == -0.056
    assert numbers["parties.russia.strategy.exponent"].high == 4
    assert numbers["parties.russia.values.withdrawal.none"] == Number(35)


def test_where_names_file_line_and_column():
    scenario = shipped("ukraine-red-lines-hard")
    assert scenario.where("parties.ukraine.red_lines.army.hardness").startswith("ukraine-red-lines-hard.yaml:")
    assert scenario.where("parties.ukraine.label") == f"{FLAGSHIP}.yaml:{_line('    label: Ukraine')}:12"
    assert scenario.where("id") == "ukraine-red-lines-hard.yaml:8:5"


def _line(text: str) -> int:
    return (SCENARIOS / f"{FLAGSHIP}.yaml").read_text().splitlines().index(text) + 1


def test_a_scenario_travels_to_a_worker_and_back():
    scenario = shipped("two-banks-pullback", "parties.upland.no_deal=0.4")
    again = pickle.loads(pickle.dumps(scenario))
    assert again.resolved == scenario.resolved
    assert again.with_sets(["parties.lowland.no_deal=0.3"]).parties["upland"].no_deal == Number(0.4)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("title: ", "titel: ", "10:1: unknown key 'titel'; did you mean 'title'?"),
        ("title: ", "titel: ", "8:1: a key is missing: 'title' (title of charts and reports)"),
        ("signs: always", "sings: always", "58:5: parties.upland: unknown key 'sings'; did you mean 'signs'?"),
        ("rounds: 24", "rounds: 24.5", "15:16: time.rounds: '24.5' where a whole number would do"),
        ("rounds: 24", "rounds: 0", "15:16: time.rounds: '0' is out of bounds; at least 1 would do"),
        (
            "days_per_round: 15", "days_per_round: 0",
            "15:36: time.days_per_round: '0' is out of bounds; a number above 0 would do",
        ),
        (
            "label: Upland\n", "label: 5\n",
            "57:12: parties.upland.label: YAML reads '5' as a number; put it in quotes if it is a name or a text",
        ),
        ("schema: 1", "schema: 2", "8:9: schema: '2' is not one of 1"),
        (
            "label: Upland\n", 'label: "Up\\nland"\n',
            "57:12: parties.upland.label: a label is one line; write longer texts in about or note",
        ),
        (
            "no_deal: {value: 0.55", "no_deal: {value: 1.55",
            "69:22: parties.upland.no_deal.value: 1.55 is outside its range, 0.42 to 0.68",
        ),
        (
            "range: [0.42, 0.68]", "range: [0.42, 1.68]",
            "69:28: parties.upland.no_deal.range: 1.68 is out of bounds; a number from 0 to 1 would do",
        ),
        (
            "range: [0.42, 0.68]", "range: [0.68, 0.42]",
            "69:28: parties.upland.no_deal.range: the range runs from 0.68 down to 0.42; write the lower number first",
        ),
        (
            "range: [0.42, 0.68]", "range: [0.42]",
            "69:28: parties.upland.no_deal.range: too few entries; at least 2 would do",
        ),
        (
            "value: 0.55, range: [0.42, 0.68]", "value: 0.55, law: beta",
            "69:33: parties.upland.no_deal.law: the law beta needs a range to draw from",
        ),
        (
            "value: 0.55, range: [0.42, 0.68]",
            "value: 0.5, law: uniform, range: [0.4, 0.7]",
            "69:22: parties.upland.no_deal.value: the value of a uniform number is the middle of its range, 0.55, "
            "not 0.5; leave it out",
        ),
        (
            "value: 0.55, range: [0.42, 0.68], status: assumption", "status: assumption",
            "69:5: parties.upland.no_deal: a number needs a value or a range",
        ),
        (
            "status: assumption",
            "status: asumption",
            "60:57: parties.upland.weights.strip.status: 'asumption' is not one of sourced, assumption or mixed; "
            "did you mean 'assumption'?",
        ),
        (
            "no_deal: {value: 0.55, range: [0.42, 0.68], status: assumption}", "no_deal: high",
            "69:14: parties.upland.no_deal: 'high' is no number; 0.4 or {value: 0.4, range: [0.3, 0.5]} would do",
        ),
        (
            "discount_per_month: 0.98", "discount_per_month: 0",
            "70:25: parties.upland.discount_per_month: 0 is out of bounds; a number above 0, at most 1, would do",
        ),
        (
            "hardness: 0.8",
            "hardness: 1.8",
            "81:19: parties.upland.red_lines.no_blind_exit.hardness: 1.8 is out of bounds; a number from 0 to 1 "
            "would do",
        ),
        (
            "{upland_keeps: 100,", "{upland_keeps: 101,",
            "65:29: parties.upland.values.strip.upland_keeps: 101 is out of bounds; a number from 0 to 100 would do",
        ),
        (
            "unless: {recognition: full}",
            "unless: {recogniton: full}",
            "75:18: parties.upland.red_lines.no_strip_for_nothing.unless: no issue is called 'recogniton'; did "
            "you mean 'recognition'?",
        ),
        (
            "unless: {recognition: full}",
            "unless: {recognition: ful}",
            "75:31: parties.upland.red_lines.no_strip_for_nothing.unless.recognition: no option of recognition is "
            "called 'ful'; did you mean 'full'?",
        ),
        (
            "anything_but: none", "anything_but: [none, joint, third_party]",
            "52:23: consistency.reciprocity_is_watched.then.observers: anything_but leaves no option of observers",
        ),
        (
            "then: {observers: {anything_but: none}}",
            "then: {observers: {any_but: none}}",
            "52:12: consistency.reciprocity_is_watched.then.observers: a mapping where an option, a list of "
            "options or anything_but: [...] would do",
        ),
        (
            "signs: always",
            "signs: sometimes",
            "58:12: parties.upland.signs: 'sometimes' where always, never, a condition or a list of conditions "
            "would do",
        ),
        (
            "id: keeping_means_staying", "id: giving_back_means_leaving",
            "46:9: consistency: another rule is called 'giving_back_means_leaving', on line 42; names are given once",
        ),
        (
            "id: no_blind_exit",
            "id: no_strip_for_nothing",
            "77:13: parties.upland.red_lines: another red line is called 'no_strip_for_nothing', on line 72; "
            "names are given once",
        ),
        (
            "strip: {value: 0.30,",
            "strip: {value: 0.31,",
            "59:5: parties.upland.weights: strip 0.31 + recognition 0.35 + pull_back 0.15 + observers 0.2 = 1.01, "
            "but weights sum to 1; lower one of them",
        ),
        (
            "strip: {value: 0.30, range: [0.20, 0.40], status: assumption}\n", "strips: 0.30\n",
            "60:7: parties.upland.weights: no issue is called 'strips'; did you mean 'strip'?",
        ),
        (
            "upland_keeps: 100, demilitarised: 40,", "upland_keeps: 100,",
            "65:7: parties.upland.values.strip: no points for demilitarised; every option of strip needs one",
        ),
        (
            "      observers: {none: 0, joint: 60, third_party: 100}\n", "",
            "64:5: parties.upland.values: no points for observers; every issue needs one",
        ),
        (
            "name: time_dependent",
            "name: time_dependant",
            "83:22: parties.upland.strategy.name: no strategy is called 'time_dependant'; did you mean "
            "'time_dependent'?",
        ),
        (
            "offers: best_for_others",
            "offer: best_for_others",
            "83:97: parties.upland.strategy: unknown key 'offer': time_dependent takes accepts, exponent and "
            "offers; did you mean 'offers'?",
        ),
        (
            "order: [upland, lowland]", "order: [upland, upland]",
            "117:54: protocol.order: upland stands twice in the order; once would do",
        ),
        ("order: [upland, lowland]", "order: []", "117:45: protocol.order: nobody speaks; name at least one party"),
        (
            "order: [upland, lowland]", "order: randomly",
            "117:45: protocol.order: 'randomly' where fixed, random, rotating or a list of parties would do",
        ),
        (
            "package: {strip: demilitarised,",
            "package: {strip: demilitarized,",
            "122:22: proposals.strip_for_embassies.package.strip: no option of strip is called 'demilitarized'; "
            "did you mean 'demilitarised'?",
        ),
        (
            "headline: [strip,", "headline: [strip, strip,", "13:19: headline: 'strip' stands twice; once would do",
        ),
        (
            "headline: [strip,", "headline: [strap,",
            "13:12: headline: no issue is called 'strap'; did you mean 'strip'?",
        ),
        (
            "status: assumption", "source: [S1]",
            "60:58: parties.upland.weights.strip.source: no source is called 'S1'; there is none",
        ),
        (
            "protocol:", "solutions: {parties: [upland, highland]}\nprotocol:",
            "117:31: solutions.parties: no party is called 'highland'; there is upland and lowland",
        ),
        (
            "protocol:", "sweep: {parties.upland.no_dael: [0.1, 0.2]}\nprotocol:",
            "117:9: sweep: parties.upland: unknown key 'no_dael'; did you mean 'no_deal'?",
        ),
        (
            "hardness: 0.8\n        drawn_with: order",
            "hardness: 0.8\n        drawn_with: order\n      - "
            "{id: x, never: {strip: lowland_full}, hardness: 0.7, drawn_with: order}",
            "83:57: parties.upland.red_lines.x.hardness: 0.7 here, but 0.8 at "
            "parties.upland.red_lines.no_blind_exit, and both are drawn with 'order': "
            "one draw has one hardness; give both the same value, range and law, or another `drawn_with`",
        ),
    ],
)
def test_a_fault_says_where_what_was_found_and_what_would_do(faults, old, new, fault):
    assert f"toy.yaml:{fault}" in faults((old, new))


def test_all_faults_are_told_at_once_sorted_by_place(faults):
    told = faults(
        ("rounds: 24", "rounds: many"),
        ("weights:", "weihgts:"),
        ("unless: {recognition: full}", "unless: {recogniton: full}"),
        ("title: ", "titel: "),
        ("as_of: 2000-01-01", "as_of: no"),
        ("information: positions", "information: postions"),
    )
    assert [line.split(" ")[0].rsplit(":", 1)[0].removeprefix("toy.yaml:") for line in told] == [
        "8:1", "10:1", "11:8", "15:16", "56:3", "59:5", "75:18", "117:77",
    ]  # fmt: skip


def test_twenty_faults_are_told_and_no_more(faults):
    assert len(faults(*[("status: assumption", "status: guess")] * 9, *[("hardness: 0.8", "hardness: 9")] * 2)) == 11
    keys = "".join(f"key{number}: 1\n" for number in range(40))
    assert len(faults(("protocol:", f"{keys}protocol:"))) == 20


@pytest.mark.parametrize("block", ["guarantees", "controlled_by"])
def test_a_block_that_nothing_acts_on_is_an_unknown_key(faults, block):
    assert any(f": unknown key '{block}'" in line for line in faults(("protocol:", f"{block}: {{a: 1}}\nprotocol:")))
    assert any(f": unknown key '{block}'" in line for line in faults(("    signs:", f"    {block}: 0.5\n    signs:")))


def test_a_party_that_never_signs_has_no_place_in_a_fixed_order_unless_it_mediates(faults, tmp_path):
    third = TOY.replace("protocol:", TOY[TOY.index("  lowland:\n") : TOY.index("protocol:")] + "protocol:")
    third = third.replace("  lowland:\n", "  observer:\n", 1).replace("signs: always", "signs: never", 2)
    third = third.replace("signs: never", "signs: always", 1).replace("order: [upland,", "order: [observer, upland,")
    said = "protocol.order: observer never signs; take it out of the order, or make it `kind: mediator`"
    assert any(said in line for line in faults(text=third))
    (tmp_path / "ok.yaml").write_text(third.replace("signs: never", "kind: mediator\n    signs: never", 1))
    assert read_scenario(tmp_path / "ok.yaml").parties["observer"].signs == NEVER


def test_somebody_must_sign_something(faults):
    random = ("order: [upland, lowland]", "order: random")
    assert faults(("signs: always", "signs: never"), ("signs: always", "signs: never"), random) == [
        "toy.yaml:55:1: parties: nobody signs anything; at least one party needs `signs: always` or a condition"
    ]


def test_lines_drawn_together_across_parties_must_have_one_law(faults, tmp_path):
    apart = (
        "hardness: 0.8\n        drawn_with: order\n    linkages",
        "hardness: 0.7\n        drawn_with: order\n    linkages",
    )
    (tmp_path / "ok.yaml").write_text(TOY.replace(*apart))
    assert read_scenario(tmp_path / "ok.yaml").lines == "by_party"
    (told,) = faults(apart, ("time:", "lines: together\ntime:"))
    assert "parties.lowland.red_lines.not_under_its_guns.hardness: 0.7 here, but 0.8 at" in told


def test_what_an_option_is_worth_when_it_cannot_be_had_must_be_certain(faults):
    deliverable = """
    deliverable:
      full: {chance: 0.5, otherwise: none}
      none: {chance: 0.5, otherwise: none}
"""
    label = "    options: {full: Full recognition and embassies, none: No recognition}\n"
    assert faults((label, label.rstrip() + deliverable)) == [
        "toy.yaml:29:38: issues.recognition.deliverable.full.otherwise: 'none' may itself be impossible to deliver; "
        "name an option that is not in this list",
        "toy.yaml:30:38: issues.recognition.deliverable.none.otherwise: an option cannot stand in for itself; "
        "name another one",
    ]


def test_a_scale_places_every_option(faults):
    label = "    options: {full: Full recognition and embassies, none: No recognition}\n"
    assert faults((label, label + "    scale: {full: 100}\n")) == [
        "toy.yaml:28:5: issues.recognition.scale: no place on the scale for none; every option of recognition needs one"
    ]


def test_a_party_opens_with_a_whole_package_that_can_exist(faults):
    opens = ("    label: Upland\n", "    label: Upland\n    opens_with: strip_for_embassies\n")
    assert "no proposal is called 'strip'" in faults((opens[0], opens[1].replace("strip_for_embassies", "strip")))[0]
    (told,) = faults(opens, (", observers: third_party}", "}"))
    assert told == (
        "toy.yaml:58:17: parties.upland.opens_with: 'strip_for_embassies' leaves observers open, but an "
        "offer settles every issue"
    )
    (told,) = faults(
        opens, ("pull_back: reciprocal, observers: third_party}", "pull_back: stay, observers: third_party}")
    )
    assert told.endswith(
        "strip_for_embassies contradicts a consistency rule, so it cannot be offered; open with another one"
    )


def test_too_many_packages_name_the_issues_to_coarsen(faults):
    sizes = {"a": 12, "b": 12, "c": 10, "d": 12, "e": 10, "f": 12}
    issues = "".join(f"  {name}: {{options: {{{_each(size, 'x')}}}}}\n" for name, size in sizes.items())
    values = ", ".join(f"{name}: {{{_each(size, '1')}}}" for name, size in sizes.items())
    text = f"""schema: 1
id: wide
title: Wide
time: {{rounds: 2, days_per_round: 1}}
issues:
{issues}parties:
  north: {{weights: {{a: 1, b: 0, c: 0, d: 0, e: 0, f: 0}}, values: {{{values}}}, no_deal: 0}}
"""
    assert faults(text=text) == [
        "toy.yaml:5:1: issues: a 12 x b 12 x c 10 x d 12 x e 10 x f 12 = 2,073,600 packages, but at most "
        "2,000,000 can be "
        "compared; merge options of a, b, d or f, which have the most"
    ]


def _each(size: int, text: str) -> str:
    return ", ".join(f"o{number}: {text}" for number in range(size))


def test_rules_that_leave_no_package_are_named_and_the_others_are_not(faults):
    rules = """
  - id: harmless
    if: {observers: joint}
    then: {recognition: [full, none]}
  - id: stay_put
    then: {pull_back: stay}
  - id: give_it_back
    then: {strip: demilitarised}
"""
    assert faults(("consistency:\n", "consistency:" + rules)) == [
        "toy.yaml:45:5: consistency: stay_put, give_it_back and giving_back_means_leaving together leave no package; "
        "allow more in `then` of one of them, or narrow its `if`"
    ]


def test_a_party_that_no_package_can_satisfy_is_told_with_its_best(faults):
    (told,) = faults(
        ("recognition: {full: 100, none: 0}", "recognition: {full: 50, none: 0}"),
        ("value: 0.55, range: [0.42, 0.68]", "value: 0.9"),
    )
    assert told == (
        "toy.yaml:69:5: parties.upland.no_deal: no package behind none of its lines of hardness 1 "
        "(no_strip_for_nothing) is worth 0.9 to "
        "upland at central numbers: the best, upland_keeps/full/stay/third_party, is worth 0.8250; lower no_deal, "
        "or raise what the "
        "party's best options are worth"
    )


def test_no_deal_worth_exactly_the_best_package_is_no_fault(tmp_path):
    (tmp_path / "toy.yaml").write_text(TOY.replace("value: 0.55, range: [0.42, 0.68]", "value: 1", 1))
    assert read_scenario(tmp_path / "toy.yaml").parties["upland"].no_deal.value == 1


def test_a_line_of_hardness_1_that_an_offer_lifts_leaves_that_offer(tmp_path):
    """Worth .9 is out of Lowland's reach without recognition, and its line has an `unless`."""
    text = TOY.replace("recognition: {full: 0, none: 100}", "recognition: {full: 100, none: 0}")
    text = text[: text.rindex("value: 0.55, range: [0.42, 0.68]")] + text[
        text.rindex("value: 0.55, range: [0.42, 0.68]") :
    ].replace("value: 0.55, range: [0.42, 0.68]", "value: 0.9")
    (tmp_path / "toy.yaml").write_text(text)
    assert read_scenario(tmp_path / "toy.yaml").parties["lowland"].no_deal.value == 0.9


def test_lines_of_hardness_1_that_forbid_everything_are_told(faults):
    (told,) = faults(
        (
            "        unless: {recognition: full}\n        hardness: 1\n",
            "        hardness: 1\n      - {id: other, never: {strip: upland_keeps}, hardness: 1}\n",
        )
    )
    assert told.endswith(
        "parties.upland.red_lines: no_strip_for_nothing and other forbid every consistent package, always, so "
        "upland can sign nothing; "
        "give one of these lines a hardness below 1, or an `unless`"
    )


LINES = {name: (SCENARIOS / f"{name}.yaml").read_bytes().split(b"\n") for name in SHIPPED if name != FLAGSHIP}
PIECES = rb"""{ } [ ] : - " # &a *a !x <<: | no ~ 1e3 .nan -1 ? --- always = "\ud800" extends:""".split(b" ")
PIECES += [b"\n", b"\t", b": ", b"- ", b"\x1b", b"\x00", b"\xff", b"\xe2\x80\xae", b"\n---\n", b"9" * 40]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A shipped file with a few lines or bytes changed."""
    lines = list(LINES[draw(st.sampled_from(sorted(LINES)))])
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        what = draw(st.sampled_from(["drop", "double", "move"]))
        line = lines.pop(at) if what in ("drop", "move") and len(lines) > 1 else lines[at]
        if what != "drop":
            lines.insert(draw(st.integers(0, len(lines))), line)
    data = bytearray(b"\n".join(lines))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 4))] = draw(st.sampled_from(PIECES))
    return bytes(data)


@settings(max_examples=10)
@given(problems())
def test_what_tests_make_of_a_dictionary_is_what_its_file_says(problem):
    """Most tests leave the parser out, which takes longer than talks do."""
    assert problem_of(problem).resolved_text() == from_text(problem).resolved_text()
