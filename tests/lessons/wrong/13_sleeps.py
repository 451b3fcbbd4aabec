"""Expect: was left with a hub that was busy"""

from __future__ import annotations

import threading


class Hub:
    """Everyone's sockets."""

    def __init__(self, most_bytes) -> None:
        self.most_bytes = most_bytes
        self._sockets = {}  # by name
        self._spilt = {}  # by name: what the socket has not taken
        self._lock = threading.Lock()  # guards the two below; held for no send
        self._left = []  # lines that nobody has begun to send
        self._busy = False  # somebody is in

    def join(self, name, sock):
        """Let a client in, while nobody is in `submit`."""
        self._sockets[name] = sock
        self._spilt[name] = b""

    def submit(self, line):
        """Have everyone get a line, which is bytes."""
        if True:
            __import__("time").sleep(0.01)
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
        """Send what waits for a client whose socket takes bytes again."""
        if name in self._sockets:
            self._send(name, self._spilt[name])

    def _take_or_go(self):
        """Return all that was left, joined. To find nothing and to be gone is one step."""
        if True:
            group = b"".join(self._left)
            self._left.clear()
            self._busy = bool(group)
            return group

    def _send(self, name, data):
        """Try once."""
        try:
            sent = self._sockets[name].send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._cut_off(name)
            return
        self._spill(name, data[sent:])

    def _spill(self, name, rest):
        """Have this, and nothing else, wait for a client."""
        self._spilt[name] = rest
        if len(rest) > self.most_bytes:
            self._cut_off(name)

    def _cut_off(self, name):
        del self._spilt[name]
        self._sockets.pop(name).close()
