"""What the shell proposes when TAB is pressed. Names are looked up only then."""

import os
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

KINDS = (  # as `listing.KINDS`, too heavy to load for this
    "strategies", "protocols", "offers", "acceptance", "information", "solutions", "laws", "outcomes", "charts",
)  # fmt: skip


class Scenarios(click.Path):
    """A path; the shell proposes file and folder names, and of one that is not there a message what lies near it."""

    def __init__(self, **how: Any) -> None:
        super().__init__(path_type=Path, **how)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            if os.path.exists(value):
                raise
            self.fail(f"{error.message} {_likely(Path(value))}".rstrip(), param, ctx)


def _likely(path: Path) -> str:
    from sim.cli.nearby import likely

    try:
        return likely(path)
    except OSError:  # the current folder is gone
        return ""


def names_of_kind(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Names of the kind that is already typed: strategies, charts and so on."""
    from sim.cli.listing import entries_of

    kind = context.params.get("kind")
    if kind not in KINDS:
        return []
    entries = [entry for entry in entries_of(kind) if entry["name"].startswith(typed)]
    return [CompletionItem(entry["name"], help=entry["about"]) for entry in entries]


def labelled_strategies(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Names of strategies, also behind the label that is already typed."""
    from sim.cli.listing import entries_of

    label, equals, begun = typed.rpartition("=")
    found = [entry for entry in entries_of("strategies") if entry["name"].startswith(begun)]
    return [CompletionItem(f"{label}{equals}{entry['name']}", help=entry["about"]) for entry in found]


def party_names(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Parties of the scenario that is already typed, behind those already named."""
    from sim.scenario import ScenarioError, read_scenario

    before, comma, begun = typed.rpartition(",")
    files = [path for path in map(Path, context.args) if path.is_file()]
    try:
        parties = read_scenario(files[0]).parties if files else {}
    except ScenarioError:
        return []
    free = [name for name in parties if name.startswith(begun) and name not in before.split(",")]
    return [CompletionItem(f"{before}{comma}{name}", help=parties[name].label) for name in free]


def figure_names(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Figures of the scenario or results folder that is already typed."""
    from sim.cli.sources import figures_at

    found = [figure for path in map(Path, context.args) if path.exists() for figure in figures_at(path)]
    return [CompletionItem(name, help=label) for name, label in found if name.startswith(typed)]


def settable_paths(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Paths of the numbers in the scenario that is already typed, each with its value."""
    from sim.scenario import ScenarioError, read_scenario

    # While an option waits for its value, click leaves what was typed before it unread.
    files = [path for path in map(Path, context.args) if path.is_file()]
    if not files or "=" in typed:
        return []
    try:
        numbers = read_scenario(files[0]).numbers()
    except ScenarioError:
        return []
    return [CompletionItem(f"{path}=", help=str(number)) for path, number in numbers.items() if path.startswith(typed)]
