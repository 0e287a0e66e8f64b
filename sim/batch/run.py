"""The batch: what is missing is played, what is finished is kept, and the same command twice does nothing."""

import os
import signal
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sim.batch.engines import Answer, Engine, Here, Workers
from sim.batch.inputs import Plan, Sweep, Wanted, read_all
from sim.batch.items import BatchItem, Finish, finished
from sim.batch.progress import Silent
from sim.batch.stopping import BatchInterrupted, ClusterError, Stopping, signals_heard
from sim.batch.work import Part, out_of_memory, parts_of
from sim.results.chunk_files import ChunkEntry, Layout, read_chunk
from sim.results.chunks import Chunk
from sim.results.files import DamagedResults, FolderLock, StoreError
from sim.results.folder import ResultsFolder, lock_folder
from sim.results.manifest import RUN, Shard, read_manifest, refuse_other_shard

if TYPE_CHECKING:
    from sim.batch.on_dask import Cluster

WORTH_WORKERS = 6.0  # seconds of work: with less, starting processes takes longer than playing
AHEAD = 12  # pieces to look ahead at, to see how much there is to do
PROBE = 8  # part of the first piece that is timed

def batch(
    paths: Sequence[str | Path],
    draws: int = 10_000,
    seed: int = 1,
    workers: int | None = None,
    out: str | Path = "results",
    progress: Silent | None = None,
    *,
    sets: Sequence[str] = (),
    vary: Sequence[str] = (),
    design: str | None = None,
    finish: Finish | None = None,
    shard: Shard | None = None,
    dask: str | None = None,
) -> list[BatchItem]:
    """Play every scenario of files and folders, and keep the results.

    What is in the results folders already is not played again. Neither the number of workers nor the order in which
    they answer moves a byte. A script that calls this with more than one worker does so below
    `if __name__ == "__main__":`, because workers import it.

    Args:
        paths: Scenario files, and folders with such files.
        draws: Number of draws of each scenario, and of each point of a sweep.
        seed: Of all random streams.
        workers: Processes; by default one a processor. With 1, or little to do, all is played in this process.
        out: The folder for results.
        progress: Told how far things are.
        sets: `PATH=VALUE` texts, for every scenario.
        vary: `PATH=SPEC` texts: every scenario becomes a sweep.
        design: `sobol:COUNT` or `latin:COUNT`: so many points spread over what varies; None for all combinations.
        finish: Called with the results of each scenario and its folder when all else is written: for charts.
        shard: Play only the chunks of this shard, into folders of its own, without tables; `merge` joins all shards.
        dask: Address of the scheduler of a Dask cluster, whose workers play then, and no processes of this machine.

    Returns:
        What became of each scenario; one that failed does not stop the others.

    Raises:
        ScenarioError: with the faults of all files; nothing was written.
        ValueError: if a number is below 1, or both workers and a cluster are to play.
        ClusterError: if the cluster cannot be used; nothing was written. If it goes away, finished chunks are kept.
        ResultsBusy: if another process writes to one of the folders; nothing was played.
        StoreError: if the disk is full or may not be written to; finished chunks are kept.
        BatchInterrupted: on Ctrl-C, SIGTERM or SIGHUP; finished chunks are kept.
    """
    if workers is not None and dask is not None:
        raise ValueError("on a Dask cluster its workers play; leave the number of workers out")
    workers = workers if workers is not None else os.cpu_count() or 1
    if draws < 1 or workers < 1:
        raise ValueError(f"at least 1 draw and 1 worker are needed, not {draws} and {workers}")
    plans = read_all(paths, seed, Path(out), sets, vary, design, shard)
    with ExitStack() as held, signals_heard() as stopping:
        run = _Run(plans, draws, seed, workers, progress or Silent(), finish, shard, stopping)
        try:
            if dask is not None:
                with stopping:
                    run.cluster = held.enter_context(_cluster(dask))
            run.claim(held)
            return run.all()
        except KeyboardInterrupt:
            raise BatchInterrupted(stopping.number or signal.SIGINT, run.finished, run.total) from None
        finally:
            run.end()


@dataclass
class _Job:
    """A scenario while it is played.

    Attributes:
        wanted: What is to be played.
        folder: Its results; open from its first piece to its last.
        missing: Draws of its chunks that are still to be played, by first draw.
        pieces: Answers of the pieces of each chunk, by first draw of the chunk.
        item: What became of it so far.
    """

    wanted: Wanted
    folder: ResultsFolder
    item: BatchItem
    missing: dict[int, range]
    pieces: dict[int, list[Chunk | ChunkEntry]] = field(default_factory=dict)


