"""The chat server on asyncio: the front door.

server.py           doors, acceptors, shutdown
connection.py       one client: a read pump and a write pump
outbox.py           what waits for one client
pace.py             the flood rule
hub_mutex.py        any task may touch the room, holding the lock
hub_broadcaster.py  one task owns the room
readiness.py        wait for a socket, as trio.lowlevel does
"""

from implementations.on_asyncio.hub_broadcaster import BroadcasterHub
from implementations.on_asyncio.hub_mutex import MutexHub
from implementations.on_asyncio.server import serve


__all__ = ["BroadcasterHub", "MutexHub", "serve"]
