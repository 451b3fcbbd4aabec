"""Take an HTTP request for lines of chat.

A page of any site can make a browser send an HTTP request to a port of the reader's own machine.
The page cannot read the answer, but the server reads the request: each header is said in the room,
and so is each line of the body, which the page has chosen.

Imitates: servers of a line protocol on a local port, such as early Redis and memcached, which a
page could command through its reader's browser. Redis now ends a connection that says ``POST`` or
``Host:``.

Looks right: the port is open on the loopback address only, so only local programs can connect.

Breaks: framing.no-http

Shown by: a cross-site ``fetch`` with the method POST and a few lines as its body.

Instead: implementations/core/line_codec.py ends the connection of a peer whose first line is an
HTTP request line.
"""

from __future__ import annotations


BASE = "asyncio-mutex"


def never(line: bytes, tail: bytes) -> bool:
    """Whether a peer speaks HTTP: nobody looks."""
    return False


REPLACES = {"implementations.core.line_codec._is_request_line": never}
