"""Share the client map between threads without a lock.

Every thread adds to one dict, removes from it and loops over it. When a thread changes the size of
the dict while another loops over it, the loop raises an exception in the middle of a delivery, and
the remaining clients get nothing. When two threads loop over it at the same time, different
clients get the two messages in different orders.

Imitates: a Go chat room with an online map (docs/provenance.md#text-5), which Go's runtime ends at
once. Python's runtime goes on, and only some clients get the message.

Looks right: each operation on a dict is atomic under the global interpreter lock. But a loop over
a dict is many operations.

Breaks: order.total

May break: names.race, names.freed, commands.text, membership.*, order.speaker, order.membership,
delivery.exactly-once, flood.paced, flood.everyone, limits.freed, limits.descriptors, logging.*

Shown by: many clients that talk, join and leave. Threads can change at each send here, as they can
at a send to a socket.

Instead: implementations/on_threads/hub_mutex.py, which has a lock, or
implementations/on_threads/hub_broadcaster.py, where one thread owns the map.
"""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any

from implementations.core.message import Door, Message
from implementations.core.settings import Settings
from implementations.on_threads.hub_mutex import MutexHub
from implementations.on_threads.outbox import Outbox


BASE = "threads-mutex"


class Sending(Outbox):
    """An outbox that releases the interpreter, as a send would."""

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Let other threads run, then queue ``message``."""
        time.sleep(0)
        return super().offer(message, exempt)


class Hub(MutexHub):
    """A hub whose lock does nothing."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        no_lock: Any = contextlib.nullcontext()
        self._lock = no_lock

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Return a new client's outbox."""
        return Sending(door, self._settings, self._pace, self._relay)


REPLACES = {"implementations.on_threads.MutexHub": Hub}
