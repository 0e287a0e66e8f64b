"""R16: the local page answers to its own browser on this machine, and to nobody else.

What a stranger may try over HTTP is tried in `tests/app/test_app.py`, with a real server. Here are the ways around
that: a WebSocket by hand, other addresses of the machine, and what the program itself asks of the network.
"""

import re
import shutil
import socket

import pytest

from tests.trust.planting import ROOT, bugs

pytest.importorskip("starlette", reason="the local page needs the extra `app`")
from tests.app_client import served

PLANTED = bugs("R16", __name__, [
    ("sim/app", 'if headers.getlist("host") not in', 'if not headers.getlist("host") and [] in',
     "tests/app/test_app.py::test_strangers_are_refused_on_every_address_and_told_nothing"),
    ("sim/app", "if origins and origins not in", "if not origins and origins in",
     "tests/app/test_app.py::test_strangers_are_refused_on_every_address_and_told_nothing"),
    ("sim/app", "if answer is None and not self.keys.knows(", "if answer and not self.keys.knows(",
     "tests/app/test_app.py::test_strangers_are_refused_on_every_address_and_told_nothing"),
    ("sim/app", 'if "upgrade" in headers:', 'if "upgrade" in ():', "test_no_websocket_is_opened_whoever_asks"),
    ("sim/app", "default-src 'none'; script-src 'self'", "default-src *; script-src *",
     "tests/app/test_app.py::test_every_answer_tells_the_browser_to_run_and_fetch_nothing_else"),
])  # fmt: skip
PATHS = ("/", "/step", "/packages", "/results", "/tweak", "/static/app.js", "/no-such-page")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("talks")
    shutil.copy(ROOT / "scenarios" / "orange-and-lemon.yaml", folder)
    with served(folder / "orange-and-lemon.yaml") as client:
        yield client


def handshake(page, path, host, origin, cookie):
    """The first line that a request for a WebSocket gets."""
    lines = [
        f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
    ]  # fmt: skip
    lines += [f"Origin: {origin}"] if origin else []
    lines += [f"Cookie: {cookie}"] if cookie else []
    with socket.create_connection(("127.0.0.1", page.port), timeout=20) as asked:
        asked.sendall("\r\n".join([*lines, "", ""]).encode())
        return asked.makefile("rb").readline().decode()


def test_no_websocket_is_opened_whoever_asks(page, record_property):
    ours, theirs = f"127.0.0.1:{page.port}", "talks.example"
    tried = [
        handshake(page, path, host, origin, cookie)
        for path in PATHS
        for host in (ours, theirs)
        for origin in ("", f"http://{ours}", f"http://{theirs}", "null")
        for cookie in ("", page.cookie)
    ]
    record_property("R16", f"{len(tried)} requests for a WebSocket, with and without the cookie: none opened")
    assert {line.split()[1] for line in tried} == {"403"}


def test_other_addresses_of_the_machine_do_not_answer(page, record_property):
    names = {found[4][0] for found in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outward:
        outward.connect(("192.0.2.1", 9))  # nothing is sent: it tells which address would be used
        names.add(outward.getsockname()[0])
    others = sorted(names - {"127.0.0.1"})
    for address in others:
        with pytest.raises(OSError), socket.create_connection((address, page.port), timeout=5):
            pass
    record_property("R16", f"{len(others)} other addresses of the machine: none answered")


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.exhaustive
def test_it_talks_to_this_machine_alone(tmp_path, record_property):
    """A page is served, read and answered; whatever was connected to lies on this machine."""
    shutil.copy(ROOT / "scenarios" / "orange-and-lemon.yaml", tmp_path)
    log = tmp_path / "calls"
    watched = ("strace", "-f", "-qq", "-o", str(log), "-e", "trace=connect,bind,sendto")
    with served(tmp_path / "orange-and-lemon.yaml", under=watched) as client:
        assert client.get("/").status in (200, 303)
    calls = log.read_text()
    addresses = re.findall(r'sin6?_addr\(?"?([0-9a-f.:]+)|inet_addr\("([^"]+)"', calls)
    outside = {a or b for a, b in addresses} - {"127.0.0.1", "::1"}
    record_property("R16", f"{len(addresses)} calls to the network, all on this machine")
    assert addresses and not outside
