"""The broadcaster hub in the threads runtime: one thread owns the room, all others command it.

Mirrors on_asyncio/hub_broadcaster.py and on_trio/hub_broadcaster.py. It is Go's
``select`` over entering, leaving and messages, with one inbox in the place of the
three channels, so that one thread's commands keep their order among themselves.

Invariants:
  1. The room is a local variable of `run`: nothing else can reach it.
  2. A full inbox holds the talkers back, as a full outbox does. A command has its
     place there until it is carried out, and there are no more places than an outbox
     has beyond its high-water mark: what is on its way to one that has just filled
     up finds room.
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
        """Make the outbox of a client that this hub may soon let in; it never touches ``sock``."""
        return Outbox(door, self._settings, self._pace, self._relay)

    def run(self) -> None:
        """Own the room until `stop`: carry out what comes into the inbox, one after the other."""
        fanout = Fanout(self._settings.max_clients)
        while not self._stopped:
            command = self._inbox.take()
            command(fanout)
            self._inbox.carried_out(1)

    def stop(self) -> None:
        """Have `run` return, once it has carried out what is in the inbox by now."""
        self._inbox.put(self._end)

    def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in; its welcome is the first thing in ``outbox``.

        Callable from any thread. Waits for its turn under the flood rule and for
        the owner, never for a client. All that is announced after this step
        reaches the newcomer, and nothing from before it.

        Raises:
            RoomFull: there is no place.
            HubClosed: `close` has begun.
        """
        self._inbox.ask_in_turn(lambda fanout: fanout.join(client_id, address, outbox))

    def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a stay, close its outbox and tell the others. Idempotent, also after `close`.

        Callable from any thread. Waits for the owner only: nobody is kept from leaving.
        """
        self._inbox.ask(lambda fanout: fanout.leave(client_id, cause))

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Have the owner do what a member asks; nothing for one that has left.

        Callable from any thread. Waits for its turn under the flood rule: when it
        returns the command has its place in the one order, and may not have been
        carried out. One thread's commands keep their order.
        """
        if isinstance(command, Who):
            # The one answer that outgrows its question by far: it must count against who
            # asked before the next question does.
            self._inbox.ask_in_turn(lambda fanout: fanout.submit(client_id, command))
            return
        self._inbox.put_in_turn(lambda fanout: fanout.submit(client_id, command))

    def stats(self) -> Stats:
        """Return the counts, the owner's answer. Callable from any thread, also after `close`."""
        return self._inbox.ask(Fanout.stats)

    def close(self) -> None:
        """Carry out what is in the inbox, announce the shutdown, close every outbox. Idempotent."""
        self._inbox.ask(Fanout.close)

    def _end(self, _: Fanout) -> None:
        self._stopped = True
