"""Documents of results: terminal text, plain data for JSON, or a self-contained HTML page.

Each class of result has a file here with its `document` and `data`, imported on first use.
"""

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.report.document import Block
    from sim.report.result import comparison_page, result_page

__all__ = ["comparison_page", "compose", "render", "result_page"]

KINDS = {  # by class of result: the file with its `document` and `data`
    "Comparison": "compare",
    "Debrief": "debrief",
    "Discovery": "discovery",
    "DrawExplained": "explain_draw",
    "Explanation": "explain",
    "Hindcast": "hindcast",
    "Narration": "run",
    "Need": "need",
    "Portrait": "show",
    "RoleSheet": "sheets",
    "Sensitivity": "sensitivity",
    "TextRanking": "texts",
    "Tournament": "tournament",
}
DISCLAIMER = "A thinking aid made with peacesim. It does not forecast, and it takes no side."
FORMS = ("text", "data", "html")


def render(result: Any, form: str = "text") -> Any:
    """Render a result.

    Args:
        form: `text` for a terminal, `data` with the documented keys of `--json`, or `html`, a self-contained page.

    Raises:
        ValueError: if there is no such form.
    """
    if form not in FORMS:
        raise ValueError(f"a result has no form {form!r}; there are {', '.join(FORMS)}")
    if form == "data":
        return _kind(result).data(result)
    if form == "html":
        from sim.report.page import page

        title, *blocks = compose(result)
        return page(getattr(title, "text", "").partition("\n")[0], type(result).__name__, [], [title, *blocks])
    from sim.report.terminal import as_text

    return as_text(compose(result))


def compose(result: Any, brief: bool = False) -> "Iterable[Block]":
    """Return the document of a result as a list of blocks; `brief` is one screen of it."""
    kind = _kind(result)
    blocks: Iterable[Block] = (kind.brief if brief and hasattr(kind, "brief") else kind.document)(result)
    return blocks


def _kind(result: Any) -> Any:
    return import_module(f"sim.report.{KINDS[type(result).__name__]}")


def __getattr__(name: str) -> Any:
    if name not in ("comparison_page", "result_page"):
        raise AttributeError(f"module 'sim.report' has no attribute {name!r}")
    return getattr(import_module("sim.report.result"), name)
