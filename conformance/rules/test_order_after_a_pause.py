"""Rules of the area ``order``: what a client gets that reads on while the talk goes on."""

from conformance import TICK, ClientFactory, Connect, Server, rule, settings
from conformance.clogging import Talk, connect_clogged, is_chat


NEVER_S = 600 * TICK  # a deadline of the server's that no test waits for


@rule("order.total")
@settings(write_timeout=NEVER_S)
def test_who_reads_on_amid_talk_gets_it_in_order(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """What waited during a pause comes before what is said while the client catches up."""
    anna, ben = clients("anna", "ben")
    slow = connect_clogged(connect)
    talk = Talk(anna, ben)

    for _ in range(2):
        talk.until_clogged(slow, server)
        slow.resume()
        talk.go_on(300)
        fence = anna.send_fence()
        heard = slow.lines_until(fence, within=300 * TICK)
        ben.wait_for(fence)
        anna.wait_for(fence)
        said, talk.said = talk.said, []
        slow.clog()

        assert [line for line in heard if is_chat(line)] == said
