"""The lab's page and its WebSocket, on loopback.

Only a page that was opened by the URL with the token gets anything live: the token is in the URL of
the WebSocket, and a foreign ``Origin`` or ``Host`` is refused even with it.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from hubbub.lab.tape import Tape


__all__ = ["Web"]

Message = dict[str, Any]

KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; "
    "connect-src 'self' ws://127.0.0.1:* ws://localhost:*; base-uri 'none'; form-action 'none'"
)
MOST_WAITING = 2000  # messages for one page; a page that is further behind is closed
LARGEST_WISH_BYTES = 64 * 1024
EVENTS_KEPT = 50


class Source(Protocol):
    """What the pages show: a stage, or a recording that is played."""

    def hello(self) -> list[Message]:
        """Return what a new page has to know."""

    def do(self, wish: Mapping[str, Any]) -> None:
        """Note what a page asks for. Never waits."""


class Web:
    """The pages that are open.

    Args:
        source: gets the pages' wishes, and says what a new page has to know.
        token: what the URL must have.
        tape: where messages are recorded; None: nowhere.
    """

    def __init__(self, source: Source, token: str, tape: Tape | None = None) -> None:
        self._source = source
        self._token = token
        self._tape = tape
        self._waiting: dict[ServerConnection, asyncio.Queue[Message | None]] = {}
        self._events: list[Message] = []

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[int]:
        """Serve in the body; yields the port.

        Raises:
            OSError: the port is taken.
        """
        async with serve(
            self._live,
            "127.0.0.1",
            port,
            process_request=self._answer,
            max_size=LARGEST_WISH_BYTES,
            compression=None,
        ) as server:
            yield server.sockets[0].getsockname()[1]

    def tell(self, message: Message) -> None:
        """Send a message to every page, and record it. Never waits."""
        if self._tape is not None:
            self._tape.write(message)
        if message["is"] == "event":
            self._events = [*self._events[-EVENTS_KEPT:], message]
        for connection, waiting in list(self._waiting.items()):
            if waiting.qsize() < MOST_WAITING:
                waiting.put_nowait(message)
            else:  # it connects again, and begins anew
                del self._waiting[connection]
                waiting.put_nowait(None)

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a request for a file; None for the WebSocket of a page that may have it."""
        split = urlsplit(request.path)
        port = connection.local_address[1]
        hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        if not _is_one_of(request.headers.get_all("Host"), hosts):
            return connection.respond(HTTPStatus.FORBIDDEN, "another host\n")
        if split.path == "/live":
            token = parse_qs(split.query).get("token", [""])[0]
            if not hmac.compare_digest(token.encode(), self._token.encode()):
                return connection.respond(HTTPStatus.FORBIDDEN, "the token is missing or wrong\n")
            origins = {f"http://{host}" for host in hosts}
            if not _is_one_of(request.headers.get_all("Origin"), origins):
                return connection.respond(HTTPStatus.FORBIDDEN, "a foreign Origin\n")
            return None
        name = split.path.lstrip("/") or "index.html"
        page = files("hubbub.lab") / "page" / name
        kind = KINDS.get(f".{name.rpartition('.')[2]}")
        if "/" in name or kind is None or not page.is_file():
            return connection.respond(HTTPStatus.NOT_FOUND, "there is no such page\n")
        response = connection.respond(HTTPStatus.OK, page.read_text("utf-8"))
        for field, value in (
            ("Content-Type", f"{kind}; charset=utf-8"),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", POLICY),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
        ):
            response.headers.pop(field, None)
            response.headers[field] = value
        return response

    async def _live(self, connection: ServerConnection) -> None:
        waiting: asyncio.Queue[Message | None] = asyncio.Queue()
        for message in (*self._source.hello(), *self._events):
            waiting.put_nowait(message)
        self._waiting[connection] = waiting
        sending = asyncio.create_task(self._send(connection, waiting))
        try:
            async for text in connection:
                with contextlib.suppress(ValueError):
                    wish = json.loads(text)
                    if isinstance(wish, dict):
                        self._source.do(wish)
        except ConnectionClosed:
            pass
        finally:
            sending.cancel()
            self._waiting.pop(connection, None)

    async def _send(
        self, connection: ServerConnection, waiting: asyncio.Queue[Message | None]
    ) -> None:
        with contextlib.suppress(ConnectionClosed):
            while (message := await waiting.get()) is not None:
                if message["is"] == "depths":
                    await connection.send(base64.b64decode(message["base64"]))
                else:
                    await connection.send(json.dumps(message, separators=(",", ":")))
            await connection.close(1013, "too slow")


def _is_one_of(values: list[str], allowed: set[str]) -> bool:
    """Whether a header is there once, with a value that is allowed."""
    return len(values) == 1 and values[0] in allowed
