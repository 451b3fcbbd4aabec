"""The chat server on threads: the front door.

server.py           doors, acceptors, shutdown
connection.py       one client: a read pump and a write pump
wire.py             its socket: bytes in, bytes out, and an orderly end
hub.py              what a connection and the server need of a hub
outbox.py           what waits for one client
outbox_direct.py    the same for the direct hub, where it is mostly empty
pace.py             the flood rule: talkers wait while a reader is far behind
hub_mutex.py        any thread may use the room while it holds the lock
hub_broadcaster.py  one thread owns the room
hub_direct.py       one thread owns the room and writes to the sockets itself
inbox.py            what waits for a hub's owner, and the answers that come back
relay.py            wakes the write pumps one after the other
readiness.py        a wait until a socket is ready or a deadline has passed
"""

from implementations.on_threads.hub_broadcaster import BroadcasterHub
from implementations.on_threads.hub_direct import DirectHub
from implementations.on_threads.hub_mutex import MutexHub
from implementations.on_threads.server import serve


__all__ = ["BroadcasterHub", "DirectHub", "MutexHub", "serve"]
