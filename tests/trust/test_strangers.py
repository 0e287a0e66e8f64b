"""R14: reading a stranger's results folder is safe: our own error, in bounded memory, and nothing outside is opened."""

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from sim.results import files, manifest, parquet
from sim.results.reading import damaged_files
from tests.commands import call
from tests.trust.planting import ROOT, bugs
from tests.trust.results import bytes_of, facts_of, files_of, forge, only, play
from tests.trust.strange_folders import FOLDERS, NAME, with_file
from tests.trust.strange_folders import parquet as written

PLANTED = bugs("R14", __name__, [
    ("sim/results", "os.O_DIRECTORY | os.O_NOFOLLOW, handle)", "os.O_DIRECTORY, handle)",
     "test_hostile_folders_get_our_own_error_in_bounded_memory"),
    ("sim/results", "    if signs > max(", "    if signs < -max(",
     "test_hostile_folders_get_our_own_error_in_bounded_memory"),
    ("sim/results", '(?:[A-Za-z0-9_][\\w.-]*/)?[A-Za-z0-9_][\\w.-]*"', '.*"',
     "test_hostile_folders_get_our_own_error_in_bounded_memory"),
    ("sim/results", "            if left < 0:", "            if left is None:",
     "test_hostile_folders_get_our_own_error_in_bounded_memory"),
    ("sim/results", "PLAIN_ENCODINGS = {0, 2, 3, 8}", "PLAIN_ENCODINGS = {0, 2, 3, 7, 8}",
     "test_hostile_folders_get_our_own_error_in_bounded_memory"),
    ("sim/charts", "    make_folder(target)\n", "    target.mkdir(exist_ok=True)\n",
     "test_batch_writes_through_no_link"),
    ("sim/results", "        if facts.st_size > most:\n", "        if facts.st_size > 100 * most:\n",
     "test_a_file_longer_than_its_cap_is_refused_whole"),
    ("sim/results", "os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC", "os.O_TRUNC | os.O_CLOEXEC",
     "test_nothing_is_written_through_a_link_under_the_name_of_an_unfinished_file"),
    ("sim/results", "if folder.is_symlink() or not folder.is_dir():\n        raise",
     "if not folder.is_dir():\n        raise",
     "test_no_folder_is_made_through_a_link"),
    ("sim/results", "if at >= stop or shift > 63:", "if at >= stop:", "test_a_number_without_end_is_refused"),
    ("sim/results", '[A-Za-z0-9_][\\w.-]*", re.ASCII)', '[A-Za-z0-9_][\\w.-]*")',
     "test_names_of_files_are_of_letters_that_look_like_nothing_else"),
    ("sim/results", "allow_nan=False, separators", "allow_nan=True, separators",
     "test_what_is_hashed_has_no_number_that_json_does_not_have"),
    ("sim/results", "left, text_left = text_left, text_left - unpacked", "left = text_left",
     "test_all_columns_share_the_room_of_texts"),
])  # fmt: skip

pytestmark = pytest.mark.usefixtures("short_chunks")
MEMORY, SECONDS = 300, 10  # megabytes over idle, for one folder; processor time, with all three ways of reading


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    to = tmp_path_factory.mktemp("sound")
    assert play(to).exit_code == 0
    return only(to / "results")


