"""Many clients at once: they talk, come and go, and each logs what it saw.

A rule about order or loss is broken only when things happen at the same time. So a swarm starts its
clients at one barrier, lets each talker be only a few lines ahead of its own echo, and tells at the
end how much really overlapped.

Invariants:
  1. Talkers are in the room throughout; visitors come and go while they talk.
  2. No two lines of a swarm are the same.
  3. When a swarm is over, each talker has heard of every visitor's departure, and then of a last
     line of its own.
"""

import contextlib
import functools
import itertools
import operator
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from conformance.checker import (
    TALK,
    Coverage,
    History,
    Violation,
    check,
    tagged,
)
from conformance.checker.smallest import smallest_violation
from conformance.clients import Client
from conformance.diagram import as_text
from conformance.expectations import Mismatch
from conformance.factories import Connect
from conformance.protocol import Door
from conformance.timing import TICK, WITHIN
from conformance.verdicts import Unknown


__all__ = ["BrokenPromise", "Coverage", "Swarm", "SwarmLog"]

_OVER_WITHIN = 300 * TICK  # for all of a swarm's talk
_AHEAD = 8  # lines that a talker may be ahead of its own echo
_PEOPLE = ("anna", "ben", "cara", "dora", "emil", "fred", "gina", "hugo", "ida", "jonas")
_BATCHES = (1, 3, 1, 5, 2)  # lines in one write, in turn


class BrokenPromise(AssertionError):
    """The checker found a violation; the message is the smallest history that shows it.

    Attributes:
        violation: what the checker found.
    """

    def __init__(self, violation: Violation) -> None:
        super().__init__(as_text(violation.witness, violation))
        self.violation = violation


@dataclass(frozen=True)
class SwarmLog:
    """What a swarm saw.

    Attributes:
        talkers: the clients that stayed throughout, with their ``log``.
        visits: one client for each visit, with its ``log``.
        complete: whether the talkers got as far as invariant 3 of this module.
        trouble: the errors that kept clients from doing their part.
        visited: whether clients came and went as the test asked. In a dialect without lines for
            arrivals and departures none do.
    """

    talkers: tuple[Client, ...]
    visits: tuple[Client, ...]
    complete: bool  # the talkers got as far as invariant 3
    trouble: tuple[Exception, ...]  # what kept clients from doing their part
    visited: bool = True

    def history(self) -> History:
        """Return what each client logged, for the checker."""
        staying = [(client, self.complete, False) for client in self.talkers]
        visiting = [(client, False, True) for client in self.visits]
        return History(
            tuple(
                client.session(complete=complete, gone=gone)
                for client, complete, gone in (*staying, *visiting)
            )
        )

    def assert_keeps(self, rule_id: str, needs: Coverage = TALK) -> None:
        """Pass if the swarm kept a rule and really exercised it.

        Args:
            rule_id: the faults of other rules are not looked for.
            needs: what the swarm must have exercised.

        Raises:
            BrokenPromise: the rule was broken; carries what shows it.
            Unknown: the swarm exercised less than ``needs``, or could not go on to the end.
        """
        __tracebackhide__ = True
        history = self.history()
        if not self.visited:
            needs = replace(needs, joins=0, departures=0)
        verdict = check(history, needs)
        if verdict.breaking(rule_id):
            raise BrokenPromise(smallest_violation(history, rule_id))
        if self.trouble and not verdict.violations:
            raise self.trouble[0]
        if self.trouble:
            others = ", ".join(dict.fromkeys(found.rule_id for found in verdict.violations))
            raise Unknown(
                f"the server broke {others}, and the swarm ended early: {self.trouble[0]}"
            )
        if verdict.lacks:
            raise Unknown("; ".join(verdict.lacks))

    def changes_of_speaker(self) -> int:
        """Return how often the speaker changed from one line to the next.

        Talkers that take turns change as often as there are talkers; talkers that really overlap
        change many times more.
        """
        speakers = [line.partition(": ")[0] for line in self._heard() if _is_chat(line)]
        return sum(before != after for before, after in itertools.pairwise(speakers))

    def arrivals_amid_talk(self) -> int:
        """Return how many joins came between the first and the last line of the talk."""
        heard = self._heard()
        chat = [number for number, line in enumerate(heard) if _is_chat(line)]
        if not chat:
            return 0
        return sum(line.endswith(" joined") for line in heard[chat[0] : chat[-1]])

    def _heard(self) -> list[str]:
        return [event.text for event in self.talkers[0].log if event.kind == "got"]


