"""What each call of a hub waits for: its turn, the lock, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from implementations.core.causes import Cause
from implementations.core.commands import Say, Who
from implementations.core.message import TCP, encode
from implementations.core.settings import Settings
from implementations.on_threads.hub_broadcaster import BroadcasterHub
from implementations.on_threads.hub_direct import DirectHub
from implementations.on_threads.hub_mutex import MutexHub
from implementations.on_threads.outbox import Outbox
from implementations.on_threads.pace import Pace
from implementations.on_threads.relay import Relay
from tests.implementations.on_threads.parked import ENDS_WITHIN, joined, must_wait, parked
from tests.implementations.on_threads.recorder import Recorder


CALLS: dict[str, Callable[[Any], Any]] = {
    "join": lambda hub: hub.join(1, "anna:1", Recorder()),
    "say": lambda hub: hub.submit(1, Say("hello")),
    "ask": lambda hub: hub.submit(1, Who()),
    "leave": lambda hub: hub.leave(1, Cause.LEFT),
    "stats": lambda hub: hub.stats(),
    "close": lambda hub: hub.close(),
}
IN_TURN = {"join", "say", "ask"}


@pytest.mark.parametrize(
    ("make_hub", "call"),
    [
        *((hub, call) for hub in (MutexHub, BroadcasterHub) for call in CALLS),
        *((DirectHub, call) for call in CALLS if call != "join"),  # it takes no recorder
    ],
)
def test_only_talkers_wait_while_somebody_holds_them_back(make_hub: Any, call: str) -> None:
    """Newcomers and talkers wait for their turn; departures, counts and the end do not."""
    hub = make_hub(Settings())
    holder = "a reader that is behind"
    hub._pace.hold(holder)

    # The owner starts only when the caller waits for its turn, or for the owner.
    with joined(lambda: CALLS[call](hub)) as [caller]:
        waits = parked(caller) and bool(hub._pace._talkers._waiters)
        hub._pace.release(holder)
        with joined(hub.run):
            caller.join(ENDS_WITHIN)
            hub.stop()

    assert waits is (call in IN_TURN)


def test_lock_is_held_by_each_call_that_uses_the_room() -> None:
    """Whatever a hub does with its room, it holds the lock meanwhile."""
    held = {}
    hub: Any = MutexHub(Settings())

    class Watched:
        def __getattr__(self, name: str) -> Callable[..., None]:
            return lambda *_: held.update({name: hub._lock.locked()})

    hub._fanout = Watched()
    for call in CALLS.values():
        call(hub)

    assert held == dict.fromkeys(("join", "submit", "leave", "stats", "close"), True)


def test_hold_lasts_until_what_waits_is_down_to_a_quarter() -> None:
    """A batch that leaves more than a quarter behind does not let the talkers go on."""
    pace = Pace()
    outbox = Outbox(TCP, replace(Settings(), outbox=4), pace, Relay())
    for _ in range(3):
        outbox.offer(encode("x" * 40_000))  # a batch takes one of them

    waited = []
    for _ in range(2):
        outbox.take()
        waited.append(must_wait(pace))

    assert waited == [True, False]


def test_commit_holds_the_lock_of_the_outboxes() -> None:
    """While the owner writes to the sockets, no write pump changes an outbox."""
    held = []
    hub: Any = DirectHub(Settings())

    class Watched:
        def push(self, _: object) -> bool:
            held.append(hub._lock._is_owned())
            return True

        def close(self, _: object) -> None:
            pass

    with joined(hub.run):
        hub.join(1, "anna:1", Watched())
        hub.submit(1, Say("hello"))
        hub.close()
        hub.stop()

    assert held
    assert all(held)
