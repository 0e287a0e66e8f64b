"""Inside the worker process: one function after the other, as they come through the pipe."""

import os
import traceback
from collections.abc import Callable
from inspect import isgenerator
from multiprocessing.connection import Connection
from typing import Any

from sim.app.errors import Broken, Said
from sim.batch.work import start_worker
from sim.results.files import DamagedResults, StoreError
from sim.scenario import ScenarioError

RUN, STOP = "run", "stop"
DONE, GIVEN_UP, REFUSED = "done", "given up", "refused"
NICE = 10
TOLD = (ScenarioError, Said, StoreError, DamagedResults, OSError)  # what a reader can mend; all else is our fault


def work(connection: "Connection[Any, Any]") -> None:
    """Serve one pipe until it closes."""
    start_worker()
    if hasattr(os, "nice"):
        os.nice(NICE)
    while True:
        try:
            message = connection.recv()
        except EOFError:
            return
        if message[0] == RUN:
            _, number, function, arguments = message
            connection.send((number, *_called(connection, number, function, arguments)))


def _called(
    connection: "Connection[Any, Any]", number: int, function: Callable[..., Any], arguments: tuple[Any, ...]
) -> tuple[str, Any]:
    try:
        made = function(*arguments)
        while isgenerator(made):
            try:
                next(made)
            except StopIteration as end:
                made = end.value
                break
            if _stopped(connection, number):
                made.close()
                return GIVEN_UP, None
        return DONE, made
    except TOLD as error:
        return REFUSED, error
    except Exception:
        return REFUSED, Broken(traceback.format_exc())


def _stopped(connection: "Connection[Any, Any]", number: int) -> bool:
    """Whether this job is to be given up; what was said of jobs that are done is passed over."""
    stopped = False
    while connection.poll():
        stopped |= connection.recv() == (STOP, number)
    return stopped
