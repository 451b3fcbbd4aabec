"""Cuts a history down to a few sessions and a few lines.

A line is kept or cut in all kept sessions alike. So cutting cannot make a fault: a session that had
a kept line still has it, in the same order, and a session that lacked it still lacks it.

Invariants:
  1. A kept session keeps its welcome and the requests for names that it sent.
  2. Each delivery keeps its source: the session that spoke, joined or left is kept too, if only as
     a session that got nothing and was cut.
  3. A line that no kept session got is dropped, unless it is asked for.
  4. If the departure of a session is due, every line that told of it is kept.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from conformance.checker.lines import Kind, asked_name, parse
from conformance.checker.names import Speech, first_name
from conformance.checker.record import History, Session


__all__ = ["Projector"]

_NAMED = (Kind.RENAMED, Kind.ENDED)


class Projector:
    """Cuts one history down, as often as it is asked to."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._speech = Speech(history)
        self._first = [first_name(session) for session in history.sessions]
        self._renames: dict[str, str] = {}  # a new name → the line that told of it
        self._ends: dict[str, list[str]] = defaultdict(list)  # a name → departures under it
        lines = (line for session in history.sessions for line in session.received)
        for line in dict.fromkeys(line for line in lines if line.startswith("* ")):
            meaning = parse(line)
            if meaning.kind is Kind.RENAMED:
                self._renames[meaning.rest] = line
            elif meaning.kind is Kind.ENDED:
                self._ends[meaning.name].append(line)

    def project(
        self,
        sessions: Collection[int],
        lines: Collection[str],
        unheard: Iterable[tuple[int, int]] = (),
    ) -> History:
        """Return the history of some sessions and some lines.

        Args:
            sessions: by position.
            unheard: messages that are kept although none of the lines delivers them.
        """
        ends = (line for stay in sessions for line in self._ends_due(stay))
        lines = self._with_names_told({*lines, *ends})
        received = [self._history.sessions[stay].received for stay in sessions]
        lines = {line for got in received for line in got if line in lines}
        messages = {*unheard, *self.delivered(lines)}
        sources = {stay for stay, _ in messages} | {
            stay for line in lines for stay in self._subjects(line)
        }
        kept = []
        for stay in sorted({*sessions, *sources}):
            said = {number for by, number in messages if by == stay}
            session = self._cut(stay, lines, said)
            if stay not in sessions:
                session = _source_only(session)
            kept.append(session)
        return History(tuple(kept))

    def delivered(self, lines: Iterable[str]) -> set[tuple[int, int]]:
        """Return the messages that these lines deliver."""
        sources: set[tuple[int, int]] = set()
        for line in lines:
            meaning = parse(line)
            if meaning.kind is Kind.CHAT:
                sources.update(self._speech.sources(meaning.rest))
            elif meaning.kind is Kind.STRAY:
                sources.update(self._speech.sources(line))
        return sources

    def _cut(self, stay: int, lines: Collection[str], said: Collection[int]) -> Session:
        session = self._history.sessions[stay]
        welcome = f"* you are {self._first[stay]}"
        places = [
            place for place, line in enumerate(session.received) if line in lines or line == welcome
        ]
        sent = [
            number
            for number, line in enumerate(session.sent)
            if number in said or asked_name(line) is not None
        ]
        return replace(
            session,
            received=[session.received[place] for place in places],
            sent=[session.sent[number] for number in sent],
            sent_after=[bisect_left(places, session.sent_after[number]) for number in sent],
        )

    def _ends_due(self, stay: int) -> Iterator[str]:
        """Yield the lines that announced a session's departure, if its departure is due."""
        session = self._history.sessions[stay]
        if session.gone:
            for name in (self._first[stay], *map(asked_name, session.sent)):
                yield from self._ends.get(name or "", ())

    def _with_names_told(self, lines: Collection[str]) -> frozenset[str]:
        """Add the renames that explain the names in these lines."""
        found = set(lines)
        wanted = [meaning.name for meaning in map(parse, lines) if meaning.kind in _NAMED]
        while wanted:
            line = self._renames.get(wanted.pop())
            if line is not None and line not in found:
                found.add(line)
                wanted.append(parse(line).name)
        return frozenset(found)

    def _subjects(self, line: str) -> Iterator[int]:
        meaning = parse(line)
        if meaning.kind in (Kind.CHAT, Kind.JOINED, *_NAMED):
            yield from (stay for stay, name in enumerate(self._first) if name == meaning.name)


def _source_only(session: Session) -> Session:
    """Return a session reduced to what it sent: what it got does not matter."""
    welcome = [line for line in session.received if line.startswith("* you are ")][:1]
    return replace(
        session,
        received=welcome,
        sent_after=[min(after, len(welcome)) for after in session.sent_after],
        complete=False,
        gone=False,
    )
