"""Where pieces are played: in this process, or by workers that may be lost."""

import os
import signal
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from multiprocessing import get_context
from multiprocessing.connection import wait as wait_for_any
from multiprocessing.process import BaseProcess
from typing import Protocol

from sim.batch.stopping import Interruptible
from sim.batch.work import Losses, Part, how_ended, play_part, start_worker
from sim.results.chunk_files import ChunkEntry
from sim.results.chunks import Chunk

PATIENCE = 2.0  # seconds for a worker to end
LOOK = 1.0  # seconds between two looks at whether anything has come
SILENCE = 600.0  # seconds without an answer of any worker until all of them are given up
SLOWEST = 20  # times the longest wait so far, if that is more
WORKER_ENVIRONMENT = {
    **{f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "BLIS")},
    "PYTHONSAFEPATH": "1",  # else modules in the current folder would take the place of Python's own
}

Answer = Chunk | ChunkEntry | Exception


class Engine(Protocol):
    """Plays pieces, in any order."""

    def play(self, parts: Iterator[Part]) -> Generator[tuple[Part, Answer], None, None]:
        """Each piece with what came of it: its draws, the entry of the file they lie in, or what went wrong."""


class Here:
    """This process.

    Args:
        play_one: Plays a piece.
    """

    def __init__(self, play_one: Callable[[Part], Chunk]) -> None:
        self.play_one = play_one

    def play(self, parts: Iterator[Part]) -> Generator[tuple[Part, Answer], None, None]:
        """Each piece in turn."""
        for part in parts:
            try:
                answer: Answer = self.play_one(part)
            except Exception as error:
                answer = error
            yield part, answer


class Workers:
    """Processes of their own. One that is lost costs what it was playing, and that is played again.

    Args:
        count: How many.
        pieces: The folder for the pieces of a results folder; None if they are not wanted any more.
        waiting: Within it, waiting may be interrupted.
    """

    def __init__(
        self, count: int, pieces: Callable[[Part], str | None], waiting: Interruptible | None = None
    ) -> None:
        self.count, self.pieces, self.waiting = count, pieces, waiting or nullcontext()
        self.losses = Losses()
        self.one_alone = False
        self.pending: dict[Future[ChunkEntry], Part] = {}
        self.unsent: list[Part] = []  # those at which the pool was found broken
        self.answered = False
        self.longest = 0.0  # seconds that were waited for an answer
        self.started: dict[int, BaseProcess] = {}  # the processes of the pool
        self.pool: ProcessPoolExecutor | None = None

    def play(self, parts: Iterator[Part]) -> Generator[tuple[Part, Answer], None, None]:
        """Each piece as it comes back; at most two a worker are on their way."""
        try:
            with _worker_environment():
                while self._send(parts):
                    yield from self._receive()
        except BaseException:
            self._end_now()
            raise
        self._end_now(at_once=False)

    def _send(self, parts: Iterator[Part]) -> bool:
        """Keep the workers busy; False when nothing is left to wait for."""
        while len(self.pending) < 2 * self.count and not self.unsent:
            if self.pending and (self.one_alone or self.losses.suspects):
                break
            self.one_alone = bool(self.losses.suspects)
            queue = self.losses.suspects or self.losses.again
            part = queue.popleft() if queue else next(parts, None)
            if part is None:
                break
            self._submit(part)
        return bool(self.pending or self.unsent)

    def _submit(self, part: Part) -> None:
        pieces = self.pieces(part)
        if pieces is None:
            return
        if self.pool is None:
            self.pool = ProcessPoolExecutor(self.count, mp_context=get_context("spawn"), initializer=start_worker)
        try:
            with _not_interrupted():
                self.pending[self.pool.submit(play_part, part, pieces)] = part
                self.started.update(self.pool._processes or {})
        except (BrokenProcessPool, OSError, RuntimeError):  # the last if no thread can be started
            self.unsent.append(part)

    def _receive(self) -> Iterator[tuple[Part, Answer]]:
        """What has come back, at least one; a pool that broke is given up with all that was on its way."""
        lost, self.unsent = self.unsent, []
        done = set(self.pending) if lost else self._wait()
        silent = not (lost or done) and self._all_alive()
        done = done or set(self.pending)
        while done:
            future = done.pop()
            part = self.pending.pop(future)
            if not future.done() or isinstance(future.exception(), BrokenProcessPool):
                lost.append(part)
                done |= set(self.pending)  # the pool ends as a whole
                continue
            error = future.exception()
            self.answered = True
            if error is not None and not isinstance(error, Exception):
                raise error
            yield part, error or future.result()
        if lost:
            why = "did not answer any more" if silent else how_ended(self.started.values())
            self._end_now()
            for part in lost:
                yield from self._lost(part, why)

    def _wait(self) -> set[Future[ChunkEntry]]:
        """What has come back; nothing if no worker has answered for so long that they must be stuck, or stopped."""
        quiet, gone = 0.0, False
        with self.waiting:
            while quiet < max(SILENCE, SLOWEST * self.longest):
                began = time.monotonic()
                done = wait(self.pending, LOOK, FIRST_COMPLETED).done
                quiet += min(time.monotonic() - began, 2 * LOOK)  # more if this process was stopped with its workers
                if done:
                    self.longest = max(self.longest, quiet)
                    return done
                if gone and not self._all_alive():
                    return set()  # the pool does not notice the end of every worker
                gone = not self._all_alive()
        return set()

    def _all_alive(self) -> bool:
        return all(process.is_alive() for process in self.started.values())

    def _lost(self, part: Part, why: str) -> Iterator[tuple[Part, Answer]]:
        hint = "" if self.answered else "; a script that calls batch does so below `if __name__ == '__main__':`"
        given_up = self.losses.count(part, why, hint)
        if given_up is not None:
            yield part, given_up

    def _end_now(self, at_once: bool = True) -> None:
        """End the workers, whatever they are doing; if not at once, those that do not end by themselves in a while."""
        if self.pool is None:
            return
        pool, self.pool = self.pool, None
        self.pending.clear()
        alive = list({**self.started, **(pool._processes or {})}.values())  # no public way before Python 3.14
        self.started.clear()
        pool.shutdown(wait=False, cancel_futures=True)
        for end in ("terminate", "kill") if at_once else ("", "terminate", "kill"):
            for process in alive if end else ():
                getattr(process, end)()
            deadline = time.monotonic() + PATIENCE
            while alive and time.monotonic() < deadline:
                ended = wait_for_any([process.sentinel for process in alive], max(0.0, deadline - time.monotonic()))
                for process in [each for each in alive if each.sentinel in ended]:
                    process.join(PATIENCE)
                    alive.remove(process)


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
