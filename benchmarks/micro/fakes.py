"""Fake clients for the benchmarks of hubs."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from implementations.core.commands import Say
from implementations.core.message import TCP, encode


__all__ = ["ADDRESS", "DOOR", "HEARD", "SAY", "TALKER", "FakeSocket", "Scene", "all_took"]

DOOR = TCP
TALKER = 1  # the id of the first client
ADDRESS = "127.0.0.1:{}"  # of a client, by its id
SAY = Say("x" * 50)
HEARD = encode(f"{ADDRESS.format(TALKER)}: {SAY.text}").tcp  # 63 bytes to each client


class FakeSocket:
    """A socket that takes and keeps every write, without a system call.

    Args:
        told: called after each write.

    Attributes:
        taken: the data of each write.
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
        """Return this socket with the type that a hub expects; a hub uses only ``send``."""
        return cast(socket.socket, self)


class Scene(Protocol):
    """A running hub with n clients. Each runtime has its own, in scene_*.py."""

    def fan_out(self) -> None:
        """Submit one message, and return when the last client has it."""

    def clear(self) -> None:
        """Remove the message from each client, so that the next `fan_out` finds all as before.

        Call it after each `fan_out`, outside of the measured time. It fails if a client has got
        anything else than that one message.
        """


def all_took(socks: Sequence[FakeSocket]) -> None:
    """Check that each socket took exactly one write with the message, and empty the sockets."""
    for sock in socks:
        assert sock.taken == [HEARD], sock.taken
        sock.taken.clear()
