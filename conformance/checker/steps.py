"""A small history as steps to draw: what each client does, in logical order.

A step's number is a logical clock: one more than the largest number that it depends on. A client's
step depends on the client's step before, and a delivery depends on the message being said. So two
steps with the same number may have happened at the same time, and a contradiction stands side by
side.
"""

from dataclasses import dataclass
from typing import Literal

from conformance.checker.findings import in_words, tag_or_text
from conformance.checker.lines import Kind, Meaning, asked_name, parse, said_text
from conformance.checker.names import Names, Speech, first_name
from conformance.checker.record import History, Session, Violation
from conformance.checker.transcript import Transcript


__all__ = ["Act", "Step", "steps"]

Act = Literal["joins", "says", "gets", "misses", "leaves"]
_Act = tuple[Act, str]  # with the line


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a client does, or that should have reached it and did not.

    Attributes:
        number: of the logical clock.
        lane: the client's position in the history.
        words: what was sent or received; empty for joining and leaving.
        blamed: whether a drawing points at it.
    """

    number: int
    lane: int
    act: Act
    words: str = ""
    blamed: bool = False


class _Clock:
    """Numbers the acts of all clients by what they depend on, and finds words for them."""

    def __init__(self, history: History, acts: list[list[_Act]]) -> None:
        self._history = history
        self._acts = acts
        self._speech = Speech(history)
        self._names = Names(history, self._speech, Transcript(history))
        self._numbers: dict[tuple[int, int], int] = {}
        self._places = {
            (lane, act, line): place
            for lane, lane_acts in enumerate(acts)
            for place, (act, line) in reversed(list(enumerate(lane_acts)))
        }

    def number(self, lane: int, place: int) -> int:
        """Return the number of a client's act; the dependency of an act on itself is ignored."""
        key = lane, place
        if key not in self._numbers:
            self._numbers[key] = 0
            before = [self.number(lane, place - 1)] if place else []
            before += [self.number(*source) for source in self._sources(*self._acts[lane][place])]
            self._numbers[key] = max(before, default=0) + 1
        return self._numbers[key]

    def words(self, act: Act, line: str) -> str:
        """Return the words for a line, with its author if that is the wrong one."""
        if act == "says":
            return tag_or_text(said_text(line) or line)
        meaning = parse(line)
        if meaning.kind is Kind.ROSTER:
            return f"roster {', '.join(map(self._names.label, meaning.rest.split(', ')))}"
        speakers = {stay for stay, _ in self._speech.sources(meaning.rest)}
        forged = speakers and not any(
            meaning.name in {*self._names.borne[by], self._history.sessions[by].label}
            for by in speakers
        )
        author = f" by {self._names.label(meaning.name)}" if forged else ""
        return in_words(line, self._names) + author

    def _sources(self, act: Act, line: str) -> list[tuple[int, int]]:
        """Return the acts that caused a line which a client gets or should have got."""
        if act not in ("gets", "misses"):
            return []
        meaning = parse(line)
        bearer = self._names.bearer(meaning.name)
        messages: list[tuple[int, int]] = []
        sources: list[tuple[int, Act, str]] = []
        match meaning.kind:
            case Kind.CHAT:
                messages = self._speech.sources(meaning.rest)
            case Kind.STRAY:
                messages = self._speech.sources(line)
            case Kind.RENAMED:
                messages = self._speech.requests.get(meaning.rest, [])
            case Kind.JOINED if bearer is not None:
                sources = [(bearer, "joins", "")]
            case Kind.ENDED if bearer is not None:
                sources = [(bearer, "leaves", "")]
        sources += [(by, "says", self._history.sessions[by].sent[n]) for by, n in messages]
        return [
            (lane, self._places[lane, act, line])
            for lane, act, line in sources
            if (lane, act, line) in self._places
        ]


def steps(history: History, violation: Violation) -> list[Step]:
    """Return all that happens in a history, by number, then by client.

    Welcomes are left out, and so are requests for names that nobody heard of.
    """
    lines = {line for session in history.sessions for line in session.received}
    lines |= {line for _, line in violation.absent}
    told = [parse(line) for line in sorted(lines)]
    acts = [_acts(session, told) for session in history.sessions]
    lanes = {session.label: lane for lane, session in enumerate(history.sessions)}
    for label, line in violation.absent:
        acts[lanes[label]].insert(_gap(acts, lanes[label], line), ("misses", line))
    clock = _Clock(history, acts)
    found = []
    for lane, lane_acts in enumerate(acts):
        number = 0
        for place, (act, line) in enumerate(lane_acts):
            number = max(number + 1, clock.number(lane, place))
            delivery = history.sessions[lane].label, line
            blamed = act == "misses" or (act == "gets" and delivery in violation.blamed)
            found.append(Step(number, lane, act, clock.words(act, line), blamed))
    return sorted(found, key=lambda step: (step.number, step.lane))


def _acts(session: Session, told: list[Meaning]) -> list[_Act]:
    """Return what a client did; its arrival and departure only if others were told of them."""
    first = first_name(session)
    names = {first, *map(asked_name, session.sent)}
    renames = {meaning.rest for meaning in told if meaning.kind is Kind.RENAMED}
    acts: list[_Act] = []
    if any(meaning.kind is Kind.JOINED and meaning.name == first for meaning in told):
        acts.append(("joins", ""))
    for kind, line in session.log():
        if kind == "got" and parse(line).kind is not Kind.WELCOME:
            acts.append(("gets", line))
        elif kind == "said" and (said_text(line) or asked_name(line) in renames):
            acts.append(("says", line))
    if any(meaning.kind is Kind.ENDED and meaning.name in names for meaning in told):
        acts.append(("leaves", ""))
    return acts


def _gap(acts: list[list[_Act]], lane: int, line: str) -> int:
    """Return where in a lane a line is missing: after all that came before it in another lane.

    If nobody got the line, an arrival is missing before the last thing that the client got, a
    message right after the client said it, and anything else at the end.
    """
    own = acts[lane]
    for other in acts:
        if ("gets", line) in other:
            before = other[: other.index(("gets", line))]
            after = [n + 1 for n, act in enumerate(own) if act in before or act[0] == "joins"]
            return max(after, default=0)
    meaning = parse(line)
    if meaning.kind is Kind.JOINED:
        return max(0, len(own) - 1)
    said = [act == "says" and said_text(sent) == meaning.rest for act, sent in own]
    return said.index(True) + 1 if True in said else len(own)
