"""Both load generators, against servers with planted faults: each reports exactly those."""

from __future__ import annotations

import os
import re
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection

from benchmarks.deliveries import Tally, tally
from benchmarks.figures import figures
from benchmarks.load import Account, LoadError, generator_command, raise_file_limit, run_load
from benchmarks.processes import server_command, serving
from benchmarks.samples import Samples
from benchmarks.workload import Workload
from conformance.timing import TICK
from tests.benchmarks.relay import ChatRelay, Fault, relaying


SMALL = Workload(clients=4, messages=40, warmup_messages=2)
FAULTY = 25  # the message a fault is planted in: all fences come before it, some others after it
MS = 1_000_000


@pytest.fixture(params=["c", "python"])
def command(request: pytest.FixtureRequest) -> tuple[str, list[str]]:
    """Each generator in turn; a machine without a compiler says that it lacks one."""
    try:
        return generator_command(request.param)
    except LoadError as error:
        pytest.skip(str(error))


Command = tuple[str, list[str]]


def load(
    address: str, command: Command, workload: Workload = SMALL
) -> tuple[Account, Samples, Tally]:
    account, samples = run_load(
        address, workload, pid=os.getpid(), command=command, patience_s=20 * TICK, drain_s=10 * TICK
    )
    return account, samples, tally(samples, workload, behind=account.behind)


def faults(found: Tally) -> dict[str, int]:
    names = ("lost", "duplicated", "reordered", "altered", "announced")
    return {name: getattr(found, name) for name in names if getattr(found, name)}


def swapping() -> Fault:
    """Client 1 gets one message behind the next."""
    held: list[str] = []

    def swap(client: int, message: int, text: str) -> list[str]:
        if (client, message) == (1, FAULTY):
            held.append(text)
            return []
        return [text, held.pop()] if client == 1 and held else [text]

    return swap


def test_plain_relay_is_found_faultless(command: Command) -> None:
    """A server that relays faithfully has no faults, and every delivery is there."""
    with relaying() as address:
        account, samples, found = load(address, command)

    assert account.generator == command[0]
    assert account.moments == ()  # a look costs time, and nothing happens here to look at
    assert account.generator_queued is not None
    assert 0 <= account.generator_queued <= 1
    assert (faults(found), found.finding) == ({}, "")
    assert found.expected == 4 * (2 + 40 + 1)
    assert figures(samples, SMALL).cost_us > 0


def test_chat_server_is_found_faultless(command: Command) -> None:
    """Names before the text, a welcome and the news of arrivals are no faults."""
    with relaying(kind=ChatRelay, speaker="127.0.0.1:51234: ") as address:
        _, _, found = load(address, command)

    assert (faults(found), found.finding) == ({}, "")


def test_lost_delivery_is_counted(command: Command) -> None:
    """One delivery that never comes is one lost, and the history checker names who lost what."""

    def lose(client: int, message: int, text: str) -> list[str]:
        return [] if (client, message) == (2, FAULTY) else [text]

    with relaying(lose) as address:
        _, _, found = load(address, command)

    assert faults(found) == {"lost": 1}
    assert re.match(r"delivery\.exactly-once: c\d never got c0-25", found.finding)


def test_one_in_a_hundred_is_counted(command: Command) -> None:
    """A loss of one in a hundred is found to be just that."""
    missed: list[int] = []

    def lose(client: int, message: int, text: str) -> list[str]:
        if client == 3 and message > FAULTY and message % 10 == 0:
            missed.append(message)
            return []
        return [text]

    with relaying(lose) as address:
        _, _, found = load(address, command)

    assert faults(found) == {"lost": len(missed)}


def test_silent_recipient_ends_the_run(command: Command) -> None:
    """A client that gets nothing more has lost every later message, until the run is given up."""

    def fall_silent(client: int, message: int, text: str) -> list[str]:
        return [] if client == 1 and message >= FAULTY else [text]

    with relaying(fall_silent) as address:
        _, samples, found = load(address, command)

    said = int((samples.messages["intended_ns"] > 0).sum())
    assert faults(found) == {"lost": said - FAULTY}
    assert said < FAULTY + 10


