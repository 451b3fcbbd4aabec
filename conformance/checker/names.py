"""Which session said which message, and which session had which name.

All of this can be told before any order is known.

Invariants:
  1. ``Speech`` looks only at what was sent; ``Names`` also at what was received.
  2. A name is attributed to a session only if no other session can have had it. Ports are used
     again, names are given up and taken, and a wrong guess would blame a correct server.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

from conformance.checker.lines import Kind, Meaning, asked_name, said_text, tag_of
from conformance.checker.record import History, Session
from conformance.checker.transcript import Transcript


__all__ = ["Names", "Speech", "first_name"]

_WELCOME = "* you are "


def first_name(session: Session) -> str | None:
    """Return the name in a session's welcome, without a welcome its address, or None."""
    for line in session.received:
        if line.startswith(_WELCOME):
            return line.removeprefix(_WELCOME)
    return session.address or None


class Speech:
    """The messages of a history, and its requests for names.

    A message is a pair: a session's position in the history, and a position in its ``sent``.
    """

    def __init__(self, history: History) -> None:
        self.by_text: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self.by_tag: dict[tuple[str, int], tuple[int, int]] = {}
        self.requests: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self.labels = {session.label: stay for stay, session in enumerate(history.sessions)}
        for stay, session in enumerate(history.sessions):
            for number, line in enumerate(session.sent):
                if text := said_text(line):
                    self.by_text[text].append((stay, number))
                    if (tag := tag_of(text)) and tag[0] == session.label:
                        self.by_tag[tag] = (stay, number)
                elif name := asked_name(line):
                    self.requests[name].append((stay, number))

    def sources(self, text: str) -> list[tuple[int, int]]:
        """Return the messages that a delivered text can come from, by its content or its tag."""
        if text in self.by_text:
            return self.by_text[text]
        tag = tag_of(text)
        return [self.by_tag[tag]] if tag in self.by_tag else []

    def claimed(self, text: str) -> int | None:
        """Return the session that a text's tag names, rightly or wrongly, or None."""
        tag = tag_of(text)
        return self.labels.get(tag[0]) if tag else None


class Names:
    """Which session can have had a name.

    Attributes:
        first: by session, the name that it came with.
        borne: by session, all names that it may have had, including those that it only asked for.
    """

    def __init__(self, history: History, speech: Speech, transcript: Transcript) -> None:
        self._history = history
        self.first = [first_name(session) for session in history.sessions]
        self._firsts = Counter(self.first)
        told = _told_bearers(self.first, transcript.meanings.values())
        possible: dict[str, set[int]] = defaultdict(set)
        for name, stays in told.items():
            possible[name] |= stays
        for name, asked in speech.requests.items():
            possible[name] |= {stay for stay, _ in asked}
        self.borne: list[set[str]] = [set() for _ in history.sessions]
        for name, stays in possible.items():
            for stay in stays:
                self.borne[stay].add(name)
        # A request may have been refused because a stranger has the name. So a name counts only
        # if it was announced, and no other session can have had it.
        again = _borne_again(history, transcript)
        self._bearer = {
            name: next(iter(stays))
            for name, stays in told.items()
            if len(possible[name]) == 1 and name not in again
        }
        self._possible = possible

    def bearer(self, name: str) -> int | None:
        """Return the only session that ever had this name, or None if that is not certain."""
        return self._bearer.get(name)

    def is_known(self, name: str) -> bool:
        """Return whether some session may have had this name."""
        return name in self._possible

    def newcomer(self, name: str) -> int | None:
        """Return the only session that came with this name, or None if there were several."""
        return self.bearer(name) if self._firsts[name] == 1 else None

    def label(self, name: str) -> str:
        """Return what a reader should see for a name: the session's label where that is certain."""
        stay = self.bearer(name)
        return name if stay is None else self._history.sessions[stay].label


def _told_bearers(
    first: list[str | None], meanings: Iterable[Meaning]
) -> defaultdict[str, set[int]]:
    """Return the sessions that had each name, by all renames that were announced."""
    bearers: defaultdict[str, set[int]] = defaultdict(set)
    for stay, name in enumerate(first):
        if name is not None:
            bearers[name].add(stay)
    renames = [m for m in meanings if m.kind is Kind.RENAMED]
    growing = True
    while growing:
        growing = False
        for rename in renames:
            if not bearers[rename.name] <= bearers[rename.rest]:
                bearers[rename.rest] |= bearers[rename.name]
                growing = True
    return defaultdict(set, {name: stays for name, stays in bearers.items() if stays})


def _borne_again(history: History, transcript: Transcript) -> set[str]:
    """Return the names that, in some log, were taken or given up more than once."""
    again: set[str] = set()
    for session, places in zip(history.sessions, transcript.room_lines, strict=True):
        got: set[str] = set()
        lost: set[str] = set()
        for place in places:
            meaning = transcript.meanings[session.received[place]]
            if meaning.kind in (Kind.RENAMED, Kind.ENDED):
                again.update({meaning.name} & lost)
                lost.add(meaning.name)
            if meaning.kind in (Kind.RENAMED, Kind.JOINED):
                new = meaning.rest or meaning.name
                again.update({new} & got, {new} & lost)
                got.add(new)
    return again
