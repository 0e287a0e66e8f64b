"""One process beside the server in which everything is computed, and the line of those who wait for it.

A session must not starve the machine: there is one worker, it and its hands are nice to others, each tab has one place
in the line, and what nobody waits for any more is given up. A newer request of a tab takes the place of its older one.
"""

import atexit
import itertools
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

from sim.app.errors import Broken, Busy, Replaced
from sim.app.worker_process import DONE, GIVEN_UP, REFUSED, RUN, STOP, work

MOST_WAITING = 8  # tabs in the line; the next is told to come back
LONGEST = 600.0  # seconds of one job; a worker that takes longer is ended, and the next job has a new one
OFTEN = 0.5  # seconds between two looks at the clock


@dataclass(eq=False)
class Job:
    """A function to be called in the worker.

    Attributes:
        tab: Who asks; one job of a tab waits or runs, a newer one takes its place.
        urgent: Whether it goes before refinements of other tabs, and stops one that runs.
        number: Of the job, in the order in which they came.
        call: The function and its arguments.
        answer: What it returned, once it has.
        given_up: Whether nobody wants it any more.
    """

    tab: str
    urgent: bool
    number: int
    call: tuple[Callable[..., Any], tuple[Any, ...]]
    answer: "Future[Any]" = field(default_factory=Future)
    given_up: bool = False


class Worker:
    """The worker process, started when something is asked of it, and again should it die."""

    def __init__(self, longest: float = LONGEST) -> None:
        self.longest = longest
        self.process: Any = None
        self.connection: Any = None
        self.waiting: dict[str, Job] = {}
        self.running: Job | None = None
        self.closed = False
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        atexit.register(self.close)  # Python would wait for the process
        threading.Thread(target=self._serve, daemon=True, name="worker").start()

    def ask(self, tab: str, function: Callable[..., Any], *arguments: Any, urgent: bool = True) -> Job:
        """Have a function called in the worker.

        Args:
            tab: Who asks.
            function: A function of a module (it is found there by name); takes and returns plain data. If it is a
                generator function, each `yield` is a place at which it may be given up, and what it returns is the
                answer. One that takes longer than a quarter of a second should be one.
            arguments: Of the function.
            urgent: False for what refines an answer that is there: it yields to those who have none yet, and is then
                called again from the start, so it should keep what it has computed.

        Returns:
            The job; its `answer` raises what the function raised, or `Replaced`.

        Raises:
            Busy: if too many tabs wait already.
        """
        with self._changed:
            older = self.waiting.pop(tab, None)
            if older is not None:
                _settle(older, Replaced("a newer request of this tab took its place"))
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

    def give_up(self, job: Job) -> None:
        """Nobody waits for this job any more."""
        with self._changed:
            if self.waiting.get(job.tab) is job:
                del self.waiting[job.tab]
                job.answer.cancel()
            elif self.running is job:
                self._give_up(job)

    def close(self) -> None:
        """End the process; whoever waits is told."""
        with self._changed:
            self.closed = True
            jobs = [*self.waiting.values(), *([self.running] if self.running else [])]
            self.waiting.clear()
            for job in jobs:
                _settle(job, Busy("the page is being closed"))
            self._end()
            self._changed.notify_all()

    def _give_up(self, job: Job) -> None:
        job.given_up = True
        self._stop(job)

    def _stop(self, job: Job) -> None:
        """Tell the process, which hears it at the next `yield` of the function."""
        try:
            if self.connection is not None:
                self.connection.send((STOP, job.number))
        except OSError:
            pass  # it is dead, which the serving thread finds out by itself

    def _serve(self) -> None:
        """Hand one job after the other to the process."""
        while True:
            with self._changed:
                while not self.waiting and not self.closed:
                    self._changed.wait()
                if self.closed:
                    return
                job = min(self.waiting.values(), key=lambda each: (not each.urgent, each.number))
                del self.waiting[job.tab]
                self.running = job
            try:
                kind, said = self._done(job)
            except Broken as broken:
                kind, said = REFUSED, broken
            with self._changed:
                self.running = None
                self._settled(job, kind, said)

    def _settled(self, job: Job, kind: str, said: Any) -> None:
        if job.given_up:
            _settle(job, Replaced("nobody waited for this any more"))
        elif kind == GIVEN_UP and job.tab in self.waiting:
            _settle(job, Replaced("a newer request of this tab took its place"))
        elif kind == GIVEN_UP and not self.closed:
            self.waiting[job.tab] = job  # it made room for somebody else; its turn comes again
        elif kind == DONE:
            _settle(job, None, said)
        else:
            _settle(job, said)

    def _done(self, job: Job) -> tuple[str, Any]:
        """What the process says of a job.

        Raises:
            Broken: if it died, or took too long and was ended.
        """
        try:
            with self._changed:
                self._start()
                connection = self.connection
                connection.send((RUN, job.number, *job.call))
            until = time.monotonic() + self.longest
            while not connection.poll(OFTEN):
                if time.monotonic() > until:
                    raise Broken(f"this took longer than {self.longest:.0f} seconds and was stopped; ask for fewer "
                                 f"runs, or play it with `peacesim batch`")  # fmt: skip
            number, kind, said = connection.recv()
            assert number == job.number
            if isinstance(said, Broken):
                print(f"peacesim: {said.args[0]}", file=sys.stderr)
                said = Broken("this is a fault of the program; the terminal in which it runs says more")
            return kind, said
        except Broken:
            self._end()
            raise
        except (EOFError, OSError):
            self._end()
            raise Broken("the process that computes ended before it had an answer, perhaps for lack of memory; it is "
                         "started anew when you ask again") from None  # fmt: skip

    def _start(self) -> None:
        if self.process is not None and self.process.is_alive():
            return
        self._end()
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs,), name="peacesim worker")  # no daemon: it has hands
        self.process.start()
        theirs.close()

    def _end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join(5)
        if self.connection is not None:
            self.connection.close()
        self.process = self.connection = None


def _settle(job: Job, error: BaseException | None, answer: Any = None) -> None:
    """Give a job its answer, unless whoever asked has gone."""
    if job.answer.set_running_or_notify_cancel() if not job.answer.done() and not job.answer.running() else False:
        if error is not None:
            job.answer.set_exception(error)
        else:
            job.answer.set_result(answer)
