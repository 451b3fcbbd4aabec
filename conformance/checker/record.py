"""What clients logged, and what a check says of it: plain data.

Invariants:
  1. A session is one stay of one client. Its label is its own; its name in the
     room may change, and may have been another session's before.
  2. ``received`` holds the protocol's lines as they came, without terminators,
     the welcome and the private ones among them.
  3. A history holds every stay that touched the room while it was recorded.
     Strangers are put up with as long as no session ever had their name.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Literal, Self


__all__ = ["Coverage", "History", "Session", "Verdict", "Violation"]


@dataclass(frozen=True, slots=True)
class Session:
    """One stay: what a client sent and received, each in order.

    ``sent`` are lines that the room delivers as they are: not too long, and without
    control characters. ``sent_after[k]`` says how many lines had been received when
    ``sent[k]`` was sent, which keeps the client's own order without an object a line.

    ``complete``: the last thing it said is its own fence, and it waited until
    that came back; so all that it said counts. Otherwise it was cut at a point
    that nobody knows, and what it said last may have been accepted or not.

    ``address``: the name that its welcome gave or would have given; needed only
    of a client that may have been cut before it read that.

    ``gone``: it had ended, and the complete sessions that outlived it waited for
    its departure before they said their fence; so its departure is due.
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
    """Sessions with different labels, in any order."""

    sessions: tuple[Session, ...]

    def __post_init__(self) -> None:
        labels = [session.label for session in self.sessions]
        if len(set(labels)) != len(labels):
            raise ValueError("two sessions of a history have the same label")


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise and the part of the history that shows it.

    ``blamed`` are the deliveries that a drawing must point at, each a session's
    label and the line; ``absent`` are those that should be there and are not.
    """

    rule_id: str
    sentence: str
    witness: History
    blamed: frozenset[tuple[str, str]] = frozenset()
    absent: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a history exercised; as a demand, the least that it must have.

    ``receivers`` got at least one message each. A message ``overlaps`` when
    another client's came in between its sending and its return to the speaker.
    ``joins`` and ``departures`` count those told of amid the talk.
    """

    receivers: int = 0
    messages: int = 0
    deliveries: int = 0
    overlaps: int = 0
    joins: int = 0
    departures: int = 0

    def lacks(self, demand: "Coverage") -> tuple[str, ...]:
        """Return what falls short of a demand, a clause each."""
        return tuple(
            f"{have} {field.name} where at least {need} are needed"
            for field in fields(demand)
            if (have := getattr(self, field.name)) < (need := getattr(demand, field.name))
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that a check found: broken promises, and whether it looked at enough."""

    violations: tuple[Violation, ...]
    coverage: Coverage
    lacks: tuple[str, ...]

    @property
    def outcome(self) -> Literal["pass", "fail", "unknown"]:
        """``fail`` for any violation, ``unknown`` for too little coverage, else ``pass``."""
        if self.violations:
            return "fail"
        return "unknown" if self.lacks else "pass"

    def breaking(self, *rule_ids: str) -> tuple[Violation, ...]:
        """Return the violations of these rules."""
        return tuple(found for found in self.violations if found.rule_id in rule_ids)
