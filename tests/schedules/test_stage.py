"""One run's scene: the names of actors, what a hub hands out, what is logged."""

from __future__ import annotations

import logging
from typing import Any

from implementations.core.group import Group, Item
from implementations.core.message import TCP, encode
from implementations.core.settings import Settings
from implementations.on_asyncio.hub_direct import DirectHub
from implementations.on_asyncio.hub_mutex import MutexHub
from schedules.script import OBSERVER, AllGone, Part, Scene
from schedules.stage import HELPER, Stage, Step


class Stagehand:
    """Says which thread or task is running; the test decides."""

    def __init__(self) -> None:
        self.running = 1

    def __call__(self) -> int:
        return self.running


def made() -> tuple[Stage, Stagehand]:
    """Return the stage of a scene, and the object that says what is running."""
    hand = Stagehand()
    parts = (Part(OBSERVER, (AllGone(),)), Part("anna", ()), Part("ben", ()))
    return Stage(Scene(parts, 256), 1, hand), hand


def test_step_bears_the_name_of_who_did_it() -> None:
    """A step has the name of its thread or task; without a name it is a helper."""
    stage, hand = made()

    stage.enter("anna's write pump")
    hand.running = 2
    stage.note("is not known yet")
    first = stage.enter("anna's read pump", unless_known=True)
    second = stage.enter("somebody else", unless_known=True)
    stage.note("hears 'a'")
    hand.running = 1
    stage.note("writes 'a' to", "ben")

    assert (first, second) == (True, False)
    assert stage.steps == [
        Step(HELPER, "is not known yet"),
        Step("anna's read pump", "hears 'a'"),
        Step("anna's write pump", "writes 'a' to", "ben"),
    ]


def test_nothing_is_noted_after_the_curtain() -> None:
    """What is done while the stage is cleared does not count."""
    stage, _ = made()

    stage.curtain()
    stage.note("falls over")

    assert stage.steps == []
    assert stage.is_over


def test_offers_and_pushes_are_noted_with_their_client() -> None:
    """What a hub hands to an outbox is noted, whichever method the hub uses."""
    stage, _ = made()
    mutex: Any = MutexHub(Settings())
    direct: Any = DirectHub(Settings())
    for hub in (mutex, direct):
        stage.adopt(hub)

    mutex.outbox(stage.guests[0], TCP).offer(encode("one", "two"))
    group = Group([Item(encode("one")), Item(encode("two"))])
    direct.outbox(stage.guests[0], TCP).push(group)

    name = stage.guests[0].part.name
    assert stage.steps == [
        Step(HELPER, "offers 'one', 'two' to", name),
        Step(HELPER, "hands 'one', 'two' to", name),
    ]


def test_guests_come_once_and_leave_the_observer_alone() -> None:
    """The guests may come when the observer has its roster; it hears when all have left."""
    stage, _ = made()
    opened: list[int] = []
    stage.opened = lambda: opened.append(len(stage.observer.peer.log))

    stage.observer.send(b"* you are olga:1\n")
    stage.observer.send(b"* online (1): olga:1\n")
    stage.observer.send(b"* anna:1 joined\n")
    waits = stage.observer.peer.waits_for
    for sock in stage.guests:
        sock.close()

    assert opened == [2]
    assert waits == AllGone()
    assert stage.observer.peer.waits_for is None


def test_errors_of_the_log_are_bugs() -> None:
    """An error in the log is kept, with its innermost cause, and is not printed."""
    stage, _ = made()
    log = logging.getLogger("hubbub")

    with stage.watched_log():
        log.info("ben joined")
        log.warning("cannot accept for now")
        log.error("a plain one")
        try:
            raise ExceptionGroup("a group", [KeyError("ben")])
        except ExceptionGroup:
            log.exception("a bug in this connection")

    assert stage.bugs == ["a plain one", "a bug in this connection: KeyError: 'ben'"]
    assert not log.handlers or all("schedules" not in str(handler) for handler in log.handlers)


def test_crash_is_a_bug_of_who_had_it() -> None:
    """A hub that fails is named, with its error."""
    stage, _ = made()
    stage.enter("the hub")

    stage.crashed(RuntimeError("dictionary changed size during iteration"))

    failure = "RuntimeError: dictionary changed size during iteration"
    assert stage.bugs == [f"the hub failed: {failure}"]
    assert stage.steps == [Step("the hub", f"fails: {failure}")]


def test_who_has_stopped_reading_goes_before_the_observer() -> None:
    """When all readers have left, the stalled client leaves; the observer is last."""
    parts = [
        Part(OBSERVER, (AllGone(),)),
        Part("anna", ()),
        Part("dora", (AllGone(),), reads=False),
    ]
    stage = Stage(Scene(tuple(parts), 256), 1, Stagehand())
    olga, anna, dora = stage.sockets

    anna.close()
    told = dora.peer.waits_for, olga.peer.waits_for
    dora.close()

    assert told == (None, AllGone())
    assert olga.peer.waits_for is None
