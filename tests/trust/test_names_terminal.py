"""R15: what comes to a terminal cannot move it: names of files and folders, values after --set, labels, imports."""

import json
import re
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from click.testing import CliRunner

from sim.cli.commands import peacesim
from tests.commands import SCENARIO
from tests.trust.hostile import CONTROLS, TEXTS, hostile
from tests.trust.planting import bugs

# C0 but the line end, C1, bidi, ends of lines, invisible marks, halves of pairs: written out, not asked of Python.
MOVES = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
NAMES = (
    "=1+1", "[red]x", "\x1b[31mred\x1b[0m", "two\nlines", "bidi\u202etxt", "c1\x9b31m", "sur\udcffr",
    "\x1b]52;c;eA==\x07",
)  # fmt: skip
FEW = [text for text in (*TEXTS, *CONTROLS) if len(text) < 300 and "\x00" not in text][::3]


def printed(*arguments: object, codes: tuple[int, ...] = (0,)) -> str:
    """Both streams of a command as a terminal would get them; colours are not taken out."""
    answer = CliRunner().invoke(peacesim, list(map(str, arguments)), color=True)
    text = answer.stdout_bytes.decode("utf-8", "surrogateescape")
    whole = text + answer.stderr_bytes.decode("utf-8", "surrogateescape")
    assert answer.exit_code in codes, (arguments, whole, answer.exc_info)
    assert not MOVES.findall(whole), (arguments, ascii(whole[:2_000]))
    if "--json" in arguments and answer.exit_code == 0:
        json.loads(text)
    return whole


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_hostile_name_of_a_file_or_folder_is_reported_and_does_nothing(name, tmp_path, monkeypatch, record_property):
    monkeypatch.chdir(tmp_path)
    folder = Path(f"d{name}")
    folder.mkdir()
    good, bad = folder / f"{name}.yaml", folder / f"bad{name}.yaml"
    good.write_text(SCENARIO, encoding="utf-8")
    bad.write_text(SCENARIO.replace("{well: 0.6", "{wall: 0.6"), encoding="utf-8")
    commands = [
        (("check", good), (0,)), (("check", "--json", good), (0,)), (("check", folder), (2,)),
        (("check", "--json", folder), (2,)), (("show", bad), (2,)), (("check", folder / "no"), (2,)),
        (("explain", "--draw", 0, good), (0,)), (("report", folder), (2,)), (("merge", folder), (2, 3)),
        (("import", "genius", folder), (2,)), (("new", folder / "talks"), (2,)), (("new", good), (2,)),
        (("list", "strategies", name), (2,)), ((f"x{name}",), (2,)), (("check", f"--x{name}"), (2,)),
        (("batch", good, "--shard", name), (2,)), (("batch", good, "-n", name), (2,)),
        (("sensitivity", good, "--of", name), (2,)), (("compare", "-n", 2, "--no-charts", "--json", good, good), (0,)),
        (("batch", good, "-n", 2, "--workers", 1, "--no-charts", "--out", f"o{name}"), (0,)),
    ]  # fmt: skip
    for command, codes in commands:
        printed(*command, codes=codes)
    record_property("R15", f"{len(commands)} command lines with a file and a folder named {name!a}")


@pytest.mark.parametrize("text", FEW, ids=lambda text: ascii(text[:16]))
def test_a_hostile_value_on_the_command_line_is_reported_and_does_nothing(text, tmp_path):
    path = tmp_path / "talks.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    for value in (text, f"title={text}", f"{text}=1", f"parties.east.no_deal={text}", f"parties.{text}.no_deal=0.4"):
        printed("check", path, "--set", value, codes=(0, 2))


def test_everything_is_shown_of_a_hostile_scenario_and_nothing_moves(tmp_path):
    path = tmp_path / "talks.yaml"
    path.write_text(hostile()[0], encoding="utf-8")
    for command in (("check",), ("show",), ("show", "--json"), ("run", "--json"), ("run",)):
        printed(command[0], path, *command[1:])


@pytest.mark.parametrize("text", [text for text in TEXTS if len(text) < 100][::3], ids=lambda text: ascii(text[:16]))
def test_hostile_names_of_genius_come_in_as_labels(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = Path(__file__).parents[1] / "data" / "genius" / "well"
    folder = tmp_path / "domain"
    folder.mkdir()
    if MOVES.search(text.replace("\n", "")) or not text.strip():
        pytest.skip("no text of an XML file")
    for path in source.iterdir():
        name = re.search(r'<issue [^>]*name="([^"]*)"', path.read_text(encoding="utf-8"))
        assert name is not None
        hostile_name = quoteattr(text, {"\n": " ", '"': "&quot;"})
        written = path.read_text(encoding="utf-8").replace(f'"{name[1]}"', hostile_name)
        (folder / path.name).write_text(written, encoding="utf-8")
    printed("import", "genius", folder, "-o", "talks.yaml", codes=(0, 2))
    if Path("talks.yaml").exists():
        printed("show", "talks.yaml")


PLANTED = bugs("R15", __name__, [
    ("sim/cli", "click.echo(printable(line), err=True)", "click.echo(line, err=True)",
     "test_a_hostile_name_of_a_file_or_folder_is_reported_and_does_nothing"),
    ("sim/cli/checking.py", "click.echo(printable(line), err=", "click.echo(line, err=",
     "test_a_hostile_name_of_a_file_or_folder_is_reported_and_does_nothing"),
    ("sim/cli", "click.echo(printable_json(", "click.echo(str(",
     "test_everything_is_shown_of_a_hostile_scenario_and_nothing_moves"),
])  # fmt: skip
