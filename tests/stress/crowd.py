"""Thousands of clients in one thread: they arrive, hear, leave, and cost little.

A crowd reads whenever one of its waiting methods runs, and only then. Of what comes, a member
looks only for what it waits for: its welcome, then marks, which are lines with a number that no
other client says.

Invariants:
  1. No member is slow while the crowd waits: what came is read, and most of it is dropped.
  2. Nothing waits for ever. Long work may take long as long as it makes progress: a deadline is
     for a time in which nothing happened at all.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import select
import socket
import struct
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence

from conformance.frames import CLOSE, HANDSHAKE, close_payload, encode_frame
from conformance.protocol import Door
from conformance.server import Server
from conformance.timing import TICK
from tests.stress.member import FAREWELL, Member


__all__ = ["STALLED_AFTER", "Crowd", "Report"]

STALLED_AFTER = 600 * TICK  # without any progress; reached only when something hangs
REPORT_EVERY_S = 5.0

_RECV_BYTES = 1 << 18
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

Report = Callable[[str], None]


class Crowd:
    """Many clients of one server. For one thread.

    Attributes:
        members: the clients that have not left.
    """

    def __init__(self, server: Server, report: Report = lambda _: None) -> None:
        self.members: set[Member] = set()
        self._server = server
        self._report = report
        self._poll = select.epoll()
        self._by_descriptor: dict[int, Member] = {}
        self._buffer = bytearray(_RECV_BYTES)
        self._view = memoryview(self._buffer)
        self._arrived = 0
        self._gone = 0

    def arrive(self, count: int, doors: Sequence[Door], *, abreast: int) -> None:
        """Bring so many more clients in, ``abreast`` at a time, and wait until all are welcomed."""
        turns = itertools.cycle(doors)
        wanted, started = self._arrived + count, 0
        since_s = time.monotonic()
        for _ in self._waiting(lambda: self._arrived == wanted, "arrivals", lambda: self._arrived):
            while started < count and wanted - count + started - self._arrived < abreast:
                self._connect(next(turns))
                started += 1
            self._expect_nobody_lost()
        self._report(f"{count:,} arrived in {time.monotonic() - since_s:.1f} s")

    def hear(self, numbers: Sequence[int]) -> None:
        """Wait until everyone has heard the last of these marks; all must have heard just these."""
        self._hear_until(numbers[-1])
        self._expect_heard(list(numbers))

    def hear_if_let(self, numbers: Sequence[int]) -> bool:
        """Wait as `hear` does, however long it takes; False if the server ends connections."""
        while any(len(member.heard) < len(numbers) for member in self.members):
            self._turn()
            if self._gone:
                return False
        self._expect_heard(list(numbers))
        return True

    def wait_ended(self) -> None:
        """Wait, however long it takes, until the server has ended every connection."""
        while self._gone < len(self.members):
            self._turn()

    def hear_farewell(self) -> list[int]:
        """Wait until the server has said goodbye to everyone and ended every connection.

        Returns:
            The numbers that each member has heard, up to the farewell: the same for all.
        """
        self._hear_until(FAREWELL)
        for _ in self._waiting(lambda: self._gone >= len(self.members), "ends", lambda: self._gone):
            pass
        heard = next(iter(self.members)).heard
        self._expect_heard(heard)
        assert heard[-1] == FAREWELL
        return heard

    def depart(self) -> None:
        """Let everyone leave at once, as the doors ask, and wait until all have gone."""
        wanted = self._gone + len(self.members)
        for member in list(self.members):
            self._end_stream(member)
        for _ in self._waiting(lambda: self._gone == wanted, "departures", lambda: self._gone):
            pass

    def churn(self, stays: int, doors: Sequence[Door], *, rate_hz: float, abreast: int) -> float:
        """Let so many clients come, be welcomed and leave, on a schedule; wait until all have gone.

        When ``abreast`` clients are on their way in or out, the next one waits for one of them.

        Returns:
            How many clients came per second.
        """
        turns = itertools.cycle(doors)
        # Each way at each door: with two doors, two clients in a row leave in the same way.
        ways = itertools.cycle(
            way for way in (self._end_stream, self._reset, self._drop) for _ in doors
        )
        newcomers: deque[Member] = deque()
        wanted, begun = self._gone + stays, self._gone
        since_s = time.monotonic()
        started = 0
        for _ in self._waiting(lambda: self._gone == wanted, "stays", lambda: self._gone):
            due = min(stays, int((time.monotonic() - since_s) * rate_hz) + 1)
            while started < due and started - (self._gone - begun) < abreast:
                newcomers.append(self._connect(next(turns)))
                started += 1
            for _ in range(len(newcomers)):
                member = newcomers.popleft()
                if member.arrived:
                    next(ways)(member)
                elif member.ended:
                    raise AssertionError(f"a newcomer was not let in: {member.tail!r}")
                else:
                    newcomers.append(member)
        return stays / (time.monotonic() - since_s)

    def read_on(self, until: Callable[[], bool], what: str) -> None:
        """Go on reading until something has happened elsewhere."""
        for _ in self._waiting(until, what, lambda: 0):
            self._expect_nobody_lost()

    def close(self) -> None:
        """Drop every connection."""
        for member in self.members:
            self._forget(member)
            member.sock.close()
        self.members.clear()
        self._poll.close()

    # Ways to leave.

    def _end_stream(self, member: Member) -> None:
        """Leave as the door asks, and read to the end."""
        member.leaving = True
        with contextlib.suppress(OSError):  # the server was faster
            if member.door == "ws":
                member.sock.send(encode_frame(CLOSE, close_payload(1000)))
            else:
                member.sock.shutdown(socket.SHUT_WR)

    def _reset(self, member: Member) -> None:
        member.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._drop(member)

    def _drop(self, member: Member) -> None:
        member.leaving = True
        self._end(member)

    # Reading.

    def _waiting(
        self, over: Callable[[], bool], what: str, done: Callable[[], int]
    ) -> Iterator[None]:
        """Read on, one turn per iteration, until it is over; fail if progress stops for long."""
        looked_s = reported_s = progressed_s = time.monotonic()
        so_far = done()
        while not over():
            yield
            self._turn()
            now_s = time.monotonic()
            if now_s > looked_s + 1:
                looked_s = now_s
                count = done()
                if count != so_far:
                    so_far, progressed_s = count, now_s
                if now_s > reported_s + REPORT_EVERY_S:
                    reported_s = now_s
                    self._report(f"{count:,} {what}")
                assert now_s < progressed_s + STALLED_AFTER, (
                    f"{STALLED_AFTER:g} s without any {what}; so far {so_far:,}"
                )

    def _turn(self) -> None:
        for descriptor, event in self._poll.poll(0.005, 512):
            member = self._by_descriptor.get(descriptor)
            if member is None:
                continue  # it has ended in this turn
            if member.opening and event & select.EPOLLOUT:
                member.opening = False
                if member.door == "ws":
                    member.sock.send(HANDSHAKE)
                self._poll.modify(descriptor, select.EPOLLIN)
            elif event & ~select.EPOLLOUT:
                self._read(member)

    def _read(self, member: Member) -> None:
        try:
            size = member.sock.recv_into(self._buffer)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if size == 0:
            self._end(member)
            return
        was_there = member.arrived
        member.take(self._view[:size])
        self._arrived += member.arrived and not was_there

    def _hear_until(self, last: int) -> None:
        missing = set(self.members)

        def all_heard() -> bool:
            missing.difference_update([m for m in missing if last in m.heard])
            return not missing

        for _ in self._waiting(
            all_heard, "marks heard", lambda: sum(len(member.heard) for member in self.members)
        ):
            self._expect_nobody_lost()

    def _expect_heard(self, wanted: list[int]) -> None:
        odd = [member.heard for member in self.members if member.heard != wanted]
        assert not odd, f"{len(odd):,} members did not hear {wanted}; the first heard {odd[0]}"

    def _connect(self, door: Door) -> Member:
        host, _ = address = self._server.address(door)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        code = sock.connect_ex(address)
        assert code in (0, errno.EINPROGRESS), errno.errorcode[code]
        member = Member(sock, door)
        self.members.add(member)
        self._by_descriptor[sock.fileno()] = member
        self._poll.register(sock, select.EPOLLOUT)
        return member

    def _end(self, member: Member) -> None:
        self._forget(member)
        member.ended = True
        self._gone += 1
        member.sock.close()
        if member.leaving:
            self.members.discard(member)

    def _forget(self, member: Member) -> None:
        if not member.ended:
            self._poll.unregister(member.sock)
            del self._by_descriptor[member.sock.fileno()]

    def _expect_nobody_lost(self) -> None:
        if self._gone:
            ended = [member for member in self.members if member.ended and not member.leaving]
            lost = [member for member in ended if FAREWELL not in member.heard]
            if lost:
                last = Counter(member.tail[-40:] for member in lost).most_common(3)
                raise AssertionError(f"{len(lost):,} members were disconnected; last came {last}")
