"""Starts servers quickly for the conformance suite: imports everything once, then forks.

    python -m implementations.warm ID SOCKET

A server's start is mostly imports, and the suite starts thousands of servers. This process imports
what the servers of ID's runtime need, and waits. SOCKET is the number of a Unix socket. Each
message on it is a JSON value, and has one answer. A list of words is a command line of ``hubbub
serve``; with it come two descriptors, the standard output and the standard error of the new
process. The new process answers with its id. A number is the id of such a process: this process
waits until that has ended, and answers with its exit code.

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

from implementations.__main__ import main
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


def _own_random_numbers() -> None:
    """Seed what the fork copied; Python itself seeds the functions of ``random`` anew."""
    trio_run = sys.modules.get("trio._core._run")
    if trio_run is not None and isinstance(getattr(trio_run, "_r", None), random.Random):
        trio_run._r.seed()  # decides the order in which trio runs the tasks that are ready


if __name__ == "__main__":
    put_in_order()
    find_server(sys.argv[1]).load()
    words = serve_requests(socket.socket(fileno=int(sys.argv[2])))
    if words is not None:
        _own_random_numbers()
        put_in_order()
        exit_code = main(words)
        put_in_order()  # asyncio leaves Python's own handler of SIGINT behind
        sys.exit(exit_code)
