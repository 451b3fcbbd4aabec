"""Matches lines of different clients that tell of the same event in the room.

A message is known by its text, an arrival or a departure by its client. Where that is not certain
(a port was used again, the same words were said twice), a line is known by its place: the first,
second … such line after the last certain event. In a history without a fault this is exact, because
all clients agree on what came before. In a faulty history it may be wrong, so ``check`` looks at
uncertain lines only when all certain lines are in order.

Invariants:
  1. An event is a small number, and a log is a list of them in the order received.
  2. In the room's order a client's welcome has the place of its join, and everything that the
     client got comes before its departure.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from conformance.checker.lines import Kind, Meaning
from conformance.checker.names import Names, Speech
from conformance.checker.record import History, Session
from conformance.checker.transcript import Transcript


__all__ = ["Event", "Events", "Log"]

_NO_EVENT = -1
_UNCERTAIN = -2
_ANNOUNCED = (Kind.JOINED, Kind.ENDED)


@dataclass(slots=True)
class Event:
    """One thing that everyone in the room is told of.

    Attributes:
        stay: the session that it is about.
        number: of a message, its position in the session's ``sent``.
        lines: the lines that told of it; more than one is a fault.
        after: of an uncertain event, the certain event that it is placed by.
    """

    kind: Kind
    lines: list[str]
    stay: int | None = None
    number: int = -1
    after: int | None = None


@dataclass(frozen=True)
class Log:
    """What one session received, as events.

    Attributes:
        codes: for each line of ``session.received`` its event, or a negative number if it tells of
            none.
        ids: the events, each of them once.
        twice: the events that came more than once.
        told: the events in which the room speaks.
        join: the event of this stay's beginning, None where that is not certain.
        end: the event of this stay's end, None where that is not certain.
    """

    stay: int
    session: Session
    codes: list[int]
    ids: list[int]
    twice: tuple[int, ...]
    told: frozenset[int]
    join: int | None
    end: int | None

    @cached_property
    def members(self) -> frozenset[int]:
        """``ids`` as a set; made only when needed: a million events take a quarter of a second."""
        return frozenset(self.ids)

    @property
    def slice(self) -> list[int]:
        """The part of the room's order that this stay must have got, its join first."""
        return self.ids if self.join is None or self.join in self.told else [self.join, *self.ids]

    @property
    def chain(self) -> list[int]:
        """The order that this log proves: its slice, and then its departure."""
        return self.slice if self.end is None or self.end in self.told else [*self.slice, self.end]


