"""The replicated hub in the asyncio runtime: a log that many nodes share owns the room.

No mirror: the engine's client library is for asyncio. Each node has a copy of the room
(core/replica.py). What a client asks becomes a step, the step goes into the log, and it counts
when the log brings it back (live_node.py). So this is the broadcaster with its inbox on another
machine: the log's places are the one order of all clients on all nodes. A node delivers to its
own clients only, in groups as the direct hub does.

Invariants:
  1. A slow client of this node holds its talkers and the reading of the log back, and no other
     node: the log keeps what this node has not read.
  2. A client that leaves never holds the reading back: its departure may stand in the log behind
     the entry that the reader would wait with.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TypeVar

from implementations.core.causes import Cause
from implementations.core.commands import Command, Who
from implementations.core.counted_room import Stats
from implementations.core.errors import HubClosed, RoomFull
from implementations.core.group_writer import GroupWriter
from implementations.core.message import Door
from implementations.core.node import Read
from implementations.core.room import ClientId, Delivery, Goodbye, ToAll
from implementations.core.settings import Settings
from implementations.engines import Membership
from implementations.on_asyncio.live_node import Answer, LiveNode, new_answer, settle
from implementations.on_asyncio.outbox_direct import DirectOutbox
from implementations.on_asyncio.pace import Pace


__all__ = ["ReplicatedHub"]

A = TypeVar("A", bound=Answer | None)
FAREWELL = ToAll("* server is shutting down")

log = logging.getLogger("hubbub")


class _OutboxPace(Pace):
    """The flood rule for this node's talkers. An outbox that holds them holds the reader, too."""

    def __init__(self) -> None:
        super().__init__()
        self.reader = Pace()

    def hold(self, holder: object) -> None:
        super().hold(holder)
        if isinstance(holder, DirectOutbox) and holder.cause is None:
            self.reader.hold(holder)

    def release(self, holder: object) -> None:
        super().release(holder)
        self.reader.release(holder)


