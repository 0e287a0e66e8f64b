"""A scenario as a difference from another: extends, without, set, paths, weights, and the resolved file."""

import os
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario import Number, Scenario, ScenarioError, read_scenario

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TOY = (SCENARIOS / "two-banks-pullback.yaml").read_text()


@pytest.fixture
def folder(tmp_path):
    """A folder with the toy scenario as `base.yaml`, where a test writes its differences."""
    (tmp_path / "base.yaml").write_text(TOY)
    return tmp_path


def difference(folder: Path, text: str, name: str = "a.yaml") -> Scenario:
    (folder / name).write_text(text)
    return read_scenario(folder / name)


def faults(folder: Path, text: str, name: str = "a.yaml") -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        difference(folder, text, name)
    return str(caught.value).splitlines()


def toy(*sets: str) -> Scenario:
    return read_scenario(SCENARIOS / "two-banks-pullback.yaml", sets)


def set_faults(*sets: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        toy(*sets)
    return str(caught.value).splitlines()


def exact_sum(scenario: Scenario, party: str) -> Decimal:
    """Sum of a party's weights as they stand in the resolved file."""
    table = scenario.resolved["parties"][party]["weights"].values()
    return sum((Decimal(str(each["value"] if isinstance(each, dict) else each)) for each in table), Decimal(0))


def test_mappings_merge_by_key_and_lists_by_id(folder):
    scenario = difference(
        folder,
        """extends: base.yaml
without: [aftermath]
id: changed
issues: {observers: {options: {patrols: Joint patrols}}}
parties:
  upland:
    values: {observers: {patrols: 80}}
    no_deal: {value: 0.5}
    red_lines:
      - {id: no_blind_exit, hardness: 0.6}
      - {id: new_line, never: {strip: lowland_full}, hardness: 0.5}
  lowland: {values: {observers: {patrols: 50}}}
""",
    )
    assert scenario.id == "changed"
    assert list(scenario.issues["observers"].options) == ["none", "joint", "third_party", "patrols"]
    upland = scenario.parties["upland"]
    assert upland.no_deal == Number(0.5, 0.42, 0.68, status="assumption")
    assert [(line.id, float(line.hardness)) for line in upland.red_lines] == [
        ("no_strip_for_nothing", 1), ("no_blind_exit", 0.6), ("new_line", 0.5),
    ]  # fmt: skip
    assert upland.red_lines[1].drawn_with == "order"
    assert scenario.parties["lowland"].weights == toy().parties["lowland"].weights


def test_a_plain_number_replaces_value_and_range(folder):
    scenario = difference(folder, "extends: base.yaml\nparties: {upland: {no_deal: 0.4}}\n")
    assert scenario.parties["upland"].no_deal == Number(0.4)


def test_a_condition_is_replaced_whole_and_a_renamed_block_too(folder):
    scenario = difference(
        folder,
        """extends: base.yaml
parties: {upland: {red_lines: [{id: no_blind_exit, never: {recognition: none}}]}}
""",
    )
    (clause,) = scenario.parties["upland"].red_lines[1].never.clauses
    assert clause == {"recognition": frozenset({"none"})}


def test_settings_apply_after_merging_and_wildcards_reach_every_party(folder):
    scenario = difference(
        folder,
        """extends: base.yaml
set:
  parties.*.red_lines.*.hardness: 1
  parties.*.no_deal: {range: [0.3, 0.5], law: uniform}
  time.rounds: 10
""",
    )
    assert {float(line.hardness) for party in scenario.parties.values() for line in party.red_lines} == {1}
    assert {party.no_deal for party in scenario.parties.values()} == {Number(0.4, 0.3, 0.5, "uniform")}
    assert scenario.time.rounds == 10


def test_chains_resolve_from_the_base_up_and_each_set_stays_with_its_file(folder):
    (folder / "b.yaml").write_text("extends: base.yaml\nset: {parties.*.no_deal: 0.2, time.rounds: 5}\n")
    scenario = difference(folder, "extends: b.yaml\nparties: {upland: {no_deal: 0.3}}\n")
    assert scenario.parties["upland"].no_deal == Number(0.3)
    assert scenario.parties["lowland"].no_deal == Number(0.2)
    assert scenario.time.rounds == 5


def test_the_resolved_file_names_line_and_file_of_each_override(folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "base.yaml").write_text(TOY)
    (folder / "a.yaml").write_text("extends: sub/base.yaml\nid: a\nset:\n  parties.*.red_lines.*.hardness: 0.5\n")
    scenario = read_scenario(folder / "a.yaml", ["time.rounds=9"])
    comments = [line.strip().split("  # ") for line in scenario.resolved_text().splitlines() if "#" in line]
    assert comments == [
        ["id: a", "a.yaml:2; was two-banks-pullback"],
        ["time: {rounds: 9, days_per_round: 15}", "--set time.rounds; was 24"], ["hardness: 0.5", "a.yaml:4; was 1"],
        ["hardness: 0.5", "a.yaml:4; was 0.8"], ["hardness: 0.5", "a.yaml:4; was 1"],
        ["hardness: 0.5", "a.yaml:4; was 0.8"],
    ]
    assert scenario.where("parties.upland.label") == "sub/base.yaml:57:12"
    assert scenario.where("parties.upland.red_lines.no_blind_exit.hardness") == "a.yaml:4:35"


def test_faults_name_the_file_they_stand_in(folder):
    assert faults(folder, "extends: base.yaml\nparties: {upland: {no_dael: 0.3, no_deal: 3}}\n") == [
        "a.yaml:2:20: parties.upland: unknown key 'no_dael'; did you mean 'no_deal'?",
        "a.yaml:2:43: parties.upland.no_deal: 3 is out of bounds; a number from 0 to 1 would do",
    ]
    (folder / "base.yaml").write_text(TOY.replace("title:", "titel:"))
    assert "base.yaml:10:1: unknown key 'titel'; did you mean 'title'?" in faults(folder, "extends: base.yaml\n")


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("nope.yaml", "'nope.yaml' cannot be read: No such file or directory"),
        ("bass.yaml", "'bass.yaml' cannot be read: No such file or directory; did you mean 'base.yaml'?"),
        (
            "../base.yaml",
            "extends: '../base.yaml' leads up with '..'; the base must lie in the folder of this file or below",
        ),
        ("sub/../../base.yaml", "leads up with '..'"),
        (
            "/etc/passwd",
            "extends: '/etc/passwd' is not a relative path; name a file in the folder of this one or below",
        ),
        ("C:/base.yaml", "is not a relative path"),
        ("~/base.yaml", "is not a relative path"),
        ("file:///etc/passwd", "is not a relative path"),
        ("sub\\\\base.yaml", "has a backslash; write folders with forward slashes"),
        ("NUL", "extends: 'NUL' cannot be the name of a scenario file"),
        ("com1.yaml", "cannot be the name of a scenario file"),
        ("sub//base.yaml", "cannot be the name of a scenario file"),
        ("a/" * 400_000 + "b.yaml", "cannot be the name of a scenario file"),
        ("sub", "'sub' "),
        ("a.yaml", "extends: 'a.yaml' extends this file in turn; one of them must stand on its own"),
        ("loop.yaml", "loop.yaml:1:10: extends: 'a.yaml' extends this file in turn"),
        ("out.yaml", "extends: 'out.yaml' leads out of the folder of this file; the base must lie there or below"),
        ("pipe.yaml", "'pipe.yaml' is not an ordinary file"),
        ("zero.yaml", "extends: 'zero.yaml' leads out of the folder of this file"),
    ],
)
def test_a_base_is_an_ordinary_file_in_the_folder_or_below(tmp_path, base, said):
    folder = tmp_path / "here"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "base.yaml").write_text(TOY)
    (folder / "base.yaml").write_text(TOY)
    (folder / "loop.yaml").write_text("extends: a.yaml\n")
    os.symlink(tmp_path / "base.yaml", folder / "out.yaml")
    os.symlink("/dev/zero", folder / "zero.yaml")
    os.mkfifo(folder / "pipe.yaml")
    (told,) = faults(folder, f'extends: "{base}"\n')
    assert said in told


