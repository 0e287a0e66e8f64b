"""What is installed and what is handed on: locks, licences, the bill of materials, the wheel and the source archive.

That locks have hashes and no address, agree with each other and with `pyproject.toml`, and are what the commands of the
README install from, is held in `tests/test_project.py`; `.ci/run` does those commands on every supported Python.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.trust import audit, sbom
from tests.trust.environments import find_python
from tests.trust.licences import HEAD, PAGE, problems, row, stated, table
from tests.trust.locks import FOR_TESTS, TO_RUN, asked_for, purposes, read_lock
from tests.trust.planting import ROOT, bugs

PLANTED = bugs("R17", __name__, [
    ("pyproject.toml", '"peacesim"]          #', '"peacesim", "tests"]          #',
     "test_the_wheel_holds_the_package_and_nothing_else"),
    ("pyproject.toml", '"peacesim"]          #', '"peacesim"]\nexclude = ["*.css"]          #',
     "test_the_wheel_holds_the_package_and_nothing_else"),
    ("pyproject.toml", '"/LICENSE", "/.ci", ', '"/LICENSE", ', "test_the_source_archive_holds_what_its_tests_take"),
    ("README.md", "--require-hashes -r requirements.lock &&", "-r requirements.lock &&",
     "tests/test_project.py::test_a_readme_command_does_all_the_set_up[batch]"),
    ("docs/licences.md", "| numba | BSD |", "| numba | MIT |", "test_every_locked_package_has_its_licence_on_the_page"),
    ("tests/trust/audit.py", "1 if found else 2 if left or not every else 0", "1 if found else 0",
     "test_a_look_up_that_found_no_data_is_not_taken_for_a_clean_one"),
])  # fmt: skip


def built(folder: Path) -> tuple[Path, Path]:
    """The wheel and the source archive, built without a network by the build backend that the locks hold."""
    words = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, source


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    return built(tmp_path_factory.mktemp("dist"))


def files_of_the_package() -> set[str]:
    """What lies in `sim/` and `peacesim/`, but for what Python and the compiler leave there."""
    found = [path for package in ("sim", "peacesim") for path in (ROOT / package).rglob("*")]
    files = (path for path in found if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in files}


def test_the_wheel_holds_the_package_and_nothing_else(archives):
    with zipfile.ZipFile(archives[0]) as wheel:
        names = set(wheel.namelist())
    facts = {name for name in names if name.split("/")[0].endswith(".dist-info")}
    assert names - facts == files_of_the_package()
    assert {name.partition("/")[2] for name in facts} == {
        "METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE",
    }  # fmt: skip
    assert {"sim/cli/starter.yaml", "sim/report/templates/page.html", "sim/py.typed"} <= names


def test_the_wheel_asks_for_what_the_project_asks_for(archives, tmp_path):
    with zipfile.ZipFile(archives[0]) as wheel:
        wheel.extractall(tmp_path)
    (facts,) = tmp_path.glob("*.dist-info")
    metadata = PathDistribution(facts).metadata
    assert metadata["Requires-Python"] == ">=3.11"
    assert set(metadata.get_all("Provides-Extra")) == set(asked_for()) - {"to run", "to build"}
    assert metadata["License-Expression"] == "MIT"


def test_building_again_gives_the_same_bytes(archives, tmp_path):
    again = built(tmp_path)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in archives]


def test_the_source_archive_holds_what_its_tests_take(archives):
    with tarfile.open(archives[1]) as source:
        names = {name.partition("/")[2] for name in source.getnames()}
    wanted = {"pyproject.toml", TO_RUN, FOR_TESTS, "LICENSE", "README.md", ".ci/run", "docs/trust.md"}
    wanted |= {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py")}
    wanted |= {path.relative_to(ROOT).as_posix() for path in (ROOT / "scenarios").glob("*.yaml")}
    assert wanted <= names
    assert not [name for name in names if re.search(r"__pycache__|\.git/|\.venv|\.(pyc|nbi|nbc|pem|key|env)$", name)]


def outside(folder: Path, code: Path, *words: str) -> subprocess.CompletedProcess:
    """A command of the program in `code`, run in a folder away from the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(code)}
    words = (sys.executable, "-m", "sim", *words)
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_wheel_runs_away_from_the_checkout(archives, tmp_path):
    """What it needs beside its modules is in it: the starter file, the pages, the look of a report."""
    code, folder = tmp_path / "code", tmp_path / "elsewhere"
    folder.mkdir()
    with zipfile.ZipFile(archives[0]) as wheel:
        wheel.extractall(code)
    for words in (["new", "mine.yaml"], ["show", "mine.yaml"]):
        done = outside(folder, code, *words)
        assert done.returncode == 0, done.stderr
    assert done.stdout


