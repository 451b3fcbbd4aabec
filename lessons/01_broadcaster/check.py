"""Judges lesson 01: a hub whose map one thread owns."""

from __future__ import annotations

import queue

from hubbub.learning.hubs import CHAT, OWNER, Play, judge_return, judge_two_rooms, play
from hubbub.learning.maps import attributes
from hubbub.learning.promises import Broken, promise
from hubbub.learning.scene import (
    ODD_TEXT,
    judge_announced,
    judge_spoken_for,
    judge_unaltered,
    of_an_outbox,
)
from hubbub.learning.schedule import Crashed, Stuck


INTERFACE = """
Hub()
Hub.run()
Hub.join(name, outbox)
Hub.say(name, text)
Hub.leave(name)
"""
NOT_YOURS = "Only the owner may touch the map; all others put a command into the inbox."


def _play(exercise, seed, **scene):
    """Play a scene; what the owner dies of is told as that."""
    try:
        played = play(exercise, seed, owned=True, **scene)
    except Crashed as crashed:
        if isinstance(crashed.error, KeyError):
            raise Broken(
                f"{crashed.who} died of a KeyError, at {crashed.place}: somebody left who was not "
                "in. A read pump and a write pump may both report one departure; the second must "
                "do nothing."
            ) from None
        if isinstance(crashed.error, queue.Full) and of_an_outbox(crashed.error):
            raise Broken(
                f"{crashed.who} died of queue.Full, at {crashed.place}, and the room with it. That "
                "is how an outbox says that its client does not read; that one client must go."
            ) from None
        raise
    except Stuck as stuck:
        _owner_waits([f"{what} ({place})" for name, what, place in stuck.waiting if name == OWNER])
        raise
    _owner_waits(played.waits_at_the_end(OWNER))
    return played


@promise("lesson.owner", "Only the owner puts lines into outboxes.", seeds=10)
def only_the_owner(exercise, seed):
    try:
        played = _play(exercise, seed, inside="anna ben", talk="anna ben")
    except Broken as broken:
        raise Broken(f"{broken.sentence} Only the owner may touch the map.") from None
    for member in played.members.values():
        for delivery in member.outbox.deliveries:
            if delivery.by != OWNER:
                raise Broken(
                    f"{delivery.by} put '{delivery.line}' into {member.name}'s outbox itself. "
                    f"{NOT_YOURS}"
                )
    if played.schedule.locks_taken == 0 and not _queues(played.hub):
        raise Broken("There is no queue between the callers and the owner.")


@promise("delivery.exactly-once", "Everyone gets everything once, in one order.", seeds=80)
def talk(exercise, seed):
    played = _play(exercise, seed, inside="anna ben cara", talk="anna ben")
    _nothing_silent(played)
    played.judge(CHAT, _queues(played.hub))


@promise("membership.one-step", "It holds while others come and go.", seeds=80)
def comings_and_goings(exercise, seed):
    go = "cara" if seed % 2 else "cara cara"  # its two pumps may both report it
    played = _play(exercise, seed, inside="anna ben cara", talk="anna", come="dan", go=go)
    first = played.members["dan"].outbox.lines[:1]
    if first != ["* you are dan"]:
        raise Broken(
            f"The first line that dan got is {first[0] if first else 'nothing at all'!r}; a "
            "newcomer is welcomed first."
        )
    played.judge(CHAT, _queues(played.hub))
    judge_announced((played.members["anna"], played.members["ben"]), "* dan joined", "* cara left")
    _only_the_owner_looks(played)


@promise("membership.left-once", "A departure is announced once; a stranger cannot leave or speak.")
def leaving(exercise, seed):
    played = _play(
        exercise, seed, inside="anna ben cara", talk="anna", go="ben", strangers="nobody"
    )
    lines = played.members["anna"].outbox.lines
    if "nobody: nobody-1" in lines:
        raise Broken(
            "A line came from somebody who is not in: after its departure a member may still have "
            "a command in the inbox. The owner looks into the map, and says nothing then."
        )
    if any("nobody" in line for line in lines):
        raise Broken("Somebody who was never in was announced as having left.")
    played.judge(CHAT)
    _only_the_owner_looks(played)


