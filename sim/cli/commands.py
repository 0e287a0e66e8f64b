"""The commands. Each imports what it needs when it is called, so that `--help` answers at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from sim import __version__
from sim.cli.completing import (
    KINDS,
    Scenarios,
    figure_names,
    labelled_strategies,
    names_of_kind,
    party_names,
    settable_paths,
)
from sim.cli.failures import DAMAGED, SOME_FAILED, WRONG_INPUT, fail, plain_failures

Command = TypeVar("Command", bound=Callable[..., Any])

EPILOG = """\b
Exit codes: 0 done; 2 wrong input, nothing was written; 3 some scenarios failed, the others are done;
4 damaged results; 130 or 143 interrupted, what was finished is kept.

\b
TAB completion, once for a session (put the line into your shell's start-up file to keep it):
  bash  eval "$(_PEACESIM_COMPLETE=bash_source peacesim)"
  zsh   eval "$(_PEACESIM_COMPLETE=zsh_source peacesim)"
  fish  _PEACESIM_COMPLETE=fish_source peacesim | source

Results are shares of runs in a scenario, under the weights of its file. They are no forecast.
"""
METHODS = ("tornado", "pawn", "sobol", "morris")
EXISTING = Scenarios(exists=True)
FILE = Scenarios(exists=True, dir_okay=False)

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on stdout.")
sets_option = click.option(
    "--set", "sets", metavar="PATH=VALUE", multiple=True, shell_complete=settable_paths,
    help="Set a number or word of the scenario, such as parties.north.no_deal=0.5; may be repeated.",
)  # fmt: skip
seed_option = click.option("--seed", type=int, default=1, show_default=True, help="Of all random numbers.")


def draws_option(default: int) -> Callable[[Command], Command]:
    """`-n`, the number of runs."""
    runs = click.IntRange(1)
    return click.option("-n", "draws", type=runs, default=default, show_default=True, help="Runs of each scenario.")


of_option = click.option(
    "--of", default="signed", show_default=True, shell_complete=figure_names,
    help="The figure: signed, zone, in_force, held_12, held_60, margin_PARTY, worth_PARTY, ISSUE.OPTION and others.",
)  # fmt: skip


def shard_of_several(context: click.Context, option: click.Parameter, text: str | None) -> tuple[int, int] | None:
    """`I/N`, the numbers of one shard, from 1, and of all."""
    if text is None:
        return None
    number, slash, of = text.partition("/")
    if not (slash and all(each.isascii() and each.isdigit() and len(each) < 10 for each in (number, of))):
        raise click.BadParameter(f"{text!r} is not of the form I/N, such as 2/8")
    if not 1 <= int(number) <= int(of):
        raise click.BadParameter(f"{text!r} is no shard: they are counted from 1 to their number")
    return int(number), int(of)


def out_option(what: str) -> Callable[[Command], Command]:
    """`--out`, a folder that need not be there yet."""
    return click.option("--out", type=Scenarios(file_okay=False), default="results", show_default=True, help=what)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, epilog=EPILOG)
@click.version_option(__version__, message="peacesim %(version)s")
def peacesim() -> None:
    """Which packages of concessions reach agreement, who stands in the way of the rest, and what it depends on.

    A scenario is one YAML file. Start with `peacesim new my-talks.yaml`, or play all of a folder with
    `peacesim batch scenarios`.
    """


@peacesim.command()
@click.argument("paths", nargs=-1, required=True, type=EXISTING)
@draws_option(10_000)
@seed_option
@click.option("--workers", type=click.IntRange(1), help="Processes; left out: one a processor.")
@click.option("--dask", metavar="ADDR",
              help="Play on the Dask cluster whose scheduler answers there, such as tcp://127.0.0.1:8786.")  # fmt: skip
@out_option("Folder for results.")
@sets_option
@click.option("--vary", "vary", metavar="PATH=SPEC", multiple=True, shell_complete=settable_paths,
              help="Play each scenario for several values, a,b,c or low:high:count; several make a grid.")  # fmt: skip
@click.option("--charts/--no-charts", default=True, show_default=True, help="Draw charts into each results folder.")
@click.option("--shard", callback=shard_of_several, metavar="I/N",
              help="Play part I of N alone, from 1, into its own folder; `peacesim merge` joins them.")  # fmt: skip
def batch(
    paths: tuple[Path, ...], draws: int, seed: int, workers: int | None, dask: str | None, out: Path,
    sets: tuple[str, ...], vary: tuple[str, ...], charts: bool, shard: tuple[int, int] | None,
) -> None:  # fmt: skip
    """Play every scenario of files and folders; write results, tables and charts.

    What is there already is not played again: the same command twice does nothing the second time, and an interrupted
    one goes on where it stopped.
    """
    if dask is not None and workers is not None:
        raise click.UsageError("--workers counts processes of this machine, and with --dask a cluster plays; "
                               "leave one of them out")  # fmt: skip
    with plain_failures():
        from sim.cli.batching import run_batch
        from sim.store import Shard

        part = Shard(*shard) if shard is not None else None
        all_done = run_batch(paths, draws, seed, workers, out, sets, vary, charts, part, dask)
    if not all_done:
        raise click.exceptions.Exit(SOME_FAILED)


@peacesim.command()
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=Scenarios(exists=True, file_okay=False))
@click.option("--out", type=Scenarios(file_okay=False), help="Folder for results; left out: where the shards lie.")
@click.option("--charts/--no-charts", default=True, show_default=True, help="Draw charts into each results folder.")
def merge(folders: tuple[Path, ...], out: Path | None, charts: bool) -> None:
    """Join the shards of `batch --shard` into the results that one process would have written, byte for byte.

    DIR is the folder of a shard, or one in which shards lie. What is missing is told, shard by shard: merge again once
    it is there, or let `batch` without --shard play it.
    """
    with plain_failures():
        from sim.cli.merging import run_merge

        whole, sound = run_merge(folders, out, charts)
    if not sound:
        raise click.exceptions.Exit(DAMAGED)
    if not whole:
        raise click.exceptions.Exit(SOME_FAILED)


@peacesim.command()
@click.argument("file", type=FILE)
@click.option("--draw", type=click.IntRange(0), default=0, show_default=True, help="Which draw, counted from 0.")
@seed_option
@sets_option
@click.option("--brief", is_flag=True, help="Leave out who said what: opening, events, outcome and ledger alone.")
@as_json
def run(file: Path, draw: int, seed: int, sets: tuple[str, ...], brief: bool, as_json: bool) -> None:
    """Tell one negotiation, round by round: who offered what, who refused and why, and how far each party moved.

    Draw K of a seed is the same world as row K of a batch with that seed.
    """
    if brief and as_json:
        raise click.UsageError("--json has all of a negotiation; leave out --brief")
    with plain_failures():
        from sim.analysis.narrate import narrate
        from sim.analysis.telling import tell
        from sim.cli.output import print_json, width
        from sim.cli.sources import read_or_fail

        story = narrate(read_or_fail(file, sets), seed, draw)
        if as_json:
            print_json(story.as_data())
        else:
            click.echo(tell(story, width(), brief))


@peacesim.command()
@click.argument("file", type=FILE)
@sets_option
@as_json
def show(file: Path, sets: tuple[str, ...], as_json: bool) -> None:
    """Show a scenario as tables, at central numbers: parties, weights, packages, zone, reference solutions."""
    with plain_failures():
        from sim.analysis.portrait import portrait
        from sim.cli.output import print_json, print_parts
        from sim.cli.showing import show_data, show_parts
        from sim.cli.sources import read_or_fail

        shown = portrait(read_or_fail(file, sets))
        if as_json:
            print_json(show_data(shown))
        else:
            print_parts(show_parts(shown))


@peacesim.command()
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=EXISTING)
@sets_option
@as_json
def check(paths: tuple[Path, ...], sets: tuple[str, ...], as_json: bool) -> None:
    """Check scenario files: all faults of all files at once, and notes on what deserves a second look."""
    with plain_failures():
        from sim.cli.checking import check_files

        all_well = check_files(paths, sets, as_json)
    if not all_well:
        raise click.exceptions.Exit(WRONG_INPUT)


@peacesim.command()
@click.argument("paths", metavar="SCENARIO_OR_RESULTS...", nargs=-1, required=True, type=EXISTING)
@draws_option(2_000)
@click.option("--seed", type=int, help="For scenario files; left out: that of the results folders, else 1.")
@out_option("Folder for charts.")
@click.option("--waterfall", metavar="FIGURE",
              help="Share the difference in a figure, such as agreement, out among the inputs.")  # fmt: skip
@click.option("--method", type=click.Choice(["shapley", "ordered"]),
              help="Of the waterfall: mean over all orders, or one order.")  # fmt: skip
@click.option("--charts/--no-charts", default=True, show_default=True, help="Draw charts side by side.")
@as_json
def compare(
    paths: tuple[Path, ...], draws: int, seed: int | None, out: Path, waterfall: str | None, method: str | None,
    charts: bool, as_json: bool,
) -> None:  # fmt: skip
    """Set scenario files or results folders side by side: inputs that differ, and what differs in what came of them.

    The first is what the others are compared with. Scenario files are played now, in memory; `-n` says how often.
    """
    if method is not None and waterfall is None:
        raise click.UsageError("--method is about the waterfall; --waterfall FIGURE asks for one")
    if len(paths) < 2:
        raise click.UsageError("a comparison takes two scenario files or results folders, or more")
    with plain_failures():
        from sim.cli.comparing import CompareWish, compare_sources

        compare_sources(CompareWish(paths, draws, seed, out if charts else None, waterfall, method), as_json)


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
        from sim.cli.reporting import write_report

        write_report(paths, draws, seed, out, as_json)


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
        from sim.cli.explaining import explain_one_draw, explain_results

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
@click.option("--charts/--no-charts", default=True, show_default=True, help="Draw curves, maps or strategies.")
@as_json
def sweep(
    file: Path, strategies: tuple[str, ...], parties: str | None, draws: int, seed: int, workers: int | None,
    out: Path, sets: tuple[str, ...], vary: tuple[str, ...], design: str | None, charts: bool, as_json: bool,
) -> None:  # fmt: skip
    """Play a scenario at many points on the same runs: values of any paths, or strategies against strategies.

    With --vary it tells and draws how far runs get, as curves over one path or maps over two; --design spreads points
    over ranges instead of playing all combinations. With --strategy every assignment to the parties is played, and it
    tells what each strategy gets its party, how much of the joint gain is reached, and where no party gets more by
    changing alone. Results lie in folders as `batch` writes them, and are not played again.
    """
    with plain_failures():
        from sim.cli.sweeping import SweepWish, run_sweep

        named = None if parties is None else [name.strip() for name in parties.split(",")]
        wish = SweepWish(file, strategies, named, draws, seed, workers, out, sets, vary, design, charts)
        all_done = run_sweep(wish, as_json)
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
@click.option("--charts/--no-charts", default=True, show_default=True, help="Draw a chart of each method.")
@as_json
def sensitivity_of(
    path: Path, of: str, methods: tuple[str, ...], inputs: tuple[str, ...], top: int, points: int | None, draws: int,
    seed: int | None, out: Path, charts: bool, as_json: bool,
) -> None:  # fmt: skip
    """Tell which uncertain inputs move a figure of the results, and by how much, beside an input that does nothing.

    A results folder is read as it is; a scenario file is played now, in memory, and `-n` says how often. tornado and
    pawn take these runs; sobol and morris play runs of their own, laid out for the question, and say how many first.
    """
    with plain_failures():
        from sim.analysis.sensitivity import Plan
        from sim.cli.asking import SensitivityWish, run_sensitivity

        wanted, plan = list(dict.fromkeys(methods)), Plan(inputs, top, points)
        wish = SensitivityWish(path, of, wanted, plan, draws, seed, out, charts)
        run_sensitivity(wish, as_json)


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
@click.option("--charts/--no-charts", default=True, show_default=True, help="Draw the boxes.")
@as_json
def discover(
    path: Path, of: str, turned: bool, above: float | None, below: float | None, density: float | None,
    most_inputs: int, most_boxes: int, draws: int, seed: int | None, out: Path, charts: bool, as_json: bool,
) -> None:  # fmt: skip
    """Tell under which conditions on the uncertain inputs runs end a certain way, in a sentence each.

    A results folder is read as it is; a scenario file is played now, in memory, and `-n` says how often. Asked what
    becomes of signed texts (in_force, held_12, held_60) it looks at those alone, and at their options too.
    """
    with plain_failures():
        from sim.cli.asking import DiscoveryWish, run_discovery

        folder = out if charts else None
        wish = DiscoveryWish(
            path, of, turned, above, below, density, most_inputs, most_boxes, draws, seed, folder
        )  # fmt: skip
        run_discovery(wish, as_json)


@peacesim.command("list")
@click.argument("kind", required=False, type=click.Choice(KINDS))
@click.argument("name", required=False, shell_complete=names_of_kind)
@as_json
def list_names(kind: str | None, name: str | None, as_json: bool) -> None:
    """List what a scenario may name, with its parameters: strategies, protocols, laws; also outcomes and charts."""
    with plain_failures():
        from sim.cli.listing import entries_of, list_parts
        from sim.cli.output import print_json, print_parts
        from sim.scenario.messages import meant, quoted

        found = {each: entries_of(each, name) for each in ([kind] if kind else KINDS)}
        if name and kind and not found[kind]:
            known = [entry["name"] for entry in entries_of(kind)]
            fail(WRONG_INPUT, f"no {kind} are called {quoted(name)}{meant(name, known)}")
        if as_json:
            print_json(found)
        else:
            print_parts(list_parts(found))


@peacesim.command()
@click.argument("file", required=False, type=Scenarios(dir_okay=False))
def schema(file: Path | None) -> None:
    """Print the JSON Schema of scenario files, or write it to FILE: editors complete and check with it."""
    with plain_failures():
        from sim.cli.writing import write_schema

        write_schema(file)


@peacesim.command()
@click.argument("file", required=False, default="my-talks.yaml", type=Scenarios(dir_okay=False))
def new(file: Path) -> None:
    """Write a commented scenario to start from; a file that exists is left alone."""
    with plain_failures():
        from sim.cli.writing import write_starter

        write_starter(file)


@peacesim.group("import")
def import_group() -> None:
    """Translate negotiations of other programs into scenario files."""


@import_group.command("genius")
@click.argument("folder", metavar="DIR", type=Scenarios(exists=True, file_okay=False))
@click.option("-o", "--output", type=Scenarios(dir_okay=False), help="File to write; left out: named after the domain.")
@click.option("--profile", "profiles", metavar="FILE", multiple=True,
              help="A profile of the folder to translate; may be repeated; left out: all.")  # fmt: skip
@click.option("--rounds", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Until the deadline.")
@click.option("--months", type=click.FloatRange(0.1, 120), default=1, show_default=True,
              help="That all rounds take together: the time in which GENIUS discounts once.")  # fmt: skip
@click.option("--steps", type=click.IntRange(2, 250), default=11, show_default=True,
              help="Values of a real issue, and of an integer issue with more than 250.")  # fmt: skip
def import_genius(
    folder: Path, output: Path | None, profiles: tuple[str, ...], rounds: int, months: float, steps: int
) -> None:
    """Translate a GENIUS domain and its profiles, the XML files of a folder, into a scenario.

    What a package is worth to a party is its utility in GENIUS. A file that exists is left alone.
    """
    with plain_failures():
        from fractions import Fraction

        from sim.cli.importing import import_genius as write
        from sim.genius import Talks

        write(folder, output, Talks(rounds, Fraction(str(months)), steps), profiles)
