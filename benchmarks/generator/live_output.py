"""What the live load generator in Python tells: a line of JSON per message, on a pipe.

live_out.h is the same in C.

Invariants:
  1. Writing never waits: what the pipe does not take stays in the buffer.
  2. A line is in the buffer whole or not at all.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping


__all__ = ["Output"]

_SOME_BYTES = 32 * 1024  # not to be kept until the next column
_MUCH_BYTES = 256 * 1024
_NS = 1_000_000_000


class Output:
    """The buffer before a pipe's descriptor."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._buffer = bytearray()

    @property
    def much(self) -> bool:
        """Whether so much waits that the reader cannot keep up."""
        return len(self._buffer) > _MUCH_BYTES

    def put(self, message: Mapping[str, object], at_ns: int | None = None) -> None:
        """Add one message, with its time: ``at_ns``, or now. Write if some wait already."""
        at_ns = time.monotonic_ns() if at_ns is None else at_ns
        line = json.dumps({**message, "t": round(at_ns / _NS, 6)}, separators=(",", ":"))
        self._buffer += line.encode() + b"\n"
        if len(self._buffer) > _SOME_BYTES:
            self.flush()

    def flush(self) -> bool:
        """Write what the pipe takes; return False if nothing reads it any more."""
        try:
            while self._buffer:
                del self._buffer[: os.write(self._descriptor, self._buffer)]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            return False
        return True
