"""The command line: exit codes, what goes to which stream, what is written, and what it costs to ask for help."""

import json
import os
import re
import subprocess
import sys

import click
import jsonschema
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from sim.charts import CHARTS
from sim.cli.commands import peacesim
from sim.cli.listing import KINDS as LISTED
from sim.cli.options import KINDS
from sim.protocols import PROTOCOLS
from sim.scenario.json_schema import json_schema
from sim.strategies import STRATEGIES
from tests.commands import COMMANDS, ROOT, SCENARIO, call, data, process

FAULTY = SCENARIO.replace("well: 0.6, road: 0.4", "well: 0.6, road: 0.5").replace(
    "options: {nobody:", "optoins: {nobody:"
)
HEAVY = {"numpy", "pandas", "mesa", "matplotlib", "scipy", "pyarrow", "pydantic", "ruamel", "rich"}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A folder with a scenario file and a results folder of 64 draws with charts, made by `batch`."""
    folder = tmp_path_factory.mktemp("stored")
    (folder / "talks.yaml").write_text(SCENARIO, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        answer = call("batch", "talks.yaml", "-n", 64, "--workers", 1)
    assert answer.exit_code == 0, answer.stderr
    return folder, next((folder / "results").glob("*/")), answer


# Help, and what it costs.


def test_help_names_every_command_and_no_other():
    answer = call("--help")
    assert answer.exit_code == 0
    listed = re.findall(r"^  ([a-z]+) +[A-Z]", answer.output[answer.output.index("Start:") :], re.MULTILINE)
    assert sorted(listed) == sorted(peacesim.commands) == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_explains_itself(command):
    answer = call(command, "--help")
    assert answer.exit_code == 0
    assert peacesim.commands[command].help
    assert all(option.help for option in peacesim.commands[command].params if isinstance(option, click.Option))


def test_help_loads_nothing_heavy(tmp_path):
    code = f"""
import sys
from sim.cli.commands import peacesim
peacesim(["--help"], standalone_mode=False)
assert not {HEAVY} & set(sys.modules), {HEAVY} & set(sys.modules)
import sim
assert set(sim.__all__) <= set(dir(sim)) and not {HEAVY} & set(sys.modules)
for words in (["check", "scenarios/orange-and-lemon.yaml"], ["list", "strategies"]):
    peacesim(words, standalone_mode=False)
    assert not {{"numba", "mesa", "dask", "distributed"}} & set(sys.modules), words
