"""The results folder: whole or not there, found out when damaged, and never a trace of where it was made."""

import getpass
import hashlib
import json
import os
import shutil
import socket
import stat
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sim.model.peace_talks
from sim.batch.items import write_outputs
from sim.model.peace_talks import hold_talks
from sim.results.chunk_files import Layout, play_again
from sim.results.files import DamagedResults, StoreError, write_whole
from sim.results.folder import ResultsFolder
from sim.results.manifest import folder_name, identity, read_manifest
from sim.results.parquet import content_hash, from_bytes, schema_of, table_of, to_bytes
from sim.results.reading import damaged_files, layout_of, open_results
from sim.results.results import run
from sim.scenario import read_scenario
from tests.commands import BANKS, ROOT
from tests.problems import SCENARIOS
from tests.trust.results import bytes_of

N = 150  # two full chunks of 64 and a short one
pytestmark = pytest.mark.usefixtures("short_chunks")


def write(folder, scenario, n=N, seed=1):
    """A folder with the first n draws and its tables, as a batch leaves it."""
    layout = Layout.of(scenario, seed)
    with ResultsFolder(folder, layout, n) as writer:
        for draws in writer.missing(n):
            writer.write(layout.play(draws.start, len(draws)))
        write_outputs(writer.results(), writer.path, None)
        writer.seal()
    return folder


@pytest.fixture(scope="module")
def banks():
    return read_scenario(BANKS)


@pytest.fixture(scope="module")
def written(tmp_path_factory, banks):
    """One folder that nobody changes."""
    return write(tmp_path_factory.mktemp("results") / folder_name(banks, 1), banks)


@pytest.fixture
def folder(written, tmp_path):
    """A copy of it to spoil."""
    return Path(shutil.copytree(written, tmp_path / written.name))


def assert_same_results(one, other):
    pd.testing.assert_frame_equal(one.draws, other.draws, check_exact=True)
    assert one.tallies.draws == other.tallies.draws
    assert np.array_equal(one.tallies.agreed, other.tallies.agreed)
    assert np.array_equal(one.tallies.zone, other.tallies.zone)
    assert one.tallies.talks.keys() == other.tallies.talks.keys()
    for name, counts in one.tallies.talks.items():
        assert np.array_equal(counts, other.tallies.talks[name]), name


# What goes in comes out.


def test_results_come_back_as_they_were(written, banks):
    results = open_results(written)
    assert_same_results(results, run(banks, N, 1))
    assert results.tallies.agreed.sum() > 0
    assert results.provenance["identity"] == identity(banks, 1)
    assert results.provenance["complete"] is True


def test_the_folder_holds_what_it_should(written):
    chunks = [f"{where}/{span}.parquet" for where in ("draws", "tallies")
              for span in ("00000000-00000063", "00000064-00000127", "00000128-00000149")]  # fmt: skip
    texts = [".lock", "funnel.csv", "packages.csv", "parties.csv", "run.json", "scenario.resolved.yaml", "summary.json"]
    assert sorted(bytes_of(written)) == sorted(chunks + texts)
    assert json.loads((written / "summary.json").read_text())["n"] == N
    assert read_scenario(written / "scenario.resolved.yaml").resolved == read_scenario(BANKS).resolved


@pytest.mark.parametrize("n", [1, 63, 64, 65, 128, 149])
def test_a_smaller_number_reads_the_first_draws(written, banks, n):
    assert_same_results(open_results(written, n), run(banks, n, 1))


@pytest.mark.parametrize("n", [0, -1, N + 1])
def test_draws_that_are_not_there_are_refused(written, n):
    with pytest.raises(StoreError):
        open_results(written, n)


def test_a_stopped_run_gives_the_draws_without_a_gap(tmp_path, banks):
    layout = Layout.of(banks, 1)
    with ResultsFolder(tmp_path / "x", layout, N) as writer:
        with pytest.raises(StoreError, match="no chunk is finished"):
            open_results(tmp_path / "x")
        writer.write(layout.play(128, 22))
        with pytest.raises(StoreError, match="no chunk is finished"):
            open_results(tmp_path / "x")
        writer.write(layout.play(0, 64))
    results = open_results(tmp_path / "x")
    assert (results.n, results.provenance["asked"], results.provenance["complete"]) == (64, N, False)


# Identity.


def test_identity_is_of_the_scenario_and_the_seed(banks):
    same = read_scenario(BANKS)
    assert identity(same, 1) == identity(banks, 1)
    others = [identity(banks, 2), identity(banks.with_sets(["parties.upland.no_deal=0.5"]), 1)]
    assert len({identity(banks, 1), *others}) == 3
    assert folder_name(banks, 1) == f"two-banks-pullback-{identity(banks, 1)[:6]}"


