"""The live load generator in Python, for a machine on which live.c cannot be built.

    python -m benchmarks.generator.live_python --ws HOST:PORT | --tcp HOST:PORT [--clients N] …

Flags, commands and messages are those of live.c; live.py lists them. Per delivery this program
needs more processor time than some servers do, so the first thing that it says is which one runs.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import selectors
import signal
import sys
import time
from collections import deque
from collections.abc import Sequence

from benchmarks.generator.live_client import GONE, IN, STALLED, Door, LiveClient
from benchmarks.generator.live_ledger import LiveLedger
from benchmarks.generator.live_output import Output
from benchmarks.generator.live_schedule import LiveSchedule
from benchmarks.generator.live_text import MAX_TEXT_BYTES, MIN_TEXT_BYTES
from benchmarks.workload import parse_address


__all__ = ["Load", "main"]

_NS = 1_000_000_000
_TICK_NS = _NS // 10
_MAX_CELLS = 20_000
_MAX_BURST = 1000  # messages per speaker
_MAX_PINS = 6
_JOINING_AT_ONCE = 64  # fits every listen backlog and every outbox
_SAID_AT_ONCE = 16  # messages said before the sockets are looked at again
_QUEUE_BYTES = 256 * 1024  # what may wait for one socket; more is not said
_EVICTIONS = (b" was too slow", b" timed out")
_SLOW = "the load comes from Python, as live.c was not built: use fewer clients, watch its lateness"


class Load:
    """The clients in their cells, and the loop that talks, listens and obeys.

    Attributes:
        quitting: `run` returns when it is set; a signal handler may do that.
        received_bytes: for the clients to count on.
    """

    def __init__(self, options: argparse.Namespace, commands: int, output: Output) -> None:
        host, port = options.tcp or options.ws
        self.quitting = False
        self._door = Door(host, port, options.tcp is not None, options.path, options.welcome > 0)
        self._before, self._after = options.before.encode(), options.after.encode()
        self._echo = options.echo > 0
        self._commands, self._unread = commands, b""
        self._out = output
        self._ledger = LiveLedger(output)
        self._selector = selectors.DefaultSelector()
        self._cells: list[LiveClient] = []  # as many as there ever were
        self._count = 0  # of the cells that shall have a client
        self._again: set[int] = set()  # cells that connect when their client has left
        self._waiting: deque[int] = deque()  # cells to connect
        self._joining: set[int] = set()
        self._present: dict[str, LiveClient] = {}  # by the name that they have in the room
        self._text_bytes, self._speakers, self._turn = options.bytes, options.speakers, -1
        self._schedule = LiveSchedule(time.monotonic_ns(), options.rate)
        self._tick_ns = time.monotonic_ns() + _TICK_NS
        self._set_cells(options.clients, every=True)

    @property
    def received_bytes(self) -> int:
        """Of all clients, since the last column."""
        return self._ledger.received_bytes

    @received_bytes.setter
    def received_bytes(self, count: int) -> None:
        self._ledger.received_bytes = count

    def run(self, woken: int) -> None:
        """Talk, listen and obey until the commands end.

        Args:
            woken: a descriptor that is readable when a signal has come; SIGALRM is used as a
                timer, since a selector's own timeout is not precise.
        """
        for descriptor in (self._commands, woken):
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ)
        self._out.put({"is": "trouble", "text": _SLOW})
        self._schedule.go_on(time.monotonic_ns())
        while not self.quitting:
            self._connect_some()
            until_ns = min(self._say_due(), self._tick_ns)
            now_ns = time.monotonic_ns()
            if now_ns >= self._tick_ns:
                self._tick(now_ns)
            if not self._out.flush():
                break
            self._handle_events(until_ns - time.monotonic_ns(), woken)
        self._ledger.tell(self._cells, time.monotonic_ns())
        self._out.flush()

    # ---- what the clients tell ----

    def came_in(self, client: LiveClient) -> None:
        """Expect for a client every message from now on, if it was told that it is in."""
        self._joining.discard(client.index)
        client.since, client.got = self._ledger.said if self._door.welcome else None, 0
        if client.name is not None:
            self._present[client.name] = client

    def heard(self, client: LiveClient, line: bytes, at_ns: int) -> None:
        """Count a line, if it delivers a message; tell if the room has cut a client off.

        That client's own goodbye may never come: what was sent before it fills the socket of a
        client that reads nothing.
        """
        self._ledger.hear(client, line, at_ns)
        if not self._door.welcome or not line.startswith(b"* ") or not line.endswith(_EVICTIONS):
            return
        name, _, reason = line[2:].decode(errors="replace").partition(" ")
        evicted = self._present.pop(name, None)
        if evicted is not None and evicted.name == name and evicted.state != GONE:
            self._out.put({"is": "evicted", "client": evicted.index, "reason": reason})

    def is_gone(self, client: LiveClient, code: int | None, reason: str) -> None:
        """Tell that a client's connection has ended."""
        self._joining.discard(client.index)
        self._present.pop(client.name or "", None)
        self._out.put({"is": "gone", "client": client.index, "code": code, "reason": reason})
        if client.index in self._again:
            self._again.discard(client.index)
            self._waiting.append(client.index)

    # ---- joining and leaving ----

    def _connect(self, client: LiveClient) -> None:
        self._ledger.connects(client)
        self._joining.add(client.index)
        client.connect()

    def _connect_some(self) -> None:
        """Connect cells that wait, a few at a time: each arrival is announced to all others."""
        while self._waiting and len(self._joining) < _JOINING_AT_ONCE:
            cell = self._waiting.popleft()
            if cell < self._count and self._cells[cell].state == GONE:
                self._connect(self._cells[cell])

    def _set_cells(self, count: int, *, every: bool) -> None:
        """Let there be so many cells with a client; fill the new ones, or ``every`` empty one."""
        count = min(max(count, 0), _MAX_CELLS)
        for client in self._cells[count : self._count]:
            self._again.discard(client.index)
            client.leave()
        first = 0 if every else self._count
        self._count = count
        for cell in range(len(self._cells), count):
            self._cells.append(LiveClient(cell, self._door, self._selector, self))
        for client in self._cells[first:count]:
            if client.state == IN and not client.open:
                self._again.add(client.index)
            elif client.state == GONE:
                self._waiting.append(client.index)

    def _wake(self, client: LiveClient) -> None:
        if client.state == GONE:
            self._waiting.append(client.index)
        elif client.state == STALLED:
            client.woken = client.since = self._ledger.said
            client.got = 0
            client.wake()

    def _kill(self, client: LiveClient) -> None:
        if client.state != GONE:
            client.reset()
            self.is_gone(client, None, "killed")

    def _reconnect(self, count: int) -> None:
        """Drop the last ``count`` clients that read, and connect all of them at once."""
        readers = [one for one in self._cells[: self._count] if one.open and one.state == IN]
        for client in readers[max(0, len(readers) - count) :]:
            client.reset()
            self._connect(client)

    # ---- saying ----

    def _next_speaker(self) -> LiveClient | None:
        some = min(self._speakers, self._count)
        for _ in range(some):
            self._turn = (self._turn + 1) % some
            speaker = self._cells[self._turn]
            if speaker.state == IN and speaker.open:
                return speaker
        return None

    def _say_due(self) -> int:
        """Say what is due, a few messages at a time; return when the next one is due."""
        for _ in range(_SAID_AT_ONCE):
            now_ns, next_ns = time.monotonic_ns(), self._schedule.next_ns()
            if next_ns > now_ns:
                return next_ns
            speaker = self._next_speaker()
            if speaker is None:
                self._schedule.nobody_can_speak(now_ns)
                return self._tick_ns
            due_ns, left_out = self._schedule.take(now_ns)
            self._ledger.trouble("messages were left out: the generator was late", left_out)
            if speaker.queued_bytes > _QUEUE_BYTES:
                self._ledger.trouble("messages were not said: the server takes no more")
                continue
            cells = self._cells[: self._count]
            text = self._ledger.say(speaker, cells, self._text_bytes, due_ns, time.monotonic_ns())
            speaker.got += not self._echo and speaker.since is not None
            speaker.send_line(self._before + text + self._after)
        return 0

    # ---- commands ----

    def _obey(self, line: str) -> None:
        word, _, rest = line.strip().partition(" ")
        try:
            number = float(rest) if rest and word != "pin" else 0.0
            count = int(min(max(number, 0), _MAX_CELLS))
        except ValueError:  # no number, or one that is none
            word, number, count = "", 0.0, 0
        one = self._cells[count] if rest and 0 <= number < self._count else None
        now_ns = time.monotonic_ns()
        match word:
            case "clients":
                self._set_cells(count, every=True)
            case "add":
                self._set_cells(self._count + count, every=False)
            case "remove":
                self._set_cells(self._count - count, every=False)
            case "rate":
                self._schedule.set_rate(number, now_ns)
            case "bytes":
                self._text_bytes = int(min(max(number, MIN_TEXT_BYTES), MAX_TEXT_BYTES))
            case "speakers":
                self._speakers = max(count, 1)
            case "stall" if one:
                one.stall()
            case "wake" if one:
                self._wake(one)
            case "kill" if one:
                self._kill(one)
            case "reconnect":
                self._reconnect(count)
            case "burst":
                each = min(count, _MAX_BURST)
                self._schedule.burst(each * min(self._speakers, self._count), now_ns)
            case "pause":
                self._schedule.pause()
            case "resume":
                self._schedule.go_on(now_ns)
            case "pin":
                cells = [int(part) for part in rest.replace(",", " ").split() if part.isdigit()]
                self._ledger.pinned = set(cells[:_MAX_PINS])
            case "quit":
                self.quitting = True
            case _:
                self._out.put({"is": "trouble", "text": f"not carried out: {line[:80]}"})

    def _read_commands(self) -> None:
        try:
            octets = os.read(self._commands, 1 << 16)
        except BlockingIOError:
            return
        if not octets:
            self.quitting = True
        *lines, self._unread = (self._unread + octets).split(b"\n")
        for line in lines:
            if line.strip():
                self._obey(line.decode(errors="replace"))

    # ---- the loop ----

    def _tick(self, now_ns: int) -> None:
        self._tick_ns = max(self._tick_ns + _TICK_NS, now_ns)
        for client in self._cells:
            client.look(now_ns)
            if client.open and client.since is None and now_ns - client.in_ns > _NS:
                client.since = self._ledger.said
        self._ledger.tick(self._cells, now_ns)

    def _handle_events(self, wait_ns: int, woken: int) -> None:
        if wait_ns > 0:  # less than a microsecond would be none at all
            signal.setitimer(signal.ITIMER_REAL, max(wait_ns / _NS, 1e-6))
        commands = False
        for key, ready in self._selector.select(None if wait_ns > 0 else 0):
            if key.fd == woken:
                os.read(woken, 4096)
            elif key.data is None:
                commands = True
            else:
                key.data.handle(ready)
        if commands:  # after the events: a command may close any of the sockets
            self._read_commands()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until the commands end, or SIGTERM comes; return 0."""
    options = _parser().parse_args(arguments)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.disable()  # a collection would look like a slow server; nothing here makes reference cycles
    load = Load(options, sys.stdin.fileno(), Output(sys.stdout.fileno()))

    def quit_soon(*_: object) -> None:
        load.quitting = True

    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGALRM, lambda *_: None)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, quit_soon)
    load.run(woken)
    signal.setitimer(signal.ITIMER_REAL, 0)  # while Python ends, it has no handler
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="live_python", allow_abbrev=False)
    door = parser.add_mutually_exclusive_group(required=True)
    for name in ("--ws", "--tcp"):
        door.add_argument(name, type=parse_address)
    for name, text in (("--path", "/ws"), ("--before", ""), ("--after", "")):
        parser.add_argument(name, default=text)
    numbers = {"--clients": 0, "--bytes": 64, "--speakers": 1, "--welcome": 1, "--echo": 1}
    for name, number in numbers.items():
        parser.add_argument(name, type=int, default=number)
    parser.add_argument("--rate", type=float, default=0.0)
    return parser


if __name__ == "__main__":
    sys.exit(main())