def read_all(sound: Path, folders: list[Path]) -> dict:
    """What became of folders in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.trust.strange_folders", str(sound), *map(str, folders)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def check(reported: dict) -> None:
    for each in reported["folders"]:
        assert each["outside"] == [], each
        assert each["seconds"] < SECONDS, each
        assert each["grown"] < MEMORY, each
        for printed in each["printed"]:
            assert len(printed) < 20_000 and printed.isprintable(), each


REASONS = {
    "1.5 MB of text in each row": "texts are too long",
    "30 MB of text in each row": "too large once unpacked",
    "texts that repeat one another": "a page that no results folder has",
    "two million counts": "more than there can be",
    "a page that claims much": "",
    "a footer of lists": "not readable as Parquet",
    "run.json of empty objects": "more values than a run says",
    "draws by a link": "not in a folder of its own",
    "a chart by a linked folder": "not in a folder of its own",
    "a name above": "a name or hash that is none",
    "run.json by a link": "not an ordinary file",
    "a scenario that is a difference": "scenario.resolved.yaml",
}


def read_hostile(sound: Path, tmp_path: Path, names) -> int:
    """Read hostile folders; most memory over idle that one of them took, in MB."""
    folders = []
    for number, name in enumerate(names):
        folder = tmp_path / f"{number} {name}".replace(" ", "-").replace("/", "-") / sound.name
        shutil.copytree(sound, folder)
        FOLDERS[name](folder)
        folders.append(folder)
    canaries = {path: path.read_bytes() for path in tmp_path.glob("*/canary*") if path.is_file()}
    reported = read_all(sound, folders)
    check(reported)
    for name, each in zip(names, reported["folders"], strict=True):
        assert "sound" not in each["printed"][1:], (name, each)  # charts are looked at by `verify` alone
        for printed in each["printed"][1:]:
            assert REASONS.get(name, "") in printed, (name, printed)
    assert {path: path.read_bytes() for path in canaries} == canaries
    return max(each["grown"] for each in reported["folders"])


def test_hostile_folders_get_our_own_error_in_bounded_memory(sound, tmp_path, record_property):
    most = read_hostile(sound, tmp_path, list(REASONS))
    record_property("R14", f"{len(REASONS)} hostile results folders: our own error, {most} MB over idle (quick form)")


@pytest.mark.exhaustive
def test_all_hostile_folders_get_our_own_error_in_bounded_memory(sound, tmp_path, record_property):
    most = read_hostile(sound, tmp_path, list(FOLDERS))
    record_property("R14", f"{len(FOLDERS)} hostile results folders: our own error, at most {most} MB over idle")


def mutants(folder: Path, sound: Path, count: int, seed: int) -> int:
    """Spoil a few bytes of a Parquet file and make all hashes anew, so often, and read it; how many were refused."""
    by_lot, refused = random.Random(seed), 0
    contents = bytes_of(sound)
    names = [f"draws/{NAME}", f"tallies/{NAME}"]
    for _ in range(count):
        name = by_lot.choice(names)
        data = bytearray(contents[name])
        for _ in range(by_lot.choice((1, 1, 2, 8))):
            where = by_lot.choice((0, len(data) - 4_000)) + by_lot.randrange(4_000)
            data[max(4, min(where, len(data) - 9))] = by_lot.randrange(256)
        if by_lot.random() < 0.2:
            cut = by_lot.randrange(4, len(data) - 8)
            del data[cut : cut + by_lot.randrange(1, 40)]
        with_file(folder, name, bytes(data))
        refused += bool(damaged_files(folder))  # whatever else it raises than our own error fails the test
        (folder / name).write_bytes(contents[name])
        (folder / "run.json").write_bytes(contents["run.json"])
    return refused


def run_mutants(folder: Path, sound: Path, count: int, seed: int) -> int:
    """Spoil `run.json` as text, or the facts in it with a right checksum."""
    by_lot, refused = random.Random(seed), 0
    text = (sound / "run.json").read_bytes()
    strange = [None, -1, 0, 10**30, "x", "../x", [], {}, [[]], True, 1.5, "0" * 64, "\ud800"]
    for _ in range(count):
        if by_lot.random() < 0.4:
            data = bytearray(text)
            for _ in range(by_lot.choice((1, 2, 5))):
                data[by_lot.randrange(len(data))] = by_lot.randrange(256)
            (folder / "run.json").write_bytes(data)
        else:
            facts = facts_of(sound)
            place: object = facts
            while isinstance(place, (dict, list)) and place:
                key = by_lot.choice(list(place) if isinstance(place, dict) else range(len(place)))
                if not isinstance(place[key], (dict, list)) or by_lot.random() < 0.3:
                    place[key] = by_lot.choice(strange)
                    break
                place = place[key]
            forge(folder, facts)
        refused += bool(damaged_files_or_refusal(folder))
    (folder / "run.json").write_bytes(text)
    return refused


def damaged_files_or_refusal(folder: Path) -> list[str]:
    from sim.results.files import StoreError

    try:
        return damaged_files(folder)
    except StoreError as error:
        return [str(error)]


def test_mutants_get_our_own_error(sound, tmp_path, record_property):
    folder = Path(shutil.copytree(sound, tmp_path / sound.name))
    refused = mutants(folder, sound, 12, 1) + run_mutants(folder, sound, 28, 2)
    assert refused > 30
    record_property("R14", f"40 mutants of Parquet files and of run.json with right hashes, {refused} refused")


@pytest.mark.exhaustive
def test_thousands_of_mutants_get_our_own_error(sound, tmp_path, record_property):
    import resource

    folder = Path(shutil.copytree(sound, tmp_path / sound.name))
    mutants(folder, sound, 50, 3)
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused = mutants(folder, sound, 2_000, 4) + run_mutants(folder, sound, 2_000, 5)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle) // 1024
    assert grown < MEMORY
    reported = f"4,000 mutants with right hashes, {refused:,} refused, the others read; {grown} MB over idle"
    record_property("R14", reported)


def test_batch_writes_through_no_link(sound, tmp_path):
    """Nor do `report` and the like write anything into the folder that they read."""
    shutil.copytree(sound.parent.parent, tmp_path / "theirs")
    folder, outside = only(tmp_path / "theirs" / "results"), tmp_path / "outside"
    outside.mkdir()
    (folder / "charts").symlink_to(outside)
    answer = play(tmp_path / "theirs", charts=True)
    assert answer.exit_code == 2 and "not a folder of its own" in answer.stderr
    assert list(outside.iterdir()) == []


@pytest.mark.exhaustive
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace shows what is opened")
def test_the_system_is_asked_for_nothing_outside(sound, tmp_path, record_property):
    """`verify` in a process of its own, watched by strace: it opens no canary, and writes nothing into the folder."""
    tried = 0
    for name in ("draws by a link", "a chunk by a link", "a chart by a linked folder", "run.json by a link",
                 "a name above", "the scenario by a link", "a scenario that is a difference"):  # fmt: skip
        folder = tmp_path / name.replace(" ", "-").replace("/", "-") / sound.name
        shutil.copytree(sound, folder)
        FOLDERS[name](folder)
        log = tmp_path / "log"
        code = "import sim.results.chunks; sim.results.chunks.CHUNK_WORK = 1; from sim.cli import main; main()"
        command = ["strace", "-f", "-y", "-e", "trace=open,openat,openat2,execve,connect", "-o", str(log)]
        done = subprocess.run(
            [*command, sys.executable, "-c", code, "verify", str(folder)], cwd=ROOT, capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=300,
        )  # fmt: skip
        assert done.returncode == 4, done.stderr
        calls = [line for line in log.read_text().splitlines() if "ENOENT" not in line]
        opened = [line for line in calls if "open" in line and ") = " in line and " = -1 " not in line]
        assert len(opened) > 20
        assert not [line for line in opened if "canary" in line], name
        inside = [line for line in calls if "open" in line and str(folder) in line]  # a link is met, and not opened
        assert inside and not [line for line in inside if "O_WRONLY" in line or "O_RDWR" in line or "O_CREAT" in line]
        assert not [line for line in calls if "connect(" in line and "AF_INET" in line]
        tried += 1
    record_property("R14", f"{tried} folders with ways out, read under strace: nothing outside opened, nothing written")


def test_a_command_prints_few_lines_of_much_damage(sound, tmp_path):
    folder = Path(shutil.copytree(sound, tmp_path / sound.name))
    facts = facts_of(folder)
    facts["files"] |= {f"charts/{number}.svg": "0" * 64 for number in range(500)}
    forge(folder, facts)
    answer = call("verify", folder, "--chunks", 0)
    assert answer.exit_code == 4
    assert len(answer.stderr.splitlines()) < 40 and "and 480 more" in answer.stderr
    assert len(files_of(folder)) < 20


def test_a_file_longer_than_its_cap_is_refused_whole(tmp_path):
    (tmp_path / "x").write_bytes(b"a" * 11)
    assert files.read_whole(tmp_path / "x", 11) == b"a" * 11
    with pytest.raises(ValueError, match="longer than 10 bytes"):
        files.read_whole(tmp_path / "x", 10)


def test_nothing_is_written_through_a_link_under_the_name_of_an_unfinished_file(tmp_path):
    """The name is known beforehand to whoever may write into the folder."""
    (tmp_path / "mine").write_text("untouched")
    (tmp_path / f".x.{os.getpid()}{files.TEMPORARY}").symlink_to(tmp_path / "mine")
    with pytest.raises(files.StoreError):
        files.write_whole(tmp_path / "x", b"theirs")
    assert (tmp_path / "mine").read_text() == "untouched" and not (tmp_path / "x").exists()


def test_no_folder_is_made_through_a_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(files.StoreError, match="not a folder of its own"):
        files.make_folder(tmp_path / "link")


def test_a_number_without_end_is_refused():
    """Python's numbers have no largest one, and a page's header may be long."""
    assert parquet._unsigned(b"\xff" * 9 + b"\x01", 0, 10) == (2**64 - 1, 10)
    with pytest.raises(ValueError, match="no end"):
        parquet._unsigned(b"\xff" * 10 + b"\x01", 0, 11)


def test_names_of_files_are_of_letters_that_look_like_nothing_else():
    """Not a Cyrillic a, an Arabic zero, a wide f."""
    for name in ("draws/a.csv", "0.csv", "f.csv"):
        assert manifest.may_be_listed(name)
    for name in ("draws/b\u0430.csv", "1\u0660.csv", "a\uff46.csv"):
        assert not manifest.may_be_listed(name)


def test_what_is_hashed_has_no_number_that_json_does_not_have():
    with pytest.raises(ValueError, match="JSON"):
        manifest.canonical({"a": float("nan")})


@pytest.mark.parametrize(("columns", "fault"), [(1, None), (2, "too large once unpacked")])
def test_all_columns_share_the_room_of_texts(columns, fault):
    table = pa.table({f"{number}": ["a" * (parquet.room_of_texts(1) * 2 // 3)] for number in range(columns)})
    data = written(table, use_dictionary=False)
    if fault is None:
        assert parquet.from_bytes(data, table.schema, 1).equals(table)
    else:
        with pytest.raises(ValueError, match=fault):
            parquet.from_bytes(data, table.schema, 1)
