"""Rules of the area ``slow``: a client that says goodbye, and does not read while it does."""

from conformance import (
    TICK,
    Client,
    ClientFactory,
    Connect,
    Mismatch,
    Server,
    WebSocketClient,
    rule,
    settings,
)
from conformance.clogging import Talk, connect_clogged, departures, is_chat, numbered_lines


LONG_BYTES = 4000  # 50 lines of this length are more than the socket of a client takes
PATIENCE = 150 * TICK


@rule("slow.last-word")
@settings(outbox=4)
def test_goodbye_is_returned_only_for_all_that_was_said(
    clients: ClientFactory, connect: Connect
) -> None:
    """A client that says much and its goodbye, and reads only then, learns what became of it."""
    (anna,) = clients("anna")
    slow: Client = connect("slow", receive_buffer_bytes=2048)
    anna.wait_for(f"* {slow.address} is now slow")
    slow.clog()
    said = numbered_lines(50, LONG_BYTES)

    slow.say(*said, within=PATIENCE)
    if isinstance(slow, WebSocketClient):
        slow.send_close(1000)
    else:
        slow.half_close()
    heard: list[str] = []
    while not departures(heard[-1:]):
        heard.append(anna.next_line(within=PATIENCE))
    for _ in range(20):  # meanwhile the server reads all that the client has sent
        anna.wait_for(anna.send_fence())
    slow.resume()
    got, end = slow.lines_until_end(within=PATIENCE)

    everything = [f"slow: {line}" for line in said]
    in_order = end.code == 1000 if slow.door == "ws" else not got[-1].startswith("! ")
    if in_order:
        for client, lines in ((anna, heard), (slow, got)):
            if [line for line in lines if is_chat(line)] != everything:
                raise Mismatch(f"{slow.label} left in good order, and {client.label} misses lines")
        assert heard[-1] == "* slow left"
    else:
        assert end.code in (1013, None)
        assert got[-1].startswith("! too slow: ")


@rule("slow.last-word")
@settings(write_timeout=5 * TICK)
def test_who_takes_nothing_is_not_told_that_all_is_well(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """A client that is cut off because its socket takes nothing gets no end in good order."""
    (anna,) = clients("anna")
    slow = connect_clogged(connect)
    talk = Talk(anna)

    talk.until_clogged(slow, server)
    if "* slow was too slow" not in talk.heard[anna]:
        anna.wait_for("* slow was too slow", within=PATIENCE)
    slow.resume()
    got, end = slow.lines_until_end(within=PATIENCE)

    if slow.door == "ws":
        assert end.code in (1013, None)
    else:
        assert end.how == "reset" or got[-1].startswith("! too slow: ")
