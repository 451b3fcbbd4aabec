"""The black-box client of the WebSocket door."""

import base64
import contextlib
import hashlib
import os
from collections.abc import Mapping
from typing import Literal

from conformance.clients import Client
from conformance.ear import Ear
from conformance.expectations import ConnectionEnded, Mismatch
from conformance.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    BadFrame,
    FrameReader,
    close_payload,
    encode_frame,
)
from conformance.http_requests import Refused, Response, read_response
from conformance.inbox import End
from conformance.sayings import FrameCutter
from conformance.server import Address
from conformance.timing import WITHIN


__all__ = ["WebSocketClient"]

_ACCEPT_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


class WebSocketClient(Client):
    """A client of the WebSocket door, which can misbehave on request.

    Args:
        handshake: False: only connect. Send what you like with ``send_raw``; what comes is in
            ``raw``.
        path: of the request.
        headers: more headers of the request, or other ones; None removes a header.
        answers_pings: False: leave pings unanswered.
        answers_close: False: leave a close frame unanswered.
        within: seconds that the handshake may take.

    Raises:
        OSError: nobody accepts there.
        Refused: the server answered the handshake with another status than 101.
        ConnectionEnded: the server ended the connection in the middle of the handshake.
        Mismatch: the server did not answer in time, or without the right accept key.
    """

    door = "ws"

    def __init__(
        self,
        address: Address,
        *,
        label: str | None = None,
        receive_buffer_bytes: int | None = None,
        handshake: bool = True,
        path: str = "/ws",
        headers: Mapping[str, str | None] | None = None,
        answers_pings: bool = True,
        answers_close: bool = True,
        within: float = WITHIN,
        ear: Ear | None = None,
    ) -> None:
        super().__init__(address, label=label, receive_buffer_bytes=receive_buffer_bytes, ear=ear)
        self.response: Response | None = None
        self.raw = bytearray()  # what came without a handshake
        self._pongs: list[bytes] = []  # guarded by the inbox's condition, as raw and _pings are
        self._pings: list[bytes] = []
        self._answers_pings = answers_pings
        self._answers_close = answers_close
        self._frames = FrameReader()
        self._message = b""  # the parts of a fragmented message that have come
        self._close_sent = False
        self._close: tuple[int, str] | None = None
        first = b""
        if handshake:
            try:
                self.response, first = self._shake_hands(address, path, headers or {}, within)
            except BaseException:
                self.abandon()
                raise
            if ear is not None:
                ear.listen_to(FrameCutter())
        self._speaks = handshake
        if first:
            self._receive(first)
        self._reading.start()

    def send_frame(
        self, opcode: int, payload: bytes = b"", *, fin: bool = True, masked: bool = True
    ) -> None:
        """Send one frame of any kind."""
        __tracebackhide__ = True
        self.send_raw(encode_frame(opcode, payload, fin=fin, masked=masked))

    def send_close(self, code: int | None = 1000, reason: str = "") -> None:
        """Send a close frame and wait for nothing; code None sends a frame without a code."""
        __tracebackhide__ = True
        self._close_sent = True
        self.send_frame(CLOSE, b"" if code is None else close_payload(code, reason))

    def next_ping(self, within: float = WITHIN) -> bytes:
        """Wait for a ping and return what it carries."""
        __tracebackhide__ = True
        return self._next_control(self._pings, "a ping", within)

    def next_pong(self, within: float = WITHIN) -> bytes:
        """Wait for a pong and return what it carries."""
        __tracebackhide__ = True
        return self._next_control(self._pongs, "a pong", within)

    def wait_raw(self, ending: bytes, within: float = WITHIN) -> bytes:
        """Wait until ``raw`` contains these bytes, and return it up to the end of them."""
        __tracebackhide__ = True
        with self._inbox.changed:
            if not self._inbox.changed.wait_for(
                lambda: ending in self.raw or self.end is not None, within
            ):
                raise Mismatch(
                    f"{self.label} waited {within:g} s for {ending!r} and got {bytes(self.raw)!r}"
                )
            if ending not in self.raw:
                raise ConnectionEnded(
                    f"{self.label} waited for {ending!r}, but the connection {self.end}; "
                    f"it got {bytes(self.raw)!r}"
                )
            return bytes(self.raw[: self.raw.index(ending) + len(ending)])

    def close(self, within: float = WITHIN) -> End:
        """Send a close frame with 1000; wait for the server's answer and the end."""
        __tracebackhide__ = True
        if self.end is None and not self._close_sent:
            with contextlib.suppress(ConnectionEnded):  # the server was faster
                self.send_close(1000)
        return self._inbox.wait_end("sent a close frame", within)

    def _shake_hands(
        self, address: Address, path: str, headers: Mapping[str, str | None], within: float
    ) -> tuple[Response, bytes]:
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        key = base64.b64encode(os.urandom(16))
        fields: dict[str, str | None] = {
            "Host": f"{host}:{address[1]}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": key.decode(),
            "Sec-WebSocket-Version": "13",
            **headers,
        }
        lines = [f"GET {path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in fields.items() if value is not None]
        self.send_raw("\r\n".join([*lines, "", ""]).encode(), within=within)
        response, rest = read_response(self._socket, within)
        if response.status != 101:
            raise Refused(response)
        accept = base64.b64encode(hashlib.sha1(key + _ACCEPT_SUFFIX).digest()).decode()
        if response.headers.get("sec-websocket-accept") != accept:
            raise Mismatch(f"{self.label} got no Sec-WebSocket-Accept that matches its key")
        return response, rest

    def _framed(self, text: str) -> bytes:
        return encode_frame(TEXT, text.encode())

    def _receive(self, data: bytes) -> None:
        if not self._speaks:
            with self._inbox.changed:
                self.raw += data
                self._inbox.changed.notify_all()
            return
        for frame in self._frames.feed(data):
            if frame.opcode in (TEXT, BINARY, CONTINUATION):
                if frame.opcode == BINARY:
                    raise BadFrame("a binary message")
                self._message += frame.payload
                if frame.fin:
                    message, self._message = self._message, b""
                    self._got(message.decode())
            elif frame.opcode == CLOSE:
                self._got_close(frame.payload)
            else:
                if frame.opcode == PING and self._answers_pings:
                    self._answer(PONG, frame.payload)
                with self._inbox.changed:
                    (self._pings if frame.opcode == PING else self._pongs).append(frame.payload)
                    self._inbox.changed.notify_all()

    def _got_close(self, payload: bytes) -> None:
        code = int.from_bytes(payload[:2], "big") if payload else 1005
        code = code if self._ear is None else self._ear.code(code)
        with self._inbox.changed:
            self._close = code, payload[2:].decode()
        if self._answers_close and not self._close_sent:
            self._close_sent = True
            self._answer(CLOSE, payload)

    def _answer(self, opcode: int, payload: bytes) -> None:
        # A server that does not read, or has gone, is not an error here: the next read tells.
        with contextlib.suppress(Mismatch):
            self.send_frame(opcode, payload)

    def _ended(self, how: Literal["eof", "reset"]) -> End:
        if self._close is None:
            return End(how)
        code, reason = self._close
        return End(how, code, reason)

    def _state(self) -> str:
        closed = f" (a close frame with {self._close[0]} has come)" if self._close else ""
        return super()._state() + closed

    def _next_control(self, queue: list[bytes], wanted: str, within: float) -> bytes:
        __tracebackhide__ = True
        with self._inbox.changed:
            self._inbox.changed.wait_for(lambda: queue or self.end is not None, within)
            if queue:
                return queue.pop(0)
            if self.end is not None:
                raise ConnectionEnded(
                    f"{self.label} waited for {wanted}, but the connection {self.end}"
                )
            raise Mismatch(f"{self.label} waited {within:g} s for {wanted}")
