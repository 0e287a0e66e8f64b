"""R2: after a power cut no half-written file stands under a final name, and what was finished is still there.

No power is cut here. What a batch does to files is recorded, held against the order that a power cut cannot spoil, and
played on a model of a disk that keeps nothing but what was synced; each state that such a disk may be left in is gone
on from.
"""

import json
import random
from collections.abc import Iterator

import pytest

from tests.trust.disk import Disk, put
from tests.trust.order import faults_of_order, is_final
from tests.trust.planting import bugs
from tests.trust.recorded import Operation, logged, recording, strace
from tests.trust.small import FEW, MANY, batch, compute_once, faults_of, make_small, peacesim, results_in, tree

__all__ = ["strace"]  # a fixture

PLANTED = bugs("R2", __name__, [
    ("sim/results", "        if sync:\n            os.fsync(handle)\n", "",
     "test_a_batch_writes_in_an_order_that_a_power_cut_cannot_spoil"),
    ("sim/results", "        if sync:\n            sync_folder(path.parent)\n", "",
     "test_a_batch_writes_in_an_order_that_a_power_cut_cannot_spoil"),
    ("sim/results", "            each.mkdir(exist_ok=True)\n            sync_folder(each.parent)\n",
     "            each.mkdir(exist_ok=True)\n", "test_a_batch_writes_in_an_order_that_a_power_cut_cannot_spoil"),
    ("sim/results", "        _put(temporary, path)\n        if sync:\n            sync_folder(path.parent)\n",
     "        if sync:\n            sync_folder(path.parent)\n        _put(temporary, path)\n",
     "test_gone_on_from_what_a_power_cut_may_leave"),
    ("sim/results", "        if sync:\n            os.fsync(handle)\n    finally:\n", "    finally:\n",
     "test_gone_on_from_what_a_power_cut_may_leave"),
    ("sim/results", "        write_whole(folder / name, data, sync)\n    return entry",
     "        write_whole(folder / name, data, False)\n    return entry",
     "test_gone_on_from_what_a_power_cut_may_leave"),
    ("sim/charts", '            write_whole(path, data)\n',
     '            write_whole(path, data, False)\n', "test_all_that_writes_results_keeps_the_order"),
])  # fmt: skip


@pytest.fixture
def small(monkeypatch):
    """A small batch that is computed once, not for every state."""
    make_small(monkeypatch)
    compute_once(monkeypatch)


def write(*names: str) -> list[Operation]:
    """A file written as it should be: folder, name."""
    folder, name = names
    temporary = f"{folder}/.{name}.1.tmp"
    return [
        Operation("create", temporary), Operation("empty", temporary), Operation("write", temporary, data=b"x"),
        Operation("sync", temporary), Operation("rename", temporary, f"{folder}/{name}"), Operation("sync", folder),
    ]  # fmt: skip


SOUND = [
    Operation("make", "/r/draws"), Operation("sync", "/r"), *write("/r", "run.json"), *write("/r/draws", "a"),
    *write("/r", "run.json"), Operation("remove", "/r/draws/b"),
    Operation("create", "/r/.lock"), Operation("make", "/r/.parts"), Operation("write", "/elsewhere/x"),
]  # fmt: skip


def test_the_order_is_judged_by_what_is_wrong_with_it():
    """Each step left out or moved is a fault of its own; without one there is none."""
    assert faults_of_order(SOUND, "/r") == []
    made, data, name, listed = 1, 11, 13, 19
    assert faults_of_order(SOUND[:1], "/r") == ["/r/draws was never synced"]
    assert faults_of_order(_without(SOUND, made), "/r") == [
        "/r/run.json is there before the name of /r/draws is on the disk"
    ]
    assert faults_of_order(_without(SOUND, data), "/r") == ["/r/draws/a gets its name before its bytes are on the disk"]
    assert faults_of_order(_without(SOUND, name), "/r") == [
        "/r/run.json is there before the name of /r/draws/a is on the disk", "/r/draws/a was never synced",
    ]  # fmt: skip
    assert faults_of_order(_without(SOUND, listed), "/r") == [
        "/r/draws/b is removed before /r/run.json is on the disk", "/r/run.json was never synced",
    ]  # fmt: skip
    assert faults_of_order([Operation("create", "/r/x")], "/r") == [
        "/r/x is written under its final name", "/r/x was never synced",
    ]  # fmt: skip


def _without(steps: list[Operation], place: int) -> list[Operation]:
    return [*steps[:place], *steps[place + 1 :]]


def test_a_disk_may_lose_what_was_not_synced_and_nothing_else():
    disk, steps = Disk("/r", {"old": b"old"}), write("/r", "new")
    seen = []
    for step in steps:
        disk.do(step)
        seen.append({frozenset(found.items()) for found in disk.left(random.Random(1))})
    old, temporary, new = ("old", b"old"), (".new.1.tmp", b"x"), ("new", b"x")
    nothing, empty = frozenset({old}), frozenset({old, (".new.1.tmp", b"")})
    assert seen[0] == {nothing, empty}
    assert seen[2] == seen[0] | {frozenset({old, temporary})}
    assert seen[3] == {nothing, frozenset({old, temporary})}
    assert seen[4] == seen[3] | {frozenset({old, new})}
    assert seen[5] == {frozenset({old, new})}
    assert disk.safe("/r/new") == b"x"
    unsynced = Disk("/r", {})
    for step in _without(steps, 3):
        unsynced.do(step)
    assert {found["new"] for found in unsynced.left(random.Random(1))} == {b"", b"x"}


