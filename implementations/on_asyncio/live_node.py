"""A node of a replicated room in touch with its engine: the tasks that append, read and beat.

No mirror: only asyncio has a replicated hub, because the engine's client library is for asyncio.

    append    takes the steps that wait, and appends them as one entry, again until it is kept
    apply     reads the log, entry by entry, and hands on what each entry causes here
    beat      shows the other nodes that this one lives

Invariants:
  1. A step counts when it was read back, and not before. Then its answer is given.
  2. An entry is appended again only while nobody knows whether it is in the log.
  3. When this node's life is over for the others, `Owner.sent_away` is called before the next
     life begins.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import unicodedata
from collections import deque
from typing import Protocol, TypeVar

from implementations.core.entries import BadEntry, Hello, decode, encode
from implementations.core.node import Node, Read
from implementations.core.replica import CODE, Replica
from implementations.engines import Engine, EngineGone, EngineRefuses, Membership


__all__ = ["Answer", "LiveNode", "Owner", "new_answer", "settle"]

# How often a node shows that it lives: `SILENT_BEATS` of them are a death. On machines that are
# very busy, or with engines that elect slowly, give all nodes a larger HUBBUB_BEAT_S.
BEAT_S = float(os.environ.get("HUBBUB_BEAT_S", "1"))
RETRY_S = 0.1  # after the engine did not answer
SNAPSHOT_BYTES = 1024 * 1024  # of entries: after so many the log may forget what it had before

Answer = asyncio.Future[None]
A = TypeVar("A", bound=Answer | None)

log = logging.getLogger("hubbub")


class Owner(Protocol):
    """The hub, as its node sees it. No method but the first waits."""

    async def may_apply(self) -> None:
        """Wait until no client of this node is too far behind for more entries."""

    def carry_out(self, read: Read) -> None:
        """Deliver what an entry causes here."""

    def sent_away(self) -> None:
        """Send all clients away: for the other nodes they have left."""


class LiveNode:
    """The node, its copy of the room, and the steps that wait for the log.

    Args:
        membership: which room, at which engine, and this node's name in it.
        max_clients: the most members that the room takes, on all nodes together.

    Attributes:
        node: the life that is under way; None while the node reads the log for the first time.
        alive: set while this node's life counts for the others.
        ending: whether this life is the last one.
    """

    def __init__(self, membership: Membership, max_clients: int, owner: Owner) -> None:
        self.node: Node | None = None
        self.alive = asyncio.Event()
        self.ending = False
        self._engine: Engine = membership.make_engine()
        self._name = membership.node
        self._hello = Hello(CODE, unicodedata.unidata_version, max_clients)
        self._replica = Replica(max_clients, unicodedata.unidata_version)
        self._owner = owner
        self._answers: deque[Answer | None] = deque()  # one per step that waits
        self._steps = asyncio.Event()  # there may be something to append

    @property
    def members(self) -> int:
        """How many members the room has, on all nodes together."""
        return len(self._replica)

    @property
    def waiting(self) -> int:
        """How many steps have not come back from the log."""
        return len(self._answers)

    async def run(self, stopped: asyncio.Event) -> None:
        """Take part in the room until ``stopped``: one life after another, should one end early.

        Raises:
            EngineGone: no engine could be reached at the start.
            EngineRefuses: the log cannot be used, or not any more.
        """
        await self._engine.open()
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [
                    tasks.create_task(each)
                    for each in (self._apply(), self._append(), self._beat())
                ]
                await stopped.wait()
                for task in running:
                    task.cancel()
        finally:
            await self._engine.close()

    def put(self, answer: A) -> A:
        """Note a step that was given to the node. The answer is given when it was read back."""
        self._answers.append(answer)
        self._steps.set()
        return answer

    def give_up(self) -> None:
        """Answer all steps that wait: nobody will read them back."""
        while self._answers:
            settle(self._answers.popleft())

    async def _append(self) -> None:
        while True:
            await self._steps.wait()
            entry = self.node.to_append() if self.node is not None else None
            if entry is None:
                self._steps.clear()
                continue
            try:
                await self._engine.append(encode(entry))
            except EngineGone:
                await asyncio.sleep(RETRY_S)
                continue
            while self.node is not None and self.node.to_append() is entry:
                self._steps.clear()
                await self._steps.wait()  # `apply` wakes it when the entry was read back

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            node = self.node
            if node is not None and node.is_alive and not self.ending and node.beat():
                self.put(None)

    async def _apply(self) -> None:
        snapshot = await self._engine.load()
        if snapshot is not None:
            self._replica = Replica.restored(json.loads(snapshot))
        end, since_bytes = await self._engine.end(), 0
        if end <= self._replica.place:
            self._begin_life()
        async for place, data in self._engine.follow(self._replica.place):
            await self._owner.may_apply()
            self._read(place, data)
            if self.node is None and place >= end:
                self._begin_life()
            since_bytes += len(data)
            if since_bytes >= SNAPSHOT_BYTES:
                since_bytes = 0
                with contextlib.suppress(EngineGone):  # the next snapshot will do
                    state = json.dumps(self._replica.snapshot())
                    await self._engine.save(place, state.encode())

    def _begin_life(self) -> None:
        self.node = Node(self._replica, self._name, secrets.token_hex(8), self._hello)
        if (objection := self.node.objection) is not None:
            raise EngineRefuses(f"this node may not take part: {objection}")
        self.put(None)  # for the hello

    def _read(self, place: int, data: bytes) -> None:
        try:
            entry = decode(data)
        except BadEntry as error:
            raise EngineRefuses(f"entry {place}: {error}") from None
        node = self.node
        if node is None:
            self._replica.apply(place, entry)
            return
        read = node.read(place, entry)
        if self._replica.diverged is not None:
            raise EngineRefuses(f"this copy of the room is wrong: {self._replica.diverged}")
        if node.is_alive and not self.alive.is_set():
            self.alive.set()
            log.info("%s takes part; the nodes are %s", self._name, ", ".join(self._replica.nodes))
        self._owner.carry_out(read)
        for _ in range(read.done):
            settle(self._answers.popleft())
        self._steps.set()
        if node.is_over:
            self._end_life(node)

    def _end_life(self, node: Node) -> None:
        self.alive.clear()
        self.node = None
        self._owner.sent_away()
        self.give_up()
        if self.ending:
            return
        if self._replica.next_life(self._name, "").number > node.life.number + 1:
            raise EngineRefuses(f"another process has the name {self._name}: take another --node")
        log.warning("the other nodes declared this one dead: its clients were sent away")
        self._begin_life()


def new_answer() -> Answer:
    """Return an answer that is not given yet."""
    return asyncio.get_running_loop().create_future()


def settle(answer: Answer | None, error: Exception | None = None) -> None:
    """Give an answer, if somebody still waits for it."""
    if answer is None or answer.done():
        return
    if error is None:
        answer.set_result(None)
    else:
        answer.set_exception(error)
