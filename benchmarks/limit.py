"""A limit for the small case: one compiled loop for exactly its rules, beside ours, on the same drawn numbers.

Both are timed from the same arrays (weights, points, no-deal worths and exponents of the draws, and the order in which
each party would please the others, which is the same in all draws) to the package and the round of signature, and must
agree in both, draw by draw. What the loop does not do, and ours does:

- it keeps no log: no moves, reasons, aspirations, offers received or zone by round, of which `run`, charts and tables
  are made; nor does it make the table of worths, but adds up a package's worth when it looks at it;
- it knows four issues of equally many options, one protocol, one order of speaking, one strategy with one rule for
  offers and one for answers, and nothing else: no red lines, linkages, signatures by condition, votes, war, events;
- it takes powers from the C library, whose last bits differ between machines;
- it computes no other column and builds no data frame. `whole` is how much slower ours is with these.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from small_case import load

from sim.core.exact import TOLERANCE
from sim.model.domain import structure
from sim.model.ensemble import Ensemble, draw
from sim.model.peace_talks import hold_talks
from sim.results.chunks import block_size, play_chunk


@njit(error_model="numpy")
def play(  # one loop on purpose: what a limit is
    weights, option_worth, no_deal, exponent, left, right, order, turns, rounds, tolerance, package, signed
):  # fmt: skip
    """Play all draws; writes the package signed, -1 for none, and the round, 0 for none.

    Shapes: weights (B, N, 4), option_worth (B, N, 4, O), no_deal and exponent (B, N); of the packages in each party's
    order of choice, shape (N, P): `order` the package, `left` and `right` its combination of the first and of the last
    two issues; turns (N,).
    """
    parties, packages = order.shape
    options = option_worth.shape[3]
    first, second = np.empty((parties, options * options)), np.empty((parties, options * options))
    worth, place = np.empty((parties, packages)), np.empty((parties, packages), np.int64)
    best, at, accepted = np.empty(parties), np.empty(parties, np.int64), np.empty(parties, np.bool_)
    for b in range(len(weights)):
        for n in range(parties):
            w, v = weights[b, n], option_worth[b, n]
            for i in range(options):
                for j in range(options):
                    first[n, i * options + j] = w[0] * v[0, i] + w[1] * v[1, j]
                    second[n, i * options + j] = w[2] * v[2, i] + w[3] * v[3, j]
            # The first package that is worth enough is worth more than all before it: only such can ever be offered.
            best[n], found = -np.inf, 0
            for k in range(packages):
                value = first[n, left[n, k]] + second[n, right[n, k]]
                if value > best[n]:
                    best[n], worth[n, found], place[n, found] = value, value, k
                    found += 1
            at[n] = found - 1
        package[b], signed[b] = -1, 0
        if (best < no_deal[b] - tolerance).any():  # all sign all packages, so without one of them nothing is signed
            continue
        text, text_left, text_right = -1, 0, 0
        for k in range(rounds):
            passed = k / (rounds - 1) if rounds > 1 else 1.0
            for n in turns:
                highest = max(best[n], no_deal[b, n])
                least = highest - (highest - no_deal[b, n]) * passed ** exponent[b, n] - tolerance
                free = no_deal[b, n] - tolerance
                if text >= 0:
                    value = first[n, text_left] + second[n, text_right]
                    accepted[n] |= value >= least and value >= free
                if text < 0 or not (value >= least and value >= free):
                    while at[n] > 0 and worth[n, at[n] - 1] >= least:  # what is asked for only falls
                        at[n] -= 1
                    chosen = place[n, at[n]]
                    text, text_left, text_right = order[n, chosen], left[n, chosen], right[n, chosen]
                    accepted[:] = False
                    accepted[n] = True
                if accepted.all():
                    package[b], signed[b] = text, k + 1
                    break
            if signed[b]:
                break


def arguments(ensemble: Ensemble) -> tuple[Any, ...]:
    """The arrays of an ensemble that the loop asks for; where to write comes after them."""
    table, draws = ensemble.structure, len(ensemble)
    regards, options = table.regard_by_positions, len(table.space.issues[0].options)
    order = np.array([regard.orderings[0].packages for regard in regards])
    chosen = table.space.packages[order].astype(np.int64)
    turns = ensemble.turns[0, 0]
    assert (ensemble.turns == turns).all() and not table.lines.names and table.signs.all()
    return (
        np.ascontiguousarray(ensemble.weights), np.ascontiguousarray(ensemble.option_worth),
        np.ascontiguousarray(ensemble.reservation_value),
        np.array([np.broadcast_to(strategy.exponent, draws) for strategy in ensemble.strategies]).T.copy(),
        chosen[..., 0] * options + chosen[..., 1], chosen[..., 2] * options + chosen[..., 3],
        order.astype(np.int64), turns.copy(), ensemble.scenario.time.rounds, TOLERANCE,
    )  # fmt: skip


def by_loop(given: tuple[Any, ...]) -> npt.NDArray[np.int64]:
    """Package and round of signature by the loop, shape (2, B); what to give it is made by `arguments`."""
    outcomes = np.zeros((2, len(given[0])), np.int64)
    play(*given, *outcomes)
    return outcomes


def by_model(ensemble: Ensemble, room: npt.NDArray[np.float64] | None = None) -> npt.NDArray[np.int64]:
    """The same by the model."""
    talks = hold_talks(ensemble, room)
    return np.array([talks.package, talks.signed])


def measure(draws: int, pairs: int) -> dict[str, Any]:
    """Both in turn: medians in draws a second, medians of the ratios pair by pair, and whether all outcomes agree."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = load("best_for_others", Path(folder))
    table = structure(scenario)
    block = block_size(table)
    parts = [draw(scenario, 1, start, min(block, draws - start), table=table) for start in range(0, draws, block)]
    given, room = [arguments(part) for part in parts], np.empty((block, len(table.parties), len(table.space)))
    seconds: dict[str, list[float]] = {"limit": [], "talks": [], "whole": []}
    same = True
    for pair in range(pairs + 1):
        start = time.perf_counter()
        limit = [by_loop(numbers) for numbers in given]
        after_limit = time.perf_counter()
        ours = [by_model(part, room) for part in parts]
        after_ours = time.perf_counter()
        play_chunk(scenario, 1, 0, draws, table)
        after_all = time.perf_counter()
        same &= all((a == b).all() for a, b in zip(limit, ours, strict=True))
        if pair:  # the first is for warming up
            seconds["limit"].append(after_limit - start)
            seconds["talks"].append(after_ours - after_limit)
            seconds["whole"].append(after_all - after_ours)
    signed_share = float((np.hstack(limit)[1] > 0).mean())
    found: dict[str, Any] = {"draws": draws, "same": bool(same), "signed": signed_share}
    for name, measured in seconds.items():
        found[f"{name}_draws_per_second"] = draws / statistics.median(measured)
        ratios = [one / other for one, other in zip(measured, seconds["limit"], strict=True)]
        found[f"{name}_times_limit"] = statistics.median(ratios)
    return found


if __name__ == "__main__":
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 11_200
    print(json.dumps(measure(draws, int(sys.argv[2]) if len(sys.argv) > 2 else 5)))
