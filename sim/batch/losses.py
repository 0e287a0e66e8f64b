"""Pieces whose worker was lost: which are played again, and which alone, to see whose fault it is."""

import signal
from collections import Counter, deque
from collections.abc import Iterable
from multiprocessing.process import BaseProcess

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

    def count(self, part: Part, why: str = "ended", hint: str = "") -> Lost | None:
        """Note that a piece was lost; why it is given up, if it is.

        Args:
            part: The piece.
            why: What became of its worker now.
            hint: Ends the text of what is given up.
        """
        self._counts[part] += 1
        if self._counts[part] >= MOST_LOSSES:
            span = f"draws {part.first} to {part.first + part.count - 1}"
            last = "" if why == "ended" else f"; the last one {why}"
            return Lost(f"{span} were given up: their worker ended {MOST_LOSSES} times{last}{hint}")
        if self._counts[part] == MOST_LOSSES - 1:
            self.suspects.append(part)
        else:
            self.again.append(part)
        return None


def how_ended(workers: Iterable[BaseProcess]) -> str:
    """What became of the first of some workers that ended; the others are told to end when one has."""
    codes = [worker.exitcode for worker in workers]
    own = next((code for code in codes if code not in (None, 0, -signal.SIGTERM)), None)
    if own == -signal.SIGKILL:
        return "was killed, as the system does when memory runs short: fewer workers leave each of them more"
    if own is not None and own < 0:
        return f"was ended by signal {-own}"
    return "ended" if own is None else f"ended with code {own}"


def out_of_memory(error: MemoryError) -> str:
    """One line on a piece for which the memory of its worker was too little."""
    detail = " ".join(str(error).split())[:200]
    return f"out of memory{f' ({detail})' if detail else ''}: fewer workers at a time leave each of them more"
