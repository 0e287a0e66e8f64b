"""Strategies, protocols, knowledge and reference solutions against what people agreed: the tables of docs/people.md.

`python benchmarks/people.py [DRAWS]`, 300 a table of preferences by default. The people of CaSiNo had 36 different
tables of preferences; on each of them a way to bargain gives a probability to each of the 64 packages, the share of its
draws that end there. What is fitted is fitted on negotiations of even number, and all is scored on those of odd number.
"""

import json
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

import sim
from sim.core import compiled
from sim.core.fair_division import adjusted_winner
from sim.results.results import Z_95, share_interval

DATA = Path(__file__).parent / "data"
PAGE = Path(__file__).parent.parent / "docs" / "people.md"
LEARNED = "protocol.information=learned"
GOODS, SIDES, SEED = ("food", "water", "firewood"), ("first", "second"), 1
LETTERS = "fwx"  # of the options of each good
WEIGHTS = {"high": "0.416666666667", "medium": "0.333333333333", "low": "0.25"}  # 5, 4 and 3 points of 12
POINTS, NO_DEAL_POINTS = {"high": 5, "medium": 4, "low": 3}, 5
SHARES = np.array(list(product(range(4), repeat=3)))  # what the first gets of each good, by package
MISPLACED = np.abs(SHARES[:, None] - SHARES).sum(axis=2) / 9  # share of the nine items, package by package
UNSURE = 0.1  # a predictor's probabilities are mixed with so much of the same for every package before they are scored
Ranks = tuple[tuple[str, ...], ...]  # of each good to either side: `high`, `medium` or `low`


class People(NamedTuple):
    """Negotiations that ended in a deal."""

    table: np.ndarray  # index of the table of preferences, shape (n,)
    package: np.ndarray  # what was agreed, shape (n,)
    even: np.ndarray  # whether the negotiation has an even number, shape (n,)
    tables: list[Ranks]


def people() -> People:
    """What the people did."""
    rows = pd.read_csv(DATA / "campsite-negotiations.csv")
    ranks = [
        tuple(tuple(next(k for k in POINTS if row[f"{side}_{k}"] == good) for good in GOODS) for side in "ab")
        for row in rows.to_dict("records")
    ]
    tables, even, made = sorted(set(ranks)), rows["id"] % 2 == 0, rows["deal"] == "yes"
    table = np.array([tables.index(each) for each in ranks])[made]
    package = rows.loc[made, [f"a_{good}" for good in GOODS]].to_numpy(int) @ [16, 4, 1]
    return People(table, package, even[made].to_numpy(), tables)


def points(table: Ranks) -> np.ndarray:
    """What every package is worth to either side, shape (2, packages)."""
    first, second = (np.array([POINTS[rank] for rank in ranks]) for ranks in table)
    return np.array([SHARES @ first, (3 - SHARES) @ second])


# Predictors: from a table of preferences to the probability of every package; what is missing to 1 is no deal.


def scenario_of(table: Ranks, settings: tuple[str, ...] = ()) -> sim.Scenario:
    """The table as a scenario, with further settings."""
    weights = [
        f"parties.{side}.weights.{good}={WEIGHTS[rank]}"
        for side, ranks in zip(SIDES, table, strict=True)
        for good, rank in zip(GOODS, ranks, strict=True)
    ]
    return sim.read_scenario(DATA / "campsite.yaml", [*weights, *settings])


def places(issues: list[str], options: np.ndarray) -> np.ndarray:
    """Packages by the options of issues in some order, shape (n, 3); options stand from nothing to all three."""
    return options[:, [issues.index(good) for good in GOODS]].astype(int) @ [16, 4, 1]


def played(*settings: str) -> Callable[[Ranks, int], np.ndarray]:
    """A way to bargain, by the settings that prescribe it."""

    def predict(table: Ranks, draws: int) -> np.ndarray:
        talks = sim.hold_talks(sim.draw(scenario_of(table, settings), SEED, 0, draws))
        space = talks.ensemble.structure.space
        signed = space.packages[talks.package[talks.signed > 0]]
        return np.bincount(places([issue.name for issue in space.issues], signed), minlength=len(SHARES)) / draws

    return predict


