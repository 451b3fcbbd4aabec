"""The load generator, against small servers with planted faults: it reports exactly those."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from benchmarks.audience import LoadError
from benchmarks.load import (
    MAX_CROWDING,
    MAX_GENERATOR_SHARE,
    MIN_MESSAGES,
    LoadReport,
    judge,
    parse_address,
    run_load,
)
from benchmarks.workload import Workload
from tests.timing import TICK


CLIENTS = 4
MESSAGES = 20
FAULTY = 15  # the message a fault is planted in: all fences come before it, some others after it

# (client, message, text as due) -> the texts that this client gets instead, in order
Fault = Callable[[int, int, str], list[str]]


class Relay:
    """A server that sends what it gets to everyone, with the faults it is told to have."""

    def __init__(self, fault: Fault, speaker: str) -> None:
        self._fault = fault
        self._speaker = speaker
        self._connections: list[ServerConnection] = []
        self._lock = threading.Lock()

    def __call__(self, connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            with self._lock:
                self._connections.append(connection)
            for line in connection:
                assert isinstance(line, str)
                with self._lock:
                    for client, recipient in enumerate(self._connections):
                        for text in self._fault(client, int(line[:8]), self._speaker + line):
                            recipient.send(text)


class ChatRelay(Relay):
    """The same, and it speaks for itself as a chat room does when somebody comes."""

    def __call__(self, connection: ServerConnection) -> None:
        with self._lock:
            connection.send("* you are X")
            for other in self._connections:
                other.send("* X joined")
        super().__call__(connection)


@contextmanager
def serving(
    fault: Fault,
    *,
    kind: type[Relay] = Relay,
    speaker: str = "",
    refuse: Callable[[ServerConnection, Request], Response | None] | None = None,
) -> Iterator[tuple[str, int]]:
    """Run such a server in a thread; give its address."""
    server: Server
    relay = kind(fault, speaker)
    with serve(relay, "127.0.0.1", 0, compression=None, process_request=refuse) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.socket.getsockname()
        finally:
            server.shutdown()
            thread.join()


def faithful(client: int, message: int, text: str) -> list[str]:
    return [text]


def load(address: tuple[str, int], deadline_s: float = 300 * TICK) -> tuple[LoadReport, list[int]]:
    workload = Workload(
        clients=CLIENTS, messages=MESSAGES, warmup_messages=1, payload_bytes=64, processes=1
    )
    report, samples_ns = run_load(
        address, workload, pid=os.getpid(), patience_s=3 * TICK, deadline_s=deadline_s
    )
    return report, samples_ns.tolist()


def faults(report: LoadReport) -> dict[str, int]:
    names = ("lost", "duplicated", "reordered", "unexpected")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def test_plain_relay_is_found_faultless() -> None:
    """A server that relays faithfully has no faults, and every delivery has its sample."""
    with serving(faithful) as address:
        report, samples_ns = load(address)

    assert faults(report) == {}
    assert report.expected == CLIENTS * (MESSAGES + 1)
    assert len(samples_ns) == CLIENTS * MESSAGES
    assert min(samples_ns) > 0


def test_chat_server_is_found_faultless() -> None:
    """Names before the text, a welcome and the news of arrivals are no faults."""
    with serving(faithful, kind=ChatRelay, speaker="127.0.0.1:51234: ") as address:
        report, samples_ns = load(address)

    assert faults(report) == {}
    assert min(samples_ns) > 0


def test_lost_delivery_is_counted() -> None:
    """One delivery that never comes is one lost, and has no sample."""

    def lose(client: int, message: int, text: str) -> list[str]:
        return [] if (client, message) == (2, FAULTY) else [text]

    with serving(lose) as address:
        report, samples_ns = load(address)

    assert faults(report) == {"lost": 1}
    assert samples_ns.count(-1) == 1


def test_silent_recipient_loses_everything_from_there_on() -> None:
    """A client that gets nothing more has lost every later message, until the run is given up."""

    missed: list[int] = []

    def fall_silent(client: int, message: int, text: str) -> list[str]:
        if client != 1 or message < FAULTY:
            return [text]
        missed.append(message)
        return []

    with serving(fall_silent) as address:
        report, _ = load(address)

    *counted, _last_fence = missed
    assert faults(report) == {"lost": len(counted)}
    assert report.expected < CLIENTS * (MESSAGES + 1)


def test_duplicate_is_counted() -> None:
    """One delivery that comes twice is one duplicate."""

    def repeat(client: int, message: int, text: str) -> list[str]:
        return [text, text] if (client, message) == (3, FAULTY) else [text]

    with serving(repeat) as address:
        report, _ = load(address)

    assert faults(report) == {"duplicated": 1}


def test_duplicate_of_the_last_message_is_counted() -> None:
    """A duplicate that comes behind everything else is not missed."""

    def repeat(client: int, message: int, text: str) -> list[str]:
        return [text, text] if client == 0 else [text]

    with serving(repeat) as address:
        report, _ = load(address)

    assert report.duplicated >= MESSAGES + 1


def test_reordered_delivery_is_counted() -> None:
    """A delivery that comes behind the next one is out of order, and not lost."""
    held: list[str] = []

    def hold_back(client: int, message: int, text: str) -> list[str]:
        if (client, message) == (1, FAULTY):
            held.append(text)
            return []
        return [text, held.pop()] if client == 1 and held else [text]

    with serving(hold_back) as address:
        report, _ = load(address)

    assert faults(report) == {"reordered": 1}


def test_altered_text_is_counted() -> None:
    """A delivery with one byte changed is lost, and what came instead was never sent."""

    def alter(client: int, message: int, text: str) -> list[str]:
        return [text[:-1] + "!"] if (client, message) == (2, FAULTY) else [text]

    with serving(alter) as address:
        report, _ = load(address)

    assert faults(report) == {"lost": 1, "unexpected": 1}


def test_wrong_speaker_is_counted() -> None:
    """A text under another name than at the first delivery is not that delivery."""

    def rename(client: int, message: int, text: str) -> list[str]:
        return ["mallory: " + text] if (client, message) == (2, FAULTY) else [text]

    with serving(rename) as address:
        report, _ = load(address)

    assert faults(report) == {"lost": 1, "unexpected": 1}


def test_client_let_in_late_is_waited_for() -> None:
    """A server that answers a handshake before it adds the client loses nothing by it."""

    def ignore_first_fence(client: int, message: int, text: str) -> list[str]:
        return [] if client == CLIENTS - 1 and message == 0 else [text]

    with serving(ignore_first_fence) as address:
        report, _ = load(address)

    assert faults(report) == {}


def test_closed_connection_ends_the_run() -> None:
    """A server that closes a connection ends the run with one line that says which and why."""

    class Closing(Relay):
        def __call__(self, connection: ServerConnection) -> None:
            connection.close(1013, "too slow")

    with (
        serving(faithful, kind=Closing) as address,
        pytest.raises(LoadError, match=r"^client \d was closed: 1013 too slow$"),
    ):
        load(address)


def test_refused_handshake_ends_the_run() -> None:
    """A server that does not upgrade ends the run with its status line."""

    def refuse(connection: ServerConnection, request: Request) -> Response:
        return Response(403, "Forbidden", Headers())

    with (
        serving(faithful, refuse=refuse) as address,
        pytest.raises(LoadError, match=r"^client \d was refused: HTTP/1.1 403 Forbidden$"),
    ):
        load(address)


def test_no_server_ends_the_run() -> None:
    """An address where nobody listens ends the run with one line."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()

    with pytest.raises(LoadError, match="client 0 cannot connect"):
        load(address)


