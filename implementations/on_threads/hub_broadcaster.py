"""The broadcaster hub in the threads runtime: one thread owns the room, the others command it.

Mirrors on_asyncio/hub_broadcaster.py and on_trio/hub_broadcaster.py. In Go, one goroutine
would ``select`` over three channels: for entering, for leaving and for messages. Here one
inbox takes the place of the three channels, so that the commands of one thread keep their
order.

Invariants:
  1. The room is a local variable of `run`: nothing else can reach it.
  2. A full inbox holds the talkers back, as an outbox at its high-water mark does: see inbox.py.
"""

from __future__ import annotations

import socket

from implementations.core.causes import Cause
from implementations.core.commands import Command, Who
from implementations.core.counted_room import Stats
from implementations.core.fanout import Fanout
from implementations.core.message import Door
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.on_threads.inbox import Inbox
from implementations.on_threads.outbox import Outbox
from implementations.on_threads.pace import Pace
from implementations.on_threads.relay import Relay


__all__ = ["BroadcasterHub"]


class BroadcasterHub:
    """A room that one thread owns."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pace = Pace()
        self._relay = Relay()
        self._inbox: Inbox[Fanout] = Inbox(settings.inbox, self._pace)
        self._stopped = False

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Make the outbox of a client that `join` may let in. This kind never uses ``sock``."""
        return Outbox(door, self._settings, self._pace, self._relay)

    def run(self) -> None:
        """Own the room until `stop`: carry out the commands of the inbox one after the other."""
        fanout = Fanout(self._settings.max_clients)
        while not self._stopped:
            command = self._inbox.take()
            command(fanout)
            self._inbox.carried_out(1)

    def stop(self) -> None:
        """Make `run` return after the commands that are in the inbox now."""
        self._inbox.put(self._end)

    def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in. Its welcome is the first thing in ``outbox``.

        Callable from any thread. Waits for its turn under the flood rule and for the owner,
        never for a client. The newcomer gets everything that is said after this step, and
        nothing that was said before it.

        Raises:
            RoomFull: the room has ``max_clients`` members.
            HubClosed: `close` has begun.
        """
        self._inbox.ask_in_turn(lambda fanout: fanout.join(client_id, address, outbox))

    def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a member's stay, close its outbox, tell the others. Idempotent, also after `close`.

        Callable from any thread. Waits for the owner only: a departure needs no turn.
        """
        self._inbox.ask(lambda fanout: fanout.leave(client_id, cause))

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Have the owner do what a member asks. Do nothing for a client that has left.

        Callable from any thread. Waits for its turn under the flood rule. When it returns, the
        command has its place in the room's order, but may not be carried out yet. The commands
        of one thread keep their order.
        """
        if isinstance(command, Who):
            # The roster is much longer than the question. So wait until it is in the client's
            # outbox, which counts it, before the client can ask again.
            self._inbox.ask_in_turn(lambda fanout: fanout.submit(client_id, command))
            return
        self._inbox.put_in_turn(lambda fanout: fanout.submit(client_id, command))

    def stats(self) -> Stats:
        """Return the counts; waits for the owner. Callable from any thread, after `close` too."""
        return self._inbox.ask(Fanout.stats)

    def close(self) -> None:
        """Announce the shutdown and close every outbox. Idempotent; waits for the owner.

        The commands that are in the inbox already are carried out before that.
        """
        self._inbox.ask(Fanout.close)

    def _end(self, _: Fanout) -> None:
        self._stopped = True
