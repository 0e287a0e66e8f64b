"""R11: malformed files bring our own error, with a place and a hint, quickly; a corpus by hand, and bombs."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.scenario import ScenarioError, read_scenario
from tests.trust.corpus import CHANGES, WHOLE_FILES, Bad, Change
from tests.trust.planting import bugs

ROOT = Path(__file__).resolve().parents[2]
TOY = (ROOT / "scenarios" / "two-banks-pullback.yaml").read_text(encoding="utf-8")
LINE = re.compile(r"[^:\n]+:[1-9][0-9]*:[1-9][0-9]*: \S.*")

PLANTED = bugs("R11", __name__, [
    ("sim/scenario", "self.refuse_tricks(event, mark)", "pass", "test_a_malformed_file_is_reported_at_its_place"),
    ("sim/scenario/yaml_reader.py", "if depth > MOST_DEPTH:", "if False:",
     "test_a_malformed_file_is_reported_at_its_place"),
    ("sim/core", "return char if char.isprintable() else", "return char if char else",
     "test_a_malformed_file_is_reported_at_its_place"),
    ("sim/scenario/yaml_writer.py", "if depth > MOST_DEPTH:", "if depth > 40 * MOST_DEPTH:",
     "test_a_small_file_that_grows_is_stopped"),
    ("sim/scenario/paths.py", "if room < 0:", "if False:", "test_a_small_file_that_grows_is_stopped"),
    ("sim/scenario", "for path in list(sweep.items)[:MOST_TRIALS]:", "for path in sweep.items:",
     "test_a_small_file_that_takes_long_is_stopped"),
    ("sim/scenario/package_checks.py", "if room < 0:", "if False:", "test_a_small_file_that_takes_long_is_stopped"),
])  # fmt: skip


def reported(path: Path, *sets: str) -> list[str]:
    """The lines of a refusal, each as every message has to be."""
    with pytest.raises(ScenarioError) as caught:
        read_scenario(path, sets)
    text = str(caught.value)
    assert len(text.encode()) < 8_000, len(text.encode())
    assert all(char.isprintable() or char == "\n" for char in text), ascii(text)
    lines = text.splitlines()
    assert all(LINE.fullmatch(line) for line in lines if not line.startswith("and ")), text
    return lines


@pytest.mark.parametrize("bad", WHOLE_FILES, ids=lambda bad: bad.name[:40])
def test_a_malformed_file_is_reported_at_its_place(tmp_path, bad: Bad):
    path = tmp_path / "x.yaml"
    path.write_bytes(bad.data)
    lines = reported(path)
    assert any(line.startswith(f"x.yaml:{bad.place}") and bad.message in line for line in lines), lines


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: ascii(change.new)[:40])
def test_what_is_wrong_in_a_scenario_is_reported_on_its_line(tmp_path, change: Change):
    at = TOY.index(change.old)
    (tmp_path / "x.yaml").write_text(TOY[:at] + change.new + TOY[at + len(change.old) :], encoding="utf-8")
    first_line, more = TOY.count("\n", 0, at) + 1, change.new.count("\n") + 1
    lines = reported(tmp_path / "x.yaml")
    here = [line for line in lines if first_line <= int(line.split(":")[1]) <= first_line + more]
    assert any(change.message in line for line in here), lines


def test_the_corpus_states_how_large_it_is(record_property):
    names = [bad.name for bad in WHOLE_FILES]
    assert len(set(names)) == len(names)
    record_property("R11", f"{len(names) + len(CHANGES)} malformed files by hand, each reported at its place")


def history(entries: int, what: str = "{x: 1}") -> str:
    return "history: {" + ", ".join(f"a{n}: {what}" for n in range(entries)) + "}\n"


MANY = ", ".join(f"b{n}: 1" for n in range(200))
BLANK = "\u200b" * 3_000  # each is written as six characters
GROWING = {
    "a setting in many places": history(3_600) + f'set: {{"history.*.x": {{{MANY}}}}}',
    "settings below settings": "history: {a: {a: 1}}\nset:\n"
    + "".join(f"  history{'.a' * n}.a: {'{a: ' * 8}1{'}' * 8}\n" for n in range(1, 200, 8)),
    "two files in one": "extends: other.yaml\n" + history(3_600),
    "texts that are written longer": "sources: {" + ", ".join(f'S{n}: "{BLANK}"' for n in range(100)) + "}",
}
GROWN = {
    "a setting in many places": "x.yaml:3:7: this puts 401 entries in 3,600 places; all settings together may put 15",
    "settings below settings": "more than 24 levels deep once it is set",
    "two files in one": "more than 15,000 entries, with what is merged and set",
    "texts that are written longer": "with all overrides told, it takes 1,8",
}


@pytest.mark.parametrize("name", GROWING)
def test_a_small_file_that_grows_is_stopped(tmp_path, name):
    """What a file makes is under the caps of the reader too: else it could not be read again beside its results."""
    (tmp_path / "base.yaml").write_text(TOY)
    (tmp_path / "other.yaml").write_text(
        "extends: base.yaml\nexpected: {" + ", ".join(f"c{n}: {{z: 1}}" for n in range(3_600)) + "}\n"
    )
    text = GROWING[name]
    start = "" if text.startswith("extends") else "extends: base.yaml\n"
    (tmp_path / "x.yaml").write_text(start + text if start else text, encoding="utf-8")
    assert GROWN[name] in reported(tmp_path / "x.yaml")[0]


def wide(rules: str, sizes: tuple[int, ...], lines: int = 0) -> str:
    """A scenario of many packages."""
    issues = "".join(
        f"  i{k}: {{options: {{{', '.join(f'o{n}: x' for n in range(size))}}}}}\n" for k, size in enumerate(sizes)
    )
    points = ", ".join(f"i{k}: {{{', '.join(f'o{n}: {n}' for n in range(size))}}}" for k, size in enumerate(sizes))
    weights = ", ".join(f"i{k}: {int(k == 0)}" for k in range(len(sizes)))
    hard = "".join(f"      - {{id: l{n}, never: {{i0: o{n % 9}, i1: o{n % 7}}}, hardness: 1}}\n" for n in range(lines))
    return f"""schema: 1
