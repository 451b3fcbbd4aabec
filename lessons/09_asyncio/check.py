"""Judges lesson 09: a hub that asyncio tasks call."""

from __future__ import annotations

import asyncio
import inspect
import queue

from hubbub.learning.hubs import CHAT
from hubbub.learning.promises import Broken, promise
from hubbub.learning.task_hubs import TaskPlay, play_tasks


@promise("delivery.exactly-once", "One after the other, everyone gets everything once.")
def nothing_at_once(exercise, seed):
    for method in ("join", "say", "leave"):
        if not inspect.iscoroutinefunction(getattr(exercise.Hub, method)):
            raise Broken(f"{method} is not an async function any more; those who call it await it.")
    played = play_tasks(exercise, seed, inside="anna ben", talk="anna")
    if played.members["anna"].outbox.lines[:1] != ["* you are anna"]:
        raise Broken("A newcomer's first line must be its welcome, * you are NAME.")
    played.judge(CHAT, _cause(played))


@promise("order.speaker", "A speaker's lines stay in the order sent.", seeds=60)
def one_speaker(exercise, seed):
    played = play_tasks(exercise, seed, inside="anna ben cara", talk="anna")
    played.judge(("order.speaker", "delivery.exactly-once"), _cause(played))


@promise("order.total", "Two who talk at once are heard in one order by all.", seeds=60)
def one_order(exercise, seed):
    played = play_tasks(exercise, seed, inside="anna ben cara dan", talk="anna ben")
    played.judge(CHAT, _cause(played))


@promise("membership.churn", "It holds while others come and go.", seeds=60)
def comings_and_goings(exercise, seed):
    try:
        played = play_tasks(
            exercise, seed, inside="anna ben cara", talk="anna", come="dan", go="cara"
        )
    except RuntimeError as error:
        if "changed size" not in str(error):
            raise
        raise Broken(
            "The map changed while it was being walked: an await inside the loop lets others come "
            "and go in the middle of it."
        ) from None
    cause = _cause(played)
    if any(isinstance(value, asyncio.Lock) for value in vars(played.hub).values()):
        cause = (
            "A lock keeps out only those who take it: join and leave touch the map too, while say "
            "awaits in the middle of it."
        )
    played.judge(CHAT, cause)


@promise("slow.isolation", "A member that does not read delays nobody, and is let go.", seeds=10)
def one_does_not_read(exercise, seed):
    try:
        played = play_tasks(exercise, seed, inside="anna ben cara", talk="anna ben", clogged="cara")
    except (TimeoutError, queue.Full) as error:
        raise Broken(
            f"cara does not read, and anna's say ended in {type(error).__name__}: the speaker is "
            "not to blame. The room must get over it, and let cara go."
        ) from None
    if played.stuck:
        raise Broken(
            f"cara does not read, and {' and '.join(played.stuck)} wait for her for ever: send "
            "comes back when its client has taken the line. No lock helps; whoever waits for a "
            "client while it has the room keeps everybody waiting. put_nowait does not wait."
        )
    if played.took_s > 0:
        raise Broken(
            f"cara does not read, and those who talk were kept waiting {played.took_s:g} s for "
            "her. A time-out in the loop is a freeze too: the whole room waits until it ends."
        )
    played.judge(CHAT)
    lines = played.members["anna"].outbox.lines
    if not any(line.startswith("* cara ") for line in lines if line != "* cara joined"):
        raise Broken(
            "cara does not read, and she is still in: what is meant for her is kept or lost where "
            "nobody looks. Who cannot be told is let go, and the others get '* cara was too slow'."
        )


def _cause(played: TaskPlay) -> str:
    """Name the cause, from which task put each line in, and in which round of the loop."""
    own = {"anna", "ben", "cara", "dan"}
    carriers = {
        sent.task
        for box in played.boxes
        for sent in box.sent
        if ": " in sent.line
        and sent.task.removesuffix("'s task") not in own
        and not _is_fence(sent.line)
    }
    source = inspect.getsource(type(played.hub))
    if carriers and any(word in source for word in ("create_task", "gather", "TaskGroup")):
        return (
            "A task of its own carried each line: which of them runs first is the loop's business, "
            "and no promise of yours."
        )
    rounds = {}
    for box in played.boxes:
        for sent in box.sent:
            if ": " in sent.line:
                rounds.setdefault(sent.line, set()).add(sent.round)
    if any(len(one) > 1 for one in rounds.values()):
        return (
            "Between the first client that got a line and the last there was an await, and at an "
            "await others run."
        )
    return ""


def _is_fence(line: str) -> bool:
    return line.endswith("-4")
