"""Logging that stops nobody: a bounded queue, and one thread that writes.

A chat server whose standard error is a pipe that nobody reads would otherwise
stop at the pipe's 64 KiB, in whatever it was logging about.
"""

from __future__ import annotations

import logging
import queue
import signal
import sys
import threading


__all__ = ["start_logging"]

LOG_CAPACITY = 1000  # records that may wait for a slow standard error; then they are dropped
FLUSH_S = 0.2  # at the end, for what still waits


class _DroppingHandler(logging.Handler):
    """Formats where the record arises and hands it over without waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        self._lines: queue.Queue[str] = queue.Queue(LOG_CAPACITY)
        self._dropped = 0
        # A thread inherits what is blocked: a server that waits for signals on its main thread
        # must not lose one to this.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        threading.Thread(target=self._write_for_ever, name="log", daemon=True).start()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.put_nowait(self.format(record))
        except queue.Full:
            self._dropped += 1

    def _write_for_ever(self) -> None:
        while True:
            line = self._lines.get()
            if self._dropped:
                line += f" ({self._dropped} earlier lines were dropped)"
                self._dropped = 0
            try:
                print(line, file=sys.stderr, flush=True)
            except OSError:  # nobody will ever read it: the lines have nowhere to go
                pass
            finally:
                self._lines.task_done()

    def close(self) -> None:
        """Give the writer a moment for what still waits, then leave it: it is a daemon."""
        finished = threading.Thread(target=self._lines.join, daemon=True)
        finished.start()
        finished.join(FLUSH_S)
        super().close()


def start_logging(level: str) -> None:
    """Send what servers log, from ``level`` on, to standard error."""
    log = logging.getLogger("hubbub")
    log.setLevel(level)
    log.propagate = False
    log.addHandler(_DroppingHandler())
