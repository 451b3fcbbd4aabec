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

from benchmarks.peers import PEERS, Unavailable


__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Install, print a line per peer, and return the exit code."""
    unknown = [peer for peer in arguments if peer not in PEERS]
    if unknown:
        print(f"no peer {unknown[0]}; there are: {', '.join(PEERS)}", file=sys.stderr)
        return 2
    for peer in arguments or PEERS:
        began = time.monotonic()
        try:
            PEERS[peer].command()
        except Unavailable as reason:
            print(f"{peer}: skipped, {reason}", flush=True)
            continue
        took_s = time.monotonic() - began
        print(f"{peer}: {PEERS[peer].version()} ({took_s:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
