"""Share the client map between threads without a lock.

Every thread adds, removes and walks the same dict. One that walks it while another changes its
size gets an exception in the middle of a delivery, and the rest of the clients get nothing; and
two that walk it at once deliver in different orders to different clients.

Imitates: the chat room with a Manager and an online map (S4-01, S4-02), which Go's runtime ends
at once. Python's goes on, with some clients told and some not.

Looks right: each operation on a dict is atomic under the global interpreter lock. A loop over a
dict is many operations.

Breaks: order.total

May break: names.race, names.freed, commands.text, membership.*, order.speaker, order.membership,
delivery.exactly-once, flood.paced, flood.everyone, limits.freed, limits.descriptors, logging.*

Shown by: many who talk, come and go. Each send is a moment at which threads change, as sends to
sockets are.

Instead: implementations/on_threads/hub_mutex.py, or one owner: hub_broadcaster.py.
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
    """An outbox that lets go of the interpreter, as a send would."""

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Queue ``message``."""
        time.sleep(0)
        return super().offer(message, exempt)


class Hub(MutexHub):
    """A hub whose lock locks nothing."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        no_lock: Any = contextlib.nullcontext()
        self._lock = no_lock

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Make the outbox of a client."""
        return Sending(door, self._settings, self._pace, self._relay)


REPLACES = {"implementations.on_threads.MutexHub": Hub}
