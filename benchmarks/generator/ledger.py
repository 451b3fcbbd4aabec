"""What one run of the generator said and heard: every message, and every delivery.

Times are nanoseconds on the monotonic clock. The ledger reads no socket and never waits.
"""

from __future__ import annotations

from array import array
from pathlib import Path

import numpy as np

from benchmarks.generator.payload import number_of
from benchmarks.samples import ALTERED, ANNOUNCED, DELIVERY, EVICTED, MESSAGE, Samples


__all__ = ["Failed", "Ledger"]


class Failed(Exception):
    """The run cannot be finished; the text is one line for a person."""


class Ledger:
    """The messages in the order in which they are said, and the deliveries as they are read.

    Attributes:
        phase, speaker, offset_ns, intended_ns, sent_ns: by message; see `benchmarks.samples`.
        missing: by message: how many clients still wait for it.
        recording: whether deliveries are kept.
        heard_at_ns: when the last bytes came.
        received_bytes: how many bytes came.
        churned: how many clients came and went beside the others.
    """

    def __init__(self, payload_bytes: int) -> None:
        self.phase: list[int] = []
        self.speaker: list[int] = []
        self.offset_ns: list[int] = []
        self.intended_ns: list[int] = []
        self.sent_ns: list[int] = []
        self.missing: list[int] = []
        self.recording = False
        self.heard_at_ns = 0
        self.received_bytes = 0
        self.churned = 0
        self._payload_bytes = payload_bytes
        self._prefixes: dict[int, bytes] = {}  # by speaker: what the server puts before a payload
        self._deliveries = (array("i"), array("i"), array("q"))  # client, message, at_ns

    @property
    def message_count(self) -> int:
        """How many messages there are, said or not."""
        return len(self.phase)

    def add_message(self, phase: int, speaker: int, offset_ns: int) -> int:
        """Add a message that has not been said yet, and return its number."""
        self.phase.append(phase)
        self.speaker.append(speaker)
        self.offset_ns.append(offset_ns)
        self.intended_ns.append(0)
        self.sent_ns.append(0)
        self.missing.append(0)
        return self.message_count - 1

    def read_plan(self, path: Path, speakers: int) -> None:
        """Add the messages of the plan.

        Raises:
            Failed: the file cannot be read, or is not a plan for that many speakers.
        """
        try:
            rows = [[int(word) for word in line.split()] for line in path.read_text().splitlines()]
        except OSError as error:
            raise Failed(f"cannot read {path}: {error.strerror}") from error
        except ValueError as error:
            raise Failed(f"{path} is not a plan") from error
        for row in rows:
            if len(row) != 3:
                raise Failed(f"{path} is not a plan")
            if not 0 <= row[1] < speakers:
                raise Failed(f"the plan has no speaker {row[1]}")
            self.add_message(*row)

    def record(self, client: int, message: int, at_ns: int) -> None:
        """Keep one delivery, or one of the events that have a negative number."""
        for column, value in zip(self._deliveries, (client, message, at_ns), strict=True):
            column.append(value)

    def hear_text(self, client: int, text: bytes, at_ns: int, *, stalled: bool) -> None:
        """Take one text that ``client`` received; a stalled client is not waited for."""
        own = self._payload_bytes
        message = number_of(text, own)
        if (
            message is not None
            and message < self.message_count
            and self.intended_ns[message]
            # A speaker's first text shows the prefix; every later one must have the same.
            and self._prefixes.setdefault(self.speaker[message], text[:-own]) == text[:-own]
        ):
            if self.recording:
                self.record(client, message, at_ns)
            if not stalled:
                self.missing[message] -= 1
        elif self.recording:
            kind = ANNOUNCED if text.startswith(b"* ") else ALTERED
            if kind == ANNOUNCED and text.endswith(b" was too slow"):
                kind = EVICTED
            self.record(client, kind, at_ns)

    def samples(self) -> Samples:
        """Return everything that was recorded."""
        messages = np.zeros(self.message_count, dtype=MESSAGE)
        for name in ("phase", "speaker", "offset_ns", "intended_ns", "sent_ns"):
            messages[name] = getattr(self, name)
        deliveries = np.zeros(len(self._deliveries[0]), dtype=DELIVERY)
        for name, column in zip(("client", "message", "at_ns"), self._deliveries, strict=True):
            deliveries[name] = column
        return Samples(messages, deliveries, self.churned)
