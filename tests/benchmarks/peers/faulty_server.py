"""A broadcast server with a planted fault, for judging."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from conformance.timing import TICK


__all__ = ["Fault", "faultless", "serving"]

# (client, text) -> the texts that this client gets instead, in order
Fault = Callable[[int, str], list[str]]


def faultless(client: int, text: str) -> list[str]:
    """No fault."""
    return [text]


class _Relay:
    """Sends each message to every client in one order, with a planted fault."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._connections: dict[ServerConnection, int] = {}
        self._numbers = count()
        self._lock = threading.Lock()

    def __call__(self, connection: ServerConnection) -> None:
        with self._lock:
            self._connections[connection] = next(self._numbers)
        with suppress(ConnectionClosed):
            for text in connection:
                assert isinstance(text, str)
                with self._lock:
                    self._relay(text)
        with self._lock:
            del self._connections[connection]

    def _relay(self, text: str) -> None:
        for other, client in self._connections.items():
            for instead in self._fault(client, text):
                with suppress(ConnectionClosed):  # the client has gone; its own thread notices
                    other.send(instead)


@contextmanager
def serving(
    fault: Fault, compression: str | None = None, max_size: int | None = None
) -> Iterator[tuple[str, int]]:
    """Run such a server in a thread; give its address."""
    # Sending to a client that is closing waits for the end of its connection.
    server: Server = serve(
        _Relay(fault),
        "127.0.0.1",
        0,
        compression=compression,
        close_timeout=TICK,
        max_size=max_size,
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.socket.getsockname()[:2]
    finally:
        server.shutdown()
        thread.join()
