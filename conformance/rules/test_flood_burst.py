"""Rules of the area ``flood``: one client talks faster than the room can deliver.

A burst is one write that is longer than any outbox. It fills the outboxes before the readers have
had a chance to read. So a server without pacing loses a part of the burst, or it cuts off clients
that do read.
"""

import contextlib
import itertools
import select
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Self

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
    slow_rule,
)
from conformance.clogging import Talk, connect_clogged, numbered_lines
from conformance.frames import PING, encode_frame
from conformance.rules.crowd import Crowd
from conformance.rules.leaving import end_own_stream


DELIVERED_WITHIN = 300 * TICK
READERS = [f"reader-{number}" for number in range(1, 12)]


@rule("flood.paced")
@pytest.mark.parametrize("lines", [300, 1_000, 5_000, 20_000])
def test_burst_reaches_everyone_who_reads(lines: int, clients: ClientFactory) -> None:
    """A burst of short lines, of any length, reaches everyone, and nobody is cut off."""
    require_delivery(clients("anna", *READERS), [str(number) for number in range(lines)])


@rule("flood.paced")
@pytest.mark.parametrize("outbox", [1, 8])
def test_burst_is_paced_to_small_outboxes(
    outbox: int, clients: ClientFactory, server_with: ServerFactory
) -> None:
    """A burst hundreds of times as long as an outbox reaches everyone."""
    server = server_with(outbox=outbox)

    require_delivery(
        clients("anna", *READERS, server=server), [str(number) for number in range(2_000)]
    )


@rule("flood.paced")
def test_burst_of_long_lines_reaches_everyone_who_reads(clients: ClientFactory) -> None:
    """A burst that fills an outbox by its bytes, not by its number of lines, reaches everyone."""
    lines = [f"{number} ".ljust(4_000, ".") for number in range(1_000)]

    require_delivery(clients("anna", *READERS[:5]), lines)


@rule("flood.paced")
def test_burst_of_renames_reaches_everyone_who_reads(clients: ClientFactory) -> None:
    """In a burst of renames, each new name is announced to everyone."""
    anna, *others = clients("anna", *READERS)

    anna.say(*(f"/rename anna-{number}" for number in range(3_000)), within=DELIVERED_WITHIN)
    fence = anna.send_fence()

    names = ["anna", *(f"anna-{number}" for number in range(3_000))]
    told = [f"* {old} is now {new}" for old, new in itertools.pairwise(names)]
    for client in (anna, *others):
        assert client.lines_until(fence, within=DELIVERED_WITHIN) == told


ANSWERED = {"/who": "* online (3): ", "/dance": "! unknown command: ", "/rename *": "! bad name: "}


@rule("flood.paced")
@pytest.mark.parametrize("question", ANSWERED)
def test_burst_of_questions_is_answered(question: str, clients: ClientFactory) -> None:
    """Each command in a burst is answered, and an asker that reads is not cut off."""
    anna, *others = clients("anna", "ben", "cara")

    anna.say(*[question] * 5_000, within=DELIVERED_WITHIN)
    fence = anna.send_fence()

    answers = anna.lines_until(fence, within=DELIVERED_WITHIN)
    assert len(answers) == 5_000
    assert all(answer.startswith(ANSWERED[question]) for answer in answers)
    for client in others:
        client.expect_nothing_but(fence)


@rule("flood.paced")
def test_burst_of_broken_lines_is_answered(clients: ClientFactory, door: Door) -> None:
    """Each invalid line in a burst gets its error, and the sender stays."""
    if door != "tcp":
        pytest.skip("the WebSocket door closes at the first")
    anna, ben = clients("anna", "ben")

    anna.send_raw(b"\xff\n" * 5_000, within=DELIVERED_WITHIN)
    fence = anna.send_fence()

    assert anna.lines_until(fence, within=DELIVERED_WITHIN) == ["! not UTF-8"] * 5_000
    ben.expect_nothing_but(fence)


