"""Play a scene with a hub that asyncio tasks call, in an order that a seed makes.

As hubs.py does for threads. ``join``, ``say`` and ``leave`` are coroutines here, and an outbox has
``await send(line)`` too, which comes back when its client has taken the line.
"""

from __future__ import annotations

import asyncio
import linecache
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hubbub.learning.hubs import CHAT
from hubbub.learning.maps import Watched, watch_maps
from hubbub.learning.promises import Broken
from hubbub.learning.scene import Member, Outbox, history_of, judge_history
from hubbub.learning.tasks import AllWait, ShuffledLoop, run_shuffled, who_waits_where


__all__ = ["TaskOutbox", "TaskPlay", "deadlock", "play_tasks"]

_LINES = 3  # that each talker says, all at once
_PAUSE_S = 0.01  # between two lines of a longer talk
_SOON_S = 60.0  # of a clock that nobody waits for


@dataclass(frozen=True)
class Sent:
    """A line that was put into an outbox: by which task, in which round of the loop."""

    line: str
    task: str
    round: int


@dataclass(eq=False)
class TaskOutbox(Outbox):
    """An outbox that can be awaited.

    Attributes:
        sent: what was put in, by whom, and when.
        awaited: what was put in by ``send``.
    """

    sent: list[Sent] = field(default_factory=list)
    awaited: int = 0

    async def send(self, line: str) -> None:
        """Give a line to the client; comes back when it has taken it."""
        self.awaited += 1
        if self.clogged:
            await asyncio.get_running_loop().create_future()
        await asyncio.sleep(0)
        self._take(line)

    def _take(self, line: str) -> None:
        loop = asyncio.get_running_loop()
        rounds = loop.rounds if isinstance(loop, ShuffledLoop) else 0
        task = asyncio.current_task()
        self.sent.append(Sent(line, task.get_name() if task else "", rounds))
        super()._take(line)


@dataclass
class TaskPlay:
    """What happened.

    Attributes:
        members: by name.
        took_s: how long the room kept the talkers waiting, in the loop's seconds.
        stuck: the tasks that had not ended when no task could go on any more.
        where: these are, as sentences.
        crashed: the tasks that ended with an exception.
        hub: the exercise's.
        maps: the dicts of the hub, which note which task touches them.
        source: the text of the exercise.
    """

    members: dict[str, Member]
    hub: Any = None
    took_s: float = 0.0
    stuck: list[str] = field(default_factory=list)
    where: str = ""
    crashed: set[str] = field(default_factory=set)
    maps: list[Watched] = field(default_factory=list)
    source: str = ""

    @property
    def boxes(self) -> list[TaskOutbox]:
        """The outboxes."""
        return [m.outbox for m in self.members.values() if isinstance(m.outbox, TaskOutbox)]

    def judge(self, rules: Sequence[str] = CHAT, cause: str = "") -> None:
        """Raise `Broken` where one of the rules is broken."""
        judge_history(history_of(self.members.values()), rules, cause)


def play_tasks(
    exercise: Any,
    seed: int,
    *,
    inside: str,
    talk: str,
    come: str = "",
    go: str = "",
    clogged: str = "",
    lines: int = _LINES,
) -> TaskPlay:
    """Play one scene: some are inside; then, all at once, some talk, some come and some go.

    A name that stands in ``go`` twice leaves twice at once. Each talker says so many ``lines``; if
    they are more than usual, it pauses after each of them.
    """
    names = dict.fromkeys(f"{inside} {come}".split())
    cast = {name: Member(name, TaskOutbox(name)) for name in names}
    played = TaskPlay(cast, source="".join(linecache.getlines(exercise.__file__)))
    try:
        run_shuffled(_scene(exercise, played, inside, talk, come, go, clogged, lines), seed)
    except AllWait as all_wait:
        raise Broken(deadlock(str(all_wait))) from None
    except RuntimeError as error:
        if "changed size" not in str(error):
            raise
        raise Broken(_of_the_walk(played)) from None
    if played.stuck and not clogged:
        raise Broken(deadlock(played.where))
    return played


def deadlock(where: str) -> str:
    """Return what is to be said of tasks that wait for ever. ``where``: which, as sentences."""
    return (
        "Deadlock: tasks wait, and no task is left that could wake them. Is a lock taken twice by "
        f"one task, or never released? {where}"
    ).strip()


def _of_the_walk(played: TaskPlay) -> str:
    """Say which code changed a map while a task walked it: its own, or another task's."""
    changes = [one.changed for one in played.maps if one.changed is not None]
    at = f" The last change is at {changes[0].place}." if changes and changes[0].place else ""
    if changes and changes[0].by in played.crashed:
        return (
            f"{changes[0].by} changed the map while it walked it itself.{at} Note the names in the "
            "loop, and change the map after the loop."
        )
    return (
        "The map changed while a task walked it: an await inside the loop lets other tasks come "
        f"and go in the middle of it.{at}"
    )


async def _scene(
    exercise: Any,
    played: TaskPlay,
    inside: str,
    talk: str,
    come: str,
    go: str,
    clogged: str,
    lines: int,
) -> None:
    hub = played.hub = exercise.Hub()
    played.maps = watch_maps(hub)
    cast = played.members

    async def talks(name: str) -> None:
        for number in range(1, lines + 1):
            await hub.say(name, cast[name].says(f"{name}-{number}"))
            if lines > _LINES:
                await asyncio.sleep(_PAUSE_S)

    async def enters(name: str) -> None:
        await hub.join(name, cast[name].outbox)

    async def leaves(name: str) -> None:
        cast[name].gone = True
        await hub.leave(name)

    entering = asyncio.create_task(_enter_all(hub, cast, inside), name="a newcomer's task")
    _, late = await asyncio.wait([entering], timeout=_SOON_S)
    if late:
        raise Broken(deadlock(who_waits_where(asyncio.get_running_loop())))
    entering.result()
    for name in clogged.split():
        cast[name].outbox.clogged = True
    loop = asyncio.get_running_loop()
    started_s = loop.time()
    parts = [(name, talks(name)) for name in talk.split()]
    parts += [(name, enters(name)) for name in come.split()]
    parts += [(name, leaves(name)) for name in go.split()]
    tasks = [asyncio.create_task(act, name=f"{name}'s task") for name, act in parts]
    done, late = await asyncio.wait(tasks, timeout=_SOON_S)
    played.stuck = sorted(task.get_name() for task in late)
    played.where = who_waits_where(loop) if late else ""
    played.crashed = {
        task.get_name() for task in done if not task.cancelled() and task.exception() is not None
    }
    for task in done:
        if task.cancelled():
            raise Broken(
                f"{task.get_name()} ended with CancelledError, and nobody had cancelled it: your "
                "code cancels the task that called it, or awaits one that was cancelled."
            )
        task.result()
    if late:
        return
    played.took_s = loop.time() - started_s
    for member in cast.values():
        if not member.gone and not member.outbox.clogged:
            fence = member.says(f"{member.name}-{lines + 1}")
            await hub.say(member.name, fence)
            for _ in range(100):  # a task of its own may still be carrying it
                if f"{member.name}: {fence}" in member.outbox.lines:
                    break
                await asyncio.sleep(0)


async def _enter_all(hub: Any, cast: dict[str, Member], inside: str) -> None:
    for name in inside.split():
        await hub.join(name, cast[name].outbox)
