"""What clients logged, and what a check says about it: plain data.

Invariants:
  1. A session is one stay of one client. No other session has its label. Its name in the room may
     change, and another session may have had that name before.
  2. ``received`` has the protocol's lines as they came, without terminators, including the welcome
     and the private lines.
  3. A history contains every stay in the room while it was recorded. Strangers, which logged
     nothing, do no harm as long as no session ever had their names.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Literal, Self


__all__ = ["Coverage", "History", "Session", "Verdict", "Violation"]


@dataclass(frozen=True, slots=True)
class Session:
    """One stay: what a client sent and received, each in order.

    Attributes:
        sent: lines that the room delivers as they are: not too long, without control characters.
        sent_after: ``sent_after[k]`` is the number of lines that had been received when ``sent[k]``
            was sent. This keeps the client's own order without an object per line.
        complete: the last thing that it said is its own fence, and it waited until that came back;
            so everything that it said counts. Otherwise it was cut at an unknown point, and its
            last messages may have been accepted or not.
        gone: it had ended, and the complete sessions that outlived it waited for its departure
            before they said their fence; so its departure is due.
        address: the name in its welcome. Needed only of a client that may have been cut before it
            read its welcome.
    """

    label: str
    received: Sequence[str] = ()
    sent: Sequence[str] = ()
    sent_after: Sequence[int] = ()
    complete: bool = False
    gone: bool = False
    address: str = ""

    def __post_init__(self) -> None:
        if len(self.sent) != len(self.sent_after):
            raise ValueError(f"{self.label}: sent and sent_after differ in length")

    @classmethod
    def from_log(
        cls,
        label: str,
        log: Iterable[tuple[str, str]],
        *,
        complete: bool = False,
        gone: bool = False,
        address: str = "",
    ) -> Self:
        """Return the session of a log of ``("said", line)`` and ``("got", line)``, in order.

        Entries of other kinds are left out.
        """
        received: list[str] = []
        sent: list[str] = []
        sent_after: list[int] = []
        for kind, line in log:
            if kind == "got":
                received.append(line)
            elif kind == "said":
                sent.append(line)
                sent_after.append(len(received))
        return cls(label, received, sent, sent_after, complete, gone, address)

    def log(self) -> Iterator[tuple[Literal["said", "got"], str]]:
        """Yield what ``from_log`` took, in the client's own order."""
        said = 0
        for received, line in enumerate(self.received):
            while said < len(self.sent) and self.sent_after[said] <= received:
                yield "said", self.sent[said]
                said += 1
            yield "got", line
        for line in self.sent[said:]:
            yield "said", line


@dataclass(frozen=True, slots=True)
class History:
    """Sessions with different labels, in any order.

    Raises:
        ValueError: two sessions have the same label.
    """

    sessions: tuple[Session, ...]

    def __post_init__(self) -> None:
        labels = [session.label for session in self.sessions]
        if len(set(labels)) != len(labels):
            raise ValueError("two sessions of a history have the same label")


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise, and the part of the history that shows it.

    Attributes:
        rule_id: the rule that was broken.
        sentence: what happened, for a person.
        witness: the part of the history.
        blamed: the deliveries that a drawing points at, each a session's label and the line.
        absent: the deliveries that should be there and are not, in the same form.
    """

    rule_id: str
    sentence: str
    witness: History
    blamed: frozenset[tuple[str, str]] = frozenset()
    absent: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a history exercised; as a demand, the least that it must have exercised.

    Attributes:
        receivers: sessions that got at least one message.
        messages: messages that at least one session got.
        deliveries: a message that reaches three sessions is three deliveries.
        overlaps: messages for which another client's message came between their sending and their
            return to the speaker.
        joins: joins that were announced between the first and the last message.
        departures: departures that were announced between the first and the last message.
    """

    receivers: int = 0
    messages: int = 0
    deliveries: int = 0
    overlaps: int = 0
    joins: int = 0
    departures: int = 0

    def lacks(self, demand: "Coverage") -> tuple[str, ...]:
        """Return one clause for each count that is smaller than a demand."""
        return tuple(
            f"{have} {field.name} where at least {need} are needed"
            for field in fields(demand)
            if (have := getattr(self, field.name)) < (need := getattr(demand, field.name))
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that a check found: broken promises, and whether the history exercised enough.

    Attributes:
        violations: the broken promises, at most one per rule and session.
        coverage: what the history exercised.
        lacks: what it should have exercised and did not, in words.
    """

    violations: tuple[Violation, ...]
    coverage: Coverage
    lacks: tuple[str, ...]

    @property
    def outcome(self) -> Literal["pass", "fail", "unknown"]:
        """``fail`` with any violation, ``unknown`` with too little coverage, else ``pass``."""
        if self.violations:
            return "fail"
        return "unknown" if self.lacks else "pass"

    def breaking(self, *rule_ids: str) -> tuple[Violation, ...]:
        """Return the violations of these rules."""
        return tuple(found for found in self.violations if found.rule_id in rule_ids)
