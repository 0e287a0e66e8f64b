"""The command group, its options and their shell completion. Heavy modules are imported only when needed."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import click
from click.shell_completion import CompletionItem

from sim import __version__
from sim.cli.output import plain_failures
from sim.cli.signals import note_command

if TYPE_CHECKING:
    from sim.scenario import Scenario

FOLDERS = (Path(), Path("scenarios"), Path("results"))  # under the current folder: the usual folders
MOST_READ = 500


def likely(path: Path) -> str:
    """Where a relative path that does not exist starts from, and sentences on what was meant, safe to print."""
    from sim.core.wording import closest, quoted, shown

    here = "" if path.is_absolute() else f"The current folder is {shown(os.path.abspath(''), 300)}. "
    same = [str(folder / path.name) for folder in FOLDERS if path.name and os.path.exists(folder / path.name)]
    nearest = same[0] if same else closest(path, map(str, _candidates(path)))
    return here if nearest is None else f"{here}Did you mean {quoted(nearest)}?"


def _candidates(path: Path) -> Iterator[Path]:
    """Return folders, scenario files and results near the path and in the usual places."""
    for folder in dict.fromkeys([path.parent, *FOLDERS]):
        try:
            entries = sorted(islice(folder.iterdir(), MOST_READ))
        except OSError:
            continue
        yield from (each for each in entries if each.suffix in {"", ".yaml", ".yml"} and each.name[:1] != ".")


KINDS = (  # as `listing.KINDS`, which is slow to import
    "strategies", "protocols", "offers", "acceptance", "information", "solutions", "laws", "outcomes", "charts",
)  # fmt: skip


class Scenarios(click.Path):
    """A path; the shell completes file and folder names, and a missing path is answered with similar names."""

    def __init__(self, newest: bool = False, **how: Any) -> None:
        """With `newest`, `results/<id>` stands for the folder `results/<id>-<hash>` that was written last."""
        super().__init__(path_type=Path, **how)
        self.newest = newest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(self._newest(value, param, ctx) if self.newest else value, param, ctx)
        except click.BadParameter as error:
            if os.path.exists(value):
                raise
            hint = ""
            with suppress(OSError):  # the current folder may be gone
                hint = likely(Path(value))
            self.fail(f"{error.message} {hint}".rstrip(), param, ctx)


    def _newest(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        with suppress(OSError):  # a folder that may not be read
            if not os.path.lexists(value):
                from sim.core.wording import listed
                from sim.results.manifest import newest_results

                found = newest_results(Path(value))
                if len(found) > 1:
                    names = listed([each.name for each in found], "or")
                    self.fail(f"{value!r} could be any of several folders that are equally new: {names}", param, ctx)
                return found[0] if found else value
        return value


def names_of_kind(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Complete names of the kind already typed: strategies, charts and so on."""
    from sim.cli.listing import entries_of

    kind = context.params.get("kind")
    if kind not in KINDS:
        return []
    entries = [entry for entry in entries_of(kind) if entry["name"].startswith(typed)]
    return [CompletionItem(entry["name"], help=entry["about"]) for entry in entries]


