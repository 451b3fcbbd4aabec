"""``python -m tests.autobahn.echo_server RUNTIME``: a runtime's server, echoing.

What is on trial is the runtime's door: its pumps, its outbox, its closing. They
are the real ones; only the codec and the room behind them are others.

Invariants:
  1. The room says nothing: all that goes out at the door is the codec's.
  2. No echo is lost: whoever sends faster than it reads is held back.
"""

from __future__ import annotations

import sys
from unittest.mock import patch

from implementations.core.backlog import SlowConsumer
from implementations.core.causes import Cause
from implementations.core.room import ClientId, Delivery, Goodbye, Room
from implementations.core.settings import Endpoint, Settings
from implementations.core.site import Site
from implementations.logs import start_logging
from implementations.servers import SERVERS
from tests.autobahn.echo_codec import EchoCodec


__all__ = ["SilentRoom", "main"]

MAX_MESSAGE_BYTES = 16 * 1024 * 1024  # the longest of any case, so of those of section 9 too
ANY_PORT = Endpoint("127.0.0.1", 0)

SETTINGS = Settings(
    tcp=ANY_PORT,
    ws=ANY_PORT,
    max_line=MAX_MESSAGE_BYTES,
    slow_consumer=SlowConsumer.BLOCK,
    log_level="WARNING",
)


class SilentRoom(Room):
    """A room whose only deliveries are the ends of stays."""

    def join(self, client_id: ClientId, address: str) -> list[Delivery]:
        """Let a newcomer in, unheard and ungreeted."""
        super().join(client_id, address)
        return []

    def leave(self, client_id: ClientId, cause: Cause) -> list[Delivery]:
        """End a stay without a word."""
        return _farewells(super().leave(client_id, cause))

    def close(self) -> list[Delivery]:
        """End all stays without a word."""
        return _farewells(super().close())


def main(runtime: str) -> None:
    """Serve until a signal; for the main thread of a process that has loaded no runtime yet."""
    # A runtime's first hub will do for all: what an echo passes through is the connection.
    servers = {server.runtime: server for server in reversed(SERVERS)}
    if runtime not in servers:
        sys.exit(f"echo_server: no runtime {runtime!r}, only {', '.join(servers)}")
    server = servers[runtime]

    def announce(tcp: Endpoint, ws: Endpoint) -> None:
        print(f"hubbub {runtime}-echo ready tcp={tcp} ws={ws}", flush=True)

    start_logging(SETTINGS.log_level)
    # Patched, because the servers have no other use for a choice of codec or room; and in the
    # core, before `run` loads the runtime, so that this depends on no runtime's insides.
    with (
        patch("implementations.core.websocket_codec.WebSocketCodec", EchoCodec),
        patch("implementations.core.counted_room.Room", SilentRoom),
    ):
        server.run(SETTINGS, Site(f"{runtime}-echo", SETTINGS, b""), announce)


def _farewells(deliveries: list[Delivery]) -> list[Delivery]:
    return [delivery for delivery in deliveries if isinstance(delivery, Goodbye)]


if __name__ == "__main__":
    main(sys.argv[1])
