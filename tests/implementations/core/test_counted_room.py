"""The counted room: the room's steps, the counts, and the closing."""

from __future__ import annotations

import pytest

from implementations.core.causes import Cause
from implementations.core.commands import Rename, Say, Who
from implementations.core.counted_room import CountedRoom, Stats
from implementations.core.errors import HubClosed, RoomFull
from implementations.core.room import Goodbye, Room, ToAll


def room_of(members: int) -> CountedRoom:
    """Return a room with the members 0, 1, …"""
    room = CountedRoom(max_clients=members)
    for client_id in range(members):
        room.join(client_id, f"127.0.0.1:{client_id}")
    return room


def test_steps_are_those_of_the_room() -> None:
    """Each step returns the deliveries that the room itself returns."""
    counted, plain = CountedRoom(2), Room(2)

    for room in (counted, plain):
        room.join(0, "anna:0")

    assert counted.join(1, "ben:1") == plain.join(1, "ben:1")
    assert counted.submit(0, Say("hello")) == plain.submit(0, Say("hello"))
    assert counted.leave(0, Cause.LEFT) == plain.leave(0, Cause.LEFT)
    assert counted.close() == plain.close()


def test_messages_are_what_members_said() -> None:
    """A text that a member says is one message; other commands and strangers count nothing."""
    room = room_of(1)

    room.submit(0, Say("hello"))
    room.submit(0, Who())
    room.submit(0, Rename("anna"))
    room.submit(7, Say("I am not in"))

    assert room.stats() == Stats(clients=1, messages=1, deliveries=0, evictions=0)


@pytest.mark.parametrize("cause", Cause)
def test_eviction_is_counted_once(cause: Cause) -> None:
    """Only a member that leaves because it was too slow counts as evicted, and only once."""
    room = room_of(2)

    room.leave(0, cause)
    room.leave(0, cause)

    assert room.stats().clients == 1
    assert room.stats().evictions == (cause is Cause.TOO_SLOW)


def test_deliveries_are_counted_by_the_owner() -> None:
    """The counts include the deliveries that the owner of the outboxes adds."""
    room = room_of(1)

    room.deliveries += 3

    assert room.stats().deliveries == 3


def test_full_room_refuses() -> None:
    """A full room refuses a newcomer and does not count it."""
    room = room_of(1)

    with pytest.raises(RoomFull):
        room.join(1, "127.0.0.1:1")

    assert room.stats().clients == 1


def test_closed_room_lets_nobody_in() -> None:
    """A room closes once: it dismisses everyone, refuses newcomers, and keeps its counts."""
    room = room_of(1)
    room.submit(0, Say("hello"))

    first, second = room.close(), room.close()

    assert first == [ToAll("* server is shutting down"), Goodbye(0, Cause.SHUTDOWN)]
    assert second == []
    with pytest.raises(HubClosed):
        room.join(1, "127.0.0.1:1")
    assert room.stats() == Stats(clients=0, messages=1, deliveries=0, evictions=0)
