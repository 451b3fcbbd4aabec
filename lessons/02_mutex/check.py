"""Judges lesson 02: a hub that many threads call."""

from __future__ import annotations

from hubbub.learning.hubs import CHAT, Play, play
from hubbub.learning.promises import Broken, promise
from hubbub.learning.schedule import Crashed, Stuck


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
    played = play(
        exercise, seed, inside="anna ben cara", talk="anna", come="dan", go="cara", explain=_explain
    )
    played.judge(CHAT, _explain(played))


@promise("membership.left-once", "Whoever is not in cannot leave, and nothing is locked after it.")
def strangers(exercise, seed):
    class Room:
        __file__ = exercise.__file__

        @staticmethod
        def Hub():
            hub = exercise.Hub()
            hub.leave("nobody")
            return hub

    try:
        played = play(Room, seed, inside="anna ben", talk="anna")
    except Stuck:
        raise Broken(
            "After somebody who is not in has left, nobody can do anything: leave returns early "
            "and keeps the lock. A with statement lets it go on every way out."
        ) from None
    played.judge(CHAT)
    if any("nobody" in line for line in played.members["anna"].outbox.lines):
        raise Broken("Somebody who was never in was announced as having left.")


@promise("slow.isolation", "A member that does not read delays nobody, and is let go.", seeds=20)
def one_does_not_read(exercise, seed):
    try:
        played = play(exercise, seed, inside="anna ben cara", talk="anna ben", clogged="cara")
    except Stuck as stuck:
        raise Broken(_who_waits(stuck)) from None
    except Crashed as crashed:
        if type(crashed.error).__name__ != "Full":
            raise
        raise Broken(
            f"{crashed.who} died of queue.Full, at {crashed.place}: that is how an outbox says "
            "that its client does not read. The room must get over it, and let that one go."
        ) from None
    played.judge(CHAT)
    lines = played.members["anna"].outbox.lines
    if not any(line.startswith("* cara ") for line in lines if line != "* cara joined"):
        raise Broken(
            "cara's outbox was full, and she is still in: she has a gap that nobody tells her of. "
            "Who cannot be told is let go, and the others get '* cara was too slow'."
        )


def _who_waits(stuck):
    who, what, place = stuck.waiting[0]
    for other in stuck.waiting:
        if "does not read" in other[1]:
            who, what, place = other
    if "does not read" not in what:
        return f"{who} waits for {what} ({place}): nobody can go on."
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
            "say takes a lock and lets it go before the lines are in the outboxes; a copy of the "
            "map is safe to walk, but two walks still overtake one another."
        )
    if bare:
        return f"{' and '.join(bare)} puts its lines in without the lock that the others take."
    if len({frozenset(locks) for _, locks in puts}) > 1:
        return "Not every step takes the same lock: each keeps out only those who take it too."
    return ""


def _method(line: str) -> str:
    if not line.startswith("* "):
        return "say"
    return "join" if line.endswith(" joined") or "you are" in line else "leave"
