"""One client of a crowd, and the marks: lines that no other client says, with a number each."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, field

from conformance.frames import TEXT, encode_frame
from conformance.protocol import Door


__all__ = ["FAREWELL", "Member", "mark"]

FAREWELL = -1  # the number that stands for the server's last line, among the numbers of the marks

_WELCOME = b"* you are "
_HEARD = re.compile(rb"<mark-(\d{6})>|\* (server is shutting down)")
_TAIL_BYTES = 100  # more than the longest of these lines, because a read may cut one in two


def mark(number: int) -> str:
    """Return a line that a crowd recognises."""
    return f"<mark-{number:06}>"


@dataclass(eq=False, slots=True)
class Member:
    """One client of a crowd.

    Attributes:
        heard: the numbers of the marks that came, in order.
    """

    sock: socket.socket
    door: Door
    opening: bool = True  # its handshake is still to be sent
    arrived: bool = False
    leaving: bool = False
    ended: bool = False
    tail: bytes = b""  # the last bytes that came
    heard: list[int] = field(default_factory=list)

    def say(self, *lines: str) -> None:
        """Send lines in one write that the socket must take at once."""
        data = b"".join(
            line.encode() + b"\n" if self.door == "tcp" else encode_frame(TEXT, line.encode())
            for line in lines
        )
        assert self.sock.send(data) == len(data), "the server reads too little"

    def take(self, came: memoryview) -> None:
        """Look in bytes that came for a welcome and for marks, and drop everything else."""
        data = self.tail + came
        end = 0
        self.arrived = self.arrived or _WELCOME in data
        for found in _HEARD.finditer(data):
            end = found.end()
            self.heard.append(FAREWELL if found[2] else int(found[1]))
        self.tail = data[max(end, len(data) - _TAIL_BYTES) :]
