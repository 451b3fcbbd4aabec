"""The line with which a server says where its doors are, in the forms that people print.

    hubbub trio-mutex ready tcp=127.0.0.1:8000 ws=127.0.0.1:8080     our own form: both doors
    ws=ws://127.0.0.1:8080/ws                                        a door by its name
    Listening on http://localhost:8080/                              an address
    listening on port 8080                                           a port

An address of all interfaces, such as ``0.0.0.0:8080``, ``[::]:8080`` or ``*:8080``, stands for the
loopback interface. A line that says nothing about a door is passed over, so banners do no harm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


__all__ = ["Announced", "announced", "candidates", "last_lines"]

Address = tuple[str, int]

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PLACE = r"(?:\w+://)?(?P<host>\[[^\]\s]*\]|::|\*|[\w.-]*):(?P<port>\d{1,5})(?![\w:])"
_NAMED = re.compile(rf"(?<![\w-])(?P<door>tcp|ws)\s*[=:]\s*{_PLACE}", re.IGNORECASE)
_ANY = re.compile(rf"(?<![\w.:@-]){_PLACE}")
_PORT = re.compile(r"\bport\b\W{0,3}(?:is\s+|number\s+)?(?P<port>\d{1,5})\b", re.IGNORECASE)
_TELLING = re.compile(
    r"listen|ready|running|serving|started|server|\bup\b|open|accept|bound|https?:|wss?:|\bon\b",
    re.IGNORECASE,
)
_ANY_HOST = ("", "*", "0.0.0.0", "::", "0", "localhost")
_QUOTED_CHARACTERS = 160


@dataclass(frozen=True)
class Announced:
    """The doors that a server has named. ``other`` are addresses without the name of a door."""

    tcp: tuple[Address, ...] = ()
    ws: tuple[Address, ...] = ()
    other: tuple[Address, ...] = ()


def announced(text: str) -> Announced:
    """Return what a server has said about its doors so far; only complete lines count."""
    named: dict[str, list[Address]] = {"tcp": [], "ws": []}
    other: list[Address] = []
    for line in _complete_lines(text):
        found = False
        for match in _NAMED.finditer(line):
            if _is_port(match["port"]):
                named[match["door"].lower()] += candidates(match["host"], int(match["port"]))
                found = True
        if found or not _TELLING.search(line):
            continue
        for pattern in (_ANY, _PORT):
            for match in pattern.finditer(line):
                host = match.groupdict().get("host", "")
                if _is_port(match["port"]) and "://" not in host:
                    other += candidates(host, int(match["port"]))
    return Announced(tuple(named["tcp"]), tuple(named["ws"]), tuple(other))


def candidates(host: str, port: int) -> list[Address]:
    """Return the addresses at which a server that names this host can be reached from here."""
    host = host.removeprefix("[").removesuffix("]")
    if host in _ANY_HOST:
        first = ["::1", "127.0.0.1"] if host == "::" else ["127.0.0.1", "::1"]
        return [(each, port) for each in first]
    return [(host, port)]


def last_lines(*texts: str) -> str:
    """Return the last line that was printed, quoted; ``nothing`` if there is none."""
    for text in texts:
        lines = [line.strip() for line in _ESCAPES.sub("", text).splitlines() if line.strip()]
        if lines:
            return repr(lines[-1][:_QUOTED_CHARACTERS])
    return "nothing"


def _complete_lines(text: str) -> Iterator[str]:
    for line in text.splitlines(keepends=True):
        if line.endswith(("\n", "\r")):
            yield _ESCAPES.sub("", line).strip()


def _is_port(digits: str) -> bool:
    return 0 < int(digits) < 65536
