"""Results folders as a stranger might make them, and a process that reads them and tells what it took.

`python -m tests.trust.strange_folders SOUND FOLDER...` reads a sound folder first, so that all is loaded, then each of
the others in every way there is, and prints as JSON what became of each: what it said, seconds, memory in all, files
opened outside of the folder.
"""

import hashlib
import json
import os
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sim.results.files import DamagedResults, StoreError
from sim.results.inspection import inspect
from sim.results.reading import damaged_files, open_results
from tests.trust.planting import ROOT
from tests.trust.results import facts_of, forge

NAME = "00000000-00000063.parquet"
Hostile = Callable[[Path], None]


def with_file(folder: Path, name: str, data: bytes, content: str = "0" * 64) -> None:
    """Put a file there, with the hash that `run.json` then has of it."""
    (folder / name).write_bytes(data)
    facts = facts_of(folder)
    inside, _, file = name.rpartition("/")
    mark = hashlib.sha256(data).hexdigest()
    if inside in ("draws", "tallies"):
        entry = next(each for each in facts["chunks"] if f"{each['first']:08d}-{each['last']:08d}.parquet" == file)
        entry[inside] = {"content": content, "file": mark}
    else:
        facts["files"][name] = mark
    forge(folder, facts)


def parquet(table: pa.Table, **options) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **{"store_schema": False, "compression": "zstd", **options})
    return sink.getvalue().to_pybytes()


def _draws(folder: Path) -> pa.Table:
    return pq.read_table(folder / "draws" / NAME)