class ReplicatedHub:
    """One node's clients, in a room that a log owns.

    Args:
        membership: where the room is, and this node's name in it; None: a room of its own.
    """

    def __init__(self, settings: Settings, membership: Membership | None = None) -> None:
        self._settings = settings
        self._pace = _OutboxPace()
        self._gate = asyncio.Lock()
        self._live = LiveNode(membership or Membership(), settings.max_clients, self)
        self._writer = GroupWriter()
        self._outboxes: dict[ClientId, DirectOutbox] = {}  # of clients that asked to join
        self._joins: dict[ClientId, Answer] = {}  # those of them that are not members yet
        self._messages = self._evictions = 0
        self._noted = asyncio.Event()  # there may be something to deliver
        self._closed = self._gave_up_log = False
        self._stopped = asyncio.Event()

    def outbox(self, sock: socket.socket, door: Door) -> DirectOutbox:
        """Make the outbox of a client that `join` may let in. This kind writes to ``sock``."""
        return DirectOutbox(sock, door, self._settings, self._pace)

    async def run(self) -> None:
        """Take part in the room until `stop`. Raises what `LiveNode.run` raises."""
        try:
            async with asyncio.TaskGroup() as tasks:
                delivering = tasks.create_task(self._deliver())
                await self._live.run(self._stopped)
                delivering.cancel()
            while self._writer.underway:
                self._commit()
        finally:
            self._closed = True  # so that no client waits for a log that nobody reads
            self._live.alive.set()

    def stop(self) -> None:
        """Make `run` return. What is noted for this node's clients is delivered first."""
        self._stopped.set()

    async def join(self, client_id: ClientId, address: str, outbox: DirectOutbox) -> None:
        """Let a newcomer in. Its welcome is the first thing in ``outbox``.

        Callable from any task. Waits for its turn under the flood rule and for the log.

        Raises:
            RoomFull: the room has ``max_clients`` members, on all nodes together.
            HubClosed: `close` has begun.
        """
        await self._live.alive.wait()
        async with self._pace.turn(self._gate):
            if self._closed or self._live.node is None:
                raise HubClosed
            self._outboxes[client_id] = outbox
            welcome = self._joins[client_id] = new_answer()
            self._live.node.join(client_id, address)
            self._put(None)
        await welcome

    async def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a member's stay, close its outbox, tell the others. Idempotent, also after `close`.

        Callable from any task. Waits for the log, but not when the node is closing.
        """
        outbox = self._outboxes.get(client_id)
        if outbox is None or self._live.node is None:
            return
        self._pace.reader.release(outbox)
        outbox.stall(for_long=True)
        self._live.node.leave(client_id, cause)
        left = self._put(new_answer())
        if not self._closed:
            await left

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Have the room do what a member asks. Do nothing for a client that has left.

        Callable from any task. Waits for its turn under the flood rule. When it returns, the step
        waits for the log. The steps of one task keep their order.
        """
        async with self._pace.turn(self._gate):
            if self._live.node is None or client_id not in self._outboxes:
                return
            self._live.node.ask(client_id, command)
            answer = self._put(new_answer() if isinstance(command, Who) else None)
        if answer is not None:
            # The roster is long: wait until the client's outbox counts it, before it can ask again.
            await answer

    async def stats(self) -> Stats:
        """Return the counts of this node; the clients are those of all nodes."""
        return Stats(self._live.members, self._messages, self._writer.deliveries, self._evictions)

    async def close(self) -> None:
        """End this life in good order, announce the shutdown here, and close every outbox.

        What was accepted before that is delivered first. Idempotent; waits for the log, but not
        longer than half of ``drain_timeout``.
        """
        if self._closed:
            return
        self._closed = self._live.ending = True
        self._live.alive.set()  # newcomers that wait for this learn that the hub has closed
        if self._live.node is None:
            return
        self._live.node.end()
        try:
            await asyncio.wait_for(self._put(new_answer()), self._settings.drain_timeout / 2)
        except TimeoutError:
            log.warning("the engine does not answer: some of the last lines may be lost")
            self._gave_up_log = True
            self._writer.record([FAREWELL])
            self._send_away(Cause.SHUTDOWN)

    # For the node.

    async def may_apply(self) -> None:
        """Wait until no client of this node is too far behind for more entries."""
        await self._pace.reader.admitted()

    def carry_out(self, read: Read) -> None:
        """Note what an entry causes here, and write a first stretch of it."""
        if self._gave_up_log:
            return
        for delivery in self._for_clients(read.deliveries):
            match delivery:
                case ToAll(_, int(newcomer)):
                    self._writer.admit(newcomer, self._outboxes[newcomer])
                    settle(self._joins.pop(newcomer))
                case ToAll(line):
                    self._messages += not line.startswith("* ")  # no name begins like that
                case Goodbye(client_id, cause):
                    del self._outboxes[client_id]
                    self._evictions += cause is Cause.TOO_SLOW
            self._writer.record([delivery])
        for client_id in read.refused:
            del self._outboxes[client_id]
            settle(self._joins.pop(client_id), RoomFull())
        self._commit()  # before the answers: a client that leaves has all that it still needs
        if self._live.waiting - read.done < self._settings.inbox:
            self._pace.release(self)
        self._noted.set()

    def sent_away(self) -> None:
        """Send all clients away: for the other nodes they have left."""
        self._send_away(Cause.CUT_OFF)
        self._pace.release(self)

    def _for_clients(self, deliveries: list[Delivery]) -> list[Delivery]:
        """Leave out what only the clients of other nodes hear when this node's life ends."""
        if self._live.node is None or not self._live.node.is_over:
            return deliveries
        last = Cause.SHUTDOWN if self._closed else Cause.LEFT
        ends = [each for each in deliveries if isinstance(each, Goodbye) and each.cause is last]
        kept = deliveries[: deliveries.index(ends[0])] if ends else deliveries
        return [*kept, FAREWELL, *ends] if self._closed else kept  # else `sent_away` follows

    def _put(self, answer: A) -> A:
        """Note a step that was given to the node. The answer is given when it was read back."""
        self._live.put(answer)
        if self._live.waiting >= self._settings.inbox:
            self._pace.hold(self)
        return answer

    def _send_away(self, cause: Cause) -> None:
        """Say goodbye to all clients of this node, without the log."""
        for client_id in self._outboxes.keys() - self._joins.keys():
            self._writer.record([Goodbye(client_id, cause)])
        self._outboxes.clear()
        for welcome in self._joins.values():
            settle(welcome, HubClosed())
        self._joins.clear()
        self._commit()

    async def _deliver(self) -> None:
        while True:
            await self._noted.wait()
            self._noted.clear()
            while self._writer.underway:
                self._commit()
                await asyncio.sleep(0)

    def _commit(self) -> None:
        for client_id in self._writer.commit(self._writer.stretch):
            if client_id in self._outboxes and self._live.node is not None:  # else it has left
                self._live.node.leave(client_id, Cause.TOO_SLOW)
                self._put(None)
