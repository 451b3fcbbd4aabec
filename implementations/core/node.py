"""One node of a room that many nodes share, without its sockets and its engine. Pure.

A node takes steps of its own clients, writes them into the log, and reads the log. Nothing that
its clients do counts before the node has read it back: the log decides. So reading an entry of
its own is the acknowledgement for every step in it.

    node.ask(4, Say("hello"))     a client says something: the step waits
    node.to_append()              the entry to append; the same one until it has come back
    node.read(place, entry)       the next entry of the log: what it causes for clients of this node

One entry is under way at a time. Steps that come meanwhile are the next entry (group commit once
more). With two under way, a retry of the first could come after the second, and a client's lines
would change their order.

A node that reads of its own death (it was stopped, or cut off) is over: it dismisses its clients,
and a new node with the next life takes its place.

Invariants:
  1. `to_append` returns the same entry until it was read back, so appending it again is harmless.
  2. No step stands in two entries.
  3. Outcomes are for clients that joined in this life and have not left.

Not thread-safe: only its owner may use it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from implementations.core.causes import Cause
from implementations.core.commands import Command
from implementations.core.entries import Ask, Beat, End, Entry, Hello, Join, Leave, Life, Step
from implementations.core.replica import Outcome, Refused, Replica, local_number
from implementations.core.room import Delivery, Goodbye, ToAll, ToOne


__all__ = ["MOST_STEPS", "Node", "Read"]

MOST_STEPS = 64  # of one entry: with more, little is saved, and the first step waits longer


@dataclass(frozen=True, slots=True)
class Read:
    """What reading one entry means for this node.

    Attributes:
        deliveries: for the clients of this node, which the deliveries call by their own numbers.
        refused: clients that the full room did not let in.
        done: how many steps of this node were in the entry: their talkers may go on.
    """

    deliveries: list[Delivery] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    done: int = 0


class Node:
    """One life of a node.

    Args:
        replica: a copy of the room that has read the log up to its end, or nearly so.
        name: of the node. No other node that is alive may have it.
        token: random, so that two processes with one name are told apart.
        hello: what this node's program and settings say.
    """

    def __init__(self, replica: Replica, name: str, token: str, hello: Hello) -> None:
        self.life: Life = replica.next_life(name, token)
        self._replica = replica
        self._hello = hello
        self._order: int | None = None  # of the life, once its hello was read back
        self._number = 0  # of the next entry
        self._under_way: Entry | None = None
        self._waiting: deque[Step] = deque()
        self._members: set[int] = set()

    @property
    def is_alive(self) -> bool:
        """Whether the log has this life's hello and not its end."""
        return self._order is not None and not self.is_over

    @property
    def is_over(self) -> bool:
        """Whether this life has ended, or was declared dead, or another process has its name."""
        return self._replica.is_over(self.life)

    @property
    def objection(self) -> str | None:
        """Why the nodes that are alive would not take this one; None when they would."""
        return None if self._order is not None else self._replica.objection(self._hello)

    # Steps of this node. Each waits until an entry takes it along.

    def join(self, client: int, address: str) -> None:
        """Let a client in, when its turn in the log has come. No number is used twice."""
        self._waiting.append(Join(client, address))

    def leave(self, client: int, cause: Cause) -> None:
        """A client has gone, or must go. Idempotent."""
        self._waiting.append(Leave(client, cause))

    def ask(self, client: int, command: Command) -> None:
        """Do what a client asks."""
        self._waiting.append(Ask(client, command))

    def beat(self) -> bool:
        """Show that the node lives. Call it regularly, also when the node is busy.

        Returns:
            Whether a beat waits now that did not wait before: one is enough.
        """
        if any(isinstance(step, Beat) for step in self._waiting):
            return False
        self._waiting.append(self._replica.beat())
        return True

    def end(self) -> None:
        """End this life in good order, after the steps that wait already."""
        self._waiting.append(End())

    # The log.

    def to_append(self) -> Entry | None:
        """Return the entry to append now; None when nothing waits, or this life is over."""
        if self.is_over:
            return None
        if self._under_way is None:
            if self._number == 0:
                steps: tuple[Step, ...] = (self._hello,)
            else:
                most = min(MOST_STEPS, len(self._waiting))
                steps = tuple(self._waiting.popleft() for _ in range(most))
            if not steps:
                return None
            self._under_way = Entry(self.life, self._number, steps)
            self._number += 1
        return self._under_way

    def read(self, place: int, entry: Entry) -> Read:
        """Apply the next entry of the log, and return what it means for this node."""
        was_over, done = self.is_over, 0
        outcomes = self._replica.apply(place, entry)
        if not was_over and entry == self._under_way:
            self._under_way = None
            done = len(entry.steps)
            if self._order is None:
                self._order = self._replica.order_of(self.life)
        return self._for_here(outcomes, done)

    def _for_here(self, outcomes: list[Outcome], done: int) -> Read:
        """Keep what the clients of this node get, by their numbers here."""
        read = Read(done=done)
        for outcome in outcomes:
            match outcome:
                case ToAll(line, but, exempt):
                    newcomer = None if but is None else self._number_here(but)
                    if newcomer is not None:
                        self._members.add(newcomer)
                    if self._members:
                        read.deliveries.append(ToAll(line, newcomer, exempt))
                case ToOne(member, lines):
                    if (client := self._number_here(member)) is not None:
                        read.deliveries.append(ToOne(client, lines))
                case Goodbye(member, cause):
                    if (client := self._number_here(member)) is not None:
                        self._members.discard(client)
                        read.deliveries.append(Goodbye(client, cause))
                case Refused(member):  # pragma: no branch: every kind is named
                    if (client := self._number_here(member)) is not None:
                        read.refused.append(client)
        return read

    def _number_here(self, member: int) -> int | None:
        return None if self._order is None else local_number(self._order, member)
