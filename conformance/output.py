"""What a process prints, read as it comes so that the process never waits for us."""

import os
import threading
from collections import deque
from typing import IO

from conformance.timing import TICK


__all__ = ["Output"]


class Output:
    """Reads a stream to its end in a thread of its own.

    Args:
        keep_bytes: keep only the beginning and the end, each of about that length; None: keep all.
    """

    def __init__(self, stream: IO[bytes], *, keep_bytes: int | None = None) -> None:
        self._stream = stream
        self._keep_bytes = keep_bytes
        self._first_bytes = 0  # what was kept of the beginning; all below are the thread's
        self._last_bytes = 0
        self._first: list[bytes] = []
        self._last: deque[bytes] = deque()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def text(self) -> str:
        """Return what has come so far."""
        return b"".join([*self._first, *self._last.copy()]).decode("utf-8", "backslashreplace")

    def wait_end(self) -> None:
        """Wait until the stream has ended, but not for ever."""
        self._thread.join(10 * TICK)

    def close(self) -> None:
        """Wait for the end and close the stream; a grandchild process may keep it open."""
        self.wait_end()
        if not self._thread.is_alive():
            self._stream.close()

    def _run(self) -> None:
        while chunk := os.read(self._stream.fileno(), 65536):
            if self._keep_bytes is None or self._first_bytes < self._keep_bytes:
                self._first.append(chunk)
                self._first_bytes += len(chunk)
                continue
            self._last.append(chunk)
            self._last_bytes += len(chunk)
            while self._last_bytes > self._keep_bytes and len(self._last) > 1:
                self._last_bytes -= len(self._last.popleft())
