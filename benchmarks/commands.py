"""Wall and processor time of whole commands, and of the stages of one batch: cold (nothing compiled yet) and warm.

`python benchmarks/commands.py [--only NAME,...] [--tree PATH ...] [--warm K] [--stages FILE]`: each tree is a checkout;
several are measured in turn.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import HTTPCookieProcessor, Request, build_opener

ROOT = Path(__file__).parent.parent
FLAGSHIP, SMALL = "scenarios/ukraine-december-2025.yaml", "scenarios/orange-and-lemon.yaml"
COMMANDS = {  # OUT is an empty folder, DONE the one that `finished` has filled before the clock starts
    "orange-and-lemon -n 1000": ["batch", SMALL, "-n", "1000", "--out", "OUT"],
    "flagship -n 200": ["batch", FLAGSHIP, "-n", "200", "--out", "OUT"],
    "flagship -n 10000": ["batch", FLAGSHIP, "-n", "10000", "--out", "OUT"],
    "one weight changed": ["batch", FLAGSHIP, "-n", "200", "--set", "parties.ukraine.no_deal=0.5", "--no-charts",
                           "--out", "OUT"],
    "batch scenarios -n 200": ["batch", "scenarios", "-n", "200", "--out", "OUT"],
    "check": ["check", FLAGSHIP],
    "show": ["show", FLAGSHIP],
    "run": ["run", FLAGSHIP],
    "explain": ["explain", "DONE"],
    "compare": ["compare", "DONE", "DONE", "--out", "OUT"],
    "report": ["report", "DONE", "--out", "OUT"],
    "first answer of app": ["app", "scenarios/two-banks-pullback.yaml", "--no-browser"],
}  # fmt: skip
STAGES = """
import json, sys, time
began, stages = time.process_time(), {"start of Python": time.process_time()}
def stage(name):
    global began
    now = time.process_time()
    stages[name], began = now - began, now
from pathlib import Path
from sim.batch import batch
from sim.cli import batching
from sim.results.chunk_files import Layout
from sim.results.folder import ResultsFolder
from sim.results.results import results_of
from sim.results.tables import tables_of
from sim.scenario import read_scenario
stage("imports")
scenario = read_scenario(sys.argv[1])
stage("reading")
layout = Layout.of(scenario, 1)
stage("layout")
layout.play(0, 8)
stage("loading or compiling")
chunk = layout.play(0, 200)
stage("playing 200 draws")
with ResultsFolder(Path(sys.argv[2]) / "played", layout, 200) as folder:
    folder.missing(200)
    for first in range(0, 200, layout.length):
        folder.write(layout.play(first, min(layout.length, 200 - first)))
    stage("playing and writing them")
    results = folder.results()
    stage("reading them back")
tables_of(results, "0")
stage("tables")
from sim.charts import CHARTS
from sim.charts.chart import svg_text
from sim.report import result_page
stage("imports for charts")
for name, chart in CHARTS.items():
    if chart.applies(results):
        svg_text(chart(results))
        stage(f"chart {name}")
batching.draw_charts(results, Path(sys.argv[2]) / "played")
stage("all charts again, files and page")
print(json.dumps(stages))
"""


def environment(tree: Path, cache: Path) -> dict[str, str]:
    """That of a user, whose Python writes bytecode, with a cache of compiled code of its own."""
    own = {"PYTHONPATH": str(tree), "NUMBA_CACHE_DIR": str(cache)}
    return {**{name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}, **own}


def first_answer(url: str, file: str) -> None:
    """Open the page and have it answer, as a browser does."""
    browser = build_opener(HTTPCookieProcessor())
    browser.open(url).read()
    base = url.split("/?")[0]
    for end, more in (("controls", {}), ("answer", {"sets": [], "without": [], "n": 500, "soon": True})):
        body = json.dumps({"file": Path(file).name, **more}).encode()
        browser.open(Request(f"{base}/tweak/{end}", body, {"Content-Type": "application/json", "Origin": base})).read()


def timed(tree: Path, words: list[str], cache: Path) -> dict[str, float]:
    """Seconds of one command and of all processes it starts; `app` until its first answer."""
    before, began = os.times(), time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "sim", *words], cwd=tree, env=environment(tree, cache), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if words[0] == "app":
        url = next(word for line in process.stdout for word in line.split() if word.startswith("http://"))
        first_answer(url, words[1])
        wall = time.perf_counter() - began
        process.terminate()
        process.communicate()
    else:
        printed, _ = process.communicate()
        wall = time.perf_counter() - began
        if process.returncode:
            raise SystemExit(f"{' '.join(words)} ended with {process.returncode}:\n{printed}")
    after = os.times()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return {"wall": round(wall, 2), "processor": round(processor, 2)}


def measured(name: str, tree: Path, warm: int) -> dict[str, dict[str, float]]:
    """One command with an empty cache of compiled code, then the medians of so many with a full one."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        done = ""
        if "DONE" in COMMANDS[name]:
            timed(tree, ["batch", FLAGSHIP, "-n", "200", "--no-charts", "--out", str(work / "done")], work / "cache")
            (done,) = map(str, (work / "done").iterdir())
        runs = []
        for number in range(1 + warm):
            places = {"OUT": str(work / f"out-{number}"), "DONE": done}
            runs.append(timed(tree, [places.get(word, word) for word in COMMANDS[name]], work / "cache"))
    medians = {kind: statistics.median(run[kind] for run in runs[1:]) for kind in runs[0]} if warm else {}
    return {"cold": runs[0], "warm": medians}


def stages(tree: Path, file: str) -> Iterator[tuple[str, dict[str, float]]]:
    """Processor seconds of each stage of a batch of 200 draws in one process, cold and warm."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("cold", "warm"):
            words = [sys.executable, "-c", STAGES, file, f"{folder}/{kind}"]
            done = subprocess.run(
                words, cwd=tree, env=environment(tree, Path(folder) / "cache"), check=True, capture_output=True
            )
            yield kind, {name: round(seconds, 2) for name, seconds in json.loads(done.stdout).items()}


def main() -> None:
    """Print a JSON object a line: command or stages, tree, seconds, load of the machine."""
    parser = argparse.ArgumentParser(description="Wall and processor time of whole commands.")
    parser.add_argument("--only", help=f"commands to measure, with commas between: {', '.join(COMMANDS)}")
    parser.add_argument("--tree", type=Path, action="append", help="a checkout; by default this one")
    parser.add_argument("--warm", type=int, default=5, help="how often with compiled code at hand")
    parser.add_argument("--stages", metavar="FILE", help="instead: the stages of a batch of this scenario")
    given = parser.parse_args()
    for name in given.only.split(",") if given.only else COMMANDS:
        for tree in given.tree or [ROOT]:
            told = {"tree": tree.resolve().name, "load": round(os.getloadavg()[0], 1)}
            if given.stages:
                for kind, seconds in stages(tree, given.stages):
                    print(json.dumps({"stages": kind, **told, "processor": seconds}), flush=True)
            else:
                print(json.dumps({"command": name, **told, **measured(name, tree, given.warm)}), flush=True)
        if given.stages:
            break


if __name__ == "__main__":
    main()
