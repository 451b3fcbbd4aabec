"""Which write pump is woken, and when."""

from __future__ import annotations

import threading

from implementations.on_threads.relay import Relay


def test_sleepers_are_woken_in_a_row() -> None:
    """Each pump is woken when the one before it runs, in the order of the requests."""
    relay, sleepers = Relay(), [_sleeper() for _ in range(3)]

    for sleeper in sleepers:
        relay.wake(sleeper)
    woken = [_woken(sleepers)]
    for _ in sleepers:
        relay.woken()
        woken.append(_woken(sleepers))

    assert woken == [1, 2, 3, 3]


def test_nobody_on_the_way_means_no_wait() -> None:
    """When every pump that was woken runs, the next one is woken at once."""
    relay, sleepers = Relay(), [_sleeper() for _ in range(2)]

    relay.wake(sleepers[0])
    relay.woken()
    relay.wake(sleepers[1])

    assert _woken(sleepers) == 2


def _sleeper() -> threading.Lock:
    sleeper = threading.Lock()
    sleeper.acquire()
    return sleeper


def _woken(sleepers: list[threading.Lock]) -> int:
    """Return how many are woken: always the first ones."""
    woken = [not sleeper.locked() for sleeper in sleepers]
    assert woken == sorted(woken, reverse=True)
    return sum(woken)
