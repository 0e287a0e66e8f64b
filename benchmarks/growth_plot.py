"""The picture of how the cost of a draw grows: points as measured, beside what linear growth would be."""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

LOOKS = {"time_dependent": ("#0072b2", "o"), "tit_for_tat": ("#d55e00", "s")}
AXES = {"draws": "draws played", "packages": "packages", "rounds": "rounds"}


def draw(measured: dict[str, Any], path: Path, foot: str) -> None:
    """Save the picture.

    Args:
        measured: As `growth.measure` returns it.
        path: Of the PNG file.
        foot: What it was measured on.
    """
    figure, panels = plt.subplots(1, len(AXES), figsize=(10.5, 4.0), layout="constrained", sharey=True)
    for panel, (what, label) in zip(panels, AXES.items(), strict=True):
        for strategy, lines in measured["points"].items():
            colour, marker = LOOKS[strategy]
            sizes, costs = zip(*lines[what], strict=True)
            panel.plot(sizes, costs, marker, color=colour, label=strategy)
            linear = [costs[-1] * (1 if what == "draws" else size / sizes[-1]) for size in sizes]
            panel.plot(sizes, linear, "--", color=colour, linewidth=0.8)
        panel.set(xscale="log", yscale="log", xlabel=label)
        shown = sizes[:: 1 if len(sizes) < 6 else 2]  # sizes of the last line: all lines have the same
        panel.set_xticks(shown, [f"{size:,}" for size in shown])
        panel.set_xticks([], minor=True)
        panel.yaxis.set_major_formatter("{x:g}")
        panel.grid(True, which="major", color="#dddddd", linewidth=0.6)
    panels[0].set_ylabel("milliseconds a draw, one core")
    panels[0].legend(frameon=False, loc="upper right")
    figure.suptitle("Cost of a draw. Points: measured. Dashed: linear growth up to the last point", fontsize=11)
    figure.supxlabel(foot, fontsize=8, color="#555555")
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
