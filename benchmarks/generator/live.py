"""The live load generator as a child process: it takes commands, and tells what it sees.

The program exists twice, live.c and live_python.py for a machine without a C compiler. Both read
one command per line and carry it out at once:

    clients N       let there be cells 0 to N-1, each with a client; gone clients are replaced
    add N           N more cells with a client
    remove N        the last N cells leave in good order
    rate HZ         messages per second; 0 is silence
    bytes N         the size of a text, 10 to 65536
    speakers N      clients 0 to N-1 speak in turns; one that is gone or stalled is passed over
    burst N         each speaker says N messages at once
    stall I         client I stops reading
    wake I          it reads again; a client that is gone connects again
    kill I          its connection is reset
    reconnect N     the connections of N clients are reset, and they connect at once
    pin I,J,…       every line of these clients is told; at most six
    pause, resume   no client talks; the clients go on talking
    quit            the program ends; so it does at the end of its input

A message is a line of JSON; its ``t`` is seconds on the monotonic clock.

    column   ten times per second: ``sent``; ``heard``, deliveries; ``bytes`` read; ``late_us``, the
             worst lateness of its own messages; ``missing``, deliveries that are overdue for a
             second; ``counts``, the latencies as ``[bucket, number]`` (live_columns.py), each from
             when its message was due; ``untimed``, deliveries that are in ``heard`` and not in
             ``counts``; ``altered``, texts that came changed
    states   ``changed``: ``[client, state]``, a state is joining, in, stalled or gone; ``ports``:
             ``[client, its local port]`` of those that came in
    gone     a client's connection has ended: ``code`` of a close frame or null, ``reason``
    evicted  the room has said that a client ``was too slow`` or ``timed out``: ``client``,
             ``reason``. A client that stalls is told nothing of that itself until it reads again
    last     when each client got one message: ``message``, ``arrivals_us`` or -1, at most twice per
             second
    said, heard   a line of a pinned client: ``client``, its ``name`` or null, ``line``
    trouble  what went wrong, in words: ``text``

A client that stalls sends no pongs and takes no bytes: its buffers fill, here and at the server.
When it is woken, it reads what waited. Those deliveries are ``untimed``, because their latencies
say how long the client slept, and nothing of the server.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.generator.process import GeneratorProcess, generator_command
from conformance.dialect import Dialect


__all__ = ["LiveGenerator", "live_command"]

_SOURCE = Path(__file__).with_name("live.c")
_MODULE = "benchmarks.generator.live_python"
_READ_BYTES = 1 << 18
_PIPE_BYTES = 1 << 20  # a tenth of a second of long lines: a loop that is late loses nothing
_MOST_READS = 8  # per call, so that a caller's loop gets its turn
_QUIT_S = 1.0


class LiveGenerator:
    """A running load generator. As a context manager it ends with the body.

    For one thread, and for a loop that watches `fileno`. No method but `close` and `wait` waits.

    Attributes:
        kind: ``c`` or ``python``.
        pid: of the process.
        ended: whether the process has ended and everything that it said has been read.

    Raises:
        LoadError: the generator that ``kind`` demands cannot run here.
    """

    def __init__(
        self,
        address: str,
        *,
        door: str = "ws",
        dialect: Dialect | None = None,
        kind: str = "",
        core: int | None = None,
        clients: int = 0,
    ) -> None:
        """Start it.

        Args:
            address: ``HOST:PORT`` of the server's door.
            door: ``ws`` or ``tcp``.
            dialect: of a server that does not speak PROTOCOL.md; None: it does.
            kind: ``c`` or ``python``; empty: C if it can be built.
            core: what it runs on; None: any.
            clients: how many connect at once.
        """
        self.kind, command = live_command(kind)
        command += [f"--{door}", address, "--clients", str(clients), *_flags(dialect)]
        self._process = GeneratorProcess(command, core)
        self.pid = self._process.pid
        self.ended = False
        self._to, self._from = self._process.pipes
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)
        with contextlib.suppress(AttributeError, OSError):  # only Linux has it, and it may refuse
            fcntl.fcntl(self._from, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._unsent = b""
        self._unread = b""
        self._unseen: deque[dict[str, Any]] = deque()  # read, and not yielded yet
        self._closed = False

    def __enter__(self) -> LiveGenerator:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def fileno(self) -> int:
        """Return the descriptor that is readable when messages have come, or the process ended."""
        return self._from

    def send(self, *commands: str) -> None:
        """Hand over commands. Those for a process that has ended are lost: see `ended`."""
        self._unsent += "".join(f"{command}\n" for command in commands).encode()
        self._write()

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages that have come, in their order; none if none has come."""
        self._write()
        for _ in range(_MOST_READS):
            try:
                octets = os.read(self._from, _READ_BYTES)
            except BlockingIOError:
                break
            if not octets:
                self.ended = True
                break
            self._unread += octets
            if len(octets) < _READ_BYTES:
                break
        *lines, self._unread = self._unread.split(b"\n")
        messages = [*self._unseen, *(json.loads(line) for line in lines)]
        self._unseen.clear()
        return messages

    def wait(self, within_s: float) -> Iterator[dict[str, Any]]:
        """Yield messages as they come, until the process ends or the time is over.

        A caller that stops in between loses none: the next call goes on where this one stopped.
        """
        deadline_s = time.monotonic() + within_s
        while True:
            while self._unseen:
                yield self._unseen.popleft()
            if self.ended or (left_s := deadline_s - time.monotonic()) <= 0:
                return
            select.select([self._from], [], [], left_s)
            self._unseen.extend(self.messages())

    def last_words(self) -> str:
        """Return why the process has ended, in one line; for a process that has ended."""
        return self._process.last_words()

    def close(self) -> None:
        """End the process; wait for it at most a second. Calling it again does nothing."""
        if self._closed:
            return
        self._closed = True
        self.send("quit")
        for _ in self.wait(_QUIT_S):
            pass
        self._process.__exit__()

    def _write(self) -> None:
        try:
            while self._unsent:
                self._unsent = self._unsent[os.write(self._to, self._unsent) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self._unsent = b""


def live_command(kind: str = "") -> tuple[str, list[str]]:
    """Return which program runs, ``c`` or ``python``, and the command that starts it.

    Raises:
        LoadError: the program that ``kind`` demands cannot run here.
    """
    return generator_command(kind, _SOURCE, _MODULE)


def _flags(dialect: Dialect | None) -> list[str]:
    if dialect is None:
        return []
    before, place, after = dialect.say.partition("{text}")
    if not place:
        before, _, after = dialect.say.partition("{json}")
        before, after = before + '"', '"' + after  # a text needs no escapes
    flags = ["--welcome", "0", "--echo", str(int(dialect.echo)), "--path", dialect.path]
    return [*flags, "--before", before, "--after", after]
