"""Rules about moments: how long a flood waits for a client that takes nothing, or takes little."""

import time
from concurrent.futures import ThreadPoolExecutor

from conformance import (
    TICK,
    ClientFactory,
    Connect,
    Door,
    Server,
    TcpClient,
    Unknown,
    WebSocketClient,
    rule,
    settings,
)
from conformance.clogging import KERNEL_BYTES, LINE_BYTES, connect_clogged, is_chat, numbered_lines
from conformance.rules.test_flood_burst import ThinLine


NEVER_S = 600 * TICK  # a deadline of the server's that no test waits for
PAUSE_S = 0.7  # less than the second that PROTOCOL.md gives a reader, more than half of it
TOO_LONG_S = 0.9


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


@rule("flood.paced")
def test_reader_that_pauses_for_a_moment_is_waited_for(
    clients: ClientFactory, connect: Connect
) -> None:
    """A client that stops reading for less than a second in the middle of a flood gets it all."""
    (anna,) = clients("anna")
    ben = connect("ben", receive_buffer_bytes=8192)
    lines = numbered_lines(8_000, 1_000)

    with ThreadPoolExecutor(1) as pool:
        talking = pool.submit(anna.say, *lines, within=NEVER_S)
        for number in (0, 500, 1000):
            ben.wait_heard(f"anna: {lines[number]}", within=300 * TICK)
            began = time.monotonic()
            ben.clog()
            time.sleep(PAUSE_S)
            ben.resume()
            if time.monotonic() - began > TOO_LONG_S:
                raise Unknown("this machine was too busy to pause for a moment only")
        talking.result()
    fence = anna.send_fence()

    heard = ben.lines_until(fence, within=300 * TICK)
    assert [line for line in heard if line.startswith("anna: ")] == [
        f"anna: {line}" for line in lines
    ]


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
