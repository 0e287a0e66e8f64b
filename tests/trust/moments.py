"""A command stopped at one chosen moment, in a copy of this process that has loaded everything already."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from tests.trust.planting import ROOT
from tests.trust.small import compute_once, make_small

BATCH = ("sim/batch/", "sim/results/", "sim/cli/")
TIME = 60  # seconds until a copy counts as hung; then the system ends it with SIGALRM


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        code: As a shell has it; minus the number of a signal that ended the process.
        printed: What it printed on stderr.
        moments: How many moments it had.
    """

    code: int
    printed: str
    moments: int

    @property
    def stopped(self) -> list[str]:
        """Lines that say that it was stopped."""
        return [line for line in self.printed.splitlines() if line.startswith("peacesim: stopped")]

    def is_clean(self, number: int) -> bool:
        """Whether it ended as promised: all done, or one line and the code of the signal; no trace of the inside."""
        inside = ("Traceback", "Exception ignored", "Aborted", "KeyboardInterrupt")
        if any(word in self.printed for word in inside):
            return False
        return (self.code, len(self.stopped)) in ((0, 0), (128 + number, 1))


class Moments:
    """Counts lines of our source as they run, and sends this process a signal at one of them.

    Args:
        at: The moment, from 1; 0 for none.
        number: Of the signal.
        again: After so many calls and returns of any code the signal comes once more; 0 for never.
        within: The folders whose lines count, from the project's root.
    """

    def __init__(self, at: int, number: int, again: int, within: tuple[str, ...]) -> None:
        self.taken, self.at, self.number, self.again = 0, at, number, again
        self.within = tuple(f"{ROOT}/{each}" for each in within)

    def call(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        """Called at each call; says whose lines are of interest."""
        return self.line if frame.f_code.co_filename.startswith(self.within) else None

    def line(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        """Called at each line of those."""
        if event == "line":
            self.taken += 1
            if self.taken == self.at:
                sys.settrace(None)
                if self.again:
                    sys.setprofile(self.count_down)
                signal.raise_signal(self.number)
        return self.line

    def count_down(self, frame: FrameType, event: str, argument: Any) -> None:
        """Called at each call and return once the signal was sent."""
        self.again -= 1
        if self.again == 0:
            sys.setprofile(None)
            signal.raise_signal(self.number)


def ended(
    act: Callable[[], None], at: int, number: int = signal.SIGINT, again: int = 0, within: tuple[str, ...] = BATCH
) -> Ended:
    """Run `act`, which ends by `SystemExit`, in a copy of this process, and send it a signal at a moment."""
    with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as counted:
        child = os.fork()
        if not child:
            _be_copy(act, Moments(at, number, again, within), printed.fileno(), counted.fileno())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = []
        for file in (printed, counted):
            file.seek(0)
            texts.append(file.read().decode())
    return Ended(code, texts[0], int(texts[1] or 0))


def _be_copy(act: Callable[[], None], moments: Moments, printed: int, counted: int) -> None:
    from sim.cli.signals import watch_signals

    code = 99
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(printed, 2)
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
        signal.alarm(TIME)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_DFL)  # the tests may have been started deaf to it
        watch_signals()
        sys.settrace(moments.call)
        act()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.settrace(None)
        sys.setprofile(None)
        os.write(counted, str(moments.taken).encode())
        sys.stderr.flush()
        os._exit(code)


def quick_batches(patch: Any) -> None:
    """Make chunks short, compute each result once and not for every moment, and do not wait for the disk."""
    make_small(patch)
    compute_once(patch)
    patch.setattr(os, "fsync", lambda handle: None)  # a process that ends leaves the disk's cache as it is


@dataclass(frozen=True)
class Stopped(Ended):
    """How a command in a process of its own ended.

    Attributes:
        took: Seconds from the signal to its end.
    """

    took: float = 0.0

    def came_early(self, number: int) -> bool:
        """Whether the signal came before the first line of ours ran: Python itself answered it, or the system did."""
        ours = "sim/cli/commands.py" in self.printed or "peacesim:" in self.printed
        return self.code in (-number, 1, 128 + number) and not ours and self.printed.count("sim/cli/__init__.py") <= 1


SMALL = ROOT / "tests" / "trust" / "small_batch.py"


def start(
    *arguments: object, program: tuple[object, ...] = ("-m", "sim"), interpreter: str = sys.executable, **how: Any
) -> "subprocess.Popen[str]":
    """A command in a process and a group of its own, that hears signals as one in a terminal does."""

    def hear() -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_DFL)  # the tests may have been started deaf to them

    return subprocess.Popen(
        [each for each in map(str, (interpreter, *program, *arguments)) if each], cwd=ROOT, text=True, preexec_fn=hear,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True,
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how},
    )  # fmt: skip


def stopped_after(
    delay: float, number: int, group: bool, again: float, *arguments: object, **how: Any
) -> Stopped:
    """Start a command, and send it a signal after a delay.

    Args:
        delay: Seconds from the first instant of the program.
        number: Of the signal.
        group: Whether all processes of the command get it, as a terminal's Ctrl-C does.
        again: Seconds to the same signal once more; 0 for never.
        arguments: Of the command.
        how: As for `start`.
    """
    process = start(*arguments, **how)
    try:
        time.sleep(delay)
        began = time.monotonic()
        for wait in (0.0, again) if again else (0.0,):
            time.sleep(wait)
            if process.poll() is None:
                (os.killpg if group else os.kill)(process.pid, number)
        _, printed = process.communicate(timeout=TIME)
        return Stopped(process.returncode, printed, 0, time.monotonic() - began)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # with whatever it left
