"""Lesson 10: a connection's life.

`serve` is one client's, from its first line to its last. The client has

    await read()     carries what it says into the room; ends when it says no more
    await write()    carries what is said to it; ends when nothing more will come
    await leave()    has the room announce that it left; the room may take its time, or
                     be stuck for good
    close()          closes the connection; never waits, and wakes nobody

read and write raise PeerGone when the connection fails: that happens, and is no error.

However it ends:

  - when one of read and write ends, the other is cancelled;
  - behind both of them close and leave are called, once each;
  - leave gets up to LEAVE_S seconds, also when `serve` is cancelled, and no more;
  - PeerGone and a stuck room stay in here; any other error, and a cancellation from
    outside, comes out of `serve`, once all of that is done.

Judge it with `hubbub check 10`; `hubbub check 10 --hint` helps.
"""

from __future__ import annotations

import trio

from implementations.core.errors import PeerGone  # noqa: F401  you will want it


LEAVE_S = 1.0


async def serve(client):
    """Serve one client until nothing of it is left."""
    # TODO: this waits until both have ended, and leaves only if both end well.
    async with trio.open_nursery() as pumps:
        pumps.start_soon(client.read)
        pumps.start_soon(client.write)
    client.close()
    await client.leave()
