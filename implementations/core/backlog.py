"""What waits for one client: bounded in messages and in bytes.

The pure half of every runtime's ``Outbox``. It knows when it is full and what
the slow-consumer policy makes of that; it does not know how to wait.

Invariants:
  1. It holds at most ``capacity`` messages and 1 MiB, save that an empty one
     takes any single message, that under ``block`` it may pass the limit by what
     was already on its way when it filled up (the talkers wait instead), and that
     it takes what is exempt as well: departures, of which each client has one. Those
     take no place from the others.
  2. What it gives out is what it took in, in that order, less what was dropped.
  3. The rest of a message that is half sent comes out first and is never dropped.
"""

from __future__ import annotations

from collections import deque
from enum import Enum


__all__ = ["HIGH_BYTES", "MAX_BACKLOG_BYTES", "MAX_BATCH_BYTES", "Backlog", "SlowConsumer"]

MAX_BACKLOG_BYTES = 1024 * 1024  # of one client, whatever the number of messages
HIGH_BYTES = MAX_BACKLOG_BYTES // 2
LOW_BYTES = MAX_BACKLOG_BYTES // 4
MAX_BATCH_BYTES = 64 * 1024  # joined into one write: past that joining saves nothing


class SlowConsumer(Enum):
    """What a full outbox means."""

    DISCONNECT = "disconnect"
    DROP_OLDEST = "drop-oldest"
    DROP_NEWEST = "drop-newest"
    BLOCK = "block"


class Backlog:
    """A bounded queue of encoded messages.

    Not safe for threads: the outbox around it sees to that.

    Args:
        capacity: messages that may wait, at least 1.
        policy: what to do with the message that does not fit.

    Attributes:
        size_bytes: what waits, in bytes; 0 means nothing, for no message is empty.
        behind: whether the last `offer` found it at its high-water mark: half full.
        dropped: messages given up under a dropping policy.
    """

    __slots__ = (
        "_begun",
        "_capacity",
        "_exempt",
        "_exempt_bytes",
        "_high",
        "_low",
        "_out",
        "_policy",
        "_waiting",
        "behind",
        "dropped",
        "size_bytes",
    )

    def __init__(self, capacity: int, policy: SlowConsumer) -> None:
        self._capacity = capacity
        self._high = max(1, capacity // 2)
        self._low = capacity // 4
        self._policy = policy
        self._waiting: deque[bytes] = deque()
        self._begun = b""
        self._out = 0  # messages that have come out of _waiting, or were dropped
        # Of those that are exempt and wait: how many were out before it. Made when there is one:
        # an empty deque is as large as all the rest of a backlog.
        self._exempt: deque[int] | None = None
        self._exempt_bytes = 0
        self.size_bytes = 0
        self.behind = False
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def offer(self, data: bytes, exempt: bool = False) -> bool:
        """Take ``data`` in, or do as the policy says; an ``exempt`` one always fits. Never waits.

        Returns:
            False when the client must be cut off: it is full and the policy is
            ``disconnect``. Nothing was taken in then.
        """
        size_bytes = len(data)
        if self._waiting and not exempt and not self._has_room_for(size_bytes):
            match self._policy:
                case SlowConsumer.DISCONNECT:
                    return False
                case SlowConsumer.DROP_NEWEST:
                    self.dropped += 1
                    return True
                case SlowConsumer.DROP_OLDEST:
                    while not self._has_room_for(size_bytes):
                        self.size_bytes -= len(self._pop())
                        self.dropped += 1
                case SlowConsumer.BLOCK:  # pragma: no branch: the policies are all named
                    pass
        if exempt:
            self._exempt = self._exempt or deque()
            self._exempt.append(self._out + len(self._waiting))
            self._exempt_bytes += size_bytes
        self._waiting.append(data)
        self.size_bytes += size_bytes
        self.behind = len(self._waiting) >= self._high or self.size_bytes >= HIGH_BYTES
        return True

    def begin(self, rest: bytes) -> None:
        """Put back, in front of all that waits, the ``rest`` of a message that is half sent."""
        self._begun = rest
        self.size_bytes += len(rest)

    def take(self) -> bytes:
        """Give out the oldest messages, joined; at most 64 KiB unless one alone is longer.

        Returns:
            ``b""`` when nothing waits.
        """
        waiting = self._waiting
        if self._begun:
            rest, self._begun = self._begun, b""
            self.size_bytes -= len(rest)
            return rest
        if self.size_bytes <= MAX_BATCH_BYTES:
            batch = waiting.popleft() if len(waiting) == 1 else b"".join(waiting)
            waiting.clear()
            self.size_bytes = 0
            self._exempt = None
            self._exempt_bytes = 0
            return batch
        parts = [self._pop()]
        size_bytes = len(parts[0])
        while waiting and size_bytes + len(waiting[0]) <= MAX_BATCH_BYTES:
            size_bytes += len(waiting[0])
            parts.append(self._pop())
        self.size_bytes -= size_bytes
        return b"".join(parts)

    def _pop(self) -> bytes:
        data = self._waiting.popleft()
        if self._exempt and self._exempt[0] == self._out:
            self._exempt.popleft()
            self._exempt_bytes -= len(data)
        self._out += 1
        return data

    def _has_room_for(self, size_bytes: int) -> bool:
        """Tell whether there is a place; what is exempt takes none from the others."""
        return not self._waiting or (
            len(self._waiting) - len(self._exempt or ()) < self._capacity
            and self.size_bytes - self._exempt_bytes + size_bytes <= MAX_BACKLOG_BYTES
        )

    @property
    def caught_up(self) -> bool:
        """Whether it is at or under its low-water mark: a quarter full."""
        return len(self._waiting) <= self._low and self.size_bytes <= LOW_BYTES
