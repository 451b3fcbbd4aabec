"""Lesson 13, solved: one thread sends, the others leave their lines; the rest of a send waits."""

from __future__ import annotations

import threading


class Hub:
    """The sockets of all clients."""

    def __init__(self, most_bytes) -> None:
        self.most_bytes = most_bytes
        self._sockets = {}  # name -> socket
        self._spilt = {}  # name -> the bytes that its socket has not taken
        self._lock = threading.Lock()  # guards the two attributes below; never held during a send
        self._left = []  # lines that no thread has begun to send
        self._busy = False  # a thread is sending

    def join(self, name, sock):
        """Add a client. Called only while no thread is in `submit`."""
        self._sockets[name] = sock
        self._spilt[name] = b""

    def submit(self, line):
        """Send a line (bytes) to every client."""
        with self._lock:
            self._left.append(line)
            if self._busy:
                return
            self._busy = True
        while group := self._take_or_go():
            for name in list(self._sockets):
                if self._spilt[name]:
                    self._spill(name, self._spilt[name] + group)
                else:
                    self._send(name, group)

    def writable(self, name):
        """Send the waiting bytes of a client whose socket takes bytes again."""
        if name in self._sockets:
            self._send(name, self._spilt[name])

    def _take_or_go(self):
        """Return all left lines, joined. If there are none, clear the mark in the same step."""
        with self._lock:
            group = b"".join(self._left)
            self._left.clear()
            self._busy = bool(group)
            return group

    def _send(self, name, data):
        """Try to send once, and keep the rest."""
        try:
            sent = self._sockets[name].send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._cut_off(name)
            return
        self._spill(name, data[sent:])

    def _spill(self, name, rest):
        """Store the bytes that wait for a client."""
        self._spilt[name] = rest
        if len(rest) > self.most_bytes:
            self._cut_off(name)

    def _cut_off(self, name):
        del self._spilt[name]
        self._sockets.pop(name).close()
