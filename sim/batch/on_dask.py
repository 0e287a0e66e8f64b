"""Jobs played by the workers of a Dask cluster, which restarts the jobs of a lost worker."""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from distributed import Client, KilledWorker, Security, wait
from distributed.comm.core import connect

from sim.batch.engines import JobResult, PartsFolder, Waiting
from sim.batch.stopping import ClusterError, ClusterLost
from sim.batch.work import Job, Lost, layout_of
from sim.core.streams import SCHEME
from sim.core.wording import shown
from sim.results.chunk_files import ChunkEntry, packed
from sim.results.files import write_whole
from sim.results.manifest import FORMAT, differences, versions_here

CONNECT = 5.0  # seconds for the scheduler to respond
COME = 30.0  # seconds to wait for a first worker, and for a result
PATIENCE = 60.0  # seconds without any worker until the batch is given up; restarted ones take a few
AHEAD = 2  # jobs a thread: one running, one queued
POLL = 1.0  # seconds between two checks of the workers
SAME = "install the same release, and the same versions of what it needs, on the scheduler, the workers and here"


class OtherProgram(Exception):
    """The worker of a job runs another program."""


@dataclass(frozen=True)
class Played:
    """A played job: the bytes of its files by name, and their hashes."""

    entry: ChunkEntry
    files: Mapping[str, bytes]


def program_here() -> Mapping[str, str]:
    """Return everything that must be equal for equal bytes."""
    return {**versions_here(), "scheme": SCHEME, "format": FORMAT}


def play_remotely(job: Job, program: Mapping[str, str]) -> Played:
    """Play a job in a worker; OtherProgram if it runs another one, as may be if it joined after the batch had begun."""
    if program != program_here():
        raise OtherProgram
    layout = layout_of(job)
    return Played(*packed(layout.play(job.first, job.count, job.given), layout))


class Cluster:
    """The connection to a cluster; `others` are workers of another program, which get no jobs."""

    def __init__(self, address: str) -> None:
        """Connect to the scheduler at an address, and compare the programs of the workers with this one.

        ClusterError if nothing responds, there are no workers, or one of them runs another program.
        """
        self.address = shown(address, 100)
        self.others: set[str] = set()
        self._seen = time.monotonic()  # when a worker was last seen
        # If interrupted while waiting, Dask calls an unbound callback, and tornado logs the traceback.
        logging.getLogger("tornado.application").disabled = True
        self.client = self._connected(address)
        try:
            self.client.wait_for_workers(1, timeout=COME)
            for worker, why in self.find_others().items():
                raise ClusterError(f"the worker at {shown(worker, 100)} cannot play this: {why}; {SAME}")
        except TimeoutError:
            self.close()
            none = "has no workers: start some with `dask worker`"
            raise ClusterError(f"the Dask scheduler at {self.address} {none}") from None
        except BaseException:
            self.close()
            raise

    def _connected(self, address: str) -> Any:
        client: Any = Client  # not fully typed
        try:
            with _quiet():
                asyncio.run(_knock(address))
                return client(address, timeout=CONNECT, set_as_default=False, name="peacesim")
        except ImportError as error:
            raise ClusterError(f"the Dask scheduler at {self.address} does not fit: {shown(error, 200)}") from None
        except Exception:  # any service may listen there and send anything
            hint = "`dask scheduler` starts one and prints its address, tcp://HOST:PORT"
            raise ClusterError(f"no Dask scheduler answers at {self.address}: {hint}") from None

    def find_others(self) -> Mapping[str, str]:
        """Compare the program of every new worker; return the differences by address."""
        found: dict[str, str] = {}
        for address, program in self.client.run(program_here, on_error="return").items():
            if isinstance(program, BaseException):  # most likely it has no such module
                found[address] = f"it says {shown(f'{type(program).__name__}: {program}', 200)}"
            elif why := differences(program_here(), program):
                found[address] = f"it runs {shown(why, 300)}"
        new = {address: why for address, why in found.items() if address not in self.others}
        self.others |= new.keys()
        return new

    def threads(self) -> Mapping[str, int]:
        """Return the threads of usable workers, by address.

        ClusterLost if the scheduler does not respond, or there has been no such worker for a while.
        """
        try:
            there: Mapping[str, int] | None = None
            if self.client.status == "running":
                there = self.client.nthreads(callback_timeout=COME)
        except OSError:
            pass
        if there is None:
            raise ClusterLost(f"the Dask scheduler at {self.address} has ended, or cannot be reached any more")
        self.others &= there.keys()
        found = {address: max(1, count) for address, count in there.items() if address not in self.others}
        if found:
            self._seen = time.monotonic()
        elif time.monotonic() - self._seen > PATIENCE:
            none = f"no worker that can play this has been there for {PATIENCE:.0f} seconds"
            raise ClusterLost(f"the Dask scheduler at {self.address} is left alone: {none}")
        return found

    def send(self, job: Job, key: str, workers: list[str] | None) -> Any:
        """Submit a job, to some workers or to any. ClusterLost if the connection is lost."""
        try:
            return self.client.submit(play_remotely, job, program_here(), key=key, workers=workers, pure=False)
        except Exception as error:
            if self.client.status == "running":
                raise
            raise ClusterLost(f"the connection to {self.address} is lost: {shown(error, 200)}") from None

    def wait(self, futures: list[Any]) -> None:
        """Wait briefly for the first of some futures."""
        wait_for: Any = wait  # not typed
        if not futures:
            time.sleep(POLL)
            return
        with self.client.as_current(), suppress(TimeoutError, CancelledError):
            wait_for(futures, timeout=POLL, return_when="FIRST_COMPLETED")

    def forget(self, futures: list[Any]) -> None:
        """Cancel a job. One that is running ends, and its result is dropped."""
        with suppress(Exception):  # the connection may be lost
            if self.client.status == "running":
                self.client.cancel(futures)

    def close(self) -> None:
        """Disconnect from the cluster, which continues."""
        with suppress(Exception), _quiet():
            self.client.close(timeout=CONNECT)

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


