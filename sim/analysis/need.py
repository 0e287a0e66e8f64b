"""For each party, ratifier and test that keeps a package from a target share, the smallest change of one number.

One number of the file is changed at a time, all else equal, on the same draws. Its value and its range move together
and stop at their bounds; when all of it has reached a bound, the number is certain. Changes are found to the last digit
printed: one step less does not reach the share. Where a party would sign once its margin is at or above zero, the
change that each draw needs is a quotient, and the one sought an order statistic of these; all else is found by
bisection. Every change is verified on the file with the number set in it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from sim.analysis.figures import NoAnswer
from sim.analysis.package_changes import broken_rules
from sim.analysis.parameters import hardness_parameters
from sim.analysis.portrait_around import of_guarantor
from sim.analysis.rendered import Rendered
from sim.analysis.texts import DRAWS, Marks, marks, matching, month_of, options_named, texts
from sim.analysis.texts import orders as rankings
from sim.core import streams
from sim.core.compiled import worth_compiling
from sim.core.exact import TOLERANCE, Floats
from sim.core.numbers import MIDDLE_LAWS, NORMAL_REACH
from sim.core.package_pass import apply_foresight, charge_commitment, fill_utility
from sim.core.packages import Bools, Condition
from sim.mechanisms.credibility import least_gain
from sim.mechanisms.durability import parts_held, used_up
from sim.mechanisms.implementation import Judgement
from sim.mechanisms.phased_withdrawal import reciprocal_steps
from sim.model.domain import Structure, structure
from sim.model.ensemble import Ensemble, draw, line_group, redrawn
from sim.model.foresight import utility_of
from sim.scenario import Number, Scenario, ScenarioError

TO = 0.5
STEP, STEP_POINTS, WHOLE = 1e-4, 0.01, 1.0  # precision of a change: of a share or utility, of points, of a count
AS_FAR = 10.0  # a number without a bound is tried up to so many times the far end of its range
MOST_STEPS = 100  # of a pull-back
LOG_ODDS = 10.0  # a shift of support is tried up to this
ROUNDING = 1e-9
EVALUATIONS = 500

@dataclass(frozen=True)
class Lever:
    """A number that may be changed, and its bounds."""

    kind: str  # `no_deal`, `weight`, `side_payment`, `points`, `guarantee`, `support`, `months`, `hardness`, `test`
    path: str
    number: Number
    low: float = 0.0  # low, high: its bounds
    high: float = 1.0
    up: bool = False  # up, down: the directions in which it is tried
    down: bool = False
    step: float = STEP
    # margin of each draw, at or above zero where the obstacle passes, and what a unit more of the number adds to it
    margins: tuple[Floats, Floats] | None = field(default=None, repr=False)
    alike: tuple[str, ...] = ()  # paths of numbers that must be equal
    others: Mapping[str, Number] = field(default_factory=dict)  # weights that are rescaled with it
    entry: Mapping[str, object] | None = None  # a linkage that the file lacks

    @property
    def unit(self) -> float:
        """The unit of a change: the width of its range, or its scale where it has none."""
        if self.number.uncertain:
            return float(self.number.high or 0) - float(self.number.low or 0)
        return min(self.high - self.low, max(1.0, abs(self.number.value)))

    def least(self, way: float, needed: int) -> float:
        """Return the smallest change in a direction after which so many draws pass, by their margins."""
        assert self.margins is not None
        return least_change(self.margins[0], way * self.margins[1], needed)

    def ends(self, way: float) -> tuple[int, int]:
        """Return the steps in a direction until its range reaches a bound, and until all of it has."""
        number, end = self.number, self.high if way > 0 else self.low
        near, far = number.value, number.value
        if number.range is not None:
            near, far = number.range[::-1] if way > 0 else number.range
        tails = NORMAL_REACH * (near - far) if number.law == "normal" and number.uncertain else 0.0
        first = max(0, int(np.floor((end - near - tails) * way / self.step + ROUNDING)))
        whole = int(np.ceil((end - far) * way / self.step - ROUNDING))
        return first, first if tails else max(first, whole)

    def at(self, steps: int) -> Number:
        """Return the number after so many steps: value and range together, clipped to the bounds."""

        def moved(value: float) -> float:
            return float(np.clip(round(value + steps * self.step, 10), self.low, self.high))

        number = self.number
        if not number.uncertain or number.range is None:
            return Number(moved(number.value))
        low, high = map(moved, number.range)
        if low == high:
            return Number(low)
        value = round((low + high) / 2, 12) if number.law in MIDDLE_LAWS else moved(number.value)
        return Number(value, low, high, number.law)

    def numbers(self, steps: int) -> dict[str, Number]:
        """Return all numbers of the file that it changes, by path."""
        moved = self.at(steps)
        found = dict.fromkeys((self.path, *self.alike), moved)
        for path, other in self.others.items():
            factor = (1 - moved.value) / (1 - self.number.value)
            low, high = (factor * end for end in other.range or (other.value, other.value))
            found[path] = Number(factor * other.value, low, high, other.law)
        return found

    def sets(self, steps: int, scenario: Scenario) -> tuple[str, ...]:
        """Return the same as settings of the file; weights beside it are rescaled by them."""
        moved = self.at(steps)
        if self.entry is not None:
            party = self.path.split(".")[1]
            there = scenario.resolved["parties"][party].get("linkages") or []
            return (f"parties.{party}.linkages={json.dumps([*there, {**self.entry, 'adds': moved.value}])}",)
        text = f"{moved.value:.12g}"
        if moved.uncertain:
            middle = moved.law in MIDDLE_LAWS
            text = f"{{{'' if middle else f'value: {text}, '}range: [{moved.low:.12g}, {moved.high:.12g}]"
            text += f", law: {moved.law}}}"
        elif self.step == WHOLE:
            text = str(int(moved.value))
        return tuple(f"{path}={text}" for path in (self.path, *self.alike))


@dataclass(frozen=True)
class Move:
    """A number changed for one obstacle.

    Attributes:
        kind: As of `Lever`.
        path: Of the number.
        before, after: The number in the file, and changed.
        within: Whether its value stays in its stated range; None for a number without one.
        reaches: Whether it brings the obstacle to the target share; if not, `after` is at its bound.
        share: Of the obstacle once it is changed, by the same draws.
        verified: The same on the file with the number set in it; None where it does not reach the share, or the file
            would be refused.
        cost: The change in widths of the stated range.
        sets: The change as for `--set`.
    """

    kind: str
    path: str
    before: Number
    after: Number
    within: bool | None
    reaches: bool
    share: float
    verified: float | None
    cost: float
    sets: tuple[str, ...]


@dataclass(frozen=True)
class Obstacle:
    """A party, ratifier or test, its present share, and the changes that bring it to the target.

    Attributes:
        kind: `party`, `ratifier` or `test`.
        name: Of the party or ratifier; `holds_12`, `holds_60`, `guarantor`, `power` or `pull_back`.
        share: Of draws, or mean probability.
        short: Whether that is below the target share.
        margin: Median margin of a party, as it bargains; None for others.
        moves: The cheapest change of each kind of number; those that reach the share first, by cost.
        chain: The cheapest that reaches it; where none does for a party, one for each line that it crosses and one
            more; empty if that is not enough.
    """

    kind: str
    name: str
    share: float
    short: bool
    margin: float | None
    moves: tuple[Move, ...] = ()
    chain: tuple[Move, ...] = ()


@dataclass(frozen=True, eq=False)
class Need(Rendered):
    """What a package lacks, and the changes that bring it to a target share.

    Attributes:
        to: The target share.
        text: As given.
        package: Its options by issue.
        completions: Of how many packages with the given options it is the best; 1 for a complete package.
        shares: `acceptable`, `passes`, `holds_12`, `holds_60`, `in_force`, `held_60`, as in `texts`.
        obstacles: Parties in the order of the file, ratifiers in their order, tests.
        together: The same shares once `changes` are made, on the file with all of them set; None without any.
        changes: As for `--set`: those that bring ratifiers and tests to the share, then what parties still lack.
        signatures: Signatories from the furthest from acceptance to the nearest, and in the other order: `order`,
            `party`, `share`, `together` (share of draws in which it and all before it accept).
        votes: `order` (`file`, `reversed`), `passes`, `months_to_force`, `months_to_refusal`, and `first`, the
            ratifier that refuses most often; no rows where all vote side by side.
        variants: The package with another option of an issue on who leaves first or what comes first: `issue`,
            `option`, the shares, and `breaks`, the rules that an inconsistent one breaks.
    """

    scenario: Scenario = field(repr=False)
    seed: int
    n: int
    round: int
    to: float
    text: str
    package: Mapping[str, str]
    completions: int
    shares: Mapping[str, float]
    obstacles: tuple[Obstacle, ...]
    together: Mapping[str, float] | None
    changes: tuple[str, ...]
    signatures: pd.DataFrame = field(repr=False)
    votes: pd.DataFrame = field(repr=False)
    variants: pd.DataFrame = field(repr=False)


@dataclass(frozen=True)
class Bench:
    """One package, or a few, on the same draws of a scenario; no other package is evaluated."""

    scenario: Scenario
    only: Condition
    draws: int
    seed: int
    round: int

    @cached_property
    def table(self) -> Structure:
        return structure(self.scenario, self.only)

    @cached_property
    def package(self) -> dict[str, str]:
        return self.table.space.options_of(0)

    @cached_property
    def ensemble(self) -> Ensemble:
        return draw(self.scenario, self.seed, 0, self.draws, table=self.table)

    @cached_property
    def tested(self) -> "Tested":
        return Tested(self.ensemble, self.round)

    def with_sets(self, sets: Sequence[str]) -> "Bench":
        return replace(self, scenario=self.scenario.with_sets(sets))


class Tested:
    """The first package of an ensemble in each draw: its results with each party, ratifier and test."""

    def __init__(self, ensemble: Ensemble, round: int) -> None:
        self.ensemble, self.round, self.marks = ensemble, round, marks(ensemble, round)

    @cached_property
    def utility(self) -> Floats:
        """Utility without foresight, shape (B, N)."""
        return utility_of(self.ensemble, np.zeros(1, np.int64))[:, :, 0]

    @cached_property
    def margin(self) -> Floats:
        """Net utility less reservation value, shape (B, N)."""
        margin: Floats = self.marks.utility[:, :, 0] - self.marks.no_deal
        return margin

    @cached_property
    def real(self) -> Bools:
        """Real red lines that the package crosses, shape (B, L)."""
        lines, world = self.ensemble.structure.lines, self.ensemble.world
        crossed: Bools = world.before_any_offer(self.ensemble.real, self.round)[1] & lines.crosses[lines.pattern[0]]
        return crossed

    def crossed(self, path: str) -> Bools:
        """The same of the lines that share a hardness, shape (B, lines)."""
        scenario, table = self.ensemble.scenario, self.ensemble.structure
        lines = next(each.lines for each in hardness_parameters(scenario, table) if each.path == path)
        return self.real[:, list(lines)]

    @cached_property
    def judged(self) -> Judgement:
        """The durability of the package, in force at signature."""
        after, draws = self.ensemble.world.aftermath, len(self.ensemble)
        assert after is not None
        values = of_guarantor(self.ensemble, self.utility, self.marks.no_deal)
        month = month_of(self.ensemble, self.round)
        return after.judge(np.zeros(draws, np.int64), month, np.zeros(draws), *values)

    def names(self) -> Iterator[tuple[str, str]]:
        """Kind and name of all obstacles that the package can meet."""
        scenario, table, votes = self.ensemble.scenario, self.ensemble.structure, self.ensemble.world.ratification
        yield from (("party", name) for name in scenario.parties if table.signs[table.parties.index(name), 0])
        if votes is not None:
            needed = votes.needed(np.zeros(1, np.int64))[0]
            yield from (("ratifier", votes.static.ratifiers[j]) for j in votes.static.by_order if needed[j] > -np.inf)
        after = self.ensemble.world.aftermath
        if after is not None:
            yield from (("test", name) for name in ("holds_12", "holds_60"))
            tests = {
                "guarantor": after.static.guarantor is not None,
                "power": after.power_shift is not None,
                "pull_back": after.pull_back is not None and bool((self.judged.pull_back.there > 0).any()),
            }
            yield from (("test", name) for name, there in tests.items() if there)

    def of(self, kind: str, name: str) -> Floats:
        """Whether it passes in each draw, or the probability, shape (B,)."""
        found, votes = self.marks, self.ensemble.world.ratification
        if kind == "party":
            return found.accepts[:, self.ensemble.structure.parties.index(name), 0].astype(float)
        if kind == "line":
            return np.where(self.crossed(name).any(axis=1), 0.0, 1.0)
        if kind == "ratifier":
            assert votes is not None
            return found.by_ratifier[:, found.combination[0], votes.static.ratifiers.index(name)]
        if name in ("holds_12", "holds_60"):
            return found.holds[("holds_12", "holds_60").index(name), :, 0]
        failed = {"guarantor": self.judged.guarantor_absent, "power": self.judged.power.fails}
        return np.where(failed.get(name, self.judged.pull_back.fails), 0.0, 1.0)

    def share(self, kind: str, name: str) -> float:
        return float(np.mean(self.of(kind, name)))


def shares(found: Marks, package: int = 0) -> dict[str, float]:
    """Means over the draws, by the names of the columns of `texts`."""
    stages = found.stages[:, :, package].mean(axis=1).tolist()
    passes = found.by_all[:, found.combination[package]].mean()
    holds = found.holds[:, :, package].mean(axis=1).tolist()
    return {
        "acceptable": float(found.acceptable[:, package].mean()), "passes": float(passes),
        "holds_12": holds[0], "holds_60": holds[1], "in_force": stages[0], "held_60": stages[2],
    }  # fmt: skip


def least_change(margin: Floats, slope: Floats, needed: int) -> float:
    """Smallest change t >= 0 after which margin + slope t is at or above zero in enough draws; inf if none is.

    An order statistic of the changes by which draws enter, less those by which they leave.
    """
    inside = margin >= -TOLERANCE
    if inside.sum() >= needed:
        return 0.0
    moves = np.abs(slope) > 0
    enters, leaves = ~inside & moves & (slope > 0) & np.isfinite(margin), inside & moves & (slope < 0)
    at = np.concatenate([-margin[enters] / slope[enters], (margin[leaves] + TOLERANCE) / -slope[leaves]])
    change = np.concatenate([np.ones(int(enters.sum()), int), -np.ones(int(leaves.sum()), int)])
    order = np.lexsort((-change, at))  # draws that enter or leave at this change are both in
    reached = np.flatnonzero(inside.sum() + np.cumsum(change[order]) >= needed)
    return float(at[order][reached[0]]) if len(reached) else np.inf


def _moves(at: Bench, kind: str, name: str, to: float) -> list[Move]:
    """Cheapest change of each kind of number, else the one that gets furthest; those that reach the share first.

    Numbers whose estimated minimum cost is larger than another of their kind are skipped.
    """
    present, best = at.tested.share(kind, name), dict[str, Move]()
    needed = int(np.ceil(to * at.draws - TOLERANCE))
    levers = {"party": _of_party, "ratifier": _of_ratifier, "line": _of_line, "test": _of_test}[kind](at, name, to)
    ways = [(lever, way) for lever in levers for way in [1] * lever.up + [-1] * lever.down]
    costs = [lever.least(way, needed) / lever.unit if lever.margins else 0.0 for lever, way in ways]
    for place in sorted(range(len(ways)), key=lambda place: costs[place]):
        lever, way = ways[place]
        there = best.get(lever.kind)
        if there is not None and there.reaches and there.cost <= costs[place]:
            continue
        move = _change(at, lever, way, (kind, name), to)
        if move is not None and (move.reaches or abs(move.share - present) > TOLERANCE) and (
            there is None or _order(move) < _order(there)
        ):
            best[lever.kind] = move
    found = sorted(best.values(), key=_order)
    return [_verified(at, move, (kind, name)) if move.reaches else move for move in found]


def _change(at: Bench, lever: Lever, way: int, obstacle: tuple[str, str], to: float) -> Move | None:
    """Return the smallest change of one number in one direction; at its bound where that is not enough."""
    found: dict[int, float] = {}

    def reached(steps: int) -> bool:
        if steps not in found:
            try:
                found[steps] = _share_after(at, lever, way * steps, obstacle)
            except (ScenarioError, ValueError):  # the file would be refused
                found[steps] = np.nan
        return found[steps] >= to - TOLERANCE

    first, last = lever.ends(way)
    if last <= 0:
        return None
    low, high, needed = 0, last, int(np.ceil(to * at.draws - TOLERANCE))
    if lever.margins is not None:
        near = lever.least(way, needed) / lever.step
        guess = max(1, int(np.ceil(near - ROUNDING))) if near <= first + 1 else 0
        for steps in (guess, guess + 1) if guess else ():  # rounding may need one more
            if steps <= last and reached(steps):
                high = steps
                low = steps - 1 if steps == 1 or not reached(steps - 1) else 0
                break
    if high == last and not reached(last):
        return _move(at, lever, way * last, found[last], False) if np.isfinite(found[last]) else None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return _move(at, lever, way * high, found[high], True)


def _share_after(at: Bench, lever: Lever, steps: int, obstacle: tuple[str, str]) -> float:
    if lever.entry is not None or lever.step == WHOLE:  # not a drawn number
        return at.with_sets(lever.sets(steps, at.scenario)).tested.share(*obstacle)
    return Tested(redrawn(at.ensemble, lever.numbers(steps)), at.round).share(*obstacle)


def _move(at: Bench, lever: Lever, steps: int, share: float, reaches: bool) -> Move:
    before, after = lever.number, lever.at(steps)
    within = None
    if before.range is not None and before.uncertain:
        within = before.range[0] - ROUNDING <= after.value <= before.range[1] + ROUNDING
    cost = abs(after.value - before.value) / lever.unit
    return Move(lever.kind, lever.path, before, after, within, reaches, share, None, cost,
                lever.sets(steps, at.scenario))  # fmt: skip


def _verified(at: Bench, move: Move, obstacle: tuple[str, str]) -> Move:
    """Set the number in the file, read and draw it anew, and evaluate the package again."""
    try:
        return replace(move, verified=at.with_sets(move.sets).tested.share(*obstacle))
    except ScenarioError:
        return move


def _order(move: Move) -> tuple[bool, float, float, str]:
    return (False, 0.0, move.cost, move.path) if move.reaches else (True, -move.share, move.cost, move.path)


def _chain(at: Bench, kind: str, name: str, to: float, moves: Sequence[Move]) -> tuple[Move, ...]:
    """Return the cheapest change that reaches the share; or several for a party with several obstacles.

    Each red line that it crosses is softened until it alone reaches the k-th root of the share, k the number of such
    lines, and one more for utility; then the cheapest change of the rest is searched. If there is none, the same with
    the lines removed.
    """
    if moves and moves[0].reaches:
        return (moves[0],)
    groups = [lever.path for lever in _lines(at, name)] if kind == "party" else []
    for part in (to ** (1 / (len(groups) + 1)), 1.0) if groups else ():
        chain, softer = [], at
        for path in groups:
            if softer.tested.share("line", path) < part - TOLERANCE:
                chain += _moves(softer, "line", path, part)[:1]
                softer = softer.with_sets(chain[-1].sets)
        if softer.tested.share(kind, name) < to - TOLERANCE:
            rest = [move for move in _moves(softer, kind, name, to) if move.reaches]
            if not rest:
                continue
            chain.append(rest[0])
            softer = softer.with_sets(chain[-1].sets)
        if softer.tested.share(kind, name) >= to - TOLERANCE:
            return tuple(chain)
    return ()


# The numbers that may be changed.


def _of_party(at: Bench, name: str, to: float) -> Iterator[Lever]:
    """Return the numbers of a party; only those of its lines, if these block in too many draws whatever the utility."""
    scenario, found, party = at.scenario, at.tested, at.scenario.parties[name]
    n, path = at.table.parties.index(name), f"parties.{name}"
    ensemble, behind = at.ensemble, (found.real & (at.table.lines.party == n)).any(axis=1)
    yield from _lines(at, name)
    if 1 - behind.mean() < to - TOLERANCE:
        return
    margin = np.where(behind, -np.inf, found.margin[:, n])
    free, one = ensemble.world.reservation_value[:, at.round - 1, n], np.ones(len(ensemble))
    kept = np.divide(found.marks.no_deal[:, n], free, out=one.copy(), where=free > 0)  # the rest after leverage
    falls = np.divide(margin, kept, out=np.full(len(one), -np.inf), where=kept > 0)
    yield Lever("no_deal", f"{path}.no_deal", party.no_deal, down=True, margins=(falls, -one))
    for issue, weight in party.weights.items():
        yield from _weight(at, name, issue, weight, margin)
    for issue, option in at.package.items():
        i = [each.name for each in at.table.space.issues].index(issue)
        slope = ensemble.weights[:, n, i] / 100
        delivered = scenario.issues[issue].deliverable.get(option)
        if delivered is not None:
            chance = f"issues.{issue}.deliverable.{option}.chance"
            slope = slope * ensemble.inputs.get(chance, delivered.chance.value)
        yield Lever("points", f"{path}.values.{issue}.{option}", party.values[issue][option], high=100.0, up=True,
                    step=STEP_POINTS, margins=(margin, slope))  # fmt: skip
    for linkage in party.linkages:
        if at.table.space.holds(linkage.when)[0]:
            yield Lever("side_payment", f"{path}.linkages.{linkage.id}.adds", linkage.adds,
                        min(-1.0, linkage.adds.value), max(1.0, linkage.adds.value), up=True,
                        margins=(margin, one))  # fmt: skip
    yield _side_payment(at, name, margin)
    yield from _carrots(at, name)
    if party.foresight.value or party.foresight.uncertain:
        yield Lever("refusal_cost", f"{path}.refusal_cost", party.refusal_cost, down=True)
        for _, ratifier in (each for each in found.names() if each[0] == "ratifier"):
            yield _support(scenario, ratifier)
        yield from _guarantee(at)


def _weight(at: Bench, name: str, issue: str, weight: Number, margin: Floats) -> Iterator[Lever]:
    """Weight of an issue: utility is a quotient, as the other weights are rescaled and drawn ones sum to 1."""
    party, n, ensemble = at.scenario.parties[name], at.table.parties.index(name), at.ensemble
    others = {other: number for other, number in party.weights.items() if other != issue}
    if weight.value >= 1 or not any(number.value for number in others.values()):
        return
    issues, package = [each.name for each in at.table.space.issues], at.table.space.packages[0]
    drawn = {
        each: np.broadcast_to(ensemble.inputs.get(f"parties.{name}.weights.{each}", number.value), len(margin))
        for each, number in party.weights.items()
    }
    worth = {each: ensemble.option_worth[:, n, i, package[i]] for i, each in enumerate(issues)}
    total = sum(drawn.values())
    asked = sum(drawn[each] * worth[each] for each in drawn) / total - np.where(np.isfinite(margin), margin, 0.0)
    rest = sum(drawn[each] * (worth[each] - asked) for each in others)
    slope = worth[issue] - asked - rest / (1 - weight.value)
    yield Lever("weight", f"parties.{name}.weights.{issue}", weight, up=True, down=True,
                margins=(margin * total, slope),
                others={f"parties.{name}.weights.{each}": number for each, number in others.items()})  # fmt: skip


def _side_payment(at: Bench, name: str, margin: Floats) -> Lever:
    """Return utility added to this package alone, a linkage that the file lacks."""
    known = {linkage.id for linkage in at.scenario.parties[name].linkages}
    new = next(each for each in (f"side_payment{'_again' * times}" for times in range(len(known) + 1))
               if each not in known)  # fmt: skip
    return Lever("side_payment", f"parties.{name}.linkages.{new}.adds", Number(0), up=True,
                 entry={"id": new, "when": at.package}, margins=(margin, np.ones(len(margin))))  # fmt: skip


def _carrots(at: Bench, name: str) -> Iterator[Lever]:
    mediation = at.scenario.mediation
    if mediation is None or mediation.carrots is None:
        return
    for offer in mediation.carrots.offers:
        if offer.party == name and at.table.space.holds(offer.when)[0]:
            for what, number in ((f"offers.{offer.id}.adds", offer.adds), ("budget", mediation.carrots.budget)):
                yield Lever("side_payment", f"mediation.carrots.{what}", number, high=max(1.0, number.value), up=True)


def _of_line(at: Bench, path: str, to: float) -> Iterator[Lever]:
    """Return the hardness of one red line, and of those that share it, as if it were the only obstacle."""
    yield from (replace(each, margins=None) for each in _lines(at, path.split(".")[1]) if each.path == path)


def _lines(at: Bench, name: str) -> Iterator[Lever]:
    """Hardness of the lines that the package crosses: a line is off in a draw if it is at or below its uniform."""
    lines, found, n = at.table.lines, at.tested, at.table.parties.index(name)
    for each in hardness_parameters(at.scenario, at.table):
        crossed = [line for line in each.lines if lines.party[line] == n and lines.crosses[lines.pattern[0], line]]
        if not crossed:
            continue
        others = lines.party == n
        others[list(each.lines)] = False
        blocked = (found.real & others).any(axis=1) | (found.margin[:, n] < -TOLERANCE)
        party, line = each.path.split(".")[1::2][:2]
        drawn_with = next(spec.drawn_with for spec in at.scenario.parties[party].red_lines if spec.id == line)
        group = line_group(at.scenario.lines, party, line, drawn_with)
        uniform = streams.uniform(at.seed, f"{group}.real", 0, at.draws)
        softer = uniform - at.ensemble.inputs.get(each.path, each.number.value)
        over = np.where(blocked, -np.inf, np.where(found.real[:, crossed].any(axis=1), softer, np.inf))
        yield Lever("hardness", each.path, each.number, down=True, alike=tuple(each.others),
                    margins=(over, -np.ones(len(over))))  # fmt: skip


def _support(scenario: Scenario, ratifier: str) -> Lever:
    assert scenario.ratification is not None
    number = scenario.ratification.ratifiers[ratifier].support
    return Lever("support", f"ratification.ratifiers.{ratifier}.support", number, up=True)


def _of_ratifier(at: Bench, name: str, to: float) -> Iterator[Lever]:
    yield _support(at.scenario, name)
    assert at.scenario.ratification is not None
    spec, path = at.scenario.ratification.ratifiers[name], f"ratification.ratifiers.{name}"
    for option, number in _shifts(at, spec.shifts):
        yield Lever("shift", f"{path}.shifts.{option}", number, -LOG_ODDS, LOG_ODDS, up=True)
    drift = spec.support_drift_per_month
    if drift.uncertain or drift.value:
        yield Lever("months", f"{path}.support_drift_per_month", drift, low=-1.0, up=True)


def _shifts(at: Bench, shifts: Mapping[str, Mapping[str, Number]]) -> Iterator[tuple[str, Number]]:
    """Return what the options of the package shift, each by the end of its path, `issue.option`."""
    for issue, by_option in shifts.items():
        if at.package[issue] in by_option:
            yield f"{issue}.{at.package[issue]}", by_option[at.package[issue]]


def _guarantee(at: Bench, margins: tuple[Floats, Floats] | None = None) -> Iterator[Lever]:
    """Return the probability that the guarantor acts, of the package's own option."""
    table = None if at.scenario.aftermath is None else at.scenario.aftermath.credibility
    if table is not None:
        path, number = f"aftermath.credibility.{at.package[table.issue]}", table.numbers[at.package[table.issue]]
        yield Lever("guarantee", path, number, up=True, down=True, margins=margins)


