"""The WebSocket door: bytes in, lines out, and back; and the plain HTTP answers.

Mirrored by line_codec.py, which has the same methods for the other door. The library
websockets parses the handshake and the frames. This codec decides which answer a request
gets and which messages are allowed, and it makes the close frame the very last thing that a
client gets, after everything that was said before.

Invariants:
  1. The same bytes give the same events, however the network cuts them into pieces.
  2. It keeps at most one message of ``max_line`` bytes and one request of 32 KiB.
  3. Only ``farewell`` returns close frames.
"""

from __future__ import annotations

import codecs
import logging
from http import HTTPStatus

from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import Protocol, Side, State
from websockets.server import ServerProtocol

from implementations.core.causes import Cause
from implementations.core.events import Alive, Answer, Closing, Event, Health, Line, Opened, Reply
from implementations.core.line_codec import without_controls
from implementations.core.message import WS, Door, encode
from implementations.core.request_head import (
    BARE_LINE_FEED,
    LAB,
    PATHS,
    REQUEST_LINE,
    RequestHead,
    is_loopback,
    same_host,
)
from implementations.core.settings import Settings
from implementations.core.site import Site, answer


__all__ = ["WebSocketCodec"]

MAX_REQUEST_BYTES = 32 * 1024  # all headers together. Browsers send all cookies of a host, whatever
# the port: a dozen kilobytes are not rare on localhost. Apache and nginx take as much in all.
PING_SHARE = 0.9  # the time between pings is at most this share of pong_wait, as in gorilla's chat
MAX_CONTROL_BYTES = 125  # RFC 6455, section 5.5
_IN_GOOD_ORDER = (Cause.LEFT, Cause.QUIT)  # with these, the room had all lines of the client

# The library logs each opening and closing at INFO; the server's own lines say more.
_quiet = logging.Logger("websockets", logging.CRITICAL)


