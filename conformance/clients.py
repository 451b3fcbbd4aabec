"""The black-box client, as far as it is the same at both doors.

``TcpClient`` and ``WebSocketClient`` share this interface, so that a test is written once and
runs at both doors. Every call blocks, with a deadline. A client reads all the time, in a thread
of its own, so it is never a slow consumer by accident; only after ``clog()`` it reads nothing.

Invariants:
  1. Only the client's own thread reads its socket. A test takes lines from the inbox that this
     thread fills.
  2. ``log`` holds each line that the client got, with its arrival time, and each line that it
     said, just before it was sent: the log is a session's history.
"""

import array
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
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from conformance.checker import Session
from conformance.ear import Ear
from conformance.expectations import (
    ConnectionEnded,
    Fence,
    Mismatch,
    Until,
    differing,
    listed,
    predicate,
    quoted,
)
from conformance.frames import BadFrame
from conformance.inbox import End, Inbox
from conformance.reading import ReadingThread
from conformance.server import Address, spell
from conformance.sockets import connected, ready_for
from conformance.timing import TICK, WITHIN


__all__ = ["Client", "Event"]

_RECV_BYTES = 1 << 16
_KNOCK_EVERY = 10 * TICK  # a server may let a newcomer in after it has read its first line

_fence_numbers = itertools.count(1)


@dataclass(frozen=True)
class Event:
    """One thing that a client said or saw."""

    at_ns: int  # monotonic clock
    kind: Literal["said", "got", "end"]
    text: str