def _of_test(at: Bench, name: str, to: float) -> Iterator[Lever]:
    spec, found, one = at.scenario.aftermath, at.tested, np.ones(at.draws)
    assert spec is not None
    if spec.guarantor is not None and name != "pull_back":
        party, cost, margins = spec.guarantor.party, spec.guarantor.cost_of_acting, None
        n = at.table.parties.index(party)
        gain, after = found.utility[:, n] - found.marks.no_deal[:, n], at.ensemble.world.aftermath
        if name == "guarantor" and after is not None:
            promised = found.judged.promised
            short = gain - least_gain(promised, after.cost_of_acting)
            enough = np.divide(short, promised, out=np.where(short >= 0, np.inf, -np.inf), where=promised > 0)
            margins = enough, -one
            yield _side_payment(at, party, short)
            yield Lever("no_deal", f"parties.{party}.no_deal", at.scenario.parties[party].no_deal, down=True)
        path = "aftermath.guarantor.cost_of_acting"
        yield Lever("guarantee", path, cost, high=_far(cost), down=True, margins=margins)
    if name != "power" or found.ensemble.world.aftermath is None or spec.power_shift is None:
        yield from _guarantee(at)
    if spec.power_shift is not None and name in ("power", "holds_12", "holds_60"):
        yield from _power(at, name)
    if spec.pull_back is not None and name in ("pull_back", "holds_12", "holds_60"):
        yield from _pull_back(at, name)
    if spec.hazard is not None and name in ("holds_12", "holds_60"):
        hazard = spec.hazard
        yield Lever("durability", "aftermath.hazard.survival_12", hazard.survival_12, STEP, up=True)
        yield Lever("durability", "aftermath.hazard.deterrence", hazard.deterrence, up=True)
        for ratio in (each for each in hazard.ratios if at.table.space.holds(hazard.ratios[each].when)[0]):
            number = hazard.ratios[ratio].ratio
            yield Lever("durability", f"aftermath.hazard.ratios.{ratio}.ratio", number, high=_far(number), down=True)


