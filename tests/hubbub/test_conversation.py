"""The client's side of the two doors: addresses, and lines made of bytes."""

from __future__ import annotations

import argparse
import asyncio
import socket

import pytest

from hubbub.conversation import LINE_LIMIT_BYTES, Address, LineDoor, Lost


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("127.0.0.1:8000", "127.0.0.1:8000"),
        ("[::1]:8000", "[::1]:8000"),
        (":8000", "localhost:8000"),
        ("tcp://127.0.0.1:8000/", "127.0.0.1:8000"),
        ("ws://127.0.0.1:8080/ws", "ws://127.0.0.1:8080/ws"),
        ("ws://127.0.0.1:8080", "ws://127.0.0.1:8080/ws"),
        ("ws://[::1]:8080/", "ws://[::1]:8080/ws"),
        ("ws://localhost/room", "ws://localhost:80/room"),
        ("ws://localhost/room?token=a&b", "ws://localhost:80/room?token=a&b"),
        ("ws://localhost?x=/", "ws://localhost:80/ws?x=/"),
        ("WS://localhost/ws#here", "ws://localhost:80/ws"),
        ("wss://h:1/ws", "wss://h:1/ws"),
        ("wss://h", "wss://h:443/ws"),
        ("http://127.0.0.1:8080/", "ws://127.0.0.1:8080/ws"),
        ("http://127.0.0.1:8080", "ws://127.0.0.1:8080/ws"),
        ("https://chat.example/chat/?x", "wss://chat.example:443/chat/ws?x"),
    ],
)
def test_address_names_a_door(text: str, meant: str) -> None:
    """An address names a TCP door, or a WebSocket door whose path is /ws by default."""
    address = Address.parse(text)

    assert str(address) == meant


@pytest.mark.parametrize(
    "text", ["", "nonsense", "h:99999", "ftp://h:1/ws", "http:///", "tcp://h", "ws://h:99999/ws"]
)
def test_address_that_names_no_door_is_refused(text: str) -> None:
    """A text that is no address is refused with a message that contains it."""
    with pytest.raises(argparse.ArgumentTypeError, match="expected HOST:PORT") as refusal:
        Address.parse(text)

    assert repr(text) in str(refusal.value)


@pytest.mark.parametrize("step", [1, 2, 1000])
def test_line_door_finds_lines_however_they_arrive(step: int) -> None:
    """The same bytes give the same lines, however they are cut; the last line may be incomplete."""
    sent = "one\n\nzwö\nlast".encode()

    lines = asyncio.run(_heard([sent[at : at + step] for at in range(0, len(sent), step)]))

    assert lines == ["one", "", "zwö", "last"]


def test_line_door_refuses_a_line_without_end() -> None:
    """A server that never ends its line cannot fill the client's memory."""
    with pytest.raises(Lost, match="over 67108864 bytes"):
        asyncio.run(_heard([b"x" * (LINE_LIMIT_BYTES + 1)]))


async def _heard(chunks: list[bytes]) -> list[str]:
    """Return the lines of a door whose server sends these chunks one by one and ends."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    door = LineDoor(ours)

    async def send() -> None:
        for chunk in chunks:
            await asyncio.get_running_loop().sock_sendall(theirs, chunk)
            await asyncio.sleep(0)  # the reader's turn
        theirs.close()

    sending = asyncio.create_task(send())
    try:
        return [line async for line in door.lines()]
    finally:
        sending.cancel()
        theirs.close()
        await door.aclose()
