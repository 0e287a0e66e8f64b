"""The page on which results are looked through, two of them are compared, and all of it is downloaded."""

import asyncio
import re
from pathlib import Path, PurePosixPath

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from sim.app.errors import NotFound, RequestError
from sim.app.home import read_json, respond, session, text_of
from sim.app.page import Page
from sim.app.place import Place
from sim.app.rendering import render
from sim.app.results_answer import card, one
from sim.app.results_compare import compared, drawn, page
from sim.app.results_files import TYPES, is_plain_picture, safe_csv, safe_page
from sim.app.results_place import HERE, MOST_NAME, RESULTS, listed, listed_file, opened_on, results_folder

AT_ONCE = asyncio.Semaphore(3)  # files that are read at one time, since each is held in memory


async def show(request: Request) -> Response:
    """The list; with `at` one result of it, with `at` and `with` two side by side."""
    there = session(request).place
    found, cut = await run_in_threadpool(listed, there)
    names = [each.name for each in found]
    at, other = (request.query_params.get(key, "") for key in ("at", "with"))
    for name in filter(None, (at, other)):
        results_folder(there, name)
    if not at and "list" not in request.query_params and opened_on(there) in names:
        at = opened_on(there)
    return render(
        request, "results.html", "results", found=found, cut=cut, at=at, other=other,
        choices=[each.name for each in found if each.kind == RESULTS],
    )  # fmt: skip


def _folder(request: Request, name: str) -> str:
    return str(results_folder(session(request).place, name))


def _lies_within(name: str) -> bool:
    """Whether the folder in which results lie is one that the page looks through, too."""
    return name != HERE


async def post_card(request: Request) -> Response:
    """A row of the list."""
    found = await read_json(request)
    name = text_of(found, "at")
    return await respond(request, card, _folder(request, name), _lies_within(name), urgent=False)


async def post_one(request: Request) -> Response:
    """One result."""
    found = await read_json(request)
    name = text_of(found, "at")
    return await respond(request, one, _folder(request, name), _lies_within(name))


async def _two(request: Request) -> tuple[str, str]:
    found = await read_json(request)
    first, second = (_folder(request, text_of(found, key)) for key in ("at", "with"))
    if first == second:
        raise RequestError("these are the same results; choose two that differ")
    return first, second


async def post_compared(request: Request) -> Response:
    """Two results side by side."""
    found = await read_json(request)
    within = all(_lies_within(text_of(found, key)) for key in ("at", "with"))
    return await respond(request, compared, *await _two(request), within)


async def post_drawn(request: Request) -> Response:
    """A chart of two results side by side."""
    first, second = await _two(request)
    return await respond(request, drawn, first, second, text_of(await read_json(request), "name"))


async def post_page(request: Request) -> Response:
    """The page of two results that stands on its own."""
    return await respond(request, page, *await _two(request))


async def get_file(request: Request) -> Response:
    """A file that `run.json` lists, held against its hash, to be kept or to be shown as a picture; never opened here.

    It comes as an attachment, so no browser shows it as a page of this address, where it would be one of ours.
    """
    at, name = (request.query_params.get(key, "") for key in ("at", "name"))
    folder = results_folder(session(request).place, at)
    kind = TYPES.get(PurePosixPath(name).suffix)
    if kind is None or len(name) > MOST_NAME:
        raise NotFound("there is no such file here")
    async with AT_ONCE:
        data = await run_in_threadpool(_handed_out, folder, name)
    saved = re.sub(r"[^A-Za-z0-9._-]", "_", f"{folder.name}-{name.replace('/', '-')}")[-150:]
    return Response(data, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{saved}"'})


def _handed_out(folder: Path, name: str) -> bytes:
    data = listed_file(folder, name)
    if name.endswith(".svg") and not is_plain_picture(data):
        raise RequestError("this picture holds more than a picture may, so it is neither shown nor handed out")
    if name.endswith(".csv"):
        try:
            return safe_csv(data)
        except ValueError as error:
            raise RequestError(str(error)) from None
    return safe_page(data) if name.endswith(".html") else data


def opens_on(place: Place) -> bool:
    """Whether this page is the one to see first: on results, or in a folder that has them and no scenario files."""
    return place.results or (not place.given and not place.scenarios() and bool(listed(place)[0]))


PAGE = Page(
    "results",
    show,
    posts={"card": post_card, "one": post_one, "compared": post_compared, "drawn": post_drawn, "page": post_page},
    gets={"file": get_file},
    static=("results.js", "results.css"),
)
