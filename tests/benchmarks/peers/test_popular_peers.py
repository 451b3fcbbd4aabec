"""Each popular peer that can be had here: it starts, relays, ends when asked, leaves nothing."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import pytest

from benchmarks.peers import PEERS, POPULAR
from conformance.server import spell
from conformance.timing import TICK
from conformance.websocket_client import WebSocketClient
from tests.benchmarks.peers.test_peers import Address, started


FRAMEWORKS = Path(__file__).parents[3] / "benchmarks" / "peers" / "frameworks"
ENDS_WITHIN_S = 20 * TICK  # 2 s

each = pytest.mark.parametrize("peer_id", POPULAR)


def joined(address: Address, label: str) -> WebSocketClient:
    """Connect a client of the server's own origin, and wait until it is in the room."""
    origin = {"Origin": f"http://{spell(address)}"}
    client = WebSocketClient(address, label=label, headers=origin, within=50 * TICK)
    client.say(f"{label} is here")
    client.wait_for(f"{label} is here")
    return client


def members(group: int) -> list[int]:
    """Return the processes of a process group that have not ended."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, _, of_group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(of_group) == group and state != "Z":
            found.append(int(entry.name))
    return found


@each
def test_popular_peer_relays_and_ends(peer_id: str) -> None:
    """It relays one message to three clients, ends within two seconds, and leaves no process."""
    with started(peer_id) as (process, address):
        clients = [joined(address, label) for label in ("anna", "ben", "carl")]

        clients[0].say("hello, all three")
        for client in clients:
            client.wait_for("hello, all three")
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        exit_code = process.wait(50 * TICK)
        took_s = time.monotonic() - asked
        for client in clients:
            client.abandon()

    assert exit_code in (0, -signal.SIGTERM)
    assert took_s < ENDS_WITHIN_S
    assert members(process.pid) == []


@each
def test_popular_peer_cites_its_pattern(peer_id: str) -> None:
    """It names the documentation that it follows, in the table and in its own first lines."""
    peer = PEERS[peer_id]
    folder = FRAMEWORKS.parent
    name = peer_id.replace("-", "_")
    files = [FRAMEWORKS / f"{name}.py", *(folder / name).glob("*.[jg][so]")]
    (program,) = [file for file in files if file.is_file()]

    assert re.match(r"https://[\w.-]+/", peer.source)
    assert peer.source.partition("#")[0].rstrip("/") in program.read_text("utf-8")[:1200]


def test_each_framework_has_its_pins() -> None:
    """Each program on a framework has a list of exact versions, and each list its program."""
    programs = {path.stem for path in FRAMEWORKS.glob("*_*.py")} - {"__init__"}
    pins = {path.stem: path.read_text("utf-8").splitlines() for path in FRAMEWORKS.glob("*.txt")}

    assert set(pins) == programs
    for lines in pins.values():
        packages = [line for line in lines if not line.startswith(("#", "--"))]
        assert packages
        assert all(re.fullmatch(r"[\w.-]+==[\w.]+( *;.*)?", line) for line in packages)


@each
def test_popular_peer_knows_its_version(peer_id: str) -> None:
    """Its versions are known without an installation, except those of Debian's Go packages."""
    version = PEERS[peer_id].version()

    assert peer_id.startswith("go-") or re.search(r"\w \d+\.\d", version)
