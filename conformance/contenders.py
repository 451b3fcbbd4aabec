"""The servers that can be judged: one of ours, a command of any language, or an address.

A ``Contender`` is a server to judge; ``contender.launch(...)`` starts one process of it.

Invariants:
  1. Each launched process leads a process group of its own.
  2. No ``HUBBUB_*`` variable of the caller reaches a server.
"""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from conformance.guard import guard
from conformance.marks import Setting
from conformance.protocol import Door
from conformance.python import module_command
from conformance.server import (
    READY_WITHIN,
    Address,
    NotReady,
    Server,
    free_address,
    parse_address,
    spell,
)
from conformance.templates import command_words, depends_on_folder, fill, resolved
from conformance.verdicts import Unknown
from conformance.warm import forked


__all__ = [
    "WRITER_VARIABLE",
    "Contender",
    "FixedAddresses",
    "ForeignCommand",
    "LaunchOptions",
    "OurServer",
    "check_starts",
    "launched_ready",
    "listed_ids",
]

# How the direct servers write, when a run of the suite is about that: ``send`` or ``uring``.
WRITER_VARIABLE = "CONFORMANCE_WRITER"
_WITH_WRITER = "-direct"  # the end of the ids of the servers that take this flag
_LOOPBACK_ANY_PORT = "127.0.0.1:0"
_TRIES = 4  # starts of a server whose port another program took after it was found free


@dataclass(frozen=True)
class LaunchOptions:
    """What one test wants of the start of its server."""

    settings: Mapping[str, Setting] = field(default_factory=dict)
    flags: Sequence[str] = ()  # passed as they stand, after the flags of the settings
    env: Mapping[str, str] = field(default_factory=dict)  # in addition to the caller's
    tcp: str | None = None  # HOST:PORT; None: a free port
    ws: str | None = None
    server_id: str | None = None  # instead of the contender's own id
    cwd: Path | None = None
    read_stderr: bool = True
    quick: bool = False  # it may come from a process that has imported everything (warm.py)


class Contender(Protocol):
    """A server to judge."""

    @property
    def id(self) -> str:
        """The name it has in tests, reports and plots."""

    @property
    def doors(self) -> tuple[Door, ...]:
        """The doors it has."""

    def launch(self, options: LaunchOptions) -> Server:
        """Start one process and return at once; ``Server.wait_ready`` waits.

        Raises:
            Unknown: this kind of contender cannot be started with these options.
        """


@dataclass(frozen=True)
class OurServer:
    """A server of this project, by its id."""

    id: str
    doors: tuple[Door, ...] = ("tcp", "ws")

    def launch(self, options: LaunchOptions) -> Server:
        """Start ``hubbub serve ID`` on free ports of the loopback interface."""
        words = [options.server_id or self.id]
        words += ["--tcp", options.tcp or _LOOPBACK_ANY_PORT]
        words += ["--ws", options.ws or _LOOPBACK_ANY_PORT]
        writer = os.environ.get(WRITER_VARIABLE)
        if writer and words[0].endswith(_WITH_WRITER):
            words += ["--writer", writer]
        words += [*_as_flags(options.settings), *options.flags]
        if options.quick:
            process = forked(words[0], words, _without_settings(os.environ))
            if process is not None:
                return Server(self.id, process=process, read_stderr=options.read_stderr)
        command = module_command("hubbub", "serve", *words)
        return _start(self.id, command, options, {}, None, None)


@dataclass(frozen=True)
class ForeignCommand:
    """A server in any language: a command with places for its addresses.

    The settings of a test are also in the environment, as ``HUBBUB_*`` variables.

    Args:
        template: the command. ``{tcp}`` and ``{ws}`` become HOST:PORT, ``{tcp_port}`` and
            ``{ws_port}`` the port alone, ``{flags}`` the settings of the test.
        id: the name in reports.
        takes_settings: False: tests that need a setting are not applicable.
        start_within: how long it may take until its doors are open, in seconds.
        fixed_tcp: where its line door always is, if the template has no place for the address.
        fixed_ws: where its WebSocket door always is.
    """

    template: str
    id: str = "command"
    takes_settings: bool = True
    start_within: float = READY_WITHIN
    fixed_tcp: Address | None = None
    fixed_ws: Address | None = None

    @property
    def doors(self) -> tuple[Door, ...]:
        """The doors that the template names, or that are always at one address."""
        named: list[Door] = []
        if self.fixed_tcp or "{tcp}" in self.template or "{tcp_port}" in self.template:
            named.append("tcp")
        if self.fixed_ws or "{ws}" in self.template or "{ws_port}" in self.template:
            named.append("ws")
        return tuple(named)

    def launch(self, options: LaunchOptions) -> Server:
        """Start the command with addresses that are free now.

        Raises:
            Unknown: a command cannot be started with these options.
            ValueError: the template is no command line.
            OSError: the program cannot be started.
        """
        if not self.takes_settings:
            self._skip_settings(options)
        if options.server_id is not None:
            raise Unknown("a command has no other ids to choose from")
        if options.flags and "{flags}" not in self.template:
            raise Unknown("the test needs flags, and its command has no place for {flags}")
        words = command_words(self.template)
        if options.cwd is not None:
            if depends_on_folder(words):
                _skip("its command works in one folder only, and the test needs another one")
            words = resolved(words)
        if (options.tcp and self.fixed_tcp) or (options.ws and self.fixed_ws):
            _skip("its address is fixed, and the test needs another one")
        tcp = spell(self.fixed_tcp) if self.fixed_tcp else options.tcp or spell(free_address())
        ws = spell(self.fixed_ws) if self.fixed_ws else options.ws or spell(free_address())
        places = {
            "{tcp}": [tcp],
            "{ws}": [ws],
            "{tcp_port}": [tcp.rpartition(":")[2]],
            "{ws_port}": [ws.rpartition(":")[2]],
        }
        places["{flags}"] = [*_as_flags(options.settings), *options.flags]
        return _start(
            self.id,
            fill(words, places),
            options,
            _as_variables(options.settings),
            parse_address(tcp) if "tcp" in self.doors else None,
            parse_address(ws) if "ws" in self.doors else None,
            self.start_within,
        )

    def _skip_settings(self, options: LaunchOptions) -> None:
        """Skip a test that a server without settings cannot take."""
        if options.settings:
            _skip(f"it takes no settings, and the test needs {_spoken(options.settings)}")
        if options.flags or options.env or options.server_id is not None:
            _skip("it takes no settings, and the test needs some")


