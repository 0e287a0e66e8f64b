"""Access control: only the page's own requests, from a browser that was shown the key, are served.

A page of any site that is open in the same browser can send requests to this machine, and another user of the machine
can connect to the port. So a request must name this host and port (no other name that resolves here, which DNS
rebinding needs), have this page or no page as its origin, and bring the cookie exchanged for the key. A refusal has its
reason in plain words, and nothing of the scenario.
"""

import asyncio
import hmac
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sim.app.errors import described
from sim.core.wording import shown

MOST_BODY = 256_000  # bytes
KEY = "key"
FAULT = "This is a fault of the program; the terminal in which it runs says more.\n"
METHODS = ("GET", "HEAD", "POST")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def new_key() -> str:
    """Return an unguessable key: 256 bits of the system's randomness."""
    return os.urandom(32).hex()


@dataclass
class Keys:
    """The key of a session, and a one-time key.

    The first may be used repeatedly and is printed in the terminal. The browser is opened with the second, by a file
    that its owner alone can read: all users of a machine can read the command lines of programs.
    """

    port: int = 0  # of the page; known once it is served
    shared: str = ""  # the address of this machine on which it is shared, empty for this machine alone
    key: str = field(default_factory=new_key, repr=False)
    once: str = field(default_factory=new_key, repr=False)  # for one exchange; empty once it is used

    @property
    def cookie(self) -> str:
        """Return the name of the cookie; ports of one host share cookies."""
        return f"peacesim-{self.port}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the valid host headers of a request."""
        return tuple(f"{name}:{self.port}" for name in dict.fromkeys((self.name, "127.0.0.1", "localhost", "[::1]")))

    @property
    def name(self) -> str:
        """Return the name under which the page is opened."""
        return (f"[{self.shared}]" if ":" in self.shared else self.shared) or "127.0.0.1"

    def address(self, key: str) -> str:
        """Return the address of the page with a key."""
        return f"http://{self.name}:{self.port}/?{KEY}={key}"

    def is_once(self, offered: str) -> bool:
        """Return whether a key is the one-time key, still unused."""
        return bool(self.once) and _same(offered, self.once)

    def opens(self, offered: str) -> bool:
        """Return whether a key opens the page; the one-time key is then used up."""
        if self.is_once(offered):
            self.once = ""
            return True
        return _same(offered, self.key)

    def knows(self, cookies: Iterable[str]) -> bool:
        """Return whether the `Cookie` headers of a request have the key."""
        pairs = (pair.strip().partition("=") for header in cookies for pair in header.split(";"))
        return any(name == self.cookie and _same(value, self.key) for name, _, value in pairs)


class Safety:
    """The outermost middleware."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self.app = app
        self.keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, exchange a key for the cookie, or pass on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # a WebSocket, which no page uses
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)
        answer = self.refused(scope, headers) or self.exchanged(scope)
        if answer is None and not self.keys.knows(headers.getlist("cookie")):
            answer = _no("this page opens with the address that `peacesim app` printed in the terminal; copy all of it")
        if answer is not None:
            await answer(scope, receive, _guarded(send))
            return
        started = False

        async def sent(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, _measured(receive), _guarded(sent))
        except (Exception, asyncio.CancelledError) as error:  # a traceback would fill the log, and a flood the disk
            print(f"peacesim: {scope['method']} {shown(scope['path'], 120)}: {described(error)}", file=sys.stderr)
            if not started:
                await PlainTextResponse(FAULT, 500)(scope, receive, _guarded(send))

    def refused(self, scope: Scope, headers: Headers) -> Response | None:
        """Return the refusal of a request that did not come from this page, None if it is allowed."""
        if scope["method"] not in METHODS:
            return _no("this page answers GET and POST", 405)
        if headers.getlist("host") not in [[host] for host in self.keys.hosts]:
            return _no(f"this page answers to {self.keys.hosts[0]} and to no other name")
        if "upgrade" in headers:
            return _no("there is no WebSocket here")
        origins = headers.getlist("origin")
        if origins and origins not in [[f"http://{host}"] for host in self.keys.hosts]:
            return _no("this page answers to itself and to no other site")
        foreign = any(site not in ("same-origin", "none") for site in headers.getlist("sec-fetch-site"))
        if foreign and not (scope["method"] == "GET" and self.keys.is_once(_key_of(scope))):
            return _no("this page answers to itself and to no other site; type its address, or copy it")
        if scope["method"] == "POST":
            return self.refused_body(headers)
        return None

    def refused_body(self, headers: Headers) -> Response | None:
        """Refuse a body that no page of ours sends: a form of another site cannot send JSON on its own."""
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _no("a request brings JSON", 415)
        length = headers.get("content-length", "")
        if "transfer-encoding" in headers or not (length.isascii() and length.isdigit()):
            return _no("a request says how long it is", 411)
        if len(length) > 12 or int(length) > MOST_BODY:
            return _no(f"a request of more than {MOST_BODY:,} bytes is none of ours", 413)
        return None

    def exchanged(self, scope: Scope) -> Response | None:
        """For an address with a key, return a page leading to it without the key and set the cookie; else None.

        The rest of the query is unchanged: a file, a draw.
        """
        query = QueryParams(scope["query_string"])
        if scope["method"] != "GET" or KEY not in query:
            return None
        at_once = self.keys.is_once(query[KEY])  # from a file, so a redirect would not send the new cookie
        if not self.keys.opens(query[KEY]):
            return _no("this key opens nothing: it is of another session, or was used. The terminal has the address")
        path = scope["raw_path"].decode("latin-1")  # unparsed, so that its meaning is unchanged
        there = path if path.startswith("/") and path[1:2] not in ("/", "\\") else "/"  # `//` names another host
        kept = QueryParams([(name, value) for name, value in query.multi_items() if name != KEY])
        there = f"{there}?{kept}" if kept else there
        answer = HTMLResponse(leading_to(there)) if at_once else RedirectResponse(there, 303)
        answer.headers.append(
            "set-cookie", f"{self.keys.cookie}={self.keys.key}; Path=/; HttpOnly; SameSite=Strict"
        )  # fmt: skip
        return answer


def leading_to(address: str) -> str:
    """Return a page that leads to an address at once."""
    return (
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>peacesim</title><meta name="referrer" '
        f'content="no-referrer"><meta http-equiv="refresh" content="0; url={escape(address)}">'
        f'<a href="{escape(address)}">To the page</a></html>'
    )


def _key_of(scope: Scope) -> str:
    return QueryParams(scope["query_string"]).get(KEY, "")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())


def _no(words: str, status: int = 403) -> Response:
    return PlainTextResponse(f"Refused: {words}.\n", status)


def _guarded(send: Send) -> Send:
    """Add the security headers to every response."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return sent


def _measured(receive: Receive) -> Receive:
    """Limit the bytes received, whatever the content-length header says."""
    room = MOST_BODY

    async def received() -> Message:
        nonlocal room
        message = await receive()
        room -= len(message.get("body", b""))
        if room < 0:
            return {"type": "http.disconnect"}
        return message

    return received
