"""The group of all commands, and the options that several of them share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from sim import __version__
from sim.cli.completing import Scenarios, settable_paths
from sim.cli.signals import note_command

Command = TypeVar("Command", bound=Callable[..., Any])

EPILOG = """\b
Exit codes: 0 done; 2 wrong input, nothing was written; 3 some scenarios failed, the others are done;
4 damaged results; 130, 143 or 129 interrupted by Ctrl-C, a request to end or a terminal that was closed, what was
finished is kept; 141 nobody reads what is printed, as behind `| head`.

\b
TAB completion, once for a session (put the line into your shell's start-up file to keep it):
  bash  eval "$(_PEACESIM_COMPLETE=bash_source peacesim)"
  zsh   eval "$(_PEACESIM_COMPLETE=zsh_source peacesim)"
  fish  _PEACESIM_COMPLETE=fish_source peacesim | source

Results are shares of runs in a scenario, under the weights of its file. They are no forecast.
"""
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


def out_option(what: str) -> Callable[[Command], Command]:
    """`--out`, a folder that need not be there yet."""
    return click.option("--out", type=Scenarios(file_okay=False), default="results", show_default=True, help=what)


def charts_options(what: str) -> Callable[[Command], Command]:
    """`--charts/--no-charts`, and `--png`."""
    charts = click.option("--charts/--no-charts", default=True, show_default=True, help=what)
    png = click.option("--png", is_flag=True, help="Write charts as PNG too, beside SVG and CSV.")
    return lambda command: charts(png(command))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, epilog=EPILOG)
@click.version_option(__version__, message="peacesim %(version)s")
@click.pass_context
def peacesim(context: click.Context) -> None:
    """Which packages of concessions reach agreement, who stands in the way of the rest, and what it depends on.

    A scenario is one YAML file. Start with `peacesim new my-talks.yaml`, or play all of a folder with
    `peacesim batch scenarios`.
    """
    note_command(context.invoked_subcommand)
