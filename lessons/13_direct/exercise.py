"""Lesson 13: a hub that writes to the sockets itself.

A socket here never waits. `sock.send(data)` returns how many bytes it took from the
front: all, or fewer. It raises BlockingIOError when it takes nothing now, and another
OSError when the connection is gone. `sock.close()` ends the connection.

    submit    Any thread may call it, also while another thread is in it. A thread that
              finds the hub busy leaves its line and returns. The thread that is sending
              also sends the lines that were left meanwhile, all of them with one send per
              client. No thread waits for a client or for another thread's send.
    writable  A watcher calls it when a socket that was full takes bytes again, while no
              thread is in `submit`. The call may come late, for a client that was cut off.

The hub keeps the bytes that a socket does not take, at most `most_bytes` per client. With
more, or when its connection is gone, a client is cut off: closed, and sent nothing more.

Judge it with `hubbub check 13`; `hubbub check 13 --hint` helps.
"""

from __future__ import annotations

import threading  # noqa: F401  you may want a lock


class Hub:
    """The sockets of all clients."""

    def __init__(self, most_bytes) -> None:
        self.most_bytes = most_bytes
        self._sockets = {}  # name -> socket

    def join(self, name, sock):
        """Add a client. Called only while no thread is in `submit`."""
        self._sockets[name] = sock

    def submit(self, line):
        """Send a line (bytes) to every client."""
        # TODO: what if a socket does not take all of it, or another thread is here too?
        for sock in self._sockets.values():
            sock.send(line)

    def writable(self, name):
        """Send the waiting bytes of a client whose socket takes bytes again."""
        # TODO
