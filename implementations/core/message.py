"""A line, encoded once for each door.

A message to everyone is encoded here once, into two byte strings, and every client gets
one of the two. So the number of clients does not matter for the cost of encoding.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from websockets.frames import Frame, Opcode


__all__ = ["TCP", "WS", "Door", "Message", "encode"]

Door = Literal[0, 1]
TCP: Door = 0
WS: Door = 1


class Message(NamedTuple):
    """The bytes of one message at each door: ``message[TCP]``, ``message[WS]``."""

    tcp: bytes
    ws: bytes


def encode(*lines: str) -> Message:
    """Encode lines that go out together and take one place in an outbox.

    Args:
        lines: without line breaks; the codecs replace them.
    """
    payloads = [line.encode() for line in lines]
    return Message(
        tcp=b"".join(payload + b"\n" for payload in payloads),
        ws=b"".join(Frame(Opcode.TEXT, payload).serialize(mask=False) for payload in payloads),
    )
