"""What a page is: a name, its routes, and the files a browser loads with it."""

from collections.abc import Callable
from dataclasses import dataclass

from sim.app.home import Answer
from sim.app.place import Place


@dataclass(frozen=True)
class Page:
    """One page of the app.

    Attributes:
        applies: Whether it has anything to say of what the page was opened on.
    """

    name: str  # in its address, `/NAME`, and in the keys of its words; `NAME.title` is what the navigation calls it
    show: Answer  # answers GET `/NAME` with HTML
    posts: dict[str, Answer]  # answers to POST, by the end of the address: `answer` is `/NAME/answer`
    gets: dict[str, Answer]  # answers to GET likewise, for data and pictures
    static: tuple[str, ...] = ()  # its files in `static/`
    applies: Callable[[Place], bool] = lambda place: True