class Swarm:
    """Makes swarms at the doors of one test run."""

    def __init__(self, connect: Connect, door: Door) -> None:
        self._connect = connect
        self._door = door

    def __call__(
        self,
        *,
        talkers: int = 4,
        lines_each: int = 50,
        visitors: int = 0,
        visits_each: int = 4,
        renames_each: int = 0,
        doors: Sequence[Door] | None = None,
    ) -> SwarmLog:
        """Let clients talk, come and go, and return when all of it is over.

        Args:
            talkers: clients that stay throughout and say ``lines_each`` lines.
            lines_each: lines per talker.
            visitors: clients that come ``visits_each`` times, say two lines, and leave: by closing,
                by a reset, and by ``/quit``, in turn.
            visits_each: visits per visitor.
            renames_each: how often each talker renames itself meanwhile.
            doors: the clients get them in turn; default: the door of this run.

        Returns:
            What all of them saw.
        """
        __tracebackhide__ = True
        dialect = self._connect.dialect
        if dialect is not None:
            renames_each = 0
            if not {"joined", "left"} <= dialect.lines.keys():
                visitors = 0
        visited = dialect is None or visitors > 0
        turn = itertools.cycle(doors or [self._door])
        staying: list[Client] = [
            self._connect(name, door=next(turn)) for name in itertools.islice(_names(), talkers)
        ]
        visits: list[Client] = []
        parts: list[Callable[[], None]] = []
        for client in staying:
            parts.append(_Talker(client, lines_each, renames_each))
        for number in range(1, visitors + 1):
            parts.append(_Visitor(self._connect, number, next(turn), visits_each, visits))
        trouble = _run_together(parts)
        complete = _settle(staying, visits, trouble)
        return SwarmLog(tuple(staying), tuple(visits), complete, tuple(trouble), visited)


def _settle(staying: list[Client], visits: list[Client], trouble: list[Exception]) -> bool:
    """Let each talker hear of every departure and then say its own fence.

    Return whether all of it came. A missing departure is waited for only once: if one is lost, the
    others were announced long ago.
    """
    deadline = time.monotonic() + WITHIN
    try:
        for client, visit in itertools.product(staying, visits):
            with contextlib.suppress(Mismatch):
                client.wait_heard(f"* {visit.name} left", within=deadline - time.monotonic())
        for client, fence in [(client, client.send_fence()) for client in staying]:
            client.wait_for(fence, within=_OVER_WITHIN)
    except Mismatch as error:
        trouble.append(error)
        return False
    return True


@dataclass(frozen=True)
class _Talker:
    """Says numbered lines in batches, and renames itself now and then."""

    client: Client
    lines: int
    renames: int

    def __call__(self) -> None:
        label, said = self.client.label, 0
        rename_at = {self.lines * n // (self.renames + 1): n for n in range(1, self.renames + 1)}
        for batch in itertools.cycle(_BATCHES):
            batch_lines = range(said + 1, min(self.lines, said + batch) + 1)
            for number in batch_lines:
                if number in rename_at:
                    self.client.say(f"/rename {label}.{rename_at[number]}")
            self.client.say(*(tagged(label, number) for number in batch_lines))
            said = batch_lines[-1]
            if said == self.lines:
                return
            if said > _AHEAD:
                echo = f": {tagged(label, said - _AHEAD)}"
                self.client.wait_heard(operator.methodcaller("endswith", echo))


@dataclass(frozen=True)
class _Visitor:
    """Comes, says two lines and leaves, again and again."""

    connect: Connect
    number: int
    door: Door
    times: int
    visits: list[Client]  # shared by all visitors; each only appends

    def __call__(self) -> None:
        for visit in range(1, self.times + 1):
            client: Client = self.connect(door=self.door, label=f"guest-{self.number}.{visit}")
            self.visits.append(client)
            client.say(tagged(client.label, 1), tagged(client.label, 2))
            quits = functools.partial(client.say, "/quit")
            ways = (client.close, client.reset, client.close if client.speaks_dialect else quits)
            ways[(self.number + visit) % len(ways)]()


def _names() -> Iterator[str]:
    """Yield names for talkers, without end."""
    for turn in itertools.count(1):
        for name in _PEOPLE:
            yield name if turn == 1 else f"{name}{turn}"


def _run_together(parts: Sequence[Callable[[], None]]) -> list[Exception]:
    """Run each part in a thread, all from the same instant; return the errors."""
    barrier = threading.Barrier(len(parts))
    trouble: list[Exception] = []

    def run(part: Callable[[], None]) -> None:
        try:
            barrier.wait()
            part()
        except Exception as error:  # of any kind: the test shows it
            trouble.append(error)

    threads = [threading.Thread(target=run, args=(part,), daemon=True) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_OVER_WITHIN)
        if thread.is_alive():
            trouble.append(Mismatch(f"the swarm was not over within {_OVER_WITHIN:g} s"))
            break
    return trouble


def _is_chat(line: str) -> bool:
    return not line.startswith(("* ", "! "))
