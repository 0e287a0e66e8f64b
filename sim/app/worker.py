"""One process beside the server that computes everything, and its queue.

A session must not starve the machine: there is one worker, it and its helpers have low priority, each tab has one job
in the queue, and a job that nobody waits for is cancelled. A newer job of a tab replaces its older one.
"""

import itertools
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from importlib import import_module
from inspect import isgenerator
from multiprocessing.sharedctypes import RawValue
from typing import Any

from sim.app.errors import Busy, ProgramError, RequestError, Superseded, described
from sim.batch.pool import WorkerPool, start_worker
from sim.core.wording import shown
from sim.results.files import DamagedResults, StoreError

MOST_WAITING = 8  # tabs in the queue; the next one gets `Busy`
TOO_LONG = "this took longer than {:.0f} seconds and was stopped; ask for fewer runs, or play it with `peacesim batch`"
ENDED = (
    "the process that computes ended before it had an answer, perhaps for lack of memory; it is started anew when you "
    "ask again"
)
LONGEST = 600.0  # seconds of one job; a worker that takes longer is ended, and the next job has a new one
NICE = 10
DONE, GIVEN_UP, REFUSED = "done", "given up", "refused"
EXPECTED = (RequestError, StoreError, DamagedResults, OSError)  # and ScenarioError: errors that a reader can fix
FIRST_USED = ("sim.app.answer", "sim.app.controls", "sim.model.peace_talks")  # slow to import
Function = Callable[..., Any] | str  # a function, or its name as `MODULE:NAME`, imported only in the worker


@dataclass(eq=False)
class Job:
    """A function to be called in the worker."""

    tab: str  # the tab; its newer job replaces one that waits or runs
    urgent: bool  # whether it goes before refinements of other tabs, and interrupts one that runs
    number: int
    call: tuple[Function, tuple[Any, ...]]
    answer: "Future[Any]" = field(default_factory=Future)
    given_up: bool = False  # whether it was cancelled