@rule("flood.paced")
def test_burst_of_pings_cuts_nobody_off(clients: ClientFactory, door: Door) -> None:
    """A client that sends a burst of pings, and reads, stays and gets a pong for the last one."""
    if door != "ws":
        pytest.skip("the line door has no pings")
    anna: WebSocketClient
    anna, ben = clients("anna", "ben")
    pings = [str(number).encode() for number in range(5_000)]

    anna.send_raw(b"".join(encode_frame(PING, ping) for ping in pings), within=DELIVERED_WITHIN)
    fence = anna.send_fence()

    for client in (anna, ben):
        assert client.lines_until(fence, within=DELIVERED_WITHIN) == []
    while anna.next_pong() != pings[-1]:
        pass


LEAVING: dict[str, Callable[[Client], object]] = {
    "quit": lambda client: client.say("/quit"),
    "close": end_own_stream,
}


@rule("flood.paced")
@pytest.mark.parametrize("way", LEAVING)
def test_burst_of_one_that_leaves_is_heard_to_its_end(way: str, clients: ClientFactory) -> None:
    """When a talker leaves right after its burst, everyone gets the whole burst, the talker too."""
    anna, *others = clients("anna", *READERS[:3])
    lines = [f"anna: {number}" for number in range(3_000)]

    anna.say(*(str(number) for number in range(3_000)), within=DELIVERED_WITHIN)
    LEAVING[way](anna)

    for client in others:
        assert client.lines_until("* anna left", within=DELIVERED_WITHIN) == lines
    heard, end = anna.lines_until_end(within=DELIVERED_WITHIN)
    assert heard == lines
    assert end.how == "eof"


@rule("flood.paced")
def test_room_goes_on_during_a_burst(clients: ClientFactory, connect: Connect) -> None:
    """While one client floods the room, others talk, ask, come and leave, and nobody is cut off."""
    anna, ben = clients("anna", "ben")
    lines = [str(number) for number in range(20_000)]

    anna.say(*lines, within=DELIVERED_WITHIN)
    visitor: Client = connect()
    visitor.say("is it always like this?", "/who")
    visitor.close(within=DELIVERED_WITHIN)
    ben.say("no")
    ben.wait_heard("ben: no", within=DELIVERED_WITHIN)
    fence = anna.send_fence()

    for client in (anna, ben):
        heard = client.lines_until(fence, within=DELIVERED_WITHIN)
        assert [line for line in heard if line.startswith("anna: ")] == [
            f"anna: {line}" for line in lines
        ]
        assert [line for line in heard if not line.startswith("anna: ")] == [
            f"* {visitor.name} joined",
            f"{visitor.name}: is it always like this?",
            f"* {visitor.name} left",
            "ben: no",
        ]


@rule("flood.paced")
def test_who_resets_during_a_burst_was_not_slow(connect: Connect) -> None:
    """A client that resets its connection during a burst has left; it was not too slow."""
    room: list[Client] = [connect() for _ in range(8)]
    anna, ben, *others = room
    anna.wait_for(room[-1].send_fence())
    # More bytes than all buffers between anna and ben hold: else it is over before ben hears of it.
    lines = [str(number).ljust(1_000, ".") for number in range(20_000)]

    with ThreadPoolExecutor(1) as pool:
        talk = pool.submit(anna.say, *lines, within=DELIVERED_WITHIN)
        ben.wait_for(f"{anna.name}: {lines[0]}")
        for client in others:
            client.reset()
        over_before_they_reset = talk.done()
        talk.result()
    departures = [f"* {client.name} left" for client in others]
    for departure in departures:
        ben.wait_heard(departure, within=DELIVERED_WITHIN)
    told = ben.lines_until(anna.send_fence(), within=DELIVERED_WITHIN)

    assert sorted(line for line in told if line.startswith("* ")) == sorted(departures)
    if over_before_they_reset or told[-1].startswith("* "):
        raise Unknown("the burst was over before the clients had left")


