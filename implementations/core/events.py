"""What a codec makes of the bytes that it is fed.

Both codecs (line_codec.py, websocket_codec.py) turn bytes into these events, in order:

    Opened    the handshake is done: the client may join (the TCP door has no handshake)
    Answer    plain HTTP: send these bytes and close; the client never joins
    Health    plain HTTP, too, but the answer needs the hub's counts
    Line      the client sent this line
    Bad       the client sent a line that is refused: tell it why, and go on
    Reply     send these bytes to the client, between any two of its messages
    Alive     a whole frame came in, with or without a line: the client is alive
    Closing   the client will send nothing more: end with the codec's farewell
"""

from __future__ import annotations

from dataclasses import dataclass


__all__ = ["Alive", "Answer", "Bad", "Closing", "Event", "Health", "Line", "Opened", "Reply"]


@dataclass(frozen=True, slots=True)
class Opened:
    """The handshake is done."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Health:
    """``GET /healthz``, or ``GET /lab`` if ``lab`` is true."""

    lab: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line, not empty. Its control characters have become spaces."""

    text: str


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that was refused; ``problem`` tells the sender why."""

    problem: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a control frame."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Alive:
    """A whole WebSocket frame came in."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The client said goodbye, or broke the protocol so that the connection must end."""


Event = Opened | Answer | Health | Line | Bad | Reply | Alive | Closing
