"""``python -m hubbub.echo_server RUNTIME``: a runtime's WebSocket code, with an echo for a room.

The Autobahn cases judge it (hubbub/autobahn.py). Everything that they exercise is the real code:
the connection, the outbox, the closing, and of the codec the handshake, the frames, the pings and
the checks of UTF-8. Only two things are replaced: what the codec makes of a complete message,
and the room.

Invariants:
  1. The room says nothing: everything that leaves the WebSocket door comes from the codec.
  2. No echo is dropped: a client that sends faster than it reads is held back.
"""

from __future__ import annotations

import sys
from unittest.mock import patch

from websockets.frames import Frame, Opcode

from implementations.core.backlog import SlowConsumer
from implementations.core.causes import Cause
from implementations.core.events import Event, Reply
from implementations.core.room import ClientId, Delivery, Goodbye, Room
from implementations.core.settings import Endpoint, Settings
from implementations.core.site import Site
from implementations.core.websocket_codec import WebSocketCodec
from implementations.logs import start_logging
from implementations.servers import SERVERS


__all__ = ["EchoCodec", "SilentRoom", "main"]

MAX_MESSAGE_BYTES = 16 * 1024 * 1024  # the longest message of any Autobahn case
ANY_PORT = Endpoint("127.0.0.1", 0)

SETTINGS = Settings(
    tcp=ANY_PORT,
    ws=ANY_PORT,
    max_line=MAX_MESSAGE_BYTES,
    slow_consumer=SlowConsumer.BLOCK,
    log_level="WARNING",
)


class EchoCodec(WebSocketCodec):
    """A codec that answers each message with the message, where the real one makes lines of it.

    Unlike a chat line, a message may be binary, may hold control characters, and may be empty.
    """

    def __init__(self, settings: Settings, site: Site) -> None:
        super().__init__(settings, site)
        self._opcode = Opcode.TEXT  # of the message that is coming in
        self._payload = bytearray()

    def _feed_data_frame(self, frame: Frame, events: list[Event]) -> tuple[int, str] | None:
        if frame.opcode is not Opcode.CONT:
            self._opcode = frame.opcode
        if self._opcode is Opcode.TEXT:
            lines: list[Event] = []  # not used: a line has lost its control characters
            offence = super()._feed_data_frame(frame, lines)
            if offence:
                return offence
        self._payload += frame.data
        if frame.fin:
            echo = Frame(self._opcode, bytes(self._payload))
            events.append(Reply(echo.serialize(mask=False)))
            self._payload.clear()
        return None


class SilentRoom(Room):
    """A room that says nothing; the only deliveries end a client's stay."""

    def join(self, client_id: ClientId, address: str) -> list[Delivery]:
        """Admit a client without a greeting, and without telling the others."""
        super().join(client_id, address)
        return []

    def leave(self, client_id: ClientId, cause: Cause) -> list[Delivery]:
        """End a client's stay without telling the others."""
        return _goodbyes(super().leave(client_id, cause))

    def close(self) -> list[Delivery]:
        """End every client's stay without a last line."""
        return _goodbyes(super().close())


def main(runtime: str) -> None:
    """Serve until a signal. For the main thread of a process that has imported no runtime yet."""
    # An echo never reaches a hub, so the first hub of a runtime stands for all of them.
    servers = {server.runtime: server for server in reversed(SERVERS)}
    if runtime not in servers:
        sys.exit(f"echo_server: unknown runtime {runtime!r}; there are {', '.join(servers)}")

    def announce(tcp: Endpoint, ws: Endpoint) -> None:
        print(f"hubbub {runtime}-echo ready tcp={tcp} ws={ws}", flush=True)

    start_logging(SETTINGS.log_level)
    # Patched in the core and before `run` imports the runtime, so that this depends on nothing
    # inside a runtime. Servers have no other use for a choice of codec or room.
    with (
        patch("implementations.core.websocket_codec.WebSocketCodec", EchoCodec),
        patch("implementations.core.counted_room.Room", SilentRoom),
    ):
        servers[runtime].run(SETTINGS, Site(f"{runtime}-echo", SETTINGS, b""), announce)


def _goodbyes(deliveries: list[Delivery]) -> list[Delivery]:
    return [delivery for delivery in deliveries if isinstance(delivery, Goodbye)]


if __name__ == "__main__":
    main(sys.argv[1])
