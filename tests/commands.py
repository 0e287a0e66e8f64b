"""What the tests of the command line share: a small scenario, and ways to run a command."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from sim.cli.commands import peacesim

ROOT = Path(__file__).resolve().parents[1]
BANKS, ORANGE = (ROOT / "scenarios" / f"{name}.yaml" for name in ("two-banks-pullback", "orange-and-lemon"))
COMMANDS = (
    "app", "batch", "check", "compare", "debrief", "discover", "explain", "hindcast", "import", "list", "merge",
    "need", "new", "report", "run", "schema", "sensitivity", "sheets", "show", "sweep", "texts", "verify",
)  # fmt: skip

SCENARIO = """\
schema: 1
id: well-and-road
title: A well and a road
headline: [well]
time: {rounds: 8, days_per_round: 10}
issues:
  well: {label: Who draws water, options: {east: The east, both: Both in turn, west: The west}}
  road: {label: Who guards the road, options: {nobody: Nobody, patrol: A joint patrol}}
parties:
  east:
    label: East
    kind: belligerent
    weights: {well: 0.6, road: 0.4}
    values: {well: {east: 100, both: 60, west: 0}, road: {nobody: 0, patrol: 100}}
    no_deal: {value: 0.4, range: [0.2, 0.6], status: assumption}
    red_lines: [{id: not_dry, never: {well: west}, hardness: 0.7}]
    strategy: {name: time_dependent, exponent: {value: 2, range: [1, 4]}}
  west:
    label: West
    kind: belligerent
    weights: {well: 0.7, road: 0.3}
    values: {well: {east: 0, both: 50, west: 100}, road: {nobody: 30, patrol: 100}}
    no_deal: {value: 0.4, range: [0.2, 0.9], status: assumption}
    red_lines: [{id: not_thirsty, never: {well: east}, hardness: 0.7}]
proposals:
  half: {label: Half of it, package: {well: both}}
"""


def call(*arguments: object) -> Result:
    """A command in this process."""
    return CliRunner().invoke(peacesim, [str(argument) for argument in arguments])


def data(*arguments: object) -> Any:
    """What a command prints with `--json`: it is all there is on stdout."""
    answer = call(*arguments, "--json")
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def process(*arguments: object, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """A command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "sim", *map(str, arguments)],
        cwd=cwd, env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        text=True, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
