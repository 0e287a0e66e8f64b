"""The pages about one scenario file: numbers changed, one draw step by step, one package.

Their computations are named here and imported only in the worker.
"""

import hashlib
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sim.app.changed import ChangedFile, Changes
from sim.app.errors import NotFound, RequestError
from sim.app.home import MOST_DRAWS, Page, Reader, count_of, read_json, read_request, respond, route, session, text_of
from sim.app.place import Place
from sim.app.rendering import render_file, translate
from sim.results.files import RESOLVED, RUN
from sim.results.labels import ENDINGS, OUTCOMES

FIRST = 500  # runs of the first answer
PATIENCE = 0.8  # time limit in seconds; fewer runs are reported then
SAVE = "sim.app.saving:save"


async def post_controls(request: Request) -> Response:
    """What of a file can be changed, and its stamp."""
    name = text_of(await read_json(request), "file")
    path = session(request).place.scenario(name)
    return await respond(request, "sim.app.controls:controls", str(path))


async def post_answer(request: Request) -> Response:
    """The answer to a file with some numbers changed, after some runs."""
    found, about = await read_request(request)
    n, soon = count_of(found, "n", 1, MOST_DRAWS), found.get("soon") is True
    pinned = None
    if found.get("pinned") is not None:
        if not isinstance(found["pinned"], dict):
            raise RequestError("pinned is no set of changes")
        pinned = ChangedFile(about.path, Changes.of(found["pinned"]), about.seed)
    patience = PATIENCE if soon else None
    return await respond(request, "sim.app.answer:answer", about, n, patience, pinned, urgent=soon)


async def post_save(request: Request) -> Response:
    """Write what was changed as a file of its own."""
    current = session(request)
    if current.shared:
        raise RequestError(translate("tweak.save_shared"))
    found, about = await read_request(request)
    above = Path(about.path).relative_to(current.place.folder).parents
    if any(os.path.lexists(current.place.folder / folder / mark) for folder in above for mark in (RUN, RESOLVED)):
        raise RequestError("nothing is saved in a results folder; open the page on the scenario file itself")
    name = text_of(found, "name", 100)
    return await respond(request, SAVE, about.path, name, about.changes, about.seed, current.draws)


async def get_compiled(request: Request) -> Response:
    """How many functions the worker has compiled so far: in the first use of an installation, many."""
    return JSONResponse({"compiled": session(request).worker.compiled.value})


async def get_stamp(request: Request) -> Response:
    """A text that changes when a scenario file of the folder does: cheap enough to be asked every other second."""
    name = request.query_params.get("file", "")
    return JSONResponse({"stamp": stamp(session(request).place, name)})


def stamp(place: Place, name: str) -> str:
    """Return sizes and times of a file, and of those it may extend: beside it and at the top of the folder."""
    try:
        path = place.scenario(name)
    except NotFound:
        return "gone"  # an editor may be replacing it
    folders = dict.fromkeys((path.parent, place.folder))
    found = [each for folder in folders for each in os.scandir(folder) if each.name.endswith((".yaml", ".yml"))]
    facts = sorted((each.name, each.stat().st_mtime_ns, each.stat().st_size) for each in found if each.is_file())
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


TWEAK = Page(
    name="tweak",
    show=render_file("tweak", first=FIRST),
    posts={
        "controls": post_controls,
        "answer": post_answer,
        "pictures": route("sim.app.answer:pictures", lambda found: count_of(found, "n", 1, MOST_DRAWS), urgent=False),
        "save": post_save,
    },
    gets={"stamp": get_stamp, "compiled": get_compiled},
    static=("tweak.js", "changes.js", "tweak_controls.js", "tweak_names.js", "tweak_answer.js", "tweak.css"),
)


LAST_DRAW = 10_000_000
OUTCOMES_WANTED = {"signed": None, **{key: OUTCOMES[key].title for key in ENDINGS}}
WANTED = ("any", *OUTCOMES_WANTED)


def _draw_number(key: str) -> Reader:
    return lambda found: count_of(found, key, 0, LAST_DRAW)


def _wanted(found: Mapping[str, Any]) -> str:
    wanted = text_of(found, "wanted")
    if wanted not in WANTED:
        raise RequestError(f"no draw ends like that; wanted may be {', '.join(WANTED)}")
    return wanted


STEP = Page(
    "step",
    render_file("step", wanted=OUTCOMES_WANTED, last_draw=LAST_DRAW),
    posts={
        "story": route("sim.app.step:describe_draw", _draw_number("draw")),
        "next": route("sim.app.step:find_draw", _draw_number("start"), _wanted),
        "differing": route("sim.app.changed:differing"),
    },
    gets={},
    static=("step.js", "step.css", "changes.js", "chart.js"),
)


MOST_ISSUES = 200
RUNS = 500  # in which the package signed most often is determined


def _package(found: Mapping[str, Any], key: str = "package") -> dict[str, str]:
    """Read options by issue from a request; the worker checks that they exist."""
    package = found.get(key)
    if not isinstance(package, dict) or len(package) > MOST_ISSUES:
        raise RequestError("the request has no package: an option by issue")
    if not all(isinstance(option, str) for option in package.values()):
        raise RequestError("an option of the package is no text")
    return package


def _last_changed(found: Mapping[str, Any]) -> str | None:
    return text_of(found, "kept") if found.get("kept") is not None else None


PACKAGES = Page(
    "packages",
    render_file("packages", runs=RUNS),
    posts={
        "laid": route("sim.app.packages:describe_file"),
        "look": route("sim.app.packages:describe_package", _package, _last_changed),
        "lacks": route("sim.app.packages:lacking", _package, urgent=False),
        "complete": route("sim.app.packages:completed", partial(_package, key="text"), _package),
        "ranking": route("sim.app.packages:ranking", urgent=False),
        "filed": route("sim.app.packages:describe_proposals"),
        "frequent": route("sim.app.packages:frequent", lambda found: RUNS),
        "differing": route("sim.app.changed:differing"),
    },
    gets={},
    static=("packages.js", "packages.css", "changes.js"),
)
