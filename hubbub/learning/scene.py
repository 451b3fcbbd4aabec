"""Clients in memory: an outbox that keeps a log, and the history of what all said and got.

An exercise's hub gives each member's lines to its `Outbox`. The outbox notes who put a line in,
and with which locks, so that a check can name the cause of what it sees and not only the effect.
"""

from __future__ import annotations

import difflib
import queue
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.checker import History, Session, check
from conformance.checker.smallest import smallest_violation
from hubbub.learning.controlled import holding, me
from hubbub.learning.promises import Broken
from hubbub.learning.schedule import current


__all__ = [
    "ODD_TEXT",
    "SHARED",
    "Delivery",
    "Member",
    "Outbox",
    "history_of",
    "judge_announced",
    "judge_history",
    "judge_spoken_for",
    "judge_unaltered",
    "members",
    "of_an_outbox",
    "strangers_of",
]


@dataclass(frozen=True)
class Delivery:
    """One line that was put into an outbox: by whom, with which locks, in which step."""

    line: str
    by: str
    locks: tuple[int, ...]


@dataclass(eq=False)
class Outbox:
    """A member's queue, which its client empties at once; one that is clogged is full for good.

    Attributes:
        owner: whose it is.
        clogged: its client does not read.
        deliveries: what was put in.
        closed: nothing more will come.
        late: what was put in after that.
    """

    owner: str
    clogged: bool = False
    deliveries: list[Delivery] = field(default_factory=list)
    closed: int = 0
    late: list[str] = field(default_factory=list)

    def put(self, line: str) -> None:
        """Put a line in, waiting for a place."""
        if self.clogged:
            schedule = current()
            what = f"a place in the outbox of {self.owner}, who does not read"
            if schedule is None:
                raise Broken(f"Your code waits for {what}.")
            schedule.wait(what, lambda: False)
        self._take(line)

    def put_nowait(self, line: str) -> None:
        """Put a line in; never waits. Raises queue.Full when there is no place."""
        if self.clogged:
            raise queue.Full
        self._take(line)

    def offer(self, line: str) -> bool:
        """Put a line in; never waits. False when there is no place."""
        if self.clogged:
            return False
        self._take(line)
        return True

    def close(self) -> None:
        """Say that nothing more will come, so that the write pump can end."""
        self.closed += 1

    @property
    def lines(self) -> list[str]:
        """What its client got."""
        return [delivery.line for delivery in self.deliveries]

    def _take(self, line: str) -> None:
        if not isinstance(line, str):
            raise Broken(
                f"Your hub put {line!r} into an outbox; what goes there is a line of text."
            )
        if "\n" in line:
            raise Broken(
                f"Your hub put {line!r} into an outbox; a line has no \\n in it: the write pump "
                "adds the line end."
            )
        if self.closed:
            self.late.append(line)
            return
        locks = tuple(id(lock) for lock in holding())
        self.deliveries.append(Delivery(line, me(), locks))
        schedule = current()
        if schedule is not None:
            schedule.yield_turn()


@dataclass(eq=False)
class Member:
    """One client: its name, its outbox, and what it said after how many lines."""

    name: str
    outbox: Outbox
    said: list[tuple[str, int]] = field(default_factory=list)
    gone: bool = False

    def says(self, text: str) -> str:
        """Note that it says ``text`` now, and return it."""
        self.said.append((text, len(self.outbox.deliveries)))
        return text


def members(names: str, clogged: str = "") -> list[Member]:
    """Return a member for each of the names, which stand with spaces between them."""
    return [Member(name, Outbox(name, name in clogged.split())) for name in names.split()]


def history_of(everyone: Iterable[Member], *, complete: bool = True) -> History:
    """Return what they said and got. ``complete``: all that was said has come to its end."""
    return History(
        tuple(
            Session(
                member.name,
                member.outbox.lines,
                [text for text, _ in member.said],
                [after for _, after in member.said],
                complete=complete and not member.gone and not member.outbox.clogged,
                gone=member.gone,
                address=member.name,
            )
            for member in everyone
        )
    )


