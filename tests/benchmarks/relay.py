"""A small broadcast server with planted faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve


__all__ = ["ChatRelay", "Fault", "Relay", "faithful", "relaying"]

# (client, message, text) -> the texts that this client gets instead, in order
Fault = Callable[[int, int, str], list[str]]


def faithful(client: int, message: int, text: str) -> list[str]:
    """No fault."""
    return [text]


class Relay:
    """Sends each message to every client, after ``delay_s`` during which it does nothing else."""

    def __init__(self, fault: Fault, speaker: str, delay_s: float) -> None:
        self._fault = fault
        self._speaker = speaker
        self._delay_s = delay_s
        self._connections: list[ServerConnection] = []
        self._lock = threading.Lock()

    def __call__(self, connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            with self._lock:
                self._connections.append(connection)
            for line in connection:
                assert isinstance(line, str)
                with self._lock:
                    if self._delay_s:
                        time.sleep(self._delay_s)
                    for client, recipient in enumerate(self._connections):
                        for text in self._fault(client, int(line[:8]), self._speaker + line):
                            recipient.send(text)


class ChatRelay(Relay):
    """The same, and it announces each arrival, as a chat room does."""

    def __call__(self, connection: ServerConnection) -> None:
        with self._lock:
            connection.send("* you are X")
            for other in self._connections:
                other.send("* X joined")
        super().__call__(connection)


@contextmanager
def relaying(
    fault: Fault = faithful,
    *,
    kind: type[Relay] = Relay,
    speaker: str = "",
    delay_s: float = 0.0,
    refuse: Callable[[ServerConnection, Request], Response | None] | None = None,
) -> Iterator[str]:
    """Run such a server in a thread; give its address, ``HOST:PORT``."""
    server: Server
    relay = kind(fault, speaker, delay_s)
    with serve(relay, "127.0.0.1", 0, compression=None, process_request=refuse) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            host, port = server.socket.getsockname()[:2]
            yield f"{host}:{port}"
        finally:
            server.shutdown()
            thread.join()
