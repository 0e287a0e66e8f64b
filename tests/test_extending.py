"""What the manual says of adding a name is true: with its files and edits, a copy of the program knows the name."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.manual import Reader, blocks, commands

ROOT = Path(__file__).resolve().parents[1]
HOW_TO = ROOT / "docs/how-to"
ADDED = {"extend.md": ["plateau", "agenda_setter"], "extend-chart.md": ["worst_off"]}
TOUCHED = {  # how many files of the program it takes to add one: a page, or a section of it
    "extend.md#A strategy": 2, "extend.md#A protocol": 2, "extend-chart.md": 2, "extend-figure.md": 1,
    "extend-key.md": 1, "extend-mechanism.md": 3,
}  # fmt: skip
ASKED = "registered_name or parameter or chart or library"  # the tests of the documentation that names can fail
COPIED = ("sim", "peacesim", "tests", "docs", "scenarios")


class Elsewhere(Reader):
    """A reader whose commands run in processes of their own, on the program in the current folder."""

    def run(self, line: str) -> str:
        """Run a command of the copy."""
        self.ran += 1
        words = shlex.split(line)
        program = ["-m", "sim", *words[1:]] if words[0] == "peacesim" else words[1:]
        done = answer(*program)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def make(self, page: str) -> None:
        """Write the files of a page and make its edits, and run nothing."""
        for kind, text in blocks(page):
            if kind not in ("sh", "text"):
                self.follow(f"```{kind}\n{text}```\n")


def answer(*program: str) -> "subprocess.CompletedProcess[str]":
    """What the program in the current folder answers."""
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "COLUMNS": "100", "CI": "1"}
    return subprocess.run([sys.executable, *program], env=environment, text=True, capture_output=True, timeout=600)


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the project, with the compiled loops it has."""
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.webp", "*.png"))
    (tmp_path / "results").mkdir()
    shutil.copy2(ROOT / "results/README.md", tmp_path / "results")
    for file in [*ROOT.glob("*.md"), ROOT / "pyproject.toml"]:
        shutil.copy2(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def added(page: str) -> None:
    """Write the files of a page and make its edits."""
    Elsewhere().make((HOW_TO / page).read_text(encoding="utf-8"))


def touched(text: str) -> set[str]:
    """The files of the program that a text of the manual writes or edits."""
    first = [(kind, block.splitlines()[0]) for kind, block in blocks(text)]
    named = {line.split()[1] for kind, line in first if kind in ("python", "diff") and len(line.split()) == 2}
    return {file for file in named if file.startswith("sim/")}


@pytest.mark.parametrize("what", TOUCHED)
def test_what_is_added_touches_so_many_files_of_the_program(what):
    page, _, heading = what.partition("#")
    text = (HOW_TO / page).read_text(encoding="utf-8")
    if heading:
        text = re.split(r"^## ", text.split(f"\n## {heading}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]
    files = touched(text)
    assert len(files) == TOUCHED[what], sorted(files)


def test_every_page_on_adding_is_counted():
    assert {what.partition("#")[0] for what in TOUCHED} == {path.name for path in HOW_TO.glob("extend*.md")}


def test_a_name_is_one_file_and_one_line_and_then_every_list_has_it(copy):
    for page in ADDED:
        added(page)
    listed = json.loads(answer("-m", "sim", "list", "--json").stdout)
    names = {entry["name"] for entries in listed.values() for entry in entries}
    assert {name for page in ADDED.values() for name in page} <= names
    schema = answer("-m", "sim", "schema").stdout
    assert '"plateau"' in schema and '"agenda_setter"' in schema and '"until"' in schema
    for page in ADDED:  # a place in the table of contents is one line; an import and an entry are two
        edits = [text for kind, text in blocks((HOW_TO / page).read_text(encoding="utf-8")) if kind == "diff"]
        assert all(sum(line[:1] in "+-" for line in edit.splitlines()[1:]) == 1 for edit in edits)


@pytest.mark.slow
def test_the_test_of_the_documentation_says_where_a_new_name_is_missing(copy):
    for page in ADDED:
        added(page)
    done = answer("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_docs.py", "-k", ASKED)
    missed = set(re.findall(r"^FAILED tests/test_docs.py::(\S+)", done.stdout, re.MULTILINE))
    assert done.returncode == 1
    for name in ("plateau", "agenda_setter"):
        for page in ("docs/scenario-files.md", "docs/model.md"):
            assert f"test_every_registered_name_is_documented[{page}-{name}]" in missed
    assert "test_every_chart_is_documented[worst_off]" in missed
    assert "test_the_page_of_the_library_says_what_list_says" in missed
    assert not {each for each in missed if not re.search("plateau|agenda_setter|worst_off|library", each)}


RECESS = """
import numpy as np, sim
from sim.model.peace_talks import PeaceTalks

for file in ("two-banks-pullback", "orange-and-lemon"):  # with events and votes; with nothing around the table
    scenario = sim.read_scenario(f"scenarios/{file}.yaml", sets=["recess={chance: 0.33}"])
    ensemble = sim.draw(scenario, seed=1, start=0, count=400)
    whole, model = sim.hold_talks(ensemble), PeaceTalks(ensemble)
    assert abs(ensemble.world.channel_open.mean() - 0.67) < 0.03
    while model.running:
        model.step()
    part = sim.hold_talks(sim.draw(scenario, seed=1, start=37, count=5))
    assert (whole.signed > 0).any() and np.array_equal(model.state.signed, whole.signed)
    assert np.array_equal(part.signed, whole.signed[37:42]) and np.array_equal(part.package, whole.package[37:42])
    met = ensemble.world.channel_open[np.arange(400), whole.signed - 1]
    assert met[whole.signed > 0].all()  # nobody signs where nobody meets
print("held")
"""


@pytest.mark.slow
def test_the_mechanism_of_the_page_acts_in_every_way_of_playing(copy):
    added("extend-mechanism.md")
    done = answer("-c", RECESS)
    assert done.stdout == "held\n", done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("page", [*ADDED, "extend-figure.md", "extend-key.md", "extend-mechanism.md"])
def test_a_page_on_adding_does_what_it_says(page, copy):
    text, reader = (HOW_TO / page).read_text(encoding="utf-8"), Elsewhere()
    reader.follow(text)
    assert reader.ran == sum(len(commands(block)) for kind, block in blocks(text) if kind == "sh")
