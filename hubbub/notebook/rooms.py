"""A real server beside the notebook, and clients that remember what they said and got.

The server is a process of its own. Only the clients live in the notebook's event loop, so a cell
needs nothing but ``await``.

Invariants:
  1. When ``serving`` ends, for whatever reason, its clients and its server have ended too.
  2. No wait is endless: after `SOON_S` it raises, and the error says what came instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

from benchmarks import procfs
from conformance.checker import History, Session
from conformance.guard import guard, release
from conformance.python import module_command
from hubbub.conversation import Address, LineDoor, Lost, WebSocketDoor, connect, open_door
from hubbub.learning.lessons import ROOT


__all__ = ["Client", "Room", "serving"]

T = TypeVar("T", int, float)

SOON_S = 20.0  # reached only when something hangs, or when a lesson shows a hang
_READY = re.compile(rb"ready tcp=(\S+) ws=(\S+)")
_SMALL_BUFFER_BYTES = 4096  # for a client that will stop reading: the stall shows sooner


@dataclass(eq=False)
class Client:
    """One client.

    Attributes:
        name: its name in the room.
        log: ``("said", line)`` and ``("got", line)``, in the order in which the client saw them.
        heard_ns: when each line arrived, on the clock of ``time.perf_counter_ns``.
        said_ns: when each line was sent, on the same clock.
        how: what ended the connection, in words; empty while it is open.
    """

    name: str
    door: LineDoor | WebSocketDoor
    address: str = ""
    log: list[tuple[str, str]] = field(default_factory=list)
    heard_ns: list[int] = field(default_factory=list)
    said_ns: list[int] = field(default_factory=list)
    ended: bool = False
    how: str = ""
    left: bool = False
    _may_read: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: asyncio.Task[None] | None = None

    @property
    def lines(self) -> list[str]:
        """The lines that the client has received so far."""
        return [line for kind, line in self.log if kind == "got"]

    async def say(self, *lines: str) -> None:
        """Send lines one after the other; wait only while the server accepts no more."""
        for line in lines:
            self.log.append(("said", line))
            self.said_ns.append(time.perf_counter_ns())
            await self.door.send(line)

    async def hears(self, part: str, within_s: float = SOON_S) -> str:
        """Wait for a line that contains ``part``, and return the first such line.

        Raises:
            TimeoutError: no such line came; the text quotes the last lines that did.
        """
        try:
            async with asyncio.timeout(within_s):
                while not (found := [line for line in self.lines if part in line]):
                    if self.ended:
                        raise TimeoutError
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            last = self.lines[-3:]
            raise TimeoutError(
                f"{self.name} waited for {part!r}; the last lines that came: {last}"
            ) from None
        return found[0]

    async def hears_the_end(self, within_s: float = SOON_S) -> None:
        """Wait until the server has ended the connection. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while not self.ended:
                self._news.clear()
                await self._news.wait()

    def stop_reading(self) -> None:
        """Stop reading: from now on, what arrives stays in the kernel's buffer."""
        self._may_read.clear()

    def go_on_reading(self) -> None:
        """Start reading again."""
        self._may_read.set()

    async def leave(self) -> None:
        """Leave the room with an orderly close of the connection."""
        self.left = True
        with contextlib.suppress(OSError, Lost):
            await self.door.finish()
        await self._end()

    def session(self, *, complete: bool) -> Session:
        """Return the client's log in the form that the history checker takes."""
        return Session.from_log(
            self.name, self.log, complete=complete and not self.left, address=self.address
        )

    async def _read(self) -> None:
        lines = self.door.lines()
        try:
            while True:
                await self._may_read.wait()
                line = await anext(lines)
                self.heard_ns.append(time.perf_counter_ns())
                self.log.append(("got", line))
                self._news.set()
        except StopAsyncIteration:
            by_frame = isinstance(self.door, WebSocketDoor)
            self.how = "a close frame" if by_frame else "the end of the stream"
        except (Lost, OSError) as error:
            self.how = str(error)
        finally:
            self.ended = True
            self._news.set()
            await lines.aclose()

    async def _end(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
        await self.door.aclose()


class Room:
    """A running server, and the clients that have joined its room.

    Attributes:
        id: the server's id.
        tcp: the address of the line door, ``HOST:PORT``.
        ws: the address of the WebSocket door, ``HOST:PORT``.
        pid: the server's process id.
    """

    def __init__(
        self,
        server_id: str,
        process: asyncio.subprocess.Process,
        errors: IO[bytes],
        tcp: str,
        ws: str,
    ) -> None:
        self.id, self.pid, self.tcp, self.ws = server_id, process.pid, tcp, ws
        self.clients: list[Client] = []
        self._process, self._errors = process, errors

    async def join(self, name: str, *, door: str = "tcp", small_buffer: bool = False) -> Client:
        """Connect, wait for the welcome, and take a name.

        Args:
            door: ``tcp`` or ``ws``.
            small_buffer: give this client a small receive buffer. When it stops reading, the
                server notices soon.
        """
        address = Address.parse(self.tcp if door == "tcp" else f"ws://{self.ws}/ws")
        connected = await self._small_buffered() if small_buffer else connect(address)
        opened = await open_door(connected, address)
        client = Client(name, opened)
        client.go_on_reading()
        client._reading = asyncio.create_task(client._read())
        self.clients.append(client)
        client.address = (await client.hears("* you are ")).removeprefix("* you are ")
        await client.say(f"/rename {name}")
        await client.hears(f"* {client.address} is now {name}")
        return client

    async def join_all(self, *names: str) -> tuple[Client, ...]:
        """Let several clients join, one after the other."""
        return tuple([await self.join(name) for name in names])

    async def settle(self, *unheard: Client) -> None:
        """Wait until every line that was said so far has been delivered or lost.

        Each client says one more line, a fence, and all clients wait until they have heard it.

        Args:
            unheard: clients to leave out: they neither say a fence nor wait for one.
        """
        here = [c for c in self.clients if not c.ended and not c.left and c not in unheard]
        for speaker in here:
            fence = f"{speaker.name}-{len(speaker.said_ns) + 1000}"
            await speaker.say(fence)
            for client in here:
                await client.hears(f": {fence}")

    def history(self, *, complete: bool = True) -> History:
        """Return what all clients said and got. ``complete``: `settle` has been awaited."""
        return History(tuple(client.session(complete=complete) for client in self.clients))

    def signal(self, number: int = signal.SIGTERM) -> None:
        """Send the server a signal; do nothing when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def exit_code(self, within_s: float = SOON_S) -> int | None:
        """Wait for the server to end, and return its exit code; None when it still runs."""
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._process.wait(), within_s)
        return None

    def log(self) -> list[str]:
        """Return the lines that the server has written to its standard error so far."""
        # Not with seek and read: the server shares this file's position and writes there.
        size_bytes = os.fstat(self._errors.fileno()).st_size
        written = os.pread(self._errors.fileno(), size_bytes, 0)
        return written.decode(errors="replace").splitlines()

    def threads(self) -> int:
        """Return how many threads the server has now. Linux only."""
        return _known(procfs.tasks(self.pid))

    def descriptors(self) -> int:
        """Return how many files and sockets the server has open now. Linux only."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def running(self) -> bool:
        """Tell whether the server is still running. Linux only."""
        return Path(f"/proc/{self.pid}").exists()

    async def becomes(self, true: Callable[[], bool], within_s: float) -> bool:
        """Poll a condition until it is true; return False when the time is up."""
        deadline_s = time.perf_counter() + within_s
        while not true():
            if time.perf_counter() > deadline_s:
                return False
            await asyncio.sleep(0.02)
        return True

    def memory_bytes(self) -> int:
        """Return how much memory the server uses. Linux only."""
        return _known(procfs.rss_bytes(self.pid))

    def cpu_s(self) -> float:
        """Return how much processor time the server has used. Linux only."""
        return _known(procfs.Clocks.of(self.pid).cpu_s)

    def limit_descriptors(self, more: int) -> None:
        """Limit the server to this many further file descriptors. Linux only."""
        import resource

        limit = max(int(path.name) for path in Path(f"/proc/{self.pid}/fd").iterdir()) + 1 + more
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (limit, limit))

    async def _small_buffered(self) -> socket.socket:
        host, _, port = self.tcp.rpartition(":")
        connected = socket.socket()
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER_BYTES)
        connected.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connected, (host, int(port)))
        return connected


