"""The flood rule."""

from __future__ import annotations

import threading
from functools import partial
from unittest.mock import patch

from implementations.on_threads.pace import Pace
from tests.implementations.on_threads.parked import ENDS_WITHIN, joined, must_wait, parked


class NoticedLock:
    """A lock that tells when a thread asks for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.wanted = threading.Event()

    def __enter__(self) -> None:
        self.wanted.set()
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def test_nobody_holds_admits_at_once() -> None:
    """A talker is admitted at once while nobody holds the talkers back."""
    assert not must_wait(Pace())


def test_talkers_wait_for_the_last_holder() -> None:
    """Talkers go on when the last hold ends."""
    pace = Pace()
    pace.hold("anna")
    pace.hold("ben")

    with joined(pace.admitted) as [talker]:
        waited = parked(talker)
        pace.release("anna")
        still_waited = parked(talker)
        pace.release("ben")

    assert waited
    assert still_waited


def test_release_lets_all_go() -> None:
    """When the last hold ends, all talkers go on: each wakes the next."""
    pace = Pace()
    pace.hold("an outbox")

    with joined(*3 * [pace.admitted]) as talkers:
        waited = [parked(talker) for talker in talkers]
        pace.release("an outbox")
        for talker in talkers:
            talker.join(ENDS_WITHIN)
        went_on = [not talker.is_alive() for talker in talkers]
        for _ in talkers:  # or a bug would leave them here for ever
            pace.release("an outbox")

    assert waited == [True] * 3
    assert went_on == [True] * 3


def test_talker_woken_too_early_waits_again() -> None:
    """A talker that is woken while the room is held waits again."""
    pace = Pace()
    pace.hold("an outbox")

    with joined(pace.admitted) as [talker]:
        waited = parked(talker)
        with pace._lock:
            pace._talkers.notify()
        still_waited = parked(talker)
        pace.release("an outbox")

    assert waited
    assert still_waited


def test_talker_that_finds_the_room_held_again_keeps_its_place() -> None:
    """A talker that was let in, but found the room held again, is the next."""
    pace = Pace()
    pace.hold("an outbox")

    with joined(pace.admitted) as [anna]:
        waited = [parked(anna)]
        with joined(pace.admitted) as [flood]:
            waited.append(parked(flood))
            with pace._lock:
                pace._talkers.notify()
            waited.append(parked(anna))
            with patch.object(pace, "_wake_one"):  # or the talker that goes on would wake the other
                pace.release("an outbox")
                with pace._lock:
                    Pace._wake_one(pace)
                anna.join(ENDS_WITHIN)
                alive = [talker.is_alive() for talker in (anna, flood)]
            for _ in alive:  # or a bug would leave them here for ever
                pace.release("an outbox")

    assert waited == [True] * 3
    assert alive == [False, True]


def test_woken_talker_waits_again_when_another_filled_an_outbox() -> None:
    """Of two talkers that wait, the second still waits if the first fills an outbox again.

    The system decides which of them is first: the lock is not fair.
    """
    pace, lock = Pace(), threading.Lock()
    admitted: list[str] = []
    one_is_through = threading.Event()

    def talk(name: str) -> None:
        with pace.turn(lock):
            admitted.append(name)
            pace.hold("an outbox")
        one_is_through.set()

    pace.hold("an outbox")
    with joined(lambda: talk("anna"), lambda: talk("ben")) as talkers:
        waited = [parked(talker) for talker in talkers]
        pace.release("an outbox")
        went_on = one_is_through.wait(ENDS_WITHIN)
        still_waited = [parked(talker) for talker in talkers]
        first = list(admitted)
        pace.release("an outbox")

    assert waited == [True, True]
    assert went_on
    assert sorted(still_waited) == [False, True]
    assert len(first) == 1
    assert sorted(admitted) == ["anna", "ben"]


def test_turn_is_a_moment_when_nobody_holds_and_the_lock_is_ours() -> None:
    """A talker that was admitted, and then had to wait for the lock, checks again with the lock."""
    pace, noticed = Pace(), NoticedLock()

    def in_turn() -> bool:
        with pace.turn(noticed):  # type: ignore[arg-type]  # it only enters and leaves
            return noticed.lock.locked()

    noticed.lock.acquire()
    with joined(in_turn) as [talker]:
        came = noticed.wanted.wait(ENDS_WITHIN)  # so it was admitted
        pace.hold("an outbox")  # as the holder of the lock does
        noticed.lock.release()
        waited = parked(talker)
        pace.release("an outbox")

    assert came
    assert waited
    assert talker.result()


def test_waiting_talkers_are_counted() -> None:
    """The talkers that wait count, those in front too, and nobody does after the release."""
    pace = Pace()
    pace.hold("anna")

    with joined(pace.admitted, partial(pace.admitted, first=True)) as talkers:
        waited = [parked(talker) for talker in talkers]
        held = pace.waiting
        pace.release("anna")

    assert waited == [True, True]
    assert (held, pace.waiting) == (2, 0)