def judge_history(history: History, rules: Sequence[str], cause: str = "") -> None:
    """Raise `Broken` with the smallest history where one of ``rules`` is broken.

    ``cause`` goes in front of what the history shows.
    """
    verdict = check(history)
    for violation in verdict.violations:
        if violation.rule_id in rules:
            shown = smallest_violation(history, violation.rule_id)
            raise Broken(f"{cause} {_sentence(shown.sentence)}".strip(), violation=shown)
    _judge_welcomes(history)


def _judge_welcomes(history: History) -> None:
    """Raise `Broken` where a member got a welcome that was for another one, or two of its own."""
    for session in history.sessions:
        own = f"* you are {session.address}"
        welcomes = [line for line in session.received if line.startswith("* you are ")]
        if foreign := [line for line in welcomes if line != own]:
            raise Broken(
                f"{session.address} got {foreign[0]!r}: only the newcomer itself gets its welcome. "
                "All others are told that it joined."
            )
        if len(welcomes) > 1:
            raise Broken(f"{session.address} got {own!r} {len(welcomes)} times: once is enough.")


def judge_announced(members: Iterable[Member], *lines: str) -> None:
    """Raise `Broken` where one of the members that stayed was not told of something, once."""
    for member in members:
        for line in lines:
            count = member.outbox.lines.count(line)
            about = line.split()[1]
            if member.gone or member.outbox.clogged or member.name == about or count == 1:
                continue
            raise Broken(
                f"{member.name} was there, and got {line!r} "
                f"{f'{count} times' if count else 'never'}: every member is told of each "
                "arrival and departure, once."
            )


ODD_TEXT = "  {x} %s 100 % Ä: * \u00fc\u0308 \\n  "  # what no format and no strip may touch


def judge_unaltered(members: Mapping[str, Member]) -> None:
    """Raise `Broken` where what came out of a hub is not what one of its members said."""
    said = [(member.name, text) for member in members.values() for text, _ in member.said]
    right = [f"{name}: {text}" for name, text in said]
    for member in members.values():
        for line in member.outbox.lines:
            if line.startswith("* ") or line in right:
                continue
            close = difflib.get_close_matches(line, right, 1, 0.0)
            name, text = said[right.index(close[0])]
            raise Broken(
                f"{name} said {text!r}, and {member.name} got {line!r}: a line goes out as it came "
                "in, whatever is in it."
            )


def judge_spoken_for(member: Member) -> None:
    """Raise `Broken` where a line came out without the name of its speaker."""
    for line in member.outbox.lines:
        if ": " not in line and not line.startswith("* "):
            raise Broken(
                f"{member.name} got {line!r}: the room says who spoke, as "
                f"'{line.partition('-')[0]}: {line}'. If the "
                "speaker said it, anyone could speak as anyone."
            )


def of_an_outbox(error: BaseException) -> bool:
    """Tell whether it was an outbox that raised an error, and no queue of the exercise's own."""
    raised = error.__traceback__
    while raised is not None and raised.tb_next is not None:
        raised = raised.tb_next
    return raised is not None and raised.tb_frame.f_code.co_filename == __file__


SHARED = (
    "The two rooms share something. Make the map, the queue and all else that belongs to a room in "
    "__init__; what stands in the class or in the module is one for all rooms."
)


def strangers_of(members: Iterable[Member], strangers: str) -> None:
    """Raise `Broken` where members of one room got a line about those of another one."""
    for member in members:
        for line in member.outbox.lines:
            found = [name for name in strangers.split() if name in line]
            if found:
                raise Broken(
                    f"Two rooms were made, and {member.name}, in one of them, got {line!r}, which "
                    f"is about {found[0]}, in the other. {SHARED}"
                )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
