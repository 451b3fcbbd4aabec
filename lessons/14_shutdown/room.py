"""A small room in asyncio, all but its end. What an end has to do with stands in exercise.py.

Its clients are made of Python and live on the loop's clock, so that one can be slow or deaf for
hours, and the check is done in no time.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from contextlib import suppress


__all__ = ["Connection", "Room"]

MOST_ON_THE_WAY = 4  # lines between us and a client
CARRY_S = 0.01  # what the owner needs for a line


class Connection:
    """A connection, and the client at its other end.

    Args:
        takes_s: how long the client needs to take a line; `math.inf` for one that has stopped.
        ends: whether it ends its own side when it has seen the end of ours.
        says_every_s: how often it says something.

    Attributes:
        taken: what the client has read.
        lost: what was on its way when the connection was closed.
        closed: how often it was.
        on_close: called before it is.
    """

    def __init__(self, name, *, takes_s=0.001, ends=True, says_every_s=math.inf) -> None:
        self.name = name
        self.taken = []
        self.lost = []
        self.closed = 0
        self.on_close = lambda: None
        self._takes_s, self._ends, self._says_every_s = takes_s, ends, says_every_s
        self._way = deque()  # None in it is the end
        self._ours_ended = self._its_ended = False
        self._news = asyncio.Event()
        self._said = 0

    async def read(self):
        """Return the client's next line; None when it has ended its side."""
        if math.isinf(self._says_every_s):
            await self.ended()
        else:
            await asyncio.sleep(self._says_every_s)
        if self._its_ended:
            return None
        self._said += 1
        return f"{self.name}-{self._said}"

    async def write(self, line):
        """Send a line, waiting for room. Raises ConnectionError when we have ended it."""
        while len(self._way) >= MOST_ON_THE_WAY and not self.closed:
            await self._change()
        if self._ours_ended:
            raise ConnectionError(f"a line to {self.name} after the end")
        self._put(line)

    def end(self):
        """End our side: the client reads what is on its way, and then sees the end."""
        if not self._ours_ended:
            self._ours_ended = True
            self._put(None)

    async def ended(self):
        """Wait until the client has ended its side."""
        while not self._its_ended:
            await self._change()

    def close(self):
        """End it at once, both sides; what is on its way is lost."""
        self.on_close()
        self.closed += 1
        self.lost += [line for line in self._way if line is not None]
        self._way.clear()
        self._ours_ended = self._its_ended = True
        self._news.set()

    async def _change(self):
        self._news.clear()
        await self._news.wait()

    def _put(self, line):
        self._way.append(line)
        if len(self._way) == 1:
            self._take_soon()

    def _take_soon(self):
        if not math.isinf(self._takes_s):
            asyncio.get_running_loop().call_later(self._takes_s, self._take)

    def _take(self):
        if self._way:
            line = self._way.popleft()
            if line is not None:
                self.taken.append(line)
            elif self._ends:
                self._its_ended = True
            self._news.set()
        if self._way:
            self._take_soon()


class Door:
    """Where newcomers come in."""

    def __init__(self) -> None:
        self.open = True

    def close(self):
        """Let nobody in any more."""
        self.open = False


class Room:
    """Everybody's lines to everybody. Made in a loop that runs."""

    def __init__(self, drain_s) -> None:
        self.drain_s = drain_s
        self.stopping = None
        self.door = Door()
        self.inbox = asyncio.Queue()
        self.readers, self.outboxes, self.writers, self.connections = {}, {}, {}, {}
        self.owner = asyncio.create_task(self._own())

    def enter(self, connection):
        """Let a client in, if the door is open; tell whether it was."""
        if self.door.open:
            name = connection.name
            self.connections[name] = connection
            self.outboxes[name] = asyncio.Queue()
            self.readers[name] = asyncio.create_task(self._read(name))
            self.writers[name] = asyncio.create_task(self._write(name))
        return self.door.open

    async def _read(self, name):
        while (line := await self.connections[name].read()) is not None:
            self.inbox.put_nowait(f"{name}: {line}")

    async def _own(self):
        while True:
            line = await self.inbox.get()
            for outbox in self.outboxes.values():
                outbox.put_nowait(line)
            await asyncio.sleep(CARRY_S)
            self.inbox.task_done()

    async def _write(self, name):
        outbox = self.outboxes[name]
        with suppress(ConnectionError):
            while (line := await outbox.get()) is not None:
                await self.connections[name].write(line)
                outbox.task_done()
