"""`import`: files of other programs, translated into scenario files."""

from collections.abc import Sequence
from pathlib import Path

import click

from sim.cli.failures import WRONG_INPUT, fail, fault_lines
from sim.cli.writing import say_next, write_new
from sim.genius import Talks, called, files_in, translate
from sim.scenario import ScenarioError
from sim.scenario.messages import Faults, shown


def import_genius(folder: Path, output: Path | None, talks: Talks, only: Sequence[str]) -> None:
    """Write the scenario that a folder of GENIUS files says, and what to do next."""
    faults = Faults()
    try:
        translation = translate(files_in(folder, faults), called(folder), faults, talks, only)
    except ScenarioError as error:
        fail(WRONG_INPUT, *fault_lines(folder, error))
    path = output or Path(f"{translation.id}.yaml")
    write_new(path, translation.text)
    for note in translation.notes:
        click.echo(f"note: {shown(note, 500)}")
    say_next(path)
