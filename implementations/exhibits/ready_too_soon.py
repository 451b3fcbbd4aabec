"""Announce that the server is ready before it is.

The server prints its ready line first and opens its doors after that. A program that starts the
server, reads the line and connects is refused now and then.

Imitates: a start-up line that is printed before the call that listens (docs/provenance.md#text-1).

Looks right: by the time a person has read the line, the doors are open.

Breaks: start.ready

May break: start.port-taken, shutdown.exit, delivery.exactly-once, liveness.pong-wait,
shutdown.refuses, slow.last-word

Shown by: a program that reads the line.

Instead: implementations/on_asyncio/server.py announces when both doors are open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from implementations.core.settings import Endpoint, Settings
from implementations.core.site import Site
from implementations.on_asyncio import server


BASE = "asyncio-mutex"

serve_well = server.serve


async def serve(
    settings: Settings,
    make_hub: server.MakeHub,
    site: Site,
    announce: Callable[[Endpoint, Endpoint], None],
) -> None:
    """Announce first, then open the doors and serve."""
    announce(settings.tcp, settings.ws)
    await asyncio.sleep(0.5)  # connecting to a database takes as long
    await serve_well(settings, make_hub, site, lambda tcp, ws: None)


REPLACES = {"implementations.on_asyncio.serve": serve}
