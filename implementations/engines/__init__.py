"""The logs that nodes of one room share, kept by software that other people maintain.

An engine keeps one log of entries and one snapshot. It does not know what they mean.

    memory.py    in this process: for one node alone, for tests, for replays
    nats.py      NATS JetStream: for nodes on many machines (pip install 'hubbub[cluster]')
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from implementations.core.errors import CannotStart, HubbubError, SettingsError


__all__ = ["Engine", "EngineGone", "EngineRefuses", "Membership"]


class EngineGone(HubbubError):
    """The engine did not answer in time. What was appended may or may not be in the log."""


class EngineRefuses(HubbubError):
    """The engine answers, and trying again is of no use. The message says what to do."""


class Engine(Protocol):
    """One log and one snapshot, as one node sees them. Each method may be called from any task."""

    async def open(self) -> None:
        """Connect, and create the log if there is none.

        Raises:
            EngineGone: no server of the engine can be reached.
            EngineRefuses: the log is of another version, or this node may not use it.
        """

    async def append(self, data: bytes) -> None:
        """Append an entry, and return when the engine keeps it.

        Raises:
            EngineGone: nobody knows whether the entry is in the log. Append it again.
            EngineRefuses: the log is full, for example.
        """

    def follow(self, place: int) -> AsyncIterator[tuple[int, bytes]]:
        """Yield the entries after ``place`` with their places, in order, as they come; for ever.

        While the engine does not answer it waits, and tries again.

        Raises:
            EngineRefuses: entries after ``place`` are gone: begin with the snapshot.
        """

    async def end(self) -> int:
        """Return the place of the last entry; 0 when there is none. Raises as `append` does."""

    async def save(self, place: int, snapshot: bytes) -> None:
        """Keep a snapshot, and let older entries go. Raises as `append` does."""

    async def load(self) -> bytes | None:
        """Return the last snapshot; None when there is none. Raises as `append` does."""

    async def close(self) -> None:
        """Disconnect. Idempotent."""


@dataclass(frozen=True)
class Membership:
    """Which room a node belongs to, and by which name.

    Attributes:
        engine: ``memory``, or the addresses of NATS servers, separated by commas.
        room: the room's name.
        node: the node's name. No other node of the room that is alive may have it.
    """

    engine: str = "memory"
    room: str = "lobby"
    node: str = "n1"

    def check(self) -> None:
        """Raise SettingsError if a value makes no sense."""
        for flag, name in (("--room", self.room), ("--node", self.node)):
            if not re.fullmatch(r"[\w-]{1,32}", name, re.ASCII):
                raise SettingsError(
                    f"{flag}: expected 1 to 32 letters, digits, '-' or '_', got {name!r}"
                )
        if self.engine != "memory":
            for address in self.engine.split(","):
                if not re.fullmatch(r"(nats|tls)://\S+", address):
                    raise SettingsError(
                        f"--engine: expected memory or nats://HOST:PORT, got {address!r}"
                    )

    def make_engine(self) -> Engine:
        """Return the engine, not yet connected.

        Raises:
            CannotStart: its library is not installed.
        """
        if self.engine == "memory":
            memory: Any = import_module("implementations.engines.memory")
            engine: Engine = memory.MemoryEngine(memory.MemoryLog())
            return engine
        try:
            nats: Any = import_module("implementations.engines.nats")
        except ModuleNotFoundError:
            raise CannotStart(
                "--engine nats://… needs nats-py: pip install 'hubbub[cluster]'"
            ) from None
        remote: Engine = nats.NatsEngine(self.engine.split(","), self.room)
        return remote
