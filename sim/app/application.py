"""The application: the routes of all pages behind the access control."""

from collections.abc import Sequence
from functools import partial

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sim.app import pages, results
from sim.app.changed import ChangesRefused
from sim.app.errors import RequestError
from sim.app.home import Page, Session, session
from sim.app.rendering import SHARED, render, static, translate
from sim.app.safety import Keys, Safety
from sim.core.wording import shown
from sim.results.files import DamagedResults, StoreError
from sim.scenario import ScenarioError

ERRORS = (RequestError, StoreError, DamagedResults, OSError, HTTPException)  # with a message for the reader
PAGES: tuple[Page, ...] = (pages.TWEAK, pages.STEP, pages.PACKAGES, results.PAGE)


def application(current: Session, keys: Keys, offered: Sequence[Page] = PAGES) -> Starlette:
    """Make the application of one session.

    Args:
        offered: All pages; the first that applies is opened first.
    """
    wanted = [page for page in offered if page.applies(current.place)]
    names = {*SHARED, *(name for page in wanted for name in page.static)}
    routes = [Route("/", _first), Route("/static/{name}", partial(_static, names)), Route("/favicon.ico", _no_icon)]
    for page in wanted:
        routes.append(Route(f"/{page.name}", page.show, methods=["GET"]))
        routes += [Route(f"/{page.name}/{end}", answer, methods=["GET"]) for end, answer in page.gets.items()]
        routes += [Route(f"/{page.name}/{end}", answer, methods=["POST"]) for end, answer in page.posts.items()]
    made = Starlette(
        routes=routes,
        middleware=[Middleware(Safety, keys=keys)],
        exception_handlers={ScenarioError: _faults, **dict.fromkeys(ERRORS, _refused)},
    )
    made.router.redirect_slashes = False
    made.state.session = current
    made.state.pages = wanted
    return made


async def _first(request: Request) -> Response:
    first = request.app.state.pages[0]
    if results.PAGE in request.app.state.pages and await run_in_threadpool(results.opens_on, session(request).place):
        first = results.PAGE
    query = str(request.query_params)  # such as a file
    return RedirectResponse(f"/{first.name}?{query}" if query else f"/{first.name}", 303)


async def _static(names: set[str], request: Request) -> Response:
    name = request.path_params["name"]
    if name not in names:
        raise HTTPException(404)
    data, kind = static(name)
    return Response(data, media_type=kind)


async def _no_icon(request: Request) -> Response:
    return Response(status_code=204)


def _refused(request: Request, error: Exception) -> Response:
    """Return the message of an error; without the local path of a disk error."""
    match error:
        case RequestError():
            return _message(request, str(error), error.status)
        case HTTPException():
            text = translate("common.nothing_here") if error.status_code == 404 else error.detail
            return _message(request, text, error.status_code)
        case OSError():
            return _message(request, shown(error.strerror or "this cannot be read", 200), 422)
    return _message(request, shown(error, 400), 422)


def _faults(request: Request, error: Exception) -> Response:
    """Return the faults of a file or of its changes: 422, each with its place."""
    assert isinstance(error, ScenarioError)
    faults = [
        {"file": each.file, "line": each.line, "column": each.column, "message": each.message} for each in error.faults
    ]
    if _wants_data(request):
        return JSONResponse({"faults": faults, "of_changes": isinstance(error, ChangesRefused)}, 422)
    return render(request, "message.html", "common", 422, words=translate("common.faults"), faults=faults)


def _message(request: Request, text: str, status: int) -> Response:
    if _wants_data(request):
        return JSONResponse({"message": text}, status)
    return render(request, "message.html", "common", status, words=text, faults=[])


def _wants_data(request: Request) -> bool:
    return request.method == "POST" or "text/html" not in request.headers.get("accept", "text/html")
