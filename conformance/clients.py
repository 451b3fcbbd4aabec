"""Black-box clients: blocking, with a deadline on every wait.

``TcpClient`` here and ``WebSocketClient`` next door share one interface, so that a
test written once runs at both doors. A client reads all the time, in a thread of its own, so
it is never a slow consumer by accident; only after ``clog()`` it reads nothing.

Invariants:
  1. Only the client's own thread reads its socket. A test takes lines from the
     inbox that this thread fills; the inbox forgets nothing.
  2. ``line`` and ``end`` events are logged with their arrival time, and what the
     client says just before it is sent: the log is a session's history.
  3. Nothing waits without a deadline, and an error begins with a sentence that
     says what was expected and what came instead.
"""

import array
import contextlib
import fcntl
import itertools
import secrets
import select
import socket
import struct
import termios
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from conformance.checker import Session
from conformance.frames import BadFrame
from conformance.server import Address, spell
from conformance.timing import TICK


__all__ = [
    "WITHIN",
    "Client",
    "ConnectionEnded",
    "End",
    "Event",
    "Fence",
    "Mismatch",
    "TcpClient",
    "ready_for",
]

WITHIN = 50 * TICK  # how long a line that must come may take
_RECV_BYTES = 1 << 16
# What a full receive buffer has no place for the kernel drops, and its sender tries again after
# 200 ms, and again: a reader that was late once then looks like one that does not read. With this
# a client takes whatever the kernel had promised to take, however late it is.
_ROOMY_BUFFER_BYTES = 1 << 20
_LINES_SHOWN = 12
_CHARACTERS_SHOWN = 100

_fence_numbers = itertools.count(1)


