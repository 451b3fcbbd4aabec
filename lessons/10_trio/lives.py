"""Three designs for the life of a connection: which code ends a task, which cleans up?"""

from __future__ import annotations

import trio


async def two_loose_tasks(client):
    for pump in (client.read, client.write):
        client.server.start_soon(_cleans_up, pump, client)


async def one_nursery(client):
    async with trio.open_nursery() as pumps:
        for pump in (client.read, client.write):
            pumps.start_soon(pump)
    client.close()
    await client.leave()


async def one_ends_the_other(client):
    async with trio.open_nursery() as pumps:
        for pump in (client.read, client.write):
            pumps.start_soon(_ends_both, pump, pumps.cancel_scope)
    client.close()
    await client.leave()


async def _cleans_up(pump, client):
    try:
        await pump()
    finally:
        client.close()
        await client.leave()


async def _ends_both(pump, both):
    await pump()
    both.cancel()


DESIGNS = (two_loose_tasks, one_nursery, one_ends_the_other)