def test_a_link_inside_the_folder_is_followed(folder):
    os.symlink("base.yaml", folder / "link.yaml")
    assert difference(folder, "extends: link.yaml\n").id == "two-banks-pullback"


def test_eight_files_may_stand_below_a_difference_and_not_nine(folder):
    before = "base.yaml"
    for number in range(8):
        (folder / f"d{number}.yaml").write_text(f"extends: {before}\n")
        before = f"d{number}.yaml"
    assert read_scenario(folder / "d7.yaml").id == "two-banks-pullback"
    (told,) = faults(folder, "extends: d7.yaml\n")
    assert told == "d0.yaml:1:10: extends: more than 8 files extend one another here; extend a nearer one"


def test_a_second_megabyte_in_all_is_refused(folder):
    (folder / "b.yaml").write_text("extends: base.yaml\n" + "#" * 600_000)
    (told,) = faults(folder, "extends: b.yaml\n" + "#" * 600_000)
    assert told == (
        "a.yaml:1:10: 'b.yaml' cannot be read: with the files that extend it it is larger than 1,000,000 bytes"
    )


@pytest.mark.parametrize("text", ["extends: [base.yaml]\n", "extends: {a: b}\n", "extends: 5\n", "extends: ''\n"])
def test_extends_names_one_file(folder, text):
    (told,) = faults(folder, text)
    assert "the name of one scenario file would do" in told or "nothing stands here" in told


