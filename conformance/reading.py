"""The thread that reads a client's socket, so that the client is never slow by accident.

Invariants:
  1. Only this thread reads the socket.
  2. While it is paused it does not look at the socket at all.
"""

import select
import socket
import threading
from collections.abc import Callable

from conformance.timing import WITHIN


__all__ = ["ReadingThread"]


class ReadingThread:
    """Reads one socket until its connection ends or ``stop`` is called.

    Args:
        read: reads once, without waiting, and returns whether the connection is still open.
            Called by the thread.
    """

    def __init__(self, sock: socket.socket, name: str, read: Callable[[], bool]) -> None:
        self._socket = sock
        self._read = read
        self._changed = threading.Condition()  # guards all below; notified on each change
        self._is_to_pause = False
        self._is_paused = False  # what the thread has made of _is_to_pause
        self._is_over = False
        self._is_stopped = False
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def is_paused(self) -> bool:
        """Whether ``pause`` was called and ``resume`` was not."""
        return self._is_to_pause

    @property
    def is_stopped(self) -> bool:
        """Whether ``stop`` was called."""
        return self._is_stopped

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def pause(self) -> None:
        """Stop reading; returns when no read can follow."""
        self._set_paused(True)

    def resume(self) -> None:
        """Read again."""
        self._set_paused(False)

    def stop(self) -> bool:
        """Stop reading for good and wait for the thread; False when it was stopped before."""
        with self._changed:
            if self._is_stopped:
                return False
            self._is_stopped = True
        self._wake()
        if self._thread.ident is not None:
            self._thread.join()
        self._wake_reader.close()
        self._wake_writer.close()
        return True

    def _set_paused(self, paused: bool) -> None:
        with self._changed:
            if self._is_over:
                return
            self._is_to_pause = paused
            self._wake()
            # It may have read to the end, and be over, before this thread looks again.
            self._changed.wait_for(lambda: self._is_over or self._is_paused == paused, WITHIN)

    def _wake(self) -> None:
        self._wake_writer.send(b"!")

    def _run(self) -> None:
        poller = select.poll()
        poller.register(self._wake_reader, select.POLLIN)
        poller.register(self._socket, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poller.poll()}
            if self._wake_reader.fileno() in ready:
                self._wake_reader.recv(4096)
                with self._changed:
                    if self._is_stopped:
                        return
                    if self._is_to_pause != self._is_paused:
                        # poll reports a reset even on a socket that is registered for no event.
                        if self._is_to_pause:
                            poller.unregister(self._socket)
                        else:
                            poller.register(self._socket, select.POLLIN)
                        self._is_paused = self._is_to_pause
                        self._changed.notify_all()
            elif not self._read():
                with self._changed:
                    self._is_over = True
                    self._changed.notify_all()
                return