class WebSocketCodec:
    """The framing of one WebSocket client, or the answer to one request of a browser.

    Only the client's read pump may call ``feed`` and ``feed_eof``. The write pump may call the
    other methods, too: they change nothing.

    Attributes:
        door: which encoding of a `Message` the client gets.
        opening: whether the client has not finished its request yet.
        silence_s: how long the client may be silent, in seconds.
        ping_interval_s: how often to ping the client, in seconds.
    """

    door: Door = WS

    def __init__(self, settings: Settings, site: Site) -> None:
        self.opening = True
        self.silence_s = settings.pong_wait
        # A client that is pinged only after pong_wait could never answer in time.
        self.ping_interval_s: float | None = min(
            settings.ping_interval, PING_SHARE * settings.pong_wait
        )
        self._settings = settings
        self._site = site
        self._request = bytearray()
        self._upgrade = b""
        # Only frames go through this Protocol. The ServerProtocol that parses the handshake is
        # dropped afterwards, because it would keep the request in memory. max_size also counts
        # control frames between the parts of a message; `_feed_data_frame` does not.
        limit_bytes = settings.max_line + MAX_CONTROL_BYTES
        self._protocol = Protocol(Side.SERVER, max_size=limit_bytes, logger=_quiet)
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._parts: list[str] = []  # the parts of the message that is coming in
        self._size_bytes = 0
        self._last_word: bytes | None = None  # the close frame, if this side owes one already

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that ``data`` completes."""
        if not self.opening:
            return self._feed_frames(data)
        seen_bytes = len(self._request)
        self._request += data
        # Search only up to the limit: else the answer would depend on how the request was cut.
        line_end = self._request.find(b"\n", 0, MAX_REQUEST_BYTES)
        head_end = self._request.find(b"\r\n\r\n", max(0, seen_bytes - 3), MAX_REQUEST_BYTES)
        bare = BARE_LINE_FEED.search(self._request, seen_bytes, MAX_REQUEST_BYTES)
        event: Event
        if line_end >= 0 and not REQUEST_LINE.match(self._request):
            event = _refusal(HTTPStatus.BAD_REQUEST, "not an HTTP request")
        elif bare and not 0 <= head_end < bare.start():
            event = _refusal(HTTPStatus.BAD_REQUEST, "a line of the request ends without CR")
        elif head_end >= 0:
            event = self._route(bytes(self._request[: head_end + 4]))
        elif len(self._request) >= MAX_REQUEST_BYTES:
            event = _refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "request too large")
        else:
            return []
        rest = bytes(self._request[head_end + 4 :])
        self._request.clear()
        self.opening = False
        if not isinstance(event, Opened):
            self._last_word = b""  # it never joins: drop whatever follows the request
        return [event, *self._feed_frames(rest)]

    def feed_eof(self) -> list[Event]:
        """Return the events that the end of the stream completes: none at this door."""
        return []

    def accept(self) -> bytes:
        """Return the answer that lets the client in: status 101. Call it once, after `Opened`."""
        return self._upgrade

    def reject(self, reason: str) -> bytes:
        """Return the bytes that tell the client why it is not let in. Use instead of ``accept``."""
        return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, reason).data

    def ping(self) -> bytes:
        """Return a ping."""
        return Frame(Opcode.PING, b"hubbub").serialize(mask=False)

    def farewell(self, cause: Cause) -> bytes:
        """Return the last bytes that the client gets.

        They answer the client's own close frame, or its offence, if there was one and its stay
        ended with it. Else they are a close frame that says the ``cause``: a client whose stay
        ended before the room had all its lines must not get an answer that says all is well.
        """
        if self._last_word is not None and (cause in _IN_GOOD_ORDER or not self._last_word):
            return self._last_word
        notice = encode(cause.notice).ws if cause.notice else b""
        return notice + _close_frame(cause.close_code, cause.reason)

    def _route(self, head: bytes) -> Event:
        """Decide what to answer to the request ``head``."""
        asked = RequestHead.parse(head)
        if asked.path is None or (asked.path == LAB and not self._site.lab):
            event: Event = _refusal(HTTPStatus.NOT_FOUND, f"nothing here; try {', '.join(PATHS)}")
        elif asked.method not in (b"GET", b"HEAD"):
            return _refusal(HTTPStatus.METHOD_NOT_ALLOWED, "GET and HEAD only", Allow="GET, HEAD")
        elif asked.path == "/":
            event = Answer(self._site.chat_page())
        elif asked.path == "/healthz":
            event = Health() if asked.method == b"GET" else Answer(self._site.health_head())
        elif asked.path == LAB:
            event = Health(lab=True) if asked.method == b"GET" else Answer(self._site.health_head())
        elif asked.method == b"HEAD" or asked.is_old:
            event = _refusal(
                HTTPStatus.UPGRADE_REQUIRED,
                "the room needs GET, HTTP/1.1 and an upgrade to websocket "
                "(in nginx: proxy_http_version 1.1, and the headers Upgrade and Connection)",
                Upgrade="websocket",
                Sec_WebSocket_Version="13",
            )
        else:
            event = self._open(head)
        return _without_body(event) if asked.method == b"HEAD" else event

    def _open(self, head: bytes) -> Event:
        asked = RequestHead.parse(head)
        if asked.handshake is None:
            return _refusal(HTTPStatus.BAD_REQUEST, "bad headers")
        protocol = ServerProtocol(logger=_quiet)
        protocol.receive_data(b"GET /ws HTTP/1.1\r\n" + asked.handshake + b"\r\n")
        requests = protocol.events_received()
        if not requests:  # the library answers a header that is too long, and no other mistake
            written = b"".join(protocol.data_to_send())
            return Answer(written) if written else _refusal(HTTPStatus.BAD_REQUEST, "bad headers")
        [request] = requests
        assert isinstance(request, Request)
        response = protocol.accept(request)
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            response.headers["Sec-WebSocket-Version"] = "13"
            return Answer(response.serialize())
        origin = request.headers.get("Origin")
        host = asked.host  # it counts in the place of the header: RFC 9112, section 3.2.2
        if host is None:
            host = ",".join(request.headers.get_all("Host"))  # two Host headers match no origin
        if origin is not None and not self._may_connect(origin, host):
            return _refusal(HTTPStatus.FORBIDDEN, "this origin may not connect (--allow-origin)")
        protocol.send_response(response)
        self._upgrade = b"".join(protocol.data_to_send())
        return Opened()

    def _may_connect(self, origin: str, host: str) -> bool:
        """Whether a page from ``origin`` may connect: our own page, or one from allow_origin."""
        allowed = self._settings.allow_origin
        return (
            "*" in allowed
            or origin in allowed
            or (same_host(origin, host) and self._may_be_called(host))
        )

    def _may_be_called(self, host: str) -> bool:
        """Whether a page of this server can have come from ``host``.

        A foreign site can give its own name the address 127.0.0.1 (DNS rebinding), and its page
        then has the same host as this server. So a door at a loopback address has no other names
        than those of the loopback. The port may be another one: that of a tunnel.
        """
        return is_loopback(host) or not is_loopback(str(self._settings.ws))

    def _feed_frames(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        if self._last_word is not None:
            return events
        protocol = self._protocol
        protocol.receive_data(data)
        writes = [write for write in protocol.data_to_send() if write]
        for frame in protocol.events_received():
            assert isinstance(frame, Frame)
            if frame.opcode is Opcode.PING:
                events.append(Reply(writes.pop(0)))  # the library wrote the pongs in this order
            elif frame.opcode in (Opcode.TEXT, Opcode.CONT, Opcode.BINARY):
                offence = self._feed_data_frame(frame, events)
                if offence:
                    self._last_word = _close_frame(*offence)
                    events.append(Closing())
                    return events
            events.append(Alive())
        if protocol.state is not State.OPEN:
            # The rest of ``writes`` is the close frame: an echo of the client's, or a complaint.
            # The library complains of a close in the middle of a message; that gets an echo here.
            close = protocol.close_rcvd
            self._last_word = b"".join(writes) if close is None else _echo(close)
            events.append(Closing())
        return events

    def _feed_data_frame(self, frame: Frame, events: list[Event]) -> tuple[int, str] | None:
        """Take in one part of a message. Return a close code and a reason if it is an offence."""
        if frame.opcode is Opcode.BINARY:
            return 1003, "text only"
        self._size_bytes += len(frame.data)
        if self._size_bytes > self._settings.max_line:
            return 1009, f"message too long (max {self._settings.max_line} bytes)"
        try:
            text = self._decoder.decode(bytes(frame.data), final=frame.fin)
        except UnicodeDecodeError:
            return 1007, "not UTF-8"
        if text:  # any number of empty frames must not make the list longer
            self._parts.append(text)
        if frame.fin:
            if self._parts:
                events.append(Line(without_controls("".join(self._parts))))
            self._parts.clear()
            self._size_bytes = 0
        return None


def _refusal(status: HTTPStatus, problem: str, **headers: str) -> Answer:
    return Answer(answer(status, f"{problem}\n".encode(), **headers))


def _without_body(event: Event) -> Event:
    """Return the answer to HEAD that has the headers of ``event``."""
    assert isinstance(event, Answer)
    head, head_end, _ = event.data.partition(b"\r\n\r\n")
    return Answer(head + head_end)


def _echo(close: Close) -> bytes:
    payload = b"" if close.code == CloseCode.NO_STATUS_RCVD else close.serialize()
    return Frame(Opcode.CLOSE, payload).serialize(mask=False)


def _close_frame(code: int, reason: str) -> bytes:
    return Frame(Opcode.CLOSE, Close(code, reason).serialize()).serialize(mask=False)
