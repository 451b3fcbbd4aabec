"""Answer every close frame with its own code.

A client that says many lines and then sends its close frame may be cut off before the room has had
these lines: it did not read, and its outbox was full. This server has read the close frame by then,
and returns its code. The client is told that all went well, while most of its lines were never
said, and the others hear that it was too slow.

Imitates: WebSocket libraries that answer a close frame on their own as soon as they have parsed it.
What the program still does with the messages before it is not their business.

Looks right: a close frame is answered with the same code, as RFC 6455 wants it.

Breaks: slow.last-word

Shown by: a client that says more than its outbox holds, sends its close frame, and reads only then.

Instead: implementations/core/websocket_codec.py, ``farewell``: the close frame of the client is
answered only when the stay ended with it.
"""

from __future__ import annotations

from implementations.core.causes import Cause
from implementations.core.websocket_codec import WebSocketCodec


BASE = "asyncio-mutex"

good = WebSocketCodec.farewell


def returned(codec: WebSocketCodec, cause: Cause) -> bytes:
    """Return the last bytes: the client's own close frame, if it has sent one."""
    return codec._last_word or good(codec, cause)


REPLACES = {"implementations.core.websocket_codec.WebSocketCodec.farewell": returned}