SAME = """
import site, sys
before = sys.path[:]
site.addsitedir(sys.argv[1])
sys.path[:] = [each for each in sys.path if each not in before] + before
import peacesim, sim
assert not {"numpy", "mesa", "matplotlib"} & sys.modules.keys()
from peacesim.charts import save_charts
import peacesim.results.results, sim.charts, sim.results.results
assert peacesim is sim and save_charts is sim.charts.save_charts
assert peacesim.results.results is sim.results.results is sys.modules["peacesim.results.results"]
assert sim.results.results.__spec__.name == "sim.results.results" and peacesim.Results is sim.results.results.Results
print(sim.__file__)
"""


@pytest.mark.parametrize("form", ["standard", "editable"])
def test_both_names_of_the_package_are_the_same_modules_however_it_is_installed(form, archives, tmp_path):
    """From a wheel unpacked as pip does it, and from the one that `pip install -e` makes of the checkout."""
    wheel, site = archives[0], tmp_path / "site"
    if form == "editable":
        wheel = next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=[form]))
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [sys.executable, "-c", SAME, str(site)]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == (site if form == "standard" else ROOT) / "sim" / "__init__.py"


def test_every_locked_package_has_its_licence_on_the_page(record_property):
    page = PAGE.read_text(encoding="utf-8")
    assert page.count("\n| ") - HEAD.count("\n| ") == len(table()) + 1
    locked = Counter(entry.name for entry in read_lock(FOR_TESTS))
    for name, (licence, uses) in table().items():
        if licence is None or locked[name] > 1:  # other versions on other Pythons may say it in other words
            assert f"\n| {name} |" in page
        else:
            assert row(name, licence, uses) in page, "write it anew: python -m tests.trust.licences"
    record_property("R17", f"licences of {len(table())} locked packages")


def test_nothing_that_runs_is_under_a_licence_that_binds_who_uses_it():
    assert not problems(table())
    assert problems({"a": ("AGPL-3.0-or-later", ["dask"]), "b": ("unknown", ["to run"])}) == [
        "a: AGPL-3.0-or-later", "b: unknown",
    ]  # fmt: skip
    assert not problems({"a": ("GPL-2.0-only", ["test", "to build"])})


@pytest.mark.parametrize(
    ("lines", "licence"),
    [
        (["License-Expression: MIT-0", "License: other"], "MIT-0"),
        (["License: Apache 2.0", "Classifier: License :: OSI Approved :: Apache Software License"], "Apache-2.0"),
        (["License: A text", " of two lines", "Classifier: License :: OSI Approved :: BSD License"], "BSD"),
        (["Classifier: Topic :: Sociology"], "unknown"),
    ],
)
def test_a_licence_is_what_the_metadata_say(lines, licence, tmp_path):
    (tmp_path / "METADATA").write_text("\n".join(["Metadata-Version: 2.4", "Name: x", "Version: 1", *lines]) + "\n")
    assert stated(PathDistribution(tmp_path)) == licence


def test_every_locked_package_is_there_for_something():
    uses = purposes()
    assert not [name for name, purpose in uses.items() if not purpose]
    runs = {name for name, purpose in uses.items() if {"to run", "to build"} & set(purpose)}
    assert {each.name for each in read_lock(TO_RUN)} == runs


