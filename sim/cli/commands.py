"""All commands. Each imports what it needs when it is called, so `--help` is fast."""

from pathlib import Path
from typing import Any

import click

from sim.cli.options import (
    COUNT,
    EXISTING,
    FILE,
    KINDS,
    ChartFiles,
    Scenarios,
    as_json,
    charts_option,
    command,
    draws_option,
    figure_names,
    full_option,
    labelled_strategies,
    names_of_kind,
    option,
    out_option,
    party_names,
    peacesim,
    section_option,
    seed_option,
    sets_option,
    settable_paths,
    workers_options,
)
from sim.cli.output import DAMAGED, SOME_FAILED, WRONG_INPUT, fail

__all__ = ["peacesim"]


def shard_of_several(context: click.Context, option: click.Parameter, text: str | None) -> tuple[int, int] | None:
    """Parse `I/N`: the number of one shard, from 1, and of all."""
    if text is None:
        return None
    number, slash, of = text.partition("/")
    if not (slash and all(each.isascii() and each.isdigit() and len(each) < 10 for each in (number, of))):
        raise click.BadParameter(f"{text!r} is not of the form I/N, such as 2/8")
    if not 1 <= int(number) <= int(of):
        raise click.BadParameter(f"{text!r} is no shard: they are counted from 1 to their number")
    return int(number), int(of)


@command()
@click.argument("paths", nargs=-1, required=True, type=Scenarios(exists=True))
@draws_option(10_000)
@seed_option
@workers_options
@out_option("Folder for results.")
@sets_option
@option("--vary", "vary", metavar="PATH=SPEC", multiple=True, shell_complete=settable_paths,
              help="Play each scenario for several values, a,b,c or low:high:count; several make a grid.")  # fmt: skip
@charts_option("Draw charts into each results folder.")
@option("--shard", callback=shard_of_several, metavar="I/N",
              help="Play part I of N alone, from 1, into its own folder; `peacesim merge` joins them.")  # fmt: skip
@option("--large", is_flag=True, help="Play scenarios too of which one draw may take more than a minute or 4 GB.")
def batch(
    paths: tuple[Path, ...], out: Path, charts: ChartFiles | None, shard: tuple[int, int] | None, **how: Any
) -> int:
    """Play every scenario of files and folders; write results, tables and charts.

    Existing results are reused: the same command twice does nothing the second time, and an interrupted one goes on
    where it stopped.
    """
    from sim.cli.batching import run_batch
    from sim.results.manifest import Shard

    part = Shard(*shard) if shard is not None else None
    return 0 if run_batch(paths, out, charts, part, **how) else SOME_FAILED


@command()
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=Scenarios(exists=True, file_okay=False))
@option("--out", type=Scenarios(file_okay=False), help="Folder for results; left out: where the shards lie.")
@charts_option("Draw charts into each results folder.")
def merge(folders: tuple[Path, ...], out: Path | None, charts: ChartFiles | None) -> int:
    """Join the shards of `batch --shard` into the results that one process would have written, byte for byte.

    DIR is the folder of a shard, or one in which shards lie. Missing shards are listed: merge again once
    it is there, or let `batch` without --shard play it.
    """
    from sim.cli.batching import run_merge

    whole, sound = run_merge(folders, out, charts)
    return DAMAGED if not sound else 0 if whole else SOME_FAILED


def chosen_chunks(context: click.Context, option: click.Parameter, text: str) -> str | int:
    """`all`, `first`, or how many."""
    if text in ("all", "first"):
        return text
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    raise click.BadParameter(f"{text!r} is neither all nor first nor a number such as 3")


@command()
@click.argument("paths", metavar="RESULT...", nargs=-1, required=True, type=Scenarios(newest=True))
@option("--chunks", callback=chosen_chunks, metavar="all|N|first", default="3",
              help="Which chunks of each result are played again; 0 for none.")  # fmt: skip
