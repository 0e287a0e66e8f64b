"""A piece played on a machine that shares no disk with this one: what is told there, and what comes back."""

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import sim
from sim.batch.work import Part
from sim.scenario import read_scenario
from sim.store import RESOLVED, ChunkEntry, Layout, identity, packed, versions_here
from sim.store.manifest import FORMAT
from sim.streams import SCHEME

SOURCE = "source"
MOST_TOLD = 4  # differences

_process = f"{os.getpid()}-{time.time_ns()}"  # a worker that is started anew at the same address has another


class Replaced(Exception):
    """The worker that was to play the piece has ended; this is another one at its address."""


@dataclass(frozen=True)
class Played:
    """A piece that was played: the bytes of its files by name, and what they must be."""

    entry: ChunkEntry
    files: Mapping[str, bytes]


def process_here() -> str:
    """A name of this process."""
    return _process


@lru_cache(maxsize=1)
def program_here() -> Mapping[str, str]:
    """All that must be the same for the same bytes to come out: versions, schemes, and a hash of the source itself.

    A release number is not enough: two checkouts may have the same one.
    """
    folder, digest = Path(sim.__file__).parent, hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return {**versions_here(), "scheme": SCHEME, "format": FORMAT, SOURCE: digest.hexdigest()}


def about_here() -> tuple[str, Mapping[str, str]]:
    """What a worker is asked before it is given anything: which process it is, and what it runs."""
    return process_here(), program_here()


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """How another program differs from this one, in a few words; nothing if it does not."""
    told = list(_differences(here, there))
    return ", ".join(told[:MOST_TOLD]) + (f" and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else "")


def _differences(here: Mapping[str, str], there: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*here, *there} - {SOURCE}):
        if here.get(name) != there.get(name):
            yield f"{name} {there.get(name, 'of no number')} and not {here.get(name, 'of no number')}"
    if here.get("peacesim") == there.get("peacesim") and here.get(SOURCE) != there.get(SOURCE):
        yield f"peacesim {here.get('peacesim')} from other source files"


def play_remotely(part: Part, resolved: bytes, process: str) -> Played:
    """Play a piece.

    Args:
        part: What to play; its folder is on the machine that asks.
        resolved: The resolved scenario, as it lies in the results folder.
        process: The worker that was asked.

    Raises:
        Replaced: if this is another process.
    """
    if process != process_here():
        raise Replaced
    layout = _layout(resolved, part.identity, part.seed)
    return Played(*packed(layout.play(part.first, part.count), layout))


@lru_cache(maxsize=4)
def _layout(resolved: bytes, name: str, seed: int) -> Layout:
    """The scenario, read and laid out once and not for every piece."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / RESOLVED
        path.write_bytes(resolved)
        scenario = read_scenario(path)
    if identity(scenario, seed) != name:
        raise ValueError(f"{RESOLVED} does not read back as the scenario it was written from")
    return Layout.of(scenario, seed)