class _Run:
    """One call of `batch`."""

    def __init__(
        self, plans: list[Plan], draws: int, seed: int, workers: int, progress: Silent, finish: Finish | None,
        shard: Shard | None, stopping: Stopping,
    ) -> None:  # fmt: skip
        self.stopping = stopping
        self.plans, self.draws, self.seed, self.workers = plans, draws, seed, workers
        self.progress, self.finish, self.shard = progress, finish, shard
        self.share = -(-draws // shard.of) if shard else draws  # of a scenario: about so much, before it is opened
        self.wanted: list[Wanted] = []
        self.locks: dict[Path, FolderLock] = {}
        self.jobs: dict[str, _Job] = {}  # those open now, by folder
        self.items: dict[str, BatchItem] = {}
        self.finished = self.total = 0
        self.cluster: Cluster | None = None

    def claim(self, held: ExitStack) -> None:
        """Become the writer of every folder before anything is played."""
        for plan in self.plans:
            lock = held.enter_context(lock_folder(plan.folder))
            if isinstance(plan, Sweep):
                plan.write()
                self.wanted += plan.points
                continue
            if (plan.folder / RUN).exists():
                _refuse_others(plan, self.shard)
            self.locks[plan.folder] = lock
            self.wanted.append(plan)
        self.total = self.share * len(self.wanted)

    def all(self) -> list[BatchItem]:
        """Play what is missing and finish every scenario."""
        self.progress.start(self.total, [wanted.id for wanted in self.wanted])
        with closing(self._answers()) as answers:
            for part, answer in answers:
                self._take(part, answer)
        return [self.items[str(wanted.folder)] for wanted in self.wanted]

    def end(self) -> None:
        """Close what is open."""
        for job in list(self.jobs.values()):
            job.folder.clear_parts()
            job.folder.close()
        self.progress.finish()

    def _answers(self) -> Generator[tuple[Part, Answer], None, None]:
        """All pieces that are missing, each with what came of it.

        The first few draws are played here and timed: workers take seconds to start, so little work is done sooner
        without them.
        """
        if self.cluster is not None:
            from sim.batch.on_dask import OnDask

            yield from OnDask(self.cluster, self._pieces, self.stopping).play(self._parts())
            return
        parts, here = self._parts(), Here(self._play)
        ahead = list(islice(parts, AHEAD)) if self.workers > 1 else []
        if not ahead:
            yield from here.play(parts)
            return
        probe, rest = ahead[0].split(PROBE)
        began = time.monotonic()
        yield from here.play(iter([probe]))
        a_draw = (time.monotonic() - began) / probe.count  # the others may be slower or faster; this is a guess
        left = [*rest, *ahead[1:]]
        little = len(ahead) < AHEAD and a_draw * sum(part.count for part in left) < WORTH_WORKERS
        engine: Engine = here if little else Workers(self.workers, self._pieces, self.stopping)
        yield from engine.play(chain(left, parts))

    def _play(self, part: Part) -> Chunk:
        with self.stopping:
            return self.jobs[part.folder].folder.layout.play(part.first, part.count)

    def _pieces(self, part: Part) -> str | None:
        job = self.jobs.get(part.folder)
        return str(job.folder.make_parts()) if job is not None else None

    def _parts(self) -> Iterator[Part]:
        """The pieces of all that is missing; a folder is opened when its turn comes."""
        for wanted in self.wanted:
            job = self._open(wanted)
            if job is None:
                continue
            length, chunks = job.folder.layout.length, list(job.missing.values())
            if not chunks:
                self._close(job)
            for chunk in chunks:
                for piece in parts_of(chunk, length):
                    if job.item.failure is not None:
                        break
                    yield Part(str(wanted.folder), wanted.identity, self.seed, chunk.start, piece.start, len(piece))

    def _open(self, wanted: Wanted) -> _Job | None:
        item = BatchItem(wanted.id, wanted.folder, self.draws, settings=wanted.settings)
        try:
            with self.stopping:
                layout = Layout.of(wanted.scenario(), self.seed)
        except (ValueError, MemoryError) as error:
            self._give_up(wanted, item, error)
            return None
        folder = ResultsFolder(wanted.folder, layout, self.draws, self.locks.get(wanted.folder), self.shard)
        try:
            with self.stopping:
                missing = folder.missing(self.draws)
        except BaseException:
            folder.close()
            raise
        own = sum(len(chunk) for chunk in folder.own(self.draws))
        there = own - sum(len(chunk) for chunk in missing)
        job = _Job(wanted, folder, item, {chunk.start: chunk for chunk in missing})
        self.jobs[str(wanted.folder)] = job
        self.finished += there
        self.total += own - self.share
        self.progress.skip(wanted.id, there + self.share - own)
        return job

    def _give_up(self, wanted: Wanted, item: BatchItem, error: BaseException) -> None:
        text = _in_a_line(error)
        self.items[str(wanted.folder)] = replace(item, failure=text)
        self.progress.skip(wanted.id, self.share)

    def _take(self, part: Part, answer: Answer) -> None:
        """Put a piece to the others of its chunk, the chunk to the others of its scenario."""
        job = self.jobs.get(part.folder)
        if job is None or job.item.failure is not None:
            return
        if isinstance(answer, StoreError):
            raise answer
        if isinstance(answer, Exception):
            job.item = replace(job.item, failure=_in_a_line(answer))
            self._close(job)
            return
        self.progress.advance(job.wanted.id, part.count)
        pieces = job.pieces.setdefault(part.chunk, [])
        pieces.append(answer)
        chunk = job.missing[part.chunk]
        if sum(_count(piece) for piece in pieces) < len(chunk):
            return
        job.folder.keep(_joined(job.folder, job.pieces.pop(part.chunk)))
        del job.missing[part.chunk]
        job.item = replace(job.item, computed=job.item.computed + len(chunk))
        self.finished += len(chunk)
        if not job.missing:
            self._close(job)

    def _close(self, job: _Job) -> None:
        """Write tables and charts of a scenario that is played, and let go of it."""
        folder, item = job.folder, job.item
        try:
            folder.clear_parts()
            if item.failure is None:
                with self.stopping:
                    item = finished(folder, item, self.finish)
            self.items[str(job.wanted.folder)] = replace(item, damaged=tuple(folder.damaged))
        finally:
            folder.close()
            del self.jobs[str(job.wanted.folder)]


def _cluster(address: str) -> "Cluster":
    """The connection to a Dask cluster."""
    try:
        from sim.batch.on_dask import Cluster
    except ModuleNotFoundError as error:
        if (error.name or "sim").partition(".")[0] == "sim":
            raise
        needed = "a Dask cluster takes two more libraries, dask and distributed: pip install 'peacesim[dask]'"
        raise ClusterError(needed) from None
    return Cluster(address)


def _refuse_others(wanted: Wanted, shard: Shard | None) -> None:
    try:
        there = read_manifest(wanted.folder)
    except DamagedResults:
        return  # it is written anew
    if there.identity != wanted.identity:
        raise StoreError(f"{wanted.folder} holds the results of another scenario or seed; move it away")
    refuse_other_shard(wanted.folder, there, shard)


def _in_a_line(error: BaseException) -> str:
    """What went wrong with a scenario."""
    if isinstance(error, MemoryError):
        return out_of_memory(error)
    return " ".join(str(error).split())[:500] or type(error).__name__


def _count(piece: Chunk | ChunkEntry) -> int:
    return piece.stop - (piece.start if isinstance(piece, Chunk) else piece.first)


def _joined(folder: ResultsFolder, pieces: Sequence[Chunk | ChunkEntry]) -> Chunk:
    """The chunk whose pieces these are, in whatever order they came."""
    chunks = []
    for piece in pieces:
        if isinstance(piece, Chunk):
            chunks.append(piece)
            continue
        chunk, damaged = read_chunk(folder.make_parts(), piece, folder.layout)
        if chunk is None:
            raise StoreError(f"a piece of a chunk did not survive in {folder.path}: {'; '.join(damaged)}")
        chunks.append(chunk)
    chunks.sort(key=lambda chunk: chunk.start)
    tallies = chunks[0].tallies
    for chunk in chunks[1:]:
        tallies = tallies + chunk.tallies
    folder.clear_parts_of([piece for piece in pieces if isinstance(piece, ChunkEntry)])
    return Chunk(chunks[0].start, pd.concat([chunk.draws for chunk in chunks], ignore_index=True), tallies)
