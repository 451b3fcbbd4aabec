"""Outboxes that never fill: they keep what they are given, in order."""

from __future__ import annotations

import socket
from collections.abc import Callable

from implementations.core.causes import Cause
from implementations.core.group import Group
from implementations.core.message import WS, Message
from implementations.core.settings import Settings
from implementations.on_trio.outbox import Outbox
from implementations.on_trio.outbox_direct import DirectOutbox
from implementations.on_trio.pace import Pace


__all__ = ["DirectRecorder", "Recorder"]


class Recorder(Outbox):
    """One client of a hub under test, without a connection."""

    def __init__(self) -> None:
        super().__init__(WS, Settings(), Pace())
        self.lines: list[str] = []

    def offer(self, message: Message, exempt: bool = False) -> bool:
        self.lines += message.tcp.decode().splitlines()
        return True

    def close(self, cause: Cause) -> None:
        self.cause = cause


class DirectRecorder(DirectOutbox):
    """One client of a direct hub under test, without a connection.

    Args:
        hears: called with the last line of each group, before any other client gets it.
    """

    def __init__(self, hears: Callable[[str], object] = lambda line: None) -> None:
        with socket.socket() as unused:
            super().__init__(unused, WS, Settings(), Pace())
        self._hears = hears
        self.groups: list[list[str]] = []

    @property
    def lines(self) -> list[str]:
        """All lines that came, in whatever group."""
        return [line for group in self.groups for line in group]

    def push(self, group: Group) -> bool:
        self.groups.append(group.joined.tcp.decode().splitlines())
        self._hears(self.groups[-1][-1])
        return True

    def close(self, cause: Cause) -> None:
        self.cause = cause
