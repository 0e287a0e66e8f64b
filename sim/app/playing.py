"""Runs of a scenario in the worker, cached and extended: a refined result plays no draw again."""

import os
from collections.abc import Generator
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from time import monotonic

import pandas as pd
from cachetools import LRUCache

from sim.batch.pool import WorkerPool
from sim.model.domain import structure
from sim.results.chunks import Chunk, chunk_length, play_chunk
from sim.results.manifest import identity
from sim.results.results import Results, results_of
from sim.scenario import Scenario

PIECE = 0.25  # seconds between two checks for a cancelled job; the length of pieces does not affect results
FIRST, MOST = 100, 2_000  # draws of a piece: before the duration of one is known, and at most
STOPS = (100, 250, 500)  # where a result with limited patience may end, common to all scenarios
ROOM = 60_000  # draws, of all scenarios together
LARGE = 8_192  # length of a chunk at which 500 draws take half a second; draws of smaller scenarios are not distributed
MOST_HELPERS = 3  # processes beside the worker; each takes some 300 MB with the largest scenario shipped


@dataclass
class _Runs:
    """Runs of one scenario from draw 0 on, split where a result ended."""

    # in order. One that no result ended with is merged with the next: each has its own tallies
    pieces: list[Chunk] = field(default_factory=list)
    # results by number of draws, which cache what is computed from them
    results: dict[int, Results] = field(default_factory=dict)
    ends: set[int] = field(default_factory=lambda: set(STOPS))  # numbers of draws with a result

    @property
    def count(self) -> int:
        return self.pieces[-1].stop if self.pieces else 0

    def add(self, piece: Chunk) -> None:
        if not self.pieces or self.count in self.ends:
            self.pieces.append(piece)
            return
        last = self.pieces[-1]
        draws = pd.concat([last.draws, piece.draws], ignore_index=True)
        self.pieces[-1] = Chunk(last.start, draws, last.tallies + piece.tallies)


class Helpers:
    """Processes beside the worker that play a share of a large scenario's draws; shares do not affect results.

    They are started when first needed and used once they are ready. If one ends, the worker continues alone.
    """

    def __init__(self, count: int) -> None:
        self.pool = WorkerPool(count) if count else None
        self.ready: list[Future[None]] = []  # one a process, done once it has started

    def play(self, scenario: Scenario, seed: int, start: int, count: int) -> list[Chunk]:
        """Play draws `start` to `start + count - 1`, shared between the worker and its helpers."""
        try:
            own, *others = _shares(start, count, min(count, 1 + self._count()))
            futures = [self.pool.submit(play_chunk, scenario, seed, *share) for share in others] if self.pool else []
        except (OSError, RuntimeError):  # a process has ended, or none can be started
            self.end()
            return [play_chunk(scenario, seed, start, count)]
        chunks = [play_chunk(scenario, seed, *own)]
        for share, future in zip(others, futures, strict=True):
            chunks.append(self._result(future) or play_chunk(scenario, seed, *share))  # raises the error of the share
        return chunks

    def _count(self) -> int:
        """Return how many helpers can play a share: none until all are ready."""
        if self.pool is not None and not self.ready:
            self.ready = [self.pool.submit(_nothing) for _ in range(self.pool.count)]
        return len(self.ready) if all(future.done() for future in self.ready) else 0

    def _result(self, future: "Future[Chunk]") -> Chunk | None:
        """Return the draws of a helper; None if it failed or ended."""
        if self.pool is None:
            return None
        if not self.pool.wait([future]) or future.exception() is not None:
            self.end()
            return None
        return future.result()

    def end(self) -> None:
        """End the processes for good."""
        if self.pool is not None:
            self.pool.end()
        self.pool, self.ready = None, []


def processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _shares(start: int, count: int, into: int) -> list[tuple[int, int]]:
    """Return first draw and number of draws of each share; sizes differ by at most one."""
    lengths = [count // into + (k < count % into) for k in range(into)]
    return [(first, stop - first) for first, stop in pairwise(accumulate(lengths, initial=start))]


def _nothing() -> None:
    """Do nothing: the first job of a helper, which shows that it has started."""


_runs: LRUCache[str, _Runs] = LRUCache(ROOM, getsizeof=lambda runs: runs.count)  # by identity of scenario and seed
_paces: dict[str, float] = {}  # draws a second, by id of the scenario
_helpers = Helpers(min(processors() - 1, MOST_HELPERS))


def played(scenario: Scenario, seed: int, draws: int, patience: float | None = None) -> Generator[None, None, Results]:
    """Play the first draws of a scenario, bit for bit those of `run` and of a batch with this seed.

    A generator that can be cancelled at each `yield` (draws played are cached), and returns the results.

    Args:
        draws: How many, at least 1.
        patience: Seconds after which fewer draws suffice, one of `STOPS`; None for all of them.
    """
    until = monotonic() + patience if patience is not None else None
    name = identity(scenario, seed)
    runs = _runs.get(name) or _Runs()
    while runs.count < draws:
        end = min([draws, *(stop for stop in STOPS if stop > runs.count)])
        if until is not None and runs.count in STOPS:
            pace = _paces.get(scenario.id)
            if monotonic() + ((end - runs.count) / pace if pace else 0.0) > until:
                draws = runs.count
                break
        piece_length = int(min(max(_paces.get(scenario.id, 0.0) * PIECE, FIRST), MOST))
        begun, count = monotonic(), min(piece_length, end - runs.count)
        for piece in _play(scenario, seed, runs.count, count):
            runs.add(piece)
        _paces[scenario.id] = count / max(monotonic() - begun, 1e-6)
        _runs[name] = runs  # with its new size
        yield
    runs.ends.add(draws)
    if draws not in runs.results:
        runs.results[draws] = _first(runs, scenario, seed, draws)
    return runs.results[draws]


def _play(scenario: Scenario, seed: int, start: int, count: int) -> list[Chunk]:
    """Play some draws, with helpers if the scenario is a large one."""
    table = structure(scenario)
    if chunk_length(scenario, table) > LARGE:
        return [play_chunk(scenario, seed, start, count, table)]
    return _helpers.play(scenario, seed, start, count)


def _first(runs: _Runs, scenario: Scenario, seed: int, draws: int) -> Results:
    """Return the results of the first draws of those played."""
    chosen = [piece for piece in runs.pieces if piece.stop <= draws]
    done = chosen[-1].stop if chosen else 0
    if done < draws:  # fewer than before, and no result ended there
        chosen.append(play_chunk(scenario, seed, done, draws - done))
    return results_of(scenario, seed, chosen)
