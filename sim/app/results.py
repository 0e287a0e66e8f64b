"""The page that browses results, compares two of them and offers downloads."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from sim.app.errors import NotFound, RequestError
from sim.app.home import Answer, Page, Reader, read_json, respond, session, text_of
from sim.app.place import Place
from sim.app.rendering import render
from sim.app.results_files import TYPES, is_plain_picture, safe_csv, safe_page
from sim.app.results_place import HERE, MOST_NAME, RESULTS, listed, listed_file, opened_on, results_folder

AT_ONCE = asyncio.Semaphore(3)  # files read at one time, since each is in memory


async def show(request: Request) -> Response:
    """The list; with `at` one result of it, with `at` and `with` two side by side."""
    place = session(request).place
    found, cut = await run_in_threadpool(listed, place)
    names = [each.name for each in found]
    at, other = (request.query_params.get(key, "") for key in ("at", "with"))
    for name in filter(None, (at, other)):
        results_folder(place, name)
    if not at and "list" not in request.query_params and opened_on(place) in names:
        at = opened_on(place)
    return render(
        request, "results.html", "results", found=found, cut=cut, at=at, other=other,
        choices=[each.name for each in found if each.kind == RESULTS],
    )  # fmt: skip


def _about(function: str, keys: Sequence[str], *readers: Reader, urgent: bool = True) -> Answer:
    """Make a handler of a POST about results folders, which the request names by these keys.

    Args:
        function: `MODULE:NAME`; takes the paths of the folders, then the values of the readers.
        urgent: False for refinements of an earlier result.
    """

    async def answer(request: Request) -> Response:
        found, place = await read_json(request), session(request).place
        folders = [str(results_folder(place, text_of(found, key))) for key in keys]
        if len(set(folders)) < len(folders):
            raise RequestError("these are the same results; choose two that differ")
        return await respond(request, function, *folders, *(read(found) for read in readers), urgent=urgent)

    return answer


def _lie_within(found: Mapping[str, Any]) -> bool:
    """Return whether the parents of results folders lie within the page's folder, too."""
    return HERE not in (found["at"], found.get("with"))


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
    """Return whether this page opens first: on results, or in a folder with results and no scenario files."""
    return place.results or (not place.given and not place.scenarios() and bool(listed(place)[0]))


PAGE = Page(
    "results",
    show,
    posts={
        "card": _about("sim.app.results_answer:card", ["at"], _lie_within, urgent=False),
        "one": _about("sim.app.results_answer:one", ["at"], _lie_within),
        "compared": _about("sim.app.results_answer:compared", ["at", "with"], _lie_within),
        "drawn": _about("sim.app.results_answer:drawn", ["at", "with"], lambda found: text_of(found, "name")),
        "page": _about("sim.app.results_answer:page", ["at", "with"]),
    },
    gets={"file": get_file},
    static=("results.js", "results.css"),
)
