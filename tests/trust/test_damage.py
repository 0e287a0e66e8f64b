"""R9: whatever happens to a file of a finished folder, it is found, named, never used, and made again."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sim.results.files import DamagedResults, StoreError
from sim.results.inspection import Inspection, _check_others, inspect
from sim.results.manifest import read_manifest
from sim.results.reading import damaged_files, open_results
from tests.commands import call
from tests.trust.planting import bugs
from tests.trust.results import KINDS, bytes_of, cuts, files_of, flips, only, play

PLANTED = bugs("R9", __name__, [
    ("sim/results", "    if sha256(data) != known:", "    if len(data) > 99 and data[9] < 0:",
     "test_every_file_and_kind_of_damage_is_found_and_named"),
    ("sim/results", "        if manifest.to_bytes() != data:", "        if not data:",
     "test_every_file_and_kind_of_damage_is_found_and_named"),
    ("sim/results", "        self.damaged += changed\n        return not changed", "        return True",
     "test_batch_makes_again_what_is_damaged"),
    ("sim/results", "        path.rmdir()\n", "        raise\n", "test_batch_makes_again_what_is_damaged"),
    ("sim/cli", "        fail(DAMAGED, *damaged,", "        fail(WRONG_INPUT, *damaged,",
     "test_commands_that_read_it_end_with_4_and_one_plain_line"),
])  # fmt: skip

pytestmark = pytest.mark.usefixtures("short_chunks")

# The commands that read results, each with what else it takes. None of them reads tables, charts or the page.
READERS = {
    "report": ("RESULT", "--out", "OUT"),
    "compare": ("RESULT", "RESULT", "--no-charts"),
    "explain": ("RESULT", "--look", 5),
    "explain one draw": ("RESULT", "--draw", 1),
    "sensitivity": ("RESULT", "--no-charts", "--out", "OUT"),
    "discover": ("RESULT", "--no-charts"),
}
READ = ("run.json", "scenario.resolved.yaml", "draws/00000064-00000127.parquet", "tallies/00000000-00000063.parquet")


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The small scenario and its finished folder, with charts; nobody changes it."""
    with pytest.MonkeyPatch.context() as patch:
        to = tmp_path_factory.mktemp("played")
        patch.setattr("sim.cli.batching.draw_charts", scribble)
        assert play(to, charts=True).exit_code == 0
        return to


