"""A connection's life in memory, under trio: two pumps, a room that may be slow, and a log.

An exercise's ``serve`` is given a `Client`. What happens to it, and when, a `Scene` says; the clock
is trio's mock clock, on which nobody waits, and tasks take their turns as a seed has them.

Invariant: whatever the exercise does with what it is given, `live` ends after `PATIENCE_S` of that
clock: then all that still waits for the client is let go, and noted as left over.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import trio
from trio.testing import MockClock

from schedules.under_trio import seeded


__all__ = ["PATIENCE_S", "Client", "Life", "Scene", "live"]

PATIENCE_S = 12.0
_MOMENT_S = 0.1

Serve = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True)
class Scene:
    """What happens to a connection, in seconds from its beginning; `math.inf` is never.

    Attributes:
        read_s: the reader ends, or fails with ``read_error``.
        write_s: the writer ends, or fails with ``write_error``.
        cancel_s: the caller of ``serve`` cancels it.
        room_s: how long the room takes to see a client off.
    """

    read_s: float = math.inf
    read_error: Exception | None = None
    write_s: float = math.inf
    write_error: Exception | None = None
    cancel_s: float = math.inf
    room_s: float = 0.0


@dataclass
class Span:
    """From when to when something was under way, and how it ended."""

    what: str
    began_s: float
    ended_s: float = math.nan
    how: str = ""


@dataclass
class Life:
    """What came of it.

    Attributes:
        spans: each call of read, write and leave, and each close, in order.
        events: what happened when, in order.
        over_s: when ``serve`` had ended; `math.inf` when somebody had to give up first.
        error: what came out of ``serve``, save the cancellation that was asked for.
        cancelled: it was cancelled, and the cancellation came out of it.
    """

    spans: list[Span] = field(default_factory=list)
    events: list[tuple[float, str]] = field(default_factory=list)
    over_s: float = math.inf
    error: BaseException | None = None
    cancelled: bool = False

    def calls(self, what: str) -> list[Span]:
        """Return the calls of one thing."""
        return [span for span in self.spans if span.what == what]

    @property
    def left_over(self) -> list[str]:
        """What still waited when the patience ended."""
        return [span.what for span in self.spans if span.how == "still waits"]

    @property
    def faults(self) -> list[str]:
        """What is not as it should be, in a few words each."""
        found = [f"{what} still waits" for what in self.left_over]
        for what in ("close", "leave"):
            count = len(self.calls(what))
            if count != 1:
                found.append(f"{what}: {count or 'never'}{' times' if count else ''}")
        found += [f"leave {span.how}" for span in self.calls("leave") if span.how == "cancelled"]
        if self.error is not None:
            found.append(f"{type(self.error).__name__} comes out")
        return found

    def log(self) -> str:
        """Return what happened, a line for each event."""
        return "\n".join(["seconds  what", *(f"{at_s:7.1f}  {what}" for at_s, what in self.events)])


class Client:
    """One client: what ``serve`` is given.

    Attributes:
        server: the nursery of the whole server, for those who want tasks that are loose.
        life: what came of it so far.
    """

    def __init__(self, scene: Scene) -> None:
        self.life = Life()
        self.server: Any = None
        self._scene = scene
        self._start_s = trio.current_time()
        self._end_of = {"read": trio.Event(), "write": trio.Event()}
        self._let_go = trio.Event()

    async def read(self) -> None:
        """Carry what the client says into the room. Raises PeerGone when the connection fails."""
        await self._pump("read", self._scene.read_error)

    async def write(self) -> None:
        """Carry what it is told to the client. Raises PeerGone when the connection fails."""
        await self._pump("write", self._scene.write_error)

    async def leave(self) -> None:
        """Have the room announce that the client left; comes back when it has."""
        until_s = trio.current_time() + self._scene.room_s
        with self._span("leave"), trio.move_on_at(until_s):
            await self._let_go.wait()

    def close(self) -> None:
        """Close the connection, at once. Wakes nobody."""
        if not self._let_go.is_set():
            now_s = self.now_s()
            self.life.spans.append(Span("close", now_s, now_s, "ends"))
            self.note("close")

    def now_s(self) -> float:
        """Return the seconds since the beginning."""
        return trio.current_time() - self._start_s

    def note(self, event: str) -> None:
        """Write down what happens."""
        self.life.events.append((self.now_s(), event))

    def let_go(self) -> None:
        """Have whatever still waits come back: the patience has ended."""
        for span in self.life.spans:
            if not span.how:
                self._end(span, "still waits")
        for event in (self._let_go, *self._end_of.values()):
            event.set()

    async def ends(self, pump: str, after_s: float) -> None:
        """End a pump after so many seconds."""
        await trio.sleep_until(self._start_s + after_s)
        self._end_of[pump].set()

    async def _pump(self, what: str, error: Exception | None) -> None:
        with self._span(what):
            await self._end_of[what].wait()
        if error is not None and not self._let_go.is_set():
            raise error

    @contextmanager
    def _span(self, what: str) -> Iterator[None]:
        if self._let_go.is_set():
            yield
            return
        span = Span(what, self.now_s())
        self.life.spans.append(span)
        self.note(f"{what} begins")
        try:
            yield
        except trio.Cancelled:
            self._end(span, "cancelled")
            raise
        self._end(span, "ends")

    def _end(self, span: Span, how: str) -> None:
        if not span.how:
            span.ended_s, span.how = self.now_s(), how
            self.note(f"{span.what} {'is ' if how == 'cancelled' else ''}{how}")

    async def gone(self) -> None:
        """Wait until nothing of it is under way."""
        await trio.sleep(_MOMENT_S)  # what is loose may not have begun
        while any(not span.how for span in self.life.spans):  # noqa: ASYNC110  it takes no time
            await trio.sleep(_MOMENT_S)


def live(serve: Serve, scene: Scene, seed: int = 0) -> Life:
    """Have ``serve`` live through a scene."""
    lives: list[Life] = []
    with seeded(seed):
        try:
            trio.run(_live, serve, scene, lives, clock=MockClock(autojump_threshold=0))
        except BaseException as error:  # a loose task's: it ends the server
            lives[0].error = lives[0].error or error
    return lives[0]


async def _live(serve: Serve, scene: Scene, lives: list[Life]) -> None:
    client = Client(scene)
    lives.append(client.life)
    async with trio.open_nursery() as server:
        client.server = server
        server.start_soon(_patience, client)
        server.start_soon(client.ends, "read", scene.read_s)
        server.start_soon(client.ends, "write", scene.write_s)
        await _serve(serve, scene, client)
        await client.gone()
        server.cancel_scope.cancel()


async def _serve(serve: Serve, scene: Scene, client: Client) -> None:
    life = client.life
    scope = trio.CancelScope(deadline=trio.current_time() + scene.cancel_s)
    try:
        with scope:
            await serve(client)
    except Exception as error:
        life.error = error
    life.cancelled = scope.cancelled_caught
    if life.left_over:
        return
    life.over_s = client.now_s()
    client.note(f"serve {_ending(life)}")


async def _patience(client: Client) -> None:
    await trio.sleep(PATIENCE_S)
    client.let_go()


def _ending(life: Life) -> str:
    if life.error is not None:
        return f"ends with {type(life.error).__name__}"
    return "ends cancelled" if life.cancelled else "returns"
