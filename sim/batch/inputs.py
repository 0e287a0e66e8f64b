"""The scenarios of a batch: every file is read, and all faults are raised before anything is written."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from sim.core.streams import SCHEME
from sim.results.chunks import LARGE, needs_of
from sim.results.files import StoreError, read_whole, write_whole
from sim.results.manifest import DIGITS, FORMAT, Shard, canonical, folder_name, identity
from sim.results.tables import json_text
from sim.scenario import Fault, Scenario, ScenarioError, read_scenario

SWEEP = "sweep.json"
MOST_BYTES = 100_000_000  # of it
_IDENTITY = re.compile(rb'^\{\s*"identity": "([0-9a-f]{64})"')
ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True)
class Planned:
    """A scenario to be played, made when its turn comes: a sweep may have more points than fit into memory."""

    id: str
    folder: Path
    identity: str
    scenario: Callable[[], Scenario] = field(repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sweep:
    """A folder of results folders, one a point of a grid."""

    folder: Path
    facts: Mapping[str, Any]
    points: tuple[Planned, ...]

    def write(self) -> None:
        """Write `sweep.json` into the folder. StoreError if there is another sweep, or it cannot be written."""
        text = json_text(dict(self.facts)).encode()
        path = self.folder / SWEEP
        try:
            there = read_whole(path, MOST_BYTES)
        except (FileNotFoundError, ValueError):
            there = b""
        other = _IDENTITY.search(there)
        if other is not None and other[1].decode() != self.facts["identity"]:
            raise StoreError(f"{self.folder} holds another sweep; move it away")
        if there != text:
            write_whole(path, text)


Plan = Planned | Sweep


def read_all(
    paths: Sequence[str | Path], seed: int, out: Path, sets: Sequence[str], vary: Sequence[str],
    design: str | None = None, shard: Shard | None = None, large: bool = False,
) -> list[Plan]:  # fmt: skip
    """Read every scenario of files and folders, with the arguments of `batch`; each results folder once.

    Of a folder, all files that end with .yaml or .yml are read, hidden ones left out. ScenarioError: with the faults of
    all files.
    """
    faults: list[Fault] = []
    plans: dict[Path, Plan] = {}
    for path in _files(paths, faults):
        try:
            scenario = read_scenario(path, sets)
            needs = needs_of(scenario)
            if needs.above(LARGE) and not large:
                ways = "fewer options, parties or rounds would do, or --large to play it nevertheless"
                faults.append(Fault(str(path), 1, 1, f"{needs}, in each process that plays; {ways}"))
                continue
            plan = _plan(scenario, seed, out, vary, design, shard)
            plans.setdefault(plan.folder, plan)
        except ScenarioError as error:
            faults += [_named(fault, path) for fault in error.faults]
    if not faults and not plans:
        faults.append(Fault("batch", 1, 1, "no scenario is named; a file or a folder with scenario files would do"))
    if faults:
        raise ScenarioError(dict.fromkeys(faults))
    return list(plans.values())


def _files(paths: Sequence[str | Path], faults: list[Fault]) -> Iterator[Path]:
    for path in map(Path, paths):
        if not path.is_dir():
            yield path
            continue
        shown = (each for each in path.iterdir() if not each.name.startswith(".") and each.is_file())
        found = sorted(each for each in shown if each.suffix in ENDINGS)
        if not found:
            faults.append(Fault(str(path), 1, 1, "no file in this folder ends with .yaml or .yml"))
        yield from found


def _named(fault: Fault, path: Path) -> Fault:
    """Prefix a fault with the path given: two folders may have files of one name."""
    return fault if fault.file.startswith("--") else replace(fault, file=str(path.parent / fault.file))


def _plan(
    scenario: Scenario, seed: int, out: Path, vary: Sequence[str], design: str | None, shard: Shard | None
) -> Plan:
    grid = scenario.settings(vary, design)
    if grid == [{}]:
        folder = _of_shard(out / folder_name(scenario, seed), shard)
        return Planned(scenario.id, folder, identity(scenario, seed), lambda: scenario)
    base = {key: value for key, value in scenario.resolved.items() if key != "sweep"}
    made = {"seed": int(seed), "scheme": SCHEME, "format": FORMAT}
    name = hashlib.sha256(canonical({"scenario": base, "grid": grid, **made})).hexdigest()
    folder = _of_shard(out / f"{scenario.id}-{name[:DIGITS]}", shard)
    points = tuple(_points(scenario, grid, seed, folder))
    listed = [{"folder": each.folder.name, "identity": each.identity, "set": dict(each.settings)} for each in points]
    share = {"shard": {"number": shard.number, "of": shard.of}} if shard else {}
    return Sweep(folder, {"identity": name, "id": scenario.id, **made, **share, "points": listed}, points)


def _of_shard(folder: Path, shard: Shard | None) -> Path:
    return shard.beside(folder) if shard else folder


def _points(scenario: Scenario, grid: list[dict[str, str]], seed: int, folder: Path) -> Iterator[Planned]:
    """Return the points of a sweep. Each is made once here, to find its faults, and again when its turn comes.

    A folder name has more digits of its identity where an earlier point has the same first ones.
    """
    seen: set[str] = set()
    folders: set[str] = set()
    for number, settings in enumerate(grid):
        point = scenario.point(number, settings).scenario
        name = identity(point, seed)
        if name in seen:
            continue  # two values with the same meaning
        seen.add(name)
        make = partial(_point, scenario, number, settings)
        names = (f"{scenario.id}-{name[:digits]}" for digits in range(DIGITS, len(name) + 1))
        folders.add(own := next(each for each in names if each not in folders))
        yield Planned(scenario.id, folder / own, name, make, settings)


def _point(scenario: Scenario, number: int, settings: dict[str, str]) -> Scenario:
    return scenario.point(number, settings).scenario
