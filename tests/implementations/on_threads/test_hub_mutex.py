"""The mutex hub, and the proof of what its header says about the lock.

Two talkers say a line each to two clients, through a hub with and without its
lock, with and without a wait inside the section that the lock guards. The promise
at stake is the one order at every client.

Why it is a proof, and not luck: a system may take the processor from a thread
between any two instructions, and give it back when it likes. `Crossing` picks one
of the ways in which it may, and has it happen each time: between the two clients
the talkers trade places. It can only where both are inside the section at once.
Where the lock keeps one out, that one says so, and the other goes on alone: so no
clock decides either case.
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
    """Has the talker that was first at the first client be second at the second client."""

    def __init__(self) -> None:
        self._both = threading.Barrier(2, timeout=ENDS_WITHIN)
        self._lock = threading.Lock()  # makes delivering, and noting who was first, one step
        self._first: int | None = None
        self.called_off = False

    def at_first_client(self, deliver: Callable[[], object]) -> None:
        """Deliver; go on when the other has delivered too."""
        with self._lock:
            deliver()
            if self._first is None:
                self._first = threading.get_ident()
        self._meet()

    def at_second_client(self, deliver: Callable[[], object]) -> None:
        """Deliver; who was first before does so when the other has."""
        if self._first == threading.get_ident():
            self._meet()
            deliver()
        else:
            deliver()
            self._meet()

    def call_off(self) -> None:
        """Have nobody wait for the other, now or later: the other cannot come."""
        self.called_off = True
        self._both.abort()

    def _meet(self) -> None:
        with suppress(threading.BrokenBarrierError):
            self._both.wait()


class Lock:
    """A lock, whose second taker tells the crossing that it is locked out."""

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
    """A lock that everybody gets at once."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


class CrossedRecorder(Recorder):
    """A client at which the system takes the processor from whoever delivers a talker's line."""

    def __init__(self, cross: Callable[[Callable[[], object]], None]) -> None:
        super().__init__()
        self._cross = cross

    def offer(self, message: Message, exempt: bool = False) -> bool:
        if message.tcp.startswith(b"*"):  # somebody joined: nobody talks yet
            return super().offer(message, exempt)
        self._cross(lambda: super(CrossedRecorder, self).offer(message, exempt))
        return True


class WaitInsideHub(MutexHub):
    """The hub with a wait inside its section, between one client and the other."""

    def __init__(self, settings: Settings, crossing: Crossing) -> None:
        super().__init__(settings)
        self._crossing = crossing
        self._recorders: list[Recorder] = []

    def join(self, client_id: ClientId, address: str, outbox: Recorder) -> None:  # type: ignore[override]  # a narrower outbox is all that the test has
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
    hub._lock = make_lock(crossing)  # type: ignore[assignment]  # all that hubs do is enter and leave

    _all_talk(hub, recorders)

    orders = {tuple(recorder.lines[-TALKERS:]) for recorder in recorders}
    assert (len(orders) == 1) is agree
    assert all(len(set(order)) == TALKERS for order in orders)
    assert crossing.called_off is agree  # nobody waited in vain: they met, or one was locked out


def test_closed_hub_takes_no_newcomer() -> None:
    """A hub that is closed refuses who comes, and has said goodbye to who was in."""
    hub, anna = MutexHub(Settings()), Recorder()

    hub.join(1, "anna:1", anna)
    hub.close()
    with pytest.raises(HubClosed):
        hub.join(2, "ben:2", Recorder())

    assert anna.lines[-1] == "* server is shutting down"
    assert anna.cause is Cause.SHUTDOWN


def test_leave_and_submit_after_close_do_nothing() -> None:
    """Who leaves or talks late, while the server shuts down, is not an error."""
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