@dataclass(frozen=True)
class FixedAddresses:
    """A server that is running already; no other client may be in its room."""

    tcp: Address | None
    ws: Address | None
    id: str = "address"

    @property
    def doors(self) -> tuple[Door, ...]:
        """The doors whose address was given."""
        named: list[Door] = []
        if self.tcp is not None:
            named.append("tcp")
        if self.ws is not None:
            named.append("ws")
        return tuple(named)

    def launch(self, options: LaunchOptions) -> Server:
        """Return the running server; none of the options can be chosen."""
        if replace(options, quick=False) != LaunchOptions():
            raise Unknown("needs a server of its own")
        return Server(self.id, tcp=self.tcp, ws=self.ws)


def launched_ready(start: Callable[[], Server], *, again: bool = True) -> Server:
    """Start a server and wait until it is ready; end it if it is not.

    Between the moment when a port is found free and the moment when the server takes it, another
    program can take it. Then the server is started again, with another port.

    Args:
        start: launches the server.
        again: False: its ports are chosen, so it is started once.

    Raises:
        NotReady: it ended first, or was not ready in time.
    """
    __tracebackhide__ = True
    for left in reversed(range(_TRIES)):
        server = start()
        try:
            return server.wait_ready()
        except NotReady as error:
            server.stop()
            if not (again and error.port_taken and left):
                raise
        except BaseException:
            server.stop()
            raise
    raise AssertionError("the last try raises")


def check_starts(contender: ForeignCommand) -> None:
    """Start a command once, wait until it accepts connections, and stop it.

    Raises:
        ValueError: it cannot be started, or does not get ready; the text is one line.
    """
    contender = replace(contender, takes_settings=True)
    try:
        launched_ready(lambda: contender.launch(LaunchOptions())).stop()
    except NotReady as error:
        hint = "; a slow one may have more time: --start-within 60"
        more = hint if "was not ready within" in str(error) else ""
        raise ValueError(f"--command: {' '.join(str(error).split())}{more}") from None
    except OSError as error:
        raise ValueError(f"--command {contender.template!r}: {error.strerror}") from None


def listed_ids() -> list[str]:
    """Return the ids that ``hubbub list --ids`` prints.

    Raises:
        RuntimeError: the command failed; the message is its standard error.
    """
    listed = subprocess.run(
        module_command("hubbub", "list", "--ids"), capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        raise RuntimeError(f"hubbub list --ids failed: {listed.stderr.strip()}")
    return listed.stdout.split()


def _start(
    name: str,
    command: Sequence[str],
    options: LaunchOptions,
    env: Mapping[str, str],
    tcp: Address | None,
    ws: Address | None,
    start_within: float = READY_WITHIN,
) -> Server:
    inherited = _without_settings(os.environ)
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**inherited, **env, **options.env},
        cwd=options.cwd,
        start_new_session=True,
    )
    guard(process.pid)
    return Server(
        name,
        tcp=tcp,
        ws=ws,
        process=process,
        read_stderr=options.read_stderr,
        ready_within=start_within,
    )


def _without_settings(env: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in env.items() if not name.startswith("HUBBUB_")}


def _skip(reason: str) -> None:
    """Skip the running test: for this server it is not applicable."""
    import pytest  # imported here: only a test can be skipped

    pytest.skip(reason)


def _values(setting: Setting) -> list[str]:
    return [str(setting)] if isinstance(setting, str | int | float) else list(setting)


def _as_flags(settings: Mapping[str, Setting]) -> list[str]:
    return [
        word
        for name, setting in settings.items()
        for value in _values(setting)
        for word in (f"--{name.replace('_', '-')}", value)
    ]


def _as_variables(settings: Mapping[str, Setting]) -> dict[str, str]:
    return {f"HUBBUB_{name.upper()}": ",".join(_values(v)) for name, v in settings.items()}


def _spoken(settings: Mapping[str, Setting]) -> str:
    return ", ".join(f"{name}={setting}" for name, setting in settings.items())