@as_json
def verify(paths: tuple[Path, ...], chunks: str | int, as_json: bool) -> int:
    """Verify result files against their checksums and re-run a sample to confirm they reproduce exactly.

    RESULT is a results folder, a sweep, a shard, a folder with such in it, or one chunk, such as
    RESULT/draws/00000000-00001023.parquet. Nothing is written. Ends with 0 if all is well, 4 if something is damaged,
    3 if another release made it, so that it cannot be played again here.
    """
    from sim.cli.verifying import run_verify

    return run_verify(paths, chunks, as_json)


@command()
@click.argument("file", type=FILE)
@option("--draw", type=click.IntRange(0), default=0, help="Which draw, counted from 0.")
@seed_option
@sets_option
@option("--brief", is_flag=True, help="Leave out the moves at the table: opening, events, outcome and ledger.")
@option("--round", "number", metavar="N", type=COUNT, help="Print one round, move by move.")
@full_option
@as_json
def run(
    file: Path, draw: int, seed: int, sets: tuple[str, ...], brief: bool, number: int | None, full: bool, as_json: bool
) -> None:
    """Play one negotiation: how it ended and its turning points; with --full who offered what, and who rejected it why.

    Draw K of a seed is the same world as row K of a batch with that seed.
    """
    if as_json and (brief or full or number is not None):
        raise click.UsageError("--json has all of a negotiation; leave out --brief, --full and --round")
    if sum((brief, full, number is not None)) > 1:
        raise click.UsageError("--brief, --full and --round exclude one another")
    from sim.analysis.narrate import narrate
    from sim.cli.output import SCREEN, print_document, print_result
    from sim.cli.sources import read_or_fail
    from sim.report.document import paragraph
    from sim.report.run import brief as screen
    from sim.report.run import document, rounds

    story = narrate(read_or_fail(file, sets), seed, draw)
    if as_json:
        print_result(story, as_json)
    elif brief or full:
        print_document(document(story, brief))
    elif number is None:
        more = paragraph("Move by move: --full. One round: --round N.")
        print_document([*screen(story), paragraph(""), more], SCREEN)
    else:
        moves = list(rounds(story, number))
        if not moves:
            fail(WRONG_INPUT, f"there is no round {number}: the talks ended in round {len(story.rounds)}")
        print_document(moves)


@command()
@click.argument("file", type=FILE)
@sets_option
@full_option
@section_option
@as_json
def show(file: Path, sets: tuple[str, ...], full: bool, section: str | None, as_json: bool) -> None:
    """Show a scenario at central numbers: what there is to agree on; with --full all its tables."""
    from sim.analysis.portrait import portrait
    from sim.cli.output import print_answer
    from sim.cli.sources import read_or_fail

    print_answer(portrait(read_or_fail(file, sets)), as_json, full, section)


@command()
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=Scenarios(exists=True))
@sets_option
@as_json
def check(paths: tuple[Path, ...], sets: tuple[str, ...], as_json: bool) -> int:
    """Check scenario files: all faults of all files at once, and notes on what deserves a second look."""
    from sim.cli.checking import check_files

    return 0 if check_files(paths, sets, as_json) else WRONG_INPUT


@command()
@click.argument("file", type=FILE)
@draws_option(2_000)
@seed_option
@out_option("Folder for charts.")
@sets_option
@charts_option("Draw the past.")
@as_json
def hindcast(
    file: Path, draws: int, seed: int, out: Path, sets: tuple[str, ...], charts: ChartFiles | None, as_json: bool
) -> None:
    """Play a file's rates a month back to the start of the war, beside what is known, and say what cannot have been.

    No-deal value by party and cause, red lines that would have given way, households cut off; no talks are held.
    """
    from sim.cli.analyses import run_hindcast

    run_hindcast(file, draws, seed, sets, (out, charts), as_json)


@command()
@click.argument("file", type=FILE)
@option("--party", "parties", metavar="PARTY", multiple=True, shell_complete=party_names,
              help="Write this party's sheet alone; may be repeated.")  # fmt: skip
