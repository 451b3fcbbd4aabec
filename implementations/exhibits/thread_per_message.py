"""Start a thread for each message.

The read pump does not wait until the hub has taken a line. It starts a thread that hands the line
over, and reads on. The system decides which of two threads gets the lock first, so the lines of
one talker overtake each other.

Imitates: ``go broadcast(line)`` in a Go loop, translated to ``executor.submit``.

Looks right: the reader is never held up, and the hub has its lock.

Breaks: order.speaker

May break: framing.chunks, framing.crlf, framing.last-line, framing.control, framing.limit,
framing.too-long, framing.not-utf8, names.rename, names.taken, commands.say, commands.unknown,
commands.quit, commands.forge, membership.one-step, membership.half-close, membership.churn,
order.membership, delivery.*, slow.isolation, slow.cut-off, slow.drop-oldest, slow.drop-newest,
slow.block, flood.paced, flood.everyone, shutdown.delivers, logging.calm

Shown by: a client that says several lines in a row, when some lines take longer to handle than
others.

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
    """A hub that starts a thread for each command."""

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Start a thread that does what a member asks, and return at once."""
        threading.Thread(target=self._submit, args=(client_id, command)).start()

    def _submit(self, client_id: ClientId, command: Command) -> None:
        time.sleep(random() / 1000)  # a spelling check takes as long
        super().submit(client_id, command)


REPLACES = {"implementations.on_threads.MutexHub": Hub}
