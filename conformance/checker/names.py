"""Who said what, and who bore which name: what a history says before any order is known.

Invariants:
  1. ``Speech`` looks only at what was sent, ``Names`` also at what was told.
  2. A name is attributed to a session only if no other can have had it: ports
     are used again, names are given up and taken, and a wrong guess would blame
     a server that did nothing wrong.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

from conformance.checker.lines import Kind, Meaning, asked_name, said_text, tag_of
from conformance.checker.record import History, Session
from conformance.checker.transcript import Transcript


__all__ = ["Names", "Speech", "first_name"]

_WELCOME = "* you are "


def first_name(session: Session) -> str | None:
    """Return the name of a session's welcome, or where it would have come from, or None."""
    for line in session.received:
        if line.startswith(_WELCOME):
            return line.removeprefix(_WELCOME)
    return session.address or None


class Speech:
    """The messages and the requests for names of a history.

    A message is a session's position in the history and a position in its
    ``sent``.
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
        """Return the messages that a delivered text can stem from, by content, else by tag."""
        if text in self.by_text:
            return self.by_text[text]
        tag = tag_of(text)
        return [self.by_tag[tag]] if tag in self.by_tag else []

    def claimed(self, text: str) -> int | None:
        """Return the session whose label a text is tagged with, truly or not, or None."""
        tag = tag_of(text)
        return self.labels.get(tag[0]) if tag else None


class Names:
    """Which session can have had a name.

    ``first[stay]`` is the name it came with, ``borne[stay]`` all that it may have
    had, those it asked for among them.
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
        # A request may have been refused because a stranger has the name: what
        # counts is a name that was told of, and that nobody else can have had.
        again = _borne_again(history, transcript)
        self._bearer = {
            name: next(iter(stays))
            for name, stays in told.items()
            if len(possible[name]) == 1 and name not in again
        }
        self._possible = possible

    def bearer(self, name: str) -> int | None:
        """Return the one session that ever had this name, or None if that cannot be told."""
        return self._bearer.get(name)

    def is_known(self, name: str) -> bool:
        """Return whether some session may have had this name."""
        return name in self._possible

    def newcomer(self, name: str) -> int | None:
        """Return the one session that came with this name, or None if it is not just one."""
        return self.bearer(name) if self._firsts[name] == 1 else None

    def label(self, name: str) -> str:
        """Return what a reader should see for a name: the session's label where that is sure."""
        stay = self.bearer(name)
        return name if stay is None else self._history.sessions[stay].label


def _told_bearers(
    first: list[str | None], meanings: Iterable[Meaning]
) -> defaultdict[str, set[int]]:
    """Return the bearers of each name, following the renames that anyone was told of."""
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
    """Return the names that some log tells more than once of somebody's getting or losing."""
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