def scribble(results, folder: Path) -> None:
    """A chart and a page that take no time."""
    (folder / "charts").mkdir()
    (folder / "charts" / "packages.svg").write_text("<svg>not really a chart</svg>\n")
    (folder / "report.html").write_text("<p>not really a page</p>\n")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The same with real charts."""
    to = tmp_path_factory.mktemp("drawn")
    assert play(to, charts=True).exit_code == 0
    return to


def copied(played: Path, to: Path) -> Path:
    """A copy to spoil: links to files are enough, for damage makes a file of its own."""
    shutil.copytree(played, to, copy_function=lambda one, other: Path(other).hardlink_to(one))
    return only(to / "results")


def named(faults, file: str) -> bool:
    return any(fault.startswith((f"{file}:", f"{file} ")) for fault in faults)


def found(folder: Path, file: str) -> bool:
    """Whether both ways to look at all files name this one, and it alone."""
    inspected = inspect(folder).damaged
    return named(inspected, file) and named(damaged_files(folder), file) and len(inspected) == 1


def spoil(played: Path, tmp_path: Path, file: str, damage) -> Path:
    """A new copy with one file damaged."""
    shutil.rmtree(tmp_path / "spoilt", ignore_errors=True)
    folder = copied(played, tmp_path / "spoilt")
    damage(folder / file)
    return folder


def test_every_file_and_kind_of_damage_is_found_and_named(played, tmp_path, record_property):
    """The quick form: every file that differs in how it is read, every kind, a few flips and cuts of each."""
    files = [*READ, "summary.json", "charts/packages.svg", "report.html"]
    tried = 0
    for place, file in enumerate(files):
        size = (only(played / "results") / file).stat().st_size
        few = [*cuts(size, max(1, size // 3 + place)), *flips(size, max(1, size // 4 + place))]
        for kind, damage in [*KINDS.items(), *few]:
            folder = spoil(played, tmp_path, file, damage)
            assert named(quick_faults(folder, file), file), (file, kind)
            assert kind != "cut in half" or found(folder, file), inspect(folder).damaged
            tried += 1
    record_property("R9", f"{tried} damages to {len(files)} files found and named (quick form)")


@pytest.mark.exhaustive
def test_every_byte_of_every_small_file_and_many_of_the_others(drawn, tmp_path, record_property):
    """All bytes up to 3,000, above that 600 places; as many cuts as fit; swaps of every two files."""
    whole = only(drawn / "results")
    tried = 0
    for file in files_of(whole):
        size = (whole / file).stat().st_size
        step = 1 if size <= 3_000 else size // 600
        folder = copied(drawn, tmp_path / file.replace("/", "-"))
        sound = (folder / file).read_bytes()
        for kind, damage in [*KINDS.items(), *cuts(size, max(1, size // 40)), *flips(size, step)]:
            damage(folder / file)
            faults = quick_faults(folder, file)
            assert named(faults, file), (file, kind, faults)
            remake(folder / file, sound)
            tried += 1
        assert not quick_faults(folder, file)
    reported = f"{tried:,} damages to {len(files_of(whole))} files: cuts, flipped bits, {len(KINDS)} other kinds"
    record_property("R9", reported)


def quick_faults(folder: Path, file: str) -> tuple[str, ...] | list[str]:
    """What looking at all files finds, but only the chunk in question: all the others are as they were."""
    name = Path(file).name
    if file.startswith(("draws/", "tallies/")):
        return inspect(folder, chunks=[name]).damaged
    if file in ("run.json", "scenario.resolved.yaml"):
        return inspect(folder, chunks=[]).damaged
    manifest, seen = read_manifest(folder), Inspection(folder, None, None)
    _check_others(replace(manifest, files={file: manifest.files[file]}), seen)
    return seen.damaged


def remake(path: Path, data: bytes) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
    path.write_bytes(data)


@pytest.mark.exhaustive
def test_files_that_changed_places_are_found(drawn, tmp_path, record_property):
    """Every two files of the folder."""
    whole = only(drawn / "results")
    files, contents, tried = files_of(whole), bytes_of(whole), 0
    folder = copied(drawn, tmp_path / "spoilt")
    for place, one in enumerate(files):
        for other in files[:place]:
            for file, data in ((one, contents[other]), (other, contents[one])):
                remake(folder / file, data)
            for file in ["run.json"] if "run.json" in (one, other) else [one, other]:  # the list of all others
                assert named(quick_faults(folder, file), file), (one, other)
            tried += 1
            for file in (one, other):
                remake(folder / file, contents[file])
    record_property("R9", f"{tried} pairs of files that changed places found")


@pytest.mark.parametrize("name", READERS)
def test_commands_that_read_it_end_with_4_and_one_plain_line(played, tmp_path, name, request):
    """What is found is not used: no figure is printed, no page is written."""
    kinds = ("cut in half", "deleted", "a line end at the end") if name == "report" else ("junk at the end",)
    for kind in kinds:
        for file in READ:
            refused(played, tmp_path, name, file, KINDS[kind])


def refused(played: Path, tmp_path: Path, name: str, file: str, damage) -> None:
    folder = spoil(played, tmp_path, file, damage)
    places = {"RESULT": folder, "OUT": tmp_path / "out"}
    answer = call(name.split()[0], *(places.get(each, each) for each in READERS[name]))
    assert answer.exit_code == 4, (name, file, answer.output)
    reported = answer.stderr.splitlines()
    assert len(reported) == 2 and file in reported[0] and reported[1].startswith("The batch"), (name, file, reported)
    assert answer.stdout == "" and not (tmp_path / "out").exists()


@pytest.mark.exhaustive
def test_every_reading_command_on_every_file_it_reads(drawn, tmp_path, record_property):
    whole = only(drawn / "results")
    tried = 0
    files = [file for file in files_of(whole) if file in READ or file.startswith(("draws/", "tallies/"))]
    for name in READERS:
        for file in files:
            for kind, damage in KINDS.items():
                if name == "report" or kind in ("cut in half", "zeroed", "deleted", "a folder", "a link", "a pipe"):
                    refused(drawn, tmp_path, name, file, damage)
                    tried += 1
    record_property("R9", f"{tried} times a reading command met a damaged file: code 4, one line, nothing printed")


def test_batch_makes_again_what_is_damaged(played, tmp_path, record_property):
    """With the bytes of before. A folder under a file's name makes room if it is empty."""
    tried = 0
    some = {"run.json": "cut in half", "scenario.resolved.yaml": "a folder", READ[2]: "a folder", READ[3]: "a pipe",
            "summary.json": "a link", "funnel.csv": "deleted"}  # fmt: skip
    for file, kind in some.items():
        mended(played, tmp_path, file, kind, charts=False)
        tried += 1
    record_property("R9", f"{tried} damaged files made again by batch, with the bytes of before (quick form)")