def test_other_results_are_not_mixed_in(folder, banks):
    before = bytes_of(folder)
    with pytest.raises(StoreError, match="another scenario or seed"):
        ResultsFolder(folder, Layout.of(banks, 2), N)
    assert bytes_of(folder) == before


def test_results_of_another_release_are_not_read(folder):
    facts = json.loads((folder / "run.json").read_text())
    facts["scheme"] = "peacesim-0"
    (folder / "run.json").write_bytes(resealed(facts))
    with pytest.raises(StoreError, match="peacesim-0"):
        open_results(folder)


def resealed(facts):
    """A `run.json` whose checksum is right, as an attacker would write it."""
    facts.pop("checksum", None)
    checksum = hashlib.sha256(json.dumps(facts, separators=(",", ":")).encode()).hexdigest()
    return (json.dumps({**facts, "checksum": checksum}, indent=1) + "\n").encode()


# The hash of a table.


def test_the_content_hash_is_what_its_definition_says():
    odd_nan = np.array([0x7FF8000000000123], np.uint64).view(np.float64)[0]
    frame = pd.DataFrame({
        "odd": [odd_nan, 1.0],
        "worth": np.array([0.5, np.nan]),
        "round": pd.array([3, None], "Int32"),
        "draw": np.array([0, -1]),
        "text": pd.array(["é", None], "string"),
        "real": [True, False],
    })  # fmt: skip
    both, first = b"\x01\x01", b"\x01\x00"
    rows = struct.pack("<q", 2)
    expected = b"".join([
        b"draw\0int64\0", rows, both, struct.pack("<qq", 0, -1),
        b"odd\0float64\0", rows, both, struct.pack("<Qd", 0x7FF8000000000000, 1.0),
        b"real\0bool\0", rows, both, b"\x01\x00", b"round\0int32\0", rows, first, struct.pack("<ii", 3, 0),
        b"text\0string\0", rows, first, struct.pack("<qq", 2, 0), "é".encode(),
        b"worth\0float64\0", rows, both, struct.pack("<dQ", 0.5, 0x7FF8000000000000),
    ])  # fmt: skip
    assert content_hash(table_of(frame)) == hashlib.sha256(expected).hexdigest()


def test_the_content_hash_does_not_see_how_a_table_is_stored(written):
    path = next((written / "draws").glob("*.parquet"))
    table = pq.read_table(path)
    stored = {"row_group_size": 7, "compression": "gzip", "use_dictionary": False, "data_page_version": "2.0"}
    pq.write_table(table, path_elsewhere := written.parent / "other.parquet", **stored)
    other = pq.read_table(path_elsewhere).select(sorted(table.column_names, reverse=True))
    assert path.read_bytes() != path_elsewhere.read_bytes()
    assert content_hash(other) == content_hash(table) == read_manifest(written).chunks[0].draws.content


def test_the_content_hash_sees_every_difference():
    def hashed(**columns):
        return content_hash(table_of(pd.DataFrame(columns)))

    texts = [["a", "b"], ["ab", ""], ["", "ab"], ["a", None], ["a", ""]]
    hashes = [hashed(x=pd.array(text, "string")) for text in texts]
    hashes += [hashed(x=[1.0, 2.0]), hashed(x=[2.0, 1.0]), hashed(y=[1.0, 2.0]), hashed(x=[1, 2]), hashed(x=[0.0, 1.0])]
    hashes += [hashed(x=[-0.0, 1.0]), hashed(x=[1.0]), hashed(x=[False, True]), hashed(x=[1.0, 2.0], y=[1.0, 2.0])]
    hashes += [hashed(x=pd.array([1, None], "Int32")), hashed(x=pd.array([1, 0], "Int32")), hashed()]
    assert len(set(hashes)) == len(hashes)


# Parquet.

FRAME = pd.DataFrame({
    "draw": np.arange(40), "worth": np.linspace(0, 1, 40), "real": np.arange(40) % 3 == 0,
    "round": pd.array([None, 2] * 20, "Int32"), "text": pd.array(["a/b", None] * 20, "string"),
})  # fmt: skip


def test_the_same_table_gives_the_same_bytes():
    table = table_of(FRAME)
    assert to_bytes(table) == to_bytes(table_of(FRAME.copy()))
    file = pq.ParquetFile(pa.BufferReader(to_bytes(table)))
    assert file.metadata.metadata is None
    assert file.read().equals(table)


def test_a_flipped_bit_in_a_page_is_noticed_by_the_page_itself():
    """With Parquet's defaults most such flips are read as good data."""
    data = to_bytes(table := table_of(FRAME))
    footer = int.from_bytes(data[-8:-4], "little")
    unnoticed = 0
    for place in range(4, len(data) - 8 - footer):
        spoilt = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        try:
            found = from_bytes(spoilt, table.schema, 40)
        except ValueError:
            continue
        unnoticed += content_hash(found) != content_hash(table)
    assert unnoticed == 0