id: wide
title: Wide
time: {{rounds: 2, days_per_round: 1}}
issues:
{issues}{"consistency:" if rules else ""}
{rules}parties:
  north:
    weights: {{{weights}}}
    values: {{{points}}}
    no_deal: 0
{"    red_lines:" if lines else ""}
{hard}"""


RULES = "".join(f"  - {{id: r{n}, if: {{i0: o{n % 9}}}, then: {{i1: o{n % 7}, i2: o{n % 5}}}}}\n" for n in range(498))
CLASH = RULES + "  - {id: a, then: {i3: o1}}\n  - {id: b, then: {i3: o2}}\n"
FLAGSHIP = (ROOT / "scenarios" / "ukraine-december-2025.yaml").read_text(encoding="utf-8")
SLOW = {
    "a sweep of many paths": (
        FLAGSHIP
        + "\nhistory: {a: 1}\nsweep:\n"
        + "".join(f"  history.x{n}: [1]\n" for n in range(400))
        + "  time.rounds: [0]\n",
        "sweep: with the first value of every path: time.rounds: '0' is out of bounds",
    ),
    "many rules that clash": (wide(CLASH, (22, 22, 22, 14)), "together leave no package"),
    "many lines over many packages": (wide("", (18, 18, 18, 18, 19), 200), "1,994,544 packages to be held against"),
    "many rules over many packages": (wide(RULES, (18, 18, 18, 18, 19)), "1,994,544 packages to be held against"),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_small_file_that_takes_long_is_stopped(tmp_path, name):
    """Work, not only size, is capped: this is counted in the kernel's processor time, which load does not move."""
    text, printed = SLOW[name]
    (tmp_path / "x.yaml").write_text(text)
    began = time.process_time()
    lines = reported(tmp_path / "x.yaml")
    assert time.process_time() - began < 8  # it took minutes
    assert any(printed in line for line in lines), lines


EXHAUSTIVE, CHILD_SECONDS = 10_000, 3 * 3600


def trial(folder: Path, first: int, end: int, step: int, *play: str) -> list[dict[str, object]]:
    """What a process of its own says of some mutants."""
    folder.mkdir()
    for path in (ROOT / "scenarios").glob("*.yaml"):
        (folder / path.name).write_bytes(path.read_bytes())
    command = [sys.executable, "-m", "tests.trust.mutant_child", str(folder), str(first), str(end), str(step), *play]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=CHILD_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def assess(answers: list[dict[str, object]], most_mb: int = 300) -> str:
    """See that all mutants were read or refused as promised, and say what came of them."""
    count = {"refused": 0, "passed": 0, "played": 0}
    for answer in answers:
        assert answer["outcome"] in count, answer
        assert not answer.get("again"), answer
        text = str(answer["reported"])
        assert len(text.encode()) < 8_000 and all(char.isprintable() or char == "\n" for char in text), answer
        assert all(LINE.fullmatch(line) for line in text.splitlines() if not line.startswith("and ")), answer
        assert float(str(answer["seconds"])) < 2, answer
        assert float(str(answer["mb"])) < most_mb, answer
        count[str(answer["outcome"])] += 1
    seconds, memory = (max(float(str(answer[key])) for answer in answers) for key in ("seconds", "mb"))
    return (
        f"{len(answers):,} damaged scenarios: {count['refused']:,} refused, {count['passed'] + count['played']:,} hold "
        f"together, {count['played']:,} of them played; at most {seconds:.1f} s and {memory:.0f} MB to read one"
    )


def test_damaged_scenarios_are_read_or_refused_in_plain_words(tmp_path, record_property):
    record_property("R11", assess(trial(tmp_path / "trial", 0, 10_000, 509)))


@pytest.mark.exhaustive
@pytest.mark.parametrize("part", range(4))
def test_ten_thousand_damaged_scenarios_and_those_that_pass_are_played(tmp_path, record_property, part):
    """Memory to read is not held to its bound here: a compiler is loaded beside it to play."""
    answers = trial(tmp_path / "trial", part, EXHAUSTIVE, 4, "play")
    assert len(answers) == EXHAUSTIVE // 4
    record_property("R11", assess(answers, most_mb=2_000))


@pytest.mark.parametrize(
    "command",
    [pytest.param(("check", "."), marks=pytest.mark.slow), ("batch", ".", "-n", "2", "--out", "results")],
    ids=["check", "batch"],
)
def test_the_commands_report_malformed_files_a_line_each_and_nothing_else(tmp_path, command):
    """In a process of their own: code 2, a place in every line, no traceback, nothing written."""
    files = WHOLE_FILES[::10]
    for at, bad in enumerate(files):
        (tmp_path / f"bad{at:03}.yaml").write_bytes(bad.data)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "sim", *command], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 2, done.stderr[-2000:]
    lines = done.stderr.splitlines()
    assert len({line.split(":")[0] for line in lines if LINE.fullmatch(line)}) == len(files)
    assert all(LINE.fullmatch(line) or not line.startswith(("Traceback", "  File")) for line in lines), done.stderr
    assert all(char.isprintable() or char == "\n" for char in done.stdout + done.stderr)
    assert not (tmp_path / "results").exists()
