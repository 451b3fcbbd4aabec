"""Lesson 14: shut a room down without losing a word.

    room.door.close()    nobody is let in any more
    room.readers         a task for each client, by name: accepts what it says, for ever
    room.inbox           a queue of what was accepted; `await room.inbox.join()` comes back
                         when the owner has put all of it into the outboxes
    room.owner           the task that does so, for ever
    room.outboxes        a queue for each client, by name; a None in it ends its writer
    room.writers         a task for each client, by name: takes a line from the outbox and
                         writes it to the connection, waiting while the client takes none
    room.connections     by name; each has
        end()            we say no more: the client reads what is on its way, then the end
        await ended()    comes back when the client has ended its side too
        close()          ends both sides at once; what is on its way is lost
    room.drain_s         seconds that all of this may take, on the loop's clock
    room.stopping        None, and yours

Judge it with `hubbub check 14`; `hubbub check 14 --hint` helps.
"""

from __future__ import annotations

import asyncio  # noqa: F401  you will want it


GOODBYE = "* server is shutting down"


async def shutdown(room):
    """End the room; return when it has ended, after `drain_s` at most.

    What was accepted reaches everyone who takes it, and then the goodbye. Then all tasks
    have ended and all connections are closed. Who calls it again, meanwhile or later,
    changes nothing and waits for the same end.
    """
    # TODO: it is quick, and the end comes before what was said.
    for connection in room.connections.values():
        connection.close()
    for task in [room.owner, *room.readers.values(), *room.writers.values()]:
        task.cancel()