async def _knock(address: str) -> None:
    """See whether something answers as Dask does: a client that does not get through is hard to be rid of."""
    security: Any = Security  # not all typed
    reach: Any = connect
    async with asyncio.timeout(CONNECT):  # another kind of service may leave Dask waiting for the rest
        comm = await reach(address, timeout=CONNECT, **security().get_connection_args("client"))
        await comm.close()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask from logging what our own message on the connection reports."""
    log = logging.getLogger("distributed")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


@dataclass(frozen=True, eq=False)
class _Sent:
    job: Job
    future: Any
    workers: list[str] | None  # its permitted workers; None for any
    alone: bool  # whether it runs alone, to see whether it ends its worker


class OnDask:
    """The workers of a Dask cluster, waited for within `waiting`, where it may be interrupted.

    Dask has the jobs of a lost worker played by others, until its scheduler's limit of lost workers a job. As that
    counts against all jobs of a lost worker, such a job is then played once more, alone.
    """

    def __init__(self, cluster: Cluster, parts_folder: PartsFolder, waiting: Waiting | None = None) -> None:
        self.cluster, self.parts_folder, self.waiting = cluster, parts_folder, waiting or nullcontext()
        self.sent: dict[str, _Sent] = {}
        self.again: deque[Job] = deque()
        self.suspects: deque[Job] = deque()
        self.losses: Counter[Job] = Counter()
        self.threads: Mapping[str, int] = {}
        self.looked = 0.0
        self.count = 0

    def play(self, jobs: Iterator[Job]) -> Generator[tuple[Job, JobResult], None, None]:
        """Yield each job as it finishes; at most two a thread are submitted."""
        try:
            self.threads, self.looked = self.cluster.threads(), time.monotonic()
            while self._send(jobs):
                with self.waiting:
                    results = list(self._receive())
                yield from results
        finally:
            self.cluster.forget([each.future for each in self.sent.values()])

    def _send(self, jobs: Iterator[Job]) -> bool:
        """Submit jobs; False when nothing is left to wait for."""
        while True:
            if not (self.suspects or self.again):
                self.again.extend(islice(jobs, 1))
                if not self.again:
                    return bool(self.sent)
            alone = bool(self.suspects) or any(each.alone for each in self.sent.values())
            if (self.sent and alone) or len(self.sent) >= AHEAD * sum(self.threads.values()):
                return True
            self._submit((self.suspects or self.again).popleft(), alone)

    def _submit(self, job: Job, alone: bool) -> None:
        if self.parts_folder(job) is None:
            return
        self.count += 1
        key = f"peacesim-{job.identity[:6]}-{job.first}-{self.cluster.client.id}-{self.count}"
        workers = sorted(self.threads)[: 1 if alone else None] if alone or self.cluster.others else None
        future = self.cluster.send(job, key, workers)
        self.sent[key] = _Sent(job, future, workers, alone)

    def _receive(self) -> Iterator[tuple[Job, JobResult]]:
        """Return jobs that finished within a while, or turn out to be lost."""
        self.cluster.wait([each.future for each in self.sent.values()])
        for key in [key for key, each in self.sent.items() if each.future.done()]:
            yield from self._finish(key)
        if time.monotonic() - self.looked > POLL:
            yield from self._check_workers()

    def _check_workers(self) -> Iterator[tuple[Job, JobResult]]:
        """Check the workers; a job whose workers have all gone is lost."""
        self.threads, self.looked = self.cluster.threads(), time.monotonic()
        for key, sent in list(self.sent.items()):
            if sent.workers is not None and not self.threads.keys() & set(sent.workers):
                yield from self._lost(key)

    def _finish(self, key: str) -> Iterator[tuple[Job, JobResult]]:
        """Return the outcome of a job that is done."""
        sent = self.sent[key]
        try:
            error = sent.future.exception(timeout=COME)
            result = sent.future.result(timeout=COME) if error is None else error
        except TimeoutError:
            return  # its worker has gone with the result: Dask has it played again
        except CancelledError:  # by a restart of the cluster, or because the connection is lost
            self.cluster.threads()
            yield from self._lost(key)
            return
        except Exception as unreadable:
            result = unreadable
        if isinstance(result, KilledWorker):
            yield from self._lost(key, result.allowed_failures + 1)
            return
        del self.sent[key]
        if isinstance(result, Played):
            yield sent.job, self._stored(sent.job, result)
        elif self.cluster.find_others() or isinstance(result, OtherProgram):
            self.again.append(sent.job)
        else:
            yield sent.job, result if isinstance(result, Exception) else RuntimeError(f"{type(result).__name__}")

    def _stored(self, job: Job, played: Played) -> ChunkEntry:
        folder = self.parts_folder(job)
        if folder is not None:
            for name in played.entry.files:
                write_whole(Path(folder) / name, played.files[name], sync=False)
        return played.entry

    def _lost(self, key: str, times: int = 1) -> Iterator[tuple[Job, JobResult]]:
        """Schedule a lost job again: alone if lost more than once, and not after that."""
        sent = self.sent.pop(key)
        self.cluster.forget([sent.future])
        self.losses[sent.job] += times
        count = self.losses[sent.job]
        if sent.alone:
            yield sent.job, Lost(f"{sent.job.span} were given up: their worker ended {count} times")
        else:
            (self.suspects if count > 1 else self.again).append(sent.job)
