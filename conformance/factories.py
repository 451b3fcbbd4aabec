"""What a rule test asks for: servers to start, clients to connect.

The fixtures ``launch``, ``server_with``, ``connect`` and ``clients`` are objects of these classes.
They remember everything that they made, and end it when the test is over.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.applicable import cannot_say
from conformance.clients import Client
from conformance.contenders import Contender, FixedAddresses, LaunchOptions, launched_ready
from conformance.dialect import Dialect
from conformance.ear import Ear
from conformance.expectations import Mismatch, listed
from conformance.interpreter import Interpreter
from conformance.marks import Setting
from conformance.protocol import Door
from conformance.server import Server
from conformance.tcp_client import TcpClient
from conformance.timing import WITHIN
from conformance.websocket_client import WebSocketClient


__all__ = ["ClientFactory", "Connect", "Launch", "ServerFactory"]

ServerFactory = Callable[..., Server]
"""The type of ``server_with``: takes what ``Launch`` takes, and returns a server that is ready."""


class Launch:
    """Starts servers of the contender that is judged.

    Args:
        contender: the server to judge.
        default_settings: of the one server that ``default`` starts.
        quick: a server of ours that needs nothing but settings may come from a process that has
            imported everything already; see warm.py.

    Attributes:
        launched: all servers that it has started.
    """

    def __init__(
        self,
        contender: Contender,
        default_settings: Mapping[str, Setting],
        *,
        quick: bool = False,
    ) -> None:
        self.contender = contender
        self.launched: list[Server] = []
        self._default_settings = default_settings
        self._default: Server | None = None
        self._quick = quick

    def __call__(
        self,
        *,
        flags: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        tcp: str | None = None,
        ws: str | None = None,
        server_id: str | None = None,
        cwd: Path | None = None,
        read_stderr: bool = True,
        **settings: Setting,
    ) -> Server:
        """Start a server and return at once; its ``wait_ready()`` waits.

        Args:
            flags: more words of the command line, as they stand.
            env: more variables of the environment.
            tcp: HOST:PORT of the line door; None: a free port.
            ws: HOST:PORT of the WebSocket door; None: a free port.
            server_id: another id than the contender's own.
            cwd: the folder in which it starts.
            read_stderr: False: nobody reads its standard error.
            settings: of PROTOCOL.md, with ``_`` in their names; a sequence repeats the flag.

        Raises:
            Unknown: this contender cannot be started like that.
        """
        options = LaunchOptions(settings, flags, env or {}, tcp, ws, server_id, cwd, read_stderr)
        if self._quick and options == LaunchOptions(settings):
            options = LaunchOptions(settings, quick=True)
        server = self.contender.launch(options)
        self.launched.append(server)
        return server

    def ready(self, **options: Any) -> Server:
        """Start a server as a call does, and wait until it is ready.

        A server whose port another program took meanwhile is started again with another port.

        Raises:
            NotReady: it ended first, or was not ready in time.
        """
        __tracebackhide__ = True
        chosen = options.get("tcp") is not None or options.get("ws") is not None
        return launched_ready(lambda: self(**options), again=not chosen)

    def default(self) -> Server:
        """Return the test's one server with the settings of its ``@settings``."""
        __tracebackhide__ = True
        if self._default is None:
            self._default = self.ready(**self._default_settings)
        return self._default

    def stop_all(self) -> None:
        """End every server."""
        for server in self.launched:
            server.stop()


