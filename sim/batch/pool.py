"""Worker processes on this machine, which alone import what they compute."""

import os
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as wait_for_any
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

PATIENCE = 2.0  # seconds for a worker to end
POLL = 1.0  # seconds between two checks whether anything has come
SILENCE = 600.0  # seconds without a result of any worker until all of them are given up
SLOWEST = 20  # times the longest wait so far, if that is more
WORKER_ENVIRONMENT = {
    **{f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "BLIS")},
    "PYTHONSAFEPATH": "1",  # else modules in the current folder would shadow Python's own
}

Result = TypeVar("Result")


def start_worker() -> None:
    """Leave Ctrl-C to the parent, and end with it: an orphaned worker would wait for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait_for_any([parent.sentinel])
        os._exit(1)


class WorkerPool:
    """Processes that end with this one, compute with one thread each and ignore Ctrl-C; started when first needed.

    An `initializer` runs first in each process, in place of `start_worker`, which it must call.
    """

    def __init__(self, count: int, initializer: Callable[..., None] | None = None, *arguments: Any) -> None:
        self.count, self.initializer, self.arguments = count, initializer, arguments
        self.processes: dict[int, BaseProcess] = {}
        self.longest = 0.0  # longest wait for a result, seconds
        self._executor: ProcessPoolExecutor | None = None

    def submit(self, function: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Call a function of a module in one of the processes, which are restarted after `end`.

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
        """Return the first futures that are done; none if a process ended, or on timeout.

        `patience`: seconds; None for a time after which the processes must hang.
        """
        quiet, ended = 0.0, False
        while quiet < (patience or max(SILENCE, SLOWEST * self.longest)):
            began = time.monotonic()
            done = wait(futures, POLL, FIRST_COMPLETED).done
            quiet += min(time.monotonic() - began, 2 * POLL)  # more if this process was suspended with its workers
            if done:
                self.longest = max(self.longest, quiet)
                return done
            if ended and not self.all_alive():
                return set()  # the executor does not notice the end of every process
            ended = not self.all_alive()
        return set()

    def all_alive(self) -> bool:
        """Return whether no process has ended."""
        return all(process.is_alive() for process in list(self.processes.values()))

    def end(self, at_once: bool = True) -> None:
        """End the processes; those that do not end by themselves in a while are killed."""
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
                wait_for_any([process.sentinel for process in alive], max(0.0, deadline - time.monotonic()))
                alive = [process for process in alive if process.exitcode is None]  # or the executor collects it now


@contextmanager
def _worker_environment() -> Iterator[None]:
    """Set the environment that workers read before they import NumPy."""
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
    """Block Ctrl-C while a worker is started, which inherits the blocked signals."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
