"""Made-up rooms as tapes, for tests of what is kept and drawn of a run."""

from conformance.checker import History
from conformance.clients import Event
from conformance.tape import Tape, Track
from tests.conformance.rooms import Room


__all__ = ["chat", "taped"]


def taped(history: History) -> Tape:
    """Return a tape of a history: one event per microsecond, the clients in turn."""
    logs = [list(session.log()) for session in history.sessions]
    clock_us = 0
    events: list[list[Event]] = [[] for _ in logs]
    for place in range(max(map(len, logs))):
        for log, heard in zip(logs, events, strict=True):
            if place < len(log):
                clock_us += 1
                heard.append(Event(clock_us * 1000, *log[place]))
    return Tape(
        "made up",
        tuple(
            Track(session.label, tuple(heard), session.address, session.complete, session.gone)
            for session, heard in zip(history.sessions, events, strict=True)
        ),
    )


def chat() -> History:
    """Return a history of two clients that talk, in which nothing is wrong."""
    room = Room()
    room.join("anna", "ben")
    room.say("anna", "anna-1")
    room.say("ben", "ben-1")
    room.close("anna", "ben")
    return room.history()