def _power(at: Bench, name: str) -> Iterator[Lever]:
    """Return the inputs of Powell's test: the penalty missing in each draw is a number."""
    assert at.scenario.aftermath is not None and at.scenario.aftermath.power_shift is not None
    spec, judged, after = at.scenario.aftermath.power_shift, at.tested.judged, at.ensemble.world.aftermath
    path, high, margins = "aftermath.power_shift", _far(spec.penalty), None
    if name == "power" and after is not None and after.power_shift is not None:
        missing = judged.power.there - judged.power.needed + TOLERANCE
        margins = missing, np.ones(at.draws) if after.credibility is None else judged.credibility
        yield from _guarantee(at, (missing, np.where(judged.guarantor_absent, 0.0, after.power_shift.penalty)))
    yield Lever("guarantee", f"{path}.penalty_if_guarantor_acts", spec.penalty, high=high, up=True, margins=margins)
    yield Lever("months", f"{path}.months", spec.months, high=_far(spec.months), up=True, step=STEP_POINTS)
    for option, number in _shifts(at, spec.shifts):
        yield Lever("shift", f"{path}.away_from_{spec.away_from}.{option}", number, low=-1.0, up=True, down=True)


def _pull_back(at: Bench, name: str) -> Iterator[Lever]:
    assert at.scenario.aftermath is not None and at.scenario.aftermath.pull_back is not None
    spec, monitoring = at.scenario.aftermath.pull_back, at.scenario.aftermath.monitoring
    option, test = at.package[spec.issue], at.tested.judged.pull_back
    if option in reciprocal_steps(spec):
        margins = (test.there - test.needed, np.ones(at.draws)) if name == "pull_back" else None
        yield Lever("months", f"aftermath.pull_back.steps.{option}", Number(spec.steps[option]), 1.0,
                    max(MOST_STEPS, spec.steps[option]), up=True, step=WHOLE, margins=margins)  # fmt: skip
        yield Lever("guarantee", "aftermath.pull_back.penalty", spec.penalty, high=_far(spec.penalty), up=True)
        if monitoring is not None:
            watched = at.package[monitoring.issue]
            yield Lever("monitoring", f"aftermath.monitoring.{watched}", monitoring.numbers[watched], up=True)


