"""Lesson 14, solved: from the door inwards, then outwards, under one deadline."""

from __future__ import annotations

import asyncio


GOODBYE = "* server is shutting down"


async def shutdown(room):
    """End the room; return when it has ended, after at most `drain_s`."""
    if room.stopping is None:
        room.stopping = asyncio.create_task(_shut_down(room))
    await asyncio.shield(room.stopping)  # if one caller is cancelled, the shutdown continues


async def _shut_down(room):
    deadline = asyncio.get_running_loop().time() + room.drain_s
    room.door.close()
    await _end(*room.readers.values())  # from here on no line is accepted
    await room.inbox.join()
    await _end(room.owner)
    for outbox in room.outboxes.values():
        outbox.put_nowait(GOODBYE)
        outbox.put_nowait(None)
    await asyncio.gather(*(_see_off(room, name, deadline) for name in room.connections))


async def _see_off(room, name, deadline):
    """Let a client read all its lines until the deadline, then close its connection."""
    connection, writer = room.connections[name], room.writers[name]
    try:
        async with asyncio.timeout_at(deadline):
            await writer  # at the deadline it is cancelled, and awaited
            connection.end()
            await connection.ended()
    except TimeoutError:
        pass
    finally:
        connection.close()


async def _end(*tasks):
    """Cancel tasks, and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
