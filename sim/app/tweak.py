"""The page on which numbers are changed and the answer is seen at once."""

from starlette.requests import Request
from starlette.responses import Response

from sim.app.answer import answer
from sim.app.home import MOST_DRAWS, answered, count_of, home, text_of, wish
from sim.app.look import rendered
from sim.app.page import Page


async def show(request: Request) -> Response:
    """The page of one file, or the files to choose from."""
    there = home(request)
    name = request.query_params.get("file", there.place.given)
    if not name:
        return rendered(request, "choose.html", "tweak", names=there.place.scenarios())
    there.place.scenario(name)
    return rendered(request, "tweak.html", "tweak")


async def post_answer(request: Request) -> Response:
    """The answer to a file with some numbers changed, after some runs."""
    there, found = home(request), await wish(request)
    path = there.place.scenario(text_of(found, "file"))
    n = count_of(found, "n", 1, MOST_DRAWS)
    return await answered(request, answer, str(path), there.seed, n, urgent=n <= 500)


PAGE = Page("tweak", show, posts={"answer": post_answer}, gets={}, static=("tweak.js",))
