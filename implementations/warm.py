"""Starts servers quickly for the conformance suite: imports everything once, then forks.

    python -m implementations.warm ID SOCKET

A server's start is mostly imports, and the suite starts thousands of servers. This process imports
what the server ID needs, and waits. Each message on SOCKET, a Unix socket by its number, is a JSON
list. A list of words is the command line of ``hubbub serve``, and brings two descriptors: the
standard output and the standard error of the new process. The new process answers with its id. A
number is the id of such a process that is to be waited for; the answer is how it ended.

Invariants:
  1. A new process is as one that ``hubbub serve`` starts, but for the imports: it leads a session
     of its own, inherits no descriptor but the standard streams, and has its own random numbers.
     Threads and event loops begin after the fork; this process has none.
  2. A process that has ended keeps its id until it was waited for.
  3. This process ends when the other end of SOCKET is closed.
"""

from __future__ import annotations

import json
import os
import random
import socket
import sys
from contextlib import ExitStack

from implementations.__main__ import main
from implementations.exhibits.catalogue import Exhibit
from implementations.registry import find
from implementations.servers import find_server
from implementations.start import put_in_order


__all__ = ["serve_requests"]

MOST_BYTES = 65536  # of one message


def serve_requests(control: socket.socket) -> list[str] | None:
    """Fork and wait as asked.

    Returns:
        In a new process: its command line. In this process: None, when the other end is closed.
    """
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, MOST_BYTES, 2)
        if not message:
            return None
        asked = json.loads(message)
        if isinstance(asked, int):
            _, status = os.waitpid(asked, 0)
            control.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())
        elif not os.fork():
            os.setsid()
            for number, descriptor in enumerate(descriptors, start=1):
                os.dup2(descriptor, number)
                os.close(descriptor)
            # The answer comes from here, so the session exists when the suite learns the id.
            control.send(json.dumps(os.getpid()).encode())
            control.close()
            return list(asked)
        for descriptor in descriptors:
            os.close(descriptor)


def _import_all(server_id: str) -> ExitStack:
    """Import what the server needs; the replacements of an exhibit come first, as in its start."""
    server = find(server_id)
    in_place = ExitStack()
    in_place.enter_context(server.in_place())
    (find_server(server.base) if isinstance(server, Exhibit) else server).load()
    return in_place


def _own_random_numbers() -> None:
    """Seed what the fork copied; Python itself seeds the functions of ``random`` anew."""
    trio_run = sys.modules.get("trio._core._run")
    if trio_run is not None and isinstance(getattr(trio_run, "_r", None), random.Random):
        trio_run._r.seed()  # decides the order in which trio runs the tasks that are ready


if __name__ == "__main__":
    put_in_order()
    replacements = _import_all(sys.argv[1])
    words = serve_requests(socket.socket(fileno=int(sys.argv[2])))
    if words is not None:
        _own_random_numbers()
        put_in_order()
        exit_code = main(words)
        put_in_order()  # asyncio leaves Python's own handler of SIGINT behind
        sys.exit(exit_code)
