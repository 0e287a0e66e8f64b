"""Ranking of packages over the same draws, by who accepts them, whether they pass and hold.

No bargaining is played. A package is tabled in one round, before any offer: leverage is as events and dates set it, and
red lines are those that are real then. It counts as in force at once, so the credibility of a guarantee begins to decay
at signature.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, cast

import numpy as np
import pandas as pd

from sim.analysis.figures import NoAnswer
from sim.analysis.one_package import package_named
from sim.analysis.package_changes import broken_rules
from sim.analysis.portrait import LINES_REAL, portrait
from sim.analysis.rendered import Rendered
from sim.core.exact import TOLERANCE, Floats
from sim.core.package_pass import Prospects, value_in_round
from sim.core.packages import Bools, Condition, Ints
from sim.core.utility import DAYS_PER_MONTH, EVERYBODY
from sim.core.wording import meant, quoted
from sim.core.zopa import votes_needed
from sim.mechanisms.ratification import Ratification
from sim.model.domain import Structure, structure
from sim.model.ensemble import Ensemble, draw
from sim.model.foresight import charge_commitments, deduct_risks, prospects, prospects_of, utility_of
from sim.results.results import Results
from sim.results.stages import reached
from sim.scenario import Scenario

DRAWS = 1_000
MONTHS = np.array([12.0, 60.0])  # after entry into force, at which a package is to hold
PIECE = 1_250_000  # utilities computed at a time, limited by memory
FEW_PACKAGES = 8  # times as many draws at a time where few packages are evaluated
LOWEST = -1.0  # of `least_satisfied`, which a party with almost nothing to gain would dominate otherwise
# Columns by which packages are ranked, each with its sign: the first that a scenario has is the default.
ORDERS = {"held_60": 1, "in_force": 1, "acceptable": 1, "least_regret": -1, "least_satisfied": 1}
REGRETS = ["largest_regret", "regret"]


@dataclass(frozen=True, eq=False)
class Marks:
    """Results of some packages in each draw when tabled in one round."""

    accepts: Bools  # whether a signatory finds it acceptable in utility and red lines, (B, N, K)
    acceptable: Bools  # whether all signatories accept it, or enough of them, shape (B, K)
    least_satisfied: Floats  # smallest margin of a signatory as a share of the largest it could have, shape (B, K)
    # by_ratifier, by_all: probability with each ratifier and with all of them by combination of the options they depend
    # on, given the surprise that all share, shapes (B, C, J) and (B, C); the combination of each package, shape (K,)
    by_ratifier: Floats
    by_all: Floats
    combination: Ints
    holds: Floats  # probability to hold 12 and 60 months once in force, shape (2, B, K)
    utility: Floats  # net of risks and of audience costs, shape (B, N, K)
    prospects: Prospects
    no_deal: Floats  # reservation values in that round, shape (B, N)

    @property
    def value(self) -> Floats:
        """Return the utility of the packages to each party as it bargains, shape (B, N, K)."""
        return value_in_round(self.utility, self.prospects, self.no_deal)

    @property
    def lasting(self) -> Floats:
        """Return the probability to pass and to hold 60 months once signed, shape (B, K)."""
        lasting: Floats = self.by_all.take(self.combination, axis=1) * self.holds[1]
        return lasting

    @property
    def stages(self) -> Floats:
        """Probability of signature and entry into force, and of holding 12 and 60 months, shape (3, B, K)."""
        in_force = self.acceptable * self.by_all.take(self.combination, axis=1)
        return np.stack([in_force, in_force * self.holds[0], in_force * self.holds[1]])


def pieces(scenario: Scenario, draws: int, seed: int, size: int) -> Iterator[Ensemble]:
    """Iterate over draws 0 to `draws - 1` of a seed, in pieces of this size."""
    whole = draw(scenario, seed, 0, draws, table=structure(scenario))
    for start in range(0, draws, size):
        yield whole[start : start + size]


def piece_length(table: Structure) -> int:
    """Return how many draws of all packages are evaluated at a time."""
    return max(1, PIECE // (len(table.space) * len(table.parties)))


def marks(ensemble: Ensemble, round: int = 1, packages: Ints | None = None, satisfied: bool = True) -> Marks:
    """Evaluate packages, all if none are named, tabled in a round.

    Args:
        satisfied: Whether to compute `least_satisfied`, which takes the utility of all packages.
    """
    world, table, ahead = ensemble.world, ensemble.structure, prospects(ensemble)
    pressure, real = world.before_any_offer(ensemble.real, round)
    no_deal, free = world.no_deal_now(pressure, round), world.reservation_value[:, round - 1]
    owners = [*range(len(table.parties)), EVERYBODY]
    crossed = np.stack([table.lines.patterns_crossing(real & (table.lines.party == n)) for n in owners], axis=1)
    kept = np.arange(len(table.space)) if packages is None else packages
    behind, signs, least = crossed.take(table.lines.pattern[kept], axis=2), table.signs[:, kept], np.zeros((0, 0))
    if satisfied:
        utility = ensemble.utility()
        usable = table.signs & ~(crossed[:, :-1] | crossed[:, -1:]).take(table.lines.pattern, axis=2)
        each = range(len(table.parties))
        best = np.stack([np.where(usable[:, n], utility[:, n], -np.inf).max(axis=1) for n in each], axis=1)
        utility = utility if packages is None else utility[:, :, packages].copy()
        least = _least_satisfied(utility, no_deal, best, signs)
    else:
        utility = utility_of(ensemble, kept)
    if packages is not None:
        ahead = prospects_of(ahead, packages)
    month = month_of(ensemble, round)
    kinds, held = _kinds(ensemble, month, utility, no_deal, kept)
    deduct_risks(utility, ahead)
    charge_commitments(ensemble, utility, ahead, kept, round)
    accepts = (utility >= no_deal[:, :, None] - TOLERANCE) & signs & ~behind[:, :-1]
    enough = votes_needed(table.signs, ensemble.protocol.quota)[kept]
    bought: Bools = np.zeros((len(ensemble), len(kept)), bool)
    if pressure.any():
        bought = np.logical_or.reduce(accepts & (utility < free[:, :, None] - TOLERANCE), axis=1)
    return Marks(
        accepts,
        (accepts.sum(axis=1, dtype=np.int32) >= enough) & ~behind[:, -1],
        least,
        *_votes(ensemble, month, no_deal, kept),
        _holds(ensemble, month, kinds, held, bought),
        utility, ahead, no_deal,
    )  # fmt: skip


def month_of(ensemble: Ensemble, round: int) -> Floats:
    """Return the months from the first round to a round, in each draw."""
    return np.full(len(ensemble), (round - 1) * ensemble.scenario.time.days_per_round / DAYS_PER_MONTH)


def _least_satisfied(utility: Floats, no_deal: Floats, best: Floats, signs: Bools) -> Floats:
    least = np.full((len(utility), signs.shape[1]), np.inf)
    for n in range(len(signs)):
        reach = best[:, n] - no_deal[:, n]
        per_share = np.divide(1.0, reach, out=np.zeros(len(reach)), where=reach > TOLERANCE)
        share = (utility[:, n] - no_deal[:, n, None]) * per_share[:, None]
        share[reach <= TOLERANCE] = LOWEST  # it has nothing to gain
        np.minimum(least, share, out=least, where=signs[n])
    return np.clip(least, LOWEST, 1.0, out=least)


def _votes(ensemble: Ensemble, month: Floats, no_deal: Floats, packages: Ints) -> tuple[Floats, Floats, Ints]:
    votes = ensemble.world.ratification
    if votes is None:
        return np.ones((len(ensemble), 1, 0)), np.ones((len(ensemble), 1)), np.zeros(len(packages), np.int64)
    first = ensemble.world.no_deal_now(ensemble.world.before_any_offer(ensemble.real, 1)[0], 1)
    return *votes.at(month, first - no_deal).chances_given_shared(), votes.static.combinations.index[packages]


def _kinds(
    ensemble: Ensemble, month: Floats, utility: Floats, no_deal: Floats, packages: Ints
) -> tuple[Ints, Floats] | tuple[None, None]:
    """Return the kind of each package in the aftermath, shape (B, K), and how each kind holds; None without one."""
    after = ensemble.world.aftermath
    if after is None:
        return None, None
    outlook, enough = after.kinds_ahead(month, MONTHS)
    combination = outlook.static.index[packages]
    kind: Ints = outlook.kind.take(combination, axis=1)
    if enough is not None:
        n, half = ensemble.structure.parties.index(after.static.guarantor), outlook.kind.shape[1] // 2
        absent = utility[:, n] - no_deal[:, n, None] < enough.take(combination, axis=1)
        kind = np.where(absent, outlook.kind[:, half:].take(combination, axis=1), kind)
    return kind, outlook.held


def _holds(ensemble: Ensemble, month: Floats, kinds: Ints | None, unpressed: Floats | None, bought: Bools) -> Floats:
    after, held = ensemble.world.aftermath, np.ones((len(MONTHS), *bought.shape))
    if after is None or kinds is None or unpressed is None:
        return held
    for pressed in (False, True) if bought.any() else (False,):
        by_kind = after.kinds_ahead(month, MONTHS, True)[0].held if pressed else unpressed
        for b, kind in enumerate(kinds):
            for place in range(len(MONTHS)):
                np.copyto(held[place, b], by_kind[b, :, place].take(kind), where=bought[b] if pressed else True)
    return held


def texts(
    scenario: Scenario, draws: int = DRAWS, seed: int = 1, round: int = 1, fix: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Evaluate every package of a scenario over the same draws.

    Args:
        draws: Draws 0 to `draws - 1`: those of a batch with this seed.
        round: In which each text is tabled, from 1.
        fix: Options by issue that a text must have to be counted.

    Returns:
        One row a package, sorted by `held_60`, or the last stage that the scenario has. `package`: options joined by
        `/` in the order of the file, and one column an issue; `acceptable`: share of draws in which all who sign accept
        it, `accepts_PARTY`: in which this party does, missing if it does not sign, `least_accepted`: the smallest of
        these; `passes_RATIFIER`, `passes`: mean chance with each ratifier and with all; `holds_12`, `holds_60`: mean
        chance to hold so many months once in force, `lasting`: to pass and hold 60 months once signed; `in_force`,
        `held_12`, `held_60`: means of the product of all these in each draw; `regret`, `largest_regret`: mean and
        largest of what is lost against the best text of a draw, in the last stage; `least_satisfied`: mean of the
        smallest margin of a signatory as a share of the largest it could have, by weights and points, not below -1.
        Columns of a block that the scenario lacks are left out.

    Raises:
        NoAnswer: if nothing is left, the round is not one of the scenario's, or an issue or option does not exist.
    """
    steps = texts_by_piece(scenario, draws, seed, round, fix)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast(pd.DataFrame, end.value)


