"""Why a client's stay ended, and how the room and each door say so."""

from __future__ import annotations

from enum import Enum


__all__ = ["Cause"]


class Cause(Enum):
    """Why a stay ended.

    Attributes:
        departure: the rest of the line ``* NAME …`` that the other members get.
        close_code: the code of the WebSocket close frame.
        reason: the reason in the close frame. `notice` says when it is a line, too.
    """

    LEFT = ("left", 1000, "goodbye")  # the client ended it
    QUIT = ("left", 1000, "you quit")  # the client asked the server to end it
    TIMED_OUT = ("timed out", 1008, "timed out: nothing heard from you for too long")
    TOO_SLOW = ("was too slow", 1013, "too slow: you read slower than the room talks")
    SHUTDOWN = ("left", 1001, "server is shutting down")
    CUT_OFF = ("left", 1012, "cut off: this node lost touch with the room; connect again")

    def __init__(self, departure: str, close_code: int, reason: str) -> None:
        self.departure = departure
        self.close_code = close_code
        self.reason = reason

    @property
    def notice(self) -> str:
        """The last line for the client itself, at both doors.

        Empty where the client knows the reason already: it left, or heard of the shutdown.
        """
        told = (Cause.TIMED_OUT, Cause.TOO_SLOW, Cause.CUT_OFF)
        return f"! {self.reason}" if self in told else ""
