"""A live load generator under test: what it has told so far, and servers with planted faults."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from benchmarks.generator.live import LiveGenerator
from benchmarks.generator.process import LoadError
from benchmarks.server_process import server_command, serving
from benchmarks.workload import Workload
from conformance.dialect import Dialect
from conformance.timing import WITHIN


__all__ = ["Watched", "lines_server", "our_server", "room", "room_of_lines", "watching"]


# (client, line) -> what the client with this number of arrival gets for a line; None: nothing
Answer = Callable[[int, bytes], bytes | None]


class Watched:
    """A generator, and the sums of what it has told.

    Attributes:
        told: every message so far.
        states: by client, the last state that was told.
        sums: of the numbers in the columns, by key; ``timed`` is the sum of all counts.
    """

    def __init__(self, generator: LiveGenerator) -> None:
        self.generator = generator
        self.told: list[dict[str, Any]] = []
        self.states: dict[int, str] = {}
        self.sums: Counter[str] = Counter()
        self.missing = 0

    def send(self, *commands: str) -> None:
        """Hand over commands."""
        self.generator.send(*commands)

    def until(self, true: Callable[[], object]) -> None:
        """Read messages until something is true; fail if that takes too long."""
        if true():
            return
        for message in self.generator.wait(WITHIN):
            self._take(message)
            if true():
                return
        if true():  # it was told by the end of the messages
            return
        last = [one for one in self.told if one["is"] != "column"][-5:]
        pytest.fail(f"it never came: {dict(self.sums)}, {Counter(self.states.values())}, {last}")

    def until_in(self, clients: int) -> None:
        """Read messages until so many clients are in the room."""
        self.until(lambda: self.count("in") == clients)

    def until_quiet(self) -> None:
        """Silence the speakers; read until every delivery has come."""
        self.send("rate 0")
        ticks = self.count_of("column") + 12  # a delivery is overdue after ten
        self.until(lambda: self.count_of("column") >= ticks and not self.missing)

    def count(self, state: str) -> int:
        """Return how many clients are in a state."""
        return sum(each == state for each in self.states.values())

    def count_of(self, kind: str) -> int:
        """Return how many messages of a kind there were."""
        return len(self.of(kind))

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the messages of a kind."""
        return [message for message in self.told if message["is"] == kind]

    def troubles(self) -> str:
        """Return everything that was told as trouble."""
        return "\n".join(message["text"] for message in self.of("trouble"))

    def _take(self, message: dict[str, Any]) -> None:
        self.told.append(message)
        if message["is"] == "states":
            self.states.update((client, state) for client, state in message["changed"])
        if message["is"] == "column":
            self.missing = message["missing"]
            for key in ("sent", "heard", "untimed", "altered", "bytes"):
                self.sums[key] += message[key]
            self.sums["timed"] += sum(number for _, number in message["counts"])


@contextmanager
def watching(
    kind: str, address: str, *, door: str = "ws", clients: int = 0, dialect: Dialect | None = None
) -> Iterator[Watched]:
    """Run a generator; skip the test if that in C cannot be built."""
    try:
        generator = LiveGenerator(address, door=door, dialect=dialect, kind=kind, clients=clients)
    except LoadError as error:
        pytest.skip(str(error))
    with generator:
        yield Watched(generator)


@contextmanager
def our_server(server: str = "asyncio-direct", *flags: str) -> Iterator[tuple[int, str]]:
    """Run a server of ours; give its process id and the address of its WebSocket door."""
    with serving([*server_command(server, Workload()), *flags], None) as (pid, address):
        yield pid, address


@contextmanager
def room(kind: str, clients: int, *flags: str) -> Iterator[Watched]:
    """Run a server of ours and a generator whose clients are all in."""
    with our_server("asyncio-direct", *flags) as (_, address), watching(kind, address) as watched:
        watched.send(f"clients {clients}")
        watched.until_in(clients)
        yield watched


@contextmanager
def room_of_lines(kind: str, clients: int, answer: Answer) -> Iterator[Watched]:
    """Run `lines_server` and a generator whose clients are all in."""
    with lines_server(answer) as address, watching(kind, address, door="tcp") as watched:
        watched.send(f"clients {clients}")
        watched.until_in(clients)
        yield watched


@contextmanager
def lines_server(answer: Answer = lambda client, line: line) -> Iterator[str]:
    """Run a server of lines that welcomes clients and relays; give its address."""
    lock, rooms = threading.Lock(), list[socket.socket]()

    def serve(client: socket.socket) -> None:
        with lock:
            client.sendall(b"* you are c%d\n" % len(rooms))
            rooms.append(client)
        with suppress(OSError), client.makefile("rb") as lines:
            for line in lines:
                with lock:
                    for number, other in enumerate(rooms):
                        told = answer(number, line.rstrip(b"\n"))
                        if told is not None:
                            other.sendall(told + b"\n")

    def accept() -> None:
        with suppress(OSError):
            while True:
                threads.append(threading.Thread(target=serve, args=(door.accept()[0],)))
                threads[-1].start()

    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield f"127.0.0.1:{door.getsockname()[1]}"
        finally:
            door.shutdown(socket.SHUT_RDWR)
            acceptor.join()
            for client in rooms:
                with suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()
            for client in rooms:
                client.close()
