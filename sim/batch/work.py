"""Jobs, and the worker process that plays them."""

import signal
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from multiprocessing.process import BaseProcess
from pathlib import Path

from sim.batch.items import Finish, write_outputs
from sim.core.exact import Floats
from sim.results.chunk_files import ChunkEntry, Layout, write_chunk
from sim.results.files import remove, unfinished
from sim.results.manifest import read_manifest
from sim.results.reading import collect
from sim.scenario import Scenario

JOBS_A_CHUNK = 4  # so that two workers share a chunk; more jobs cost the writing process more time


@dataclass(frozen=True)
class Job:
    """Some draws of a chunk, played at once and again if their worker is lost.

    It has the scenario itself: the resolved one in the folder lacks the comments on overridden values.
    """

    folder: str  # of the results
    identity: str
    seed: int
    chunk: int  # first draw of the chunk
    first: int
    count: int
    scenario: Scenario | None = field(default=None, repr=False, compare=False)
    given: Mapping[str, Floats] | None = field(default=None, repr=False, compare=False)  # of a design, by input path

    @property
    def span(self) -> str:
        """Its draws, for messages."""
        return f"draws {self.first} to {self.first + self.count - 1}"

    def split(self, into: int) -> "tuple[Job, list[Job]]":
        """Split the job into the first of so many shares, and the rest, which may be empty."""
        head = -(-self.count // into)
        rest = replace(self, first=self.first + head, count=self.count - head)
        return replace(self, count=head), [rest] if rest.count else []


@dataclass(frozen=True)
class OutputJob:
    """Tables and charts of a scenario whose draws are all in its folder."""

    folder: str
    identity: str
    seed: int
    draws: int
    finish: Finish | None  # called with the results and the folder, for charts
    scenario: Scenario | None = field(default=None, repr=False, compare=False)

    span = "tables and charts"  # for messages


def jobs_of(chunk: range, length: int, alone: bool = True) -> list[range]:
    """Return the draws of each job of a chunk: quarters of a full one if it is the only one, else all of it."""
    step = max(1, length // JOBS_A_CHUNK) if alone else length
    return [range(first, min(first + step, chunk.stop)) for first in range(chunk.start, chunk.stop, step)]


def play_job(job: Job, folder: str) -> ChunkEntry:
    """Play a job in a worker and write it to a file, so that the pipe carries a few hundred bytes.

    A worker killed while sending much would leave half of it in the pipe, and the parent waiting for the rest.
    StoreError if it cannot be written.
    """
    layout = layout_of(job)
    return write_chunk(Path(folder), layout.play(job.first, job.count, job.given), layout, sync=False)


def write_output_job(job: OutputJob) -> list[str]:
    """Write tables and charts in a worker; return the names of the files that `finish` wrote.

    StoreError, OSError, NoCharts: as `write_outputs`.
    """
    folder = Path(job.folder)
    charts = [each for each in folder.iterdir() if each.is_dir() and not each.is_symlink()]
    remove([each for place in (folder, *charts) for each in unfinished(place)])  # of a lost worker
    results = collect(folder, read_manifest(folder), layout_of(job), job.draws)
    return write_outputs(results, folder, job.finish)


_LAYOUTS: dict[str, Layout] = {}  # of this worker's last scenarios, by identity
MOST_LAYOUTS = 4


def layout_of(job: Job | OutputJob) -> Layout:
    """Return the scenario of a job, laid out once a worker."""
    if job.identity not in _LAYOUTS:
        if len(_LAYOUTS) == MOST_LAYOUTS:
            del _LAYOUTS[next(iter(_LAYOUTS))]
        assert job.scenario is not None
        _LAYOUTS[job.identity] = Layout.of(job.scenario, job.seed)
    return _LAYOUTS[job.identity]


MOST_LOSSES = 3  # of one job


class Lost(Exception):
    """A job is given up: its worker ended each time it was played."""


class Retries:
    """Lost jobs to be played again, and suspects to be played alone.

    A worker loses all of its jobs, and nothing shows which one ended it. So a job that was lost once less than allowed
    is a suspect.
    """

    def __init__(self) -> None:
        self.again: deque[Job | OutputJob] = deque()
        self.suspects: deque[Job | OutputJob] = deque()
        self._counts: Counter[Job | OutputJob] = Counter()

    def lost(self, job: Job | OutputJob, why: str = "ended", hint: str = "") -> Lost | None:
        """Record that a job was lost for a reason; return why it is given up, if it is."""
        self._counts[job] += 1
        if self._counts[job] >= MOST_LOSSES:
            last = "" if why == "ended" else f"; the last one {why}"
            return Lost(f"{job.span} were given up: their worker ended {MOST_LOSSES} times{last}{hint}")
        (self.suspects if self._counts[job] == MOST_LOSSES - 1 else self.again).append(job)
        return None


def how_ended(workers: Iterable[BaseProcess]) -> str:
    """Describe how the first of some workers ended; the pool ends the others with it."""
    codes = [worker.exitcode for worker in workers]
    own = next((code for code in codes if code not in (None, 0, -signal.SIGTERM)), None)
    if own == -signal.SIGKILL:
        return "was killed, as the system does when memory runs short: fewer workers leave each of them more"
    if own is not None and own < 0:
        return f"was ended by signal {-own}"
    return "ended" if own is None else f"ended with code {own}"


def out_of_memory(error: MemoryError) -> str:
    """Describe in one line a job that ran out of its worker's memory."""
    detail = " ".join(str(error).split())[:200]
    return f"out of memory{f' ({detail})' if detail else ''}: fewer workers at a time leave each of them more"
