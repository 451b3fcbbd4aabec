"""Many sends in one system call; and what is said where the kernel has none for us."""

from __future__ import annotations

import errno
import gc
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from implementations import uring
from implementations.core.errors import SettingsError
from implementations.uring import Ring, choose_writer, why_not


WITHOUT = why_not()
needs_uring = pytest.mark.skipif(WITHOUT is not None, reason=f"no io_uring: {WITHOUT}")


@contextmanager
def pairs(count: int) -> Iterator[tuple[list[socket.socket], list[socket.socket]]]:
    """Give out ``count`` connected sockets that do not block, and their peers."""
    with ExitStack() as stack:
        ours: list[socket.socket] = []
        theirs: list[socket.socket] = []
        for _ in range(count):
            for ends, sock in zip((ours, theirs), socket.socketpair(), strict=True):
                sock.setblocking(False)
                ends.append(stack.enter_context(sock))
        yield ours, theirs


def fds(socks: list[socket.socket]) -> list[int]:
    return [sock.fileno() for sock in socks]


@needs_uring
def test_every_socket_gets_the_same_bytes() -> None:
    """One call sends to each socket, and says how much each took."""
    with Ring() as ring, pairs(3) as (ours, theirs):
        assert ring.send(fds(ours), b"hello\n") == [6, 6, 6]

        assert [peer.recv(100) for peer in theirs] == [b"hello\n"] * 3


@needs_uring
def test_entries_are_used_again_and_again() -> None:
    """Groups of any size go round a small ring, beyond its end, and none takes another's bytes."""
    with Ring(4) as ring, pairs(7) as (ours, theirs):
        for turn in range(60):
            count = turn % 7 + 1
            line = b"%d\n" % turn * (turn + 1)

            assert ring.send(fds(ours[:count]), line) == [len(line)] * count

            assert [peer.recv(4096) for peer in theirs[:count]] == [line] * count


@needs_uring
def test_counters_of_the_ring_may_pass_their_end() -> None:
    """The kernel's counters are of 32 bits, and a ring goes on when they begin again at 0."""
    with Ring(4) as ring, pairs(3) as (ours, theirs):
        for sent in range(40):
            assert ring.send(fds(ours), b"%d." % sent) == [len(b"%d." % sent)] * 3
            assert ring._words[ring._sq_tail] == 3 * (sent + 1)
        assert [peer.recv(4096) for peer in theirs] == [b"".join(b"%d." % n for n in range(40))] * 3
    assert list(uring._spans(0xFFFFFFFE, 4, 4)) == [slice(2, 4), slice(0, 2)]


@needs_uring
def test_full_socket_answers_at_once() -> None:
    """A socket that is full takes a part or nothing; the others get everything. Nothing waits."""
    long = b"x" * 1_000_000
    with Ring() as ring, pairs(3) as (ours, theirs):
        with suppress(BlockingIOError):
            while ours[1].send(long):
                pass

        sent = ring.send(fds(ours), b"short")
        [part] = ring.send(fds(ours[:1]), long)

        assert sent == [5, -errno.EAGAIN, 5]
        assert 0 < part < len(long)
        assert theirs[2].recv(100) == b"short"
        heard = b""
        with suppress(BlockingIOError):
            while data := theirs[0].recv(1 << 20):
                heard += data
        assert heard == b"short" + long[:part]  # and nothing comes later
        assert ring.send(fds(ours[:1]), b"!") == [1]


@needs_uring
def test_broken_socket_is_a_result() -> None:
    """A peer that is gone, or a closed descriptor, is a failure of its own send alone."""
    with Ring() as ring, pairs(3) as (ours, theirs):
        theirs[0].close()
        ours[1].close()

        sent = ring.send(fds(ours), b"hello")

        assert sent == [-errno.EPIPE, -errno.EBADF, 5]
        assert theirs[2].recv(100) == b"hello"


@needs_uring
def test_what_the_kernel_did_not_take_is_a_full_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the kernel takes only some entries, the rest count as full, and the ring goes on."""
    with Ring(8) as ring, pairs(4) as (ours, theirs):
        call = ring._call

        def take_two(number: int, fd: int, count: int, *rest: int) -> int:
            return call(number, fd, min(count, 2), min(count, 2), *rest[1:])

        for _ in range(3):
            monkeypatch.setattr(ring, "_call", take_two)
            assert ring.send(fds(ours), b"some") == [4, 4, -errno.EAGAIN, -errno.EAGAIN]
            monkeypatch.setattr(ring, "_call", call)
            assert ring.send(fds(ours), b"all") == [3, 3, 3, 3]
        assert [peer.recv(100) for peer in theirs] == [b"someall" * 3] * 2 + [b"all" * 3] * 2


@needs_uring
def test_interrupted_call_takes_nothing_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal before the kernel has taken an entry: every socket counts as full for now."""
    with Ring(8) as ring, pairs(2) as (ours, theirs):
        call = ring._call
        monkeypatch.setattr(ring, "_call", _interrupted)

        assert ring.send(fds(ours), b"lost") == [-errno.EAGAIN] * 2

        monkeypatch.setattr(ring, "_call", call)
        assert ring.send(fds(ours), b"sent") == [4, 4]
        assert [peer.recv(100) for peer in theirs] == [b"sent"] * 2


