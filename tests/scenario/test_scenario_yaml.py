"""Guards of the YAML reading: what is refused, where, and that hostile bytes do no harm."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario import ScenarioError, read_scenario
from sim.scenario.messages import Faults, Mark
from sim.scenario.nodes import MappingNode, ScalarNode, SequenceNode, plain
from sim.scenario.yaml_reader import MOST_BYTES, read_text


def read(text: str) -> object:
    """A text as plain values; raises with all faults."""
    faults = Faults()
    node = read_text(text, "x.yaml", faults)
    faults.raise_any()
    assert node is not None
    return plain(node)


def refusals(text: str) -> list[str]:
    """All faults of a text."""
    with pytest.raises(ScenarioError) as caught:
        read(text)
    return str(caught.value).splitlines()


def test_values_are_read_by_what_both_versions_of_yaml_agree_on():
    text = 'a: 1\nb: -0.5\nc: 1.5e+3\nd: "no"\ne: true\nf: 1/2\ng: 5 to 40 km\nh: .5\n'
    assert read(text) == {
        "a": 1, "b": -0.5, "c": 1500.0, "d": "no", "e": True, "f": "1/2", "g": "5 to 40 km", "h": 0.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    "word",
    [
        "no",
        "NO",
        "No",
        "n",
        "N",
        "yes",
        "y",
        "Y",
        "on",
        "On",
        "off",
        "OFF",
        "017",
        "0o17",
        "0x1F",
        "0b1",
        "1_000",
        "1_000.5",
        "12:30",
        "1:30:00",
        "190:20:30.15",
        "1e3",
        "1.5e3",
        "1E+3",
        "-.5",
        "+.5",
        "=",
        "2025-12-14T10:00:00",
    ],
)
def test_a_word_that_yaml_1_1_and_1_2_read_differently_is_refused_as_value_entry_and_key(word):
    said = f"YAML 1.1 and YAML 1.2 read '{word}' differently; put it in quotes"
    for text, place in ((f"a: {word}", "1:4"), (f"a: [x, {word}]", "1:8"), (f"{word}: x", "1:1")):
        assert refusals(text)[0].startswith(f"x.yaml:{place}: {said}")
    assert read(f'a: "{word}"') == {"a": word}


@pytest.mark.parametrize(
    "word", ["nobody", "ones", "1-2", "1.2.3", "note", "offset", "800,000", "2025-12", "x1e3", "e3", "1e3x", ".x", "-"]
)
def test_ordinary_words_are_not_taken_for_traps(word):
    assert read(f"a: {word}" if word != "-" else "a: x-") == {"a": word if word != "-" else "x-"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: ~", "1:4: nothing stands here; write a value, or take the key out"),
        ("a: null", "1:4: nothing stands here; write a value, or take the key out"),
        ("a:\nb: 1", "1:1: nothing stands here; write a value, or take the key out"),
        ("a: .nan", "1:4: '.nan' is not a number to compute with; write a finite one"),
        ("a: -.inf", "1:4: '-.inf' is not a number to compute with; write a finite one"),
        ("a: 1.0e+99", "1:4: the number 1.0e+99 is too large for anything in a scenario"),
        ("a: " + "9" * 5000, "1:4: the number 9999999999999999999… has 5,000 digits; write fewer"),
        ("a: 2025-02-30", "1:4: there is no date 2025-02-30; write a date as 2025-12-14, or put the text in quotes"),
        ("5: a", "1:1: YAML reads the key '5' as a number; give it a name, or put it in quotes"),
        ("true: a", "1:1: YAML reads the key 'true' as a truth value; give it a name, or put it in quotes"),
        ("[a, b]: c", "1:1: a key must be a name, not a list or a mapping"),
        ("a: &x 1", "1:4: an anchor (&x) is not allowed; write the value out where it is needed"),
        ("a: *x", "1:4: an alias (*x) is not allowed; write the value out"),
        ("a: {<<: {b: 1}}", "1:5: a merge key (<<) is not allowed; `extends` makes one scenario from another"),
        ("a: !!python/name:os.system x", "1:4: a tag (tag:yaml.org,2002:python/name:os.system) is not allowed; "
                                         "take it out"),
        ("a: !x b", "1:4: a tag (!x) is not allowed; take it out"),
        ("a: 1\n---\na: 2", "2:1: a second document starts here; a file holds one scenario"),
        ("%YAML 1.1\n---\na: 1", "2:1: a YAML directive (%) does not belong in a scenario; take it out"),
        ('a: "x\\x1b[31m"', "1:4: the text holds a control character, '\\x1b'; take it out"),
        ('a: "\\ud800"', "1:4: the text holds a control character, '\\ud800'; take it out"),
        ("a: 1\nb: 2\na: 3", "3:1: the key 'a' stands here on line 3 and on line 1; keep one"),
        ("x: {a: 1, a: 2}", "1:11: the key 'a' stands here on line 1 and on line 1, column 5; keep one"),
        ('x: {a: 1, "a": 2}', "1:11: the key 'a' stands here on line 1 and on line 1, column 5; keep one"),
        (
            "a:\n\tb: 1",
            "2:1: this is not YAML: while scanning for the next token, found character '\\t' that cannot start "
            "any token; "
            "indent with spaces, not with a tab",
        ),
        ('a: "b\n', "1:4: this is not YAML: while scanning a quoted scalar, found unexpected end of stream"),
        ("", "1:1: there is nothing here; `peacesim new` writes a scenario to start from"),
        ("# only a remark\n", "1:1: there is nothing here; `peacesim new` writes a scenario to start from"),
    ],
)  # fmt: skip
def test_traps_are_refused_where_they_stand(text, fault):
    assert refusals(text) == [f"x.yaml:{fault}"]


def test_all_traps_of_a_file_are_told_together():
    assert [line.split(": ")[0] for line in refusals("a: no\nb: &x 1\nc: .nan\na: 1\n")] == [
        "x.yaml:1:4", "x.yaml:2:4", "x.yaml:3:4", "x.yaml:4:1",
    ]  # fmt: skip


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_a_hundred_thousand_brackets_are_one_plain_fault(opening):
    (fault,) = refusals(opening * 100_000)
    assert re.fullmatch(r"x\.yaml:1:\d+: more than 24 levels deep; a scenario needs about ten", fault)


def test_depth_24_is_read_and_25_is_not():
    assert read("[" * 24 + "]" * 24) is not None
    assert len(refusals("[" * 25 + "]" * 25)) == 1


def test_a_bomb_of_aliases_is_refused_and_never_expanded():
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    lines = refusals(bomb)
    assert len(lines) == 20
    assert lines[0] == "x.yaml:1:4: an anchor (&a) is not allowed; write the value out where it is needed"


def test_too_many_entries_are_refused_while_streaming():
    (fault,) = refusals("a: [" + "x," * 300_000)
    assert "more than 15,000 entries" in fault


@pytest.mark.parametrize("text", ["1_" * 200_000 + "x", "1:" * 200_000 + "x", "1" * 400_000, "0" * 400_000 + "x"])
def test_long_words_cost_no_more_than_their_length(text):
    faults = Faults()
    read_text(f"a: {text}", "x.yaml", faults)  # returns at all


def test_every_node_keeps_its_line_and_column():
    node = read_text("a:\n  - {id: x, n: 0.5}\n", "x.yaml", Faults())
    assert isinstance(node, MappingNode) and isinstance(node.items["a"], SequenceNode)
    entry = node.items["a"].items[0]
    assert isinstance(entry, MappingNode)
    assert (node.keys["a"], entry.mark) == (Mark("x.yaml", 1, 1), Mark("x.yaml", 2, 5))
    assert (entry.keys["n"], entry.items["n"].mark) == (Mark("x.yaml", 2, 13), Mark("x.yaml", 2, 16))
    assert isinstance(entry.items["n"], ScalarNode)


def faults_of(path: object) -> str:
    with pytest.raises(ScenarioError) as caught:
        read_scenario(path)  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"id: caf\xe9", "x.yaml:1:8: byte 0xe9 is not UTF-8; save the file as UTF-8 text"),
        (b"id: a\nb: \xc3\x28", "x.yaml:2:4: byte 0xc3 is not UTF-8; save the file as UTF-8 text"),
        (b"\xff\xfei\x00d\x00", "x.yaml:1:1: byte 0xff is not UTF-8; save the file as UTF-8 text"),
        (b"id: a\n\x00", "x.yaml:2:1: a control character, '\\x00', does not belong in a text file; take it out"),
        (
            b"hello",
            "x.yaml:1:1: a scenario is a mapping of keys such as id, issues and parties; `peacesim new` writes one",
        ),
        (b"#" * (MOST_BYTES + 1), "x.yaml:1:1: 'x.yaml' cannot be read: it is larger than 1,000,000 bytes"),
    ],
)
def test_bytes_that_are_no_scenario(tmp_path, data, fault):
    (tmp_path / "x.yaml").write_bytes(data)
    assert faults_of(tmp_path / "x.yaml") == fault


def test_a_byte_order_mark_is_dropped(tmp_path):
    text = (Path(__file__).parents[2] / "scenarios" / "orange-and-lemon.yaml").read_bytes()
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbf" + text)
    assert read_scenario(tmp_path / "x.yaml").id == "orange-and-lemon"


def test_what_is_not_an_ordinary_file_is_refused(tmp_path):
    assert faults_of(tmp_path / "none.yaml") == "none.yaml:1:1: 'none.yaml' cannot be read: No such file or directory"
    assert "Is a directory" in faults_of(tmp_path) or "not an ordinary file" in faults_of(tmp_path)
    assert faults_of("/dev/null") == "null:1:1: 'null' is not an ordinary file"
    assert "cannot be read" in faults_of("a\x00b")
    os.mkfifo(tmp_path / "pipe.yaml")
    assert faults_of(tmp_path / "pipe.yaml") == "pipe.yaml:1:1: 'pipe.yaml' is not an ordinary file"


@given(st.binary(max_size=200))
def test_no_bytes_bring_anything_but_our_own_error(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(data)
    with pytest.raises(ScenarioError):
        read_scenario(path)


@given(st.text(alphabet="{}[]:,-?&*!|>%@`\"'#~<=\\ \n\tax0.1eno_", max_size=60))
def test_no_text_brings_anything_but_values_or_faults(text):
    faults = Faults()
    try:
        node = read_text(text, "x.yaml", faults)
    except ScenarioError:
        return
    assert node is not None or faults