def test_duplicate_is_counted(command: Command) -> None:
    """One delivery that comes twice is one duplicate."""

    def repeat(client: int, message: int, text: str) -> list[str]:
        return [text, text] if (client, message) == (3, FAULTY) else [text]

    with relaying(repeat) as address:
        _, _, found = load(address, command)

    assert faults(found) == {"duplicated": 1}
    assert "twice" in found.finding


def test_reordered_delivery_is_counted(command: Command) -> None:
    """A message that one client gets behind the next one is one out of order, and none lost."""
    with relaying(swapping()) as address:
        _, _, found = load(address, command, replace(SMALL, rate_hz=100.0))

    assert faults(found) == {"reordered": 1}
    assert "order." in found.finding


def test_clients_that_disagree_are_found(command: Command) -> None:
    """Two speakers' messages in one order here and in another there break the total order."""
    held: list[str] = []

    def swap(client: int, message: int, text: str) -> list[str]:
        # In a closed loop both are on their way at once, and either may come to the relay first.
        if client != 1 or message not in (FAULTY, FAULTY + 1):
            return [text]
        if not held:
            held.append(text)
            return []
        return [text, held.pop()]

    with relaying(swap) as address:
        _, _, found = load(address, command, replace(SMALL, speakers=2))

    assert faults(found) == {}
    assert found.finding.startswith("order.total: ")


@pytest.mark.parametrize("damage", [str.upper, lambda text: f"X: {text}", lambda text: text[:-1]])
def test_altered_text_is_counted(command: Command, damage: object) -> None:
    """A text that is not as it was said, or under another name, is none of ours."""
    assert callable(damage)

    def alter(client: int, message: int, text: str) -> list[str]:
        return [damage(text)] if (client, message) == (2, FAULTY) else [text]

    with relaying(alter) as address:
        _, _, found = load(address, command)

    assert faults(found) == {"lost": 1, "altered": 1}


def test_messages_joined_by_newlines_are_taken_apart(command: Command) -> None:
    """Several messages in one frame, as gorilla's example sends them, are several messages."""
    held: list[str] = []

    def join(client: int, message: int, text: str) -> list[str]:
        if (client, message) == (1, FAULTY):
            held.append(text)
            return []
        return [f"{held.pop()}\n{text}"] if client == 1 and held else [text]

    with relaying(join) as address:
        _, _, found = load(address, command, replace(SMALL, rate_hz=100.0))

    assert (faults(found), found.finding) == ({}, "")


@pytest.mark.parametrize(
    ("payload_bytes", "head_bytes"), [(16, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)]
)
def test_payloads_of_every_length_are_read(
    command: Command, payload_bytes: int, head_bytes: int
) -> None:
    """Each of the three lengths of a frame's head is written and read, and every byte counted."""
    with relaying() as address:
        account, _, found = load(address, command, replace(SMALL, payload_bytes=payload_bytes))

    assert (faults(found), found.finding) == ({}, "")
    assert account.received_bytes == 4 * 40 * (head_bytes + payload_bytes)


def test_delay_is_measured(command: Command) -> None:
    """A server that holds every message up for 20 ms has no delivery faster than that."""
    with relaying(delay_s=0.020) as address:
        _, samples, _ = load(address, command)

    measured = figures(samples, SMALL)
    assert measured.percentile_ms(0) >= 20
    assert measured.cost_us >= 20_000 / SMALL.clients


def test_generator_that_polls_sleeps_for_no_message(command: Command) -> None:
    """It is never waked by a server, and that it looked in vain is not counted as its load."""
    sleeps = {}
    for poll in (True, False):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw
        with relaying(delay_s=0.020) as address:
            account, samples = run_load(address, SMALL, pid=os.getpid(), command=command, poll=poll)
        sleeps[poll] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw - before
        assert faults(tally(samples, SMALL)) == {}
        assert account.generator_busy_s < account.counted_s / 2

    assert sleeps[True] < SMALL.messages <= sleeps[False]


def test_held_up_messages_are_charged_from_when_they_were_due(command: Command) -> None:
    """What waits behind a stop of 200 ms is late by what is left of it: no coordinated omission."""
    stopped: list[int] = []

    def stop(client: int, message: int, text: str) -> list[str]:
        if client == 0 and message == FAULTY and not stopped:
            stopped.append(message)
            time.sleep(0.2)  # the fault itself
        return [text]

    workload = replace(SMALL, rate_hz=100.0)
    with relaying(stop) as address:
        _, samples, _ = load(address, command, workload)

    # Twenty messages fell due in those 200 ms; a closed loop would have charged one of them.
    late_ns = (
        samples.deliveries["at_ns"] - samples.messages["intended_ns"][samples.deliveries["message"]]
    )
    late = samples.deliveries["message"][late_ns > 20 * MS]
    assert len(set(late.tolist())) >= 10
    assert figures(samples, workload).percentile_ms(99) >= 150


