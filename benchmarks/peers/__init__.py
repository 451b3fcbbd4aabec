"""The peers: servers on other libraries or in other languages, measured beside ours.

A peer implements fan-out and nothing else of the protocol: it sends each text message to every
client, the sender too. A peer is started with ``--ws HOST:PORT``. When its door is open it prints
one line, ``peer ID ready ws=HOST:PORT``; port 0 lets it choose. ``Peer.command`` builds or installs
what a peer needs when it is first asked for. The last three peers are our own servers on uvloop,
which is optional.

    judging.py                which promises a peer keeps; judged before it is measured
    judging_clients.py        the clients with which it is judged

The plain ones, each as small as its library allows; without compression:
    startup.py                flags, limits and the ready line of those in Python
    c_floor.c                 one thread in C that does nothing but send
    go_gorilla/main.go        Go, gorilla/websocket: the design of its chat
    node_ws/server.mjs        Node, ws: the documented broadcast
    picows_direct.py          Python, picows
    websockets_broadcast.py   Python, websockets: the library's own broadcast()
    websockets_queue.py       Python, websockets: a queue and a writer task per client
    websockets_naive.py       Python, websockets: awaits each client's send in turn

The popular ones (`POPULAR`), each by the pattern that its framework documents, with its defaults:
    frameworks/               ten frameworks in Python, each with its pins and an environment
    bun_publish/              Bun: publish to a topic
    deno_set/                 Deno: a set of sockets
    go_nhooyr/                Go, nhooyr.io/websocket, today coder/websocket: the design of its chat
    go_xnet/                  Go, golang.org/x/net/websocket: a map behind a mutex

python-socketio is left out: it speaks Socket.IO, a protocol of its own on top of WebSocket, which
adds a handshake and a prefix to each message. The load generator counts bytes of plain messages,
so it would have to be another generator, and its figures could not stand beside these.
"""

from __future__ import annotations

import json
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
    python_environment,
    python_module,
)
from conformance.python import module_command
from conformance.templates import command_words
from implementations.servers import SERVERS


__all__ = ["PEERS", "POPULAR", "Peer", "Unavailable", "own_peer"]

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
    source: str = ""
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
        start_within_s=start_within_s or Peer.start_within_s,
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


def _framework(name: str) -> list[str]:
    folder = _HERE / "frameworks"
    return [str(python_environment(folder / f"{name}.txt")), str(folder / f"{name}.py")]


def _framework_version(name: str, packages: tuple[str, ...]) -> str:
    """Return the version of Python and the pinned ones, which need no environment to be known."""
    pins = (_HERE / "frameworks" / f"{name}.txt").read_text("utf-8")
    pinned = dict(line.split("==") for line in pins.lower().splitlines() if "==" in line)
    said = [f"{package} {pinned[package]}" for package in packages]
    return ", ".join([f"Python {platform.python_version()}", *said])


def _from_npm(name: str, program: str, *arguments: str) -> list[str]:
    """Return the command of a runtime that npm installs: ``program`` is a pattern for its path."""
    modules = node_modules(_HERE / name / "package.json")
    found = sorted(modules.glob(program))
    if not found:  # npm takes the package of this system's kind, if there is one
        raise Unavailable(f"npm has no {name.partition('_')[0]} for this system")
    return [str(found[0]), *arguments, str(_HERE / name / "server.js")]


def _npm_version(name: str, package: str) -> str:
    pinned = json.loads((_HERE / name / "package.json").read_text("utf-8"))["dependencies"]
    return f"{package} {pinned[package]}"


def _deno() -> list[str]:
    # Alone on the machine: no look for a newer Deno, no configuration of the folders above.
    deno = _from_npm("deno_set", "@deno/*/deno", "run", "--quiet", "--no-config", "--allow-net")
    return ["env", "DENO_NO_UPDATE_CHECK=1", *deno]


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


def _go_version(library: str, package: str) -> str:
    go = re.search(r"\bgo(\d\S*)", first_line(["go", "version"]))
    query = ["dpkg-query", "-W", "-f", "${Version}", package]
    version = re.split(r"[-+]", first_line(query).removeprefix("1:"))[0]  # without Debian's parts
    return ", ".join(
        [*([f"go {go[1]}"] if go else []), *([f"{library} {version}"] if version else [])]
    )


def _node_version() -> str:
    node = first_line(["node", "--version"]).removeprefix("v")
    pinned = re.search(r'"ws": "(\S+)"', (_HERE / "node_ws" / "package.json").read_text("utf-8"))
    return f"node {node}, ws {pinned[1]}" if node and pinned else ""


_IN_WEBSOCKETS = partial(_versions, "websockets")
_ON_UVLOOP = partial(_versions, "websockets", "uvloop")


