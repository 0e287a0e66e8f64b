"""The page on which one negotiation is gone through round by round."""

from starlette.requests import Request
from starlette.responses import Response

from sim.analysis.stepping import ANY, WANTED
from sim.app.errors import Said
from sim.app.home import answered, count_of, home, post_differing, text_of, wish_about
from sim.app.look import rendered
from sim.app.page import Page
from sim.app.step_answer import next_that_ends_so, told
from sim.results.labels import OUTCOMES

LAST_DRAW = 10_000_000


async def show(request: Request) -> Response:
    """The page of one file, or the files to choose from."""
    there = home(request)
    name = request.query_params.get("file", there.place.given)
    if not name:
        return rendered(request, "choose.html", "step", names=there.place.scenarios())
    there.place.scenario(name)
    wanted = {key: OUTCOMES[key].title if key in OUTCOMES else None for key in WANTED if key != ANY}
    return rendered(
        request, "step.html", "step", wanted=wanted, seed=there.seed, last_draw=LAST_DRAW, as_results=there.as_results
    )


async def post_story(request: Request) -> Response:
    """One draw of a file, all rounds of it."""
    found, about = await wish_about(request)
    return await answered(request, told, about, count_of(found, "draw", 0, LAST_DRAW))


async def post_next(request: Request) -> Response:
    """The next draw that ends in a certain way."""
    found, about = await wish_about(request)
    wanted = text_of(found, "wanted")
    if wanted not in WANTED:
        raise Said(f"no draw ends like that; wanted may be {', '.join(WANTED)}")
    return await answered(request, next_that_ends_so, about, count_of(found, "start", 0, LAST_DRAW), wanted)


PAGE = Page(
    "step",
    show,
    posts={"story": post_story, "next": post_next, "differing": post_differing},
    gets={},
    static=("step.js", "step.css", "changes.js", "chart.js"),
)
