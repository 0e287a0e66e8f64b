"""Templates, their messages, and static files."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sim.app.home import Answer, session
from sim.report import DISCLAIMER

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
SHARED = ("app.css", "app.js")


def render(request: Request, template: str, page: str, status: int = 200, **values: object) -> Response:
    """Render a page as HTML.

    Args:
        template: Its file in `templates/`, which extends `base.html`.
        page: Its name, for the navigation and for the messages of its script.
    """
    current = session(request)
    text = _environment().get_template(template).render(
        page=page,
        pages=request.app.state.pages,
        file=request.query_params.get("file", current.place.given),
        place=current.place,
        disclaimer=DISCLAIMER,
        script_words={key: text for key, text in words().items() if key.startswith(("common.", f"{page}."))},
        **values,
    )  # fmt: skip
    return HTMLResponse(text, status)


def render_file(page: str, **values: Any) -> Answer:
    """Answer GET `/PAGE`: the page of one file, or the choice of files.

    The file is not read yet: it may have faults.

    Args:
        values: Template variables besides seed, number of draws, and whether the page is that of results.
    """

    async def show(request: Request) -> Response:
        current = session(request)
        name = request.query_params.get("file", current.place.given)
        if not name:
            return render(request, "choose.html", page, names=current.place.scenarios())
        current.place.scenario(name)
        opened: dict[str, Any] = {"results": current.place.results, "as_results": current.as_results}
        opened["shared"] = current.shared
        return render(request, f"{page}.html", page, seed=current.seed, draws=current.draws, **opened, **values)

    return show


def translate(key: str, **values: object) -> str:
    """Return the message of a key, with values in place of `{names}`."""
    return words()[key].format(**values)


@cache
def words() -> Mapping[str, str]:
    """Return all messages of the app, by page and key: `step.title`."""
    pages = tomllib.loads(files("sim.app").joinpath("words.toml").read_text(encoding="utf-8"))
    return {f"{page}.{key}": text for page, entries in pages.items() for key, text in entries.items()}


@cache
def static(name: str) -> tuple[bytes, str]:
    """Return a file of `static/` and its type. The caller has checked the name."""
    return files("sim.app").joinpath("static", name).read_bytes(), TYPES[PurePosixPath(name).suffix]


@cache
def _environment() -> Environment:
    folder = files("sim.app").joinpath("templates")
    loader = FunctionLoader(lambda name: folder.joinpath(name).read_text(encoding="utf-8"))
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    made.globals["translate"] = translate
    return made
