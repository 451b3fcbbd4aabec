"""Peers that send what no polite client sends, at both doors."""

import contextlib
from collections.abc import Iterator
from urllib.parse import quote

from conformance import Client, Connect, ConnectionEnded, Door, Server, WebSocketClient
from conformance.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    TEXT,
    close_payload,
    encode_frame,
)


__all__ = ["rude_peers", "send_everywhere"]

NOISE = bytes(range(256))
TLS_HELLO = b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + NOISE

# What strangers send to an open port, and what a careless parser gets wrong.
RUDE_LINES = [
    b"",
    NOISE,
    TLS_HELLO,
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\0" * 10_000,
    b"x" * 10_000,
    b"\xff" * 100 + b"\n",
    b"\n" * 10_000,
    b"rename mike\nrename\nrename|\nrename||\n|\n/\n//\n/ \n/say\n/say \n/rename\n\r\n \n",
    b"/rename \xed\xa0\x80\n/rename \xf0\x9f\n",
    "/rename \u0345\n/rename \u0130\n/rename \ufdfa\n/rename \U000e0001\n".encode(),
]

HANDSHAKE_START = b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
KEY = b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
HANDSHAKE_HEAD = HANDSHAKE_START + b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" + KEY

RUDE_REQUESTS = [
    *RUDE_LINES,
    b"\r\n\r\n",
    b"GET",
    b"GET /ws HTTP/1.1\r\nHost: loc",
    b"GET /ws\r\n\r\n",
    b"GET /ws HTTP/1.1\r\n\r\n",
    b"GET /ws HTTP/9.9\r\n\r\n",
    b"GET http://x:port/ws HTTP/1.1\r\n\r\n",
    b"GET /ws?%ff\xff HTTP/1.1\r\n\r\n",
    b"POST /ws HTTP/1.1\r\nContent-Length: -1\r\n\r\nhello",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nno colon\r\n\r\n",
    b"GET /ws HTTP/1.1\r\n: no name\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: \xff\0\r\n folded\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    b"GET /ws HTTP/1.1\r\n" + b"X: x\r\n" * 10_000 + b"\r\n",
    HANDSHAKE_START + b"\r\n",
    HANDSHAKE_HEAD + KEY + b"\r\n",
    HANDSHAKE_HEAD.replace(b"AAAA==", b"!") + b"\r\n",
    HANDSHAKE_HEAD.replace(b": 13", b": thirteen") + b"\r\n",
    HANDSHAKE_HEAD.replace(b"localhost", b"[::") + b"Origin: http://[::\r\n\r\n",
    HANDSHAKE_HEAD + b"Origin: http://x:port\r\n\r\n",
    HANDSHAKE_HEAD + b"Origin: \xff\r\n\r\n",
    HANDSHAKE_HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
    HANDSHAKE_HEAD + b"Sec-WebSocket-Extensions: permessage-deflate; =;;\r\n\r\n",
    HANDSHAKE_HEAD + b"\r\n" + NOISE,
    HANDSHAKE_HEAD + b"\r\n" + encode_frame(CLOSE, close_payload(1000)),
]

RUDE_FRAMES = [
    NOISE,
    encode_frame(TEXT, b"unmasked", masked=False),
    encode_frame(0x3, b"reserved"),
    encode_frame(0xB, b"reserved"),
    b"\xf1\x80\0\0\0\0",  # reserved bits
    b"\x81\xff" + b"\xff" * 8,  # 16 EiB
    b"\x81\xfe\0\x01\0\0\0\0x",  # one byte, in a form for many
    encode_frame(BINARY, NOISE),
    encode_frame(TEXT, b"\xff"),
    encode_frame(TEXT, b"x" * 100_000),
    encode_frame(CONTINUATION, b"of nothing"),
    encode_frame(TEXT, b"one", fin=False) + encode_frame(TEXT, b"two"),
    encode_frame(TEXT, b"never ended", fin=False),
    encode_frame(PING, b"x" * 126),
    encode_frame(PING, b"cut", fin=False),
    encode_frame(PING, b"") * 1000,
    encode_frame(CLOSE, b""),
    encode_frame(CLOSE, b"\x03"),
    encode_frame(CLOSE, close_payload(1000) + b"\xff"),
    encode_frame(CLOSE, close_payload(1000)) * 2,
    encode_frame(CLOSE, close_payload(1000)) + encode_frame(TEXT, b"after that"),
    *(encode_frame(CLOSE, close_payload(code)) for code in (0, 999, 1004, 1005, 1006, 1015, 65535)),
]


def rude_peers(connect: Connect, door: Door) -> Iterator[Client]:
    """Yield connections that have just sent something that nobody expects."""
    if door == "tcp":
        for data in RUDE_LINES:
            yield _send(connect(), data)
    else:
        for data in RUDE_REQUESTS:
            yield _send(connect(welcome=False, handshake=False), data)
        for data in RUDE_FRAMES:
            yield _send(connect(), data)


def send_everywhere(text: str, talker: Client, connect: Connect, server: Server) -> None:
    """Send a text in every place where a client can send one."""
    talker.say(
        text, f"/say {text}", f"/rename {text}", f"rename|{text}", f"/{text}", f"/help{text}"
    )
    if talker.door == "tcp":
        talker.send_raw(text.encode() + b"\xff\n" + b"x" * 5000 + text.encode() + b"\n")
        return
    closing: WebSocketClient = connect(server=server)
    closing.send_close(1000, text)
    raw = text.encode()
    for request in (
        b"GET /%b HTTP/1.1\r\n\r\n" % raw,
        b"GET /%b HTTP/1.1\r\n\r\n" % quote(raw).encode(),
        b"%b / HTTP/1.1\r\n\r\n" % raw,
        b"GET / %b\r\n\r\n" % raw,
        b"GET / HTTP/1.1\r\n%b: x\r\n\r\n" % raw,
        HANDSHAKE_HEAD + b"Origin: http://%b\r\n\r\n" % raw,
        HANDSHAKE_HEAD + b"User-Agent: %b\r\n\r\n" % raw,
        HANDSHAKE_HEAD + b"X-Forwarded-For: %b\r\n\r\n" % raw,
        HANDSHAKE_HEAD + b"Sec-WebSocket-Protocol: %b\r\n\r\n" % raw,
        HANDSHAKE_HEAD + b"\r\n" + encode_frame(PING, raw),
    ):
        _send(connect(server=server, welcome=False, handshake=False), request)


def _send(peer: Client, data: bytes) -> Client:
    with contextlib.suppress(ConnectionEnded):  # the server has seen enough of it
        peer.send_raw(data)
    return peer
