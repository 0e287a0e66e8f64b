"""The values that columns of a table of draws may have: a valid hash does not prove a stranger's file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sim.core.numbers import NORMAL_REACH, Number
from sim.core.packages import NO_DEAL
from sim.core.utility import DAYS_PER_MONTH
from sim.core.wording import quoted
from sim.mechanisms.implementation import CAUSES
from sim.mechanisms.stages import ENDINGS
from sim.model.domain import Structure
from sim.results.columns import OUTCOMES
from sim.results.tallies import utility_ranges
from sim.scenario import Scenario

MOST = 1e30  # size of a number: squares and sums of many such numbers are finite
SLACK = 1e-6  # tolerance for rounding beyond a range

SHARES = re.compile(r"opposition|no_deal_outside|issues_off_.+|chance_.+|credibility.*|survival_.+")
NOT_NEGATIVE = re.compile(r"months_.+|break_month|stage_.+|steps_.+|penalty_.+|hazard.*|household_weeks_.+|war_cost_.+")
NEVER_MISSING = re.compile(r"no_deal_.+|discounted_.+|household_weeks_.+|war_cost_.+|input\..+|outcome")
MAY_BE_INFINITE = re.compile(r"break_month|steps_needed|penalty_needed")
ONLY_SIGNED = re.compile(r"round|month|utility_.+")  # missing exactly where `package` is
JOINED = ("blocker", "least_satisfied_party", "lines_fallen", "first_fallen")  # names, separated by ` | ` or ` + `
JOINTS = re.compile(r" [|+] ")


@dataclass(frozen=True, eq=False)
class AllowedValues:
    """The values that the draws of a scenario may have."""

    scenario: Scenario
    table: Structure

    def check(self, draws: pa.Table, first: int) -> None:
        """Raise a ValueError that names the column if draws from `first` on have an impossible value."""
        if not np.array_equal(draws.column("draw"), np.arange(first, first + len(draws))):
            raise ValueError("column draw: its numbers are not those of its draws")
        signed = np.asarray(draws.column("package").is_valid())
        for name in draws.column_names:
            column = draws.column(name)
            missing = np.asarray(pc.is_null(column, nan_is_null=True))
            if NEVER_MISSING.fullmatch(name) and missing.any():
                raise ValueError(f"column {name}: a value is missing")
            if ONLY_SIGNED.fullmatch(name) and (missing == signed).any():
                raise ValueError(f"column {name}: it has a value where no package is, or none where one is")
            if pa.types.is_string(column.type):
                self._check_texts(name, column)
            elif not pa.types.is_boolean(column.type):
                self._check_numbers(name, column.to_numpy()[~missing].astype(float))

    def _check_numbers(self, name: str, values: np.ndarray) -> None:
        if MAY_BE_INFINITE.fullmatch(name):
            values = values[values != np.inf]
        if not len(values):
            return
        low, high = self._range(name)
        for value in (values.min(), values.max()):
            if not low - SLACK <= value <= high + SLACK:
                raise ValueError(f"column {name}: {value:.6g} is not from {low:g} to {high:g}")

    def _range(self, name: str) -> tuple[float, float]:
        rounds, days = self.scenario.time.rounds, self.scenario.time.days_per_round
        if name in ("round", "attempts") or name.startswith("closed_round_"):
            return float(name != "attempts"), rounds
        if name in ("month", "left_month", "fallen_month") or name.startswith("stage_"):
            return 0.0, rounds * days / DAYS_PER_MONTH
        if name.startswith("zone_packages"):
            return 0.0, len(self.table.space)
        if name.startswith("input."):
            number = self._inputs.get(name.removeprefix("input."))
            return _range_of(number) if number is not None else (0.0, 100.0)  # points, see `values_within`
        if name in self._utility:
            return self._utility[name]
        if SHARES.fullmatch(name):
            return 0.0, 1.0
        return 0.0 if NOT_NEGATIVE.fullmatch(name) else -MOST, MOST

    def _check_texts(self, name: str, column: pa.ChunkedArray) -> None:
        for text in pc.unique(column.drop_null()).to_pylist():
            if name == "package" or name.startswith("opening_"):
                known = self._is_package(text)
            else:
                names = JOINTS.split(text) if name in JOINED else [text]
                known = name not in self._names or self._names[name].issuperset(names)
            if not known:
                raise ValueError(f"column {name}: {quoted(text)} is nothing that the scenario has")

    def _is_package(self, text: str) -> bool:
        options = text.split("/")
        try:
            named = dict(zip(self.scenario.issues, options, strict=True))
            return self.table.space.index_of(named) != NO_DEAL
        except ValueError:
            return False

    @cached_property
    def _names(self) -> Mapping[str, frozenset[str]]:
        parties, lines = self.table.parties, self.table.lines.names
        ratifiers = self.scenario.ratification.ratifiers if self.scenario.ratification else ()
        blockers = (*parties, *lines, *ratifiers, *(f"{party}.no_deal" for party in parties))
        names = {
            "outcome": OUTCOMES, "proposer": parties, "least_satisfied_party": parties, "blocker": blockers,
            "refused_by": ratifiers, "break_cause": CAUSES[1:], "lines_fallen": lines, "first_fallen": lines,
        }  # fmt: skip
        names |= {f"stage_{stage.id}_ended": ENDINGS for stage in self.scenario.stages}
        return {column: frozenset(each) for column, each in names.items()}

    @cached_property
    def _inputs(self) -> Mapping[str, Number]:
        return self.scenario.numbers()

    @cached_property
    def _utility(self) -> Mapping[str, tuple[float, float]]:
        """Range of each utility column, extended by its width at both ends: a normal law leaves its range."""
        ends = zip(self.table.parties, utility_ranges(self.scenario, self.table).tolist(), strict=True)
        return {f"utility_{party}": (2 * low - high, 2 * high - low) for party, (low, high) in ends}


def _range_of(number: Number) -> tuple[float, float]:
    low, high = number.range or (number.value, number.value)
    beyond = NORMAL_REACH * (high - low) if number.law == "normal" else 0.0
    return low - beyond, high + beyond
