"""What a client says, read from the bytes that it sends: by lines, or by WebSocket frames.

A test may send bytes that no correct client sends; what cannot be read is no saying.
"""

from collections.abc import Iterator

from conformance.frames import CONTINUATION, TEXT


__all__ = ["FrameCutter", "LineCutter"]


class LineCutter:
    """Cuts what is sent at the line door into texts."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[str]:
        """Yield the texts of the lines that are complete now."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            yield line.removesuffix(b"\r").decode(errors="replace")


class FrameCutter:
    """Cuts what is sent at the WebSocket door into texts."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._message = b""

    def feed(self, data: bytes) -> Iterator[str]:
        """Yield the texts of the messages that are complete now."""
        self._buffer += data
        start = 0
        while (found := self._frame(start)) is not None:
            head, payload, start = found
            opcode = head & 0x0F
            if opcode not in (TEXT, CONTINUATION):
                continue
            self._message = payload if opcode == TEXT else self._message + payload
            if head & 0x80:
                yield self._message.decode(errors="replace")
                self._message = b""
        del self._buffer[:start]

    def _frame(self, start: int) -> tuple[int, bytes, int] | None:
        """Return the first byte of a frame, its payload and where the next one begins."""
        buffer = self._buffer
        if len(buffer) < start + 2:
            return None
        head, size, at = buffer[start], buffer[start + 1] & 0x7F, start + 2
        more = {126: 2, 127: 8}.get(size, 0)
        if more:
            size = int.from_bytes(buffer[at : at + more], "big")
            at += more
        masked = buffer[start + 1] & 0x80
        mask = bytes(buffer[at : at + 4]) if masked else b"\0\0\0\0"
        at += 4 if masked else 0
        if len(buffer) < at + size:
            return None
        payload = bytes(buffer[at : at + size])
        if any(mask):
            key = (mask * (size // 4 + 1))[:size]
            both = int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")
            payload = both.to_bytes(size, "big")
        return head, payload, at + size