@needs_uring
def test_wait_for_completions_goes_on_after_a_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    """When a signal interrupts the wait for the completions, it is waited for again."""
    with Ring(8) as ring, pairs(2) as (ours, _):
        call = ring._call
        waits: list[Callable[..., int]] = [_interrupted, call]
        counts = [0, 0, 2]  # as if the completions came late

        def first_the_signal(number: int, fd: int, count: int, *rest: int) -> int:
            return (call if count else waits.pop(0))(number, fd, count, *rest)

        monkeypatch.setattr(ring, "_call", first_the_signal)
        monkeypatch.setattr(ring, "_completed", lambda: counts.pop(0))

        assert ring.send(fds(ours), b"x") == [1, 1]

    assert waits == []


def _interrupted(*_: int) -> int:
    raise InterruptedError(errno.EINTR, os.strerror(errno.EINTR))


@needs_uring
def test_completions_may_come_in_any_order() -> None:
    """A result belongs to the entry that its number names, not to its place in the ring."""
    with Ring(4) as ring, pairs(2) as (ours, theirs):
        theirs[0].close()
        first = ring._words[ring._sq_tail]
        assert ring.send(fds(ours), b"x") == [-errno.EPIPE, 1]
        # The same two completions, exchanged in memory and given out again.
        slots, done = ring._done_slots, ring._done_results
        slots[0], slots[1] = slots[1], slots[0]
        done[0], done[1] = done[1], done[0]
        ring._words[ring._cq_head] = first
        assert ring._results(first, 2) == [-errno.EPIPE, 1]


@needs_uring
def test_ring_belongs_to_its_thread() -> None:
    """The kernel refuses another thread than the one that made the ring."""
    refused: list[int | None] = []
    with Ring() as ring, pairs(1) as (ours, theirs):

        def use() -> None:
            with pytest.raises(OSError, match="exists") as error:
                ring.send(fds(ours), b"x")
            refused.append(error.value.errno)

        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
        assert ring.send(fds(ours), b"mine") == [4]
        assert theirs[0].recv(100) == b"mine"

    assert refused == [errno.EEXIST]


@needs_uring
def test_forked_process_has_no_ring() -> None:
    """The shared memory is not copied to a child: it holds no mapping of a ring."""
    with Ring() as ring:
        assert "[io_uring]" in Path("/proc/self/maps").read_text()
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.write(writer, b"%d" % Path("/proc/self/maps").read_text().count("[io_uring]"))
            os._exit(0)
        os.waitpid(child, 0)
        count = os.read(reader, 10)
        os.close(reader)
        os.close(writer)
        assert not os.get_inheritable(ring._fd)

    assert count == b"0"


@needs_uring
def test_closed_ring_leaves_nothing() -> None:
    """A ring gives its descriptors and its memory back, and may be closed twice."""
    before = os.listdir("/proc/self/fd")
    ring = Ring()
    ring.close()
    ring.close()
    gc.collect()

    assert os.listdir("/proc/self/fd") == before
    assert "[io_uring]" not in Path("/proc/self/maps").read_text()


@pytest.mark.parametrize(
    ("number", "setting", "says"),
    [
        (errno.ENOSYS, "0", "no io_uring here"),
        (errno.EINVAL, "0", "older than Linux 6.1"),
        (errno.EPERM, "0", "a filter of system calls"),
        (errno.EPERM, None, "a filter of system calls"),
        (errno.EPERM, "2\n", "kernel.io_uring_disabled=2"),
        (errno.EMFILE, "0", "Too many open files"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has io_uring")
def test_refusal_says_why(
    number: int,
    setting: str | None,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Each way in which a kernel refuses has its own words."""

    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Ring, "_call", refuse)
    monkeypatch.setattr(uring, "_DISABLED", tmp_path / "io_uring_disabled")
    if setting is not None:
        (tmp_path / "io_uring_disabled").write_text(setting)

    assert says in (why_not() or "")


def test_other_systems_have_no_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    """On another system than Linux nothing is tried."""
    monkeypatch.setattr(sys, "platform", "darwin")

    assert why_not() == "only Linux has io_uring"


@pytest.mark.parametrize(
    ("problem", "auto"),
    [(None, ("uring", "writer: uring")), ("no luck", ("send", "writer: send (no luck)"))],
)
def test_auto_takes_what_there_is_and_says_so(
    problem: str | None, auto: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``auto`` is io_uring where the kernel allows it, and a line for the log says what it is."""
    monkeypatch.setattr(uring, "why_not", lambda: problem)

    assert choose_writer("auto") == auto
    assert choose_writer("send") == ("send", "")
    if problem is None:
        assert choose_writer("uring") == ("uring", "")


def test_writer_that_cannot_be_had_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """``uring`` where there is none is an error that says why, and not a slower server."""
    monkeypatch.setattr(uring, "why_not", lambda: "no luck")

    with pytest.raises(SettingsError, match=r"^--writer uring: no luck$"):
        choose_writer("uring")
