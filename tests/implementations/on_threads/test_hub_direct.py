"""The direct hub: its owner, its group commit, and its answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest

from conformance.timing import TICK
from implementations.core import group_writer
from implementations.core.causes import Cause
from implementations.core.commands import Say, Who
from implementations.core.errors import HubClosed, RoomFull
from implementations.core.group import Group
from implementations.core.settings import Settings
from implementations.on_threads.hub_direct import DirectHub
from tests.implementations.on_threads.parked import joined, parked
from tests.implementations.on_threads.recorder import DirectRecorder


PLACES = Settings().inbox


def test_what_waits_goes_out_in_one_group() -> None:
    """Commands that come while the owner is busy are written at once, in their order."""
    hub, anna = DirectHub(Settings()), DirectRecorder()

    with joined(lambda: hub.join(1, "anna:1", anna)) as [newcomer]:
        waited = parked(newcomer)  # for the answer: its command is in the inbox
        for number in range(3):
            hub.submit(1, Say(str(number)))
        with _run(hub):
            newcomer.result()

    assert waited
    [group] = anna.groups
    assert group[2:] == ["anna:1: 0", "anna:1: 1", "anna:1: 2"]


def test_answers_come_after_the_commit() -> None:
    """When `leave` returns, everything for the client is written, so its socket may be closed."""

    class Anna(DirectRecorder):
        def push(self, group: Group) -> bool:
            waited.append(parked(leaver))
            return super().push(group)

    hub, anna = DirectHub(Settings()), Anna()
    waited: list[bool] = []

    def say_and_go() -> None:
        hub.submit(1, Say("last words"))
        hub.leave(1, Cause.LEFT)

    with joined(lambda: hub.join(1, "anna:1", anna)) as [newcomer]:
        came = parked(newcomer)
        with joined(say_and_go) as [leaver]:
            went = parked(leaver)
            with _run(hub):
                leaver.result()

    assert came
    assert went
    assert waited == [True]  # everything was written, and it still had no answer
    assert anna.lines[-1] == "anna:1: last words"
    assert anna.cause is Cause.LEFT


def test_full_room_is_the_askers_error_alone() -> None:
    """A refusal is raised where the question was asked, and the owner goes on."""
    with _owned(replace(Settings(), max_clients=1)) as hub:
        hub.join(1, "anna:1", DirectRecorder())
        with pytest.raises(RoomFull):
            hub.join(2, "ben:2", DirectRecorder())

        assert hub.stats().clients == 1


def test_close_carries_out_what_is_in_the_inbox_first() -> None:
    """What was accepted before the shutdown is said before it."""
    anna = DirectRecorder()
    with _owned() as hub:
        hub.join(1, "anna:1", anna)
        hub.submit(1, Say("last words"))
        hub.close()
        with pytest.raises(HubClosed):
            hub.join(2, "ben:2", DirectRecorder())

    assert anna.lines[-2:] == ["anna:1: last words", "* server is shutting down"]


def test_full_inbox_holds_the_talkers_back() -> None:
    """Talkers wait while the inbox is full, and go on when the owner has carried something out."""
    hub = DirectHub(Settings())
    talks = [partial(hub.submit, 1, Say(str(number))) for number in range(2 * PLACES)]

    with joined(*talks) as talkers:
        waited = [parked(talker) for talker in talkers]
        with _run(hub):
            for talker in talkers:
                talker.result()

    assert waited.count(False) == PLACES


def test_question_counts_before_its_asker_goes_on() -> None:
    """A client that asks for the roster goes on only when its answer is on its way."""
    anna = DirectRecorder()
    with _owned() as hub:
        hub.join(1, "anna:1", anna)
        hub.submit(1, Who())

        assert anna.lines[2:] == ["* online (1): anna:1"]


def test_what_comes_in_a_round_goes_on_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two stretches the owner looks into its inbox: the next member gets both at once."""
    monkeypatch.setattr(group_writer, "STRETCH", 1)
    monkeypatch.setattr(group_writer, "SHORT_STRETCH", 1)

    def answer(line: str) -> None:
        if line == "anna:1: one":
            hub.submit(1, Say("two"))

    clients = [DirectRecorder(answer), DirectRecorder(answer)]
    with _owned() as hub:
        hub.join(1, "anna:1", clients[0])
        hub.join(2, "ben:2", clients[1])
        hub.submit(1, Say("one"))

    said = ["anna:1: one", "anna:1: two"]
    assert [client.lines[-2:] for client in clients] == [said, said]
    assert sum(group[-2:] == said for client in clients for group in client.groups) == 1


def test_message_in_progress_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a message is not written to everyone yet, it counts as waiting in the inbox."""
    monkeypatch.setattr(group_writer, "STRETCH", 1)
    monkeypatch.setattr(group_writer, "SHORT_STRETCH", 1)
    waited: list[bool] = []
    looked = threading.Event()

    def hear(line: str) -> None:
        if line != "anna:1: one":
            return
        if talker.ident is None:  # the first that hears it
            talker.start()
        else:
            talker.join(2 * TICK)
            waited.append(talker.is_alive())
            looked.set()

    with _owned(replace(Settings(), outbox=1)) as hub:  # one place
        talker = threading.Thread(target=hub.submit, args=(1, Say("two")))
        hub.join(1, "anna:1", DirectRecorder(hear))
        hub.join(2, "ben:2", DirectRecorder(hear))
        hub.submit(1, Say("one"))
        looked.wait()
        talker.join()

    assert waited == [True]


@contextmanager
def _owned(settings: Settings | None = None) -> Iterator[DirectHub]:
    """Yield a hub whose owner runs beside the block."""
    hub = DirectHub(settings or Settings())
    with _run(hub):
        yield hub


@contextmanager
def _run(hub: DirectHub) -> Iterator[None]:
    with joined(hub.run):
        try:
            yield
        finally:
            hub.stop()
