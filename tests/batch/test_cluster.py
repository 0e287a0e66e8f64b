"""The files for clusters do what their page says: run as they are, they give the bytes of one process."""

import os
import subprocess

import pytest
from ruamel.yaml import YAML

from sim.batch import batch, merge
from tests.commands import BANKS, ROOT, call
from tests.trust.results import bytes_of

CLUSTER = ROOT / "docs" / "cluster"
N, OF = 150, 3  # three chunks
pytestmark = pytest.mark.usefixtures("short_chunks")


@pytest.fixture
def asked(tmp_path):
    """Runs a command with a `peacesim` that tells how it was called."""
    stub = tmp_path / "bin" / "peacesim"
    stub.parent.mkdir()
    stub.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    stub.chmod(0o755)

    def run(command, **environment):
        known = {"PATH": f"{stub.parent}{os.pathsep}{os.environ['PATH']}"}
        answer = subprocess.run(command, env={**known, **environment}, capture_output=True, text=True, check=True)
        assert answer.stderr == ""
        return answer.stdout.splitlines()

    return run


def play_and_compare(calls, tmp_path):
    for arguments in calls:
        answer = call(*arguments)
        assert answer.exit_code == 0, answer.output
    (merged,) = merge([tmp_path / "results"], tmp_path / "joined")
    assert merged.missing == ()
    batch([BANKS], N, workers=1, out=tmp_path / "one")
    assert bytes_of(tmp_path / "joined") == bytes_of(tmp_path / "one")


def test_a_slurm_array_plays_all_shards(asked, tmp_path):
    script = CLUSTER / "slurm-array.sh"
    ours = {"SCENARIOS": str(BANKS), "RUNS": str(N), "RESULTS": str(tmp_path / "results")}
    array = {"SLURM_ARRAY_TASK_COUNT": str(OF), "SLURM_CPUS_PER_TASK": "1"}
    calls = [asked(["bash", script], **ours, **array, SLURM_ARRAY_TASK_ID=str(task)) for task in range(1, OF + 1)]
    play_and_compare(calls, tmp_path)
    alone = {"SLURM_ARRAY_TASK_COUNT": "1", "SLURM_ARRAY_TASK_ID": "2", "SHARDS": "3"}
    assert "2/3" in asked(["bash", script], **ours, **alone), "a task that is submitted again, alone"


def test_an_array_counts_from_1():
    lines = (CLUSTER / "slurm-array.sh").read_text().splitlines()
    assert [line for line in lines if "--array=" in line and line.startswith("#SBATCH")] == ["#SBATCH --array=1-16"]
    code = next(number for number, line in enumerate(lines) if line and not line.startswith("#"))
    assert not [line for line in lines[code:] if line.startswith("#SBATCH")], "Slurm reads none after the first command"


def test_an_indexed_job_plays_all_shards(asked, tmp_path):
    job = YAML(typ="safe").load((CLUSTER / "kubernetes-job.yaml").read_text())
    assert (job["apiVersion"], job["kind"], job["spec"]["completionMode"]) == ("batch/v1", "Job", "Indexed")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    given = {each["name"]: each["value"] for each in container["env"]}
    assert given["SHARDS"] == str(job["spec"]["completions"])
    assert given["WORKERS"] == container["resources"]["requests"]["cpu"]
    ours = {"SCENARIOS": str(BANKS), "RUNS": str(N), "RESULTS": str(tmp_path / "results")}
    ours = {**given, **ours, "SHARDS": str(OF), "WORKERS": "1"}
    calls = [asked(container["command"], **ours, JOB_COMPLETION_INDEX=str(index)) for index in range(OF)]
    play_and_compare(calls, tmp_path)
