"""The raw samples of one run: every message that was said, and every delivery that was read.

A generator writes them to a file: three 64-bit integers (the numbers of messages, of deliveries
and of churned clients), then the two tables below, all in this machine's byte order. Clients are
numbered in the order in which they connected, messages in the order in which they were said:
fences first, then the warm-up, then the counted messages, then one last fence.
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

FENCE, WARM_UP, COUNTED, LAST = -1, 0, 1, 2  # the phases of a message
ALTERED, ANNOUNCED, CUT_OFF, EVICTED = -1, -2, -3, -4  # stand in the place of a message's number

MESSAGE = np.dtype(
    [
        ("phase", "i4"),
        ("speaker", "i4"),
        ("offset_ns", "i8"),  # when it is due, from the start of its phase; -1: closed loop
        ("intended_ns", "i8"),  # when it was due, on the monotonic clock; 0: it was never said
        ("sent_ns", "i8"),  # just before it was given to the socket
    ]
)
DELIVERY = np.dtype(
    [
        ("client", "i4"),
        # The message's number, or: ALTERED, a text that no speaker sent; ANNOUNCED, a text of the
        # room itself; EVICTED, the room's text that a client was too slow; CUT_OFF, no delivery:
        # the connection of a client that had stopped reading has ended.
        ("message", "i4"),
        ("at_ns", "i8"),  # just after the read that completed the delivery
    ]
)
_HEAD = np.dtype("i8")


@dataclass(frozen=True)
class Samples:
    """Everything that a generator saw in one run, from the first warm-up message on."""

    messages: NDArray[np.void]  # MESSAGE, in the order said; a message's number is its index
    deliveries: NDArray[np.void]  # DELIVERY, in the order read, so each client's are in order
    churned: int  # clients that connected and left during the run

    def of_phase(self, phase: int) -> NDArray[np.int64]:
        """Return the numbers of the messages of ``phase`` that were said."""
        said = (self.messages["phase"] == phase) & (self.messages["intended_ns"] > 0)
        return np.flatnonzero(said)


def read_samples(path: Path) -> Samples:
    """Read the file that a generator wrote.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file holds no samples, or is not complete.
    """
    with path.open("rb") as file:
        head = np.fromfile(file, dtype=_HEAD, count=3)
        if len(head) < 3:
            raise ValueError(f"{path.name} holds no samples")
        messages = np.fromfile(file, dtype=MESSAGE, count=int(head[0]))
        deliveries = np.fromfile(file, dtype=DELIVERY, count=int(head[1]))
    if (len(messages), len(deliveries)) != (head[0], head[1]):
        raise ValueError(f"{path.name} is not complete")
    return Samples(messages, deliveries, int(head[2]))


def write_samples(samples: Samples, path: Path) -> None:
    """Write a file that `read_samples` reads."""
    with path.open("wb") as file:
        counts = [len(samples.messages), len(samples.deliveries), samples.churned]
        np.array(counts, dtype=_HEAD).tofile(file)
        samples.messages.tofile(file)
        samples.deliveries.tofile(file)
