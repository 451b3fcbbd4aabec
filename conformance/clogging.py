"""Clients that have stopped reading, and talk that goes on until that shows.

A client is clogged when it does not read and the kernel takes nothing more for it
at either end. That is asked of the kernel, so that no test passes because there
was still room.
"""

import re
import sys
from pathlib import Path

from conformance.clients import Client
from conformance.expectations import Mismatch
from conformance.factories import Connect
from conformance.server import Server
from conformance.timing import TICK
from conformance.verdicts import Unknown


__all__ = [
    "KERNEL_BYTES",
    "LINE_BYTES",
    "Talk",
    "connect_clogged",
    "departures",
    "is_chat",
    "kernel_bytes",
    "numbered_lines",
    "require_bounded_memory",
    "send_while_taken",
]

KERNEL_BYTES = 8 << 20  # more than an untuned kernel holds at both ends of a connection
LINE_BYTES = 3000  # of a line, where nothing else is said

_BATCH = 16  # lines in one write
_SMALL_BUFFER_BYTES = 8192


def connect_clogged(
    connect: Connect, name: str = "slow", *, server: Server | None = None
) -> Client:
    """Connect a client that has stopped reading."""
    __tracebackhide__ = True
    slow: Client = connect(name, server=server, receive_buffer_bytes=_SMALL_BUFFER_BYTES)
    slow.clog()
    return slow


class Talk:
    """What one client says while others listen, a batch at a time, each heard by all.

    ``said`` are the lines of the room that this made. ``heard`` is all that each
    client has taken meanwhile; the last line said is the last in it.
    """

    def __init__(
        self,
        talker: Client,
        *listeners: Client,
        line_bytes: int = LINE_BYTES,
        batch: int = _BATCH,
    ) -> None:
        self._talker = talker
        self._line_bytes = line_bytes
        self._batch = batch
        self.said: list[str] = []
        self.heard: dict[Client, list[str]] = {client: [] for client in (talker, *listeners)}

    @property
    def said_bytes(self) -> int:
        """All of it, without what a door adds to a line."""
        return sum(map(len, self.said))

    def chat(self, client: Client) -> list[str]:
        """Return what a client heard that was no line of the room's own."""
        return [line for line in self.heard[client] if is_chat(line)]

    def go_on(self, lines: int = 1) -> None:
        """Say at least so many lines more, and have everyone hear them."""
        __tracebackhide__ = True
        enough = len(self.said) + lines
        while len(self.said) < enough:
            texts = numbered_lines(self._batch, self._line_bytes, first=len(self.said))
            self._talker.say(*texts)
            self.said += [f"{self._talker.name}: {text}" for text in texts]
            for client, heard in self.heard.items():
                heard += client.lines_until(self.said[-1])
                heard.append(self.said[-1])

    def until_clogged(self, slow: Client, server: Server) -> None:
        """Go on until the kernel takes nothing more for a client, and a little longer.

        Raises:
            Unknown: it takes so much that this cannot be waited for.
        """
        __tracebackhide__ = True
        held_bytes = rounds = 0
        while rounds < 4:  # the server may be that much behind with writing
            if self.said_bytes > 4 * KERNEL_BYTES:
                raise Unknown(f"the kernel took all of {self.said_bytes:,} bytes")
            self.go_on()
            before_bytes, held_bytes = held_bytes, kernel_bytes(slow, server)
            rounds = rounds + 1 if held_bytes == before_bytes else 0

    def until_cut_off(self, slow: Client, server: Server) -> None:
        """Go on until the talker hears that a client was too slow.

        Raises:
            Mismatch: it does not, though the kernel takes no more for that client.
        """
        __tracebackhide__ = True
        heard = self.heard[self._talker]
        while f"* {slow.name} was too slow" not in heard:
            if self.said_bytes > 4 * KERNEL_BYTES:
                self.require_clogged(slow, server)
                raise Mismatch(
                    f"{slow.label} is still in the room after {self.said_bytes:,} bytes, of which "
                    f"the kernel holds {kernel_bytes(slow, server):,}: it was not cut off"
                )
            self.go_on()

    def require_clogged(self, slow: Client, server: Server) -> None:
        """Raise ``Unknown`` if the kernel had room for everything that was said."""
        cut_off = f"* {slow.name} was too slow" in self.heard[self._talker]
        if not cut_off and kernel_bytes(slow, server) >= self.said_bytes:
            raise Unknown(f"the kernel took all of {self.said_bytes:,} bytes")


def kernel_bytes(client: Client, server: Server) -> int:
    """Return what the kernel holds for a client: to be read by it, and to be sent to it.

    Linux only, else ``Unknown``.
    """
    if sys.platform != "linux":
        raise Unknown("the kernel's send buffers can be looked into on Linux only")
    ours, theirs = int(client.address.rpartition(":")[2]), server.address(client.door)[1]
    total_bytes = client.unread_bytes()
    for table in ("tcp", "tcp6"):
        for row in Path("/proc/net", table).read_text().splitlines()[1:]:
            _, local, remote, _, queues, *_ = row.split()
            if local.endswith(f":{theirs:04X}") and remote.endswith(f":{ours:04X}"):
                total_bytes += int(queues.partition(":")[0], 16)
    return total_bytes


def numbered_lines(count: int, line_bytes: int = LINE_BYTES, *, first: int = 0) -> list[str]:
    """Return lines that are all different and of one length."""
    return [f"{number} ".ljust(line_bytes, ".") for number in range(first, first + count)]


def is_chat(line: str) -> bool:
    """Tell whether somebody said it."""
    return not line.startswith(("* ", "! "))


def departures(lines: list[str]) -> list[str]:
    """Return what was told of clients that are gone."""
    return [line for line in lines if re.fullmatch(r"\* \S+ (left|timed out|was too slow)", line)]


def require_bounded_memory(connect: Connect, server: Server) -> None:
    """Fail if what is said to a clogged client stays in the server."""
    __tracebackhide__ = True
    talk = Talk(connect("anna"))
    talk.go_on(KERNEL_BYTES // LINE_BYTES)  # what talk alone costs is paid
    slow = connect_clogged(connect)
    before_bytes = server.rss_bytes()

    talk.go_on(3 * KERNEL_BYTES // LINE_BYTES)

    grown_bytes = server.rss_bytes() - before_bytes
    if grown_bytes > KERNEL_BYTES:
        raise Mismatch(f"the server grew by {grown_bytes:,} bytes for one client that did not read")
    talk.require_clogged(slow, server)


def send_while_taken(client: Client, data: bytes) -> None:
    """Send the same bytes again and again, until the server reads no more of it or it is a lot."""
    for _ in range(3 * KERNEL_BYTES // (_BATCH * len(data))):
        try:
            client.send_raw(data * _BATCH, within=20 * TICK)
        except Mismatch:
            return
