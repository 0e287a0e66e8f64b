"""R12: what a file means never changes silently: between YAML 1.1 and 1.2, by being written again, by its order."""

import json
import random
from datetime import date
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from sim.results.manifest import identity
from sim.scenario import ScenarioError, read_scenario
from sim.scenario.messages import Faults
from sim.scenario.nodes import plain
from sim.scenario.yaml_reader import read_text
from tests.trust.mutants import SHIPPED, whole, written
from tests.trust.planting import bugs

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
TOY = (SCENARIOS / "two-banks-pullback.yaml").read_text(encoding="utf-8")

PLANTED = bugs("R12", __name__, [
    ("sim/scenario", "y|Y|yes|Yes|YES|n|N|no|No|NO|on", "y|Y|yes|Yes|YES|n|N|No|NO|on",
     "test_a_word_that_is_read_means_the_same_in_both_versions_of_yaml"),
    ("sim/scenario", "[-+]?(?:0|[1-9][0-9]{0,29})", "[-+]?(?:[0-9]{1,30})",
     "test_a_word_that_is_read_means_the_same_in_both_versions_of_yaml"),
    ("sim/scenario", "if NOT_FINITE.fullmatch(text):", "if False:",
     "test_a_word_that_is_read_means_the_same_in_both_versions_of_yaml"),
    ("sim/scenario", "in node.items:\n                self.refuse_second", "in ():\n                self.refuse_second",
     "tests/trust/test_malformed.py::test_a_malformed_file_is_reported_at_its_place"),
    ("sim/scenario", "if type(value) is not int:", "if value != 1:",
     "tests/trust/test_malformed.py::test_what_is_wrong_in_a_scenario_is_reported_on_its_line"),
    ("sim/scenario", "not all(NUMBER.fullmatch(part.strip()) for part in parts)", "False",
     "test_a_range_of_the_command_line_is_read_as_numbers_of_a_file_are"),
    ("sim/scenario", "if node.plain and (NUMBER", "if True and (NUMBER",
     "test_a_text_that_looks_like_something_else_stays_a_text"),
])  # fmt: skip


def by_version(word: str, version: tuple[int, int]) -> Any:
    """What a reader of YAML of a version takes a word for, or what stops it."""
    reader = YAML(typ="safe", pure=True)
    reader.version = version
    try:
        return reader.load(f"a: {word}\n")["a"]
    except Exception as error:
        return error


def here(word: str) -> Any:
    """What it is taken for here, or the refusal."""
    faults = Faults()
    node = read_text(f"a: {word}\n", "x.yaml", faults)
    return faults.error() if faults or node is None else plain(node)["a"]


def same(one: Any, other: Any) -> bool:
    """Whether two readings are of one kind and equal."""
    return type(one) is type(other) and one == other


def agrees(word: str) -> bool:
    """Whether a word that is read here is the same to both versions; whether it was read."""
    mine = here(word)
    if isinstance(mine, ScenarioError):
        return False
    old, new = by_version(word, (1, 1)), by_version(word, (1, 2))
    assert same(mine, old) and same(mine, new), (word, mine, old, new)
    return True


PARTS = st.sampled_from([
    "0", "1", "7", "8", "9", "00", "12", "60", "_", ".", "-", "+", ":", "e", "E", "x", "o", "b", "y", "n", "t",
    "no", "on", "off", "yes", "true", "True", "NO", "Y", "null", "~", "inf", "nan", ".inf", "0x", "0o", "T", "Z",
    "=", ",", "2025-12-14", "a", "%",
])  # fmt: skip
KNOWN = [
    "no", "017", "08", "1_000", "12:30", "+_7", "0o17", "1e3", ".nan", "-.inf", "2025-12-14", "0.5", "1.", "+1",
]  # fmt: skip


@settings(max_examples=300)
@given(st.lists(PARTS, min_size=1, max_size=5).map("".join))
@lambda test: reduce(lambda known, word: example(word)(known), KNOWN, test)
def test_a_word_that_is_read_means_the_same_in_both_versions_of_yaml(word):
    """Against the readers of ruamel.yaml for 1.1 and for 1.2; a word that they read differently is refused here."""
    agrees(word)


