"""Starting servers for tests that are not about the servers themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from conformance.contenders import LaunchOptions, OurServer
from conformance.server import Address, Server


__all__ = ["spelled", "started_server"]


@contextmanager
def started_server(server_id: str, *flags: str) -> Iterator[Server]:
    """Run one of our servers, on free ports unless the flags name others.

    Yields it when both doors are open: ``tcp`` and ``ws`` are (host, port) pairs. Nothing of it
    is left afterwards.
    """
    server = OurServer(server_id).launch(LaunchOptions(flags=flags))
    try:
        yield server.wait_ready()
    finally:
        server.stop()


def spelled(address: Address) -> str:
    """Return ``host:port``, as flags and people spell it."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
