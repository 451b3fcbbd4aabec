"""The start of every peer in Python: its flags, its file limit, its event loop, its ready line."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import resource
from collections.abc import Awaitable, Callable


__all__ = ["BACKLOG", "Address", "announce", "run"]

BACKLOG = 4096  # connections; asyncio's default of 100 refuses some of a crowd

Address = tuple[str, int]


def announce(peer_id: str, address: Address) -> None:
    """Print the ready line: the door is open."""
    host, port = address[:2]
    print(f"peer {peer_id} ready ws={host}:{port}", flush=True)


def run(peer_id: str, serve: Callable[[str, Address], Awaitable[None]]) -> None:
    """Run ``serve(id, address)`` until the process is stopped, on the loop of ``--loop``.

    On uvloop the announced id ends with ``+uvloop``.
    """
    parser = argparse.ArgumentParser(prog=peer_id)
    parser.add_argument("--ws", default="127.0.0.1:0", metavar="HOST:PORT")
    parser.add_argument("--loop", default="asyncio", choices=["asyncio", "uvloop"])
    options = parser.parse_args()
    host, _, port = options.ws.rpartition(":")
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
    on_uvloop = options.loop == "uvloop"
    new_loop: Callable[[], asyncio.AbstractEventLoop] | None = None
    if on_uvloop:
        new_loop = importlib.import_module("uvloop").new_event_loop

    async def main() -> None:
        await serve(f"{peer_id}+uvloop" if on_uvloop else peer_id, (host, int(port)))

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())
