"""Guards of the YAML reading: what is refused, where, and that hostile bytes do no harm."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario import ScenarioError, read_scenario
from sim.scenario.messages import Faults, Mark
from sim.scenario.nodes import MappingNode, ScalarNode, SequenceNode, plain
from sim.scenario.yaml_reader import read_text


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


def test_all_traps_of_a_file_are_told_together():
    assert [line.split(": ")[0] for line in refusals("a: no\nb: &x 1\nc: .nan\na: 1\n")] == [
        "x.yaml:1:4", "x.yaml:2:4", "x.yaml:3:4", "x.yaml:4:1",
    ]  # fmt: skip


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