class Events:
    """The events of a history, and each session's log of them.

    Attributes:
        joins: by session, the event of its beginning where that is certain, even if nobody was
            told.
        ends: by session, the event of its end where that is certain.
    """

    def __init__(self, history: History, transcript: Transcript, *, with_uncertain: bool) -> None:
        self.history = history
        self.transcript = transcript
        self.meanings = transcript.meanings
        self.speech = Speech(history)
        self.names = Names(history, self.speech, transcript)
        self.all: list[Event] = []
        self._known: dict[object, int] = {}
        self.joins: dict[int, int] = {
            stay: self._event(("join", stay), Kind.JOINED, f"* {name} joined", stay)
            for stay, name in enumerate(self.names.first)
            if name is not None and self.names.newcomer(name) is not None
        }
        self.ends: dict[int, int] = {}
        self._codes = [self._code(line, meaning) for line, meaning in self.meanings.items()]
        self.has_uncertain = _UNCERTAIN in self._codes
        self._places_uncertain = with_uncertain and self.has_uncertain
        self.logs = [self._log(stay, session) for stay, session in enumerate(history.sessions)]

    def label(self, stay: int) -> str:
        """Return a session's label."""
        return self.history.sessions[stay].label

    def subject(self, event: int) -> int:
        """Return the session that a certain event is about."""
        stay = self.all[event].stay
        if stay is None:
            raise ValueError(f"it is not known which session event {event} is about")
        return stay

    def lines(self, events: Iterable[int]) -> frozenset[str]:
        """Return the lines of these events, and the lines that uncertain events depend on.

        These tell of the event that an uncertain one is placed by, and of other clients with its
        name.
        """
        lines: set[str] = set()
        for event in map(self.all.__getitem__, events):
            lines.update(event.lines)
            if event.after is not None:
                lines.update(self.all[event.after].lines)
                name = self.meanings[event.lines[0]].name
                lines.update(
                    line
                    for line, meaning in self.meanings.items()
                    if meaning.name == name and meaning.kind in _ANNOUNCED
                )
        return frozenset(lines)

    def line_in(self, log: Log, event: int) -> str:
        """Return the line that told a log of an event, or the line that should have told it."""
        if event in log.members:
            return log.session.received[log.codes.index(event)]
        return self.all[event].lines[0]

    def holders(self, event: int) -> list[Log]:
        """Return the logs that were told of an event, the log of its own session first."""
        about = self.all[event].stay
        return sorted(
            (log for log in self.logs if event in log.members), key=lambda log: log.stay != about
        )

    def _event(self, key: object, kind: Kind, line: str, stay: int | None, number: int = -1) -> int:
        if key not in self._known:
            self._known[key] = len(self.all)
            self.all.append(Event(kind, [], stay, number))
        lines = self.all[self._known[key]].lines
        if line not in lines:
            lines.append(line)
        return self._known[key]

    def _code(self, line: str, meaning: Meaning) -> int:
        """Return the event of a line if the line alone identifies it, else a negative number."""
        match meaning.kind:
            case Kind.CHAT:
                return self._message(line, meaning.rest, meaning.name)
            case Kind.STRAY if line in self.speech.by_text:
                return self._message(line, line, "")
            case Kind.JOINED | Kind.RENAMED | Kind.ENDED:
                return self._announcement(line, meaning)
        return _NO_EVENT

    def _message(self, line: str, text: str, name: str) -> int:
        sources = self.speech.sources(text)
        if len(sources) == 1:
            return self._event(("said", *sources[0]), Kind.CHAT, line, *sources[0])
        if not sources and (self.speech.claimed(text) is not None or self.names.is_known(name)):
            return _NO_EVENT  # never sent: a fault of its own, which no other log can lack
        return _UNCERTAIN

    def _announcement(self, line: str, meaning: Meaning) -> int:
        if meaning.kind is Kind.JOINED:
            stay = self.names.newcomer(meaning.name)
            return _UNCERTAIN if stay is None else self.joins[stay]
        stay = self.names.bearer(meaning.name)
        if stay is None:
            return _UNCERTAIN
        if meaning.kind is Kind.ENDED:
            self.ends[stay] = self._event(("end", stay), Kind.ENDED, line, stay)
            return self.ends[stay]
        if self.names.bearer(meaning.rest) != stay:
            return _UNCERTAIN
        return self._event(("rename", line), Kind.RENAMED, line, stay)

    def _log(self, stay: int, session: Session) -> Log:
        codes = list(map(self._codes.__getitem__, self.transcript.numbers[stay]))
        join = self.joins.get(stay)
        if self._places_uncertain:
            self._place_uncertain(codes, session.received, join)
        ids = [code for code in codes if code >= 0]
        twice: tuple[int, ...] = ()
        if len(set(ids)) < len(ids):
            counts = Counter(ids)
            twice = tuple(event for event, count in counts.items() if count > 1)
            ids = list(counts)
        told = frozenset(
            code for place in self.transcript.room_lines[stay] if (code := codes[place]) >= 0
        )
        return Log(stay, session, codes, ids, twice, told, join, self.ends.get(stay))

    def _place_uncertain(self, codes: list[int], received: Iterable[str], sure: int | None) -> None:
        """Give each uncertain line its event, by the last certain event before it."""
        since: Counter[str] = Counter()
        for place, (code, line) in enumerate(zip(codes, received, strict=True)):
            if code >= 0:
                sure = code
                since.clear()
            elif code == _UNCERTAIN and sure is not None:
                since[line] += 1
                key = ("placed", line, sure, since[line])
                codes[place] = self._event(key, self.meanings[line].kind, line, None)
                self.all[codes[place]].after = sure
