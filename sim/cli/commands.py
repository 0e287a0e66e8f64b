"""The commands that play, show and check. Each imports what it needs when it is called, so `--help` answers at once."""

from pathlib import Path

import click

from sim.cli import understanding
from sim.cli.completing import KINDS, Scenarios, names_of_kind, settable_paths
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
from sim.cli.output import DAMAGED, SOME_FAILED, WRONG_INPUT, fail, plain_failures

__all__ = ["peacesim", "understanding"]  # whose commands are in the group once it is imported


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
@charts_options("Draw charts into each results folder.")
@click.option("--shard", callback=shard_of_several, metavar="I/N",
              help="Play part I of N alone, from 1, into its own folder; `peacesim merge` joins them.")  # fmt: skip
def batch(
    paths: tuple[Path, ...], draws: int, seed: int, workers: int | None, dask: str | None, out: Path,
    sets: tuple[str, ...], vary: tuple[str, ...], charts: bool, png: bool, shard: tuple[int, int] | None,
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
        from sim.results.manifest import Shard

        part = Shard(*shard) if shard is not None else None
        all_done = run_batch(paths, draws, seed, workers, out, sets, vary, charts, png, part, dask)
    if not all_done:
        raise click.exceptions.Exit(SOME_FAILED)


@peacesim.command()
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=Scenarios(exists=True, file_okay=False))
@click.option("--out", type=Scenarios(file_okay=False), help="Folder for results; left out: where the shards lie.")
@charts_options("Draw charts into each results folder.")
def merge(folders: tuple[Path, ...], out: Path | None, charts: bool, png: bool) -> None:
    """Join the shards of `batch --shard` into the results that one process would have written, byte for byte.

    DIR is the folder of a shard, or one in which shards lie. What is missing is told, shard by shard: merge again once
    it is there, or let `batch` without --shard play it.
    """
    with plain_failures():
        from sim.cli.batching import run_merge

        whole, sound = run_merge(folders, out, charts, png)
    if not sound:
        raise click.exceptions.Exit(DAMAGED)
    if not whole:
        raise click.exceptions.Exit(SOME_FAILED)


def chosen_chunks(context: click.Context, option: click.Parameter, text: str) -> str | int:
    """`all`, `first`, or how many."""
    if text in ("all", "first"):
        return text
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    raise click.BadParameter(f"{text!r} is neither all nor first nor a number such as 3")


@peacesim.command()
@click.argument("paths", metavar="RESULT...", nargs=-1, required=True, type=Scenarios())
@click.option("--chunks", callback=chosen_chunks, metavar="all|N|first", default="3", show_default=True,
              help="Which chunks of each result are played again; 0 for none.")  # fmt: skip
@as_json
def verify(paths: tuple[Path, ...], chunks: str | int, as_json: bool) -> None:
    """Hold every file of results against its hash, and play some of it again: the same bits must come out.

    RESULT is a results folder, a sweep, a shard, a folder with such in it, or one chunk, such as
    RESULT/draws/00000000-00001023.parquet. Nothing is written. Ends with 0 if all is well, 4 if something is damaged,
    3 if another release made it, so that it cannot be played again here.
    """
    with plain_failures():
        from sim.cli.verifying import run_verify

        code = run_verify(paths, chunks, as_json)
    if code:
        raise click.exceptions.Exit(code)


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
        from sim.cli.output import print_document, print_result
        from sim.cli.sources import read_or_fail
        from sim.report.run import document

        story = narrate(read_or_fail(file, sets), seed, draw)
        if brief:
            print_document(document(story, brief))
        else:
            print_result(story, as_json)


@peacesim.command()
@click.argument("file", type=FILE)
@sets_option
@as_json
def show(file: Path, sets: tuple[str, ...], as_json: bool) -> None:
    """Show a scenario as tables, at central numbers: parties, weights, packages, zone, reference solutions."""
    with plain_failures():
        from sim.analysis.portrait import portrait
        from sim.cli.output import print_result
        from sim.cli.sources import read_or_fail

        print_result(portrait(read_or_fail(file, sets)), as_json)


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


@peacesim.command("list")
@click.argument("kind", required=False, type=click.Choice(KINDS))
@click.argument("name", required=False, shell_complete=names_of_kind)
@as_json
def list_names(kind: str | None, name: str | None, as_json: bool) -> None:
    """List what a scenario may name, with its parameters: strategies, protocols, laws; also outcomes and charts."""
    with plain_failures():
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


@peacesim.command()
@click.argument("path", metavar="[FILE|RESULTS]", required=False, type=Scenarios(exists=True))
@draws_option(10_000)
@click.option("--seed", type=int, help="Of all random numbers; left out: that of RESULTS, else 1.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, show_default=True,
              help="To listen on; 0 for one that is free.")  # fmt: skip
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open a browser on the page.")
def app(path: Path | None, draws: int, seed: int | None, port: int, browser: bool) -> None:
    """Open a page in the browser on which numbers of a scenario are changed and the answer is seen at once.

    FILE is a scenario, RESULTS a results folder; a folder of scenario files will do too, and left out it is the current
    one. The page answers this machine alone, opens no other address, and ends with Ctrl-C.
    """
    with plain_failures():
        try:
            from sim.app.server import serve
        except ModuleNotFoundError as error:
            if (error.name or "sim").partition(".")[0] == "sim":
                raise
            fail(WRONG_INPUT, f"the page takes two more libraries, starlette and uvicorn ({error.name} is missing): "
                              f"pip install 'peacesim[app]'")  # fmt: skip
        code = serve(path, draws, seed, port, browser)
    if code:
        raise click.exceptions.Exit(code)


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

        from sim.cli.writing import import_genius as write
        from sim.scenario.genius import Talks

        write(folder, output, Talks(rounds, Fraction(str(months)), steps), profiles)
