"""Rules of the area ``slow``: a client that asks and does not read the answers."""

import pytest

from conformance import TICK, ClientFactory, Connect, Door, rule, settings
from conformance.clogging import LINE_BYTES, connect_clogged, send_while_taken
from conformance.frames import PING, encode_frame


NEVER_S = 600 * TICK  # a deadline of the server's that no test waits for


@rule("slow.cut-off")
@settings(outbox=16, write_timeout=NEVER_S)
@pytest.mark.parametrize("kind", ["answers", "pongs"])
def test_who_asks_and_does_not_read_is_cut_off(
    kind: str, clients: ClientFactory, connect: Connect, door: Door
) -> None:
    """Answers that are for one client alone fill its outbox too, and then it is cut off."""
    if kind == "pongs" and door != "ws":
        pytest.skip("the line door has no pings")
    (anna,) = clients("anna")
    slow = connect_clogged(connect)

    question = slow.encode("/" + "x" * LINE_BYTES)
    send_while_taken(slow, question if kind == "answers" else encode_frame(PING, b"x" * 125) * 20)

    anna.wait_for("* slow was too slow", within=100 * TICK)
