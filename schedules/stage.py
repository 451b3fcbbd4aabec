"""One run's scene: its sockets, what happened step by step, and what went wrong.

This is the part of a run that the three runtimes share; nothing here waits. Each runtime's module
starts the threads or tasks, and says which of them is running.

Invariants:
  1. A step is noted when it happens, by the thread or task that does it, until `curtain`.
  2. `opened` is called once, when the observer is in the room. `all_gone` reaches the observer when
     the server has closed every other connection.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from conformance.contenders import WRITER_VARIABLE
from implementations.core.settings import Settings
from implementations.core.site import Site
from schedules.memory_socket import MemoryRing, MemorySocket
from schedules.script import Scene


__all__ = ["HUB", "STUCK_S", "Stage", "Step"]

HUB = "the hub"
HELPER = "a helper"  # a task or thread that a hub started, without a part of its own
WELCOME_LINES = 2  # the welcome and the roster
STUCK_S = 100.0  # on the run's own clock: longer than every deadline that a server has here
NEVER_S = 1e6  # longer than STUCK_S: no client is silent for so long

log = logging.getLogger("hubbub")


@dataclass(frozen=True)
class Step:
    """One thing that happened.

    Attributes:
        actor: the thread or task that did it, by its part: ``anna's read pump``.
        deed: what it did: ``hears 'anna-1'``, ``offers 'anna:1: anna-1' to``.
        to: the client that it did it to, or an empty string.
    """

    actor: str
    deed: str
    to: str = ""


class Stage:
    """One run's scene.

    Args:
        me: returns an object that stands for the running thread or task, and for no other.
        is_over: returns whether the threads or tasks are being ended, where `curtain` cannot be
            called.

    Attributes:
        bugs: the errors with which a connection or the hub failed, in words.
        waits: where each thread or task waits that has not ended; empty if all have ended.
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
        self.sockets = [
            MemorySocket(part, seed, self, number) for number, part in enumerate(scene.parts)
        ]
        self._me = me
        self._names: dict[Hashable, str] = {}
        self._is_over = is_over
        self._curtain = False
        self._guests_may_come = False

    @property
    def is_over(self) -> bool:
        """Whether the run is over, so that nothing counts."""
        return self._curtain or self._is_over()

    def ring_for(self, _: Settings) -> AbstractContextManager[MemoryRing | None]:
        """Return a ring for a direct hub, if the caller's environment asks for that writer."""
        wanted = os.environ.get(WRITER_VARIABLE) == "uring"
        return nullcontext(MemoryRing(self.sockets) if wanted else None)

    @property
    def observer(self) -> MemorySocket:
        """The socket of the client that is there from the beginning to the end."""
        return self.sockets[0]

    @property
    def guests(self) -> list[MemorySocket]:
        """The sockets of all other clients."""
        return self.sockets[1:]

    def enter(self, name: str, *, unless_known: bool = False) -> bool:
        """Give the running thread or task its name; return whether it took the name."""
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
        """Let the guests come, once the observer has been told that it is in the room."""
        if not self._guests_may_come and len(self.observer.peer.log) >= WELCOME_LINES:
            self._guests_may_come = True
            self.opened()

    def closed(self) -> None:
        """When no guest is left that reads, tell the other guests; after these, the observer."""
        staying = [sock for sock in self.guests if not sock.is_closed]
        if not any(sock.part.reads for sock in staying):
            for sock in staying or [self.observer]:
                sock.all_gone()

    def crashed(self, error: BaseException) -> None:
        """Note that the running thread or task ends with an error that it must not have."""
        self.bugs.append(f"{self._names[self._me()]} failed: {_sentence(error)}")
        self.note(f"fails: {_sentence(error)}")

    def curtain(self) -> None:
        """Note nothing from now on: what follows only clears the stage."""
        self._curtain = True

    def adopt(self, hub: Any) -> None:
        """Note everything that the hub hands to its clients' outboxes."""
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
        """Make a connection, as a server's acceptor does.

        Args:
            server: a runtime's ``server`` module; an exhibit may have replaced parts of it.
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
        """Note what the server logs as an error, and show nothing of its log."""
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
    while isinstance(error, BaseExceptionGroup):  # the message is in the innermost error
        error = error.exceptions[0]
    words = str(error)
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
