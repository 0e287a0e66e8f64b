"""What all pages share: the page type, the session, the worker, and how a request becomes a response."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from sim.app.changed import ChangedFile, Changes
from sim.app.errors import RequestError, Superseded
from sim.app.place import Place
from sim.app.worker import Function, Worker

POLL = 0.2  # seconds between two checks whether the browser is still connected
MOST_DRAWS = 20_000  # of one result on the page; `batch` plays more
Answer = Callable[[Request], Awaitable[Response]]
Reader = Callable[[Mapping[str, Any]], Any]
_TAB = re.compile(r"[a-z0-9-]{1,40}")


@dataclass(frozen=True)
class Session:
    """The state of one running page."""

    place: Place
    worker: Worker
    draws: int  # how many runs a result is refined to
    seed: int
    as_results: bool = False  # whether it is that of the results folder on which the page was opened
    shared: bool = False  # whether other machines may open it; nothing is written for them


def session(request: Request) -> Session:
    """Return the session that a request belongs to."""
    found: Session = request.app.state.session
    return found


async def read_json(request: Request) -> Mapping[str, Any]:
    """The JSON object that a POST brings; a RequestError if it is none."""
    try:
        found = await request.json()
    except (ValueError, RecursionError):
        raise RequestError("the request is no JSON") from None
    except ClientDisconnect:
        raise RequestError("the request was longer than it said") from None
    if not isinstance(found, dict):
        raise RequestError("the request is no JSON object")
    return found


async def read_request(request: Request) -> tuple[Mapping[str, Any], ChangedFile]:
    """What a POST brings, and the scenario file that it is about, with what is changed in it.

    Raises:
        NotFound: if it names no file that this page may read.
        RequestError: if it is none, or its changes are none.
    """
    current, found = session(request), await read_json(request)
    path = current.place.scenario(text_of(found, "file"))
    return found, ChangedFile(str(path), Changes.of(found), current.seed)


async def compute(request: Request, function: Function, *arguments: Any, urgent: bool = True) -> Any:
    """What a function returns in the worker; given up if the browser goes away or the tab asks for something newer.

    Args:
        request: Its header `X-Tab` names the tab.
        function: See `Worker.submit`: plain data in and out, a generator function if it takes long.
        urgent: False for what refines an answer that is there.

    Raises:
        RequestError: with a message for the reader.
        ScenarioError: the faults of a file.
    """
    worker = session(request).worker
    tab = request.headers.get("x-tab", "none")
    if not _TAB.fullmatch(tab):
        raise RequestError("the header X-Tab is no name of a tab")
    job = worker.submit(tab, function, *arguments, urgent=urgent)
    answer = asyncio.wrap_future(job.answer)
    try:
        while True:
            done, _ = await asyncio.wait({answer}, timeout=POLL)
            if done:
                return answer.result()
            if await request.is_disconnected():
                raise Superseded("nobody waited for this any more")
    finally:
        if not answer.done():
            worker.give_up(job)


async def respond(request: Request, function: Function, *arguments: Any, urgent: bool = True) -> Response:
    """The same as JSON."""
    return JSONResponse(await compute(request, function, *arguments, urgent=urgent))


def route(function: Function, *readers: Reader, urgent: bool = True) -> Answer:
    """Make a handler of a POST about a scenario file, which calls a function in the worker.

    Args:
        function: Takes the file with its changes, then the values of the readers.
        readers: Each takes the JSON object of the request.
        urgent: False for refinements of an earlier result.
    """

    async def answer(request: Request) -> Response:
        found, about = await read_request(request)
        return await respond(request, function, about, *(read(found) for read in readers), urgent=urgent)

    return answer


def text_of(found: Mapping[str, Any], key: str, most: int = 500) -> str:
    """Read a string of a request; a RequestError if it is missing, no string or too long."""
    value = found.get(key)
    if not isinstance(value, str) or len(value) > most:
        raise RequestError(f"the request has no text {key} of at most {most} characters")
    return value


def count_of(found: Mapping[str, Any], key: str, low: int, high: int) -> int:
    """Read an integer of a request, within bounds; a RequestError otherwise."""
    value = found.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise RequestError(f"{key} is a whole number from {low:,} to {high:,}")
    return value


@dataclass(frozen=True)
class Page:
    """One page of the app."""

    name: str  # in its address, `/NAME`, and in the keys of its messages; `NAME.title` is its name in the navigation
    show: Answer  # handles GET `/NAME` and returns HTML
    posts: dict[str, Answer]  # POST handlers, by the end of the address: `answer` is `/NAME/answer`
    gets: dict[str, Answer]  # GET handlers likewise, for data and pictures
    static: tuple[str, ...] = ()  # its files in `static/`
    # whether it applies to what the page was opened on
    applies: Callable[[Place], bool] = lambda place: True
