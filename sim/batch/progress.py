"""Progress of a long computation: a bar on a terminal, a line a tenth elsewhere."""

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

LONG_WAIT = 5.0  # seconds before any draw was played; the first run compiles loops, for about a minute


class Silent:
    """The progress reports of a batch, all ignored; base of the others."""

    def start(self, total_draws: int, scenarios: Sequence[str]) -> None:
        """Start, with so many draws of these scenarios together."""

    def skip(self, scenario_id: str, draws: int) -> None:
        """Skip so many draws that need not be played: they exist, or were given up."""

    def advance(self, scenario_id: str, draws: int) -> None:
        """Advance by so many draws."""

    def finish(self) -> None:
        """Finish, successfully or not."""


class Lines(Silent):
    """One plain line a tenth, on standard error by default."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.total = self.done = self.printed = self.before = 0
        self.began: float | None = None

    def start(self, total_draws: int, scenarios: Sequence[str]) -> None:
        self.total, self.done, self.printed, self.began = total_draws, 0, 0, None
        what = scenarios[0] if len(scenarios) == 1 else f"{len(scenarios)} scenarios"
        self._say(f"{what}: {total_draws:,} draws")

    def skip(self, scenario_id: str, draws: int) -> None:
        self.total -= draws

    def advance(self, scenario_id: str, draws: int) -> None:
        self.done += draws
        tenth = 10 * self.done // max(self.total, 1)
        if tenth > self.printed:
            self.printed = tenth
            self._say(f"{10 * tenth} %: {self.done:,} of {self.total:,} draws{self._pace()}")

    def _pace(self) -> str:
        """Return draws a second and the time left, measured from the first draws to exclude start and compilation."""
        now = time.monotonic()
        if self.began is None:
            self.began, self.before = now, self.done
            return ""
        rate = (self.done - self.before) / max(now - self.began, 1e-9)
        return f", {_rate(rate)}, {_left(self.total - self.done, rate)}"

    def _say(self, text: str) -> None:
        with suppress(OSError):  # nobody reads any more, which is no reason to stop computing
            print(text, file=self.stream, flush=True)


class Bar(Silent):
    """A bar with draws a second and the time left, by default on the terminal of standard error."""

    def __init__(self, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self.bar = Progress(
            TextColumn("{task.description}", markup=False),  # names come from files: no markup in them
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} draws", markup=False),
            _Rate(Column(no_wrap=True)),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self.task = self.bar.add_task("", start=False, total=0)

    def start(self, total_draws: int, scenarios: Sequence[str]) -> None:
        what = scenarios[0] if len(scenarios) == 1 else f"{len(scenarios)} scenarios"
        self.bar.update(self.task, total=total_draws, description=what)
        self.bar.start()
        self.bar.start_task(self.task)

    def skip(self, scenario_id: str, draws: int) -> None:
        total = self.bar.tasks[0].total or 0
        self.bar.update(self.task, total=total - draws)

    def advance(self, scenario_id: str, draws: int) -> None:
        self.bar.update(self.task, advance=draws)

    def finish(self) -> None:
        self.bar.stop()


class _Rate(ProgressColumn):
    """Draws a second; while there are none yet, the likely reason."""

    def render(self, task: Task) -> Text:
        if task.speed:
            return Text(_rate(task.speed))
        waited = not task.completed and (task.elapsed or 0) >= LONG_WAIT
        return Text("a first run compiles its loops" if waited else "")


def _rate(draws_per_second: float) -> str:
    digits = 0 if draws_per_second >= 10 else 1
    return f"{draws_per_second:,.{digits}f} draws/s"


def _left(draws: int, rate: float) -> str:
    minutes, seconds = divmod(round(draws / max(rate, 1e-9)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d} left" if hours else f"{minutes}:{seconds:02d} left"


def progress_on(stream: TextIO | None = None) -> Silent:
    """Return a bar if standard error, or the stream given, is a terminal; else lines."""
    stream = stream or sys.stderr
    return Bar(Console(file=stream)) if stream.isatty() else Lines(stream)
