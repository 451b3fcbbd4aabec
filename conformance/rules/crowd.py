"""A crowd: hundreds of clients that read everything, in one thread.

The clients of `conformance` have a thread each, which is too much for a large room. These only keep
the bytes that came, and take them apart when a test asks.
"""

import contextlib
import selectors
import socket
import struct
import threading
import time
from typing import Self

from conformance import TICK, Door, Mismatch, Server
from conformance.frames import CLOSE, HANDSHAKE, TEXT, encode_frame


__all__ = ["Crowd", "Member"]


class Member:
    """One client of a crowd, which keeps its first name."""

    def __init__(self, server: Server, door: Door) -> None:
        self._door = door
        self._sock = socket.create_connection(server.address(door))
        self.raw = bytearray()
        self.ended = False
        if door == "ws":
            self._sock.sendall(HANDSHAKE)

    @property
    def name(self) -> str:
        """Its name in the room; only once its welcome has come."""
        return self.lines()[0].removeprefix("* you are ")

    def say(self, *lines: str) -> None:
        """Send lines in one write."""
        self._sock.sendall(
            b"".join(
                line.encode() + b"\n" if self._door == "tcp" else encode_frame(TEXT, line.encode())
                for line in lines
            )
        )

    def leave(self) -> None:
        """Say as the door's protocol asks that nothing more will come."""
        if self._door == "ws":
            self._sock.sendall(encode_frame(CLOSE, struct.pack("!H", 1000)))
        else:
            self._sock.shutdown(socket.SHUT_WR)

    def lines(self) -> list[str]:
        """Return all whole lines that have come."""
        data = bytes(self.raw)
        if self._door == "tcp":
            return data.decode().split("\n")[:-1]
        return list(_texts(data.partition(b"\r\n\r\n")[2]))

    def read(self) -> bool:
        """Take what has come; False at the end of the stream."""
        try:
            data = self._sock.recv(1 << 16)
        except OSError:
            data = b""
        self.raw += data
        return bool(data)

    def fileno(self) -> int:
        """Return the descriptor, for a selector."""
        return self._sock.fileno()

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()


def _texts(data: bytes) -> list[str]:
    """Return the text messages among the whole frames of a server."""
    texts, at = [], 0
    while at + 2 <= len(data):
        opcode, size = data[at] & 0x0F, data[at + 1]
        at += 2
        if size == 126:
            (size,) = struct.unpack_from("!H", data, at)
            at += 2
        if at + size > len(data):
            break
        if opcode == TEXT:
            texts.append(data[at : at + size].decode())
        at += size
    return texts


class Crowd:
    """The members, and the thread that reads for them while the body runs."""

    def __init__(self, server: Server, door: Door, size: int) -> None:
        self.members: list[Member] = []
        self._server = server
        self._door = door
        self._size = size
        self._selector = selectors.DefaultSelector()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, name="crowd")

    def __enter__(self) -> Self:
        self._thread.start()
        with contextlib.ExitStack() as undo:
            undo.callback(self.__exit__)
            for _ in range(self._size):
                self.add()
            undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._selector.close()
        for member in self.members:
            member.close()

    def add(self) -> Member:
        """Connect one more client, and wait for nothing."""
        member = Member(self._server, self._door)
        self.members.append(member)
        self._selector.register(member, selectors.EVENT_READ)
        return member

    def forget(self, *members: Member) -> None:
        """Close the sockets of members whose connections have ended, and know them no more."""
        for member in members:
            self.members.remove(member)
            member.close()

    def wait_for(self, line: str, *members: Member, within: float) -> None:
        """Wait until each of some members has got a line."""
        __tracebackhide__ = True
        deadline = time.monotonic() + within
        for member in members:
            while line.encode() not in member.raw:
                if member.ended or time.monotonic() > deadline:
                    raise Mismatch(f"a client of the crowd never got {line!r}")
                time.sleep(TICK / 10)

    def wait_for_end(self, *members: Member, within: float) -> None:
        """Wait until the connection of each of some members has ended."""
        __tracebackhide__ = True
        deadline = time.monotonic() + within
        for member in members:
            while not member.ended:
                if time.monotonic() > deadline:
                    raise Mismatch("a connection of the crowd never ended")
                time.sleep(TICK / 10)

    def _read(self) -> None:
        while not self._over.is_set():
            for key, _ in self._selector.select(TICK / 2):
                member = key.fileobj
                assert isinstance(member, Member)
                if not member.read():
                    self._selector.unregister(member)
                    member.ended = True
