"""`new` and `schema`: write files for authors of scenarios, overwriting none."""

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import click

from sim.cli.output import WRONG_INPUT, fail, fault_lines
from sim.core.wording import shown
from sim.scenario import ScenarioError
from sim.scenario.genius import Talks, called, files_in, translate
from sim.scenario.json_schema import json_schema
from sim.scenario.messages import Faults

STARTER = "starter.yaml"
SCHEMA_KEY = "$schema"
ENDINGS = (".yaml", ".yml")


def starter() -> str:
    return files("sim.cli").joinpath(STARTER).read_text(encoding="utf-8")


def write_scenario(path: Path, text: str, notes: Sequence[str] = ()) -> None:
    """Write a scenario file that does not exist yet, and print what to do next."""
    name = shown(path, 200)
    if path.suffix not in ENDINGS:
        fail(WRONG_INPUT, f"{name}: the name of a scenario file ends with .yaml or .yml")
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        fail(WRONG_INPUT, f"{name}: this file exists; it was left alone")
    for note in notes:
        click.echo(f"note: {shown(note, 500)}")
    click.echo(f"{name}: written. Next: peacesim check {name}, then peacesim show, run and batch.")


def write_schema(path: Path | None) -> None:
    """Print the JSON Schema, or write it to a file that is new or a schema already."""
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if path is None:
        click.echo(text, nl=False)
        return
    name = shown(path, 200)
    if path.exists():
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or SCHEMA_KEY not in found:
            fail(WRONG_INPUT, f"{name}: this file exists and is no JSON Schema; it was left alone")
    path.write_text(text, encoding="utf-8", newline="\n")
    click.echo(f"{name}: written. First line of a scenario: # yaml-language-server: $schema={name}")


def import_genius(folder: Path, output: Path | None, talks: Talks, only: Sequence[str]) -> None:
    """Write the scenario of a folder of GENIUS files, and print what to do next."""
    faults = Faults()
    try:
        translation = translate(files_in(folder, faults), called(folder), faults, talks, only)
    except ScenarioError as error:
        fail(WRONG_INPUT, *fault_lines(folder, error))
    write_scenario(output or Path(f"{translation.id}.yaml"), translation.text, translation.notes)
