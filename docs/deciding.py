"""Which assumptions of the flagship decide what comes into force: writes the figures of that table of case-ukraine.md.

`python docs/deciding.py [DRAWS]`, 1,024 by default, seed 1: the same draws in every row. Which rows there are, with
their settings, is read from the page.
"""

import re
import sys

import pandas as pd
from robustness import DOCS, SCENARIO, SEED, difference

import sim
from sim.results import figures

PAGE = DOCS / "case-ukraine.md"
STAGES = ("zone_first", "zone_ever", "signed", "in_force", "held_60")
LINES = ("freeze_no_recognition", "shared_zone", "one_sided_zone", "handover_", "pre_2022_line")
ROW = re.compile(r"^\| ([^|]+) \| (?:`([^`=]+=[^`]+)`)? \|.*\|$")


def cell(holds: pd.Series, base: pd.Series | None) -> str:
    """A share in per cent, with its difference from the file and the 95 % interval of that."""
    share = 100 * float(holds.mean())
    text = f"{share:.{0 if share >= 10 else 1}f}"
    if base is None:
        return text
    apart, half = (100 * each for each in difference(holds, base))
    digits = 0 if abs(apart) >= 10 else 1
    return f"{text} ({apart:+.{digits}f} [{apart - half:.{digits}f} to {apart + half:.{digits}f}])"


def row(label: str, setting: str | None, draws: int, base: dict[str, pd.Series]) -> str:
    """A row of the table; the first fills `base`, the stages that each draw reaches in the file as it is."""
    results = sim.run(sim.read_scenario(SCENARIO, [setting] if setting else []), draws, SEED)
    flags = {stage: figures.STAGES[stage].flags(results.draws) for stage in STAGES}
    cells = [cell(flags[stage], base.get(stage)) for stage in STAGES]
    base.update({} if base else flags)
    in_force = results.draws.loc[flags["in_force"].to_numpy(), "package"]
    counts = ", ".join(str(int(in_force.str.contains(line).sum())) for line in LINES)
    return f"| {label} | {f'`{setting}`' if setting else ''} | {' | '.join(cells)} | {counts} |"


def main() -> None:
    """Play every row of the table and write its figures."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    before, head, rest = PAGE.read_text(encoding="utf-8").partition("| assumption | set to |")
    table, blank, after = rest.partition("\n\n")
    base: dict[str, pd.Series] = {}
    lines = table.split("\n")
    rows = [row(found[1], found[2], draws, base) for line in lines[2:] if (found := ROW.match(line))]
    PAGE.write_text(before + head + "\n".join([*lines[:2], *rows]) + blank + after, encoding="utf-8")


if __name__ == "__main__":
    main()
