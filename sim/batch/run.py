"""The batch: missing draws are played, finished ones are reused, and the same command twice does nothing."""

import os
import signal
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sim.batch.engines import AnyJob, JobResult, Workers, play_here
from sim.batch.inputs import Plan, Planned, Sweep, read_all
from sim.batch.items import BatchItem, Finish, write_outputs
from sim.batch.progress import Silent
from sim.batch.stopping import BatchInterrupted, ClusterError, Stopping, handled_signals
from sim.batch.work import Job, OutputJob, jobs_of, out_of_memory
from sim.results.chunk_files import ChunkEntry, Layout, read_chunk
from sim.results.chunks import Chunk
from sim.results.files import DamagedResults, FolderLock, StoreError
from sim.results.folder import ResultsFolder, lock_folder
from sim.results.manifest import RUN, Shard, read_manifest, refuse_other_shard, versions_here
from sim.results.tables import SUMMARY, read_json

if TYPE_CHECKING:
    from sim.batch.on_dask import Cluster

MIN_PARALLEL_SECONDS = 6.0  # seconds of work: with less, starting processes takes longer than playing
OUTPUT_SECONDS = 2.0  # seconds for the charts of a scenario, drawn in one process
PROBE = 8  # fraction of the first job that is timed


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
    endings: Sequence[str] = (),
    shard: Shard | None = None,
    dask: str | None = None,
    large: bool = False,
) -> list[BatchItem]:
    """Play every scenario of files and folders, and store the results.

    Existing draws are not played again. Neither the number of workers nor their order moves a byte. A script that calls
    this with more than one worker does so below `if __name__ == "__main__":`, because workers import it.

    Args:
        draws: Number of draws of each scenario, and of each point of a sweep.
        workers: Processes; by default one a processor. With 1, or little to do, all is played in this process.
        sets: `PATH=VALUE` strings, for every scenario.
        vary: `PATH=SPEC` strings: every scenario becomes a sweep.
        design: `sobol:COUNT` or `latin:COUNT`: so many points spread over what varies; None for all combinations.
        finish: Called with the results of each scenario and its folder when all else is written: for charts. One of
            this package, or a partial of one, is called in the processes that play; any other one in this process.
        endings: Of files that `finish` makes; if there is none with one of them, charts are made again.
        shard: Play only the chunks of this shard, into folders of its own, without tables; `merge` joins all shards.
        dask: Address of the scheduler of a Dask cluster, whose workers play in place of local processes.
        large: Play scenarios too of which one draw may take more than a minute or 4 GB.

    Returns:
        The outcome of each scenario; one that failed does not stop the others.

    Raises:
        ScenarioError: with the faults of all files; nothing was written.
        ValueError: if a number is below 1, or both workers and a cluster are given.
        ClusterError: if the cluster cannot be used; nothing was written. If it is lost, finished chunks stay.
        ResultsBusy: if another process writes to one of the folders; nothing was played.
        StoreError: if the disk is full or may not be written to; finished chunks stay.
        BatchInterrupted: on Ctrl-C, SIGTERM or SIGHUP; finished chunks stay.
    """
    if workers is not None and dask is not None:
        raise ValueError("on a Dask cluster its workers play; leave the number of workers out")
    workers = workers if workers is not None else os.cpu_count() or 1
    if draws < 1 or workers < 1:
        raise ValueError(f"at least 1 draw and 1 worker are needed, not {draws} and {workers}")
    plans = read_all(paths, seed, Path(out), sets, vary, design, shard, large)
    with ExitStack() as held, handled_signals() as stopping:
        run = _Run(plans, draws, seed, workers, progress or Silent(), finish, endings, shard, stopping)
        try:
            if dask is not None:
                with stopping:
                    run.cluster = held.enter_context(connected(dask))
            run.lock_folders(held)
            return run.play()
        except KeyboardInterrupt:
            raise BatchInterrupted(stopping.number or signal.SIGINT, run.finished, run.total) from None
        finally:
            run.end()


