"""The room as one client was told of it: the names in its roster, arrivals, departures.

It needs no other log, and it need not know which client has which name: a name is inside the room
or it is not. Without a roster, a name that the log has not mentioned yet may be inside.
"""

from collections.abc import Iterator
from dataclasses import replace

from conformance.checker.events import Events, Log
from conformance.checker.findings import Finding, said, told
from conformance.checker.lines import Kind


__all__ = ["Book"]


class Book:
    """One log, read as arrivals and departures of names; call ``read`` first.

    Attributes:
        roster: the line of the first roster.
        first_roster: the names in it.
        departed: all names whose departure the log tells of.
    """

    def __init__(self, events: Events, log: Log) -> None:
        self._events = events
        self.log = log
        self.roster: str | None = None
        self.first_roster: frozenset[str] = frozenset()
        self.departed: set[str] = set()
        self._inside: dict[str, str] = {}  # name → the line that told of it
        self._outside: dict[str, str] = {}

    def read(self) -> Iterator[Finding]:
        """Go through the log; yield a finding for each line that contradicts an earlier line."""
        yield from self._check_welcome()
        talk_from = 0
        for place in self._events.transcript.room_lines[self.log.stay]:
            yield from self._check_talk(talk_from, place)
            yield from self._turn_page(self.log.session.received[place])
            talk_from = place + 1
        yield from self._check_talk(talk_from, len(self.log.codes))

    def _check_welcome(self) -> Iterator[Finding]:
        for line in self.log.session.received:
            kind = self._events.meanings[line].kind
            if kind is Kind.WELCOME:
                return
            if kind is not Kind.PRIVATE:
                yield self._found(
                    "order.membership", f"got {self._told(line)} before its welcome", line
                )
                return

    def _turn_page(self, line: str) -> Iterator[Finding]:
        meaning = self._events.meanings[line]
        name = meaning.name
        match meaning.kind:
            case Kind.WELCOME:
                self._enter(name, line)
            case Kind.ROSTER:
                yield from self._check_roster(line, meaning.rest.split(", "))
            case Kind.JOINED:
                yield from self._check_join(line, name)
                self._enter(name, line)
            case Kind.RENAMED:
                self._leave(name, line)
                self._enter(meaning.rest, line)
            case Kind.ENDED:
                yield from self._check_end(line, name)
                self._leave(name, line)
                self.departed.add(name)

    def _enter(self, name: str, line: str) -> None:
        self._inside[name] = line
        self._outside.pop(name, None)

    def _leave(self, name: str, line: str) -> None:
        self._inside.pop(name, None)
        self._outside[name] = line

    def _check_roster(self, line: str, names: list[str]) -> Iterator[Finding]:
        for name in names:
            if ended := self._ended(name):
                label = self._events.names.label(name)
                yield self._found(
                    "membership.no-ghost",
                    f"got a roster that names {label} after {self._told(ended)}",
                    line,
                    ended,
                )
        if self.roster is None:
            self.roster, self.first_roster = line, frozenset(names)
            self._inside.update(dict.fromkeys(names, line))

    def _check_join(self, line: str, name: str) -> Iterator[Finding]:
        first = self._events.names.first
        # Two clients may have one port, each at another door, if the first one has taken another
        # name before the second one comes.
        shared = first.count(name) > 1 and name not in self._inside
        if name == first[self.log.stay] and not shared:
            yield self._found("membership.joined", "was told that it joined itself", line)
        elif before := self._inside.get(name):
            if before == self.roster:
                rule_id, when = "membership.one-step", "after a roster that named it already"
            else:
                rule_id, when = "membership.joined", "while it was in the room"
            yield self._found(rule_id, f"got {self._told(line)} {when}", line, before)

    def _check_end(self, line: str, name: str) -> Iterator[Finding]:
        if ended := self._ended(name):
            when = "twice" if ended == line else f"after {self._told(ended)}"
            yield self._found("membership.left-once", f"got {self._told(line)} {when}", line, ended)
        elif name not in self._inside and self.roster:
            what = f"got {self._told(line)} without having been told that it was there"
            yield self._found("membership.churn", what, line, self.roster)

    def _check_talk(self, start: int, stop: int) -> Iterator[Finding]:
        """Check that each author of a message between two announcements was in the room."""
        authors = self._events.transcript.authors(self.log.stay, start, stop)
        unknown = authors - self._inside.keys()
        for line in self.log.session.received[start:stop] if unknown else ():
            name = self._events.meanings[line].name
            if name not in unknown:
                continue
            unknown.discard(name)
            text = self._events.meanings[line].rest
            if left := self._outside.get(name):
                renamed = self._events.meanings[left].kind is Kind.RENAMED
                rule_id = "names.rename" if renamed else "order.membership"
                what = f"got {said(text)} from {name} after {self._told(left)}"
                yield self._found(rule_id, what, line, left)
            elif self.roster:
                label = self._events.names.label(name)
                what = f"got {said(text)} without having been told that {label} is there"
                found = self._found("membership.joined", what, line, self.roster)
                yield replace(found, absent=[(self.log.stay, f"* {name} joined")])

    def _ended(self, name: str) -> str | None:
        """Return the line that announced a name's departure, if that is why the name is outside."""
        line = self._outside.get(name)
        return line if line and self._events.meanings[line].kind is Kind.ENDED else None

    def _told(self, line: str) -> str:
        return told(line, self._events.names)

    def _found(self, rule_id: str, what: str, *lines: str) -> Finding:
        me = self.log.stay
        return Finding(
            rule_id,
            me,
            f"{self._events.label(me)} {what}",
            {me},
            lines,
            blamed={(me, line) for line in lines},
        )
