"""Chunks of draws, played from numbers to outcomes: what is written at once, and what is computed at once."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.core.exact import Floats
from sim.model.domain import Structure, structure
from sim.model.ensemble import draw
from sim.results.columns import draws_frame, outcome_columns
from sim.results.tallies import Tallies, empty_tallies, tally
from sim.scenario import Scenario
from sim.scenario.package_checks import space_of

BLOCK_BYTES = 128_000_000  # utilities of all packages in a block; larger blocks mean fewer steps in Python
BLOCK_DRAWS = 2_800  # no power of two: such strides make numbers evict each other from a processor's cache
CHUNK_WORK = 2e10  # parties x packages x rounds x draws

# Measured of one draw, rounded up: utilities of all packages, tables over them, and a party that evaluates each of
# them in every round, as by the strategy `random`, offers by `nash` and learned preferences.
UTILITY_SECONDS, ROUND_SECONDS = 1.5e-7, 1e-7  # a party and package; and a round
EVALUATE_FEW = ("time_dependent", "zeuthen")  # of all packages, with a bidding strategy that does too
UTILITY_BYTES, PACKAGE_BYTES, IDLE_BYTES = 120, 250, 2.5e8  # a party and package; a package; a process without draws
NOTED = 5.0, 1e9  # seconds and bytes of a draw that `check` mentions
LARGE = 60.0, 4e9  # seconds and bytes of a draw that `batch` asks about first


@dataclass(frozen=True, eq=False)
class Chunk:
    """Draws `start` to `start + count - 1` of a scenario, played."""

    start: int
    draws: pd.DataFrame
    tallies: Tallies

    @property
    def stop(self) -> int:
        return self.start + len(self.draws)


@dataclass(frozen=True, eq=False)
class Piece:
    """Draws `start` to `start + count - 1`, to be played with given uniforms of some inputs, by path."""

    start: int
    count: int
    given: Mapping[str, Floats]


@dataclass(frozen=True)
class Needs:
    """Upper bounds of the cost of a draw: processor seconds, and bytes of memory in each process."""

    seconds: float
    memory: float

    def above(self, limits: tuple[float, float]) -> bool:
        """Return whether one of them is above its limit."""
        return self.seconds > limits[0] or self.memory > limits[1]

    def __str__(self) -> str:
        time = f"{self.seconds:.0f} s" if self.seconds < 120 else f"{self.seconds / 60:.0f} min"
        return f"a draw takes up to {time} and {self.memory / 1e9:.1f} GB of memory"


def needs_of(scenario: Scenario) -> Needs:
    """Estimate the cost of a draw by its parties, packages and rounds, and whether every package is evaluated."""
    parties, packages = scenario.parties.values(), len(space_of(scenario.issues, scenario.consistency))
    at_few = [each.strategy.name in EVALUATE_FEW and _evaluates_few(each.strategy.parameters) for each in parties]
    learned = scenario.protocol.parameters.get("information") == "learned"
    looking = len(parties) if learned else at_few.count(False)
    seconds = packages * (len(parties) * UTILITY_SECONDS + looking * scenario.time.rounds * ROUND_SECONDS)
    return Needs(seconds, IDLE_BYTES + packages * (PACKAGE_BYTES + len(parties) * UTILITY_BYTES))


def _evaluates_few(parameters: Mapping[str, object]) -> bool:
    return parameters.get("offers") in (None, "best_for_others", "least_own")


def chunk_length(scenario: Scenario, table: Structure) -> int:
    """Return the draws written at once: a function of the resolved scenario alone, a power of two from 64 to 65,536."""
    work = len(table.parties) * len(table.space) * scenario.time.rounds
    power_of_two = 1 << max(0, int(CHUNK_WORK / work).bit_length() - 1)  # the largest that is not above it
    return int(np.clip(power_of_two, 64, 65_536))


def block_size(table: Structure) -> int:
    """Return the maximum of draws computed at once, which does not affect results."""
    return int(np.clip(BLOCK_BYTES // (8 * len(table.parties) * len(table.space)), 1, BLOCK_DRAWS))


def play_chunk(
    scenario: Scenario, seed: int, start: int, count: int, table: Structure | None = None, block: int | None = None,
    given: Mapping[str, Floats] | None = None,
) -> Chunk:  # fmt: skip
    """Play draws `start` to `start + count - 1`; with a count of 0, an empty table with all columns.

    `table` spares making the scenario's structure, which takes longer than a draw; `block` is how many draws are
    computed at once; `given` are uniforms by input path that replace random streams: a design.
    """
    from sim.model.peace_talks import hold_talks  # Mesa is slow to import, and readers of files play nothing

    table = table or structure(scenario)
    blocks = -(-count // block_size(table)) or 1
    block = block or -(-count // blocks) or 1  # blocks of one size
    ensemble = draw(scenario, seed, start, count, table=table, given=given)
    counted, parts = empty_tallies(scenario, table), []
    scratch = _scratch((min(block, count), len(table.parties), len(table.space)))
    for first in range(0, count or 1, block):
        talks = hold_talks(ensemble[first : first + block], scratch)
        parts.append(outcome_columns(talks))
        counted = counted + tally(talks, counted.ranges)
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Chunk(start, draws_frame(ensemble, columns), counted)


_local = threading.local()


def _scratch(shape: tuple[int, ...]) -> Floats:
    """Return memory for utilities, cached by thread: allocating takes longer than filling."""
    room: Floats | None = getattr(_local, "room", None)
    if room is None or room.shape[1:] != shape[1:] or len(room) < shape[0]:
        _local.room = room = np.empty(shape)
    return room
