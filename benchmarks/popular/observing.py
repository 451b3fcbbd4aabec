"""The clients of the study: they accept whatever a server sends, and write it down."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from conformance.expectations import Mismatch
from conformance.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT
from conformance.server import Address, spell
from conformance.websocket_client import WebSocketClient


__all__ = ["Observer", "gathered", "join", "reaches", "wait_until"]

WITHIN_S = 10.0
_SPEAKER = re.compile(r"^127\.0\.0\.1:\d+: ")  # what our own servers put before a message
BINARY_MARK = "a binary message: "


class Observer(WebSocketClient):
    """A client that also takes binary messages and bad UTF-8, as lines that say so.

    A frame that holds several messages, joined by newlines, counts as several. Names and
    announcements, which only our own servers have, are left out.
    """

    _opcode = TEXT

    def _receive(self, data: bytes) -> None:
        for frame in self._frames.feed(data):
            if frame.opcode in (TEXT, BINARY, CONTINUATION):
                if frame.opcode != CONTINUATION:
                    self._opcode = frame.opcode
                self._message += frame.payload
                if frame.fin:
                    message, self._message = self._message, b""
                    mark = BINARY_MARK if self._opcode == BINARY else ""
                    for part in message.split(b"\n"):
                        text = _SPEAKER.sub("", part.decode(errors="backslashreplace"), count=1)
                        if not text.startswith("* "):  # the announcements of our own servers
                            self._got(mark + text)
            elif frame.opcode == CLOSE:
                self._got_close(frame.payload)
            elif frame.opcode == PING:
                self._answer(PONG, frame.payload)

    def heard(self) -> list[str]:
        """Return every line that has come so far."""
        return self._inbox.lines[:]

    def heard_count(self) -> int:
        """Return how many lines have come so far."""
        return len(self._inbox.lines)


def join(
    address: Address, label: str, *, receive_buffer_bytes: int | None = None, origin: str = ""
) -> Observer:
    """Connect one client with the origin of the server itself: some frameworks demand one.

    Raises:
        Refused: the handshake was refused.
        Mismatch: the server did not answer.
    """
    return Observer(
        address,
        label=label,
        receive_buffer_bytes=receive_buffer_bytes,
        headers={"Origin": origin or f"http://{spell(address)}"},
        within=WITHIN_S,
    )


@contextmanager
def gathered(
    address: Address, labels: Sequence[str], receive_buffer_bytes: int | None = None
) -> Iterator[list[Observer]]:
    """Connect clients, each of which has heard its own greeting: so it is in the room.

    Raises:
        Mismatch: a client never heard its own greeting.
    """
    clients: list[Observer] = []
    try:
        for label in labels:
            client = join(address, label, receive_buffer_bytes=receive_buffer_bytes)
            clients.append(client)
            client.say(f"{label} is here")
            client.wait_for(f"{label} is here", WITHIN_S)
        yield clients
    finally:
        for client in clients:
            client.abandon()


def reaches(speaker: Observer, listener: Observer, text: str, within_s: float = 3.0) -> bool:
    """Return whether a text that one client says reaches another one in time."""
    try:
        speaker.say(text, within=within_s)
        listener.wait_heard(text, within_s)
    except Mismatch:
        return False
    return True


def wait_until(clients: Sequence[Observer], lines: int, still_s: float, at_most_s: float) -> None:
    """Wait until each client has so many lines or has ended, or nothing has come for a while."""
    deadline, moved = time.monotonic() + at_most_s, time.monotonic()
    before = -1
    while time.monotonic() < deadline and time.monotonic() - moved < still_s:
        open_ones = [client for client in clients if client.end is None]
        if all(client.heard_count() >= lines for client in open_ones):
            return
        now = sum(client.heard_count() for client in clients)
        if now != before:
            before, moved = now, time.monotonic()
        time.sleep(0.05)
