"""What the live load generator in Python has said and heard, and what it tells of that.

It reads no socket and never waits. live.c has the same.

Invariants:
  1. Every delivery is in ``heard`` of exactly one column. It is in ``counts`` too, unless it was
     said before its client was woken, or so long ago that its time is forgotten.
  2. A column that the reader of the output does not take is added to the next one.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

from benchmarks.generator.live_client import GONE, IN, STALLED, LiveClient
from benchmarks.generator.live_columns import bucket_of
from benchmarks.generator.live_output import Output
from benchmarks.generator.live_text import MARK_BYTES, live_text, number_in


__all__ = ["LiveLedger"]

_NS = 1_000_000_000
_LAST_NS = _NS // 2  # from one `last` to the next
_LAST_WAIT_NS = 2 * _NS  # for the deliveries of its message
_OVERDUE_TICKS = 10
_TROUBLE_TICKS = 10
_MESSAGES = 1 << 17  # whose times are kept


class LiveLedger:
    """The messages, the deliveries since the last column, and the output.

    Attributes:
        said: how many messages there are so far.
        pinned: the clients whose lines are told.
        received_bytes: of all clients, since the last column.
    """

    def __init__(self, output: Output) -> None:
        self.said = 0
        self.pinned: set[int] = set()
        self.received_bytes = 0
        self._out = output
        self._messages: dict[int, tuple[int, int]] = {}  # by number: when it was due, its size
        self._told: dict[int, str] = {}  # by cell: the state that was told last
        self._sent = self._heard = self._late_ns = self._untimed = self._altered = 0
        self._counts: Counter[int] = Counter()
        self._said_before = deque([0] * _OVERDUE_TICKS, _OVERDUE_TICKS)
        self._troubles: Counter[str] = Counter()
        self._ticks = 0
        self._last: int | None = None  # the message whose arrivals are told next
        self._last_due_ns = self._last_after_ns = 0
        self._arrivals_us: list[int] = []
        self._to_arrive = 0

    def say(
        self,
        speaker: LiveClient,
        cells: Sequence[LiveClient],
        text_bytes: int,
        due_ns: int,
        now_ns: int,
    ) -> bytes:
        """Enter the next message, which is sent now; return its text."""
        text = live_text(self.said, text_bytes)
        self._messages[self.said] = (due_ns, text_bytes)
        self._messages.pop(self.said - _MESSAGES, None)
        if self._last is None and now_ns >= self._last_after_ns:
            self._last, self._last_due_ns = self.said, due_ns
            self._arrivals_us = [-1] * len(cells)
            self._to_arrive = sum(client.state == IN for client in cells)
        if speaker.index in self.pinned:
            self._tell_line("said", speaker, text, now_ns)
        self.said += 1
        self._sent += 1
        self._late_ns = max(self._late_ns, now_ns - due_ns)
        return text

    def hear(self, client: LiveClient, line: bytes, at_ns: int) -> None:
        """Count a line that a client got, if it delivers a message."""
        if client.index in self.pinned:
            self._tell_line("heard", client, line, at_ns)
        found = number_in(line, self.said)
        if found is None:
            return
        number, mark = found
        due_ns, text_bytes = self._messages.get(number, (0, 0))
        end = mark + MARK_BYTES
        own = line[max(0, end - text_bytes) : end]
        if number < 0 or (text_bytes and own != live_text(number, text_bytes)):
            self._altered += 1
            self.trouble("deliveries were altered on their way")
            return
        self._heard += 1
        if client.since is None and client.open:
            client.since = number
        client.got += client.since is not None and number >= client.since
        if number < client.woken or not text_bytes:
            self._untimed += 1
            return
        self._counts[bucket_of(at_ns - due_ns)] += 1
        if (
            number == self._last
            and client.index < len(self._arrivals_us)
            and self._arrivals_us[client.index] < 0
        ):
            self._to_arrive -= 1
            self._arrivals_us[client.index] = (at_ns - due_ns) // 1000

    def trouble(self, words: str, count: int = 1) -> None:
        """Count something that goes wrong; it is told at most once per second."""
        if count:
            self._troubles[words] += count

    def connects(self, client: LiveClient) -> None:
        """Tell a client's next state in any case, although it may be that of its predecessor."""
        self._told.pop(client.index, None)

    def tick(self, cells: Sequence[LiveClient], now_ns: int) -> None:
        """Tell what there is to tell ten times per second."""
        self._tell_last(now_ns)
        if self._out.much:
            self.trouble("columns were added to a later one: the lab reads too slowly")
        else:
            self.tell(cells, now_ns)
        self._said_before.append(self.said)
        self._ticks += 1
        if self._ticks % _TROUBLE_TICKS == 0 and not self._out.much:
            for words, count in self._troubles.items():
                self._out.put({"is": "trouble", "text": f"{count} {words}"})
            self._troubles.clear()

    def tell(self, cells: Sequence[LiveClient], now_ns: int) -> None:
        """Tell the states that have changed, and a column."""
        self._tell_states(cells)
        column = {
            "is": "column",
            "sent": self._sent,
            "heard": self._heard,
            "bytes": self.received_bytes,
            "late_us": self._late_ns // 1000,
            "missing": self._overdue(cells),
            "untimed": self._untimed,
            "altered": self._altered,
            "counts": sorted(self._counts.items()),
        }
        self._out.put(column, now_ns)
        self._sent = self._heard = self._late_ns = self._untimed = self._altered = 0
        self.received_bytes = 0
        self._counts.clear()

    def _tell_states(self, cells: Sequence[LiveClient]) -> None:
        changed, ports = [], []
        for client in cells:
            before = self._told.get(client.index)
            if client.state != before and (before or client.state != GONE):
                changed.append([client.index, client.state])
                self._told[client.index] = client.state
                if client.state == IN and before != STALLED:
                    ports.append([client.index, client.port])
        if changed:
            self._out.put({"is": "states", "changed": changed, "ports": ports})

    def _overdue(self, cells: Sequence[LiveClient]) -> int:
        until = self._said_before[0]
        return sum(
            max(0, until - client.since - client.got)
            for client in cells
            if client.state == IN and client.since is not None
        )

    def _tell_last(self, now_ns: int) -> None:
        if self._last is None:
            return
        if self._to_arrive > 0 and now_ns - self._last_due_ns < _LAST_WAIT_NS:
            return
        if not self._out.much:
            told = {"is": "last", "message": self._last, "arrivals_us": self._arrivals_us}
            self._out.put(told, now_ns)
        self._last, self._last_after_ns = None, self._last_due_ns + _LAST_NS

    def _tell_line(self, kind: str, client: LiveClient, line: bytes, at_ns: int) -> None:
        if self._out.much:
            self.trouble("lines of pinned clients were left out: the lab reads too slowly")
            return
        text = line.decode(errors="replace")
        told = {"is": kind, "client": client.index, "name": client.name, "line": text}
        self._out.put(told, at_ns)