def _known(value: T | None) -> T:
    """Return a value that the system reported."""
    if value is None:
        raise OSError("the server has ended, or this system does not report what it uses")
    return value


@asynccontextmanager
async def serving(server_id: str, **settings: object) -> AsyncIterator[Room]:
    """Start a server, an exhibit or a program ``….py`` on free ports; end it with the block.

    Args:
        server_id: the id of a server or exhibit, or the path of a program.
        settings: the flags of ``hubbub serve``: ``outbox=16``, ``slow_consumer="block"``. A
            program takes none.

    Raises:
        RuntimeError: the server did not start; the text quotes what it printed.
    """
    doors = ["--tcp", "127.0.0.1:0", "--ws", "127.0.0.1:0"]
    command = module_command("hubbub", "serve", server_id)
    command += [*doors, "--log-level", "WARNING"]
    if server_id.endswith(".py"):
        command = [sys.executable, server_id, *doors]
    for name, value in settings.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HUBBUB_")}
    environment["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(ROOT), environment.get("PYTHONPATH")])
    )
    with tempfile.TemporaryFile() as errors:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env=environment,
            start_new_session=True,
        )
        guard(process.pid)  # a kernel that is killed leaves no server behind
        try:
            assert process.stdout is not None
            line = await asyncio.wait_for(process.stdout.readline(), SOON_S)
            ready = _READY.search(line)
            if ready is None:
                raise RuntimeError(f"{server_id} did not start: {line.decode(errors='replace')}")
            room = Room(server_id, process, errors, ready[1].decode(), ready[2].decode())
            try:
                yield room
            finally:
                for client in room.clients:
                    await client._end()
        finally:
            await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    """End a server with SIGTERM, or with SIGKILL when it ignores that, as an exhibit may."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), 3.0)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    release(process.pid)
