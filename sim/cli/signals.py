"""Signals such as Ctrl-C: one line on how to continue, exit code 130, 143 or 129, no traceback.

`batch` handles signals itself while it holds folders. Elsewhere there is nothing to clean up and the process ends at
once: an exception could be lost or converted inside a half-finished import. Cleaning up is limited to `PATIENCE`
seconds, since results folders survive an end at any instant.

This module runs first, so it imports only what Python has loaded already or loads quickly.
"""

import os
import signal
from _thread import start_new_thread
from time import sleep

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # Ctrl-C, a request to end, a terminal that is closed
PATIENCE = 8.0  # seconds for a batch to end its workers and clean up

RESUMABLE = ("batch", "merge", "sensitivity", "sweep")  # commands that resume where they stopped
EARLY = "stopped before it began; nothing was changed"
RESUMES = "stopped; what was finished is kept, and the same command goes on from there"
RESTARTS = "stopped; the same command starts anew"

_line = EARLY


def watch_signals() -> None:
    """Handle signals from now on; one that is ignored, as by `nohup`, stays ignored."""
    for number in HANDLED:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    start_new_thread(_lose_patience, (reading,))


def note_command(command: str | None) -> None:
    """Record the running command, which the line printed on a signal depends on."""
    global _line
    _line = RESUMES if command in RESUMABLE else RESTARTS


def ignore_signals() -> None:
    """Handle no further signal: a stopped batch reports itself and exits with the code of the first one."""
    for number in HANDLED:
        if signal.getsignal(number) is _end:
            signal.signal(number, signal.SIG_IGN)


def _end(number: int, frame: object) -> None:
    """End now, bypassing Python's streams: the signal may have interrupted one of them."""
    start = "\n" if os.isatty(2) else ""  # after the ^C or the progress bar
    try:  # noqa: SIM105 (loading contextlib takes longer than all of this)
        os.write(2, f"{start}peacesim: {_line}\n".encode())
    except OSError:  # the terminal is gone, or nobody reads
        pass
    os._exit(128 + number)


def _lose_patience(reading: int) -> None:
    """End the process some time after a signal that has not ended it; the system writes its number to a pipe."""
    number = 0
    while number not in HANDLED:
        number = os.read(reading, 1)[0]
    sleep(PATIENCE)
    _end(number, None)
