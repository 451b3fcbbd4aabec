"""What a process prints, read as it comes so that the process never waits for us."""

import os
import threading
from typing import IO

from conformance.timing import TICK


__all__ = ["Output"]


class Output:
    """Reads a stream to its end in a thread of its own."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._chunks: list[bytes] = []  # appended by the thread only
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def text(self) -> str:
        """Return what has come so far."""
        return b"".join(self._chunks).decode("utf-8", "backslashreplace")

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
            self._chunks.append(chunk)
