"""R18: a result names what made it, and any of its chunks can be played again from its name and the scenario alone."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sim.results.folder
from sim.core.streams import SCHEME
from sim.results import parquet
from sim.results.chunk_files import play_again
from sim.results.manifest import FORMAT, PLAYING
from tests.commands import call
from tests.trust.planting import ROOT, bugs
from tests.trust.results import N, bytes_of, facts_of, forge, only, play
from tests.trust.strange_folders import with_file

PLANTED = bugs("R18", __name__, [
    ("sim/results", '"numba", "numpy", "pandas",', '"numpy", "pandas",', "test_a_result_names_what_made_it"),
    ("sim/results", "        if here in listed or not listed:", "        if not listed:",
     "test_chunks_of_another_program_are_added_to_once_one_of_them_has_the_same_bits"),
    ("sim/results", "if not any(play_again(entry, self.layout) for entry in last.values()):", "if last:",
     "test_chunks_that_come_out_otherwise_are_played_anew"),
    ("sim/results", "        if parquet.content_hash(table) != hashes.content\n    ]",
     "        if parquet.content_hash(table) == ''\n    ]",
     "tests/batch/test_verify.py::test_a_forger_who_makes_every_hash_anew_is_found_by_playing"),
    ("sim/core", '|{int(seed)}|{name}"', '|{int(seed)}|{hash(name)}"',
     "test_a_chunk_is_played_again_elsewhere_from_its_name_alone"),
    ("sim/batch", "        differing += play_again(entry, layout)\n", "        pass\n",
     "tests/batch/test_verify.py::test_a_forger_who_makes_every_hash_anew_is_found_by_playing"),
    ("sim/batch", "sorted(shuffled[: int(chunks)],", "sorted(manifest.chunks[: int(chunks)],",
     "tests/batch/test_verify.py::test_the_chunks_that_are_played_are_spread_over_all"),
    ("sim/batch", "chunks = None if place.chunks is None else", "chunks = other.chunks if place.chunks is None else",
     "tests/batch/test_verify.py::test_a_chunk_is_played_from_its_name_alone"),
    ("sim/results", '"scenario", "model", "results")  # code', '"scenario", "model")  # code',
     "test_a_chunk_is_played_again_elsewhere_from_its_name_alone"),
])  # fmt: skip

pytestmark = pytest.mark.usefixtures("short_chunks")

# Another process that has a scenario, a seed and the name of a chunk, and nothing of the results.
AGAIN = """
import json, sys
from pathlib import Path
from sim.scenario import read_scenario
from sim.results.chunk_files import Layout, packed
first, last = map(int, Path(sys.argv[1]).stem.split("-"))
layout = Layout.of(read_scenario("scenario.resolved.yaml"), int(sys.argv[2]))
entry, _ = packed(layout.play(first, last - first + 1), layout)
rooms = {name.split(".")[1] for name in sys.modules if name.startswith("sim.")}
print(json.dumps([[entry.draws.content, entry.tallies.content], sorted(rooms)]))
"""


def again(to: Path, resolved: Path, name: str, seed: int) -> list[str]:
    """Content hashes of a chunk, made in a process and a folder of its own, by code that the fingerprint covers."""
    to.mkdir()
    shutil.copy(resolved, to / "scenario.resolved.yaml")
    done = subprocess.run(
        [sys.executable, "-c", AGAIN, name, str(seed)], cwd=to, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=600, check=True,
    )  # fmt: skip
    found, rooms = json.loads(done.stdout)
    assert set(rooms) <= {*PLAYING}
    return found


def contents(entry: dict) -> list[str]:
    return [entry["draws"]["content"], entry["tallies"]["content"]]


def test_a_result_names_what_made_it(tmp_path):
    play(tmp_path, "--seed", 7)
    facts = facts_of(only(tmp_path / "results"))
    libraries = ("llvmlite", "mesa", "numba", "numpy", "pandas", "peacesim", "pyarrow", "scipy")
    named = {"python": platform.python_version(), **{name: version(name) for name in libraries}}
    (made_by,) = facts["versions"]
    assert re.fullmatch("[0-9a-f]{16}", made_by.pop("source")) and made_by == named
    assert (facts["scheme"], facts["format"], facts["seed"], facts["chunk_length"]) == (SCHEME, FORMAT, 7, 64)
    assert len(facts["identity"]) == 64 and facts["draws"] == N
    assert only(tmp_path / "results").name.endswith(facts["identity"][:6])


OLDER = {"python": "3.11.0", "numpy": "2.0.0", "peacesim": "0.0.1"}  # as a release before wrote it


def test_chunks_of_another_program_are_added_to_once_one_of_them_has_the_same_bits(tmp_path, monkeypatch):
    play(tmp_path)
    folder = only(tmp_path / "results")
    facts, before = facts_of(folder), bytes_of(folder)
    source = facts["versions"][0]["source"]
    again = []
    monkeypatch.setattr(sim.results.folder, "play_again", lambda *each: again.append(each[0].name) or play_again(*each))
    forge(folder, {**facts, "versions": [OLDER]})
    assert "program" not in play(tmp_path).stderr and not again  # nothing is added
    answer = play(tmp_path, "-n", 200)
    assert answer.exit_code == 0 and again == ["00000128-00000129.parquet"]
    assert "numpy 2.0.0 and not" in answer.stderr and "has the same bits, so the rest was added" in answer.stderr
    assert facts_of(folder)["versions"] == [OLDER, facts["versions"][0]]
    assert bytes_of(folder)["draws/00000000-00000063.parquet"] == before["draws/00000000-00000063.parquet"]
    assert "program" not in play(tmp_path, "-n", 300).stderr and len(again) == 1  # it has added to these already
    forge(folder, {**facts_of(folder), "versions": [OLDER, {**facts["versions"][0], "source": "0" * 16}]})
    assert "from other source files" in play(tmp_path, "-n", 400).stderr and len(again) == 3
    assert facts_of(folder)["versions"][-1]["source"] == source


def test_chunks_that_come_out_otherwise_are_played_anew(tmp_path):
    play(tmp_path, "-n", 200)
    folder = only(tmp_path / "results")
    whole = bytes_of(folder)
    shutil.rmtree(folder)
    play(tmp_path)
    name = "draws/00000128-00000129.parquet"  # one bit of a number is another, and all hashes are right
    table = pq.read_table(folder / name)
    values = table.column("discounted_west").to_numpy() * (1 + 2.0**-52)
    place = table.column_names.index("discounted_west")
    table = table.set_column(place, table.schema.field(place), pa.array(values))
    with_file(folder, name, parquet.to_bytes(table), parquet.content_hash(table))
    forge(folder, {**facts_of(folder), "versions": [OLDER]})
    answer = play(tmp_path, "-n", 200)
    assert answer.exit_code == 0 and "came out otherwise, so all was played anew" in answer.stderr
    assert bytes_of(folder) == whole


def test_a_chunk_is_played_again_elsewhere_from_its_name_alone(tmp_path, record_property):
    """The short last chunk, whose place is no round number; the other process has long chunks."""
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
