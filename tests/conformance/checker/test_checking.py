"""The history checker finds nothing wrong with a room that has no fault."""

from hypothesis import given, settings

from conformance.checker import History, check
from tests.conformance.rooms import Room
from tests.conformance.talk import RANDOMLY, plain_rooms, rooms


@RANDOMLY
@given(rooms())
def test_faultless_room_is_acquitted(room: Room) -> None:
    """A room that does everything right has no violation, whatever its clients do."""
    assert check(room.history()).violations == ()


@settings(RANDOMLY, max_examples=50)
@given(plain_rooms())
def test_order_of_sessions_does_not_matter(room: Room) -> None:
    """The sessions of a history may stand in any order."""
    history = room.history()

    backwards = History(history.sessions[::-1])

    assert check(backwards) == check(history)


def test_cut_client_lacks_what_came_last() -> None:
    """A client that was cut need not have what others got after its last line."""
    room = Room()
    room.join("anna", "ben")
    room.say("anna", "anna-1")
    room.say("anna", "anna-2")
    room.cut("ben", unread=1)
    room.leave("ben", "was too slow")
    room.close("anna")

    assert check(room.history()).violations == ()


def test_last_words_of_a_cut_client_may_be_lost() -> None:
    """What a client said just before it was cut may have been accepted or not."""
    room = Room()
    room.join("anna", "ben")
    room.say("ben", "ben-1")
    room.send_unheard("ben", "ben-2")
    room.leave("ben")
    room.close("anna")

    assert check(room.history()).violations == ()


def test_port_used_again_is_another_client() -> None:
    """Two clients may come from the same port, one after the other."""
    room = Room()
    room.join("anna")
    for guest in ("g1", "g2"):
        room.join(guest, name="127.0.0.1:5000")
        room.say(guest, f"{guest}-1")
        room.leave(guest)
    room.close("anna")

    assert check(room.history()).violations == ()


def test_port_may_be_used_at_both_doors() -> None:
    """A client may come from the port of another that is still there under a chosen name."""
    room = Room()
    room.join("ben")
    room.join("anna", name="127.0.0.1:5000")
    room.rename("anna", "Anna")
    room.join("guest", name="127.0.0.1:5000")
    room.say("guest", "guest-1")
    room.leave("guest")
    room.close("anna", "ben")

    assert check(room.history()).violations == ()


def test_names_may_change_hands() -> None:
    """A name that one client gave up may be taken by another, and taken back."""
    room = Room()
    room.join("anna", "ben")
    for name in ("king", "nobody"):
        room.rename("anna", name)
        room.say("anna", f"anna-{name}")
    room.rename("ben", "king")
    room.say("ben", "ben-1")
    room.rename("ben", "ben")
    room.rename("anna", "king")
    room.say("anna", "anna-1")
    room.close("anna", "ben")

    assert check(room.history()).violations == ()


def test_name_may_be_taken_back() -> None:
    """A client may take the same name twice, and say the same words each time."""
    room = Room()
    room.join("anna", "ben")
    for name in ("king", "nobody", "king"):
        room.rename("anna", name)
        room.say("anna", "hello")
    room.close("anna", "ben")

    assert check(room.history()).violations == ()


def test_same_words_may_be_said_twice() -> None:
    """Messages without a tag may be the same, from one client or from two."""
    room = Room()
    room.join("anna", "ben")
    for speaker in ("anna", "anna", "ben"):
        room.say(speaker, "hello")
    room.close("anna", "ben")

    assert check(room.history()).violations == ()


def test_strangers_are_put_up_with() -> None:
    """A client that logs nothing may join, talk, take a name and leave."""
    room = Room()
    room.join("anna", "ben", "stranger")
    room.say("stranger", "good morning")
    room.rename("stranger", "somebody")
    room.say("stranger", "good bye")
    room.leave("stranger")
    room.close("anna", "ben")

    logged = [s for s in room.history().sessions if s.label != "stranger"]

    assert check(History(tuple(logged))).violations == ()


def test_port_of_a_stranger_may_be_used_again() -> None:
    """A client may come from a port that a stranger had before."""
    room = Room()
    room.join("anna", "ben")
    room.join("stranger", name="127.0.0.1:5000")
    room.join("cleo")
    room.leave("stranger")
    room.join("dora", name="127.0.0.1:5000")
    room.close("anna", "ben", "cleo", "dora")

    logged = [s for s in room.history().sessions if s.label != "stranger"]

    assert check(History(tuple(logged))).violations == ()


def test_room_that_was_empty_in_between_is_acquitted() -> None:
    """Clients that were never in the room together need not agree on an order."""
    room = Room()
    for label in ("anna", "ben"):
        room.join(label)
        room.say(label, f"{label}-1")
        room.leave(label)

    assert check(room.history()).violations == ()
