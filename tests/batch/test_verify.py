"""`peacesim verify`: what it finds, what it says, and that it writes nothing."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.batch import verify
from sim.batch.verifying import A_FEW, Place, chosen
from sim.results.files import StoreError, sha256
from sim.results.manifest import read_manifest
from sim.results.parquet import content_hash, to_bytes
from tests.commands import ROOT, SCENARIO, call, data
from tests.test_docs import json_keys, mentioned, section
from tests.trust.results import N, bytes_of, facts_of, forge, only, play

CHUNKS = ["00000000-00000063.parquet", "00000064-00000127.parquet", "00000128-00000129.parquet"]
pytestmark = pytest.mark.usefixtures("short_chunks")
TABLES = ["funnel.csv", "packages.csv", "parties.csv", "summary.json"]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """One folder that nobody changes."""
    to = tmp_path_factory.mktemp("written")
    assert play(to).exit_code == 0
    return only(to / "results")


@pytest.fixture
def folder(written, tmp_path):
    """A copy of it to spoil."""
    return Path(shutil.copytree(written, tmp_path / "results" / written.name))


def forge_chunk(folder, name=CHUNKS[0]):
    """Change a draw, and every hash of it."""
    path, facts = folder / "draws" / name, facts_of(folder)
    table = pq.read_table(path)
    worth = table.column("discounted_east").to_numpy().copy()
    worth[0] += 0.25
    place = table.column_names.index("discounted_east")
    forged = table.set_column(place, table.schema.field(place), pa.array(worth))
    path.write_bytes(to_bytes(forged))
    entry = facts["chunks"][CHUNKS.index(name)]
    entry["draws"] = {"content": content_hash(forged), "file": sha256(path.read_bytes())}
    return facts


# All is well.


def test_a_sound_result_is_told_with_what_made_it(written):
    answer = call("verify", written)
    assert answer.exit_code == 0
    manifest = read_manifest(written)
    made_by = f"peacesim {manifest.versions[0]['peacesim']}"
    for said in ("all is well", manifest.identity, "seed 1", manifest.scheme, made_by,
                 "3 of 3 chunks played again, 130 draws: every bit is the same", "summary.json"):  # fmt: skip
        assert said in answer.stdout
    (facts,) = data("verify", written)["results"]
    assert (facts["sound"], facts["played_again"]) == (True, CHUNKS)
    assert sorted(facts["made_again"]) == TABLES
    assert facts["files"] == len(bytes_of(written)) - 1  # all but the lock


def test_nothing_is_written_and_no_right_to_write_is_needed(folder, tmp_path):
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_mode) for path in [folder, *folder.rglob("*")]}
    opened = []
    real = os.open

    def watched(path, flags, *rest, **named):
        opened.append(flags)
        return real(path, flags, *rest, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", watched)
        assert call("verify", folder, "--chunks", "all").exit_code == 0
    assert opened and not any(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) for flags in opened)
    assert {path: (path.stat().st_mtime_ns, path.stat().st_mode) for path in [folder, *folder.rglob("*")]} == before
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)


def test_which_chunks_are_played_follows_from_the_identity(written):
    def played(chunks):
        return [entry.name for entry in chosen(read_manifest(written), Place(written), chunks)]

    assert played("all") == CHUNKS and played("first") == CHUNKS[:1] and played(0) == [] and played(99) == CHUNKS
    assert played(1) == played(1) and len(played(2)) == 2 and set(played(1)) <= set(played(2))


def test_the_chunks_that_are_played_are_spread_over_all(written):
    """Else a forger would leave the first ones, or the last, as they are."""
    manifest, places = read_manifest(written), 12
    many = tuple(replace(manifest.chunks[0], first=64 * k, last=64 * k + 63) for k in range(places))
    counts = dict.fromkeys(many, 0)
    for number in range(240):
        found = chosen(replace(manifest, identity=f"{number:064x}", chunks=many), Place(written), A_FEW)
        assert len(found) == A_FEW and found == sorted(found, key=lambda entry: entry.first)
        for entry in found:
            counts[entry] += 1
    assert min(counts.values()) > 240 * A_FEW / places / 2, "each is as likely as any other: 60 times"


def test_a_chunk_is_played_from_its_name_alone(written):
    for inside in ("draws", "tallies"):
        (facts,) = data("verify", written / inside / CHUNKS[1])["results"]
        assert (facts["played_again"], facts["draws_played_again"]) == ([CHUNKS[1]], 64)
    (facts,) = data("verify", written / "draws" / CHUNKS[1], written / "draws" / CHUNKS[2])["results"]
    assert facts["played_again"] == CHUNKS[1:]
    for paths in ((written, written / "draws" / CHUNKS[1]), (written / "draws" / CHUNKS[1], written)):
        (facts,) = data("verify", *paths)["results"]
        assert (facts["played_again"], sorted(facts["made_again"])) == (CHUNKS, TABLES), "a whole folder is named too"


def test_a_chunk_that_is_gone_is_damage_and_one_that_never_was_is_wrong_input(folder):
    (folder / "draws" / CHUNKS[1]).unlink()
    answer = call("verify", folder / "draws" / CHUNKS[1])
    assert answer.exit_code == 4 and f"draws/{CHUNKS[1]} is missing" in answer.stderr
    answer = call("verify", folder / "draws" / "00000192-00000255.parquet")
    assert answer.exit_code == 2 and CHUNKS[0] in answer.stderr


@pytest.mark.parametrize("path", ["nothing", "talks.yaml", "empty"])
def test_what_is_no_result_is_wrong_input(path, tmp_path):
    (tmp_path / "talks.yaml").write_text(SCENARIO)
    (tmp_path / "empty").mkdir()
    answer = call("verify", tmp_path / path)
    assert answer.exit_code == 2 and answer.stdout == "" and len(answer.stderr.splitlines()) == 1


@pytest.mark.parametrize("chunks", ["-1", "some", "1.5", ""])
def test_chunks_are_all_first_or_a_number(chunks, written):
    assert call("verify", written, "--chunks", chunks).exit_code == 2


# Many at once.


def test_sweeps_shards_and_folders_of_results(tmp_path):
    play(tmp_path, "--vary", "parties.east.no_deal=0.3,0.5")
    play(tmp_path, "--shard", "1/2")
    play(tmp_path, "--shard", "2/2")
    (tmp_path / "results" / "notes").mkdir()
    told = data("verify", tmp_path / "results", "--chunks", "first")
    assert told["sound"] is True
    assert [Path(each).name for each in told["passed_over"]] == ["notes"]
    shards = [each["shard"] for each in told["results"] if each["shard"]]
    assert shards == [[1, 2], [2, 2]]
    (sweep,) = [Path(each["folder"]) for each in told["results"] if each["sweep"]]
    points = [each for each in told["results"] if Path(each["folder"]).parent == sweep]
    assert len(points) == 2 and all(each["played_again"] == CHUNKS[:1] for each in points)

    one, other = (Path(each["folder"]) for each in points)
    one.rename(sweep / "x")
    other.rename(one)
    (sweep / "x").rename(other)
    answer = call("verify", sweep, "--chunks", 0)
    assert answer.exit_code == 4 and answer.stderr.count("not the results of which sweep.json") == 2
    shutil.rmtree(one)
    assert f"{one.name}: not begun, or gone" in call("verify", sweep, "--chunks", 0).stdout
    (sweep / "sweep.json").write_text("{")
    answer = call("verify", sweep, "--chunks", 0)
    assert answer.exit_code == 4 and "sweep.json" in answer.stderr


# Damage that no hash tells.


def test_a_forger_who_makes_every_hash_anew_is_found_by_playing(folder):
    forge(folder, forge_chunk(folder))
    with pytest.MonkeyPatch.context() as patch:  # tables of a forger who computes them too
        patch.setattr("sim.results.inspection._tables_again", lambda *_: None)
        answer = call("verify", folder, "--chunks", 0)
        assert answer.exit_code == 0
        answer = call("verify", folder, "--chunks", "all")
    assert answer.exit_code == 4
    assert f"draws/{CHUNKS[0]}: played again, it comes out otherwise" in answer.stderr
    assert "a batch takes it for sound" in answer.stderr
    assert CHUNKS[1] not in answer.stderr


@pytest.mark.parametrize("name", TABLES)
def test_a_table_with_a_right_hash_that_says_something_else_is_found(folder, name):
    path, facts = folder / name, facts_of(folder)
    path.write_bytes(path.read_bytes().replace(b"0.", b"1.", 1))
    facts["files"][name] = sha256(path.read_bytes())
    forge(folder, facts)
    answer = call("verify", folder, "--chunks", 0)
    assert answer.exit_code == 4 and f"{name}: made again from the draws, it comes out otherwise" in answer.stderr


def test_tables_of_other_versions_are_not_made_again_and_bits_still_are(folder):
    facts = facts_of(folder)
    facts["versions"][0]["pandas"] = "0.1"
    forge(folder, facts)
    (told,) = data("verify", folder)["results"]
    assert told["made_again"] == [] and told["sound"] is True and told["played_again"] == CHUNKS
    assert "not the versions here" in call("verify", folder).stdout


def test_the_content_is_compared_and_not_the_bytes_of_the_file(folder):
    """Another Parquet library writes other bytes, and the same content hash."""
    path, facts = folder / "draws" / CHUNKS[0], facts_of(folder)
    sink = pa.BufferOutputStream()
    pq.write_table(pq.read_table(path), sink, store_schema=False, write_page_checksum=True, compression="gzip")
    path.write_bytes(sink.getvalue().to_pybytes())
    facts["chunks"][0]["draws"]["file"] = sha256(path.read_bytes())
    forge(folder, facts)
    assert call("verify", folder).exit_code == 0


def test_a_run_that_says_it_is_whole_and_is_not_is_damage(folder):
    facts = facts_of(folder)
    for entry in facts["chunks"][1:2]:
        for inside in ("draws", "tallies"):
            (folder / inside / f"{entry['first']:08d}-{entry['last']:08d}.parquet").unlink()
    del facts["chunks"][1]
    forge(folder, facts)
    answer = call("verify", folder)
    assert answer.exit_code == 4 and "lists too few chunks" in answer.stderr


# What cannot be told, and what is in no list.


def test_another_scheme_is_held_against_its_hashes_and_not_played(folder):
    facts = facts_of(folder)
    facts["scheme"] = "peacesim-0"
    facts["versions"][0]["peacesim"] = "0.0.9"
    forge(folder, facts)
    answer = call("verify", folder)
    assert answer.exit_code == 3
    for said in ("cannot be played again here", "peacesim-0", "peacesim 0.0.9"):
        assert said in answer.stdout
    (folder / "draws" / CHUNKS[0]).write_bytes(b"")
    answer = call("verify", folder)
    assert answer.exit_code == 4 and CHUNKS[0] in answer.stderr


def test_another_format_is_told(folder):
    facts = facts_of(folder)
    facts["format"] = "peacesim-results-9"
    forge(folder, facts)
    answer = call("verify", folder)
    assert answer.exit_code == 3 and "peacesim-results-9" in answer.stdout


def test_strangers_are_named(folder):
    (folder / "notes.txt").write_text("")
    (folder / "draws" / "extra.parquet").write_text("")
    (folder / "more").mkdir()
    (folder / "more" / "inside").write_text("")
    (folder / "link").symlink_to("/etc")
    (told,) = data("verify", folder, "--chunks", 0)["results"]
    assert told["not_listed"] == ["draws/extra.parquet", "link", "more/", "notes.txt"] and told["sound"]
    assert "in no list" in call("verify", folder, "--chunks", 0).stdout


def test_a_run_that_was_stopped_is_no_damage(folder):
    facts = facts_of(folder)
    facts["complete"] = False
    forge(folder, facts)
    (folder / "summary.json").write_text("{}")
    answer = call("verify", folder)
    assert answer.exit_code == 0
    assert "the run is not finished" in answer.stdout and "not finished: summary.json" in answer.stdout


def test_a_folder_that_is_written_to_meanwhile_is_told(folder, monkeypatch):
    from sim.results import inspection

    def write_meanwhile(*_):
        facts = facts_of(folder)
        facts["draws"] = 131
        forge(folder, facts)

    monkeypatch.setattr(inspection, "_tables_again", write_meanwhile)
    answer = call("verify", folder, "--chunks", 0)
    assert answer.exit_code == 3 and "somebody wrote to it" in answer.stdout


def test_a_file_that_may_not_be_read_is_named(folder, monkeypatch):
    """The tests may run as root, who may read everything: the system's answer is put in its place."""
    real = os.open

    def refused(path, flags, *rest, **named):
        if str(path) == CHUNKS[1] and not flags & os.O_DIRECTORY:
            raise PermissionError(13, "Permission denied")
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", refused)
    answer = call("verify", folder)
    assert answer.exit_code == 4
    for inside in ("draws", "tallies"):
        assert f"{inside}/{CHUNKS[1]}: cannot be read: Permission denied" in answer.stderr


# The command.


def test_the_keys_of_json_are_documented(written):
    told = section("docs/command-line.md", "verify")
    facts = data("verify", written)
    keys = json_keys(facts, tuple(facts["results"][0]["versions"][0])) - {"<name>"}
    assert len(keys) >= 20 and not {key for key in keys if not mentioned(key, told)}


def test_progress_goes_to_stderr_and_json_alone_to_stdout(written):
    answer = call("verify", written, "--json")
    json.loads(answer.stdout)
    assert f"of {2 * N} draws" in answer.stderr


@pytest.mark.slow
def test_an_interrupt_is_code_130(tmp_path):
    play(tmp_path)
    command = [sys.executable, "-c", "from sim.cli import main; main()", "verify", str(only(tmp_path / "results"))]
    child = subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # it may be ignored where the tests began
    )  # fmt: skip
    assert "draws" in child.stderr.readline()
    child.send_signal(signal.SIGINT)
    _, told = child.communicate(timeout=60)
    assert child.returncode == 130 and "Traceback" not in told


def test_a_path_that_is_none_is_no_traceback(tmp_path):
    with pytest.raises(StoreError, match="does not exist"):
        verify([tmp_path / "x"])