def _on_framework(
    id: str, summary: str, label: str, source: str, versions: tuple[str, ...]
) -> Peer:
    name = id.replace("-", "_")
    version = partial(_framework_version, name, versions)
    return Peer(id, summary, label, partial(_framework, name), version, source)


_XNET = ("golang.org/x/net/websocket", "golang-golang-x-net-dev")
_NHOOYR = ("nhooyr.io/websocket", "golang-nhooyr-websocket-dev")

_POPULAR = [
    _on_framework(
        "fastapi-manager",
        "the connection manager: awaits each client's send in turn",
        "FastAPI, uvicorn",
        "https://fastapi.tiangolo.com/advanced/websockets/#handling-disconnections-and-multiple-clients",
        ("fastapi", "uvicorn", "websockets"),
    ),
    _on_framework(
        "starlette-set",
        "a set of clients: awaits each client's send in turn",
        "Starlette, granian",
        "https://www.starlette.io/websockets/",
        ("starlette", "granian"),
    ),
    _on_framework(
        "aiohttp-loop",
        "a set of clients: awaits each client's send in turn",
        "Python, aiohttp",
        "https://docs.aiohttp.org/en/stable/web_quickstart.html#websockets",
        ("aiohttp",),
    ),
    _on_framework(
        "tornado-waiters",
        "a set of handlers: calls write_message of each and waits for none",
        "Python, Tornado",
        "https://www.tornadoweb.org/en/stable/websocket.html",
        ("tornado",),
    ),
    _on_framework(
        "sanic-loop",
        "a set of clients: awaits each client's send in turn",
        "Python, Sanic",
        "https://sanic.dev/en/guide/advanced/websockets.html",
        ("sanic", "websockets"),
    ),
    _on_framework(
        "channels-group",
        "a group of the in-memory channel layer",
        "Django Channels, daphne",
        "https://channels.readthedocs.io/en/latest/tutorial/part_2.html",
        ("django", "channels", "daphne"),
    ),
    _on_framework(
        "quart-broker",
        "a broker with an unlimited queue per client",
        "Quart, hypercorn",
        "https://quart.palletsprojects.com/en/latest/tutorials/chat_tutorial.html",
        ("quart", "hypercorn"),
    ),
    _on_framework(
        "trio-websocket-loop",
        "a set of clients: awaits each client's send in turn",
        "Python, trio-websocket",
        "https://trio-websocket.readthedocs.io/en/stable/getting_started.html",
        ("trio-websocket", "trio"),
    ),
    _on_framework(
        "gevent-loop",
        "a loop over the server's clients, a greenlet per client",
        "gevent, gevent-websocket",
        "https://gitlab.com/noppo/gevent-websocket/-/tree/master/examples",
        ("gevent", "gevent-websocket"),
    ),
    _on_framework(
        "socketify-publish",
        "uWebSockets' publish to a topic",
        "Python, socketify",
        "https://docs.socketify.dev/websockets-backpressure.html",
        ("socketify",),
    ),
    Peer(
        "bun-publish",
        "publish to a topic",
        "Bun",
        partial(_from_npm, "bun_publish", "@oven/*/bin/bun", "--no-install"),
        partial(_npm_version, "bun_publish", "bun"),
        "https://bun.com/docs/runtime/http/websockets",
    ),
    Peer(
        "deno-set",
        "a loop over a set of sockets",
        "Deno",
        _deno,
        partial(_npm_version, "deno_set", "deno"),
        "https://docs.deno.com/examples/http-server-websocket/",
    ),
    Peer(
        "go-nhooyr",
        "a channel of 16 messages per client; a client whose channel is full is closed",
        "Go, nhooyr.io/websocket",
        lambda: [str(compile_go(_HERE / "go_nhooyr" / "main.go", *_NHOOYR))],
        partial(_go_version, *_NHOOYR),
        "https://github.com/coder/websocket/tree/master/internal/examples/chat",
    ),
    Peer(
        "go-xnet",
        "a map of clients behind a mutex, held while the message is sent to each",
        "Go, x/net/websocket",
        lambda: [str(compile_go(_HERE / "go_xnet" / "main.go", *_XNET))],
        partial(_go_version, *_XNET),
        "https://pkg.go.dev/golang.org/x/net/websocket",
    ),
]

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
        partial(_go_version, "gorilla/websocket", "golang-github-gorilla-websocket-dev"),
        "https://github.com/gorilla/websocket/tree/main/examples/chat",
    ),
    Peer(
        "node-ws",
        "a loop over the clients, in Node",
        "Node, ws",
        _node,
        _node_version,
        "https://github.com/websockets/ws#server-broadcast",
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
        "https://websockets.readthedocs.io/en/stable/topics/broadcast.html",
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
    *_POPULAR,
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

POPULAR: tuple[str, ...] = tuple(peer.id for peer in _POPULAR)
PEERS: dict[str, Peer] = {peer.id: peer for peer in _ALL}
