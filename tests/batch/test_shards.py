"""Shards: what several runs play apart comes together as the bytes of one, and nothing foreign gets in."""

import hashlib
import json
import os
import re
import shutil
import signal
from pathlib import Path

import pytest

from sim.batch import BatchInterrupted, batch, merge
from sim.batch.progress import Silent
from sim.results.chunk_files import Layout
from sim.results.files import DamagedResults, FolderLock, ResultsBusy, StoreError
from sim.results.folder import ResultsFolder
from sim.results.manifest import Shard, canonical, folder_name, read_manifest
from sim.results.reading import open_results
from sim.scenario import read_scenario
from tests.batch.test_batch import in_a_child
from tests.commands import BANKS, ORANGE, call
from tests.trust.results import bytes_of

N = 300  # four full chunks and a short one
VARY = ["parties.upland.no_deal=0.4,0.6"]
pytestmark = pytest.mark.usefixtures("short_chunks")
SETS = ["parties.upland.no_deal=0.45"]  # leaves a remark in the resolved scenario, which no reader reads


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What one process writes; nobody changes it."""
    out = tmp_path_factory.mktemp("whole")
    batch([BANKS], N, workers=1, out=out, sets=SETS)
    return out


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Three shards of the same; nobody changes them."""
    out = tmp_path_factory.mktemp("played")
    play_shards(out, 3)
    return out


@pytest.fixture
def shards(played, tmp_path):
    """Copies of the three shards, by number."""
    shutil.copytree(played, tmp_path / "shards")
    return [None, *sorted((tmp_path / "shards").iterdir())]


def play_shards(out, of, numbers=None, paths=(BANKS,), n=N, sets=SETS, **how):
    items = []
    for number in numbers or range(1, of + 1):
        items += batch(paths, n, workers=1, out=out, shard=Shard(number, of), sets=sets, **how)
    return items


def spans_in(folder):
    """The chunks that lie there, as first and last draw."""
    return [tuple(map(int, path.stem.split("-"))) for path in sorted(Path(folder).glob("draws/0*"))]


def told(folder):
    """The draws that lie there, as `merge` tells of them."""
    return "draws " + ", ".join(f"{first} to {last}" for first, last in spans_in(folder))


def count_in(folder):
    return sum(last + 1 - first for first, last in spans_in(folder))


def flip(path):
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


# The same bytes.


@pytest.mark.parametrize("of", [2, 7])
def test_shards_together_are_the_bytes_of_one_process(whole, tmp_path, of):
    """Also with more shards than chunks."""
    items = play_shards(tmp_path / "shards", of)
    assert sum(item.computed for item in items) == N
    assert all(item.status in ("done", "unchanged") for item in items)
    (merged,) = merge([item.folder for item in reversed(items)], tmp_path / "joined")
    assert (merged.item.computed, merged.missing, merged.damaged) == (N, (), ())
    assert merged.item.facts["n"] == N
    assert bytes_of(tmp_path / "joined") == bytes_of(whole)


@pytest.mark.parametrize("of", [2, 4])
def test_every_nth_chunk_is_a_shards_own(of):
    name = "00000001" + 56 * "f"
    owners = [[number for number in range(1, of + 1) if Shard(number, of).has(name, chunk)] for chunk in range(9)]
    assert owners == [[(1 + chunk) % of + 1] for chunk in range(9)]


