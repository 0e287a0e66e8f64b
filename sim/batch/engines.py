"""Where jobs are played: in this process, or by workers that may be lost."""

import os
import signal
import time
from collections.abc import Callable, Collection, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, nullcontext
from multiprocessing import get_context
from multiprocessing.connection import wait as wait_for_any
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from sim.batch.work import Job, OutputJob, Retries, how_ended, play_job, start_worker, write_output_job
from sim.results.chunk_files import ChunkEntry
from sim.results.chunks import Chunk

PATIENCE = 2.0  # seconds for a worker to end
POLL = 1.0  # seconds between two checks whether anything has come
SILENCE = 600.0  # seconds without a result of any worker until all of them are given up
SLOWEST = 20  # times the longest wait so far, if that is more
WORKER_ENVIRONMENT = {
    **{f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "BLIS")},
    "PYTHONSAFEPATH": "1",  # else modules in the current folder would take the place of Python's own
}

AnyJob = Job | OutputJob
JobResult = Chunk | ChunkEntry | list[str] | Exception
PartsFolder = Callable[[AnyJob], str | None]
Waiting = AbstractContextManager[None]
Result = TypeVar("Result")


def play_here(
    play_one: Callable[[AnyJob], JobResult], jobs: Iterator[AnyJob]
) -> Generator[tuple[AnyJob, JobResult], None, None]:
    """Play jobs in this process, one after the other: each with its draws or what went wrong."""
    for job in jobs:
        try:
            result = play_one(job)
        except Exception as error:
            result = error
        yield job, result


class WorkerPool:
    """Processes that end with this one, compute with one thread each and ignore Ctrl-C; started when first needed.

    An `initializer` is called in each process before anything else, instead of `start_worker`, which it calls.
    """

    def __init__(self, count: int, initializer: Callable[..., None] | None = None, *arguments: Any) -> None:
        self.count, self.initializer, self.arguments = count, initializer, arguments
        self.processes: dict[int, BaseProcess] = {}
        self.longest = 0.0  # seconds that were waited for a result
        self._executor: ProcessPoolExecutor | None = None

    def submit(self, function: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Have a function of a module called in one of the processes, which are started anew after `end`.

        BrokenProcessPool, OSError, RuntimeError if a process ended, or none can be started.
        """
        with _worker_environment(), _not_interrupted():
            if self._executor is None:
                self._executor = ProcessPoolExecutor(
                    self.count, get_context("spawn"), self.initializer or start_worker, self.arguments
                )
            future = self._executor.submit(function, *arguments)
            self.processes.update(self._executor._processes or {})
        return future

    def wait(self, futures: Collection[Future[Result]], patience: float | None = None) -> set[Future[Result]]:
        """The first futures that are done; none if a process ended, or if none was done in so long.

        `patience`: seconds; None for so many that the processes must hang.
        """
        quiet, ended = 0.0, False
        while quiet < (patience or max(SILENCE, SLOWEST * self.longest)):
            began = time.monotonic()
            done = wait(futures, POLL, FIRST_COMPLETED).done
            quiet += min(time.monotonic() - began, 2 * POLL)  # more if this process was stopped with its workers
            if done:
                self.longest = max(self.longest, quiet)
                return done
            if ended and not self.all_alive():
                return set()  # the executor does not notice the end of every process
            ended = not self.all_alive()
        return set()

    def all_alive(self) -> bool:
        """Whether no process has ended."""
        return all(process.is_alive() for process in list(self.processes.values()))

    def end(self, at_once: bool = True) -> None:
        """End the processes, whatever they do; if not at once, those that do not end by themselves in a while."""
        if self._executor is None:
            return
        executor, self._executor = self._executor, None
        alive = list({**self.processes, **(executor._processes or {})}.values())  # no public way before Python 3.14
        self.processes.clear()
        executor.shutdown(wait=False, cancel_futures=True)
        for end in ("terminate", "kill") if at_once else ("", "terminate", "kill"):
            for process in alive if end else ():
                getattr(process, end)()
            deadline = time.monotonic() + PATIENCE
            while alive and time.monotonic() < deadline:
                ended = wait_for_any([process.sentinel for process in alive], max(0.0, deadline - time.monotonic()))
                for process in [each for each in alive if each.sentinel in ended]:
                    process.join(PATIENCE)
                    alive.remove(process)


class Workers:
    """Processes of their own. One that is lost costs what it was playing, and that is played again.

    Args:
        parts_folder: Where the chunks of a job go; None if it is not wanted any more.
        waiting: Within it, waiting may be interrupted.
    """

    def __init__(self, count: int, parts_folder: PartsFolder, waiting: Waiting | None = None) -> None:
        self.pool = WorkerPool(count)
        self.parts_folder, self.waiting = parts_folder, waiting or nullcontext()
        self.retries = Retries()
        self.one_alone = False
        self.pending: dict[Future[Any], AnyJob] = {}
        self.unsent: list[AnyJob] = []  # those at which the pool was found broken
        self.any_done = False

    def play(self, jobs: Iterator[AnyJob]) -> Generator[tuple[AnyJob, JobResult], None, None]:
        """Each job as it comes back; at most two a worker are on their way."""
        try:
            while self._send(jobs):
                yield from self._receive()
        except BaseException:
            self.pool.end()
            raise
        self.pool.end(at_once=False)

    def _send(self, jobs: Iterator[AnyJob]) -> bool:
        """Keep the workers busy; False when nothing is left to wait for."""
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
        """What has come back, at least one; a pool that broke is given up with all that was on its way."""
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


@contextmanager
def _worker_environment() -> Iterator[None]:
    """Workers read these before they load NumPy, so they must be set when they start."""
    before = {name: os.environ.get(name) for name in WORKER_ENVIRONMENT}
    os.environ.update(WORKER_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _not_interrupted() -> Iterator[None]:
    """A worker started here is deaf to Ctrl-C from its first instant: it inherits what is blocked."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
