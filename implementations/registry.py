"""The servers: their ids, what each is in one line, and how to start it.

Imports no runtime: `Server.run` does, so that starting one server loads no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from implementations.core.errors import SettingsError
from implementations.core.settings import Endpoint, Settings
from implementations.core.site import Site


__all__ = ["SERVERS", "Server", "find"]

Announce = Callable[[Endpoint, Endpoint], None]


@dataclass(frozen=True)
class Server:
    """One server and its three axes.

    Attributes:
        runtime: ``threads``, ``asyncio`` or ``trio``.
        hub: ``mutex``, ``broadcaster`` or ``direct``: who owns the client map.
        delivery: ``outbox`` (a queue and a write pump a client) or ``direct``.
        summary: one line.
    """

    runtime: str
    hub: str
    delivery: str
    summary: str

    @property
    def id(self) -> str:
        """``asyncio-mutex`` and so on: the same in the CLI, tests, reports and prose."""
        return f"{self.runtime}-{self.hub}"

    def run(self, settings: Settings, site: Site, announce: Announce) -> None:
        """Serve until a signal ends it. For the main thread of a process of its own."""
        package = import_module(f"implementations.on_{self.runtime}")
        make_hub = getattr(package, f"{self.hub.capitalize()}Hub")
        asyncio.run(package.serve(settings, make_hub, site, announce))


SERVERS = (
    Server(
        "asyncio", "mutex", "outbox", "tasks share the client map under a lock they do not need"
    ),
    Server("asyncio", "broadcaster", "outbox", "one task owns the client map, others send to it"),
)


def find(server_id: str) -> Server:
    """Return the server with that id.

    Raises:
        SettingsError: there is none.
    """
    for server in SERVERS:
        if server.id == server_id:
            return server
    raise SettingsError(f"unknown server {server_id!r} (hubbub list shows them all)")