def _set(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    place = table.column_names.index(name)
    return table.set_column(place, pa.field(name, values.type, table.schema.field(name).nullable), values)


def _draws_with(change: Callable[[pa.Table], pa.Table], **options) -> Hostile:
    def make(folder: Path) -> None:
        table = change(_draws(folder))
        with_file(folder, f"draws/{NAME}", parquet(table, **options))

    return make


def _long_text(table: pa.Table) -> pa.Table:
    """64 rows that each name one text of 1.5 MB: 96 MB from a few kilobytes; a long chunk could name gigabytes."""
    return _set(table, "outcome", pa.DictionaryArray.from_arrays(pa.array([0] * 64, pa.int32()), ["a" * 1_500_000]))


def _longer_text(table: pa.Table) -> pa.Table:
    """A text that is too long by itself."""
    return _set(table, "outcome", pa.DictionaryArray.from_arrays(pa.array([0] * 64, pa.int32()), ["a" * 30_000_000]))


def _growing(table: pa.Table) -> pa.Table:
    """Each text repeats the one before it."""
    return _set(table, "outcome", pa.array(["a" * (200_000 + row) for row in range(64)]))


def _many_counts(folder: Path) -> None:
    table = pq.read_table(folder / "tallies" / NAME)
    many = pa.table([pa.array([table.column(0)[0].as_py()] * 2).take(pa.array([0] * 2_000_000)) if place == 0
                     else pa.nulls(2_000_000, field.type) if field.nullable else pa.array([1] * 2_000_000, field.type)
                     for place, field in enumerate(table.schema)], schema=table.schema)  # fmt: skip
    with_file(folder, f"tallies/{NAME}", parquet(many, row_group_size=2_000_000))


def _footer(body: bytes) -> Hostile:
    data = b"PAR1" + bytes(64) + body + len(body).to_bytes(4, "little") + b"PAR1"
    return lambda folder: with_file(folder, f"draws/{NAME}", data)


def _varint(value: int) -> bytes:
    found = b""
    while value > 127:
        found, value = found + bytes([value & 127 | 128]), value >> 7
    return found + bytes([value])


def _page_claims(unpacked: int) -> Hostile:
    """The first page says that it takes so much memory; the footer is as it was."""

    def make(folder: Path) -> None:
        data = (folder / "draws" / NAME).read_bytes()
        after = 4
        assert data[after : after + 3] == b"\x15\x00\x15" or data[after : after + 3] == b"\x15\x04\x15"
        end = after + 3
        while data[end] & 128:
            end += 1
        width = end + 1 - (after + 3)
        claim = (unpacked << 1).to_bytes(8, "little")
        digits = bytes([int.from_bytes(claim, "little") >> 7 * place & 127 | 128 for place in range(width)])
        digits = digits[:-1] + bytes([digits[-1] & 127 | 64])  # as large as fits there
        with_file(folder, f"draws/{NAME}", data[: after + 3] + digits + data[end + 1 :])

    return make


def _run_text(text: bytes) -> Hostile:
    return lambda folder: (folder / "run.json").write_bytes(text)


def _run_facts(change: Callable[[dict], object]) -> Hostile:
    def make(folder: Path) -> None:
        facts = facts_of(folder)
        change(facts)
        forge(folder, facts)

    return make


def _linked(name: str) -> Hostile:
    """A file or folder outside, under a name that is listed."""

    def make(folder: Path) -> None:
        outside = folder.parent / f"canary-{name.replace('/', '-')}"
        (folder / name).rename(outside)
        (folder / name).symlink_to(outside)

    return make


def _listed_outside(name: str) -> Hostile:
    def make(folder: Path) -> None:
        canary = folder.parent / "canary"
        canary.write_text("secret")
        mark = hashlib.sha256(b"secret").hexdigest()
        _run_facts(lambda facts: facts["files"].update({name: mark}))(folder)

    return make


def _through_a_link(folder: Path) -> None:
    """A chart that lies outside, by a link in place of the folder."""
    outside = folder.parent / "canary-charts"
    outside.mkdir()
    (outside / "x.svg").write_text("secret")
    (folder / "charts").symlink_to(outside)
    _run_facts(lambda facts: facts["files"].update({"charts/x.svg": hashlib.sha256(b"secret").hexdigest()}))(folder)


def _resolved(text: bytes) -> Hostile:
    def make(folder: Path) -> None:
        (folder.parent / "canary.yaml").write_text("schema: 1\n")
        with_file(folder, "scenario.resolved.yaml", text)

    return make


DEEP = b"[" * 2_000_000
FOLDERS: dict[str, Hostile] = {
    "1.5 MB of text in each row": _draws_with(_long_text),
    "30 MB of text in each row": _draws_with(_longer_text),
    "texts that repeat one another": _draws_with(
        _growing, use_dictionary=False, column_encoding={"outcome": "DELTA_BYTE_ARRAY"}),
    "pages of the second kind": _draws_with(lambda table: table, data_page_version="2.0"),
    "a schema of its own": _draws_with(lambda table: table, store_schema=True),
    "a column less": _draws_with(lambda table: table.drop_columns(["month"])),
    "a column more": _draws_with(lambda table: table.append_column("more", pa.array(range(64)))),
    "a nested column": _draws_with(lambda table: _set(table, "month", pa.array([[[1.0]]] * 64))),
    "a structure": _draws_with(lambda table: _set(table, "month", pa.array([{"a": 1}] * 64))),
    "bytes for text": _draws_with(lambda table: _set(table, "outcome", pa.array([b"\xff"] * 64))),
    "times": _draws_with(lambda table: _set(table, "draw", pa.array(range(64), pa.timestamp("us")))),
    "other rows": _draws_with(lambda table: table.slice(1)),
    "no rows": _draws_with(lambda table: table.slice(0, 0)),
    "many groups of rows": _draws_with(lambda table: table, row_group_size=1),
    "two million counts": _many_counts,
    "a page that claims much": _page_claims(2**31 - 1),
    "a footer of lists": _footer(b"\x15\x04\x19\xfc" + _varint(900_000) + bytes(200)),
    "a footer of texts": _footer(b"\x15\x04\x19\x1c\x48" + _varint(2**31 - 1) + bytes(200)),
    "a footer of structures": _footer(b"\x1c" * 100_000 + bytes(200)),
    "an empty footer": _footer(b""),
    "run.json of brackets": _run_text(DEEP),
    "run.json of empty objects": _run_text(b"[" + b"{}," * 5_000_000 + b"{}]"),
    "run.json of one long number": _run_text(b'{"checksum": ' + b"9" * 1_000_000 + b"}"),
    "run.json that is not text": _run_text(b"\xff\xfe\x00"),
    "run.json with NaN": _run_text(b'{"seed": NaN, "checksum": "x"}'),
    "run.json packed": lambda folder: (folder / "run.json").write_bytes(
        zlib.compress((folder / "run.json").read_bytes())),
    "a key twice": lambda folder: (folder / "run.json").write_bytes(
        (folder / "run.json").read_bytes().replace(b'"seed"', b'"seed": 5,\n "seed"', 1)),
    "an endless number of draws": _run_facts(lambda facts: facts.update(draws=10**4000)),
    "an endless chunk": _run_facts(lambda facts: facts.update(chunk_length=10**30)),
    "a chunk at the end of the world": _run_facts(
        lambda facts: facts["chunks"].append({**facts["chunks"][0], "first": 64 * 10**40, "last": 64 * 10**40 + 63})),
    "a seed that is a text": _run_facts(lambda facts: facts.update(seed="1")),
    "an id of megabytes": _run_facts(lambda facts: facts.update(id="x" * 1_000_000)),
    "versions of megabytes": _run_facts(lambda facts: facts["versions"][0].update(numpy="x" * 1_000_000)),
    "a name above": _listed_outside("../canary"),
    "a name from the root": _listed_outside("/etc/passwd"),
    "a name above in between": _listed_outside("charts/../../canary"),
    "a name with a null": _listed_outside("charts/\0"),
    "a chart by a linked folder": _through_a_link,
    "draws by a link": _linked("draws"),
    "tallies by a link": _linked("tallies"),
    "a chunk by a link": _linked(f"draws/{NAME}"),
    "run.json by a link": _linked("run.json"),
    "the scenario by a link": _linked("scenario.resolved.yaml"),
    "a scenario that is a difference": _resolved(b"extends: ../canary.yaml\n"),
    "a scenario of brackets": _resolved(DEEP[:900_000]),
    "a scenario of megabytes": _resolved(b"# " + b"x" * 5_000_000),
    "a scenario with an alias": _resolved(b"a: &a [x]\nb: *a\n"),
    "a scenario that is none": _resolved(b"\x00\xff"),
    "no scenario at all": _resolved(b""),
}  # fmt: skip


def outcome(folder: Path) -> list[str]:
    """What each way of reading says; any error but our own goes through."""
    printed = []
    for way in (open_results, damaged_files, inspect):
        try:
            found = way(folder)
            printed.append("; ".join(found if isinstance(found, list) else getattr(found, "damaged", ())) or "sound")
        except (DamagedResults, StoreError) as error:
            printed.append(str(error))
    return printed


def main(sound: Path, folders: list[Path]) -> None:
    """Read all, and print what became of it."""
    opened: list[str] = []
    assert outcome(sound)[1:] == ["sound", "sound"]
    sys.addaudithook(lambda event, facts: opened.append(str(facts[0])) if event == "open" else None)
    reported = []
    for folder in folders:
        idle = memory(afresh=True)
        opened.clear()
        began = time.process_time()
        printed = outcome(folder)
        seconds = time.process_time() - began
        own = (str(folder), str(ROOT), sys.prefix, sys.base_prefix, "/proc/self")
        outside = [name for name in opened if os.path.isabs(name) and not name.startswith(own)]
        grown = (memory() - idle) // 1024
        facts = {"printed": printed, "seconds": seconds, "outside": outside, "grown": grown}
        reported.append({"folder": folder.name, **facts})
    print(json.dumps({"folders": reported}))


def memory(afresh: bool = False) -> int:
    """Most memory in use since this was asked for afresh, in kB; `ru_maxrss` remembers the parent's too."""
    if afresh:
        Path("/proc/self/clear_refs").write_text("5")
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1])


if __name__ == "__main__":
    import sim.results.chunks

    sim.results.chunks.CHUNK_WORK = 1
    main(Path(sys.argv[1]), [Path(path) for path in sys.argv[2:]])