def test_set_is_a_mapping_of_paths(folder):
    assert faults(folder, "extends: base.yaml\nset: [a]\n") == [
        "a.yaml:2:6: set: set is a mapping of paths to values, such as parties.*.no_deal: 0.4"
    ]
    assert faults(folder, "extends: base.yaml\nset: {parties.uplnd.no_deal: 0.4}\n") == [
        "a.yaml:2:7: unknown path parties.uplnd.no_deal: parties has no 'uplnd'; did you mean 'upland'?"
    ]


def test_without_takes_blocks_keys_and_entries_out_of_the_base(folder):
    scenario = difference(
        folder,
        """extends: base.yaml
without: [proposals, parties.lowland.linkages, parties.*.red_lines.no_blind_exit, issues.observers.label]
""",
    )
    assert scenario.proposals == {} and scenario.parties["lowland"].linkages == ()
    assert [line.id for line in scenario.parties["upland"].red_lines] == ["no_strip_for_nothing"]
    assert scenario.parties["lowland"].red_lines == toy().parties["lowland"].red_lines
    assert scenario.issues["observers"].label == "observers"


def test_without_comes_before_merging_and_before_set(folder):
    """So a block can be taken out and written anew, where merging alone would keep what the base has."""
    scenario = difference(
        folder,
        """extends: base.yaml
without: [parties.upland.red_lines]
parties: {upland: {red_lines: [{id: new_line, never: {recognition: none}, hardness: 1}]}}
set: {parties.upland.red_lines.*.hardness: 0.5}
""",
    )
    assert [(line.id, line.hardness) for line in scenario.parties["upland"].red_lines] == [("new_line", Number(0.5))]


def test_without_may_leave_an_empty_list_behind(folder):
    scenario = difference(folder, "extends: base.yaml\nwithout: [parties.*.red_lines.*]\n")
    assert {party.red_lines for party in scenario.parties.values()} == {()}


def test_each_file_of_a_chain_takes_out_of_what_the_files_below_it_left(folder):
    (folder / "b.yaml").write_text("extends: base.yaml\nwithout: [proposals, headline]\nheadline: [strip]\n")
    scenario = difference(folder, "extends: b.yaml\nwithout: [headline]\n")
    assert scenario.proposals == {} and scenario.headline == ()
    (told,) = faults(folder, "extends: b.yaml\nwithout: [headline, proposals]\n")
    assert told.startswith("a.yaml:2:21: without: unknown path proposals: the scenario has no 'proposals'")


