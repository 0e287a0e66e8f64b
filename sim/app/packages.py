"""The page on which a package is built by hand and looked at from all sides."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sim.app.errors import Said
from sim.app.home import answered, home, post_differing, text_of, wish_about
from sim.app.look import rendered
from sim.app.packages_answer import completed, filed, frequent, lacking, laid, looked
from sim.app.page import Page

MOST_ISSUES = 200
RUNS = 500  # in which the package signed most often is looked for


async def show(request: Request) -> Response:
    """The page of one file, or the files to choose from."""
    there = home(request)
    name = request.query_params.get("file", there.place.given)
    if not name:
        return rendered(request, "choose.html", "packages", names=there.place.scenarios())
    there.place.scenario(name)
    return rendered(request, "packages.html", "packages", seed=there.seed, runs=RUNS)


def _package(found: Mapping[str, Any], key: str = "package") -> dict[str, str]:
    """Options by issue as a request has them; whether they exist is looked up in the worker."""
    package = found.get(key)
    if not isinstance(package, dict) or len(package) > MOST_ISSUES:
        raise Said("the request has no package: an option by issue")
    if not all(isinstance(option, str) for option in package.values()):
        raise Said("an option of the package is no text")
    return package


async def post_laid(request: Request) -> Response:
    """Issues, parties, and what to start from."""
    _, about = await wish_about(request)
    return await answered(request, laid, about)


async def post_look(request: Request) -> Response:
    """A package from all sides."""
    found, about = await wish_about(request)
    kept = text_of(found, "kept") if found.get("kept") is not None else None
    return await answered(request, looked, about, _package(found), kept)


async def post_lacks(request: Request) -> Response:
    """What those who would not sign it lack."""
    found, about = await wish_about(request)
    return await answered(request, lacking, about, _package(found), urgent=False)


async def post_complete(request: Request) -> Response:
    """A text that leaves issues open, filled."""
    found, about = await wish_about(request)
    return await answered(request, completed, about, _package(found, "text"), _package(found))


async def post_filed(request: Request) -> Response:
    """The proposals on file."""
    _, about = await wish_about(request)
    return await answered(request, filed, about)


async def post_frequent(request: Request) -> Response:
    """The package signed most often."""
    _, about = await wish_about(request)
    return await answered(request, frequent, about, RUNS)


PAGE = Page(
    "packages",
    show,
    posts={
        "laid": post_laid,
        "look": post_look,
        "lacks": post_lacks,
        "complete": post_complete,
        "filed": post_filed,
        "frequent": post_frequent,
        "differing": post_differing,
    },
    gets={},
    static=("packages.js", "packages.css", "changes.js"),
)
