"""The broadcaster hub: its owner, its inbox, and its answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest

from implementations.core.causes import Cause
from implementations.core.commands import Say, Who
from implementations.core.errors import HubClosed, RoomFull
from implementations.core.message import TCP, encode
from implementations.core.settings import Settings
from implementations.on_threads.hub_broadcaster import BroadcasterHub
from tests.implementations.on_threads.parked import joined, parked
from tests.implementations.on_threads.recorder import Recorder


PLACES = Settings().inbox


def test_commands_are_carried_out_in_the_order_put() -> None:
    """One talker's lines reach everyone in the order in which it said them."""
    anna = Recorder()
    with _owned() as hub:
        hub.join(1, "anna:1", anna)
        for number in range(5):
            hub.submit(1, Say(str(number)))
        hub.stats()  # its answer comes after every command before it

    assert anna.lines[2:] == [f"anna:1: {number}" for number in range(5)]


def test_full_room_is_the_askers_error_alone() -> None:
    """A refusal is raised where the question was asked, and the owner goes on."""
    with _owned(replace(Settings(), max_clients=1)) as hub:
        hub.join(1, "anna:1", Recorder())
        with pytest.raises(RoomFull):
            hub.join(2, "ben:2", Recorder())

        assert hub.stats().clients == 1


def test_close_carries_out_what_is_in_the_inbox_first() -> None:
    """What was accepted before the shutdown is said before it."""
    anna = Recorder()
    with _owned() as hub:
        hub.join(1, "anna:1", anna)
        hub.submit(1, Say("last words"))
        hub.close()
        with pytest.raises(HubClosed):
            hub.join(2, "ben:2", Recorder())

    assert anna.lines[-2:] == ["anna:1: last words", "* server is shutting down"]


def test_full_inbox_holds_the_talkers_back() -> None:
    """Talkers wait while the inbox is full, and go on when the owner has carried something out."""
    hub = BroadcasterHub(Settings())
    talks = [partial(hub.submit, 1, Say(str(number))) for number in range(2 * PLACES)]

    with joined(*talks) as talkers:
        waited = [parked(talker) for talker in talkers]
        with _run(hub):
            for talker in talkers:
                talker.result()

    assert waited.count(False) == PLACES


def test_nobody_is_kept_from_leaving() -> None:
    """A departure need not wait behind the talkers that a client far behind holds back."""
    with _owned() as hub:
        with socket.socket() as unused:
            behind = hub.outbox(unused, TCP)
        hub.join(1, "anna:1", Recorder())
        for _ in range(Settings().outbox // 2):
            behind.offer(encode("more"))

        with joined(lambda: hub.submit(1, Say("hello"))) as [talker]:
            waited = parked(talker)
            hub.leave(1, Cause.LEFT)
            clients = hub.stats().clients
            behind.close(Cause.LEFT)

    assert waited
    assert clients == 0


def test_question_counts_before_its_asker_goes_on() -> None:
    """A client that asks for the roster goes on only when the answer is in its outbox."""
    anna = Recorder()
    with _owned() as hub:
        hub.join(1, "anna:1", anna)
        hub.submit(1, Who())

        assert anna.lines[2:] == ["* online (1): anna:1"]


@contextmanager
def _owned(settings: Settings | None = None) -> Iterator[BroadcasterHub]:
    """Yield a hub whose owner runs beside the block."""
    hub = BroadcasterHub(settings or Settings())
    with _run(hub):
        yield hub


@contextmanager
def _run(hub: BroadcasterHub) -> Iterator[None]:
    with joined(hub.run):
        try:
            yield
        finally:
            hub.stop()
