"""A real server beside the notebook, and clients in it that remember what they said and got.

The server is a process of its own, as it is for everybody else; only the clients live in the
notebook's loop, so ``await`` at the top of a cell is all that they need.

Invariants:
  1. When ``serving`` ends, for whatever reason, its clients and its server have ended too.
  2. Nothing waits for ever: what does not come within `SOON_S` raises, and says what came.
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
from conformance.python import module_command
from hubbub.conversation import Address, LineDoor, Lost, WebSocketDoor, connect, open_door
from hubbub.learning.lessons import ROOT


__all__ = ["Client", "Room", "serving"]

T = TypeVar("T", int, float)

SOON_S = 20.0  # only ever reached when something hangs, or a lesson shows that it does
_READY = re.compile(rb"ready tcp=(\S+) ws=(\S+)")
_SMALL_BUFFER_BYTES = 4096  # of a client that will stop reading: so that it shows soon


@dataclass(eq=False)
class Client:
    """One client.

    Attributes:
        name: its name in the room.
        log: ``("said", line)`` and ``("got", line)``, in its own order.
        heard_ns: when each line came, on the clock of ``time.perf_counter_ns``.
        said_ns: when each was sent.
        how: what ended it, in words; empty while nothing has.
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
        """What it got so far."""
        return [line for kind, line in self.log if kind == "got"]

    async def say(self, *lines: str) -> None:
        """Send lines, one after the other, waiting only where the server takes no more."""
        for line in lines:
            self.log.append(("said", line))
            self.said_ns.append(time.perf_counter_ns())
            await self.door.send(line)

    async def hears(self, part: str, within_s: float = SOON_S) -> str:
        """Wait until a line with ``part`` in it has come, and return the first.

        Raises:
            TimeoutError: it did not come, and here is what did.
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
                f"{self.name} waited for {part!r}; the last that came: {last}"
            ) from None
        return found[0]

    async def hears_the_end(self, within_s: float = SOON_S) -> None:
        """Wait until the server has ended the connection. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while not self.ended:
                self._news.clear()
                await self._news.wait()

    def stop_reading(self) -> None:
        """Leave in the kernel whatever comes from now on."""
        self._may_read.clear()

    def go_on_reading(self) -> None:
        """Read again."""
        self._may_read.set()

    async def leave(self) -> None:
        """End the stay, politely."""
        self.left = True
        with contextlib.suppress(OSError, Lost):
            await self.door.finish()
        await self._end()

    def session(self, *, complete: bool) -> Session:
        """Return its log as the history checker takes it."""
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
    """A server that runs, and the clients that were let in through it.

    Attributes:
        id: the server's.
        tcp: the line door, ``HOST:PORT``.
        ws: the WebSocket door.
        pid: the process.
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
            small_buffer: keep the kernel from hiding for long that this client does not read.
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
        """Let several in, one after the other."""
        return tuple([await self.join(name) for name in names])

    async def settle(self, *unheard: Client) -> None:
        """Have each client say a fence and wait until all have heard it, save the ``unheard``.

        So all that was said before has come to its end, one way or the other.
        """
        here = [c for c in self.clients if not c.ended and not c.left and c not in unheard]
        for speaker in here:
            fence = f"{speaker.name}-{len(speaker.said_ns) + 1000}"
            await speaker.say(fence)
            for client in here:
                await client.hears(f": {fence}")

    def history(self, *, complete: bool = True) -> History:
        """Return what all said and got. ``complete``: they have settled."""
        return History(tuple(client.session(complete=complete) for client in self.clients))

    def signal(self, number: int = signal.SIGTERM) -> None:
        """Send the server a signal; nothing where it has ended."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def exit_code(self, within_s: float = SOON_S) -> int | None:
        """Wait for the server's end; None when it is still there after so long."""
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._process.wait(), within_s)
        return None

    def log(self) -> list[str]:
        """Return what the server wrote on its standard error so far, line by line."""
        # Not by seek and read: the server writes where this same file stands.
        size_bytes = os.fstat(self._errors.fileno()).st_size
        written = os.pread(self._errors.fileno(), size_bytes, 0)
        return written.decode(errors="replace").splitlines()

    def threads(self) -> int:
        """Return how many threads the server has now. Linux only."""
        return _told(procfs.tasks(self.pid))

    def descriptors(self) -> int:
        """Return how many files and sockets the server has open now. Linux only."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def running(self) -> bool:
        """Tell whether the server has not ended. Linux only."""
        return Path(f"/proc/{self.pid}").exists()

    async def becomes(self, true: Callable[[], bool], within_s: float) -> bool:
        """Wait until something is so, of which nobody tells us; False where it does not come."""
        deadline_s = time.perf_counter() + within_s
        while not true():
            if time.perf_counter() > deadline_s:
                return False
            await asyncio.sleep(0.02)
        return True

    def memory_bytes(self) -> int:
        """Return what the server holds of the machine's memory. Linux only."""
        return _told(procfs.rss_bytes(self.pid))

    def cpu_s(self) -> float:
        """Return how much of a processor's time the server has used. Linux only."""
        return _told(procfs.Clocks.of(self.pid).cpu_s)

    def limit_descriptors(self, more: int) -> None:
        """Let the server open so many file descriptors more, and none beyond. Linux only."""
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


def _told(value: T | None) -> T:
    """Return what the system told."""
    if value is None:
        raise OSError("the server has ended, or this system does not say what it uses")
    return value


@asynccontextmanager
async def serving(server_id: str, **settings: object) -> AsyncIterator[Room]:
    """Start a server, an exhibit or a program ``….py`` on free ports, and end it with the block.

    Args:
        settings: as flags have them: ``outbox=16``, ``slow_consumer="block"``. Not of a program.

    Raises:
        RuntimeError: it did not start; with its last words.
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
    """End a server: by SIGTERM, and by force where it does not listen, as an exhibit may not."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), 3.0)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
