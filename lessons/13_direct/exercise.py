"""Lesson 13: a hub that writes to the sockets itself.

A socket here never waits. `sock.send(data)` returns how many bytes it took, from the
front: all, or fewer. It raises BlockingIOError when it takes nothing now, and another
OSError when the connection is gone. `sock.close()` ends the connection.

    submit    Any thread may call it, also while another is in it. Who finds the hub busy
              leaves its line and goes; who is in sends what was left meanwhile, all of it
              in one send a client. Nobody waits for a client, nor for another's send.
    writable  A watcher calls it when a socket that was full takes bytes again, while
              nobody is in `submit`. It may come late, for one that was cut off.

What a socket does not take waits here, at most `most_bytes` of it. With more, or when
its connection is gone, a client is cut off: closed, and sent nothing more.

Judge it with `hubbub check 13`; `hubbub check 13 --hint` helps.
"""

from __future__ import annotations

import threading  # noqa: F401  you may want a lock


class Hub:
    """Everyone's sockets."""

    def __init__(self, most_bytes) -> None:
        self.most_bytes = most_bytes
        self._sockets = {}  # by name

    def join(self, name, sock):
        """Let a client in, while nobody is in `submit`."""
        self._sockets[name] = sock

    def submit(self, line):
        """Have everyone get a line, which is bytes."""
        # TODO: what if a socket does not take all of it? And who else is in here?
        for sock in self._sockets.values():
            sock.send(line)

    def writable(self, name):
        """Send what waits for a client whose socket takes bytes again."""
        # TODO
