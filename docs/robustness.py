"""How the flagship's findings change with protocol and strategies: writes the table and the picture of robustness.md.

`python docs/robustness.py [DRAWS]`, 1,024 by default; some ways to bargain look at all packages at every turn and take
minutes, so that fewer draws of them are played. The same seed everywhere, so draw k is the same world in every row and
differences are taken draw by draw.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import sim
from sim.charts.style import BLUE, INK, NEUTRAL, RULE
from sim.results.results import Z_95, share_interval

DOCS = Path(__file__).parent
SCENARIO = DOCS.parent / "scenarios" / "ukraine-december-2025.yaml"
PAGE, PICTURE = DOCS / "robustness.md", DOCS / "images" / "robustness.png"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
SEED = 1


def strategy(text: str) -> tuple[str, ...]:
    """The settings that give all parties one strategy."""
    return (f"parties.*.strategy={{{text}}}",)


WAYS: dict[str, dict[str, tuple[str, ...]]] = {
    "as in the file": {"alternating offers, time-dependent, positions known": ()},
    "protocol": {
        "order rotating": ("protocol.order=rotating",),
        "order drawn once": ("protocol.order=fixed",),
        "refusals without reasons": ("protocol.refusals=bare",),
        "one text of the mediator": ("protocol={name: single_text}",),
        "proposer by lot, all vote": ("protocol={name: random_proposer}",),
        "all foresee everything (equilibrium)": ("protocol={name: equilibrium}",),
    },
    "information": {
        "nobody knows anything": ("protocol.information=none",),
        "learned from offers": ("protocol.information=learned",),
        "everything known": ("protocol.information=complete",),
    },
    "offers": {
        "worth least to oneself": ("parties.*.strategy.offers=least_own",),
        "nearest to the last received": ("parties.*.strategy.offers=nearest",),
        "largest product of gains": ("parties.*.strategy.offers=nash",),
    },
    "strategy of all": {
        "early: exponent 0.5": strategy("name: time_dependent, exponent: 0.5"),
        "even: exponent 1": strategy("name: time_dependent, exponent: 1"),
        "late: exponent 4": strategy("name: time_dependent, exponent: 4"),
        "satisficing": strategy("name: satisficing"),
        "tit for tat": strategy("name: tit_for_tat"),
        "nice tit for tat": strategy("name: nice_tit_for_tat"),
        "half clock, half tit for tat": strategy("name: hybrid"),
        "MiCRO": strategy("name: micro"),
        "Zeuthen": strategy("name: zeuthen"),
        "hardline": strategy("name: hardline"),
        "chance": strategy("name: random"),
    },
}
# A finding is a share of draws: of which draws, and in which of these it holds.
FINDINGS = {
    "zone in some round": ("all runs", lambda d: d["outcome"] != "no_zone"),
    "signed": ("all runs", lambda d: d["package"].notna()),
    "in force": ("all runs", lambda d: d["outcome"] == "in_force"),
    "refused at home": ("signed", lambda d: d["outcome"] != "in_force"),
    "guarantee passed by Congress": ("signed", lambda d: d["package"].str.contains("article5_congress", na=False)),
    "membership given up in a treaty or constitution": (
        "signed", lambda d: d["package"].str.contains("treaty_renunciation|constitution_and_nato_text", na=False)
    ),
    "Donetsk handed over": ("signed", lambda d: d["package"].str.contains("handover_", na=False)),
}  # fmt: skip
SLOW = {  # draws at most: these look at all packages at every turn, or rank them anew in each draw or round
    "all foresee everything (equilibrium)": 32, "MiCRO": 128,
    "learned from offers": 256, "everything known": 256, "nearest to the last received": 256,
    "largest product of gains": 256, "tit for tat": 256, "nice tit for tat": 256,
    "half clock, half tit for tat": 256, "Zeuthen": 256, "chance": 256,
}  # fmt: skip
LEAST = 100  # runs below which a difference from the file is not given
FEWEST = 20  # signed runs below which shares of them are not given


def draws_of(task: tuple[str, tuple[str, ...], int]) -> tuple[str, pd.DataFrame]:
    """The table of draws of one way to bargain."""
    name, settings, draws = task
    results = sim.run(sim.read_scenario(SCENARIO, settings), draws, SEED)
    return name, results.draws[["draw", "outcome", "package"]]


def share(of: str, holds: pd.Series, draws: pd.DataFrame) -> tuple[float, float, float] | None:
    """A share with its 95 % interval (Wilson); None of too few draws."""
    counted = holds[draws["package"].notna()] if of == "signed" else holds
    if len(counted) < FEWEST:
        return None
    return float(counted.mean()), *share_interval(int(counted.sum()), len(counted))


def difference(holds: pd.Series, base: pd.Series) -> tuple[float, float]:
    """Mean difference from the file draw by draw, and half the width of its 95 % interval."""
    apart = holds.astype(float) - base[: len(holds)].astype(float)
    return float(apart.mean()), Z_95 * float(apart.std(ddof=1)) / float(np.sqrt(len(apart)))


def percent(value: float, low: float, high: float) -> str:
    """A share and its interval in per cent, with as many digits as small shares need."""
    digits = 0 if value >= 0.1 or value == 0 else 1
    return f"{100 * value:.{digits}f} ({100 * low:.{digits}f} to {100 * high:.{digits}f})"


def table(found: dict[str, pd.DataFrame]) -> str:
    """The figures as a Markdown table, a row a way to bargain."""
    base = next(iter(found.values()))
    rows = ["| way to bargain | runs | " + " | ".join(f"{name} (of {of})" for name, (of, _) in FINDINGS.items())
            + " | signed, against the file |", "|---|" + "---|" * (len(FINDINGS) + 2)]  # fmt: skip
    for group, ways in WAYS.items():
        rows.append(f"| **{group}** |" + " |" * (len(FINDINGS) + 2))
        for way in ways:
            draws = found[way]
            told = [share(of, holds(draws), draws) for of, holds in FINDINGS.values()]
            cells = [percent(*each) if each else "too few" for each in told]
            apart, half = difference(FINDINGS["signed"][1](draws), FINDINGS["signed"][1](base))
            against = f"{100 * apart:+.1f} ± {100 * half:.1f}" if len(draws) >= LEAST else "too few"
            cells.append("" if draws is base else against)
            rows.append(f"| {way} | {len(draws)} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def draw_picture(found: dict[str, pd.DataFrame], draws: int) -> None:
    """Shares with their intervals, a panel a finding and a row a way to bargain; the file's own as a line."""
    names = [(group, way) for group, ways in WAYS.items() for way in ways]
    figure, panels = plt.subplots(1, len(FINDINGS), figsize=(19, 9.5), sharey=True)
    places = [place + 0.8 * sum(a[0] != b[0] for a, b in zip(names[1 : place + 1], names, strict=False))
              for place in range(len(names))]  # fmt: skip
    for panel, (finding, (of, holds)) in zip(panels, FINDINGS.items(), strict=True):
        base = share(of, holds(found[names[0][1]]), found[names[0][1]])
        if base:
            panel.axvline(100 * base[0], color=RULE, zorder=0)
        for place, (_, way) in zip(places, names, strict=True):
            told = share(of, holds(found[way]), found[way])
            if told is None:
                panel.text(2, place, "too few", fontsize=8, color=NEUTRAL, va="center")
                continue
            panel.plot([100 * told[1], 100 * told[2]], [place, place], color=BLUE, linewidth=1.6)
            panel.plot([100 * told[0]], [place], marker="o", color=BLUE, markersize=5)
        panel.set_title(f"{finding}\n% of {of}".replace(" in a treaty", "\nin a treaty"), fontsize=9, color=INK)
        shares = [found_share for _, way in names if (found_share := share(of, holds(found[way]), found[way]))]
        widest = 100 if of == "signed" else min(100, 110 * max(high for _, _, high in shares))
        panel.set_xlim(-0.02 * widest, 1.02 * widest)
        panel.spines[["top", "right", "left"]].set_visible(False)
        panel.tick_params(axis="y", length=0)
        panel.grid(axis="x", color=RULE, linewidth=0.5)
    labels = [group if group == names[0][0] else f"{group}: {way}" for group, way in names]
    panels[0].set_yticks(places, labels)
    panels[0].invert_yaxis()
    figure.suptitle("What changes with the way they bargain, and what does not", fontsize=14, x=0.01, ha="left")
    caption = (
        f"Flagship, {draws:,} runs each ({min(SLOW.values())} to {max(SLOW.values())} of the slow ones), seed {SEED}. "
        "Bars: 95 % intervals.\n"
        f"Shares of signed texts are not given below {FEWEST}. Shares of runs in this scenario, not a forecast."
    )
    figure.text(0.01, 0.005, caption, fontsize=8)
    figure.tight_layout(rect=(0, 0.02, 1, 0.97))
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    """Play all ways to bargain, and write the table and the picture."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    tasks = [
        (way, settings, min(draws, SLOW.get(way, draws))) for ways in WAYS.values() for way, settings in ways.items()
    ]
    found = {}
    with ProcessPoolExecutor(2) as pool:
        for name, drawn in pool.map(draws_of, tasks):
            found[name] = drawn
            print(f"{name}: {drawn['package'].notna().mean():.3f} signed", flush=True)
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(found)}\n\n{END}{after}", encoding="utf-8")
    draw_picture(found, draws)


if __name__ == "__main__":
    main()