"""
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["shwo"], "show"),
        (["run", "--drew", "3", "x"], "--draw"),
        (["list", "strategy"], "strategies"),
        (["batch"], "PATHS"),
        (["run", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_a_wrong_call_is_told_what_would_do(arguments, said):
    answer = call(*arguments)
    assert answer.exit_code == 2
    assert said in answer.stderr
    assert answer.stdout == ""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("scenario/talks.yaml", "scenarios/talks.yaml"),  # the folder is misspelled
        ("talks.yaml", "scenarios/talks.yaml"),  # it was left out
        ("scenarios/tolks.yaml", "scenarios/talks.yaml"),
        ("scenarois", "scenarios"),
        ("well-and-road-abcdef", "results/well-and-road-abcdef"),
        ("nothing-like-it.yaml", None),
    ],
)
def test_a_path_that_is_not_there_is_answered_with_the_nearest_and_the_current_folder(
    typed, meant, tmp_path, monkeypatch
):
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios/talks.yaml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "results/well-and-road-abcdef").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    answer = call("report", typed)
    assert answer.exit_code == 2
    assert f"The current folder is {tmp_path}." in answer.stderr
    assert f"Did you mean '{meant}'?" in answer.stderr if meant else "Did you mean" not in answer.stderr


def test_a_path_that_cannot_be_one_is_told_so_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for typed in ("x" * 5000, "a\x1b[2J/b.yaml", ""):
        answer = call("show", typed)
        assert answer.exit_code == 2 and isinstance(answer.exception, SystemExit)


# check


def test_check_counts_what_a_file_holds(file):
    answer = call("check", file)
    assert answer.exit_code == 0
    assert f"{file}: ok: 2 issues, 6 packages, 6 consistent, 2 parties" in answer.stdout
    assert "0 sourced, 0 mixed, 2 assumed" in answer.stdout


def test_check_tells_all_faults_of_all_files_with_their_places(file, tmp_path):
    bad, worse = tmp_path / "bad.yaml", tmp_path / "worse.yaml"
    bad.write_text(FAULTY, encoding="utf-8")
    worse.write_text("schema: 1\nid: [\n", encoding="utf-8")
    answer = call("check", bad, file, worse)
    assert answer.exit_code == 2
    lines = answer.stderr.splitlines()
    assert any(line.startswith(f"{bad}:13:") and "1.1" in line for line in lines)
    assert any(line.startswith(f"{bad}:8:") and "did you mean 'options'?" in line for line in lines)
    assert any(line.startswith(f"{worse}:") for line in lines)
    assert f"{file}: ok" in answer.stdout
    assert "Traceback" not in answer.output


def test_check_gives_notes_their_places(tmp_path):
    file = tmp_path / "odd.yaml"
    file.write_text(
        SCENARIO.replace("well: 0.7, road: 0.3", "well: {value: 0.7, range: [0.6, 0.8], status: assumption}, road: 0.3")
    )
    answer = call("check", file)
    assert answer.exit_code == 0
    assert f"{file}:21:" in answer.stdout
    assert ": note: " in answer.stdout


def test_check_as_json(file, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(FAULTY, encoding="utf-8")
    answer = call("check", file, bad, "--json")
    assert answer.exit_code == 2
    good, faulty = json.loads(answer.stdout)
    assert set(good) == set(faulty) == {"file", "ok", "faults", "notes", "counts"}
    assert good["counts"]["packages"] == 6
    assert good["ok"] and not faulty["ok"] and faulty["counts"] is None
    assert all(set(fault) == {"file", "line", "column", "message"} for fault in faulty["faults"])
    assert len(faulty["faults"]) >= 2


def test_a_setting_that_names_nothing_is_a_fault(file):
    answer = call("check", file, "--set", "parties.est.no_deal=0.5")
    assert answer.exit_code == 2
    assert answer.stderr.startswith("--set:1:")
    assert "unknown path parties.est.no_deal" in answer.stderr


@pytest.mark.parametrize("command", ["batch", "run", "show"])
def test_faults_end_every_command_and_nothing_is_written(command, tmp_path, monkeypatch):
    bad = tmp_path / "bad.yaml"
    bad.write_text(FAULTY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    if command == "batch":  # in a process of its own, with what the interpreter says at its end
        answer = process(command, "bad.yaml", cwd=tmp_path)
        assert answer.returncode == 2
    else:
        answer = call(command, "bad.yaml")
        assert answer.exit_code == 2
    assert answer.stdout == ""
    assert "bad.yaml:13:" in answer.stderr and "bad.yaml:8:" in answer.stderr and "Traceback" not in answer.stderr
    assert os.listdir(tmp_path) == ["bad.yaml"]


# new and schema


def test_new_writes_a_scenario_that_passes_and_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call("new", "mine.yaml").exit_code == 0
    checked = call("check", "mine.yaml")
    assert checked.exit_code == 0 and "mine.yaml: ok: 3 issues" in checked.stdout
    played = process("batch", "mine.yaml", "-n", 64, "--workers", 1, "--no-charts", cwd=tmp_path)
    assert played.returncode == 0, played.stderr
    assert "64" in played.stdout and "shared / turns" in played.stdout
    summary = json.loads(next((tmp_path / "results").glob("*/summary.json")).read_text())
    assert 0.5 < summary["agreement_share"] <= 1


def test_new_leaves_a_file_alone(file):
    answer = call("new", file)
    assert answer.exit_code == 2
    assert "exists" in answer.stderr
    assert file.read_text(encoding="utf-8") == SCENARIO


def test_new_wants_the_name_of_a_scenario_file(tmp_path):
    assert call("new", tmp_path / "mine.txt").exit_code == 2
    assert not (tmp_path / "mine.txt").exists()


def test_new_says_so_where_it_may_not_write(tmp_path):
    answer = call("new", tmp_path / "nowhere" / "mine.yaml")
    assert answer.exit_code == 2
    assert "mine.yaml" in answer.stderr and "Traceback" not in answer.output


def test_schema_is_the_schema_and_the_starter_meets_it(tmp_path):
    printed = call("schema")
    assert printed.exit_code == 0 and json.loads(printed.stdout) == json_schema()
    assert call("schema", tmp_path / "s.json").exit_code == 0
    assert call("schema", tmp_path / "s.json").exit_code == 0  # a schema may be written anew
    assert json.loads((tmp_path / "s.json").read_text()) == json_schema()
    call("new", tmp_path / "mine.yaml")
    jsonschema.validate(YAML(typ="safe").load(tmp_path / "mine.yaml"), json_schema())


def test_schema_leaves_other_files_alone(file):
    assert call("schema", file).exit_code == 2
    assert file.read_text(encoding="utf-8") == SCENARIO


# run


def test_brief_is_the_same_negotiation_without_who_said_what(file):
    whole, brief = call("run", file, "--draw", 2, "--full").stdout, call("run", file, "--draw", 2, "--brief").stdout
    assert len(brief.splitlines()) < len(whole.splitlines())
    assert " makes its first offer" in whole and "offer, worth" not in brief and "Round 1 " not in brief
    opening, ledger = whole.split("\n\nRound 1 ")[0], whole[whole.index("From opening to") :]
    assert brief.startswith(opening) and brief.endswith(ledger)


def test_brief_and_json_together_are_refused(file):
    answer = call("run", file, "--brief", "--json")
    assert answer.exit_code == 2 and not answer.stdout
    assert "leave out --brief" in answer.stderr


# list


def test_list_names_what_there_is():
    found = data("list")
    names = {kind: [entry["name"] for entry in entries] for kind, entries in found.items()}
    assert tuple(names) == KINDS == tuple(LISTED)
    assert names["strategies"] == list(STRATEGIES)
    assert names["protocols"] == list(PROTOCOLS)
    assert names["charts"] == list(CHARTS)
    text = call("list").stdout
    assert all(name in text for each in names.values() for name in each)


def test_list_of_one_name_tells_its_parameters():
    entry = data("list", "strategies", "time_dependent")["strategies"][0]
    parameters = {parameter["name"]: parameter for parameter in entry["parameters"]}
    assert parameters["exponent"]["default"] == 1
    assert set(parameters["offers"]["options"]) == {"best_for_others", "least_own", "nash", "nearest"}
    assert "time^exponent" in entry["formula"] and "Faratin" in entry["source"] and entry["use"]
    answer = call("list", "strategies", "time_dependant")
    assert answer.exit_code == 2 and "did you mean 'time_dependent'?" in answer.stderr


# show


def test_show_is_headed_central_and_scores_what_is_on_the_table(file):
    text = call("show", file, "--full").stdout
    assert "At central numbers" in text
    assert "2 issues, 6 packages, 6 of them consistent; 2 parties" in text
    assert "0 sourced, 0 mixed, 2 assumed" in text
    assert "Half of it (half; 2 ways to complete it, least to most)" in text
    assert "east.not_dry" in text and "0.70" in text


def test_show_as_json_agrees_with_arithmetic_on_paper(file):
    shown = data("show", file)
    assert shown["numbers_at"] == "central"
    assert shown["packages"] == {"raw": 6, "consistent": 6}
    worth = {row["party"]: (row["worth_least"], row["worth_most"]) for row in shown["proposals"]}
    assert worth["east"] == pytest.approx((0.36, 0.76))  # .6 x .6, and .4 more with the patrol
    assert worth["west"] == pytest.approx((0.44, 0.65))
    zones = {row["candidates"]: row["packages"] for row in shown["zones"]}
    assert zones["all lines real"] == 1  # both/patrol; east/patrol and west/patrol lie behind lines
    assert shown["parties"]["east"]["no_deal"]["range"] == [0.2, 0.6]


# batch


def test_batch_prints_a_table_and_where_results_lie(stored):
    _, results, answer = stored
    assert "well-and-road" in answer.stdout and "Signed most often" in answer.stdout
    assert f"Results: results/{results.name}" in answer.stdout
    assert f"Page to open in a browser: results/{results.name}/report.html\n" in answer.stdout
    assert (results / "report.html").is_file()
    assert "100 %: 64 of 64 draws" in answer.stderr
    told = {name for name in CHARTS if name not in ("survival", "harm")}  # of what the file has nothing on
    assert {path.stem for path in (results / "charts").iterdir()} == told


def snapshot(folder):
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_the_same_batch_again_does_nothing_and_says_so(stored, monkeypatch):
    folder, results, _ = stored
    before = snapshot(results)
    monkeypatch.chdir(folder)
    answer = call("batch", "talks.yaml", "-n", 64, "--workers", 1)
    assert answer.exit_code == 0
    assert "nothing was played" in answer.stdout
    assert snapshot(results) == before


def test_a_batch_in_which_one_scenario_fails_finishes_the_others(file, tmp_path, monkeypatch):
    other = tmp_path / "other.yaml"
    other.write_text(SCENARIO.replace("id: well-and-road", "id: breaks"), encoding="utf-8")
    import sim.charts

    def broken(results, **options):
        if results.scenario.id == "breaks":
            raise ZeroDivisionError("no chart")
        return []

    monkeypatch.setattr(sim.charts, "render_charts", broken)
    answer = call("batch", other, file, "-n", 4, "--workers", 1, "--out", tmp_path / "out")
    assert answer.exit_code == 3
    assert "breaks" in answer.stderr and "no chart" in answer.stderr
    assert "well-and-road" in answer.stdout


def test_batch_plays_a_grid(file, tmp_path):
    answer = call("batch", file, "-n", 4, "--workers", 1, "--no-charts", "--out", tmp_path / "out",
                  "--vary", "parties.east.no_deal=0.3,0.5")  # fmt: skip
    assert answer.exit_code == 0
    assert "parties.east.no_deal=0.3" in answer.stdout and "parties.east.no_deal=0.5" in answer.stdout


# Damaged results, and folders that may not be written.


def test_a_folder_that_is_no_results_folder_is_wrong_input(file, tmp_path):
    (tmp_path / "empty").mkdir()
    answer = call("compare", tmp_path / "empty", file, "--no-charts")
    assert answer.exit_code == 2 and answer.stdout == "" and "Traceback" not in answer.output


# Completion.


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell, tmp_path):
    # click's script for bash asks which bash there is.
    answer = process(cwd=tmp_path, _PEACESIM_COMPLETE=f"{shell}_source")
    assert answer.returncode == 0
    assert "peacesim" in answer.stdout and f"_PEACESIM_COMPLETE={shell}_complete" in answer.stdout


def completed(stdout):
    return [line.split(",", 1) for line in stdout.splitlines()]


def completing(words):
    """What a shell sets to ask what may follow."""
    return {"_PEACESIM_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}


@pytest.mark.parametrize(
    ("words", "proposed"),
    [
        (["peacesim", "ch"], ["plain", "check"]),
        (["peacesim", "list", "str"], ["plain", "strategies"]),
        (["peacesim", "list", "strategies", "time"], ["plain", "time_dependent"]),
        (["peacesim", "list", "charts", "pack"], ["plain", "packages"]),
        (["peacesim", "run", "--dr"], ["plain", "--draw"]),
        (["peacesim", "run", "tal"], ["file", "tal"]),
        (["peacesim", "batch", "talks.yaml", "--set", "parties.east.no"], ["plain", "parties.east.no_deal="]),
    ],
)
def test_the_shell_is_told_what_may_follow(words, proposed, file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = CliRunner().invoke(peacesim, [], prog_name="peacesim", env=completing(words))
    assert proposed in completed(answer.stdout)


def test_a_process_of_its_own_tells_the_shell_the_same(tmp_path):
    assert ["plain", "check"] in completed(process(cwd=tmp_path, **completing(["peacesim", "ch"])).stdout)


def test_a_rate_that_takes_no_deal_off_its_scale_is_noted_at_its_key():
    """.08 a month takes .45 below 0 within the talks of sixteen months, and gave 4 when the war began."""
    wear = "war.no_deal_falls_per_month.ukraine"
    file = ROOT / "scenarios" / "ukraine-december-2025.yaml"
    notes = data("check", file, "--set", f"{wear}=0.08")[0]["notes"]
    about = [note["message"] for note in notes if note["message"].startswith(f"{wear}: ")]
    assert len(about) == 2 and "leaves 0 to 1 in" in about[1] and f"driven most by {wear}" in about[1]
