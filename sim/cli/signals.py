"""Ctrl-C and the like: one line how to go on, exit code 130, 143 or 129, no traceback, also while libraries are loaded.

`batch` answers signals itself while it holds folders. Everywhere else there is nothing to put away, so the process ends
on the spot: an exception could be lost, or turned into another one, inside an import that is half done. And whatever is
being put away, it ends within `PATIENCE`: results folders bear an end at any instant.

Only modules that Python has loaded by itself, or that load in a moment, are imported here: this is the first to run.
"""

import os
import signal
from _thread import start_new_thread
from time import sleep

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # Ctrl-C, a request to end, a terminal that is closed
PATIENCE = 8.0  # seconds for a batch to end its workers and put things away

RESUMABLE = ("batch", "merge", "sensitivity", "sweep")  # commands that go on where they were
EARLY = "stopped before it began; nothing was changed"
RESUMES = "stopped; what was finished is kept, and the same command goes on from there"
RESTARTS = "stopped; the same command starts anew"

_line = EARLY


def watch_signals() -> None:
    """Answer signals from now on; one that is ignored, as by `nohup`, still is."""
    for number in HANDLED:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    start_new_thread(_lose_patience, (reading,))


def note_command(command: str | None) -> None:
    """Note which command runs: the line printed on a signal depends on it."""
    global _line
    _line = RESUMES if command in RESUMABLE else RESTARTS


def ignore_signals() -> None:
    """Answer no further signal: a batch that was stopped says so, and the process ends with the code of the first."""
    for number in HANDLED:
        if signal.getsignal(number) is _end:
            signal.signal(number, signal.SIG_IGN)


def _end(number: int, frame: object) -> None:
    """End now. Not through Python's streams: the signal may have come while one of them was at work."""
    start = "\n" if os.isatty(2) else ""  # behind the ^C, or the bar
    try:  # noqa: SIM105 (loading contextlib takes longer than all of this)
        os.write(2, f"{start}peacesim: {_line}\n".encode())
    except OSError:  # the terminal is gone, or nobody reads
        pass
    os._exit(128 + number)


def _lose_patience(reading: int) -> None:
    """End the process some time after a signal, if that has not ended it: the system notes its number in a pipe."""
    number = 0
    while number not in HANDLED:
        number = os.read(reading, 1)[0]
    sleep(PATIENCE)
    _end(number, None)
