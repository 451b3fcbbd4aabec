"""What ``GET /lab`` shows: the figures of one server that was started with ``--lab``.

Without ``--lab`` there is no `Probe`, and every socket is an ordinary one. With it, each client's
socket counts its own writes, and everything else is read only when ``GET /lab`` asks.

Invariants:
  1. Each `CountedSocket` has at most one thread or task that writes at a time. So no count needs a
     lock.
  2. No write and no drop is lost when a client leaves: its counts go into the totals.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Protocol

from implementations.core.counted_room import Stats
from implementations.core.site import answer


__all__ = ["LAG_STEP_S", "CountedSocket", "Probe"]

LAG_STEP_S = 0.02  # how long the task that measures the lag of a loop sleeps each time


class _Outbox(Protocol):
    @property
    def depth(self) -> int: ...

    @property
    def dropped(self) -> int: ...

    @property
    def held(self) -> int: ...


class _Connection(Protocol):
    joined: bool
    _outbox: Any


class CountedSocket(socket.socket):
    """A client's socket that counts its writes.

    Attributes:
        port: the client's own TCP port.
        writes: calls of `send` that took bytes.
        connection: the client's connection, once it is made.
    """

    __slots__ = ("_probe", "connection", "port", "writes")

    def __init__(self, sock: socket.socket, port: int, probe: Probe) -> None:
        super().__init__(sock.family, sock.type, sock.proto, fileno=sock.detach())
        self.setblocking(False)
        self.port = port
        self.writes = 0
        self.connection: _Connection | None = None
        self._probe = probe

    @property
    def outbox(self) -> _Outbox | None:
        """The client's outbox; None while the client is not in the room."""
        connection = self.connection
        if connection is None or not connection.joined:
            return None
        outbox: _Outbox = connection._outbox  # only read, so that connection.py needs no more lines
        return outbox

    def send(self, data: Any, flags: int = 0) -> int:
        """Write, and count the write. See `socket.socket.send`."""
        sent = _send(self, data, flags)
        self.writes += 1
        return sent

    def close(self) -> None:
        """Close the socket, and leave its counts with the probe. Idempotent."""
        self._probe.forget(self)
        super().close()


_send = socket.socket.send


class Probe:
    """The sockets of all clients, and the counts of the clients that have left.

    Callable from any thread.

    Args:
        writer: that of the settings. With ``uring`` most writes pass no socket of ours, so how many
            they are is not known.
        tasks: tells how many tasks the runtime has; None if the runtime has none.
    """

    def __init__(self, writer: str = "send", tasks: Callable[[], int] | None = None) -> None:
        self._counts_writes = writer != "uring"
        self._tasks = tasks
        self._lock = threading.Lock()  # guards every attribute below
        self._sockets: set[CountedSocket] = set()
        self._writes = 0
        self._dropped = 0
        self._lag_s: float | None = None

    def counted(self, sock: socket.socket, port: int) -> CountedSocket:
        """Return a socket that takes the place of ``sock`` and counts its writes."""
        counted = CountedSocket(sock, port, self)
        with self._lock:
            self._sockets.add(counted)
        return counted

    def forget(self, sock: CountedSocket) -> None:
        """Keep the counts of a socket that closes, and drop the socket. Idempotent."""
        with self._lock:
            if sock in self._sockets:
                self._sockets.remove(sock)
                self._writes += sock.writes
                outbox = sock.outbox
                self._dropped += outbox.dropped if outbox is not None else 0

    def late(self, late_s: float) -> None:
        """Note that the loop woke a sleeping task so much later than the task had asked for."""
        with self._lock:
            self._lag_s = max(late_s, self._lag_s or 0.0)

    def answer(self, stats: Stats) -> bytes:
        """Answer ``GET /lab``. The worst lag begins anew after it.

        Args:
            stats: the hub's counts.
        """
        with self._lock:
            sockets = list(self._sockets)
            writes, dropped = self._writes, self._dropped
            lag_s, self._lag_s = self._lag_s, None
        clients: list[tuple[int, int]] = []
        held = 0  # all outboxes of a server have one Pace, so each says the same
        for sock in sockets:
            writes += sock.writes
            outbox = sock.outbox
            if outbox is not None:
                dropped += outbox.dropped
                held = outbox.held if not clients else held
                clients.append((sock.port, outbox.depth))
        figures = {
            "clients": clients,
            "dropped": dropped,
            "writes": writes if self._counts_writes else None,
            "tasks": None if self._tasks is None else self._tasks(),
            "threads": threading.active_count(),
            "lag_ms": None if lag_s is None else round(1000 * lag_s, 3),
            "held": held,
            "evictions": stats.evictions,
            "deliveries": stats.deliveries,
        }
        return answer(HTTPStatus.OK, json.dumps(figures).encode() + b"\n", "application/json")
