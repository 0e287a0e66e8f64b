"""The server: on this machine's own address alone, until Ctrl-C."""

import signal
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from sim.app.application import application
from sim.app.home import MOST_DRAWS, Session
from sim.app.place import Place
from sim.app.safety import Keys
from sim.app.worker import Worker
from sim.core.wording import shown
from sim.results.files import StoreError

LOOPBACK = "127.0.0.1"
MOST_CONNECTIONS = 64


class _Server(uvicorn.Server):
    """Uvicorn, that says when it listens, and leaves signals to us."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[int], None], closing: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready
        self.closing = closing

    async def startup(self, sockets: Any = None) -> None:
        """Listen, then say on which port; a StoreError if the port is taken."""
        try:
            await super().startup(sockets)
        except SystemExit:
            taken = f"port {self.config.port} is taken or not allowed; leave out --port, and a free one is found"
            raise StoreError(taken) from None
        self.ready(self.servers[0].sockets[0].getsockname()[1])

    async def shutdown(self, sockets: Any = None) -> None:
        """Tell whoever waits for an answer that none will come, then close."""
        self.closing()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: `serve` has its own."""
        yield


def serve(worker: Worker, path: Path | None, draws: int, seed: int | None, port: int, browser: bool) -> int:
    """Serve the page until a signal ends it.

    Args:
        worker: In which everything is computed; it is closed in the end.
        path: A scenario file, a results folder or a folder of scenario files; None for the current folder.
        draws: How many runs an answer is refined to, at most `MOST_DRAWS`.
        seed: Of all random numbers; None for that of a results folder, and for 1 elsewhere.
        port: To listen on; 0 for one that is free.

    Returns:
        The exit code: 128 and the number of the signal.

    A StoreError if the port is taken, or the file is none.
    """
    place, keys = Place.of(path), Keys()
    current = Session(place, worker, min(draws, MOST_DRAWS), *chosen_seed(place, seed))
    ended: list[int] = []

    def ready(listening: int) -> None:
        keys.port = listening
        print(f"The page: {keys.address(keys.key)}\nCtrl-C closes it.", flush=True)
        if browser:
            webbrowser.open(keys.address(keys.once))

    server = _Server(_config(application(current, keys), port), ready, worker.close)

    def end(number: int, frame: FrameType | None) -> None:
        ended.append(number)
        server.should_exit = True
        server.force_exit = len(ended) > 1

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.run()
    finally:
        worker.close()
        for number, handler in before.items():
            signal.signal(number, handler)
    print("\npeacesim: the page is closed", file=sys.stderr)
    return 128 + ended[0] if ended else 0


def chosen_seed(place: Place, named: int | None) -> tuple[int, bool]:
    """The seed of all random numbers, and whether draw K of the page is therefore draw K of a results folder.

    The one that is named, else that of the results folder on which the page is opened, else 1. Where the draws of the
    results are not to be had here, the reason is printed.
    """
    if named is not None or not place.results:
        return 1 if named is None else named, False
    from sim.results.manifest import read_manifest

    try:
        return read_manifest(place.folder).seed, True
    except StoreError as error:
        print(f"peacesim: draws on the page are of seed 1 and not those of these results: {shown(error, 400)}",
              file=sys.stderr)  # fmt: skip
        return 1, False


def _config(app: Any, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app, host=LOOPBACK, port=port, ws="none", http="h11", lifespan="off", log_config=None, access_log=False,
        server_header=False, proxy_headers=False, limit_concurrency=MOST_CONNECTIONS, timeout_keep_alive=30,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
