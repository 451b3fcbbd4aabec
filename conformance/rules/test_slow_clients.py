"""Rules of the area ``slow``: what happens to a client that does not read, and to the others.

Talk is a closed loop here: everyone else hears each few lines before the next few are said. What
a flood does belongs to the area ``flood``.
"""

import time

import pytest

from conformance import (
    TICK,
    Client,
    ClientFactory,
    Connect,
    Door,
    Server,
    ServerFactory,
    TcpClient,
    Unknown,
    WebSocketClient,
    rule,
    settings,
)
from conformance.clogging import (
    KERNEL_BYTES,
    LINE_BYTES,
    Talk,
    connect_clogged,
    departures,
    is_chat,
    numbered_lines,
    require_bounded_memory,
    send_while_taken,
)
from conformance.frames import PING, encode_frame
from conformance.rules.test_flood_burst import ThinLine


SMALL_OUTBOX = 16  # messages, where a test chooses it
NEVER_S = 600 * TICK  # a deadline of the server's that no test waits for


@rule("slow.isolation")
def test_all_others_hear_everything(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """While a client does not read, all others get all that is said, however much it is."""
    anna, ben = clients("anna", "ben")
    slow = connect_clogged(connect)
    talk = Talk(anna, ben)

    talk.go_on(KERNEL_BYTES // LINE_BYTES)

    for client in (anna, ben):
        assert talk.chat(client) == talk.said
    talk.require_clogged(slow, server)


@rule("slow.isolation")
def test_newcomers_are_not_delayed(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """While a client does not read, others come, ask, talk and leave as usual."""
    (anna,) = clients("anna")
    slow = connect_clogged(connect)
    talk = Talk(anna)

    for _ in range(20):
        talk.go_on(KERNEL_BYTES // LINE_BYTES // 20)
        visitor: Client = connect()
        visitor.say("hello", "/who")
        visitor.wait_for(f"{visitor.name}: hello")
        assert visitor.next_line().endswith(visitor.name)
        visitor.close()
        anna.wait_for(f"* {visitor.name} left")

    talk.require_clogged(slow, server)


@rule("slow.isolation")
def test_answers_that_nobody_reads_delay_nobody(clients: ClientFactory, connect: Connect) -> None:
    """A client that asks without end, and does not read the answers, delays nobody else."""
    anna, ben = clients("anna", "ben")
    slow = connect_clogged(connect)

    send_while_taken(slow, slow.encode("/" + "x" * LINE_BYTES))
    talk = Talk(anna, ben)
    talk.go_on()

    for client in (anna, ben):
        assert talk.chat(client) == talk.said


@rule("slow.isolation")
def test_flood_beside_a_clogged_client_reaches_all_others(
    clients: ClientFactory, connect: Connect
) -> None:
    """A client that does not read does not hold back a flood."""
    anna, ben = clients("anna", "ben")
    slow = connect_clogged(connect)
    lines = numbered_lines(KERNEL_BYTES // LINE_BYTES)

    anna.say(*lines, within=300 * TICK)
    fence = anna.send_fence()

    for client in (anna, ben):
        heard = client.lines_until(fence, within=300 * TICK)
        assert [line for line in heard if is_chat(line)] == [f"anna: {line}" for line in lines]
    if slow.unread_bytes() > KERNEL_BYTES // 2:
        raise Unknown("the kernel took nearly all of it")


@rule("slow.cut-off")
def test_others_hear_that_it_was_too_slow(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """A client that stops reading is cut off when its outbox is full; all hear why, once."""
    anna, ben = clients("anna", "ben")
    slow = connect_clogged(connect)
    talk = Talk(anna, ben)

    talk.until_cut_off(slow, server)
    talk.go_on()
    anna.say("/who")

    for client in (anna, ben):
        assert departures(talk.heard[client]) == ["* slow was too slow"]
    anna.expect("* online (2): anna, ben")


@rule("slow.cut-off")
@settings(write_timeout=NEVER_S)
def test_who_is_cut_off_gets_no_gap_and_the_reason(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """A client that is cut off gets every line up to some point, the reason, and the end."""
    (anna,) = clients("anna")
    slow = connect_clogged(connect)
    talk = Talk(anna)

    talk.until_cut_off(slow, server)
    slow.resume()
    lines, end = slow.lines_until_end()

    *heard, reason = lines
    chat = [line for line in heard if is_chat(line)]
    assert chat == talk.said[: len(chat)]
    assert reason.startswith("! too slow: ")
    assert end.how == "eof"


@rule("slow.cut-off")
@settings(outbox=8)
def test_many_cut_off_at_once_take_nobody_with_them(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """When more clients are cut off at once than an outbox holds, all readers hear of each."""
    slows = [connect_clogged(connect, f"slow-{number}") for number in range(12)]
    anna, ben = clients("anna", "ben")
    talk = Talk(anna, ben)

    for slow in slows:
        talk.until_cut_off(slow, server)
    talk.go_on()

    for client in (anna, ben):
        assert talk.chat(client) == talk.said
        assert sorted(departures(talk.heard[client])) == sorted(
            f"* {slow.name} was too slow" for slow in slows
        )


@rule("slow.cut-off")
@settings(max_line=100_000)
def test_outbox_is_full_at_one_mebibyte_too(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """A client that does not read is cut off by 1 MiB of long lines, before ``outbox`` of them."""
    anna, ben = clients("anna", "ben")
    slow = connect_clogged(connect)
    talk = Talk(anna, ben, line_bytes=100_000, batch=2)
    talk.until_clogged(slow, server)
    already = len(talk.said)

    talk.until_cut_off(slow, server)

    assert len(talk.said) - already < 64


@rule("slow.cut-off")
def test_pause_is_not_slowness(clients: ClientFactory, connect: Connect, server: Server) -> None:
    """A client that pauses until the kernel takes no more, and then reads, gets everything."""
    anna, ben = clients("anna", "ben")
    slow = connect_clogged(connect)
    talk = Talk(anna, ben)

    talk.until_clogged(slow, server)
    slow.resume()
    fence = anna.send_fence()

    heard = slow.lines_until(fence)
    assert [line for line in heard if is_chat(line)] == talk.said


@rule("slow.close-code")
def test_close_frame_says_try_again_later(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """A client that is cut off for slowness, and reads on, is closed with 1013."""
    (anna,) = clients("anna")
    slow = connect_clogged(connect)

    Talk(anna).until_cut_off(slow, server)
    slow.resume()
    _, end = slow.lines_until_end()

    assert end.code == 1013
    assert "slow" in end.reason


@rule("slow.bounded")
def test_lines_that_nobody_reads_cost_bounded_memory(connect: Connect, server: Server) -> None:
    """However much is said to a client that does not read, the server keeps little of it."""
    require_bounded_memory(connect, server)


@rule("slow.bounded")
@pytest.mark.parametrize("kind", ["answers", "pongs"])
def test_answers_that_nobody_reads_cost_bounded_memory(
    kind: str, connect: Connect, server: Server, door: Door
) -> None:
    """However much a client asks without reading, the server keeps little of the answers."""
    if kind == "pongs" and door != "ws":
        pytest.skip("the line door has no pings")
    slow = connect_clogged(connect)
    command = slow.encode("/" + "x" * LINE_BYTES)
    before_bytes = server.rss_bytes()

    send_while_taken(slow, command if kind == "answers" else encode_frame(PING, b"x" * 125) * 20)

    assert server.rss_bytes() - before_bytes < KERNEL_BYTES


WRITE_TIMEOUT_S = 10 * TICK


@rule("slow.write-timeout")
@pytest.mark.parametrize("policy", ["disconnect", "drop-oldest", "drop-newest", "block"])
def test_quiet_room_does_not_save_a_clogged_client(
    policy: str, connect: Connect, server_with: ServerFactory
) -> None:
    """Under any policy, a client that takes nothing for so long is cut off, in a quiet room too."""
    server = server_with(slow_consumer=policy, write_timeout=WRITE_TIMEOUT_S)
    anna: Client = connect("anna", server=server)
    slow = connect_clogged(connect, server=server)
    talk = Talk(anna)

    talk.until_clogged(slow, server)

    if "* slow was too slow" not in talk.heard[anna]:
        anna.wait_for("* slow was too slow", within=WRITE_TIMEOUT_S + 100 * TICK)


@rule("slow.write-timeout")
@settings(slow_consumer="block", outbox=SMALL_OUTBOX, write_timeout=WRITE_TIMEOUT_S)
def test_talkers_wait_no_longer_than_that(clients: ClientFactory, connect: Connect) -> None:
    """Under ``block``, a client that takes nothing holds up the talk only for the write timeout."""
    anna, ben = clients("anna", "ben")
    connect_clogged(connect)
    lines = numbered_lines(KERNEL_BYTES // LINE_BYTES)

    anna.say(*lines, within=WRITE_TIMEOUT_S + 300 * TICK)

    heard = ben.lines_until(anna.send_fence(), within=300 * TICK)
    assert [line for line in heard if is_chat(line)] == [f"anna: {line}" for line in lines]
    assert departures(heard) == ["* slow was too slow"]


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


@rule("slow.isolation")
@settings(write_timeout=NEVER_S)
def test_flood_is_held_up_for_a_second_at_most(clients: ClientFactory, connect: Connect) -> None:
    """A client that takes nothing holds a flood up once and briefly, not until its time is over."""
    anna, ben = clients("anna", "ben")
    connect_clogged(connect)
    lines = numbered_lines(KERNEL_BYTES // LINE_BYTES)

    anna.say(*lines, within=100 * TICK)
    fence = anna.send_fence()

    heard = ben.lines_until(fence, within=100 * TICK)
    assert [line for line in heard if is_chat(line)] == [f"anna: {line}" for line in lines]


@rule("slow.write-timeout")
@settings(write_timeout=10 * TICK, max_line=600_000)
def test_who_takes_a_little_all_the_time_is_not_cut_off(
    clients: ClientFactory, connect: Connect, server: Server, door: Door
) -> None:
    """A client that takes some bytes all the time stays, however long one message takes."""
    (anna,) = clients("anna")
    line = "x" * 600_000
    client_class = TcpClient if door == "tcp" else WebSocketClient

    with ThinLine(server.address(door), bytes_per_s=int(20_000 / TICK)) as thin:
        ben = client_class(thin.address, label="ben")
        connect.opened.append(ben)
        ben.wait_for(lambda line: line.startswith("* online ("))
        began = time.monotonic()
        anna.say(line)
        ben.wait_for(f"anna: {line}", within=300 * TICK)
        took_s = time.monotonic() - began

    if took_s < 15 * TICK:
        raise Unknown("the message was taken too quickly to tell")
