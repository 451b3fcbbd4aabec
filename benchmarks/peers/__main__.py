"""Build and install what the peers need, and list them.

    python -m benchmarks.peers                 all
    python -m benchmarks.peers aiohttp-loop    only these

Each is built or installed when it is first measured anyway; this does it beforehand. A peer that
cannot be had is named, with the reason. Exit code: 0, or 2 for an unknown peer.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.peers import PEERS, Unavailable


__all__ = ["main"]

_AT_ONCE = 2  # an installer mostly waits for the network, and a compiler for a core


def main(arguments: Sequence[str]) -> int:
    """Install, print a line per peer, and return the exit code."""
    unknown = [peer for peer in arguments if peer not in PEERS]
    if unknown:
        print(f"no peer {unknown[0]}; there are: {', '.join(PEERS)}", file=sys.stderr)
        return 2
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for line in pool.map(_install, arguments or PEERS):
            print(line, flush=True)
    return 0


def _install(peer: str) -> str:
    began = time.monotonic()
    try:
        PEERS[peer].command()
    except Unavailable as reason:
        return f"{peer}: skipped, {reason}"
    return f"{peer}: {PEERS[peer].version()} ({time.monotonic() - began:.0f} s)"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