def solution(name: str) -> Callable[[Ranks, int], np.ndarray]:
    """A reference solution of the library; packages that tie have the same probability."""

    def predict(table: Ranks, draws: int) -> np.ndarray:
        scenario = scenario_of(table)
        found = sim.portrait(scenario).solutions.set_index("solution")["packages"]
        texts = found[[name]].iloc[0]  # with and without red lines, of which there are none
        options = [[int(option[1]) for option in text.split("/")] for text in texts]
        return alike(np.isin(np.arange(len(SHARES)), places(list(scenario.issues), np.array(options))))

    return predict


def alike(packages: np.ndarray) -> np.ndarray:
    """The same probability for each of some packages."""
    return packages / packages.sum()


def divided(table: Ranks, _: int) -> np.ndarray:
    """Adjusted winner; the good that it divides goes up or down to whole packages, so as to be fair on average."""
    share = 3 * adjusted_winner(*np.array([[POINTS[rank] for rank in ranks] for ranks in table], float)).shares_to_a
    return np.maximum(1 - np.abs(SHARES - share), 0).prod(axis=1)


def quantal_nash(multiple: float) -> Callable[[Ranks, int], np.ndarray]:
    """Chance of a package in proportion to exp of a multiple of the product of gains, in squared points."""

    def predict(table: Ranks, draws: int) -> np.ndarray:
        chance = np.exp(multiple * np.maximum(points(table) - NO_DEAL_POINTS, 0).prod(axis=0))
        return chance / chance.sum()

    return predict


def strategy(text: str, *more: str) -> Callable[[Ranks, int], np.ndarray]:
    """One strategy for both."""
    return played(f"parties.*.strategy={{{text}}}", *more)


def insisting(chance: float) -> Callable[[Ranks, int], np.ndarray]:
    """Either side signs nothing, with some chance, that gives it less than two of what it wants most."""

    def predict(table: Ranks, draws: int) -> np.ndarray:
        lines = []
        for side, ranks, options in zip(SIDES, table, ("01", "23"), strict=True):
            good = ranks.index("high")
            never = f"{GOODS[good]}: [{', '.join(LETTERS[good] + option for option in options)}]"
            lines.append(f"parties.{side}.red_lines=[{{id: insists, never: {{{never}}}, hardness: {chance}}}]")
        return strategy("name: human", LEARNED, *lines)(table, draws)

    return predict


def spread(low: float, high: float) -> str:
    """An exponent drawn within a range."""
    return f"exponent: {{value: {(low + high) / 2:g}, range: [{low:g}, {high:g}]}}"


WIDE = f"name: time_dependent, {spread(0.3, 6)}"
REFERENCES = {
    "random acceptable package": lambda table, _: alike((points(table) >= NO_DEAL_POINTS).all(axis=0)),
    "half of everything": lambda *_: alike(((SHARES == 1) | (SHARES == 2)).all(axis=1)),
    **{name.replace("_", " "): solution(name) for name in (
        "nash", "kalai_smorodinsky", "kalai_smorodinsky_spread", "egalitarian", "utilitarian",
        "nearest_to_mean_position")},
    "adjusted winner": divided,
}  # fmt: skip
ALIKE = ", ".join(f"{good}: {{{', '.join(f'{letter}{k}: 50' for k in range(4))}}}"
                  for good, letter in zip(GOODS, LETTERS, strict=True))  # fmt: skip
