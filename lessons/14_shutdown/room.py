"""A small room on asyncio, without a shutdown. exercise.py describes the parts it needs.

The clients are Python objects on the event loop's simulated clock. So a client can be slow, or not
read for hours, and the check still takes no time.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from contextlib import suppress


__all__ = ["Connection", "Room"]

MOST_ON_THE_WAY = 4  # lines that can be between us and a client
CARRY_S = 0.01  # how long the owner needs per line


class Connection:
    """A connection, and the client at its other end.

    Args:
        takes_s: how long the client needs to read a line; `math.inf` if it has stopped reading.
        ends: whether the client ends its side when it has seen the end of ours.
        says_every_s: the time between two lines that the client says.

    Attributes:
        taken: the lines that the client has read.
        lost: the lines that were on their way when the connection was closed.
        closed: how often the connection was closed.
        on_close: called before each close.
    """

    def __init__(self, name, *, takes_s=0.001, ends=True, says_every_s=math.inf) -> None:
        self.name = name
        self.taken = []
        self.lost = []
        self.closed = 0
        self.on_close = lambda: None
        self._takes_s, self._ends, self._says_every_s = takes_s, ends, says_every_s
        self._way = deque()  # None means the end of our side
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
        """Send a line; wait while there is no room. Raises ConnectionError after our end."""
        while len(self._way) >= MOST_ON_THE_WAY and not self.closed:
            await self._change()
        if self._ours_ended:
            raise ConnectionError(f"a line to {self.name} after the end")
        self._put(line)

    def end(self):
        """End our side: the client reads the lines on their way, then sees the end."""
        if not self._ours_ended:
            self._ours_ended = True
            self._put(None)

    async def ended(self):
        """Wait until the client has ended its side."""
        while not self._its_ended:
            await self._change()

    def close(self):
        """End both sides at once; lines on their way are lost."""
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
    """The door through which clients join."""

    def __init__(self) -> None:
        self.open = True

    def close(self):
        """From now on let no client in."""
        self.open = False


class Room:
    """A room that sends each line to all. Create it while an event loop runs."""

    def __init__(self, drain_s) -> None:
        self.drain_s = drain_s
        self.stopping = None
        self.door = Door()
        self.inbox = asyncio.Queue()
        self.readers, self.outboxes, self.writers, self.connections = {}, {}, {}, {}
        self.owner = asyncio.create_task(self._own())

    def enter(self, connection):
        """Let a client in if the door is open; return whether it was."""
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