class Mismatch(AssertionError):
    """What came is not what the rule says; the message is for people.

    ``blamed`` and ``absent`` are for a drawing, as those of `history.Violation`: what came and
    should not have, or not then, and what should have come.
    """

    def __init__(
        self,
        message: str = "",
        *,
        blamed: Iterable[tuple[str, str]] = (),
        absent: Iterable[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message)
        self.blamed, self.absent = frozenset(blamed), tuple(absent)


class ConnectionEnded(Mismatch):
    """The connection ended while the client still wanted something of it."""


@dataclass(frozen=True)
class End:
    """How a connection ended.

    ``how`` is ``eof``, ``reset``, or ``violation`` when the server sent what no
    server may send (``reason`` says what). A close frame leaves its ``code`` and
    ``reason``; 1005 stands for one without a code.
    """

    how: Literal["eof", "reset", "violation"]
    code: int | None = None
    reason: str = ""

    def __str__(self) -> str:
        if self.how == "violation":
            return f"was broken off, for the server sent {self.reason}"
        if self.code is not None:
            return f"was closed with {self.code}" + (f" ({self.reason})" if self.reason else "")
        return "ended" if self.how == "eof" else "was reset"


@dataclass(frozen=True)
class Event:
    """One thing in the life of a client, in the order in which it saw it."""

    at_ns: int  # monotonic clock
    kind: Literal["said", "got", "end"]
    text: str


@dataclass(frozen=True)
class Fence:
    """A line that nobody else says: whatever was said before it has passed when it comes."""

    marker: str

    def __str__(self) -> str:
        return f"the fence {self.marker!r}"


Until = Fence | str | Callable[[str], bool]


class Client(ABC):
    """What both doors' clients can do.

    ``name`` is the name that the room uses for it: learnt from ``* you are NAME``
    and kept up to date when the room tells of a new one. ``address`` is its own
    address as the room spells it, ``label`` what a test calls it.
    """

    door: Literal["tcp", "ws"]

    def __init__(
        self, address: Address, *, label: str | None = None, receive_buffer_bytes: int | None = None
    ) -> None:
        self._socket = _connected(address, receive_buffer_bytes)
        host, port = self._socket.getsockname()[:2]
        self.address = spell((host, port))
        self.label = label or self.address
        self.name = self.address
        self.log: list[Event] = []
        self._arranged = 0  # entries of the log that a fixture made

        self._changed = threading.Condition()  # guards all below; notified on each change
        self._inbox: list[str] = []
        self._taken = 0  # lines of the inbox that the test has seen
        self._end: End | None = None
        self._clogged = False
        self._closing = False
        self._paused = False  # what the thread has made of _clogged

        self._sending = threading.Lock()  # one frame at a time: the thread sends pongs
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._thread = threading.Thread(target=self._read_on, name=f"reads {self.label}")
        self._thread.daemon = True

    def __repr__(self) -> str:
        return f"<{self.label} at {self.door}, called {self.name}>"

    # Saying things.

    @abstractmethod
    def encode(self, line: str) -> bytes:
        """Return the bytes that say a line at this door; each call, they may differ."""

    def say(self, *lines: str, within: float = WITHIN) -> None:
        """Send lines, all in one write.

        Raises:
            ConnectionEnded: the connection has ended.
            Mismatch: the server did not take it all within that time.
        """
        __tracebackhide__ = True
        at_ns = time.monotonic_ns()
        self.log += [Event(at_ns, "said", line) for line in lines]
        self.send_raw(b"".join(map(self.encode, lines)), within=within)

    def send_raw(self, data: bytes, *, within: float = WITHIN) -> None:
        """Send bytes as they are; raises as ``say`` does."""
        __tracebackhide__ = True
        deadline = time.monotonic() + within
        rest = memoryview(data)
        with self._sending:
            while rest:
                if not ready_for(select.POLLOUT, self._socket, deadline):
                    raise Mismatch(
                        f"{self.label} could not send {len(data):,} bytes within {within:g} s: "
                        f"the server does not read the last {len(rest):,}"
                    )
                try:
                    rest = rest[self._socket.send(rest) :]
                except BlockingIOError:
                    continue
                except OSError as error:
                    raise ConnectionEnded(
                        f"{self.label} wanted to send {_short(data)} "
                        f"and the connection had ended ({error.strerror})"
                    ) from None

    def send_fence(self) -> Fence:
        """Say something that nobody else says, and return what to wait for."""
        __tracebackhide__ = True
        fence = Fence(f"fence-{next(_fence_numbers)}-{secrets.token_hex(4)}")
        self.say(fence.marker)
        return fence

    # Hearing things.

    def next_line(self, within: float = WITHIN) -> str:
        """Return the next line."""
        __tracebackhide__ = True
        return self._take_until(lambda line: True, "a line", within)[-1]

    def lines_until(self, until: Until, within: float = WITHIN) -> list[str]:
        """Return the lines before a fence, a line, or the first that a predicate takes.

        That line itself is taken and not returned.

        Raises:
            ConnectionEnded: the connection ended first.
            Mismatch: it did not come within that time.
        """
        __tracebackhide__ = True
        return self._take_until(*_predicate(until), within)[:-1]

    def wait_for(self, until: Until, within: float = WITHIN) -> str:
        """Skip lines up to the one that is waited for, and return it; raises as above."""
        __tracebackhide__ = True
        return self._take_until(*_predicate(until), within)[-1]

    def wait_heard(self, until: Until, within: float = WITHIN) -> str:
        """Wait until such a line has come at any time, taken or not; take nothing."""
        __tracebackhide__ = True
        fits, wanted = _predicate(until)
        return self._find(fits, wanted, within, start=0)[-1]

    def expect(self, *lines: str, within: float = WITHIN) -> None:
        """Take as many lines and compare them.

        Raises:
            Mismatch: other lines came, or not enough of them.
        """
        __tracebackhide__ = True
        for line in lines:
            wanted = (self.label, line)
            try:
                came = self.next_line(within)
            except Mismatch as error:
                message = f"{self.label} expected {_short(line)}: {error}"
                raise type(error)(message, absent=[wanted]) from None
            if came != line:
                message = f"{self.label} expected {_differing(line, came)}"
                raise Mismatch(message, blamed=[(self.label, came)], absent=[wanted])

    def expect_nothing_but(self, fence: Fence, within: float = WITHIN) -> None:
        """Take the fence, and fail if anything came before it."""
        __tracebackhide__ = True
        before = self.lines_until(fence, within)
        if before:
            raise Mismatch(
                f"{self.label} expected nothing before {fence} and got {_list(before)}",
                blamed=[(self.label, line) for line in before],
            )

    def expect_end(self, within: float = WITHIN) -> End:
        """Wait for the end of the connection, with no line before it; return how it ended."""
        __tracebackhide__ = True
        lines, end = self.lines_until_end(within)
        if lines:
            raise Mismatch(
                f"{self.label} expected the end and got {_list(lines)} before it",
                blamed=[(self.label, line) for line in lines],
            )
        return end

    def lines_until_end(self, within: float = WITHIN) -> tuple[list[str], End]:
        """Return what still came before the end of the connection, and how it ended."""
        __tracebackhide__ = True
        end = self._wait_end("wanted to be disconnected", within)
        lines = self.unread()
        self._taken = len(self._inbox)
        return lines, end

    def unread(self) -> list[str]:
        """Return the lines that came and that no call has taken yet. Proves no absence."""
        return self._inbox[self._taken :]

    @property
    def end(self) -> End | None:
        """How the connection ended, or None while it has not."""
        return self._end

    def session(self, *, complete: bool = False, gone: bool = False) -> Session:
        """Return what it said and got so far, for the history checker."""
        return self._session(0, complete=complete, gone=gone)

    def act(self) -> Session:
        """Return the same without what a fixture did before the test's own act."""
        return self._session(self._arranged)

    def arranged(self) -> None:
        """Mark that the test's own act begins here. Called by fixtures."""
        self._arranged = len(self.log)

    # Reading slowly, and going.

    def clog(self) -> None:
        """Stop reading; returns when no read can follow.

        The receive buffer stays as it is: shrunk below what the kernel has promised
        the server, it would drop segments, and resuming would wait seconds for
        retransmissions. A small one is chosen when the client is made.
        """
        self._set_clogged(True)

    def resume(self) -> None:
        """Read again, as fast as it can."""
        self._set_clogged(False)

    def unread_bytes(self) -> int:
        """Return how much the kernel holds for a client that does not read."""
        size = array.array("i", [0])
        fcntl.ioctl(self._socket, termios.FIONREAD, size)
        return size[0]

    def half_close(self) -> None:
        """End the own stream and go on reading."""
        self._socket.shutdown(socket.SHUT_WR)

    @abstractmethod
    def close(self, within: float = WITHIN) -> End:
        """Leave as the door's protocol asks, wait for the end, and return how it ended.

        Lines that came before the end stay in the inbox.
        """

    def reset(self) -> None:
        """Leave with a TCP reset, at once."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abandon()

    @property
    def dropped(self) -> bool:
        """Whether it was reset or abandoned: it has no connection to say anything on."""
        return self._closing

    def abandon(self) -> None:
        """Drop the connection, without a word. Calling it again does nothing."""
        with self._changed:
            if self._closing:
                return
            self._closing = True
        self._wake()
        if self._thread.ident is not None:
            self._thread.join()
        for sock in (self._socket, self._wake_reader, self._wake_writer):
            sock.close()

    # What the thread does.

    @abstractmethod
    def _receive(self, data: bytes) -> None:
        """Turn bytes into lines. Called by the thread, in order."""

    def _ended(self, how: Literal["eof", "reset"]) -> End:
        return End(how)

    def _read_on(self) -> None:
        poller = select.poll()
        poller.register(self._wake_reader, select.POLLIN)
        poller.register(self._socket, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poller.poll()}
            if self._wake_reader.fileno() in ready:
                self._wake_reader.recv(_RECV_BYTES)
                with self._changed:
                    if self._closing:
                        return
                    if self._clogged != self._paused:
                        # A registered socket reports a reset even to those who ask for nothing.
                        if self._clogged:
                            poller.unregister(self._socket)
                        else:
                            poller.register(self._socket, select.POLLIN)
                        self._paused = self._clogged
                        self._changed.notify_all()
                continue
            end = self._read_once()
            if end is not None:
                with self._changed:
                    self._end = end
                    self.log.append(Event(time.monotonic_ns(), "end", str(end)))
                    self._paused = True  # a client that has ended reads no more
                    self._changed.notify_all()
                return

    def _read_once(self) -> End | None:
        try:
            data = self._socket.recv(_RECV_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return self._ended("reset")
        if not data:
            return self._ended("eof")
        try:
            self._receive(data)
        except (BadFrame, UnicodeDecodeError) as error:
            return End("violation", reason=str(error))
        return None

    def _got(self, line: str) -> None:
        """Put a line into the inbox."""
        with self._changed:
            self.log.append(Event(time.monotonic_ns(), "got", line))
            if line.startswith("* you are "):
                self.name = line.removeprefix("* you are ")
            elif line.startswith(f"* {self.name} is now "):
                self.name = line.removeprefix(f"* {self.name} is now ")
            self._inbox.append(line)
            self._changed.notify_all()

    # Small helpers.

    def _session(self, start: int, *, complete: bool = False, gone: bool = False) -> Session:
        events = [(event.kind, event.text) for event in self.log[start:]]
        return Session.from_log(self.label, events, complete=complete, gone=gone)

    def _take_until(self, fits: Callable[[str], bool], wanted: str, within: float) -> list[str]:
        __tracebackhide__ = True
        lines = self._find(fits, wanted, within, start=self._taken)
        self._taken += len(lines)
        return lines

    def _find(
        self, fits: Callable[[str], bool], wanted: str, within: float, *, start: int
    ) -> list[str]:
        """Return the lines from ``start`` up to the first that fits, waiting for it."""
        __tracebackhide__ = True
        deadline = time.monotonic() + within
        looked_at = start
        with self._changed:
            while True:
                while looked_at < len(self._inbox):
                    looked_at += 1
                    if fits(self._inbox[looked_at - 1]):
                        return self._inbox[start:looked_at]
                if self._end is not None:
                    raise ConnectionEnded(
                        f"{self.label} waited for {wanted}, but the connection {self._end}; "
                        f"it got {_list(self._inbox[start:])}"
                    )
                if not self._changed.wait(deadline - time.monotonic()):
                    raise Mismatch(
                        f"{self.label} waited {within:g} s for {wanted} "
                        f"and got {_list(self._inbox[start:])}{self._state()}"
                    )

    def _wait_end(self, did: str, within: float) -> End:
        __tracebackhide__ = True
        with self._changed:
            self._changed.wait_for(lambda: self._end is not None, within)
            if self._end is None:
                raise Mismatch(
                    f"{self.label} {did} and waited {within:g} s for the end of the connection, "
                    f"which is still open{self._state()}; meanwhile it got {_list(self.unread())}"
                )
            return self._end

    def _state(self) -> str:
        """Return what else there is to know about a connection that is open."""
        return " (it has stopped reading)" if self._clogged else ""

    def _set_clogged(self, clogged: bool) -> None:
        with self._changed:
            if self._end is not None:
                return
            self._clogged = clogged
            self._wake()
            # It may have read to the end, and be over, before this thread looks again.
            self._changed.wait_for(lambda: self._end is not None or self._paused == clogged, WITHIN)

    def _wake(self) -> None:
        self._wake_writer.send(b"!")


class TcpClient(Client):
    """A client of the line door."""

    door = "tcp"

    def __init__(
        self,
        address: Address,
        *,
        label: str | None = None,
        receive_buffer_bytes: int | None = None,
    ) -> None:
        super().__init__(address, label=label, receive_buffer_bytes=receive_buffer_bytes)
        self._rest = b""
        self._thread.start()

    def encode(self, line: str) -> bytes:
        """Return the line in UTF-8 and its terminator."""
        return line.encode() + b"\n"

    def close(self, within: float = WITHIN) -> End:
        """End the own stream and wait until the server has ended the other."""
        __tracebackhide__ = True
        if self._end is None:
            with contextlib.suppress(OSError):  # the server was faster
                self.half_close()
        return self._wait_end("ended its stream", within)

    def _receive(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._got(line.decode())

    def _ended(self, how: Literal["eof", "reset"]) -> End:
        if self._rest and how == "eof":
            return End("violation", reason=f"a last line without its end: {self._rest!r}")
        return End(how)


def _connected(address: Address, receive_buffer_bytes: int | None) -> socket.socket:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Only before connecting does it decide on the first window.
        buffer_bytes = receive_buffer_bytes or _ROOMY_BUFFER_BYTES
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(WITHIN)
        sock.connect(address)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def ready_for(event: int, sock: socket.socket, deadline: float) -> bool:
    """Wait until a socket is ready for ``select.POLLIN`` or ``POLLOUT``; False: in vain."""
    poller = select.poll()
    poller.register(sock, event)
    return bool(poller.poll(max(0.0, deadline - time.monotonic()) * 1000))


def _predicate(until: Until) -> tuple[Callable[[str], bool], str]:
    """Return what takes the line, and how to speak of it."""
    if isinstance(until, Fence):
        return lambda line: line.endswith(until.marker), str(until)
    if isinstance(until, str):
        return lambda line: line == until, _short(until)
    return until, "a certain line"


def _list(lines: list[str]) -> str:
    """Return lines for an error message: the last ones, where there are many."""
    if not lines:
        return "nothing"
    shown = ", ".join(map(_short, lines[-_LINES_SHOWN:]))
    return shown if len(lines) <= _LINES_SHOWN else f"{len(lines)} lines, the last: {shown}"


def _differing(expected: str, came: str) -> str:
    """Return two lines that differ, from where they begin to, where they are long."""
    if len(expected) <= _CHARACTERS_SHOWN and len(came) <= _CHARACTERS_SHOWN:
        return f"{expected!r} and got {came!r}"
    pairs = enumerate(zip(expected, came, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), min(len(expected), len(came)))
    start = max(0, same - 20)
    return (
        f"a line of {len(expected):,} characters and got one of {len(came):,}; "
        f"from character {start} on it expected {_short(expected[start:])} "
        f"and got {_short(came[start:])}"
    )


def _short(text: str | bytes) -> str:
    if len(text) <= _CHARACTERS_SHOWN:
        return repr(text)
    return f"{text[: _CHARACTERS_SHOWN - 20]!r}… ({len(text):,} long)"
