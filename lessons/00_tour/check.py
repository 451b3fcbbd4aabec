"""Judges lesson 00: the smallest room, with one caller."""

from __future__ import annotations

from hubbub.learning.promises import Broken, promise
from hubbub.learning.scene import (
    ODD_TEXT,
    Member,
    history_of,
    judge_history,
    judge_unaltered,
    members,
)


INTERFACE = """
Hub()
Hub.join(name, outbox)
Hub.say(name, text)
Hub.leave(name)
"""
RULES = ("delivery.exactly-once", "order.total", "order.speaker", "order.membership")


def _room(exercise, names="anna ben cara"):
    hub = exercise.Hub()
    cast = members(names)
    for member in cast:
        hub.join(member.name, member.outbox)
    return hub, cast


def _since(member: Member, start: int) -> list[str]:
    return member.outbox.lines[start:]


@promise("membership.welcome", "A newcomer is welcomed first, and all others are told.")
def arrivals(exercise, seed):
    _, (anna, ben, _) = _room(exercise)
    for member in (anna, ben):
        if _since(member, 0)[:1] != [f"* you are {member.name}"]:
            raise Broken(f"The first line that {member.name} gets must be its welcome.")
    if anna.outbox.lines[1:] != ["* ben joined", "* cara joined"]:
        raise Broken(
            f"After her welcome anna should be told of ben and cara, once each; she got "
            f"{anna.outbox.lines[1:]}."
        )


@promise("commands.text", "Text goes to everyone, the speaker too, as NAME: text.")
def talk(exercise, seed):
    hub, cast = _room(exercise)
    before = [len(member.outbox.lines) for member in cast]
    ben = cast[1]
    for number in (1, 2):
        hub.say("ben", ben.says(f"ben-{number}{ODD_TEXT if number == 2 else ''}"))
    got = {m.name: _since(m, n) for m, n in zip(cast, before, strict=True)}
    silent = [name for name, lines in got.items() if not lines]
    if silent == ["ben"]:
        raise Broken(
            "ben spoke, all others heard it, and he did not: the speaker hears itself. Its own "
            "line is the only receipt that it was accepted, and at which place in the order."
        )
    if silent:
        heard = [name for name in got if name not in silent]
        only = f": only {_and(heard)} did" if heard else ""
        raise Broken(f"ben spoke, and {_and(silent)} heard nothing{only}.")
    first = next(iter([line for lines in got.values() for line in lines]), "")
    if first and not first.startswith("ben: "):
        raise Broken(
            f"ben said 'ben-1', and what came out is {first!r}: the room says who spoke, as "
            "'ben: ben-1'. If the speaker said it, anyone could speak as anyone."
        )
    judge_unaltered({member.name: member for member in cast})
    judge_history(history_of(cast), RULES)
    if len(got["anna"]) != 2:
        raise Broken(f"ben said two lines, and anna got {got['anna']}.")


@promise("membership.left-once", "A departure is announced to the others, once.")
def departures(exercise, seed):
    hub, (anna, ben, cara) = _room(exercise)
    before = len(anna.outbox.lines), len(cara.outbox.lines)
    ben.gone = True
    try:
        hub.leave("ben")
    except RuntimeError as error:
        if "changed size" not in str(error):
            raise
        raise Broken(
            "Your code changes the map while it walks it: take ben out before the loop, and "
            "walk what is left."
        ) from None
    told = _since(anna, before[0]), _since(cara, before[1])
    if told == ([], []):
        raise Broken("ben has left, and nobody was told: '* ben left' goes to all who stay.")
    if "* ben left" in ben.outbox.lines:
        raise Broken("ben was told that he has left. Take him out of the map before you tell.")
    if told != (["* ben left"], ["* ben left"]):
        raise Broken(
            f"anna and cara should both get '* ben left', once; they got {told[0]} and {told[1]}."
        )


@promise("membership.no-ghost", "A member that has left gets nothing more, and says nothing more.")
def ghosts(exercise, seed):
    hub, (anna, ben, _) = _room(exercise)
    ben.gone = True
    hub.leave("ben")
    before = len(ben.outbox.lines)
    hub.say("anna", anna.says("anna-1"))
    if len(ben.outbox.lines) > before:
        raise Broken("ben has left, and still gets what anna says: he is still in the map.")
    heard = len(anna.outbox.lines)
    try:
        hub.say("ben", "ben-1")
        hub.leave("ben")
    except KeyError as error:
        raise Broken(
            f"ben had left, then he was asked to speak or to leave again, and that ended in a "
            f"KeyError ({error}). This is ordinary: a read pump and a write pump may both report "
            "one departure. It must do nothing."
        ) from None
    if "* ben left" in anna.outbox.lines[heard:]:
        raise Broken("ben left a second time, and it was announced again: a stay ends once.")
    if len(anna.outbox.lines) > heard:
        raise Broken(f"ben had left, and anna still heard {anna.outbox.lines[-1]!r} from him.")


@promise("membership.joined", "A member that has left may come back, and a room may become empty.")
def returns(exercise, seed):
    hub, cast = _room(exercise, "anna ben")
    for member in cast:
        hub.leave(member.name)
    anna, ben = members("anna ben")
    for member in (anna, ben):
        hub.join(member.name, member.outbox)
    hub.leave("ben")
    wanted = ["* you are anna", "* ben joined", "* ben left"]
    if anna.outbox.lines != wanted:
        raise Broken(
            "anna and ben left, both came back, and ben left again. anna should get "
            f"{wanted}, and got {anna.outbox.lines}: a name that has left is as good as new."
        )


@promise("lesson.two-rooms", "Two rooms know nothing of each other.")
def two_rooms(exercise, seed):
    hub, (anna, ben) = _room(exercise, "anna ben")
    other, (dan, emil) = _room(exercise, "dan emil")
    hub.say("anna", anna.says("anna-1"))
    other.leave("dan")
    for member, stranger in ((dan, "anna"), (emil, "anna"), (anna, "dan"), (ben, "dan")):
        if any(stranger in line for line in member.outbox.lines):
            raise Broken(
                f"Two rooms were made, and {member.name}, in one of them, heard of {stranger}, in "
                "the other: they share their map. Make the map in __init__, as self._outboxes; a "
                "map in the class or in the module is one for all rooms."
            )
    if dan.outbox.lines != ["* you are dan", "* emil joined"]:
        raise Broken(f"dan was in a room with emil alone, and got {dan.outbox.lines}.")


def _and(names):
    return " and ".join(names)