class Client(ABC):
    """What the clients of both doors can do.

    Args:
        address: where the door is.
        label: what the test calls the client; default: its own address.
        receive_buffer_bytes: of the kernel, for this socket; default: a roomy one.
        ear: puts what the server sends into the words of PROTOCOL.md; None: it speaks these words.

    Attributes:
        name: the name that the room uses for it. It is learnt from ``* you are NAME``, and kept
            up to date when the room tells of a new one.
        address: its own address as the room spells it.
        label: what the test calls it, and every error message too.
        log: all that it said and got, in its own order, with times.
        referee: in a dialect without an echo, the client that hears what this one says.
    """

    door: Literal["tcp", "ws"]

    def __init__(
        self,
        address: Address,
        *,
        label: str | None = None,
        receive_buffer_bytes: int | None = None,
        ear: Ear | None = None,
    ) -> None:
        self._socket = connected(address, receive_buffer_bytes)
        host, port = self._socket.getsockname()[:2]
        self.address = spell((host, port))
        self.label = label or self.address
        self.name = self.address
        self.log: list[Event] = []
        self._arranged = 0  # entries of the log that a fixture made
        self._inbox = Inbox(self.label, self._state)
        self._sending = threading.Lock()  # one frame at a time: the reading thread sends pongs
        self._reading = ReadingThread(self._socket, f"reads {self.label}", self._read)
        self._ear = ear
        self.referee: Client | None = None
        if ear is not None:
            ear.belongs_to(self.address, self._hear)

    def __repr__(self) -> str:
        return f"<{self.label} at {self.door}, called {self.name}>"

    # Saying things.

    def encode(self, line: str) -> bytes:
        """Return the bytes that say a line at this door; two calls may return different bytes."""
        return self._framed(line if self._ear is None else self._ear.word(line))

    @property
    def speaks_dialect(self) -> bool:
        """Whether the server has a dialect, so that no command can be sent."""
        return self._ear is not None

    @property
    def longest_line_bytes(self) -> int | None:
        """The longest line that the server's dialect allows; None: that of PROTOCOL.md."""
        return None if self._ear is None else self._ear.dialect.max_line

    def say(self, *lines: str, within: float = WITHIN) -> None:
        """Send lines, all in one write.

        Raises:
            ConnectionEnded: the connection has ended.
            Mismatch: the server did not take all of it within that time.
        """
        __tracebackhide__ = True
        at_ns = time.monotonic_ns()
        self.log += [Event(at_ns, "said", line) for line in lines]
        self.send_raw(b"".join(map(self.encode, lines)), within=within)

    def send_raw(self, data: bytes, *, within: float = WITHIN) -> None:
        """Send bytes as they are; raises the same errors as ``say``."""
        __tracebackhide__ = True
        if self._ear is not None:
            self._ear.sends(data)
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
                        f"{self.label} wanted to send {quoted(data)} "
                        f"and the connection had ended ({error.strerror})"
                    ) from None

    def send_fence(self) -> Fence:
        """Say a line that no other client says, and return the fence to wait for."""
        __tracebackhide__ = True
        fence = Fence(f"fence-{next(_fence_numbers)}-{secrets.token_hex(4)}")
        self.say(fence.marker)
        return fence

    def knock(self) -> bool:
        """Say a hello, which no test sees; return whether it came back in time.

        Only for a server with a dialect. Without an echo it comes to the referee, and then a hello
        of the referee comes to this client.
        """
        __tracebackhide__ = True
        if self.referee is None:
            return self._hello_comes_to(self)
        return self._hello_comes_to(self.referee) and self.referee._hello_comes_to(self)

    # Hearing things.

    def next_line(self, within: float = WITHIN) -> str:
        """Return the next line; raises the same errors as ``lines_until``."""
        __tracebackhide__ = True
        return self._inbox.take_until(lambda line: True, "a line", within)[-1]

    def lines_until(self, until: Until, within: float = WITHIN) -> list[str]:
        """Return the lines that come before a fence, a line, or the first line that fits.

        That line itself is taken, and not returned.

        Raises:
            ConnectionEnded: the connection ended first.
            Mismatch: it did not come within that time.
        """
        __tracebackhide__ = True
        return self._inbox.take_until(*self._awaited(until), within)[:-1]

    def wait_for(self, until: Until, within: float = WITHIN) -> str:
        """Skip lines up to the awaited one, and return that; raises as ``lines_until`` does."""
        __tracebackhide__ = True
        return self._inbox.take_until(*self._awaited(until), within)[-1]

    def needs_line(self, line: str) -> None:
        """Skip the test if the server's dialect has no line of that kind."""
        if self._ear is not None:
            self._ear.must_know(line)

    def wait_heard(self, until: Until, within: float = WITHIN) -> str:
        """Wait until such a line has come at any time, taken or not; take nothing."""
        __tracebackhide__ = True
        return self._inbox.find(*self._awaited(until), within)[-1]

    def expect(self, *lines: str, within: float = WITHIN) -> None:
        """Take as many lines as are given, and compare them.

        Raises:
            Mismatch: other lines came, or not enough of them.
        """
        __tracebackhide__ = True
        for line in lines:
            if self._ear is not None and self._ear.passes_over(line):
                if not line.startswith("! ") and not self.knock():
                    raise Mismatch(f"{self.label} does not hear what it says any more")
                continue
            wanted = (self.label, line)
            try:
                came = self.next_line(within)
            except Mismatch as error:
                message = f"{self.label} expected {quoted(line)}: {error}"
                raise type(error)(message, absent=[wanted]) from None
            if came != line and not (self._ear is not None and self._ear.is_same(line, came)):
                message = f"{self.label} expected {differing(line, came)}"
                raise Mismatch(message, blamed=[(self.label, came)], absent=[wanted])

    def expect_nothing_but(self, fence: Fence, within: float = WITHIN) -> None:
        """Take the fence, and fail if a line came before it."""
        __tracebackhide__ = True
        before = self.lines_until(fence, within)
        if before:
            raise Mismatch(
                f"{self.label} expected nothing before {fence} and got {listed(before)}",
                blamed=[(self.label, line) for line in before],
            )

    def expect_end(self, within: float = WITHIN) -> End:
        """Wait for the end of the connection, with no line before it; return how it ended."""
        __tracebackhide__ = True
        lines, end = self.lines_until_end(within)
        if lines:
            raise Mismatch(
                f"{self.label} expected the end and got {listed(lines)} before it",
                blamed=[(self.label, line) for line in lines],
            )
        return end

    def lines_until_end(self, within: float = WITHIN) -> tuple[list[str], End]:
        """Return the lines that still came before the connection ended, and how it ended."""
        __tracebackhide__ = True
        end = self._inbox.wait_end("wanted to be disconnected", within)
        return self._inbox.take_unread(), end

    def unread(self) -> list[str]:
        """Return the lines that have come and that no call has taken yet. Proves no absence."""
        return self._inbox.unread()

    @property
    def end(self) -> End | None:
        """How the connection ended, or None while it is open."""
        return self._inbox.end

    def session(self, *, complete: bool = False, gone: bool = False) -> Session:
        """Return what it said and got so far, for the history checker."""
        return self._session(0, complete=complete, gone=gone)

    def act(self) -> Session:
        """Return the same, without what a fixture did before the test itself began."""
        return self._session(self._arranged)

    def arranged(self) -> None:
        """Mark that the test itself begins here. Called by fixtures."""
        self._arranged = len(self.log)

    # Reading slowly, and leaving.

    def clog(self) -> None:
        """Stop reading; returns when no read can follow.

        The receive buffer keeps its size. If it shrank below what the kernel has promised the
        server, the kernel would drop segments, and resuming would wait seconds for
        retransmissions. To have a small buffer, choose it when the client is made.
        """
        self._reading.pause()

    def resume(self) -> None:
        """Read again, as fast as it can."""
        self._reading.resume()

    def unread_bytes(self) -> int:
        """Return how much the kernel holds for a client that does not read."""
        size = array.array("i", [0])
        fcntl.ioctl(self._socket, termios.FIONREAD, size)
        return size[0]

    def half_close(self) -> None:
        """End the client's own direction of the stream, and go on reading."""
        if self._ear is not None:
            self._ear.sends_no_more()
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
        """Whether it was reset or abandoned, so that it has no connection to say anything on."""
        return self._reading.is_stopped

    def abandon(self) -> None:
        """Drop the connection without a word. Calling it again does nothing."""
        if self._ear is not None:
            self._ear.is_over = True
        if self._reading.stop():
            self._socket.close()

    # Called by the reading thread.

    @abstractmethod
    def _receive(self, data: bytes) -> None:
        """Turn bytes into lines, in order."""

    @abstractmethod
    def _framed(self, text: str) -> bytes:
        """Return the bytes that send a text at this door."""

    def _ended(self, how: Literal["eof", "reset"]) -> End:
        return End(how)

    def _read(self) -> bool:
        """Read once; return whether the connection is still open."""
        end = self._read_once()
        if end is None:
            return True
        if self._ear is not None and (farewell := self._ear.ends()) is not None:
            self._hear(farewell)
        with self._inbox.changed:
            self.log.append(Event(time.monotonic_ns(), "end", str(end)))
            self._inbox.put_end(end)
        return False

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
        """Take a line as the server sent it."""
        for each in [line] if self._ear is None else self._ear.hear(line):
            self._hear(each)

    def _hear(self, line: str) -> None:
        """Log a line and put it into the inbox."""
        with self._inbox.changed:
            self.log.append(Event(time.monotonic_ns(), "got", line))
            if line.startswith("* you are "):
                self.name = line.removeprefix("* you are ")
            elif line.startswith(f"* {self.name} is now "):
                self.name = line.removeprefix(f"* {self.name} is now ")
            self._inbox.put(line)

    # Small helpers.

    def _hello_comes_to(self, hearer: "Client") -> bool:
        __tracebackhide__ = True
        assert self._ear is not None
        assert hearer._ear is not None
        hello, deadline = self._ear.hello(), time.monotonic() + WITHIN
        while time.monotonic() < deadline and hearer.end is None:
            self.send_raw(self._framed(self._ear.template(hello)))
            if hearer._ear.wait_heard(hello, _KNOCK_EVERY):
                return True
        return False

    def _awaited(self, until: Until) -> tuple[Callable[[str], bool], str]:
        if isinstance(until, str):
            self.needs_line(until)
        return predicate(until)

    def _session(self, start: int, *, complete: bool = False, gone: bool = False) -> Session:
        events = [(event.kind, event.text) for event in self.log[start:]]
        return Session.from_log(self.label, events, complete=complete, gone=gone)

    def _state(self) -> str:
        """Return what else there is to know about a connection that is open."""
        return " (it has stopped reading)" if self._reading.is_paused else ""