def texts_by_piece(
    scenario: Scenario, draws: int = DRAWS, seed: int = 1, round: int = 1, fix: Mapping[str, str] | None = None
) -> Generator[None, None, pd.DataFrame]:
    """The same, with a place after each piece of the draws at which it may be given up."""
    table = structure(scenario)
    if not 1 <= round <= scenario.time.rounds:
        raise NoAnswer(f"round {round} is none of the {scenario.time.rounds} rounds of this scenario")
    chosen = matching(scenario, fix or {})
    total, largest = dict[str, Any](), np.zeros(len(chosen))
    within = chosen if len(chosen) < len(table.space) else None
    for ensemble in pieces(scenario, draws, seed, piece_length(table)):
        found = marks(ensemble, round, within)
        stages = found.stages
        regret = stages[-1].max(axis=1, keepdims=True) - stages[-1]
        np.maximum(largest, regret.max(axis=0), out=largest)
        rows = {
            "acceptable": found.acceptable, "accepts": found.accepts, "by_all": found.by_all,
            "by_ratifier": found.by_ratifier, "lasting": found.lasting, "regret": regret,
            "holds": found.holds.swapaxes(0, 1), "stages": stages.swapaxes(0, 1),
            "least_satisfied": found.least_satisfied,
        }  # fmt: skip
        for name, of_draws in rows.items():
            sums = total.setdefault(name, np.zeros(of_draws.shape[1:]))
            for of_draw in of_draws:  # one after the other: the same bits whatever the size of a piece
                sums += of_draw
        yield
    mean = {name: values / draws for name, values in total.items()} | {"largest_regret": largest}
    return _frame(scenario, chosen, mean, found.combination, ensemble.world.ratification)