@out_option("Folder for the sheets.")
@sets_option
def sheets(file: Path, parties: tuple[str, ...], out: Path, sets: tuple[str, ...]) -> None:
    """Write a confidential role sheet for each party: its interests, points, red lines and no-deal value.

    Each is an HTML page of its own, to be printed. It has nothing of what the other parties want.
    """
    from sim.cli.analyses import write_sheets

    write_sheets(file, parties, sets, out)


@command("debrief")
@click.argument("file", type=FILE)
@click.argument("text")
@draws_option(500)
@seed_option
@sets_option
@as_json
def debrief_of(file: Path, text: str, draws: int, seed: int, sets: tuple[str, ...], as_json: bool) -> None:
    """Set what a class agreed against the Pareto frontier, reference solutions, votes at home and bargaining runs.

    TEXT is the id of a proposal of the file, or an option for every issue: ISSUE=OPTION,ISSUE=OPTION. Both together
    change a proposal, or fill what it leaves open: draft,guarantee=none.
    """
    from sim.cli.analyses import run_debrief

    run_debrief(file, text, draws, seed, sets, as_json)


@command("list")
@click.argument("kind", required=False, type=click.Choice(KINDS))
@click.argument("name", required=False, shell_complete=names_of_kind)
@as_json
def list_names(kind: str | None, name: str | None, as_json: bool) -> None:
    """List what a scenario may name, with its parameters: strategies, protocols, laws; also outcomes and charts."""
    from sim.cli.listing import entries_of, list_document
    from sim.cli.output import print_document, print_json
    from sim.core.wording import meant, quoted

    found = {each: entries_of(each, name) for each in ([kind] if kind else KINDS)}
    if name and kind and not found[kind]:
        known = [entry["name"] for entry in entries_of(kind)]
        fail(WRONG_INPUT, f"no {kind} are called {quoted(name)}{meant(name, known)}")
    if as_json:
        print_json(found)
    else:
        print_document(list_document(found))


@command()
@click.argument("file", required=False, type=Scenarios(dir_okay=False))
def schema(file: Path | None) -> None:
    """Print the JSON Schema of scenario files, or write it to FILE: editors complete and check with it."""
    from sim.cli.writing import write_schema

    write_schema(file)


@command()
@click.argument("file", required=False, default="my-talks.yaml", type=Scenarios(dir_okay=False))
def new(file: Path) -> None:
    """Write a commented scenario to start from; a file that exists is left alone."""
    from sim.cli.writing import starter, write_scenario

    write_scenario(file, starter())


@command()
@click.argument("path", metavar="[FILE|RESULTS]", required=False, type=EXISTING)
@draws_option(10_000)
@option("--seed", type=int, help="Random seed; left out: that of RESULTS, else 1.")
@option("--port", type=click.IntRange(0, 65_535), default=0, help="To listen on; 0 for one that is free.")
@option("--browser/--no-browser", default=True, help="Open a browser on the page.")
@option("--share", metavar="ADDRESS", help="Let other machines open the page too: listen on this IP address of this "
                                           "machine, unencrypted. Left out: this machine alone.")  # fmt: skip
def app(path: Path | None, draws: int, seed: int | None, port: int, browser: bool, share: str | None) -> int:
    """Open a page in the browser on which numbers of a scenario are changed and the answer is seen at once.

    FILE is a scenario, RESULTS a results folder; a folder of scenario files will do too, and left out it is the current
    one. The page answers this machine alone, unless --share is given, opens no other address, and ends with Ctrl-C.
    """
    from sim.app.worker import Worker

    worker = Worker()
    worker.start()  # imports what the page needs while the server starts
    try:
        from sim.app.server import serve

        return serve(worker, path, draws, seed, port, browser, share)
    except ModuleNotFoundError as error:
        if (error.name or "sim").partition(".")[0] == "sim":
            raise
        fail(WRONG_INPUT, f"the page takes two more libraries, starlette and uvicorn ({error.name} is missing): "
                          f"pip install 'peacesim[app]'")  # fmt: skip
    finally:
        worker.close()


