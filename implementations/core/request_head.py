"""The head of a request at the WebSocket door: the forms that it may have, and what it asks for.

websocket_codec.py decides what to answer. Browsers, proxies and probes write one request in
many ways; here each of them comes down to one path.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit


__all__ = [
    "BARE_LINE_FEED",
    "LAB",
    "PATHS",
    "REQUEST_LINE",
    "RequestHead",
    "is_loopback",
    "same_host",
]

PATHS = ("/", "/healthz", "/ws")
LAB = "/lab"  # only with --lab

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") (\S+) HTTP/1\.([01])\r\n")
BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")
_HEADERS = re.compile(rb"(?:" + _TOKEN + rb":[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n")
# The headers that a handshake depends on. The library sees no others, for it limits their number
# and their length, and long cookies are no reason to refuse a client.
_HANDSHAKE_HEADER = re.compile(
    rb"(?im)^(?:host|origin|connection|upgrade|content-length|transfer-encoding|sec-websocket-[a-z]+)"
    rb":.*\n"
)
_ABSOLUTE = re.compile(r"(?i)(?:https?|wss?)://([^/?]*)(.*)")
# A proxy may keep the prefix under which it publishes this server. No segment of a prefix is named
# like one of the paths, or consists of dots.
_PATH = re.compile(r"(?:/(?!(?:ws|healthz|\.+)/)[A-Za-z0-9._~-]+)*(/(?:healthz|lab|ws)?)")
_LOOPBACK = re.compile(r"(?:.+\.)?localhost\.?|127(?:\.[0-9]{1,3}){3}|::1")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class RequestHead(NamedTuple):
    """What a request asks for.

    Attributes:
        method: ``GET``, for example.
        host: the host and port in the target; None if the target is a path.
        path: one of `PATHS`, or `LAB`; None if nothing is there.
        is_old: whether the request is in HTTP/1.0, which has no upgrade.
        handshake: the headers that a handshake depends on; None if some header is malformed.
    """

    method: bytes
    host: str | None
    path: str | None
    is_old: bool
    handshake: bytes | None

    @classmethod
    def parse(cls, head: bytes) -> RequestHead:
        """Read a request up to its empty line. Its first line must match `REQUEST_LINE`."""
        line = REQUEST_LINE.match(head)
        assert line is not None
        host, target = None, line[2].decode("ascii", "replace")
        if absolute := _ABSOLUTE.fullmatch(target):
            host, target = absolute[1], absolute[2]
        path = _PATH.fullmatch(target.partition("?")[0] or "/")
        needed = b"".join(_HANDSHAKE_HEADER.findall(head, line.end()))
        return cls(
            method=line[1],
            host=host,
            path=path[1] if path else None,
            is_old=line[3] == b"0",
            handshake=needed if _HEADERS.fullmatch(head, line.end()) else None,
        )


def is_loopback(host: str) -> bool:
    """Whether a host, with a port or without, is a name or an address of the loopback."""
    return _LOOPBACK.fullmatch(urlsplit(f"//{host}").hostname or "") is not None


def same_host(origin: str, host: str) -> bool:
    """Compare host and port. Where no port is written, it is the one of the scheme."""
    try:
        theirs, ours = urlsplit(origin), urlsplit(f"//{host}")
        default = _DEFAULT_PORTS.get(theirs.scheme)
        return (theirs.hostname is not None) and (
            (theirs.hostname, theirs.port or default) == (ours.hostname, ours.port or default)
        )
    except ValueError:  # not a URL, or a port that is no number
        return False
