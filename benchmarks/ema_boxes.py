"""Boxes that EMA Workbench finds: `PYTHON ema_boxes.py FILE SEED [NAME=CSV...]`; PYTHON has ema_workbench.

It makes sets of runs by itself, and takes others from CSV files: a column an input, last `case`, 1 for a run of
interest. FILE is JSON: of each set its runs, where they were made here, and every box of the peeling trajectory with
its limits, its runs, coverage, density and quasi-p-values. EMA Workbench is BSD licensed.
"""

import json
import random
import sys
from importlib.metadata import version

import numpy as np
import pandas as pd
from ema_workbench.analysis import prim

DIGITS = 4  # of made inputs, so that the file stays small


def corner(rng):
    """Five numbers; runs of interest lie in a corner of the first two, but for one in twenty."""
    frame = pd.DataFrame({f"x{k}": [round(rng.random(), DIGITS) for _ in range(500)] for k in range(5)})
    turned = np.array([rng.random() < 0.05 for _ in range(500)])
    frame["case"] = ((frame["x0"] < 0.4) & (frame["x1"] > 0.35)) ^ turned
    return frame


def mixed(rng):
    """Two numbers, a category and a yes or no: two of five categories and a low number are of interest."""
    count = 500
    frame = pd.DataFrame({
        "x0": [round(rng.random(), DIGITS) for _ in range(count)],
        "x1": [round(10 * rng.random(), DIGITS) for _ in range(count)],
        "kind": [rng.choice("abcde") for _ in range(count)],
        "yes": [rng.random() < 0.5 for _ in range(count)],
    })
    often = 0.05 + 0.75 * (frame["kind"].isin(["a", "d"]) & (frame["x1"] < 6)) + 0.1 * frame["yes"]
    frame["case"] = [rng.random() < chance for chance in often]
    return frame


def boxes(frame):
    """Every box of the trajectory that EMA Workbench peels and pastes."""
    inputs = frame.drop(columns="case")
    found = prim.Prim(inputs, frame["case"].to_numpy(bool), threshold=0.5, peel_alpha=0.05, mass_min=0.05).find_box()
    start, rows = found.box_lims[0], []
    for place, limits in enumerate(found.box_lims):
        step = found.peeling_trajectory.iloc[place]
        restricted = [name for name in inputs if not same(limits[name], start[name])]
        low, high, inside = {}, {}, {}
        for name in restricted:
            if isinstance(limits[name].iloc[0], (set, frozenset)):
                inside[name] = sorted(map(str, limits[name].iloc[0]))
                continue
            if limits[name].iloc[0] != start[name].iloc[0]:
                low[name] = float(limits[name].iloc[0])
            if limits[name].iloc[1] != start[name].iloc[1]:
                high[name] = float(limits[name].iloc[1])
        p = found._calculate_quasi_p(place, restricted) if restricted else {}
        rows.append({
            "low": low, "high": high, "inside": inside, "n": int(step["n"]), "cases": int(step["k"]),
            "coverage": float(step["coverage"]), "density": float(step["density"]),
            "p": {name: [float(each) for each in np.ravel(values)] for name, values in p.items()},
        })  # fmt: skip
    return rows


def same(limits, others):
    return all(a == b for a, b in zip(limits, others, strict=True))


def plain(frame):
    return {name: [each.item() if hasattr(each, "item") else each for each in frame[name]] for name in frame}


def main(file, seed, *named):
    rng, sets = random.Random(int(seed)), {}
    for make in (corner, mixed):
        frame = make(rng)
        sets[make.__name__] = {"runs": plain(frame), "boxes": boxes(frame)}
    for name, _, path in (text.partition("=") for text in named):
        frame = pd.read_csv(path)
        sets[name] = {"cases": int(frame["case"].sum()), "n": len(frame), "boxes": boxes(frame)}
    facts = {"ema_workbench": version("ema_workbench"), "seed": int(seed), "sets": sets}
    with open(file, "w", encoding="utf-8") as out:
        json.dump(facts, out, separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
