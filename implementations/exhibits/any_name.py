"""Trust a page whose host is the host that the browser asked for.

The server compares Origin and Host, and lets the page in when they agree. But a site can give its
own name the address 127.0.0.1 after its page was loaded. Then both headers say "evil.example:8080",
and the page talks to the server of its reader (DNS rebinding).

Imitates: local development servers and daemons that listen on the loopback address and check
nothing but that the two headers agree.

Looks right: the comparison refuses every page from another host.

Breaks: websocket.host

Shown by: a handshake with a foreign Host and the Origin of the same name.

Instead: implementations/core/websocket_codec.py accepts loopback names only, if the door is at a
loopback address.
"""

from __future__ import annotations

from implementations.core.websocket_codec import WebSocketCodec


BASE = "asyncio-mutex"


def any_name(codec: WebSocketCodec, host: str) -> bool:
    """Whether a page of this server can have come from ``host``: from any."""
    return True


REPLACES = {"implementations.core.websocket_codec.WebSocketCodec._may_be_called": any_name}
