"""Runs of a design played by workers, in pieces: in any order, with the same bits."""

import os
import shutil
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sim.batch.engines import AnyJob, Workers
from sim.batch.run import MIN_PARALLEL_SECONDS
from sim.batch.work import Job, Lost
from sim.results.chunk_files import DRAWS, TALLIES, ChunkEntry, Layout, read_chunk
from sim.results.chunks import Piece
from sim.results.files import DamagedResults, StoreError, make_folder

if TYPE_CHECKING:
    from sim.batch.on_dask import Cluster


def play_pieces(
    pieces: Sequence[Piece], layout: Layout, identity: str, folder: Path, workers: int | None = None,
    cluster: "Cluster | None" = None,
) -> Iterator[tuple[int, pd.DataFrame]]:  # fmt: skip
    """Play pieces, and yield each with its index when it is done.

    With one worker, or little to do, all is played in this process; `folder` is for the pieces of workers until they
    are read. ClusterError if the cluster is lost, StoreError if a piece cannot be written or was given up because its
    worker ended each time.
    """
    workers = workers or os.cpu_count() or 1
    left = deque(enumerate(pieces))
    while left and cluster is None:
        place, piece = left.popleft()
        began = time.monotonic()
        played = layout.play(piece.start, piece.count, piece.given)
        seconds = time.monotonic() - began
        yield place, played.draws
        if workers > 1 and place and seconds * len(left) >= MIN_PARALLEL_SECONDS:  # the first loads compiled code
            break
    if left:
        yield from _played_by_workers(dict(left), layout, identity, folder, workers, cluster)


def _played_by_workers(
    pieces: dict[int, Piece], layout: Layout, identity: str, folder: Path, workers: int,
    cluster: "Cluster | None",
) -> Iterator[tuple[int, pd.DataFrame]]:  # fmt: skip
    def room(job: AnyJob) -> str:
        assert isinstance(job, Job)
        own = folder / str(job.chunk)
        for name in (DRAWS, TALLIES):
            make_folder(own / name)
        return str(own)

    jobs = (
        Job(str(folder), identity, layout.seed, place, piece.start, piece.count, layout.scenario, piece.given)
        for place, piece in pieces.items()
    )
    with ExitStack() as held:
        held.callback(shutil.rmtree, folder, ignore_errors=True)
        if cluster is None:
            answers = Workers(workers, room).play(jobs)
        else:
            from sim.batch.on_dask import OnDask

            answers = OnDask(cluster, room).play(jobs)
        held.callback(answers.close)
        for job, result in answers:
            if isinstance(result, Lost):
                raise StoreError(str(result))
            if isinstance(result, Exception):
                raise result
            assert isinstance(job, Job) and isinstance(result, ChunkEntry)
            chunk, damaged = read_chunk(Path(room(job)), result, layout)
            if chunk is None:
                raise DamagedResults(folder, damaged)
            shutil.rmtree(room(job), ignore_errors=True)
            yield job.chunk, chunk.draws
