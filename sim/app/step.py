"""The page on which one negotiation is gone through round by round."""

from collections.abc import Mapping
from typing import Any

from sim.analysis.stepping import ANY, WANTED
from sim.app.differing import differing
from sim.app.errors import RequestError
from sim.app.home import count_of, route, text_of
from sim.app.look import render_file
from sim.app.page import Page
from sim.app.step_answer import next_that_ends_so, told
from sim.results.labels import OUTCOMES

LAST_DRAW = 10_000_000
OUTCOMES_WANTED = {key: OUTCOMES[key].title if key in OUTCOMES else None for key in WANTED if key != ANY}


def _draw(found: Mapping[str, Any]) -> int:
    return count_of(found, "draw", 0, LAST_DRAW)


def _start(found: Mapping[str, Any]) -> int:
    return count_of(found, "start", 0, LAST_DRAW)


def _wanted(found: Mapping[str, Any]) -> str:
    """How the draw that is looked for ends."""
    wanted = text_of(found, "wanted")
    if wanted not in WANTED:
        raise RequestError(f"no draw ends like that; wanted may be {', '.join(WANTED)}")
    return wanted


PAGE = Page(
    "step",
    render_file("step", wanted=OUTCOMES_WANTED, last_draw=LAST_DRAW),
    posts={
        "story": route(told, _draw),
        "next": route(next_that_ends_so, _start, _wanted),
        "differing": route(differing),
    },
    gets={},
    static=("step.js", "step.css", "changes.js", "chart.js"),
)