@promise("lesson.closed", "A member that left has its outbox closed, once, and gets nothing more.")
def closed(exercise, seed):
    for go in ("ben", "ben ben"):
        played = _play(exercise, seed, inside="anna ben cara", talk="anna", go=go)
        ben = played.members["ben"].outbox
        if ben.late:
            raise Broken(
                f"After ben's outbox was closed, '{ben.late[0]}' was put into it. Take him out of "
                "the map first, then close, then tell the others."
            )
        if "* ben left" in ben.lines:
            raise Broken("ben was told of his own departure. Take him out of the map first.")
        if ben.closed == 0:
            raise Broken(
                "ben has left and his outbox was never closed: his write pump waits for ever. One "
                "such thread is left behind for each client that ever came."
            )
        if ben.closed > 1:
            raise Broken(
                f"ben's outbox was closed {ben.closed} times. In Go the second close of a channel "
                "is a panic: one owner closes, once."
            )


@promise("delivery.unaltered", "A line goes out as it came in.")
def unaltered(exercise, seed):
    judge_unaltered(_play(exercise, seed, inside="anna ben", talk="anna", text=ODD_TEXT).members)


@promise("membership.joined", "A member that has left may come back, and leave again.", seeds=4)
def coming_back(exercise, seed):
    judge_return(exercise, seed, owned=True)


@promise("slow.isolation", "A member that does not read delays nobody, and is evicted.", seeds=20)
def one_does_not_read(exercise, seed):
    inside, clogged = (
        ("anna cara ben dan", "cara"),
        ("anna ben cara", "cara"),
        ("cara anna dan ben", "cara dan"),
    )[seed % 3]
    played = _play(exercise, seed, inside=inside, talk="anna ben", clogged=clogged)
    played.judge(
        CHAT,
        "A member was full in the middle of the walk: every other member gets the line first, and "
        "then hears of the eviction.",
    )
    lines = played.members["anna"].outbox.lines
    for name in clogged.split():
        if not any(line.startswith(f"* {name} ") for line in lines if line != f"* {name} joined"):
            raise Broken(
                f"{name}'s outbox was full, and the others were never told that she is out. She "
                "has a gap that nobody tells her of: evict a member that cannot be told a line, "
                f"and tell the others '* {name} was too slow'."
            )
        if played.members[name].outbox.closed != 1:
            raise Broken(
                f"{name} was evicted, and her outbox was closed {_times(played.members[name])}: "
                "her write pump waits for a close, and it must come once."
            )


@promise("lesson.two-rooms", "Two rooms know nothing of each other.", seeds=6)
def two_rooms(exercise, seed):
    played = _play(exercise, seed, inside="anna ben", talk="anna", beside="zoe")
    judge_two_rooms(played)


def _times(member):
    return {0: "never", 1: "once"}.get(member.outbox.closed, f"{member.outbox.closed} times")


def _only_the_owner_looks(played: Play) -> None:
    for one in played.maps:
        others = [name for name in one.looks if name.endswith("'s thread")]
        is_inbox = not isinstance(one, dict) and any(name in one.changers for name in others)
        if OWNER in one.looks and others and not is_inbox and _holds(one, played):
            touch = one.looks[others[0]]
            at = f" at {touch.place}" if touch.place else ""
            raise Broken(
                f"{touch.by} looks into the map itself{at}. By the time the owner carries the "
                f"command out, what it saw may be wrong. {NOT_YOURS}"
            )


def _holds(one, played: Play) -> bool:
    """Tell whether a container holds members: their names, their outboxes, or what has these."""
    outboxes = [member.outbox for member in played.members.values()]
    for entry in one.items() if isinstance(one, dict) else list(one):
        parts = entry if isinstance(entry, tuple | list) else (entry,)
        within = [value for part in parts for value in attributes(part).values()]
        for part in (*parts, *within):
            if isinstance(part, str) and part in played.members:
                return True
            if any(part is outbox for outbox in outboxes):
                return True
    return False


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
        judge_spoken_for(member)
        if not any(": " in line for line in member.outbox.lines):
            raise Broken(
                f"{member.name} never heard a word that was said: does run carry out what say puts "
                "into the inbox?"
            )


def _queues(hub) -> str:
    """Name the cause when there is more than one queue."""
    held = attributes(hub).values()
    queues = [v for v in held if hasattr(v, "get") and hasattr(v, "put")]
    if len(queues) < 2:
        return ""
    return (
        f"Your hub has {len(queues)} queues, and what one thread puts into two of them may come "
        "out in another order. One inbox keeps the order."
    )
