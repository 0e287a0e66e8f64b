"""What the tests of the local page share: `peacesim app` in a process of its own, and somebody who asks it."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from functools import cache
from pathlib import Path
from typing import Any

from sim.results.results import run
from sim.scenario import read_scenario

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Reply:
    """An answer of the page: its status, headers and body."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def data(self) -> Any:
        return json.loads(self.body)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *anything: Any) -> None:
        return None


class Client:
    """Asks one running page; with its cookie unless told otherwise."""

    def __init__(self, process: "subprocess.Popen[str]", address: str) -> None:
        self.process, self.address = process, address
        self.base, _, key = address.partition("/?key=")
        self.port = int(self.base.rpartition(":")[2])
        self.cookie = f"peacesim-{self.port}={key}"

    def get(self, path: str, **headers: str) -> Reply:
        return self.send("GET", path, None, headers)

    def post(self, path: str, wish: Any, **headers: str) -> Reply:
        return self.send("POST", path, json.dumps(wish).encode(), {"Content-Type": "application/json", **headers})

    def send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        """`X_Tab=...` stands for the header `X-Tab`; `Cookie=""` for none."""
        sent = {"Cookie": self.cookie, **{name.replace("_", "-"): value for name, value in headers.items()}}
        request = urllib.request.Request(self.base + path, body, {k: v for k, v in sent.items() if v}, method=method)
        opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=120) as answer:
                return Reply(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as answer:
            return Reply(answer.code, answer.headers, answer.read())

    def close(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """End the process by a signal; its exit code, and what it said on stderr."""
        self.process.send_signal(number)
        _, printed = self.process.communicate(timeout=20)
        return self.process.returncode, printed


@cache
def _compiled() -> None:
    """Have the loops of talks compiled and kept here, where nobody counts seconds as the worker of a page does."""
    run(read_scenario(ROOT / "scenarios" / "two-banks-pullback.yaml"), 2)


@contextmanager
def served(path: Path, *options: str, under: Sequence[str] = ()) -> Iterator[Client]:
    """`peacesim app PATH` in a process of its own; `under` a program that watches it, if need be."""
    _compiled()
    process = subprocess.Popen(  # in a session of its own, so that what runs under another program ends with it
        [*under, sys.executable, "-m", "sim", "app", str(path), "--no-browser", *options],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.\d+:\d+/\?key=[0-9a-f]{64}", line)
        assert found, line + process.communicate(timeout=20)[1]
        yield Client(process, found[0])
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
