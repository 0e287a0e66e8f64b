"""The commands that compare, explain and explore. Each imports what it needs when it is called."""

from pathlib import Path

import click

from sim.cli.completing import Scenarios, figure_names, labelled_strategies, party_names, settable_paths
from sim.cli.group import (
    EXISTING,
    FILE,
    as_json,
    charts_options,
    draws_option,
    out_option,
    peacesim,
    seed_option,
    sets_option,
)  # fmt: skip
from sim.cli.output import SOME_FAILED, plain_failures

METHODS = ("tornado", "pawn", "sobol", "morris")

of_option = click.option(
    "--of", default="signed", show_default=True, shell_complete=figure_names,
    help="The figure: signed, zone, in_force, held_12, held_60, margin_PARTY, worth_PARTY, ISSUE.OPTION and others.",
)  # fmt: skip


@peacesim.command()
@click.argument("paths", metavar="SCENARIO_OR_RESULTS...", nargs=-1, required=True, type=EXISTING)
@draws_option(2_000)
@click.option("--seed", type=int, help="For scenario files; left out: that of the results folders, else 1.")
@out_option("Folder for charts.")
@click.option("--waterfall", metavar="FIGURE",
              help="Share the difference in a figure, such as agreement, out among the inputs.")  # fmt: skip
@click.option("--method", type=click.Choice(["shapley", "ordered"]),
              help="Of the waterfall: mean over all orders, or one order.")  # fmt: skip
@charts_options("Draw charts side by side.")
@as_json
def compare(
    paths: tuple[Path, ...], draws: int, seed: int | None, out: Path, waterfall: str | None, method: str | None,
    charts: bool, png: bool, as_json: bool,
) -> None:  # fmt: skip
    """Set scenario files or results folders side by side: inputs that differ, and what differs in what came of them.

    The first is what the others are compared with. Scenario files are played now, in memory; `-n` says how often.
    """
    if method is not None and waterfall is None:
        raise click.UsageError("--method is about the waterfall; --waterfall FIGURE asks for one")
    if len(paths) < 2:
        raise click.UsageError("a comparison takes two scenario files or results folders, or more")
    with plain_failures():
        from sim.cli.analyses import compare_results
        from sim.cli.sources import results_or_runs

        found = results_or_runs(paths, draws, seed)
        compare_results(found, draws, waterfall, method, out if charts else None, as_json, png)


@peacesim.command()
@click.argument("paths", metavar="RESULTS_OR_SCENARIO...", nargs=-1, required=True, type=EXISTING)
@draws_option(2_000)
@click.option("--seed", type=int, help="For scenario files; left out: that of the results folders, else 1.")
@click.option("--out", type=Scenarios(), default="results", show_default=True,
              help="A file that ends with .html, or a folder for it.")  # fmt: skip
@as_json
def report(paths: tuple[Path, ...], draws: int, seed: int | None, out: Path, as_json: bool) -> None:
    """Write one HTML page that stands on its own: of one result, or of several side by side.

    It holds every chart with its numbers, every number of the scenario with status and source, and what made it. It
    opens no address and runs no script.
    """
    with plain_failures():
        from sim.cli.analyses import write_report
        from sim.cli.sources import results_or_runs

        write_report(results_or_runs(paths, draws, seed), out, as_json)


@peacesim.command()
@click.argument("path", metavar="SCENARIO_OR_RESULTS", type=EXISTING)
@click.option("--draw", type=click.IntRange(0), help="Tell one draw instead, offer by offer, and what it missed by.")
@draws_option(1_000)
@click.option("--look", type=click.IntRange(1), default=300, show_default=True,
              help="Of so many runs those without a deal are played again, and changes are tried on them.")  # fmt: skip
@click.option("--seed", type=int, help="For a scenario file; left out: 1.")
@sets_option
@as_json
def explain(
    path: Path, draw: int | None, draws: int, look: int, seed: int | None, sets: tuple[str, ...], as_json: bool
) -> None:
    """Explain why there is no deal: what stands in the way, who has least to show, what smallest change opens the way.

    A scenario file is played now, in memory, -n times; of a results folder all runs count. With --draw K one draw is
    told offer by offer, each refusal with its reason, and then what it missed a deal by.
    """
    with plain_failures():
        from sim.cli.analyses import explain_one_draw, explain_results

        if draw is None:
            explain_results(path, draws, seed, sets, look, as_json)
        else:
            explain_one_draw(path, draw, seed, sets, as_json)


@peacesim.command()
@click.argument("file", type=FILE)
@click.option("--strategy", "strategies", metavar="[LABEL=]STRATEGY", multiple=True,
              shell_complete=labelled_strategies,
              help="A strategy that meets others: a name, or {name: NAME, PARAMETER: VALUE}; repeat it.")  # fmt: skip
@click.option("--parties", metavar="A,B", shell_complete=party_names,
              help="Whose strategies vary; left out: of all that sign and speak.")  # fmt: skip
@draws_option(1_000)
@seed_option
@click.option("--workers", type=click.IntRange(1), help="Processes; left out: one a processor.")
@click.option("--out", "--results", "out", type=Scenarios(file_okay=False), default="results", show_default=True,
              help="Folder for results.")  # fmt: skip
