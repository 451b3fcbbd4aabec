"""The Autobahn cases: a client that sends a server everything that RFC 6455 allows and forbids.

The server must be an echo: each message comes back unchanged, text as text and binary as binary,
and nothing else ever comes. A chat server is no echo, so it cannot be judged as it stands. What
can be judged is the WebSocket code of the server, with an echo in the place of the room.

The client is ``kosoku``, which runs the case files of the Autobahn TestSuite. It gets a process of
its own, because it changes ``sys.path`` and a function of ``binascii`` in its process.

What it is worth was measured with planted faults, beside the TestSuite's own client. Of 22 faults
in how a server treats what it receives, it found 21. But it found few of the faults in what a
server sends: it accepts masked frames, a wrong accept key, and a TCP connection that stays open
after the closing handshake. `conversation_fault` looks for those.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from conformance.expectations import Mismatch
from conformance.frames import PING
from conformance.http_requests import Response
from conformance.server import Address
from conformance.timing import WITHIN
from conformance.websocket_client import WebSocketClient


__all__ = [
    "CASES",
    "CannotRun",
    "Outcome",
    "conversation_fault",
    "fuzz",
    "outcome_of",
    "read_failures",
    "suite",
]

# Not 9, which measures speed, nor 12 and 13, which are about compression.
SECTIONS = ("1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*")
CASES = 247  # in these sections
RUN_WITHIN_S = 900.0  # 6 s for a good server; a server that answers no case costs 2 s per case

_PASSED = ("OK", "NON-STRICT", "INFORMATIONAL")  # as the client spells it; all else is a failure
_SAID = ("hello", "", "w\u00f6rld", "x" * 126, "x" * 70_000)  # the length takes 1, 3 and 9 bytes
_TAG = re.compile(r"<[^>]*>")
_CLIENT = "from importlib.metadata import entry_points; " + (
    "entry_points(group='console_scripts')['kosoku'].load()()"
)


class CannotRun(Exception):
    """The fuzzing client is not installed, or did not run; the message is for people."""


@dataclass(frozen=True)
class Outcome:
    """How one server answered the cases.

    Attributes:
        name: of the server; for our own servers, of the runtime.
        ok, non_strict, informational: how many cases got that verdict.
        failed: the ids of the cases with any other verdict.
    """

    name: str
    ok: int
    non_strict: int
    informational: int
    failed: tuple[str, ...]

    @property
    def cases(self) -> int:
        """How many cases ran."""
        return self.ok + self.non_strict + self.informational + len(self.failed)

    @property
    def passed(self) -> bool:
        """Whether all cases ran and none failed."""
        return self.cases == CASES and not self.failed

    def __str__(self) -> str:
        ran = f"{self.cases}" if self.cases == CASES else f"only {self.cases} of {CASES}"
        return (
            f"{self.name}: {ran} cases, {self.ok} ok, {self.non_strict} non-strict, "
            f"{self.informational} informational, {len(self.failed)} failed"
        )


def suite() -> str:
    """Return the name and version of the fuzzing client."""
    return f"kosoku {version('kosoku')}"


def fuzz(
    name: str,
    url: str,
    folder: Path,
    *,
    cases: Sequence[str] | None = None,
    connections: int = 1,
) -> Outcome:
    """Run the cases against an echo server and return the verdicts.

    Args:
        url: where the echo is, ``ws://HOST:PORT/PATH``.
        folder: gets a page per case, and ``index.html``; what was there before is removed.
        cases: ids and patterns, such as ``6.*``; by default all that `CASES` counts.
        connections: how many cases run at a time. A server that sends each message to everybody
            is an echo only for one.

    Raises:
        CannotRun: there is no fuzzing client, or it did not end.
    """
    if not find_spec("kosoku"):
        raise CannotRun("the Autobahn cases need kosoku: pip install 'hubbub[autobahn]'")
    shutil.rmtree(folder, ignore_errors=True)  # no case of an older run may count for this one
    folder.mkdir(parents=True)
    command = [sys.executable, "-P", "-c", _CLIENT, url, "--outdir", str(folder)]
    command += [
        f"--parallelism={connections}",
        *(f"--include={case}" for case in cases or SECTIONS),
    ]
    said = folder / "kosoku.log"
    with said.open("wb") as output:
        try:
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=RUN_WITHIN_S,
                check=False,  # its reports say how the cases went
            )
        except subprocess.TimeoutExpired:
            raise CannotRun(f"the Autobahn cases took more than {RUN_WITHIN_S:g} s") from None
    index = folder / "index.json"
    if not index.is_file():
        lines = said.read_text(errors="replace").strip().splitlines() or ["no reason given"]
        raise CannotRun(f"the Autobahn cases did not run: {lines[-1]}")
    return outcome_of(name, _cases_in(index))


def conversation_fault(address: Address, path: str, within: float = WITHIN) -> str | None:
    """Return the first fault in what an echo server sends in one conversation, or None.

    This looks at what the fuzzing client does not look at: the answer to the handshake, the form
    of each frame, and the end of the TCP connection, which RFC 6455 leaves to the server.
    """
    try:
        client = WebSocketClient(address, path=path, label="the client", within=within)
        try:
            return _handshake_fault(client.response) or _frames_fault(client, within)
        finally:
            client.abandon()
    except Mismatch as fault:
        return str(fault).splitlines()[0]


def _handshake_fault(response: Response | None) -> str | None:
    assert response is not None
    for name, value in (("upgrade", "websocket"), ("connection", "upgrade")):
        if response.headers.get(name, "").lower() != value:
            return f"the handshake was answered without {name.title()}: {value}"
    for name in ("Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"):
        if name.lower() in response.headers:
            return f"the handshake was answered with {name}, which the client did not offer"
    return None


def _frames_fault(client: WebSocketClient, within: float) -> str | None:
    client.say(*_SAID, within=within)
    client.send_frame(PING, b"there?")
    client.expect(*_SAID, within=within)
    if client.next_pong(within) != b"there?":
        return "a pong does not carry what its ping carried"
    client.send_close(1000)
    end = client.expect_end(within)
    return None if (end.how, end.code) == ("eof", 1000) else f"the connection {end}"


def outcome_of(name: str, cases: Mapping[str, Mapping[str, Any]]) -> Outcome:
    """Count verdicts. ``cases`` is what the client's ``index.json`` says of one server, by id."""
    verdicts = {case: _verdict(found) for case, found in cases.items()}
    counts = Counter(verdicts.values())
    failed = [case for case, verdict in verdicts.items() if verdict not in _PASSED]
    return Outcome(
        name,
        counts["OK"],
        counts["NON-STRICT"],
        counts["INFORMATIONAL"],
        tuple(sorted(failed, key=_place)),
    )


def read_failures(folder: Path, outcome: Outcome) -> Iterator[str]:
    """Yield, per failed case, its id and the client's own words about it, from its reports."""
    index = _cases_in(folder / "index.json")
    for case in outcome.failed:
        found = json.loads((folder / index[case]["reportfile"]).read_text(encoding="utf-8"))
        behaves = found["behavior"] not in _PASSED
        result = found["result" if behaves else "resultClose"]
        yield " ".join(f"{case}: {_TAG.sub(' ', found['description'])} {result}".split())


def _cases_in(index: Path) -> dict[str, Mapping[str, Any]]:
    """Return the cases in a report. A server that changes its name has several parts there."""
    parts = json.loads(index.read_text(encoding="utf-8"))
    return {case: found for part in parts.values() for case, found in part.items()}


def _verdict(case: Mapping[str, Any]) -> str:
    """Return the verdict about a case: that of its closing, if only the closing was bad."""
    behaviour, closing = case["behavior"], case["behaviorClose"]
    return str(closing if behaviour in _PASSED and closing not in _PASSED else behaviour)


def _place(case: str) -> list[int]:
    return [int(number) for number in case.split(".")]