def mended(played: Path, tmp_path: Path, file: str, kind: str, charts: bool) -> None:
    before = bytes_of(only(played / "results"))
    folder = spoil(played, tmp_path, file, KINDS[kind])
    answer = play(tmp_path / "spoilt", charts=charts)
    assert answer.exit_code == 0, (file, kind, answer.output)
    assert file in answer.stderr and "was damaged and is made again" in answer.stderr, (file, kind, answer.stderr)
    after = bytes_of(folder)
    if not charts:  # the list then has tables alone; charts may be of other draws
        before, after = ({name: data for name, data in each.items() if name != "run.json"} for each in (before, after))
    assert after == before, (file, kind, [name for name in before if after.get(name) != before[name]])


@pytest.mark.exhaustive
def test_batch_makes_every_file_again(drawn, tmp_path, record_property):
    whole = only(drawn / "results")
    tried = 0
    for place, file in enumerate(files_of(whole)):
        for kind in list(KINDS)[place % 3 :: 3]:
            mended(drawn, tmp_path, file, kind, charts=True)
            tried += 1
    record_property("R9", f"{tried} damaged files made again by batch, with the bytes of before, charts and page too")


def test_a_folder_in_which_something_lies_is_not_removed(played, tmp_path):
    """It is somebody's; what to do is said."""
    folder = spoil(played, tmp_path, READ[2], KINDS["a folder"])
    (folder / READ[2] / "precious").write_text("")
    answer = play(tmp_path / "spoilt")
    assert answer.exit_code == 2 and READ[2] in answer.stderr and len(answer.stderr.splitlines()) <= 3
    assert (folder / READ[2] / "precious").exists()


def test_an_unreadable_list_of_chunks_stops_everything_and_drops_none(played, tmp_path, monkeypatch):
    """Without it, all chunks would be played anew: a disk that does not answer for a moment is no reason for that."""
    import os

    folder = copied(played, tmp_path / "spoilt")
    real = os.open

    def refused(path, flags, *rest, **named):
        if str(path).endswith("run.json"):
            raise OSError(5, "Input/output error")
        return real(path, flags, *rest, **named)

    before = bytes_of(folder)
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refused)
        answer = play(tmp_path / "spoilt")
        with pytest.raises(StoreError) as raised:
            open_results(folder)
    assert answer.exit_code == 2 and "run.json: Input/output error" in answer.stderr
    assert not isinstance(raised.value, DamagedResults)
    assert bytes_of(folder) == before


def test_a_chunk_that_the_disk_cannot_give_back_is_damage(played, tmp_path, monkeypatch):
    import os

    folder = copied(played, tmp_path / "spoilt")
    before, real = bytes_of(folder), os.open

    def broken(path, flags, *rest, **named):
        inside = named.get("dir_fd") is not None and os.readlink(f"/proc/self/fd/{named['dir_fd']}").endswith("draws")
        if inside and str(path) == Path(READ[2]).name and not gone:
            raise OSError(5, "Input/output error")
        return real(path, flags, *rest, **named)

    gone: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", broken)
        with pytest.raises(DamagedResults, match="Input/output error"):
            open_results(folder)
    (folder / READ[2]).unlink()
    play(tmp_path / "spoilt")
    assert {name: data for name, data in bytes_of(folder).items() if name != "run.json"} == {
        name: data for name, data in before.items() if name != "run.json"
    }
