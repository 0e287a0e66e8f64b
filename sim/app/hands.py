"""Processes beside the worker that play their share of a large scenario's draws, where the machine has processors left.

Where draws are cut moves no bit, so an answer is the same with and without them; a share that is not played is played
here.
"""

import os
from itertools import accumulate, pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from sim.batch.work import start_worker
from sim.results.chunks import Chunk, play_chunk
from sim.scenario import Scenario

MOST = 3  # beside the worker itself; each takes some 300 MB with the largest scenario shipped
READY = "ready"


class Hands:
    """Those of one worker: started when they are first wanted, used once they are ready.

    Attributes:
        hands: That live; one that died is not started again.
    """

    def __init__(self) -> None:
        self.hands: list[Hand] | None = None

    def want(self) -> None:
        """Start them, if that was not done yet. It takes them a few seconds, in which everything goes on without."""
        if self.hands is None:
            self.hands = [Hand() for _ in range(min(processors() - 1, MOST))]

    def play(self, scenario: Scenario, seed: int, start: int, count: int) -> list[Chunk]:
        """Play draws `start` to `start + count - 1` in shares: the worker's own and one of each hand that is ready.

        Returns:
            The shares, in order.
        """
        ready = [hand for hand in self.hands or () if hand.ready()][: count - 1]
        shares = _shares(start, count, 1 + len(ready))
        asked = [hand.ask(scenario, seed, *share) for hand, share in zip(ready, shares[1:], strict=True)]
        played = [play_chunk(scenario, seed, *shares[0])]
        for hand, share, is_asked in zip(ready, shares[1:], asked, strict=True):
            told = hand.answer() if is_asked else None
            played.append(told if told is not None else play_chunk(scenario, seed, *share))
        if self.hands:
            self.hands = [hand for hand in self.hands if not hand.lost]
        return played


class Hand:
    """One process, and the pipe to it. It ends with the process that started it."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True, name="peacesim hand")
        self.process.start()
        theirs.close()
        self.greeted = self.lost = False
        self.scenario: Scenario | None = None
        self.asked = 0

    def ready(self) -> bool:
        """Whether it has begun to listen and is not lost."""
        try:
            if not self.greeted and self.connection.poll():
                self.greeted = self.connection.recv() == READY
        except (EOFError, OSError):
            self.lose()
        return self.greeted and not self.lost

    def ask(self, scenario: Scenario, seed: int, start: int, count: int) -> bool:
        """Have it play some draws; False if it is lost. A scenario is sent once."""
        self.asked += 1
        try:
            self.connection.send((self.asked, None if scenario is self.scenario else scenario, seed, start, count))
        except OSError:
            self.lose()
            return False
        self.scenario = scenario
        return True

    def answer(self) -> Chunk | None:
        """What it played of what it was asked last; None if it is lost, or could not."""
        number, told = 0, None
        try:
            while number != self.asked:  # what nobody took, because the worker's own share went wrong, is passed over
                number, told = self.connection.recv()
        except (EOFError, OSError):
            told = None
        if told is None:
            self.lose()
        return told

    def lose(self) -> None:
        """End it, whatever it does."""
        self.lost = True
        self.process.kill()
        self.connection.close()


def processors() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _shares(start: int, count: int, into: int) -> list[tuple[int, int]]:
    """First draw and number of draws of each share, the first ones the longer by one draw."""
    lengths = [count // into + (k < count % into) for k in range(into)]
    cuts = accumulate(lengths, initial=start)
    return [(first, stop - first) for first, stop in pairwise(cuts)]


def _serve(connection: "Connection[Any, Any]") -> None:
    """Play what comes through the pipe until it closes."""
    start_worker()
    connection.send(READY)
    scenario: Any = None
    while True:
        try:
            number, sent, seed, start, count = connection.recv()
        except EOFError:
            return
        scenario = sent or scenario
        try:
            played = play_chunk(scenario, seed, start, count)
        except Exception:
            played = None  # the worker plays the same draws and says what is wrong
        connection.send((number, played))