@peacesim.group("import")
def import_group() -> None:
    """Translate negotiations of other programs into scenario files."""


@command("genius", import_group)
@click.argument("folder", metavar="DIR", type=Scenarios(exists=True, file_okay=False))
@option("-o", "--output", type=Scenarios(dir_okay=False), help="File to write; left out: named after the domain.")
@option("--profile", "profiles", metavar="FILE", multiple=True,
              help="A profile of the folder to translate; may be repeated; left out: all.")  # fmt: skip
@option("--rounds", type=click.IntRange(1, 10_000), default=100, help="Until the deadline.")
@option("--months", type=click.FloatRange(0.1, 120), default=1,
              help="That all rounds take together: the time in which GENIUS discounts once.")  # fmt: skip
@option("--steps", type=click.IntRange(2, 250), default=11,
              help="Values of a real issue, and of an integer issue with more than 250.")  # fmt: skip
def import_genius(
    folder: Path, output: Path | None, profiles: tuple[str, ...], rounds: int, months: float, steps: int
) -> None:
    """Translate a GENIUS domain and its profiles, the XML files of a folder, into a scenario.

    Utilities are those of GENIUS. A file that exists is left alone.
    """
    from fractions import Fraction

    from sim.cli.writing import import_genius as write
    from sim.scenario.genius import Talks

    write(folder, output, Talks(rounds, Fraction(str(months)), steps), profiles)


# Comparisons, explanations, explorations

subject = click.argument("path", metavar="SCENARIO_OR_RESULTS", type=EXISTING)
of_option = option(
    "--of", default="signed", shell_complete=figure_names,
    help="The figure: signed, zone, in_force, held_12, held_60, margin_PARTY, discounted_PARTY, ISSUE.OPTION, ...",
)  # fmt: skip
seed_of_files = option("--seed", type=int, help="For scenario files; left out: that of the results folders, else 1.")
seed_of_scenario = option("--seed", type=int, help="For a scenario file; left out: 1.")
seed_of_file = option("--seed", type=int, help="Random seed of a scenario file; left out: 1.")


@command()
@click.argument("paths", metavar="SCENARIO_OR_RESULTS...", nargs=-1, required=True, type=EXISTING)
@draws_option(2_000)
@seed_of_files
@out_option("Folder for charts.")
@option("--waterfall", metavar="FIGURE",
              help="Share the difference in a figure, such as agreement, out among the inputs.")  # fmt: skip
@option("--method", type=click.Choice(["shapley", "ordered"]),
              help="Of the waterfall: mean over all orders, or one order.")  # fmt: skip
@charts_option("Draw charts side by side.")
@full_option
@section_option
@as_json
def compare(
    paths: tuple[Path, ...], draws: int, seed: int | None, out: Path, waterfall: str | None, method: str | None,
    charts: ChartFiles | None, **view: Any,
) -> None:  # fmt: skip
    """Compare scenario files or results folders: the inputs that differ, and how outcomes differ.

    The first is the baseline. Scenario files are played now, in memory; `-n` says how often.
    """
    if method is not None and waterfall is None:
        raise click.UsageError("--method is about the waterfall; --waterfall FIGURE asks for one")
    if len(paths) < 2:
        raise click.UsageError("a comparison takes two scenario files or results folders, or more")
    from sim.cli.analyses import compare_results
    from sim.cli.sources import results_or_runs

    found = results_or_runs(paths, draws, seed)
    compare_results(found, draws, waterfall, method, (out, charts), **view)


