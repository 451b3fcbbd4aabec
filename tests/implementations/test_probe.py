"""``hubbub serve ID --lab`` and ``GET /lab``: what a server counts, and what it then tells."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import pytest

from conformance.timing import TICK
from implementations.core.counted_room import Stats
from implementations.probe import CountedSocket, Probe
from implementations.servers import SERVERS, find_server
from tests.implementations.running import ENDS_WITHIN, ROOT


class Outbox:
    """An outbox with invented figures."""

    depth = 17
    dropped = 3
    held = 5


class Connection:
    """A connection in the room, or not yet."""

    def __init__(self, joined: bool) -> None:
        self.joined = joined
        self._outbox = Outbox()


def figures(probe: Probe) -> dict[str, Any]:
    """Return what the probe answers."""
    answer = probe.answer(Stats(1, 2, 3, 4))
    report = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert isinstance(report, dict)
    return report


def counted(probe: Probe, port: int) -> tuple[CountedSocket, socket.socket]:
    """Return a counted socket and its peer."""
    ours, theirs = socket.socketpair()
    return probe.counted(ours, port), theirs


def test_writes_count_when_the_socket_took_bytes() -> None:
    """Each write that took bytes counts once; one that the socket refused does not."""
    probe = Probe()
    ours, theirs = counted(probe, 1)
    with ours, theirs:
        taken = 0
        try:
            while ours.send(b"x" * 65536):
                taken += 1
        except BlockingIOError:
            pass

        assert taken > 0
        assert figures(probe)["writes"] == taken


def test_counts_outlive_their_client() -> None:
    """What a client cost stays in the totals when its socket closes, and only once."""
    probe = Probe()
    ours, theirs = counted(probe, 1)
    ours.connection = Connection(joined=True)
    with theirs:
        ours.send(b"x")
        before = figures(probe)
        ours.close()
        ours.close()
        after = figures(probe)

    assert (before["clients"], before["writes"], before["dropped"]) == ([[1, 17]], 1, 3)
    assert (after["clients"], after["writes"], after["dropped"]) == ([], 1, 3)


def test_connection_outside_the_room_is_no_client() -> None:
    """A connection that is not in the room, such as that of the question, is not shown."""
    probe = Probe()
    ours, theirs = counted(probe, 1)
    with ours, theirs:
        before = figures(probe)["clients"]
        ours.connection = Connection(joined=False)

        assert before == figures(probe)["clients"] == []


def test_worst_lag_since_the_last_answer() -> None:
    """The lag is the worst since the last answer, and null when it was not measured."""
    probe = Probe()
    first = figures(probe)["lag_ms"]
    for late_s in (0.001, 0.02, 0.0):
        probe.late(late_s)
    worst, again = figures(probe)["lag_ms"], figures(probe)["lag_ms"]

    assert (first, worst, again) == (None, 20.0, None)


def test_figures_of_the_hub_are_passed_on() -> None:
    """The hub's counts and the caller's stand in the answer as they are."""
    probe = Probe(tasks=lambda: 6)
    ours, theirs = counted(probe, 1)
    ours.connection = Connection(joined=True)
    with ours, theirs:
        report = figures(probe)

    assert (report["deliveries"], report["evictions"]) == (3, 4)
    assert (report["held"], report["tasks"]) == (5, 6)
    assert figures(Probe())["tasks"] is None


EVERY_SERVER = pytest.mark.parametrize("server_id", [server.id for server in SERVERS])
WITHIN = 10 * ENDS_WITHIN * max(1.0, TICK)
LINE = b"x" * 4000 + b"\n"
KEYS = {
    "clients",
    "dropped",
    "writes",
    "tasks",
    "threads",
    "lag_ms",
    "held",
    "evictions",
    "deliveries",
}


class Running(NamedTuple):
    """The ports of a running server."""

    tcp: int
    ws: int

    def ask(self, method: str = "GET", path: str = "/lab") -> tuple[int, bytes]:
        """Return the status and the body of an answer at the WebSocket door."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ws, timeout=WITHIN)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def figures(self) -> dict[str, Any]:
        """Return what ``GET /lab`` says."""
        status, body = self.ask()
        assert status == 200
        figures = json.loads(body)
        assert isinstance(figures, dict)
        return figures

    def until(self, seen: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Ask until the figures are as expected, or to the deadline. Return the last ones."""
        deadline = time.monotonic() + WITHIN
        while not seen(figures := self.figures()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return figures

    def joined(self) -> socket.socket:
        """Return a line client that is in the room and reads nothing more by itself."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(WITHIN)
        client.connect(("127.0.0.1", self.tcp))
        assert client.recv(1)
        return client


@contextmanager
def running(server_id: str, *flags: str) -> Iterator[Running]:
    """Start a server on free ports of the loopback, and end it after the block."""
    command = [sys.executable, "-m", "implementations", server_id, "--log-level=ERROR"]
    command += ["--tcp=127.0.0.1:0", "--ws=127.0.0.1:0", "--drain-timeout=0.1", *flags]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            doors = dict(word.split("=") for word in server.stdout.readline().split()[3:])
            yield Running(*(int(doors[door].rpartition(":")[2]) for door in ("tcp", "ws")))
        finally:
            server.kill()


def depth_of(client: socket.socket, figures: dict[str, Any]) -> int:
    """Return the depth of a client; -1 when the figures do not have the client."""
    depths = dict(map(tuple, figures["clients"]))
    return int(depths.get(client.getsockname()[1], -1))


def drained(client: socket.socket) -> None:
    """Read what comes to a client, until nothing comes for a while."""
    client.settimeout(0.3)
    try:
        while client.recv(1 << 20):
            pass
    except TimeoutError:
        pass


@EVERY_SERVER
def test_depth_rises_for_a_client_that_stops_reading(server_id: str) -> None:
    """The depth of a client that stops reading rises, its drops count, and the depth falls."""
    with (
        running(
            *(server_id, "--lab", "--slow-consumer=drop-oldest", "--outbox=64", "--writer=send")
        ) as server,
        ExitStack() as clients,
    ):
        talker = clients.enter_context(server.joined())
        sleeper = clients.enter_context(server.joined())
        before = server.until(lambda figures: len(figures["clients"]) == 2)
        for _ in range(400):
            talker.sendall(LINE)
            talker.recv(len(LINE) + 64)
        full = server.until(lambda figures: figures["dropped"] > 0)
        drained(talker)
        drained(sleeper)
        after = server.until(lambda figures: depth_of(sleeper, figures) == 0)

        assert set(before) == KEYS
        assert (depth_of(sleeper, before), before["dropped"]) == (0, 0)
        assert depth_of(sleeper, full) >= 250
        assert full["dropped"] > 0
        assert depth_of(sleeper, after) == 0
        assert after["writes"] > before["writes"] > 0
        assert after["dropped"] >= full["dropped"]
        assert after["deliveries"] > 0


def test_writes_by_io_uring_are_not_known() -> None:
    """Most of them pass no socket, so their number is null and not a wrong one."""
    assert figures(Probe("uring"))["writes"] is None


@EVERY_SERVER
def test_talkers_that_wait_are_held(server_id: str) -> None:
    """Talkers that wait for a client under ``block`` count as held, and not for ever."""
    with (
        running(server_id, "--lab", "--slow-consumer=block", "--outbox=8") as server,
        ExitStack() as clients,
    ):
        talker = clients.enter_context(server.joined())
        sleeper = clients.enter_context(server.joined())
        talker.setblocking(False)
        deadline = time.monotonic() + WITHIN
        held = 0
        while not held and time.monotonic() < deadline:
            for step in (lambda: talker.send(LINE), lambda: talker.recv(1 << 20)):
                try:
                    step()
                except BlockingIOError:
                    held = server.figures()["held"]
        drained(sleeper)
        talker.settimeout(0.3)
        drained(talker)
        drained(sleeper)
        drained(talker)
        after = server.until(lambda figures: figures["held"] == 0)

    assert held == 1
    assert after["held"] == 0


@EVERY_SERVER
def test_runtime_tells_what_it_has(server_id: str) -> None:
    """A loop has tasks and a lag; threads have neither, and both are null there."""
    with running(server_id, "--lab") as server:
        figures = server.until(
            lambda figures: figures["lag_ms"] is not None or not figures["tasks"]
        )

    assert figures["threads"] >= 1
    if find_server(server_id).runtime == "threads":
        assert (figures["tasks"], figures["lag_ms"]) == (None, None)
        assert figures["threads"] >= 4
    else:
        assert figures["tasks"] >= 4
        assert figures["lag_ms"] >= 0


@EVERY_SERVER
def test_without_the_flag_nothing_is_there(server_id: str) -> None:
    """Without ``--lab``, ``/lab`` is 404 like any other path."""
    with running(server_id) as server:
        assert server.ask()[0] == 404
        assert server.ask("HEAD")[0] == 404


def test_head_and_post() -> None:
    """``HEAD /lab`` has no body, and no other method is allowed."""
    with running(SERVERS[0].id, "--lab") as server:
        assert server.ask("HEAD") == (200, b"")
        assert server.ask("POST")[0] == 405


@pytest.mark.parametrize("flag", ["--tcp=:0", "--ws=0.0.0.0:0", "--ws=192.0.2.1:8080"])
def test_other_addresses_are_refused(flag: str) -> None:
    """``--lab`` with a door that is not at the loopback is refused with one line."""
    command = [sys.executable, "-m", "implementations", SERVERS[0].id, "--lab", flag]
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN, check=False
    )

    where = flag.partition("=")[2]
    assert ended.returncode == 2
    assert ended.stderr == f"hubbub: --lab is for loopback addresses only, not for {where}\n"