def labelled_strategies(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Complete names of strategies, also after a label."""
    from sim.cli.listing import entries_of

    label, equals, begun = typed.rpartition("=")
    found = [entry for entry in entries_of("strategies") if entry["name"].startswith(begun)]
    return [CompletionItem(f"{label}{equals}{entry['name']}", help=entry["about"]) for entry in found]


def _typed_scenario(context: click.Context) -> "Scenario | None":
    """Return the scenario already typed, which click leaves unparsed while it completes an option."""
    from sim.scenario import ScenarioError, read_scenario

    files = [path for path in map(Path, context.args) if path.is_file()]
    with suppress(ScenarioError):
        return read_scenario(files[0]) if files else None
    return None


def party_names(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Complete parties of the scenario already typed, after those already named."""
    before, comma, begun = typed.rpartition(",")
    scenario = _typed_scenario(context)
    parties = scenario.parties if scenario else {}
    free = [name for name in parties if name.startswith(begun) and name not in before.split(",")]
    return [CompletionItem(f"{before}{comma}{name}", help=parties[name].label) for name in free]


def figure_names(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Complete figures of the scenario or results folder already typed."""
    from sim.cli.sources import figures_at

    found = [figure for path in map(Path, context.args) if path.exists() for figure in figures_at(path)]
    return [CompletionItem(name, help=label) for name, label in found if name.startswith(typed)]


def settable_paths(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Complete paths of the numbers in the scenario already typed, each with its value."""
    scenario = _typed_scenario(context) if "=" not in typed else None
    numbers = scenario.numbers() if scenario else {}
    return [CompletionItem(f"{path}=", help=str(number)) for path, number in numbers.items() if path.startswith(typed)]


Command = TypeVar("Command", bound=Callable[..., Any])

EPILOG = """\b
Exit codes: 0 done; 2 wrong input, nothing was written; 3 some scenarios failed, the others are done;
4 damaged results; 130, 143 or 129 interrupted by Ctrl-C, a request to end or a terminal that was closed, what was
finished is kept; 141 output pipe closed early (for example by `head`).

\b
TAB completion, once for a session (put the line into your shell's start-up file to keep it):
  bash  eval "$(_PEACESIM_COMPLETE=bash_source peacesim)"
  zsh   eval "$(_PEACESIM_COMPLETE=zsh_source peacesim)"
  fish  _PEACESIM_COMPLETE=fish_source peacesim | source

Results are shares of runs in a scenario, under the weights of its file. They are no forecast.
"""
COUNT = click.IntRange(1)
EXISTING = Scenarios(exists=True, newest=True)
FILE = Scenarios(exists=True, dir_okay=False)


def option(*names: str, **how: Any) -> Callable[[Command], Command]:
    """An option of a command, whose help names its default if it has one."""
    return click.option(*names, **{"show_default": "default" in how, **how})


full_option = option("--full", is_flag=True, help="Print all of it, in place of what fits one screen.")
section_option = option(
    "--section", metavar="NAME", help="Print one section of all of it, by the first words of its heading.",
)  # fmt: skip
as_json = option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on stdout.")
sets_option = option(
    "--set", "sets", metavar="PATH=VALUE", multiple=True, shell_complete=settable_paths,
    help="Set a number or word of the scenario, such as parties.north.no_deal=0.5; may be repeated.",
)  # fmt: skip
seed_option = option("--seed", type=int, default=1, help="Random seed.")


def workers_options(function: Command) -> Command:
    """`--workers` or `--dask`, as the arguments `workers` and `dask`: not both."""
    processes = "Number of worker processes (default: one per CPU)."
    workers = option("--workers", type=COUNT, help=processes)
    dask = option(
        "--dask", metavar="ADDR",
        help="Play on the Dask cluster whose scheduler answers there, such as tcp://127.0.0.1:8786.",
    )  # fmt: skip

    @wraps(function)
    def called(*words: Any, **options: Any) -> Any:
        if options["dask"] is not None and options["workers"] is not None:
            raise click.UsageError("--workers counts processes of this machine, and with --dask a cluster plays; "
                                   "leave one of them out")  # fmt: skip
        return function(*words, **options)

    return cast(Command, workers(dask(called)))


def draws_option(default: int) -> Callable[[Command], Command]:
    return option("-n", "draws", type=COUNT, default=default, help="Runs of each scenario.")


def out_option(what: str, *also: str) -> Callable[[Command], Command]:
    """`--out`, a folder that need not exist yet, and its aliases."""
    folder = Scenarios(file_okay=False)
    return option("--out", *also, "out", type=folder, default="results", help=what)


class ChartFiles(NamedTuple):
    """What is written of each chart beside SVG and CSV."""

    png: bool = False
    slides: bool = False


def charts_option(what: str) -> Callable[[Command], Command]:
    """The argument `charts`: which files of each chart, or None."""
    asked = option("--charts/--no-charts", default=True, help=what)
    png = option("--png", is_flag=True, help="Write charts as PNG too, beside SVG and CSV.")
    form = option("--format", "form", type=click.Choice(["page", "slide"]), default="page", show_default=False,
                  help="slide: draw each chart as a slide too, for PowerPoint: 1600 x 900, PNG.")  # fmt: skip

    def decorate(function: Command) -> Command:
        @wraps(function)
        def called(*words: Any, charts: bool, png: bool, form: str, **options: Any) -> Any:
            if form == "slide" and not charts:
                raise click.UsageError("--format slide is about charts; leave out --no-charts")
            files = ChartFiles(png, form == "slide") if charts else None
            return function(*words, charts=files, **options)

        return cast(Command, asked(png(form(called))))

    return decorate


TASKS = {  # commands by task, in the order of the help
    "Start": ("new", "check", "show", "list", "schema", "import", "app"),
    "Play": ("run", "batch", "sweep", "merge"),
    "Understand": ("explain", "texts", "need", "compare", "sensitivity", "discover", "hindcast"),
    "Share": ("report", "verify"),
    "Teach": ("sheets", "debrief"),
}


class ByTask(click.Group):
    """Commands grouped by task in the help, each with its whole first sentence."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        left = [name for name in self.list_commands(ctx) if not any(name in names for names in TASKS.values())]
        for task, names in (TASKS | {"More": tuple(left)}).items():
            found = [(name, self.commands[name]) for name in names if name in self.commands]
            if found:
                with formatter.section(task):
                    formatter.write_dl([(name, command.get_short_help_str(300)) for name, command in found])


@click.group(
    cls=ByTask, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80}, epilog=EPILOG
)
@click.version_option(__version__, message="peacesim %(version)s")
@click.pass_context
def peacesim(context: click.Context) -> None:
    """Which packages of concessions reach agreement, who stands in the way of the rest, and what it depends on.

    A scenario is one YAML file. Start with `peacesim new my-talks.yaml`, or play all of a folder with
    `peacesim batch scenarios`.
    """
    note_command(context.invoked_subcommand)


def command(name: str | None = None, group: click.Group = peacesim) -> Callable[[Callable[..., int | None]], Any]:
    """Make a command whose errors are printed as plain lines and whose integer return value is the exit code."""

    def register(function: Callable[..., int | None]) -> click.Command:
        @wraps(function)
        def call(**options: Any) -> None:
            with plain_failures():
                code = function(**options)
            if code:
                raise click.exceptions.Exit(code)

        return group.command(name)(call)

    return register
