"""Pieces whose worker was lost: which are played again, and which alone, to see whose fault it is."""

from collections import Counter, deque

from sim.batch.work import Part

MOST_LOSSES = 3  # of one piece


class Lost(Exception):
    """A piece whose worker ended each time it was played."""


class Losses:
    """What was lost so far.

    A worker takes with it all that it was given, and nothing tells which piece ended it. So a piece that was lost once
    less than is borne is a suspect: it is played with nothing else beside it that could be at fault.

    Attributes:
        again: Pieces to be played again.
        suspects: Pieces to be played alone.
    """

    def __init__(self) -> None:
        self.again: deque[Part] = deque()
        self.suspects: deque[Part] = deque()
        self._counts: Counter[Part] = Counter()

    def count(self, part: Part, hint: str = "") -> Lost | None:
        """Note that a piece was lost; why it is given up, if it is.

        Args:
            part: The piece.
            hint: Ends the text of what is given up.
        """
        self._counts[part] += 1
        if self._counts[part] >= MOST_LOSSES:
            span = f"draws {part.first} to {part.first + part.count - 1}"
            return Lost(f"{span} were given up: their worker ended {MOST_LOSSES} times{hint}")
        if self._counts[part] == MOST_LOSSES - 1:
            self.suspects.append(part)
        else:
            self.again.append(part)
        return None
