"""Each plain peer that is available here, started for real: it is ready, and keeps the rules.

The popular ones break some of these rules, which is what they are here for; they have tests of
their own in test_popular_peers.py.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

import pytest

from benchmarks.peers import PEERS, POPULAR, Unavailable
from benchmarks.peers.judging import RULES, judge
from conformance.timing import TICK
from conformance.websocket_client import WebSocketClient


START_S = 100 * TICK
OURS = [peer for peer in PEERS if peer.startswith("asyncio-")]

Address = tuple[str, int]
Started = tuple["subprocess.Popen[bytes]", Address]
Start = Callable[[str], AbstractContextManager[Started]]

PLAIN = [peer for peer in PEERS if peer not in POPULAR]

every_peer = pytest.mark.parametrize("peer_id", PLAIN)
every_other = pytest.mark.parametrize("peer_id", [peer for peer in PLAIN if peer not in OURS])


@contextmanager
def started(peer_id: str) -> Iterator[Started]:
    """Start a peer on a free port; give its process and address. Skips an unavailable peer."""
    try:
        command = PEERS[peer_id].command()
    except Unavailable as reason:
        pytest.skip(str(reason))
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            [*command, "--ws", "127.0.0.1:0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            process_group=0,
        ) as process,
    ):
        try:
            yield process, _announced(peer_id, process)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _announced(peer_id: str, process: subprocess.Popen[bytes]) -> Address:
    """Wait for the ready line, and check it."""
    assert process.stdout is not None
    said, deadline = b"", time.monotonic() + START_S
    while not said.endswith(b"\n"):
        remaining_s = max(0.0, deadline - time.monotonic())
        assert select.select([process.stdout], [], [], remaining_s)[0], "it is not ready in time"
        heard = os.read(process.stdout.fileno(), 4096)
        assert heard, f"it ended after {said!r}"
        said += heard
    if peer_id in OURS:
        server = peer_id.removesuffix("+uvloop")
        form = rf"hubbub {server} ready tcp=\S+ ws=127\.0\.0\.1:(\d+)\n"
    else:
        form = rf"peer {re.escape(peer_id)} ready ws=127\.0\.0\.1:(\d+)\n"
    announced = re.fullmatch(form, said.decode())
    assert announced is not None, said
    return "127.0.0.1", int(announced[1])


@contextmanager
def connected(address: Address, label: str) -> Iterator[WebSocketClient]:
    """Connect a client and wait until it is in the room; it leaves at the end."""
    client = WebSocketClient(address, label=label)
    try:
        client.say(f"{label} is here")
        client.wait_for(lambda line: line.endswith(f"{label} is here"))
        yield client
    finally:
        client.abandon()


@every_peer
def test_peer_keeps_the_rules(peer_id: str) -> None:
    """A peer keeps every rule for peers."""
    with started(peer_id) as (_process, address):
        judgements = judge(address)

    assert [found for found in judgements if found.verdict != "pass"] == []
    assert [found.rule_id for found in judgements] == list(RULES)


@every_peer
def test_peer_ends_when_asked(peer_id: str) -> None:
    """SIGTERM ends a peer, even with a client connected."""
    with started(peer_id) as (process, address), connected(address, "anna"):
        process.send_signal(signal.SIGTERM)
        exit_code = process.wait(START_S)

    assert exit_code in (0, -signal.SIGTERM)


@every_peer
def test_peer_may_have_every_descriptor(peer_id: str) -> None:
    """When a peer is ready, its soft limit of file descriptors is equal to the hard limit."""
    with started(peer_id) as (process, _address), open(f"/proc/{process.pid}/limits") as limits:
        (line,) = [line for line in limits if line.startswith("Max open files")]

    soft, hard = line.split()[3:5]
    assert soft == hard


@every_other
@pytest.mark.parametrize("size_bytes", [65_535, 65_536, 100_000])
def test_peer_relays_large_messages(peer_id: str, size_bytes: int) -> None:
    """A message just below or above 64 KiB arrives whole, though it is sent in pieces."""
    text = "x" * (size_bytes - 1) + "y"
    with (
        started(peer_id) as (_process, address),
        connected(address, "anna") as anna,
        connected(address, "ben") as ben,
    ):
        frame = ben.encode(text)
        ben.send_raw(frame[:7])
        ben.send_raw(frame[7:1000])
        ben.send_raw(frame[1000:])
        anna.wait_for(text)


@every_peer
def test_peer_describes_itself(peer_id: str) -> None:
    """A report's texts about a peer are one line each, and its id is its key."""
    peer = PEERS[peer_id]

    assert peer.id == peer_id
    for words in (peer.summary, peer.label, peer.version()):
        assert "\n" not in words
    assert peer.summary
    assert peer.label


@pytest.mark.parametrize("peer_id", ["c-floor", "go-gorilla", "websockets-queue"])
def test_client_that_does_not_read_is_dropped(peer_id: str) -> None:
    """A peer with a bounded queue drops a client that does not read, and serves the others."""
    # Enough to fill a queue of 256 messages and the kernel's buffers. Longer messages would take
    # long: the peer in Go joins all waiting messages into one, in many fragments.
    messages, text = 800, "x" * 20_000
    with (
        started(peer_id) as (_process, address),
        connected(address, "anna") as anna,
        connected(address, "slow") as slow,
    ):
        slow.clog()
        for _ in range(messages):
            anna.say(text)
            anna.wait_for(text)
        slow.resume()
        lines, end = slow.lines_until_end(START_S)
        anna.say("still here")
        anna.wait_for("still here")

    assert end.how in ("eof", "reset")
    assert sum(line.count(text) for line in lines) < messages
