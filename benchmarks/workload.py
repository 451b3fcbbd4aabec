"""What a measurement asks of a server: one frozen record, every field with its unit.

A scenario is a function that changes one field of the baseline and says, before
anything is run, what it expects. A result file carries its workload whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


__all__ = ["BASELINE", "MIN_PAYLOAD_BYTES", "SCENARIOS", "Verdict", "Workload", "closed"]

Verdict = Literal["valid", "invalid", "unknown"]  # whether a run may be believed

MIN_PAYLOAD_BYTES = 9  # eight digits of sequence number and a space


@dataclass(frozen=True)
class Workload:
    """One speaker, ``clients`` listeners (the speaker is one of them), all on the WebSocket door.

    ``payload_bytes`` is the text the speaker sends. A chat server puts the speaker's
    name before it, so what arrives is some 17 bytes longer there than at a plain peer.

    Raises:
        ValueError: a field makes no sense.
    """

    clients: int
    messages: int  # counted ones, in each process
    warmup_messages: int  # sent first and not counted
    payload_bytes: int
    processes: int  # fresh server processes for each server

    def __post_init__(self) -> None:
        if self.clients < 1 or self.messages < 1 or self.processes < 1:
            raise ValueError("clients, messages and processes must each be at least 1")
        if self.warmup_messages < 0:
            raise ValueError("warmup_messages must not be negative")
        if self.payload_bytes < MIN_PAYLOAD_BYTES:
            raise ValueError(f"payload_bytes must be at least {MIN_PAYLOAD_BYTES}")


BASELINE = Workload(clients=1000, messages=200, warmup_messages=20, payload_bytes=64, processes=3)


def closed() -> Workload:
    """Closed loop: the next message leaves when every recipient has the last one.

    Expect: one `send` a recipient is the floor, the same for every server; what one costs
    above it is its own code. A message is complete after clients times that cost.
    """
    return BASELINE


SCENARIOS: dict[str, Callable[[], Workload]] = {"closed": closed}