def test_server_that_does_not_keep_up_is_behind(command: Command) -> None:
    """Where not all has come a while after the last message, the account says so."""
    workload = replace(SMALL, rate_hz=1000.0)
    with relaying(delay_s=TICK) as address:
        account, _, found = load(address, command, workload)

    assert account.behind
    assert faults(found) == {}
    assert found.expected < 4 * (2 + 40)


def test_churn_beside_the_others_is_no_fault(command: Command) -> None:
    """Clients that come and go are counted, and what the room says of them is kept apart."""
    workload = replace(SMALL, rate_hz=50.0, churn_hz=50.0)
    with serving(server_command("asyncio-direct", workload), None) as (pid, address):
        account, samples = run_load(address, workload, pid=pid, command=command)

    found = tally(samples, workload)
    assert samples.churned > 10
    assert found.announced > 0
    assert (found.lost, found.duplicated, found.altered, found.finding) == (0, 0, 0, "")
    assert account.server_cpu_s is not None


def test_client_that_stalls_is_cut_off_and_costs_nobody_a_message(command: Command) -> None:
    """Who stops reading is cut off in the end, and the others lose nothing."""
    workload = replace(
        SMALL,
        clients=20,
        messages=1500,
        rate_hz=500.0,
        payload_bytes=3000,
        stalled_clients=1,
        stall_after_s=0.2,
    )
    with serving(server_command("asyncio-direct", workload), None) as (pid, address):
        account, samples = run_load(address, workload, pid=pid, command=command)

    found = tally(samples, workload)
    assert (found.lost, found.duplicated, found.altered, found.finding) == (0, 0, 0, "")
    assert len(figures(samples, workload).cut_off_s) == 1
    assert account.moments


def test_connection_that_is_cut_off_is_said(command: Command) -> None:
    """A server that drops a client in mid-run is named with the client, in one line."""

    def drop(client: int, message: int, text: str) -> list[str]:
        if message == FAULTY:
            raise ConnectionResetError
        return [text]

    with relaying(drop) as address, pytest.raises(LoadError, match=r"^client \d was c"):
        load(address, command)


def test_refused_handshake_is_said(command: Command) -> None:
    """A server that refuses the upgrade is quoted."""

    def refuse(connection: ServerConnection, request: Request) -> Response:
        return Response(503, "Service Unavailable", Headers())

    with relaying(refuse=refuse) as address, pytest.raises(LoadError, match=r"refused: .*503"):
        load(address, command)


@contextmanager
def nobody_listening() -> Iterator[str]:
    with socket.socket() as taken:  # bound and not listening: nobody else gets the port
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def test_unreachable_server_is_said(command: Command) -> None:
    """Where nobody listens, the run ends with the system's own words."""
    with nobody_listening() as address, pytest.raises(LoadError, match="Connection refused"):
        load(address, command)


def test_silent_server_is_said(command: Command) -> None:
    """A server that lets everyone in and relays nothing is silent."""

    def swallow(client: int, message: int, text: str) -> list[str]:
        return []

    with relaying(swallow) as address, pytest.raises(LoadError, match="the server is silent"):
        load(address, command, replace(SMALL, clients=1))


def test_too_few_descriptors_are_said() -> None:
    """More clients than the system allows open files is one clear line, before anything starts."""
    with pytest.raises(LoadError, match=r"need \d+ open files, and the hard limit is"):
        raise_file_limit(10**9)


def test_unknown_generator_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator that there is none of is refused by name."""
    monkeypatch.setenv("HUBBUB_GENERATOR", "rust")

    with pytest.raises(LoadError, match="c or python"):
        generator_command()


def test_without_a_compiler_python_makes_the_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a compiler the load is made all the same; who demands the C one is told."""
    monkeypatch.setenv("CC", "no-such-compiler")

    assert generator_command()[0] == "python"
    with pytest.raises(LoadError, match="compiler"):
        generator_command("c")
