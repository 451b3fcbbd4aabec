"""An outbox that never fills: it keeps what it is offered, in order."""

from __future__ import annotations

from implementations.core.causes import Cause
from implementations.core.message import WS, Message
from implementations.core.settings import Settings
from implementations.on_asyncio.outbox import Outbox
from implementations.on_asyncio.pace import Pace


__all__ = ["Recorder"]


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
