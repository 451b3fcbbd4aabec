"""A scene set up for one run: its sockets, what happened step by step, and what went wrong.

What the three runtimes share of a run, all of it without a wait. The runtime's own
module starts the threads or tasks, and says who is running.

Invariants:
  1. A step is noted when it happens, by whoever does it, until `curtain`.
  2. `opened` is called once, when the observer is in; `all_gone` reaches it when the
     server has closed every other connection.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from implementations.core.settings import Settings
from implementations.core.site import Site
from schedules.memory_socket import MemorySocket
from schedules.script import Scene


__all__ = ["HUB", "STUCK_S", "Stage", "Step"]

HUB = "the hub"
HELPER = "a helper"  # that a hub started: a task or thread without a part of its own
WELCOME_LINES = 2  # the welcome and the roster
STUCK_S = 100.0  # of the run's own clock: longer than every deadline that a server has here
NEVER_S = 1e6  # beyond it: nobody is silent for so long

log = logging.getLogger("hubbub")


@dataclass(frozen=True)
class Step:
    """One thing that happened.

    Attributes:
        actor: the thread or task that did it, by its part: ``anna's read pump``.
        deed: what it did: ``hears 'anna-1'``, ``offers 'anna:1: anna-1' to``.
        to: the client that it did it to, or nobody.
    """

    actor: str
    deed: str
    to: str = ""


class Stage:
    """One run's scene.

    Args:
        me: returns what stands for the running thread or task, and for no other.
        is_over: tells whether the threads or tasks are being ended, if `curtain` cannot.

    Attributes:
        bugs: what a connection or the hub failed with, in words.
        waits: where each one waits that has not ended; empty when all have.
    """

    def __init__(
        self,
        scene: Scene,
        seed: int,
        me: Callable[[], Hashable],
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        self.settings = Settings(outbox=scene.outbox, idle_timeout=NEVER_S)
        self.steps: list[Step] = []
        self.bugs: list[str] = []
        self.waits: list[str] = []
        self.opened: Callable[[], object] = lambda: None
        self.sockets = [MemorySocket(part, seed, self) for part in scene.parts]
        self._me = me
        self._names: dict[Hashable, str] = {}
        self._is_over = is_over
        self._curtain = False
        self._guests_may_come = False

    @property
    def is_over(self) -> bool:
        """Whether nothing counts any more."""
        return self._curtain or self._is_over()

    @property
    def observer(self) -> MemorySocket:
        """The socket of who is there from the beginning to the end."""
        return self.sockets[0]

    @property
    def guests(self) -> list[MemorySocket]:
        """The sockets of all others."""
        return self.sockets[1:]

    def enter(self, name: str, *, unless_known: bool = False) -> bool:
        """Give the running thread or task its name; return whether it took it."""
        if unless_known and self._me() in self._names:
            return False
        self._names[self._me()] = name
        return True

    def actors(self) -> dict[Hashable, str]:
        """Return the threads or tasks that have a name, in order of appearance."""
        return dict(self._names)

    def note(self, deed: str, to: str = "") -> None:
        """Note what the running thread or task does."""
        if not self.is_over:
            self.steps.append(Step(self._names.get(self._me(), HELPER), deed, to))

    def took(self) -> None:
        """Have the guests come, once the observer has been told that it is in."""
        if not self._guests_may_come and len(self.observer.peer.log) >= WELCOME_LINES:
            self._guests_may_come = True
            self.opened()

    def closed(self) -> None:
        """Tell who has stopped reading when no guest is left who reads, and then the observer."""
        staying = [sock for sock in self.guests if not sock.is_closed]
        if not any(sock.part.reads for sock in staying):
            for sock in staying or [self.observer]:
                sock.all_gone()

    def crashed(self, error: BaseException) -> None:
        """Note that the running thread or task ends with an error that it ought not to have."""
        self.bugs.append(f"{self._names[self._me()]} failed: {_sentence(error)}")
        self.note(f"fails: {_sentence(error)}")

    def curtain(self) -> None:
        """Note nothing from now on: what follows is the clearing of the stage."""
        self._curtain = True

    def adopt(self, hub: Any) -> None:
        """Have what the hub hands to its clients' outboxes noted."""
        make_outbox = hub.outbox

        def outbox(sock: Any, door: int) -> Any:
            made = make_outbox(sock, door)
            name = sock.part.name
            if hasattr(made, "push"):
                push = made.push

                def noted_push(group: Any) -> bool:
                    data = b"".join(item.message[door] for item in group.items)
                    self.note(f"hands {_quoted(data)} to", name)
                    return bool(push(group))

                made.push = noted_push
            else:
                offer = made.offer

                def noted_offer(message: Any, exempt: bool = False) -> bool:
                    self.note(f"offers {_quoted(message[door])} to", name)
                    return bool(offer(message, exempt))

                made.offer = noted_offer
            return made

        hub.outbox = outbox

    def connection(self, server: ModuleType, sock: MemorySocket, hub: Any) -> Any:
        """Make a connection as a server's acceptor does.

        Args:
            server: a runtime's ``server`` module: an exhibit may have replaced its parts.
        """
        return server.Connection(
            sock,
            sock.part.address,
            self.sockets.index(sock) + 1,
            server.LineCodec(self.settings),
            hub,
            self.settings,
            Site("", self.settings, b""),
        )

    @contextmanager
    def watched_log(self) -> Iterator[None]:
        """Take what the server logs as an error, and let nothing of its log out."""
        handler = _Handler(self)
        before = log.level, log.propagate
        log.setLevel(logging.ERROR)
        log.propagate = False
        log.addHandler(handler)
        try:
            yield
        finally:
            log.removeHandler(handler)
            log.setLevel(before[0])
            log.propagate = before[1]


class _Handler(logging.Handler):
    def __init__(self, stage: Stage) -> None:
        super().__init__(logging.ERROR)
        self._stage = stage

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        what = record.getMessage()
        self._stage.bugs.append(f"{what}: {_sentence(error)}" if error else what)
        self._stage.note(f"logs an error: {self._stage.bugs[-1]}")


def _quoted(data: bytes) -> str:
    return ", ".join(repr(line) for line in data.decode().splitlines())


def _sentence(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):  # what a task group puts around it says nothing
        error = error.exceptions[0]
    words = str(error)
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
