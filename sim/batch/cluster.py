"""A Dask cluster: who is there, and who of them runs the program that runs here."""

import asyncio
import hashlib
import logging
import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from distributed import Client, Security
from distributed.comm.core import connect

import sim
from sim.batch.stopping import ClusterError, ClusterLost
from sim.batch.work import Part
from sim.core.streams import SCHEME
from sim.results.chunk_files import ChunkEntry, Layout, packed
from sim.results.manifest import FORMAT, RESOLVED, identity, versions_here
from sim.scenario import read_scenario
from sim.scenario.messages import shown

SOURCE = "source"
MOST_TOLD = 4  # differences

_process = f"{os.getpid()}-{time.time_ns()}"  # a worker that is started anew at the same address has another


class Replaced(Exception):
    """The worker that was to play the piece has ended; this is another one at its address."""


@dataclass(frozen=True)
class Played:
    """A piece that was played: the bytes of its files by name, and what they must be."""

    entry: ChunkEntry
    files: Mapping[str, bytes]


def process_here() -> str:
    """A name of this process."""
    return _process


@lru_cache(maxsize=1)
def program_here() -> Mapping[str, str]:
    """All that must be the same for the same bytes to come out: versions, schemes, and a hash of the source itself.

    A release number is not enough: two checkouts may have the same one.
    """
    folder, digest = Path(sim.__file__).parent, hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return {**versions_here(), "scheme": SCHEME, "format": FORMAT, SOURCE: digest.hexdigest()}


def about_here() -> tuple[str, Mapping[str, str]]:
    """What a worker is asked before it is given anything: which process it is, and what it runs."""
    return process_here(), program_here()


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """How another program differs from this one, in a few words; nothing if it does not."""
    told = list(_differences(here, there))
    return ", ".join(told[:MOST_TOLD]) + (f" and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else "")


def _differences(here: Mapping[str, str], there: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*here, *there} - {SOURCE}):
        if here.get(name) != there.get(name):
            yield f"{name} {there.get(name, 'of no number')} and not {here.get(name, 'of no number')}"
    if here.get("peacesim") == there.get("peacesim") and here.get(SOURCE) != there.get(SOURCE):
        yield f"peacesim {here.get('peacesim')} from other source files"


def play_remotely(part: Part, resolved: bytes, process: str) -> Played:
    """Play a piece.

    Args:
        part: What to play; its folder is on the machine that asks.
        resolved: The resolved scenario, as it lies in the results folder.
        process: The worker that was asked.

    Raises:
        Replaced: if this is another process.
    """
    if process != process_here():
        raise Replaced
    layout = _layout(resolved, part.identity, part.seed)
    return Played(*packed(layout.play(part.first, part.count), layout))


