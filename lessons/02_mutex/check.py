"""Judges lesson 02: a hub that many threads call."""

from __future__ import annotations

import queue

from hubbub.learning.hubs import CHAT, Play, judge_return, judge_two_rooms, play
from hubbub.learning.promises import Broken, promise
from hubbub.learning.scene import ODD_TEXT, judge_announced, judge_unaltered, of_an_outbox
from hubbub.learning.schedule import Crashed, Stuck, told_waits


INTERFACE = """
Hub()
Hub.join(name, outbox)
Hub.say(name, text)
Hub.leave(name)
"""


KEEPS = (
    "A client that is not in was asked to leave, and after it nobody can do anything: leave "
    "returns early and keeps the lock. A with statement releases it on every way out."
)


@promise("delivery.exactly-once", "One after the other, everyone gets everything once.")
def nothing_at_once(exercise, seed):
    played = play(exercise, seed, inside="anna ben", talk="anna")
    played.judge(CHAT)
    if "* you are anna" not in played.members["anna"].outbox.lines[:1]:
        raise Broken("A newcomer's first line must be its welcome, * you are NAME.")


@promise("order.total", "Two who talk at once are heard in one order by all.", seeds=120)
def one_order(exercise, seed):
    played = play(exercise, seed, inside="anna ben cara dan", talk="anna ben", explain=_explain)
    played.judge(CHAT, _explain(played))


@promise("membership.churn", "It holds while others come and go.", seeds=120)
def comings_and_goings(exercise, seed):
    go = "cara" if seed % 2 else "cara cara"  # its two pumps may both report it
    try:
        played = _play(
            exercise, seed, inside="anna ben cara", talk="anna", come="dan", go=go, explain=_explain
        )
    except Stuck as stuck:
        if go == "cara cara" and "never released" in str(stuck):
            raise Broken(f"{KEEPS} {told_waits(stuck.waiting)}") from None
        raise
    played.judge(CHAT, _explain(played))
    judge_announced((played.members["anna"], played.members["ben"]), "* dan joined", "* cara left")


@promise("membership.left-once", "A stranger cannot leave, and nothing is locked after it.")
def strangers(exercise, seed):
    try:
        played = _play(exercise, seed, inside="anna ben", talk="anna", strangers="nobody")
    except Stuck:
        raise Broken(KEEPS) from None
    lines = played.members["anna"].outbox.lines
    if any(line.startswith("* nobody") for line in lines):
        raise Broken("Somebody who was never in was announced as having left.")


def _play(exercise, seed, **scene):
    """Play a scene; what leaves twice and dies of it is told as that."""
    try:
        return play(exercise, seed, **scene)
    except Crashed as crashed:
        if not isinstance(crashed.error, KeyError):
            raise
        raise Broken(
            f"{crashed.who} died of {type(crashed.error).__name__} ({crashed.error}), at "
            f"{crashed.place}: a member that is not in was asked to leave or to speak. A read pump "
            "and a write pump may both report one departure; the second must do nothing."
        ) from None


@promise("delivery.unaltered", "A line goes out as it came in.")
def unaltered(exercise, seed):
    judge_unaltered(_play(exercise, seed, inside="anna ben", talk="anna", text=ODD_TEXT).members)


@promise(
    "membership.joined", "Several come into an empty room at once; one may come back.", seeds=24
)
def arrivals(exercise, seed):
    played = _play(exercise, seed, come="anna ben cara", explain=_explain)
    played.judge(CHAT, _explain(played))
    for member in played.members.values():
        if member.outbox.lines[:1] != [f"* you are {member.name}"]:
            raise Broken(f"{member.name} came, and was never welcomed. {_explain(played)}".strip())
    if seed < 4:
        judge_return(exercise, seed)


@promise("slow.isolation", "A member that does not read delays nobody, and is evicted.", seeds=20)
def one_does_not_read(exercise, seed):
    inside, clogged = (
        ("anna cara ben dan", "cara"),
        ("anna ben cara", "cara"),
        ("cara anna dan ben", "cara dan"),
    )[seed % 3]
    try:
        played = play(exercise, seed, inside=inside, talk="anna ben", clogged=clogged)
    except Stuck as stuck:
        raise Broken(_who_waits(stuck.waiting)) from None
    except Crashed as crashed:
        if not (isinstance(crashed.error, queue.Full) and of_an_outbox(crashed.error)):
            raise
        raise Broken(
            f"{crashed.who} died of queue.Full, at {crashed.place}: that is how an outbox says "
            "that its client does not read. The room must survive it, and evict that one client."
        ) from None
    waiting = [(one.name, str(one.waits_for), one.place) for one in played.schedule.strands]
    if any("does not read" in what for _, what, _ in waiting):
        raise Broken(_who_waits(waiting))
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


@promise("lesson.two-rooms", "Two rooms know nothing of each other.", seeds=6)
def two_rooms(exercise, seed):
    played = play(exercise, seed, inside="anna ben", talk="anna", beside="zoe")
    judge_two_rooms(played)


def _who_waits(waiting):
    who, what, place = waiting[0]
    for other in waiting:
        if "does not read" in other[1]:
            who, what, place = other
    if "does not read" not in what:
        return told_waits(waiting)
    return (
        f"{who} waits for {what} ({place}), and with it the whole room: put waits for a place, "
        "put_nowait does not."
    )


def _explain(played: Play) -> str:
    """Name the cause, from the locks that each line was put in with."""
    if not played.schedule.locks_taken:
        return "No lock is ever taken, so two threads are in the hub at the same time."
    puts = [
        (delivery.line, delivery.locks)
        for member in played.members.values()
        for delivery in member.outbox.deliveries
        if delivery.by != "the check"
    ]
    bare = sorted({_method(line) for line, locks in puts if not locks})
    if "say" in bare and played.schedule.locks_taken > len(played.members) + 2:
        return (
            "say takes a lock, and holds none while it puts its lines into the outboxes. A copy of "
            "the map is safe to walk, but two walks still overtake each other."
        )
    if bare:
        return f"{' and '.join(bare)} puts its lines in without the lock that the others take."
    if len({frozenset(locks) for _, locks in puts}) > 1:
        return "Not every step takes the same lock: a lock keeps out only the threads that take it."
    return ""


def _method(line: str) -> str:
    if not line.startswith("* "):
        return "say"
    return "join" if line.endswith(" joined") or "you are" in line else "leave"
