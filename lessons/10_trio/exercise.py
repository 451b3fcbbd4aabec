"""Lesson 10: the life of a connection.

`serve` runs for one client, from its first line to its last. The client has

    await read()     carries the client's lines into the room; ends when the client says
                     no more
    await write()    carries the room's lines to the client; ends when no more will come
    await leave()    lets the room announce that the client left; the room may be slow, or
                     stuck for good
    close()          closes the connection; never waits, and wakes no task

read and write raise PeerGone when the connection fails. That is normal, and no error.

However the connection ends:

  - when one of read and write ends, the other is cancelled;
  - after both have ended, close and leave are called, once each;
  - leave gets at most LEAVE_S seconds, also when `serve` is cancelled;
  - PeerGone and a stuck room do not leave `serve`; every other error, and a cancellation
    from outside, leaves `serve` after all of these steps.

Judge it with `hubbub check 10`; `hubbub check 10 --hint` helps.
"""

from __future__ import annotations

import trio

from implementations.core.errors import PeerGone  # noqa: F401  you will need it


LEAVE_S = 1.0


async def serve(client):
    """Serve one client until its tasks and its connection have ended."""
    # TODO: this waits until both pumps have ended, and leaves only if no error occurs.
    async with trio.open_nursery() as pumps:
        pumps.start_soon(client.read)
        pumps.start_soon(client.write)
    client.close()
    await client.leave()
