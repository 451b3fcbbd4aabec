"""The history checker acquits every room without a fault, and says when it saw too little."""

from hypothesis import given, settings

from conformance.checker import Coverage, History, Session, check, tag_of, tagged
from tests.conformance.rooms import Room
from tests.conformance.talk import RANDOMLY, plain_rooms, rooms


ANYTHING = Coverage()


@RANDOMLY
@given(rooms())
def test_faultless_room_is_acquitted(room: Room) -> None:
    """Nothing is held against a room that does all right, whatever its clients do."""
    assert check(room.history()).violations == ()


@settings(RANDOMLY, max_examples=50)
@given(plain_rooms())
def test_order_of_sessions_does_not_matter(room: Room) -> None:
    """The sessions of a history may stand in any order."""
    history = room.history()

    backwards = History(history.sessions[::-1])

    assert check(backwards) == check(history)


def test_cut_client_lacks_what_came_last() -> None:
    """A client that was cut need not have got what others got after its last line."""
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
    """A client may come from the port of one that is still there, and has another name by now."""
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
    """A name that was given up may be taken by another, and taken back."""
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
    """A client may take the same name twice, and say the same each time."""
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
    """Clients that were never in the room together have no order to agree on."""
    room = Room()
    for label in ("anna", "ben"):
        room.join(label)
        room.say(label, f"{label}-1")
        room.leave(label)

    assert check(room.history()).violations == ()


def test_overlapping_talk_is_a_pass() -> None:
    """A history with two speakers who overlap exercises enough to pass."""
    room = Room()
    room.join("anna", "ben")
    room.say("anna", "anna-1", ahead=1)
    room.say("ben", "ben-1", ahead=1)

    verdict = check(room.history())

    assert verdict.outcome == "pass"
    assert verdict.coverage == Coverage(receivers=2, messages=2, deliveries=4, overlaps=1)


def test_talk_in_turns_is_unknown() -> None:
    """Where nobody spoke at the same time as another, nothing is proved."""
    room = Room()
    room.join("anna", "ben")
    room.close("anna", "ben")

    verdict = check(room.history())

    assert verdict.outcome == "unknown"
    assert verdict.lacks == ("0 overlaps where at least 1 are needed",)


def test_empty_history_is_unknown() -> None:
    """Nothing at all is never a pass."""
    verdict = check(History(()))

    assert verdict.outcome == "unknown"
    assert len(verdict.lacks) == 3


def test_churn_amid_talk_is_counted() -> None:
    """Joins and departures count where there is talk before and after them."""
    room = Room()
    room.join("anna", "ben")
    room.say("anna", "anna-1")
    room.join("cleo")
    room.leave("cleo")
    room.say("anna", "anna-2")
    room.leave("ben")

    coverage = check(room.history(), ANYTHING).coverage

    assert (coverage.joins, coverage.departures) == (1, 1)


def test_session_keeps_a_client_s_own_order() -> None:
    """A session gives back the log that it was made from, without what it does not know."""
    log = [("said", "a-1"), ("got", "* you are a:1"), ("got", "a:1: a-1"), ("said", "a-2")]

    session = Session.from_log("a", [*log, ("end", "eof")])

    assert list(session.log()) == log


def test_tag_survives_padding() -> None:
    """A message tells its label and its number, whatever is behind them."""
    assert tag_of(tagged("anna", 17, padding_bytes=5)) == ("anna", 17)
    assert tag_of("talker-1-17?") == ("talker-1", 17)
    assert tag_of("good morning") is None