def parquet_bytes(table, **options):
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **{"store_schema": False, **options})
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (lambda table: parquet_bytes(table.drop_columns(["real"])), "columns"),
        (lambda table: parquet_bytes(table.append_column("more", pa.array(range(40)))), "columns"),
        (lambda table: parquet_bytes(table.select(["worth", "draw", "real", "round", "text"])), "columns"),
        (lambda table: parquet_bytes(table.set_column(0, "draw", table["draw"].cast(pa.int32()))), "columns"),
        (lambda table: parquet_bytes(table, store_schema=True), "schema of its own"),
        (lambda table: parquet_bytes(table.slice(1)), "39 rows"),
        (lambda table: b"PAR1" + b"\xff" * 4 + b"\xff\xff\xff\x7fPAR1", "footer"),
        (lambda table: b"PAR1" + bytes(1000) + b"\xe8\x03\0\0PAR1", "Parquet"), (lambda table: b"", "whole"),
    ],
)
def test_only_the_expected_table_is_read(spoilt, reason):
    table = table_of(FRAME)
    with pytest.raises(ValueError, match=reason):
        from_bytes(spoilt(table), table.schema, 40)


def test_without_a_schema_only_stored_types_and_existing_columns_are_read():
    table = table_of(FRAME)
    assert from_bytes(to_bytes(table), None, 40, ["text", "draw"]).equals(table.select(["text", "draw"]))
    strange = table.append_column("more", pa.array([b"x"] * 40))
    for data, names in ((to_bytes(table), ["draw", "package"]), (parquet_bytes(strange), ["draw"])):
        with pytest.raises(ValueError, match="columns"):
            from_bytes(data, None, 40, names)


def test_text_that_is_not_utf_8_is_refused():
    bad = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff\xfe"]).buffers())
    table = pa.table([bad], schema=pa.schema([pa.field("text", pa.string())]))
    with pytest.raises(ValueError, match="UTF8"):
        from_bytes(parquet_bytes(table), table.schema, 1)


def test_a_column_of_another_type_is_refused():
    with pytest.raises(ValueError, match="complex"):
        table_of(pd.DataFrame({"x": [1j]}))


# Damage.


def test_swapped_files_are_found(folder):
    one, other = folder / "draws/00000000-00000063.parquet", folder / "draws/00000064-00000127.parquet"
    data = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(data)
    with pytest.raises(DamagedResults) as raised:
        open_results(folder)
    assert len(raised.value.files) == 2


def test_a_byte_that_nobody_reads_is_damage_too(folder):
    path = folder / "draws" / "00000000-00000063.parquet"
    assert b"parquet-cpp" in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(b"parquet-cpp", b"parquet-dpp"))
    with pytest.raises(DamagedResults, match="bytes are not those"):
        open_results(folder)
    text = (folder / "run.json").read_text()
    (folder / "run.json").write_text(text.replace('"draws": 150', '"draws": 140'))
    with pytest.raises(DamagedResults, match="not as it was written"):
        open_results(folder)


def test_content_is_checked_apart_from_bytes(folder):
    facts = json.loads((folder / "run.json").read_text())
    facts["chunks"][0]["draws"]["content"] = "0" * 64
    (folder / "run.json").write_bytes(resealed(facts))
    with pytest.raises(DamagedResults, match="content is not what"):
        open_results(folder)


def test_a_folder_of_something_else_is_no_results_folder(tmp_path):
    with pytest.raises(StoreError, match="no results folder"):
        open_results(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"chunk_length": 0}, {"chunk_length": 65}, {"draws": 10**9, "chunks": None}, {"seed": "1"}, {"seed": 2},
        {"files": {"../outside": "0" * 64}}, {"files": {"/etc/passwd": "0" * 64}}, {"chunks": [{}]}, {"extra": 1},
        {"versions": []}, {"id": 1, "identity": "x"},
    ],
)  # fmt: skip
def test_a_run_that_lies_is_refused(folder, change):
    facts = json.loads((folder / "run.json").read_text())
    if "files" in change:
        change = {"files": {**facts["files"], **change["files"]}}
    (folder / "run.json").write_bytes(resealed({**facts, **change}))
    with pytest.raises(DamagedResults):
        open_results(folder)
    assert damaged_files(folder)