@dataclass
class _Running:
    planned: Planned
    folder: ResultsFolder  # open from the first job to the last
    item: BatchItem
    missing: dict[int, range]  # draws still to be played, by first draw of the chunk
    played: dict[int, list[Chunk | ChunkEntry]] = field(default_factory=dict)  # by first draw of the chunk


@dataclass
class _Run:
    plans: list[Plan]
    draws: int
    seed: int
    workers: int
    progress: Silent
    finish: Finish | None
    endings: Sequence[str]
    shard: Shard | None
    stopping: Stopping
    planned: list[Planned] = field(default_factory=list)
    locks: dict[Path, FolderLock] = field(default_factory=dict)
    running: dict[str, _Running] = field(default_factory=dict)  # open scenarios, by folder
    items: dict[str, BatchItem] = field(default_factory=dict)
    finished: int = 0
    total: int = 0
    cluster: "Cluster | None" = None
    jobs: deque[AnyJob] = field(default_factory=deque)  # before those of scenarios still to be opened
    unopened: Iterator[Job] = field(default_factory=lambda: iter(()))

    @property
    def share(self) -> int:
        """Estimate the missing draws of a scenario before it is opened."""
        return -(-self.draws // self.shard.of) if self.shard else self.draws

    def lock_folders(self, held: ExitStack) -> None:
        """Lock every folder before anything is played."""
        for plan in self.plans:
            lock = held.enter_context(lock_folder(plan.folder))
            if isinstance(plan, Sweep):
                plan.write()
                self.planned += plan.points
                continue
            if (plan.folder / RUN).exists():
                _refuse_others(plan, self.shard)
            self.locks[plan.folder] = lock
            self.planned.append(plan)
        self.total = self.share * len(self.planned)

    def play(self) -> list[BatchItem]:
        self.progress.start(self.total, [planned.id for planned in self.planned])
        with closing(self._results()) as results:
            for job, result in results:
                self._collect(job, result)
        return [self.items[str(planned.folder)] for planned in self.planned]

    def end(self) -> None:
        for running in list(self.running.values()):
            running.folder.clear_parts()
            running.folder.close()
        self.progress.finish()

    def __iter__(self) -> Iterator[AnyJob]:
        return self

    def __next__(self) -> AnyJob:
        """Return the next job: outputs of what is played, then draws; a folder is opened when its turn comes.

        StopIteration if there is none now; there may be one again once a result has come.
        """
        job = None if self.jobs else next(self.unopened, None)
        if job is None and not self.jobs:
            raise StopIteration
        return job or self.jobs.popleft()

    def _results(self) -> Generator[tuple[AnyJob, JobResult], None, None]:
        self.unopened = self._open_all()
        if self.cluster is not None:
            from sim.batch.on_dask import OnDask

            yield from OnDask(self.cluster, self._parts_folder, self.stopping).play(self.unopened)
        elif self.workers > 1 and (yield from self._is_much()):
            yield from Workers(self.workers, self._parts_folder, self.stopping).play(self)
        else:
            while True:
                yield from play_here(self._play, self)
                if not self.jobs:
                    break

    def _is_much(self) -> Generator[tuple[AnyJob, JobResult], None, bool]:
        """Return whether there is enough work for workers, which take seconds to start.

        The first few draws are played here to load compiled code, and the next few timed. The others may be slower or
        faster, so this is an estimate.
        """
        a_draw = 0.0
        for _ in range(2):
            first = next(self, None)
            if isinstance(first, Job):
                piece, rest = first.split(PROBE)
                self.jobs.extendleft(rest)
                began = time.monotonic()
                yield from play_here(self._play, iter([piece]))
                a_draw = (time.monotonic() - began) / piece.count
            elif first is not None:
                self.jobs.appendleft(first)
        ahead: list[AnyJob] = []
        seconds, folders, is_much = 0.0, set[str](), False
        for job in self:
            ahead.append(job)
            folders.add(job.folder)
            seconds += a_draw * job.count if isinstance(job, Job) else 0.0
            is_much = seconds + (OUTPUT_SECONDS * (len(folders) - 1) if self.finish else 0.0) >= MIN_PARALLEL_SECONDS
            if is_much:
                break
        self.jobs.extendleft(reversed(ahead))
        return is_much

    def _play(self, job: AnyJob) -> JobResult:
        running = self.running[job.folder]
        with self.stopping:
            if isinstance(job, Job):
                return running.folder.layout.play(job.first, job.count)
            return write_outputs(running.folder.results(), running.folder.path, self.finish)

    def _parts_folder(self, job: AnyJob) -> str | None:
        running = self.running.get(job.folder)
        return str(running.folder.make_parts()) if running is not None else None

    def _open_all(self) -> Iterator[Job]:
        for planned in self.planned:
            running = self._open(planned)
            if running is None:
                continue
            layout, chunks = running.folder.layout, list(running.missing.values())
            if not chunks:
                self._close(running)
            few = max(len(chunks), len(self.planned)) < 4 * max(2, self.workers)
            for chunk in chunks:
                for job in jobs_of(chunk, layout.length, few):
                    if running.item.failure is not None:
                        break
                    span = chunk.start, job.start, len(job)
                    yield Job(str(planned.folder), planned.identity, self.seed, *span, layout.scenario)

    def _open(self, planned: Planned) -> _Running | None:
        item = BatchItem(planned.id, planned.folder, self.draws, settings=planned.settings)
        try:
            with self.stopping:
                layout = Layout.of(planned.scenario(), self.seed)
        except (ValueError, MemoryError) as error:
            self._give_up(planned, item, error)
            return None
        folder = ResultsFolder(planned.folder, layout, self.draws, self.locks.get(planned.folder), self.shard)
        try:
            with self.stopping:
                missing = folder.missing(self.draws)
                if missing:
                    item = replace(item, program=folder.check_program())
                    missing = missing if folder.manifest.chunks else folder.own(self.draws)
        except BaseException:
            folder.close()
            raise
        own = sum(len(chunk) for chunk in folder.own(self.draws))
        there = own - sum(len(chunk) for chunk in missing)
        running = _Running(planned, folder, item, {chunk.start: chunk for chunk in missing})
        self.running[str(planned.folder)] = running
        self.finished += there
        self.total += own - self.share
        self.progress.skip(planned.id, there + self.share - own)
        return running

    def _give_up(self, planned: Planned, item: BatchItem, error: BaseException) -> None:
        text = _format_error(error)
        self.items[str(planned.folder)] = replace(item, failure=text)
        self.progress.skip(planned.id, self.share)

    def _collect(self, job: AnyJob, result: JobResult) -> None:
        """Collect the jobs of a chunk, and the chunks of a scenario."""
        running = self.running.get(job.folder)
        if running is None or running.item.failure is not None:
            return
        if isinstance(result, StoreError) or (isinstance(result, OSError | MemoryError) and isinstance(job, OutputJob)):
            raise result
        if isinstance(result, Exception):
            running.item = replace(running.item, failure=_format_error(result))
            self._let_go(running)
        elif isinstance(result, list):
            running.folder.seal(result)
            self._let_go(running)
        elif isinstance(job, Job):
            self._collect_draws(running, job, result)

    def _collect_draws(self, running: _Running, job: Job, result: Chunk | ChunkEntry) -> None:
        self.progress.advance(running.planned.id, job.count)
        played = running.played.setdefault(job.chunk, [])
        played.append(result)
        chunk = running.missing[job.chunk]
        if sum(_count(each) for each in played) < len(chunk):
            return
        _write_chunk(running.folder, running.played.pop(job.chunk))
        del running.missing[job.chunk]
        running.item = replace(running.item, computed=running.item.computed + len(chunk))
        self.finished += len(chunk)
        if not running.missing:
            self._close(running)

    def _close(self, running: _Running) -> None:
        """Queue the job for tables and charts of a played scenario, unless they exist; a shard has none."""
        folder, planned = running.folder, running.planned
        charts = self.finish is not None and folder.shard is None
        with self.stopping:
            complete = folder.is_complete(self.draws, charts, self.endings)
        if folder.shard is not None and not complete:
            folder.seal()
        if folder.shard is not None or complete:
            self._let_go(running)
        elif self.cluster is None and _is_ours(self.finish):
            facts = str(folder.path), planned.identity, self.seed, self.draws, self.finish
            self.jobs.appendleft(OutputJob(*facts, folder.layout.scenario))
        else:
            for job, result in play_here(self._play, iter([OutputJob(str(folder.path), "", 0, 0, None)])):
                self._collect(job, result)

    def _let_go(self, running: _Running) -> None:
        """Record the outcome of a scenario and release its folder."""
        folder, item = running.folder, running.item
        try:
            if item.failure is None and folder.shard is None:
                item = replace(item, facts=read_json(folder.path / SUMMARY))
            self.items[str(running.planned.folder)] = replace(item, damaged=tuple(folder.damaged))
        finally:
            folder.clear_parts()
            folder.close()
            del self.running[str(running.planned.folder)]


def connected(address: str) -> "Cluster":
    """The connection to a Dask cluster."""
    try:
        from sim.batch.on_dask import Cluster
    except ModuleNotFoundError as error:
        if (error.name or "sim").partition(".")[0] == "sim":
            raise
        needed = "a Dask cluster takes two more libraries, dask and distributed: pip install 'peacesim[dask]'"
        raise ClusterError(needed) from None
    return Cluster(address)


def _refuse_others(planned: Planned, shard: Shard | None) -> None:
    try:
        there = read_manifest(planned.folder)
    except DamagedResults:
        return  # it is rewritten
    if there.identity != planned.identity:
        raise StoreError(f"{planned.folder} holds the results of another scenario or seed; move it away")
    refuse_other_shard(planned.folder, there, shard)


def _format_error(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return out_of_memory(error)
    return " ".join(str(error).split())[:500] or type(error).__name__


def _count(job: Chunk | ChunkEntry) -> int:
    return job.stop - (job.start if isinstance(job, Chunk) else job.first)


def _write_chunk(folder: ResultsFolder, jobs: Sequence[Chunk | ChunkEntry]) -> None:
    """Write a chunk of these jobs, in whatever order they came."""
    files = [job for job in jobs if isinstance(job, ChunkEntry)]
    if len(jobs) == len(files) == 1:
        damaged = folder.copy(folder.make_parts(), files[0], versions_here())
        if damaged:
            raise StoreError(f"a job of a chunk did not survive in {folder.path}: {'; '.join(damaged)}")
    else:
        folder.write(_joined(folder, jobs))
    folder.clear_parts_of(files)


def _joined(folder: ResultsFolder, jobs: Sequence[Chunk | ChunkEntry]) -> Chunk:
    chunks = []
    for job in jobs:
        if isinstance(job, Chunk):
            chunks.append(job)
            continue
        chunk, damaged = read_chunk(folder.make_parts(), job, folder.layout)
        if chunk is None:
            raise StoreError(f"a job of a chunk did not survive in {folder.path}: {'; '.join(damaged)}")
        chunks.append(chunk)
    chunks.sort(key=lambda chunk: chunk.start)
    tallies = chunks[0].tallies
    for chunk in chunks[1:]:
        tallies = tallies + chunk.tallies
    return Chunk(chunks[0].start, pd.concat([chunk.draws for chunk in chunks], ignore_index=True), tallies)


def _is_ours(finish: Finish | None) -> bool:
    """Whether a worker can import a `finish`: that of another module may not be importable, or refer to local state."""
    made = finish.func if isinstance(finish, partial) else finish
    return made is None or getattr(made, "__module__", "").partition(".")[0] == "sim"
