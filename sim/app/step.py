"""The page on which one negotiation is gone through round by round."""

from collections.abc import Mapping
from typing import Any

from sim.analysis.stepping import ANY, WANTED
from sim.app.differing import differing
from sim.app.errors import RequestError
from sim.app.home import Reader, count_of, route, text_of
from sim.app.page import Page
from sim.app.rendering import render_file
from sim.app.step_answer import describe_draw, find_draw
from sim.results.labels import OUTCOMES

LAST_DRAW = 10_000_000
OUTCOMES_WANTED = {key: OUTCOMES[key].title if key in OUTCOMES else None for key in WANTED if key != ANY}


def _draw_number(key: str) -> Reader:
    return lambda found: count_of(found, key, 0, LAST_DRAW)


def _wanted(found: Mapping[str, Any]) -> str:
    wanted = text_of(found, "wanted")
    if wanted not in WANTED:
        raise RequestError(f"no draw ends like that; wanted may be {', '.join(WANTED)}")
    return wanted


PAGE = Page(
    "step",
    render_file("step", wanted=OUTCOMES_WANTED, last_draw=LAST_DRAW),
    posts={
        "story": route(describe_draw, _draw_number("draw")),
        "next": route(find_draw, _draw_number("start"), _wanted),
        "differing": route(differing),
    },
    gets={},
    static=("step.js", "step.css", "changes.js", "chart.js"),
)