def test_a_chunk_with_right_hashes_and_wrong_content_is_refused(folder):
    """A stranger can make hashes too: what the table may hold is checked apart from them."""
    manifest = json.loads((folder / "run.json").read_text())
    path = folder / "tallies" / "00000000-00000063.parquet"
    table = pq.read_table(path)
    lies = {"bin": (200, -1), "round": (0, 25), "count": (0,), "party": ("nobody",), "quantity": ("x",)}
    for column, value in [(column, value) for column, values in lies.items() for value in values]:
        rows = table.to_pylist()
        rows[0][column] = value
        data = to_bytes(changed := pa.Table.from_pylist(rows, table.schema))
        path.write_bytes(data)
        manifest["chunks"][0]["tallies"] = {"content": content_hash(changed), "file": hashlib.sha256(data).hexdigest()}
        (folder / "run.json").write_bytes(resealed(manifest))
        with pytest.raises(DamagedResults, match="tallies"):
            open_results(folder)


def test_reading_plays_no_draw(folder, monkeypatch):
    def hold(ensemble, scratch):
        assert not len(ensemble)
        return hold_talks(ensemble, scratch)

    monkeypatch.setattr(sim.model.peace_talks, "hold_talks", hold)
    results = open_results(folder)
    assert tuple(results.draws.columns) == results.columns


def test_a_table_of_no_draws_has_the_columns_of_one():
    """So that what a results folder must hold is known without playing anything."""
    for path in sorted(SCENARIOS.glob("*.yaml")):
        layout = Layout.of(read_scenario(path), 1)
        assert layout.schema.equals(schema_of(layout.play(0, 1).draws)), path


def test_playing_again_finds_what_no_hash_can(written, folder):
    manifest = read_manifest(written)
    layout, entries = layout_of(written, manifest), manifest.chunks
    assert [play_again(entry, layout) for entry in entries] == [[], [], []]
    manifest = json.loads((folder / "run.json").read_text())
    path = folder / "draws" / "00000000-00000063.parquet"
    table = pq.read_table(path)
    place = table.column_names.index("discounted_upland")
    less = table.column(place).to_numpy() * 0.99
    forged = table.set_column(place, table.schema.field(place), pa.array(less))
    path.write_bytes(data := to_bytes(forged))
    manifest["chunks"][0]["draws"] = {"content": content_hash(forged), "file": hashlib.sha256(data).hexdigest()}
    (folder / "run.json").write_bytes(resealed(manifest))
    assert damaged_files(folder) == []
    manifest = read_manifest(folder)
    layout, entries = layout_of(folder, manifest), manifest.chunks
    assert [play_again(entry, layout) for entry in entries] == [
        ["draws/00000000-00000063.parquet: played again, it comes out otherwise"], [], [],
    ]  # fmt: skip


# Writing.


def test_more_draws_add_chunks_and_replace_only_a_short_last_one(folder, banks, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    write(folder, banks, 300)
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    gone = sorted(path.name for path in before.keys() - after.keys())
    assert gone == ["00000128-00000149.parquet"] * 2
    assert all(after[path] == time for path, time in before.items() if path in after)
    assert bytes_of(folder) == bytes_of(write(tmp_path / "other", banks, 300))


def test_fewer_draws_leave_the_chunks_alone(folder, banks):
    chunks = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    write(folder, banks, 70)
    assert chunks == {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    assert json.loads((folder / "summary.json").read_text())["n"] == 70
    assert_same_results(open_results(folder), run(banks, 70, 1))
    assert open_results(folder, N).n == N


def test_nothing_tells_where_when_or_by_whom_it_was_made(written, banks, tmp_path):
    other = write(tmp_path / "somewhere" / "else" / written.name, banks)
    assert bytes_of(other) == bytes_of(written)
    host = socket.gethostname()
    for name, data in bytes_of(written).items():
        for secret in (str(written.parent), str(ROOT), str(Path.home()), host if len(host) > 3 else None):
            assert secret is None or secret.encode() not in data, f"{name} tells {secret}"
        assert f"/{getpass.getuser()}".encode() not in data or getpass.getuser() == "root", name


def facts_of(folder):
    found = {path: path.stat() for path in [folder, *folder.rglob("*")]}
    return {path: (facts.st_mtime_ns, stat.S_IMODE(facts.st_mode)) for path, facts in found.items()}


def test_a_file_reaches_the_disk_before_its_name_does(tmp_path, monkeypatch):
    calls = []

    def record(name):
        real = getattr(os, name)

        def recorded(*arguments, **named):
            calls.append((name, os.readlink(f"/proc/self/fd/{arguments[0]}") if name == "fsync" else str(arguments[0])))
            return real(*arguments, **named)

        monkeypatch.setattr(os, name, recorded)

    for name in ("fsync", "replace"):
        record(name)
    write_whole(tmp_path / "x", b"data")
    temporary = str(tmp_path / f".x.{os.getpid()}.tmp")
    assert calls == [("fsync", temporary), ("replace", temporary), ("fsync", str(tmp_path))]
