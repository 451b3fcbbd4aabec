"""Clients that have stopped reading, and talk that goes on until that shows.

A client is clogged when it does not read and the kernel takes nothing more for it at either end of
the connection. The kernel itself is asked, so that no test passes because there was still room.
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

KERNEL_BYTES = 8 << 20  # more than a kernel with default settings holds at both ends together
LINE_BYTES = 3000  # length of a line, by default

_BATCH = 16  # lines in one write
_SMALL_BUFFER_BYTES = 8192


def connect_clogged(
    connect: Connect, name: str = "slow", *, server: Server | None = None
) -> Client:
    """Connect a client, let it stop reading, and return it."""
    __tracebackhide__ = True
    slow: Client = connect(name, server=server, receive_buffer_bytes=_SMALL_BUFFER_BYTES)
    slow.clog()
    return slow


class Talk:
    """What one client says while others listen, in batches; everyone hears a batch before the next.

    Attributes:
        said: the lines of the room that this talk made.
        heard: by client, every line that it has taken meanwhile. The last line said is the last in
            it.
    """

    def __init__(
        self,
        talker: Client,
        *listeners: Client,
        line_bytes: int = LINE_BYTES,
        batch: int = _BATCH,
    ) -> None:
        self._talker = talker
        limit = talker.longest_line_bytes
        self._line_bytes = line_bytes if limit is None else min(line_bytes, limit)
        self._batch = batch
        self.said: list[str] = []
        self.heard: dict[Client, list[str]] = {client: [] for client in (talker, *listeners)}

    @property
    def said_bytes(self) -> int:
        """The length of all that was said, without what a door adds to a line."""
        return sum(map(len, self.said))

    def chat(self, client: Client) -> list[str]:
        """Return the lines that a client heard from other clients or itself, not from the room."""
        return [line for line in self.heard[client] if is_chat(line)]

    def go_on(self, lines: int = 1) -> None:
        """Say at least so many lines more, and let everyone hear them."""
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
            Unknown: the kernel takes so much that a test cannot wait for it.
        """
        __tracebackhide__ = True
        held_bytes = rounds = 0
        while rounds < 4:  # the server may be behind with writing
            if self.said_bytes > 4 * KERNEL_BYTES:
                raise Unknown(f"the kernel took all of {self.said_bytes:,} bytes")
            self.go_on()
            before_bytes, held_bytes = held_bytes, kernel_bytes(slow, server)
            rounds = rounds + 1 if held_bytes == before_bytes else 0

    def until_cut_off(self, slow: Client, server: Server) -> None:
        """Go on until the talker hears that a client was too slow.

        Raises:
            Mismatch: it never hears that, though the kernel takes no more for that client.
        """
        __tracebackhide__ = True
        heard = self.heard[self._talker]
        self._talker.needs_line(f"* {slow.name} was too slow")
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
    """Return how much the kernel holds for a client: to be read by it, and to be sent to it.

    Linux only, else ``Unknown``.
    """
    if sys.platform != "linux":
        raise Unknown("only Linux tells how full a send buffer is")
    ours, theirs = int(client.address.rpartition(":")[2]), server.address(client.door)[1]
    total_bytes = client.unread_bytes()
    for table in ("tcp", "tcp6"):
        for row in Path("/proc/net", table).read_text().splitlines()[1:]:
            _, local, remote, _, queues, *_ = row.split()
            if local.endswith(f":{theirs:04X}") and remote.endswith(f":{ours:04X}"):
                total_bytes += int(queues.partition(":")[0], 16)
    return total_bytes


def numbered_lines(count: int, line_bytes: int = LINE_BYTES, *, first: int = 0) -> list[str]:
    """Return lines that are all different and all have one length."""
    return [f"{number} ".ljust(line_bytes, ".") for number in range(first, first + count)]


def is_chat(line: str) -> bool:
    """Return whether a client said this line, and not the room."""
    return not line.startswith(("* ", "! "))


def departures(lines: list[str]) -> list[str]:
    """Return the lines that announce a client's end, whatever the cause."""
    return [line for line in lines if re.fullmatch(r"\* \S+ (left|timed out|was too slow)", line)]


def require_bounded_memory(connect: Connect, server: Server) -> None:
    """Fail if the server keeps what is said to a clogged client."""
    __tracebackhide__ = True
    talk = Talk(connect("anna"))
    talk.go_on(KERNEL_BYTES // LINE_BYTES)  # so that memory for talk alone is not counted
    slow = connect_clogged(connect)
    before_bytes = server.rss_bytes()

    talk.go_on(3 * KERNEL_BYTES // LINE_BYTES)

    grown_bytes = server.rss_bytes() - before_bytes
    if grown_bytes > KERNEL_BYTES:
        raise Mismatch(f"the server grew by {grown_bytes:,} bytes for one client that did not read")
    talk.require_clogged(slow, server)


def send_while_taken(client: Client, data: bytes) -> None:
    """Send the same bytes again and again until the server stops reading, or it is a lot."""
    for _ in range(3 * KERNEL_BYTES // (_BATCH * len(data))):
        try:
            client.send_raw(data * _BATCH, within=20 * TICK)
        except Mismatch:
            return
