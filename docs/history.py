"""Runs of the historical cases beside what really happened: writes the tables of history.md.

`python docs/history.py [DRAWS]`, 2,000 by default, seed 1.
"""

import sys
from pathlib import Path

import sim
from sim.analysis.hindsight import Hindsight
from sim.report.result import SCORES, hindsight_words, scores_of
from sim.results.format import number, share_with_interval
from sim.scenario import Scenario

DOCS = Path(__file__).parent
PAGE = DOCS / "history.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
CASES = ("panama-canal-1977", "korea-armistice-1953")
SEED = 1


def row(*cells: object) -> str:
    """A line of a table."""
    return "| " + " | ".join(map(str, cells)) + " |"


def tables(scenario: Scenario, told: Hindsight) -> list[str]:
    """The terms issue by issue, and what else can be set side by side."""
    lines = [f"### {scenario.title}", "", hindsight_words(scenario, told), ""]
    lines.append(row("issue", "happened", "runs, mean", "runs there", "distance of runs", "of the weighted mean",
                     "of the middle", *SCORES.values()))  # fmt: skip
    lines.append("|---" * 11 + "|")
    for each in told.issues.to_dict("records"):
        ends = f"{each['low']:.0f}" if each["low"] == each["high"] else f"{each['low']:.0f} to {each['high']:.0f}"
        label = scenario.issues[each["issue"]].label
        there = share_with_interval(each["inside"], told.signed)
        errors = (f"{each[name]:.1f}" for name in ("error", "mean_error", "middle_error"))
        lines.append(row(label, ends, number(each["runs"], 0), there, *errors, *scores_of(each)))
    means = (f"**{mean:.1f}**" for mean in told.errors.values())
    lines += [row("**mean**", "", "", "", *means, *scores_of(told.issues[[*SCORES]].mean())), ""]
    lines += [row("what", "happened", "runs"), "|---|---|---|"]
    lines += [row(*each) for each in told.facts.itertuples(index=False)]
    return [*lines, ""]


def main() -> None:
    """Play the cases and write their tables into the page."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    lines = [f"{draws:,} runs of each, seed {SEED}.", ""]
    for name in CASES:
        scenario = sim.read_scenario(DOCS.parent / "scenarios" / f"{name}.yaml")
        told = sim.hindsight(sim.run(scenario, draws, SEED))
        assert told is not None
        lines += tables(scenario, told)
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + END + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