@pytest.mark.exhaustive
def test_all_short_words_mean_the_same_or_are_refused(record_property):
    """Every word of up to four of these characters, and a hundred thousand longer ones."""
    letters = "017._-+:exonyYNfTt~="
    words = [""]
    for _ in range(3):
        words += [word + letter for word in words for letter in letters]
    chance = random.Random(1)
    words = sorted(set(words)) + ["".join(chance.choices(letters, k=chance.randint(4, 9))) for _ in range(10_000)]
    read = sum(agrees(word) for word in words if word and not word.endswith(":"))
    record_property("R12", f"{len(words):,} words: {read:,} read as YAML 1.1 and 1.2 both do, the others refused")


def scenario_from(folder: Path, text: str, name: str = "x.yaml") -> Any:
    """A text as a scenario."""
    (folder / name).write_text(text, encoding="utf-8")
    return read_scenario(folder / name)


EACH = [pytest.param(name, marks=[] if at % 6 == 0 else pytest.mark.exhaustive) for at, name in enumerate(SHIPPED)]


@pytest.mark.parametrize("name", EACH)
def test_a_shipped_scenario_is_the_same_however_it_is_written(tmp_path, name, record_property):
    """Without comments, in another style, in any order of its keys, and as it is written beside its results."""
    scenario = read_scenario(SCENARIOS / f"{name}.yaml")
    other = scenario_from(tmp_path, written(whole(name)))
    turned = scenario_from(tmp_path, written(backwards(whole(name))))
    again = scenario_from(tmp_path, scenario.resolved_text())
    assert json.dumps(other.resolved) == json.dumps(scenario.resolved) == json.dumps(again.resolved)
    assert other.numbers() == turned.numbers() == again.numbers() == scenario.numbers()
    assert identity(other, 1) == identity(again, 1) == identity(scenario, 1)
    if name in (SHIPPED[-1], SHIPPED[-2]):
        record_property("R12", f"shipped scenarios up to {name}, written in three other ways and read: the same")


def backwards(value: Any) -> Any:
    """Keys in the opposite order, but for options, whose order counts."""
    if isinstance(value, dict):
        keys = list(value)
        return {key: value[key] if key in ("options", "sweep") else backwards(value[key]) for key in reversed(keys)}
    return [backwards(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "text",
    ["no", "12:30", "5", "0.5", "true", "null", "~", "2025-12-14", "1_000", "017", ".inf", "=", "1" * 200, "a: b", "#"],
)
def test_a_text_that_looks_like_something_else_stays_a_text(tmp_path, text):
    scenario = scenario_from(tmp_path, TOY + f"history: {{said: {json.dumps(text)}, {json.dumps(text)}: 1}}\n")
    assert scenario.resolved["history"] == {"said": text, text: 1}
    assert scenario_from(tmp_path, scenario.resolved_text()).resolved == scenario.resolved


def test_a_long_text_is_written_in_a_moment(tmp_path):
    """A pattern that tries every way to cut a word of a hundred thousand digits would take hours."""
    scenario = scenario_from(tmp_path, TOY + f"history: {{said: '{'1_' * 100_000}x'}}\n")
    assert scenario_from(tmp_path, scenario.resolved_text()).resolved == scenario.resolved


SPECS = [
    "1_000:2_000:3", "0:1_0:3", "0:1:1_0", "\u0660:\u0661:\u0663", "0x1:0x2:3", "nan:1:3", "0:inf:3", "0:1e400:3",
    "017:20:3", "0:1:3.0", "0:1:03", "0:1:+3", "1e3:2e3:3", "0:0.0000000000001:3", "0:1:1", "0:1:-3",
    "-1.0e+300:1.0e+300:3", "0: 1 :3:4", "::",
]  # fmt: skip


@pytest.mark.parametrize("spec", SPECS)
def test_a_range_of_the_command_line_is_read_as_numbers_of_a_file_are(spec):
    """Python's own numbers are more: 1_000 and Arabic digits; and points that would round to one number are refused."""
    scenario = read_scenario(SCENARIOS / "two-banks-pullback.yaml")
    with pytest.raises(ScenarioError, match="are no values; a,b,c or low:high:count"):
        scenario.settings([f"time.days_per_round={spec}"])


def test_a_range_that_is_written_plainly_is_read():
    scenario = read_scenario(SCENARIOS / "two-banks-pullback.yaml")
    settings = scenario.settings(["time.days_per_round= 1 : 2.0 : 3"])
    assert [list(each.values()) for each in settings] == [["1"], ["1.5"], ["2"]]


def test_dates_are_dates_only_where_they_stand_bare():
    assert here("2025-12-14") == date(2025, 12, 14) and here('"2025-12-14"') == "2025-12-14"
