"""The chat server on asyncio: the front door.

server.py           doors, acceptors, shutdown
connection.py       one client: a read pump and a write pump
wire.py             its socket: bytes in, bytes out, and an orderly end
hub.py              what a connection and the server need of a hub
outbox.py           what waits for one client
outbox_direct.py    the same for the direct hub, where it is mostly empty
pace.py             the flood rule: talkers wait while a reader is far behind
hub_mutex.py        any task may use the room while it holds the lock
hub_broadcaster.py  one task owns the room
hub_direct.py       one task owns the room and writes to the sockets itself
hub_replicated.py   a log that many nodes share owns the room
live_node.py        such a node: it appends, reads and beats
inbox.py            what waits for a hub's owner, and the answers that come back
readiness.py        a wait until a socket is ready, as trio.lowlevel has it
"""

from implementations.on_asyncio.hub_broadcaster import BroadcasterHub
from implementations.on_asyncio.hub_direct import DirectHub
from implementations.on_asyncio.hub_mutex import MutexHub
from implementations.on_asyncio.server import serve


__all__ = ["BroadcasterHub", "DirectHub", "MutexHub", "serve"]
