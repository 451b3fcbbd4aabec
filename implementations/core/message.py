"""A line, encoded once for each door.

A broadcast is encoded here once and handed to every client as the same two
byte strings: no client costs an encoding of its own.
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
    """Encode lines that go together and take one place in an outbox.

    Args:
        lines: free of line breaks; the room sees to that.
    """
    payloads = [line.encode() for line in lines]
    return Message(
        tcp=b"".join(payload + b"\n" for payload in payloads),
        ws=b"".join(Frame(Opcode.TEXT, payload).serialize(mask=False) for payload in payloads),
    )