@rule("flood.paced")
@slow_rule("a connection of 400 kB/s, about 1 s")
def test_slow_but_steady_reader_is_waited_for(
    clients: ClientFactory, connect: Connect, server: Server, door: Door
) -> None:
    """A client with a slow connection that reads without a pause gets all of a burst."""
    (anna,) = clients("anna")
    lines = [f"{number} ".ljust(100, ".") for number in range(4_000)]
    client_class = TcpClient if door == "tcp" else WebSocketClient

    with ThinLine(server.address(door), bytes_per_s=400_000) as line:
        ben = client_class(line.address, label="ben")
        connect.opened.append(ben)
        ben.wait_for(lambda line: line.startswith("* online ("))
        anna.say(*lines, within=DELIVERED_WITHIN)
        fence = anna.send_fence()
        anna.wait_for(fence, within=DELIVERED_WITHIN)
        carried_bytes = line.carried_bytes
        heard = ben.lines_until(fence, within=DELIVERED_WITHIN)

    assert heard == [f"anna: {line}" for line in lines]
    if carried_bytes < 100_000:
        raise Unknown("the server had room for the whole burst, and took it at once")


class ThinLine:
    """A relay to a server with a low data rate, like a slow network or a busy reader.

    Attributes:
        address: where to connect; it accepts one connection.
        carried_bytes: how much went from the server to the client so far.
    """

    _CHUNK_BYTES = 2_000  # carried at a time

    def __init__(self, server: tuple[str, int], bytes_per_s: int) -> None:
        self.carried_bytes = 0
        self._server = server
        self._chunk_s = self._CHUNK_BYTES / bytes_per_s
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):  # it has ended already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _run(self) -> None:
        with self._listener, socket.socket() as upstream:
            try:
                client, _ = self._listener.accept()
            except OSError:  # the test ended before a client came
                return
            upstream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 * self._CHUNK_BYTES)
            upstream.connect(self._server)
            with client, contextlib.suppress(OSError):  # one side has ended, so end the other
                while not self._closing.wait(self._chunk_s):  # the line's speed, not a deadline
                    for source, target in ((client, upstream), (upstream, client)):
                        if select.select([source], [], [], 0)[0]:
                            data = source.recv(self._CHUNK_BYTES)
                            target.sendall(data)
                            self.carried_bytes += len(data) if source is upstream else 0
                            if not data:
                                return


def require_delivery(room: tuple[Client, ...], lines: list[str]) -> None:
    """Let the first client of a room say lines in one write; fail unless all get just these."""
    __tracebackhide__ = True
    anna = room[0]

    anna.say(*lines, within=DELIVERED_WITHIN)
    fence = anna.send_fence()

    expected = [f"{anna.name}: {line}" for line in lines]
    for client in room:
        heard = client.lines_until(fence, within=DELIVERED_WITHIN)
        assert heard == expected, f"{client.name} got other lines"


@rule("flood.paced")
@settings(max_line=60_000)
def test_burst_of_few_huge_lines_reaches_everyone_who_reads(connect: Connect) -> None:
    """A burst of lines of which twenty fill an outbox by their bytes reaches everyone who reads."""
    room: list[Client] = [connect() for _ in range(4)]
    anna = room[0]
    anna.wait_for(room[-1].send_fence())
    lines = [f"{number} ".ljust(60_000, ".") for number in range(150)]

    anna.say(*lines, within=DELIVERED_WITHIN)
    fence = anna.send_fence()

    for client in room:
        heard = client.lines_until(fence, within=DELIVERED_WITHIN)
        assert [line for line in heard if line.startswith(f"{anna.name}: ")] == [
            f"{anna.name}: {line}" for line in lines
        ]


NEVER_S = 600 * TICK  # a deadline of the server's that no test waits for


