"""The load generator in Python, for machines on which generator.c cannot be built.

    python -m benchmarks.generator --ws HOST:PORT --clients N --speakers S --plan FILE …

Flags, phases, files and words are those of generator.c, whose header explains them; functions
have its names and stand in its order. It costs a server's own time and more for each delivery, so
a report says which of the two ran.
"""

from __future__ import annotations

import argparse
import gc
import resource
import selectors
import socket
import sys
import time
from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import frames
from benchmarks.samples import (
    ALTERED,
    ANNOUNCED,
    COUNTED,
    CUT_OFF,
    DELIVERY,
    EVICTED,
    FENCE,
    LAST,
    MESSAGE,
    WARM_UP,
    Samples,
    write_samples,
)
from benchmarks.workload import parse_address


__all__ = ["Failed", "Generator", "main"]

_BATCH_CLIENTS = 64  # connected at once: fits any listen backlog and any outbox
_MAX_FENCES = 20  # said again when it did not reach everybody
_MAX_CHURNERS = 256
_MAX_GIVEN_UP = 5  # the run is void by then and goes no further
_READ_BYTES = 256 * 1024
_STALLED_RECEIVE_BYTES = 4096
_HANDSHAKE_S = 10.0
_NS = 1_000_000_000
_RESEND_NS = _NS // 4


class Failed(Exception):
    """The run could not be finished; the text is one line for a person."""


class _Client:
    __slots__ = (
        "churner",
        "index",
        "key",
        "part",
        "queue",
        "rest",
        "socket",
        "stalled",
        "upgraded",
    )

    def __init__(self, index: int, sock: socket.socket, *, churner: bool) -> None:
        self.index = index
        self.socket: socket.socket | None = sock  # None: gone
        self.churner = churner
        self.stalled = False
        self.upgraded = False
        self.key = frames.new_key()
        self.rest = b""  # received, and not a whole frame yet
        self.part = b""  # of a message whose last fragment has not come
        self.queue = b""  # to be sent when the socket takes it


