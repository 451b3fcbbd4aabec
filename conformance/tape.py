"""A tape: what each client of a run said and got, and when, kept in a file.

The first line of the file names the clients, every further line is one event; each line is a JSON
object. So a tape can be cut with ``head``, searched with ``grep``, and written by a program in any
language.

    {"schema": "hubbub-tape", "version": 1, "source": "asyncio-mutex", "clients": [
        {"label": "anna", "address": "127.0.0.1:51234", "complete": true, "gone": false}, …]}
    {"at_ns": 1201, "client": 0, "kind": "said", "text": "hello"}
    {"at_ns": 1890, "client": 1, "kind": "got", "text": "anna: hello"}

Invariants:
  1. A client's events stand in the order in which it saw them.
  2. ``complete``, ``gone`` and ``address`` mean what they mean in a ``Session``.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Self

from conformance.checker import History, Session
from conformance.clients import Client, Event


__all__ = ["NotATape", "Tape", "Track"]

_SCHEMA, _VERSION = "hubbub-tape", 1


class NotATape(ValueError):
    """The lines are not a tape; the message says which line is wrong, and why."""


@dataclass(frozen=True)
class Track:
    """One client's stay."""

    label: str
    events: tuple[Event, ...]
    address: str = ""
    complete: bool = False
    gone: bool = False

    @classmethod
    def of(cls, client: Client, *, complete: bool, gone: bool) -> Self:
        """Return the track of a client that will neither say nor get anything more."""
        return cls(client.label, tuple(client.log), client.address, complete, gone)

    def session(self) -> Session:
        """Return the track without times, for the checker."""
        log = ((event.kind, event.text) for event in self.events)
        return Session.from_log(
            self.label, log, complete=self.complete, gone=self.gone, address=self.address
        )


@dataclass(frozen=True)
class Tape:
    """The tracks of all clients of a run, and what was recorded."""

    source: str
    tracks: tuple[Track, ...]

    def history(self) -> History:
        """Return the tape without times, for the checker."""
        return History(tuple(track.session() for track in self.tracks))

    def events(self) -> list[tuple[int, Event]]:
        """Return all events in order of time, each with the number of its track."""
        found = [(n, event) for n, track in enumerate(self.tracks) for event in track.events]
        # The sort is stable: what a client saw in one nanosecond stays in its order.
        return sorted(found, key=lambda numbered: numbered[1].at_ns)

    def first(self, count: int) -> Self:
        """Return the tape as it was after ``count`` events, without clients that came later."""
        kept: dict[int, list[Event]] = {}
        for number, event in self.events()[:count]:
            kept.setdefault(number, []).append(event)
        return type(self)(
            self.source,
            tuple(
                Track(self.tracks[number].label, tuple(events), self.tracks[number].address)
                for number, events in sorted(kept.items())
            ),
        )

    def lines(self) -> Iterator[str]:
        """Yield the lines of the file, without their ends."""
        clients = [
            {key: value for key, value in asdict(track).items() if key != "events"}
            for track in self.tracks
        ]
        head = {"schema": _SCHEMA, "version": _VERSION, "source": self.source, "clients": clients}
        yield json.dumps(head)
        for number, event in self.events():
            yield json.dumps(
                {"at_ns": event.at_ns, "client": number, "kind": event.kind, "text": event.text}
            )

    @classmethod
    def read(cls, lines: Iterable[str]) -> Self:
        """Read a tape from its lines.

        Raises:
            NotATape: the lines are something else.
        """
        numbered = enumerate(lines, 1)
        head = _object(*next(numbered, (1, "")))
        if head.get("schema") != _SCHEMA:
            raise NotATape("line 1 is not the head of a tape (hubbub record writes tapes)")
        if head.get("version") != _VERSION:
            raise NotATape(f"this is a tape of version {head.get('version')}, not {_VERSION}")
        try:
            clients = head["clients"]
            logs: list[list[Event]] = [[] for _ in clients]
            for number, line in numbered:
                event = _object(number, line)
                if event["kind"] not in ("said", "got", "end"):
                    raise NotATape(f"line {number} has an event of kind {event['kind']!r}")
                log = logs[event["client"]]
                log.append(Event(int(event["at_ns"]), event["kind"], str(event["text"])))
            tracks = [
                Track(**client, events=tuple(log))
                for client, log in zip(clients, logs, strict=True)
            ]
            return cls(str(head["source"]), tuple(tracks))
        except (KeyError, IndexError, TypeError) as error:
            raise NotATape(f"a field is missing or has a wrong value: {error}") from None


def _object(number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NotATape(f"line {number} is not a JSON object; each line of a tape is one")
    return found
