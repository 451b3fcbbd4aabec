"""The lab's page and its WebSocket: who gets in, and what a page gets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from hubbub.lab.web import Web


TOKEN = "a-token"
Message = dict[str, Any]


class Source:
    """It says hello, and keeps what pages ask for."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.was_asked = asyncio.Event()

    def hello(self) -> list[Message]:
        return [{"is": "hello", "version": 1}]

    def do(self, wish: Mapping[str, Any]) -> None:
        self.asked.append(wish)
        self.was_asked.set()


def live(port: int, token: str = TOKEN, origin: str | None = "", **headers: str) -> connect:
    """Connect as the page does, or almost."""
    origin = f"http://127.0.0.1:{port}" if origin == "" else origin
    url = f"ws://127.0.0.1:{port}/live?token={token}"
    return connect(url, origin=origin, additional_headers=headers)  # type: ignore[arg-type]


def test_page_gets_hello_messages_and_depths() -> None:
    """What is told goes to each page, depths as a binary frame; what a page asks for is noted."""

    async def scene() -> tuple[list[Any], Source]:
        source = Source()
        web = Web(source, TOKEN)
        async with web.serving(0) as port, live(port) as page:
            came: list[Any] = [json.loads(await page.recv())]
            await page.send('{"do":"pause"}')
            await page.send("no JSON")
            await page.send("[1]")
            web.tell({"is": "depths", "t": 1, "base64": "AQID"})
            web.tell({"is": "event", "t": 1, "kind": "start", "text": "x", "client": None})
            came += [await page.recv(), json.loads(await page.recv())]
            await source.was_asked.wait()
            async with live(port) as late:  # a page that comes later has the last events
                came += [json.loads(await late.recv()), json.loads(await late.recv())]
        return came, source

    came, source = asyncio.run(scene())

    assert came[0] == {"is": "hello", "version": 1}
    assert came[1] == b"\x01\x02\x03"
    assert came[2]["text"] == came[4]["text"] == "x"
    assert source.asked == [{"do": "pause"}]


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": ""},
        {"token": "another"},
        {"token": "%C3%BC"},
        {"origin": None},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:1"},
        {"Host": "evil.example"},
    ],
)
def test_another_page_gets_nothing(wrong: dict[str, Any]) -> None:
    """Without the token, or from a foreign page or host, the WebSocket is refused."""

    async def scene() -> int:
        async with Web(Source(), TOKEN).serving(0) as port:
            with pytest.raises(InvalidStatus) as refused:
                async with live(port, **wrong):
                    pass
        status: int = refused.value.response.status_code
        return status

    assert asyncio.run(scene()) == 403


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/", 200, "text/html; charset=utf-8"),
        ("/?token=x", 200, "text/html; charset=utf-8"),
        ("/main.js", 200, "text/javascript; charset=utf-8"),
        ("/page.css", 200, "text/css; charset=utf-8"),
        ("/../__init__.py", 404, None),
        ("/page/main.js", 404, None),
        ("/__init__.py", 404, None),
        ("/%2e%2e/scene.py", 404, None),
        ("/nothing.js", 404, None),
    ],
)
def test_only_the_page_s_files_are_served(path: str, status: int, kind: str | None) -> None:
    """The page's own files come with their types and a policy, and nothing else comes."""

    async def scene() -> tuple[int, dict[str, str]]:
        async with Web(Source(), TOKEN).serving(0) as port:
            return await asyncio.to_thread(fetch, port)

    def fetch(port: int) -> tuple[int, dict[str, str]]:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, dict(answer.headers)

    found, headers = asyncio.run(scene())

    assert found == status
    if kind is not None:
        assert headers["Content-Type"] == kind
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
