"""The local page: who may ask it, what it may read, and how its one worker serves several tabs."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from starlette.datastructures import Headers
from uvicorn.server import ServerState

import sim
from sim.app import server
from sim.app.errors import Busy, NotFound, ProgramError, RequestError, Superseded
from sim.app.place import Place
from sim.app.safety import MOST_BODY, Keys, Safety
from sim.app.worker import MOST_WAITING, Worker
from sim.results.files import RESOLVED, RUN, StoreError
from tests import app_functions
from tests.app_client import served
from tests.commands import SCENARIO

SECRET = "the well of the other village"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a scenario, beside a file that is nobody's business."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.yaml").write_text(f"title: {SECRET}\n")
    inside = outside / "talks"
    inside.mkdir()
    (inside / "talks.yaml").write_text(SCENARIO)
    (inside / "link.yaml").symlink_to(outside / "secret.yaml")
    (inside / "below").mkdir()
    (inside / "below" / "more.yaml").write_text(SCENARIO)
    return inside


@pytest.fixture(scope="module")
def page(folder):
    with served(folder / "talks.yaml", "-n", "1000") as client:
        yield client


# Who may ask


def test_the_address_of_the_terminal_gives_the_cookie_and_the_cookie_opens_the_page(page):
    first = page.get("/?" + page.address.partition("?")[2], Cookie="")
    assert first.status == 303 and first.headers["location"] == "/"
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert page.get("/tweak", Cookie=cookie.partition(";")[0]).status == 200


KEPT = {
    "/step?key={key}&file=below%2Fmore.yaml&draw=3": "/step?file=below%2Fmore.yaml&draw=3",
    "/packages?file=talks.yaml&key={key}&package=&key=0": None,  # the key that counts is the last one
    "/packages?file=talks.yaml&key=0&package=&key={key}": "/packages?file=talks.yaml&package=",
    "/?draw=3&key={key}": "/?draw=3",
    "/step?key={key}&file=%0D%0ASet-Cookie:%20a=b%26": "/step?file=%0D%0ASet-Cookie%3A+a%3Db%26",
    "/a%3Fb%23c?key={key}": "/a%3Fb%23c",
    "//peacesim.example/?key={key}&file=talks.yaml": "/?file=talks.yaml",
    "/%5Cpeacesim.example?key={key}": "/%5Cpeacesim.example",
    "/\\peacesim.example?key={key}": "/",
}


@pytest.mark.parametrize(("asked", "location"), KEPT.items())
def test_an_address_with_a_key_leads_to_the_same_address_without_it(page, asked, location):
    answer = page.get(asked.format(key=page.address.partition("?key=")[2]), Cookie="")
    assert answer.status == (403 if location is None else 303) and answer.headers["location"] == location
    cookies = [each.partition("=")[0] for each in answer.headers.get_all("set-cookie", [])]
    assert cookies == ([] if location is None else [f"peacesim-{page.port}"])


def test_what_the_first_address_asks_for_is_kept_too(page):
    assert page.get("/?file=below%2Fmore.yaml&draw=3").headers["location"] == "/tweak?file=below%2Fmore.yaml&draw=3"
    assert page.get("/").headers["location"] == "/tweak"


def test_a_wrong_key_opens_nothing_and_the_one_of_the_browser_works_once(page):
    for key in ("", "0" * 64, "ä"):
        assert not Keys(1).opens(key)
    keys = Keys(1)
    assert keys.opens(keys.key) and keys.opens(keys.key)
    once = keys.once
    assert keys.opens(once) and not keys.opens(once) and not keys.opens("")
    assert page.get("/?key=" + "0" * 64, Cookie="").status == 403


def test_the_browser_is_opened_by_a_file_of_its_owner_and_nobody_waits_for_it(folder, tmp_path, monkeypatch):
    """A command line that others can read has no key, and a browser that does not end holds no answer up."""
    script = tmp_path / "browser"
    script.write_text(f"""#!/bin/sh