def test_a_batch_writes_in_an_order_that_a_power_cut_cannot_spoil(small, tmp_path, record_property):
    with recording() as done:
        batch(tmp_path / "new" / "out", FEW)
        batch(tmp_path / "new" / "out", MANY)
    assert faults_of_order(done, str(tmp_path)) == []
    assert sum(step.kind == "rename" for step in done) > 20
    record_property("R2", f"{len(done)} steps of a batch that grows, as Python takes them: all in order")


def cut_at_every_step(done: list[Operation], root: str, before) -> Iterator[tuple[Disk, dict[str, bytes | None]]]:
    """Each state that a power cut at any step may leave below a folder, once."""
    disk, draw, seen = Disk(root, before), random.Random(1), set()
    for step in done:
        disk.do(step)
        for found in disk.left(draw):
            key = frozenset(found.items())
            if key not in seen:
                seen.add(key)
                yield disk, found


def versions(done: list[Operation], root: str) -> set[tuple[str, bytes]]:
    """All files that were ever whole, by final name relative to a folder."""
    data, found = {}, set()
    for step in done:
        if step.kind in ("create", "empty"):
            data[step.path] = b""
        elif step.kind == "write":
            data[step.path] = data.get(step.path, b"") + step.data
        elif step.kind == "rename" and step.to.startswith(f"{root}/"):
            found.add((step.to.removeprefix(f"{root}/"), data[step.path]))
    return found


def first_draws(run: bytes | None) -> set[int]:
    return {chunk["first"] for chunk in json.loads(run)["chunks"]} if run else set()


def hold_against(disk, found, whole, out, act, expected) -> None:
    """A state is sound as it is, has all that was finished, and is gone on from to the same bytes."""
    torn = [name for name, data in found.items() if data is not None and is_final(name) and (name, data) not in whole]
    assert torn == [], "half-written files under final names"
    put(found, out)
    for folder in results_in(out):
        assert faults_of(folder) == []
        name = f"{folder.relative_to(out).as_posix()}/run.json"
        finished = first_draws(disk.safe(f"{disk.root}/{name}"))
        assert finished <= first_draws(found[name]), "a finished chunk is lost"
    act(out)
    assert tree(out) == expected


def both(tmp_path, draws, *options):
    """A batch of few draws, then one of more: what lies there before and after, and what the second did."""
    root = tmp_path / "x"
    batch(root, 10 if "--charts" in options else FEW, *options)
    before = tree(root)
    with recording() as done:
        batch(root, draws, *options)
    return root, before, done


def test_gone_on_from_what_a_power_cut_may_leave(small, tmp_path, record_property):
    """A sample of the states; all of them with `-m exhaustive`."""
    root, before, done = both(tmp_path, 100)
    expected, whole = tree(root), versions(done, str(root)) | set(before.items())
    states = list(cut_at_every_step(done, str(root), before))
    assert len(states) > 30, len(states)
    for number, (_, found) in enumerate(states):
        torn = [name for name, data in found.items() if data and is_final(name) and (name, data) not in whole]
        assert torn == [], "half-written files under final names"
        if number % 7 == 0:
            out = tmp_path / str(number)
            put(found, out)
            assert [fault for folder in results_in(out) for fault in faults_of(folder)] == []
            batch(out, 100)
            assert tree(out) == expected
    record_property("R2", f"{len(states)} states after a power cut: none with half a file, a seventh gone on from")


@pytest.mark.exhaustive
@pytest.mark.parametrize("how", ["new", "grown", "with charts"])
def test_gone_on_from_all_that_a_power_cut_may_leave(how, small, tmp_path, record_property):
    options = ("--charts",) if how == "with charts" else ()
    draws = 20 if options else MANY
    if how == "new":
        root, before = tmp_path / "x", {}
        root.mkdir()
        with recording() as done:
            batch(root, draws)
    else:
        root, before, done = both(tmp_path, draws, *options)
    expected, whole, tried = tree(root), versions(done, str(root)) | set(before.items()), 0
    for disk, found in cut_at_every_step(done, str(root), before):
        tried += 1
        hold_against(disk, found, whole, tmp_path / str(tried), lambda out: batch(out, draws, *options), expected)
    assert tried > 30
    record_property("R2", f"{tried} states that a power cut may leave of a batch ({how}): all gone on from, same bytes")


@pytest.mark.exhaustive
def test_all_that_writes_results_keeps_the_order(small, strace, tmp_path, tmp_path_factory, record_property):
    """As strace sees it, with workers of their own, charts, a page, a sweep, shards and their merging."""
    printed, steps = tmp_path_factory.mktemp("printed") / "printed", 0  # no result, so not synced
    varied = ("--vary", "parties.anna.no_deal=0.2,0.3")
    acts = {
        "charts": lambda out: batch(out, FEW, "--charts"),
        "workers": lambda out: batch(out, MANY, "--workers", 2),
        "sweep": lambda out: batch(out, 10, *varied),
        "shard": lambda out: batch(out, MANY, "--shard", "1/2") or batch(out, MANY, "--shard", "2/2"),
        "merge": lambda out: peacesim("merge", tmp_path / "shard", "--out", out, "--no-charts"),
    }
    for name, act in acts.items():
        out = tmp_path / name
        done = logged(lambda act=act, out=out: act(out), printed, tmp_path / "log")
        assert faults_of_order(done, str(tmp_path)) == [], name
        finals = {path.relative_to(out) for path in out.rglob("*") if path.is_file() and is_final(str(path))}
        renamed = {step.to for step in done if step.kind == "rename"}
        assert finals and {str(out / path) for path in finals} <= renamed, "a file that strace did not see"
        steps += len(done)
    record_property("R2", f"{steps} steps that strace saw of {', '.join(acts)}: all in order")
