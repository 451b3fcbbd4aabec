"""Outboxes that never fill: they keep what they are given, in order."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from implementations.core.causes import Cause
from implementations.core.group import Group
from implementations.core.message import WS, Message
from implementations.core.settings import Settings
from implementations.on_threads.outbox import Outbox
from implementations.on_threads.outbox_direct import DirectOutbox
from implementations.on_threads.pace import Pace
from implementations.on_threads.relay import Relay


__all__ = ["DirectRecorder", "Recorder"]


class Recorder(Outbox):
    """One client of a hub under test, without a connection."""

    def __init__(self) -> None:
        super().__init__(WS, Settings(), Pace(), Relay())
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
            super().__init__(unused, WS, Settings(), Pace(), Relay(), threading.RLock())
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