def test_server_that_never_answers_meets_the_deadline() -> None:
    """A handshake that is never answered ends the run at the deadline."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        pytest.raises(LoadError, match=re.escape(f"{CLIENTS} of {CLIENTS} handshakes")),
    ):
        load(listener.getsockname(), deadline_s=2 * TICK)


def test_server_that_does_not_broadcast_meets_the_deadline() -> None:
    """A server that relays nothing ends the run, and the line says how many still wait."""
    with (
        serving(lambda client, message, text: []) as address,
        pytest.raises(LoadError, match=f"{CLIENTS} of {CLIENTS} clients wait for message"),
    ):
        load(address, deadline_s=5 * TICK)


FAULTLESS = {
    "messages": MIN_MESSAGES,
    "lost": 0,
    "duplicated": 0,
    "reordered": 0,
    "unexpected": 0,
    "generator_share": 0.5,
    "crowding": 0.0,
}


def test_faultless_run_is_valid() -> None:
    """A run with every delivery in place and room to spare is valid, without a reason."""
    assert judge(**FAULTLESS) == ("valid", "")  # type: ignore[arg-type]  # one dict, two types


@pytest.mark.parametrize("fault", ["lost", "duplicated", "reordered", "unexpected"])
def test_one_fault_makes_a_run_invalid(fault: str) -> None:
    """One delivery amiss makes a run invalid, however it was otherwise."""
    verdict, reason = judge(**{**FAULTLESS, fault: 1, "crowding": 1.0})  # type: ignore[arg-type]  # as above

    assert verdict == "invalid"
    assert reason.startswith("deliveries: 1 ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("messages", MIN_MESSAGES - 1),
        ("generator_share", MAX_GENERATOR_SHARE + 0.01),
        ("crowding", MAX_CROWDING + 0.01),
    ],
)
def test_run_that_proves_little_is_unknown(name: str, value: float) -> None:
    """Too few messages, a generator at its limit or a crowded machine make a run unknown."""
    verdict, reason = judge(**{**FAULTLESS, name: value})  # type: ignore[arg-type]  # as above

    assert verdict == "unknown"
    assert reason


@pytest.mark.parametrize(
    ("written", "address"),
    [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::1]:8080", ("::1", 8080))],
)
def test_address_is_split(written: str, address: tuple[str, int]) -> None:
    """An address is a host and a port, the host in brackets when it holds colons."""
    assert parse_address(written) == address


@pytest.mark.parametrize("written", ["127.0.0.1", ":80", "host:port", ""])
def test_what_is_no_address_is_refused(written: str) -> None:
    """An address without a host or without a port is refused."""
    with pytest.raises(ValueError, match="not HOST:PORT"):
        parse_address(written)