class Worker:
    """The worker process, started with the first job and restarted if it dies."""

    def __init__(self, longest: float = LONGEST) -> None:
        self.longest = longest
        self.given_up = RawValue("q", 0)  # number of the job that the process is to cancel
        self.compiled = RawValue("q", 0)  # how many functions the process has compiled so far
        self.pool = WorkerPool(1, _start, self.given_up, self.compiled)
        self.waiting: dict[str, Job] = {}
        self.running: Job | None = None
        self.closed = False
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        threading.Thread(target=self._serve, daemon=True, name="worker").start()

    def submit(self, tab: str, function: Function, *arguments: Any, urgent: bool = True) -> Job:
        """Submit a function to the worker.

        Args:
            function: Takes and returns plain data. If it is a generator function, it may be cancelled at each `yield`,
                and its return value is the result. One that takes longer than a quarter of a second should be one.
            urgent: False for refinements of an earlier result: they yield to first results and then start again, so
                they should cache what they have computed.

        Returns:
            The job; its `answer` raises what the function raised, or `Superseded`.

        A Busy if too many tabs wait already.
        """
        with self._changed:
            older = self.waiting.pop(tab, None)
            if older is not None:
                _settle(older, Superseded("a newer request of this tab took its place"))
            if len(self.waiting) >= MOST_WAITING or self.closed:
                raise Busy(f"{MOST_WAITING} tabs wait for an answer already; close some, or try again in a moment")
            job = Job(tab, urgent, next(self._numbers), (function, arguments))
            self.waiting[tab] = job
            running = self.running
            if running is not None and running.tab == tab:
                self._give_up(running)
            elif running is not None and urgent and not running.urgent:
                self._stop(running)
            self._changed.notify_all()
        return job

    def start(self) -> None:
        """Start the process now, while the server starts."""
        self.submit("start", load_modules, urgent=False)

    def give_up(self, job: Job) -> None:
        """Drop a waiting job, or cancel it if it runs."""
        with self._changed:
            if self.waiting.get(job.tab) is job:
                del self.waiting[job.tab]
                job.answer.cancel()
            elif self.running is job:
                self._give_up(job)

    def close(self) -> None:
        """End the process; waiting jobs raise `Busy`."""
        with self._changed:
            self.closed = True
            jobs = [*self.waiting.values(), *([self.running] if self.running else [])]
            self.waiting.clear()
            for job in jobs:
                _settle(job, Busy("the page is being closed"))
            self.pool.end()
            self._changed.notify_all()

    def _give_up(self, job: Job) -> None:
        job.given_up = True
        self._stop(job)

    def _stop(self, job: Job) -> None:
        """Cancel a job at the next `yield` of its function."""
        self.given_up.value = job.number

    def _serve(self) -> None:
        """Run one job after the other in the process."""
        while True:
            with self._changed:
                while not self.waiting and not self.closed:
                    self._changed.wait()
                if self.closed:
                    return
                job = min(self.waiting.values(), key=lambda each: (not each.urgent, each.number))
                del self.waiting[job.tab]
                self.running = job
                self.given_up.value = 0
            outcome, value = self._called(job)
            with self._changed:
                self.running = None
                self._settled(job, outcome, value)

    def _settled(self, job: Job, outcome: str, value: Any) -> None:
        if job.given_up:
            _settle(job, Superseded("nobody waited for this any more"))
        elif outcome == GIVEN_UP and job.tab in self.waiting:
            _settle(job, Superseded("a newer request of this tab took its place"))
        elif outcome == GIVEN_UP and not self.closed:
            self.waiting[job.tab] = job  # interrupted by an urgent job; it is queued again
        elif outcome == DONE:
            _settle(job, None, value)
        else:
            _settle(job, value)

    def _called(self, job: Job) -> tuple[str, Any]:
        """Return how a job ended: `DONE` with its result, `GIVEN_UP`, or `REFUSED` with the error for its reader."""
        try:
            with self._changed:
                if self.closed:
                    return REFUSED, Busy("the page is being closed")
                if not self.pool.all_alive():
                    self.pool.end()  # the process ended between two jobs
                future = self.pool.submit(_call, job.number, *job.call)
            if not self.pool.wait([future], self.longest):
                alive = self.pool.all_alive()
                self.pool.end()
                return REFUSED, ProgramError(TOO_LONG.format(self.longest) if alive else ENDED)
            return future.result()
        except (BrokenProcessPool, OSError):
            self.pool.end()
            return REFUSED, ProgramError(ENDED)
        except Exception as error:
            print(f"peacesim: {shown(error, 400)}", file=sys.stderr)
            return REFUSED, ProgramError("this is a fault of the program; the terminal in which it runs says more")


def _settle(job: Job, error: BaseException | None, answer: Any = None) -> None:
    """Set the result of a job, unless it was cancelled."""
    if job.answer.set_running_or_notify_cancel() if not job.answer.done() and not job.answer.running() else False:
        if error is not None:
            job.answer.set_exception(error)
        else:
            job.answer.set_result(answer)


_given_up: Any = None  # in the worker process


def _start(given_up: Any, compiled: Any) -> None:
    """Prepare the worker process."""
    from sim.core.compiled import on_compiling  # with NumPy, which the server does without

    global _given_up
    _given_up = given_up
    start_worker()

    def count() -> None:
        compiled.value += 1

    on_compiling(count)
    if hasattr(os, "nice"):
        os.nice(NICE)


def _named(function: Function) -> Callable[..., Any]:
    if not isinstance(function, str):
        return function
    module, _, name = function.partition(":")
    called: Callable[..., Any] = getattr(import_module(module), name)
    return called


def load_modules() -> None:
    """Import what the first job needs, ahead of time."""
    for name in FIRST_USED:
        import_module(name)


def _call(number: int, function: Function, arguments: tuple[Any, ...]) -> tuple[str, Any]:
    """Run a job in the worker process.

    A RuntimeError with the error in one line, for a bug.
    """
    try:
        found = _named(function)(*arguments)
        while isgenerator(found):
            try:
                next(found)
            except StopIteration as end:
                found = end.value
                break
            if _given_up.value == number:
                found.close()
                return GIVEN_UP, None
        return DONE, found
    except Exception as error:
        from sim.scenario import ScenarioError

        if isinstance(error, (*EXPECTED, ScenarioError)):
            return REFUSED, error
        raise RuntimeError(described(error)) from None
