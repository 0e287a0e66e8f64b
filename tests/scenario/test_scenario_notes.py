"""Notes: what deserves a second look in a scenario that can be read."""

from pathlib import Path

import pytest

from sim.scenario import read_scenario
from sim.scenario.notes import notes

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TOY = (SCENARIOS / "two-banks-pullback.yaml").read_text()


@pytest.fixture
def told(tmp_path):
    """The notes on the toy scenario with some texts replaced."""

    def read(*changes: tuple[str, str]) -> list[str]:
        text = TOY
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        (tmp_path / "toy.yaml").write_text(text)
        return [str(note) for note in notes(read_scenario(tmp_path / "toy.yaml"))]

    return read


def test_nothing_is_said_of_the_toy(told):
    assert told() == []


def test_a_condition_that_no_consistent_package_meets(told):
    line = ("        never: {pull_back: upland_first}", "        never: {strip: upland_keeps, pull_back: upland_first}")
    assert told(line) == [
        "toy.yaml:79:9: parties.upland.red_lines.no_blind_exit.never: no consistent package meets this"
    ]
    entries = (line[0], "        never: [{pull_back: upland_first}, {strip: upland_keeps, pull_back: upland_first}]")
    assert told(entries) == [
        "toy.yaml:79:9: parties.upland.red_lines.no_blind_exit.never: no consistent package meets entry 2 of this list"
    ]


BELLIGERENT = [("    label: Upland\n", "    label: Upland\n    kind: belligerent\n"),
               ("    label: Lowland\n", "    label: Lowland\n    kind: belligerent\n")]  # fmt: skip


def test_options_that_name_one_side_only(told):
    found = [note for note in told(*BELLIGERENT) if "options name" in note]
    assert found == [
        "toy.yaml:31:5: issues.pull_back.options: options name upland (upland_first), and none names lowland; is "
        "there a counterpart?"
    ]
    even = ("      reciprocal: Both leave", "      reciprocal: Both, Upland and Lowland, leave")
    assert not [note for note in told(*BELLIGERENT, even) if "options name" in note]


def test_an_assumption_that_the_other_side_does_not_share_is_named_once(told):
    found = [note for note in told(*BELLIGERENT) if "is an assumption" in note]
    assert found[0] == (
        "toy.yaml:61:7: parties.upland.weights.strip: 0.3 [0.2, 0.4] is an assumption, and lowland has 0.5 [0.4, 0.6]; "
        "is there a fact that tells the two apart?"
    )
    assert len(found) == 4
    assert not any("no_deal" in note for note in found)
    after = "\n    discount_per_month: 0.98\n    red_lines:\n      - id: no_strip"
    lower = (f"range: [0.42, 0.68], status: assumption}}{after}", f"range: [0.42, 0.69], status: assumption}}{after}")
    assert any("parties.upland.no_deal: 0.55 [0.42, 0.69]" in note for note in told(*BELLIGERENT, lower))


def test_deliverability_that_turns_an_order_round(told):
    options = "    options: {full: Full recognition and embassies, none: No recognition}\n"
    values = ("recognition: {full: 100, none: 0}", "recognition: {full: 100, half: 60, none: 0}")
    other = ("recognition: {full: 0, none: 100}", "recognition: {full: 0, half: 60, none: 100}")
    middle = (
        "    options: {full: Full, half: Half, none: None}\n    deliverable: {full: {chance: 0.5, otherwise: none}}\n"
    )
    assert told((options, middle), values, other) == [
        "toy.yaml:28:5: issues.recognition.deliverable: for upland full is worth more than half (100 against 60 "
        "points), but less once "
        "the chance of delivery is counted (50 against 60)"
    ]


def test_a_party_that_never_refuses_and_one_whose_range_is_out_of_reach(told):
    low = told(("no_deal: {value: 0.55, range: [0.42, 0.68], status: assumption}", "no_deal: 0"))
    assert [note.split(": ", 1)[1] for note in low] == [
        f"parties.{party}.no_deal: at central numbers every package is worth 0 or more to {party}: it never "
        f"refuses one for its worth"
        for party in ("upland", "lowland")
    ]
    high = told(
        (
            "no_deal: {value: 0.55, range: [0.42, 0.68], status: assumption}",
            "no_deal: {value: 0.55, range: [0.42, 0.95]}",
        ),
        ("lowland_full: 100", "lowland_full: 76"),
    )
    assert [note.split(": ", 1)[1] for note in high] == [
        "parties.lowland.no_deal: part of the range, up to 0.95, lies above its best package, "
        "lowland_full/none/upland_first/none, worth 0.9200 at central numbers: in such draws lowland signs nothing"
    ]


def test_a_signatory_that_a_fixed_order_leaves_out(told):
    assert told(("order: [upland, lowland]", "order: [upland]")) == [
        "toy.yaml:117:38: protocol.order: lowland signs but does not speak: what needs its signature cannot be "
        "agreed in this order"
    ]


def test_a_source_later_than_the_talks(told):
    sources = "sources:\n  S1: {publisher: A, title: B, date: 2000-01-02}\n  S2: {title: B, date: 2000}\n"
    sources += "  S3: {publisher: A, date: 2000-01}\n  S4: One text\n  S5: {publisher: A, date: 2001}\n"
    assert [note.partition(":")[2].partition(":")[2] for note in told(("title:", sources + "title:"))] == [
        f"3: sources.{key}: dated {day}, later than as_of, 2000-01-01: nobody at the table could know it; "
        "take it for a check and not for an input, or move as_of" for key, day in (("S1", "2000-01-02"), ("S5", "2001"))
    ]  # fmt: skip


def test_rescaled_weights_are_told():
    scenario = read_scenario(SCENARIOS / "orange-and-lemon.yaml", ["parties.anna.weights.oranges=0.6"])
    assert [str(note) for note in notes(scenario) if "rescaled" in str(note)] == [
        "orange-and-lemon.yaml:26:5: parties.anna.weights: lemons rescaled with --set "
        "parties.anna.weights.oranges, value and "
        "range, so that the weights sum to 1"
    ]


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_notes_on_shipped_scenarios_have_a_place(path):
    for note in notes(read_scenario(path)):
        assert (SCENARIOS / note.file).exists() and note.line > 0
        assert str(note).isprintable()


def test_points_in_a_straight_line_for_both_sides(told):
    """Of three options; an end moved by a point, or a middle worth more to one side, and nothing is said."""
    straight = "half way is worth no more than a toss between the ends"
    primer = (SCENARIOS / "orange-and-lemon.yaml").read_text()
    lines = [note for note in told((TOY, primer)) if straight in note]
    assert [note.split(": ")[1:3] for note in lines] == [["issues", "oranges and lemons"]]
    middle = ("lemons: {to_anna: 0, halves: 50,", "lemons: {to_anna: 0, halves: 60,")
    assert ": oranges:" in next(note for note in told((TOY, primer.replace(*middle))) if straight in note)
    same_way = primer.replace("{to_anna: 0, halves: 50, to_ben: 100}", "{to_anna: 100, halves: 50, to_ben: 0}")
    assert not [note for note in told((TOY, same_way)) if straight in note]
