"""Judges lesson 09: a hub that asyncio tasks call."""

from __future__ import annotations

import asyncio
import queue

from hubbub.learning.hubs import CHAT
from hubbub.learning.promises import Broken, promise
from hubbub.learning.scene import judge_announced, strangers_of
from hubbub.learning.task_hubs import TaskPlay, deadlock, play_tasks


INTERFACE = """
Hub()
async Hub.join(name, outbox)
async Hub.say(name, text)
async Hub.leave(name)
"""


@promise("delivery.exactly-once", "One after the other, everyone gets everything once.")
def nothing_at_once(exercise, seed):
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
    go = "cara" if seed % 2 else "cara cara"  # its two pumps may both report it
    try:
        played = play_tasks(exercise, seed, inside="anna ben cara", talk="anna", come="dan", go=go)
    except KeyError as error:
        raise Broken(
            f"cara left twice at once, and that ended in a KeyError ({error}): a read pump and a "
            "write pump may both report one departure. The second must do nothing."
        ) from None
    cause = _cause(played)
    if any(isinstance(value, asyncio.Lock) for value in vars(played.hub).values()):
        cause = (
            "A lock keeps out only the tasks that take it: join and leave touch the map too, while "
            "say awaits in the middle of it."
        )
    played.judge(CHAT, cause)
    judge_announced((played.members["anna"], played.members["ben"]), "* dan joined", "* cara left")


SCENES = (
    ("anna cara ben dan", "cara"),
    ("anna ben cara", "cara"),
    ("cara anna dan ben", "cara dan"),
)
MANY_LINES = 600


@promise("slow.isolation", "A member that does not read delays nobody, and is evicted.", seeds=12)
def one_does_not_read(exercise, seed):
    inside, clogged = SCENES[seed % len(SCENES)]
    try:
        played = play_tasks(exercise, seed, inside=inside, talk="anna ben", clogged=clogged)
    except (TimeoutError, queue.Full) as error:
        raise Broken(
            f"cara does not read, and anna's say ended in {type(error).__name__}: the speaker is "
            "not to blame. The room must survive it, and evict cara."
        ) from None
    if played.stuck:
        if not any(box.clogged and box.awaited for box in played.boxes):
            raise Broken(deadlock(played.where))
        raise Broken(
            f"cara does not read, and {' and '.join(played.stuck)} wait for her for ever: send "
            "comes back when its client has taken the line. No lock helps: a task that waits for a "
            "client while it has the room keeps everybody waiting. put_nowait does not wait."
        )
    if played.took_s > 0:
        raise Broken(
            f"cara does not read, and the talkers were kept waiting {played.took_s:g} s for "
            "her. A time-out in the loop is a freeze too: the whole room waits until it ends."
        )
    played.judge(
        CHAT,
        "A member was full in the middle of the walk: every other member gets the line first, and "
        "then hears of the eviction.",
    )
    if not all(_evicted(played, name) for name in clogged.split()) and seed < len(SCENES):
        # A queue of its own for each member is right too, and it has a bound that we do not know.
        played = play_tasks(
            exercise, seed, inside=inside, talk="anna ben", clogged=clogged, lines=MANY_LINES
        )
    for name in clogged.split():
        if seed < len(SCENES) and not _evicted(played, name):
            raise Broken(
                f"{name} does not read, and she is still in: what is meant for her is kept or lost "
                "where nobody looks. A member that cannot be told is evicted, and the others get "
                f"'* {name} was too slow'."
            )


def _evicted(played: TaskPlay, name: str) -> bool:
    lines = played.members["anna"].outbox.lines
    return any(line.startswith(f"* {name} ") for line in lines if line != f"* {name} joined")


@promise("lesson.two-rooms", "Two rooms know nothing of each other.")
def two_rooms(exercise, seed):
    first = play_tasks(exercise, seed, inside="anna ben", talk="anna")
    play_tasks(exercise, seed, inside="dan emil", talk="dan")
    strangers_of(first.members.values(), "dan emil")


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
    if carriers and any(word in played.source for word in ("create_task", "gather", "TaskGroup")):
        return (
            "A task of its own carried each line: which of these tasks runs first is the loop's "
            "choice, and you promise nothing about it."
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
