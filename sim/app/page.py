"""What a page is: a name, its routes, and the files a browser loads with it."""

from collections.abc import Callable
from dataclasses import dataclass

from sim.app.home import Answer
from sim.app.place import Place


@dataclass(frozen=True)
class Page:
    """One page of the app.

    Attributes:
        name: In its address, `/NAME`, and in the keys of its words; `NAME.title` is what the navigation calls it.
        show: Answers GET `/NAME` with HTML.
        posts: Answers to POST, by the end of the address: `answer` is `/NAME/answer`.
        gets: Answers to GET likewise, for data and pictures.
        static: Its files in `static/`.
        applies: Whether it has anything to say of what the page was opened on.
    """

    name: str
    show: Answer
    posts: dict[str, Answer]
    gets: dict[str, Answer]
    static: tuple[str, ...] = ()
    applies: Callable[[Place], bool] = lambda place: True
