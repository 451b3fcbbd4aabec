"""The peers: servers on other libraries or in other languages, measured beside ours.

A peer implements fan-out and nothing else of the protocol: it sends each text message to every
client, the sender too, without compression. A peer is started with ``--ws HOST:PORT``. When its
door is open it prints one line, ``peer ID ready ws=HOST:PORT``. ``Peer.command`` builds a peer
when it is first needed. The last three peers are our own servers on uvloop, which is optional.

    judging.py                which promises a peer keeps; judged before it is measured
    judging_clients.py        the clients with which it is judged
    startup.py                flags, limits and the ready line of every peer in Python
    c_floor.c                 one thread in C that does nothing but send
    go_gorilla/main.go        Go, gorilla/websocket
    node_ws/server.mjs        Node, ws
    picows_direct.py          Python, picows
    websockets_broadcast.py   Python, websockets: the library's own broadcast()
    websockets_queue.py       Python, websockets: a queue and a writer task per client
    websockets_naive.py       Python, websockets: awaits each client's send in turn
"""

from __future__ import annotations

import platform
import re
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
from conformance.templates import command_words
from implementations.servers import SERVERS


__all__ = ["PEERS", "Peer", "Unavailable", "own_peer"]

_HERE = Path(__file__).parent
_SCRIPTS = {".py", ".js", ".mjs", ".cjs", ".ts", ".rb", ".php", ".pl", ".lua", ".jar", ".exs"}


@dataclass(frozen=True)
class Peer:
    """One server to measure.

    Attributes:
        label: what it is made of, in two or three words.
        command: builds what the peer needs, which may take a minute the first time, and returns
            its command line; ``--ws HOST:PORT`` is appended. Raises `Unavailable`.
        version: returns the versions for a report; empty if they are unknown.
        start_within_s: how long it may take until its door is open.
        is_own: it is the user's own, of which nothing is known.
    """

    id: str
    summary: str
    label: str
    command: Callable[[], list[str]]
    version: Callable[[], str]
    start_within_s: float = 20.0
    is_own: bool = False


def own_peer(command: str, name: str | None = None, start_within_s: float | None = None) -> Peer:
    """Return a user's own server as a peer, named after its file.

    ``{ws}`` in the command becomes HOST:PORT; without it, ``--ws HOST:PORT`` is appended.

    Raises:
        ValueError: the text is not a command line, or a known server has its name.
    """
    words = command_words(command, look=False)
    script = next((w for w in words[1:] if Path(w).suffix in _SCRIPTS), words[0])
    name = name or Path(script).stem
    if name in PEERS or any(name == server.id for server in SERVERS):
        raise ValueError(
            f"--command: a server named {name} exists already; call yours otherwise: --name mine"
        )
    command_words(command)
    return Peer(
        name,
        "your own server",
        "your own",
        lambda: list(words),
        lambda: "",
        start_within_s or Peer.start_within_s,
        is_own=True,
    )


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
    """Return the versions of this Python and of those of ``packages`` that are installed."""
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
        "one thread, one send() per client and message, and nothing else: the floor",
        "C, epoll",
        lambda: [str(compile_c(_HERE / "c_floor.c"))],
        _c_version,
    ),
    Peer(
        "go-gorilla",
        "a hub goroutine, two goroutines per client, waiting messages joined into one frame",
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
        "a loop over the clients in the message's callback, in Cython",
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
        "awaits each client's send in turn: one slow client stops everybody",
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
