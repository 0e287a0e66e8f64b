"""Exclude the current folder, which may have a stranger's files, from the search for code and settings.

The command line imports this module before all others, so it imports only what Python has loaded by itself.
"""

import os
import sys
from _thread import RLock


def exclude_from_imports() -> None:
    """Import no module from the current folder, in this process and in every Python process that it starts.

    The folder stays on `sys.path` if the user named it: in `PYTHONPATH`, or by running a script that lies in it. It
    also stays if this program itself lies in it.
    """
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        current = os.getcwd()
    except OSError:  # it was removed
        current = ""
    script = getattr(sys.modules["__main__"], "__file__", None)
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep) if current else ()
    trusted = {os.path.abspath(folder) for folder in named if folder}
    trusted.add(os.path.dirname(os.path.dirname(os.path.dirname(__file__))))
    if script:
        trusted.add(os.path.dirname(script))
    if current not in trusted:
        sys.path[:] = [folder for folder in sys.path if folder not in ("", current)]


class unread:
    """A context in which a library that is imported finds no settings file of this name in the current folder.

    Args:
        name: As the library passes it to `os.path.exists`.
    """

    _lock = RLock()  # two threads must not save and restore each other's function

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        self._lock.acquire()
        self.exists = os.path.exists
        os.path.exists = lambda path: path != self.name and self.exists(path)

    def __exit__(self, *error: object) -> None:
        os.path.exists = self.exists
        self._lock.release()
