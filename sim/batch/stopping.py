"""How a batch is stopped from outside: by Ctrl-C, a request to end, or a lost cluster."""

import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # Ctrl-C, a request to end, a terminal that is closed


class BatchInterrupted(Exception):
    """The batch was stopped by a signal; finished chunks stay, and the message is how to continue.

    Attributes:
        signal: 2 for Ctrl-C, 15 for a request to end, 1 for a terminal that was closed.
        exit_code: 128 more, as in shells.
    """

    def __init__(self, number: int, finished: int, wanted: int) -> None:
        super().__init__(number, finished, wanted)
        self.signal, self.exit_code = number, 128 + number
        self.finished, self.wanted = finished, wanted

    def __str__(self) -> str:
        if not self.finished:
            return "stopped: no chunk of draws was finished yet; the same command starts anew"
        kept = f"{self.finished:,} of {self.wanted:,} draws are finished and kept"
        return f"stopped: {kept}; the same command goes on from there"


class ClusterError(Exception):
    """A Dask cluster cannot be used; nothing was written. The message is one plain line."""

    exit_code = 2


class ClusterLost(ClusterError):
    """A Dask cluster was lost; finished chunks stay."""

    exit_code = 3

    def __str__(self) -> str:
        return f"{super().__str__()}; what is finished is kept, and the same command goes on from there"


class Stopping:
    """Records a signal whenever it comes, and raises `KeyboardInterrupt` only where that is safe: within `with`.

    A signal comes between any two instructions: while a lock is taken, a file listed, a worker started. An exception
    there would leave an inconsistent state, and one in code that the interpreter calls by itself is printed and lost.
    So elsewhere it waits for the next `with`; and one that was lost within it, or turned into another exception, is
    raised at its end. Further signals change nothing.

    Attributes:
        number: Of the first signal; 0 for none.
    """

    def __init__(self) -> None:
        self.number = 0
        self._within = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        self.number = self.number or number
        if self._within:
            self._within = False
            raise KeyboardInterrupt

    def __enter__(self) -> None:
        self._within = True
        if self.number:
            self._within = False
            raise KeyboardInterrupt

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._within = False
        if self.number:
            raise KeyboardInterrupt


@contextmanager
def handled_signals() -> Iterator[Stopping]:
    """Handle Ctrl-C and the like by `Stopping`; at the end, a signal that changed nothing is re-raised."""
    stopping = Stopping()
    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    before: Mapping[int, Any] = {number: signal.getsignal(number) for number in SIGNALS}
    handled = [number for number, handler in before.items() if handler is not signal.SIG_IGN]  # nohup and the like
    hook = sys.unraisablehook

    def unless_stopped(lost: Any) -> None:
        if not (stopping.number and lost.exc_type is KeyboardInterrupt):
            hook(lost)

    try:
        sys.unraisablehook = unless_stopped
        for number in handled:
            signal.signal(number, stopping.handle)
        yield stopping
    finally:
        sys.unraisablehook = hook
        for number in handled:
            signal.signal(number, before[number] or signal.SIG_DFL)
    if stopping.number:
        signal.raise_signal(stopping.number)
