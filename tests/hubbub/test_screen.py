"""``hubbub chat`` on a terminal: the prompt, driven through a pseudo-terminal."""

from __future__ import annotations

import codecs
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from conformance import TcpClient
from conformance.server import Server
from conformance.timing import TICK
from tests.processes import spelled, started_server


WITHIN = 200 * TICK  # for anything to appear on the screen
CTRL_C, CTRL_D = "\x03", "\x04"
CONTROL_SEQUENCES = r"(?:\x1b\[[0-9;?]*[a-zA-Z])*"


class Terminal:
    """A pseudo-terminal that runs ``hubbub chat``; ``printed`` is everything it wrote so far."""

    def __init__(self, address: str, **environment: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hubbub", "chat", address],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            # Tells prompt_toolkit that this terminal does not report the position of its cursor.
            env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", **environment},
        )
        os.close(theirs)
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self.printed = ""
        self._waited_for = 0  # where the text of the last wait ends in ``printed``

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def wait_for(self, text: str) -> None:
        """Wait until ``text`` is printed after the text of the last wait."""
        deadline = time.monotonic() + WITHIN
        # There can be control sequences between any two characters.
        pattern = re.compile(f"{CONTROL_SEQUENCES}".join(map(re.escape, text)))
        while not (found := pattern.search(self.printed, self._waited_for)):
            assert self._read(deadline), f"no {text!r} in {self.printed[self._waited_for :]!r}"
        self._waited_for = found.end()

    def wait_end(self) -> int:
        """Wait until the client has ended, and return its exit code."""
        deadline = time.monotonic() + WITHIN
        while self._read(deadline):
            pass
        return self.process.wait(WITHIN)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def _read(self, deadline: float) -> bool:
        """Read what has arrived into ``printed``; False if nothing arrives or nothing can."""
        ready, _, _ = select.select([self._ours], [], [], max(0, deadline - time.monotonic()))
        with suppress(OSError):  # Linux reports in this way that the other side is closed
            if ready and (data := os.read(self._ours, 65536)):
                self.printed += self._decoder.decode(data)
                return True
        return False


Open = Callable[..., Terminal]


@pytest.fixture(params=["asyncio-broadcaster"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with started_server(request.param) as server:
        yield server


@pytest.fixture
def terminal(server: Server) -> Iterator[Open]:
    """Opens a terminal in the server's room: ``terminal(NO_COLOR="1")``."""
    opened: list[Terminal] = []

    def open_terminal(**environment: str) -> Terminal:
        opened.append(Terminal(spelled(server.tcp), **environment))
        # A line that arrives removes the prompt for a moment, and keys pressed then are lost. The
        # list of names is the last line that arrives unasked.
        opened[-1].wait_for("* online (")
        opened[-1].wait_for("> ")
        return opened[-1]

    yield open_terminal
    for each in opened:
        each.close()


@pytest.fixture
def ben(server: Server) -> Iterator[TcpClient]:
    """Another client in the room, at the TCP door."""
    ben = TcpClient(server.tcp)
    yield ben
    ben.abandon()


def test_typed_line_is_said(terminal: Open, ben: TcpClient) -> None:
    """Enter sends the line, under the name that the prompt shows."""
    ada = terminal()

    ada.type("/rename ada\r")
    ada.wait_for("ada> ")
    ada.type("hello\r")
    ada.wait_for("ada: hello")

    ben.wait_for("ada: hello")


def test_arriving_line_leaves_what_is_being_typed(terminal: Open, ben: TcpClient) -> None:
    """A line that arrives is printed above the prompt, and the half-typed one is drawn again."""
    ada = terminal()
    ada.type("half a li")
    ada.wait_for("half a li")

    ben.say("look")
    ada.wait_for(f"{ben.address}: look\r\n")

    ada.wait_for("half a li")
    ada.type("ne\r")
    ben.wait_for(lambda line: line.endswith(": half a line"))


def test_end_of_input_leaves(terminal: Open) -> None:
    """Ctrl-D leaves the room with exit code 0."""
    ada = terminal()

    ada.type(CTRL_D)

    assert ada.wait_end() == 0


def test_interrupt_key_leaves_quietly(terminal: Open) -> None:
    """Ctrl-C ends the client with 130 and without a traceback."""
    ada = terminal()

    ada.type(f"never sent{CTRL_C}")

    assert ada.wait_end() == 130
    assert "Traceback" not in ada.printed


def test_end_of_server_ends_the_prompt(terminal: Open, server: Server) -> None:
    """The end of the server is shown at once, below its last line, even while the user types."""
    ada = terminal()
    ada.type("half a li")

    server.stop()

    assert ada.wait_end() == 1
    *_, farewell, told = ada.printed.strip().splitlines()
    assert "* server is shutting down" in farewell
    assert "hubbub chat: the server closed the connection" in told


@pytest.mark.parametrize(
    ("environment", "coloured"), [({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False)]
)
def test_no_color_is_respected(terminal: Open, environment: dict[str, str], coloured: bool) -> None:
    """Errors are red, unless NO_COLOR is set."""
    ada = terminal(**environment)

    ada.type("/wave\r")
    ada.wait_for("! unknown command: /wave")

    assert ("\x1b[31m! unknown" in ada.printed) == coloured