def test_a_key_with_dots_can_be_taken_out(folder):
    (folder / "base.yaml").write_text(
        TOY
        + """
events:
  - {id: survey, at: {month: 0}, narrows: {aftermath.hazard: 0.5, aftermath.credibility.joint: 0.4}}
"""
    )
    scenario = difference(folder, "extends: base.yaml\nwithout: [events.survey.narrows.aftermath.hazard]\n")
    assert scenario.events[0].narrows == {"aftermath.credibility.joint": Number(0.4)}


def test_the_resolved_file_names_what_was_taken_out_and_by_which_line(folder):
    scenario = difference(
        folder,
        """extends: base.yaml
without:
  - proposals
  - parties.upland.red_lines.no_blind_exit
  - parties.upland.red_lines.no_strip_for_nothing
  - parties.lowland.linkages
id: a
""",
    )
    text = scenario.resolved_text()
    assert text.startswith("# a.yaml:3; without proposals\nschema: 1\n")
    assert "    red_lines: []  # a.yaml:4; without no_blind_exit; a.yaml:5; without no_strip_for_nothing\n" in text
    assert "  lowland:  # a.yaml:6; without linkages\n" in text
    assert scenario.overrides()[0] == "a.yaml:3; without proposals" and len(scenario.overrides()) == 5
    (folder / "again.yaml").write_text(text)
    assert read_scenario(folder / "again.yaml").resolved == scenario.resolved
    assert scenario.with_sets(["time.rounds=3"]).overrides()[0] == "a.yaml:3; without proposals"


def test_what_is_taken_out_and_needed_is_missed_where_it_was_taken_out(folder):
    assert faults(folder, "extends: base.yaml\nwithout: [time, parties.upland.weights]\n") == [
        "a.yaml:2:11: a key is missing: 'time' (the duration of the talks)",
        "a.yaml:2:17: parties.upland: a key is missing: 'weights' (importance of each issue; the weights sum to 1)",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("without: war", "a.yaml:2:10: without: without is a list of paths, such as [war, parties.*.foresight]"),
        ("without: {war: 1}", "a.yaml:2:10: without: without is a list of paths"),
        ("without: [4]", "a.yaml:2:11: without: a path would do, such as war or parties.*.foresight"),
        ("without: [[headline]]", "a.yaml:2:11: without: a path would do"),
        ("without: [parties..upland]", "a.yaml:2:11: 'parties..upland' is not a path"),
        ("without: [headlin]", "a.yaml:2:11: without: unknown path headlin: the scenario has no 'headlin'; "
                               "did you mean 'headline'?"),
        ("without: [parties.upland.linkages]", "parties.upland has no 'linkages'; there is"),
        ("without: [parties.*.red_lines.no_blind_exits]", "did you mean 'no_blind_exit'?"),
        ("without: [headline, headline]", "a.yaml:2:21: without: unknown path headline"),
        ("without: [parties.upland.discount_per_month.range]", "parties.upland.discount_per_month has no 'range'"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_out_says_why(folder, text, said):
    (told,) = faults(folder, f"extends: base.yaml\n{text}\n")
    assert said in told


def test_without_stands_beside_extends(folder):
    (told,) = faults(folder, TOY.replace("schema: 1", "schema: 1\nwithout: [headline]", 1))
    line = TOY.splitlines().index("schema: 1") + 2
    assert told == f"a.yaml:{line}:1: without a base there is nothing to remove; `without` needs `extends` beside it"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("parties.upland.no_deal", "--set:1:1: 'parties.upland.no_deal' sets nothing; PATH=VALUE would do"),
        ("parties.upland.no_deal=", "--set:1:1: 'parties.upland.no_deal=' sets nothing"),
        ("=0.4", "--set:1:1: '' is not a path"),
        ("a" * 600 + "=0.4", "is not a path"),
        ("parties..no_deal=0.4", "--set:1:1: 'parties..no_deal' is not a path"),
        ("parties.upland.no_deal=[", "--set:1:25: this is not YAML"),
        ("parties.upland.no_deal=no", "--set:1:24: YAML 1.1 and YAML 1.2 read 'no' differently"),
        ("parties.upland.no_deal=&a 1", "--set:1:24: an anchor (&a) is not allowed"),
        (
            "parties.upland.no_deal=3",
            "--set:1:24: parties.upland.no_deal: 3 is out of bounds; a number from 0 to 1 would do",
        ),
        ("parties.upland.nodeal=0.3", "--set:1:1: parties.upland: unknown key 'nodeal'; did you mean 'no_deal'?"),
        (
            "parties.upland.red_lines.no_blind_exits.hardness=1",
            "--set:1:1: unknown path parties.upland.red_lines.no_blind_exits.hardness: "
            "parties.upland.red_lines has no "
            "'no_blind_exits'; did you mean 'no_blind_exit'?",
        ),
        ("parties.*.red_line.*.hardness=1", "parties.* has no 'red_line'; did you mean 'red_lines'?"),
        (
            "parties.upland.weights.strip=1.5",
            "--set:1:1: parties.upland.weights: strip set to 1.5 in all, but weights sum to 1; set less",
        ),
    ],
)
def test_a_setting_that_cannot_be_made_says_why(text, said):
    assert any(said in line for line in set_faults(text)), set_faults(text)


