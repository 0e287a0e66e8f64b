"""What a path that is not there may have been meant for: the likeliest of what does lie near it."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sim.scenario.messages import closest, quoted, shown

FOLDERS = (Path(), Path("scenarios"), Path("results"))  # of the current one: where a path usually leads to
MOST_READ = 500


def likely(path: Path) -> str:
    """Where a relative path starts from, and what was likely meant by a path that is not there.

    Args:
        path: As it was typed.

    Returns:
        Sentences to put behind the message that there is no such file; names in them are safe to print.
    """
    here = "" if path.is_absolute() else f"The current folder is {shown(os.path.abspath(''), 300)}. "
    nearest = _nearest(path)
    return here if nearest is None else f"{here}Did you mean {quoted(nearest)}?"


def _nearest(path: Path) -> str | None:
    """What has the same name in a usual place, else what is spelled most like it there or where it was looked for."""
    same = [str(folder / path.name) for folder in FOLDERS if path.name and os.path.exists(folder / path.name)]
    return same[0] if same else closest(path, map(str, _candidates(path)))


def _candidates(path: Path) -> Iterator[Path]:
    """Folders, scenario files and results, where the path was looked for and in the usual places."""
    for folder in dict.fromkeys([path.parent, *FOLDERS]):
        try:
            entries = sorted(islice(folder.iterdir(), MOST_READ))
        except OSError:
            continue
        yield from (each for each in entries if each.suffix in {"", ".yaml", ".yml"} and each.name[:1] != ".")
