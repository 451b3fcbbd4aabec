"""Servers by others, or in other languages, measured beside ours.

A peer has no part of the protocol but fan-out: each text message that it gets goes to every
client, the sender too. It is started with ``--ws HOST:PORT`` and prints one line when its door
is open, ``peer ID ready ws=HOST:PORT``. All are without compression, and none needs anything
before it is asked for: ``Peer.command`` builds what has to be built. The last three are our own
servers on uvloop; they are here because they need what is not always there.
"""

from __future__ import annotations

import platform
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path

from benchmarks.toolchains import (
    Unavailable,
    c_compiler,
    compile_c,
    compile_go,
    first_line,
    node_modules,
    python_module,
)
from conformance.python import module_command
from implementations.servers import SERVERS


__all__ = ["PEERS", "Peer", "Unavailable", "own_peer"]

_HERE = Path(__file__).parent
_SCRIPTS = {".py", ".js", ".mjs", ".cjs", ".ts", ".rb", ".php", ".pl", ".lua", ".jar", ".exs"}


@dataclass(frozen=True)
class Peer:
    """One server to measure.

    ``label`` says in two or three words what it is made of. ``command()`` makes ready what it
    needs, which may take a minute the first time, and returns its command line up to where
    ``--ws HOST:PORT`` goes; it raises `Unavailable` with one line for a person. ``version()`` is
    for a report: best effort, and empty where nothing can be told.
    """

    id: str
    summary: str
    label: str
    command: Callable[[], list[str]]
    version: Callable[[], str]


def own_peer(command: str) -> Peer:
    """Return a program of somebody's own as a peer, named after its file.

    ``{ws}`` in the command becomes HOST:PORT; without it ``--ws HOST:PORT`` is put behind.

    Raises:
        ValueError: this is no command line, or its name is taken; with one line for a person.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ValueError(f"--command {command!r}: {error}") from None
    if not words:
        raise ValueError("--command is empty")
    script = next((w for w in words[1:] if Path(w).suffix in _SCRIPTS), words[0])
    name = Path(script).stem
    if name in PEERS or any(name == server.id for server in SERVERS):
        raise ValueError(f"--command: {name} is one of those that are known; name yours otherwise")
    return Peer(name, "a program of one's own", "one's own", lambda: list(words), lambda: "")


def _python(module: str, *needs: tuple[str, str], uvloop: bool = False) -> list[str]:
    for name, extra in (*needs, *([("uvloop", "uvloop")] if uvloop else [])):
        python_module(name, extra)
    loop = ["--loop", "uvloop"] if uvloop else []
    return module_command(f"benchmarks.peers.{module}", *loop)


def _ours(server: str) -> list[str]:
    python_module("uvloop", "uvloop")
    command = module_command("hubbub", "serve", server, "--loop", "uvloop")
    return [*command, "--tcp", "127.0.0.1:0", "--log-level", "WARNING"]


def _node() -> list[str]:
    modules = node_modules(_HERE / "node_ws" / "package.json")
    return ["node", str(_HERE / "node_ws" / "server.mjs"), str(modules)]


def _versions(*packages: str) -> str:
    """The versions of this Python and of some packages, those that are installed."""
    said = [f"Python {platform.python_version()}"]
    for package in packages:
        try:
            said.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(said)


def _c_version() -> str:
    try:
        return first_line([*c_compiler(), "--version"])
    except Unavailable:
        return ""


def _go_version() -> str:
    go = re.search(r"\bgo(\d\S*)", first_line(["go", "version"]))
    query = ["dpkg-query", "-W", "-f", "${Version}", "golang-github-gorilla-websocket-dev"]
    gorilla = first_line(query).partition("-")[0]  # without Debian's own revision
    return ", ".join(
        [*([f"go {go[1]}"] if go else []), *([f"gorilla/websocket {gorilla}"] if gorilla else [])]
    )


def _node_version() -> str:
    node = first_line(["node", "--version"]).removeprefix("v")
    pinned = re.search(r'"ws": "(\S+)"', (_HERE / "node_ws" / "package.json").read_text("utf-8"))
    return f"node {node}, ws {pinned[1]}" if node and pinned else ""


_IN_WEBSOCKETS = partial(_versions, "websockets")
_ON_UVLOOP = partial(_versions, "websockets", "uvloop")

_ALL = [
    Peer(
        "c-floor",
        "one thread, one send() a client a message, and nothing else: the floor",
        "C, epoll",
        lambda: [str(compile_c(_HERE / "c_floor.c"))],
        _c_version,
    ),
    Peer(
        "go-gorilla",
        "a hub goroutine, two goroutines a client, waiting messages joined into one frame",
        "Go, gorilla/websocket",
        lambda: [str(compile_go(_HERE / "go_gorilla" / "main.go"))],
        _go_version,
    ),
    Peer(
        "node-ws",
        "a loop over the clients, in Node",
        "Node, ws",
        _node,
        _node_version,
    ),
    Peer(
        "picows-direct",
        "a loop over the clients in the callback of the message, in Cython",
        "Python, picows",
        partial(_python, "picows_direct", ("picows", "peers")),
        partial(_versions, "picows"),
    ),
    Peer(
        "websockets-broadcast",
        "the library's own broadcast(): no waiting, no outboxes",
        "Python, websockets",
        partial(_python, "websockets_broadcast"),
        _IN_WEBSOCKETS,
    ),
    Peer(
        "websockets-queue",
        "a queue and a writer task for each client",
        "Python, websockets",
        partial(_python, "websockets_queue"),
        _IN_WEBSOCKETS,
    ),
    Peer(
        "websockets-naive",
        "awaits each client's send in turn: one slow client stops all",
        "Python, websockets",
        partial(_python, "websockets_naive"),
        _IN_WEBSOCKETS,
    ),
    Peer(
        "websockets-broadcast+uvloop",
        "the library's own broadcast(), on uvloop",
        "Python, websockets",
        partial(_python, "websockets_broadcast", uvloop=True),
        _ON_UVLOOP,
    ),
    *(
        Peer(
            f"{server}+uvloop",
            f"our {server}, on uvloop",
            "Hubbub, uvloop",
            partial(_ours, server),
            _ON_UVLOOP,
        )
        for server in ("asyncio-mutex", "asyncio-broadcaster", "asyncio-direct")
    ),
]

PEERS: dict[str, Peer] = {peer.id: peer for peer in _ALL}
