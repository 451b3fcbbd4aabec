"""Judges lesson 01: a hub whose map one thread owns."""

from __future__ import annotations

import queue

from hubbub.learning.hubs import CHAT, OWNER, Play, play
from hubbub.learning.promises import Broken, promise
from hubbub.learning.schedule import Crashed, Stuck


@promise("lesson.owner", "Only the owner puts lines into outboxes.", seeds=10)
def only_the_owner(exercise, seed):
    try:
        played = play(exercise, seed, inside="anna ben", talk="anna ben")
    except Broken as broken:
        raise Broken(f"{broken.sentence} Only the owner may touch the map.") from None
    for member in played.members.values():
        for delivery in member.outbox.deliveries:
            if delivery.by != OWNER:
                raise Broken(
                    f"{delivery.by} put '{delivery.line}' into {member.name}'s outbox itself. "
                    "Only the owner may touch the map; everyone else puts a command into the inbox."
                )
    if played.schedule.locks_taken == 0 and not _queues(exercise):
        raise Broken("There is no queue between the callers and the owner.")


@promise("delivery.exactly-once", "Everyone gets everything once, in one order.", seeds=80)
def talk(exercise, seed):
    played = play(exercise, seed, inside="anna ben cara", talk="anna ben")
    _nothing_silent(played)
    played.judge(CHAT, _queues(exercise))


@promise("membership.one-step", "It holds while others come and go.", seeds=80)
def comings_and_goings(exercise, seed):
    played = play(exercise, seed, inside="anna ben cara", talk="anna", come="dan", go="cara")
    first = played.members["dan"].outbox.lines[:1]
    if first != ["* you are dan"]:
        raise Broken(
            f"The first line that dan got is {first[0] if first else 'nothing at all'!r}; a "
            "newcomer is welcomed first."
        )
    played.judge(CHAT, _queues(exercise))


@promise("membership.left-once", "Who leaves is announced once; who is not in cannot leave.")
def leaving(exercise, seed):
    class Room:
        __file__ = exercise.__file__

        @staticmethod
        def Hub():
            hub = exercise.Hub()
            hub.leave("nobody")
            return hub

    try:
        played = play(Room, seed, inside="anna ben cara", talk="anna", go="ben")
    except Crashed as crashed:
        if not isinstance(crashed.error, KeyError):
            raise
        raise Broken(
            f"The owner died of a KeyError, at {crashed.place}: somebody left who was not in. A "
            "read pump and a write pump may both report one departure; the second must do nothing."
        ) from None
    played.judge(CHAT)
    if any("nobody" in line for line in played.members["anna"].outbox.lines):
        raise Broken("Somebody who was never in was announced as having left.")


@promise("lesson.closed", "Who has left has its outbox closed, once, and gets nothing more.")
def closed(exercise, seed):
    played = play(exercise, seed, inside="anna ben cara", talk="anna", go="ben")
    ben = played.members["ben"].outbox
    if ben.late:
        raise Broken(
            f"After ben's outbox was closed, '{ben.late[0]}' was put into it. Take him out of the "
            "map first, then close, then tell the others."
        )
    if "* ben left" in ben.lines:
        raise Broken("ben was told of his own departure. Take him out of the map before you tell.")
    if ben.closed == 0:
        raise Broken(
            "ben has left and his outbox was never closed: his write pump waits for ever. One "
            "such thread is left behind for each client that ever came."
        )
    if ben.closed > 1:
        raise Broken(
            f"ben's outbox was closed {ben.closed} times. In Go the second close of a channel is "
            "a panic: one owner closes, once."
        )


@promise("slow.isolation", "A member that does not read delays nobody, and is let go.", seeds=20)
def one_does_not_read(exercise, seed):
    try:
        played = play(exercise, seed, inside="anna ben cara", talk="anna ben", clogged="cara")
    except Stuck as stuck:
        _owner_waits([f"{what} ({place})" for who, what, place in stuck.waiting if who == OWNER])
        raise
    except Crashed as crashed:
        if not isinstance(crashed.error, queue.Full):
            raise
        raise Broken(
            f"{crashed.who} died of queue.Full, at {crashed.place}, and the room with it. That is "
            "how an outbox says that its client does not read; that one client must go."
        ) from None
    _owner_waits(played.waits_at_the_end(OWNER))
    played.judge(CHAT)
    lines = played.members["anna"].outbox.lines
    if not any(line.startswith("* cara ") for line in lines if line != "* cara joined"):
        raise Broken(
            "cara's outbox was full, and she is still in: she has a gap that nobody tells her of. "
            "Who cannot be told is let go, and the others get '* cara was too slow'."
        )
    if played.members["cara"].outbox.closed != 1:
        raise Broken("cara was let go, and her outbox was not closed: her write pump waits on.")


def _owner_waits(waits):
    for what in waits:
        if "does not read" in what:
            raise Broken(
                f"The owner waits for {what}, and with it the whole room: in Go, a bare send to "
                "each client in the broadcaster's loop. put waits for a place, put_nowait does "
                "not."
            )


def _nothing_silent(played: Play) -> None:
    for member in played.members.values():
        if not any(": " in line for line in member.outbox.lines):
            raise Broken(
                f"{member.name} never heard a word that was said: does run carry out what say puts "
                "into the inbox?"
            )


def _queues(exercise) -> str:
    """Name the cause when there is more than one queue."""
    queues = [v for v in vars(exercise.Hub()).values() if hasattr(v, "get") and hasattr(v, "put")]
    if len(queues) < 2:
        return ""
    return (
        f"Your hub has {len(queues)} queues, and what one thread puts into two of them may come "
        "out the other way round. One inbox keeps the order."
    )