class Generator:
    """One run. `connect_all`, then `play` for each phase, then `samples`."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._clients: list[_Client] = []
        self._churners: list[_Client] = []
        self._opened = self._churned = 0
        self._selector = selectors.DefaultSelector()
        self._phase: list[int] = []  # by message, as the four below
        self._speaker: list[int] = []
        self._offset_ns: list[int] = []
        self._intended_ns: list[int] = []
        self._sent_ns: list[int] = []
        self._missing: list[int] = []
        self._deliveries = (array("i"), array("i"), array("q"))  # client, message, at_ns
        self._prefixes: dict[int, bytes] = {}
        self._upgrading = 0
        self._stalled_now = 0
        self._recording = False
        self._heard_at_ns = 0
        self._deadline_ns = 0
        self.waited_ns = 0  # for something to come
        self.received_bytes = 0
        self.found = self.queued = 0  # sockets to read; those of them behind many others
        # So many at one look that whoever is read last waits noticeably for the others.
        self._many = min(max(options.clients // 64, 4), 64)
        self.behind = False  # the server did not keep up with the plan
        self.begin()

    def begin(self) -> None:
        """Start the time until the deadline."""
        self._deadline_ns = time.monotonic_ns() + int(self._options.deadline * _NS)

    @property
    def message_count(self) -> int:
        return len(self._phase)

    def add_message(self, phase: int, speaker: int, offset_ns: int) -> int:
        self._phase.append(phase)
        self._speaker.append(speaker)
        self._offset_ns.append(offset_ns)
        self._intended_ns.append(0)
        self._sent_ns.append(0)
        self._missing.append(0)
        return self.message_count - 1

    def read_plan(self) -> None:
        """Add the messages of the plan.

        Raises:
            Failed: there is none, or it is no plan.
        """
        path = self._options.plan
        try:
            rows = [[int(word) for word in line.split()] for line in path.read_text().splitlines()]
        except OSError as error:
            raise Failed(f"cannot read {path}: {error.strerror}") from error
        except ValueError as error:
            raise Failed(f"{path} is not a plan") from error
        for row in rows:
            if len(row) != 3:
                raise Failed(f"{path} is not a plan")
            if not 0 <= row[1] < self._options.speakers:
                raise Failed(f"the plan has no speaker {row[1]}")
            self.add_message(*row)

    def record(self) -> None:
        """From now on everything that comes is kept."""
        self._recording = True

    def samples(self) -> Samples:
        """Return all that was recorded."""
        messages = np.zeros(self.message_count, dtype=MESSAGE)
        for name in ("phase", "speaker", "offset_ns", "intended_ns", "sent_ns"):
            messages[name] = getattr(self, f"_{name}")
        deliveries = np.zeros(len(self._deliveries[0]), dtype=DELIVERY)
        for name, column in zip(("client", "message", "at_ns"), self._deliveries, strict=True):
            deliveries[name] = column
        return Samples(messages, deliveries, self._churned)

    # ---- one client's socket ----

    def _watch(self, client: _Client) -> None:
        events = 0 if client.stalled else selectors.EVENT_READ
        if client.queue:
            events |= selectors.EVENT_WRITE
        assert client.socket is not None
        if events:
            self._selector.modify(client.socket, events, client)
        else:
            # Cut-offs of a stalled client are seen by `_look_at_stalled`: without an event to
            # wait for, a selector does not tell of a connection that has ended.
            self._selector.unregister(client.socket)

    def _hang_up(self, client: _Client) -> None:
        assert client.socket is not None
        if not client.stalled:
            self._selector.unregister(client.socket)
        client.socket.close()
        client.socket = None

    def _lost_client(self, client: _Client, how: str) -> None:
        if not client.churner:
            if not client.stalled:
                raise Failed(f"client {client.index} was cut off: {how}")
            self._record(client.index, CUT_OFF, time.monotonic_ns())
            self._stalled_now -= 1
        self._hang_up(client)

    def _flush(self, client: _Client) -> None:
        assert client.socket is not None
        try:
            sent = client.socket.send(client.queue)
        except BlockingIOError:
            return
        except OSError as error:
            self._lost_client(client, error.strerror or str(error))
            return
        client.queue = client.queue[sent:]
        self._watch(client)

    def _send_bytes(self, client: _Client, octets: bytes) -> None:
        assert client.socket is not None
        sent = 0
        if not client.queue:
            try:
                sent = client.socket.send(octets)
            except BlockingIOError:
                pass
            except OSError as error:
                self._lost_client(client, error.strerror or str(error))
                return
        if sent < len(octets):
            client.queue += octets[sent:]
            self._watch(client)

    def _open(self, index: int, *, churner: bool, stalls: bool) -> _Client:
        host, port = self._options.ws
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            if stalls:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _STALLED_RECEIVE_BYTES)
            sock.connect((host, port))
        except OSError as error:
            sock.close()
            raise Failed(f"client {index} cannot connect: {error.strerror}") from error
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        client = _Client(index, sock, churner=churner)
        self._selector.register(sock, selectors.EVENT_READ, client)
        authority = "[{}]:{}" if ":" in host else "{}:{}"
        self._send_bytes(client, frames.handshake_request(authority.format(host, port), client.key))
        return client

    # ---- what comes in ----

    def _record(self, client: int, message: int, at_ns: int) -> None:
        for column, value in zip(self._deliveries, (client, message, at_ns), strict=True):
            column.append(value)

    def _hear_text(self, client: _Client, text: bytes, at_ns: int) -> None:
        own = self._options.payload_bytes
        message = frames.sequence_of(text, own)
        if (
            message is not None
            and message < self.message_count
            and self._intended_ns[message]
            # The first text of a speaker shows what stands before it; all others must have it.
            and self._prefixes.setdefault(self._speaker[message], text[:-own]) == text[:-own]
        ):
            if self._recording:
                self._record(client.index, message, at_ns)
            if not client.stalled:
                self._missing[message] -= 1
        elif self._recording:
            kind = ANNOUNCED if text.startswith(b"* ") else ALTERED
            if kind == ANNOUNCED and text.endswith(b" was too slow"):
                kind = EVICTED
            self._record(client.index, kind, at_ns)

    def _hear_frame(
        self, client: _Client, opcode: int, last: bool, body: bytes, at_ns: int
    ) -> None:
        if opcode in (frames.TEXT, frames.CONTINUATION):
            client.part += body
            if not last:
                return
            message, client.part = client.part, b""
            for line in message.split(b"\n"):  # gorilla's example joins messages by newline
                self._hear_text(client, line, at_ns)
        elif opcode == frames.PING:
            self._send_bytes(client, frames.client_frame(frames.PONG, body))
        elif opcode == frames.CLOSE:
            code = int.from_bytes(body[:2], "big") if len(body) >= 2 else 1005
            why = body[2:].decode(errors="replace")
            raise Failed(f"client {client.index} was closed: {code} {why}")

    def _hear_upgrade(self, client: _Client, received: bytes) -> bytes:
        """Return what came behind the handshake; none of it when that is not whole."""
        head, blank, behind = received.partition(b"\r\n\r\n")
        if not blank:
            client.rest = received
            return b""
        try:
            frames.check_upgrade(head, client.key)
        except ValueError as error:
            if client.churner:
                self._hang_up(client)
                return b""
            raise Failed(f"client {client.index} was refused: {error}") from error
        client.upgraded = True
        if client.churner:  # it was let in, and that is all it came for
            self._churned += 1
            self._hang_up(client)
            return b""
        self._upgrading -= 1
        return behind

    def _hear(self, client: _Client) -> None:
        assert client.socket is not None
        try:
            received = client.socket.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lost_client(client, error.strerror or str(error))
            return
        at_ns = time.monotonic_ns()
        if not received:
            self._lost_client(client, "the server closed the connection")
            return
        self._heard_at_ns = at_ns
        self.received_bytes += len(received)
        received, client.rest = client.rest + received, b""
        if not client.upgraded:
            received = self._hear_upgrade(client, received)
            if not client.upgraded or client.socket is None:
                return
        try:
            whole, client.rest = frames.split_frames(received)
        except ValueError as error:
            raise Failed(f"client {client.index} got {error}") from error
        for opcode, last, body in whole:
            self._hear_frame(client, opcode, last, body, at_ns)
            if client.socket is None:
                return

    def _wait_for_events(self, wait_ns: int) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what has come: at once, or after at most ``wait_ns``."""
        until_ns = time.monotonic_ns() + wait_ns
        events = self._selector.select(0)
        while not events and self._options.poll and time.monotonic_ns() < until_ns:
            events = self._selector.select(0)
        if events or self._options.poll or wait_ns <= 0:
            return events
        return self._selector.select(wait_ns / _NS)

    def _pump(self, wait_ns: int) -> None:
        """Handle what is there, or what comes within ``wait_ns``."""
        began_ns = time.monotonic_ns()
        if began_ns > self._deadline_ns:
            raise Failed(f"not done after {self._options.deadline:g} s")
        events = self._wait_for_events(wait_ns)
        self.waited_ns += time.monotonic_ns() - began_ns
        self.found += len(events)
        if len(events) >= self._many:
            self.queued += len(events)
        for key, ready in events:
            client: _Client = key.data
            if client.socket is not None and ready & selectors.EVENT_WRITE:
                self._flush(client)
            if client.socket is not None and ready & selectors.EVENT_READ:
                self._hear(client)

    # ---- what goes out ----

    def say(self, message: int, intended_ns: int) -> None:
        """Send a message now; it was due at ``intended_ns``."""
        body = frames.payload(message, self._options.payload_bytes)
        frame = frames.client_frame(frames.TEXT, body)
        self._intended_ns[message] = intended_ns
        self._missing[message] += len(self._clients) - self._stalled_now
        self._sent_ns[message] = time.monotonic_ns()
        self._send_bytes(self._clients[self._speaker[message]], frame)

    def complete(self, message: int, quiet_ns: int) -> bool:
        """Wait until everybody has the message; False when nothing came for ``quiet_ns``."""
        self._heard_at_ns = time.monotonic_ns()
        while self._missing[message] > 0:
            left_ns = self._heard_at_ns + quiet_ns - time.monotonic_ns()
            if left_ns <= 0:
                return False
            self._pump(left_ns)
        return True

    def _fence(self) -> None:
        """Say lines until one of them reaches everybody.

        One is enough where a handshake is answered inside the room; a server may also answer
        first and let the client in a moment later, and then that client misses the first.
        """
        for _ in range(_MAX_FENCES):
            message = self.add_message(FENCE, 0, -1)
            self.say(message, time.monotonic_ns())
            if self.complete(message, _RESEND_NS):
                return
        raise Failed(
            f"the server is silent: {self._missing[-1]} of {len(self._clients)} clients "
            "wait for a message"
        )

    def _will_stall(self, index: int) -> bool:
        options = self._options
        who, of = index - options.speakers, options.clients - options.speakers
        return who >= 0 and bool((who + 1) * options.stalled // of > who * options.stalled // of)

    def connect_all(self) -> None:
        """Connect everyone, batch by batch; returns when all of them are in the room.

        Raises:
            Failed: refused, or not done by the deadline.
        """
        for first in range(0, self._options.clients, _BATCH_CLIENTS):
            for index in range(first, min(first + _BATCH_CLIENTS, self._options.clients)):
                self._upgrading += 1
                self._clients.append(
                    self._open(index, churner=False, stalls=self._will_stall(index))
                )
            self._heard_at_ns = time.monotonic_ns()
            while self._upgrading:
                self._pump(_RESEND_NS)
                if time.monotonic_ns() - self._heard_at_ns > _HANDSHAKE_S * _NS:
                    raise Failed(
                        f"{self._upgrading} of {len(self._clients)} handshakes are not answered"
                    )
            self._fence()

    def _stall(self) -> None:
        for client in self._clients:
            if self._will_stall(client.index) and client.socket is not None:
                client.stalled = True
                self._stalled_now += 1
                self._watch(client)
        # What is on its way may reach them or not: nobody waits for it there any more.
        self._missing = [min(0, missing) for missing in self._missing]

    def _look_at_stalled(self) -> None:
        for client in self._clients:
            if client.stalled and client.socket is not None:
                error = client.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                try:
                    client.socket.getpeername()
                except OSError:
                    error = error or 1
                if error:
                    self._lost_client(client, "")

    def _churn(self, began_ns: int) -> None:
        due = int((time.monotonic_ns() - began_ns) * self._options.churn_hz / _NS)
        self._churners = [client for client in self._churners if client.socket is not None]
        while self._opened < due and len(self._churners) < _MAX_CHURNERS:
            self._churners.append(self._open(-1, churner=True, stalls=False))
            self._opened += 1
        self._opened = max(self._opened, due)  # places all taken: the server does not keep up

    def play(self, at: int, phase: int) -> int:
        """Say the messages of the plan from ``at`` that are of ``phase``; returns where it ends."""
        options, end = self._options, at
        while end < self.message_count and self._phase[end] == phase:
            end += 1
        next_, oldest, given_up = at, at, 0
        last: dict[int, int] = {}
        patience_ns = int(options.patience * _NS)
        began_ns = said_ns = self._heard_at_ns = time.monotonic_ns()
        stall_due = phase == COUNTED and options.stalled > 0
        while oldest < end:
            clock_ns, wait_ns = time.monotonic_ns(), patience_ns
            if stall_due and clock_ns - began_ns >= options.stall_after * _NS:
                stall_due = False
                self._stall()
            while next_ < end:
                speaker, due_ns = self._speaker[next_], began_ns + self._offset_ns[next_]
                if self._offset_ns[next_] < 0:
                    if speaker in last and self._missing[last[speaker]] > 0:
                        break
                    self.say(next_, clock_ns)
                elif due_ns <= clock_ns:
                    self.say(next_, due_ns)
                else:
                    wait_ns = due_ns - clock_ns
                    self._heard_at_ns = clock_ns  # an open loop is patient until it has said all
                    break
                last[speaker] = next_
                next_ += 1
                clock_ns = time.monotonic_ns()
            while oldest < next_ and self._missing[oldest] <= 0:
                oldest += 1
            if oldest == end:
                break
            if next_ < end:
                said_ns = clock_ns
            elif clock_ns - said_ns > options.drain * _NS:  # it does not keep up
                self.behind = True
                break
            if phase == COUNTED and options.churn_hz > 0:
                self._churn(began_ns)
                wait_ns = min(wait_ns, _NS // 500)
            if self._stalled_now or stall_due:
                self._look_at_stalled()
                wait_ns = min(wait_ns, _NS // 50)
            if clock_ns - self._heard_at_ns > patience_ns:  # it will not come
                given_up += 1
                if given_up == _MAX_GIVEN_UP or next_ == end:
                    break
                self._missing[oldest:next_] = [0] * (next_ - oldest)
                self._heard_at_ns = clock_ns
                continue
            self._pump(wait_ns)
        return end


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one plan; 0 when it was played, 1 and a line on standard error when it was not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generator", allow_abbrev=False)
    parser.add_argument("--ws", type=parse_address, required=True)
    for name in ("--plan", "--samples"):
        parser.add_argument(name, type=Path, required=True)
    for name, whole in (("--clients", 1), ("--speakers", 1), ("--payload-bytes", 64)):
        parser.add_argument(name, type=int, default=whole)
    for name in ("--stalled", "--poll"):
        parser.add_argument(name, type=int, default=0)
    for name, value in (
        ("--stall-after", 0.0),
        ("--churn-hz", 0.0),
        ("--patience", 2.0),
        ("--drain", 10.0),
        ("--deadline", 120.0),
    ):
        parser.add_argument(name, type=float, default=value)
    options = parser.parse_args(arguments)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.disable()  # a collection here would be measured as a slow server; a run makes no cycles
    try:
        done = _run(Generator(options), options)
    except (Failed, OSError) as error:
        print(f"generator: {error}", file=sys.stderr)
        return 1
    print(f"done {done}")
    return 0


def _run(generator: Generator, options: argparse.Namespace) -> str:
    """Play it all; return seconds counted, seconds busy, what queued, bytes, and the end."""
    generator.connect_all()
    at = generator.message_count
    generator.read_plan()
    _phase("connected")
    generator.begin()
    generator.record()
    at = generator.play(at, WARM_UP)
    _phase("warm")
    began_s = time.monotonic()
    generator.waited_ns = generator.received_bytes = generator.found = generator.queued = 0
    generator.play(at, COUNTED)
    counted_s = time.monotonic() - began_s
    busy_s = counted_s - generator.waited_ns / _NS
    received_bytes = generator.received_bytes
    queued_share = generator.queued / max(generator.found, 1)
    _phase("counted")
    last = generator.add_message(LAST, 0, -1)  # nothing came twice, or late, behind the rest
    if not generator.behind:
        generator.say(last, time.monotonic_ns())
        generator.complete(last, int(options.patience * _NS))
    write_samples(generator.samples(), options.samples)
    how = "behind" if generator.behind else "whole"
    return f"{counted_s:.6f} {busy_s:.6f} {queued_share:.4f} {received_bytes} {how}"


def _phase(word: str) -> None:
    print(word, flush=True)
    if not sys.stdin.readline():
        raise Failed("nobody watches any more")


if __name__ == "__main__":
    sys.exit(main())
