"""Many sends in one system call: io_uring, for ``--writer uring`` of the direct servers.

All members of a stretch get the same bytes. `Ring.send` describes one send per socket in memory
that it shares with the kernel, and one call of ``io_uring_enter`` carries out all of them. This
needs no compiler and no package: the three system calls go through the C library's ``syscall``,
and the entries for all sockets are written by a few slice assignments.

One socket costs 8 us in this way and 4 by ``send``; from three on this way is the cheaper one. A
few sockets use it too, so that the small rooms of tests run the code of the large ones.

docs/io-uring.md says what io_uring opens in a system, and how it is switched off.

Invariants:
  1. No send waits. Each has ``MSG_DONTWAIT``, so that the kernel completes it at once, with
     ``EAGAIN`` if the socket is full. Without the flag it would wait in the kernel until the
     socket has room, and the bytes would come later than those of a write pump.
  2. `Ring.send` returns when every entry that the kernel took has its completion. So nothing is
     in progress between two calls, and the kernel never reads bytes that Python has freed.
  3. The kernel gets numbers of entries, no addresses of Python objects, to name a send with.
  4. Only the thread that made a ring uses it (``IORING_SETUP_SINGLE_ISSUER``: the kernel refuses
     all others), and a forked process gets no copy of its memory.

The kernel reads the entries and writes the completions only during a call of this thread
(``IORING_SETUP_DEFER_TASKRUN``, no kernel thread polls). So plain loads and stores are enough,
and this module needs no memory barriers, which Python could not express.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import mmap
import os
import socket
import struct
import sys
from array import array
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import Literal

from implementations.core.errors import SettingsError
from implementations.core.settings import Settings


__all__ = ["Ring", "choose_writer", "ring_for", "why_not"]

log = logging.getLogger("hubbub")

SEND_FLAGS = socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL
ENTRIES = 1024  # a power of two: as many as a stretch of a group commit has members

_SETUP, ENTER = 425, 426  # the system calls' numbers, the same on nearly every processor
_SUBMIT_ALL, _SINGLE_ISSUER, _DEFER_TASKRUN = 1 << 7, 1 << 12, 1 << 13  # of io_uring_setup
_SINGLE_MMAP = 1 << 0  # a feature: both rings are in one mapping
GETEVENTS = 1 << 0  # of io_uring_enter: wait for completions
_OP_SEND = 26
_RINGS_AT, _ENTRIES_AT = 0, 0x10000000  # offsets for mmap

# struct io_uring_params: 10 words, then the offsets of the fields of the two rings.
_PARAMS = struct.Struct("=10I" + "8IQ" + "8IQ")
# struct io_uring_sqe: opcode, flags, ioprio, fd, off, addr, len, msg_flags, user_data, the rest.
_ENTRY = struct.Struct("=BBHiQQIIQ24x")
_COMPLETION_BYTES = 16  # struct io_uring_cqe: user_data, res, flags


class Ring:
    """A queue of sends that the kernel carries out in one call.

    Make it in the thread that uses it. It is a context manager: its end closes it.

    Raises:
        OSError: the kernel refuses; see `why_not`.
    """

    def __init__(self, entries: int = ENTRIES) -> None:
        self._open = ExitStack()
        self._syscall = ctypes.CDLL(None, use_errno=True).syscall
        self._syscall.restype = ctypes.c_long
        self._syscall.argtypes = [ctypes.c_long] * 7  # the number and six arguments
        params = ctypes.create_string_buffer(_PARAMS.size)
        flags = _SUBMIT_ALL | _SINGLE_ISSUER | _DEFER_TASKRUN
        struct.pack_into("=I", params, 8, flags)
        self._fd = self._call(_SETUP, entries, ctypes.addressof(params))
        self._open.callback(os.close, self._fd)
        try:
            self._map(*_PARAMS.unpack(params))
        except BaseException:
            self.close()
            raise

    def _map(self, *params: int) -> None:
        """Map the memory that is shared with the kernel, and write what every send has."""
        self._size, completions, features = params[0], params[1], params[5]
        sq_head, sq_tail, _, _, _, _, sq_array = params[10:17]
        cq_head, cq_tail, _, _, _, cqes = params[19:25]
        if not features & _SINGLE_MMAP:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        rings = self._mapped(
            max(sq_array + 4 * self._size, cqes + _COMPLETION_BYTES * completions), _RINGS_AT
        )
        entries = self._mapped(_ENTRY.size * self._size, _ENTRIES_AT)
        for slot in range(self._size):
            at = _ENTRY.size * slot
            _ENTRY.pack_into(entries, at, _OP_SEND, 0, 0, -1, 0, 0, 0, SEND_FLAGS, slot)
        words = self._view(rings, "I")
        words[sq_array // 4 : sq_array // 4 + self._size] = array("I", range(self._size))
        self._words = words
        self._sq_head, self._sq_tail = sq_head // 4, sq_tail // 4
        self._cq_head, self._cq_tail = cq_head // 4, cq_tail // 4
        # One field of all entries, or of all completions, as if it were a list.
        self._fds = self._view(entries, "i")[1::16]
        self._addresses = self._view(entries, "Q")[2::8]
        self._lengths = self._view(entries, "I")[6::16]
        done = cqes // 4, (cqes + _COMPLETION_BYTES * completions) // 4
        self._done_slots = words[done[0] : done[1] : 4]
        self._done_results = self._view(rings, "i")[done[0] + 2 : done[1] : 4]
        self._done_size = completions
        for view in (self._fds, self._addresses, self._lengths):
            self._open.callback(view.release)
        self._open.callback(self._done_slots.release)
        self._open.callback(self._done_results.release)

    def _mapped(self, size: int, offset: int) -> mmap.mmap:
        flags = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
        mapped = mmap.mmap(self._fd, size, flags=flags, offset=offset)
        self._open.callback(mapped.close)
        mapped.madvise(mmap.MADV_DONTFORK)
        return mapped

    def _view(self, mapped: mmap.mmap, kind: Literal["i", "I", "Q"]) -> memoryview[int]:
        return self._open.enter_context(self._open.enter_context(memoryview(mapped)).cast(kind))

    def send(self, fds: Sequence[int], data: bytes) -> list[int]:
        """Send ``data`` to each socket, without waiting for any.

        Args:
            fds: the sockets' descriptors. A descriptor that is not open has a failure as result.

        Returns:
            Per socket how many bytes it took, or less than 0 when it took none: it is full for
            now, or broken.
        """
        if len(fds) > self._size:
            return self.send(fds[: self._size], data) + self.send(fds[self._size :], data)
        address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0
        first = self._describe(fds, address, len(data))
        taken = self._enter(first, len(fds))
        return self._results(first, taken) + [-errno.EAGAIN] * (len(fds) - taken)

    def _describe(self, fds: Sequence[int], address: int, size_bytes: int) -> int:
        """Write an entry for each socket; return the number of the first."""
        count, first = len(fds), self._words[self._sq_tail]
        at = 0
        for span in _spans(first, count, self._size):
            size = span.stop - span.start
            self._fds[span] = array("i", fds[at : at + size])
            self._addresses[span] = array("Q", [address]) * size
            self._lengths[span] = array("I", [size_bytes]) * size
            at += size
        self._words[self._sq_tail] = (first + count) & 0xFFFFFFFF
        return first

    def _enter(self, first: int, count: int) -> int:
        """Have the kernel carry out ``count`` entries; return how many it took.

        When it returns, each of these has its completion.
        """
        words = self._words
        try:
            self._call(ENTER, self._fd, count, count, GETEVENTS)
        except OSError as error:
            if error.errno not in (errno.EINTR, errno.EAGAIN, errno.EBUSY):
                words[self._sq_tail] = words[self._sq_head]  # no later call may begin these sends
                raise
        taken = (words[self._sq_head] - first) & 0xFFFFFFFF
        words[self._sq_tail] = words[self._sq_head]  # take back what the kernel had no memory for
        while (missing := taken - self._completed()) > 0:
            try:
                self._call(ENTER, self._fd, 0, missing, GETEVENTS)
            except InterruptedError:
                continue
        return taken

    def _completed(self) -> int:
        return (self._words[self._cq_tail] - self._words[self._cq_head]) & 0xFFFFFFFF

    def _results(self, first: int, count: int) -> list[int]:
        """Take ``count`` completions off the ring; return the results in the entries' order."""
        head = self._words[self._cq_head]
        spans = list(_spans(head, count, self._done_size))
        slots = [slot for span in spans for slot in self._done_slots[span].tolist()]
        done = [result for span in spans for result in self._done_results[span].tolist()]
        self._words[self._cq_head] = (head + count) & 0xFFFFFFFF
        results = [0] * count
        for slot, result in zip(slots, done, strict=True):
            results[(slot - first) % self._size] = result
        return results

    def _call(self, number: int, *arguments: int) -> int:
        result = self._syscall(number, *arguments, *[0] * (6 - len(arguments)))
        if result < 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))
        return int(result)

    def close(self) -> None:
        """Give everything back to the kernel. Idempotent."""
        self._open.close()

    def __enter__(self) -> Ring:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _spans(first: int, count: int, size: int) -> Iterator[slice]:
    """Give out the slices of a ring's list that hold ``count`` places, from ``first`` on."""
    at = first % size
    yield slice(at, min(at + count, size))
    if at + count > size:
        yield slice(0, at + count - size)


