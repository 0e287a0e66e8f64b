"""The search for boxes: found on some runs, trimmed to what tells something, and measured on others."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.analysis.boxes import Box, Factors, Measure, measure, quasi_p
from sim.analysis.input_words import rounded
from sim.analysis.prim import best_by_both, first_dense, most_telling, paste, peel
from sim.issues import Bools
from sim.results import share_interval

LEAST_CASES = 40  # runs of interest, and runs that are not, in both halves together
SIGNIFICANT = 0.05  # of a condition: the chance below which it is taken to tell something


@dataclass(frozen=True, eq=False)
class Found:
    """One box.

    Attributes:
        box: Limits rounded to what the range of each input allows.
        searched: How it does on the runs it was found on.
        told: How it does on the other half of the runs: this is what is told.
        p: For each condition the quasi-p-value on the other half.
        tradeoff: The boxes it was chosen from: `coverage, density` on the search half, `told_coverage, told_density`
            on the other, `inputs` (how many have conditions), `mass` (share of all runs inside), `chosen`.
    """

    box: Box
    searched: Measure
    told: Measure
    p: Mapping[tuple[str, int], float]
    tradeoff: pd.DataFrame


def find_boxes(
    factors: Factors, cases: Bools, half: Bools, most_inputs: int, most_boxes: int, density: float | None
) -> list[Found]:
    """Boxes one after the other, each among the runs outside of those before."""
    found: list[Found] = []
    left = np.ones(len(cases), bool)
    totals = [(int(side.sum()), int(cases[side].sum())) for side in (half, ~half)]
    while len(found) < most_boxes:
        search, test = left & half, left & ~half
        if min(int(cases[search].sum()), int((~cases[search]).sum())) < LEAST_CASES // 2:
            break
        one = _box(factors, cases, search, test, totals, most_inputs, density)
        if one is None:
            break
        found.append(one)
        left &= ~one.box.holds(factors.values)
    return found


def _box(
    factors: Factors, cases: Bools, search: Bools, test: Bools, totals: Sequence[tuple[int, int]], most_inputs: int,
    density: float | None,
) -> Found | None:  # fmt: skip
    """One box among the runs that are left; None where nothing tells them apart."""
    seen, of_interest = factors.rows(search), cases[search]

    def choose(boxes: Sequence[Box]) -> int:
        wanted = density is not None
        return first_dense(boxes, seen, of_interest, density or 0) if wanted else best_by_both(boxes, seen, of_interest)

    boxes = peel(seen, of_interest)
    place = choose(boxes)
    columns = most_telling(boxes[place], seen, of_interest, most_inputs)
    if not columns:
        return None
    later = [column for each in boxes[place:] for column in each.columns if column not in columns]
    columns += list(dict.fromkeys(later))[: most_inputs - len(columns)]
    boxes = peel(seen, of_interest, columns)
    place = choose(boxes)
    box = boxes[place] if density is not None else paste(boxes[place], seen, of_interest)
    box = _telling_only(_rounded(box, factors, inward=density is not None), seen, of_interest)
    rest, of_rest = factors.rows(test), cases[test]
    told = measure(box, rest, of_rest, *totals[1])
    if not box.conditions() or share_interval(told.cases, told.n)[0] <= told.base_rate:
        return None
    tradeoff = _tradeoff(boxes, place, factors, cases, (search, test), totals)
    return Found(box, measure(box, seen, of_interest, *totals[0]), told, quasi_p(box, rest, of_rest), tradeoff)


def _rounded(box: Box, factors: Factors, inward: bool) -> Box:
    """The box with limits that have the digits which the range of each input allows, the nearest or those inside."""
    def limit(column: int, value: float, inside: Callable[[float], float]) -> float:
        values = factors.values[:, column]
        return rounded(value, float(values.min()), float(values.max()), inside if inward else round)

    low = {column: limit(column, value, math.ceil) for column, value in box.low.items()}
    return Box(low, {column: limit(column, value, math.floor) for column, value in box.high.items()}, box.out)


def _telling_only(box: Box, factors: Factors, cases: Bools) -> Box:
    """The box without conditions that tell nothing, the least telling set aside first."""
    while box.conditions():
        chances = quasi_p(box, factors, cases)
        worst = max(chances, key=lambda condition: chances[condition])
        if chances[worst] <= SIGNIFICANT:
            return box
        box = box.free(*worst)
    return box


def _tradeoff(
    boxes: Sequence[Box], chosen: int, factors: Factors, cases: Bools, halves: tuple[Bools, Bools],
    totals: Sequence[tuple[int, int]],
) -> pd.DataFrame:  # fmt: skip
    rows = []
    for place, box in enumerate(boxes):
        searched, told = (
            measure(box, factors.rows(half), cases[half], *total) for half, total in zip(halves, totals, strict=True)
        )
        rows.append({
            "coverage": searched.coverage, "density": searched.density,
            "told_coverage": told.coverage, "told_density": told.density,
            "inputs": len(box.columns), "mass": searched.n / searched.all_n, "chosen": place == chosen,
        })  # fmt: skip
    return pd.DataFrame(rows)
