"""The page on which a package is built by hand and looked at from all sides."""

from collections.abc import Mapping
from typing import Any

from sim.app.differing import differing
from sim.app.errors import RequestError
from sim.app.home import route, text_of
from sim.app.look import render_file
from sim.app.packages_answer import completed, filed, frequent, lacking, laid, looked
from sim.app.page import Page

MOST_ISSUES = 200
RUNS = 500  # in which the package signed most often is looked for


def _package(found: Mapping[str, Any], key: str = "package") -> dict[str, str]:
    """Options by issue as a request has them; whether they exist is looked up in the worker."""
    package = found.get(key)
    if not isinstance(package, dict) or len(package) > MOST_ISSUES:
        raise RequestError("the request has no package: an option by issue")
    if not all(isinstance(option, str) for option in package.values()):
        raise RequestError("an option of the package is no text")
    return package


def _text(found: Mapping[str, Any]) -> dict[str, str]:
    """Options of the issues that a text settles."""
    return _package(found, "text")


def _last_changed(found: Mapping[str, Any]) -> str | None:
    """The issue changed last."""
    return text_of(found, "kept") if found.get("kept") is not None else None


def _runs(found: Mapping[str, Any]) -> int:
    return RUNS


PAGE = Page(
    "packages",
    render_file("packages", runs=RUNS),
    posts={
        "laid": route(laid),
        "look": route(looked, _package, _last_changed),
        "lacks": route(lacking, _package, urgent=False),
        "complete": route(completed, _text, _package),
        "filed": route(filed),
        "frequent": route(frequent, _runs),
        "differing": route(differing),
    },
    gets={},
    static=("packages.js", "packages.css", "changes.js"),
)
