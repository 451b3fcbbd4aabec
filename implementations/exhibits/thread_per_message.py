"""Start a thread for each message.

The read pump does not wait until a line has been handed to the hub: it starts a thread that does,
and reads on. Which of two threads gets the lock first is up to the system, so a speaker's lines
overtake each other.

Imitates: ``go broadcast(line)`` in a loop, and ``executor.submit`` in its place.

Looks right: the reader is never held up, and the hub has its lock.

Breaks: order.speaker

May break: framing.chunks, framing.crlf, framing.last-line, framing.control, framing.limit,
framing.too-long, framing.not-utf8, names.rename, names.taken, commands.say, commands.unknown,
commands.quit, commands.forge, membership.one-step, membership.half-close, membership.churn,
order.membership, delivery.*, slow.isolation, slow.cut-off, slow.drop-oldest, slow.drop-newest,
slow.block, flood.paced, flood.everyone, shutdown.delivers, logging.calm

Shown by: one who says several lines in a row, of which each takes its own time.

Instead: implementations/on_threads/connection.py, where the read pump itself waits for the hub.
"""

from __future__ import annotations

import threading
import time
from random import random

from implementations.core.commands import Command
from implementations.core.room import ClientId
from implementations.on_threads.hub_mutex import MutexHub


BASE = "threads-mutex"


class Hub(MutexHub):
    """Starts a thread for each command."""

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Have a member's wish done some time."""
        threading.Thread(target=self._submit, args=(client_id, command)).start()

    def _submit(self, client_id: ClientId, command: Command) -> None:
        time.sleep(random() / 1000)  # such as a look at each word
        super().submit(client_id, command)


REPLACES = {"implementations.on_threads.MutexHub": Hub}
