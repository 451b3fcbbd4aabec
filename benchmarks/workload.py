"""What a measurement asks of a server: one frozen record, every field with its unit.

A result file carries its workloads whole, so that a figure can always be made again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from benchmarks.frames import MIN_PAYLOAD_BYTES


__all__ = ["MAX_LINE_BYTES", "Verdict", "Workload", "parse_address", "plan"]

Verdict = Literal["valid", "invalid", "unknown"]  # whether a run may be believed

MAX_LINE_BYTES = 4096  # a server's default; a longer payload needs it raised

_NS = 1_000_000_000


@dataclass(frozen=True)
class Workload:
    """``clients`` on the WebSocket door, of whom the first ``speakers`` speak; all listen.

    ``payload_bytes`` is the text a speaker sends. A chat server puts the speaker's name before
    it, so what arrives is some 17 bytes longer there than at a plain peer.

    Raises:
        ValueError: a field makes no sense.
    """

    clients: int = 1000
    speakers: int = 1  # take turns
    # Messages of all together. None is a closed loop: in turn, each says its next when everyone
    # has its last.
    rate_hz: float | None = None
    arrivals: Literal["fixed", "poisson"] = "fixed"
    payload_bytes: int = 64
    warmup_messages: int = 20  # said first and not counted
    messages: int = 200
    stalled_clients: int = 0  # stop reading, spread evenly over those who do not speak,
    stall_after_s: float = 0.0  # this long after the first counted message
    churn_hz: float = 0.0  # others that come and go beside them
    slow_consumer: str = "disconnect"  # what our servers are told to do with those who stall
    idle_s: float = 0.0  # watch the server for this long before anybody speaks
    seed: int = 1

    def __post_init__(self) -> None:
        if self.messages < 1:
            raise ValueError("messages must be at least 1")
        if not 1 <= self.speakers <= self.clients:
            raise ValueError("clients must be at least as many as speakers, and those at least 1")
        if self.warmup_messages < 0:
            raise ValueError("warmup_messages must not be negative")
        if self.payload_bytes < MIN_PAYLOAD_BYTES:
            raise ValueError(f"payload_bytes must be at least {MIN_PAYLOAD_BYTES}")
        if self.rate_hz is not None and self.rate_hz <= 0:
            raise ValueError("rate_hz must be positive")
        if not 0 <= self.stalled_clients <= self.clients - self.speakers:
            raise ValueError("stalled_clients must be some of those that do not speak")

    @property
    def listeners(self) -> int:
        """Clients that read to the end, the speakers among them."""
        return self.clients - self.stalled_clients

    def stalls(self, client: int) -> bool:
        """Whether ``client`` is one of those that stop reading: as both generators choose them."""
        who, of = client - self.speakers, self.clients - self.speakers
        return who >= 0 and (
            (who + 1) * self.stalled_clients // of > who * self.stalled_clients // of
        )


def plan(workload: Workload) -> Iterator[tuple[int, int, int]]:
    """Yield ``(phase, speaker, offset_ns)`` a message: 0 warms up, 1 counts; -1 is closed loop.

    Offsets are from the start of the phase. The same workload has the same plan, always.
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
        ValueError: it is neither.
    """
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isdigit()):
        raise ValueError(f"not HOST:PORT: {address!r}")
    return host.strip("[]"), int(port)
