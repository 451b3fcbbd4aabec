"""Three nodes, their clients and one log, with everything that can happen between them. No clock.

A seed decides what happens next: a client says something, comes or goes; a node appends, reads or
beats; an entry that was appended reaches the log, late, twice or not at all; a node is stopped,
goes on, dies, or starts anew from a snapshot. In the end everything is repaired, and each client
that is left says a last line and waits for it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.checker import History, Session, tagged
from implementations.core.causes import Cause
from implementations.core.commands import parse
from implementations.core.entries import Hello, decode, encode
from implementations.core.node import Node, Read
from implementations.core.replica import CODE, Replica
from implementations.core.room import Goodbye, ToAll, ToOne


__all__ = ["World"]

NODES = ("n1", "n2", "n3")
MAX_CLIENTS = 12
HELLO = Hello(CODE, "16.0.0", MAX_CLIENTS)
NAMES = ("anna", "ANNA", "ben", "cara")
SNAPSHOT_EVERY = 20  # places


@dataclass
class Client:
    """One stay of one client, and what it logged."""

    label: str
    number: int
    address: str
    log: list[tuple[str, str]] = field(default_factory=list)
    said: int = 0
    over: bool = False
    refused: bool = False

    def session(self) -> Session:
        """Return its log for the checker."""
        return Session.from_log(
            self.label,
            self.log,
            complete=not self.over,
            gone=self.over,
            address=self.address,
        )


class Process:
    """One process of a node: its copy of the room, its lives, its clients."""

    def __init__(self, world: World, name: str, replica: Replica) -> None:
        self.name = name
        self.replica = replica
        self.stopped = False
        self.clients: dict[int, Client] = {}  # that came, by number, until they are gone
        self.members: dict[int, Client] = {}
        self._world = world
        self.node = self._begin()

    def _begin(self) -> Node:
        self._world.tokens += 1
        return Node(self.replica, self.name, f"t{self._world.tokens}", HELLO)

    def say(self, client: Client, line: str) -> None:
        """A client sends a line."""
        client.log.append(("said", line))
        self.node.ask(client.number, parse(line))

    def read_next(self) -> None:
        """Read one entry of the log, and deliver what it causes."""
        place, data = self._world.entry_after(self.replica.place)
        self._deliver(self.node.read(place, decode(data)))
        if self.node.is_over:  # a zombie learns of its death
            for client in self.clients.values():
                client.over = True
            self.clients.clear()
            self.members.clear()
            self.node = self._begin()

    def _deliver(self, read: Read) -> None:
        for number in read.refused:
            client = self.clients.pop(number)
            client.over = client.refused = True
        for delivery in read.deliveries:
            match delivery:
                case ToAll(line, newcomer):
                    for member in self.members.values():
                        member.log.append(("got", line))
                    if newcomer is not None:
                        self.members[newcomer] = self.clients[newcomer]
                case ToOne(number, lines):
                    self.clients[number].log += [("got", line) for line in lines]
                case Goodbye(number):
                    client = self.clients.pop(number)
                    del self.members[number]
                    client.over = True


class World:
    """All of it.

    Args:
        seed: what happens depends on nothing else.

    Attributes:
        told: what happened, one line per step, for a person.
    """

    def __init__(self, seed: int) -> None:
        self.told: list[str] = []
        self.tokens = 0
        self.clients: list[Client] = []
        self._rng = random.Random(seed)
        self._log: list[tuple[int, bytes]] = []
        self._place = 0
        self._on_the_way: list[bytes] = []
        self._snapshot = json.dumps(Replica(MAX_CLIENTS, HELLO.unicode).snapshot())
        self._processes: dict[str, Process] = {}
        self._numbers = 0
        for name in NODES:
            self._start(name)

    def run(self, steps: int) -> None:
        """Let so many things happen, then repair everything and let all clients catch up."""
        for _ in range(steps):
            self._something()
        self._repair()

    def history(self) -> History:
        """Return what all clients logged."""
        return History(tuple(client.session() for client in self.clients if not client.refused))

    def digests(self) -> set[str]:
        """Return the digests of all copies of the room."""
        return {process.replica.digest() for process in self._processes.values()}

    @property
    def diverged(self) -> list[str]:
        """What copies found out about themselves."""
        copies = [process.replica for process in self._processes.values()]
        return [copy.diverged for copy in copies if copy.diverged is not None]

    def entry_after(self, place: int) -> tuple[int, bytes]:
        """Return the next entry of the log."""
        return next(each for each in self._log if each[0] > place)

    def _something(self) -> None:
        name = self._rng.choice(NODES)
        process = self._processes.get(name)
        if process is None:
            if self._rng.random() < 0.1:
                self._start(name)
            return
        if process.stopped:
            if self._rng.random() < 0.05:
                self._tell(name, "goes on")
                process.stopped = False
            elif process.clients and self._rng.random() < 0.3:
                self._client_acts(process)  # the kernel takes its bytes
            return
        what: list[tuple[int, Callable[[Process], None]]] = [
            (30, self._client_acts),
            (25, self._append),
            (40, self._read),
            (12, self._arrive),
            (8, self._beat),
            (6, self._connect),
            (1, self._stop),
            (1, self._kill),
            (1, self._save),
        ]
        [do] = self._rng.choices([do for _, do in what], [weight for weight, _ in what])
        do(process)

    # What can happen.

    def _start(self, name: str) -> None:
        self._tell(name, "starts")
        copy = Replica.restored(json.loads(self._snapshot))
        while copy.place < self._place:  # a node reads the log before it says hello
            place, data = self.entry_after(copy.place)
            copy.apply(place, decode(data))
        self._processes[name] = Process(self, name, copy)

    def _kill(self, process: Process) -> None:
        self._tell(process.name, "dies")
        for client in process.clients.values():
            client.over = True
        del self._processes[process.name]

    def _stop(self, process: Process) -> None:
        self._tell(process.name, "is stopped")
        process.stopped = True

    def _connect(self, process: Process) -> None:
        if not process.node.is_alive:
            return  # its doors are closed
        self._numbers += 1
        client = Client(f"c{self._numbers}", self._numbers, f"1.1.1.1:{self._numbers % 20}")
        self.clients.append(client)
        process.clients[client.number] = client
        process.node.join(client.number, client.address)
        self._tell(process.name, f"{client.label} comes")

    def _client_acts(self, process: Process) -> None:
        if not process.clients:
            return
        client = self._rng.choice(list(process.clients.values()))
        if client.number not in process.members:
            return
        kind = self._rng.random()
        if kind < 0.8:
            client.said += 1
            line = tagged(client.label, client.said)
        elif kind < 0.9:
            line = f"/rename {self._rng.choice(NAMES)}"
        elif kind < 0.95:
            line = "/quit"
        else:
            self._tell(process.name, f"{client.label} hangs up")
            process.node.leave(client.number, Cause.LEFT)
            return
        self._tell(process.name, f"{client.label} says {line}")
        process.say(client, line)

    def _beat(self, process: Process) -> None:
        if process.node.is_alive:
            process.node.beat()

    def _append(self, process: Process) -> None:
        """The node appends, or appends again what it does not know the fate of."""
        entry = process.node.to_append()
        if entry is None or process.replica.place + 5 < self._place:
            return
        if self._rng.random() < 0.15:
            self._tell(process.name, f"appends {entry.number}, and it is lost")
            return
        for _ in range(1 + (self._rng.random() < 0.1)):
            self._tell(process.name, f"appends {entry.number}")
            self._on_the_way.append(encode(entry))

    def _arrive(self, _: Process) -> None:
        """Some entry that is on the way reaches the log: not always the oldest one."""
        if self._on_the_way:
            at = 0 if self._rng.random() < 0.7 else self._rng.randrange(len(self._on_the_way))
            self._place += self._rng.choice((1, 1, 1, 3))
            self._log.append((self._place, self._on_the_way.pop(at)))

    def _read(self, process: Process) -> None:
        if process.replica.place < self._place:
            process.read_next()

    def _save(self, process: Process) -> None:
        """Save a snapshot of this place, from which nodes start."""
        if process.replica.place % SNAPSHOT_EVERY == 0 and process.replica.place:
            self._snapshot = json.dumps(process.replica.snapshot())
            self._tell(process.name, f"saves a snapshot of place {process.replica.place}")

    # The end.

    def _repair(self) -> None:
        for name in NODES:
            if name not in self._processes:
                self._start(name)
            self._processes[name].stopped = False
        self._settle()
        for process in self._processes.values():
            for client in process.members.values():
                client.said += 1
                process.say(client, tagged(client.label, client.said))
        self._settle()

    def _settle(self) -> None:
        """Append, deliver and read until nothing is left to do."""
        while True:
            before = self._place
            for process in self._processes.values():
                if (entry := process.node.to_append()) is not None:
                    self._on_the_way.append(encode(entry))
            while self._on_the_way:
                self._arrive(next(iter(self._processes.values())))
            for process in self._processes.values():
                while process.replica.place < self._place:
                    process.read_next()
            if self._place == before:
                return

    def _tell(self, name: str, what: str) -> None:
        self.told.append(f"{name} {what}")
