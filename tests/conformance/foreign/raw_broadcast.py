"""A chat that passes on what it gets, and is wrong on request: ``raw_broadcast.py PORT [FAULT]``.

It has a WebSocket door, gives no names, announces nobody and takes no settings. Without a fault it
keeps every rule that such a server can be asked.

Faults:
    order: each client gets each message from a task of its own, after a moment of its own.
    loses: what does not fit into a small outbox of a client is dropped.
    poison: a binary message ends the task that tells the room.
    stalls: the room is told by one send after the other, and waits for each.
    relays: text is passed on as bytes, whether it is UTF-8 or not.
    others: a speaker does not get its own lines back, which is no fault but another dialect.
"""

import asyncio
import contextlib
import random
import sys
from collections import deque

from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import CloseCode


OUTBOX_BYTES = 1 << 20
SMALL_OUTBOX = 16  # messages
CUT_OFF_AFTER_S = 5.0  # a client takes nothing for so long while its outbox is full
MAX_BYTES = 4096

fault = sys.argv[2] if len(sys.argv) > 2 else ""


class Member:
    """One client: its connection, and what waits for it."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.waiting: deque[str | bytes] = deque()
        self.waiting_bytes = 0
        self.changed = asyncio.Event()
        self.has_room = asyncio.Event()
        self.has_room.set()

    def offer(self, message: str | bytes) -> None:
        """Queue a message."""
        if fault == "loses" and len(self.waiting) >= SMALL_OUTBOX:
            return
        self.waiting.append(message)
        self.waiting_bytes += len(message)
        if self.waiting_bytes > OUTBOX_BYTES:
            self.has_room.clear()
        self.changed.set()

    async def write(self) -> None:
        """Send what waits, for ever; cut a client off that takes nothing for too long."""
        while True:
            await self.changed.wait()
            self.changed.clear()
            while self.waiting:
                message = self.waiting.popleft()
                self.waiting_bytes -= len(message)
                try:
                    async with asyncio.timeout(CUT_OFF_AFTER_S):
                        await self.connection.send(message, text=True)
                except TimeoutError:
                    self.connection.transport.abort()
                    return
                self.has_room.set()


room: set[Member] = set()
poisoned = False


async def tell(message: str | bytes, speaker: Member) -> None:
    """Give a message to everyone; wait a moment for clients whose outbox is full."""
    if fault == "order":
        for member in room:
            asyncio.get_running_loop().call_later(random.random() / 50, member.offer, message)
        return
    if fault == "stalls":
        for member in list(room):
            with contextlib.suppress(OSError):
                await member.connection.send(message, text=True)
        return
    for member in room:
        if member is not speaker or fault != "others":
            member.offer(message)
    if fault != "loses":
        for member in list(room):
            if not member.has_room.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        await member.has_room.wait()
                if not member.has_room.is_set():  # it does not read: the room goes on without it
                    room.discard(member)
                    member.connection.transport.abort()


async def listen(connection: ServerConnection) -> None:
    """Serve one client."""
    global poisoned
    member = Member(connection)
    writer = asyncio.create_task(member.write())
    room.add(member)
    try:
        while True:
            message = await connection.recv(decode=False if fault == "relays" else None)
            if isinstance(message, bytes) and fault != "relays":
                if fault == "poison":
                    poisoned = True
                await connection.close(CloseCode.UNSUPPORTED_DATA)
            elif message and not poisoned:
                await tell(message, member)
    finally:
        room.discard(member)
        writer.cancel()


async def main() -> None:
    """Serve until the process is ended."""
    async with serve(
        listen,
        "127.0.0.1",
        int(sys.argv[1]),
        max_size=MAX_BYTES,
        compression=None,
        ping_interval=None,
    ) as server:
        await server.serve_forever()


with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(main())
