"""R14: no command runs a module, or obeys a settings file, that lies in the current folder."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from sim.cli.commands import peacesim
from sim.core.compiled import _numba
from sim.core.current_folder import exclude_from_imports, unread
from tests.app_client import Client
from tests.commands import call
from tests.trust.planting import ROOT, bugs

PLANTED = bugs("R14", __name__, [
    ("sim/core", '    os.environ["PYTHONSAFEPATH"] = "1"\n', "",
     "test_the_page_runs_nothing_that_lies_in_the_current_folder"),
    ("sim/core", 'if folder not in ("", current)]', "if True]",
     "test_the_package_run_as_a_module_imports_nothing_more_from_the_current_folder"),
    ("sim/core", "        trusted.add(os.path.dirname(script))", "        pass",
     "test_folders_that_the_user_named_stay_on_the_path"),
    ("sim/batch", '    "PYTHONSAFEPATH": "1",', "    #",
     "test_workers_of_a_script_run_nothing_that_lies_in_the_current_folder"),
    ("sim/core", '    with unread(".numba_config.yaml"):', "    if True:",
     "test_the_compiler_is_loaded_without_the_settings_of_the_current_folder"),
    ("sim/core", '_config_fname = ""', '_config_fname_ = ""', "test_the_compiler_obeys_no_file_that_it_meets_later"),
    ("sim/charts", 'with unread("matplotlibrc") if', 'with unread("matplotlib.rc") if',
     "test_no_command_runs_or_obeys_what_lies_in_the_current_folder[sweep]"),
])  # fmt: skip

OTHERS = ("numpy", "numba", "yaml", "matplotlib", "click", "sim", "canary", "sitecustomize", "usercustomize")
AS_MODULE = ("json", "multiprocessing", "pickle", "random", "signal", "socket", "statistics", "token")
SETTINGS = {
    ".numba_config.yaml": "cache_dir: loops\n",
    "matplotlibrc": "backend: module://canary\nno.such.setting: 1\nfont.size: 40\nfont.style: italic\n",
}

# Every command, with what it is asked for in the folder; a new command needs its line here.
COMMANDS = {
    "app": "app toy.yaml -n 2 --no-browser",
    "batch": "batch toy.yaml -n 2 --workers 2 --no-charts --out many --vary parties.anna.no_deal=0.1:0.3:13",
    "check": "check toy.yaml",
    "compare": "compare RESULTS RESULTS --no-charts",
    "debrief": "debrief toy.yaml oranges=halves,lemons=halves -n 5",
    "discover": "discover banks.yaml -n 200",
    "explain": "explain RESULTS",
    "hindcast": 'hindcast banks.yaml -n 50 --set war={"since":1999-01-01}',
    "texts": "texts banks.yaml -n 20 --out .",
    "import genius": "import genius well -o well.yaml",
    "list": "list strategies",
    "merge": "merge shards --no-charts",
    "need": "need strip_for_embassies banks.yaml -n 20",
    "new": "new mine.yaml",
    "report": "report RESULTS",
    "run": "run toy.yaml",
    "schema": "schema",
    "sensitivity": "sensitivity banks.yaml -n 200",
    "sheets": "sheets toy.yaml",
    "show": "show toy.yaml",
    "sweep": "sweep banks.yaml -n 4 --workers 1 --vary parties.upland.no_deal=0.3,0.5",
    "verify": "verify RESULTS",
}


def leaves(command: click.Command, name: str = "") -> list[str]:
    """Names of a command, or of all those of a group."""
    if not isinstance(command, click.Group):
        return [name]
    return [leaf for each in command.commands.values() for leaf in leaves(each, f"{name} {each.name}".strip())]


def plant(folder: Path, names) -> None:
    """Modules of these names, each of which writes its name into `ran` when it is executed; and files of settings."""
    for name in names:
        (folder / f"{name}.py").write_text(f"open({str(folder / 'ran')!r}, 'a').write(__name__ + '\\n')\n")
    for name, text in SETTINGS.items():
        (folder / name).write_text(text)


def environment(**more: str) -> dict[str, str]:
    """That of the tests, but for Numba's settings, which would win over those of a file."""
    return {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")} | {
        "PYTHONPATH": str(ROOT), "COLUMNS": "100", **more,
    }  # fmt: skip


def program() -> str:
    """The `peacesim` that is installed beside Python."""
    return str(Path(sys.executable).with_name("peacesim"))


def run(folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=folder, env=environment(), text=True, capture_output=True, timeout=300)


def assert_untouched(folder: Path, printed: str) -> None:
    ran, loops = folder / "ran", folder / "loops"
    executed = sorted(set(ran.read_text().split())) if ran.exists() else []
    obeyed = loops.exists()
    ran.unlink(missing_ok=True)  # the folder is that of other tests too
    shutil.rmtree(loops, ignore_errors=True)
    assert executed == [], printed
    assert not obeyed, "compiled loops lie where a file in the current folder wants them"
    assert "matplotlibrc" not in printed and "numba_config" not in printed and "no.such.setting" not in printed


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with scenarios and results, in which a module of the name of each of Python's own lies."""
    folder = tmp_path_factory.mktemp("stranger")
    for name, scenario in (("toy", "orange-and-lemon"), ("banks", "two-banks-pullback")):
        shutil.copy(ROOT / "scenarios" / f"{scenario}.yaml", folder / f"{name}.yaml")
    shutil.copytree(ROOT / "tests" / "data" / "genius" / "well", folder / "well")
    played = ("batch", folder / "toy.yaml", "-n", 8, "--workers", 1, "--no-charts", "--out")
    assert call(*played, folder / "results").exit_code == 0
    assert call(*played, folder / "shards", "--shard", "1/1").exit_code == 0
    plant(folder, [*sys.stdlib_module_names, *OTHERS])
    return folder


