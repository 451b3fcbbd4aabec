"""Tells without a clock whether threads end or wait, and whether a talker must wait."""

from __future__ import annotations

import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar, cast
from unittest.mock import patch

from conformance.timing import TICK
from implementations.on_threads import readiness
from implementations.on_threads.outbox import Outbox
from implementations.on_threads.pace import Pace


__all__ = ["ENDS_WITHIN", "Running", "joined", "must_wait", "parked", "read_until"]

T = TypeVar("T")
ENDS_WITHIN = 100 * TICK  # only reached when something hangs
LOOKS_EVERY = TICK / 100


class Running(threading.Thread, Generic[T]):
    """A function in a thread of its own; `result` returns or raises what the function did."""

    def __init__(self, function: Callable[[], T]) -> None:
        super().__init__(name=f"test: {getattr(function, '__qualname__', function)}")
        self._function = function
        self._error: BaseException | None = None

    def run(self) -> None:
        """Call the function. For `start`."""
        try:
            self._result = self._function()
        except BaseException as error:
            self._error = error

    def result(self) -> T:
        """Wait for the end, and return or raise what the function did."""
        self.join(ENDS_WITHIN)
        assert not self.is_alive(), f"{self.name} does not end; it is at\n{_where(self)}"
        if self._error is not None:
            raise self._error
        return self._result


@contextmanager
def joined(*functions: Callable[[], T]) -> Iterator[list[Running[T]]]:
    """Run each function in a thread of its own; each thread must end with the block.

    The test fails if a thread still lives then, and it raises what a thread raised. Assert
    only after the block: an ``assert`` that ends the block early can leave a thread waiting
    for ever for what the block would have done next.
    """
    threads = [Running(function) for function in functions]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        for thread in threads:
            thread.join(ENDS_WITHIN)
    for thread in threads:
        thread.result()


def parked(thread: threading.Thread) -> bool:
    """Wait until ``thread`` waits for another thread; False when it has ended instead.

    It looks at the thread's innermost frame until that is in one of the three places where
    our threads wait. So the answer needs no luck and no clock.

    How good it is: it is certain for a condition (of the talkers, of an asker) and for an
    outbox. There it sees the mark that the thread has made, under the lock, for the thread
    that will wake it, and that no thread has woken it yet. Of a thread that waits for a socket
    it sees only that the thread asks the kernel or is about to: good enough while the socket
    is not ready. It does not help with a thread that waits for a lock.
    """
    looks = int(ENDS_WITHIN / LOOKS_EVERY)
    for _ in range(looks):
        waits = _waits(thread)
        if not thread.is_alive():  # last, for the system reuses thread numbers
            return False
        if waits:
            return True
        thread.join(LOOKS_EVERY)
    raise AssertionError(f"{thread.name} neither waits nor ends; it is at\n{_where(thread)}")


def must_wait(pace: Pace) -> bool:
    """Whether a talker that came now would have to wait. No talker may be waiting already."""

    class WouldWait(Exception):
        pass

    with patch.object(pace._talkers, "wait", side_effect=WouldWait):
        try:
            pace.admitted()
        except WouldWait:
            return True
        return False


def read_until(peer: socket.socket, wanted: bytes) -> bytes:
    """Return everything up to ``wanted``; for ``b""``, up to the end of the stream."""
    peer.settimeout(ENDS_WITHIN)
    heard = b""
    while not wanted or wanted not in heard:
        data = peer.recv(65536)
        if not data:
            assert not wanted, f"the stream ended before {wanted!r}, after {heard!r}"
            break
        heard += data
    return heard


def _waits(thread: threading.Thread) -> bool:
    frame = sys._current_frames().get(cast(int, thread.ident))
    if frame is None:
        return False
    if frame.f_code is threading.Condition.wait.__code__:
        here = frame.f_locals
        return here.get("waiter") in here["self"]._waiters  # until it is notified
    if frame.f_code is Outbox.take.__code__:
        return cast(bool, frame.f_locals["self"]._wanted)  # until it is woken
    return frame.f_code is readiness._poll.__code__


def _where(thread: threading.Thread) -> str:
    frame = sys._current_frames().get(cast(int, thread.ident))
    return "".join(traceback.format_stack(frame)) if frame else "its end"