def test_many_scenarios_of_one_chunk_are_shared_out(tmp_path):
    vary = ["parties.upland.no_deal=0.3:0.7:8"]
    for number in (1, 2):
        items = play_shards(tmp_path, 2, [number], n=2, vary=vary, sets=())
        assert 1 <= sum(item.computed // 2 for item in items) <= 7
    assert all(not each.missing for each in merge([tmp_path]))


def test_a_sweep_in_shards_is_the_sweep_of_one_process(tmp_path):
    batch([BANKS], 150, workers=1, out=tmp_path / "one", vary=VARY)
    play_shards(tmp_path / "shards", 2, n=150, vary=VARY, sets=())
    assert [path.name[-13:] for path in sorted((tmp_path / "shards").iterdir())] == [".shard-1-of-2", ".shard-2-of-2"]
    found = merge(sorted((tmp_path / "shards").iterdir()), tmp_path / "joined")
    assert [each.item.settings for each in found] == [{"parties.upland.no_deal": value} for value in ("0.4", "0.6")]
    assert bytes_of(tmp_path / "joined") == bytes_of(tmp_path / "one")


def test_a_folder_of_shards_stands_for_every_set_in_it(tmp_path):
    batch([BANKS, ORANGE], 150, workers=1, out=tmp_path / "one")
    play_shards(tmp_path / "shards", 2, paths=[BANKS, ORANGE], n=150, sets=())
    found = merge([tmp_path / "shards"], tmp_path / "joined")
    assert [each.item.id for each in found] == ["orange-and-lemon", "two-banks-pullback"]
    assert bytes_of(tmp_path / "joined") == bytes_of(tmp_path / "one")


def test_results_lie_beside_their_shards_unless_told_otherwise(shards, whole):
    (merged,) = merge(shards[1:])
    assert merged.item.folder.parent == shards[1].parent
    assert bytes_of(merged.item.folder) == bytes_of(whole / merged.item.folder.name)


def test_more_draws_move_no_chunk_to_another_shard(shards, tmp_path):
    before = [{path.name for path in folder.glob("draws/0*")} for folder in shards[1:]]
    play_shards(shards[1].parent, 3, n=2 * N)
    for folder, names in zip(shards[1:], before, strict=True):
        kept = {path.name for path in folder.glob("draws/0*")}
        assert names - kept <= {"00000256-00000299.parquet"}, "only the short last chunk is replaced"
    batch([BANKS], 2 * N, workers=1, out=tmp_path / "one", sets=SETS)
    merge(shards[1:], tmp_path / "joined")
    assert bytes_of(tmp_path / "joined") == bytes_of(tmp_path / "one")


def test_what_made_a_chunk_stays_with_it(shards, tmp_path):
    """A shard that another release played says so after the merge, too."""
    path = shards[2] / "run.json"
    facts = json.loads(path.read_text())
    facts["versions"][0]["numpy"] = "1.0"
    write_run(path, facts)
    (merged,) = merge(shards[1:], tmp_path / "joined")
    manifest = read_manifest(merged.item.folder)
    assert len(manifest.versions) == 2
    made = {entry.first: manifest.versions[entry.versions]["numpy"] for entry in manifest.chunks}
    assert [first for first, numpy in made.items() if numpy == "1.0"] == [first for first, _ in spans_in(shards[2])]


def write_run(path, facts):
    """Write `run.json` as one who lies and keeps the form."""
    facts.pop("checksum", None)
    facts["checksum"] = hashlib.sha256(canonical(facts)).hexdigest()
    path.write_text(json.dumps(facts, indent=1) + "\n")


# Nothing twice, nothing lost.


def test_the_same_merge_twice_does_nothing_the_second_time(shards, tmp_path):
    merge(shards[1:], tmp_path / "joined")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "joined").rglob("*") if path.name != ".lock"}
    (again,) = merge(shards[1:], tmp_path / "joined")
    assert (again.item.status, again.item.computed) == ("unchanged", 0)
    assert times == {path: path.stat().st_mtime_ns for path in times}


def test_a_shard_again_does_nothing(shards):
    before = bytes_of(shards[2])
    (item,) = play_shards(shards[2].parent, 3, [2])
    assert (item.status, item.computed) == ("unchanged", 0)
    assert bytes_of(shards[2]) == before


def test_missing_shards_are_named_and_may_come_later(shards, whole, tmp_path):
    (merged,) = merge([shards[3], shards[1]], tmp_path / "joined")
    assert merged.missing == (f"shard 2 of 3 was not given: {told(shards[2])}",)
    assert not merged.item.facts
    assert not list((tmp_path / "joined").rglob("summary.json")), "no figures of a part"
    (merged,) = merge([shards[2]], tmp_path / "joined")
    assert (merged.missing, merged.item.computed) == ((), count_in(shards[2]))
    assert bytes_of(tmp_path / "joined") == bytes_of(whole)


def test_a_last_chunk_that_has_become_too_short_is_missing(shards, tmp_path):
    """All shards were run again for more draws, and one had not come to its last chunk yet."""
    (late,) = (number for number in (1, 2, 3) if spans_in(shards[number])[-1] == (256, 299))
    play_shards(shards[1].parent, 3, {1, 2, 3} - {late}, n=320)
    facts = json.loads((shards[late] / "run.json").read_text())
    write_run(shards[late] / "run.json", {**facts, "draws": 320, "complete": False})
    (merged,) = merge(shards[1:], tmp_path / "joined")
    assert merged.missing == (f"shard {late} of 3 is not whole: draws 256 to 319",)


def test_a_point_of_a_sweep_that_no_shard_has_begun_is_missing(tmp_path):
    items = play_shards(tmp_path / "shards", 2, n=150, vary=VARY, sets=())
    assert [item.settings for item in items[:2]] == [item.settings for item in items[2:]]
    for folder in (items[1].folder, items[3].folder):
        shutil.rmtree(folder)
    one, other = merge([tmp_path / "shards"], tmp_path / "joined")
    assert (one.missing, one.item.facts["n"]) == ((), 150)
    assert other.missing == ("no shard that is here has begun with it",)


