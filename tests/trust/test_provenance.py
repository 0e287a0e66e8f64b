"""R18: a result names what made it, and any of its chunks can be played again from its name and the scenario alone."""

import json
import os
import platform
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from sim.core.streams import SCHEME
from sim.results.manifest import FORMAT
from tests.commands import call
from tests.trust.planting import ROOT, bugs
from tests.trust.results import N, facts_of, only, play, short_chunks

PLANTED = bugs("R18", __name__, [
    ("sim/results", 'PACKAGES = ("mesa", "numpy",', 'PACKAGES = ("mesa",', "test_a_result_names_what_made_it"),
    ("sim/results", "        if parquet.content_hash(table) != hashes.content\n    ]",
     "        if parquet.content_hash(table) == ''\n    ]",
     "tests/batch/test_verify.py::test_a_forger_who_makes_every_hash_anew_is_found_by_playing"),
    ("sim/core", '|{int(seed)}|{name}"', '|{int(seed)}|{hash(name)}"',
     "test_a_chunk_is_played_again_elsewhere_from_its_name_alone"),
    ("sim/batch", "        differing += play_again(entry, layout)\n", "        pass\n",
     "tests/batch/test_verify.py::test_a_forger_who_makes_every_hash_anew_is_found_by_playing"),
    ("sim/batch", "sorted(shuffled[: int(chunks)],", "sorted(manifest.chunks[: int(chunks)],",
     "tests/batch/test_verify.py::test_the_chunks_that_are_played_are_spread_over_all"),
])  # fmt: skip

# Another process that has a scenario, a seed and the name of a chunk, and nothing of the results.
AGAIN = """
import json, sys
from pathlib import Path
from sim.scenario import read_scenario
from sim.results.chunk_files import Layout, packed
first, last = map(int, Path(sys.argv[1]).stem.split("-"))
layout = Layout.of(read_scenario("scenario.resolved.yaml"), int(sys.argv[2]))
entry, _ = packed(layout.play(first, last - first + 1), layout)
print(json.dumps([entry.draws.content, entry.tallies.content]))
"""


def again(to: Path, resolved: Path, name: str, seed: int) -> list[str]:
    """Content hashes of a chunk, made in a process and a folder of its own."""
    to.mkdir()
    shutil.copy(resolved, to / "scenario.resolved.yaml")
    done = subprocess.run(
        [sys.executable, "-c", AGAIN, name, str(seed)], cwd=to, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=600, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def contents(entry: dict) -> list[str]:
    return [entry["draws"]["content"], entry["tallies"]["content"]]


def test_a_result_names_what_made_it(tmp_path, monkeypatch):
    short_chunks(monkeypatch)
    play(tmp_path, "--seed", 7)
    facts = facts_of(only(tmp_path / "results"))
    named = {"python": platform.python_version(),
             **{name: version(name) for name in ("mesa", "numpy", "pandas", "peacesim", "pyarrow")}}  # fmt: skip
    assert facts["versions"] == [named]
    assert (facts["scheme"], facts["format"], facts["seed"], facts["chunk_length"]) == (SCHEME, FORMAT, 7, 64)
    assert len(facts["identity"]) == 64 and facts["draws"] == N
    assert only(tmp_path / "results").name.endswith(facts["identity"][:6])


def test_a_chunk_is_played_again_elsewhere_from_its_name_alone(tmp_path, monkeypatch, record_property):
    """The short last chunk, whose place is no round number; the other process has long chunks."""
    short_chunks(monkeypatch)
    play(tmp_path, "--seed", 7)
    folder = only(tmp_path / "results")
    entry = facts_of(folder)["chunks"][2]
    name = f"{entry['first']:08d}-{entry['last']:08d}.parquet"
    assert (folder / "draws" / name).exists()
    assert again(tmp_path / "elsewhere", folder / "scenario.resolved.yaml", name, 7) == contents(entry)
    record_property("R18", "a chunk played again in another process from its name and the resolved scenario")


SHIPPED = sorted(path.stem for path in (ROOT / "scenarios").glob("*.yaml"))


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_scenario_is_played_again_from_its_resolved_text(name, tmp_path, record_property):
    """And `verify` says so too."""
    file, out = ROOT / "scenarios" / f"{name}.yaml", tmp_path / "r"
    answer = call("batch", file, "-n", 24, "--workers", 1, "--no-charts", "--out", out)
    assert answer.exit_code == 0, answer.output
    folder = only(out)
    (entry,) = facts_of(folder)["chunks"]
    file = f"{entry['first']:08d}-{entry['last']:08d}.parquet"
    assert again(tmp_path / "elsewhere", folder / "scenario.resolved.yaml", file, 1) == contents(entry)
    assert call("verify", folder, "--chunks", "all").exit_code == 0
    record_property("R18", f"{name}: 24 draws the same in another process from the resolved text")
