"""A session and the log that it is made from."""

from conformance.checker import Session


def test_session_keeps_a_client_s_own_order() -> None:
    """A session gives back its log in order, without kinds of entries that it does not know."""
    log = [("said", "a-1"), ("got", "* you are a:1"), ("got", "a:1: a-1"), ("said", "a-2")]

    session = Session.from_log("a", [*log, ("end", "eof")])

    assert list(session.log()) == log
