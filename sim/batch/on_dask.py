"""Pieces played by the workers of a Dask cluster, any of which may be lost."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from distributed import KilledWorker

from sim.batch.cluster import Cluster, Played, Replaced, Worker, play_remotely
from sim.batch.engines import Answer
from sim.batch.stopping import Interruptible
from sim.batch.work import Losses, Part
from sim.results.files import read_whole, write_whole
from sim.results.manifest import RESOLVED

AHEAD = 2  # pieces a thread of a worker: one is played, one waits
LOOK = 1.0  # seconds between two looks at who is there
MOST_BYTES = 100_000_000  # of a resolved scenario


@dataclass(frozen=True, eq=False)
class _Sent:
    """A piece on its way, the worker that has it, and Dask's promise of the answer."""

    part: Part
    worker: Worker
    future: Any


class OnDask:
    """Workers of a Dask cluster. One that is lost costs what it was given, and that is played again.

    Each piece goes to one worker that is named. Dask by itself would give what a lost worker had to the next one, some
    times over, and not tell; so it would be unknown what a piece was beside when its worker ended.

    Args:
        cluster: The connection.
        pieces: The folder for the pieces of a results folder; None if they are not wanted any more.
        waiting: Within it, waiting may be interrupted.
    """

    def __init__(
        self, cluster: Cluster, pieces: Callable[[Part], str | None], waiting: Interruptible | None = None
    ) -> None:
        self.cluster, self.pieces, self.waiting = cluster, pieces, waiting or nullcontext()
        self.losses = Losses()
        self.sent: dict[str, _Sent] = {}
        self.answered: SimpleQueue[str] = SimpleQueue()
        self.looked = time.monotonic()
        self.count = 0

    def play(self, parts: Iterator[Part]) -> Generator[tuple[Part, Answer], None, None]:
        """Each piece as it comes back; at most two a thread are on their way."""
        try:
            while self._send(parts):
                with self.waiting:
                    answers = list(self._receive())
                yield from answers
        finally:
            if self.sent:
                self.cluster.forget([each.future for each in self.sent.values()])

    def _send(self, parts: Iterator[Part]) -> bool:
        """Keep the workers busy; False when nothing is left to wait for."""
        while self._next_at_hand(parts):
            worker = self._free()
            if worker is None:
                return True
            worker.alone = bool(self.losses.suspects)
            self._submit((self.losses.suspects or self.losses.again).popleft(), worker)
        return bool(self.sent)

    def _next_at_hand(self, parts: Iterator[Part]) -> bool:
        """Whether there is a piece to be sent."""
        if not (self.losses.suspects or self.losses.again):
            part = next(parts, None)
            if part is not None:
                self.losses.again.append(part)
        return bool(self.losses.suspects or self.losses.again)

    def _free(self) -> Worker | None:
        """The worker that is given the next piece: one with nothing to do if it is a suspect, else the least busy.

        While a suspect waits, the least busy is given nothing more, until it has nothing left.
        """
        workers = sorted((each for each in self.cluster.workers.values() if not each.alone), key=lambda each: each.load)
        if self.losses.suspects:
            return workers[0] if workers and not workers[0].keys else None
        return workers[0] if workers and workers[0].load < AHEAD else None

    def _submit(self, part: Part, worker: Worker) -> None:
        if self.pieces(part) is None:
            worker.alone = False
            return
        self.count += 1
        key = f"peacesim-{part.identity[:6]}-{part.first}-{self.cluster.client.id}-{self.count}"
        resolved = _resolved(part.folder, part.identity)
        future = self.cluster.send(play_remotely, part, resolved, worker.process, address=worker.address, key=key)
        self.sent[key] = _Sent(part, worker, future)
        worker.keys.add(key)
        self._listen(key, future)

    def _listen(self, key: str, future: Any) -> None:
        future.add_done_callback(lambda done: self.answered.put(key))

    def _receive(self) -> Iterator[tuple[Part, Answer]]:
        """What has come back in a while, and what turns out to be lost."""
        try:
            key = self.answered.get(timeout=LOOK)
        except Empty:
            key = ""  # of nothing
        yield from self._answer(key)
        if time.monotonic() - self.looked > LOOK:
            yield from self._look()

    def _look(self) -> Iterator[tuple[Part, Answer]]:
        """See who has gone; all they had is lost."""
        gone, _ = self.cluster.look()
        self.looked = time.monotonic()
        for worker in gone:
            for key in sorted(worker.keys):
                yield from self._lost(key)

    def _answer(self, key: str) -> Iterator[tuple[Part, Answer]]:
        """What became of a piece."""
        sent = self.sent.get(key)
        if sent is None:
            return  # it was counted as lost before
        if sent.future.status == "cancelled":  # by whoever restarts the cluster, or because the connection is lost
            yield from self._look()
            yield from self._lost(key)
            return
        answer = self._fetched(sent.future)
        if answer is None:  # its worker has gone, and the answer with it; this is counted when all it had is
            self._listen(key, sent.future)
            yield from self._look()
        elif isinstance(answer, KilledWorker):
            yield from self._lost(key)
        elif isinstance(answer, Replaced):
            self.cluster.drop(sent.worker)
            for each in sorted(sent.worker.keys):
                yield from self._lost(each)
        else:
            self._off(key)
            yield sent.part, self._kept(sent.part, answer) if isinstance(answer, Played) else answer

    def _fetched(self, future: Any) -> Played | Exception | None:
        """What a worker answers; None if it does not come."""
        try:
            answer: Played | None = self.cluster.fetch(future)
            return answer
        except Exception as error:
            return error if future.status in ("finished", "error") else None

    def _kept(self, part: Part, played: Played) -> Answer:
        """Put the files of a piece to the others of its folder."""
        folder = self.pieces(part)
        if folder is not None:
            for name in played.entry.files:
                write_whole(Path(folder) / name, played.files[name], sync=False)
        return played.entry

    def _lost(self, key: str) -> Iterator[tuple[Part, Answer]]:
        sent = self._off(key)
        if sent is None:
            return
        self.cluster.forget([sent.future])
        given_up = self.losses.count(sent.part)
        if given_up is not None:
            yield sent.part, given_up

    def _off(self, key: str) -> _Sent | None:
        """A piece that is no longer on its way."""
        sent = self.sent.pop(key, None)
        if sent is not None:
            sent.worker.keys.discard(key)
            sent.worker.alone = False
        return sent


@lru_cache(maxsize=2)
def _resolved(folder: str, identity: str) -> bytes:
    """The resolved scenario, read once for all pieces that follow each other."""
    return read_whole(Path(folder) / RESOLVED, MOST_BYTES)