def words_of(name: str, folder: Path) -> list[str]:
    (results,) = (path.parent.relative_to(folder) for path in folder.glob("results/orange*/run.json"))
    return [str(results) if word == "RESULTS" else word for word in COMMANDS[name].split()]


def test_every_command_is_tried():
    assert sorted(leaves(peacesim)) == sorted(COMMANDS), "a new command needs a line in COMMANDS"


QUICK = ("batch", "sweep")  # workers, charts; the other commands do less
EACH = [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in sorted({*COMMANDS} - {"app"})]


@pytest.mark.parametrize("name", EACH)
def test_no_command_runs_or_obeys_what_lies_in_the_current_folder(place, name):
    done = run(place, program(), *words_of(name, place))
    assert_untouched(place, done.stdout + done.stderr)
    assert done.returncode == 0, done.stderr


def test_the_page_runs_nothing_that_lies_in_the_current_folder(place):
    process = subprocess.Popen([program(), *words_of("app", place)], cwd=place, env=environment(), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)  # fmt: skip
    try:
        found = re.search(r"http://127\.0\.0\.1:\d+/\?key=[0-9a-f]{64}", process.stdout.readline())
        assert found, process.communicate(timeout=20)
        client = Client(process, found[0])
        reply = client.post("/tweak/answer", {"file": "toy.yaml", "n": 2, "sets": []})
        code, printed = client.close()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert_untouched(place, printed)
    assert reply.status == 200, reply.text
    assert code == 128 + signal.SIGINT


def test_the_package_run_as_a_module_imports_nothing_more_from_the_current_folder(tmp_path):
    """What Python imports before the first line of ours is left out."""
    shutil.copy(ROOT / "scenarios" / "orange-and-lemon.yaml", tmp_path / "toy.yaml")
    plant(tmp_path, AS_MODULE)
    done = run(tmp_path, sys.executable, "-m", "sim", "run", "toy.yaml")
    assert_untouched(tmp_path, done.stdout + done.stderr)
    assert done.returncode == 0, done.stderr


SCRIPT = """\
import beside
import sim.batch.run

if __name__ == "__main__":
    sim.batch.run.MIN_PARALLEL_SECONDS = -1  # workers however little there is to do
    sim.batch.batch(["toy.yaml"], draws=1000, workers=2)
"""


def test_workers_of_a_script_run_nothing_that_lies_in_the_current_folder(tmp_path):
    """They find the modules that lie beside the script."""
    own, folder = tmp_path / "own", tmp_path / "stranger"
    own.mkdir()
    folder.mkdir()
    (own / "script.py").write_text(SCRIPT)
    (own / "beside.py").write_text(f"import os\nopen({str(own / 'found')!r}, 'a').write(f'{{os.getpid()}}\\n')\n")
    shutil.copy(ROOT / "scenarios" / "orange-and-lemon.yaml", folder / "toy.yaml")
    plant(folder, [*sys.stdlib_module_names, *OTHERS])
    done = run(folder, sys.executable, str(own / "script.py"))
    assert_untouched(folder, done.stdout + done.stderr)
    assert done.returncode == 0, done.stderr
    assert len(set((own / "found").read_text().split())) > 1, "no worker was started"


def test_the_compiler_is_loaded_without_the_settings_of_the_current_folder(tmp_path):
    """By itself: what the commands are asked for here is too little to be compiled."""
    plant(tmp_path, ["numba"])
    code = "from sim.core.compiled import _numba; print(repr(_numba().core.config.CACHE_DIR))"
    done = run(tmp_path, sys.executable, "-P", "-c", code)
    assert_untouched(tmp_path, done.stdout + done.stderr)
    assert done.stdout.strip() == "''", done.stderr


def test_the_compiler_obeys_no_file_that_it_meets_later(tmp_path, monkeypatch):
    """It looks for its settings again whenever it compiles, in the folder that is the current one by then."""
    settings = _numba().core.config
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".numba_config.yaml").write_text("function_cache_size: 7\n")
    settings.reload_config()
    assert settings.FUNCTION_CACHE_SIZE != 7


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """An empty current folder, first on `sys.path` as `python -m` puts it there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONSAFEPATH", "")
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setattr(sys, "path", [str(tmp_path), "", "/elsewhere"])
    return tmp_path


def test_folders_that_the_user_named_stay_on_the_path(empty, monkeypatch):
    before = [*sys.path]
    monkeypatch.setenv("PYTHONPATH", f"/elsewhere{os.pathsep}{empty}")
    exclude_from_imports()
    assert sys.path == before
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setattr(sys.modules["__main__"], "__file__", str(empty / "script.py"), raising=False)
    exclude_from_imports()
    assert sys.path == before
    assert os.environ["PYTHONSAFEPATH"] == "1"


def test_the_current_folder_leaves_the_path_if_nobody_named_it(empty, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", f"{os.pathsep}/elsewhere")  # an empty name stands for the current folder
    exclude_from_imports()
    assert sys.path == ["/elsewhere"]


def test_a_folder_that_was_removed_is_no_fault(empty):
    empty.rmdir()
    exclude_from_imports()
    assert "" not in sys.path


def test_a_settings_file_is_hidden_from_one_import_alone(empty):
    exists = os.path.exists
    (empty / "settings").touch()
    with unread("settings"):
        assert not os.path.exists("settings") and os.path.exists(empty / "settings")
    assert os.path.exists is exists and os.path.exists("settings")
