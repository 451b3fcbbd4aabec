"""Measures what it takes to copy the bytes of a message once per recipient, in memory.

No server can deliver without at least one such copy, into the socket's buffer. It is drawn into
the charts of the report as a physical limit.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

import numpy as np


__all__ = ["copy_us"]

_MOST_BYTES = 1 << 24  # of all copies together: more than the caches hold
_MOST_COPIES = 1000
_ROUNDS = 15


def copy_us(sizes: Iterable[int]) -> dict[int, float]:
    """Return by size in bytes how long one copy takes, in µs.

    One message is copied to many places, as a room does it; the median of several rounds counts.
    """
    found = {}
    for size in sizes:
        copies = max(1, min(_MOST_COPIES, _MOST_BYTES // size))
        message = np.frombuffer(bytes(size), dtype=np.uint8)
        places = np.zeros((copies, size), dtype=np.uint8)
        took_ns = []
        for _ in range(_ROUNDS):
            began_ns = time.perf_counter_ns()
            places[:] = message
            took_ns.append(time.perf_counter_ns() - began_ns)
        found[size] = round(float(np.median(took_ns)) / copies / 1000, 6)
    return found
