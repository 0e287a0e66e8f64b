"""Engines that play jobs: in this process, or in workers that may be lost."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from sim.batch.pool import WorkerPool
from sim.batch.work import Job, OutputJob, Retries, how_ended, play_job, write_output_job
from sim.results.chunk_files import ChunkEntry
from sim.results.chunks import Chunk

AnyJob = Job | OutputJob
JobResult = Chunk | ChunkEntry | list[str] | Exception
PartsFolder = Callable[[AnyJob], str | None]
Waiting = AbstractContextManager[None]


def play_here(
    play_one: Callable[[AnyJob], JobResult], jobs: Iterator[AnyJob]
) -> Generator[tuple[AnyJob, JobResult], None, None]:
    """Play jobs in this process, one after the other; yields each with its draws or its error."""
    for job in jobs:
        try:
            result = play_one(job)
        except Exception as error:
            result = error
        yield job, result


class Workers:
    """Worker processes; the job of a lost one is played again. Within `waiting`, waiting may be interrupted."""

    def __init__(self, count: int, parts_folder: PartsFolder, waiting: Waiting | None = None) -> None:
        self.pool = WorkerPool(count)
        self.parts_folder, self.waiting = parts_folder, waiting or nullcontext()
        self.retries = Retries()
        self.one_alone = False
        self.pending: dict[Future[Any], AnyJob] = {}
        self.unsent: list[AnyJob] = []  # jobs at whose submission the pool was broken
        self.any_done = False

    def play(self, jobs: Iterator[AnyJob]) -> Generator[tuple[AnyJob, JobResult], None, None]:
        """Yield each job as it finishes; at most two a worker are submitted."""
        try:
            while self._send(jobs):
                yield from self._receive()
        except BaseException:
            self.pool.end()
            raise
        self.pool.end(at_once=False)

    def _send(self, jobs: Iterator[AnyJob]) -> bool:
        """Submit jobs; False when nothing is left to wait for."""
        while len(self.pending) < 2 * self.pool.count and not self.unsent:
            if self.pending and (self.one_alone or self.retries.suspects):
                break
            self.one_alone = bool(self.retries.suspects)
            queue = self.retries.suspects or self.retries.again
            job = queue.popleft() if queue else next(jobs, None)
            if job is None:
                break
            folder = self.parts_folder(job)
            if folder is None:
                continue
            try:
                if isinstance(job, OutputJob):
                    self.pending[self.pool.submit(write_output_job, job)] = job
                else:
                    self.pending[self.pool.submit(play_job, job, folder)] = job
            except (BrokenProcessPool, OSError, RuntimeError):  # the last if no thread can be started
                self.unsent.append(job)
        return bool(self.pending or self.unsent)

    def _receive(self) -> Iterator[tuple[AnyJob, JobResult]]:
        """Return finished jobs, at least one; a broken pool loses all of its jobs."""
        lost, self.unsent, done = self.unsent, [], set(self.pending)
        if not lost:
            with self.waiting:
                done = self.pool.wait(self.pending)
        silent = not (lost or done) and self.pool.all_alive()
        done = done or set(self.pending)
        while done:
            future = done.pop()
            job = self.pending.pop(future)
            if not future.done() or isinstance(future.exception(), BrokenProcessPool):
                lost.append(job)
                done |= set(self.pending)  # the pool ends as a whole
                continue
            error = future.exception()
            self.any_done = True
            if error is not None and not isinstance(error, Exception):
                raise error
            yield job, error or future.result()
        if lost:
            why = "did not answer any more" if silent else how_ended(self.pool.processes.values())
            self.pool.end()
            hint = "" if self.any_done else "; a script that calls batch does so below `if __name__ == '__main__':`"
            for job in lost:
                given_up = self.retries.lost(job, why, hint)
                if given_up is not None:
                    yield job, given_up
