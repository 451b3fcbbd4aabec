"""The causes of a departure, as PROTOCOL.md has them."""

from __future__ import annotations

import pytest
from websockets.frames import Close, Frame, Opcode

from implementations.core.causes import Cause


# cause: (what the others get, the close code, whether the client gets a line, too)
AS_WRITTEN = {
    Cause.LEFT: ("left", 1000, False),
    Cause.QUIT: ("left", 1000, False),
    Cause.TIMED_OUT: ("timed out", 1008, True),
    Cause.TOO_SLOW: ("was too slow", 1013, True),
    Cause.SHUTDOWN: ("left", 1001, False),
    Cause.CUT_OFF: ("left", 1012, True),
}


@pytest.mark.parametrize("cause", Cause)
def test_cause_says_what_the_protocol_says(cause: Cause) -> None:
    """A cause gives the others its words and the client its close code."""
    departure, close_code, told = AS_WRITTEN[cause]

    assert (cause.departure, cause.close_code) == (departure, close_code)
    assert cause.notice == (f"! {cause.reason}" if told else "")


@pytest.mark.parametrize("cause", Cause)
def test_reason_fits_into_a_close_frame(cause: Cause) -> None:
    """A cause's reason is one short line, so that it fits into a control frame."""
    Frame(Opcode.CLOSE, Close(cause.close_code, cause.reason).serialize()).check()

    assert cause.reason.isprintable()


def test_no_cause_is_another_name_for_one() -> None:
    """No two causes have equal values, or Python would make them one."""
    assert len(Cause) == len(Cause.__members__)
