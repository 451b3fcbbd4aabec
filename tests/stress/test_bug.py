"""A bug in the handler of a running server ends only the connection that meets it."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from conformance import Client, Connect, Door
from conformance.contenders import ForeignCommand
from conformance.factories import Launch
from tests.stress.crowd import Report
from tests.stress.faulty import TRIGGER


ROOT = Path(__file__).resolve().parents[2]
VICTIMS = 20


@pytest.mark.parametrize("door", ["tcp", "ws"])
def test_bug_harms_no_other(
    server_id: str, launch: Launch, connect: Connect, report: Report, door: Door
) -> None:
    """Each client that meets the bug has left, once and logged; the others talk on as before."""
    command = f"{shlex.quote(sys.executable)} -m tests.stress.faulty {server_id}"
    launch.contender = ForeignCommand(command + " --tcp {tcp} --ws {ws} {flags}", id=server_id)
    server = launch.ready(log_level="ERROR", cwd=ROOT)
    anna: Client = connect("anna", server=server)
    ben: Client = connect("ben", server=server, door="ws")
    victims: list[Client] = [connect(door=door, server=server) for _ in range(VICTIMS)]
    anna.wait_for(victims[-1].send_fence())

    for number, victim in enumerate(victims):
        ben.say(f"before {number}")
        victim.say(TRIGGER)
        anna.wait_for(f"* {victim.name} left")
        victim.lines_until_end()
    ben.say("after")

    heard = [line for line in ben.lines_until("ben: after") if line.startswith("ben: ")]
    assert heard == [f"ben: before {number}" for number in range(VICTIMS)]
    anna.wait_for("ben: after")
    report(f"{VICTIMS} connections met the bug at {door}")
    connect("cara", server=server)
    server.stop()
    logged = re.findall(r"ERROR (\S+): a bug in this connection", server.stderr_text())
    assert logged == [victim.address for victim in victims]