def test_all_settings_that_cannot_be_made_are_told():
    assert [line.split(": ")[0] for line in set_faults("x", "time.rounds=many", "a.b=1")] == [
        "--set:1:1", "--set:2:13", "--set:3:1",
    ]  # fmt: skip


def test_parts_of_a_number_can_be_set_also_where_the_file_has_the_short_form():
    scenario = toy("parties.upland.discount_per_month.range=[0.9, 1]", "parties.upland.no_deal.value=0.6")
    assert scenario.parties["upland"].discount_per_month == Number(0.98, 0.9, 1)
    assert scenario.parties["upland"].no_deal == Number(0.6, 0.42, 0.68, status="assumption")


def test_a_key_the_file_leaves_out_can_be_set():
    assert toy("parties.*.influence=2").parties["lowland"].influence == Number(2)
    assert toy("lines=each").lines == "each"


def test_setting_a_weight_rescales_the_others_value_and_range_and_says_so():
    scenario = toy("parties.upland.weights.strip=0.65")
    weights = scenario.parties["upland"].weights
    assert weights["strip"] == Number(0.65)
    assert weights["recognition"] == Number(0.175, 0.125, 0.225, status="assumption")
    assert weights["pull_back"] == Number(0.075, 0.05, 0.1, status="assumption")
    assert weights["observers"] == Number(0.1, 0.05, 0.15, status="assumption")
    assert scenario.parties["lowland"].weights == toy().parties["lowland"].weights
    said = "rescaled with --set parties.upland.weights.strip; was 0.35 [0.25, 0.45]"
    assert said in scenario.overrides()
    assert f"# {said}" in scenario.resolved_text()


def test_weights_set_together_stand_and_the_rest_is_rescaled():
    weights = (
        toy("parties.upland.weights.strip=0.5", "parties.upland.weights.recognition=0.15").parties["upland"].weights
    )
    assert [float(weight) for weight in weights.values()] == [0.5, 0.15, 0.15, 0.2]
    again = toy("parties.upland.weights.recognition=0.15", "parties.upland.weights.strip=0.5").parties["upland"].weights
    assert again == weights


def test_a_weight_set_to_what_it_was_changes_nothing():
    again = toy("parties.upland.weights.strip.value=0.30", "time.rounds=24")
    assert again.resolved == toy().resolved
    assert again.overrides() == ()


