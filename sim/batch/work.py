"""What is played at once, and the process that plays it."""

import os
import signal
import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing import parent_process
from multiprocessing.connection import wait
from pathlib import Path

from sim.scenario import read_scenario
from sim.store import ChunkEntry, Layout, identity, write_chunk
from sim.store.manifest import RESOLVED

PARTS_A_CHUNK = 4  # so that two workers share a chunk; more pieces cost the writing process more of its time


@dataclass(frozen=True)
class Part:
    """A piece of a chunk, small enough to be sent to a worker in one go.

    Attributes:
        folder: Of the results; the resolved scenario lies there.
        identity: Of the results.
        seed: Of all random streams.
        chunk: First draw of the chunk.
        first: First draw of the piece.
        count: Number of draws.
    """

    folder: str
    identity: str
    seed: int
    chunk: int
    first: int
    count: int

    def split(self, into: int) -> "tuple[Part, list[Part]]":
        """The first of so many shares of the piece, and the rest, which may be empty."""
        head = -(-self.count // into)
        rest = replace(self, first=self.first + head, count=self.count - head)
        return replace(self, count=head), [rest] if rest.count else []


def parts_of(chunk: range, length: int) -> list[range]:
    """The pieces of a chunk: quarters of a full one.

    Args:
        chunk: Draws of the chunk.
        length: Draws in a full chunk.
    """
    step = max(1, length // PARTS_A_CHUNK)
    return [range(first, min(first + step, chunk.stop)) for first in range(chunk.start, chunk.stop, step)]


def start_worker() -> None:
    """Leave Ctrl-C to the parent, and end when it does: a worker without a parent would wait for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def play_part(part: Part, pieces: str) -> ChunkEntry:
    """Play a piece in a worker and leave it in a file: what comes back through the pipe is a few hundred bytes.

    A worker that is killed while it sends much would leave half of it in the pipe, and the parent waiting for the rest.

    Args:
        part: What to play.
        pieces: Folder for pieces of chunks.

    Raises:
        StoreError: if the piece cannot be written.
    """
    layout = _layout(part.folder, part.identity, part.seed)
    return write_chunk(Path(pieces), layout.play(part.first, part.count), layout, sync=False)


@lru_cache(maxsize=2)
def _layout(folder: str, name: str, seed: int) -> Layout:
    """The scenario that lies in the folder, laid out once and not for every piece."""
    scenario = read_scenario(Path(folder) / RESOLVED)
    if identity(scenario, seed) != name:
        raise ValueError(f"{RESOLVED} does not read back as the scenario it was written from")
    return Layout.of(scenario, seed)
