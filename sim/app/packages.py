"""The page on which a package is built by hand and analysed."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sim.app.differing import differing
from sim.app.errors import RequestError
from sim.app.home import route, text_of
from sim.app.packages_answer import (
    completed,
    describe_file,
    describe_package,
    describe_proposals,
    frequent,
    lacking,
)
from sim.app.page import Page
from sim.app.rendering import render_file

MOST_ISSUES = 200
RUNS = 500  # in which the package signed most often is counted


def _package(found: Mapping[str, Any], key: str = "package") -> dict[str, str]:
    """Options by issue as a request has them; the worker checks that they exist."""
    package = found.get(key)
    if not isinstance(package, dict) or len(package) > MOST_ISSUES:
        raise RequestError("the request has no package: an option by issue")
    if not all(isinstance(option, str) for option in package.values()):
        raise RequestError("an option of the package is no text")
    return package


def _last_changed(found: Mapping[str, Any]) -> str | None:
    return text_of(found, "kept") if found.get("kept") is not None else None


PAGE = Page(
    "packages",
    render_file("packages", runs=RUNS),
    posts={
        "laid": route(describe_file),
        "look": route(describe_package, _package, _last_changed),
        "lacks": route(lacking, _package, urgent=False),
        "complete": route(completed, partial(_package, key="text"), _package),
        "filed": route(describe_proposals),
        "frequent": route(frequent, lambda found: RUNS),
        "differing": route(differing),
    },
    gets={},
    static=("packages.js", "packages.css", "changes.js"),
)
