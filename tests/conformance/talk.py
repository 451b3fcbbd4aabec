"""Random rooms for property tests: whatever happens in them, nothing is wrong.

``rooms()`` draws everything that can confuse a checker: ports that are used again, names that are
given up and taken, the same words from several clients, clients that are cut in the middle.
``plain_rooms()`` draws rooms where every line is unique and no client is cut, so that any fault
that is planted in the middle can be proved.
"""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from conformance.checker import tagged
from tests.conformance.rooms import Room


__all__ = ["RANDOMLY", "plain_rooms", "rooms"]

# No deadline per example: servers of other tests may use the whole machine meanwhile.
RANDOMLY = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])

_PORTS = ("1:1", "1:2", "1:3", "1:4")
_CHOSEN = ("anna", "ben", "cleo")
_WORDS = ("hello", "* 1:1 left", "c0-1 c0-2")
_ENDS = ("left", "timed out", "was too slow")


@st.composite
def rooms(draw: st.DrawFn) -> Room:
    """Draw a room with some dozens of events, in which anything allowed may happen."""
    room, inside, free = Room(), list[str](), list(_PORTS)
    names: dict[str, str] = {}
    ports: dict[str, str] = {}
    for number in range(draw(st.integers(5, 45))):
        acts = ["join", "say", "say", "words", "rename", "who", "leave", "cut", "ask"]
        act = draw(st.sampled_from(acts)) if inside else "join"
        if act == "join":
            if not free:
                continue
            label = f"c{number}"
            ports[label] = names[label] = free.pop(draw(st.integers(0, len(free) - 1)))
            room.join(label, name=names[label])
            inside.append(label)
            continue
        label = draw(st.sampled_from(inside))
        match act:
            case "say":
                room.say(label, tagged(label, number), ahead=draw(st.integers(0, 5)))
            case "words":
                room.say(label, draw(st.sampled_from(_WORDS)))
            case "who":
                room.who(label)
            case "ask":
                room.send_unheard(label, f"/rename {draw(st.sampled_from(_CHOSEN))}")
            case "rename":
                name = draw(st.sampled_from(_CHOSEN))
                if name not in names.values():
                    room.rename(label, name)
                    names[label] = name
                    if label in ports:  # it may be used again, at the other door
                        free.append(ports.pop(label))
            case _:
                inside.remove(label)
                names.pop(label)
                if act == "cut":
                    room.cut(label, unread=draw(st.integers(0, 12)))
                    for more in range(draw(st.integers(0, 2))):
                        room.send_unheard(label, tagged(label, 1000 + more))
                if label in ports:
                    free.append(ports.pop(label))
                room.leave(label, draw(st.sampled_from(_ENDS)), gone=draw(st.booleans()))
    room.close(*inside)
    return room


@st.composite
def plain_rooms(draw: st.DrawFn) -> Room:
    """Draw a room where two talk throughout, others come and go, and every line is unique."""
    room = Room()
    room.join("anna", "ben")
    guests: list[str] = []
    for number in range(1, draw(st.integers(6, 20))):
        act = draw(st.sampled_from(["anna", "ben", "guest", "join", "leave"]))
        if act == "join":
            guests.append(f"g{number}")
            room.join(guests[-1])
        elif act == "leave" and guests:
            room.leave(guests.pop(0))
        else:
            speaker = guests[-1] if act == "guest" and guests else "anna"
            speaker = "ben" if act == "ben" else speaker
            room.say(speaker, tagged(speaker, number), ahead=draw(st.integers(0, 3)))
    room.close("anna", "ben", *guests)
    return room
