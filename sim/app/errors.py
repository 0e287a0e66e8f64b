"""What goes wrong on the page and is told to its reader, each with the status that HTTP has for it."""


class Said(Exception):
    """Something that the reader can do otherwise, in a sentence that says what was found and what would do.

    Attributes:
        status: Of the HTTP answer.
    """

    status = 400

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class NotThere(Said):
    """A file or a page that is not there, or that this page may not open."""

    status = 404


class Replaced(Said):
    """A newer request of the same tab took the place of this one."""

    status = 409


class Busy(Said):
    """More tabs ask at once than one worker serves."""

    status = 503


class Broken(Said):
    """A fault of ours: the reader is told so, and the terminal has the whole story."""

    status = 500
