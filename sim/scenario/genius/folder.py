"""The XML files of a folder, as bytes: ordinary files that lie in it, and nothing that a link leads to elsewhere."""

import os
from collections.abc import Sequence
from pathlib import Path

from sim.core.wording import meant, quoted, shown
from sim.scenario.differences import ordinary
from sim.scenario.genius.elements import MOST_BYTES
from sim.scenario.messages import Faults, Mark

MOST_FILES = 100


def files_in(folder: Path, faults: Faults) -> dict[str, bytes]:
    """What the `*.xml` files of a folder hold, by name in the order of the alphabet.

    Args:
        folder: A folder of a domain; folders in it are not looked into.
    """
    inside = os.path.realpath(folder)
    names = sorted(name for name in os.listdir(folder) if name.lower().endswith(".xml") and not name.startswith("."))
    if len(names) > MOST_FILES:
        message = f"{len(names):,} XML files here; at most {MOST_FILES} would do: one domain and the profiles to play"
        faults.add(Mark(called(folder), 1, 1), message)
        return {}
    found: dict[str, bytes] = {}
    for name in names:
        mark = Mark(f"{called(folder)}/{shown(name, 100)}", 1, 1)
        location = os.path.realpath(os.path.join(inside, name))
        if os.path.dirname(location) != inside:
            faults.add(mark, "this link leads out of the folder; put the file itself here")
            continue
        try:
            data = ordinary(location, MOST_BYTES + 1, resolved=True)
        except OSError as error:
            faults.add(mark, f"this file cannot be read: {shown(error.strerror or error, 120)}")
            continue
        if data is not None:
            found[name] = data
    return found


def called(folder: Path) -> str:
    """How messages call a folder: by its last name."""
    return shown(folder.name, 100) or "."


def chosen(profiles: Sequence[str], wanted: Sequence[str], where: Mark, faults: Faults) -> list[str]:
    """The profiles that were asked for, all if none was; what is not there is a fault."""
    for name in wanted:
        if name not in profiles:
            faults.add(where, f"no profile here is called {quoted(name)}{meant(name, profiles)}")
    return [name for name in profiles if not wanted or name in wanted]
