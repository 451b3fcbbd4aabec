"""The clients of both doors say what they expected and what came, and miss nothing.

Each test plays the server itself, over a real connection.
"""

import pytest

from conformance.expectations import ConnectionEnded, Mismatch
from conformance.timing import TICK
from tests.conformance.by_hand import Stage


SOON = TICK / 2  # seconds; for a wait that is meant to fail


def test_wrong_line_is_shown_beside_the_right_one(stage: Stage) -> None:
    """The message names the client, what it expected and what it got."""
    anna, server = stage.tcp()
    server.sendall(b"ben: ho\n")

    with pytest.raises(Mismatch, match=r"^anna expected 'ben: hi' and got 'ben: ho'$"):
        anna.expect("ben: hi")


def test_missing_line_is_shown_with_all_that_came(stage: Stage) -> None:
    """A wait that fails says how long it was and what came meanwhile."""
    anna, server = stage.tcp()
    server.sendall(b"one\ntwo\n")

    with pytest.raises(
        Mismatch, match=rf"^anna waited {SOON:g} s for 'three' and got 'one', 'two'$"
    ):
        anna.wait_for("three", within=SOON)


def test_lines_before_a_fence_are_found(stage: Stage) -> None:
    """Lines before the fence are shown, though the test did not wait for them."""
    anna, server = stage.tcp()
    fence = anna.send_fence()
    server.sendall(f"* ben left\nanna: {fence.marker}\n".encode())

    with pytest.raises(Mismatch, match=r"got '\* ben left'$"):
        anna.expect_nothing_but(fence)


def test_name_follows_what_the_room_says(stage: Stage) -> None:
    """A client knows the name that it has in the room."""
    anna, server = stage.tcp()

    server.sendall(b"* you are 127.0.0.1:9\n* 127.0.0.1:9 is now anna\n* ben is now zoe\n")
    anna.wait_for("* ben is now zoe")

    assert anna.name == "anna"


def test_waiting_ends_with_the_connection(stage: Stage) -> None:
    """A wait for a line ends when the connection does."""
    anna, server = stage.tcp()

    server.close()

    with pytest.raises(ConnectionEnded, match="the connection ended; it got nothing"):
        anna.next_line()


def test_line_before_the_end_is_not_overlooked(stage: Stage) -> None:
    """Expecting the end fails if a line came first."""
    anna, server = stage.tcp()

    server.sendall(b"* one more\n")
    server.close()

    with pytest.raises(Mismatch, match=r"expected the end and got '\* one more'"):
        anna.expect_end()


def test_server_that_does_not_read_is_not_waited_for_for_ever(stage: Stage) -> None:
    """Saying too much to a server that reads nothing ends with a clear message."""
    anna, _server = stage.tcp()

    with pytest.raises(Mismatch, match=r"could not send .* the server does not read"):
        anna.say("x" * 50_000_000, within=SOON)
