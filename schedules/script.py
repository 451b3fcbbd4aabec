"""What each client of a scene does, drawn from a seed.

Several clients come at the same time. They talk, take a name that another wants too, ask for the
roster, and leave in different ways; one may stop reading. An observer is in the room before them
and stays to the end: it says the last line when all others have left.

A client says something at the moment when the server reads it. A server cannot tell the difference,
and so the client needs no thread or task of its own.

Invariants:
  1. The same seed gives the same scene, on every machine and Python.
  2. No two lines that clients say are the same.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
from random import Random


__all__ = ["OBSERVER", "AllGone", "Hear", "Leaving", "Part", "Peer", "Say", "Scene", "make_scene"]

OBSERVER = "olga"
GUESTS = ("anna", "ben", "cara")
STALLER = "dora"
WANTED_NAME = "max"  # the same for all clients that want another name
OUTBOXES = (2, 4, 256)  # messages; with a small outbox talkers are held back


class Leaving(Enum):
    """How a client ends its stay."""

    CLOSE = "ends its stream"
    QUIT = "waits to be disconnected"
    RESET = "resets its connection"


@dataclass(frozen=True)
class Say:
    """Say a line."""

    line: str


@dataclass(frozen=True)
class Hear:
    """Wait until this text has come back from the room."""

    text: str


@dataclass(frozen=True)
class AllGone:
    """Wait until the server has closed all others.

    A client that does not read waits only for the clients that read.
    """


Move = Say | Hear | AllGone


@dataclass(frozen=True)
class Part:
    """One client's script.

    Attributes:
        moves: what it does, in order.
        leaving: what it does after its last move.
        reads: whether it reads; a client that does not takes its welcome and no more.
        short_writes: whether its socket takes what it is sent in pieces.
    """

    name: str
    moves: tuple[Move, ...]
    leaving: Leaving = Leaving.CLOSE
    reads: bool = True
    short_writes: bool = False

    @property
    def address(self) -> str:
        """The client's first name in the room."""
        return f"{self.name}:1"


@dataclass(frozen=True)
class Scene:
    """What all clients of a run do.

    Attributes:
        parts: the observer's is the first; it is in the room before the others come.
        outbox: messages that may wait for one client.
    """

    parts: tuple[Part, ...]
    outbox: int


def make_scene(seed: int) -> Scene:
    """Draw the scene of a seed."""
    random = Random(f"scene {seed}")
    guests = [_guest(name, random) for name in GUESTS[: random.choice((2, 3, 3))]]
    if random.random() < 0.2:
        # If it is not cut off, because too little is said, it leaves when all others have left.
        guests.append(Part(STALLER, (Say(f"{STALLER}-1"), AllGone()), reads=False))
    return Scene((_observer(random), *guests), random.choice(OUTBOXES))


def _observer(random: Random) -> Part:
    moves = (
        Say(f"{OBSERVER}-1"),
        AllGone(),
        Say("/who"),
        Say(f"{OBSERVER}-2"),
        Hear(f"{OBSERVER}-2"),
    )
    return Part(OBSERVER, moves, short_writes=random.random() < 0.3)


def _guest(name: str, random: Random) -> Part:
    moves: list[Move] = []
    lines = random.randint(1, 3)
    for number in range(1, lines + 1):
        moves.append(Say(f"{name}-{number}"))
        if random.random() < 0.3:
            moves.append(Hear(f"{name}-{number}"))
    if random.random() < 0.4:
        moves.insert(random.randint(0, len(moves)), Say(f"/rename {WANTED_NAME}"))
    if random.random() < 0.3:
        moves.insert(random.randint(0, len(moves)), Say("/who"))
    leaving = random.choices(list(Leaving), (6, 3, 1))[0]
    if leaving is Leaving.QUIT:
        moves.append(Say("/quit"))
    elif random.random() < 0.6:
        moves.append(Hear(f"{name}-{lines}"))
    return Part(name, tuple(moves), leaving, short_writes=random.random() < 0.3)


class Peer:
    """A client that plays its part: it is told what it hears, and knows what it says next.

    Attributes:
        log: ``("said", line)`` and ``("got", line)``, in its own order.
    """

    def __init__(self, part: Part) -> None:
        self.part = part
        self.log: list[tuple[str, str]] = []
        self._moves = deque(part.moves)
        self._heard: set[str] = set()  # the texts that came back

    @property
    def waits_for(self) -> Move | None:
        """The move that it waits for; None if it can say something, or has ended."""
        return None if not self._moves or isinstance(self._moves[0], Say) else self._moves[0]

    @property
    def has_words(self) -> bool:
        """Whether it has something to say now."""
        return bool(self._moves) and isinstance(self._moves[0], Say)

    @property
    def has_ended(self) -> bool:
        """Whether it has made all its moves."""
        return not self._moves

    def say(self) -> str:
        """Return the next line that it says."""
        move = self._moves.popleft()
        assert isinstance(move, Say)
        self._go_on()
        self.log.append(("said", move.line))
        return move.line

    def hear(self, line: str) -> None:
        """Take a line that the server sent."""
        self.log.append(("got", line))
        self._heard.add(line.rpartition(": ")[2])
        self._go_on()

    def all_gone(self) -> None:
        """Take the news that all others have left."""
        if self._moves and isinstance(self._moves[0], AllGone):
            self._moves.popleft()

    def _go_on(self) -> None:
        while self._moves and isinstance(self._moves[0], Hear):
            if self._moves[0].text not in self._heard:
                break
            self._moves.popleft()
