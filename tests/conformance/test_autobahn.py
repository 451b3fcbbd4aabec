"""The Autobahn cases: how verdicts are counted, and what happens without any."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import Event
from websockets.server import ServerProtocol

from conformance import autobahn
from conformance.autobahn import (
    CASES,
    CannotRun,
    Outcome,
    conversation_fault,
    fuzz,
    outcome_of,
    read_failures,
)
from conformance.frames import CLOSE, TEXT, close_payload, encode_frame
from conformance.server import free_address, spell
from conformance.timing import TICK


GOOD = Outcome("asyncio", CASES - 5, 2, 3, ())
needs_kosoku = pytest.mark.skipif(not find_spec("kosoku"), reason="needs kosoku")


def test_line_counts_the_verdicts() -> None:
    """One line holds every count."""
    assert str(GOOD) == "asyncio: 247 cases, 242 ok, 2 non-strict, 3 informational, 0 failed"
    assert GOOD.passed


def test_case_that_did_not_run_is_no_pass() -> None:
    """A run that ended early says so, and has not passed."""
    short = Outcome("trio", 10, 0, 0, ())

    assert str(short).startswith("trio: only 10 of 247 cases, 10 ok")
    assert not short.passed


@pytest.mark.parametrize(
    ("behaviour", "closing"),
    [("FAILED", "OK"), ("OK", "WRONG CODE"), ("NON-STRICT", "UNCLEAN"), ("UNIMPLEMENTED", "OK")],
)
def test_bad_closing_is_a_failure(behaviour: str, closing: str) -> None:
    """A case fails by what happened in it or by its closing; failures come in order of cases."""
    bad = {"behavior": behaviour, "behaviorClose": closing}
    good = {"behavior": "OK", "behaviorClose": "OK"}

    outcome = outcome_of("threads", {"10.1.1": bad, "2.1": good, "7.1.5": bad})

    assert outcome == Outcome("threads", 1, 0, 0, ("7.1.5", "10.1.1"))
    assert not outcome.passed


@needs_kosoku
def test_no_server_fails_every_case(tmp_path: Path) -> None:
    """Where no server listens every case fails, for the reason that the system gives."""
    url = f"ws://{spell(free_address())}/ws"

    outcome = fuzz("nothing", url, tmp_path, cases=["1.1.1", "2.1"])

    assert outcome == Outcome("nothing", 0, 0, 0, ("1.1.1", "2.1"))
    assert "Connection refused" in next(read_failures(tmp_path, outcome))


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ("", ""),
        ("a wrong key", "the client got no Sec-WebSocket-Accept that matches its key"),
        ("no upgrade", "the handshake was answered without Upgrade: websocket"),
        ("an extension", "the handshake was answered with Sec-WebSocket-Extensions, which"),
        ("masks", "the server sent a masked frame"),
        ("no echo", "the client waited 2 s for a line"),
        ("another pong", "a pong does not carry what its ping carried"),
        ("another code", "the connection was closed with 1001"),
        ("stays open", "the end of the connection, which is still open"),
    ],
)
def test_fault_in_a_conversation_is_found(planted: str, found: str) -> None:
    """One conversation shows a fault in the handshake, in a frame, or in the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        served = pool.submit(_serve_one, listener, planted)
        fault = conversation_fault(listener.getsockname(), "/", 2.0)
        served.result()

    assert found in (fault or "")
    assert (fault is None) is (planted == "")


def _serve_one(listener: socket.socket, planted: str) -> None:
    """Be an echo for one client, with one fault."""
    sock, _ = listener.accept()
    protocol = ServerProtocol(max_size=None)
    with sock, suppress(ConnectionError):
        sock.settimeout(50 * TICK)
        while data := sock.recv(65536):
            protocol.receive_data(data)
            for event in protocol.events_received():
                _answer(protocol, event, planted)
            said = b"".join(protocol.data_to_send())
            if planted == "masks" and isinstance(event, Frame):
                said = encode_frame(TEXT, b"hello", masked=True)
            if planted == "another pong":
                said = said.replace(b"there?", b"where?")
            if planted == "another code" and protocol.close_expected():
                said = encode_frame(CLOSE, close_payload(1001), masked=False)
            sock.sendall(said)
            if protocol.close_expected() and planted != "stays open":
                return


def _answer(protocol: ServerProtocol, event: Event, planted: str) -> None:
    if isinstance(event, Request):
        response = protocol.accept(event)
        if planted == "a wrong key":
            del response.headers["Sec-WebSocket-Accept"]
            response.headers["Sec-WebSocket-Accept"] = "x"
        if planted == "no upgrade":
            del response.headers["Upgrade"]
        if planted == "an extension":
            response.headers["Sec-WebSocket-Extensions"] = "permessage-deflate"
        protocol.send_response(response)
    elif isinstance(event, Frame) and event.opcode is Opcode.TEXT and planted != "no echo":
        protocol.send_text(event.data)


@needs_kosoku
def test_older_pages_are_removed(tmp_path: Path) -> None:
    """A case of an older run does not count for this one."""
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "index.json").write_text(json.dumps({"old": {"1.1.1": {}}}))

    with pytest.raises(CannotRun, match="the Autobahn cases did not run: "):
        fuzz("none", "ws://127.0.0.1:9/ws", folder, cases=["99.*"])


@needs_kosoku
def test_client_that_does_not_end_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that takes too long is stopped, and says so."""
    monkeypatch.setattr(autobahn, "RUN_WITHIN_S", 0.01)

    with pytest.raises(CannotRun, match=r"the Autobahn cases took more than 0\.01 s"):
        fuzz("slow", "ws://127.0.0.1:9/ws", tmp_path)
