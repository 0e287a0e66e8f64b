"""The server: it listens on the loopback address only, or on the one it is shared on, until Ctrl-C."""

import asyncio
import os
import signal
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sim.app.application import application
from sim.app.home import MOST_DRAWS, Session
from sim.app.place import Place
from sim.app.safety import Keys, leading_to
from sim.app.worker import Worker
from sim.core.wording import shown
from sim.results.files import StoreError

LOOPBACK = "127.0.0.1"
MOST_CONNECTIONS = 64
BACKLOG = 128  # connections accepted besides those being answered: far fewer than the files that a process may open
SILENCE = 30  # seconds that a connection may be silent
SHARED = (
    "the page is shared on {address}. Whoever has its link and reaches this machine can read the scenario files and "
    "results in the folder {folder} and have runs computed here, until Ctrl-C; saving is off. The link and all that is "
    "shown travel unencrypted: share it in networks that you trust."
)


class _Connection(H11Protocol):
    """A connection. If there are too many, the oldest idle one is closed for a new one."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Close the longest idle connection if there are too many, and this one if it stays silent."""
        super().connection_made(transport)
        self.since = self.loop.time()
        self.loop.call_later(SILENCE, lambda: self.cycle is None and transport.close())
        ours = [each for each in self.connections if isinstance(each, _Connection)]
        present = [each for each in ours if not each.transport.is_closing()]
        idle = [each for each in present if each is not self and (each.cycle is None or each.cycle.response_complete)]
        if len(present) > MOST_CONNECTIONS and idle:
            min(idle, key=lambda each: each.since).transport.close()


class _Server(uvicorn.Server):
    """Uvicorn with a callback when it listens, without its own signal handlers."""

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
            if self.config.host != LOOPBACK:
                taken = f"{self.config.host} is no address of this machine, or {taken}"
            raise StoreError(taken) from None
        self.ready(self.servers[0].sockets[0].getsockname()[1])

    async def shutdown(self, sockets: Any = None) -> None:
        """Tell whoever waits for an answer that none will come, then close."""
        self.closing()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Install no handlers: `serve` has its own."""
        yield


def serve(
    worker: Worker, path: Path | None, draws: int, seed: int | None, port: int, browser: bool, share: str | None = None
) -> int:
    """Serve the page until a signal ends it.

    Args:
        worker: Computes everything; it is closed at the end.
        path: A scenario file, a results folder or a folder of scenario files; None for the current folder.
        draws: How many runs a result is refined to, at most `MOST_DRAWS`.
        seed: Of all random numbers; None for that of a results folder, and for 1 elsewhere.
        port: To listen on; 0 for a free one.
        share: The address of this machine on which others may open the page; None for this machine alone.

    Returns:
        The exit code: 128 and the number of the signal.

    A StoreError if the port is taken, the file does not exist, or the page cannot be shared on the address.
    """
    place, keys = Place.of(path), Keys(shared=shared_address(share) if share is not None else "")
    folder = tempfile.TemporaryDirectory(prefix="peacesim-", ignore_cleanup_errors=True)  # readable by its owner only
    current = Session(place, worker, min(draws, MOST_DRAWS), *chosen_seed(place, seed), bool(keys.shared))
    ended: list[int] = []

    def ready(listening: int) -> None:
        keys.port = listening
        print(f"The page: {keys.address(keys.key)}\nCtrl-C closes it.", flush=True)
        if keys.shared:
            print(f"peacesim: {SHARED.format(address=keys.shared, folder=shown(place.folder.name, 120))}",
                  file=sys.stderr, flush=True)  # fmt: skip
        if browser:
            _open_browser(keys.address(keys.once), folder.name)

    server = _Server(_config(application(current, keys), port, keys.shared or LOOPBACK), ready, worker.close)

    def end(number: int, frame: FrameType | None) -> None:
        ended.append(number)
        server.should_exit = True
        server.force_exit = len(ended) > 1

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.run()
    finally:
        worker.close()
        folder.cleanup()
        for number, handler in before.items():
            signal.signal(number, handler)
    print("\npeacesim: the page is closed", file=sys.stderr)
    return 128 + ended[0] if ended else 0


def shared_address(text: str) -> str:
    """Return an IP address as it is listened on; a StoreError for names, and for those of many or of all interfaces."""
    try:
        address = ip_address(text)
    except ValueError:
        raise StoreError(f"{shown(text, 80)} is no IP address, such as 192.168.1.5") from None
    if address.is_unspecified or address.is_multicast or "%" in text:
        raise StoreError(f"{shown(text, 80)} is not one address of this machine; name one, such as 192.168.1.5")
    return str(address)


def _open_browser(address: str, folder: str) -> None:
    """Open the browser on a file that leads to an address, since all users of a machine can read command lines.

    Some browsers run in the foreground, so nothing waits for it.
    """
    page = Path(folder, "page.html")
    with open(page, "x", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(leading_to(address))
    threading.Thread(target=webbrowser.open, args=(page.as_uri(),), daemon=True).start()


def chosen_seed(place: Place, named: int | None) -> tuple[int, bool]:
    """Return the seed of all random numbers, and whether draw K of the page is therefore draw K of a results folder.

    The seed given, else that of the results folder on which the page is opened, else 1. If the draws of the results
    cannot be reproduced here, the reason is printed.
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


def _config(app: Any, port: int, host: str = LOOPBACK) -> uvicorn.Config:
    return uvicorn.Config(
        app, host=host, port=port, ws="none", http=_Connection, backlog=BACKLOG, lifespan="off",
        log_config=None, access_log=False, server_header=False, proxy_headers=False,
        limit_concurrency=2 * MOST_CONNECTIONS, timeout_keep_alive=30, timeout_graceful_shutdown=1,
    )  # fmt: skip
