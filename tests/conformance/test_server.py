"""A server under test: how its doors are found, and what is said of one that ends."""

import socket
import sys
import time
from pathlib import Path

import pytest

from conformance.contenders import ForeignCommand, LaunchOptions, launched_ready
from conformance.server import accepts
from conformance.timing import WITHIN
from tests.conformance.judging import TEXT_TEST, judge


def test_server_that_does_not_start_fails(tmp_path: Path) -> None:
    """A server that ends before it is ready fails, with its last words."""
    run = judge(tmp_path, TEXT_TEST, "--command=python -c 'raise SystemExit(7)' {tcp}")[0]

    assert run.verdict == "fail"
    assert "ended before it was ready: exit code 7" in run.message


def test_server_that_crashes_is_named(tmp_path: Path) -> None:
    """A rule that fails because the server ended says so, with its exit code and last words."""
    run = judge(tmp_path, TEXT_TEST, fault="crashes")[0]

    assert run.verdict == "fail"
    first = run.message.partition("\n")[0]
    assert first.startswith("wrong_chat.py crashed: exit code 7; last on standard error: ")
    assert "out of ideas" in first


def test_probe_waits_for_no_end() -> None:
    """A door that never ends a connection accepts all the same."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        began = time.monotonic()
        assert accepts(listening.getsockname(), speaks=True)
        assert time.monotonic() - began < WITHIN
        assert accepts(listening.getsockname())


@pytest.mark.parametrize(
    ("words", "port"),
    [("listening on port PORT", "0"), ("ready ws=ws://127.0.0.1:PORT/ws", "0"), ("", "{ws_port}")],
)
def test_door_is_where_the_server_says(tmp_path: Path, words: str, port: str) -> None:
    """A ready line may come late, behind a banner, in any form, or not at all."""
    script = tmp_path / "late.py"
    script.write_text(
        "import socket, sys, time\n"
        "print('== banner ==', flush=True)\n"
        "time.sleep(0.5)\n"
        "listening = socket.create_server(('127.0.0.1', int(sys.argv[2])))\n"
        "said = sys.argv[1].replace('PORT', str(listening.getsockname()[1]))\n"
        "print(said, flush=True)\n"
        "time.sleep(60)\n"
    )
    place = "" if "{ws_port}" in port else " {ws_port}"
    template = f"{sys.executable} {script} '{words}' {port}{place}"

    server = launched_ready(lambda: ForeignCommand(template).launch(LaunchOptions()))
    try:
        socket.create_connection(server.ws, WITHIN).close()
    finally:
        server.stop()


def test_port_that_was_taken_meanwhile_is_tried_again(tmp_path: Path) -> None:
    """A server that says that its port is in use is started again with another port."""
    template = f"{sys.executable} {tmp_path}/taken.py {{ws_port}}"
    (tmp_path / "taken.py").write_text(
        "import pathlib, socket, sys, time\n"
        "seen = pathlib.Path(__file__).with_name('seen')\n"
        "if not seen.exists():\n"
        "    seen.write_text(sys.argv[1])\n"
        "    sys.exit('OSError: [Errno 98] Address already in use')\n"
        "listening = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "time.sleep(60)\n"
    )

    server = launched_ready(lambda: ForeignCommand(template).launch(LaunchOptions()))
    server.stop()

    assert server.ws[1] != int((tmp_path / "seen").read_text())
