"""Runs of a scenario in the worker, kept and added to: an answer is refined without playing again what was played."""

from collections import OrderedDict
from collections.abc import Generator
from time import monotonic

from sim.chunks import Chunk, play_chunk
from sim.results import Results, results_of
from sim.scenario import Scenario
from sim.store import identity
from sim.structure import structure

PIECE = 0.25  # seconds between two looks whether anybody still waits; where draws are cut moves no bit
FIRST, MOST = 100, 2_000  # draws of a piece: before it is known how long one takes, and at most
MOST_KEPT = 60_000  # draws, of all scenarios together

_played: "OrderedDict[str, list[Chunk]]" = OrderedDict()  # by identity of scenario and seed; the last used comes last
_paces: dict[str, float] = {}  # draws a second, by id of the scenario


def played(
    scenario: Scenario, seed: int, draws: int, patience: float | None = None
) -> Generator[None, None, Results]:
    """The results of the first draws of a scenario, the bits of `run` and of a batch with this seed.

    A generator: it yields where it may be given up (what was played is kept), and returns the results.

    Args:
        scenario: As read, with what was changed.
        seed: Of all random streams.
        draws: How many, at least 1.
        patience: Seconds after which fewer will do, at least one piece; None for all of them.
    """
    until = monotonic() + patience if patience is not None else None
    name = identity(scenario, seed)
    pieces = _played.setdefault(name, [])
    _played.move_to_end(name)
    table = structure(scenario)
    while (done := pieces[-1].stop if pieces else 0) < draws:
        if until is not None and done and monotonic() > until:
            draws = done
            break
        begun, count = monotonic(), min(_next_piece(scenario.id), draws - done)
        pieces.append(play_chunk(scenario, seed, done, count, table))
        _paces[scenario.id] = count / max(monotonic() - begun, 1e-6)
        _make_room()
        yield
    chosen = [piece for piece in pieces if piece.stop <= draws]
    if chosen and chosen[-1].stop == draws:
        return results_of(scenario, seed, chosen)
    done = chosen[-1].stop if chosen else 0  # fewer are asked for than before, and no piece ends there
    return results_of(scenario, seed, [*chosen, play_chunk(scenario, seed, done, draws - done, table)])


def _next_piece(name: str) -> int:
    """Draws that take about as long as a piece should."""
    return int(min(max(_paces.get(name, 0.0) * PIECE, FIRST), MOST))


def _make_room() -> None:
    """Forget what was not asked for longest."""
    while len(_played) > 1 and sum(pieces[-1].stop for pieces in _played.values() if pieces) > MOST_KEPT:
        _played.popitem(last=False)