def test_the_bill_of_materials_is_that_of_the_lock(record_property):
    entries, bill = read_lock(TO_RUN), sbom.bill()
    assert [(each["name"], each["version"]) for each in bill["components"]] == [(e.name, e.version) for e in entries]
    hashes = [[h["content"] for h in each["externalReferences"][0]["hashes"]] for each in bill["components"]]
    assert hashes == [list(entry.hashes) for entry in entries]
    refs = {each["bom-ref"] for each in bill["components"]}
    assert len(refs) == len(entries)
    edges = {each["ref"]: set(each.get("dependsOn", ())) for each in bill["dependencies"]}
    assert edges.keys() == refs | {"peacesim"}
    assert set.union(*edges.values()) == refs, "a package that nothing asks for"
    text = json.dumps(bill)
    assert "timestamp" not in text
    assert "serialNumber" not in text
    record_property("R17", f"a bill of {len(entries)} locked versions with {sum(map(len, hashes))} hashes")


def test_a_look_up_that_found_no_data_is_not_taken_for_a_clean_one():
    known = {"name": "a", "version": "1", "vulns": []}
    bad = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1"}]}
    skipped = {"name": "c", "skip_reason": "not found"}
    assert audit.reported("x.lock", {"dependencies": [known]}) == (
        0, ["x.lock: 1 of 1 packages looked up", "x.lock: no known vulnerability"],
    )  # fmt: skip
    assert audit.reported("x.lock", {"dependencies": [known, bad, skipped]})[0] == 1
    code, lines = audit.reported("x.lock", {"dependencies": [known, skipped]})
    assert code == 2
    assert lines[1].startswith("x.lock: 1 could not be looked up")
    assert audit.reported("x.lock", {"dependencies": []})[0] == 2


@pytest.mark.exhaustive
def test_the_wheel_alone_does_the_main_job_in_a_fresh_environment(archives, tmp_path, record_property):
    """Installed from the lock with hashes, without extras and away from the checkout; it takes the network."""
    python = tmp_path / "venv" / "bin" / "python"
    newest = find_python(".".join(map(str, sys.version_info[:2])))
    install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    for words in (
        [newest, "-m", "venv", tmp_path / "venv"],
        [*install, "--require-hashes", "-r", ROOT / TO_RUN],
        [*install, "--no-deps", archives[0]],
    ):
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-600:]
    folder = tmp_path / "elsewhere"
    folder.mkdir()

    def peacesim(*words: str) -> subprocess.CompletedProcess:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        command = str(python.parent / "peacesim"), *words
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    for words in (["new", "mine.yaml"], ["check", "mine.yaml"], ["schema"], ["batch", "mine.yaml", "-n", "64"]):
        done = peacesim(*words)
        assert done.returncode == 0, done.stderr
    (result,) = (path for path in (folder / "results").iterdir() if path.is_dir())
    assert {"run.json", "report.html", "summary.json"} <= {path.name for path in result.iterdir()}
    shutil.copy(ROOT / "scenarios" / "two-banks-pullback.yaml", folder / "uncertain.yaml")  # its runs end in many ways
    for extra, words in (
        ("dask", ["batch", "mine.yaml", "--dask", "tcp://127.0.0.1:1"]),
        ("sensitivity", ["sensitivity", "uncertain.yaml", "--method", "morris"]),
        ("app", ["app", "mine.yaml", "--no-browser"]),
    ):
        done = peacesim(*words)
        assert done.returncode == 2
        assert f"peacesim[{extra}]" in done.stderr
        assert "Traceback" not in done.stderr
    record_property("R17", "the wheel alone, installed from the lock with hashes, plays a batch and names extras")


@pytest.mark.exhaustive
def test_the_source_archive_passes_tests_of_its_own(archives, tmp_path, record_property):
    with tarfile.open(archives[1]) as source:
        source.extractall(tmp_path, filter="data")
    (folder,) = (each for each in tmp_path.iterdir() if each.is_dir())
    some = ["tests/test_project.py", "tests/test_layers.py", "tests/core/test_streams.py", "tests/core/test_theory.py"]
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *some]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-1500:]
    record_property("R17", f"the source archive passes {len(some)} of its test files: {done.stdout.splitlines()[-1]}")