def test_an_ordinary_batch_plays_what_no_shard_has(shards, whole, tmp_path):
    merge([shards[1]], tmp_path / "joined")
    (item,) = batch([BANKS], N, workers=1, out=tmp_path / "joined", sets=SETS)
    assert item.computed == N - count_in(shards[1])
    assert bytes_of(tmp_path / "joined") == bytes_of(whole)


def test_a_merge_that_dies_at_any_step_goes_on_from_there(tmp_path, monkeypatch):
    """At each open, write, rename and so on: no half file, and merging again gives the bytes of a run in one go."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # a killed process leaves the disk's cache as it is
    batch([ORANGE], 100, workers=1, out=tmp_path / "one")
    play_shards(tmp_path / "shards", 2, paths=[ORANGE], n=100, sets=())
    expected, before = bytes_of(tmp_path / "one"), bytes_of(tmp_path / "shards")
    code, step = 9, -10
    while code == 9:
        step += 11
        out = tmp_path / f"at-{step}"
        code = in_a_child(lambda out=out: merge([tmp_path / "shards"], out), step)
        for name, data in bytes_of(out).items():
            final = name.endswith((".parquet", ".csv", ".yaml", "summary.json"))
            assert not final or data == expected[name], f"{name} is half done after step {step}"
        merge([tmp_path / "shards"], out)
        assert bytes_of(out) == expected, f"after dying at step {step}"
    assert (code, bytes_of(tmp_path / "shards")) == (0, before)
    assert step > 60


def test_a_shard_that_is_stopped_counts_its_own_draws(tmp_path):
    class Stops(Silent):
        def advance(self, scenario_id, draws):
            self.done = getattr(self, "done", 0) + draws
            if self.done > 64:
                signal.raise_signal(signal.SIGTERM)

    with pytest.raises(BatchInterrupted) as raised:
        play_shards(tmp_path, 2, [1], progress=Stops())
    play_shards(tmp_path, 2, [1])
    own = count_in(next(tmp_path.iterdir()))
    assert (raised.value.exit_code, raised.value.finished, raised.value.wanted) == (143, 64, own)


def test_merging_needs_the_folder_for_results_alone(shards, tmp_path):
    target = tmp_path / "joined" / shards[1].name.partition(".")[0]
    target.mkdir(parents=True)
    with FolderLock(target), pytest.raises(ResultsBusy):
        merge(shards[1:], tmp_path / "joined")
    before = bytes_of(shards[1].parent)
    merge(shards[1:], tmp_path / "joined")
    assert bytes_of(shards[1].parent) == before, "shards are read and not written to"


# What does not belong together.


def refused(paths, tmp_path, *said):
    with pytest.raises(StoreError) as raised:
        merge(paths, tmp_path / "refused")
    for text in said:
        assert text in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "refused").exists(), "nothing is written"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"seed": 2}, ("with seed 1", "with seed 2")),
        ({"paths": [ORANGE], "sets": ()}, ("two-banks-pullback", "orange-and-lemon")),
        ({"sets": ()}, ("its settings",)),
    ],
)
def test_shards_of_something_else_are_refused(shards, tmp_path, how, said):
    (other,) = play_shards(tmp_path / "other", 3, [2], **how)
    refused([shards[1], other.folder, shards[3]], tmp_path, str(shards[1]), str(other.folder), *said)


def test_shards_of_another_number_overlap(shards, tmp_path):
    (other,) = play_shards(tmp_path / "other", 2, [2])
    refused([*shards[1:], other.folder], tmp_path, "shard 1 of 3", "shard 2 of 2", "overlap")


def test_one_shard_twice_is_refused(shards, tmp_path):
    shutil.copytree(shards[2], tmp_path / "copy")
    refused([*shards[1:], tmp_path / "copy"], tmp_path, "both shard 2 of 3", str(tmp_path / "copy"))


def test_shards_for_different_numbers_of_draws_are_refused(shards, tmp_path):
    play_shards(shards[1].parent, 3, [3], n=2 * N)
    refused(shards[1:], tmp_path, "different numbers of draws", "-n 300", "-n 600")


def test_what_is_no_shard_is_refused(shards, whole, tmp_path):
    refused([next(whole.iterdir())], tmp_path, "is no shard")
    (tmp_path / "empty").mkdir()
    refused([tmp_path / "empty"], tmp_path, "NAME.shard-I-of-N")
    refused([], tmp_path, "no shard is named")


@pytest.mark.parametrize("kind", ["draws", "tallies"])
def test_damaged_chunks_are_named_and_not_used(shards, whole, tmp_path, kind):
    (first, last), *_ = spans_in(shards[2])
    file = f"{kind}/{first:08d}-{last:08d}.parquet"
    flip(shards[2] / file)
    (merged,) = merge(shards[1:], tmp_path / "joined")
    assert merged.missing == (f"shard 2 of 3 is not whole: draws {first} to {last}",)
    assert len(merged.damaged) == 1 and merged.damaged[0].startswith(str(shards[2] / file))
    assert not list((tmp_path / "joined").rglob("summary.json"))
    play_shards(shards[1].parent, 3, [2])
    assert merge(shards[1:], tmp_path / "joined")[0].missing == ()
    assert bytes_of(tmp_path / "joined") == bytes_of(whole)


@pytest.mark.parametrize("number", [1, 2])
def test_a_damaged_scenario_is_named_and_that_of_another_shard_is_taken(shards, whole, tmp_path, number):
    flip(shards[number] / "scenario.resolved.yaml")
    (merged,) = merge(shards[1:], tmp_path / "joined")
    (text,) = merged.damaged
    assert text.startswith(str(shards[number] / "scenario.resolved.yaml"))
    assert bytes_of(tmp_path / "joined") == bytes_of(whole)


def test_a_damaged_run_is_named(shards, tmp_path):
    flip(shards[2] / "run.json")
    with pytest.raises(DamagedResults, match=re.escape(str(shards[2]))):
        merge(shards[1:], tmp_path / "refused")
    assert not (tmp_path / "refused").exists()


def test_a_chunk_of_another_shard_is_damage(shards):
    facts = json.loads((shards[2] / "run.json").read_text())
    facts["shard"] = {"number": 3, "of": 3}
    write_run(shards[2] / "run.json", facts)
    with pytest.raises(DamagedResults, match="another shard's"):
        read_manifest(shards[2])


@pytest.mark.parametrize(
    "change", [{"folder": "../../x"}, {"identity": "0"}, {"set": {"a": 1}}, {"folder": "x", "set": None}]
)
def test_a_sweep_that_lies_is_refused(tmp_path, change):
    (item, _) = play_shards(tmp_path / "shards", 1, n=10, vary=VARY, sets=())
    path = item.folder.parent / "sweep.json"
    facts = json.loads(path.read_text())
    facts["points"][0].update(change)
    path.write_text(json.dumps(facts, indent=1) + "\n")
    refused([tmp_path / "shards"], tmp_path, "sweep.json")


def test_a_shard_is_no_result_and_no_place_for_one(shards, whole):
    for folder in shards[1:]:
        with pytest.raises(StoreError, match=r"peacesim merge"):
            open_results(folder)
    with pytest.raises(StoreError, match="shard 2 of 3, not for shard 1 of 3"):
        ResultsFolder(shards[2], Layout.of(read_scenario(BANKS, SETS), 1), N, shard=Shard(1, 3))
    ordinary = shards[1].with_name(shards[1].name.partition(".")[0])
    shards[1].rename(ordinary)
    with pytest.raises(StoreError, match="shard 1 of 3, not for all chunks"):
        batch([BANKS], N, workers=1, out=ordinary.parent, sets=SETS)
    with pytest.raises(ValueError, match="counted from 1"):
        Shard(4, 3)


# The commands.


def test_the_commands_do_what_the_functions_do(whole, tmp_path):
    options = ("-n", N, "--set", SETS[0], "--workers", 1, "--out", tmp_path / "out")
    for number in (1, 3):
        answer = call("batch", BANKS, *options, "--shard", f"{number}/3")
        assert answer.exit_code == 0, answer.output
        assert f"Shard {number} of 3" in answer.stdout and "peacesim merge" in answer.stdout
    answer = call("merge", tmp_path / "out", "--no-charts")
    assert answer.exit_code == 3
    assert "-n 300 --seed 1" in answer.stderr
    said = answer.stderr
    call("batch", BANKS, *options, "--shard", "2/3")
    (second,) = (tmp_path / "out").glob("*.shard-2-of-3")
    assert f"shard 2 of 3 was not given: {told(second)}" in said
    answer = call("merge", *sorted((tmp_path / "out").glob("*.shard-*")), "--no-charts")
    assert answer.exit_code == 0, answer.output
    assert "300" in answer.stdout and "Results: " in answer.stdout
    name = folder_name(read_scenario(BANKS, SETS), 1)
    assert bytes_of(tmp_path / "out" / name) == bytes_of(whole / name)


def test_damage_is_code_4(shards, tmp_path):
    damaged = sorted(shards[3].glob("draws/0*"))[0]
    flip(damaged)
    answer = call("merge", *shards[1:], "--out", tmp_path / "joined", "--no-charts")
    assert answer.exit_code == 4
    assert damaged.name in answer.stderr


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3", "1/3/5", "", "1/²"])
def test_a_shard_that_is_none_is_refused(text, tmp_path):
    answer = call("batch", ORANGE, "--shard", text, "--out", tmp_path / "out")
    assert answer.exit_code == 2 and "--shard" in answer.stderr
    assert not (tmp_path / "out").exists()
