"""The start of a peer on a framework: a listening socket, the file limit, and the ready line.

Such a peer runs as a script, in an environment that holds its framework and nothing of ours:

    PYTHON benchmarks/peers/frameworks/fastapi_manager.py --ws 127.0.0.1:0

So this module needs the standard library only, and the scripts import it by its bare name.
"""

from __future__ import annotations

import argparse
import resource
import socket


__all__ = ["announce", "open_door", "wanted_address"]

BACKLOG = 4096  # connections; the usual 100 refuses some of a crowd


def wanted_address() -> tuple[str, int]:
    """Return HOST and PORT of ``--ws``, and raise the soft limit of file descriptors."""
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
    parser = argparse.ArgumentParser()
    parser.add_argument("--ws", default="127.0.0.1:0", metavar="HOST:PORT")
    host, _, port = parser.parse_args().ws.rpartition(":")
    return host, int(port)


def open_door() -> socket.socket:
    """Return a socket that listens at the address of ``--ws``."""
    return socket.create_server(wanted_address(), backlog=BACKLOG)


def announce(peer_id: str, address: tuple[str, int]) -> None:
    """Print the ready line: connections to the address are answered, or wait in its backlog."""
    host, port = address[:2]
    print(f"peer {peer_id} ready ws={host}:{port}", flush=True)