def ring_for(settings: Settings) -> AbstractContextManager[Ring | None]:
    """Return a new ring if the writer is ``uring``, else None, as a context manager.

    ``auto`` counts as ``send`` here: `choose_writer` decides before a server starts. Where the
    process has run out of descriptors since then, the server writes by ``send`` and logs that.
    """
    if settings.writer != "uring":
        return nullcontext()
    try:
        return Ring()
    except OSError as error:
        log.warning("writer: send (no io_uring any more: %s)", error.strerror)
        return nullcontext()


def choose_writer(wanted: str) -> tuple[str, str]:
    """Return ``send`` or ``uring``, what ``--writer`` means on this machine, and a line to log.

    The line is empty when the user has chosen: then there is no news.

    Raises:
        SettingsError: ``uring`` is wanted and cannot be had.
    """
    if wanted == "send":
        return wanted, ""
    problem = why_not()
    if wanted == "uring" and problem:
        raise SettingsError(f"--writer uring: {problem}")
    if wanted == "uring":
        return wanted, ""
    return ("send", f"writer: send ({problem})") if problem else ("uring", "writer: uring")


def why_not() -> str | None:
    """Return why this process cannot use io_uring, in a few words; None if it can.

    It makes a small ring and sends one byte, because some systems allow only a part.
    """
    if sys.platform != "linux":
        return "only Linux has io_uring"
    try:
        ours, theirs = socket.socketpair()
        with ours, theirs, Ring(1) as ring:
            [sent] = ring.send([ours.fileno()], b"x")
    except AttributeError:
        return "the C library has no syscall()"
    except OSError as error:
        return _REASONS.get(error.errno or 0) or _refusal(error)
    return None if sent == 1 else f"the kernel cannot send by io_uring: {os.strerror(-sent)}"


_DISABLED = Path("/proc/sys/kernel/io_uring_disabled")
_REASONS = {
    errno.ENOSYS: "no io_uring here, says the kernel or a filter of system calls",
    errno.EINVAL: "this kernel's io_uring is older than Linux 6.1",
}


def _refusal(error: OSError) -> str:
    """Say what refused. The kernel gives ``EPERM`` for its own setting and for a filter."""
    try:
        setting = _DISABLED.read_text().strip()
    except OSError:
        setting = "0"
    if error.errno != errno.EPERM:
        return f"the kernel gives no io_uring: {error.strerror}"
    if setting != "0":
        return f"io_uring is switched off here (kernel.io_uring_disabled={setting})"
    return "a filter of system calls forbids io_uring, as in many containers"