def options_named(scenario: Scenario, text: str) -> dict[str, str]:
    """The options of a proposal's id, of `issue=option,...`, or of both: options change or fill the proposal.

    Raises:
        NoAnswer: if there is no such proposal, or an issue is given two options.
    """
    proposed, chosen = dict[str, str](), dict[str, str]()
    for part in filter(None, map(str.strip, text.split(","))):
        issue, equals, option = (each.strip() for each in part.partition("="))
        if not equals:
            if part not in scenario.proposals:
                near = meant(part, list(scenario.proposals)) if scenario.proposals else ", and there are none"
                raise NoAnswer(f"no proposal is called {quoted(part)}{near}; ISSUE=OPTION,ISSUE=OPTION would do too")
            proposed |= scenario.proposals[part].package
        elif chosen.setdefault(issue, option) != option:
            raise NoAnswer(f"{quoted(issue)} has two options: {quoted(chosen[issue])} and {quoted(option)}")
    return proposed | chosen


def matching(scenario: Scenario, fix: Mapping[str, str]) -> Ints:
    """The consistent packages with these options. NoAnswer if an issue or option is unknown, or there is none."""
    for issue, option in fix.items():
        if issue not in scenario.issues:
            raise NoAnswer(f"no issue is called {quoted(issue)}{meant(issue, list(scenario.issues))}")
        options = list(scenario.issues[issue].options)
        if option not in options:
            raise NoAnswer(f"{issue} has no option {quoted(option)}{meant(option, options)}")
    found = structure(scenario).space.holds(Condition.of(fix))
    if not found.any():
        broken = [rule.id for rule in broken_rules(scenario, dict(fix))]
        why = f" it breaks the rule {' and '.join(broken)}" if broken else " together with the rules nothing is left"
        raise NoAnswer(f"no consistent package has {', '.join(map('='.join, fix.items()))}:{why}")
    return np.flatnonzero(found)


