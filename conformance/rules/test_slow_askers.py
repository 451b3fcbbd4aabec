"""Rules of the area ``slow``: a client that asks and does not read the answers."""

from conformance import TICK, ClientFactory, Connect, rule, settings
from conformance.clogging import LINE_BYTES, connect_clogged, send_while_taken


NEVER_S = 600 * TICK  # a deadline of the server's that no test waits for


@rule("slow.cut-off")
@settings(outbox=16, write_timeout=NEVER_S)
def test_who_asks_and_does_not_read_is_cut_off(clients: ClientFactory, connect: Connect) -> None:
    """Answers that are for one client alone fill its outbox too, and then it is cut off."""
    (anna,) = clients("anna")
    slow = connect_clogged(connect)

    send_while_taken(slow, slow.encode("/" + "x" * LINE_BYTES))

    anna.wait_for("* slow was too slow", within=100 * TICK)
