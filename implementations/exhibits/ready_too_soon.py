"""Say that it is ready before it is.

The line that says so is printed first, and the doors are opened then. Whoever starts the server
and connects at that line is refused now and then.

Imitates: ``Server started on :8080``, printed before the call that listens.

Looks right: by the time that a person has read the line the doors are open.

Breaks: start.ready

May break: start.port-taken, shutdown.exit

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
    """Announce, then serve."""
    announce(settings.tcp, settings.ws)
    await asyncio.sleep(0.5)  # such as a database to be reached first
    await serve_well(settings, make_hub, site, lambda tcp, ws: None)


REPLACES = {"implementations.on_asyncio.serve": serve}