def orders(scenario: Scenario) -> list[str]:
    """Return the orders of a scenario's packages, the default first."""
    lacks = {"in_force": scenario.ratification is None, "held_60": scenario.aftermath is None}
    return [name for name in ORDERS if not lacks.get(name, False)]


def ranked(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Sort packages by one of `ORDERS`; ties by the acceptance of the most reluctant signatory."""
    columns = REGRETS if by == "least_regret" else [by]
    up = [*([ORDERS[by] < 0] * len(columns)), False, True]
    return table.sort_values([*columns, "least_accepted", "package"], ascending=up, ignore_index=True)


def _frame(
    scenario: Scenario, chosen: Ints, mean: Mapping[str, Any], combination: Ints, votes: Ratification | None
) -> pd.DataFrame:
    table = structure(scenario)
    codes = dict(zip((issue.name for issue in table.space.issues), table.space.packages[chosen].T, strict=True))
    names = {issue.name: pd.array(issue.options, dtype="str") for issue in table.space.issues}
    options: dict[str, Any] = {issue: names[issue].take(codes[issue]) for issue in scenario.issues}
    text = reduce(lambda before, after: before + "/" + after, options.values())
    columns: dict[str, Any] = {"package": text, **options, "acceptable": mean["acceptable"]}
    for party in scenario.parties:
        n = table.parties.index(party)
        columns[f"accepts_{party}"] = np.where(table.signs[n, chosen], mean["accepts"][n], np.nan)
    accepted = np.where(table.signs[:, chosen], mean["accepts"], np.inf)
    columns["least_accepted"] = np.minimum(accepted.min(axis=0), 1.0)
    if votes is not None:
        for j in votes.static.by_order.tolist():
            columns[f"passes_{votes.static.ratifiers[j]}"] = mean["by_ratifier"][combination, j]
        columns |= {"passes": mean["by_all"][combination], "in_force": mean["stages"][0]}
    if scenario.aftermath is not None:
        columns |= {"holds_12": mean["holds"][0], "holds_60": mean["holds"][1], "lasting": mean["lasting"]}
        columns |= {"held_12": mean["stages"][1], "held_60": mean["stages"][2]}
    columns |= {name: mean[name] for name in ("regret", "largest_regret", "least_satisfied")}
    return ranked(pd.DataFrame(columns), orders(scenario)[0])


@dataclass(frozen=True, eq=False)
class TextRanking(Rendered):
    """The packages of a scenario in order, and the ranks of those proposed, signed or computed.

    Attributes:
        by: One of `ORDERS`.
        top: How many groups are shown.
        fix: Options that every package has.
        table: As `texts` returns it, in this order, with `rank` (ties share one).
        groups: The best package of each combination of options of the headline issues, with `texts`, their number.
        better: For the shown ones of `groups`, the change of one issue that is most often better for all signatories:
            `package`, `issue`, `before`, `after`, and `share` of draws in which nobody who accepts the package refuses
            the other, no signatory loses and one gains; only those above one half.
        beside: `kind` (`proposal`, `solution` or `signed`), `name`, `package`, `completions`, `rank` of the best
            completion and `rank_worst`, `share` of runs that signed it, and the columns of `table`.
        bargained: Shares of runs of the results, if any, that reached a stage; by its name.
    """

    scenario: Scenario = field(repr=False)
    seed: int
    n: int
    round: int
    by: str
    top: int
    fix: Mapping[str, str]
    table: pd.DataFrame = field(repr=False)
    groups: pd.DataFrame = field(repr=False)
    better: pd.DataFrame = field(repr=False)
    beside: pd.DataFrame = field(repr=False)
    bargained: Mapping[str, float] = field(repr=False)


SIGNED = 3  # packages signed most often, shown beside the others
TOP = 20


def rank_texts(
    scenario: Scenario, draws: int = DRAWS, seed: int = 1, round: int = 1, fix: Mapping[str, str] | None = None,
    by: str | None = None, top: int = TOP, results: Results | None = None,
) -> TextRanking:  # fmt: skip
    """Rank the packages of a scenario; arguments as of `texts`.

    Args:
        by: One of `ORDERS`; left out: the last stage that the scenario has.
        top: How many groups are shown, and searched for a better neighbour.
        results: Of the same scenario, whose packages are shown beside the ranking.
    """
    there = orders(scenario)
    by = by or there[0]
    if by not in there:
        raise NoAnswer(f"texts cannot be ranked by {quoted(by)} here{meant(by, there)}; there are {', '.join(there)}")
    table = ranked(texts(scenario, draws, seed, round, fix), by)
    key = table[REGRETS[0] if by == "least_regret" else by]
    table.insert(0, "rank", key.rank(method="min", ascending=ORDERS[by] < 0).astype(int))
    issues = list(scenario.headline or scenario.issues)
    counts = table.groupby(issues, sort=False).size().rename("texts").reset_index()
    groups = table.drop_duplicates(issues).merge(counts, on=issues, how="left")
    better = pd.DataFrame(
        list(_better(scenario, draws, seed, round, groups["package"].head(top).tolist())),
        columns=["package", "issue", "before", "after", "share"],
    )
    beside = pd.DataFrame(list(_beside(scenario, table, results)))
    bargained = {} if results is None else {name: runs / results.n for name, runs in reached(results).items()}
    return TextRanking(scenario, seed, draws, round, by, top, fix or {}, table, groups, better, beside, bargained)


def _better(
    scenario: Scenario, draws: int, seed: int, round: int, packages: Sequence[str]
) -> Iterator[dict[str, object]]:
    """Return the best neighbour of each package, where one is better for all in more than half of the draws."""
    table = structure(scenario)
    space, signs = table.space, table.signs
    pairs = [
        (here, there)
        for here in (package_named(scenario, text) for text in packages)
        for there in np.flatnonzero((space.packages != space.packages[here]).sum(axis=1) == 1).tolist()
    ]
    if not pairs:
        return
    needed, places = np.unique(np.array(pairs), return_inverse=True)
    count = np.zeros(len(pairs))
    for ensemble in pieces(scenario, draws, seed, FEW_PACKAGES * piece_length(table)):
        found = marks(ensemble, round, needed, satisfied=False)
        value = found.value
        for place, (here, there) in enumerate(places.reshape(-1, 2).tolist()):
            who = signs[:, needed[here]] | signs[:, needed[there]]
            gain = value[:, who, there] - value[:, who, here]
            stays = found.accepts[:, who, there] | ~found.accepts[:, who, here]
            nobody_loses = np.logical_and.reduce(stays & (gain >= -TOLERANCE), axis=1)
            count[place] += np.count_nonzero(nobody_loses & np.logical_or.reduce(gain > TOLERANCE, axis=1))
    best: dict[int, tuple[float, int, int]] = {}
    for (here, there), share in zip(pairs, (count / draws).tolist(), strict=True):
        if share > 0.5:
            best[here] = max(best.get(here, (0.0, 0, 0)), (share, -int(space.tie_rank[there]), there))
    for here, (share, _, there) in best.items():
        before, after = space.options_of(here), space.options_of(there)
        issue = next(name for name in before if before[name] != after[name])
        text = "/".join(before[name] for name in scenario.issues)
        yield {"package": text, "issue": issue, "before": before[issue], "after": after[issue], "share": share}


def _beside(scenario: Scenario, table: pd.DataFrame, results: Results | None) -> Iterator[dict[str, Any]]:
    """Return the rows of `TextRanking.beside`; packages excluded by fixed options have no rank."""
    def row(kind: str, name: str, packages: Sequence[str], share: float = np.nan) -> dict[str, Any]:
        there = table[table["package"].isin(packages)]
        best = there.to_dict("records")[0] if len(there) else {"package": packages[0]}
        worst = None if there.empty else int(there["rank"].max())
        named = {"kind": kind, "name": name, "completions": len(packages), "rank_worst": worst, "share": share}
        return named | {column: best.get(str(column)) for column in table.columns}

    if results is not None:
        names, counts = [], results.packages_signed
        for text in sorted(counts, key=lambda text: (-counts[text], text))[:SIGNED]:
            names.append(text)
            yield row("signed", f"signed {len(names)}", [text], counts[text] / results.n)
    shown, space = portrait(scenario), structure(scenario).space
    for name, proposal in scenario.proposals.items():
        completions = np.flatnonzero(space.holds(Condition.of(proposal.package)))
        options = [space.options_of(package) for package in completions.tolist()]
        packages = ["/".join(each[issue] for issue in scenario.issues) for each in options]
        if packages:
            yield row("proposal", name, packages)
    solutions = shown.solutions[shown.solutions["candidates"] == LINES_REAL]
    for name, packages in zip(solutions["solution"], solutions["packages"], strict=True):
        if packages:
            yield row("solution", str(name), list(packages))
