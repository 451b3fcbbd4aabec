"""Why a client's stay ended, and how the room and each door say so."""

from __future__ import annotations

from enum import Enum


__all__ = ["Cause"]


class Cause(Enum):
    """Why a stay ended.

    Attributes:
        departure: completes the line ``* NAME …`` that the others get.
        close_code: the code of the WebSocket close frame.
        reason: the close frame's reason, and on both doors the line ``! reason``
            before the end where the client could not have known; see ``notice``.
    """

    LEFT = ("left", 1000, "goodbye")  # the peer ended it
    QUIT = ("left", 1000, "you quit")  # it asked us to
    TIMED_OUT = ("timed out", 1008, "timed out: nothing heard from you for too long")
    TOO_SLOW = ("was too slow", 1013, "too slow: you read slower than the room talks")
    SHUTDOWN = ("left", 1001, "server is shutting down")

    def __init__(self, departure: str, close_code: int, reason: str) -> None:
        self.departure = departure
        self.close_code = close_code
        self.reason = reason

    @property
    def notice(self) -> str:
        """The last line for the client itself; empty where it knows already."""
        return f"! {self.reason}" if self in (Cause.TIMED_OUT, Cause.TOO_SLOW) else ""
