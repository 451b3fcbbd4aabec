"""An exercise that is a program: started as a process, and judged by its sockets alone.

What judges it are the tests of the conformance suite, called one at a time: no rule is written a
second time, and there is no waiting for a whole run of pytest.

Invariants:
  1. Each test has a fresh process, in a group of its own, of which nothing is left.
  2. Each group is written down while it runs, for the process that has to end it in our place.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import re
import shlex
import signal
import socket
import sys
import time
import tokenize
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conformance.contenders import ForeignCommand, LaunchOptions
from conformance.factories import ClientFactory, Connect, Launch
from conformance.recording import shown_of
from conformance.server import Server
from conformance.swarm import BrokenPromise, Swarm
from conformance.timing import TICK
from conformance.verdicts import Unknown
from hubbub.learning.judge import STARTED
from hubbub.learning.promises import Broken


__all__ = ["Program"]

_READY_S = 100 * TICK
_SAYS_SO_S = 5 * TICK  # a program that says that it is ready has said it by then
_LOOK_EVERY_S = 0.01
_LAST_BREATH_S = 0.3
_READY_LINE = re.compile(r"\bready\b.*\btcp=\S+:\d")
_BESIDE = Path(__file__).with_name("beside")  # modules that each program may import
_BLOCKS = re.compile(
    r"^hubbub: (?P<what>.* blocks the loop), at line (?P<line>\d+) of", re.MULTILINE
)
_NEVER_AWAITED = re.compile(
    r"^(?P<path>.*?):(?P<line>\d+): RuntimeWarning: coroutine '(?P<what>.*)' was never awaited",
    re.MULTILINE,
)
_ERROR = re.compile(r"^(?P<error>[A-Za-z_][\w.]*(Error|Exception)\b.*)$", re.MULTILINE)

Sentence = Callable[[str], str] | str  # a function of what the suite found


class Program:
    """An exercise, as a program that takes ``--tcp HOST:PORT``.

    Args:
        path: the exercise.
        beside: the folder of the modules that it may import.
    """

    def __init__(self, path: Path, beside: Path) -> None:
        self._path = path
        words = [sys.executable, "-u", str(path), "--tcp"]
        self._contender = ForeignCommand(f"{shlex.join(words)} {{tcp}}", "exercise")
        python_path = [str(beside), str(_BESIDE), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._options = LaunchOptions(env={"PYTHONPATH": os.pathsep.join(python_path)})
        self.remembers: dict[str, Any] = {}  # what one promise has found out for another one
        self._next: Server | None = None

    def starts(self) -> None:
        """Start it, and see whether its door opens.

        Raises:
            Broken: it ended instead, or nobody answers there.
        """
        with self._running():
            pass

    def put_to(
        self,
        test: Callable[..., None],
        sentence: Sentence,
        *,
        guess: str = "",
        ends: bool = False,
        drawn: bool = True,
        **arguments: object,
    ) -> None:
        """Put a fresh process of it to a test, of the suite's or in its style.

        Args:
            test: what it asks for by name, as a fixture, it is given.
            sentence: what is wrong with an exercise that fails, for a person.
            guess: what the cause may be; it is left out where another one is known.
            ends: it is to end during the test.
            drawn: what all clients said and got shows something; it is not the same every time.
            arguments: those of a test that has parameters.

        Raises:
            Broken: it failed, or it could not be told whether it did.
        """
        with self._running() as server:
            launch = _Launched(self._contender, server)
            connect = Connect(launch, "tcp")
            fixtures: dict[str, Any] = {
                "server": server,
                "launch": launch,
                "connect": connect,
                "clients": ClientFactory(connect),
                "swarm": Swarm(connect, "tcp"),
                "door": "tcp",
            }
            asked = inspect.signature(test).parameters.keys() & fixtures.keys()
            try:
                test(**{name: fixtures[name] for name in asked}, **arguments)
                if blocks := self._blocks(server):
                    raise Broken(blocks)
            except (AssertionError, Unknown, OSError) as error:
                found = _found(error)
                said = sentence if isinstance(sentence, str) else sentence(found)
                known = self._with_cause(said, server)
                if known == said:
                    known = f"{said} {guess}".strip()
                raise Broken(
                    self._blocks(server) or (said if ends else self._died(server) or known),
                    detail=f"The suite says: {found}" if found else "",
                    violation=shown_of(error, "", found, connect.opened) if drawn else None,
                ) from None
            finally:
                for client in connect.opened:
                    client.abandon()

    @contextmanager
    def _running(self) -> Iterator[Server]:
        """Have a process of it with an open door; meanwhile another one starts, for the next."""
        server = self._next or self._launch()
        try:
            self._await_door(server)
            self._next = self._launch()
            yield server
        finally:
            _end(server)

    def _launch(self) -> Server:
        server = self._contender.launch(self._options)
        Path(STARTED).mkdir(exist_ok=True)
        Path(STARTED, str(server.pid)).touch()
        return server

    def _await_door(self, server: Server) -> None:
        started = time.monotonic()
        while not _READY_LINE.search(server.stdout_text()):
            waited_s = time.monotonic() - started
            if server.has_exited():
                exit_code = server.wait_exit(0)
                raise Broken(
                    f"Your program ended before its door was open, with exit code {exit_code}"
                    f"{_colon(self._death(server))}.",
                    detail=_last_lines(server.stderr_text()),
                )
            if waited_s > _SAYS_SO_S and _answers(server):
                return
            if waited_s > _READY_S:
                raise Broken(
                    f"Your program runs, and after {_READY_S:.0f} seconds nobody answers at its "
                    "door: does it listen at the address that --tcp names?",
                    detail=_last_lines(server.stdout_text() + server.stderr_text()),
                )
            time.sleep(_LOOK_EVERY_S)

    def _died(self, server: Server) -> str:
        """Return that it has ended in the middle of a test, in words; nothing if it has not."""
        with contextlib.suppress(AssertionError):
            code = server.wait_exit(_LAST_BREATH_S)  # its sockets close before it has ended
            death = _colon(self._death(server))
            return f"Your program ended in the middle of it, with exit code {code}{death}."
        return ""

    def _blocks(self, server: Server) -> str:
        """Return what blocked the program's loop, in words; nothing if nothing did."""
        found = _BLOCKS.search(server.stderr_text())
        if found is None:
            return ""
        return (
            f"{found['what']}, at line {found['line']}, `{self._line(int(found['line']))}`: until "
            "it is over no other client is served. Only an `await` lets others go on."
        )

    def _with_cause(self, said: str, server: Server) -> str:
        forgotten = _NEVER_AWAITED.search(server.stderr_text())
        if forgotten is not None:
            name = forgotten["what"].rpartition(".")[2]
            said += (
                f" {name} was called and never awaited, at line {forgotten['line']}, "
                f"`{self._line(int(forgotten['line']))}`: nothing of it runs."
            )
        death = self._death(server)
        return f"{said} Your code died of {death}." if death else said

    def _death(self, server: Server) -> str:
        """Return the first error that was logged, and the line of the exercise it came from."""
        log = server.stderr_text()
        start = log.find("Traceback (most recent call last)")
        errors = _ERROR.finditer(log, start) if start >= 0 else ()
        error = next((one for one in errors if "CancelledError" not in one["error"]), None)
        if error is None:
            return ""
        frames = re.findall(rf'File "{re.escape(str(self._path))}", line (\d+)', log[: error.end()])
        told = error["error"]
        if frames:
            told = f"{told}, at line {frames[-1]}, `{self._line(int(frames[-1]))}`"
        if "changed size during iteration" in told:
            told += ". The map changed while this loop walked it: walk a copy"
        return told

    def _line(self, number: int) -> str:
        try:
            with tokenize.open(self._path) as file:
                return file.read().splitlines()[number - 1].strip()
        except (OSError, SyntaxError, ValueError, IndexError):
            return ""


class _Launched(Launch):
    """A launch whose one server runs already."""

    def __init__(self, contender: ForeignCommand, server: Server) -> None:
        super().__init__(contender, {})
        self._running = server

    def default(self) -> Server:
        return self._running


def _end(server: Server) -> None:
    """End a server and whatever it started, at once: what is asked politely is a promise's test."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(server.pid, signal.SIGKILL)
    server.stop()
    Path(STARTED, str(server.pid)).unlink()  # the system may give its number to another


def _found(error: Exception) -> str:
    return error.violation.sentence if isinstance(error, BrokenPromise) else str(error)


def _answers(server: Server) -> bool:
    """Tell whether somebody accepts at its door, and leave before anyone else comes."""
    try:
        with socket.create_connection(server.tcp, _SAYS_SO_S) as probe:
            probe.shutdown(socket.SHUT_WR)
            with contextlib.suppress(OSError):
                while probe.recv(4096):  # until it has seen us leave
                    pass
    except OSError:
        return False
    return True


def _colon(text: str) -> str:
    return f": {text}" if text else ""


def _last_lines(text: str, most: int = 6) -> str:
    return "\n".join(text.strip().splitlines()[-most:])
