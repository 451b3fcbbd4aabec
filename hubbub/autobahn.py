"""``hubbub conform --autobahn``: the Autobahn cases for our runtimes, or for any echo server.

Our servers are no echoes, so hubbub/echo_server.py puts an echo in the place of the room. Two
cases pass non-strictly: in 6.4.3 and 6.4.4 a text ceases to be UTF-8 in the middle of a frame, and
our servers refuse it at the end of that frame. RFC 6455 allows this. To refuse it earlier would
take a parser of our own, for frames of at most ``max_line`` bytes.

The results are kept, and reports show them for as long as the servers' code stays the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shlex
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import implementations
from conformance.autobahn import Outcome, conversation_fault, fuzz, read_failures, suite
from conformance.contenders import ForeignCommand, LaunchOptions
from conformance.python import module_command
from conformance.server import Address, Server, parse_address, spell
from hubbub.output import write
from implementations.servers import SERVERS


__all__ = ["SUMMARY", "echo_url", "read_lines", "run", "runtimes", "write_outcomes"]

SUMMARY = Path("report", "autobahn.json")
PAGES = SUMMARY.with_suffix("")  # a folder per runtime, with a page per case
PATH = "/ws"
OUR_CONNECTIONS = 8  # to our echo, at a time

_SHOWN = 20  # failed cases per server; the pages have them all


def run(arguments: argparse.Namespace) -> int:
    """Run the cases, print a line per server, and return the exit code.

    Raises:
        ValueError: the flags do not fit together, or name something that does not exist.
        CannotRun: there is no fuzzing client, or it did not end.
        OSError: the address cannot be reached.
    """
    _check(arguments)
    path = arguments.path or PATH
    if arguments.ids:
        outcomes = [_fuzz_runtime(runtime) for runtime in runtimes(arguments.ids)]
        write_outcomes(outcomes)
        return 0 if all(outcome.passed for outcome in outcomes) else 1
    if arguments.template is not None:
        command = ForeignCommand(arguments.template)
        with _launched(command) as server:
            return _fuzz_foreign(command.id, server.ws, path)
    return _fuzz_foreign("address", parse_address(arguments.ws), path)


@contextmanager
def echo_url(runtime: str, module: str = "hubbub.echo_server") -> Iterator[str]:
    """Start the echo server of a runtime; the value is its URL.

    Raises:
        NotReady: it did not start.
    """
    command = shlex.join(module_command(module, runtime))
    with _launched(ForeignCommand(command, f"{runtime}-echo")) as server:
        yield f"ws://{spell(server.ws)}{PATH}"


def runtimes(ids: Iterable[str] | None = None) -> list[str]:
    """Return the runtimes of the servers ``ids``, or of all servers, in the registry's order."""
    wanted = None if ids is None else set(ids)
    servers = [server for server in SERVERS if wanted is None or server.id in wanted]
    return list(dict.fromkeys(server.runtime for server in servers))


def write_outcomes(outcomes: Sequence[Outcome], path: Path = SUMMARY) -> None:
    """Keep the outcomes, together with those of other runtimes with the same code."""
    kept = _read(path) | {outcome.name: outcome for outcome in outcomes}
    summary = {
        "schema": "hubbub-autobahn",
        "suite": suite(),
        "hubbub": version("hubbub"),
        "code": _fingerprint(),
        "runtimes": [asdict(kept[runtime]) for runtime in runtimes() if runtime in kept],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, json.dumps(summary, indent=2) + "\n")


def read_lines(ids: Iterable[str], path: Path = SUMMARY) -> list[str]:
    """Return a line per runtime of the servers ``ids``; no line for a server that is not ours."""
    kept = _read(path)
    return [
        str(kept[runtime])
        if runtime in kept
        else f"{runtime}: not run with this version (make autobahn does it)"
        for runtime in runtimes(ids)
    ]


def _check(arguments: argparse.Namespace) -> None:
    named = [bool(arguments.ids), arguments.template is not None, arguments.ws is not None]
    if sum(named) != 1:
        raise ValueError("--autobahn takes servers by id, or one by --command, or one by --ws")
    others = ("tcp", "policy", "rules", "quick", "json", "html")
    if given := [f"--{name}" for name in others if getattr(arguments, name)]:
        raise ValueError(f"--autobahn runs no rules, so it does not go with {', '.join(given)}")
    known = {server.id for server in SERVERS}
    if unknown := sorted(set(arguments.ids) - known):
        raise ValueError(f"there is no server {', '.join(unknown)}, see hubbub list")
    if arguments.ids and arguments.path:
        raise ValueError("--path is for a server of your own")
    if arguments.template is not None and "ws" not in ForeignCommand(arguments.template).doors:
        raise ValueError("--command names no WebSocket address: put {ws} or {ws_port} into it")


def _fuzz_runtime(runtime: str) -> Outcome:
    with echo_url(runtime) as url:
        return _fuzz(runtime, url, OUR_CONNECTIONS)


def _fuzz_foreign(name: str, address: Address, path: str) -> int:
    try:  # first, or 247 cases would say the same
        socket.create_connection(address, timeout=10).close()
    except ConnectionRefusedError:
        raise ValueError(f"nothing listens at {spell(address)}") from None
    outcome = _fuzz(name, f"ws://{spell(address)}{path}")
    fault = conversation_fault(address, path)
    if fault is not None:
        print(f"  failed in a plain conversation: {fault}")
    return 0 if outcome.passed and fault is None else 1


def _fuzz(name: str, url: str, connections: int = 1) -> Outcome:
    """Run all cases and print what came of them, with the failed ones in the client's words."""
    pages = PAGES / name
    outcome = fuzz(name, url, pages, connections=connections)
    print(outcome)
    failures = list(read_failures(pages, outcome))
    for failure in failures[:_SHOWN]:
        print(f"  failed {failure}")
    if len(failures) > _SHOWN:
        print(f"  and {len(failures) - _SHOWN} more")
    print(f"  each case: {pages}/index.html", flush=True)
    return outcome


@contextmanager
def _launched(command: ForeignCommand) -> Iterator[Server]:
    server = command.launch(LaunchOptions())
    try:
        yield server.wait_ready()
    finally:
        server.stop()


def _read(path: Path) -> dict[str, Outcome]:
    """Return the outcomes that were kept, by runtime; none if they are of other code."""
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        if summary["code"] != _fingerprint():
            return {}
        kept = [Outcome(**{**one, "failed": tuple(one["failed"])}) for one in summary["runtimes"]]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {outcome.name: outcome for outcome in kept}


def _fingerprint() -> str:
    """Return a digest of everything that the servers run: their code and the WebSocket library."""
    digest = hashlib.sha256(version("websockets").encode())
    folder = Path(implementations.__path__[0])
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()