exec > /dev/null 2>&1
echo "$@" > {tmp_path}/asked.part; mv {tmp_path}/asked.part {tmp_path}/asked
while [ ! -e {tmp_path}/closed ]; do sleep 0.1; done
""")
    script.chmod(0o700)
    monkeypatch.setenv("BROWSER", f"{script} %s")
    try:
        with served(folder / "talks.yaml", "--browser") as client:
            wait_for(tmp_path / "asked")
            assert client.get("/tweak").status == 200, "the browser has not ended"
            asked = (tmp_path / "asked").read_text().strip()
            file = Path(asked.removeprefix("file://"))
            assert asked.startswith("file://") and not re.search("[0-9a-f]{64}", asked)
            assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
            once = re.search(r"/\?key=[0-9a-f]{64}", file.read_text())[0]
            assert once.partition("=")[2] not in client.address
            elsewhere = {"Cookie": "", "Sec_Fetch_Site": "cross-site"}  # so a browser comes from a file
            assert client.get(client.address.removeprefix(client.base), **elsewhere).status == 403
            first, second = client.get(once, **elsewhere), client.get(once, **elsewhere)
            assert (first.status, second.status) == (200, 403)
            assert 'http-equiv="refresh" content="0; url=/"' in first.text and once not in first.text
            cookie = first.headers["set-cookie"].partition(";")[0]
            assert client.get("/tweak", Cookie=cookie).status == 200
            client.close()
            assert not file.exists() and not file.parent.exists()
    finally:
        (tmp_path / "closed").touch()


def test_how_much_was_compiled_is_told_to_the_page_alone(page):
    assert page.get("/tweak/compiled").data["compiled"] >= 0
    assert page.get("/tweak/compiled", Cookie="").status == 403


# Shared with other machines


def test_a_shared_page_answers_on_the_chosen_address_to_whoever_has_the_link(folder):
    """127.0.0.2 stands in for an address of a network: it is of this machine, and not the one of an unshared page."""
    with served(folder / "talks.yaml", "--share", "127.0.0.2") as client:
        assert client.base == f"http://127.0.0.2:{client.port}"
        link = client.address.removeprefix(client.base)
        for asked in ("/tweak", "/", "/?key=" + "0" * 64, "/tweak?key="):
            assert client.get(asked, Cookie="").status == 403, "no token, no page"
        assert client.get(link, Cookie="").status == 303 and client.get("/tweak").status == 200
        name = f"127.0.0.2:{client.port}"
        others = ("127.0.0.3", "127.0.0.2.nip.io", "0.0.0.0", "peacesim.example")
        for host in ("127.0.0.2", *(f"{each}:{client.port}" for each in others)):
            assert client.get("/tweak", Host=host).status == 403, host
        assert client.get("/tweak", Origin=f"http://{name}").status == 200
        assert client.get("/tweak", Origin=f"http://127.0.0.2:{client.port + 1}").status == 403
        assert client.get("/tweak", Origin="http://peacesim.example").status == 403
        wish = {"file": "talks.yaml", "sets": ["parties.east.no_deal=0.5"], "name": "mine"}
        saved = client.post("/tweak/save", wish, Origin=f"http://{name}")
        assert saved.status == 400 and "while the page is shared" in saved.data["message"]
        assert not (folder / "mine.yaml").exists() and 'id="save"' not in client.get("/tweak").text
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", client.port), 5)
        _, printed = client.close()
        assert "shared on 127.0.0.2" in printed and "Whoever has its link" in printed and "unencrypted" in printed


def test_a_page_is_shared_only_on_demand(folder):
    """Without --share only the loopback address listens, and nothing speaks of sharing."""
    with served(folder / "talks.yaml") as client:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", client.port), 5)
        assert Keys(client.port).hosts == tuple(f"{name}:{client.port}" for name in ("127.0.0.1", "localhost", "[::1]"))
        assert 'id="save"' in client.get("/tweak").text
        _, printed = client.close()
        assert "shared" not in printed and "link" not in printed


@pytest.mark.parametrize("address", ["0.0.0.0", "224.0.0.1", "peacesim.example", "fe80::1%eth0", "", "198.51.100.7"])
def test_what_is_no_address_of_this_machine_is_not_shared_on(folder, address):
    found = subprocess.run(
        [sys.executable, "-m", "sim", "app", str(folder / "talks.yaml"), "--no-browser", "--share", address],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert found.returncode not in (0, 130) and "?key=" not in found.stdout
    assert "address" in found.stderr and "Traceback" not in found.stderr


def test_an_address_of_the_newer_kind_is_written_in_brackets():
    keys = Keys(80, shared="fd00::5")
    assert keys.hosts[0] == "[fd00::5]:80" and keys.address("x") == "http://[fd00::5]:80/?key=x"


# How much it takes


def test_idle_connections_do_not_shut_the_owner_out(page):
    begun = f"POST /tweak/answer HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\n".encode()
    idle = [socket.create_connection(("127.0.0.1", page.port), 20) for _ in range(200)]
    try:
        for each in idle[::2]:
            each.sendall(begun)
        for _ in range(3):
            assert page.get("/tweak").status == 200
        assert idle[1].recv(1) == b"", "the oldest made room"
    finally:
        for each in idle:
            each.close()


class Loop:
    """Notes what is to be called later."""

    def __init__(self):
        self.later = []

    def time(self):
        return 0.0

    def call_later(self, seconds, function):
        self.later.append((seconds, function))


class Transport:
    """Of a connection to nobody."""

    closed = False

    def get_extra_info(self, name):
        return None

    def is_closing(self):
        return self.closed

    def close(self):
        self.closed = True


def test_a_connection_that_stays_silent_is_closed_and_one_that_asked_is_not():
    config, state, loop = server._config(lambda *anything: None, 0), ServerState(), Loop()
    for asked in (False, True):
        connection, transport = server._Connection(config, state, {}, loop), Transport()
        connection.connection_made(transport)
        if asked:
            connection.cycle = object()
        ((seconds, look),) = loop.later
        look()
        assert (seconds, transport.closed) == (server.SILENCE, not asked)
        loop.later.clear()


def through_safety(app, *received, method="POST", **headers):
    """What the middleware sends for a request that came with the cookie, and what the application received."""
    keys, sent, bodies, left = Keys(80), [], [], list(received)
    head = {"host": "127.0.0.1:80", "cookie": f"peacesim-80={keys.key}", "content-type": "application/json", **headers}
    scope = {
        "type": "http", "method": method, "path": "/tweak", "raw_path": b"/tweak", "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in head.items()],
    }  # fmt: skip

    async def receive():
        return left.pop(0)

    async def send(message):
        sent.append(message)

    async def inner(scope, receive, send):
        await app(receive, send, bodies)

    asyncio.run(Safety(inner, keys)(scope, receive, send))
    return sent, bodies


async def read_on(receive, send, bodies):
    """An application that reads as long as anything comes."""
    while True:
        message = await receive()
        bodies.append(message)
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return


def test_a_body_longer_than_it_says_is_cut_off_at_the_limit():
    piece = {"type": "http.request", "body": b" " * 100_000, "more_body": True}
    _, bodies = through_safety(read_on, *[piece] * 9, content_length="5")
    assert [each["type"] for each in bodies] == ["http.request"] * 2 + ["http.disconnect"]
    whole = {"type": "http.request", "body": b" " * MOST_BODY, "more_body": False}
    assert through_safety(read_on, whole, content_length=str(MOST_BODY))[1] == [whole]


def test_a_body_that_says_its_length_and_comes_in_chunks_is_refused(page):
    sent, bodies = through_safety(read_on, content_length="5", transfer_encoding="chunked")
    assert (sent[0]["status"], bodies) == (411, [])
    head = f"POST /tweak/answer HTTP/1.1\nHost: 127.0.0.1:{page.port}\nCookie: {page.cookie}\n"
    head += "Content-Type: application/json\nContent-Length: 2\nTransfer-Encoding: chunked\n\n2\n{}\n0\n\n"
    assert " 411 " in raw(page, head).splitlines()[0]


@pytest.mark.parametrize("error", [ValueError("no\nsuch \x1b[31mvalue"), asyncio.CancelledError()])
@pytest.mark.parametrize("begun", [False, True])
def test_a_fault_of_ours_is_one_line_in_the_log_and_an_answer(error, begun, capsys):
    async def wrong(receive, send, bodies):
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise error

    sent, _ = through_safety(wrong, method="GET")
    starts = [each["status"] for each in sent if each["type"] == "http.response.start"]
    assert starts == ([200] if begun else [500])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"peacesim: GET /tweak: {type(error).__name__}: ") and line.isprintable()


def test_a_flood_of_requests_that_nobody_waits_for_leaves_no_traceback(folder):
    with served(folder / "talks.yaml") as client:
        body = json.dumps({"file": "talks.yaml", "n": 500, "sets": []})
        head = f"POST /tweak/answer HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nCookie: {client.cookie}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        for number in range(150):
            with socket.create_connection(("127.0.0.1", client.port), 20) as asked:
                asked.sendall(f"{head}X-Tab: tab-{number % 20}\r\n\r\n{body[: -(number % 3) or None]}".encode())
        assert client.get("/tweak").status == 200
        _, printed = client.close()
    assert "Traceback" not in printed, printed


PATHS = ("/", "/tweak", "/static/app.js", "/tweak/answer")
WRONG = {
    "no cookie": {"Cookie": ""},
    "another cookie": {"Cookie": "peacesim=1"},
    "a key of another session": {"Cookie": "peacesim-{port}=" + 64 * "0"},
    "an empty key": {"Cookie": "peacesim-{port}="},
    "a foreign host": {"Host": "peacesim.example:80"},
    "a foreign host with our port": {"Host": "rebound.example:{port}"},
    "our host without the port": {"Host": "127.0.0.1"},
    "all addresses": {"Host": "0.0.0.0:{port}"},
    "a foreign origin": {"Origin": "https://peacesim.example"},
    "another port of this machine": {"Origin": "http://127.0.0.1:1"},
    "an origin without a name": {"Origin": "null"},
    "a page of another site": {"Sec-Fetch-Site": "cross-site"},
    "a page of another port": {"Sec-Fetch-Site": "same-site"},
    "a WebSocket": {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="},
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_strangers_are_refused_on_every_address_and_told_nothing(page, wrong):
    headers = {name: value.format(port=page.port) for name, value in wrong.items()}
    for path in PATHS:
        for answer in (page.get(path, **headers), page.post(path, {"file": "talks.yaml", "n": 1}, **headers)):
            assert answer.status == 403, path
            assert answer.text.startswith("Refused: ")
            assert "well" not in answer.text and "talks" not in answer.text
            assert "access-control-allow-origin" not in answer.headers


def test_our_own_pages_are_not_refused(page):
    for host in ("127.0.0.1", "localhost", "[::1]"):
        own = {"Host": f"{host}:{page.port}", "Origin": f"http://{host}:{page.port}", "Sec-Fetch-Site": "same-origin"}
        assert page.get("/static/app.js", **own).status == 200


def raw(page, text):
    """What the page answers to bytes that no library would send."""
    with socket.create_connection(("127.0.0.1", page.port), 10) as connection:
        connection.sendall(text.replace("\n", "\r\n").encode())
        connection.settimeout(10)
        return connection.recv(65_536).decode()


def test_two_hosts_or_two_origins_are_none(page):
    """The library that reads requests refuses two hosts too; the middleware does not count on it."""
    headers = [(b"host", b"127.0.0.1:80"), (b"host", b"peacesim.example")]
    refusal = Safety(None, Keys(80)).refused({"method": "GET", "query_string": b""}, Headers(raw=headers))
    assert refusal is not None and refusal.status_code == 403
    head = f"GET /tweak HTTP/1.1\nHost: 127.0.0.1:{page.port}\nCookie: {page.cookie}\n"
    assert " 200 " in raw(page, head + "\n").splitlines()[0]
    assert " 40" in raw(page, head + "Host: peacesim.example\n\n").splitlines()[0]
    origins = f"Origin: http://127.0.0.1:{page.port}\nOrigin: http://peacesim.example\n\n"
    assert " 403 " in raw(page, head + origins).splitlines()[0]


SOCKETS = ("/", "/step", "/packages", "/results", "/tweak", "/static/app.js", "/no-such-page")


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
        for path in SOCKETS
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
    others = sorted({*names, "127.0.0.2"} - {"127.0.0.1"})  # on Linux every 127.x.y.z is this machine
    for address in others:
        with pytest.raises(OSError), socket.create_connection((address, page.port), timeout=5):
            pass
    record_property("R16", f"{len(others)} other addresses of the machine: none answered")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
def test_other_methods_are_refused(page, method):
    assert page.send(method, "/tweak", None, {}).status == 405


def test_a_body_that_no_page_of_ours_sends_is_refused(page):
    body = json.dumps({"file": "talks.yaml", "n": 1}).encode()
    assert page.send("POST", "/tweak/answer", body, {"Content-Type": "text/plain"}).status == 415
    assert page.send("POST", "/tweak/answer", b" " * 300_000, {"Content-Type": "application/json"}).status == 413
    assert page.send("POST", "/tweak/answer", b"{", {"Content-Type": "application/json"}).status == 400
    assert page.send("POST", "/tweak/answer", b"[" * 100_000, {"Content-Type": "application/json"}).status == 400
    long = f"POST /tweak/answer HTTP/1.1\nHost: 127.0.0.1:{page.port}\nCookie: {page.cookie}\n"
    assert " 411 " in raw(page, long + "Content-Type: application/json\nTransfer-Encoding: chunked\n\n").splitlines()[0]


def test_every_answer_tells_the_browser_to_run_and_fetch_nothing_else(page):
    for answer in (page.get("/tweak"), page.get("/static/app.js"), page.get("/nothing"), page.get("/", Cookie="")):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "frame-ancestors 'none'" in policy and "form-action 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        for name in ("cross-origin-opener-policy", "cross-origin-resource-policy"):
            assert answer.headers[name] == "same-origin"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "server" not in answer.headers


# What it may read


def test_a_name_that_is_no_text_is_no_file(page, tmp_path):
    for end in ("controls", "answer", "save"):
        answer = page.post(f"/tweak/{end}", {"file": "\ud800.yaml", "n": 1, "name": "x", "sets": []})
        assert answer.status == 404 and "is no scenario file" in answer.text
    (tmp_path / "talks.yaml").write_text(SCENARIO)
    odd = tmp_path / os.fsdecode(b"\xff.yaml")
    odd.write_text(SCENARIO)
    assert Place.of(tmp_path).scenarios() == ["talks.yaml"]
    with pytest.raises(StoreError, match="named in UTF-8"):
        Place.of(odd)


def test_nothing_is_saved_in_a_results_folder_below_the_page(page, folder):
    """Which the page is not opened on, but on a folder above it."""
    for mark, inside in ((RUN, ""), (RESOLVED, ""), (RUN, "deeper")):
        where = folder / f"results-{mark}-{inside}"
        (where / inside).mkdir(parents=True)
        (where / mark).write_text(SCENARIO)
        (where / inside / "talks.yaml").write_text(SCENARIO)
        asked = {"file": f"{where.name}/{inside}/talks.yaml", "name": "mine", "sets": ["time.rounds=3"], "without": []}
        before = sorted(where.rglob("*"))
        answer = page.post("/tweak/save", asked)
        assert answer.status == 400 and "results folder" in answer.text and sorted(where.rglob("*")) == before
        shutil.rmtree(where)


OUTSIDE = ("../secret.yaml", "below/../../secret.yaml", "link.yaml", "/etc/passwd", "..\\secret.yaml",
           "talks.yaml\0", "%2e%2e/secret.yaml", "", ".", "below", "C:secret.yaml", "//etc/x.yaml", "talks.yaml/",
           "a" * 450)  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_file_outside_the_folder_is_opened(page, folder, name):
    with pytest.raises(NotFound):
        Place.of(folder / "talks.yaml").scenario(name)
    answer = page.post("/tweak/answer", {"file": name, "n": 1, "sets": []})
    assert answer.status == 404 and SECRET not in answer.text


def test_files_below_the_folder_are_opened(folder):
    assert Place.of(folder).scenario("below/more.yaml").is_file()
    assert Place.of(folder).scenarios() == ["link.yaml", "talks.yaml"]


@pytest.mark.parametrize("path", ["/static/../page.py", "/static/%2e%2e/page.py", "/static/..%2fpage.py", "/static/x",
                                  "/static/tweak.html", "/static/", "//static/app.js"])  # fmt: skip
def test_no_other_file_of_the_program_is_served(page, path):
    assert page.get(path).status == 404


# How it ends


@pytest.mark.parametrize(("number", "code"), [(2, 130), pytest.param(15, 143, marks=pytest.mark.slow)])
def test_a_signal_ends_it_and_its_worker(folder, number, code):
    with served(folder / "talks.yaml") as client:
        if number == signal.SIGINT:
            assert client.post("/tweak/answer", {"file": "talks.yaml", "n": 1, "sets": []}).status == 200
        ended, said = client.close(number)
    assert ended == code
    assert said.strip() == "peacesim: the page is closed"
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", client.port), 2)


def test_what_is_no_scenario_is_said(tmp_path):
    from tests.commands import call

    (tmp_path / "notes.txt").write_text("a note")
    answer = call("app", tmp_path / "notes.txt", "--no-browser")
    assert answer.exit_code == 2 and ".yaml" in answer.output


def test_a_port_that_is_taken_is_said(page, folder):
    with pytest.raises(AssertionError, match="is taken"), served(folder, "--port", str(page.port)):
        pass


# The worker


@pytest.fixture(scope="module")
def worker():
    made = Worker()
    yield made
    made.close()


def test_it_returns_what_a_function_returns_and_raises_what_it_raises(worker):
    assert worker.submit("a", app_functions.doubled, 21).answer.result(60) == 42
    assert worker.submit("a", app_functions.counted, 3).answer.result(60) == 3
    with pytest.raises(RequestError, match="too odd"):
        worker.submit("a", app_functions.refused).answer.result(60)
    with pytest.raises(sim.ScenarioError, match="cannot be read"):
        worker.submit("a", sim.read_scenario, "nothing.yaml").answer.result(60)


def test_a_fault_of_ours_is_told_in_the_terminal_alone(worker, capsys):
    with pytest.raises(ProgramError, match="fault of the program"):
        worker.submit("a", app_functions.wrong).answer.result(60)
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_worker_that_dies_is_started_anew(worker):
    with pytest.raises(ProgramError, match="ended before it had an answer"):
        worker.submit("a", app_functions.die).answer.result(60)
    assert worker.submit("a", app_functions.doubled, 2).answer.result(60) == 4
    (process,) = worker.pool.processes.values()
    process.kill()  # between two jobs
    process.join()
    assert worker.submit("a", app_functions.doubled, 3).answer.result(60) == 6


def test_a_newer_request_takes_the_place_of_an_older_one(worker, tmp_path):
    first = worker.submit("a", app_functions.until_stopped, str(tmp_path / "begun"))
    wait_for(tmp_path / "begun")
    second, third = worker.submit("a", app_functions.doubled, 1), worker.submit("a", app_functions.doubled, 3)
    for replaced in (first, second):
        with pytest.raises(Superseded):
            replaced.answer.result(60)
    assert third.answer.result(60) == 6


def test_a_refinement_makes_room_for_who_has_no_answer_yet_and_goes_on_afterwards(worker, tmp_path):
    files = str(tmp_path / "begun"), str(tmp_path / "go")
    refining = worker.submit("a", app_functions.until_there, *files, urgent=False)
    wait_for(tmp_path / "begun")
    assert worker.submit("b", app_functions.doubled, 4).answer.result(60) == 8
    assert not refining.answer.done()
    time.sleep(0.3)
    (tmp_path / "go").touch()
    assert refining.answer.result(60) == "there"
    assert (tmp_path / "begun").read_text() == 2 * "begun\n", "it made room once, and was begun again once"


def test_the_line_is_short_and_what_nobody_waits_for_is_given_up(worker, tmp_path):
    running = worker.submit("a", app_functions.until_stopped, str(tmp_path / "begun"))
    wait_for(tmp_path / "begun")
    waiting = [worker.submit(f"tab-{k}", app_functions.doubled, k) for k in range(MOST_WAITING)]
    with pytest.raises(Busy):
        worker.submit("one-more", app_functions.doubled, 1)
    worker.give_up(waiting[0])
    worker.give_up(running)
    assert [job.answer.result(60) for job in waiting[1:]] == [2 * k for k in range(1, MOST_WAITING)]
    assert waiting[0].answer.cancelled()


def test_what_takes_too_long_is_ended():
    hasty = Worker(longest=1.0)
    with pytest.raises(ProgramError, match="longer than 1 seconds"):
        hasty.submit("a", app_functions.asleep).answer.result(60)
    hasty.close()


def test_a_browser_that_goes_away_gives_the_worker_free(page):
    """A long answer is asked for and the connection closed; a short one comes long before the long one would."""
    wish = json.dumps({"file": "talks.yaml", "n": 20_000, "sets": []})
    head = (f"POST /tweak/answer HTTP/1.1\nHost: 127.0.0.1:{page.port}\nCookie: {page.cookie}\nX-Tab: gone\n"
            f"Content-Type: application/json\nContent-Length: {len(wish)}\n\n{wish}")  # fmt: skip
    with socket.create_connection(("127.0.0.1", page.port), 10) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode())
    assert page.post("/tweak/answer", {"file": "talks.yaml", "n": 10, "sets": []}, X_Tab="here").status == 200


def wait_for(path: Path) -> None:
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.01)


# The command


def test_the_server_loads_nothing_that_computes():
    """The worker does, at the same time; so the page is there within a second."""
    code = "import sys, sim.app.worker; print(*sys.modules); import sim.app.server; print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    before, after = (set(line.split()) for line in printed.splitlines())
    assert not {"numpy", "starlette"} & before and not {"pandas", "pyarrow", "mesa", "matplotlib"} & after


def test_what_is_missing_is_said(tmp_path):
    from tests.commands import process

    (tmp_path / "starlette.py").write_text("raise ModuleNotFoundError('no', name='starlette')")
    answer = process("app", "--no-browser", cwd=tmp_path, PYTHONPATH=f"{tmp_path}:{Path(__file__).parents[2]}")
    assert answer.returncode == 2
    assert "pip install 'peacesim[app]'" in answer.stderr
