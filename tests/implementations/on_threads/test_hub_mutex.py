"""The mutex hub, and the proof of what its docstring says about the lock.

Two talkers say one line each to two clients, through a hub with and without its lock, and
with and without a wait inside the section that the lock guards. The hub promises the same
order at every client.

Why this is a proof and not luck: the system may interrupt a thread between any two
instructions, for any time. `Crossing` makes one such interruption happen in every run:
between the first and the second client, the talkers change places. That is possible only if
both are inside the section at once. If the lock keeps one talker out, this talker says so,
and the other one goes on alone. So no clock decides either case.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from implementations.core.causes import Cause
from implementations.core.commands import Command, Say, Who
from implementations.core.errors import HubClosed
from implementations.core.message import Message, encode
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.on_threads.hub_mutex import MutexHub
from tests.implementations.on_threads.parked import ENDS_WITHIN, joined
from tests.implementations.on_threads.recorder import Recorder


TALKERS = 2


class Crossing:
    """Makes the talker that is first at the first client second at the second client."""

    def __init__(self) -> None:
        self._both = threading.Barrier(2, timeout=ENDS_WITHIN)
        self._lock = threading.Lock()  # to deliver and to set _first is one step
        self._first: int | None = None
        self.called_off = False

    def at_first_client(self, deliver: Callable[[], object]) -> None:
        """Deliver; go on when the other has delivered, too."""
        with self._lock:
            deliver()
            if self._first is None:
                self._first = threading.get_ident()
        self._meet()

    def at_second_client(self, deliver: Callable[[], object]) -> None:
        """Deliver; the talker that was first before waits until the other has delivered."""
        if self._first == threading.get_ident():
            self._meet()
            deliver()
        else:
            deliver()
            self._meet()

    def call_off(self) -> None:
        """Let neither talker wait for the other, now or later, for the other cannot come."""
        self.called_off = True
        self._both.abort()

    def _meet(self) -> None:
        with suppress(threading.BrokenBarrierError):
            self._both.wait()


class Lock:
    """A lock that tells the crossing when it keeps the second talker out."""

    def __init__(self, crossing: Crossing) -> None:
        self._crossing = crossing
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            self._crossing.call_off()
            self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class NoLock(Lock):
    """A lock that every task gets at once."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


class CrossedRecorder(Recorder):
    """A client at which the system interrupts the thread that delivers a talker's line."""

    def __init__(self, cross: Callable[[Callable[[], object]], None]) -> None:
        super().__init__()
        self._cross = cross

    def offer(self, message: Message, exempt: bool = False) -> bool:
        if message.tcp.startswith(b"*"):  # a client joined: no client talks yet
            return super().offer(message, exempt)
        self._cross(lambda: super(CrossedRecorder, self).offer(message, exempt))
        return True


class WaitInsideHub(MutexHub):
    """The hub with a wait inside its section, between the two clients."""

    def __init__(self, settings: Settings, crossing: Crossing) -> None:
        super().__init__(settings)
        self._crossing = crossing
        self._recorders: list[Recorder] = []

    def join(self, client_id: ClientId, address: str, outbox: Recorder) -> None:  # type: ignore[override]  # the test has only this kind of outbox
        self._recorders.append(outbox)

    def submit(self, client_id: ClientId, command: Command) -> None:
        assert isinstance(command, Say)
        message = encode(command.text)
        first, second = self._recorders
        with self._lock:
            self._crossing.at_first_client(lambda: first.offer(message))
            self._crossing.at_second_client(lambda: second.offer(message))


Made = tuple[MutexHub, list[Recorder]]


def _as_it_is(crossing: Crossing) -> Made:
    clients = [crossing.at_first_client, crossing.at_second_client]
    return MutexHub(Settings()), [CrossedRecorder(cross) for cross in clients]


def _with_a_wait_inside(crossing: Crossing) -> Made:
    return WaitInsideHub(Settings(), crossing), [Recorder(), Recorder()]


@pytest.mark.parametrize(
    ("make", "make_lock", "agree"),
    [
        pytest.param(_as_it_is, Lock, True, id="lock"),
        pytest.param(_as_it_is, NoLock, False, id="no lock"),
        pytest.param(_with_a_wait_inside, Lock, True, id="lock, wait inside"),
        pytest.param(_with_a_wait_inside, NoLock, False, id="no lock, wait inside"),
    ],
)
def test_lock_matters_with_and_without_a_wait_inside(
    make: Callable[[Crossing], Made], make_lock: Callable[[Crossing], Lock], agree: bool
) -> None:
    """All clients see one order with the lock around the section, and only then."""
    crossing = Crossing()
    hub, recorders = make(crossing)
    hub._lock = make_lock(crossing)  # type: ignore[assignment]  # hubs only enter and leave it

    _all_talk(hub, recorders)

    orders = {tuple(recorder.lines[-TALKERS:]) for recorder in recorders}
    assert (len(orders) == 1) is agree
    assert all(len(set(order)) == TALKERS for order in orders)
    assert crossing.called_off is agree  # either the two met, or the lock kept one out


def test_closed_hub_takes_no_newcomer() -> None:
    """A closed hub refuses newcomers, and has said goodbye to its members."""
    hub, anna = MutexHub(Settings()), Recorder()

    hub.join(1, "anna:1", anna)
    hub.close()
    with pytest.raises(HubClosed):
        hub.join(2, "ben:2", Recorder())

    assert anna.lines[-1] == "* server is shutting down"
    assert anna.cause is Cause.SHUTDOWN


def test_leave_and_submit_after_close_do_nothing() -> None:
    """A client that leaves or talks after the shutdown causes no error."""
    hub = MutexHub(Settings())

    hub.join(1, "anna:1", Recorder())
    hub.close()
    hub.leave(1, Cause.LEFT)
    hub.submit(1, Who())

    assert hub.stats().clients == 0


def _all_talk(hub: MutexHub, recorders: list[Recorder]) -> None:
    for client_id, recorder in enumerate(recorders):
        hub.join(client_id, f"client:{client_id}", recorder)

    with joined(
        lambda: hub.submit(0, Say("line 0")),
        lambda: hub.submit(1, Say("line 1")),
    ):
        pass
