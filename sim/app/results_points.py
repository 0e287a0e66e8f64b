"""Which point of a sweep a results folder is: what the sweep set there, as `sweep.json` beside it lists it."""

import os
from collections.abc import Mapping
from pathlib import Path

from sim.batch.inputs import SWEEP
from sim.batch.shards import read_folder
from sim.scenario.messages import shown
from sim.store import StoreError

MOST_BYTES = 4_000_000  # of a list: room for more points than the page shows; a stranger's takes some ten times of it
MOST_TOLD = 12  # paths of one point
MOST_VALUE = 160  # characters

Points = Mapping[str, tuple[str, Mapping[str, str]]]

_last: dict[Path, tuple[tuple[int, ...], Points]] = {}  # the list looked at last


def point_of(folder: Path, identity: str) -> list[str]:
    """What was set at a point of a sweep, `PATH=VALUE` texts; none for results of which no sweep beside them speaks.

    Args:
        folder: The results folder.
        identity: That its results have; a list that says otherwise is of others.
    """
    listed, settings = _points(folder.parent).get(folder.name, ("", {}))
    if listed != identity:
        return []
    told = [f"{shown(path, MOST_VALUE)}={shown(value, MOST_VALUE)}" for path, value in settings.items()]
    return told[:MOST_TOLD] + ([f"and {len(told) - MOST_TOLD} more"] if len(told) > MOST_TOLD else [])


def _points(folder: Path) -> Points:
    """Identity and settings by folder, of the points that `sweep.json` lists; none where there is no sound list."""
    try:
        facts = os.lstat(folder / SWEEP)
        mark = (facts.st_size, facts.st_mtime_ns, facts.st_ino)
        if folder not in _last or _last[folder][0] != mark:
            points = read_folder(folder).points if facts.st_size <= MOST_BYTES else ()
            found = {each["folder"]: (each["identity"], each["set"]) for each in points}
            _last.clear()
            _last[folder] = mark, found
        return _last[folder][1]
    except (OSError, StoreError):
        return {}
