"""Lesson 14: shut a room down without losing a line.

    room.door.close()    from now on no client can join
    room.readers         name -> task: accepts the client's lines, for ever
    room.inbox           a queue of accepted lines; `await room.inbox.join()` returns when
                         the owner has put all of them into the outboxes
    room.owner           the task that moves lines into the outboxes, for ever
    room.outboxes        name -> queue; a None in it ends the client's writer
    room.writers         name -> task: takes a line from the outbox and writes it to the
                         connection; waits while the client takes nothing
    room.connections     name -> connection; each has
        end()            ends our side: the client reads the lines on their way, then the end
        await ended()    returns when the client has ended its side too
        close()          ends both sides at once; lines on their way are lost
    room.drain_s         how many seconds the shutdown may take, on the event loop's clock
    room.stopping        None at first; for your own use

Judge it with `hubbub check 14`; `hubbub check 14 --hint` helps.
"""

from __future__ import annotations

import asyncio  # noqa: F401  you will need it


GOODBYE = "* server is shutting down"


async def shutdown(room):
    """End the room; return when it has ended, after at most `drain_s`.

    Accepted lines, and then the goodbye, reach every client that reads. After that all
    tasks have ended and all connections are closed. A second call, during the first or
    later, changes nothing and waits for the same end.
    """
    # TODO: this is quick, but it closes the connections before the lines are delivered.
    for connection in room.connections.values():
        connection.close()
    for task in [room.owner, *room.readers.values(), *room.writers.values()]:
        task.cancel()
