"""The chat server on trio: the front door.

server.py           doors, acceptors, shutdown
connection.py       one client: a read pump and a write pump
wire.py             its socket: bytes in, bytes out, and an orderly end
hub.py              what a connection and the server need of a hub
outbox.py           what waits for one client
outbox_direct.py    what waits for one client of the direct hub: mostly nothing
pace.py             the flood rule
hub_mutex.py        any task may touch the room, holding the lock
hub_broadcaster.py  one task owns the room
hub_direct.py       one task owns the room and writes to the sockets itself
inbox.py            what waits for a hub's owner, and the answers that come back
answer.py           what one task asks for and another brings
"""

from implementations.on_trio.hub_broadcaster import BroadcasterHub
from implementations.on_trio.hub_direct import DirectHub
from implementations.on_trio.hub_mutex import MutexHub
from implementations.on_trio.server import serve


__all__ = ["BroadcasterHub", "DirectHub", "MutexHub", "serve"]
