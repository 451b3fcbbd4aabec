"""What one run asks of a server: one frozen record, every field with its unit.

A result file holds its workloads whole, so every figure can be measured again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from benchmarks.generator.payload import MIN_PAYLOAD_BYTES


__all__ = ["MAX_LINE_BYTES", "Workload", "parse_address", "plan"]

MAX_LINE_BYTES = 4096  # a server's default; a longer payload needs a higher limit

_NS = 1_000_000_000


@dataclass(frozen=True)
class Workload:
    """``clients`` connect to the WebSocket door; the first ``speakers`` of them speak; all listen.

    ``payload_bytes`` is the length of the text that a speaker sends. A chat server puts the
    speaker's name before it, so its deliveries are about 17 bytes longer than a plain peer's.

    Raises:
        ValueError: a field makes no sense.
    """

    clients: int = 1000
    speakers: int = 1  # they take turns
    # Messages per second, of all speakers together. None is a closed loop: each speaker sends its
    # next message when every client has its last one.
    rate_hz: float | None = None
    arrivals: Literal["fixed", "poisson"] = "fixed"
    payload_bytes: int = 64
    warmup_messages: int = 20  # sent first, and not counted
    messages: int = 200
    stalled_clients: int = 0  # clients that stop reading, spread evenly over the silent ones,
    stall_after_s: float = 0.0  # this long after the first counted message
    churn_hz: float = 0.0  # further clients per second that connect and leave at once
    slow_consumer: str = "disconnect"  # our servers' policy for clients that stall
    idle_s: float = 0.0  # how long the server is watched before the first message
    python: str = ""  # the Python that our server runs on, such as 3.13; empty: the default one
    pinned: bool = True  # False: the server may use all cores, and the generator shares them
    seed: int = 1

    def __post_init__(self) -> None:
        if self.messages < 1:
            raise ValueError("messages must be at least 1")
        if not 1 <= self.speakers <= self.clients:
            raise ValueError("speakers must be at least 1, and at most as many as clients")
        if self.warmup_messages < 0:
            raise ValueError("warmup_messages must not be negative")
        if self.payload_bytes < MIN_PAYLOAD_BYTES:
            raise ValueError(f"payload_bytes must be at least {MIN_PAYLOAD_BYTES}")
        if self.rate_hz is not None and self.rate_hz <= 0:
            raise ValueError("rate_hz must be positive")
        if not 0 <= self.stalled_clients <= self.clients - self.speakers:
            raise ValueError("stalled_clients must be between 0 and the number of silent clients")

    @property
    def listeners(self) -> int:
        """How many clients read to the end; the speakers are among them."""
        return self.clients - self.stalled_clients

    def stalls(self, client: int) -> bool:
        """Return whether ``client`` stops reading; both generators choose the same clients."""
        place, of = client - self.speakers, self.clients - self.speakers
        return place >= 0 and (
            (place + 1) * self.stalled_clients // of > place * self.stalled_clients // of
        )


def plan(workload: Workload) -> Iterator[tuple[int, int, int]]:
    """Yield ``(phase, speaker, offset_ns)`` for each message, always the same for one workload.

    Phase 0 warms up and phase 1 counts. An offset is from the start of the phase; in a closed loop
    it is -1.
    """
    import numpy as np  # here: the list of scenarios must not need numpy

    random = np.random.default_rng(workload.seed)
    for phase, count in enumerate((workload.warmup_messages, workload.messages)):
        if workload.rate_hz is None:
            offsets_ns = np.full(count, -1)
        elif workload.arrivals == "fixed":
            offsets_ns = (np.arange(count) * (_NS / workload.rate_hz)).astype(np.int64)
        else:
            gaps_ns = random.exponential(_NS / workload.rate_hz, count)
            offsets_ns = np.cumsum(gaps_ns).astype(np.int64)
        for number, offset_ns in enumerate(offsets_ns.tolist()):
            yield phase, number % workload.speakers, offset_ns


def parse_address(address: str) -> tuple[str, int]:
    """Split ``HOST:PORT`` or ``[HOST]:PORT``.

    Raises:
        ValueError: the text is neither.
    """
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isdigit()):
        raise ValueError(f"not HOST:PORT: {address!r}")
    return host.strip("[]"), int(port)