MEDIATED = (  # by somebody who signs nothing and wants nothing
    f"parties.mediator={{label: Mediator, kind: mediator, signs: never, no_deal: 0, "
    f"weights: {{food: 0.3, water: 0.3, firewood: 0.4}}, values: {{{ALIKE}}}}}",
    "mediation={mediator: mediator}",
)
BROKEN_OFF = "events=[{id: breaks, label: Broken off, at: {month: 0, chance: 0.015}, closes_channel: {rounds: 30}}]"
WAYS = {
    "preset": {
        "human, knowledge learned": strategy("name: human", LEARNED),
        "the same, and as many break off as of the other half": strategy("name: human", LEARNED, BROKEN_OFF),
        "the same, and with a chance of .2 a side insists on two of what it wants most": insisting(0.2),
        "NegMAS: `negmas_aspiration` under `negmas_0_16`": strategy(
            "name: negmas_aspiration", "protocol={name: negmas_0_16}"
        ),
    },
    "strategy, all else left alone (time-dependent 3 is what the flagship's belligerents used at first)": {
        **{f"time-dependent, exponent {e:g}": strategy(f"name: time_dependent, exponent: {e}") for e in (0.3, 1, 3)},
        "time-dependent, exponent .3 to 6": strategy(WIDE),
        **{f"{name.replace('_', ' ')}": strategy(f"name: {name}") for name in (
            "tit_for_tat", "nice_tit_for_tat", "hybrid", "micro", "zeuthen", "satisficing", "hardline", "random")},
        "MiCRO, 130 rounds": strategy("name: micro", "time.rounds=130"),
        "MiCRO of NegMAS, 130 rounds": strategy(
            "name: negmas_micro", "protocol={name: negmas_0_16}", "time.rounds=130"),
        **{f"tit for tat, {kind}": strategy(f"name: tit_for_tat, kind: {kind}") for kind in ("relative", "averaged")},
        **{f"{name.replace('_', ' ')}, knowledge complete": strategy(f"name: {name}", "protocol.information=complete")
           for name in ("nice_tit_for_tat", "zeuthen")},
    },
    "knowledge, of time-dependent .3 to 6": {
        name: strategy(WIDE, f"protocol.information={name}") for name in ("complete", "positions", "learned", "none")
    },
    "offers, of time-dependent .3 to 6": {
        name.replace("_", " "): strategy(f"{WIDE}, offers: {name}") for name in ("least_own", "nearest", "nash")
    },
    "acceptance, of time-dependent .3 to 6": {
        name.replace("_", " "): strategy(f"{WIDE}, accepts: {name}") for name in ("next_offer", "combined")
    },
    "protocol, of time-dependent .3 to 6": {
        "order fixed by lot": strategy(WIDE, "protocol.order=fixed"),
        "order rotating": strategy(WIDE, "protocol.order=rotating"),
        "random proposer": strategy(WIDE, "protocol={name: random_proposer}"),
        "NegMAS": strategy(WIDE, "protocol={name: negmas_0_16}"),
        "concession": strategy(WIDE, "protocol={name: concession}"),
        "equilibrium": strategy(WIDE, "protocol={name: equilibrium}"),
        **{f"single text of a mediator who knows {what}": strategy(
            WIDE, *MEDIATED, f"protocol={{name: single_text, information: {name}}}")
           for what, name in (("positions", "positions"), ("all", "complete"), ("nothing", "none"))},
    },
    "the preset otherwise": {
        **{f"{rounds} rounds": strategy("name: human", LEARNED, f"time.rounds={rounds}") for rounds in (6, 12)},
        **{f"knowledge {name}": strategy("name: human", f"protocol.information={name}")
           for name in ("complete", "positions", "none")},
        "knowledge complete, offers nearest, accepts next offer": strategy(
            "name: human, offers: nearest, accepts: next_offer", "protocol.information=complete"),
        "half in answer to the other: hybrid, weight 0 to 1": strategy(
            f"name: hybrid, {spread(0.3, 6)}, weight: {{value: 0.5, range: [0, 1]}}", LEARNED),
    },
}  # fmt: skip
RANGES = ((0.3, 6), (0.5, 3), (1, 4), (1, 6), (1, 10), (2, 2))
FITS = {
    (knows, offers, accepts, *ends): strategy(
        f"name: time_dependent, {spread(*ends)}, offers: {offers}, accepts: {accepts}", f"protocol.information={knows}"
    )
    for knows, offers, accepts in (
        ("positions", "best_for_others", "threshold"), ("positions", "nearest", "next_offer"),
        ("complete", "nearest", "next_offer"), ("learned", "best_for_others", "threshold"),
    )
    for ends in RANGES
}  # fmt: skip


# Scores


def figures(seen: People, predicted: np.ndarray, half: bool, draws: int) -> dict[str, tuple[float, float, float]]:
    """Each score with its 95 % interval over the deals of one half.

    Args:
        seen: What the people did.
        predicted: Probability of each package by table, shape (tables, packages).
        half: Whether of even number.
        draws: On which the share of deals rests, a table.
    """
    mine = seen.even == half
    chance, package = predicted[seen.table[mine]], seen.package[mine]
    hit, deal = chance[np.arange(len(package)), package], chance.sum(axis=1)
    worth = np.array([points(table) for table in seen.tables])
    better = worth[..., None, :] - worth[..., None]  # of the second package over the first, (tables, 2, P, P)
    efficient = ~((better >= 0).all(axis=1) & (better > 0).any(axis=1)).any(axis=2)[seen.table[mine]]
    with np.errstate(invalid="ignore"):
        distance, pareto = (chance * MISPLACED[package]).sum(axis=1) / deal, (chance * efficient).sum(axis=1) / deal
    tables = len(predicted)
    return {
        "deal": (deal.mean(), *share_interval(deal.mean() * draws * tables, draws * tables)),
        "hit": with_interval(hit),
        "distance": with_interval(distance[deal > 0]),
        "log": with_interval(np.log((1 - UNSURE) * hit + UNSURE / len(SHARES))),
        "pareto": with_interval(pareto[deal > 0]),
    }