def test_rounding_does_not_push_a_rescaled_weight_out_of_its_range(folder):
    """Three thirds of .5 do not sum to .5 in decimal: one of them takes the rest, at the very end of its range."""
    weights = "strip: 0.4, " + ", ".join(
        f"{name}: {{value: 0.2, range: {ends}}}"
        for name, ends in (("recognition", [0.2, 0.3]), ("pull_back", [0.2, 0.3]), ("observers", [0.2, 0.3]))
    )
    text = f"extends: base.yaml\nparties: {{upland: {{weights: {{{weights}}}}}}}\n"
    scenario = difference(folder, text + "set: {parties.upland.weights.strip: 0.5}\n")
    assert exact_sum(scenario, "upland") == 1
    rescaled = scenario.parties["upland"].weights["recognition"]
    assert rescaled.value == rescaled.low == 0.166666666666


def test_a_weight_of_a_difference_is_rescaled_by_set_and_not_by_merging(folder):
    scenario = difference(folder, "extends: base.yaml\nset: {parties.*.weights.strip: 0.4}\n")
    assert exact_sum(scenario, "upland") == exact_sum(scenario, "lowland") == 1
    (told,) = faults(folder, "extends: base.yaml\nparties: {upland: {weights: {strip: {value: 0.4}}}}\n")
    assert told == (
        "a.yaml:2:20: parties.upland.weights: strip 0.4 + recognition 0.35 + pull_back 0.15 + observers 0.2 = "
        "1.1, but weights "
        "sum to 1; lower one of them, or set one with `set:` and the others are rescaled"
    )


def test_all_weights_of_a_party_set_by_hand_must_sum_to_1():
    names = ("strip", "recognition", "pull_back", "observers")
    fine = [f"parties.upland.weights.{name}=0.25" for name in names]
    assert exact_sum(toy(*fine), "upland") == 1
    assert any(
        "there is 0.05 left to share out" in line
        for line in set_faults(*fine[:3], "parties.upland.weights.observers=0.2")
    )


def test_rescaling_does_not_hide_weights_that_did_not_sum_to_1(folder):
    (folder / "base.yaml").write_text(TOY.replace("strip: {value: 0.30,", "strip: {value: 0.31,"))
    (told,) = faults(folder, "extends: base.yaml\nset: {parties.upland.weights.observers: 0.1}\n")
    assert "strip 0.31 + recognition 0.35 + pull_back 0.15 + observers 0.1 = 0.91" in told


@given(st.data())
def test_after_any_setting_weights_sum_to_1_in_decimal_and_lie_in_their_ranges(data):
    scenario = read_scenario(SCENARIOS / "panama-canal-1977.yaml")
    issues = data.draw(st.lists(st.sampled_from(sorted(scenario.issues)), min_size=1, max_size=4, unique=True))
    shares = [data.draw(st.decimals("0.001", "0.24", places=data.draw(st.integers(3, 9)))) for _ in issues]
    party = data.draw(st.sampled_from(["united_states", "panama", "*"]))
    after = scenario.with_sets(
        [f"parties.{party}.weights.{issue}={share:f}" for issue, share in zip(issues, shares, strict=True)]
    )
    for name, spec in after.parties.items():
        assert exact_sum(after, name) == 1
        before = scenario.parties[name].weights
        for issue, weight in spec.weights.items():
            assert weight.low is None or weight.low <= weight.value <= weight.high
            if party in (name, "*") and issue in issues:
                assert weight == Number(float(shares[issues.index(issue)]))
        left = [issue for issue in before if issue not in issues or party not in (name, "*")]
        ratios = {round(spec.weights[issue].value / before[issue].value, 6) for issue in left}
        assert max(ratios) - min(ratios) < 1e-5


def test_identity_does_not_feel_the_order_of_settings_or_a_setting_that_changes_nothing():
    one = toy("time.rounds=9", "parties.upland.no_deal=0.4")
    other = toy("parties.upland.no_deal=0.4", "time.rounds=9", "lines=by_party")
    assert one.resolved == {key: value for key, value in other.resolved.items() if key != "lines"}
