"""The live load generator from outside, in C and in Python: commands go in, messages come out."""

from __future__ import annotations

import itertools
import json
import math
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection

from benchmarks.generator.live import LiveGenerator, live_command
from benchmarks.generator.live_columns import add_counts, percentile_us
from benchmarks.generator.process import LoadError
from conformance.dialect import RAW, Dialect
from conformance.timing import TICK, WITHIN
from tests.benchmarks.generator.live_room import (
    Watched,
    lines_server,
    our_server,
    room,
    room_of_lines,
    watching,
)
from tests.benchmarks.relay import relaying


@pytest.fixture(params=["c", "python"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each program in turn."""
    return str(request.param)


@pytest.mark.parametrize("server", ["asyncio-direct", "threads-direct"])
def test_every_delivery_is_in_one_column(kind: str, server: str) -> None:
    """Every message reaches every client, and each delivery is counted once, with its latency."""
    with our_server(server) as (_, address), watching(kind, address, clients=8) as watched:
        watched.until_in(8)

        watched.send("speakers 3", "rate 300")
        watched.until(lambda: watched.sums["sent"] > 90)
        watched.until_quiet()

        assert watched.sums["heard"] == watched.sums["timed"] == 8 * watched.sums["sent"]
        assert (watched.sums["untimed"], watched.sums["altered"]) == (0, 0)
        assert watched.generator.kind == kind


def test_messages_change_their_size_and_rate(kind: str) -> None:
    """Rate and size can change while messages are under way; all of them are recognised."""
    with room(kind, 3) as watched:
        for size in (0, 10, 11, 125, 126, 4000, 64):
            sent = watched.sums["sent"]
            watched.send(f"bytes {size}", f"rate {500 if size < 100 else 200}")
            watched.until(lambda sent=sent: watched.sums["sent"] > sent + 20)  # type: ignore[misc]
        watched.until_quiet()

        assert watched.sums["timed"] == 3 * watched.sums["sent"]
        assert watched.sums["altered"] == 0


def test_burst_is_said_by_every_speaker(kind: str) -> None:
    """In a burst each speaker says as many messages as asked, beside the rate."""
    with room(kind, 4) as watched:
        watched.send("speakers 3", "burst 5")

        watched.until(lambda: watched.sums["heard"] == 4 * 3 * 5)


def test_paused_clients_are_silent(kind: str) -> None:
    """During a pause nothing is said, and afterwards nothing is made up for."""
    with room(kind, 2) as watched:
        watched.send("rate 100")
        watched.until(lambda: watched.sums["sent"] > 5)
        watched.send("pause", "pin 0", "what")
        watched.until(lambda: "not carried out: what" in watched.troubles())
        sent, columns = watched.sums["sent"], watched.count_of("column")
        watched.until(lambda: watched.count_of("column") > columns + 1)  # one may have begun before

        said = watched.count_of("said")
        watched.until(lambda: watched.count_of("column") > columns + 5)
        assert watched.count_of("said") == said
        assert watched.sums["sent"] <= sent + 10
        watched.send("resume")
        watched.until(lambda: watched.count_of("said") > said)


def test_stalled_client_is_woken(kind: str) -> None:
    """A stalled client hears nothing; when it is woken, what waited counts without latency."""
    with room(kind, 4) as watched:
        watched.send("stall 2")
        watched.until(lambda: watched.states[2] == "stalled")
        watched.send("burst 20")
        watched.until(lambda: watched.sums["heard"] == 3 * 20)
        watched.send("wake 2")

        watched.until(lambda: watched.sums["heard"] == 4 * 20)
        assert watched.states[2] == "in"
        assert (watched.sums["untimed"], watched.sums["timed"]) == (20, 60)
        watched.send("burst 1")
        watched.until(lambda: watched.sums["timed"] == 64)


def test_stalled_client_is_cut_off(kind: str) -> None:
    """A client that stalls for long is evicted, the others go on, and it is gone when it reads."""
    with room(kind, 4, "--outbox", "8") as watched:
        watched.send("stall 3")
        watched.until(lambda: watched.states[3] == "stalled")

        watched.send("bytes 2000", "rate 400")
        watched.until(lambda: watched.of("evicted"))
        sent = watched.sums["sent"]
        watched.until(lambda: watched.sums["sent"] > sent + 50)
        watched.until_quiet()
        watched.send("wake 3")
        watched.until(lambda: watched.of("gone") and watched.sums["untimed"])

        (evicted,), (gone,) = watched.of("evicted"), watched.of("gone")
        assert (evicted["client"], evicted["reason"]) == (3, "was too slow")
        assert gone["client"] == 3
        assert [watched.states[client] for client in range(3)] == ["in"] * 3
        assert watched.sums["timed"] == 3 * watched.sums["sent"]


def test_killed_client_keeps_its_cell(kind: str) -> None:
    """A client that is killed is gone; when it is woken it connects again, from another port."""
    with room(kind, 3) as watched:
        watched.send("kill 1")
        watched.until(lambda: watched.states[1] == "gone")
        watched.send("add 1")
        watched.until(lambda: watched.states.get(3) == "in")
        assert watched.states[1] == "gone"
        watched.send("wake 1")
        watched.until_in(4)

        (gone,) = watched.of("gone")
        assert (gone["client"], gone["code"], gone["reason"]) == (1, None, "killed")
        ports = [pair for states in watched.of("states") for pair in states["ports"]]
        assert sorted(client for client, _ in ports) == [0, 1, 1, 2, 3]
        assert len({port for _, port in ports}) == 5


def test_clients_come_and_leave(kind: str) -> None:
    """Clients leave in good order from the last cell on, and cells are filled again."""
    with room(kind, 5) as watched:
        watched.send("remove 2")
        watched.until(lambda: watched.count("gone") == 2)
        assert {(one["client"], one["code"]) for one in watched.of("gone")} == {
            (3, 1000),
            (4, 1000),
        }
        watched.send("kill 0", "clients 4")

        watched.until_in(4)
        assert watched.states == {0: "in", 1: "in", 2: "in", 3: "in", 4: "gone"}


def test_cells_that_are_left_and_filled_at_once(kind: str) -> None:
    """Cells whose clients are still leaving are filled when those have left."""
    with room(kind, 4) as watched:
        watched.send("clients 2", "clients 4", "burst 1")

        watched.until(lambda: watched.count_of("gone") == 2)
        watched.until_in(4)


def test_clients_reconnect_at_once(kind: str) -> None:
    """Clients that reconnect are in again from other ports, and hear what is said then."""
    with room(kind, 6) as watched:
        watched.send("reconnect 5")
        watched.until(lambda: sum(len(one["ports"]) for one in watched.of("states")) == 11)
        watched.until_in(6)
        heard = watched.sums["heard"]
        watched.send("burst 1")

        watched.until(lambda: watched.sums["heard"] == heard + 6)
        assert watched.of("gone") == []


def test_pinned_clients_are_told_line_by_line(kind: str) -> None:
    """Every line of a pinned client is told: what it said, and what it heard, in that order."""
    with room(kind, 3) as watched:
        watched.send("pin 0,2", "burst 2")

        watched.until(lambda: watched.count_of("heard") == 4)
        said = [one["line"] for one in watched.of("said")]
        assert len(said) == 2
        name = watched.of("said")[0]["name"]
        for client in (0, 2):
            heard = [one["line"] for one in watched.of("heard") if one["client"] == client]
            assert heard == [f"{name}: {line}" for line in said]
        kinds = [one["is"] for one in watched.told if one["is"] in ("said", "heard")]
        assert kinds[0] == "said"


def test_lines_that_are_no_utf8_are_told(kind: str) -> None:
    """A line with quotes, controls and bytes that are no UTF-8 is told as a readable one."""
    strange = b'* a "b\\ \x01 \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xff \xc3'
    with room_of_lines(kind, 1, lambda client, line: strange) as watched:
        watched.send("pin 0", "burst 1")

        watched.until(lambda: watched.count_of("heard"))
        assert watched.of("heard")[0]["line"] == strange.decode(errors="replace")
        assert watched.of("heard")[0]["name"] == "c0"


def test_arrivals_of_one_message_are_told(kind: str) -> None:
    """For one message now and then, it is told when each client got it."""
    with room(kind, 5) as watched:
        watched.send("rate 20")
        watched.until(lambda: watched.count_of("last") == 2)

        first, second = watched.of("last")
        assert first["message"] < second["message"]
        for last in (first, second):
            assert len(last["arrivals_us"]) == 5
            assert min(last["arrivals_us"]) > 0


def test_latency_counts_from_when_a_message_was_due(kind: str) -> None:
    """Messages that take 20 ms and are due every 10 ms queue, and the wait is counted."""

    def slowly(client: int, line: bytes) -> bytes:
        time.sleep(0.020)
        return line

    with room_of_lines(kind, 1, slowly) as watched:
        watched.send("rate 100")
        watched.until(lambda: watched.sums["heard"] > 40)

        counts: dict[int, int] = {}
        for column in watched.of("column"):
            add_counts(counts, column["counts"])
        assert min(counts) >= math.floor(20 * math.log10(20_000))
        p90_us = percentile_us(counts.items(), 0.9)
        assert p90_us is not None
        assert p90_us > 200_000


def test_missing_deliveries_are_counted(kind: str) -> None:
    """A delivery that does not come is missing after a second."""

    def lose(client: int, line: bytes) -> bytes | None:
        return None if client == 1 else line

    with room_of_lines(kind, 3, lose) as watched:
        watched.send("burst 4")

        watched.until(lambda: watched.missing == 4)
        assert watched.sums["heard"] == 8


def test_altered_text_is_told(kind: str) -> None:
    """A text that was changed on its way is no delivery; it is told as trouble."""

    def alter(client: int, line: bytes) -> bytes:
        return line.replace(b"abc", b"xyz") if client == 0 else b"c0: " + line

    with room_of_lines(kind, 2, alter) as watched:
        watched.send("burst 3")

        watched.until(lambda: "3 deliveries were altered" in watched.troubles())
        assert (watched.sums["heard"], watched.sums["altered"]) == (3, 3)


@pytest.mark.parametrize(
    ("dialect", "speaker"),
    [
        (RAW, ""),
        (Dialect("json", say='{"text": {json}}'), '{"from": "x"} '),
        (Dialect("mine", say="say {text}!"), "somebody: "),
    ],
)
def test_servers_of_other_dialects_are_loaded(kind: str, dialect: Dialect, speaker: str) -> None:
    """A server that only relays is loaded too: what stands around a text does not matter."""
    with plain_relay(speaker) as address, watching(kind, address, dialect=dialect) as watched:
        watched.send("clients 3")
        watched.until_in(3)
        watched.send("burst 1")
        watched.until(lambda: watched.sums["heard"] == 3)
        watched.send("rate 100", "bytes 200")
        watched.until(lambda: watched.sums["sent"] > 20)
        watched.until_quiet()

        assert watched.sums["timed"] == 3 * watched.sums["sent"]


def test_server_that_does_not_echo_misses_nothing(kind: str) -> None:
    """If a server gives a speaker its own lines not back, those are not missing."""
    mine = Dialect("mine", echo=False)
    with plain_relay("", echo=False) as address, watching(kind, address, dialect=mine) as watched:
        watched.send("clients 3")
        watched.until_in(3)
        watched.send("rate 100")
        watched.until(lambda: watched.sums["sent"] > 20)
        watched.until_quiet()

        assert watched.sums["heard"] == 2 * watched.sums["sent"]


@contextmanager
def plain_relay(speaker: str, *, echo: bool = True) -> Iterator[str]:
    """Run a server that relays each text, with a name before it."""
    clients: list[ServerConnection] = []

    class Plain:
        def __init__(self, *_: object) -> None:
            pass

        def __call__(self, connection: ServerConnection) -> None:
            clients.append(connection)
            with suppress(ConnectionClosed):
                for line in connection:
                    for client in clients:
                        if echo or client is not connection:
                            client.send(f"{speaker}{line!s}")

    with relaying(kind=Plain) as address:  # type: ignore[arg-type]
        yield address


def test_refused_clients_are_gone(kind: str) -> None:
    """A client that the server refuses is gone, with the server's answer as the reason."""

    def refuse(connection: ServerConnection, request: Request) -> Response:
        return Response(503, "Service Unavailable", Headers())

    with relaying(refuse=refuse) as address, watching(kind, address, clients=2) as watched:
        watched.until(lambda: watched.count_of("gone") == 2)

        assert "503" in watched.of("gone")[0]["reason"]


def test_end_of_the_server_is_told(kind: str) -> None:
    """When the server stops, every client is gone with its code; the generator goes on."""
    with our_server() as (pid, address), watching(kind, address, clients=3) as watched:
        watched.until_in(3)
        watched.send("rate 50")
        os.kill(pid, signal.SIGTERM)
        watched.until(lambda: watched.count("gone") == 3)

        assert {one["code"] for one in watched.of("gone")} == {1001}
        watched.send("clients 3")
        watched.until(lambda: watched.count_of("gone") == 6)
        assert watched.of("gone")[-1]["reason"] == "Connection refused"


def test_server_that_is_killed_is_told(kind: str) -> None:
    """When the server is killed, every client is gone without a code."""
    with our_server() as (pid, address), watching(kind, address, clients=3) as watched:
        watched.until_in(3)
        watched.send("rate 50")
        os.kill(pid, signal.SIGKILL)
        watched.until(lambda: watched.count("gone") == 3)

        assert {one["code"] for one in watched.of("gone")} == {None}


def test_lost_columns_are_added_to_a_later_one(kind: str) -> None:
    """While its messages are not read, the load goes on; no delivery is missing from the sums."""
    relayed, much = itertools.count(), threading.Event()

    def answer(client: int, line: bytes) -> bytes:
        if next(relayed) > 3 * 250:
            much.set()
        return line

    with room_of_lines(kind, 3, answer) as watched:
        watched.send("pin 0,1,2", "bytes 3900", "rate 500")
        assert much.wait(WITHIN)  # far more was said than the pipe and the buffer hold
        watched.send("pin")
        watched.until(lambda: "lines of pinned clients were left out" in watched.troubles())
        watched.until_quiet()

        assert watched.sums["heard"] == 3 * watched.sums["sent"]


def test_thousand_clients_are_carried(kind: str) -> None:
    """A thousand clients are in at once, and a burst reaches all; in Python, two hundred."""
    clients = 1000 if kind == "c" else 200
    with room(kind, clients) as watched:
        watched.send("burst 5")

        watched.until(lambda: watched.sums["heard"] == 5 * clients)
        assert watched.of("gone") == []


@pytest.mark.parametrize("how", ["quit", "SIGTERM"])
def test_generator_ends(kind: str, how: str) -> None:
    """A command and SIGTERM end the program, after a last column."""
    with room(kind, 2) as watched:
        if how == "quit":
            watched.send("quit")
        else:
            os.kill(watched.generator.pid, signal.SIGTERM)
        watched.until(lambda: watched.generator.ended)

        assert watched.told[-1]["is"] == "column"
        assert watched.generator.last_words() == "the load generator ended with exit code 0"


def test_end_of_the_input_ends_it(kind: str) -> None:
    """When the program that started it has ended, the generator ends too."""
    try:
        _, command = live_command(kind)
    except LoadError as error:
        pytest.skip(str(error))
    with lines_server() as address:
        done = subprocess.run(
            [*command, "--tcp", address], input=b"clients 2\n", capture_output=True
        )

    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[-1])["is"] == "column"


def test_killed_generator_is_noticed(kind: str) -> None:
    """A generator that is killed has ended; commands for it are lost, and closing is quiet."""
    with room(kind, 2) as watched:
        os.kill(watched.generator.pid, signal.SIGKILL)
        watched.until(lambda: watched.generator.ended)

        watched.send("rate 1")
        assert watched.generator.last_words() == "the load generator ended with exit code -9"


def test_no_process_is_left(kind: str) -> None:
    """When it is closed, also twice, the process has ended and was waited for."""
    with lines_server() as address, watching(kind, address, door="tcp", clients=2) as watched:
        watched.until_in(2)
        watched.generator.close()
        watched.generator.close()

        with pytest.raises(ProcessLookupError):
            os.kill(watched.generator.pid, 0)


@pytest.mark.parametrize(
    "command",
    [
        "what",
        "kill 9",
        "kill",
        "stall -1",
        "wake x",
        "rate nan",
        "pin",
        "pin 7,8,x",
        "bytes 1e99",
        "",
    ],
)
def test_strange_commands_do_no_harm(kind: str, command: str) -> None:
    """A command that makes no sense changes nothing that matters, and the next one is obeyed."""
    with lines_server() as address, watching(kind, address, door="tcp", clients=2) as watched:
        watched.until_in(2)
        watched.send(command, "bytes 20", "burst 1")

        watched.until(lambda: watched.sums["heard"] == 2)


def has_all(watched: Watched, kinds: tuple[str, ...]) -> bool:
    return all(watched.count_of(kind) for kind in kinds)


def test_both_programs_tell_the_same_keys() -> None:
    """The messages of both programs have the same keys."""
    kinds = ("column", "last", "said", "heard", "gone", "states", "trouble")
    keys = []
    for kind in ("c", "python"):
        with room(kind, 2) as watched:
            watched.send("pin 0", "burst 1", "kill 1", "what")
            watched.until(partial(has_all, watched, kinds))
            keys.append({one: sorted(watched.of(one)[-1]) for one in kinds})

    assert keys[0] == keys[1]


def test_address_that_is_none_is_said() -> None:
    """A generator that cannot start says why in one line."""
    with LiveGenerator("localhost-is-no-address:1") as generator:
        assert list(generator.wait(100 * TICK)) == []

        assert generator.ended
        assert "not an address" in generator.last_words() or generator.kind == "python"
