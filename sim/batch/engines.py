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

from sim.batch.losses import Losses
from sim.batch.stopping import Interruptible
from sim.batch.work import Part, play_part, start_worker
from sim.chunks import Chunk
from sim.store import ChunkEntry

PATIENCE = 2.0  # seconds for a worker to end
ONE_THREAD = tuple(f"{library}_NUM_THREADS" for library in ("OMP", "OPENBLAS", "MKL", "BLIS"))

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
        self.pool: ProcessPoolExecutor | None = None

    def play(self, parts: Iterator[Part]) -> Generator[tuple[Part, Answer], None, None]:
        """Each piece as it comes back; at most two a worker are on their way."""
        try:
            with _one_thread_each():
                while self._send(parts):
                    yield from self._receive()
        except BaseException:
            self._end_now()
            raise
        if self.pool is not None:
            self.pool.shutdown()

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
        except (BrokenProcessPool, OSError, RuntimeError):  # the last if no thread can be started
            self.unsent.append(part)

    def _receive(self) -> Iterator[tuple[Part, Answer]]:
        """What has come back, at least one; a pool that broke is given up with all that was on its way."""
        lost, self.unsent = self.unsent, []
        done = set(self.pending) if lost else self._first_done()
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
            self._end_now()
            for part in lost:
                yield from self._lost(part)

    def _first_done(self) -> set[Future[ChunkEntry]]:
        """What came back first; all that is on its way if a worker has ended and the pool does not notice it."""
        ended = False
        while True:
            with self.waiting:
                done = wait(self.pending, timeout=PATIENCE, return_when=FIRST_COMPLETED).done
            if done:
                return done
            alive = [process.is_alive() for process in self._processes()]
            if ended and not all(alive):
                return set(self.pending)
            ended = not all(alive)

    def _processes(self) -> list[BaseProcess]:
        """Those of the pool; there is no public way to them before Python 3.14."""
        return list((self.pool._processes or {}).values()) if self.pool is not None else []

    def _lost(self, part: Part) -> Iterator[tuple[Part, Answer]]:
        hint = "" if self.answered else "; a script that calls batch does so below `if __name__ == '__main__':`"
        given_up = self.losses.count(part, hint)
        if given_up is not None:
            yield part, given_up

    def _end_now(self) -> None:
        """End the workers, whatever they are doing."""
        if self.pool is None:
            return
        alive, pool, self.pool = self._processes(), self.pool, None
        self.pending.clear()
        pool.shutdown(wait=False, cancel_futures=True)
        for end in ("terminate", "kill"):
            for process in alive:
                getattr(process, end)()
            deadline = time.monotonic() + PATIENCE
            while alive and time.monotonic() < deadline:
                ended = wait_for_any([process.sentinel for process in alive], max(0.0, deadline - time.monotonic()))
                alive = [process for process in alive if process.sentinel not in ended]


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Workers read these before they load NumPy, so they must be set when they start."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
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
