"""Play a scene with a hub that threads call, and say what caused what went wrong.

A hub has ``join(name, outbox)``, ``say(name, text)`` and ``leave(name)``; one that has an owner
has ``run()`` too, which gets a strand of its own. Each member is a strand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from conformance.checker import History
from hubbub.learning.promises import Broken
from hubbub.learning.scene import Member, history_of, judge_history
from hubbub.learning.schedule import Crashed, Schedule, Stuck


__all__ = ["CHAT", "OWNER", "Play", "play"]

CHAT = (
    *("order.total", "order.speaker", "order.membership", "delivery.exactly-once"),
    *("delivery.unaltered", "commands.forge", "membership.one-step", "membership.joined"),
    *("membership.left-once", "membership.no-ghost"),
)
OWNER = "the owner"
_LINES = 2  # that each talker says
_SOON_S = 1.0


@dataclass
class Play:
    """What happened.

    Attributes:
        members: by name.
        schedule: whose turns it were.
    """

    members: dict[str, Member]
    schedule: Schedule

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
    fences: bool = True,
    explain: Callable[[Play], str] = lambda _: "",
) -> Play:
    """Play one scene: some are inside; then, all at once, some talk, some come and some go.

    At last each who stayed says a fence, one after the other, so that all that was said before
    must have come. Names stand in strings, with spaces between them.

    Args:
        explain: names a cause, which goes in front of a crash or a standstill.

    Raises:
        Broken: somebody crashed, or nobody could go on, and ``explain`` knew why.
    """
    hub = exercise.Hub()
    schedule = Schedule(seed, [exercise.__file__])
    names = dict.fromkeys(f"{inside} {come}".split())
    from hubbub.learning.scene import Outbox

    cast = {name: Member(name, Outbox(name)) for name in names}
    played = Play(cast, schedule)
    if hasattr(hub, "run"):
        schedule.spawn(OWNER, hub.run, daemon=True)

    def enter(name: str) -> None:
        if schedule.strand is not None:
            schedule.strand.name = f"{name}'s thread"
        hub.join(name, cast[name].outbox)

    def talks(name: str) -> None:
        for number in range(1, _LINES + 1):
            hub.say(name, cast[name].says(f"{name}-{number}"))

    def leaves(name: str) -> None:
        cast[name].gone = True
        hub.leave(name)

    def direct() -> None:
        for name in inside.split():
            enter(name)  # in the newcomer's name
            _until(schedule, cast[name], f"* you are {name}")
        for name in clogged.split():
            cast[name].outbox.clogged = True
        parts = [(name, talks) for name in talk.split()]
        parts += [(name, enter) for name in come.split()] + [(name, leaves) for name in go.split()]
        strands = [
            schedule.spawn(f"{name}'s thread", lambda act=act, name=name: act(name))  # type: ignore[misc]
            for name, act in parts
        ]
        director.name, director.at = "the check", ("", 0)
        schedule.wait("the talk to end", lambda: all(strand.ended for strand in strands))
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


def _until(schedule: Schedule, member: Member, line: str) -> None:
    """Wait for a line, for as long as anybody else can go on; the history tells if it came."""
    schedule.wait(f"{line!r} to come", lambda: line in member.outbox.lines, _SOON_S)


@contextmanager
def _explained(played: Play, explain: Callable[[Play], str]) -> Iterator[None]:
    try:
        yield
    except Crashed as crashed:
        if not isinstance(crashed.error, RuntimeError) or "changed size" not in str(crashed.error):
            raise
        others = "".join(
            f" Meanwhile {who} was in {function} (line {line}), without a lock."
            for who, function, line, held in played.schedule.meanwhile
            if not held and function != "run"
        )
        if not others:
            raise Broken(
                f"{crashed.who} changed the map while it walked it ({crashed.place}), and died of "
                f"it: {crashed.error}. Note the names in the loop, and change the map behind it."
            ) from None
        raise Broken(
            f"{crashed.who} was walking the map ({crashed.place}) when another thread changed "
            f"it, and died of it: {crashed.error}.{others} {explain(played)}".strip()
        ) from None
    except Stuck as stuck:
        cause = explain(played)
        if not cause:
            raise
        told = "; ".join(f"{who} waits for {what}" for who, what, _ in stuck.waiting[:2])
        raise Broken(f"{cause} {told}.") from None