@command()
@click.argument("paths", metavar="RESULTS_OR_SCENARIO...", nargs=-1, required=True, type=EXISTING)
@option("-n", "draws", type=COUNT, help="Runs of each scenario; left out: 2000, with --explore 300 or as many as fit.")
@seed_of_files
@option("--explore", is_flag=True, help="A page on which a text is built by hand and answers at once.")
@option("--round", "round", type=COUNT, help="With --explore: round in which a text is tabled, 1.")
@option("--out", type=Scenarios(), default="results", help="A file that ends with .html, or a folder for it.")
@as_json
def report(
    paths: tuple[Path, ...], draws: int | None, seed: int | None, explore: bool, round: int | None, out: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Write one HTML page that stands on its own: of one result, or of several side by side.

    It holds every chart with its numbers, every number of the scenario with status and source, and what made it. It
    opens no address and runs no script.

    With --explore it holds draws instead, at most 3 MB of them, and one script: choose an option for each issue, and
    see who would sign, whether it passes at home and holds, what it lacks and where it ranks, as `texts` works it out.
    """
    from sim.cli.analyses import write_explorer, write_report
    from sim.cli.sources import results_or_runs

    if explore:
        if len(paths) > 1:
            raise click.UsageError("--explore takes one scenario file or results folder")
        write_explorer(paths[0], draws, seed, round or 1, out, as_json)
    elif round is not None:
        raise click.UsageError("--round is for --explore")
    else:
        write_report(results_or_runs(paths, draws or 2_000, seed), out, as_json)


@command()
@subject
@option("--draw", type=click.IntRange(0), help="Narrate a single run, and how close it came to a deal.")
@draws_option(1_000)
@option("--by", metavar="ISSUE", help="What came of each option of an issue, in place of the explanation.")
@option("--look", type=COUNT, default=300,
              help="Of so many runs those without a deal are played again, and changes are tried on them.")  # fmt: skip
@seed_of_scenario
@sets_option
@full_option
@section_option
@as_json
def explain(
    path: Path, draw: int | None, draws: int, by: str | None, look: int, seed: int | None, sets: tuple[str, ...],
    **view: Any,
) -> None:  # fmt: skip
    """Explain results: main obstacles, who gains least, and the smallest change that makes a deal possible.

    A scenario file is played now, in memory, -n times; of a results folder all runs count. With --draw K a single
    run is narrated offer by offer, each refusal with its reason, and then how close it came to a deal.
    """
    if by is not None and draw is not None:
        raise click.UsageError("--by counts over all runs and --draw narrates one; leave out one of them")
    if (by is not None or draw is not None) and (view["full"] or view["section"]):
        raise click.UsageError("--by and --draw print all that they have; leave out --full and --section")
    from sim.cli.analyses import explain_issue, explain_path, explain_run

    if by is not None:
        explain_issue(path, by, draws, seed, sets, view["as_json"])
    elif draw is not None:
        explain_run(path, draw, seed, sets, view["as_json"])
    else:
        explain_path(path, draws, seed, sets, look, **view)


def issue_options(context: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> dict[str, str]:
    """`ISSUE=OPTION`, each issue once."""
    pairs: dict[str, str] = {}
    for text in texts:
        issue, equals, chosen = text.partition("=")
        if not (issue and equals and chosen):
            raise click.BadParameter(f"{text!r} is not of the form ISSUE=OPTION, such as guarantee=none")
        if pairs.setdefault(issue, chosen) != chosen:
            raise click.BadParameter(f"{issue} has two options: {pairs[issue]} and {chosen}")
    return pairs


@command()
@subject
@draws_option(1_000)
@option("--by", type=click.Choice(("held_60", "in_force", "acceptable", "least_regret", "least_satisfied")),
              help="What texts are ranked by; left out: the last stage that the scenario has.")  # fmt: skip
@option("--fix", metavar="ISSUE=OPTION", multiple=True, callback=issue_options,
              help="Rank only texts with this option; may be repeated.")  # fmt: skip
@option("--round", "round", type=COUNT, default=1, help="Round in which each text is tabled.")
@option("--top", type=click.IntRange(1, 1_000), default=10, help="Texts to print.")
@seed_of_scenario
@out_option("Folder for charts.")
@sets_option
@charts_option("Draw the ranking, who supports it, and acceptable against lasting.")
@full_option
@as_json
def texts(
    path: Path, draws: int, seed: int | None, out: Path, sets: tuple[str, ...], charts: ChartFiles | None,
    full: bool, as_json: bool, **how: Any,
) -> None:  # fmt: skip
    """Rank every package: in how many draws all who sign accept it, and whether it passes at home and holds.

    No bargaining is played: each package is tabled in one round, before anybody has made an offer. Of a results folder
    the same scenario and draws are taken, and the packages signed there are ranked beside the others.
    """
    from sim.cli.analyses import run_texts

    run_texts(path, draws, seed, sets, how, (out, charts), full=full, as_json=as_json)


def wanted_share(context: click.Context, option: click.Parameter, text: str) -> float:
    """A share in per cent, `50` or `50%`, as a fraction."""
    try:
        share = float(text.removesuffix("%"))
    except ValueError:
        raise click.BadParameter(f"{text!r} is no share in per cent, such as 50 or 50%") from None
    if not 0 < share <= 100:
        raise click.BadParameter(f"{text!r} is no share that can be wanted: above 0 per cent, and 100 at most")
    return share / 100


@command()
@click.argument("text", metavar="TEXT")
@subject
@option("--to", callback=wanted_share, metavar="PERCENT", default="50",
              help="The wanted share of draws, or mean chance, in per cent.")  # fmt: skip
@draws_option(1_000)
@option("--round", "round", type=COUNT, default=1, help="Round in which the text is tabled.")
@seed_of_scenario
@sets_option
@as_json
def need(
    text: str, path: Path, to: float, draws: int, round: int, seed: int | None, sets: tuple[str, ...], as_json: bool
) -> None:
    """Find what one text lacks: the smallest change of one number that brings each party, ratifier and test to a share.

    TEXT is the id of a proposal, or ISSUE=OPTION,ISSUE=OPTION; with issues left open the completion that ranks first
    in `texts` is taken. Each change is verified on the scenario with the number set in it.
    """
    from sim.cli.analyses import run_need

    run_need(path, text, (to, draws, round), seed, sets, as_json)


@command()
@click.argument("file", type=FILE)
@option("--strategy", "strategies", metavar="[LABEL=]STRATEGY", multiple=True,
              shell_complete=labelled_strategies,
              help="A strategy that meets others: a name, or {name: NAME, PARAMETER: VALUE}; repeat it.")  # fmt: skip
@option("--parties", metavar="A,B", shell_complete=party_names,
              help="Whose strategies vary; left out: of all that sign and speak.")  # fmt: skip
@draws_option(1_000)
@seed_option
@workers_options
@out_option("Folder for results.", "--results")
@sets_option
@option("--vary", "vary", metavar="PATH=SPEC", multiple=True, shell_complete=settable_paths,
              help="Play for several values, a,b,c or low:high:count; with --strategy, each of them.")  # fmt: skip
@option("--design", metavar="KIND:COUNT",
              help="Spread so many points over --vary PATH=low:high, as sobol or latin; left out: a grid.")  # fmt: skip
@charts_option("Draw curves, maps or strategies.")
@as_json
def sweep(parties: str | None, as_json: bool, **request: Any) -> int:
    """Play a scenario at many points on the same runs: values of any paths, or strategies against strategies.

    With --vary it prints and draws how far runs get, as curves over one path or maps over two; --design spreads points
    over ranges instead of playing all combinations. With --strategy every assignment to the parties is played, and it
    reports what each strategy gets its party, how much of the joint gain is reached, and where no party gets more by
    changing alone. Results lie in folders as `batch` writes them, and are not played again.
    """
    from sim.cli.sweeping import SweepRequest, run_sweep

    named = None if parties is None else [name.strip() for name in parties.split(",")]
    return 0 if run_sweep(SweepRequest(parties=named, **request), as_json) else SOME_FAILED


@command("sensitivity")
@subject
@of_option
@option("--method", "methods", type=click.Choice(("tornado", "pawn", "sobol", "morris")), multiple=True,
              default=("tornado",), show_default=False,
              help="How inputs are compared, tornado if left out; may be repeated.")  # fmt: skip
@option("--inputs", "inputs", metavar="PATH", multiple=True, shell_complete=settable_paths,
              help="For sobol and morris: an input of the design; may be repeated.")  # fmt: skip
@option("--top", type=click.IntRange(1, 200), default=8,
              help="For sobol and morris without --inputs: the first so many of the tornado.")  # fmt: skip
@option("--points", type=click.IntRange(2, 65_536),
              help="For sobol, a power of two, 256 if left out; for morris trajectories, 32.")  # fmt: skip
@draws_option(2_000)
@seed_of_file
@workers_options
@out_option("Folder for charts, and for runs of a design.")
@charts_option("Draw a chart of each method.")
@option("--all", "everything", is_flag=True, help="List inputs that do not stand out from chance, too.")
@as_json
def sensitivity_of(
    path: Path, methods: tuple[str, ...], inputs: tuple[str, ...], top: int, points: int | None, draws: int,
    seed: int | None, **of: Any,
) -> None:  # fmt: skip
    """Rank the uncertain inputs by how a figure of the results differs with them, beside an input that does nothing.

    A results folder is read as it is; a scenario file is played now, in memory, and `-n` says how often. tornado and
    pawn take these runs; sobol and morris play runs of their own, laid out for the question, and say how many first;
    --workers or --dask play these.
    """
    from sim.analysis.sensitivity import DESIGNED, Plan
    from sim.cli.analyses import run_sensitivity
    from sim.cli.sources import results_or_runs

    wanted, plan = list(dict.fromkeys(methods)), Plan(inputs, top, points)
    how, out = {key: of.pop(key) for key in ("workers", "dask")}, (of.pop("out"), of.pop("charts"))
    for options, given in (("--inputs and --points", inputs or points), ("--workers and --dask", any(how.values()))):
        if given and not DESIGNED.keys() & set(wanted):
            fail(WRONG_INPUT, f"peacesim: {options} are for --method sobol and morris; neither is asked for")
    (results,) = results_or_runs([path], draws, seed)
    run_sensitivity(results, methods=wanted, plan=plan, how=how, out=out, **of)


@command("discover")
@subject
@of_option
@option("--not", "turned", is_flag=True, help="Look for runs that do not.")
@option("--above", type=float, help="Of a figure that is no share: look for runs above this.")
@option("--below", type=float, help="Of a figure that is no share: look for runs below this.")
@option("--density", type=click.FloatRange(0, 1),
              help="Share of the runs in a box that are such, at least; left out: balanced with coverage.")  # fmt: skip
@option("--most-inputs", type=click.IntRange(1, 10), default=3, help="Inputs with a condition in a box, at most.")
@option("--most-boxes", type=click.IntRange(1, 10), default=3, help="Boxes, at most.")
@draws_option(2_000)
@seed_of_file
@out_option("Folder for charts.")
@charts_option("Draw the boxes.")
@as_json
def discover(
    path: Path, of: str, draws: int, seed: int | None, out: Path, charts: ChartFiles | None, as_json: bool, **boxes: Any
) -> None:
    """Find the input conditions under which an outcome is typical (scenario discovery), in a sentence each.

    A results folder is read as it is; a scenario file is played now, in memory, and `-n` says how often. Of
    in_force, held_12 and held_60, only signed draws count, and the options of their packages are inputs too.
    """
    from sim.cli.analyses import run_discovery
    from sim.cli.sources import results_or_runs

    (found,) = results_or_runs([path], draws, seed)
    wanted = boxes["turned"], boxes["above"], boxes["below"]
    limits = boxes["density"], boxes["most_inputs"], boxes["most_boxes"]
    run_discovery(found, of, wanted, limits, (out, charts), as_json)
