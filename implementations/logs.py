"""Logging that never blocks the server: a bounded queue, and one thread that writes.

Without the queue, a server whose standard error is a pipe that nobody reads would block as
soon as the pipe's 64 KiB are full, in the middle of the work that it logs about.
"""

from __future__ import annotations

import io
import logging
import os
import queue
import signal
import sys
import threading


__all__ = ["start_logging"]

LOG_CAPACITY = 1000  # records that may wait for a slow standard error; further ones are dropped
FLUSH_S = 0.2  # how long an exit waits for the lines that are still in the queue


class _DroppingHandler(logging.Handler):
    """Formats a record in the thread that logs it, and hands the line over without waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        self._lines: queue.Queue[str] = queue.Queue(LOG_CAPACITY)
        self._dropped = 0
        # A new thread inherits the set of blocked signals. This one blocks all of them, so that
        # every signal goes to the thread of the server that waits for it.
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
                _write_line(line)
            except OSError:  # standard error is closed: the lines have nowhere to go
                pass
            finally:
                self._lines.task_done()

    def close(self) -> None:
        """Give the writer a moment for the lines that still wait, then leave it: it is a daemon.

        `logging` calls this while the interpreter exits. By then Python 3.12.1, for one, starts no
        thread any more, so no helper thread can call ``Queue.join``, which takes no timeout.
        Instead this waits, with a timeout, on the condition that ``join`` itself waits on.
        """
        with self._lines.all_tasks_done:
            self._lines.all_tasks_done.wait_for(lambda: not self._lines.unfinished_tasks, FLUSH_S)
        super().close()


def _write_line(line: str) -> None:
    """Write a line to standard error, past Python's own buffer where it is a file.

    Python flushes that buffer when it exits, and waits for ever for a thread that holds its lock
    because nobody reads the other end.
    """
    try:
        descriptor = sys.stderr.fileno()
    except (AttributeError, io.UnsupportedOperation):  # none, or one that is made in Python
        print(line, file=sys.stderr, flush=True)
        return
    left = f"{line}\n".encode(errors="backslashreplace")
    while left:
        left = left[os.write(descriptor, left) :]


def start_logging(level: str) -> None:
    """Write the servers' log to standard error, from ``level`` on."""
    log = logging.getLogger("hubbub")
    log.setLevel(level)
    log.propagate = False
    log.addHandler(_DroppingHandler())
