"""What can be configured, once for all servers.

`Settings` is the one list. From each of its fields come a flag, a ``HUBBUB_*`` variable, a
TOML entry, a check and a help text. A flag wins over a variable, a variable over the file,
and the file over the default.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, NamedTuple

from implementations.core.backlog import HIGH_BYTES, SlowConsumer
from implementations.core.errors import SettingsError


__all__ = ["WRITERS", "Endpoint", "Settings", "add_flags", "settings_from"]


class Endpoint(NamedTuple):
    """Where a door is: ``host:port``. Port 0 means any free port, no host every address."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """Read ``127.0.0.1:8000``, ``[::1]:8000``, ``localhost:8000`` or ``:8000``.

        The last one means every address of the machine, IPv4 and IPv6, and its host is empty.

        Raises:
            ValueError: the text is none of these; the message says what is expected.
        """
        match = re.fullmatch(r"(?:\[([0-9a-fA-F:.%\w]+)\]|([^\[\]:\s]*)):([0-9]{1,5})", text)
        if match is None or int(match[3]) > 65535:
            raise ValueError(_ENDPOINT)
        return cls(match[1] or match[2], int(match[3]))


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise ValueError
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(origin.strip() for origin in text.split(",") if origin.strip())
    if not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError
    return origins


def _writer(text: str) -> str:
    if text not in WRITERS:
        raise ValueError
    return text


def _log_level(text: str) -> str:
    if text.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError
    return text.upper()


def _setting(
    default: Any, parse: Callable[[str], Any], metavar: str, expects: str, help_text: str
) -> Any:
    return field(
        default=default,
        metadata={"parse": parse, "metavar": metavar, "expects": expects, "help": help_text},
    )


WRITERS = ("auto", "send", "uring")
MAX_INBOX = 64  # with more, a group commit saves little, and the first command waits longer
_ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^/\s]+")  # as browsers write it: without a path
_ENDPOINT = "HOST:PORT with a port from 0 to 65535"
_SECONDS = "a number of seconds above 0"
_WHOLE = "a whole number, 1 or more"


@dataclass(frozen=True)
class Settings:
    """The settings in force. Times are in seconds."""

    tcp: Endpoint = _setting(
        Endpoint("127.0.0.1", 8000), Endpoint.parse, "HOST:PORT", _ENDPOINT, "where the TCP door is"
    )
    ws: Endpoint = _setting(
        Endpoint("127.0.0.1", 8080),
        Endpoint.parse,
        "HOST:PORT",
        _ENDPOINT,
        "where the WebSocket door is",
    )
    max_line: int = _setting(
        4096, _count, "BYTES", _WHOLE, "longest line that a client may send, without its line end"
    )
    outbox: int = _setting(
        256, _count, "MESSAGES", _WHOLE, "how many messages may wait for one client"
    )
    slow_consumer: SlowConsumer = _setting(
        SlowConsumer.DISCONNECT,
        SlowConsumer,
        "POLICY",
        "disconnect, drop-oldest, drop-newest or block",
        "what happens when an outbox is full: disconnect, drop-oldest, drop-newest or block",
    )
    idle_timeout: float = _setting(
        300.0, _seconds, "S", _SECONDS, "how long a TCP client may send no line before it times out"
    )
    ping_interval: float = _setting(
        54.0, _seconds, "S", _SECONDS, "how often a WebSocket client is pinged"
    )
    pong_wait: float = _setting(
        60.0,
        _seconds,
        "S",
        _SECONDS,
        "how long a WebSocket client may answer nothing before it times out",
    )
    handshake_timeout: float = _setting(
        10.0, _seconds, "S", _SECONDS, "how long a WebSocket client may take to finish its request"
    )
    write_timeout: float = _setting(
        10.0,
        _seconds,
        "S",
        _SECONDS,
        "how long a socket may take nothing before its client is too slow",
    )
    drain_timeout: float = _setting(
        5.0, _seconds, "S", _SECONDS, "how long a stopping server goes on delivering"
    )
    max_clients: int = _setting(10_000, _count, "N", _WHOLE, "how many clients the room takes")
    allow_origin: tuple[str, ...] = _setting(
        (),
        _origins,
        "ORIGIN",
        "an origin such as https://example.org",
        "one more Origin that may connect; '*' for any; may be repeated",
    )
    writer: str = _setting(
        "auto",
        _writer,
        "WRITER",
        "auto, send or uring",
        "how a direct server writes to many sockets: one send each, one io_uring call for all "
        "(uring), or auto: uring where the system has it",
    )
    log_level: str = _setting(
        "INFO",
        _log_level,
        "LEVEL",
        "DEBUG, INFO, WARNING or ERROR",
        "log messages of this level and above",
    )

    @property
    def inbox(self) -> int:
        """How many commands may wait for a hub's owner, at least 1.

        When an outbox is half full, the other half must hold every command of the inbox. So
        the inbox is at most a quarter of an outbox, in messages and in bytes.
        """
        return max(1, min(MAX_INBOX, self.outbox // 4, HIGH_BYTES // 2 // self.max_line))


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each setting. A flag that is not given becomes None in the namespace."""
    for setting in fields(Settings):
        default = _shown(setting.default)
        parser.add_argument(
            _flag(setting),
            dest=setting.name,
            action="append" if setting.name == "allow_origin" else "store",
            metavar=setting.metadata["metavar"],
            help=f"{setting.metadata['help']} (default {default})",
        )


def settings_from(
    flags: Mapping[str, Any], environ: Mapping[str, str], file: Mapping[str, Any]
) -> Settings:
    """Return the settings that flags, environment and file give together.

    Args:
        flags: the text of each flag by field name; None where it was not given.
        environ: the environment. Only ``HUBBUB_*`` variables count.
        file: the TOML document.

    Raises:
        SettingsError: a value makes no sense, or an entry of the file is no setting.
    """
    unknown = sorted(set(file) - {setting.name for setting in fields(Settings)})
    if unknown:
        raise SettingsError(f"unknown setting in the file: {unknown[0]!r}")
    values: dict[str, Any] = {}
    for setting in fields(Settings):
        name, variable = setting.name, f"HUBBUB_{setting.name.upper()}"
        if flags.get(name) is not None:
            values[name] = _parsed(setting, flags[name], _flag(setting))
        elif variable in environ:
            values[name] = _parsed(setting, environ[variable], variable)
        elif name in file:
            values[name] = _parsed(setting, file[name], f"{name} in the file")
    return Settings(**values)


def _parsed(setting: Field[Any], given: object, where: str) -> Any:
    if setting.name == "allow_origin" and isinstance(given, list):
        text = ",".join(map(str, given))
    else:
        text = str(given)
    try:
        return setting.metadata["parse"](text)
    except ValueError:
        expects = setting.metadata["expects"]
        raise SettingsError(f"{where}: expected {expects}, got {text!r}") from None


def _flag(setting: Field[Any]) -> str:
    return f"--{setting.name.replace('_', '-')}"


def _shown(default: Any) -> str:
    if isinstance(default, SlowConsumer):
        return default.value
    if isinstance(default, float):
        return f"{default:g}"
    return "none" if default == () else str(default)
