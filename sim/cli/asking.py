"""`sensitivity` and `discover`: questions to finished runs, and to runs of a design."""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import click

from sim.analysis.discovery import Discovery, Question, discover
from sim.analysis.discovery_text import discovery_parts
from sim.analysis.figures import NoAnswer, figure_named
from sim.analysis.sensitivity import DESIGNED, FINISHED, Plan, Sensitivity, design_of, from_design, from_finished
from sim.analysis.sensitivity_text import sensitivity_parts
from sim.batch.progress import progress_on
from sim.cli.output import WRONG_INPUT, fail, print_json, print_parts
from sim.cli.sources import results_or_runs
from sim.results.chunk_files import Layout
from sim.results.design_folder import DesignFolder
from sim.results.files import make_folder
from sim.results.manifest import identity
from sim.results.results import Results
from sim.scenario.messages import shown


@dataclass(frozen=True)
class SensitivityWish:
    """What is asked for.

    Attributes:
        path: A results folder, or a scenario file to be played now.
        of: Name of the figure.
        methods: In the order in which they are told.
        plan: Of methods that play runs of their own.
        draws: Runs of a scenario file.
        seed: Of a scenario file, None for 1.
        out: Folder for charts, and for runs of a design.
        charts: Whether charts are drawn.
    """

    path: Path
    of: str
    methods: Sequence[str]
    plan: Plan
    draws: int
    seed: int | None
    out: Path
    charts: bool


def run_sensitivity(wish: SensitivityWish, as_json: bool) -> None:
    """Tell which inputs move a figure, and draw it."""
    if (wish.plan.inputs or wish.plan.points) and not DESIGNED.keys() & set(wish.methods):
        fail(WRONG_INPUT, "peacesim: --inputs and --points are for --method sobol and morris; neither is asked for")
    (results,) = results_or_runs([wish.path], wish.draws, wish.seed)
    try:
        told = from_finished(results, wish.of, [method for method in wish.methods if method in FINISHED])
        if not told.note:
            told = _with_designs(told, wish)
    except NoAnswer as error:
        fail(WRONG_INPUT, f"peacesim: {error}")
    folder = _save_sensitivity(told, wish.out) if wish.charts and told.tables else None
    if as_json:
        print_json(told.as_data() | {"charts": str(folder) if folder else None})
        return
    print_parts(sensitivity_parts(told))
    if folder is not None:
        click.echo(f"\nCharts: {shown(folder, 300)}")


def _with_designs(told: Sensitivity, wish: SensitivityWish) -> Sensitivity:
    """Play the designs that are asked for, their cost told before any of them begins."""
    designs = {method: design_of(told, method, wish.plan) for method in wish.methods if method in DESIGNED}
    for method, design in designs.items():
        inputs = f"{len(design.paths)} input{'s' * (len(design.paths) != 1)}"
        click.echo(f"{method}: {design.runs:,} runs of their own, by {inputs}", err=True)
    for method, design in designs.items():
        layout = Layout(told.results.scenario, told.results.seed, told.results.structure)
        progress = progress_on(sys.stderr)
        with DesignFolder(wish.out, design.name, design.identity(told.results), layout) as folder:
            progress.start(design.runs, [method])
            try:
                told = from_design(told, method, design, partial(progress.advance, method), folder)
            finally:
                progress.finish()
        click.echo(f"{method}: runs are kept in {shown(folder.path, 300)}", err=True)
    return replace(told, tables={method: told.tables[method] for method in wish.methods})


def _save_sensitivity(told: Sensitivity, out: Path) -> Path:
    from sim.charts import save_charts

    designs = [facts["identity"] for facts in told.designs.values()]
    folder = out / f"sensitivity-{question_hash(told.results, told.asked.name, *designs)}"
    make_folder(folder)
    save_charts(told, folder)
    return folder


@dataclass(frozen=True)
class DiscoveryWish:
    """What is asked for.

    Attributes:
        path: A results folder, or a scenario file to be played now.
        of: Name of the figure.
        turned: Whether runs without it are looked for.
        above, below: Of a mean: values above or below this are of interest.
        density: Of a box, at least; None for a balance of coverage and density.
        most_inputs, most_boxes: Inputs in a box, and boxes, at most.
        draws: Runs of a scenario file.
        seed: Of a scenario file, None for 1.
        out: Folder for the chart, None for none.
    """

    path: Path
    of: str
    turned: bool
    above: float | None
    below: float | None
    density: float | None
    most_inputs: int
    most_boxes: int
    draws: int
    seed: int | None
    out: Path | None


def run_discovery(wish: DiscoveryWish, as_json: bool) -> None:
    """Tell under which conditions runs end a certain way, and draw it."""
    (results,) = results_or_runs([wish.path], wish.draws, wish.seed)
    try:
        question = Question(figure_named([results], wish.of), wish.turned, wish.above, wish.below)
        told = discover(results, question, wish.most_inputs, wish.most_boxes, wish.density)
    except NoAnswer as error:
        fail(WRONG_INPUT, f"peacesim: {error}")
    folder = _save_discovery(told, wish) if wish.out is not None and told.boxes else None
    if as_json:
        print_json(told.as_data() | {"charts": str(folder) if folder else None})
        return
    print_parts(discovery_parts(told))
    if folder is not None:
        click.echo(f"\nCharts: {shown(folder, 300)}")


def _save_discovery(told: Discovery, wish: DiscoveryWish) -> Path:
    from sim.charts import save_charts

    asked = (wish.of, wish.turned, wish.above, wish.below, wish.density, wish.most_inputs, wish.most_boxes)
    assert wish.out is not None
    folder = wish.out / f"discover-{question_hash(told.results, *asked)}"
    make_folder(folder)
    save_charts(told, folder)
    return folder


def question_hash(results: Results, *asked: object) -> str:
    """Six digits that stand for these runs and what is asked of them."""
    parts = [identity(results.scenario, results.seed), results.n, *asked]
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:6]
