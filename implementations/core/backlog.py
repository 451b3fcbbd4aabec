"""What waits for one client: bounded in messages and in bytes.

The pure half of every runtime's ``Outbox``. It knows when it is full and what the
slow-consumer policy does then; it does not know how to wait.

Invariants:
  1. It holds at most ``capacity`` messages and 1 MiB, with three exceptions. An empty
     backlog takes any single message. Under ``block``, a full backlog still takes the
     messages that were on their way when it filled up; after that the talkers wait. An
     exempt message is always taken, and takes no place from the others: only departures
     are exempt, and each client has one.
  2. Messages come out in the order in which they went in, except those that were dropped.
  3. The rest of a half-sent message comes out first and is never dropped.
"""

from __future__ import annotations

from collections import deque
from enum import Enum


__all__ = ["HIGH_BYTES", "MAX_BACKLOG_BYTES", "MAX_BATCH_BYTES", "Backlog", "SlowConsumer"]

MAX_BACKLOG_BYTES = 1024 * 1024  # per client, however many messages that is
HIGH_BYTES = MAX_BACKLOG_BYTES // 2
LOW_BYTES = MAX_BACKLOG_BYTES // 4
MAX_BATCH_BYTES = 64 * 1024  # joined into one write; joining more saves nothing


class SlowConsumer(Enum):
    """What happens to a message when the outbox is full."""

    DISCONNECT = "disconnect"
    DROP_OLDEST = "drop-oldest"
    DROP_NEWEST = "drop-newest"
    BLOCK = "block"


class Backlog:
    """A bounded queue of encoded messages.

    Not thread-safe: the outbox around it takes care of that.

    Args:
        capacity: messages that may wait, at least 1.
        policy: what to do with the message that does not fit.

    Attributes:
        size_bytes: how many bytes wait. 0 means that no message waits, because none is empty.
        behind: whether the last `offer` filled it up to its high-water mark: half full.
        dropped: messages that a dropping policy gave up.
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
        self._out = 0  # messages that _pop has removed; _exempt holds positions on this scale
        # One number for each exempt message that waits: the value of _out when its turn comes.
        # Made only when needed, because an empty deque is as large as the rest of a backlog.
        self._exempt: deque[int] | None = None
        self._exempt_bytes = 0
        self.size_bytes = 0
        self.behind = False
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def offer(self, data: bytes, exempt: bool = False) -> bool:
        """Take ``data`` in, or do what the policy says. Never waits.

        Args:
            exempt: take it in even if the backlog is full.

        Returns:
            False when the client must be cut off: the backlog is full and the policy is
            ``disconnect``. Then nothing was taken in.
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
                case SlowConsumer.BLOCK:  # pragma: no branch: every policy is named
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
        """Put the ``rest`` of a half-sent message in front of everything that waits."""
        self._begun = rest
        self.size_bytes += len(rest)

    def take(self) -> bytes:
        """Return the oldest messages, joined: 64 KiB at most, unless the first alone is longer.

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
        """Tell whether one more message fits. Exempt messages take no place from it."""
        return not self._waiting or (
            len(self._waiting) - len(self._exempt or ()) < self._capacity
            and self.size_bytes - self._exempt_bytes + size_bytes <= MAX_BACKLOG_BYTES
        )

    @property
    def depth(self) -> int:
        """Which share of its capacity waits, in messages or in bytes, the fuller of the two.

        0 when nothing waits, 255 when it is full.
        """
        messages = 255 * len(self._waiting) // self._capacity
        in_bytes = 255 * self.size_bytes // MAX_BACKLOG_BYTES
        return min(255, max(messages, in_bytes, 1 if self.size_bytes else 0))

    @property
    def caught_up(self) -> bool:
        """Whether it is at or below its low-water mark: a quarter full."""
        return len(self._waiting) <= self._low and self.size_bytes <= LOW_BYTES
