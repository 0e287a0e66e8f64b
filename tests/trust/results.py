"""What the proofs about results folders share: a small finished folder, forged ones, and every kind of damage."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from click.testing import Result

from sim.results.manifest import canonical
from tests.commands import SCENARIO, call

N = 130  # two chunks of 64 and a short one


def play(to: Path, *options: object, charts: bool = False) -> Result:
    """A batch of the small scenario into a folder."""
    file = to / "talks.yaml"
    if not file.exists():
        to.mkdir(parents=True, exist_ok=True)
        file.write_text(SCENARIO)
    drawn = [] if charts else ["--no-charts"]
    return call("batch", file, "-n", N, "--workers", 1, "--out", to / "results", *drawn, *options)


def only(folder: Path) -> Path:
    """The one results folder in a folder."""
    (found,) = [each for each in folder.iterdir() if (each / "run.json").exists()]
    return found


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def files_of(folder: Path) -> list[str]:
    """Every file that counts, by name relative to the folder."""
    return sorted(name for name in bytes_of(folder) if name != ".lock")


def facts_of(folder: Path) -> dict:
    return json.loads((folder / "run.json").read_text())


def forge(folder: Path, facts: dict) -> None:
    """Write `run.json` as one who lies and keeps the form: its checksum is right."""
    facts.pop("checksum", None)
    facts["checksum"] = hashlib.sha256(canonical(facts)).hexdigest()
    (folder / "run.json").write_text(json.dumps(facts, indent=1) + "\n")


Damage = Callable[[Path], None]


def _write(change: Callable[[bytes], bytes]) -> Damage:
    def damage(path: Path) -> None:
        data = path.read_bytes()
        path.unlink()  # a file of its own: links to it elsewhere stay as they are
        path.write_bytes(change(data))

    return damage


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _link(path: Path) -> None:
    elsewhere = path.parents[2] / f"elsewhere-{path.name}"  # outside of the folder, whichever file it is
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def _hanging_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def flipped(place: int, bit: int) -> Damage:
    """One bit of one byte."""
    return _write(lambda data: data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :])


KINDS: dict[str, Damage] = {
    "cut by one": _write(lambda data: data[:-1]),
    "cut in half": _write(lambda data: data[: len(data) // 2]),
    "cut to one": _write(lambda data: data[:1]),
    "emptied": _write(lambda data: b""),
    "zeroed": _write(lambda data: bytes(len(data))),
    "second half zeroed": _write(lambda data: data[: len(data) // 2] + bytes(len(data) - len(data) // 2)),
    "junk at the end": _write(lambda data: data + b"junk"),
    "a line end at the end": _write(lambda data: data + b"\n"),
    "twice": _write(lambda data: data + data),
    "deleted": lambda path: path.unlink(),
    "a folder": _folder,
    "a link": _link,
    "a link to nowhere": _hanging_link,
    "a pipe": _pipe,
}


def cuts(length: int, every: int) -> Iterator[tuple[str, Damage]]:
    """Cut at every so many lengths."""
    for size in range(0, length, every):
        yield f"cut to {size}", _write(lambda data, size=size: data[:size])


def flips(length: int, every: int) -> Iterator[tuple[str, Damage]]:
    """One bit at every so many bytes; which bit goes round."""
    for number, place in enumerate(range(0, length, every)):
        yield f"bit {number % 8} of byte {place}", flipped(place, number % 8)
