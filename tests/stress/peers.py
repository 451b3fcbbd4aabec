"""Clients in a process of their own, which a test can kill, freeze and thaw.

    python -m tests.stress.peers TCP WS COUNT LAST

connects COUNT clients, at both doors in turn. It prints ``arrived`` when all are welcomed,
``heard`` when each has heard the marks from 0 to LAST, once and in order, and ``ended`` when the
server has ended every connection. An error ends it, with a traceback.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from conformance.server import Server, parse_address, spell
from conformance.timing import TICK
from tests.stress.crowd import Crowd


__all__ = ["Peers"]

_ROOT = Path(__file__).resolve().parents[2]
_WITHIN = 600 * TICK
_ABREAST = 100


class Peers:
    """A running process of clients; as a context manager, it leaves nothing behind."""

    def __init__(self, server: Server, count: int, last: int) -> None:
        words = [spell(server.tcp), spell(server.ws), str(count), str(last)]
        self._process = Server(
            "a process of clients",
            process=subprocess.Popen(
                [sys.executable, "-m", "tests.stress.peers", *words],
                cwd=_ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            ),
        )

    def __enter__(self) -> Peers:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def wait_for(self, word: str) -> None:
        """Wait until the process has printed a word."""
        self._wait(lambda: word in self._process.stdout_text().split(), f"had printed {word!r}")

    def freeze(self) -> None:
        """Stop the process, and return when it has stopped: its sockets stay open."""
        self._process.signal(signal.SIGSTOP)
        stat = Path(f"/proc/{self._process.pid}/stat")
        self._wait(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", "had stopped")

    def thaw(self) -> None:
        """Let a frozen process go on."""
        self._process.signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill the process, frozen or not, and wait until its kernel has closed its sockets."""
        self._process.signal(signal.SIGKILL)
        self._process.wait_exit(_WITHIN)
        self._process.stop()

    def _wait(self, over: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _WITHIN
        while not over():
            error = f"after {_WITHIN:g} s it was not true that the process of clients {what}"
            assert time.monotonic() < deadline, error
            assert not self._process.has_exited(), self._process.stderr_text()
            time.sleep(TICK / 20)


def _main(tcp: str, ws: str, count: str, last: str) -> None:
    crowd = Crowd(Server("peers", tcp=parse_address(tcp), ws=parse_address(ws)))
    crowd.arrive(int(count), ["tcp", "ws"], abreast=_ABREAST)
    print("arrived", flush=True)
    if crowd.hear_if_let(range(int(last) + 1)):
        print("heard", flush=True)
    crowd.wait_ended()
    print("ended", flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
