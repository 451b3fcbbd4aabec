"""The clients with which a peer is judged, and checks of what they get.

A peer names no speakers, but our own servers do: lines are compared without the name before them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from conformance.checker import Session, tag_of, tagged
from conformance.expectations import Mismatch
from conformance.server import spell
from conformance.websocket_client import WebSocketClient


__all__ = ["Address", "connected", "exchange", "expect", "listener", "saying", "session"]

Address = tuple[str, int]


class _Listener(WebSocketClient):
    """Splits a frame that holds several messages, joined by newlines."""

    def _got(self, line: str) -> None:
        for part in line.split("\n"):
            super()._got(part)


def listener(address: Address, label: str, within_s: float) -> WebSocketClient:
    """Connect one client, with the origin of the server itself: some libraries demand one.

    Raises:
        Refused: the handshake was refused.
    """
    own = {"Origin": f"http://{spell(address)}"}
    return _Listener(address, label=label, headers=own, within=within_s)


@contextmanager
def connected(
    address: Address, number: int, within_s: float, *, kind: str = "client"
) -> Iterator[list[WebSocketClient]]:
    """Connect clients, each of which is in the room: it has heard its own first message.

    An answered upgrade does not prove that: a server may put the client on its list later.

    Raises:
        Mismatch: a client never heard a first message.
    """
    clients: list[WebSocketClient] = []
    try:
        for place in range(number):
            newcomer = listener(address, f"{kind}{place}", within_s)
            clients.append(newcomer)
            hello = tagged(newcomer.label, 0)
            newcomer.say(hello)
            _all_hear(clients, newcomer.label, hello, within_s)
        yield clients
    finally:
        for client in clients:
            client.abandon()


def exchange(clients: Sequence[WebSocketClient], texts: Sequence[str], within_s: float) -> None:
    """Let the first client say each text; every client must get it before the next one is said.

    Raises:
        Mismatch: a client did not get a text.
    """
    for text in texts:
        clients[0].say(text)
        _all_hear(clients, clients[0].label, text, within_s)


def expect(
    anna: WebSocketClient, ben: WebSocketClient, texts: Sequence[str], within_s: float
) -> None:
    """Check that anna gets exactly what ben has sent.

    Raises:
        Mismatch: anna got something else.
    """
    fence = ben.send_fence()
    lines = anna.lines_until(fence, within_s)
    heard = [_text(line) for line in lines if not line.startswith("* ")]
    if heard != list(texts):
        raise Mismatch(f"expected {list(texts)!r}, got {heard!r}")


def saying(text: str) -> Callable[[str], bool]:
    """Return a test for a line: whether it says ``text``, under any name or none."""
    return lambda line: _text(line) == text


def session(client: WebSocketClient) -> Session:
    """Return what a client said and got, as the history checker takes it."""
    log = [
        (event.kind, event.text if event.kind == "said" else _attributed(_text(event.text)))
        for event in list(client.log)
        if event.kind == "said" or not event.text.startswith("* ")
    ]
    said = [line for kind, line in log if kind == "said"]
    back = ("got", _attributed(said[-1])) in log
    return Session.from_log(client.label, log, complete=back)


def _all_hear(clients: Sequence[WebSocketClient], speaker: str, text: str, within_s: float) -> None:
    for client in clients:
        try:
            client.wait_for(saying(text), within_s)
        except Mismatch:
            raise Mismatch(f"{client.label} never got what {speaker} said: {text!r}") from None


def _attributed(text: str) -> str:
    """Put the speaker's name before a text, taken from the tag in it: a peer names no speakers."""
    tag = tag_of(text)
    return f"{tag[0] if tag else 'nobody'}: {text}"


def _text(line: str) -> str:
    """Return what was said, without the name that our own servers put before it."""
    return line.rpartition(": ")[2]