def _far(number: Number) -> float:
    return AS_FAR * max(number.value, number.high or 0.0, 0.1)


# The whole.


def need(
    scenario: Scenario, text: str, to: float = TO, draws: int = DRAWS, seed: int = 1, round: int = 1
) -> Need:
    """Find the smallest changes that bring a package to a target share.

    Args:
        text: The id of a proposal, or `issue=option,...`. Where issues are left open, the completion that ranks first
            in `texts` is taken.
        to: The target share of draws, or mean probability, above 0 and at most 1.
        draws: Draws 0 to `draws - 1`: those of a batch with this seed.
        round: In which the package is tabled, from 1.

    Raises:
        NoAnswer: if there is no such proposal, issue, option or round, the package breaks a rule, or the share is
            invalid.
    """
    if not 0 < to <= 1:
        raise NoAnswer(f"a share of {100 * to:g} per cent cannot be reached; above 0, and 100 at most, would do")
    if not 1 <= round <= scenario.time.rounds:
        raise NoAnswer(f"round {round} is none of the {scenario.time.rounds} rounds of this scenario")
    package, completions = _package(scenario, options_named(scenario, text), draws, seed, round)
    at = Bench(scenario, Condition.of(package), draws, seed, round)
    for loop in (parts_held, used_up, apply_foresight, fill_utility, charge_commitment):
        worth_compiling(loop, EVALUATIONS * draws)  # a package is evaluated many times
    found, obstacles = at.tested, []
    for kind, name in found.names():
        share = found.share(kind, name)
        margin = float(np.median(found.margin[:, at.table.parties.index(name)])) if kind == "party" else None
        obstacle = Obstacle(kind, name, share, share < to - TOLERANCE, margin)
        if obstacle.short:
            moves = _moves(at, kind, name, to)
            obstacle = replace(obstacle, moves=tuple(moves), chain=_chain(at, kind, name, to, moves))
        obstacles.append(obstacle)
    changes, changed = _together(at, obstacles, to)
    return Need(
        scenario=scenario, seed=seed, n=draws, round=round, to=to, text=text, package=package,
        completions=completions, shares=shares(found.marks), obstacles=tuple(obstacles),
        together=shares(changed.tested.marks) if changes else None, changes=changes,
        signatures=pd.DataFrame(list(_signatures(at, obstacles))), votes=pd.DataFrame(list(_votes(at))),
        variants=pd.DataFrame(list(_variants(at, package))),
    )  # fmt: skip