PAUSE_S = 0.65  # less than the second that PROTOCOL.md gives a reader, more than half of it
TOO_LONG_S = 0.9  # a pause of this length may have been a second for the server


def pause(
    client: Client, during: Callable[[], None] = lambda: None, pause_s: float = PAUSE_S
) -> None:
    """Let a client stop reading for a moment, and read on; ``during`` is called in the pause.

    Raises:
        Unknown: this machine was so busy that the pause was longer.
    """
    began = time.monotonic()
    client.clog()
    during()
    time.sleep(pause_s)
    client.resume()
    if time.monotonic() - began > TOO_LONG_S:
        raise Unknown("this machine was too busy to pause for a moment only")


@rule("flood.paced")
@settings(max_line=20_000)
@pytest.mark.parametrize(
    "line_bytes", [1_000, 20_000], ids=["by-number", "by-bytes"]
)  # what fills an outbox first: 256 lines, or 1 MiB
def test_reader_that_pauses_for_a_moment_is_waited_for(
    line_bytes: int, clients: ClientFactory, connect: Connect
) -> None:
    """A client that stops reading for less than a second in the middle of a flood gets it all."""
    (anna,) = clients("anna")
    ben = connect("ben", receive_buffer_bytes=8192)
    lines = numbered_lines(8_000_000 // line_bytes, line_bytes)
    pauses = (0, len(lines) // 16, len(lines) // 8)

    with ThreadPoolExecutor(1) as pool:
        talking = pool.submit(anna.say, *lines, within=NEVER_S)
        for number in pauses:
            ben.wait_heard(f"anna: {lines[number]}", within=300 * TICK)
            pause(ben)
        talking.result()
    fence = anna.send_fence()

    heard = ben.lines_until(fence, within=300 * TICK)
    assert [line for line in heard if line.startswith("anna: ")] == [
        f"anna: {line}" for line in lines
    ]


@rule("flood.paced")
def test_reader_that_stalled_once_is_waited_for_again(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """A client that took nothing for too long, and has caught up, counts as a reader again."""
    (anna,) = clients("anna")
    ben = connect_clogged(connect, "ben")
    talk = Talk(anna)
    talk.until_clogged(ben, server)
    time.sleep(PAUSE_S)  # now it holds nobody back until it has caught up
    ben.resume()
    ben.wait_for(anna.send_fence(), within=300 * TICK)
    lines = numbered_lines(2_000, 1_000)

    with ThreadPoolExecutor(1) as pool:
        talking = pool.submit(anna.say, *lines, within=NEVER_S)
        ben.wait_heard(f"anna: {lines[0]}", within=300 * TICK)
        pause(ben)
        talking.result()
    fence = anna.send_fence()

    heard = ben.lines_until(fence, within=300 * TICK)
    assert [line for line in heard if line.startswith("anna: ")] == [
        f"anna: {line}" for line in lines
    ]


@rule("flood.paced")
def test_burst_of_questions_with_long_answers_is_answered(
    connect: Connect, server: Server, door: Door
) -> None:
    """Answers that are far longer than their questions cut off no asker that reads on soon."""
    questions = 500

    with Crowd(server, door, 160) as crowd:  # so that a full inbox asks for more than 1 MiB
        for number, member in enumerate(crowd.members):
            member.say(f"/rename {number:03}{'😀' * 29}")
        anna: Client = connect(receive_buffer_bytes=8192)
        anna.say("/rename anna")
        for number, member in enumerate(crowd.members):
            crowd.wait_for(f"is now {number:03}😀", member, within=DELIVERED_WITHIN)
        anna.wait_for(anna.send_fence(), within=DELIVERED_WITHIN)
        pause(anna, lambda: anna.say(*["/who"] * questions), PAUSE_S / 2)
        answers = anna.lines_until(anna.send_fence(), within=DELIVERED_WITHIN)

    assert len(answers) == questions
    assert all(answer.startswith(f"* online ({1 + len(crowd.members)}): ") for answer in answers)
