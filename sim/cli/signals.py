"""Ctrl-C and SIGTERM: one line how to go on, exit code 130 or 143, no traceback, also while libraries are loaded.

`batch` answers signals itself while it holds folders. Everywhere else there is nothing to put away, so the process ends
on the spot: an exception could be lost, or turned into another one, inside an import that is half done.
"""

import os
import signal
from types import FrameType

LINE = b"\npeacesim: stopped; what was finished is kept, and the same command goes on from there\n"


def watch_signals() -> None:
    """Answer signals from now on."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    os.write(2, LINE)  # not through Python's streams: the signal may have come while one of them was at work
    os._exit(128 + number)