def _package(
    scenario: Scenario, options: Mapping[str, str], draws: int, seed: int, round: int
) -> tuple[dict[str, str], int]:
    """Return a complete package, and of how many completions it is the best."""
    count = len(matching(scenario, options))
    if len(options) < len(scenario.issues):
        first = texts(scenario, draws, seed, round, options).sort_values(
            [rankings(scenario)[0], "acceptable", "package"], ascending=[False, False, True]
        )
        options = {issue: first[issue].iloc[0] for issue in scenario.issues}
    return {issue: options[issue] for issue in scenario.issues}, count


def _together(at: Bench, obstacles: Sequence[Obstacle], to: float) -> tuple[tuple[str, ...], Bench]:
    """Find changes for all of them: ratifiers and tests first, as parties may foresee these, then parties.

    Each is brought to the share on the file as changed so far, if it is still short.
    """
    changes: list[str] = []
    start = at
    for each in sorted(obstacles, key=lambda each: each.kind == "party"):
        if at.tested.share(each.kind, each.name) < to - TOLERANCE:
            chain = each.chain
            if at is not start:
                chain = _chain(at, each.kind, each.name, to, _moves(at, each.kind, each.name, to))
            new = [text for move in chain for text in move.sets]
            changes, at = [*changes, *new], at.with_sets(new) if new else at
    return tuple(changes), at


