"""How a batch is stopped from outside: by Ctrl-C, a request to end, or a cluster that goes away."""

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any


class BatchInterrupted(Exception):
    """The batch was told to stop; what was finished is kept, and the text says how to go on.

    Attributes:
        signal: 2 for Ctrl-C, 15 for a request to end.
        exit_code: 128 more, as shells have it.
    """

    def __init__(self, number: int, finished: int, wanted: int) -> None:
        super().__init__(number, finished, wanted)
        self.signal, self.exit_code = number, 128 + number
        self.finished, self.wanted = finished, wanted

    def __str__(self) -> str:
        kept = f"{self.finished:,} of {self.wanted:,} draws are finished and kept"
        return f"stopped: {kept}; the same command goes on from there"


class ClusterError(Exception):
    """A Dask cluster cannot be used; nothing was written. The text is one plain line."""

    exit_code = 2


class ClusterLost(ClusterError):
    """A Dask cluster went away in the middle; what was finished is kept."""

    exit_code = 3

    def __str__(self) -> str:
        return f"{super().__str__()}; what is finished is kept, and the same command goes on from there"


@dataclass
class Stopped:
    """What told the batch to stop.

    Attributes:
        number: Of the signal.
        closing: Whether things are being put away; then further signals change nothing.
    """

    number: int = signal.SIGINT
    closing: bool = False


@contextmanager
def signals_heard() -> Iterator[Stopped]:
    """Within, Ctrl-C and SIGTERM raise `KeyboardInterrupt`, until things are put away."""
    stopped = Stopped()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return

    def stop(number: int, frame: FrameType | None) -> None:
        if not stopped.closing:
            stopped.number = number
            raise KeyboardInterrupt

    before: Mapping[int, Any] = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    heard = [number for number, handler in before.items() if handler is not signal.SIG_IGN]  # nohup and the like
    try:
        for number in heard:
            signal.signal(number, stop)
        yield stopped
    finally:
        for number in heard:
            signal.signal(number, before[number] or signal.SIG_DFL)
