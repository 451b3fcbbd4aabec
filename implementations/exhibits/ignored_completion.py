"""Ignore what the kernel says about a send.

The hub hands all sends of a group to the kernel in one call of io_uring, and takes every send for a
complete one. It does not look at the completions, which say how many bytes each socket took. When
a socket takes a part of a group or nothing, the rest is lost.

Imitates: programs that move from ``send`` in a loop to io_uring. With ``send``, an error is an
exception in Python. With io_uring the call succeeds, and an error is a number in a completion.

Looks right: the call of io_uring succeeded. On a machine where all clients read, each completion
has the size of the group.

Breaks: delivery.exactly-once, slow.cut-off, slow.drop-oldest, slow.drop-newest

May break: slow.*, delivery.*, order.*, flood.*, membership.*

Shown by: a client that does not read until its socket is full.

Instead: implementations/on_asyncio/outbox_direct.py queues what a socket did not take.
"""

from __future__ import annotations

from collections.abc import Sequence

from implementations.uring import Ring, choose_writer, why_not


BASE = "asyncio-direct"
LACKS = why_not

_send = Ring.send


def send(ring: Ring, fds: Sequence[int], data: bytes) -> list[int]:
    """Send ``data`` to each socket, and report that each took all of it."""
    _send(ring, fds, data)
    return [len(data)] * len(fds)


def insist(_: str) -> tuple[str, str]:
    """Choose io_uring: without it there is no completion to ignore."""
    return choose_writer("uring")


REPLACES = {"implementations.uring.Ring.send": send, "implementations.uring.choose_writer": insist}
