"""What a load generator leaves behind: every message said, and every delivery as it was read.

The file is three 64-bit integers (messages, deliveries, churned clients) and then the two tables
below, in this machine's byte order. Clients are numbered in the order they connected, messages in
the order they were said: fences first, then warm-up, then those that count, then one fence.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


__all__ = [
    "ALTERED",
    "ANNOUNCED",
    "COUNTED",
    "CUT_OFF",
    "DELIVERY",
    "EVICTED",
    "FENCE",
    "LAST",
    "MESSAGE",
    "WARM_UP",
    "Samples",
    "read_samples",
    "write_samples",
]

FENCE, WARM_UP, COUNTED, LAST = -1, 0, 1, 2  # phases of a message
ALTERED, ANNOUNCED, CUT_OFF, EVICTED = -1, -2, -3, -4  # in the place of a message's number

MESSAGE = np.dtype(
    [
        ("phase", "i4"),
        ("speaker", "i4"),
        ("offset_ns", "i8"),  # when it was planned, from the start of its phase; -1: closed loop
        ("intended_ns", "i8"),  # the same on the monotonic clock; 0: it was never said
        ("sent_ns", "i8"),  # just before it was handed to the socket
    ]
)
DELIVERY = np.dtype(
    [
        ("client", "i4"),
        # its number; ALTERED: a text that is none of ours; ANNOUNCED: the room spoke;
        # EVICTED: it said that somebody was too slow; CUT_OFF: no delivery, the connection of a
        # client that had stopped reading has ended
        ("message", "i4"),
        ("at_ns", "i8"),  # just after the read that completed it
    ]
)
_HEAD = np.dtype("i8")


@dataclass(frozen=True)
class Samples:
    """All that one run of a generator saw, from the first warm-up message on."""

    messages: NDArray[np.void]  # MESSAGE, in the order said; a message's number is its place
    deliveries: NDArray[np.void]  # DELIVERY, in the order read: each client's are in its own order
    churned: int  # clients that came and went beside the others

    def of_phase(self, phase: int) -> NDArray[np.int64]:
        """Return the numbers of the messages that were said in ``phase``."""
        said = (self.messages["phase"] == phase) & (self.messages["intended_ns"] > 0)
        return np.flatnonzero(said)


def read_samples(path: Path) -> Samples:
    """Read what a generator wrote.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not such a file, or was not finished.
    """
    with path.open("rb") as file:
        head = np.fromfile(file, dtype=_HEAD, count=3)
        if len(head) < 3:
            raise ValueError(f"{path.name} holds no samples")
        messages = np.fromfile(file, dtype=MESSAGE, count=int(head[0]))
        deliveries = np.fromfile(file, dtype=DELIVERY, count=int(head[1]))
    if (len(messages), len(deliveries)) != (head[0], head[1]):
        raise ValueError(f"{path.name} was not finished")
    return Samples(messages, deliveries, int(head[2]))


def write_samples(samples: Samples, path: Path) -> None:
    """Write what `read_samples` reads."""
    with path.open("wb") as file:
        counts = [len(samples.messages), len(samples.deliveries), samples.churned]
        np.array(counts, dtype=_HEAD).tofile(file)
        samples.messages.tofile(file)
        samples.deliveries.tofile(file)
