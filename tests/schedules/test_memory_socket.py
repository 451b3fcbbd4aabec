"""The socket in memory does what a kernel's socket does, as far as a connection can tell."""

from __future__ import annotations

import errno
import socket

import pytest

from schedules.memory_socket import MemoryRing, MemorySocket
from schedules.script import Leaving, Move, Part, Say


MUCH = 65536


class Notes:
    """An audience that remembers."""

    def __init__(self) -> None:
        self.is_over = False
        self.deeds: list[tuple[str, str]] = []
        self.taken = 0
        self.closings = 0

    def note(self, deed: str, to: str = "") -> None:
        self.deeds.append((deed, to))

    def took(self) -> None:
        self.taken += 1

    def closed(self) -> None:
        self.closings += 1


def made(
    *moves: Move,
    leaving: Leaving = Leaving.CLOSE,
    reads: bool = True,
    short_writes: bool = False,
    notes: Notes | None = None,
) -> MemorySocket:
    """Return the socket of a client with that script."""
    part = Part("anna", moves, leaving, reads, short_writes)
    return MemorySocket(part, seed=1, audience=notes or Notes())


def test_client_is_heard_and_then_ends() -> None:
    """The client's lines come in their order, and then the end of the stream, every time."""
    sock = made(Say("a"), Say("b"), Say("c"))
    heard = b""

    while data := sock.recv(MUCH):
        heard += data

    assert heard == b"a\nb\nc\n"
    assert sock.readable
    assert sock.recv(MUCH) == b""


def test_client_that_waits_to_be_disconnected_gives_nothing() -> None:
    """A client with nothing to say stays connected, and ends its side after the server."""
    sock = made(leaving=Leaving.QUIT)

    readable_before = sock.readable
    with pytest.raises(BlockingIOError):
        sock.recv(MUCH)
    sock.shutdown(socket.SHUT_WR)

    assert not readable_before
    assert sock.readable
    assert sock.recv(MUCH) == b""
    with pytest.raises(BrokenPipeError):
        sock.send(b"late")


def test_reset_is_met_by_reader_and_writer() -> None:
    """After a reset both directions fail, once the client's lines have been read."""
    sock = made(Say("a"), leaving=Leaving.RESET)

    assert sock.recv(MUCH) == b"a\n"

    with pytest.raises(ConnectionResetError):
        sock.recv(MUCH)
    with pytest.raises(ConnectionResetError):
        sock.send(b"x\n")


def test_short_writes_lose_nothing() -> None:
    """A socket with short writes takes parts in order, and nothing more until it is drained."""
    notes = Notes()
    sock = made(leaving=Leaving.QUIT, short_writes=True, notes=notes)
    rest, refused = b"* you are anna:1\n* online (1): anna:1\nanna:1: hello\n", 0

    while rest:
        try:
            rest = rest[sock.send(rest) :]
        except BlockingIOError:
            refused += 1
            assert not sock.writable
            sock.drain()

    assert refused
    assert [line for _, line in sock.peer.log] == [
        "* you are anna:1",
        "* online (1): anna:1",
        "anna:1: hello",
    ]
    assert {to for deed, to in notes.deeds if deed.startswith("writes")} == {"anna"}


def test_stalled_client_takes_its_welcome_and_no_more() -> None:
    """A client that does not read takes two lines; draining has no effect then."""
    sock = made(leaving=Leaving.QUIT, reads=False)

    assert sock.send(b"* you are anna:1\n* online (1): anna:1\n") == 38

    with pytest.raises(BlockingIOError):
        sock.send(b"anna:1: hello\n")
    sock.drain()
    with pytest.raises(BlockingIOError):
        sock.send(b"anna:1: hello\n")


def test_waiter_is_called_when_there_is_something_to_read() -> None:
    """A waiting pump is called for lines and for the end, and for nothing else."""
    calls: list[str] = []
    sock = made(leaving=Leaving.QUIT)
    sock.call_back(lambda: calls.append("woken"))

    sock.send(b"nothing to say to this\n")
    before = list(calls)
    sock.shutdown(socket.SHUT_RDWR)

    assert (before, calls) == ([], ["woken"])
    sock.call_back(None)
    sock.close()
    assert calls == ["woken"]


def test_closing_counts_once_and_only_while_it_counts() -> None:
    """The audience hears of a closing once, and not at all while the stage is cleared."""
    notes, late = Notes(), Notes()
    late.is_over = True
    sock, cleared = made(notes=notes), made(notes=late)

    sock.close()
    sock.close()
    cleared.close()

    assert (notes.closings, late.closings) == (1, 0)
    assert (sock.is_closed, cleared.is_closed) == (True, False)
    with pytest.raises(OSError, match="file descriptor"):
        sock.recv(MUCH)


def test_ring_sends_to_each_socket_by_its_number() -> None:
    """A ring gives each open socket the bytes, and has an error below 0 for every other."""
    first, last, closed = made(), made(), made()
    for number, sock in enumerate((first, last, closed)):
        sock.number = number
    closed.close()
    ring = MemoryRing([first, last, closed])

    sent = ring.send([last.fileno(), first.fileno(), closed.fileno(), 2], b"a line\n")

    assert sent == [7, 7, -errno.EBADF, -errno.EBADF]
    assert (first.fileno(), last.fileno(), closed.fileno()) == (0, 1, -1)
