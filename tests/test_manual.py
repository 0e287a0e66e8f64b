"""Who follows the manual sees what it says: its commands are run, its edits made, its output compared.

Pages that change the program are followed in a copy of it, by `test_extending.py`.
"""

import shutil
from pathlib import Path

import pytest

from tests.manual import Reader, blocks, commands, edit, look_for

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
QUICK = ["tutorial/1-first-look.md", "tutorial/2-your-own.md"]
FOLLOWED = sorted(path.relative_to(DOCS).as_posix() for folder in ("tutorial", "how-to", "teaching")
                  for path in (DOCS / folder).glob("*.md") if not path.name.startswith("extend"))  # fmt: skip


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with the shipped scenarios, on a terminal a hundred columns wide."""
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


@pytest.mark.parametrize("page", QUICK)
def test_the_tutorial_prints_what_it_says(page, desk, undrawn):
    test_a_page_does_what_it_says(page, desk)


@pytest.mark.slow
@pytest.mark.parametrize("page", FOLLOWED)
def test_a_page_does_what_it_says(page, desk):
    text = (DOCS / page).read_text(encoding="utf-8")
    reader = Reader()
    reader.follow(text)
    assert reader.ran == sum(len(commands(block)) for kind, block in blocks(text) if kind == "sh")


def test_the_tutorial_is_followed():
    assert set(QUICK) < set(FOLLOWED)


def test_output_that_is_not_printed_is_missed():
    look_for("a  b\n...\nd", "a b\nc\nd\n")
    for wrong in ("a", "d\na b", "a b\nx"):
        with pytest.raises(AssertionError, match="not printed"):
            look_for(wrong, "a b\nc\nd\n")


def test_an_edit_that_does_not_fit_is_missed(desk):
    (desk / "x.yaml").write_text("a: 1\nb: 2\nb: 2\n")
    edit("--- x.yaml\n a: 1\n-b: 2\n+b: 3\n")
    assert (desk / "x.yaml").read_text() == "a: 1\nb: 3\nb: 2\n"
    with pytest.raises(AssertionError, match="0 times"):
        edit("--- x.yaml\n-c: 2\n+b: 3\n")


def test_a_command_that_fails_is_missed(desk):
    with pytest.raises(AssertionError, match="no_such_file"):
        Reader().follow("```sh\npeacesim check no_such_file.yaml\n```\n")
