"""What stands in a hub's benchmark for the clients' connections."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from implementations.core.commands import Say
from implementations.core.message import TCP, encode


__all__ = ["ADDRESS", "DOOR", "HEARD", "SAY", "TALKER", "FakeSocket", "Scene", "all_took"]

DOOR = TCP
TALKER = 1  # the first client, by its id
ADDRESS = "127.0.0.1:{}"  # of a client, by its id
SAY = Say("x" * 50)
HEARD = encode(f"{ADDRESS.format(TALKER)}: {SAY.text}").tcp  # 63 bytes to everyone, its talker too


class FakeSocket:
    """A socket that takes everything at once and keeps it: no system call.

    Args:
        told: called after each write.

    Attributes:
        taken: what was written to it, write by write.
    """

    def __init__(self, told: Callable[[], None] | None = None) -> None:
        self.taken: list[bytes] = []
        self._told = told

    def send(self, data: bytes) -> int:
        """Take all of ``data``. Never waits."""
        self.taken.append(data)
        if self._told is not None:
            self._told()
        return len(data)

    def as_socket(self) -> socket.socket:
        """Return it under the type that a hub asks for; a hub uses ``send`` alone."""
        return cast(socket.socket, self)


class Scene(Protocol):
    """A hub that runs, with n clients in it. Each runtime has its own, in scene_*.py."""

    def fan_out(self) -> None:
        """Submit one message, and return when the last client has been handed it."""

    def clear(self) -> None:
        """Take the message away from each client, so that the next finds them all as before.

        To be called after each `fan_out`, outside of what is measured. It fails when a
        client has got anything but that one message.
        """


def all_took(socks: Sequence[FakeSocket]) -> None:
    """See that each socket took the one message in one write and nothing else, and empty it."""
    for sock in socks:
        assert sock.taken == [HEARD], sock.taken
        sock.taken.clear()