class Connect:
    """Connects one client at a time.

    Args:
        dialect: of the server; None: it speaks as PROTOCOL.md has it.

    Attributes:
        opened: all clients that it has connected.
        interpreter: of the test, if the server has a dialect.
    """

    def __init__(self, launch: Launch, door: Door, dialect: Dialect | None = None) -> None:
        self._launch = launch
        self._door = door
        self.opened: list[Client] = []
        self.dialect = dialect
        self.interpreter = None if dialect is None else Interpreter(dialect)
        self._referee: Client | None = None

    def __call__(
        self,
        name: str | None = None,
        *,
        door: Door | None = None,
        server: Server | None = None,
        welcome: bool = True,
        **options: Any,
    ) -> Any:
        """Connect a client, wait for its welcome and roster, and give it a name.

        Args:
            name: the client renames itself to this; None keeps its first name.
            door: default: the door of this run of the test.
            server: default: the test's ``server``.
            welcome: False: wait for nothing and rename nothing.
            options: what ``TcpClient`` or ``WebSocketClient`` takes.

        Returns:
            A ``TcpClient`` or a ``WebSocketClient``; annotate which, or ``Client``.

        Raises:
            OSError: nobody accepts there.
            Refused: the WebSocket handshake was refused.
            Mismatch: the welcome or the new name did not come.
        """
        __tracebackhide__ = True
        door = door or self._door
        if door not in self._launch.contender.doors:
            import pytest  # imported here: nothing else in this module needs it

            pytest.skip(f"it has no {door} door")
        at = server or self._launch.default()
        if self.interpreter is not None:
            self._prepare(self.interpreter, at, door, name, options)
        client_class = TcpClient if door == "tcp" else WebSocketClient
        client: Client = client_class(at.address(door), **{"label": name, **options})
        client.referee = self._referee
        self.opened.append(client)
        if welcome and self.dialect is not None:
            self._enter_by_hello(client, self.dialect)
        elif welcome:
            self._enter(client, name)
        return client

    def close_all(self) -> None:
        """End every client; politely if others will use the same room."""
        for client in self.opened:
            if isinstance(self._launch.contender, FixedAddresses) and not client.dropped:
                with contextlib.suppress(Mismatch, OSError):
                    client.close()
            client.abandon()

    def _prepare(
        self,
        interpreter: Interpreter,
        server: Server,
        door: Door,
        name: str | None,
        options: dict[str, Any],
    ) -> None:
        """Add what a client of a dialect needs to the options of a new client."""
        path = interpreter.dialect.path
        if door == "ws":
            if path != "/ws" and options.get("handshake") is False:
                cannot_say("the test writes a request for /ws, and its WebSocket is elsewhere")
            options.setdefault("path", path)
        if not interpreter.dialect.echo and self._referee is None:
            ear = interpreter.referee = Ear(interpreter, "referee", server.was_told_to_stop)
            self._referee = (
                TcpClient(server.address(door), label="referee", ear=ear)
                if door == "tcp"
                else WebSocketClient(server.address(door), label="referee", ear=ear, path=path)
            )
            self.opened.append(self._referee)
        options["ear"] = Ear(interpreter, name, server.was_told_to_stop)

    def _enter_by_hello(self, client: Client, dialect: Dialect) -> None:
        __tracebackhide__ = True
        if "welcome" in dialect.lines:
            client.wait_for(lambda line: line.startswith("* you are "))
        if not client.knock():
            raise Mismatch(
                f"{client.label} said a first line and did not hear it within {WITHIN:g} s; "
                f"it got {listed(client.unread())}"
            )
        if "welcome" not in dialect.lines:
            client.wait_for(lambda line: line.startswith("* you are "))

    def _enter(self, client: Client, name: str | None) -> None:
        __tracebackhide__ = True
        first, second = client.next_line(), client.next_line()
        if not first.startswith("* you are ") or not second.startswith("* online ("):
            raise Mismatch(
                f"{client.label} expected '* you are NAME' and '* online (N): …' first, "
                f"and got {first!r} and {second!r}"
            )
        if name is not None and client.name != name:
            was = client.name
            client.say(f"/rename {name}")
            client.wait_for(lambda line: line == f"* {was} is now {name}" or line.startswith("! "))
            if client.name != name:
                raise Mismatch(f"{was} asked for the name {name} and is called {client.name}")


class ClientFactory:
    """Connects several clients that know each other and have nothing left to read."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    def __call__(
        self,
        *names: str,
        door: Door | None = None,
        server: Server | None = None,
        **options: Any,
    ) -> tuple[Any, ...]:
        """Connect one client for each name, in order.

        When this returns, each client has taken every line up to the arrival of the last one. So
        the next line that it reads comes from what the test does.

        Args:
            door: default: the door of this run of the test.
            server: default: the test's ``server``.
            options: what ``TcpClient`` or ``WebSocketClient`` takes.
        """
        __tracebackhide__ = True
        made = [self._connect(name, door=door, server=server, **options) for name in names]
        fence = made[-1].send_fence()
        for client in made:
            client.wait_for(fence)
            client.arranged()
        return tuple(made)