def _signatures(at: Bench, obstacles: Sequence[Obstacle]) -> Iterator[dict[str, object]]:
    parties = [each for each in obstacles if each.kind == "party"]
    furthest = sorted(parties, key=lambda each: (each.share, each.margin or 0.0, each.name))
    orders = {"furthest_first": furthest, "nearest_first": furthest[::-1]} if len(parties) > 1 else {}
    for order, row in orders.items():
        so_far = np.ones(at.draws)
        for each in row:
            so_far = so_far * at.tested.of("party", each.name)
            yield {"order": order, "party": each.name, "share": each.share, "together": float(so_far.mean())}


def _votes(at: Bench) -> Iterator[dict[str, object]]:
    """Compare the order of ratifiers in the file with the reverse, which changes only when the result is known."""
    spec = at.scenario.ratification
    if spec is None or len({each.order for each in spec.ratifiers.values()}) < 2:
        return
    top = max(each.order for each in spec.ratifiers.values()) + min(each.order for each in spec.ratifiers.values())
    turned = [f"ratification.ratifiers.{name}.order={top - each.order}" for name, each in spec.ratifiers.items()]
    for order, bench in (("file", at), ("reversed", at.with_sets(turned))):
        votes = bench.ensemble.world.ratification
        assert votes is not None
        held = votes.hold(np.zeros(at.draws, np.int64))
        refused = np.bincount(held.refused_by[held.refused_by >= 0], minlength=len(votes.static.ratifiers))
        yield {
            "order": order, "passes": float(held.passed.mean()),
            "months_to_force": _mean(held.in_force_month), "months_to_refusal": _mean(held.refusal_month),
            "first": votes.static.ratifiers[int(refused.argmax())] if refused.any() else None,
        }  # fmt: skip


def _mean(months: Floats) -> float:
    there = months[~np.isnan(months)]
    return float(there.mean()) if len(there) else np.nan


def _variants(at: Bench, package: Mapping[str, str]) -> Iterator[dict[str, object]]:
    """Return the package with each option of the issues on who leaves, and what comes, first."""
    scenario, issues = at.scenario, []
    if scenario.aftermath is not None and scenario.aftermath.pull_back is not None:
        issues.append(scenario.aftermath.pull_back.issue)
    if scenario.ratification is not None:
        issues += [each.by for each in scenario.ratification.milestones.values() if each.by is not None]
    for issue in dict.fromkeys(issues):
        neighbours = {option: {**package, issue: option} for option in scenario.issues[issue].options}
        rules = {option: [rule.id for rule in broken_rules(scenario, text)] for option, text in neighbours.items()}
        bench = replace(at, only=Condition.of(*(text for option, text in neighbours.items() if not rules[option])))
        for option, text in neighbours.items():
            row: dict[str, object] = {"issue": issue, "option": option, "breaks": ", ".join(rules[option])}
            if not rules[option]:
                row |= shares(bench.tested.marks, bench.table.space.index_of(text))
            yield row