@sets_option
@click.option("--vary", "vary", metavar="PATH=SPEC", multiple=True, shell_complete=settable_paths,
              help="Play for several values, a,b,c or low:high:count; with --strategy, each of them.")  # fmt: skip
@click.option("--design", metavar="KIND:COUNT",
              help="Spread so many points over --vary PATH=low:high, as sobol or latin; left out: a grid.")  # fmt: skip
@charts_options("Draw curves, maps or strategies.")
@as_json
def sweep(
    file: Path, strategies: tuple[str, ...], parties: str | None, draws: int, seed: int, workers: int | None,
    out: Path, sets: tuple[str, ...], vary: tuple[str, ...], design: str | None, charts: bool, png: bool, as_json: bool,
) -> None:  # fmt: skip
    """Play a scenario at many points on the same runs: values of any paths, or strategies against strategies.

    With --vary it tells and draws how far runs get, as curves over one path or maps over two; --design spreads points
    over ranges instead of playing all combinations. With --strategy every assignment to the parties is played, and it
    tells what each strategy gets its party, how much of the joint gain is reached, and where no party gets more by
    changing alone. Results lie in folders as `batch` writes them, and are not played again.
    """
    with plain_failures():
        from sim.cli.sweeping import SweepRequest, run_sweep

        named = None if parties is None else [name.strip() for name in parties.split(",")]
        request = SweepRequest(file, strategies, named, draws, seed, workers, out, sets, vary, design, charts, png)
        all_done = run_sweep(request, as_json)
    if not all_done:
        raise click.exceptions.Exit(SOME_FAILED)


@peacesim.command("sensitivity")
@click.argument("path", metavar="SCENARIO_OR_RESULTS", type=EXISTING)
@of_option
@click.option("--method", "methods", type=click.Choice(METHODS), multiple=True, default=("tornado",),
              help="How inputs are compared, tornado if left out; may be repeated.")  # fmt: skip
@click.option("--inputs", "inputs", metavar="PATH", multiple=True, shell_complete=settable_paths,
              help="For sobol and morris: an input of the design; may be repeated.")  # fmt: skip
@click.option("--top", type=click.IntRange(1, 200), default=8, show_default=True,
              help="For sobol and morris without --inputs: the first so many of the tornado.")  # fmt: skip
@click.option("--points", type=click.IntRange(2, 65_536),
              help="For sobol, a power of two, 256 if left out; for morris trajectories, 32.")  # fmt: skip
@draws_option(2_000)
@click.option("--seed", type=int, help="Of a scenario file; left out: 1.")
@out_option("Folder for charts, and for runs of a design.")
@charts_options("Draw a chart of each method.")
@as_json
def sensitivity_of(
    path: Path, of: str, methods: tuple[str, ...], inputs: tuple[str, ...], top: int, points: int | None, draws: int,
    seed: int | None, out: Path, charts: bool, png: bool, as_json: bool,
) -> None:  # fmt: skip
    """Tell which uncertain inputs move a figure of the results, and by how much, beside an input that does nothing.

    A results folder is read as it is; a scenario file is played now, in memory, and `-n` says how often. tornado and
    pawn take these runs; sobol and morris play runs of their own, laid out for the question, and say how many first.
    """
    with plain_failures():
        from sim.analysis.sensitivity import Plan
        from sim.cli.analyses import run_sensitivity

        wanted, plan = list(dict.fromkeys(methods)), Plan(inputs, top, points)
        run_sensitivity(path, draws, seed, of, wanted, plan, (out, charts, png), as_json)


@peacesim.command("discover")
@click.argument("path", metavar="SCENARIO_OR_RESULTS", type=EXISTING)
@of_option
@click.option("--not", "turned", is_flag=True, help="Look for runs that do not.")
@click.option("--above", type=float, help="Of a figure that is no share: look for runs above this.")
@click.option("--below", type=float, help="Of a figure that is no share: look for runs below this.")
@click.option("--density", type=click.FloatRange(0, 1),
              help="Share of the runs in a box that are such, at least; left out: balanced with coverage.")  # fmt: skip
@click.option("--most-inputs", type=click.IntRange(1, 10), default=3, show_default=True,
              help="Inputs with a condition in a box, at most.")  # fmt: skip
@click.option("--most-boxes", type=click.IntRange(1, 10), default=3, show_default=True, help="Boxes, at most.")
@draws_option(2_000)
@click.option("--seed", type=int, help="Of a scenario file; left out: 1.")
@out_option("Folder for charts.")
@charts_options("Draw the boxes.")
@as_json
def discover(
    path: Path, of: str, turned: bool, above: float | None, below: float | None, density: float | None,
    most_inputs: int, most_boxes: int, draws: int, seed: int | None, out: Path, charts: bool, png: bool, as_json: bool,
) -> None:  # fmt: skip
    """Tell under which conditions on the uncertain inputs runs end a certain way, in a sentence each.

    A results folder is read as it is; a scenario file is played now, in memory, and `-n` says how often. Asked what
    becomes of signed texts (in_force, held_12, held_60) it looks at those alone, and at their options too.
    """
    with plain_failures():
        from sim.cli.analyses import run_discovery
        from sim.cli.sources import results_or_runs

        (found,) = results_or_runs([path], draws, seed)
        wanted, boxes = (turned, above, below), (density, most_inputs, most_boxes)
        run_discovery(found, of, wanted, boxes, (out if charts else None, png), as_json)
