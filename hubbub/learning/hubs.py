"""Play a scene with a hub that threads call, and say what caused what went wrong.

A hub has ``join(name, outbox)``, ``say(name, text)`` and ``leave(name)``; one that has an owner
has ``run()`` too, which gets a strand of its own. Each member is a strand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from conformance.checker import History
from hubbub.learning.controlled import begin_early_threads
from hubbub.learning.maps import Watched, watch_maps
from hubbub.learning.promises import Broken
from hubbub.learning.scene import SHARED, Member, Outbox, history_of, judge_history, strangers_of
from hubbub.learning.schedule import Crashed, Schedule, Strand


__all__ = ["CHAT", "OWNER", "Play", "judge_return", "judge_two_rooms", "play"]

CHAT = (
    *("order.total", "order.speaker", "order.membership", "delivery.exactly-once"),
    *("delivery.unaltered", "commands.forge", "membership.one-step", "membership.joined"),
    *("membership.left-once", "membership.no-ghost"),
)
OWNER = "the owner"
MAKER = "the thread that makes the room"
_LINES = 2  # that each talker says
_SOON_S = 1.0


@dataclass
class Play:
    """What happened.

    Attributes:
        members: by name.
        schedule: who ran when.
        hub: the exercise's.
        maps: the dicts of the hub, which note who touches them.
        stranger: the member of another room.
    """

    members: dict[str, Member]
    schedule: Schedule
    hub: Any = None
    maps: list[Watched] = field(default_factory=list)
    stranger: Member = field(default_factory=lambda: Member("", Outbox("")))

    @property
    def history(self) -> History:
        """What all said and got."""
        return history_of(self.members.values())

    def waits_at_the_end(self, name: str) -> list[str]:
        """Return what a strand was still waiting for when the scene was over."""
        return [
            f"{strand.waits_for} ({strand.place})"
            for strand in self.schedule.strands
            if strand.name == name and strand.waits_for
        ]

    def judge(self, rules: Sequence[str] = CHAT, cause: str = "") -> None:
        """Raise `Broken` where one of the rules is broken."""
        judge_history(self.history, rules, cause)


def play(
    exercise: Any,
    seed: int,
    *,
    inside: str = "",
    talk: str = "",
    come: str = "",
    go: str = "",
    clogged: str = "",
    strangers: str = "",
    owned: bool = False,
    beside: str = "",
    text: str = "",
    fences: bool = True,
    explain: Callable[[Play], str] = lambda _: "",
) -> Play:
    """Play one scene: some are inside; then, all at once, some talk, some come and some go.

    At last each member that stayed says a fence, one after the other, so that all that was said
    before must have come. Names stand in strings, with spaces between them, in the order of their
    arrival; a name that stands in ``go`` twice leaves twice at once.

    Args:
        strangers: they are not in; each leaves before the others come, and says something at the
            end, as do those that have left.
        owned: the hub has a method ``run``, which gets a strand of its own.
        beside: a member of another room, which is made first and must not notice this one.
        text: what each line of a talker ends with.
        explain: names a cause, which goes behind a crash.

    Raises:
        Broken: a strand crashed because a map changed while it walked it.
    """
    schedule = Schedule(seed, [exercise.__file__])
    cast = {name: Member(name, Outbox(name)) for name in dict.fromkeys(f"{inside} {come}".split())}
    played = Play(cast, schedule, stranger=Member(beside, Outbox(beside)))

    def enter(name: str) -> None:
        if schedule.strand is director:
            director.name = f"{name}'s thread"
        played.hub.join(name, cast[name].outbox)

    def talks(name: str) -> None:
        for number in range(1, _LINES + 1):
            played.hub.say(name, cast[name].says(f"{name}-{number}{text}"))

    def leaves(name: str) -> None:
        cast[name].gone = True
        played.hub.leave(name)

    def direct() -> None:
        begin_early_threads()
        director.name = MAKER
        if beside:
            other = exercise.Hub()
            if owned:
                schedule.spawn("the owner of another room", other.run, daemon=True)
            other.join(beside, played.stranger.outbox)
            _until(schedule, played.stranger, f"* you are {beside}")
        hub = played.hub = exercise.Hub()
        played.maps = watch_maps(hub)
        if owned:
            schedule.spawn(OWNER, hub.run, daemon=True)
        for name in strangers.split():
            director.name = f"{name}'s thread"
            hub.leave(name)
        for name in inside.split():
            enter(name)  # in the newcomer's name
            _until(schedule, cast[name], f"* you are {name}")
        for name in clogged.split():
            cast[name].outbox.clogged = True
        parts = [(name, talks) for name in talk.split()]
        parts += [(name, enter) for name in come.split()] + [(name, leaves) for name in go.split()]
        strands: list[Strand] = []
        for name, act in parts:
            another = f"{name}'s thread" in [strand.name for strand in strands]
            strand_name = f"{name}'s {'other thread' if another else 'thread'}"
            strands.append(schedule.spawn(strand_name, partial(act, name)))
        director.name, director.at = "the check", ("", 0)
        schedule.wait("the talk to end", lambda: all(strand.ended for strand in strands))
        for name in strangers.split():
            director.name = f"{name}'s thread"
            hub.say(name, f"{name}-1")
        if beside:
            director.name = f"{beside}'s thread"
            other.say(beside, f"{beside}-1")
            _until(schedule, played.stranger, f"{beside}: {beside}-1")
        if fences:
            for member in cast.values():
                if not member.gone and not member.outbox.clogged:
                    director.name = f"{member.name}'s thread"
                    fence = member.says(f"{member.name}-{_LINES + 1}")
                    hub.say(member.name, fence)
                    _until(schedule, member, f"{member.name}: {fence}")

    director = schedule.spawn("the check", direct)
    with _explained(played, explain):
        schedule.run()
    return played


def judge_return(exercise: Any, seed: int, *, owned: bool = False) -> None:
    """Raise `Broken` where a member that left cannot come back, speak and leave again."""
    schedule = Schedule(seed, [exercise.__file__])
    anna, before, after = Outbox("anna"), Outbox("ben"), Outbox("ben")
    steps: tuple[tuple[str, str, tuple[Any, ...]], ...] = (
        ("* ben joined", "join", ("ben", before)),
        ("* ben left", "leave", ("ben",)),
        ("* ben joined", "join", ("ben", after)),
        ("ben: ben-1", "say", ("ben", "ben-1")),
        ("* ben left", "leave", ("ben",)),
    )

    def told(count: int) -> Callable[[], bool]:
        return lambda: len(anna.lines) >= count

    def direct() -> None:
        begin_early_threads()
        director.name = MAKER
        hub = exercise.Hub()
        if owned:
            schedule.spawn(OWNER, hub.run, daemon=True)
        director.name = "anna's thread"
        hub.join("anna", anna)
        director.name = "ben's thread"
        for number, (_, method, given) in enumerate(steps):
            getattr(hub, method)(*given)
            schedule.wait("anna to be told", told(number + 2), _SOON_S)

    director = schedule.spawn("the check", direct)
    schedule.run()
    wanted = ["* you are anna", *(line for line, _, _ in steps)]
    if anna.lines != wanted:
        said = next((f"got {got!r} where {right!r} should come"
                     for got, right in zip(anna.lines, wanted, strict=False) if got != right),
                    f"got {len(anna.lines)} of {len(wanted)} lines: the next is "
                    f"{wanted[min(len(anna.lines), len(wanted) - 1)]!r}")  # fmt: skip
        raise Broken(
            f"ben left, came back, spoke and left again, and anna {said}. A name that has left is "
            "as good as new."
        )
    if after.lines[:1] != ["* you are ben"]:
        raise Broken(
            f"ben left and came back, and was not welcomed: his new outbox got {after.lines}."
        )


def judge_two_rooms(played: Play) -> None:
    """Raise `Broken` where one of two rooms got, or lost, something by the other one."""
    stranger = played.stranger
    strangers_of(played.members.values(), stranger.name)
    strangers_of([stranger], " ".join(played.members))
    for member in (*played.members.values(), stranger):
        if not any(": " in line for line in member.outbox.lines):
            raise Broken(
                f"Two rooms were made, and {member.name}, in one of them, never heard a word. "
                f"{SHARED}"
            )


def _until(schedule: Schedule, member: Member, line: str) -> None:
    """Wait for a line, for as long as another strand can go on; the history tells if it came."""
    schedule.wait(f"{line!r} to come", lambda: line in member.outbox.lines, _SOON_S)


@contextmanager
def _explained(played: Play, explain: Callable[[Play], str]) -> Iterator[None]:
    try:
        yield
    except Crashed as crashed:
        if not isinstance(crashed.error, RuntimeError) or "changed size" not in str(crashed.error):
            raise
        raise Broken(_of_the_walk(played, crashed, explain)) from None


def _of_the_walk(played: Play, crashed: Crashed, explain: Callable[[Play], str]) -> str:
    """Say which code changed a map while a strand walked it: its own, or another strand's."""
    changes = [one.changed for one in played.maps if one.changed is not None]
    others = [change for change in changes if change.by != crashed.who]
    if others:
        meanwhile = "".join(
            f" {change.by} changed it"
            f"{f' at {change.place}' if change.place else ''}"
            f"{'' if change.locked else ', without a lock'}."
            for change in others[:1]
        )
    elif changes:
        meanwhile = ""
    else:
        meanwhile = "".join(
            f" Meanwhile {name} was in {function} (line {line}), without a lock."
            for name, function, line, held in played.schedule.meanwhile
            if not held and function != "run"
        )
    if not meanwhile:
        at = f" The change is at {changes[0].place}." if changes and changes[0].place else ""
        return (
            f"{crashed.who} changed the map while it walked it itself, at {crashed.place}, and "
            f"died of {type(crashed.error).__name__} ({crashed.error}).{at} Note the names in the "
            "loop, and change the map after the loop."
        )
    return (
        f"{crashed.who} was walking the map, at {crashed.place}, when another thread changed it, "
        f"and died of {type(crashed.error).__name__} ({crashed.error}).{meanwhile} "
        f"{explain(played)}"
    ).strip()
