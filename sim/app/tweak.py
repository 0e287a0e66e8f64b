"""The page on which numbers are changed and the answer is seen at once."""

import hashlib
import os

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sim.app.answer import answer
from sim.app.controls import controls
from sim.app.errors import NotFound, RequestError
from sim.app.home import MOST_DRAWS, Page, count_of, read_json, read_request, respond, session, text_of
from sim.app.place import Place
from sim.app.rendering import render_file
from sim.app.saving import save

FIRST = 500  # runs of the first answer
PATIENCE = 0.8  # seconds that it may take; fewer runs are reported then


async def post_controls(request: Request) -> Response:
    """What of a file can be changed, and its stamp."""
    name = text_of(await read_json(request), "file")
    path = session(request).place.scenario(name)
    return await respond(request, controls, str(path))


async def post_answer(request: Request) -> Response:
    """The answer to a file with some numbers changed, after some runs."""
    found, about = await read_request(request)
    n, soon = count_of(found, "n", 1, MOST_DRAWS), found.get("soon") is True
    return await respond(request, answer, about, n, PATIENCE if soon else None, urgent=soon)


async def post_save(request: Request) -> Response:
    """Write what was changed as a file of its own."""
    current = session(request)
    if current.place.results:
        raise RequestError("nothing is saved in a results folder; open the page on the scenario file itself")
    found, about = await read_request(request)
    name = text_of(found, "name", 100)
    return await respond(request, save, about.path, name, about.changes, about.seed, current.draws)


async def get_stamp(request: Request) -> Response:
    """A text that changes when a scenario file of the folder does: cheap enough to be asked every other second."""
    name = request.query_params.get("file", "")
    return JSONResponse({"stamp": stamp(session(request).place, name)})


def stamp(place: Place, name: str) -> str:
    """Sizes and times of a file, and of those beside it and at the top of the place, which it may extend."""
    try:
        path = place.scenario(name)
    except NotFound:
        return "gone"  # an editor may be putting it back
    folders = dict.fromkeys((path.parent, place.folder))
    found = [each for folder in folders for each in os.scandir(folder) if each.name.endswith((".yaml", ".yml"))]
    facts = sorted((each.name, each.stat().st_mtime_ns, each.stat().st_size) for each in found if each.is_file())
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


PAGE = Page(
    name="tweak",
    show=render_file("tweak", first=FIRST),
    posts={"controls": post_controls, "answer": post_answer, "save": post_save},
    gets={"stamp": get_stamp},
    static=("tweak.js", "changes.js", "tweak_controls.js", "tweak_names.js", "tweak_answer.js", "tweak.css"),
)
