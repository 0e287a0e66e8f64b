"""The path a page was opened on, and the files it may therefore read: those in that folder and below."""

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sim.app.errors import NotFound
from sim.core.wording import shown
from sim.results.files import RESOLVED, RUN, StoreError

ENDINGS = (".yaml", ".yml")
MOST_LISTED = 200


def is_text(name: str) -> bool:
    """Return whether a file name is valid text rather than other bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True)
class Place:
    """The folder on which a page was opened."""

    folder: Path  # links resolved; nothing outside it is opened
    given: str = ""  # initial scenario file, relative to the folder; empty if none was named
    # whether the folder is a results folder: its scenario is the resolved one, and nothing is saved there
    results: bool = False

    @staticmethod
    def of(path: Path | None) -> "Place":
        """Make the place of a scenario file, a results folder, or a folder of scenario files (default: here).

        A StoreError for a file that is no scenario by its name.
        """
        where = Path(os.path.realpath(path or "."))
        if not where.is_dir():
            if where.suffix not in ENDINGS or not is_text(where.name):
                ends = "the page opens files that end with .yaml or .yml, named in UTF-8"
                raise StoreError(f"{shown(where.name)}: {ends}")
            return Place(where.parent, where.name)
        if os.path.lexists(where / RUN):
            return Place(where, RESOLVED, True)
        return Place(where)

    def scenarios(self) -> list[str]:
        """Return the names of the scenario files in the folder itself, sorted."""
        if self.results:
            return [self.given]
        found = sorted(
            each.name for each in self.folder.iterdir()
            if each.suffix in ENDINGS and not each.name.startswith(".") and is_text(each.name) and each.is_file()
        )  # fmt: skip
        return found[:MOST_LISTED]

    def scenario(self, name: str) -> Path:
        """Return the path of a scenario file by its name relative to the folder, with forward slashes.

        A NotFound for anything but an ordinary file in the folder or below with the ending of a scenario.
        """
        parts = PurePosixPath(name).parts
        refused = NotFound(f"{shown(name or 'no name', 120)} is no scenario file in the folder of this page")
        odd = not parts or any(part in ("..", "/", "") or "\\" in part or ":" in part or "\0" in part for part in parts)
        if odd or len(name) > 400 or not name.endswith(ENDINGS):
            raise refused
        path = self.folder.joinpath(*parts)
        try:
            real = Path(os.path.realpath(path))
        except (OSError, ValueError):  # a name that no disk has
            raise refused from None
        if not real.is_relative_to(self.folder) or not real.is_file():
            raise refused
        return path
