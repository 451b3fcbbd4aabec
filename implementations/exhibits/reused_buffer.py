"""Reuse a buffer before the kernel has sent it.

The hub copies each group into one buffer, hands the sends to the kernel in one io_uring call, and
does not wait for their completions. The kernel is to send everything, however long that takes
(``MSG_WAITALL``). When a socket is full, its send stays in progress and reads the buffer later. By
then the buffer holds another group, so the client gets other bytes than were meant for it.

Imitates: programs that move from ``send`` in a loop to io_uring. After ``send`` the buffer is free
again. With io_uring it belongs to the kernel until the completion of the send.

Looks right: one buffer saves memory, and the kernel keeps track of slow sockets by itself. As long
as all clients read, every send is complete when the call returns.

Breaks: delivery.unaltered, delivery.exactly-once, slow.cut-off, slow.drop-oldest, slow.drop-newest

May break: slow.*, delivery.*, order.*, flood.*, membership.*

Shown by: a client that does not read until its socket is full, and then reads again.

Instead: implementations/uring.py has each send refused that would have to wait, and returns when
all completions are there.
"""

from __future__ import annotations

import ctypes
import socket
from collections.abc import Sequence

from implementations.uring import ENTER, GETEVENTS, Ring, choose_writer, why_not


BASE = "asyncio-direct"
LACKS = why_not

BUFFER = ctypes.create_string_buffer(1 << 21)  # more than a full inbox of the longest lines


def send(ring: Ring, fds: Sequence[int], data: bytes) -> list[int]:
    """Begin to send ``data`` to each socket, and report that each took all of it."""
    ctypes.memmove(BUFFER, data, len(data))
    ring._describe(fds, ctypes.addressof(BUFFER), len(data))
    ring._call(ENTER, ring._fd, len(fds), 0, GETEVENTS)  # waits for 0 completions
    ring._words[ring._cq_head] = ring._words[ring._cq_tail]
    return [len(data)] * len(fds)


def insist(_: str) -> tuple[str, str]:
    """Choose io_uring: ``send`` copies the bytes before it returns."""
    return choose_writer("uring")


REPLACES = {
    "implementations.uring.SEND_FLAGS": socket.MSG_WAITALL | socket.MSG_NOSIGNAL,
    "implementations.uring.Ring.send": send,
    "implementations.uring.choose_writer": insist,
}