@lru_cache(maxsize=4)
def _layout(resolved: bytes, name: str, seed: int) -> Layout:
    """The scenario, read and laid out once and not for every piece."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / RESOLVED
        path.write_bytes(resolved)
        scenario = read_scenario(path)
    if identity(scenario, seed) != name:
        raise ValueError(f"{RESOLVED} does not read back as the scenario it was written from")
    return Layout.of(scenario, seed)


CONNECT = 5.0  # seconds for the scheduler to answer
COME = 30.0  # seconds for a first worker to be there
ANSWER = 180.0  # seconds for a worker to say what it runs: it loads all of it first, maybe from a slow disk
GLANCE = 0.05  # seconds between two looks at whether something comes
PATIENCE = 60.0  # seconds without any worker until the batch is given up; those that are started anew take a few
SAME = "install the same release, and the same versions of what it needs, on the scheduler, the workers and here"


@dataclass(eq=False)
class Worker:
    """A worker that may be given pieces.

    Attributes:
        address: Where it answers.
        process: Its name, other than that of the next worker at this address.
        threads: How many pieces it plays at once.
        keys: Of what it was given and has not answered.
        alone: Whether it plays one piece alone, to see whether that ends it.
    """

    address: str
    process: str
    threads: int
    keys: set[str] = field(default_factory=set)
    alone: bool = False

    @property
    def load(self) -> float:
        """Pieces a thread."""
        return len(self.keys) / self.threads


class Cluster:
    """The connection to a cluster, from `with` to its end.

    Attributes:
        client: The connection.
        workers: Those that may be given pieces, by address.
    """

    def __init__(self, address: str) -> None:
        """Connect, and ask all workers what they run.

        Args:
            address: Of the scheduler, such as tcp://127.0.0.1:8786.

        Raises:
            ClusterError: if nothing answers, there are no workers, or one of them runs another program.
        """
        self.address = shown(address, 100)
        self.workers: dict[str, Worker] = {}
        self.unlike: dict[str, str] = {}  # workers that are given nothing, with why
        self._asked: dict[str, Any] = {}  # those that have not answered yet
        self._seen = time.monotonic()  # when a worker was last there
        self.client = self._connected(address)
        try:
            self._meet()
        except BaseException:
            self.close()
            raise

    def _connected(self, address: str) -> Any:
        client: Any = Client  # its types are not all written
        try:
            with _quiet():
                asyncio.run(_knock(address))
                return client(address, timeout=CONNECT, set_as_default=False, name="peacesim")
        except ImportError as error:
            raise ClusterError(f"the Dask scheduler at {self.address} does not fit: {shown(error, 200)}") from None
        except Exception:  # whatever listens there may send anything
            hint = "`dask scheduler` starts one and prints its address, tcp://HOST:PORT"
            raise ClusterError(f"no Dask scheduler answers at {self.address}: {hint}") from None

    def _meet(self) -> None:
        """Wait for the first workers, and for what those that are there now have to say."""
        began = time.monotonic()
        while True:
            there = self.look()[1]
            if self.unlike:
                worker, why = next(iter(self.unlike.items()))
                raise ClusterError(f"the worker at {shown(worker, 100)} cannot play this: {why}; {SAME}")
            if self.workers and not self._asked:
                return
            if time.monotonic() - began > (COME if self.workers or not there else ANSWER):
                break
            time.sleep(GLANCE)
        if self.workers:
            return  # the others are busy with something else, and are asked on
        if not there:
            raise ClusterError(f"the Dask scheduler at {self.address} has no workers: start some with `dask worker`")
        busy = f"none of the {len(there)} workers at {self.address} answers within {ANSWER:.0f} seconds"
        raise ClusterError(f"{busy}: they are busy with something else, or stuck")

    def look(self) -> tuple[list[Worker], Mapping[str, int]]:
        """See who has gone and who has come; those who come are asked what they run.

        Returns:
            Workers that have gone, and the threads of all that are there, by address.

        Raises:
            ClusterLost: if the scheduler does not answer, or no worker has been there for a while.
        """
        there = self._there()
        self._ask(there)
        for address, future in list(self._asked.items()):
            if address not in there:
                self.forget([self._asked.pop(address)])
            elif future.status not in ("pending", "lost"):
                self._hear(address, there[address], self._asked.pop(address))
        self.unlike = {address: why for address, why in self.unlike.items() if address in there}
        gone = [self.workers.pop(address) for address in list(self.workers) if address not in there]
        if self.workers or self._asked:
            self._seen = time.monotonic()
        elif time.monotonic() - self._seen > PATIENCE:
            none = f"no worker that can play this has been there for {PATIENCE:.0f} seconds"
            raise ClusterLost(f"the Dask scheduler at {self.address} is left alone: {none}")
        return gone, there

    def _there(self) -> Mapping[str, int]:
        try:
            if self.client.status == "running":
                there: Mapping[str, int] = self.client.nthreads(callback_timeout=COME)
                return there
        except OSError:
            pass
        raise ClusterLost(f"the Dask scheduler at {self.address} has ended, or cannot be reached any more")

    def _ask(self, there: Mapping[str, int]) -> None:
        for address in there.keys() - self.workers.keys() - self.unlike.keys() - self._asked.keys():
            self._asked[address] = self.send(about_here, address=address)

    def _hear(self, address: str, threads: int, future: Any) -> None:
        """Take a worker in, or note why not."""
        try:
            answer = self.fetch(future)
        except Exception as error:
            if future.status != "cancelled":  # most likely it has no such module
                self.unlike[address] = f"it says {shown(f'{type(error).__name__}: {error}', 200)}"
            return
        if answer is None:
            return  # it went in between, or is asked again
        process, program = answer
        why = differences(program_here(), program)
        if why:
            self.unlike[address] = f"it runs {shown(why, 300)}"
        else:
            self.workers[address] = Worker(address, process, max(1, threads))

    def send(self, function: Any, *arguments: Any, address: str, key: str | None = None) -> Any:
        """Have one worker call a function once, and no other worker call it instead.

        Returns:
            Dask's future.

        Raises:
            ClusterLost: if the connection is lost.
        """
        try:
            return self.client.submit(
                function, *arguments, key=key, workers=[address], allow_other_workers=False, pure=False, retries=0
            )
        except Exception as error:
            if self.client.status == "running":
                raise
            raise ClusterLost(f"the connection to {self.address} is lost: {shown(error, 200)}") from None

    def fetch(self, future: Any) -> Any:
        """The answer to what was sent and has come to an end; None if its worker ended before it came.

        Raises:
            Exception: what the function raised.
        """
        if future.status == "error":
            error = future.exception()
            raise error if isinstance(error, Exception) else RuntimeError(f"{type(error).__name__} in a worker")
        coming = asyncio.run_coroutine_threadsafe(_result(future), self.client.loop.asyncio_loop)
        while True:
            done, _ = wait([coming], timeout=GLANCE)
            if done:
                return coming.result()
            if future.status != "finished":  # Dask would wait for somebody to play it again
                coming.cancel()
                return None

    def drop(self, worker: Worker) -> None:
        """Give a worker nothing more until it has been asked again."""
        self.workers.pop(worker.address, None)

    def forget(self, futures: list[Any]) -> None:
        """Take back what was sent. What is being played is played to its end, and its answer thrown away."""
        with suppress(Exception):  # the connection may be lost
            if self.client.status == "running":
                self.client.cancel(futures)

    def close(self) -> None:
        """Leave the cluster; it goes on."""
        with suppress(Exception), _quiet():
            self.client.close(timeout=CONNECT)

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


async def _result(future: Any) -> Any:
    return await future


async def _knock(address: str) -> None:
    """See whether something answers as Dask does: a client that does not get through is hard to be rid of."""
    security: Any = Security  # the types of these are not all written
    reach: Any = connect
    async with asyncio.timeout(CONNECT):  # what answers otherwise may leave Dask waiting for the rest
        comm = await reach(address, timeout=CONNECT, **security().get_connection_args("client"))
        await comm.close()


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave it to us to tell what went wrong with the connection, in one line."""
    log = logging.getLogger("distributed")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before