def with_interval(values: np.ndarray) -> tuple[float, float, float]:
    """A mean with its 95 % interval."""
    if not len(values):
        return np.nan, np.nan, np.nan
    half = Z_95 * values.std(ddof=1) / np.sqrt(len(values))
    return values.mean(), values.mean() - half, values.mean() + half


def row(name: str, found: dict[str, tuple[float, float, float]]) -> str:
    """A line of the table."""

    def cell(key: str, scale: float, digits: int) -> str:
        value, low, high = (scale * each for each in found[key])
        return "-" if np.isnan(value) else f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"

    return f"| {name} | {cell('deal', 100, 1)} | {cell('hit', 1, 3)} | {cell('distance', 1, 3)} | " \
           f"{cell('log', 1, 2)} | {cell('pareto', 100, 0)} |"  # fmt: skip


def fitted_quantal_nash(seen: People) -> tuple[float, np.ndarray]:
    """The multiple that scores best on the negotiations of even number, and what it predicts."""
    tried = {}
    for multiple in np.arange(0.002, 0.1, 0.002):
        chance = np.array([quantal_nash(multiple)(table, 0) for table in seen.tables])
        tried[figures(seen, chance, True, 1)["log"][0]] = multiple, chance
    return tried[max(tried)]


def measured(draws: int) -> tuple[list[str], dict[str, dict[str, tuple[float, float, float]]]]:
    """The lines of both tables, and the figures of the held half by name."""
    seen = people()

    def predicted(way: Callable[[Ranks, int], np.ndarray]) -> np.ndarray:
        return np.array([way(table, draws) for table in seen.tables])

    multiple, quantal = fitted_quantal_nash(seen)
    head = ["| way to bargain | deals, % | hit | distance | log score | efficient, % |", "|---|---|---|---|---|---|"]
    groups = {"reference": {**{name: predicted(way) for name, way in REFERENCES.items()},
                            f"quantal Nash, fitted: multiple {multiple:.3f}": quantal}}  # fmt: skip
    groups |= {group: {name: predicted(way) for name, way in ways.items()} for group, ways in WAYS.items()}
    found = {f"{group}: {name}": figures(seen, chance, False, draws)
             for group, ways in groups.items() for name, chance in ways.items()}  # fmt: skip
    lines = [f"{draws} draws a table; {len(seen.tables)} tables, seed {SEED}; {(~seen.even).sum()} deals.", "", *head]
    for group, ways in groups.items():
        lines += [f"| **{group}** | | | | | |", *(row(name, found[f"{group}: {name}"]) for name in ways)]
    lines += ["", "The fit, on the other half:", ""]
    lines += ["| knowledge | offers | accepts | exponent | deals, % | log score |", "|---|---|---|---|---|---|"]
    for (*words, low, high), way in FITS.items():
        score, ends = figures(seen, predicted(way), True, draws), f"{low:g} to {high:g}"
        lines.append(f"| {' | '.join(words)} | {ends} | {100 * score['deal'][0]:.1f} | {score['log'][0]:.2f} |")
    return lines, found


def main() -> None:
    """Score all, write the tables into the page and print the figures."""
    compiled.FEW = 0  # few draws a table, many tables: the compiler is worth it
    lines, found = measured(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
    before, _, rest = PAGE.read_text(encoding="utf-8").partition("<!-- table: begin -->")
    after = rest.partition("<!-- table: end -->")[2]
    text = "\n".join(lines)
    PAGE.write_text(f"{before}<!-- table: begin -->\n{text}\n<!-- table: end -->{after}", encoding="utf-8")
    print(json.dumps({name: {key: round(value[0], 4) for key, value in each.items()} for name, each in found.items()}))


if __name__ == "__main__":
    main()
