"""Runs of a scenario in the worker, kept and added to: an answer is refined without playing again what was played."""

from collections import OrderedDict
from collections.abc import Generator
from dataclasses import dataclass, field
from time import monotonic

import pandas as pd

from sim.app.hands import Hands
from sim.model.domain import structure
from sim.results.chunks import Chunk, chunk_length, play_chunk
from sim.results.manifest import identity
from sim.results.results import Results, results_of
from sim.scenario import Scenario

PIECE = 0.25  # seconds between two looks whether anybody still waits; where draws are cut moves no bit
FIRST, MOST = 100, 2_000  # draws of a piece: before it is known how long one takes, and at most
STOPS = (100, 250, 500)  # where an answer that will not wait may end, so that all scenarios have pieces that end there
MOST_KEPT = 60_000  # draws, of all scenarios together
LARGE = 8_192  # length of a chunk at which 500 draws take half a second; draws of smaller scenarios are not shared out


@dataclass
class _Runs:
    """Runs of one scenario from draw 0 on, cut where an answer ended.

    Attributes:
        pieces: In order. One that no answer ended with is joined with the next: each holds counts of its own.
        told: Results by number of draws: what was found of them is remembered with them.
        ends: Numbers of draws that are answered.
    """

    pieces: list[Chunk] = field(default_factory=list)
    told: dict[int, Results] = field(default_factory=dict)
    ends: set[int] = field(default_factory=lambda: set(STOPS))

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


_kept: "OrderedDict[str, _Runs]" = OrderedDict()  # by identity of scenario and seed; the last used comes last
_paces: dict[str, float] = {}  # draws a second, by id of the scenario
_hands = Hands()


def played(
    scenario: Scenario, seed: int, draws: int, patience: float | None = None
) -> Generator[None, None, Results]:
    """The results of the first draws of a scenario, the bits of `run` and of a batch with this seed.

    A generator: it yields where it may be given up (what was played is kept), and returns the results.

    Args:
        scenario: As read, with what was changed.
        seed: Of all random streams.
        draws: How many, at least 1.
        patience: Seconds after which fewer will do, one of `STOPS`; None for all of them.
    """
    until = monotonic() + patience if patience is not None else None
    name = identity(scenario, seed)
    runs = _kept.setdefault(name, _Runs())
    _kept.move_to_end(name)
    while runs.count < draws:
        end = min([draws, *(stop for stop in STOPS if stop > runs.count)])
        if until is not None and runs.count in STOPS:
            pace = _paces.get(scenario.id)
            if monotonic() + ((end - runs.count) / pace if pace else 0.0) > until:
                draws = runs.count
                break
        begun, count = monotonic(), min(_next_piece(scenario.id), end - runs.count)
        for piece in _play(scenario, seed, runs.count, count):
            runs.add(piece)
        _paces[scenario.id] = count / max(monotonic() - begun, 1e-6)
        _make_room()
        yield
    runs.ends.add(draws)
    if draws not in runs.told:
        runs.told[draws] = _first(runs, scenario, seed, draws)
    return runs.told[draws]


def _play(scenario: Scenario, seed: int, start: int, count: int) -> list[Chunk]:
    """Some draws, with help if the scenario is a large one."""
    table = structure(scenario)
    if chunk_length(scenario, table) > LARGE:
        return [play_chunk(scenario, seed, start, count, table)]
    _hands.want()
    return _hands.play(scenario, seed, start, count)


def _first(runs: _Runs, scenario: Scenario, seed: int, draws: int) -> Results:
    """The results of the first draws of those that were played."""
    chosen = [piece for piece in runs.pieces if piece.stop <= draws]
    done = chosen[-1].stop if chosen else 0
    if done < draws:  # fewer are asked for than before, and no answer ended there
        chosen.append(play_chunk(scenario, seed, done, draws - done))
    return results_of(scenario, seed, chosen)


def _next_piece(name: str) -> int:
    """Draws that take about as long as a piece should."""
    return int(min(max(_paces.get(name, 0.0) * PIECE, FIRST), MOST))


def _make_room() -> None:
    """Forget what was not asked for longest."""
    while len(_kept) > 1 and sum(runs.count for runs in _kept.values()) > MOST_KEPT:
        _kept.popitem(last=False)
