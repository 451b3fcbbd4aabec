"""What a codec makes of the bytes it is fed.

Both codecs (line_codec.py, websocket_codec.py) turn bytes into these, in order:

    Opened    the client may join now (the line door is open from the start)
    Answer    plain HTTP: send these bytes and close; the client never joins
    Health    plain HTTP too, but the answer needs the hub's numbers
    Line      the client said this
    Bad       the client sent something that gets an error and is otherwise ignored
    Reply     send these bytes to the client, at any place between its messages
    Alive     a whole frame came in, with a line in it or without: the client shows life
    Closing   nothing more will come; the codec's farewell is the right last word
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
    """``GET /healthz``."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, not empty, with every control character already a space."""

    text: str


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that was refused; ``problem`` tells its sender why."""

    problem: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A control frame's answer."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Alive:
    """A whole WebSocket frame came in."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The peer said goodbye, or broke the protocol in a way that ends the connection."""


Event = Opened | Answer | Health | Line | Bad | Reply | Alive | Closing
